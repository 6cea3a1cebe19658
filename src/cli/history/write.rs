//! The files of a run, made again into a directory of their own.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cli::exit::Failure;
use crate::report::{Folder, ReportError};
use crate::run::RunError;

/// Lets somebody write files into the directory, for their owner only: all of them, or none.
///
/// # Errors
/// When the directory holds something already, or cannot be written.
pub(super) fn write<T>(
    directory: &Path,
    files: impl FnOnce(&mut Into<'_>) -> Result<T, ReportError>,
) -> Result<T, Failure> {
    let shown = directory.display();
    match fs::read_dir(directory).map(|mut entries| entries.next().is_none()) {
        Ok(true) => {}
        Ok(false) => {
            return Err(Failure::usage(format!(
                "--write {shown}: the directory is not empty. Name one that is, or that does not exist"
            )));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(Failure::usage(format!("--write {shown}: that is not a directory")));
        }
        Err(error) => {
            return Err(Failure::run(anyhow::Error::new(error).context(format!("cannot list `{shown}`"))));
        }
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .and_then(|()| fs::set_permissions(directory, Permissions::from_mode(0o700)))
        .with_context(|| format!("cannot create `{shown}`"))
        .map_err(Failure::run)?;
    let mut into = Into { directory, written: Vec::new() };
    let done = files(&mut into);
    if done.is_err() {
        for path in into.written {
            fs::remove_file(path).unwrap_or_default();
        }
    }
    done.map_err(|error| RunError::from(error).into())
}

/// A directory that files are written into.
pub(super) struct Into<'a> {
    directory: &'a Path,
    written: Vec<PathBuf>,
}

impl Folder for Into<'_> {
    type File = File;

    fn begin(&mut self, name: &'static str) -> io::Result<File> {
        let path = self.directory.join(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        self.written.push(path);
        Ok(file)
    }

    fn end(&mut self, file: File) -> io::Result<()> {
        file.sync_all()
    }
}
