//! What tests look at: the bytes of a file, and snapshots.

use std::collections::BTreeMap;
use std::io::{self, Write};

use keysweep::report::{Folder, Report, ReportFile, write};

/// Files by name.
#[derive(Default)]
struct Memory(BTreeMap<&'static str, Vec<u8>>);

struct Held {
    name: &'static str,
    bytes: Vec<u8>,
}

impl Folder for Memory {
    type File = Held;

    fn begin(&mut self, name: &'static str) -> io::Result<Held> {
        Ok(Held { name, bytes: Vec::new() })
    }

    fn end(&mut self, file: Held) -> io::Result<()> {
        assert_eq!(self.0.insert(file.name, file.bytes), None, "each file is written once");
        Ok(())
    }
}

impl Write for Held {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.bytes.write(piece)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The files of a report, and their bytes.
pub(crate) fn files(report: &Report, bom: bool) -> Vec<(ReportFile, Vec<u8>)> {
    let mut memory = Memory::default();
    let files = write(report, bom, &mut memory).unwrap();
    let files: Vec<_> = files.into_iter().map(|file| (memory.0.remove(file.name).unwrap(), file)).collect();
    assert!(memory.0.is_empty());
    files.into_iter().map(|(bytes, file)| (file, bytes)).collect()
}

/// The bytes of one file of a report.
pub(crate) fn file(report: &Report, name: &str, bom: bool) -> Vec<u8> {
    files(report, bom).into_iter().find(|(file, _)| file.name == name).unwrap().1
}

/// A snapshot under a name of its own, in the folder of all snapshots.
pub(crate) fn snapshot(name: &str, content: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("../snapshots");
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(format!("report-{name}"), content));
}
