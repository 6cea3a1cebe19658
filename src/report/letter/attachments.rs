//! What is attached to a letter, and whether it fits.

use std::io::{Cursor, Write as _};

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use zip::result::{ZipError, ZipResult};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, System, ZipWriter};

use crate::report::template::PageError;
use crate::report::{Attachment, Header, ReportFile};

const CSV: &str = "text/csv; charset=utf-8";
const ZIP: &str = "application/zip";
/// Characters of a line of base64 in a mail (RFC 2045, section 6.8).
const LINE: u64 = 76;

/// The attachments of a letter.
pub(super) struct Enclosure {
    pub(super) attachments: Vec<Attachment>,
    pub(super) outcome: Outcome,
}

/// How the CSVs travel. Sizes are in bytes, as encoded in the mail.
pub(super) enum Outcome {
    /// There are none.
    Nothing,
    /// As they are.
    Whole,
    /// In one archive, because as they are they would take `whole`.
    Packed { whole: u64, limit: u64 },
    /// Not at all: even the archive would take `packed`.
    LeftOut { whole: u64, packed: u64, limit: u64 },
}

impl Enclosure {
    pub(super) fn of(header: &Header, files: &[ReportFile], limit: u64) -> Result<Self, PageError> {
        let csvs: Vec<Attachment> = files
            .iter()
            .filter(|file| file.name.ends_with(".csv"))
            .map(|file| Attachment {
                name: format!("{}-{}", stem(header), file.name),
                media_type: CSV,
                bytes: file.bytes.clone(),
            })
            .collect();
        let whole = csvs.iter().map(|csv| encoded(&csv.bytes)).sum();
        if csvs.is_empty() {
            return Ok(Self { attachments: csvs, outcome: Outcome::Nothing });
        }
        if whole <= limit {
            return Ok(Self { attachments: csvs, outcome: Outcome::Whole });
        }
        let name = format!("keysweep-{}.zip", stem(header));
        let bytes = pack(&csvs, header.started)
            .map_err(|source| PageError::Archive { archive: name.clone(), source })?;
        let packed = encoded(&bytes);
        if packed <= limit {
            let archive = Attachment { name, media_type: ZIP, bytes };
            Ok(Self { attachments: vec![archive], outcome: Outcome::Packed { whole, limit } })
        } else {
            Ok(Self { attachments: Vec::new(), outcome: Outcome::LeftOut { whole, packed, limit } })
        }
    }
}

/// The size of an attachment in the mail: base64, with a line break after each full or last line.
fn encoded(bytes: &[u8]) -> u64 {
    let characters = (bytes.len() as u64).div_ceil(3) * 4;
    characters + characters.div_ceil(LINE) * 2
}

/// `<tenant>-<run id>`, ASCII: other names travel in a form that not every reader decodes.
fn stem(header: &Header) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    let tenant: String = header.tenant.chars().map(safe).collect();
    format!("{tenant}-{}", header.run_id)
}

/// One archive of all, the same bytes for the same content and time on every platform.
fn pack(files: &[Attachment], time: DateTime<Utc>) -> ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .system(System::Unix)
        .unix_permissions(0o600)
        .last_modified_time(dos_time(time).unwrap_or_default());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        archive.start_file(file.name.as_str(), options)?;
        archive.write_all(&file.bytes).map_err(ZipError::from)?;
    }
    Ok(archive.finish()?.into_inner())
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
