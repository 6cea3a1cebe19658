//! The files of one run against the hashes that are known of them.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::chain::Link;
use super::{Flaw, Found, Mismatch, Print, Terms, Verified, Witness};
use crate::domain::Sha256Sum;
use crate::graph::explain;
use crate::report::{FileFacts, ManifestFacts, read_manifest};
use crate::store::FilesState;

/// The name of the file that lists the others.
pub(super) const MANIFEST: &str = "manifest.json";

/// A manifest has a dozen lines. More is none, and is not read into memory.
const MANIFEST_BYTES: u64 = 1 << 20;

/// What is where a run's directory would be.
pub(super) enum OnDisk {
    Nothing,
    Unreadable(PathBuf, io::ErrorKind),
    /// The directory, with what is found in the place of its manifest.
    Directory(ManifestFile),
}

pub(super) enum ManifestFile {
    Missing,
    NoFile,
    Read { sum: Sha256Sum, bytes: u64, content: Result<ManifestFacts, Flaw> },
}

impl OnDisk {
    pub(super) fn manifest_sum(&self) -> Option<Sha256Sum> {
        match self {
            Self::Directory(ManifestFile::Read { sum, .. }) => Some(*sum),
            _ => None,
        }
    }

    pub(super) fn manifest(&self) -> Option<&ManifestFacts> {
        match self {
            Self::Directory(ManifestFile::Read { content: Ok(manifest), .. }) => Some(manifest),
            _ => None,
        }
    }
}

/// Reads what there is of a run's directory, but none of the files that its manifest lists.
pub(super) fn read(directory: &Path) -> OnDisk {
    match fs::symlink_metadata(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return OnDisk::Nothing,
        Err(error) => return OnDisk::Unreadable(directory.to_owned(), error.kind()),
        Ok(_) => {}
    }
    let path = directory.join(MANIFEST);
    match manifest_file(&path) {
        Ok(file) => OnDisk::Directory(file),
        Err(error) => OnDisk::Unreadable(path, error.kind()),
    }
}

fn manifest_file(path: &Path) -> io::Result<ManifestFile> {
    match kind(path)? {
        Kind::Nothing => Ok(ManifestFile::Missing),
        Kind::Other => Ok(ManifestFile::NoFile),
        Kind::File => {
            let (sum, bytes) = sum(path)?;
            let content = if bytes > MANIFEST_BYTES {
                Err(Flaw::TooLarge)
            } else {
                read_manifest(&fs::read(path)?).map_err(|error| Flaw::Unreadable(explain(&error, None)))
            };
            Ok(ManifestFile::Read { sum, bytes, content })
        }
    }
}

/// What is in a directory under a name.
enum Kind {
    Nothing,
    File,
    Other,
}

/// A link is not followed: what it points to may change, and is no file of the run.
fn kind(path: &Path) -> io::Result<Kind> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(Kind::File),
        Ok(_) => Ok(Kind::Other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Kind::Nothing),
        Err(error) => Err(error),
    }
}

/// The SHA-256 and the size of a file, which may be larger than memory.
fn sum(path: &Path) -> io::Result<(Sha256Sum, u64)> {
    let mut file = File::open(path)?;
    let (mut hash, mut size, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        let length = match file.read(&mut buffer) {
            Ok(0) => return Ok((Sha256Sum(hash.finalize().into()), size)),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hash.update(buffer.get(..length).unwrap_or_default());
        size += length as u64;
    }
}

/// Checks what there is of a run. None for a run of which nothing is there and nothing has to be.
pub(super) fn check(link: &Link<'_>, terms: &Terms<'_>, verified: &mut Verified) -> Option<Found> {
    let file = match &link.on_disk {
        OnDisk::Nothing => return absent(link, terms, &mut verified.wrong),
        OnDisk::Unreadable(path, kind) => {
            verified.unread.push((path.clone(), *kind));
            return Some(Found::Here { checked: 0, unchecked: 0 });
        }
        OnDisk::Directory(file) => file,
    };
    let names = match names(&link.path) {
        Ok(names) => names,
        Err(error) => {
            verified.unread.push((link.path.clone(), error.kind()));
            Vec::new()
        }
    };
    let Some(manifest) = right_manifest(link, file, &verified.tenant, &mut verified.wrong) else {
        return Some(Found::Here { checked: 1, unchecked: names.len() });
    };
    for listed in &manifest.files {
        let path = link.path.join(&listed.name);
        match compare(path.clone(), listed) {
            Ok(mismatch) => verified.wrong.extend(mismatch),
            Err(error) => verified.unread.push((path, error.kind())),
        }
    }
    let added = names.iter().filter(|name| manifest.files.iter().all(|listed| **name != *listed.name));
    verified.wrong.extend(added.map(|name| Mismatch::Added { path: link.path.join(name) }));
    Some(Found::Here { checked: manifest.files.len() + 1, unchecked: 0 })
}

/// The manifest of a run, where it is the right one.
fn right_manifest<'a>(
    link: &'a Link<'_>,
    file: &'a ManifestFile,
    tenant: &str,
    wrong: &mut Vec<Mismatch>,
) -> Option<&'a ManifestFacts> {
    let path = link.path.join(MANIFEST);
    let (found, bytes, content) = match file {
        ManifestFile::Missing => {
            let expected = link.testimony.first().map(|(expected, _)| *expected);
            wrong.push(Mismatch::Missing { path, expected });
            return None;
        }
        ManifestFile::NoFile => {
            wrong.push(Mismatch::NoFile { path });
            return None;
        }
        ManifestFile::Read { sum, bytes, content } => (*sum, *bytes, content),
    };
    if let Some((expected, _)) = link.testimony.iter().find(|(expected, _)| *expected != found) {
        let witnesses = link.testimony.iter().filter(|(other, _)| other == expected);
        let other = content.as_ref().ok().map(|manifest| manifest.run_id.clone());
        wrong.push(Mismatch::Altered {
            path,
            expected: Print { sum: *expected, bytes: None },
            found: Print { sum: found, bytes: Some(bytes) },
            witnesses: witnesses.map(|(_, witness)| witness.clone()).collect(),
            belongs_to: other.filter(|id| *id != link.id),
        });
        return None;
    }
    let flaw = match content {
        Ok(manifest) if manifest.run_id != link.id || manifest.tenant != tenant => {
            Flaw::Foreign { tenant: manifest.tenant.clone(), run: manifest.run_id.clone() }
        }
        Ok(manifest) => return Some(manifest),
        Err(flaw) => flaw.clone(),
    };
    wrong.push(Mismatch::Unusable { path, found, flaw });
    None
}

/// Holds a file against its entry in the manifest.
fn compare(path: PathBuf, listed: &FileFacts) -> io::Result<Option<Mismatch>> {
    let expected = Print { sum: listed.sha256, bytes: Some(listed.bytes) };
    Ok(match kind(&path)? {
        Kind::Nothing => Some(Mismatch::Missing { path, expected: Some(expected.sum) }),
        Kind::Other => Some(Mismatch::NoFile { path }),
        Kind::File => {
            let (sum, bytes) = sum(&path)?;
            let found = Print { sum, bytes: Some(bytes) };
            let witnesses = vec![Witness::Manifest];
            (found != expected).then_some(Mismatch::Altered {
                path,
                expected,
                found,
                witnesses,
                belongs_to: None,
            })
        }
    })
}

/// What lies in a run's directory, the manifest left out, in the order of the names.
fn names(directory: &Path) -> io::Result<Vec<OsString>> {
    let names: io::Result<Vec<OsString>> =
        fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.file_name())).collect();
    let mut names = names?;
    names.retain(|name| name != MANIFEST);
    names.sort();
    Ok(names)
}

/// What became of a run that has no directory.
fn absent(link: &Link<'_>, terms: &Terms<'_>, wrong: &mut Vec<Mismatch>) -> Option<Found> {
    let before = |since: Option<DateTime<Utc>>| since.is_some_and(|since| link.id.start() < Some(since));
    let found = match link.entry {
        Some(entry) if entry.files == FilesState::Failed => Found::NeverWritten,
        Some(entry) if entry.files == FilesState::Waiting => Found::Waiting,
        _ if before(terms.kept_since) => Found::Removed,
        Some(entry) if entry.host != terms.host => Found::Elsewhere { host: Some(entry.host.clone()) },
        // The record is gone with the directory: of such a run only its name is left, in the next one.
        None if before(terms.on_record_since) => return None,
        None if terms.shared => Found::Elsewhere { host: None },
        Some(_) | None => {
            let (expected, _) = link.testimony.first()?;
            let witnesses = link.testimony.iter().filter(|(other, _)| other == expected);
            wrong.push(Mismatch::MissingRun {
                path: link.path.clone(),
                expected: *expected,
                witnesses: witnesses.map(|(_, witness)| witness.clone()).collect(),
            });
            Found::Missing
        }
    };
    // That a run that nobody records was removed in its time is not worth a word.
    (link.entry.is_some() || found != Found::Removed).then_some(found)
}
