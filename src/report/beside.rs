//! Rows that are taken in on a second thread, while the next ones are made and written on the first: both take
//! about as long, and are most of what a report costs.

use std::io;
use std::mem;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use super::{CredentialRow, FindingRow, ObjectRow, ReportError, UndecidedRow};

/// Rows that are handed over at once.
const ROWS: usize = 128;

/// How often rows are handed over before they are waited for.
const AHEAD: usize = 4;

/// A row of one of the large tables.
pub(super) enum Row {
    Finding(FindingRow),
    Object(ObjectRow),
    Credential(CredentialRow),
    Undecided(UndecidedRow),
}

/// Whoever takes rows.
pub(super) trait Taker {
    /// Takes a row; they come in the order in which they were made.
    fn take(&mut self, row: Row) -> Result<(), ReportError>;
}

/// Has `work` make rows, and `taker` take them meanwhile. Hands the taker back once it has taken all.
pub(super) fn take<T: Taker + Send>(
    work: impl FnOnce(&mut dyn FnMut(Row) -> Result<(), ReportError>) -> Result<(), ReportError>,
    taker: T,
) -> Result<T, ReportError> {
    let given_up = |_| ReportError::Write(io::ErrorKind::BrokenPipe.into());
    thread::scope(|scope| {
        let (to, taken) = sync_channel(AHEAD);
        let taking = scope.spawn(move || take_all(&taken, taker));
        let mut rows = Vec::with_capacity(ROWS);
        let made = work(&mut |row| {
            rows.push(row);
            match rows.len() < ROWS {
                true => Ok(()),
                false => to.send(mem::replace(&mut rows, Vec::with_capacity(ROWS))).map_err(given_up),
            }
        });
        let made = made.and_then(|()| to.send(rows).map_err(given_up));
        drop(to);
        // Where the taker gave up, its reason is the one that counts.
        let taker = taking.join().unwrap_or_else(|panic| resume_unwind(panic))?;
        made.map(|()| taker)
    })
}

fn take_all<T: Taker>(rows: &Receiver<Vec<Row>>, mut taker: T) -> Result<T, ReportError> {
    for rows in rows {
        for row in rows {
            taker.take(row)?;
        }
    }
    Ok(taker)
}
