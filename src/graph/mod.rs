//! Microsoft Graph: sign-in, requests, pages, and their conversion into the domain.

mod batch;
mod budget;
pub mod client;
mod collect;
mod convert;
mod convert_policy;
mod delta;
mod delta_apply;
mod delta_change;
mod delta_newcomers;
mod entry;
mod error;
mod gaps;
mod http;
mod lent;
mod owner_lists;
mod owners;
mod pages;
mod policies;
mod progress;
mod refresh;
mod retry;
pub mod sign_in;
mod source;
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
pub use refresh::{Ask, Refreshed, WhyFull, may_start_from, refresh};
pub use retry::Patience;
