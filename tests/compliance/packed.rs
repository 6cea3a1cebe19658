//! Objects kept as bytes behave as objects kept in a plain map.

use std::collections::{BTreeMap, HashSet};

use keysweep::domain::{
    Assigned, Details, Gathering, Object, ObjectId, ObjectKey, ObjectKind, Objects, Owner, OwnerKind, Owners,
    Text,
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::any_object::{objects, texts};

/// Any object, one of a few ids, so that several have the same.
fn neighbours() -> impl Strategy<Value = Object> {
    let id = (0..6_u128).prop_map(|number| ObjectId(Uuid::from_u128(number << 64 | number)));
    let name = prop_oneof![texts(), prop::sample::select(vec!["a", "A", "b", ""]).prop_map(Text::new)];
    (objects(), id, name).prop_map(|(object, id, display_name)| Object { id, display_name, ..object })
}

fn packed(object: &Object) -> Objects {
    [object.clone()].into_iter().collect()
}

fn body(object: &Object) -> Vec<u8> {
    packed(object).body(0)
}

fn read(key: ObjectKey, body: &[u8]) -> Object {
    let mut gathering = Gathering::default();
    gathering.push_body(key, body).unwrap();
    gathering.finish().get(0).unwrap()
}

/// Both ways in and out.
fn comes_back(object: &Object) {
    let objects = packed(object);
    assert_eq!((objects.len(), objects.get(0), objects.get(1)), (1, Some(object.clone()), None));
    let body = objects.body(0);
    let again = read(object.key(), &body);
    assert_eq!(&again, object);
    assert_eq!(self::body(&again), body);
}

/// The object with one of its members as another has it.
fn with_member(object: &Object, member: usize, other: &Object) -> Object {
    let mut changed = object.clone();
    let Object {
        id: _,
        app_id,
        display_name,
        created,
        passwords,
        keys,
        notes,
        description,
        tags,
        details,
        assigned,
        owners,
    } = other.clone();
    match member {
        0 => changed.app_id = app_id,
        1 => changed.display_name = display_name,
        2 => changed.created = created,
        3 => changed.passwords = passwords,
        4 => changed.keys = keys,
        5 => changed.notes = notes,
        6 => changed.description = description,
        7 => changed.tags = tags,
        8 => changed.details = details,
        9 => changed.assigned = assigned,
        10 => changed.owners = owners,
        // Members that could be taken for each other.
        11 => std::mem::swap(&mut changed.notes, &mut changed.description),
        12 => changed.passwords.reverse(),
        13 => changed.tags.push(Text::default()),
        _ => changed.notes = changed.notes.or(Some(Text::default())),
    }
    changed
}

const MEMBERS: usize = 15;

/// What a plain map would hold.
fn holds(found: &Objects, expected: &BTreeMap<ObjectKey, Object>) -> Result<(), TestCaseError> {
    prop_assert_eq!((found.len(), found.is_empty()), (expected.len(), expected.is_empty()));
    prop_assert_eq!(found.iter().collect::<Vec<_>>(), expected.values().cloned().collect::<Vec<_>>());
    prop_assert!(found.keys().eq(expected.keys().copied()));
    for (place, (key, object)) in expected.iter().enumerate() {
        prop_assert_eq!((found.find(key), found.key(place)), (Some(place), Some(*key)));
        prop_assert_eq!(found.assigned(place), Some(&object.assigned));
        prop_assert_eq!(found.owners(place), Some(&object.owners));
        prop_assert_eq!(found.body(place), body(object));
    }
    let past = expected.len();
    prop_assert_eq!((found.get(past), found.key(past)), (None, None));
    prop_assert_eq!((found.assigned(past), found.owners(past)), (None, None));
    for id in 0..8_u128 {
        for kind in [ObjectKind::Application, ObjectKind::ServicePrincipal] {
            let key = ObjectKey { kind, id: ObjectId(Uuid::from_u128(id << 64 | id)) };
            prop_assert_eq!(found.find(&key).is_some(), expected.contains_key(&key));
        }
    }
    let mut by_name: Vec<&Object> = expected.values().collect();
    by_name.sort_by_key(|object| (object.display_name.as_str(), object.id, object.kind()));
    let found_by_name: Vec<_> =
        found.by_name().into_iter().map(|place| found.get(place as usize).unwrap()).collect();
    prop_assert_eq!(found_by_name.iter().collect::<Vec<_>>(), by_name);
    prop_assert_eq!(found, &expected.values().rev().cloned().collect::<Objects>());
    Ok(())
}

fn mapped(objects: impl IntoIterator<Item = Object>) -> BTreeMap<ObjectKey, Object> {
    objects.into_iter().map(|object| (object.key(), object)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_object_comes_back_as_it_went_in(object in objects()) {
        comes_back(&object);
    }

    #[test]
    fn objects_are_equal_exactly_where_their_bodies_are(one in objects(), other in objects()) {
        for member in 0..MEMBERS {
            let changed = with_member(&one, member, &other);
            if changed.kind() != one.kind() {
                continue;
            }
            prop_assert_eq!(changed == one, body(&changed) == body(&one), "member {}", member);
            prop_assert_eq!(changed == one, packed(&changed) == packed(&one), "member {}", member);
        }
    }

    /// Objects and bodies in any order, in two halves, the same key more than once.
    #[test]
    fn what_is_gathered_is_in_order_and_of_several_with_one_key_the_last(
        first in prop::collection::vec((neighbours(), any::<bool>()), 0..10),
        second in prop::collection::vec((neighbours(), any::<bool>()), 0..10),
    ) {
        let gather = |objects: &[(Object, bool)]| {
            let mut gathering = Gathering::default();
            for (object, as_body) in objects {
                if *as_body {
                    gathering.push_body(object.key(), &body(object)).unwrap();
                } else {
                    gathering.push(object);
                }
            }
            assert_eq!((gathering.len(), gathering.is_empty()), (objects.len(), objects.is_empty()));
            gathering
        };
        let mut all = gather(&first);
        all.append(gather(&second));
        prop_assert_eq!(all.len(), first.len() + second.len());
        holds(&all.finish(), &mapped(first.into_iter().chain(second).map(|(object, _)| object)))?;
    }

    #[test]
    fn amending_takes_out_what_is_gone_and_puts_in_what_changed(
        before in prop::collection::vec(neighbours(), 0..10),
        changed in prop::collection::vec(neighbours(), 0..10),
        gone in prop::collection::vec(neighbours(), 0..6),
    ) {
        let gone: HashSet<ObjectKey> = gone.iter().map(Object::key).collect();
        let mut expected = mapped(before.clone());
        expected.retain(|key, _| !gone.contains(key));
        expected.extend(mapped(changed.clone()));
        let amended = Objects::from(before).amended(changed.clone(), &gone);
        holds(&amended, &expected)?;
        // Twice the same comes to the same.
        holds(&amended.amended(changed.clone(), &HashSet::new()), &expected)?;
    }

    #[test]
    fn what_is_learnt_later_is_set_on_one_object_alone(
        before in prop::collection::vec(neighbours(), 1..10),
        learnt in prop::collection::vec((any::<prop::sample::Index>(), neighbours(), any::<bool>()), 0..10),
    ) {
        let mut expected = mapped(before.clone());
        let mut found = Objects::from(before);
        let copy = found.clone();
        for (index, Object { assigned, owners, .. }, about_owners) in learnt {
            let place = index.index(expected.len());
            let object = expected.values_mut().nth(place).unwrap();
            if about_owners {
                object.owners = owners.clone();
                found.set_owners(place, owners);
            } else {
                object.assigned = assigned.clone();
                found.set_assigned(place, assigned);
            }
        }
        found.set_owners(expected.len(), Owners::Nobody);
        found.set_assigned(usize::MAX, Assigned::Unread);
        holds(&found, &expected)?;
        prop_assert_eq!(copy == found, copy.iter().eq(found.iter()));
    }
}

/// Names that fill a megabyte, in which objects are kept, and more than one.
#[test]
fn names_of_any_length_come_back() {
    let mut all = Vec::new();
    for (number, length) in [0, 1, 255, 256, 65_535, 65_536, 350_000, 700_000].into_iter().enumerate() {
        let name = Text::new(&"é".repeat(length));
        let object = super::tenant::object(
            number as u128,
            name.as_str(),
            Details::ServicePrincipal(keysweep::domain::ServicePrincipalFacts::default()),
        );
        let object = Object { tags: vec![name.clone(), name], ..object };
        comes_back(&object);
        all.push(object);
    }
    let expected = mapped(all.clone());
    all.reverse();
    holds(&all.into(), &expected).unwrap();
}

/// As many as fill several megabytes.
#[test]
fn many_objects_are_all_there() {
    let object = |number: u128| {
        let principal = Details::ServicePrincipal(keysweep::domain::ServicePrincipalFacts::default());
        super::tenant::object(number, &format!("Service principal {}", number % 7), principal)
    };
    let count = 20_000;
    let objects: Objects = (0..count).rev().map(object).collect();
    assert_eq!(objects.len(), 20_000);
    assert!(objects.iter().eq((0..count).map(object)));
    let names: Vec<_> =
        objects.by_name().into_iter().map(|place| objects.get(place as usize).unwrap()).collect();
    assert!(names.is_sorted_by_key(|object| (object.display_name.clone(), object.id)));
    assert_eq!(names.len(), 20_000);
}

/// Bodies held nothing but names of owners once. The bytes are written down here, because stores hold them.
#[test]
fn owners_of_whom_only_the_name_was_kept_are_read_as_they_were_written() {
    let principal = Details::ServicePrincipal(keysweep::domain::ServicePrincipalFacts::default());
    let object = Object { owners: Owners::Unread, ..super::tenant::object(1, "Payroll", principal) };
    let key = object.key();
    let mut unowned = body(&object);
    assert_eq!(unowned.pop(), Some(0), "the owners stand at the end");
    let secret = [b"\x81\x66abc".as_slice(), "…".as_bytes()].concat();
    let names = [b"\x82\x63Ada".as_slice(), &secret].concat();
    let read = read(key, &[unowned.as_slice(), &names].concat());
    let masked = Text::new(&format!("abc8Q~{}", "x".repeat(34)));
    assert_eq!(
        read.owners,
        Owners::Named(vec![Owner::by_name(Text::new("Ada")), Owner::by_name(masked)]),
        "and the mark of a secret is kept"
    );
    let address = Some(Text::new("ada@contoso.com"));
    let known = Owner { name: Text::new("Ada"), address, kind: OwnerKind::User };
    let written = body(&Object { owners: Owners::Named(vec![known]), ..object });
    let list = [b"\x81\x83\x00\x63Ada\x6f".as_slice(), b"ada@contoso.com"].concat();
    assert!(written.ends_with(&list), "{written:x?}");
}
