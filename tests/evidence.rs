//! The evidence chain over directories made by hand: what is wrong, what is only not here, and who says so.
#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::domain::{ChainLink, RunCounts, RunId, RunMark, Sha256Sum, TenantId};
use keysweep::run::{Found, Mismatch, Shelf, Terms, Verified, Witness};
use keysweep::store::{FilesState, MailState, RunEntry, TenantKey};
use sha2::{Digest, Sha256};

const HERE: &str = "here";
const FILES: [&str; 2] = ["findings.csv", "report.json"];

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn sum(bytes: &[u8]) -> Sha256Sum {
    Sha256Sum(Sha256::digest(bytes).into())
}

/// Run directories and what is on record of them.
struct Archive {
    reports: tempfile::TempDir,
    entries: Vec<RunEntry>,
}

impl Archive {
    fn new() -> Self {
        Self { reports: tempfile::tempdir().unwrap(), entries: Vec::new() }
    }

    /// As many runs, a day apart, the first on 2026-11-01.
    fn of(runs: i64) -> Self {
        let mut archive = Self::new();
        for day in 0..runs {
            archive.record(at("2026-11-01T06:00:00Z") + TimeDelta::days(day));
        }
        archive
    }

    fn directory(&self, id: &RunId) -> PathBuf {
        self.reports.path().join("contoso").join(id.as_str())
    }

    fn path(&self, run: usize, file: &str) -> PathBuf {
        self.directory(&self.entries[run].counts.run.run_id).join(file)
    }

    fn link(&self, run: usize) -> ChainLink {
        let entry = &self.entries[run];
        ChainLink { run_id: entry.counts.run.run_id.clone(), manifest: entry.manifest }
    }

    /// Writes a run's directory.
    fn write(&self, id: &RunId, previous: Option<&ChainLink>) -> Sha256Sum {
        let directory = self.directory(id);
        fs::create_dir_all(&directory).unwrap();
        let mut files = serde_json::Map::new();
        for name in FILES {
            let bytes = format!("{name} of {id}");
            fs::write(directory.join(name), &bytes).unwrap();
            let entry =
                serde_json::json!({"sha256": sum(bytes.as_bytes()).to_string(), "bytes": bytes.len()});
            files.insert(name.to_owned(), entry);
        }
        let previous = previous.map(|link| {
            serde_json::json!({"run_id": link.run_id.as_str(), "manifest_sha256": link.manifest.to_string()})
        });
        let manifest = serde_json::json!({
            "schema_version": 1, "tenant": "contoso", "tenant_id": "11111111-1111-4111-8111-111111111111",
            "run_id": id.as_str(), "complete": true, "previous": previous, "files": files,
        });
        let bytes = serde_json::to_vec_pretty(&manifest).unwrap();
        fs::write(directory.join("manifest.json"), &bytes).unwrap();
        sum(&bytes)
    }

    /// A run that follows the last recorded one.
    fn record(&mut self, start: DateTime<Utc>) {
        let previous = self.entries.len().checked_sub(1).map(|last| self.link(last));
        self.record_after(start, previous);
    }

    fn record_after(&mut self, start: DateTime<Utc>, previous: Option<ChainLink>) {
        let run_id = RunId::new(start, 1);
        let manifest = self.write(&run_id, previous.as_ref());
        self.entries.push(RunEntry {
            tenant: TenantKey {
                name: "contoso".to_owned(),
                tenant_id: TenantId("11111111-1111-4111-8111-111111111111".parse().unwrap()),
            },
            counts: RunCounts {
                run: RunMark { run_id, started: start },
                complete: true,
                objects: 1,
                findings: [0; 5],
                excepted: 0,
            },
            planned: None,
            host: HERE.to_owned(),
            manifest,
            previous,
            files: FilesState::Written,
            mail: MailState::NotWanted,
        });
    }

    fn verify(&self) -> Verified {
        self.verify_by(&self.terms())
    }

    fn verify_by(&self, terms: &Terms<'_>) -> Verified {
        Shelf::list(self.reports.path(), "contoso").unwrap().verify(terms)
    }

    fn terms(&self) -> Terms<'_> {
        Terms {
            recorded: Some(&self.entries),
            host: HERE,
            kept_since: None,
            on_record_since: None,
            shared: false,
        }
    }

    /// Without the store.
    fn alone(&self) -> Terms<'_> {
        Terms { recorded: None, ..self.terms() }
    }
}

fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// What is wrong, in a word, and where.
fn wrong(verified: &Verified) -> Vec<(&'static str, PathBuf)> {
    let word = |mismatch: &Mismatch| match mismatch {
        Mismatch::Altered { path, .. } => ("altered", path.clone()),
        Mismatch::Missing { path, .. } => ("missing", path.clone()),
        Mismatch::MissingRun { path, .. } => ("run missing", path.clone()),
        Mismatch::Added { path } => ("added", path.clone()),
        Mismatch::NoFile { path } => ("no file", path.clone()),
        Mismatch::Unusable { path, .. } => ("unusable", path.clone()),
        Mismatch::Previous { path, .. } => ("previous", path.clone()),
        Mismatch::Record { run, .. } => ("record", PathBuf::from(run.as_str())),
    };
    verified.wrong.iter().map(word).collect()
}

fn found(verified: &Verified) -> Vec<Found> {
    verified.runs.iter().map(|run| run.found.clone()).collect()
}

const ALL: Found = Found::Here { checked: 3, unchecked: 0 };

#[test]
fn what_is_as_it_was_is_checked_to_the_last_file() {
    let archive = Archive::of(4);
    for terms in [archive.terms(), archive.alone()] {
        let verified = archive.verify_by(&terms);
        assert_eq!(wrong(&verified), []);
        assert_eq!(found(&verified), [ALL, ALL, ALL, ALL]);
        assert_eq!(verified.files_checked(), 12);
        assert!(verified.unread.is_empty());
    }
}

#[test]
fn a_flipped_bit_names_its_file_and_no_other() {
    for file in FILES.into_iter().chain(["manifest.json"]) {
        for run in 0..3 {
            let archive = Archive::of(3);
            let path = archive.path(run, file);
            flip(&path);
            let verified = archive.verify();
            assert_eq!(wrong(&verified), [("altered", path.clone())], "{file} of run {run}");
            // The manifest of the last run has nobody to vouch for it but the store.
            let by_others = wrong(&archive.verify_by(&archive.alone()));
            if file != "manifest.json" || run < 2 {
                assert_eq!(by_others, [("altered", path)], "{file} of run {run} without the store");
            }
        }
    }
}

#[test]
fn a_file_that_is_gone_or_new_or_no_file_is_named() {
    let archive = Archive::of(3);
    fs::remove_file(archive.path(0, "findings.csv")).unwrap();
    fs::write(archive.path(1, "notes.txt"), "added").unwrap();
    fs::remove_file(archive.path(2, "report.json")).unwrap();
    std::os::unix::fs::symlink("findings.csv", archive.path(2, "report.json")).unwrap();
    let expected = [
        ("missing", archive.path(0, "findings.csv")),
        ("added", archive.path(1, "notes.txt")),
        ("no file", archive.path(2, "report.json")),
    ];
    assert_eq!(wrong(&archive.verify()), expected);
    let archive = Archive::of(1);
    fs::remove_file(archive.path(0, "manifest.json")).unwrap();
    assert_eq!(wrong(&archive.verify()), [("missing", archive.path(0, "manifest.json"))]);
}

#[test]
fn swapped_manifests_are_told_apart_from_altered_ones() {
    let archive = Archive::of(3);
    let (one, other) = (archive.path(0, "manifest.json"), archive.path(1, "manifest.json"));
    let bytes = fs::read(&one).unwrap();
    fs::copy(&other, &one).unwrap();
    fs::write(&other, bytes).unwrap();
    let verified = archive.verify();
    assert_eq!(wrong(&verified), [("altered", one), ("altered", other)]);
    let owners: Vec<_> = verified
        .wrong
        .iter()
        .map(|mismatch| match mismatch {
            Mismatch::Altered { belongs_to, .. } => belongs_to.clone().unwrap(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(owners, [archive.link(1).run_id, archive.link(0).run_id]);
}

/// Whoever changes a report can make a manifest that fits. The store knows the old one, and so does the
/// run after it, to which the forger would have to go on.
#[test]
fn a_forged_run_contradicts_the_store_and_the_run_after_it() {
    let mut archive = Archive::of(3);
    let id = archive.link(1).run_id;
    let before = archive.link(0);
    // Its content hangs on its id: another predecessor is change enough.
    let forged = archive.write(&id, None);
    let manifest = archive.path(1, "manifest.json");
    let verified = archive.verify();
    assert_eq!(wrong(&verified), [("altered", manifest.clone())]);
    let Mismatch::Altered { expected, found, witnesses, .. } = &verified.wrong[0] else { panic!() };
    assert_eq!((expected.sum, found.sum), (archive.entries[1].manifest, forged));
    assert_eq!(*witnesses, [Witness::Store, Witness::Run(archive.link(2).run_id)]);
    assert_eq!(verified.runs[1].found, Found::Here { checked: 1, unchecked: 2 });

    // Without the store.
    let alone = archive.verify_by(&archive.alone());
    let Mismatch::Altered { witnesses, .. } = &alone.wrong[0] else { panic!() };
    assert_eq!((wrong(&alone), witnesses.len()), (vec![("altered", manifest.clone())], 1));

    // With the record forged too, the next run still knows better.
    let (right, next) = (archive.entries[1].clone(), archive.link(2).run_id);
    archive.entries[1].manifest = forged;
    archive.entries[1].previous = None;
    let named = wrong(&archive.verify());
    assert_eq!(named[0], ("altered", manifest.clone()));
    assert!(named.contains(&("record", PathBuf::from(next.as_str()))), "{named:?}");

    // And with the next record forged as well, its manifest does.
    archive.entries[1].previous = Some(before);
    archive.entries[2].previous = Some(ChainLink { run_id: id, manifest: forged });
    let named = wrong(&archive.verify());
    assert_eq!(named[0], ("altered", manifest));
    assert!(named.contains(&("previous", archive.path(2, "manifest.json"))), "{named:?}");
    archive.entries[1] = right;
}

#[test]
fn a_manifest_that_cannot_be_believed_accuses_no_other_one() {
    let archive = Archive::of(3);
    let wrong_link = ChainLink { manifest: sum(b"another"), ..archive.link(0) };
    archive.write(&archive.link(1).run_id, Some(&wrong_link));
    for terms in [archive.terms(), archive.alone()] {
        assert_eq!(wrong(&archive.verify_by(&terms)), [("altered", archive.path(1, "manifest.json"))]);
    }
}

#[test]
fn a_run_that_is_gone_is_missing_unless_its_time_was_over_or_it_never_was_here() {
    let mut archive = Archive::of(6);
    for run in 0..6 {
        fs::remove_dir_all(archive.path(run, "")).unwrap();
    }
    archive.entries[1].host = "elsewhere".to_owned();
    archive.entries[2].files = FilesState::Waiting;
    archive.entries[3].files = FilesState::Failed;
    archive.write(&archive.link(5).run_id, archive.entries[5].previous.as_ref());
    let terms = Terms { kept_since: Some(at("2026-11-02T00:00:00Z")), ..archive.terms() };
    let verified = archive.verify_by(&terms);
    let elsewhere = Found::Elsewhere { host: Some("elsewhere".to_owned()) };
    let expected = [Found::Removed, elsewhere, Found::Waiting, Found::NeverWritten, Found::Missing, ALL];
    assert_eq!(found(&verified), expected);
    assert_eq!(wrong(&verified), [("run missing", archive.directory(&archive.link(4).run_id))]);
}

#[test]
fn without_the_store_the_next_run_misses_the_one_before() {
    let archive = Archive::of(3);
    fs::remove_dir_all(archive.path(1, "")).unwrap();
    let missing = archive.directory(&archive.link(1).run_id);
    assert_eq!(wrong(&archive.verify_by(&archive.alone())), [("run missing", missing)]);
    let shared = Terms { shared: true, ..archive.alone() };
    let verified = archive.verify_by(&shared);
    assert_eq!(wrong(&verified), []);
    assert_eq!(found(&verified), [ALL, Found::Elsewhere { host: None }, ALL]);
    let over = Terms { kept_since: Some(at("2026-11-03T00:00:00Z")), ..archive.alone() };
    assert_eq!(wrong(&archive.verify_by(&over)), []);
}

#[test]
fn a_run_that_was_forgotten_in_time_is_vouched_for_by_the_next_one() {
    let mut archive = Archive::of(4);
    archive.entries.drain(..2);
    let over = at("2026-11-03T00:00:00Z");
    let forgotten = |archive: &Archive| {
        let terms = Terms { on_record_since: Some(over), ..archive.terms() };
        archive.verify_by(&terms)
    };
    let verified = forgotten(&archive);
    assert_eq!((wrong(&verified), found(&verified)), (vec![], vec![ALL; 4]));
    let recorded: Vec<bool> = verified.runs.iter().map(|run| run.recorded).collect();
    assert_eq!(recorded, [false, false, true, true]);

    let second = archive.reports.path().join("contoso/20261102T060000Z");
    flip(&second.join("manifest.json"));
    assert_eq!(wrong(&forgotten(&archive)), [("altered", second.join("manifest.json"))]);
    fs::remove_dir_all(&second).unwrap();
    assert_eq!(wrong(&forgotten(&archive)), []);
    // One that is too young to be forgotten was taken out of the store and of the directory.
    let young = Terms { on_record_since: Some(at("2026-11-02T00:00:00Z")), ..archive.terms() };
    assert_eq!(wrong(&archive.verify_by(&young)), [("run missing", second)]);
}

#[test]
fn a_record_that_was_taken_out_of_the_middle_breaks_the_chain() {
    let mut archive = Archive::of(4);
    let taken = archive.entries.remove(1);
    // Its directory still stands in the chain.
    assert_eq!(wrong(&archive.verify()), []);
    let directory = archive.directory(&taken.counts.run.run_id);
    fs::remove_dir_all(&directory).unwrap();
    assert_eq!(wrong(&archive.verify()), [("run missing", directory)]);
    // Nor can the next one be made to follow another one.
    archive.entries[1].previous = Some(archive.link(0));
    let next = archive.path(1, "manifest.json");
    assert!(wrong(&archive.verify()).contains(&("previous", next)));
}

#[test]
fn a_record_follows_the_one_before_it() {
    let mut archive = Archive::of(3);
    archive.entries[2].previous = Some(archive.link(0));
    let id = PathBuf::from(archive.link(2).run_id.as_str());
    assert!(wrong(&archive.verify()).contains(&("record", id.clone())));
    archive.entries[2].previous = None;
    assert!(wrong(&archive.verify()).contains(&("record", id)));
}

/// While the store is not there, runs go on in the directory, and the next one that is recorded follows them.
#[test]
fn runs_that_were_not_recorded_are_links_of_the_chain() {
    let mut archive = Archive::of(2);
    let id = RunId::new(at("2026-11-10T06:00:00Z"), 1);
    let previous = archive.link(1);
    let manifest = archive.write(&id, Some(&previous));
    archive.record_after(at("2026-11-11T06:00:00Z"), Some(ChainLink { run_id: id.clone(), manifest }));
    let verified = archive.verify();
    assert_eq!((wrong(&verified), found(&verified)), (vec![], vec![ALL; 4]));
    assert!(!verified.runs[2].recorded && verified.runs[2].id == id);
    let path = archive.directory(&id).join("manifest.json");
    flip(&path);
    assert_eq!(wrong(&archive.verify()), [("altered", path)]);
}

/// The newest by time goes before the last recorded one.
#[test]
fn a_clock_that_was_set_back_breaks_no_chain() {
    let mut archive = Archive::of(2);
    archive.record(at("2026-10-20T06:00:00Z"));
    let newest = archive.link(1);
    archive.record_after(at("2026-11-20T06:00:00Z"), Some(newest));
    assert_eq!(wrong(&archive.verify()), []);
}

#[test]
fn what_cannot_be_a_manifest_is_said_to_be_none() {
    let archive = Archive::new();
    let directory = archive.reports.path().join("contoso/20261101T060000Z");
    fs::create_dir_all(&directory).unwrap();
    let path = directory.join("manifest.json");
    let escape = r#"{"schema_version":1,"tenant":"contoso","tenant_id":"11111111-1111-4111-8111-111111111111","run_id":"20261101T060000Z",
        "complete":true,"previous":null,"files":{"../../../etc/passwd":{"sha256":"00","bytes":1}}}"#;
    let foreign = r#"{"schema_version":1,"tenant":"fabrikam","tenant_id":"11111111-1111-4111-8111-111111111111","run_id":"20261101T060000Z",
        "complete":true,"previous":null,"files":{}}"#;
    let large = vec![b' '; (1 << 20) + 1];
    for bytes in [&b"{"[..], b"", b"[]", escape.as_bytes(), foreign.as_bytes(), &large] {
        fs::write(&path, bytes).unwrap();
        let verified = archive.verify();
        assert_eq!(wrong(&verified), [("unusable", path.clone())], "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn what_is_no_run_directory_is_left_alone() {
    let archive = Archive::of(1);
    let contoso = archive.reports.path().join("contoso");
    for name in [".20261101T070000Z.partial", "kept by hand"] {
        fs::create_dir(contoso.join(name)).unwrap();
    }
    fs::write(contoso.join("notes.txt"), "").unwrap();
    assert_eq!(found(&archive.verify()), [ALL]);
    let none = Shelf::list(archive.reports.path(), "fabrikam").unwrap();
    assert!(none.is_empty() && none.verify(&archive.alone()).runs.is_empty());
}
