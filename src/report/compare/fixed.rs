//! Whether a finding that is not there any more is fixed, and why.

use super::Present;
use super::findings::object_key;
use crate::domain::{
    Aside, Beside, Credential, FindingRecord, Object, ObjectKey, ObjectKind, Part, PolicyId, RuleId, Subject,
    Undecided,
};
use crate::report::build::credential_id;
use crate::report::words::{day, quoted};

/// Whether this run would have found it, were it still so: its rule is on, its kind is audited, what the rule
/// hangs on was read, and the rule was decided.
pub(super) fn is_looked_at(record: &FindingRecord, present: &Present<'_>) -> bool {
    let settings = present.context.settings;
    let audited = match record.object_type {
        Subject::Application => settings.scope.contains(&ObjectKind::Application),
        Subject::ServicePrincipal => settings.scope.contains(&ObjectKind::ServicePrincipal),
        Subject::Policy | Subject::Tenant => true,
    };
    settings.severity(record.rule).is_some()
        && audited
        && present.inventory.has_read_for(record.rule)
        && !is_undecided(record, present)
}

fn is_undecided(record: &FindingRecord, present: &Present<'_>) -> bool {
    let hinders = |undecided: &Undecided| undecided.rule == record.rule;
    if let Some(key) = object_key(record) {
        return present.judged(&key).is_some_and(|judged| judged.undecided.iter().any(hinders));
    }
    let whom = policy_key(record);
    let elsewhere = &present.assessment.undecided;
    elsewhere.iter().any(|(policy, undecided)| *policy == whom && hinders(undecided))
}

/// The custom policy that a finding is about; none where it is about the tenant.
fn policy_key(record: &FindingRecord) -> Option<PolicyId> {
    match record.object_type {
        Subject::Policy => record.object_id.parse().ok().map(PolicyId),
        Subject::Application | Subject::ServicePrincipal | Subject::Tenant => None,
    }
}

/// Why it holds no more, in a sentence.
pub(super) fn why(record: &FindingRecord, present: &Present<'_>) -> String {
    match (object_key(record), record.object_type) {
        (Some(key), _) => match present.object(&key) {
            None => format!("The {} is not there any more.", spoken(key)),
            Some(object) => on_object(record, &object, present),
        },
        (None, Subject::Policy) => {
            let there = policy_key(record).and_then(|id| present.inventory.custom_policy(id));
            there.map_or_else(|| "The custom policy is not there any more.".to_owned(), |_| kept())
        }
        (None, _) => kept(),
    }
}

fn spoken(key: ObjectKey) -> &'static str {
    match key.kind {
        ObjectKind::Application => "application",
        ObjectKind::ServicePrincipal => "service principal",
    }
}

fn kept() -> String {
    "It does not break the rule any more.".to_owned()
}

/// A credential that was removed or has ended explains what was said of it.
fn on_object(record: &FindingRecord, object: &Object, present: &Present<'_>) -> String {
    if record.credential_type.is_empty() {
        return match done_without(record.rule, present) {
            Some(part) => {
                format!("By what is read it does not break the rule any more; {part} are not read.")
            }
            None => kept(),
        };
    }
    let name = match (record.credential_name.trim(), record.credential_id.as_str()) {
        ("", "") => "without name and id".to_owned(),
        ("", id) => id.to_owned(),
        (name, _) => quoted(name),
    };
    let named = format!("The {} {name}", record.credential_type.replace('-', " "));
    let credentials = object.credentials();
    let Some(credential) = credentials.iter().find(|credential| is_of(record, object, credential)) else {
        return format!("{named} was removed.");
    };
    match credential.end {
        Some(end) if end <= present.context.now && !is_about_the_expired(record.rule) => {
            format!("{named} expired on {} and is still listed.", day(end))
        }
        Some(_) | None => kept(),
    }
}

/// The part that may have shown it, and that nobody asks for any more.
fn done_without(rule: RuleId, present: &Present<'_>) -> Option<Part> {
    let Beside { permissions, roles, .. } = &present.inventory.beside;
    match (rule, permissions, roles) {
        (RuleId::PrivilegedWithSecret, Aside::NotAsked, _) => Some(Part::Permissions),
        (RuleId::PrivilegedWithSecret, _, Aside::NotAsked) => Some(Part::DirectoryRoles),
        _ => None,
    }
}

/// Whether a credential is the one a record speaks of, by its id or, where it has none, by its name.
fn is_of(record: &FindingRecord, object: &Object, credential: &Credential<'_>) -> bool {
    let id = credential_id(object, credential);
    credential.kind.as_str() == record.credential_type
        && id == record.credential_id
        && (!id.is_empty() || credential.name.map_or("", |name| name.as_str()) == record.credential_name)
}

fn is_about_the_expired(rule: RuleId) -> bool {
    matches!(rule, RuleId::ClientSecretExpired | RuleId::CertificateExpired)
}
