//! Counting what changed.

use crate::report::{ChangeCounts, ChangeKind, ChangeRow, ChangeWord, Fresh, ThingCounts};

/// The kinds that are told of one by one, in this order.
const KINDS: [ChangeKind; 4] =
    [ChangeKind::Policy, ChangeKind::Assignment, ChangeKind::Credential, ChangeKind::Object];

/// What changed, with the open findings that are new or back.
pub(super) fn counts(fresh: &[Fresh], rows: &[ChangeRow]) -> ChangeCounts {
    let mut counts = ChangeCounts::default();
    for Fresh { new, reopened } in fresh {
        counts.new += new;
        counts.reopened += reopened;
    }
    for row in rows {
        match (row.change, row.kind) {
            (ChangeWord::Fixed, _) => counts.fixed += 1,
            (_, ChangeKind::Finding) | (ChangeWord::Reopened, _) => (),
            (ChangeWord::Appeared, _) => counts.appeared += 1,
            (ChangeWord::Changed, _) => counts.changed += 1,
            (ChangeWord::Gone, _) => counts.gone += 1,
        }
    }
    counts
}

/// The things that changed, kind by kind.
pub(super) fn things(rows: &[ChangeRow]) -> Vec<ThingCounts> {
    KINDS.into_iter().filter_map(|kind| of_kind(kind, rows)).collect()
}

fn of_kind(kind: ChangeKind, rows: &[ChangeRow]) -> Option<ThingCounts> {
    let mut these: Vec<&ChangeRow> = rows.iter().filter(|row| row.kind == kind).collect();
    these.sort_unstable_by(|a, b| what(a).cmp(&what(b)).then(a.change.cmp(&b.change)));
    these.first()?;
    let of_word = |word| {
        let its = these.iter().filter(|row| row.change == word);
        (word, distinct(its.copied()))
    };
    let words = [ChangeWord::Appeared, ChangeWord::Reopened, ChangeWord::Changed, ChangeWord::Gone];
    Some(ThingCounts {
        kind,
        things: distinct(these.iter().copied()),
        by_word: words.into_iter().map(of_word).filter(|(_, count)| *count > 0).collect(),
        rows: these.len(),
    })
}

/// How many things sorted rows speak of.
fn distinct<'a>(rows: impl Iterator<Item = &'a ChangeRow>) -> usize {
    let (mut count, mut last) = (0, None);
    for row in rows {
        let this = Some(what(row));
        count += usize::from(last != this);
        last = this;
    }
    count
}

/// The thing that a row speaks of.
fn what(row: &ChangeRow) -> impl Ord + '_ {
    let ChangeRow { object_type, object_id, credential_type, credential_id, credential_name, .. } = row;
    (object_type, object_id, credential_type, credential_id, credential_name)
}
