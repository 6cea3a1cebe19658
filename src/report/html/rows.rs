//! The columns of the tables that the script draws. Those of the CSV files have their names and their order, so
//! that what is downloaded from the page is like the file beside it.

mod changes;
mod findings;
mod holdings;
mod objects;

pub(super) use self::changes::{CHANGES, change};
pub(super) use self::findings::{FINDINGS, UNDECIDED, finding, undecided};
pub(super) use self::holdings::{CREDENTIALS, POLICIES, credential, policy};
pub(super) use self::objects::{OBJECTS, object};
use super::pen::Cell;

fn count(count: usize) -> Cell<'static> {
    Cell::Number(i64::try_from(count).ok())
}

fn truth(truth: bool) -> &'static str {
    if truth { "true" } else { "false" }
}
