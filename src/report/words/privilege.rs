//! What leads to the whole tenant.

use super::{Said, all_of, counted, quoted};
use crate::compliance::takeover;
use crate::domain::{ObjectKind, Permission, Text};

/// Permissions and roles that are named one by one; the others are counted.
const NAMED: usize = 4;

/// An object whose client secrets lead to the whole tenant.
pub(super) fn with_secret(
    kind: ObjectKind,
    secrets: usize,
    permissions: &[Permission],
    roles: &[Text],
) -> Said {
    let secrets = counted(i64::try_from(secrets).unwrap_or(i64::MAX), "unexpired client secret");
    let held = held(permissions, roles);
    let holds = match kind {
        ObjectKind::Application => format!("It holds {secrets}, and its service principal holds {held}"),
        ObjectKind::ServicePrincipal => format!("It holds {secrets} and {held}"),
    };
    let detail = match why(permissions, roles) {
        Some((_, why)) if permissions.len() + roles.len() == 1 => {
            format!("{holds}, with which it can {why}.")
        }
        Some((which, why)) => format!("{holds}; with {which} alone it can {why}."),
        None => format!("{holds}, which the configuration counts as the whole tenant."),
    };
    let better = if permissions.is_empty() {
        "a role that reaches less"
    } else if roles.is_empty() {
        "a permission that reaches less"
    } else {
        "permissions and roles that reach less"
    };
    Said {
        detail,
        recommendation: format!(
            "Move what signs in with it to a managed identity, a federated credential or a certificate and remove \
             the client secret, or give it {better}."
        ),
    }
}

/// What is held, in a sentence.
pub(super) fn held(permissions: &[Permission], roles: &[Text]) -> String {
    let mut parts = Vec::new();
    if !permissions.is_empty() {
        let named: Vec<String> = permissions.iter().map(permission).collect();
        parts.push(listed("the application permission", "the application permissions", &named));
    }
    if !roles.is_empty() {
        let named: Vec<String> = roles.iter().map(|role| spoken(role.as_str())).collect();
        parts.push(listed("the directory role", "the directory roles", &named));
    }
    all_of(&parts)
}

fn permission(permission: &Permission) -> String {
    let Permission { resource, resource_name, name } = permission;
    let name = spoken(name.as_str());
    match resource_name.as_str().trim() {
        "" => format!("{name} of {resource}"),
        resource => format!("{name} of {}", spoken(resource)),
    }
}

/// Names of Microsoft's stand as they are; what could be anything stands in quotation marks.
fn spoken(name: &str) -> String {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || " ._-".contains(sign);
    if name.chars().all(plain) && !name.trim().is_empty() { name.to_owned() } else { quoted(name) }
}

fn listed(one: &str, several: &str, named: &[String]) -> String {
    let noun = if named.len() == 1 { one } else { several };
    match named.get(..NAMED) {
        Some(first) if NAMED < named.len() => {
            let more = format!("{} more", named.len() - NAMED);
            format!("{noun} {}", all_of(&[first, &[more]].concat()))
        }
        _ => format!("{noun} {}", all_of(named)),
    }
}

/// Which of them is explained, and what its holder can do; none where all were added by the configuration.
fn why(permissions: &[Permission], roles: &[Text]) -> Option<(String, &'static str)> {
    let roles = roles.iter().filter_map(|role| {
        let listed = takeover::role_named(role.as_str())?;
        Some((listed.name.to_owned(), listed.why))
    });
    let permissions = permissions.iter().filter_map(|permission| {
        Some((permission.name.as_str().to_owned(), takeover::why_permission(permission)?))
    });
    roles.chain(permissions).next()
}
