//! Reports and letters: pure functions of what was concluded.

mod html;
mod letter;
mod model;
mod summary;
mod template;
mod words;

pub use html::html;
pub use letter::letter;
pub use model::{
    Attachment, CredentialRow, FindingRow, GapRow, Header, Letter, ObjectRow, PolicyRow, Report, ReportFile,
    Subject, UndecidedRow,
};
pub use summary::{ObjectCounts, RuleCount, SecretCounts, Summary};
pub use template::PageError;
