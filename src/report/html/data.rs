//! The data that the page's script draws its tables from: written into the page as the rows come.

use std::io::{self, Write};

use super::pen::{Kind, Pen};
use super::room::Room;
use super::rows::{self, CHANGES, CREDENTIALS, FINDINGS, OBJECTS, POLICIES, UNDECIDED};
use crate::report::Report;
use crate::report::beside::Row;

/// The tables whose rows come one at a time, in the order in which they do.
const COMING: [&Kind; 4] = [&FINDINGS, &OBJECTS, &CREDENTIALS, &UNDECIDED];

/// The data of a page that is being written.
pub(super) struct Data<W> {
    pen: Pen<W>,
    room: Room,
    /// How many rows there are of each table that comes.
    all: [usize; COMING.len()],
    /// How many tables were begun.
    begun: usize,
}

impl<W: Write> Data<W> {
    /// Begins with what does not come row by row.
    pub(super) fn begin(report: &Report, most: usize, out: W) -> io::Result<Self> {
        let mut pen = Pen::begin(out)?;
        pen.table(&CHANGES, report.changes.len())?;
        report.changes.iter().take(most).try_for_each(|row| pen.row(&rows::change(row)))?;
        pen.end_table()?;
        pen.table(&POLICIES, report.policies.len())?;
        report.policies.iter().take(most).try_for_each(|row| pen.row(&rows::policy(row)))?;
        pen.end_table()?;
        let Report { findings, objects, credentials, undecided, summary, .. } = report;
        let all = [findings.len(), objects.len(), credentials.len(), undecided.len()];
        Ok(Self { pen, room: Room::new(summary, most), all, begun: 0 })
    }

    /// Takes a row, table by table in the order of the report, if there is room for it.
    pub(super) fn row(&mut self, row: &Row) -> io::Result<()> {
        match row {
            Row::Finding(row) if self.room.finding(row) => {
                self.reach(1)?;
                self.pen.row(&rows::finding(row))
            }
            Row::Object(row) if self.room.object(row) => {
                self.reach(2)?;
                self.pen.row(&rows::object(row))
            }
            Row::Credential(row) if self.room.credential(row) => {
                self.reach(3)?;
                self.pen.row(&rows::credential(row))
            }
            Row::Undecided(row) if self.room.undecided() => {
                self.reach(4)?;
                self.pen.row(&rows::undecided(row))
            }
            Row::Finding(_) | Row::Object(_) | Row::Credential(_) | Row::Undecided(_) => Ok(()),
        }
    }

    /// Ends the tables that have not come, and hands back where it was written to.
    pub(super) fn end(mut self) -> io::Result<W> {
        self.reach(COMING.len())?;
        self.pen.end_table()?;
        self.pen.end()
    }

    /// Goes on to a table, counted from 1; those that are passed have no rows.
    fn reach(&mut self, table: usize) -> io::Result<()> {
        let tables = COMING.iter().zip(self.all).take(table).skip(self.begun);
        for (index, (kind, all)) in tables.enumerate() {
            if self.begun + index > 0 {
                self.pen.end_table()?;
            }
            self.pen.table(kind, all)?;
        }
        self.begun = self.begun.max(table);
        Ok(())
    }
}
