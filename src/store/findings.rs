//! Findings as they are stored.

use std::ops::Range;

use super::spoilt::Spoilt;
use crate::domain::{FindingDigest, FindingKey, FindingRecord, RuleId, Severity, Subject};

/// The body of a finding, without names: there may be a million of them.
type Body<T> = (T, RuleId, Severity, Subject, T, T, T, T, T, T, T, T);

/// Reads the body of a finding.
pub(super) fn read(body: &[u8]) -> Result<(FindingKey, FindingRecord), serde_json::Error> {
    let (
        key,
        rule,
        severity,
        object_type,
        object_id,
        app_id,
        display_name,
        credential_type,
        credential_id,
        credential_name,
        policy_id,
        policy_name,
    ): Body<String> = serde_json::from_slice(body)?;
    let record = FindingRecord {
        rule,
        severity,
        object_type,
        object_id,
        app_id,
        display_name,
        credential_type,
        credential_id,
        credential_name,
        policy_id,
        policy_name,
    };
    Ok((FindingKey(key), record))
}

/// Findings that are sorted before they are written: their digests are in no order, and rows that go into
/// an index in no order cost many times as much.
#[derive(Default)]
pub(super) struct Sorting {
    places: Vec<(FindingDigest, Range<usize>)>,
    bodies: Vec<u8>,
}

impl Sorting {
    /// Bytes of bodies that are worth sorting. The more, the less is written to the index over and over: a
    /// million findings take some dozen rounds.
    const ENOUGH: usize = 16 << 20;

    /// Takes in a finding.
    pub(super) fn push(
        &mut self,
        digest: FindingDigest,
        key: &FindingKey,
        record: &FindingRecord,
    ) -> Result<(), Spoilt> {
        let FindingRecord {
            rule,
            severity,
            object_type,
            object_id,
            app_id,
            display_name,
            credential_type,
            credential_id,
            credential_name,
            policy_id,
            policy_name,
        } = record;
        let body: Body<&str> = (
            &key.0,
            *rule,
            *severity,
            *object_type,
            object_id,
            app_id,
            display_name,
            credential_type,
            credential_id,
            credential_name,
            policy_id,
            policy_name,
        );
        let start = self.bodies.len();
        serde_json::to_writer(&mut self.bodies, &body)
            .map_err(|error| Spoilt::body("finding", &key.0, &error))?;
        self.places.push((digest, start..self.bodies.len()));
        Ok(())
    }

    /// Whether there is enough to be sorted.
    pub(super) fn is_full(&self) -> bool {
        self.bodies.len() >= Self::ENOUGH
    }

    /// Each once, in the order of their digests.
    pub(super) fn sorted(&mut self) -> impl Iterator<Item = (FindingDigest, &[u8])> {
        self.places.sort_by_key(|(digest, _)| *digest);
        self.places.dedup_by_key(|(digest, _)| *digest);
        let bodies = &self.bodies;
        self.places.iter().filter_map(move |(digest, place)| Some((*digest, bodies.get(place.clone())?)))
    }
}
