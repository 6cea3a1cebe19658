//! Reports and letters: pure functions of what was concluded.

mod beside;
mod build;
mod catalogue;
mod compare;
mod csv;
mod files;
mod frameworks;
mod hashed;
mod html;
mod json;
mod letter;
mod manifest;
mod message;
mod model;
mod moment;
mod ocsf;
mod phrases;
mod reading;
mod record;
pub mod remedy;
mod since;
mod summary;
mod tally;
mod template;
mod words;

pub use crate::domain::{ExceptionState, Rows, Subject};
pub use build::{Audited, build, findings_of, present, rows_about};
pub use catalogue::{Explanation, catalogue};
pub use files::{Folder, Nowhere, ReportError, changes_json, csv_file, report_json, write};
pub use frameworks::{FrameworkObject, FrameworkRow, served_by};
pub use html::{PAGE_ROWS, html};
pub use json::json_schema;
pub use letter::{Carried, Contents, Kept, Remedied, letter};
pub use manifest::{FileFacts, ManifestError, ManifestFacts, read_manifest};
pub use message::{Attachment, Letter, Message, MessageKey, MessageKind, Parcel};
pub use model::{
    ChangeKind, ChangeRow, ChangeWord, Compared, CredentialRow, DeletedRow, ExceptionRow, FindingChange,
    FindingRow, GapRow, Header, ObjectRow, PolicyRow, Report, ReportFile, RiskRow, UndecidedRow,
};
pub use ocsf::ocsf;
pub use phrases::{minute, plain};
pub use record::{MANIFEST, counts, ledger, manifest_sum, sha256};
pub use since::{Since, instead_of_changes};
pub use summary::{
    ChangeCounts, Coverage, Fresh, ObjectCounts, RuleCount, SecretCounts, Summary, ThingCounts,
};
pub use tally::Tally;
pub use template::PageError;
pub use words::{takeovers, why_not_flagged, why_risky};
