//! Mail addresses as a message holds them.

use lettre::message::Mailbox;

/// Reads an address, with its name where that can be read: `Name <address>`, or the address alone.
pub(in crate::run) fn mailbox(text: &str) -> Option<Mailbox> {
    let bare = || {
        let address = text.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>'));
        let address = address.map_or(text, |(address, _)| address);
        address.trim().parse().ok().map(|email| Mailbox::new(None, email))
    };
    text.parse().ok().or_else(bare)
}

/// By what an address is known: servers take the letters of most of them alike.
pub(super) fn same(a: &Mailbox, b: &Mailbox) -> bool {
    let text = |mailbox: &Mailbox| AsRef::<str>::as_ref(&mailbox.email).to_ascii_lowercase();
    text(a) == text(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_configuration_took_is_read_again_with_its_address() {
        for text in [
            "security@contoso.example",
            "Security <security@contoso.example>",
            "\"Doe, Jane (CISO)\" <security@contoso.example>",
            "Größe & Söhne <security@contoso.example>",
            "\"a <b@c.example>\" <security@contoso.example>",
        ] {
            let Ok(configured) = text.parse::<Mailbox>() else { panic!("{text}") };
            let read = mailbox(&configured.to_string()).unwrap();
            assert_eq!(read, configured, "{text}");
        }
        assert_eq!(mailbox("broken\u{7} <a@b.example>").unwrap().email.to_string(), "a@b.example");
        assert_eq!(mailbox("nobody"), None);
    }
}
