//! `reports/sample/`: what a reader of the repository is shown is what `demo` makes.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use keysweep::report::sha256;
use keysweep::run::Lines;

/// The moment of the sample.
fn clock() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_413_600, 0).unwrap_or_default()
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/sample")
}

/// With `KEYSWEEP_UPDATE_SAMPLE` set, writes the sample anew instead.
#[tokio::test]
async fn the_committed_sample_is_what_the_demo_makes() {
    let directory = tempfile::tempdir().unwrap();
    let mail = directory.path().join("mail");
    let outcome = keysweep::cli::demo::run(directory.path(), &mail, &Lines, clock).await.unwrap();
    assert!(outcome.report.gaps.is_empty(), "{:?}", outcome.report.gaps);
    assert_eq!(fs::read_dir(&mail).unwrap().count(), 1);
    #[expect(clippy::disallowed_methods, reason = "the wish to write the sample anew comes from outside")]
    let update = std::env::var_os("KEYSWEEP_UPDATE_SAMPLE").is_some();
    if update {
        fs::create_dir_all(sample()).unwrap();
        for file in &outcome.files {
            fs::copy(outcome.directory.join(file.name), sample().join(file.name)).unwrap();
        }
    }
    for file in &outcome.files {
        let made = fs::read(outcome.directory.join(file.name)).unwrap();
        assert_eq!((made.len() as u64, sha256(&made)), (file.bytes, file.sha256), "{}", file.name);
        let committed = fs::read(sample().join(file.name)).unwrap_or_default();
        assert!(committed == made, "{} differs; KEYSWEEP_UPDATE_SAMPLE=1 writes it anew", file.name);
    }
}
