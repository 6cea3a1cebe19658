//! Findings that go on record, made and sorted on a thread of their own: making them is work that nobody who
//! waits for the database should wait for, and the database least of all.

use std::mem;
use std::panic::resume_unwind;
use std::sync::Arc;

use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::{JoinHandle, spawn_blocking};

use super::findings::Sorting;
use super::inserts::{FINDINGS, Insert, NEW_FINDINGS};
use super::spoilt::Spoilt;
use crate::domain::{FindingKey, FindingRecord, Known, Rows};

/// Findings that are written at one time.
pub(super) struct Load {
    pub(super) insert: &'static Insert,
    pub(super) sorting: Sorting,
}

/// Findings on their way.
pub(super) struct Drawn {
    first: Option<Load>,
    loads: Receiver<Load>,
    thread: JoinHandle<Result<(), Spoilt>>,
}

impl Drawn {
    /// Begins to make findings, and waits for the first of them: where there are few, all are made when the
    /// transaction begins.
    pub(super) async fn begin(
        opened: &Rows<(FindingKey, FindingRecord)>,
        known: Option<&Arc<Known>>,
    ) -> Self {
        let (opened, known) = (opened.clone(), known.map(Arc::clone));
        let (to, mut loads) = channel(1);
        let thread = spawn_blocking(move || draw(opened, known.as_deref(), &to));
        Self { first: loads.recv().await, loads, thread }
    }

    /// The next ones. It may be asked again where nobody waited for the answer.
    pub(super) async fn next(&mut self) -> Result<Option<Load>, Spoilt> {
        if let Some(load) = self.first.take() {
            return Ok(Some(load));
        }
        if let Some(load) = self.loads.recv().await {
            return Ok(Some(load));
        }
        match (&mut self.thread).await {
            Ok(end) => end.map(|()| None),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(error) => Err(Spoilt { what: "the findings".to_owned(), cause: error.to_string() }),
            },
        }
    }
}

fn draw(
    opened: Rows<(FindingKey, FindingRecord)>,
    known: Option<&Known>,
    to: &Sender<Load>,
) -> Result<(), Spoilt> {
    let (mut new, mut back) = (Sorting::default(), Sorting::default());
    for (key, record) in opened {
        let digest = key.digest();
        let is_new = known.is_none_or(|known| known.get(&digest).is_none());
        let (sorting, insert) = if is_new { (&mut new, &NEW_FINDINGS) } else { (&mut back, &FINDINGS) };
        sorting.push(digest, &key, &record)?;
        if sorting.is_full() && to.blocking_send(Load { insert, sorting: mem::take(sorting) }).is_err() {
            return Ok(()); // nobody wants them any more
        }
    }
    for (insert, sorting) in [(&NEW_FINDINGS, new), (&FINDINGS, back)] {
        to.blocking_send(Load { insert, sorting }).ok();
    }
    Ok(())
}
