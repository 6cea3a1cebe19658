//! The files of recorded runs, as their manifests name them.

use std::io;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde::Serialize;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

use super::guard::refuse;
use super::pages;
use super::site::Site;
use super::times::{When, grouped};
use crate::domain::RunId;
use crate::report::{MANIFEST, ManifestFacts, PAGE, read_manifest};

/// A manifest names a dozen files.
const LARGEST_MANIFEST: u64 = 1 << 20;

/// Bytes that are read and sent at once.
const PIECE: usize = 64 << 10;

/// The report runs its own scripts and nothing else, in an origin of its own: it reaches neither us nor our
/// cookies. What it may load is in its own policy, by hashes.
const SANDBOX: HeaderValue = HeaderValue::from_static(
    "sandbox allow-scripts allow-downloads allow-popups allow-popups-to-escape-sandbox allow-modals; \
     connect-src 'none'; form-action 'none'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'",
);

/// What is only downloaded runs nothing.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'");

#[derive(Serialize)]
struct RunPage {
    tenant: String,
    run: String,
    started: When,
    is_complete: bool,
    files: Vec<FileView>,
    signed_in: bool,
}

#[derive(Serialize)]
struct FileView {
    name: String,
    bytes: String,
    sha256: String,
    is_page: bool,
}

/// `GET /runs/{tenant}/{run}`.
pub(super) async fn run(
    State(site): State<Arc<Site>>,
    Path((tenant, run)): Path<(String, String)>,
) -> Response {
    let Some((_, manifest)) = found(&site, &tenant, &run).await else { return nothing() };
    let files = manifest.files.iter().map(|file| FileView {
        name: file.name.clone(),
        bytes: grouped(file.bytes),
        sha256: file.sha256.to_string(),
        is_page: file.name == PAGE,
    });
    let page = RunPage {
        tenant,
        run,
        started: When::new(manifest.started, site.board.now()),
        is_complete: manifest.complete,
        files: files.collect(),
        signed_in: false,
    };
    pages::page(StatusCode::OK, "run.html", page)
}

/// `GET /runs/{tenant}/{run}/{file}`.
pub(super) async fn file(
    State(site): State<Arc<Site>>,
    Path((tenant, run, name)): Path<(String, String, String)>,
) -> Response {
    let Some((directory, manifest)) = found(&site, &tenant, &run).await else { return nothing() };
    let known = manifest.files.iter().find(|file| file.name == name);
    // The name as the manifest has it, which was checked when that was read.
    let (stored, bytes) = match known {
        Some(file) => (file.name.as_str(), Some(file.bytes)),
        None if name == MANIFEST => (MANIFEST, None),
        None => return nothing(),
    };
    let Some((file, length)) = opened(&directory.join(stored)).await else { return nothing() };
    if bytes.is_some_and(|bytes| bytes != length) {
        let because = "the file is not as the run left it; `keysweep history verify` says more";
        return refuse(StatusCode::CONFLICT, because);
    }
    let is_page = stored == PAGE;
    let kind = match stored.rsplit_once('.') {
        Some((_, "html")) if is_page => "text/html; charset=utf-8",
        Some((_, "csv")) => "text/csv; charset=utf-8",
        Some((_, "json")) => "application/json",
        _ => "application/octet-stream",
    };
    let mut response = Body::from_stream(stream::try_unfold(file, piece)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(CONTENT_SECURITY_POLICY, if is_page { SANDBOX } else { NOTHING });
    let shown = if is_page { "inline" } else { "attachment" };
    // All of it is made of plain characters.
    if let Ok(named) = format!("{shown}; filename=\"{tenant}-{run}-{stored}\"").try_into() {
        headers.insert(CONTENT_DISPOSITION, named);
    }
    response
}

/// The directory of a run with its manifest. None where there is none: of a tenant that is not configured, too.
async fn found(site: &Site, tenant: &str, run: &str) -> Option<(PathBuf, ManifestFacts)> {
    let config = site.board.glance().config;
    let tenant = config.tenants.iter().find(|configured| configured.name == tenant)?;
    let run = RunId::parse(run)?;
    let directory = config.reports.directory.join(&tenant.name).join(run.as_str());
    let (mut file, length) = opened(&directory.join(MANIFEST)).await?;
    if length > LARGEST_MANIFEST {
        return None;
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).await.ok()?;
    let manifest = read_manifest(&bytes).ok()?;
    (manifest.run_id == run && manifest.tenant == tenant.name).then_some((directory, manifest))
}

/// A file that is one, with its length; a link to another is none.
async fn opened(path: &FilePath) -> Option<(File, u64)> {
    let found = tokio::fs::symlink_metadata(path).await.ok()?;
    if !found.is_file() {
        return None;
    }
    Some((File::open(path).await.ok()?, found.len()))
}

async fn piece(mut file: File) -> io::Result<Option<(Bytes, File)>> {
    let mut piece = vec![0; PIECE];
    let read = file.read(&mut piece).await?;
    piece.truncate(read);
    Ok((read > 0).then(|| (Bytes::from(piece), file)))
}

fn nothing() -> Response {
    refuse(StatusCode::NOT_FOUND, "there is no such run, or its files are not on this machine")
}
