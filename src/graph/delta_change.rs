//! What a delta query tells of an object, and what several of those come to.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use super::entry::Entry;
use super::given::Given;
use super::pages::Sink;
use super::source::Source;
use super::wire;
use crate::domain::{
    ApplicationFacts, Details, Object, ObjectId, ObjectKey, ObjectKind, ServicePrincipalFacts,
};

/// What is told of an object at one time.
pub(super) enum Told {
    /// It was deleted; whether for good does not matter, for it is not listed either way.
    Removed(ObjectId),
    /// It looks so now, in the properties that are given.
    Looks(Box<Form>),
}

/// An object of which some properties are known. Absent is not null: what is absent has not changed.
pub(super) struct Form {
    object: Object,
    given: Vec<&'static str>,
}

/// What the changes of a round come to, by object: it does not matter how often and in which pieces
/// something is told, and what is told last counts.
#[derive(Default)]
pub(super) struct Changes(HashMap<ObjectId, Change>);

/// What became of an object in a round.
pub(super) enum Change {
    /// It was deleted.
    Gone,
    /// It looks otherwise, or is new.
    Changed(Form),
    /// It was deleted, and was there again afterwards. What it looked like before says nothing any more.
    Back(Form),
}

/// An application.
pub(super) fn application(entry: Entry<'_>) -> Option<Told> {
    told(entry, ObjectKind::Application)
}

/// A service principal.
pub(super) fn service_principal(entry: Entry<'_>) -> Option<Told> {
    told(entry, ObjectKind::ServicePrincipal)
}

fn told(mut entry: Entry<'_>, kind: ObjectKind) -> Option<Told> {
    let has: Given = entry.read()?;
    let source = Source::of(kind);
    if has.removed {
        let wire: wire::Reference<'_> = entry.read()?;
        return entry.id(wire.id.as_deref()).map(|id| Told::Removed(ObjectId(id)));
    }
    let given = source.properties.iter().filter(|name| has.properties.contains(name)).copied().collect();
    Some(Told::Looks(Box::new(Form { object: (source.read)(entry)?, given })))
}

impl Form {
    /// Which object it is.
    pub(super) fn key(&self) -> ObjectKey {
        self.object.key()
    }

    /// Whether nothing is missing that a listing would show.
    pub(super) fn is_whole(&self) -> bool {
        self.given.len() == Source::of(self.object.kind()).properties.len()
    }

    /// The object, if it is known altogether.
    pub(super) fn whole(self) -> Option<Object> {
        self.is_whole().then_some(self.object)
    }

    /// Adds what was told later.
    fn and(&mut self, later: Self) {
        for name in &later.given {
            if !self.given.contains(name) {
                self.given.push(name);
            }
        }
        later.onto(&mut self.object);
    }

    /// Puts what is given onto an earlier form of the object. Its relationships stay as they were: changes
    /// do not tell of them.
    pub(super) fn onto(self, earlier: &mut Object) {
        let given = |name: &str| self.given.contains(&name);
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
            assigned: _,
            owners: _,
        } = self.object;
        put(given("appId"), &mut earlier.app_id, app_id);
        put(given("displayName"), &mut earlier.display_name, display_name);
        put(given("createdDateTime"), &mut earlier.created, created);
        put(given("passwordCredentials"), &mut earlier.passwords, passwords);
        put(given("keyCredentials"), &mut earlier.keys, keys);
        put(given("notes"), &mut earlier.notes, notes);
        put(given("description"), &mut earlier.description, description);
        put(given("tags"), &mut earlier.tags, tags);
        match (&mut earlier.details, details) {
            (Details::Application(earlier), Details::Application(facts)) => {
                let ApplicationFacts {
                    sign_in_audience,
                    is_disabled,
                    disabled_by_microsoft,
                    lock,
                    federated: _,
                    blueprint,
                } = facts;
                // What it is it stays, and it is not said each time.
                earlier.blueprint |= blueprint;
                put(given("signInAudience"), &mut earlier.sign_in_audience, sign_in_audience);
                put(given("isDisabled"), &mut earlier.is_disabled, is_disabled);
                put(
                    given("disabledByMicrosoftStatus"),
                    &mut earlier.disabled_by_microsoft,
                    disabled_by_microsoft,
                );
                put(given("servicePrincipalLockConfiguration"), &mut earlier.lock, lock);
            }
            (Details::ServicePrincipal(earlier), Details::ServicePrincipal(facts)) => {
                let ServicePrincipalFacts {
                    service_principal_type,
                    app_owner_organization,
                    owner_unreadable,
                    account_enabled,
                } = facts;
                put(
                    given("servicePrincipalType"),
                    &mut earlier.service_principal_type,
                    service_principal_type,
                );
                let owner = given("appOwnerOrganizationId");
                put(owner, &mut earlier.app_owner_organization, app_owner_organization);
                put(owner, &mut earlier.owner_unreadable, owner_unreadable);
                put(given("accountEnabled"), &mut earlier.account_enabled, account_enabled);
            }
            // A round is of one kind.
            (Details::Application(_), Details::ServicePrincipal(_))
            | (Details::ServicePrincipal(_), Details::Application(_)) => {}
        }
    }
}

fn put<T>(given: bool, earlier: &mut T, later: T) {
    if given {
        *earlier = later;
    }
}

impl Changes {
    /// How many objects changed.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Each object with what became of it, in the order of ids.
    pub(super) fn in_order(self) -> Vec<(ObjectId, Change)> {
        let mut changes: Vec<(ObjectId, Change)> = self.0.into_iter().collect();
        changes.sort_unstable_by_key(|(id, _)| *id);
        changes
    }
}

impl Sink<Told> for Changes {
    fn put(&mut self, told: Told) {
        let form = match told {
            Told::Removed(id) => {
                self.0.insert(id, Change::Gone);
                return;
            }
            Told::Looks(form) => *form,
        };
        match self.0.entry(form.object.id) {
            Slot::Vacant(slot) => drop(slot.insert(Change::Changed(form))),
            Slot::Occupied(mut slot) => match slot.get_mut() {
                Change::Changed(earlier) | Change::Back(earlier) => earlier.and(form),
                gone @ Change::Gone => *gone = Change::Back(form),
            },
        }
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}
