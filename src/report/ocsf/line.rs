//! An event on one line, whatever stands in it.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use crate::report::ReportError;

/// Writes it, and ends the line.
pub(super) fn write_line(event: &impl Serialize, out: &mut impl Write) -> Result<(), ReportError> {
    event.serialize(&mut Serializer::with_formatter(&mut *out, OneLine))?;
    Ok(out.write_all(b"\n")?)
}

/// JSON escapes the line breaks of ASCII. Those of Unicode may stand in a string, but readers that cut text
/// into lines would cut there.
struct OneLine;

/// The line breaks that JSON leaves alone, as they are escaped.
const BREAKS: [(char, &str); 3] = [('\u{85}', "\\u0085"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")];

impl Formatter for OneLine {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, found)) = rest.char_indices().find(|(_, c)| escaped(*c).is_some()) {
            let (before, after) = rest.split_at(at);
            out.write_all(before.as_bytes())?;
            out.write_all(escaped(found).unwrap_or_default().as_bytes())?;
            rest = after.get(found.len_utf8()..).unwrap_or_default();
        }
        out.write_all(rest.as_bytes())
    }
}

fn escaped(c: char) -> Option<&'static str> {
    BREAKS.iter().find(|(mark, _)| *mark == c).map(|(_, escape)| *escape)
}
