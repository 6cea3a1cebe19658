//! Who is asked before a letter goes out of hand.

use async_trait::async_trait;

/// Asked right before the content of a letter is handed over: from then on only the other side knows
/// whether it has it. Several processes that may send the same letter agree here who does.
#[async_trait]
pub trait Gate: Send + Sync {
    /// Whether the letter may be handed over.
    async fn open(&self) -> bool;

    /// Nobody has it, for certain: the other side said no. It may be handed over again.
    async fn shut(&self);
}

/// For a letter that nobody else would send.
#[derive(Debug, Clone, Copy)]
pub struct AlwaysOpen;

#[async_trait]
impl Gate for AlwaysOpen {
    async fn open(&self) -> bool {
        true
    }

    async fn shut(&self) {}
}
