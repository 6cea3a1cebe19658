//! One owner from wire to domain.

use super::entry::Entry;
use super::wire;
use crate::domain::{Owner, OwnerKind, Text, mail_address};

/// What is asked of an owner. Owners are of several types, and each answers with what it has of these: so it is
/// documented for directory objects of mixed types in general, and inferred for owners. Without a permission to
/// read users only type and `id` are told, and the rest is null.
pub(super) const SELECT: &str = "id,displayName,mail,userPrincipalName";

/// An owner as it is listed.
pub(super) struct ListedOwner {
    id: Option<String>,
    owner: Owner,
}

pub(super) fn owner(mut entry: Entry<'_>) -> Option<ListedOwner> {
    let wire: wire::Owner = entry.read()?;
    known(&mut entry, wire)
}

/// An owner by the best name there is; none, and a problem noted, where there is not even an id.
pub(super) fn known(entry: &mut Entry<'_>, wire: wire::Owner) -> Option<ListedOwner> {
    let wire::Owner { kind, id, display_name, mail, user_principal_name } = wire;
    let says = |text: &&str| !text.trim().is_empty();
    let [display_name, mail, principal, of_id] =
        [&display_name, &mail, &user_principal_name, &id].map(|text| text.as_deref().filter(says));
    let Some(name) = display_name.or(principal).or(of_id) else {
        entry.wrong("an owner has neither a name nor an id");
        return None;
    };
    let kind = kind_of(kind.as_deref(), principal);
    let address = match kind {
        OwnerKind::User | OwnerKind::Group | OwnerKind::Other => {
            mail.and_then(mail_address).or_else(|| principal.and_then(mail_address))
        }
        OwnerKind::ServicePrincipal => None,
    };
    Some(ListedOwner { owner: Owner { name: Text::new(name), address, kind }, id })
}

/// Only users have a `userPrincipalName`, whether their type is told or not.
fn kind_of(odata_type: Option<&str>, principal: Option<&str>) -> OwnerKind {
    match odata_type {
        Some("#microsoft.graph.user") => OwnerKind::User,
        Some("#microsoft.graph.servicePrincipal") => OwnerKind::ServicePrincipal,
        Some("#microsoft.graph.group") => OwnerKind::Group,
        None if principal.is_some() => OwnerKind::User,
        Some(_) | None => OwnerKind::Other,
    }
}

/// The owners in order. One that is listed twice is one owner; two may have one name.
pub(super) fn in_order(mut listed: Vec<ListedOwner>) -> Vec<Owner> {
    listed.sort_by(|one, other| one.id.cmp(&other.id));
    listed.dedup_by(|next, first| next.id.is_some() && next.id == first.id);
    let mut owners: Vec<Owner> = listed.into_iter().map(|listed| listed.owner).collect();
    owners.sort();
    owners
}
