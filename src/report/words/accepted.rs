//! What is said of a finding that somebody has accepted.

use crate::domain::Exception;
use crate::report::phrases::plain;

/// A reason longer than this is cut: it stands in every finding that it excepts.
const LONGEST: usize = 400;

/// Until when, by whom and why a finding is accepted, in a sentence.
pub(in crate::report) fn accepted(exception: &Exception) -> String {
    let Exception { whom: _, rules: _, reason, accepted_by, expires, tenant: _ } = exception;
    let reason = plain(reason.as_str(), LONGEST);
    let accepted_by = plain(accepted_by.as_str(), LONGEST);
    let stop = if reason.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("Excepted until {expires} by {accepted_by}: {reason}{stop}")
}
