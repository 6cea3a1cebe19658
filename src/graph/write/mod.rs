//! Changing what is there (FACTS §5.6, §5.7, §7). The only module whose requests say anything but GET: see
//! [`WriteCall`].

mod call;
mod error;
mod held;
mod sending;
mod target;
mod waits;
mod writer;

pub(super) use call::WriteCall;
pub use error::WriteError;
pub use held::Held;
pub use target::{WriteKind, WriteTarget};
pub use waits::Waits;
pub use writer::GraphWriter;
