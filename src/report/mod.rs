//! Reports and letters: pure functions of what was concluded.

mod model;

pub use model::{
    Attachment, CredentialRow, FindingRow, GapRow, Header, Letter, ObjectRow, PolicyRow, Report, ReportFile,
    Subject, UndecidedRow,
};
