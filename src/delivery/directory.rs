//! Letters as `.eml` files.

use std::io;
use std::path::{Path, PathBuf};

use tokio::fs;
use tokio::io::AsyncWriteExt as _;

use super::error::DeliveryError;
use super::gate::Gate;
use super::identity::Identity;
use super::words::Cause;

/// Writes `<name>.eml` into the directory, which is created where it is missing, readable by its owner
/// only. A file that exists is complete. The same message again changes nothing; another message under
/// the same name is refused.
pub(super) async fn write(
    directory: &Path,
    identity: &Identity,
    message: &[u8],
    gate: &dyn Gate,
) -> Result<PathBuf, DeliveryError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .await
        .map_err(|error| failure("create", directory, &error))?;
    let path = directory.join(identity.file_name());
    match fs::read(&path).await {
        Ok(there) if there == message => return Ok(path),
        Ok(_) => return Err(DeliveryError::Occupied { path }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (),
        Err(error) => return Err(failure("read", &path, &error)),
    }
    if !gate.open().await {
        return Err(DeliveryError::Withdrawn);
    }
    let partial = directory.join(format!(".{}.partial", identity.file_name()));
    let written = write_new(&partial, message).await;
    let written = match written {
        Ok(()) => fs::rename(&partial, &path).await,
        Err(error) => Err(error),
    };
    if let Err(error) = written {
        // The failure to write is what matters; a leftover is removed by the next attempt.
        let _ = fs::remove_file(&partial).await;
        gate.shut().await;
        return Err(failure("write", &path, &error));
    }
    Ok(path)
}

/// Whether a letter could be written there. Leaves nothing behind but the directory.
pub(super) async fn check(directory: &Path) -> Result<(), DeliveryError> {
    let created = fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).await;
    created.map_err(|error| failure("create", directory, &error))?;
    let path = directory.join(".check.partial");
    write_new(&path, b"").await.map_err(|error| failure("write", &path, &error))?;
    fs::remove_file(&path).await.map_err(|error| failure("write", &path, &error))
}

async fn write_new(path: &Path, message: &[u8]) -> io::Result<()> {
    // Left behind by a crash. Opening anew, rather than over it, follows no planted link.
    match fs::remove_file(path).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => (),
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).await?;
    file.write_all(message).await?;
    // Only this tells that the last piece could not be written: `sync_all` alone says all is well.
    file.flush().await?;
    file.sync_all().await
}

fn failure(action: &'static str, path: &Path, error: &io::Error) -> DeliveryError {
    DeliveryError::File { action, path: path.to_owned(), cause: Cause::innermost(error) }
}
