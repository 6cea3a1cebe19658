//! One respect in which something is otherwise than it was.

/// What a change of a policy means for what it restricts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bearing {
    /// It restricts less.
    Weaker,
    /// Neither, or it cannot be said.
    Neither,
    /// It restricts more.
    Stronger,
}

impl Bearing {
    /// The other way round.
    pub(super) fn reversed(self) -> Self {
        match self {
            Self::Weaker => Self::Stronger,
            Self::Neither => Self::Neither,
            Self::Stronger => Self::Weaker,
        }
    }

    /// The word a sentence begins with.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Weaker => "Weakened",
            Self::Neither => "Changed",
            Self::Stronger => "Strengthened",
        }
    }
}

/// One respect in which something is otherwise than it was.
pub(super) struct Aspect {
    /// What it means.
    pub(super) bearing: Bearing,
    /// What was, in a few words.
    pub(super) before: String,
    /// What is, in a few words.
    pub(super) after: String,
    /// What happened, in a sentence.
    pub(super) detail: String,
}

impl Aspect {
    /// One that restricts neither more nor less.
    pub(super) fn new(before: impl Into<String>, after: impl Into<String>, detail: String) -> Self {
        Self { bearing: Bearing::Neither, before: before.into(), after: after.into(), detail }
    }
}
