//! Secrets that are removed. What is removed is gone, so that every doubt keeps one.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::choice::{Draft, Takes};
use super::guard::Sifted;
use super::{About, Found, Planner};
use crate::compliance::by_application_proxy;
use crate::domain::{
    Credential, CredentialAt, CredentialKind, CredentialState, KeyId, KeyType, Object, PasswordCredential,
    Text,
};
use crate::remediation::{Action, Cause, Change, Target, WhyLeftOut};

/// What removes secrets, in the order in which it is asked.
const REMOVING: [Action; 3] =
    [Action::RemoveExpiredSecrets, Action::RemoveUnusedSecrets, Action::RemoveClientSecrets];

/// A secret that may go.
struct Removal<'o> {
    action: Action,
    because: Vec<Cause>,
    fresh: bool,
    secret: &'o PasswordCredential,
    state: CredentialState,
}

impl Planner<'_> {
    /// Removes what the findings allow of an object's secrets: each once, under the first action that does.
    pub(super) fn remove_secrets(&mut self, object: &Object, findings: &[Found]) {
        let mut removals: BTreeMap<KeyId, Removal<'_>> = BTreeMap::new();
        let mut left: Vec<(Action, KeyId, WhyLeftOut)> = Vec::new();
        for action in REMOVING {
            let mut by_key: BTreeMap<Option<KeyId>, Vec<&Found>> = BTreeMap::new();
            for found in self.answered(action, findings) {
                let About::Object(_, key_id) = found.about else { continue };
                by_key.entry(key_id).or_default().push(found);
            }
            for (key_id, found) in by_key {
                let Some(key_id) = key_id else {
                    for _ in found {
                        self.leave_out(action, object, None, WhyLeftOut::NoKeyId);
                    }
                    continue;
                };
                if removals.contains_key(&key_id) {
                    continue;
                }
                match self.removal(action, object, key_id, &found) {
                    Ok(Some(removal)) => {
                        removals.insert(key_id, removal);
                    }
                    Ok(None) => (),
                    Err(why) => left.push((action, key_id, why)),
                }
            }
        }
        let mut kept: BTreeSet<KeyId> = BTreeSet::new();
        let usable = self.usable(object);
        if let Some((key_id, action)) = self.last_one(object, &usable, &removals) {
            removals.remove(&key_id);
            kept.insert(key_id);
            self.leave_out(action, object, Some(key_id), WhyLeftOut::LastCredential);
        }
        for (action, key_id, why) in left {
            if !removals.contains_key(&key_id) && !kept.contains(&key_id) {
                self.leave_out(action, object, Some(key_id), why);
            }
        }
        for (key_id, removal) in removals {
            self.remove(object, key_id, removal, &usable);
        }
    }

    fn removal<'o>(
        &self,
        action: Action,
        object: &'o Object,
        key_id: KeyId,
        found: &[&Found],
    ) -> Result<Option<Removal<'o>>, WhyLeftOut> {
        let (because, fresh) = match self.guard.sift_harmful(object, found) {
            Sifted::In { causes, fresh } => (causes, fresh),
            Sifted::Out(why) => return Err(why),
        };
        let mut of_this_id = object.passwords.iter().enumerate().filter(|(_, it)| it.key_id == Some(key_id));
        let (Some((place, secret)), None) = (of_this_id.next(), of_this_id.next()) else {
            return Err(WhyLeftOut::NoKeyId);
        };
        let rotated = by_application_proxy(object, &self.basis.inventory.objects, self.basis.run.started);
        let credentials = object.credentials_with(&rotated);
        let credential = credentials.iter().find(|it| it.at == CredentialAt::Password(place));
        let Some(credential) = credential.filter(|it| is_ours(it)) else { return Err(WhyLeftOut::NotOurs) };
        let state = credential.state(self.ask.now);
        let first_seen = || found.iter().map(|found| found.cause.first_seen);
        let owners_know = || self.ask.orders.owners_know(first_seen(), self.ask.now);
        match action {
            // The inventory has the last word.
            _ if credential.unreadable => return Ok(None),
            Action::RemoveExpiredSecrets if state != CredentialState::Expired => return Ok(None),
            Action::RemoveClientSecrets if !owners_know() => return Err(WhyLeftOut::OwnersNotTold),
            _ => (),
        }
        Ok(Some(Removal { action, because, fresh, secret, state }))
    }

    /// What the object can be signed in to with, now.
    fn usable(&self, object: &Object) -> Vec<CredentialAt> {
        let credentials = object.credentials();
        let usable = credentials.iter().filter(|credential| {
            !credential.repeats
                && !credential.unreadable
                && credential.state(self.ask.now) == CredentialState::Active
                && is_understood(object, credential)
        });
        usable.map(|credential| credential.at).collect()
    }

    /// The secret that has to stay, where nothing else would that could be signed in with: the one that was used
    /// last, or else the one that ends last.
    fn last_one(
        &self,
        object: &Object,
        usable: &[CredentialAt],
        removals: &BTreeMap<KeyId, Removal<'_>>,
    ) -> Option<(KeyId, Action)> {
        let goes = |at: &CredentialAt| {
            let CredentialAt::Password(place) = at else { return false };
            let key_id = object.passwords.get(*place).and_then(|it| it.key_id);
            key_id.is_some_and(|id| removals.contains_key(&id))
        };
        if !usable.iter().all(goes) || self.ask.orders.remove_last_credential || self.activity.is_idle(object)
        {
            return None;
        }
        let unexpired = removals.iter().filter(|(_, removal)| removal.state != CredentialState::Expired);
        let worth = |key_id: KeyId, removal: &Removal<'_>| {
            let active = removal.state == CredentialState::Active;
            let end = removal.secret.end.unwrap_or(DateTime::<Utc>::MAX_UTC);
            (active, self.activity.last(key_id), end, key_id)
        };
        let best = unexpired.max_by_key(|(key_id, removal)| worth(**key_id, removal));
        best.map(|(key_id, removal)| (*key_id, removal.action))
    }

    fn remove(&mut self, object: &Object, key_id: KeyId, removal: Removal<'_>, usable: &[CredentialAt]) {
        let Removal { action, because, fresh, secret, state } = removal;
        // Nobody signs in with what has expired.
        let unexpired = state != CredentialState::Expired;
        let consequences = self.activity.of_secret(key_id).filter(|_| unexpired).into_iter().collect();
        let idle = self.activity.is_idle(object);
        let takes = (state == CredentialState::Active).then_some(Takes { of: usable.len(), idle });
        let PasswordCredential { name, start, end, .. } = secret.clone();
        let change = Change::RemovePassword { object: Target::of(object), key_id, name, start, end };
        self.choice.add(Draft { action, change, because, fresh, consequences, takes });
    }
}

/// Whether it is a client secret that people look after.
fn is_ours(credential: &Credential<'_>) -> bool {
    credential.kind == CredentialKind::ClientSecret && credential.rotated_by.is_none()
}

/// Whether it is known to be something that an application signs in with.
fn is_understood(object: &Object, credential: &Credential<'_>) -> bool {
    match credential.kind {
        CredentialKind::ClientSecret | CredentialKind::SymmetricKey | CredentialKind::Federated => true,
        CredentialKind::SamlSigningPassword => false,
        CredentialKind::Certificate => {
            let CredentialAt::Key(place) = credential.at else { return false };
            // What encrypts or signs tokens is no credential (FACTS §3).
            let verifies = |usage: &Text| usage.as_str().eq_ignore_ascii_case("Verify");
            let known = object.keys.get(place).is_some_and(|key| {
                key.key_type == KeyType::Certificate && key.usage.as_ref().is_some_and(verifies)
            });
            known && !object.signs_tokens(credential)
        }
    }
}
