//! The evidence chain: whether the files of earlier runs are what they were. Every manifest holds the
//! hashes of its run's files and of the manifest before it, and the store holds those of the manifests
//! once more.

mod chain;
mod files;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::directory::DirectoryError;
use crate::domain::{ChainLink, RunId, Sha256Sum};
use crate::store::RunEntry;

/// The run directories of a tenant, as listed at one time.
#[derive(Debug)]
pub struct Shelf {
    directory: PathBuf,
    tenant: String,
    runs: Vec<RunId>,
}

/// What is known without looking at the files.
#[derive(Debug, Clone)]
pub struct Terms<'a> {
    /// What is on record about the tenant, in the order in which it was recorded. None where the store
    /// could not be asked: the directories then have only each other for witnesses.
    pub recorded: Option<&'a [RunEntry]>,
    /// This machine.
    pub host: &'a str,
    /// Runs that started earlier were removed by `[reports] keep`; none where all are kept.
    pub kept_since: Option<DateTime<Utc>>,
    /// Runs that started earlier were forgotten by `[store] keep`.
    pub on_record_since: Option<DateTime<Utc>>,
    /// Whether other machines may write runs of this tenant too.
    pub shared: bool,
}

/// What came of checking the runs of a tenant.
#[derive(Debug)]
pub struct Verified {
    /// Its name.
    pub tenant: String,
    /// Every run there is or was, in the order of the chain.
    pub runs: Vec<CheckedRun>,
    /// Everything that does not match, in the order of `runs`.
    pub wrong: Vec<Mismatch>,
    /// What could not be read, and why: nothing is said about it.
    pub unread: Vec<(PathBuf, io::ErrorKind)>,
}

/// A run that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedRun {
    /// Which one.
    pub id: RunId,
    /// Whether the store knows it.
    pub recorded: bool,
    /// What was found of it.
    pub found: Found,
}

/// What was found of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Its directory.
    Here {
        /// Files that were held against their hashes, the manifest among them.
        checked: usize,
        /// Files that could not be, because the manifest that lists them is not what it was.
        unchecked: usize,
    },
    /// Nothing, and it should be there.
    Missing,
    /// Nothing: `[reports] keep` has removed it.
    Removed,
    /// Nothing here: its files were written on another machine.
    Elsewhere {
        /// Which one; none where that is not known.
        host: Option<String>,
    },
    /// Nothing: its files are still to be written.
    Waiting,
    /// Nothing: its files could not be written, and the run said so.
    NeverWritten,
}

/// Who says what a file should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Witness {
    /// The store.
    Store,
    /// The manifest of its own run.
    Manifest,
    /// The manifest of a later run, which names this run as the one before it.
    Run(RunId),
}

/// By what a file is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Print {
    /// Its SHA-256.
    pub sum: Sha256Sum,
    /// Its size in bytes, where that is known.
    pub bytes: Option<u64>,
}

/// Why a manifest cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// It is larger than any manifest.
    TooLarge,
    /// It is not the JSON that it should be, for this reason.
    Unreadable(String),
    /// It speaks of another run.
    Foreign {
        /// Of which tenant.
        tenant: String,
        /// Which one.
        run: RunId,
    },
}

/// Something that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// A file has another content.
    Altered {
        /// Which one.
        path: PathBuf,
        /// What it should be.
        expected: Print,
        /// What it is.
        found: Print,
        /// Who says what it should be: at least one.
        witnesses: Vec<Witness>,
        /// The run whose manifest lies here in the place of the right one.
        belongs_to: Option<RunId>,
    },
    /// A file is not there.
    Missing {
        /// Which one.
        path: PathBuf,
        /// Its SHA-256 as it should be, where that is known.
        expected: Option<Sha256Sum>,
    },
    /// The directory of a run is not there.
    MissingRun {
        /// Which one.
        path: PathBuf,
        /// The SHA-256 of its manifest as it should be.
        expected: Sha256Sum,
        /// Who says so: at least one.
        witnesses: Vec<Witness>,
    },
    /// A file is there that the manifest does not list.
    Added {
        /// Which one.
        path: PathBuf,
    },
    /// There is something else than a file.
    NoFile {
        /// Where.
        path: PathBuf,
    },
    /// A manifest of which nobody says what it should be is not one of this run.
    Unusable {
        /// Which one.
        path: PathBuf,
        /// Its SHA-256.
        found: Sha256Sum,
        /// Why not.
        flaw: Flaw,
    },
    /// A manifest names another run before it than it should.
    Previous {
        /// Which one.
        path: PathBuf,
        /// The run that should be named.
        expected: Option<ChainLink>,
        /// The run that is.
        found: Option<ChainLink>,
    },
    /// A record in the store names another run before it than the one recorded before it.
    Record {
        /// Whose record.
        run: RunId,
        /// The run that was recorded before it.
        expected: Option<ChainLink>,
        /// The run it names.
        found: Option<ChainLink>,
    },
}

impl Verified {
    /// How many files were held against their hashes.
    #[must_use]
    pub fn files_checked(&self) -> usize {
        let checked = |run: &CheckedRun| match run.found {
            Found::Here { checked, unchecked: _ } => checked,
            _ => 0,
        };
        self.runs.iter().map(checked).sum()
    }
}

impl Shelf {
    /// Lists the run directories of a tenant. A run is recorded before its directory gets its name: the
    /// store, when it is asked after this, knows every one that is listed, unless it was never recorded.
    ///
    /// # Errors
    /// When the directory cannot be listed. One that is not there holds no runs.
    pub fn list(reports: &Path, tenant: &str) -> Result<Self, DirectoryError> {
        let directory = reports.join(tenant);
        let failed = |source| DirectoryError::Io { action: "list", path: directory.clone(), source };
        let mut runs = Vec::new();
        match fs::read_dir(&directory) {
            Ok(entries) => {
                for entry in entries {
                    let name = entry.map_err(failed)?.file_name();
                    runs.extend(name.to_str().and_then(RunId::parse));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        Ok(Self { directory, tenant: tenant.to_owned(), runs })
    }

    /// Whose they are.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// Whether there is no run directory at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Checks every run that has a directory, is on record or is named by another one.
    #[must_use]
    pub fn verify(&self, terms: &Terms<'_>) -> Verified {
        let mut verified =
            Verified { tenant: self.tenant.clone(), runs: Vec::new(), wrong: Vec::new(), unread: Vec::new() };
        for link in &chain::gather(&self.directory, &self.runs, terms) {
            let Some(found) = files::check(link, terms, &mut verified) else { continue };
            chain::check(link, terms, &mut verified.wrong);
            let (id, recorded) = (link.id.clone(), link.entry.is_some());
            verified.runs.push(CheckedRun { id, recorded, found });
        }
        verified
    }
}
