//! The directory of a run: complete, or not there at all (DESIGN §4).

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{ChainLink, RunId};
use crate::report::{Contents, Folder, MANIFEST, sha256};

/// Runs that started in one second at most; more means that a clock stands still.
const ATTEMPTS: u32 = 100;

/// What the name of an unfinished run ends in, after a dot and the id.
const PARTIAL: &str = ".partial";

/// Why a run's directory could not be written.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// A file or directory refused.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Every name for this second is taken.
    #[error("`{}` holds {ATTEMPTS} runs that started in the same second", .0.display())]
    Crowded(PathBuf),
}

impl DirectoryError {
    /// What to do next.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::Io { path, source, .. } => Some(match source.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => format!(
                    "Let the account Keysweep runs as write to `{}`, or name another `[reports] directory`.",
                    path.display()
                ),
                io::ErrorKind::StorageFull => {
                    "Free some space, or shorten `[reports] keep`, and run the audit again.".to_owned()
                }
                _ => "Look at `[reports] directory`, then run the audit again.".to_owned(),
            }),
            Self::Crowded(_) => Some("Check the machine's clock.".to_owned()),
        }
    }
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DirectoryError {
    move |source| DirectoryError::Io { action, path: path.to_owned(), source }
}

/// A run's directory while it is being written. Dropped before [`RunDirectory::publish`], it takes
/// everything with it.
#[derive(Debug)]
pub struct RunDirectory {
    id: RunId,
    partial: PathBuf,
    complete: PathBuf,
    published: bool,
}

impl RunDirectory {
    /// Claims the first free run id of that second, `recorded` ones left out. Made before the audit
    /// begins, so that a directory that cannot be written is known before anybody waits for one.
    ///
    /// # Errors
    /// When the directory cannot be created.
    pub fn claim(
        reports: &Path,
        tenant: &str,
        start: DateTime<Utc>,
        recorded: &[RunId],
    ) -> Result<Self, DirectoryError> {
        let parent = parent(reports, tenant)?;
        sweep(&parent, start);
        let ids = (1..=ATTEMPTS).map(|attempt| RunId::new(start, attempt));
        for id in ids.filter(|id| !recorded.contains(id)) {
            let run = Self::of(&parent, id);
            match builder().create(&run.partial) {
                // Asked only now: while this one is held, nobody else publishes under the id.
                Ok(()) if !run.complete.exists() => return Ok(run),
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => run.forget(),
                Err(error) => {
                    let failure = failed("create", &run.partial)(error);
                    run.forget();
                    return Err(failure);
                }
            }
        }
        Err(DirectoryError::Crowded(parent))
    }

    /// Claims the directory of a recorded run whose process died. Only whoever holds the tenant's turn
    /// may do so: what that process left is removed.
    ///
    /// # Errors
    /// When the directory cannot be created.
    pub fn claim_recorded(reports: &Path, tenant: &str, id: &RunId) -> Result<Self, DirectoryError> {
        let run = Self::of(&parent(reports, tenant)?, id.clone());
        match fs::remove_dir_all(&run.partial) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed("remove", &run.partial)(error));
            }
            Ok(()) | Err(_) => {}
        }
        builder().create(&run.partial).map_err(failed("create", &run.partial))?;
        Ok(run)
    }

    fn of(parent: &Path, id: RunId) -> Self {
        let complete = parent.join(id.as_str());
        let partial = parent.join(format!(".{id}{PARTIAL}"));
        Self { id, partial, complete, published: false }
    }

    /// Not ours: nothing is removed.
    fn forget(mut self) {
        self.published = true;
    }

    /// The id that was claimed.
    #[must_use]
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// Forgets the files that were written to it.
    ///
    /// # Errors
    /// When they cannot be removed. Nothing is left behind then, as far as that is possible.
    pub fn empty(self) -> Result<Self, DirectoryError> {
        fs::remove_dir_all(&self.partial).map_err(failed("remove", &self.partial))?;
        builder().create(&self.partial).map_err(failed("create", &self.partial))?;
        Ok(self)
    }

    /// Gives the directory its name, now that the files are written. One that is there already, as
    /// after [`RunDirectory::claim_recorded`], stays as it is.
    ///
    /// # Errors
    /// When that is refused. Nothing is left behind then.
    pub fn publish(mut self) -> Result<PathBuf, DirectoryError> {
        if self.complete.exists() {
            return Ok(self.complete.clone());
        }
        sync(&self.partial)?;
        fs::rename(&self.partial, &self.complete).map_err(failed("create", &self.complete))?;
        self.published = true;
        if let Some(parent) = self.complete.parent() {
            sync(parent)?;
        }
        Ok(self.complete.clone())
    }
}

impl Drop for RunDirectory {
    fn drop(&mut self) {
        if !self.published
            && let Err(error) = fs::remove_dir_all(&self.partial)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(path = %self.partial.display(), %error, "cannot remove an unfinished run directory");
        }
    }
}

fn parent(reports: &Path, tenant: &str) -> Result<PathBuf, DirectoryError> {
    let parent = reports.join(tenant);
    builder().recursive(true).create(&parent).map_err(failed("create", &parent))?;
    Ok(parent)
}

fn builder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

/// A file of a run's directory while it is being written. What goes wrong is a [`DirectoryError`].
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    file: File,
}

impl Folder for RunDirectory {
    type File = NewFile;

    fn begin(&mut self, name: &'static str) -> io::Result<NewFile> {
        let path = self.partial.join(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        Ok(NewFile { file: file.map_err(told(&path))?, path })
    }

    fn end(&mut self, file: NewFile) -> io::Result<()> {
        let NewFile { path, file } = file;
        file.sync_all().map_err(told(&path))
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

fn sync(directory: &Path) -> Result<(), DirectoryError> {
    File::open(directory).and_then(|file| file.sync_all()).map_err(failed("write", directory))
}

/// When the newest complete run of a tenant before `now` started; none where there is none.
#[must_use]
pub fn newest_start(reports: &Path, tenant: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let names = names(&reports.join(tenant)).unwrap_or_default();
    names.iter().filter_map(|name| RunId::parse(name)?.start()).filter(|start| *start < now).max()
}

/// The place in the evidence chain of the newest complete run that started up to `now`, with its start; none
/// where there is none, or where its manifest cannot be read.
#[must_use]
pub(super) fn newest_link(
    reports: &Path,
    tenant: &str,
    now: DateTime<Utc>,
) -> Option<(DateTime<Utc>, ChainLink)> {
    let names = names(&reports.join(tenant)).unwrap_or_default();
    let ids = names.iter().filter_map(|name| RunId::parse(name));
    let started = ids.filter_map(|id| Some((id.start()?, id))).filter(|(start, _)| *start <= now);
    // Of one second, `-10` came after `-9`.
    let (start, run_id) = started.max_by_key(|(start, id)| (*start, id.as_str().len(), id.clone()))?;
    let manifest = fs::read(reports.join(tenant).join(run_id.as_str()).join(MANIFEST)).ok()?;
    Some((start, ChainLink { run_id, manifest: sha256(&manifest) }))
}

/// Removes runs that started before `now - keep`. Anything whose name is no run id is left alone.
///
/// # Errors
/// When a directory cannot be listed or removed; those that can be are removed all the same.
pub fn prune(
    reports: &Path,
    tenant: &str,
    keep: TimeDelta,
    now: DateTime<Utc>,
) -> Result<usize, DirectoryError> {
    let Some(oldest) = now.checked_sub_signed(keep) else { return Ok(0) };
    remove_before(&reports.join(tenant), oldest, |name| Some(name))
}

/// Removes what runs left that were killed more than a day ago. That it cannot be removed keeps no run
/// from going on.
fn sweep(parent: &Path, now: DateTime<Utc>) {
    let Some(yesterday) = now.checked_sub_signed(TimeDelta::days(1)) else { return };
    match remove_before(parent, yesterday, |name| name.strip_prefix('.')?.strip_suffix(PARTIAL)) {
        Ok(0) => {}
        Ok(removed) => tracing::info!(removed, "removed what interrupted runs left"),
        Err(error) => tracing::warn!(%error, "cannot remove what interrupted runs left"),
    }
}

/// Removes the directories whose names hold the id of a run that started before a time.
fn remove_before(
    parent: &Path,
    oldest: DateTime<Utc>,
    id: fn(&str) -> Option<&str>,
) -> Result<usize, DirectoryError> {
    let (mut removed, mut problem) = (0, None);
    for name in names(parent).map_err(failed("list", parent))? {
        let start = id(&name).and_then(RunId::parse).and_then(|id| id.start());
        if start.is_some_and(|start| start < oldest) {
            let path = parent.join(&name);
            match fs::remove_dir_all(&path) {
                Ok(()) => removed += 1,
                // One that cannot be removed keeps none of the others.
                Err(error) => problem = problem.or(Some(failed("remove", &path)(error))),
            }
        }
    }
    problem.map_or(Ok(removed), Err)
}

/// The names of the directories in a directory.
fn names(parent: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.extend(entry.file_name().into_string());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn publish(mut run: RunDirectory) -> PathBuf {
        let mut file = run.begin("findings.csv").unwrap();
        file.write_all(b"rule\r\n").unwrap();
        run.end(file).unwrap();
        run.publish().unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_directory_appears_complete_and_for_its_owner_only() {
        let reports = tempfile::tempdir().unwrap();
        let start = at("2026-11-23T06:00:00Z");
        let run = RunDirectory::claim(reports.path(), "contoso", start, &[]).unwrap();
        assert!(!reports.path().join("contoso/20261123T060000Z").exists());
        let path = publish(run);
        assert_eq!(path, reports.path().join("contoso/20261123T060000Z"));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&path.join("findings.csv"))), (0o700, 0o600));
        let newest = |now| newest_start(reports.path(), "contoso", now);
        assert_eq!(newest(start), None);
        assert_eq!(newest(start + TimeDelta::seconds(1)), Some(start));
    }

    #[test]
    fn runs_of_one_second_are_numbered_even_while_one_is_unfinished() {
        let reports = tempfile::tempdir().unwrap();
        let start = at("2026-11-23T06:00:00Z");
        let first = RunDirectory::claim(reports.path(), "contoso", start, &[]).unwrap();
        let second = RunDirectory::claim(reports.path(), "contoso", start, &[]).unwrap();
        publish(first);
        let third = RunDirectory::claim(reports.path(), "contoso", start, &[]).unwrap();
        assert_eq!(second.id().as_str(), "20261123T060000Z-2");
        assert_eq!(third.id().as_str(), "20261123T060000Z-3");
    }

    #[test]
    fn an_abandoned_run_leaves_nothing() {
        let reports = tempfile::tempdir().unwrap();
        drop(RunDirectory::claim(reports.path(), "contoso", at("2026-11-23T06:00:00Z"), &[]).unwrap());
        assert_eq!(fs::read_dir(reports.path().join("contoso")).unwrap().count(), 0);
    }

    #[test]
    fn only_runs_beyond_their_time_are_removed() {
        let reports = tempfile::tempdir().unwrap();
        for start in ["2026-11-13T05:59:59Z", "2026-11-13T06:00:00Z", "2026-11-23T06:00:00Z"] {
            publish(RunDirectory::claim(reports.path(), "contoso", at(start), &[]).unwrap());
        }
        fs::create_dir(reports.path().join("contoso/kept by hand")).unwrap();
        fs::write(reports.path().join("contoso/20200102T000000Z"), "a file").unwrap();
        let removed = prune(reports.path(), "contoso", TimeDelta::days(10), at("2026-11-23T06:00:00Z"));
        assert_eq!(removed.unwrap(), 1);
        let mut left = names(&reports.path().join("contoso")).unwrap();
        left.sort();
        assert_eq!(left, ["20261113T060000Z", "20261123T060000Z", "kept by hand"]);
    }

    #[test]
    fn what_a_killed_run_left_is_removed_a_day_later() {
        let reports = tempfile::tempdir().unwrap();
        let parent = reports.path().join("contoso");
        for name in [".20261122T055959Z-2.partial", ".20261122T060000Z.partial"] {
            fs::create_dir_all(parent.join(name)).unwrap();
        }
        let run = RunDirectory::claim(reports.path(), "contoso", at("2026-11-23T06:00:00Z"), &[]).unwrap();
        let mut left = names(&parent).unwrap();
        left.sort();
        assert_eq!(left, [".20261122T060000Z.partial", ".20261123T060000Z.partial"]);
        drop(run);
    }
}
