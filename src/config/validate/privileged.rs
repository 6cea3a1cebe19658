//! `[privileged]`.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::Desk;
use crate::compliance::{Privileged, takeover};
use crate::config::hint;
use crate::config::raw::RawPrivileged;

/// Checks what counts as the whole tenant.
pub(super) fn privileged(raw: RawPrivileged, desk: &mut Desk<'_>) -> Privileged {
    let RawPrivileged { also, except } = raw;
    let except = names(except, "privileged.except", desk, |name, key, desk| {
        let is_id = Uuid::try_parse(name).is_ok();
        if is_id || takeover::names().any(|listed| listed.eq_ignore_ascii_case(name)) {
            return;
        }
        let remedy = match hint::nearest(name, takeover::names()) {
            Some(near) => format!("Did you mean `{near}`?"),
            None => "`keysweep rules privileged-with-secret` lists it".to_owned(),
        };
        desk.problem(key, "is not on the built-in list, so that there is nothing to except", &remedy);
    });
    let also = names(also, "privileged.also", desk, |name, key, desk| {
        if except.contains(name) {
            desk.problem(key, "stands in `privileged.except` too", "Remove one of the two");
        } else if takeover::names().any(|listed| listed.eq_ignore_ascii_case(name)) {
            desk.problem(key, "is on the built-in list already", "Remove it");
        }
    });
    Privileged { also, except }
}

/// Names, each once, and each looked at.
fn names(
    raw: Option<Vec<String>>,
    key: &str,
    desk: &mut Desk<'_>,
    mut look: impl FnMut(&str, &str, &mut Desk<'_>),
) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (index, name) in raw.unwrap_or_default().into_iter().enumerate() {
        let key = format!("{key}[{index}]");
        if name.trim().is_empty() || name.trim() != name {
            let remedy = "Write the value of a permission, as `Mail.Send`, or the name of a role";
            desk.problem(&key, "is empty, or begins or ends with a space", remedy);
        } else if names.contains(&name) {
            desk.problem(&key, "is listed twice", "Remove one of the two");
        } else {
            look(&name, &key, desk);
        }
        names.insert(name);
    }
    names
}
