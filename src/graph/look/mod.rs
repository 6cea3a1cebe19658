//! Single looks at what is there now: before a change, to see whether it is still as the plan saw it, and after it,
//! to see whether it is as the plan wanted it. Nothing here writes.
//!
//! A look is all or nothing: what cannot be read to its end, or not as documented, is an error, for whoever changes
//! something must not go by half of it. Policies are left as the JSON they came in, so that nothing this program
//! does not know gets lost on the way back (FACTS §5.7).

mod named;
mod objects;
mod policies;
mod read;

pub use named::{Identified, identify};
pub use objects::{account_enabled, assigned, passwords};
pub use policies::{applies_to, policies, policy, tenant_default};
