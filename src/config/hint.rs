//! Helping with a word that is not known.

/// The candidate that is most probably meant, if any is near enough.
pub(super) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase().replace('-', "_");
    // A third of the letters may differ. More would offer `host` for `port`, less would miss two slips.
    let limit = (word.chars().count() / 3).clamp(1, 3);
    candidates
        .map(|candidate| (distance(&word, &candidate.to_lowercase().replace('-', "_")), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The edits (insert, delete, replace) that lead from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (row, letter) in from.chars().enumerate() {
        let mut left = row + 1;
        let mut line = vec![left];
        for (other, pair) in to.iter().zip(above.windows(2)) {
            let [diagonal, up] = pair else { continue };
            left = (diagonal + usize::from(letter != *other)).min(up + 1).min(left + 1);
            line.push(left);
        }
        above = line;
    }
    above.last().copied().unwrap_or_default()
}

/// `a`, `b` or `c`, in backticks.
pub(super) fn alternatives<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

/// Whether a key looks as if its value were a secret.
pub(super) fn is_secretive(key: &str) -> bool {
    let key = key.to_lowercase();
    ["pass", "pwd", "secret", "token", "private"].iter().any(|word| key.contains(word))
}

/// A key as it may be printed: somebody may have put a value where the key belongs.
pub(super) fn printable_key(key: &str) -> &str {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if !key.is_empty() && key.len() <= 40 && key.chars().all(plain) { key } else { "(a key)" }
}

/// A value as it may be printed, for keys whose values are no secrets: in backticks when it is short and
/// made of ordinary characters.
pub(super) fn printable_value(value: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || " */,?#@+:._-".contains(letter);
    if value.len() <= 40 && value.chars().all(plain) { format!("`{value}`") } else { "it".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn the_nearest_word_is_found_and_a_far_one_is_not() {
        for (word, expected) in [
            ("schedul", Some("schedule")), ("shcedule", Some("schedule")), ("Schedule", Some("schedule")),
            ("mial", None), ("mai", Some("mail")), ("client-id", Some("client_id")), ("store", None), ("", None),
        ] {
            let found = nearest(word, ["schedule", "mail", "client_id"].into_iter());
            assert_eq!(found, expected, "{word}");
        }
    }
}
