//! `[remediation]`.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::credential::{self, Role};
use super::{Desk, audit, exceptions, tenant, values};
use crate::config::raw::{RawCredential, RawMode, RawRemediation, RawTemplate};
use crate::config::{Mode, Reading, Remediation, Tenant, Writer};
use crate::domain::{PolicyId, RuleId, Whom};
use crate::remediation::{Action, Disabling, Orders, Template};

/// Checks what may be put right. The sign-in that writes is checked with the tenants.
pub(super) fn remediation(
    raw: RawRemediation,
    reading: Option<&Reading>,
    desk: &mut Desk<'_>,
) -> Option<Remediation> {
    let RawRemediation {
        mode,
        actions,
        max_changes,
        max_failures,
        grace,
        plan_valid_for,
        protected,
        policy,
        owners_told_on,
        owners_notice,
        remove_last_credential,
        disable_for,
        credential: _,
    } = raw;
    let defaults = Orders::default();
    let mode = match mode {
        None | Some(RawMode::Off) => Mode::Off,
        Some(RawMode::Plan) => Mode::Plan,
        Some(RawMode::Apply) => Mode::Apply,
    };
    let actions = self::actions(actions.unwrap_or_default(), mode, reading, desk);
    let grace = span(grace, defaults.grace, "remediation.grace", desk);
    let valid = span(plan_valid_for, defaults.plan_valid_for, "remediation.plan_valid_for", desk);
    let valid = valid.filter(|valid| {
        let sound = *valid > TimeDelta::zero();
        if !sound {
            let remedy = "Write how long a plan may be applied, as `7d`";
            desk.problem("remediation.plan_valid_for", "makes every plan expire at once", remedy);
        }
        sound
    });
    let notice = span(owners_notice, defaults.owners_notice, "remediation.owners_notice", desk);
    let protected = self::protected(protected.unwrap_or_default(), desk);
    let template = self::template(policy.unwrap_or_default(), "remediation.policy", desk);
    let told = match owners_told_on {
        Some(text) => {
            let remedy = "Write the day on which the owners were told, as `2026-10-01`";
            exceptions::day(&text, "remediation.owners_told_on", remedy, desk).map(Some)
        }
        None => Some(None),
    };
    let disabling = self::disabling(disable_for, desk);
    let orders = Orders {
        actions: actions?,
        max_changes: max_changes.unwrap_or(defaults.max_changes),
        max_failures: max_failures.unwrap_or(defaults.max_failures),
        grace: grace?,
        plan_valid_for: valid?,
        protected: protected?,
        policy: template?,
        owners_told_on: told?,
        owners_notice: notice?,
        remove_last_credential: remove_last_credential.unwrap_or(defaults.remove_last_credential),
        disabling: disabling?,
    };
    opted_in(&orders, desk).then_some(Remediation { mode, orders })
}

fn actions(
    raw: Vec<Action>,
    mode: Mode,
    reading: Option<&Reading>,
    desk: &mut Desk<'_>,
) -> Option<BTreeSet<Action>> {
    let mut actions = BTreeSet::new();
    let mut sound = true;
    for (index, action) in raw.into_iter().enumerate() {
        let key = format!("remediation.actions[{index}]");
        if !actions.insert(action) {
            desk.problem(&key, "is listed twice", "Remove one of the two");
            sound = false;
        }
        let unread = reading.is_some_and(|reading| !reading.extras.sign_in_activity);
        if action == Action::RemoveUnusedSecrets && unread {
            let remedy = "Set `audit.sign_in_activity = true`, or remove the action";
            desk.problem(&key, "needs to know when secrets were used, which is not read", remedy);
            sound = false;
        }
    }
    if mode != Mode::Off && actions.is_empty() {
        let remedy = "List what may be done, as `[\"remove-expired-secrets\"]`, or set `mode = \"off\"`";
        desk.problem("remediation.actions", "names nothing that may be done", remedy);
        sound = false;
    }
    sound.then_some(actions)
}

/// What is listed beside other actions is not switched on by that alone where it can break most.
fn opted_in(orders: &Orders, desk: &mut Desk<'_>) -> bool {
    let mut sound = true;
    if orders.actions.contains(&Action::RemoveClientSecrets) && orders.owners_told_on.is_none() {
        let remedy =
            "Tell the owners of client secrets, then write the day, as `owners_told_on = \"2026-10-01\"`";
        desk.missing("remediation.owners_told_on", format!("`remove-client-secrets` needs it. {remedy}"));
        sound = false;
    }
    if orders.actions.contains(&Action::DisableServicePrincipal) && orders.disabling.0.is_empty() {
        let remedy =
            "List the rules for which a service principal is switched off, as `[\"foreign-secret\"]`";
        desk.missing("remediation.disable_for", format!("`disable-service-principal` needs it. {remedy}"));
        sound = false;
    }
    sound
}

fn span(text: Option<String>, default: TimeDelta, key: &str, desk: &mut Desk<'_>) -> Option<TimeDelta> {
    match text {
        Some(text) => values::any_duration(&text, key, desk),
        None => Some(default),
    }
}

fn protected(raw: Vec<String>, desk: &mut Desk<'_>) -> Option<Vec<Whom>> {
    let mut all: Vec<Option<Whom>> = Vec::new();
    for (index, text) in raw.into_iter().enumerate() {
        let key = format!("remediation.protected[{index}]");
        let whom = match uuid::Uuid::try_parse(text.trim()) {
            Ok(id) => Some(Whom::Id(id)),
            Err(_) => exceptions::pattern(&text, &key, "protected", desk).map(Whom::Name),
        };
        all.push(whom);
    }
    all.into_iter().collect()
}

/// Checks what a policy is to be. `table` is where it stands, empty for a file of its own.
pub(in crate::config) fn template(raw: RawTemplate, table: &str, desk: &mut Desk<'_>) -> Option<Template> {
    let RawTemplate { id, name, description, restrictions } = raw;
    let defaults = Template::default();
    let at = |key: &str| if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") };
    let id = match id {
        Some(text) => values::guid(&text, &at("id"), desk).map(|id| Some(PolicyId(id))),
        None => Some(None),
    };
    let mut text = |given: Option<String>, default: String, key: &str| match given {
        Some(text) if text.trim().is_empty() => {
            desk.problem(&at(key), "is empty", "Write some text, or leave it out for the default");
            None
        }
        Some(text) => Some(text.trim().to_owned()),
        None => Some(default),
    };
    let name = text(name, defaults.name, "name");
    let description = text(description, defaults.description, "description");
    let restrictions = match restrictions {
        Some(raw) => {
            let empty = "is empty: the policy would restrict nothing";
            let default = "[\"passwordAddition\", \"symmetricKeyAddition\"]";
            audit::demands(raw, &at("restrictions"), (empty, default), desk)
        }
        None => Some(defaults.restrictions),
    };
    let restrictions = restrictions?;
    for (index, demand) in restrictions.iter().enumerate() {
        if demand.kind.is_lifetime() && demand.max.is_none() {
            let key = format!("{}[{index}]", at("restrictions"));
            desk.problem(
                &key,
                "has no `max`",
                "Write it as `{ type = \"passwordLifetime\", max = \"90d\" }`",
            );
            return None;
        }
    }
    Some(Template { id: id?, name: name?, description: description?, restrictions })
}

/// Rules about applications, policies, the tenant and the configuration: to switch a service principal off for
/// one of them would never happen.
const NEVER_A_SERVICE_PRINCIPAL: [RuleId; 10] = [
    RuleId::ClientSecret,
    RuleId::NoOwner,
    RuleId::InstanceLockOff,
    RuleId::TenantDefaultOff,
    RuleId::TenantDefaultAllowsSecrets,
    RuleId::ExemptedActors,
    RuleId::IdlePolicy,
    RuleId::AuditorUsesSecret,
    RuleId::ExceptionExpired,
    RuleId::ExceptionStale,
];

fn disabling(raw: Option<Vec<String>>, desk: &mut Desk<'_>) -> Option<Disabling> {
    let mut rules = BTreeSet::new();
    let mut sound = true;
    for (index, word) in raw.unwrap_or_default().into_iter().enumerate() {
        let key = format!("remediation.disable_for[{index}]");
        match word.parse::<RuleId>() {
            Ok(rule) if NEVER_A_SERVICE_PRINCIPAL.contains(&rule) => {
                let remedy = "List rules that a service principal can break, as `foreign-secret`";
                desk.problem(&key, "is never broken by a service principal", remedy);
                sound = false;
            }
            Ok(rule) if !rules.insert(rule) => {
                desk.problem(&key, "is listed twice", "Remove one of the two");
                sound = false;
            }
            Ok(_) => {}
            Err(_) => {
                desk.problem(&key, "is no rule", "`keysweep rules` lists them");
                sound = false;
            }
        }
    }
    sound.then_some(Disabling(rules))
}

/// Checks a sign-in that may write. Its key need not be where nothing is applied: a process that only reads can do
/// without. None inside where it is away.
pub(super) fn writer(
    raw: RawCredential,
    table: &str,
    usage: Use,
    desk: &mut Desk<'_>,
) -> Option<Option<Writer>> {
    let client_id = tenant::client_id(
        raw.client_id.as_deref(),
        raw.kind,
        &format!("{table}.client_id"),
        Role::Writing,
        desk,
    );
    let (credential, away) = match usage {
        Use::Daemon => (credential::credential(Some(raw), table, Role::Writing, desk), false),
        Use::OnRequest => {
            desk.leniently(|desk| credential::credential(Some(raw), table, Role::Writing, desk))
        }
    };
    match (client_id, credential) {
        (Some(client_id), Some(credential)) => Some(Some(Writer { client_id, credential })),
        (Some(_), None) if away => Some(None),
        (_, None) | (None, Some(_)) => None,
    }
}

/// Who applies plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// The daemon, on its own: `mode = "apply"`.
    Daemon,
    /// Only commands with `--yes`.
    OnRequest,
}

/// What applies on its own needs a sign-in that may write, and one of its own.
pub(super) fn check_writers(remediation: &Remediation, tenants: &[Tenant], desk: &mut Desk<'_>) {
    for (index, tenant) in tenants.iter().enumerate() {
        match &tenant.writer {
            None if remediation.mode == Mode::Apply => {
                let remedy = "Add it: the app registration that may write, apart from the one that audits";
                desk.missing("remediation.credential", format!("`mode = \"apply\"` needs it. {remedy}"));
                return;
            }
            Some(writer) if writer.client_id.is_some() && writer.client_id == tenant.client_id => {
                let key = format!("tenant[{index}].client_id");
                let what = "is the app registration that may write, too: whatever audits could write";
                desk.warn(&key, what, "Register a second application for `remediation.credential`");
            }
            None | Some(_) => {}
        }
    }
}
