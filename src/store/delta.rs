//! What the last complete run leaves to a delta run.

use super::engine::Fault;
use super::pack::Kind;
use super::runs::time;
use super::session::{Session, within};
use super::spoilt::Spoilt;
use super::writes::Stamp;
use super::{Store, StoreError, TenantKey};
use crate::domain::{DeltaLink, DeltaState, ObjectKind, Since};

/// A row as it is stored, without the tenant: kind, run, terms, link, last full read.
type Row = (i64, i64, String, String, i64);

impl Store {
    /// What the last complete run of a tenant left. None where there is no such run, or where it left
    /// nothing.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn since(&self, tenant: &TenantKey) -> Result<Option<Since>, StoreError> {
        let Some(number) = self.number(tenant).await? else { return Ok(None) };
        self.said(self.left(number).await).await
    }

    async fn left(&self, tenant: i64) -> Result<Option<Since>, Fault> {
        const LINKS: &str =
            "SELECT kind, seq, terms, link, full_at FROM delta WHERE tenant = $1 ORDER BY kind";
        let mut session = self.reading().await?;
        let Some(last) = session.last_complete(tenant).await? else { return Ok(None) };
        let rows: Vec<Row> =
            within!(&mut session, |tx| sqlx::query_as(LINKS).bind(tenant).fetch_all(&mut *tx).await?);
        let mut state: Option<DeltaState> = None;
        for (kind, seq, terms, url, full_at) in rows {
            if seq != last.seq {
                continue;
            }
            let spoilt = |column| Spoilt::column("delta", &format!("kind {kind}"), column);
            let kind = object_kind(kind).ok_or_else(|| spoilt("kind"))?;
            let full_at = time(full_at).ok_or_else(|| spoilt("full_at"))?;
            let state = state.get_or_insert(DeltaState { full_at, links: Vec::new() });
            state.full_at = state.full_at.min(full_at);
            state.links.push(DeltaLink { kind, terms, url });
        }
        Ok(state.map(|state| Since { run: last.mark(), state }))
    }
}

impl Session {
    /// Replaces what an earlier complete run left by what this one leaves. Both belong to what is recorded
    /// with them, so this is part of recording a complete run and of nothing else.
    pub(super) async fn leave(&mut self, stamp: Stamp, state: Option<&DeltaState>) -> Result<(), Fault> {
        const CLEAR: &str = "DELETE FROM delta WHERE tenant = $1";
        const LINK: &str =
            "INSERT INTO delta (tenant, kind, seq, terms, link, full_at) VALUES ($1, $2, $3, $4, $5, $6)";
        within!(self, |tx| {
            sqlx::query(CLEAR).bind(stamp.tenant).execute(&mut *tx).await?;
            if let Some(DeltaState { full_at, links }) = state {
                for link in links {
                    sqlx::query(LINK)
                        .bind(stamp.tenant)
                        .bind(Kind::Object(link.kind).number())
                        .bind(stamp.seq)
                        .bind(link.terms.as_str())
                        .bind(link.url.as_str())
                        .bind(full_at.timestamp())
                        .execute(&mut *tx)
                        .await?;
                }
            }
        });
        Ok(())
    }
}

fn object_kind(number: i64) -> Option<ObjectKind> {
    match Kind::of(number)? {
        Kind::Object(kind) => Some(kind),
        Kind::CustomPolicy | Kind::TenantDefault => None,
    }
}
