//! `frameworks.csv`: one row for each control, always all of them.

use std::io::Write;

use ::csv::Error;

use super::Table;
use super::cells::{Cell, list, number, text};
use crate::report::Header;
use crate::report::frameworks::{FrameworkObject, FrameworkRow};

const COLUMNS: [&str; 11] = [
    "framework",
    "version",
    "control",
    "title",
    "verdict",
    "reasons",
    "objects",
    "object_count",
    "nist",
    "attack",
    "url",
];

/// `frameworks.csv`.
pub(in crate::report) fn frameworks<W: Write>(
    header: &Header,
    bom: bool,
    out: W,
) -> Result<Table<'_, FrameworkRow, W, { COLUMNS.len() }>, Error> {
    Table::begin(header, None, COLUMNS, cells, bom, out)
}

fn cells(row: &FrameworkRow) -> [Cell<'_>; COLUMNS.len()] {
    let FrameworkRow { control, verdict, reasons, objects, object_count } = row;
    [
        control.framework.name().into(),
        control.framework.version().into(),
        control.id.into(),
        control.title.into(),
        verdict.as_str().into(),
        list(reasons),
        joined(objects.iter().map(FrameworkObject::cell)),
        number(Some(*object_count)),
        joined(control.nist.iter().map(|one| (*one).to_owned())),
        joined(control.attack.iter().map(|one| (*one).to_owned())),
        text(control.url),
    ]
}

/// A list that is made for the cell.
fn joined<'a>(texts: impl Iterator<Item = String>) -> Cell<'a> {
    super::cells::made(texts.collect::<Vec<_>>().join("; "))
}
