//! Client secrets written where everybody in the tenant can read them.

use super::{Case, Ruling};
use crate::domain::{Evidence, PlainSight, Text};

/// Text shaped like a client secret in the object's own text or in a credential's name. Of a
/// managed identity only its own text is looked at. One finding per object names every place.
pub(super) fn secret_in_plain_sight(case: &Case<'_>) -> Vec<Ruling> {
    let object = case.object;
    let held = |text: &Option<Text>| text.as_ref().is_some_and(Text::held_secret);
    let own = [
        (PlainSight::Name, object.display_name.held_secret()),
        (PlainSight::Notes, held(&object.notes)),
        (PlainSight::Description, held(&object.description)),
        (PlainSight::Tag, object.tags.iter().any(Text::held_secret)),
    ];
    let own = own.into_iter().filter(|(_, held)| *held).map(|(place, _)| place);
    let names = case
        .credentials
        .iter()
        .filter(|credential| credential.name.is_some_and(Text::held_secret))
        .map(|credential| PlainSight::CredentialName(credential.key_id));
    let places: Vec<PlainSight> = own.chain(names).collect();
    if places.is_empty() { Vec::new() } else { vec![Ruling::Broken(Evidence::PlainSight(places))] }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::*;
    use super::*;
    use crate::domain::{KeyType, Object};

    fn leak() -> Text {
        Text::new(&format!("see abc8Q~{}", "x".repeat(34)))
    }

    #[test]
    fn every_place_is_named_in_one_finding() {
        let password = secret(None, None);
        let key_id = password.key_id;
        for (place, change) in [
            (PlainSight::Name, (|object| object.display_name = leak()) as fn(&mut Object)),
            (PlainSight::Notes, |object| object.notes = Some(leak())),
            (PlainSight::Description, |object| object.description = Some(leak())),
            (PlainSight::Tag, |object| object.tags = vec![Text::new("plain"), leak(), leak()]),
            (PlainSight::CredentialName(key_id), |object| object.passwords[0].name = Some(leak())),
        ] {
            let mut object = application();
            object.passwords = vec![password.clone()];
            assert_eq!(rulings_alone(secret_in_plain_sight, &object), Vec::new());
            change(&mut object);
            let expected = vec![Ruling::Broken(Evidence::PlainSight(vec![place]))];
            assert_eq!(rulings_alone(secret_in_plain_sight, &object), expected);
        }
    }

    #[test]
    fn of_a_managed_identity_only_its_own_text_is_looked_at() {
        let mut object = managed_identity();
        object.keys = vec![key(KeyType::Certificate, None, None)];
        object.keys[0].name = Some(leak());
        assert_eq!(rulings_alone(secret_in_plain_sight, &object), Vec::new());
        object.notes = Some(leak());
        let expected = vec![Ruling::Broken(Evidence::PlainSight(vec![PlainSight::Notes]))];
        assert_eq!(rulings_alone(secret_in_plain_sight, &object), expected);
    }
}
