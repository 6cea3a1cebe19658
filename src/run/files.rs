//! The files of a report, on the disk.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::directory::failed;
use crate::report::Contents;

/// A file while it is being written. What goes wrong with it is a [`super::DirectoryError`].
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    file: File,
}

impl NewFile {
    /// A file that is not there yet, for its owner only.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        Ok(Self { file: file.map_err(told(path))?, path: path.to_owned() })
    }

    /// Waits until all of it is on the disk.
    ///
    /// # Errors
    /// When it cannot be kept there.
    pub fn keep(self) -> io::Result<()> {
        self.file.sync_all().map_err(told(&self.path))
    }
}

impl Write for NewFile {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.file.write(piece).map_err(told(&self.path))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush().map_err(told(&self.path))
    }
}

/// The failure to write a file with its path, for whoever looks into it.
fn told(path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), failed("write", path)(error))
}

/// The files of a run's directory, as they lie there.
pub(super) struct Lying<'a>(pub(super) &'a Path);

impl Contents for Lying<'_> {
    fn copy(&self, name: &str, out: &mut dyn Write) -> io::Result<()> {
        io::copy(&mut File::open(self.0.join(name))?, out).map(drop)
    }
}
