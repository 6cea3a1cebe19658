//! The controls that are judged, and what a verdict on one says.

use crate::domain::{RuleId, Subject, Text};

/// Whose controls they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Framework {
    /// CIS Microsoft 365 Foundations Benchmark.
    Cis,
    /// CISA's Secure Cloud Business Applications, the baseline for Microsoft Entra ID.
    Scuba,
    /// Microsoft's Zero Trust Assessment.
    ZeroTrust,
}

impl Framework {
    /// Its name in the reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cis => "CIS Microsoft 365 Foundations",
            Self::Scuba => "CISA SCuBA",
            Self::ZeroTrust => "Microsoft Zero Trust Assessment",
        }
    }

    /// The version of the text that is followed.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Self::Cis => "7.0.0",
            Self::Scuba => "ScubaGear 2.0.0",
            Self::ZeroTrust => "2.1",
        }
    }
}

/// One control of a framework.
#[derive(Debug, PartialEq, Eq)]
pub struct Control {
    /// Its number in the framework, unique among all.
    pub id: &'static str,
    /// Whose it is.
    pub framework: Framework,
    /// Its title, in the framework's words.
    pub title: &'static str,
    /// The controls of NIST SP 800-53 Rev. 5 that it serves.
    pub nist: &'static [&'static str],
    /// The techniques of MITRE ATT&CK that it hinders.
    pub attack: &'static [&'static str],
    /// Where to read about it.
    pub url: &'static str,
    /// The rules whose findings say where to begin.
    pub rules: &'static [RuleId],
}

/// What is said of a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It is met, and everything it hangs on was read.
    Pass,
    /// It is not met, whatever else was not read.
    Fail,
    /// It asks nothing of this tenant.
    NotApplicable,
    /// It cannot be said.
    Unknown,
}

impl Verdict {
    /// All, in the order of the reports.
    pub const ALL: [Self; 4] = [Self::Fail, Self::Unknown, Self::Pass, Self::NotApplicable];

    /// The word of the reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotApplicable => "not-applicable",
            Self::Unknown => "unknown",
        }
    }
}

/// A verdict on a control, and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlVerdict {
    /// The control.
    pub control: &'static Control,
    /// What is said of it.
    pub verdict: Verdict,
    /// Why, a sentence each; never none.
    pub reasons: Vec<String>,
    /// The policies and objects behind it, policies first, [`NAMED`] at most.
    pub objects: Vec<Behind>,
    /// How many there are, those that are not named too.
    pub object_count: usize,
}

/// A policy or an object that a verdict rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// What it is.
    pub kind: Subject,
    /// Its `id`.
    pub id: String,
    /// Its `displayName`; empty where it has none, or was not read.
    pub name: Text,
}

/// Policies and objects named for one control: with a million objects no more fit into a cell or into
/// anybody's head. The findings have them all.
pub const NAMED: usize = 100;
