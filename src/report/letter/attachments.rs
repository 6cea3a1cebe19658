//! What is attached to a letter, and whether it fits.

use std::io::{self, Write};

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, System, ZipWriter};

use super::Contents;
use super::room::{Cramped, Room};
use crate::remediation::Plan;
use crate::report::hashed::Hashed;
use crate::report::template::PageError;
use crate::report::{Attachment, Header, ReportFile};

const CSV: &str = "text/csv; charset=utf-8";
const JSON: &str = "application/json";
const ZIP: &str = "application/zip";
/// Characters of a line of base64 in a mail (RFC 2045, section 6.8).
const LINE: u64 = 76;

/// The attachments of a letter.
pub(super) struct Enclosure {
    pub(super) attachments: Vec<Attachment>,
    pub(super) outcome: Outcome,
    /// Whether the plan is among them.
    pub(super) holds_plan: bool,
}

/// How the CSVs travel. Sizes are in bytes, as encoded in the mail.
pub(super) enum Outcome {
    /// There are none.
    Nothing,
    /// As they are.
    Whole,
    /// In one archive, because as they are they would take `whole`.
    Packed { whole: u64, limit: u64 },
    /// Not at all: even the archive would take more.
    LeftOut { whole: u64, limit: u64 },
}

impl Enclosure {
    pub(super) fn of(
        header: &Header,
        files: &[ReportFile],
        plan: Option<&Plan>,
        limit: u64,
        contents: &dyn Contents,
    ) -> Result<Self, PageError> {
        let plan = plan.map(|plan| drawn(header, plan)).transpose()?;
        let plan = plan.filter(|plan| encoded(plan.bytes.len() as u64) <= limit);
        let taken = plan.as_ref().map_or(0, |plan| encoded(plan.bytes.len() as u64));
        let mut enclosure = Self::of_reports(header, files, limit - taken, contents)?;
        enclosure.holds_plan = plan.is_some();
        enclosure.attachments.extend(plan);
        Ok(enclosure)
    }

    fn of_reports(
        header: &Header,
        files: &[ReportFile],
        limit: u64,
        contents: &dyn Contents,
    ) -> Result<Self, PageError> {
        let holds_plan = false;
        let csvs: Vec<&ReportFile> = files.iter().filter(|file| file.name.ends_with(".csv")).collect();
        if csvs.is_empty() {
            return Ok(Self { attachments: Vec::new(), outcome: Outcome::Nothing, holds_plan });
        }
        let whole = csvs.iter().map(|csv| encoded(csv.bytes)).sum();
        if whole <= limit {
            let attachments =
                csvs.into_iter().map(|csv| attach(header, csv, contents)).collect::<Result<_, _>>()?;
            return Ok(Self { attachments, outcome: Outcome::Whole, holds_plan });
        }
        let name = format!("keysweep-{}.zip", stem(header));
        Ok(match pack(&name, header, &csvs, limit, contents)? {
            Some(bytes) => {
                let archive = Attachment { name, media_type: ZIP.into(), bytes };
                Self { attachments: vec![archive], outcome: Outcome::Packed { whole, limit }, holds_plan }
            }
            None => Self { attachments: Vec::new(), outcome: Outcome::LeftOut { whole, limit }, holds_plan },
        })
    }
}

/// The plan as a file.
fn drawn(header: &Header, plan: &Plan) -> Result<Attachment, PageError> {
    let json = plan.to_json().map_err(PageError::Plan)?;
    let name = format!("{}-plan.json", stem(header));
    Ok(Attachment { name, media_type: JSON.into(), bytes: json.into_bytes() })
}

fn attach(header: &Header, csv: &ReportFile, contents: &dyn Contents) -> Result<Attachment, PageError> {
    let mut bytes = Vec::with_capacity(usize::try_from(csv.bytes).unwrap_or_default());
    copy(csv, contents, &mut bytes)?;
    Ok(Attachment { name: attached(header, csv), media_type: CSV.into(), bytes })
}

/// Copies a file, which must be what was written: whoever gets the mail can hold it against the manifest.
fn copy(file: &ReportFile, contents: &dyn Contents, out: impl Write) -> Result<(), PageError> {
    let wrap = |source| PageError::Attachment { file: file.name, source };
    let mut out = Hashed::new(out);
    contents.copy(file.name, &mut out).map_err(wrap)?;
    let (_, sha256, _) = out.end();
    if sha256 == file.sha256 { Ok(()) } else { Err(wrap(io::ErrorKind::InvalidData.into())) }
}

fn attached(header: &Header, csv: &ReportFile) -> String {
    format!("{}-{}", stem(header), csv.name)
}

/// The size of an attachment in the mail: base64, with a line break after each full or last line.
fn encoded(bytes: u64) -> u64 {
    let characters = bytes.div_ceil(3) * 4;
    characters + characters.div_ceil(LINE) * 2
}

/// `<tenant>-<run id>`, ASCII: other names travel in a form that not every reader decodes.
fn stem(header: &Header) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    let tenant: String = header.tenant.chars().map(safe).collect();
    format!("{tenant}-{}", header.run_id)
}

/// One archive of all, the same bytes for the same content and time on every platform. None where it would take
/// more than `limit`: that is noticed on the way.
fn pack(
    name: &str,
    header: &Header,
    csvs: &[&ReportFile],
    limit: u64,
    contents: &dyn Contents,
) -> Result<Option<Vec<u8>>, PageError> {
    let wrap = |source| PageError::Archive { archive: name.to_owned(), source };
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .system(System::Unix)
        .unix_permissions(0o600)
        .last_modified_time(dos_time(header.started).unwrap_or_default());
    // Base64 makes four bytes of three.
    let room = Room::for_bytes((limit / 4 + 1) * 3);
    let mut archive = ZipWriter::new(room.begin());
    for csv in csvs {
        // It may well be larger than what an archive holds without saying so.
        let options = options.large_file(u64::from(u32::MAX) <= csv.bytes);
        archive.start_file(attached(header, csv), options).map_err(wrap)?;
        let copied = copy(csv, contents, While { archive: &mut archive, room: &room });
        if room.is_used_up() {
            break;
        }
        copied?;
    }
    let packed = archive.finish().map_err(wrap)?.end();
    Ok(packed.filter(|bytes| encoded(bytes.len() as u64) <= limit))
}

/// Goes on for as long as there is room.
struct While<'a> {
    archive: &'a mut ZipWriter<Cramped>,
    room: &'a Room,
}

impl Write for While<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if self.room.is_used_up() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.archive.write(piece)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.archive.flush()
    }
}

/// The time in an archive; none before 1980 and after 2107, which the format cannot hold.
fn dos_time(time: DateTime<Utc>) -> Option<zip::DateTime> {
    let small = |number: u32| u8::try_from(number).ok();
    zip::DateTime::from_date_and_time(
        u16::try_from(time.year()).ok()?,
        small(time.month())?,
        small(time.day())?,
        small(time.hour())?,
        small(time.minute())?,
        small(time.second())?,
    )
    .ok()
}
