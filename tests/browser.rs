//! What people open, in a real browser: a headless Chromium that chromedriver drives.
#![cfg(test)]

#[path = "support/left_out.rs"]
mod left_out;

#[path = "browser/chromium.rs"]
mod chromium;
#[path = "browser/smoke.rs"]
mod smoke;
