//! The list of what leads to the whole tenant, as `keysweep rules privileged-with-secret` prints it.

use crate::compliance::takeover::{AZURE_AD_GRAPH, GRAPH, PERMISSIONS, ROLES};

/// What leads to the whole tenant, each with what its holder can do.
#[must_use]
pub fn takeovers() -> String {
    let mut text = "What leads to the whole tenant, unless `[privileged]` says otherwise:\n".to_owned();
    for (heading, resource) in [
        ("Application permissions of Microsoft Graph", GRAPH),
        ("Application permissions of Azure AD Graph", AZURE_AD_GRAPH),
    ] {
        let of_it = PERMISSIONS.iter().filter(|entry| entry.resource == resource);
        text.push_str(&section(heading, of_it.map(|entry| (entry.permission, entry.why))));
    }
    text.push_str(&section("Directory roles", ROLES.iter().map(|role| (role.name, role.why))));
    text
}

fn section(heading: &str, entries: impl Iterator<Item = (&'static str, &'static str)>) -> String {
    entries.fold(format!("\n{heading}\n"), |text, (name, why)| format!("{text}  {name}: it can {why}.\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_printed() {
        let text = takeovers();
        assert_eq!(text.matches(": it can ").count(), PERMISSIONS.len() + ROLES.len());
    }
}
