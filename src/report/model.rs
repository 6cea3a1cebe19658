//! A report as rows, ready to be written. Every word a person reads is already chosen here, and
//! nothing of the directory's text is unmasked ([`crate::domain::Text`]).

use chrono::{DateTime, NaiveDate, Utc};

use super::frameworks::FrameworkRow;
use super::{Rows, Summary};
use crate::domain::{
    ChainLink, ExceptionState, FindingKey, HowRead, Owner, RuleId, RunCounts, RunId, RunMark, Severity,
    Sha256Sum, Status, Subject, TenantId,
};

/// One run's report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Which run of which tenant.
    pub header: Header,
    /// What could not be read; empty exactly when the run is complete.
    pub gaps: Vec<GapRow>,
    /// Optional parts that are not to be had here: a permission or licence is missing. What hangs on them is
    /// not said, and nothing else is less sure for it.
    pub unavailable: Vec<GapRow>,
    /// What this report was compared with.
    pub compared: Compared,
    /// What changed since then, worst first. Of an incomplete run nothing is `fixed` or `gone`.
    pub changes: Vec<ChangeRow>,
    /// Worst first, then by rule, name and id.
    pub findings: Rows<FindingRow>,
    /// By kind, name and id.
    pub objects: Rows<ObjectRow>,
    /// In the order of `objects`, each object's as Graph lists them.
    pub credentials: Rows<CredentialRow>,
    /// The tenant default first, then custom policies by name and id; restrictions as Graph lists
    /// them. A policy without restrictions has one row with the restriction's cells empty.
    pub policies: Vec<PolicyRow>,
    /// The controls of published frameworks, always all of them.
    pub frameworks: Vec<FrameworkRow>,
    /// The objects that an attacker would begin with, the first first, ten at most.
    pub risks: Vec<RiskRow>,
    /// What could not be decided, for reading by people: where, which rule, why.
    pub undecided: Rows<UndecidedRow>,
    /// Deleted applications that can be restored with their credentials, by name and id; none where they were
    /// not read.
    pub deleted: Option<Vec<DeletedRow>>,
    /// The configured exceptions that concern this tenant, as configured.
    pub exceptions: Vec<ExceptionRow>,
    /// Earlier runs in numbers, oldest first.
    pub trend: Vec<RunCounts>,
    /// The run before this one in the evidence chain.
    pub previous: Option<ChainLink>,
    /// What a reader has to know about the history, a sentence each.
    pub notices: Vec<String>,
    /// All of it in numbers, counted once.
    pub summary: Summary,
}

/// What a report was compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compared {
    /// Earlier runs could not be consulted: nothing is said about changes.
    Unknown,
    /// There is no earlier complete run: everything is new, and no change is listed.
    First,
    /// The last complete run.
    With(RunMark),
}

/// Which run of which tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The tenant's name in the configuration.
    pub tenant: String,
    /// Its id.
    pub tenant_id: TenantId,
    /// The run.
    pub run_id: RunId,
    /// The moment everything is judged by.
    pub started: DateTime<Utc>,
    /// The root of the admin centre, for links.
    pub portal: &'static str,
    /// How the objects were read.
    pub read: HowRead,
}

/// A row of the list of what could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GapRow {
    /// What is missing.
    pub part: String,
    /// Why, and what to do about it.
    pub reason: String,
}

/// The word in `change` of a finding (DESIGN §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingChange {
    /// Never seen before.
    New,
    /// The last complete run had it too.
    Standing,
    /// It was fixed, and is back.
    Reopened,
}

impl FindingChange {
    /// The word of the reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Standing => "standing",
            Self::Reopened => "reopened",
        }
    }
}

/// The word in `change` of a row of `changes.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeWord {
    /// It was not there.
    Appeared,
    /// It was fixed before, and is back.
    Reopened,
    /// It is otherwise than it was.
    Changed,
    /// The finding holds no more.
    Fixed,
    /// It is not there any more.
    Gone,
}

impl ChangeWord {
    /// The word of the reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Appeared => "appeared",
            Self::Reopened => "reopened",
            Self::Changed => "changed",
            Self::Fixed => "fixed",
            Self::Gone => "gone",
        }
    }
}

/// What a row of `changes.csv` speaks of: its `kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// A finding.
    Finding,
    /// The tenant default or a custom policy.
    Policy,
    /// Which custom policy is assigned to an object.
    Assignment,
    /// A credential.
    Credential,
    /// An application or service principal.
    Object,
}

impl ChangeKind {
    /// The word of the reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finding => "finding",
            Self::Policy => "policy",
            Self::Assignment => "assignment",
            Self::Credential => "credential",
            Self::Object => "object",
        }
    }
}

/// A row of `changes.csv`: `tenant,run_id,since,change,kind,rule,severity,object_type,object_id,app_id,
/// display_name,credential_type,credential_id,credential_name,policy_id,policy_name,before,after,detail,
/// portal_url,added_by`, where `since` is the run compared with. Empty text is an empty cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRow {
    /// `change`.
    pub change: ChangeWord,
    /// `kind`.
    pub kind: ChangeKind,
    /// By what a finding is recognised; none for other kinds.
    pub key: Option<FindingKey>,
    /// `rule` of a finding.
    pub rule: Option<RuleId>,
    /// `severity` of a finding.
    pub severity: Option<Severity>,
    /// `object_type`.
    pub object_type: Subject,
    /// `object_id`.
    pub object_id: String,
    /// `app_id`.
    pub app_id: String,
    /// `display_name`.
    pub display_name: String,
    /// `credential_type`.
    pub credential_type: String,
    /// `credential_id`.
    pub credential_id: String,
    /// `credential_name`.
    pub credential_name: String,
    /// `policy_id`.
    pub policy_id: String,
    /// `policy_name`.
    pub policy_name: String,
    /// `before`: what was, in a few words.
    pub before: String,
    /// `after`: what is, in a few words.
    pub after: String,
    /// `detail`: what happened, in a sentence with the dates.
    pub detail: String,
    /// `portal_url`; empty for what is gone.
    pub portal_url: String,
    /// `added_by`: who added the credential, where the audit log says so.
    pub added_by: String,
}

/// A configured exception and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionRow {
    /// An object id or app id, or a name pattern.
    pub whom: String,
    /// The rules, or `*`.
    pub rules: Vec<String>,
    /// Why.
    pub reason: String,
    /// By whom.
    pub accepted_by: String,
    /// Its last day.
    pub expires: NaiveDate,
    /// How it stands.
    pub state: ExceptionState,
    /// Findings that it excepts.
    pub findings: usize,
}

/// A row of `findings.csv`. `tenant` and `run_id` are in the header. Empty text is an empty cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingRow {
    /// By what it is recognised in other runs. No column.
    pub key: FindingKey,
    /// `rule`.
    pub rule: RuleId,
    /// `severity`.
    pub severity: Severity,
    /// `status`.
    pub status: Status,
    /// `object_type`.
    pub object_type: Subject,
    /// `object_id`; of the tenant, the tenant id.
    pub object_id: String,
    /// `app_id`.
    pub app_id: String,
    /// `display_name`; of the tenant, its name in the configuration.
    pub display_name: String,
    /// `credential_type`.
    pub credential_type: &'static str,
    /// `credential_id`.
    pub credential_id: String,
    /// `credential_name`.
    pub credential_name: String,
    /// `start` of the credential.
    pub start: Option<DateTime<Utc>>,
    /// `end` of the credential.
    pub end: Option<DateTime<Utc>>,
    /// `days_left` of the credential.
    pub days_left: Option<i64>,
    /// `policy_id`: the policy the finding is about or was decided by.
    pub policy_id: String,
    /// `policy_name`.
    pub policy_name: String,
    /// `owners`, by name.
    pub owners: Vec<String>,
    /// `first_seen`: when the first complete run that had it started, or else this one; none where
    /// earlier runs could not be consulted.
    pub first_seen: Option<DateTime<Utc>>,
    /// `change`, likewise.
    pub change: Option<FindingChange>,
    /// `detail`: what is so, in a sentence with the figures.
    pub detail: String,
    /// `recommendation`: what to do, in a sentence.
    pub recommendation: String,
    /// `portal_url`.
    pub portal_url: String,
    /// Who added the credential since the last complete run, where the audit log says so. No column.
    pub added_by: String,
}

/// A row of `objects.csv`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRow {
    /// `object_type`.
    pub object_type: Subject,
    /// `object_id`.
    pub object_id: String,
    /// `app_id`.
    pub app_id: String,
    /// `display_name`.
    pub display_name: String,
    /// `created`.
    pub created: Option<DateTime<Utc>>,
    /// `sign_in_audience`.
    pub sign_in_audience: String,
    /// `owned_by`.
    pub owned_by: &'static str,
    /// `service_principal_type`.
    pub service_principal_type: String,
    /// `enabled`.
    pub enabled: Option<bool>,
    /// `owners`, by name, where they were read.
    pub owners: Vec<String>,
    /// The same in the same order, with what is known of them. No column.
    pub owner_contacts: Vec<Owner>,
    /// `active_secrets`: unexpired client secrets.
    pub active_secrets: usize,
    /// `expired_secrets`.
    pub expired_secrets: usize,
    /// `active_certificates`: unexpired, a SAML signing pair once.
    pub active_certificates: usize,
    /// `expired_certificates`, likewise.
    pub expired_certificates: usize,
    /// `symmetric_keys`: unexpired.
    pub symmetric_keys: usize,
    /// `federated_credentials`.
    pub federated_credentials: usize,
    /// `assigned_policy_id`.
    pub assigned_policy_id: String,
    /// `assigned_policy_name`.
    pub assigned_policy_name: String,
    /// `policy_effect`.
    pub policy_effect: &'static str,
    /// `secret_creation`.
    pub secret_creation: &'static str,
    /// `decided_by`: `tenant-default`, `policy:<id>`, `none`, or empty where it was not read.
    pub decided_by: String,
    /// `reason`: the sentence a person can check.
    pub reason: String,
    /// `compliance`.
    pub compliance: &'static str,
    /// `worst_severity`.
    pub worst_severity: Option<Severity>,
    /// `portal_url`.
    pub portal_url: String,
    /// When it last signed in as itself, where that is known. No column.
    pub last_sign_in: Option<DateTime<Utc>>,
    /// The application permissions it signs in with; none where they were not read. No column.
    pub permissions: Option<Vec<String>>,
    /// The directory roles it signs in with, likewise. No column.
    pub directory_roles: Option<Vec<String>>,
    /// Whether it is an agent identity blueprint (FACTS §1.1). No column.
    pub agent_blueprint: bool,
}

/// A row of `credentials.csv`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialRow {
    /// `object_type`.
    pub object_type: Subject,
    /// `object_id`.
    pub object_id: String,
    /// `app_id`.
    pub app_id: String,
    /// `display_name` of the object.
    pub display_name: String,
    /// `credential_type`.
    pub credential_type: &'static str,
    /// `usage`.
    pub usage: String,
    /// `credential_id`.
    pub credential_id: String,
    /// `credential_name`.
    pub credential_name: String,
    /// `start`.
    pub start: Option<DateTime<Utc>>,
    /// `end`.
    pub end: Option<DateTime<Utc>>,
    /// `lifetime_days`: whole days, rounded down.
    pub lifetime_days: Option<i64>,
    /// `days_left`.
    pub days_left: Option<i64>,
    /// `state`; a federated credential is `active`.
    pub state: &'static str,
    /// `last_used`: the last sign-in with it that is recorded; none where none is, or where that was not read.
    pub last_used: Option<DateTime<Utc>>,
    /// Why no rule speaks of it, where none does: a sentence. No column.
    pub not_flagged: &'static str,
    /// Whether it is listed before, too: Graph lists a SAML signing certificate twice. No column.
    pub repeats: bool,
}

/// An object that an attacker would begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiskRow {
    /// Application or service principal.
    pub object_type: Subject,
    /// Its id.
    pub object_id: String,
    /// Its client id.
    pub app_id: String,
    /// Its name.
    pub display_name: String,
    /// The severity of its worst open finding.
    pub severity: Severity,
    /// What makes it one, a sentence each, what counts most first.
    pub reasons: Vec<String>,
    /// Where the admin centre shows it.
    pub portal_url: String,
}

/// A deleted application that can be restored, with its credentials (FACTS §6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedRow {
    /// Its object id.
    pub object_id: String,
    /// Its client id.
    pub app_id: String,
    /// Its name.
    pub display_name: String,
    /// When it was deleted.
    pub deleted: Option<DateTime<Utc>>,
    /// Until when it can be restored.
    pub restorable_until: Option<DateTime<Utc>>,
    /// Unexpired client secrets.
    pub active_secrets: usize,
    /// Expired client secrets.
    pub expired_secrets: usize,
    /// Unexpired certificates.
    pub active_certificates: usize,
    /// Unexpired symmetric keys.
    pub symmetric_keys: usize,
}

/// A row of `policies.csv`: `policy_type,policy_id,policy_name,policy_enabled,applies_to,object_type,
/// collection,restriction_type,state,max_lifetime,created_on_or_after,exempted_actors`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRow {
    /// `policy_type`: `tenant-default` or `custom`.
    pub policy_type: &'static str,
    /// `policy_id`.
    pub policy_id: String,
    /// `policy_name`.
    pub policy_name: String,
    /// `policy_enabled`.
    pub policy_enabled: bool,
    /// `applies_to`: how many objects a custom policy is assigned to; none where that is unread, and
    /// for the tenant default.
    pub applies_to: Option<usize>,
    /// `object_type`: `application`, `service-principal` or `both`: whom the restriction reaches.
    pub object_type: &'static str,
    /// `collection`.
    pub collection: &'static str,
    /// `restriction_type`.
    pub restriction_type: String,
    /// `state`; empty where missing.
    pub state: String,
    /// `max_lifetime`, as Graph gave it.
    pub max_lifetime: String,
    /// `created_on_or_after`, year 1 included.
    pub created_on_or_after: Option<DateTime<Utc>>,
    /// `exempted_actors`.
    pub exempted_actors: Vec<String>,
}

/// Something that could not be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndecidedRow {
    /// What it is about.
    pub object_type: Subject,
    /// Its id.
    pub object_id: String,
    /// Its name.
    pub display_name: String,
    /// The rule.
    pub rule: RuleId,
    /// Why.
    pub why: String,
}

/// A file of a run's directory, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFile {
    /// Its name, without directory.
    pub name: &'static str,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: Sha256Sum,
}
