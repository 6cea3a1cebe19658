//! The CSV files of a run (DESIGN §4): UTF-8, RFC 4180, CRLF, and no cell that a spreadsheet runs.

mod cells;
mod columns;
mod frameworks;

use std::borrow::Borrow;
use std::io::{self, Write};

use ::csv::{Error, Terminator, Writer, WriterBuilder};

use super::{ChangeRow, Compared, CredentialRow, FindingRow, Header, ObjectRow, PolicyRow};
use cells::{Cell, text};
use columns::{CHANGE_COLUMNS, POLICY_COLUMNS, change, credential, finding, object, policy};
pub(super) use columns::{CREDENTIAL_COLUMNS, FINDING_COLUMNS, OBJECT_COLUMNS};
pub(super) use frameworks::frameworks;

/// Without it Excel takes the file for the local code page.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A table that is being written, of rows with `N` cells of their own.
pub(super) struct Table<'a, R, W: Write, const N: usize> {
    /// What every row begins with: `tenant`, `run_id` and, of changes, `since`.
    shared: Vec<Cell<'a>>,
    cells: for<'r> fn(&'r R) -> [Cell<'r>; N],
    writer: Writer<W>,
}

impl<'a, R, W: Write, const N: usize> Table<'a, R, W, N> {
    fn begin(
        header: &'a Header,
        since: Option<&'a str>,
        columns: [&str; N],
        cells: for<'r> fn(&'r R) -> [Cell<'r>; N],
        bom: bool,
        mut out: W,
    ) -> Result<Self, Error> {
        if bom {
            out.write_all(BYTE_ORDER_MARK)?;
        }
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
        let names = ["tenant", "run_id"].into_iter().chain(since.map(|_| "since")).chain(columns);
        writer.write_record(names)?;
        let mut shared = vec![text(&header.tenant), header.run_id.as_str().into()];
        shared.extend(since.map(Cell::from));
        Ok(Self { shared, cells, writer })
    }

    /// Writes a row.
    pub(super) fn row(&mut self, row: &R) -> Result<(), Error> {
        for cell in &self.shared {
            self.writer.write_field(cell.as_bytes())?;
        }
        self.writer.write_record((self.cells)(row).iter().map(Cell::as_bytes))
    }

    /// Writes all of them and hands back what was written to.
    pub(super) fn all(mut self, rows: impl IntoIterator<Item: Borrow<R>>) -> Result<W, Error> {
        for row in rows {
            self.row(row.borrow())?;
        }
        Ok(self.end()?)
    }

    /// Hands back what was written to, once all of it is there.
    pub(super) fn end(self) -> io::Result<W> {
        self.writer.into_inner().map_err(|error| error.into_error())
    }
}

/// `findings.csv`.
pub(super) fn findings<W: Write>(
    header: &Header,
    bom: bool,
    out: W,
) -> Result<Table<'_, FindingRow, W, { FINDING_COLUMNS.len() }>, Error> {
    Table::begin(header, None, FINDING_COLUMNS, finding, bom, out)
}

/// `objects.csv`.
pub(super) fn objects<W: Write>(
    header: &Header,
    bom: bool,
    out: W,
) -> Result<Table<'_, ObjectRow, W, { OBJECT_COLUMNS.len() }>, Error> {
    Table::begin(header, None, OBJECT_COLUMNS, object, bom, out)
}

/// `credentials.csv`.
pub(super) fn credentials<W: Write>(
    header: &Header,
    bom: bool,
    out: W,
) -> Result<Table<'_, CredentialRow, W, { CREDENTIAL_COLUMNS.len() }>, Error> {
    Table::begin(header, None, CREDENTIAL_COLUMNS, credential, bom, out)
}

/// `policies.csv`.
pub(super) fn policies<W: Write>(
    header: &Header,
    bom: bool,
    out: W,
) -> Result<Table<'_, PolicyRow, W, { POLICY_COLUMNS.len() }>, Error> {
    Table::begin(header, None, POLICY_COLUMNS, policy, bom, out)
}

/// `changes.csv`: no rows where there is nothing to compare with.
pub(super) fn changes<'a, W: Write>(
    header: &'a Header,
    compared: &'a Compared,
    bom: bool,
    out: W,
) -> Result<Table<'a, ChangeRow, W, { CHANGE_COLUMNS.len() }>, Error> {
    let since = match compared {
        Compared::With(last) => last.run_id.as_str(),
        Compared::Unknown | Compared::First => "",
    };
    Table::begin(header, Some(since), CHANGE_COLUMNS, change, bom, out)
}
