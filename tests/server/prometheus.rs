//! A strict reader of the text format of Prometheus, version 0.0.4: what it does not know, it does not take.

use std::collections::{BTreeMap, BTreeSet};

/// Samples by name and labels, in the order of the labels' names.
pub(crate) type Samples = BTreeMap<(String, BTreeMap<String, String>), f64>;

type Labels = BTreeMap<String, String>;

/// The samples of a text in which every sample belongs to a family with `HELP` and `TYPE` right before it.
pub(crate) fn read(text: &str) -> Samples {
    assert!(text.is_empty() || text.ends_with('\n'), "the last line does not end");
    let (mut samples, mut families) = (Samples::new(), BTreeSet::new());
    let (mut help, mut family): (Option<String>, Option<(String, String)>) = (None, None);
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, words) = rest.split_once(' ').unwrap_or_else(|| panic!("no words: {line}"));
            assert!(!words.trim().is_empty(), "{line}");
            (help, family) = (Some(name.to_owned()), None);
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert_eq!(help.take().as_deref(), Some(name), "TYPE without HELP: {line}");
            assert!(families.insert(name.to_owned()), "twice: {name}");
            assert!(kind != "counter" || name.ends_with("_total"), "{line}");
            family = Some((name.to_owned(), kind.to_owned()));
        } else {
            assert!(!line.starts_with('#'), "{line}");
            let (family, kind) = family.as_ref().unwrap_or_else(|| panic!("of no family: {line}"));
            let (name, labels, value) = sample(line);
            let suffix =
                name.strip_prefix(family.as_str()).unwrap_or_else(|| panic!("not of {family}: {line}"));
            match kind.as_str() {
                "histogram" => assert!(["_bucket", "_sum", "_count"].contains(&suffix), "{line}"),
                _ => assert_eq!(suffix, "", "{line}"),
            }
            assert!(kind == "gauge" || value >= 0.0, "{line}");
            assert!(samples.insert((name, labels), value).is_none(), "twice: {line}");
        }
    }
    buckets(&samples);
    samples
}

fn sample(line: &str) -> (String, BTreeMap<String, String>, f64) {
    let end = line.find(['{', ' ']).unwrap();
    let name = &line[..end];
    assert!(is_name(name), "{line}");
    let mut labels = BTreeMap::new();
    let mut rest = &line[end..];
    if let Some(inside) = rest.strip_prefix('{') {
        let mut left = inside;
        while !left.starts_with('}') {
            let (label, value) = left.split_once("=\"").unwrap_or_else(|| panic!("{line}"));
            assert!(is_name(label), "{line}");
            let mut text = String::new();
            let mut signs = value.char_indices();
            let after = loop {
                let (place, sign) = signs.next().unwrap_or_else(|| panic!("no end: {line}"));
                match sign {
                    '"' => break place + 1,
                    '\\' => match signs.next() {
                        Some((_, 'n')) => text.push('\n'),
                        Some((_, plain @ ('\\' | '"'))) => text.push(plain),
                        other => panic!("{other:?}: {line}"),
                    },
                    plain => text.push(plain),
                }
            };
            assert!(labels.insert(label.to_owned(), text).is_none(), "{line}");
            left = &value[after..];
            left = left.strip_prefix(',').unwrap_or(left);
        }
        rest = &left[1..];
    }
    let value = rest.strip_prefix(' ').unwrap_or_else(|| panic!("{line}"));
    (name.to_owned(), labels, value.parse().unwrap_or_else(|_| panic!("no number: {line}")))
}

fn is_name(text: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    text.starts_with(|letter: char| letter.is_ascii_lowercase()) && text.chars().all(plain)
}

/// Buckets grow, and the last one is the count.
fn buckets(samples: &Samples) {
    let mut histograms: BTreeMap<(String, Labels), Vec<(f64, f64)>> = BTreeMap::new();
    for ((name, labels), value) in samples {
        let Some(family) = name.strip_suffix("_bucket") else { continue };
        let mut labels = labels.clone();
        let bound = labels.remove("le").unwrap();
        let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().unwrap() };
        histograms.entry((family.to_owned(), labels)).or_default().push((bound, *value));
    }
    for ((family, labels), mut buckets) in histograms {
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(buckets.is_sorted_by(|a, b| a.1 <= b.1), "{family} {labels:?}: {buckets:?}");
        let count = samples[&(format!("{family}_count"), labels.clone())];
        assert_eq!(buckets.last(), Some(&(f64::INFINITY, count)), "{family} {labels:?}");
        assert!(samples.contains_key(&(format!("{family}_sum"), labels)), "{family}");
    }
}

#[test]
#[rustfmt::skip]
fn the_reader_takes_what_is_right_and_nothing_else() {
    let head = "# HELP a_total Words.\n# TYPE a_total counter\n";
    let read_one = read(&format!("{head}a_total{{x=\"q\\\"\\\\\\n\"}} 1\n\n"));
    assert_eq!(read_one.into_iter().next().unwrap().0.1["x"], "q\"\\\n");
    for odd in [
        "a_total 1\n".to_owned(),
        "# TYPE a_total counter\na_total 1\n".to_owned(),
        format!("{head}a_total 1\na_total 1\n"),
        format!("{head}b_total 1\n"),
        format!("{head}a_total x\n"),
        format!("{head}a_total{{x=\"y}} 1\n"),
        format!("{head}a_total -1\n"),
        format!("{head}a_total 1"),
        "# HELP h W.\n# TYPE h histogram\nh_bucket{le=\"1\"} 3\nh_bucket{le=\"+Inf\"} 2\nh_sum 1\nh_count 2\n".to_owned(),
        "# HELP a W.\n# TYPE a counter\na 1\n".to_owned(),
    ] {
        assert!(std::panic::catch_unwind(|| read(&odd)).is_err(), "{odd}");
    }
}
