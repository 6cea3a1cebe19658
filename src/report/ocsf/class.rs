//! The numbers that the schema gives to words, with its captions.

use crate::domain::Severity;

/// The version of the schema.
pub(super) const SCHEMA: &str = "1.9.0";

/// The category Findings.
pub(super) const CATEGORY: Member = Member { id: 2, caption: "Findings" };

/// The class Compliance Finding.
pub(super) const CLASS: Member = Member { id: 2003, caption: "Compliance Finding" };

/// A member of an enumeration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) id: u32,
    pub(super) caption: &'static str,
}

/// What happened to a finding: `activity_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activity {
    Unknown,
    Create,
    Update,
    Close,
}

impl Activity {
    pub(super) fn member(self) -> Member {
        let (id, caption) = match self {
            Self::Unknown => (0, "Unknown"),
            Self::Create => (1, "Create"),
            Self::Update => (2, "Update"),
            Self::Close => (3, "Close"),
        };
        Member { id, caption }
    }

    /// `type_uid` and `type_name`.
    pub(super) fn of_class(self) -> (u32, &'static str) {
        let name = match self {
            Self::Unknown => "Compliance Finding: Unknown",
            Self::Create => "Compliance Finding: Create",
            Self::Update => "Compliance Finding: Update",
            Self::Close => "Compliance Finding: Close",
        };
        (CLASS.id * 100 + self.member().id, name)
    }
}

/// Where a finding stands: `status_id`. Nobody here knows whether somebody is looking into it, so that whatever is open
/// is New: yet to be reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    New,
    Suppressed,
    Resolved,
}

impl Status {
    pub(super) fn member(self) -> Member {
        let (id, caption) = match self {
            Self::New => (1, "New"),
            Self::Suppressed => (3, "Suppressed"),
            Self::Resolved => (4, "Resolved"),
        };
        Member { id, caption }
    }
}

/// What a check came to: `compliance.status_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Pass,
    /// It came to nothing, because something is missing.
    Warning,
    Fail,
}

impl Verdict {
    pub(super) fn member(self) -> Member {
        let (id, caption) = match self {
            Self::Pass => (1, "Pass"),
            Self::Warning => (2, "Warning"),
            Self::Fail => (3, "Fail"),
        };
        Member { id, caption }
    }
}

/// `severity_id`.
pub(super) fn severity(severity: Option<Severity>) -> Member {
    let (id, caption) = match severity {
        None => (0, "Unknown"),
        Some(Severity::Info) => (1, "Informational"),
        Some(Severity::Low) => (2, "Low"),
        Some(Severity::Medium) => (3, "Medium"),
        Some(Severity::High) => (4, "High"),
        Some(Severity::Critical) => (5, "Critical"),
    };
    Member { id, caption }
}
