//! Name patterns: `*` stands for any text, `?` for one character.

/// A pattern, ready to be held against any number of names. There is nothing that it could not be made
/// of, and the work for a name grows with its length times that of the pattern, at worst.
#[derive(Debug)]
pub(super) struct Pattern(Vec<char>);

/// A name in the form in which it is compared: upper and lower case aside.
pub(super) struct Folded(Vec<char>);

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self(fold(text))
    }

    /// Whether it fits the whole name.
    pub(super) fn fits(&self, name: &Folded) -> bool {
        let (mut signs, mut letters) = (self.0.as_slice(), name.0.as_slice());
        // Where to go on when it does not: behind the last star, with one more letter left to that.
        // Earlier stars need not take more, because the last one can.
        let mut retry: Option<(&[char], &[char])> = None;
        while let Some((letter, later)) = letters.split_first() {
            match signs.split_first() {
                Some(('*', behind)) => {
                    retry = Some((behind, letters));
                    signs = behind;
                }
                Some((sign, behind)) if *sign == '?' || sign == letter => {
                    (signs, letters) = (behind, later);
                }
                Some(_) | None => {
                    let Some((behind, [_, rest @ ..])) = retry else { return false };
                    retry = Some((behind, rest));
                    (signs, letters) = (behind, rest);
                }
            }
        }
        signs.iter().all(|sign| *sign == '*')
    }
}

impl Folded {
    pub(super) fn new(name: &str) -> Self {
        Self(fold(name))
    }
}

/// In lower case, one character for one, so that `?` means the same in every name.
fn fold(text: &str) -> Vec<char> {
    let lower = |letter: char| {
        let mut lower = letter.to_lowercase();
        match (lower.next(), lower.next()) {
            // A capital sigma has two small ones, by where in the word it stands.
            (Some('ς'), None) => 'σ',
            (Some(lower), None) => lower,
            (None, _) | (Some(_), Some(_)) => letter,
        }
    };
    text.chars().map(lower).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn a_pattern_fits_the_whole_name_and_nothing_less() {
        for (pattern, name, fits) in [
            ("Legacy *",       "Legacy payroll",      true),
            ("Legacy *",       "legacy PAYROLL",      true),
            ("Legacy *",       "Legacy ",             true),
            ("Legacy *",       "Legacy",              false),
            ("Legacy *",       "My Legacy payroll",   false),
            ("payroll",        "Payroll",             true),
            ("payroll",        "Payroll 2",           false),
            ("payroll",        "",                    false),
            ("*",              "",                    true),
            ("?",              "",                    false),
            ("?",              "é",                   true),
            ("?",              "é\u{301}",            false),
            ("*-test-*",       "a-tes-test-b",        true),
            ("*ab*ab",         "abab",                true),
            ("*ab*ab",         "ab",                  false),
            ("a*b*c",          "a1b2b3c",             true),
            ("a*b*c",          "a1b2b3",              false),
            ("a??c",           "abbc",                true),
            ("a??c",           "abc",                 false),
            ("**?",            "x",                   true),
            ("a.c",            "abc",                 false),
            ("[ab](c)+^$\\",   "[AB](c)+^$\\",        true),
            ("[ab]",           "a",                   false),
            ("*",              "two\nlines\u{0}",     true),
            ("ΟΔΟΣ*",          "οδοσα",               true),
            ("ΟΔΟΣ",           "οδος",                true),
            ("İ?",             "İx",                  true),
            ("straße",         "STRASSE",             false),
        ] {
            assert_eq!(Pattern::new(pattern).fits(&Folded::new(name)), fits, "{pattern} {name:?}");
        }
    }

    #[test]
    fn the_worst_of_patterns_is_done_with_at_once() {
        let pattern = Pattern::new(&format!("{}b", "*a?".repeat(85)));
        assert!(!pattern.fits(&Folded::new(&"a".repeat(20_000))));
    }
}
