//! Carrying out plans against the emulator: what is changed, what is not, and what is on record of it.
#![cfg(test)]

#[path = "apply/checks.rs"]
mod checks;
#[path = "apply/interruptions.rs"]
mod interruptions;
#[path = "apply/matrix.rs"]
mod matrix;
#[path = "apply/plans.rs"]
mod plans;
#[path = "apply/rig.rs"]
mod rig;
#[path = "apply/routes.rs"]
mod routes;
#[path = "apply/steps.rs"]
mod steps;
#[path = "apply/stops.rs"]
mod stops;
#[path = "apply/takes_back.rs"]
mod takes_back;
