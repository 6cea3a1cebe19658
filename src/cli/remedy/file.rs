//! Plans as files.

use std::fs::{self, DirBuilder};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cli::exit::Failure;
use crate::cli::show;
use crate::remediation::Plan;
use crate::run::NewFile;

/// Where plans are written unless it is said.
const FOLDER: &str = "data/plans";

/// Standard output in place of a file.
const STDOUT: &str = "-";

/// Where a plan went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) enum Written {
    /// Into a file.
    File(PathBuf),
    /// To standard output.
    Stdout,
    /// Nowhere: there is nothing in it.
    Nowhere,
}

/// Writes a plan, for its owner only. A file of the same content that is there already is left as it is; any other
/// is never written over.
pub(in crate::cli) fn write(plan: &Plan, out: Option<&Path>) -> Result<Written, Failure> {
    let text = plan.to_json().map_err(|error| Failure::run(error.into()))? + "\n";
    if out == Some(Path::new(STDOUT)) {
        show::written(io::stdout().write_all(text.as_bytes()))?;
        return Ok(Written::Stdout);
    }
    let path = match out {
        Some(path) => path.to_owned(),
        None => Path::new(FOLDER).join(&plan.tenant).join(format!("{}.json", plan.plan_id)),
    };
    if let Ok(there) = fs::metadata(&path) {
        // Reading a pipe would wait for whoever writes into it.
        let found = if there.is_file() { fs::read(&path).ok() } else { None };
        if found.is_some_and(|found| found == text.as_bytes()) {
            return Ok(Written::File(path));
        }
        return Err(Failure::usage(format!(
            "--out {}: there is another file. Name one that does not exist; the plan {} is on record all the same",
            path.display(),
            plan.plan_id
        )));
    }
    let writing = || -> io::Result<()> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut file = NewFile::create(&path)?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.keep());
        if written.is_err() {
            // Half a plan is none.
            fs::remove_file(&path).unwrap_or_default();
        }
        written
    };
    let failed = || format!("the plan {} cannot be written to `{}`", plan.plan_id, path.display());
    writing().with_context(failed).map_err(Failure::run)?;
    Ok(Written::File(path))
}
