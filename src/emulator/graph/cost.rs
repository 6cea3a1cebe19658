//! Resource units.

use super::route::Route;
use crate::emulator::ObjectKind;
use crate::emulator::front::Received;

/// What a request costs, in resource units; never less than one.
pub(super) fn units(received: &Received, route: &Route) -> i32 {
    let has = |option: &str| received.query.iter().any(|(name, _)| name == option);
    let mut units = match route {
        Route::List(ObjectKind::Application) | Route::Object(ObjectKind::Application, _) => 2,
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
    units.max(1)
}
