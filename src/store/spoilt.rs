//! Rows that a broken program has written, or a hand.

/// A row that cannot be read. Names the row; what stands in it is nobody's business.
#[derive(Debug)]
pub(super) struct Spoilt {
    /// The row, as in "the store holds ... that cannot be read".
    pub(super) what: String,
    /// Why not.
    pub(super) cause: String,
}

impl Spoilt {
    /// A row of which a column holds what it never should.
    pub(super) fn column(table: &str, key: &str, column: &str) -> Self {
        Self { what: format!("a row of `{table}` ({key})"), cause: format!("of what stands in `{column}`") }
    }

    /// A row whose bytes are not what they should be.
    pub(super) fn bytes(table: &str, key: &str) -> Self {
        Self {
            what: format!("a row of `{table}` ({key})"),
            cause: "its body is not what it should be".to_owned(),
        }
    }

    /// A row whose body is of no known shape.
    pub(super) fn body(table: &str, key: &str, error: &serde_json::Error) -> Self {
        Self {
            what: format!("a row of `{table}` ({key})"),
            cause: format!(
                "its body is not what it should be at line {}, column {}",
                error.line(),
                error.column()
            ),
        }
    }
}
