//! The rows of the page's large tables, written as JSON into the page one at a time: nobody holds them.

use std::collections::HashMap;
use std::io::{self, Write};

use chrono::{DateTime, Utc};

use crate::report::moment::Moment;

/// Bytes of a text that is remembered, and written only once, at most. Longer ones are rare, unless somebody means
/// to fill memory with them.
const REMEMBERED: usize = 300;

/// A cell of a row.
pub(super) enum Cell<'a> {
    /// A text that is likely to come again: after the first time its number stands for it.
    Word(&'a str),
    /// A text that is not.
    Text(&'a str),
    /// Several words.
    Words(&'a [String]),
    /// A moment.
    Time(Option<DateTime<Utc>>),
    /// A number, or that it is not known.
    Number(Option<i64>),
}

/// What a cell of a column is, as the script has to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Word,
    Text,
    Words,
    Number,
}

impl Holds {
    fn as_str(self) -> &'static str {
        match self {
            Self::Word => "word",
            Self::Text => "text",
            Self::Words => "words",
            Self::Number => "number",
        }
    }
}

/// A table: what it is called, its columns, and where all of it is.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) columns: &'static [(&'static str, Holds)],
    /// Which rows are here where not all are.
    pub(super) which: &'static str,
    /// The file that has all.
    pub(super) file: &'static str,
    /// One row, in words.
    pub(super) noun: &'static str,
}

/// Writes a document of tables, one after another.
pub(super) struct Pen<W> {
    out: W,
    /// Texts that were written, and the numbers that stand for them.
    words: HashMap<Box<str>, usize>,
    /// How many have a number, those not remembered among them.
    numbers: usize,
    any_table: bool,
    any_row: bool,
}

impl<W: Write> Pen<W> {
    pub(super) fn begin(mut out: W) -> io::Result<Self> {
        out.write_all(b"{\"tables\":{")?;
        let words = HashMap::from([("".into(), 0)]);
        Ok(Self { out, words, numbers: 1, any_table: false, any_row: false })
    }

    /// Begins a table of which there are `all` rows, not all of which need to come.
    pub(super) fn table(&mut self, kind: &Kind, all: usize) -> io::Result<()> {
        let Kind { name, columns, which, file, noun } = kind;
        let comma = if self.any_table { ",\n" } else { "\n" };
        (self.any_table, self.any_row) = (true, false);
        write!(
            self.out,
            "{comma}\"{name}\":{{\"all\":{all},\"which\":\"{which}\",\"file\":\"{file}\",\"noun\":\"{noun}\",\"columns\":["
        )?;
        for (index, (column, holds)) in columns.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(self.out, "{comma}[\"{column}\",\"{}\"]", holds.as_str())?;
        }
        self.out.write_all(b"],\"rows\":[")
    }

    pub(super) fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        self.out.write_all(if self.any_row { b",\n[" } else { b"\n[" })?;
        self.any_row = true;
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                self.out.write_all(b",")?;
            }
            self.cell(cell)?;
        }
        self.out.write_all(b"]")
    }

    pub(super) fn end_table(&mut self) -> io::Result<()> {
        self.out.write_all(b"]}")
    }

    pub(super) fn end(mut self) -> io::Result<W> {
        self.out.write_all(b"}}")?;
        Ok(self.out)
    }

    fn cell(&mut self, cell: &Cell<'_>) -> io::Result<()> {
        match cell {
            Cell::Word(text) => self.word(text),
            Cell::Text(text) => quoted(text, &mut self.out),
            Cell::Words(texts) => {
                self.out.write_all(b"[")?;
                for (index, text) in texts.iter().enumerate() {
                    if index > 0 {
                        self.out.write_all(b",")?;
                    }
                    self.word(text)?;
                }
                self.out.write_all(b"]")
            }
            Cell::Time(None) => self.word(""),
            Cell::Time(Some(time)) => {
                let moment = Moment::new(*time);
                self.word(&String::from_utf8_lossy(moment.as_bytes()))
            }
            Cell::Number(None) => self.out.write_all(b"null"),
            Cell::Number(Some(number)) => write!(self.out, "{number}"),
        }
    }

    fn word(&mut self, text: &str) -> io::Result<()> {
        if let Some(number) = self.words.get(text) {
            return write!(self.out, "{number}");
        }
        if text.len() <= REMEMBERED {
            self.words.insert(text.into(), self.numbers);
        }
        self.numbers += 1;
        quoted(text, &mut self.out)
    }
}

/// Writes a text as JSON in which nothing ends the element that it stands in, breaks a line or turns one around.
fn quoted(text: &str, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"\"")?;
    let mut rest = text;
    while let Some((at, sign)) = rest.char_indices().find(|(_, sign)| is_escaped(*sign)) {
        let (plain, from) = rest.split_at(at);
        out.write_all(plain.as_bytes())?;
        // All of them are of the first plane.
        write!(out, "\\u{:04x}", u32::from(sign))?;
        rest = from.get(sign.len_utf8()..).unwrap_or_default();
    }
    out.write_all(rest.as_bytes())?;
    out.write_all(b"\"")
}

fn is_escaped(sign: char) -> bool {
    sign.is_control()
        || matches!(sign, '"' | '\\' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}')
        || matches!(sign, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}
