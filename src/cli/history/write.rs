//! The files of a run, made again into a directory of their own.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cli::exit::Failure;
use crate::report::ReportFile;

/// Writes the files for their owner only: all of them, or none.
///
/// # Errors
/// When the directory holds something already, or cannot be written.
pub(super) fn write(directory: &Path, files: &[ReportFile]) -> Result<(), Failure> {
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
    let mut written = Vec::new();
    let done = put(directory, files, &mut written);
    if done.is_err() {
        for path in written {
            fs::remove_file(path).unwrap_or_default();
        }
    }
    done.map_err(Failure::run)
}

fn put(directory: &Path, files: &[ReportFile], written: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let cannot = |what: &str, path: &Path| format!("cannot {what} `{}`", path.display());
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .and_then(|()| fs::set_permissions(directory, Permissions::from_mode(0o700)))
        .with_context(|| cannot("create", directory))?;
    for file in files {
        let path = directory.join(file.name);
        let open = || OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let mut open = open().with_context(|| cannot("write", &path))?;
        written.push(path.clone());
        open.write_all(&file.bytes).and_then(|()| open.sync_all()).with_context(|| cannot("write", &path))?;
    }
    Ok(())
}
