//! The files of a run's directory. Every row is made once and goes into each file that has it; no file is
//! ever held.

use std::io::{self, BufWriter, Write};

use super::beside::{self, Row, Taker};
use super::csv::{self, Table};
use super::hashed::Hashed;
use super::html::{PAGE_ROWS, Page};
use super::json;
use super::manifest::manifest;
use super::{CredentialRow, FindingRow, MANIFEST, ObjectRow, PageError, Report, ReportFile};

/// Bytes that are handed on at once. Fewer cost calls; more cost memory for nothing.
const BUFFER: usize = 64 * 1024;

/// Why a file could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It was not taken by whom it was written to.
    #[error("the files of the report could not be written")]
    Write(#[source] io::Error),
    /// A CSV file. Nothing of a report is known to cause it.
    #[error("a CSV file could not be made")]
    Csv(#[source] ::csv::Error),
    /// A JSON file. Nothing of a report is known to cause it.
    #[error("a JSON file could not be made")]
    Json(#[source] serde_json::Error),
    /// The page.
    #[error(transparent)]
    Page(PageError),
}

impl From<io::Error> for ReportError {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

impl From<::csv::Error> for ReportError {
    fn from(error: ::csv::Error) -> Self {
        if !error.is_io_error() {
            return Self::Csv(error);
        }
        match error.into_kind() {
            ::csv::ErrorKind::Io(error) => Self::Write(error),
            other => Self::Write(io::Error::other(format!("{other:?}"))),
        }
    }
}

impl From<serde_json::Error> for ReportError {
    fn from(error: serde_json::Error) -> Self {
        if error.is_io() { Self::Write(error.into()) } else { Self::Json(error) }
    }
}

impl From<PageError> for ReportError {
    fn from(error: PageError) -> Self {
        match error {
            PageError::Write(error) => Self::Write(error),
            other => Self::Page(other),
        }
    }
}

/// Where files go.
pub trait Folder {
    /// A file that is being written.
    type File: Write + Send;

    /// Begins a file. Several are open at a time.
    ///
    /// # Errors
    /// When it cannot be written here.
    fn begin(&mut self, name: &'static str) -> io::Result<Self::File>;

    /// Takes a file that is complete.
    ///
    /// # Errors
    /// When it cannot be kept.
    fn end(&mut self, file: Self::File) -> io::Result<()>;
}

/// Takes files and forgets them: what is wanted are their hashes.
#[derive(Debug, Clone, Copy)]
pub struct Nowhere;

impl Folder for Nowhere {
    type File = io::Sink;

    fn begin(&mut self, _name: &'static str) -> io::Result<io::Sink> {
        Ok(io::sink())
    }

    fn end(&mut self, _file: io::Sink) -> io::Result<()> {
        Ok(())
    }
}

/// Writes the files of a report (DESIGN §4) and tells what they are, the manifest of all others last. `bom`
/// puts a byte order mark before each CSV file. The same report gives the same bytes.
///
/// # Errors
/// When a file cannot be made, or `folder` does not take it.
pub fn write(report: &Report, bom: bool, folder: &mut impl Folder) -> Result<Vec<ReportFile>, ReportError> {
    let Report { header, compared, changes, policies, frameworks, .. } = report;
    let tables = Tables {
        findings: csv::findings(header, bom, begin(folder, FINDINGS)?)?,
        objects: csv::objects(header, bom, begin(folder, OBJECTS)?)?,
        credentials: csv::credentials(header, bom, begin(folder, CREDENTIALS)?)?,
        page: Page::begin(report, bom, PAGE_ROWS, begin(folder, PAGE)?)?,
    };
    let mut json = begin(folder, REPORT)?;
    let tables = beside::take(|to| json::report(report, &mut json, to), tables)?;
    let Tables { findings, objects, credentials, page } = tables;
    let policies = csv::policies(header, bom, begin(folder, POLICIES)?)?.all(policies)?;
    let changes = csv::changes(header, compared, bom, begin(folder, CHANGES)?)?.all(changes)?;
    let frameworks = csv::frameworks(header, bom, begin(folder, FRAMEWORKS)?)?.all(frameworks)?;
    let mut files = vec![
        end(folder, FINDINGS, findings.end()?)?,
        end(folder, OBJECTS, objects.end()?)?,
        end(folder, CREDENTIALS, credentials.end()?)?,
        end(folder, POLICIES, policies)?,
        end(folder, CHANGES, changes)?,
        end(folder, FRAMEWORKS, frameworks)?,
        end(folder, REPORT, json)?,
        end(folder, PAGE, page.end()?)?,
    ];
    let mut last = begin(folder, MANIFEST)?;
    last.write_all(&manifest(report, &files)?)?;
    files.push(end(folder, MANIFEST, last)?);
    Ok(files)
}

const FINDINGS: &str = "findings.csv";
const OBJECTS: &str = "objects.csv";
const CREDENTIALS: &str = "credentials.csv";
const POLICIES: &str = "policies.csv";
const CHANGES: &str = "changes.csv";
const FRAMEWORKS: &str = "frameworks.csv";
const REPORT: &str = "report.json";
/// The name of the page in a run's directory.
pub const PAGE: &str = "report.html";

/// A file that is being written.
type Open<F> = BufWriter<Hashed<<F as Folder>::File>>;

fn begin<F: Folder>(folder: &mut F, name: &'static str) -> io::Result<Open<F>> {
    Ok(BufWriter::with_capacity(BUFFER, Hashed::new(folder.begin(name)?)))
}

fn end<F: Folder>(folder: &mut F, name: &'static str, file: Open<F>) -> io::Result<ReportFile> {
    let (file, sha256, bytes) = file.into_inner().map_err(io::IntoInnerError::into_error)?.end();
    folder.end(file)?;
    Ok(ReportFile { name, bytes, sha256 })
}

/// What else than the document has the rows of the large tables.
struct Tables<'a, W: Write> {
    findings: Table<'a, FindingRow, W, { csv::FINDING_COLUMNS.len() }>,
    objects: Table<'a, ObjectRow, W, { csv::OBJECT_COLUMNS.len() }>,
    credentials: Table<'a, CredentialRow, W, { csv::CREDENTIAL_COLUMNS.len() }>,
    page: Page<W>,
}

impl<W: Write> Taker for Tables<'_, W> {
    fn take(&mut self, row: Row) -> Result<(), ReportError> {
        match &row {
            Row::Finding(row) => self.findings.row(row)?,
            Row::Object(row) => self.objects.row(row)?,
            Row::Credential(row) => self.credentials.row(row)?,
            Row::Undecided(_) => (),
        }
        Ok(self.page.row(&row)?)
    }
}

/// Writes one of the CSV files alone.
///
/// # Errors
/// When there is none of that name, it cannot be made, or `out` does not take it.
pub fn csv_file(report: &Report, name: &str, bom: bool, out: impl Write) -> Result<(), ReportError> {
    let Report { header, compared, findings, objects, credentials, policies, changes, frameworks, .. } =
        report;
    let mut out = match name {
        FINDINGS => csv::findings(header, bom, out)?.all(findings),
        OBJECTS => csv::objects(header, bom, out)?.all(objects),
        CREDENTIALS => csv::credentials(header, bom, out)?.all(credentials),
        POLICIES => csv::policies(header, bom, out)?.all(policies),
        CHANGES => csv::changes(header, compared, bom, out)?.all(changes),
        FRAMEWORKS => csv::frameworks(header, bom, out)?.all(frameworks),
        _ => return Err(ReportError::Write(io::ErrorKind::NotFound.into())),
    }?;
    Ok(out.flush()?)
}

/// Writes `report.json` alone.
///
/// # Errors
/// When it cannot be made, or `out` does not take it.
pub fn report_json(report: &Report, out: impl Write) -> Result<(), ReportError> {
    let mut out = BufWriter::with_capacity(BUFFER, out);
    json::report(report, &mut out, |_| Ok(()))?;
    Ok(out.flush()?)
}

/// Writes what changed between two runs as JSON: the tenant, what was compared, and the `changes` of
/// `report.json`.
///
/// # Errors
/// When it cannot be made, or `out` does not take it.
pub fn changes_json(report: &Report, out: impl Write) -> Result<(), ReportError> {
    let mut out = BufWriter::with_capacity(BUFFER, out);
    json::changes(report, &mut out)?;
    Ok(out.flush()?)
}
