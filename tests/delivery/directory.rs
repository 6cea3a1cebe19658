//! Letters as files.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use keysweep::delivery::{AlwaysOpen, Delivery, DeliveryError, NoTokens, deliver};
use keysweep::report::Letter;

use crate::{identity, letter, patience, three, to_directory};

async fn write(directory: &Path, letter: &Letter) -> Delivery {
    let mail = to_directory(directory);
    deliver(&mail, &three(), letter, &identity(&mail), &patience(), &AlwaysOpen, &NoTokens).await
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_letter_becomes_one_file_that_only_its_owner_reads() {
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("data/mail");
    let delivery = write(&directory, &letter()).await;

    assert!(delivery.is_complete(), "{delivery:?}");
    assert_eq!(delivery.accepted, three());
    let file = directory.join("20261123T060000Z.contoso.eml");
    assert_eq!(delivery.file.as_ref(), Some(&file));
    assert_eq!(names(&directory), ["20261123T060000Z.contoso.eml"], "and no temporary file");
    assert_eq!((mode(&directory), mode(&file)), (0o700, 0o600));
}

#[tokio::test]
async fn the_same_letter_again_changes_nothing() {
    let root = tempfile::tempdir().unwrap();
    let first = write(root.path(), &letter()).await;
    let before = std::fs::read(first.file.as_ref().unwrap()).unwrap();
    let second = write(root.path(), &letter()).await;
    assert_eq!(first, second);
    assert_eq!(std::fs::read(second.file.unwrap()).unwrap(), before);
    assert_eq!(names(root.path()).len(), 1);
}

#[tokio::test]
async fn another_message_of_the_same_name_is_not_overwritten() {
    let root = tempfile::tempdir().unwrap();
    let file = write(root.path(), &letter()).await.file.unwrap();
    let before = std::fs::read(&file).unwrap();
    let other = Letter { subject: "Another".to_owned(), ..letter() };
    let delivery = write(root.path(), &other).await;

    assert_eq!(delivery.refused.len(), 3);
    assert_eq!(delivery.refused[0].error, DeliveryError::Occupied { path: file.clone() });
    assert!(delivery.refused[0].error.advice().is_some());
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn what_a_crash_left_behind_is_replaced() {
    let root = tempfile::tempdir().unwrap();
    let precious = root.path().join("precious");
    std::fs::write(&precious, "keep").unwrap();
    std::os::unix::fs::symlink(&precious, root.path().join(".20261123T060000Z.contoso.eml.partial")).unwrap();
    let delivery = write(root.path(), &letter()).await;
    assert!(delivery.is_complete(), "{delivery:?}");
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "keep", "a link is not followed");
    assert_eq!(names(root.path()).len(), 2);
}

/// The last piece of a file is where it fails, and the error must not get lost in a buffer.
#[test]
fn a_full_disk_leaves_no_piece_of_a_letter() {
    let root = tempfile::tempdir().unwrap();
    let limited = "trap '' XFSZ; ulimit -f 16; exec \"$0\" --ignored --exact directory::body_of_a_full_disk";
    let body = std::process::Command::new("sh")
        .args(["-c", limited])
        .arg(std::env::current_exe().unwrap())
        .env("LETTERS", root.path())
        .output()
        .unwrap();
    assert!(body.status.success(), "{}", String::from_utf8_lossy(&body.stdout));
    assert_eq!(names(root.path()), Vec::<String>::new());
}

#[tokio::test]
#[ignore = "runs with a limit on the size of files, from the test above"]
async fn body_of_a_full_disk() {
    let mut letter = letter();
    letter.attachments.push(crate::attachment("findings.csv", "text/csv", &[b'x'; 100_000]));
    #[expect(clippy::disallowed_methods, reason = "handed over by the test above")]
    let directory = std::env::var_os("LETTERS").unwrap();
    let delivery = write(Path::new(&directory), &letter).await;
    assert_eq!(delivery.refused.len(), 3, "{delivery:?}");
    assert!(matches!(delivery.refused[0].error, DeliveryError::File { action: "write", .. }), "{delivery:?}");
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_is_named_with_a_remedy() {
    let root = tempfile::tempdir().unwrap();
    let blocked = root.path().join("file/mail");
    std::fs::write(root.path().join("file"), "").unwrap();
    let delivery = write(&blocked, &letter()).await;

    assert_eq!(delivery.refused.len(), 3);
    let error = &delivery.refused[0].error;
    assert!(error.to_string().contains(&blocked.display().to_string()), "{error}");
    assert!(error.advice().unwrap().contains("mail.directory"));
    assert_eq!(delivery.file, None);
}
