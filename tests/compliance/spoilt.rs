//! Bodies of objects that somebody or something has changed: an error, or an object, and never a panic.

use keysweep::domain::{Gathering, Object, ObjectId, ObjectKey, ObjectKind, Objects};
use proptest::prelude::*;
use uuid::Uuid;

use crate::any_object::objects;

/// What may happen to bytes.
#[derive(Debug, Clone)]
enum Damage {
    Replaced(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Removed(prop::sample::Index),
    Inserted(prop::sample::Index, Vec<u8>),
    /// A piece of it stands there twice.
    Repeated(prop::sample::Index, prop::sample::Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = any::<prop::sample::Index>;
    // Heads of texts, byte strings, lists and maps that promise more than there is.
    let promises = [0x7b, 0x5b, 0x9b, 0xbb].map(|head| vec![head, 255, 255, 255, 255, 255, 255, 255, 255]);
    let endless = [0x7f, 0x5f, 0x9f, 0xbf, 0xff].map(|head| vec![head]);
    let heads: Vec<Vec<u8>> = promises.into_iter().chain(endless).collect();
    prop_oneof![
        3 => (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Replaced(at, byte)),
        1 => place().prop_map(Damage::Cut),
        1 => place().prop_map(Damage::Removed),
        1 => (place(), prop::collection::vec(any::<u8>(), 1..9)).prop_map(|(at, new)| Damage::Inserted(at, new)),
        1 => (place(), prop::sample::select(heads)).prop_map(|(at, new)| Damage::Inserted(at, new)),
        1 => (place(), place()).prop_map(|(from, to)| Damage::Repeated(from, to)),
    ]
}

fn damaged(mut body: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages.iter().filter(|_| !body.is_empty()).collect::<Vec<_>>() {
        if body.is_empty() {
            break;
        }
        let length = body.len();
        match damage {
            Damage::Replaced(at, byte) => body[at.index(length)] = *byte,
            Damage::Cut(at) => body.truncate(at.index(length)),
            Damage::Removed(at) => drop(body.remove(at.index(length))),
            Damage::Inserted(at, new) => {
                let at = at.index(length);
                body.splice(at..at, new.iter().copied());
            }
            Damage::Repeated(from, to) => {
                let (from, to) = (from.index(length), to.index(length));
                let piece = body[from.min(to)..from.max(to)].to_vec();
                body.splice(from..from, piece);
            }
        }
    }
    body
}

fn pushed(key: ObjectKey, body: &[u8]) -> Option<Objects> {
    let mut gathering = Gathering::default();
    let read = gathering.push_body(key, body);
    assert_eq!(gathering.len(), usize::from(read.is_ok()), "what cannot be read is not there");
    read.ok().map(|()| gathering.finish())
}

/// What was taken in can be read, by every way there is.
fn is_whole(key: ObjectKey, objects: &Objects) -> Result<(), TestCaseError> {
    prop_assert_eq!((objects.len(), objects.key(0), objects.find(&key)), (1, Some(key), Some(0)));
    let object = objects.get(0);
    prop_assert!(object.is_some());
    prop_assert_eq!(objects.iter().next(), object.clone());
    prop_assert_eq!(objects.by_name(), [0]);
    let again = pushed(key, &objects.body(0));
    prop_assert!(again.is_some());
    prop_assert_eq!(again.and_then(|objects| objects.get(0)), object);
    Ok(())
}

fn body(object: &Object) -> Vec<u8> {
    [object.clone()].into_iter().collect::<Objects>().body(0)
}

fn other_kind(key: ObjectKey) -> ObjectKey {
    let kind = match key.kind {
        ObjectKind::Application => ObjectKind::ServicePrincipal,
        ObjectKind::ServicePrincipal => ObjectKind::Application,
    };
    ObjectKey { kind, ..key }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn a_damaged_body_is_refused_or_read_as_a_whole(
        object in objects(),
        damages in prop::collection::vec(damage(), 1..4),
    ) {
        let body = damaged(body(&object), &damages);
        for key in [object.key(), other_kind(object.key())] {
            if let Some(objects) = pushed(key, &body) {
                is_whole(key, &objects)?;
            }
        }
    }

    #[test]
    fn any_bytes_are_refused_or_read_as_a_whole(
        begin in prop::sample::select(vec![vec![], vec![1], vec![1, 0, 0, 0, 0], vec![1, 2, 0, 0, 0]]),
        rest in prop::collection::vec(any::<u8>(), 0..120),
        application in any::<bool>(),
    ) {
        let kind = if application { ObjectKind::Application } else { ObjectKind::ServicePrincipal };
        let key = ObjectKey { kind, id: ObjectId(Uuid::nil()) };
        let body: Vec<u8> = begin.into_iter().chain(rest).collect();
        if let Some(objects) = pushed(key, &body) {
            is_whole(key, &objects)?;
        }
    }
}

proptest! {
    #[test]
    fn a_body_that_is_cut_anywhere_or_goes_on_is_refused(object in objects(), more in any::<u8>()) {
        let whole = body(&object);
        // Each end is tried where there are not too many of them.
        for end in (0..whole.len()).step_by(1 + whole.len() / 500) {
            prop_assert!(pushed(object.key(), &whole[..end]).is_none(), "{} of {}", end, whole.len());
        }
        prop_assert!(pushed(object.key(), &[&whole[..], &[more]].concat()).is_none());
        for format in (0..=u8::MAX).filter(|format| *format != whole[0]) {
            let other: Vec<u8> = [format].into_iter().chain(whole[1..].iter().copied()).collect();
            prop_assert!(pushed(object.key(), &other).is_none(), "format {}", format);
        }
    }
}
