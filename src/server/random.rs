//! Secrets that nobody can guess.

use tokio_rustls::rustls::crypto::aws_lc_rs;

/// There is no randomness to be had.
#[derive(Debug, thiserror::Error)]
#[error("the machine gives no random numbers")]
pub struct NoRandomness;

/// As many random bytes, fit for keys.
pub(super) fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    aws_lc_rs::default_provider().secure_random.fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}
