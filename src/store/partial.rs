//! What an incomplete run read, in one piece: it is kept until the next run, so that a process that
//! dies before its files are written leaves enough to write them.

use std::borrow::Cow;
use std::io::{BufRead, BufReader, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde::de::Error as _;
use serde::{Deserialize, Serialize};

use crate::domain::{CustomPolicy, Gap, Gathering, Inventory, TenantDefault, TenantId};

/// The first line. Each object has a line after it, so that neither writing nor reading holds all of
/// them as text.
#[derive(Serialize, Deserialize)]
struct Head<'a> {
    tenant: TenantId,
    tenant_default: Cow<'a, Option<TenantDefault>>,
    custom_policies: Cow<'a, [CustomPolicy]>,
    gaps: Cow<'a, [Gap]>,
    objects: usize,
}

/// Packs an inventory just as it is.
pub(super) async fn pack(inventory: &Inventory) -> Result<Vec<u8>, serde_json::Error> {
    let Inventory { tenant, objects, tenant_default, custom_policies, gaps } = inventory;
    let head = Head {
        tenant: *tenant,
        tenant_default: Cow::Borrowed(tenant_default),
        custom_policies: Cow::Borrowed(custom_policies),
        gaps: Cow::Borrowed(gaps),
        objects: objects.len(),
    };
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    serde_json::to_writer(&mut packed, &head)?;
    for (number, object) in objects.iter().enumerate() {
        packed.write_all(b"\n").map_err(serde_json::Error::io)?;
        serde_json::to_writer(&mut packed, &object)?;
        if number % super::BREATH == 0 {
            tokio::task::yield_now().await;
        }
    }
    packed.finish().map_err(serde_json::Error::io)
}

/// Unpacks it.
pub(super) async fn unpack(packed: &[u8]) -> Result<Inventory, serde_json::Error> {
    let mut lines = BufReader::new(ZlibDecoder::new(packed)).split(b'\n');
    let mut line = || match lines.next() {
        Some(line) => line.map_err(serde_json::Error::io),
        None => Err(serde_json::Error::custom("it ends too soon")),
    };
    let Head { tenant, tenant_default, custom_policies, gaps, objects: count } =
        serde_json::from_slice(&line()?)?;
    let mut objects = Gathering::default();
    for number in 0..count {
        objects.push(&serde_json::from_slice(&line()?)?);
        if number % super::BREATH == 0 {
            tokio::task::yield_now().await;
        }
    }
    Ok(Inventory {
        tenant,
        objects: objects.finish(),
        tenant_default: tenant_default.into_owned(),
        custom_policies: custom_policies.into_owned(),
        gaps: gaps.into_owned(),
    })
}
