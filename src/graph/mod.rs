//! Microsoft Graph: sign-in, requests, pages, and their conversion into the domain.

mod batch;
mod budget;
pub mod client;
mod collect;
mod convert;
mod convert_policy;
mod entry;
mod error;
mod gaps;
mod http;
mod lent;
mod owners;
mod pages;
mod policies;
mod progress;
mod retry;
pub mod sign_in;
pub mod tokens;
mod totals;
mod wire;

pub use budget::{Budget, Limits};
pub use collect::collect;
pub use error::{Answer, GraphError};
pub use gaps::explain;
pub use http::Graph;
pub use owners::name_owners;
pub use progress::{Event, Progress};
pub use retry::Patience;
