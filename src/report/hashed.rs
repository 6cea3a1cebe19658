//! Hashing a file while it is written.

use std::io::{self, Write};

use sha2::{Digest as _, Sha256};

use crate::domain::Sha256Sum;

/// Hashes and counts what is taken.
pub(super) struct Hashed<W> {
    out: W,
    hash: Sha256,
    bytes: u64,
}

impl<W> Hashed<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, hash: Sha256::new(), bytes: 0 }
    }

    /// What was written to, the SHA-256 of what it took, and its size in bytes.
    pub(super) fn end(self) -> (W, Sha256Sum, u64) {
        let Self { out, hash, bytes } = self;
        (out, Sha256Sum(hash.finalize().into()), bytes)
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let taken = self.out.write(piece)?;
        let piece = piece.get(..taken).unwrap_or(piece);
        self.hash.update(piece);
        self.bytes += piece.len() as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
