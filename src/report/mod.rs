//! Reports and letters: pure functions of what was concluded.

mod build;
mod catalogue;
mod csv;
mod files;
mod json;
mod manifest;
mod model;
mod words;

pub use build::build;
pub use catalogue::{Explanation, catalogue};
pub use files::{ReportError, files};
pub use json::json_schema;
pub use model::{
    Attachment, CredentialRow, FindingRow, GapRow, Header, Letter, ObjectRow, PolicyRow, Report, ReportFile,
    Subject, UndecidedRow,
};
