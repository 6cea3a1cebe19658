//! Many rows in a few values: a statement with a value for each column of each row takes longer to read
//! than to carry out.

/// Rows on their way into one statement.
#[derive(Default)]
pub(super) struct Batch {
    /// How many.
    pub(super) rows: i64,
    /// Their ids, sixteen bytes each.
    pub(super) ids: Vec<u8>,
    /// Their digests, likewise.
    pub(super) digests: Vec<u8>,
    /// Their bodies.
    pub(super) bodies: Vec<u8>,
    /// Where each body begins, counted from one, and how long it is: ten digits each.
    pub(super) places: Vec<u8>,
}

impl Batch {
    /// Rows in a statement: with more, bodies are copied to and fro for nothing.
    const ROWS: i64 = 500;

    /// Bytes of bodies in a statement.
    const BYTES: usize = 1 << 20;

    /// Takes in a row.
    pub(super) fn push(&mut self, id: &[u8; 16], digest: &[u8], body: &[u8]) {
        self.rows += 1;
        self.ids.extend_from_slice(id);
        self.digests.extend_from_slice(digest);
        let place = format!("{:010}{:010}", self.bodies.len() + 1, body.len());
        self.places.extend_from_slice(place.as_bytes());
        self.bodies.extend_from_slice(body);
    }

    /// Whether it should go.
    pub(super) fn is_full(&self) -> bool {
        self.rows >= Self::ROWS || self.bodies.len() >= Self::BYTES
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0
    }
}
