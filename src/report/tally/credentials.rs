//! Counting credentials by when they began and when they end.

use chrono::{DateTime, Datelike as _, Utc};

use crate::domain::{CredentialKind, CredentialState};
use crate::report::{CredentialRow, Endings, SecretCounts};

/// Counts a client secret; nothing else.
pub(super) fn secret(secrets: &mut SecretCounts, row: &CredentialRow, now: DateTime<Utc>) {
    if row.credential_type != CredentialKind::ClientSecret.as_str() {
        return;
    }
    secrets.total += 1;
    if is_expired(row) {
        secrets.expired += 1;
        return;
    }
    let [month, quarter, half, year, two, more] = &mut secrets.by_age;
    *match row.start.map(|start| (now - start).num_days()) {
        Some(..30) => month,
        Some(30..90) => quarter,
        Some(90..180) => half,
        Some(180..365) => year,
        Some(365..730) => two,
        Some(_) => more,
        None => &mut secrets.no_start,
    } += 1;
}

/// Counts a client secret or a certificate by its end. One whose end could not be read is in no month.
pub(super) fn ending(endings: &mut Endings, row: &CredentialRow, now: DateTime<Utc>) {
    let is_secret = row.credential_type == CredentialKind::ClientSecret.as_str();
    let is_certificate = row.credential_type == CredentialKind::Certificate.as_str();
    // What is replaced by what added it has a sentence that says so.
    let is_replaced = !row.not_flagged.is_empty();
    if !(is_secret || is_certificate) || row.repeats || is_replaced || row.state.is_empty() {
        return;
    }
    let place = match row.end {
        _ if is_expired(row) => Some(&mut endings.overdue),
        None => Some(&mut endings.never),
        Some(end) => match usize::try_from(month(end) - month(now)) {
            Ok(months @ 0..12) => endings.months.get_mut(months),
            _ => Some(&mut endings.later),
        },
    };
    if let Some(place) = place {
        place.secrets += usize::from(is_secret);
        place.certificates += usize::from(is_certificate);
    }
}

fn is_expired(row: &CredentialRow) -> bool {
    row.state == CredentialState::Expired.as_str()
}

/// The months since the year 0.
fn month(time: DateTime<Utc>) -> i64 {
    i64::from(time.year()) * 12 + i64::from(time.month0())
}
