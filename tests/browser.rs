//! What people open, in a real browser: a headless Chromium that chromedriver drives.
#![cfg(test)]

#[path = "support/left_out.rs"]
mod left_out;

#[path = "browser/chromium.rs"]
mod chromium;
#[path = "browser/page/mod.rs"]
mod page;
#[path = "browser/server.rs"]
mod server;
#[path = "browser/smoke.rs"]
mod smoke;
#[path = "server/visit.rs"]
#[expect(dead_code, reason = "other tests say more to it")]
mod visit;
#[path = "end_to_end/world.rs"]
#[expect(dead_code, reason = "other tests look more closely at what a run leaves")]
mod world;
