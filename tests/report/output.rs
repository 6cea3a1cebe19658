//! What tests look at: the bytes of a file, and snapshots.

use keysweep::report::{Report, files};

/// The bytes of one file of a report.
pub(crate) fn file(report: &Report, name: &str, bom: bool) -> Vec<u8> {
    let files = files(report, "<!doctype html>".to_owned(), bom).unwrap();
    files.into_iter().find(|file| file.name == name).unwrap().bytes
}

/// A snapshot under a name of its own, in the folder of all snapshots.
pub(crate) fn snapshot(name: &str, content: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("../snapshots");
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(format!("report-{name}"), content));
}
