//! What the policies say about a new secret: the emulator's own reading of the documentation.

use chrono::{DateTime, Datelike as _, Days, Months, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::policies;
use crate::emulator::{ObjectKind, TenantData};

/// Why a new secret is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Violation {
    Addition,
    Lifetime,
}

/// An ISO 8601 duration, its years and months kept apart: how long those are depends on the date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Lifetime {
    months: u32,
    days: u64,
    seconds: i64,
}

/// What the effective policy says to a secret from `start` to `end` on this object.
pub(super) fn judge(
    tenant: &TenantData,
    kind: ObjectKind,
    object: &Map<String, Value>,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
) -> Result<(), Violation> {
    if in_force(tenant, kind, object, "passwordAddition").is_some() {
        return Err(Violation::Addition);
    }
    let longest = in_force(tenant, kind, object, "passwordLifetime")
        .and_then(|restriction| restriction.get("maxLifetime")?.as_str().and_then(Lifetime::parse));
    match longest.and_then(|longest| longest.after(start)) {
        Some(latest) if latest < end => Err(Violation::Lifetime),
        _ => Ok(()),
    }
}

/// The entry that binds this object, restriction by restriction: the custom policy's where it has one of
/// the type, else the default's. A custom policy that is off has no say here (inferred).
fn in_force<'a>(
    tenant: &'a TenantData,
    kind: ObjectKind,
    object: &Map<String, Value>,
    restriction: &str,
) -> Option<&'a Value> {
    let id = object.get("id").and_then(Value::as_str).unwrap_or_default();
    let custom = tenant.assigned_to(kind, id).first().and_then(|policy| policies::find(tenant, policy));
    let custom = custom.filter(|policy| policy.get("isEnabled") == Some(&Value::Bool(true)));
    let of_custom = custom.and_then(|policy| entry(policy.get("restrictions")?, restriction));
    let decides = of_custom.or_else(|| {
        let default = tenant.default_policy();
        let half = match kind {
            ObjectKind::Application => "applicationRestrictions",
            ObjectKind::ServicePrincipal => "servicePrincipalRestrictions",
        };
        let enabled = default.get("isEnabled") == Some(&Value::Bool(true));
        enabled.then(|| entry(default.get(half)?, restriction)).flatten()
    })?;
    let state = decides.get("state").and_then(Value::as_str).unwrap_or("enabled");
    (state == "enabled" && reaches(decides, kind, object)).then_some(decides)
}

fn entry<'a>(restrictions: &'a Value, kind: &str) -> Option<&'a Value> {
    let entries = restrictions.get("passwordCredentials")?.as_array()?;
    entries.iter().find(|entry| entry.get("restrictionType").and_then(Value::as_str) == Some(kind))
}

/// Whether the object was created on or after the date of the entry. A service principal without a
/// creation time counts as created in 2019; an application without one is let off (inferred).
fn reaches(entry: &Value, kind: ObjectKind, object: &Map<String, Value>) -> bool {
    let time = |value: Option<&Value>| {
        let text = value?.as_str()?;
        DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc())
    };
    let Some(from) = time(entry.get("restrictForAppsCreatedAfterDateTime")) else { return true };
    if from.year() == 1 {
        return true;
    }
    match (time(object.get("createdDateTime")), kind) {
        (Some(created), _) => from <= created,
        (None, ObjectKind::ServicePrincipal) => {
            from.year() < 2019 || from.date_naive().to_string() == "2019-01-01"
        }
        (None, ObjectKind::Application) => false,
    }
}

impl Lifetime {
    /// Reads `P90D`, `P1Y6M`, `P2W`, `P4DT12H30M5S`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (date, time) = match text.strip_prefix('P')?.split_once('T') {
            Some((_, "")) => return None,
            Some((date, time)) => (date, time),
            None => (text.strip_prefix('P')?, ""),
        };
        if date.is_empty() && time.is_empty() {
            return None;
        }
        let mut lifetime = Self::default();
        for (number, unit) in fields(date)? {
            match unit {
                'Y' => lifetime.months += u32::try_from(number).ok()?.checked_mul(12)?,
                'M' => lifetime.months += u32::try_from(number).ok()?,
                'W' => lifetime.days += number.checked_mul(7)?,
                'D' => lifetime.days += number,
                _ => return None,
            }
        }
        for (number, unit) in fields(time)? {
            let seconds = match unit {
                'H' => 3600,
                'M' => 60,
                'S' => 1,
                _ => return None,
            };
            lifetime.seconds += i64::try_from(number).ok()?.checked_mul(seconds)?;
        }
        Some(lifetime)
    }

    fn after(self, start: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let moved = start.checked_add_months(Months::new(self.months))?;
        let moved = moved.checked_add_days(Days::new(self.days))?;
        moved.checked_add_signed(TimeDelta::try_seconds(self.seconds)?)
    }
}

/// `4D12H` as numbers and units.
fn fields(text: &str) -> Option<Vec<(u64, char)>> {
    let mut fields = Vec::new();
    let mut digits = String::new();
    for letter in text.chars() {
        if letter.is_ascii_digit() {
            digits.push(letter);
        } else {
            fields.push((digits.parse().ok()?, letter));
            digits.clear();
        }
    }
    digits.is_empty().then_some(fields)
}
