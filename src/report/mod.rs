//! Reports and letters: pure functions of what was concluded.

mod beside;
mod build;
mod catalogue;
pub mod chart;
mod compare;
mod csv;
mod dress;
mod files;
mod frameworks;
mod hashed;
mod hook;
mod html;
mod json;
mod letter;
mod manifest;
mod message;
mod model;
mod moment;
mod narrowed;
mod notice;
mod ocsf;
mod owner;
mod phrases;
mod reading;
mod record;
pub mod remedy;
mod since;
mod summary;
mod tally;
mod template;
mod tenants;
mod undelivered;
mod words;

pub use crate::domain::{ExceptionState, Rows, Subject};
pub use build::{Audited, build, findings_of, present, rows_about};
pub use catalogue::{Explanation, catalogue};
pub use dress::{Dressed, TemplateFlaw, Templates};
pub use files::{Folder, Nowhere, PAGE, ReportError, changes_json, csv_file, report_json, write};
pub use frameworks::{FrameworkObject, FrameworkRow, served_by};
pub use hook::{HOOK_VERSION, HookKind, hook_body, hook_schema, hook_undelivered, hook_wanted};
pub use html::{PAGE_ROWS, html};
pub use json::json_schema;
pub use letter::{Carried, Contents, Kept, Remedied, letter, letter_by};
pub use manifest::{FileFacts, ManifestError, ManifestFacts, read_manifest};
pub use message::{Attachment, Letter, Message, MessageKey, MessageKind, Parcel};
pub use model::{
    ChangeKind, ChangeRow, ChangeWord, Compared, CredentialRow, DeletedRow, ExceptionRow, FindingChange,
    FindingRow, GapRow, Header, ObjectRow, PolicyRow, Report, ReportFile, RiskRow, UndecidedRow,
};
pub use narrowed::{When, concerns, narrowed, route_letter};
pub use notice::{FailedRun, MissedRuns, NoRun, failure_letter, missed_letter};
pub use ocsf::ocsf;
pub use owner::{OwnerNotice, OwnerRound, OwnerTerms, owner_round};
pub use phrases::{minute, plain};
pub use record::{MANIFEST, counts, ledger, manifest_sum, sha256};
pub use since::{Since, instead_of_changes};
pub use summary::{
    ChangeCounts, Coverage, Ending, Endings, Fresh, ObjectCounts, RuleCount, SecretCounts, Summary,
    ThingCounts,
};
pub use tally::Tally;
pub use template::PageError;
pub use tenants::{DigestChanges, DigestTenant, DigestTrouble, DigestTroubleKind, digest_letter};
pub use undelivered::{Failed, Undelivered, undelivered};
pub use words::{takeovers, why_not_flagged, why_risky};
