//! Which policy and which object a person means.

use serde_json::Value;
use uuid::Uuid;

use super::counter::{name_of, unread};
use crate::cli::args::Kind;
use crate::cli::exit::Failure;
use crate::domain::{ObjectKey, ObjectKind, PolicyId};
use crate::graph::Graph;
use crate::graph::look::{Identified, identify};
use crate::remediation::{Target, custom_policy};

/// So many are named where several are meant, or none.
const NAMED: usize = 10;

/// The policy that is meant: by its id, or by its name, letter for letter.
pub(super) fn policy<'v>(policies: &'v [Value], meant: &str) -> Result<(PolicyId, &'v Value), Failure> {
    let with_id = |policy: &'v Value| Some((custom_policy::id(policy)?, policy));
    let found: Vec<(PolicyId, &Value)> = match Uuid::try_parse(meant.trim()) {
        Ok(id) => policies.iter().filter_map(with_id).filter(|(found, _)| found.0 == id).collect(),
        Err(_) => custom_policy::named(policies, meant).filter_map(with_id).collect(),
    };
    match found.as_slice() {
        [only] => Ok(*only),
        [] => {
            let all: Vec<(PolicyId, &Value)> = policies.iter().filter_map(with_id).collect();
            let known = match all.as_slice() {
                [] => "There is none at all: `keysweep policy create` makes one".to_owned(),
                all => format!("There is: {}", listed(all)),
            };
            Err(Failure::usage(format!("no custom policy goes by `{}`. {known}", shown(meant))))
        }
        several => Err(Failure::usage(format!(
            "several custom policies are called `{}`: {}. Name one by its id",
            shown(meant),
            listed(several)
        ))),
    }
}

fn listed(policies: &[(PolicyId, &Value)]) -> String {
    let words = |(id, policy): &(PolicyId, &Value)| {
        format!("{} ({id})", name_of(custom_policy::name(policy).as_str()))
    };
    list(policies.iter().map(words), policies.len())
}

/// The object that is meant.
pub(super) async fn object(reader: &Graph, meant: &str, kind: Option<Kind>) -> Result<Target, Failure> {
    let kind = kind.map(ObjectKind::from);
    let mut found = identify(reader, meant).await.map_err(|error| unread(&error))?;
    found.retain(|one| kind.is_none_or(|kind| one.key.kind == kind));
    match found.len() {
        1 => found.pop().map(target).ok_or_else(|| nobody(meant, kind)),
        0 => Err(nobody(meant, kind)),
        several => {
            let words = |one: &Identified| {
                let kind = one.key.kind.as_str().replace('-', " ");
                format!("{kind} {} ({})", name_of(one.display_name.as_str()), one.key.id)
            };
            Err(Failure::usage(format!(
                "`{}` may mean several: {}. Name one by its object id, or say which kind by `--kind`",
                shown(meant),
                list(found.iter().map(words), several)
            )))
        }
    }
}

fn nobody(meant: &str, kind: Option<ObjectKind>) -> Failure {
    let kind = match kind {
        Some(ObjectKind::Application) => "application",
        Some(ObjectKind::ServicePrincipal) => "service principal",
        None => "application or service principal",
    };
    Failure::usage(format!(
        "no {kind} goes by `{}`. Name it by its object id, its app id, or its display name, letter for letter",
        shown(meant)
    ))
}

/// An object by its key, as it is called now; by its id alone where it is not there any more.
pub(super) async fn object_of(reader: &Graph, key: ObjectKey) -> Result<Option<Target>, Failure> {
    let found = identify(reader, &key.id.to_string()).await.map_err(|error| unread(&error))?;
    Ok(found.into_iter().find(|one| one.key == key).map(target))
}

fn target(found: Identified) -> Target {
    let Identified { key, app_id, display_name, sign_in_audience } = found;
    Target {
        object_type: key.kind,
        object_id: key.id,
        app_id,
        display_name,
        personal_accounts: sign_in_audience
            .is_some_and(|audience| Target::admits_personal_accounts(audience.as_str())),
    }
}

/// The first of many, and how many more there are.
pub(super) fn list(words: impl Iterator<Item = String>, count: usize) -> String {
    let named: Vec<String> = words.take(NAMED).collect();
    match count.saturating_sub(named.len()) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// What somebody typed, as it may be printed.
fn shown(meant: &str) -> String {
    crate::report::plain(meant, 256)
}
