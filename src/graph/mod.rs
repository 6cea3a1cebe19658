//! Microsoft Graph: sign-in, requests, pages, and their conversion into the domain.

pub mod client;
pub mod sign_in;
pub mod tokens;
