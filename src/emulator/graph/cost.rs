//! What requests cost, and how Graph says that there were too many.

use std::time::Duration;

use tokio::time::Instant;

use super::delta;
use super::refusal::Refusal;
use super::route::{Key, Route};
use crate::emulator::front::{Answer, Received};
use crate::emulator::limits::{Cost, Measure, Throttle, Verdict};
use crate::emulator::state::State;
use crate::emulator::tenant::Member;
use crate::emulator::{ObjectKind, TenantData};

/// What a request costs. A batch costs nothing itself: its members do.
pub(super) fn cost(state: &State, received: &Received, route: &Route) -> Option<Cost> {
    // Mail has limits of its own, which are not enforced here.
    if matches!(route, Route::Batch | Route::Mail(_)) {
        return None;
    }
    let write = received.method != "GET";
    let report = matches!(route, Route::Report(_) | Route::DirectoryAudits);
    Some(Cost {
        report,
        // The reports have a limit of their own (that it counts for sign-in activity too is inferred).
        units: if report { 0 } else { units(received, route) },
        key_read: !write && delta::selects(&received.query, "keyCredentials"),
        write,
        personal_write: write && personal(&state.tenant(), route),
    })
}

/// Resource units; never less than one.
fn units(received: &Received, route: &Route) -> u32 {
    let has = |option: &str| received.query.iter().any(|(name, _)| name == option);
    let mut units = match route {
        // A listing of blueprints is one of applications (inferred).
        Route::List(ObjectKind::Application)
        | Route::Object(ObjectKind::Application, _)
        | Route::Blueprints => 2,
        _ => 1,
    };
    if has("$select") {
        units -= 1;
    }
    if has("$expand") {
        units += 1;
    }
    let top = received.query.iter().find(|(name, _)| name == "$top");
    if top.and_then(|(_, value)| value.parse::<u32>().ok()).is_some_and(|top| top < 20) {
        units -= 1;
    }
    u32::try_from(units.max(1)).unwrap_or(1)
}

/// Whether the request is about an application that lets personal accounts sign in.
fn personal(tenant: &TenantData, route: &Route) -> bool {
    let (Route::Assign(ObjectKind::Application, key)
    | Route::Unassign(ObjectKind::Application, key, _)
    | Route::Change(ObjectKind::Application, key)
    | Route::AddPassword(ObjectKind::Application, key)
    | Route::RemovePassword(ObjectKind::Application, key)) = route
    else {
        return false;
    };
    let applications = tenant.collection(ObjectKind::Application);
    let position = match key {
        Key::Id(id) => applications.position(id),
        Key::AppId(id) => applications.position_by_app_id(id),
    };
    let record = position.and_then(|position| applications.record(position));
    let audience =
        Member::property(ObjectKind::Application, "signInAudience").and_then(|member| record?.plain(member));
    matches!(audience, Some("AzureADandPersonalMicrosoftAccount" | "PersonalMicrosoftAccount"))
}

/// Charges a request. The headers that tell so, or the refusal.
pub(super) fn charge(
    state: &State,
    received: &Received,
    client: &str,
    cost: Cost,
) -> Result<Headers, Answer> {
    let units = Some(cost.units).filter(|units| *units > 0);
    let units: Headers = units.map(|units| ("x-ms-resource-unit", units.to_string())).into_iter().collect();
    let Some(throttle) = state.throttle() else { return Ok(units) };
    match throttle.charge(client, cost, Instant::now()) {
        Verdict::Pass { share } => Ok(units.into_iter().chain(percentage(share)).collect()),
        Verdict::Wait { time, share, because } => {
            let mut answer = Refusal::throttled().into_answer(state, received);
            let tenant = &state.tenant_id;
            let (scope, information) = match because {
                Measure::Units => ("Tenant_Application/ReadWrite", "ResourceUnitLimitExceeded"),
                Measure::KeyReads => ("Tenant/Read", "KeyCredentialsLimitExceeded"), // inferred
                Measure::Writes => ("Tenant_Application/Write", "WriteLimitExceeded"),
                Measure::PersonalWrites => ("Tenant/Write", "WriteLimitExceeded"), // inferred
                Measure::Reports => ("Tenant_Application/Read", "RequestLimitExceeded"), // inferred
            };
            let headers = [
                ("Retry-After", retry_after(&throttle, time)),
                ("x-ms-throttle-scope", format!("{scope}/{client}/{tenant}")),
                ("x-ms-throttle-information", information.to_owned()),
            ];
            for (name, value) in headers.into_iter().chain(percentage(share)) {
                answer = answer.with_header(name, &value);
            }
            Err(answer)
        }
    }
}

type Headers = Vec<(&'static str, String)>;

/// Only near the limit and above it.
fn percentage(share: f64) -> Option<(&'static str, String)> {
    (share > 0.8).then(|| ("x-ms-throttle-limit-percentage", format!("{share:.2}")))
}

fn retry_after(throttle: &Throttle, time: Duration) -> String {
    let fractions = throttle.limits.fractional_retry_after;
    let unit = if fractions { 1_000_000 } else { 1_000_000_000 };
    let units = time.as_nanos().div_ceil(unit);
    if fractions { format!("{}.{:03}", units / 1000, units % 1000) } else { units.to_string() }
}
