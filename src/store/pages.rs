//! Rows by the thousand: what is read of each is strung together by the database. A row of its own for each
//! object would cost many times what the object costs.

use uuid::Uuid;

use super::engine::Fault;
use super::pack::{Digest, Kind, VersionKey};
use super::runs::time;
use super::session::{Session, within};
use super::spoilt::Spoilt;
use crate::domain::{FindingDigest, Known};

/// Versions or findings in a page without their bodies: together a hundred kilobytes.
const PAGE: i64 = 4_096;

/// Bodies in a page: some hundred kilobytes, unless somebody writes novels into the directory.
const BODIES: i64 = 512;

/// Versions as of when.
#[derive(Debug, Clone, Copy)]
pub(super) enum AsOf {
    /// What is on record now.
    Now,
    /// What the run of this number saw.
    Run(i64),
}

/// Ids with digests, in the order of the ids.
pub(super) type Digests = Vec<(Uuid, Digest)>;

impl Session {
    /// The next versions of a kind after an id; none after the last. The first page comes after nothing.
    pub(super) async fn digests(
        &mut self,
        tenant: i64,
        as_of: AsOf,
        kind: Kind,
        after: Option<Uuid>,
    ) -> Result<Digests, Fault> {
        const NOW: &str = "SELECT string_agg(id || digest, '') FROM (SELECT id, digest FROM version \
             WHERE tenant = $1 AND kind = $2 AND id > $3 AND to_seq IS NULL ORDER BY id LIMIT $4) AS page";
        const THEN: &str = "SELECT string_agg(id || digest, '') FROM (SELECT id, digest FROM version \
             WHERE tenant = $1 AND kind = $2 AND id > $3 AND from_seq <= $5 \
             AND (to_seq IS NULL OR to_seq > $5) ORDER BY id LIMIT $4) AS page";
        let after = after.as_ref().map_or(&[][..], |id| id.as_bytes());
        let (page,): (Option<Vec<u8>>,) = within!(self, |tx| {
            let page = sqlx::query_as(match as_of {
                AsOf::Now => NOW,
                AsOf::Run(_) => THEN,
            });
            let page = page.bind(tenant).bind(kind.number()).bind(after).bind(PAGE);
            match as_of {
                AsOf::Now => page.fetch_one(&mut *tx).await?,
                AsOf::Run(seq) => page.bind(seq).fetch_one(&mut *tx).await?,
            }
        });
        let (rows, rest) = page.as_deref().unwrap_or_default().as_chunks::<32>();
        let odd = || Spoilt::column("version", &format!("kind {}", kind.number()), "id or digest");
        let split = |row: &[u8; 32]| {
            let (id, digest) = row.split_first_chunk()?;
            Some((Uuid::from_bytes(*id), digest.try_into().ok()?))
        };
        let read: Option<Digests> = rows.iter().map(split).collect();
        let read = read.filter(|_| rest.is_empty()).ok_or_else(odd)?;
        // The database strings together in the order it was asked for, but only one of them promises it.
        Ok(in_order(read, |(id, _)| *id))
    }

    /// Goes through all bodies of a kind, as a run saw them, in the order of their ids.
    pub(super) async fn bodies(
        &mut self,
        tenant: i64,
        seq: i64,
        kind: Kind,
        mut each: impl FnMut(VersionKey, &[u8]) -> Result<(), Spoilt>,
    ) -> Result<(), Fault> {
        const BODIES_OF: &str = "SELECT string_agg(id, ''), string_agg(body, ''), \
             string_agg(CAST(length(body) AS TEXT), ' ') FROM (SELECT id, body FROM version \
             WHERE tenant = $1 AND kind = $2 AND id > $3 AND from_seq <= $4 \
             AND (to_seq IS NULL OR to_seq > $4) ORDER BY id LIMIT $5) AS page";
        type Page = (Option<Vec<u8>>, Option<Vec<u8>>, Option<String>);
        let odd = || Spoilt::column("version", &format!("kind {}", kind.number()), "id or body");
        let mut after: Option<Uuid> = None;
        loop {
            let from = after.as_ref().map_or(&[][..], |id| id.as_bytes());
            let (ids, bodies, lengths): Page = within!(self, |tx| {
                let page = sqlx::query_as(BODIES_OF).bind(tenant).bind(kind.number()).bind(from);
                page.bind(seq).bind(BODIES).fetch_one(&mut *tx).await?
            });
            let (Some(ids), Some(mut bodies)) = (ids, bodies.as_deref()) else { return Ok(()) };
            let (ids, rest) = ids.as_chunks::<16>();
            let mut lengths = lengths.as_deref().unwrap_or_default().split(' ');
            for id in ids {
                let length = lengths.next().and_then(|length| length.parse().ok());
                let (body, others) =
                    length.and_then(|length| bodies.split_at_checked(length)).ok_or_else(odd)?;
                bodies = others;
                each(VersionKey { kind, id: Uuid::from_bytes(*id) }, body)?;
            }
            if !rest.is_empty() || !bodies.is_empty() {
                return Err(odd().into());
            }
            after = ids.iter().max().map(|id| Uuid::from_bytes(*id));
        }
    }

    /// Every finding on record, as a run left it.
    pub(super) async fn known(&mut self, tenant: i64, seq: i64) -> Result<Known, Fault> {
        const FINDINGS: &str = "SELECT from_seq, first_seen, open, string_agg(key, '') FROM (\
             SELECT key, from_seq, first_seen, CASE WHEN to_seq IS NULL OR to_seq > $2 THEN 1 ELSE 0 END \
             AS open FROM finding WHERE tenant = $1 AND from_seq <= $2 AND (key, from_seq) > ($3, $4) \
             ORDER BY key, from_seq LIMIT $5) AS page GROUP BY from_seq, first_seen, open";
        let mut known = Known::default();
        let (mut key, mut from_seq) = (Vec::new(), i64::MIN);
        loop {
            let groups: Vec<(i64, i64, i32, Vec<u8>)> = within!(self, |tx| {
                let page = sqlx::query_as(FINDINGS).bind(tenant).bind(seq).bind(key.as_slice());
                page.bind(from_seq).bind(PAGE).fetch_all(&mut *tx).await?
            });
            let mut page = Vec::new();
            for (from_seq, first_seen, open, keys) in groups {
                let odd = |column| Spoilt::column("finding", &format!("run {from_seq}"), column);
                let since = time(first_seen).ok_or_else(|| odd("first_seen"))?;
                let (keys, rest) = keys.as_chunks::<16>();
                if !rest.is_empty() {
                    return Err(odd("key").into());
                }
                page.extend(keys.iter().map(|key| (FindingDigest(*key), from_seq, since, open == 1)));
            }
            let Some((last, begun, ..)) = page.iter().max_by_key(|(key, begun, ..)| (*key, *begun)) else {
                return Ok(known);
            };
            (key, from_seq) = (last.0.to_vec(), *begun);
            let page = in_order(page, |(key, begun, ..)| (*key, *begun));
            known.extend(page.into_iter().map(|(key, _, since, open)| (key, since, open)));
        }
    }
}

fn in_order<T, K: Ord>(mut rows: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    if !rows.is_sorted_by_key(&key) {
        rows.sort_by_key(key);
    }
    rows
}
