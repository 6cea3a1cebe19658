//! What an incomplete run read: it is kept until the next run, so that a process that dies before its files
//! are written leaves enough to write them. In pieces, so that neither writing nor reading holds all of it.

use std::borrow::Cow;
use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use futures_util::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::engine::Fault;
use super::pack::Kind;
use super::runs::Recorded;
use super::session::{Session, within};
use super::spoilt::Spoilt;
use super::writes::Stamp;
use crate::domain::{CustomPolicy, Gap, Gathering, Inventory, ObjectId, ObjectKey, TenantDefault, TenantId};

/// Bytes of a piece before they are compressed.
const PIECE: usize = 1 << 20;

/// The first piece. The others are objects, one after another: kind, id, length of the body, body.
#[derive(Serialize, Deserialize)]
struct Head<'a> {
    tenant: TenantId,
    tenant_default: Cow<'a, Option<TenantDefault>>,
    custom_policies: Cow<'a, [CustomPolicy]>,
    gaps: Cow<'a, [Gap]>,
    objects: usize,
}

impl Session {
    /// Keeps an inventory just as it is.
    pub(super) async fn keep_partial(&mut self, stamp: Stamp, inventory: &Inventory) -> Result<(), Fault> {
        let Inventory { tenant, objects, tenant_default, custom_policies, beside: _, gaps } = inventory;
        let head = Head {
            tenant: *tenant,
            tenant_default: Cow::Borrowed(tenant_default),
            custom_policies: Cow::Borrowed(custom_policies),
            gaps: Cow::Borrowed(gaps),
            objects: objects.len(),
        };
        let mut piece = serde_json::to_vec(&head).map_err(|error| Spoilt::body("partial", "new", &error))?;
        let mut number = 0;
        self.insert_piece(stamp, number, &piece).await?;
        piece.clear();
        for (place, key) in objects.keys().enumerate() {
            let body = objects.body(place);
            let kind = Kind::Object(key.kind).number().to_le_bytes();
            piece.extend_from_slice(kind.get(..1).unwrap_or_default());
            piece.extend_from_slice(key.id.0.as_bytes());
            piece.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
            piece.extend_from_slice(&body);
            if piece.len() >= PIECE {
                number += 1;
                self.insert_piece(stamp, number, &piece).await?;
                piece.clear();
            }
        }
        if piece.is_empty() { Ok(()) } else { self.insert_piece(stamp, number + 1, &piece).await }
    }

    async fn insert_piece(&mut self, stamp: Stamp, number: i64, piece: &[u8]) -> Result<(), Fault> {
        const PIECE: &str = "INSERT INTO partial (tenant, seq, number, body) VALUES ($1, $2, $3, $4)";
        // Memory takes everything.
        let packed = pack(piece).unwrap_or_default();
        within!(self, |tx| {
            let insert = sqlx::query(PIECE).bind(stamp.tenant).bind(stamp.seq).bind(number);
            insert.bind(packed).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Forgets what earlier incomplete runs read.
    pub(super) async fn clear_partial(&mut self, stamp: Stamp) -> Result<(), Fault> {
        const CLEAR: &str = "DELETE FROM partial WHERE tenant = $1";
        within!(self, |tx| {
            sqlx::query(CLEAR).bind(stamp.tenant).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// What an incomplete run read, where that is still kept.
    pub(super) async fn partial(&mut self, run: &Recorded) -> Result<Option<Inventory>, Fault> {
        const PIECES: &str = "SELECT body FROM partial WHERE tenant = $1 AND seq = $2 ORDER BY number";
        let spoilt = || Spoilt::bytes("partial", run.entry.counts.run.run_id.as_str());
        let mut head: Option<Head<'static>> = None;
        let mut objects = Gathering::default();
        within!(self, |tx| {
            let mut pieces =
                sqlx::query_as::<_, (Vec<u8>,)>(PIECES).bind(run.tenant).bind(run.seq).fetch(&mut *tx);
            while let Some((piece,)) = pieces.try_next().await? {
                let piece = unpack(&piece).map_err(|_| spoilt())?;
                match head {
                    None => head = Some(serde_json::from_slice(&piece).map_err(|_| spoilt())?),
                    Some(_) => gather(&piece, &mut objects).ok_or_else(spoilt)?,
                }
            }
        });
        let Some(Head { tenant, tenant_default, custom_policies, gaps, objects: count }) = head else {
            return Ok(None);
        };
        if objects.len() != count {
            return Err(spoilt().into());
        }
        Ok(Some(Inventory {
            tenant,
            objects: objects.finish(),
            tenant_default: tenant_default.into_owned(),
            custom_policies: custom_policies.into_owned(),
            beside: self.beside(run).await?,
            gaps: gaps.into_owned(),
        }))
    }
}

/// Takes the objects out of a piece; none where it is not one.
fn gather(mut piece: &[u8], objects: &mut Gathering) -> Option<()> {
    while let Some((kind, rest)) = piece.split_first() {
        let Kind::Object(kind) = Kind::of(i64::from(*kind))? else { return None };
        let (id, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (body, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        objects.push_body(ObjectKey { kind, id: ObjectId(Uuid::from_bytes(*id)) }, body).ok()?;
        piece = rest;
    }
    Some(())
}

pub(super) fn pack(piece: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(piece)?;
    packed.finish()
}

pub(super) fn unpack(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut piece = Vec::new();
    ZlibDecoder::new(packed).read_to_end(&mut piece)?;
    Ok(piece)
}
