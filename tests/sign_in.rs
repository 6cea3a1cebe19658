//! Signing in, with real TLS, against an authority on loopback that checks what it is given.
#![cfg(test)]

#[path = "sign_in/authority.rs"]
mod authority;
#[path = "sign_in/ca_file.rs"]
mod ca_file;
#[path = "sign_in/certificates.rs"]
mod certificates;
#[path = "sign_in/children.rs"]
mod children;
#[path = "sign_in/methods.rs"]
mod methods;
#[path = "sign_in/refusals.rs"]
mod refusals;
#[path = "sign_in/renewal.rs"]
mod renewal;
#[path = "sign_in/support.rs"]
mod support;
