//! `KeyDescription`: how the audit log tells which credentials there were before and after (FACTS §16).

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::domain::KeyId;

/// The credentials of one value: a text that holds a JSON list of texts, each in brackets. None where it is
/// anything else. No value at all is no credential.
pub(super) fn keys(value: Option<&str>) -> Option<BTreeSet<KeyId>> {
    let Some(value) = value else { return Some(BTreeSet::new()) };
    let described: Vec<String> = serde_json::from_str(value).ok()?;
    described.iter().map(|described| key(described)).collect()
}

/// `[KeyIdentifier=…,KeyType=…,KeyUsage=…,DisplayName=…]`. The name comes last, if there is one, and may hold
/// anything, commas and brackets too: whatever follows it is part of it.
fn key(described: &str) -> Option<KeyId> {
    let fields = described.trim().strip_prefix('[')?;
    let fields = fields.strip_suffix(']').unwrap_or(fields).split(',').map(str::trim);
    let mut fields = fields.take(3).take_while(|field| !field.starts_with("DisplayName="));
    let id = fields.find_map(|field| field.strip_prefix("KeyIdentifier="))?;
    Uuid::try_parse(id.trim()).ok().map(KeyId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn credentials_are_told_by_their_ids_whatever_their_names_hold() {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let password = |rest: &str| format!(r#"["[KeyIdentifier={one},KeyType=Password,KeyUsage=Verify{rest}]"]"#);
        let ids = |ids: &[Uuid]| Some(ids.iter().copied().map(KeyId).collect::<BTreeSet<_>>());
        for (value, expected) in [
            ("[]".to_owned(),                                          ids(&[])),
            (password(""),                                             ids(&[one])),
            (password(",DisplayName=ci secret"),                       ids(&[one])),
            (password(",DisplayName=a, [b], KeyIdentifier=no, c]"),    ids(&[one])),
            (format!(r#"["[KeyType=AsymmetricX509Cert, KeyUsage=Verify, KeyIdentifier={one}]"]"#), ids(&[one])),
            (format!(r#"["[KeyIdentifier={one},KeyType=Password]", "[KeyIdentifier={two},KeyType=Symmetric]"]"#), ids(&[one, two])),
            (format!(r#"["[DisplayName=x,KeyIdentifier={one}]"]"#),    None),
            (r#"["[KeyIdentifier=none,KeyType=Password]"]"#.to_owned(), None),
            (r#"["[KeyType=Password]"]"#.to_owned(),                   None),
            (format!(r#"["KeyIdentifier={one}"]"#),                    None),
            (r#"[7]"#.to_owned(),                                      None),
            ("\"KeyDescription\"".to_owned(),                          None),
            (String::new(),                                            None),
        ] {
            assert_eq!(keys(Some(&value)), expected, "{value}");
        }
        assert_eq!(keys(None), ids(&[]));
    }
}
