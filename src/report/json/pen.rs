//! Writing a document member by member, so that nobody has to hold it.

use std::borrow::Borrow;
use std::io::Write;

use serde::Serialize;
use serde_json::ser::PrettyFormatter;
use serde_json::{Error, Serializer};

use super::InDocument;

/// Writes an object: its members indented for reading, but the rows of its lists on one line each, because
/// there are many of them.
pub(super) struct Pen<W> {
    out: W,
    empty: bool,
}

impl<W: Write> Pen<W> {
    pub(super) fn begin(mut out: W) -> Result<Self, Error> {
        out.write_all(b"{").map_err(Error::io)?;
        Ok(Self { out, empty: true })
    }

    pub(super) fn end(mut self) -> Result<(), Error> {
        self.out.write_all(b"\n}\n").map_err(Error::io)
    }

    /// Writes a member that is small.
    pub(super) fn member(&mut self, name: &str, value: impl Serialize) -> Result<(), Error> {
        self.name(name)?;
        let mut text = Vec::new();
        value.serialize(&mut Serializer::with_formatter(&mut text, PrettyFormatter::with_indent(b" ")))?;
        // The strings of JSON hold no line breaks: each of these is the formatter's.
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            self.out.write_all(if index == 0 { b"" } else { b"\n " }).map_err(Error::io)?;
            self.out.write_all(line).map_err(Error::io)?;
        }
        Ok(())
    }

    /// Writes a list, row by row.
    pub(super) fn list<R: InDocument>(
        &mut self,
        name: &str,
        rows: impl IntoIterator<Item: Borrow<R>>,
    ) -> Result<(), Error> {
        self.table(name, rows, |_| Ok(()))
    }

    /// Writes a list, row by row, and hands each row on.
    pub(super) fn table<R: InDocument, T: Borrow<R>, E: From<Error>>(
        &mut self,
        name: &str,
        rows: impl IntoIterator<Item = T>,
        mut to: impl FnMut(T) -> Result<(), E>,
    ) -> Result<(), E> {
        self.name(name)?;
        let mut any = false;
        for row in rows {
            self.out.write_all(if any { b",\n  " } else { b"[\n  " }).map_err(Error::io)?;
            serde_json::to_writer(&mut self.out, &R::Form::from(row.borrow()))?;
            to(row)?;
            any = true;
        }
        Ok(self.out.write_all(if any { b"\n ]" } else { b"[]" }).map_err(Error::io)?)
    }

    fn name(&mut self, name: &str) -> Result<(), Error> {
        self.out.write_all(if self.empty { b"\n " } else { b",\n " }).map_err(Error::io)?;
        self.empty = false;
        serde_json::to_writer(&mut self.out, name)?;
        self.out.write_all(b": ").map_err(Error::io)
    }
}
