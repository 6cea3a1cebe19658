//! Who owns an object (FACTS §6).

use serde::{Deserialize, Serialize};

use super::Text;

/// Who owns an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Owners {
    /// Not asked for, or not answered.
    Unread,
    /// It has none.
    Nobody,
    /// It has at least one; names were not asked for.
    Somebody,
    /// All of them, in order.
    Named(Vec<Owner>),
}

/// One owner of an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Owner {
    /// The best name there is: `displayName`, else `userPrincipalName`, else `id`.
    pub name: Text,
    /// Where mail reaches it: `mail`, else `userPrincipalName`, as far as [`mail_address`] takes it. Only users
    /// and groups have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Text>,
    /// What it is.
    pub kind: OwnerKind,
}

/// What an owner is: its `@odata.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnerKind {
    /// A person's account.
    User,
    /// An application's, which has no mailbox.
    ServicePrincipal,
    /// A group.
    Group,
    /// Something else, or not told.
    Other,
}

impl OwnerKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::User, Self::ServicePrincipal, Self::Group, Self::Other];

    /// The word of the reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::ServicePrincipal => "service-principal",
            Self::Group => "group",
            Self::Other => "other",
        }
    }
}

impl Owner {
    /// An owner of whom only the name is known.
    #[must_use]
    pub fn by_name(name: Text) -> Self {
        Self { name, address: None, kind: OwnerKind::Other }
    }
}

/// The longest address that mail can be sent to (RFC 5321 §4.5.3.1.3, without the angle brackets).
const LONGEST_ADDRESS: usize = 254;

/// What Entra puts into the `userPrincipalName` of a guest. Nobody receives mail there (inferred: it is made
/// from the guest's address in another tenant).
const GUEST: &str = "#EXT#";

/// Foreign text that is one mail address and can stand in a mail header as it is; none otherwise. Stricter
/// than RFC 5322: what needs quotes, comments or other than ASCII is left out.
#[must_use]
pub fn mail_address(raw: &str) -> Option<Text> {
    let (mailbox, host) = raw.split_once('@')?;
    let dotted = |part: &str| part.split('.').all(|atom| !atom.is_empty());
    let spelled = |part: &str, others: &[u8]| {
        part.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
    };
    let fits = raw.len() <= LONGEST_ADDRESS
        && dotted(mailbox)
        && dotted(host)
        && spelled(mailbox, b".!#$%&'*+-/=?^_`{|}~")
        && spelled(host, b".-")
        && !mailbox.to_ascii_uppercase().contains(GUEST);
    // Half a secret is no address.
    Some(Text::new(raw)).filter(|text| fits && !text.held_secret())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn an_address_is_taken_only_where_it_can_stand_in_a_header() {
        let long = format!("{}@contoso.com", "a".repeat(243));
        let secret = format!("abc8Q~{}@contoso.com", "x".repeat(34));
        for (raw, taken) in [
            ("adele@contoso.com",                            true),
            ("Adele.V+apps@mail.contoso-labs.com",           true),
            ("o'brien@contoso.com",                          true),
            (&long[1..],                                     true),
            (&long,                                          false),
            (&secret,                                        false),
            ("",                                             false),
            ("adele",                                        false),
            ("@contoso.com",                                 false),
            ("adele@",                                       false),
            ("adele@@contoso.com",                           false),
            ("adele@contoso.com@fabrikam.com",               false),
            ("adele@contoso.com,lynne@contoso.com",          false),
            ("adele@contoso.com;lynne@contoso.com",          false),
            ("Adele <adele@contoso.com>",                    false),
            ("\"adele vance\"@contoso.com",                  false),
            ("adele vance@contoso.com",                      false),
            (" adele@contoso.com",                           false),
            ("adele@contoso.com\r\nBcc: eve@example.com",    false),
            ("adele\u{0}@contoso.com",                       false),
            ("adele@contoso.com\u{202e}",                    false),
            ("ad\u{e8}le@contoso.com",                       false),
            (".adele@contoso.com",                           false),
            ("adele@contoso..com",                           false),
            ("adele@contoso.com.",                           false),
            ("adele(work)@contoso.com",                      false),
            ("adele_fabrikam.com#EXT#@contoso.onmicrosoft.com", false),
            ("adele_fabrikam.com#ext#@contoso.onmicrosoft.com", false),
        ] {
            assert_eq!(mail_address(raw).map(|text| text.as_str() == raw), taken.then_some(true), "{raw:?}");
        }
    }
}
