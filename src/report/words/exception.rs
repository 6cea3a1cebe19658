//! Findings about the exceptions of the configuration, and those that one accepts.

use super::{Said, all_of, counted, quoted};
use crate::domain::{Covered, Exception, Idleness, Whom};

/// An exception whose last day has passed.
pub(super) fn expired(exception: &Exception, findings: usize) -> Said {
    let Exception { whom: _, rules: _, reason, accepted_by, expires, tenant: _ } = exception;
    let open = match i64::try_from(findings) {
        Ok(0) => "no finding that it covers is open".to_owned(),
        Ok(1) => "1 finding that it covers is open".to_owned(),
        number => format!("{} that it covers are open", counted(number.unwrap_or(i64::MAX), "finding")),
    };
    let detail = format!(
        "The exception for {} expired at the end of {expires} (UTC); {open}. {} had accepted it: {}.",
        spoken(exception),
        quoted(accepted_by.as_str()),
        quoted(reason.as_str()),
    );
    let recommendation = if findings == 0 {
        "Remove it from the configuration."
    } else {
        "Put right what it covers, or have somebody accept it again and give it a new `expires`; then remove \
         what is not needed."
    };
    Said::new(detail, recommendation)
}

/// An exception that matches nothing.
pub(super) fn stale(exception: &Exception, because: Idleness) -> Said {
    let named = match &exception.whom {
        Whom::Id(_) => "nothing that was audited has this id",
        Whom::Name(_) => "no audited object has such a name",
    };
    let (state, recommendation) = match because {
        Idleness::NoObject => {
            (named, "Remove it, or correct what it names; what `audit.scope` leaves out is not seen.")
        }
        Idleness::RulesOff => {
            ("the rules it covers are switched off", "Remove it, or switch the rules on again in `[rules]`.")
        }
        Idleness::NothingBroken => (
            "what it names does not break the rules it covers",
            "Remove it: it would silently accept the next finding.",
        ),
    };
    let detail = format!("The exception for {} covers no finding: {state}.", spoken(exception));
    Said::new(detail, recommendation)
}

/// Until when, by whom and why a finding is accepted.
pub(in crate::report) fn accepted(exception: &Exception) -> String {
    let Exception { whom: _, rules: _, reason, accepted_by, expires, tenant: _ } = exception;
    let (by, reason) = (quoted(accepted_by.as_str()), quoted(reason.as_str()));
    format!("Excepted until {expires} by {by}: {reason}.")
}

/// What an exception speaks of and covers, in a sentence.
fn spoken(exception: &Exception) -> String {
    let whom = match &exception.whom {
        Whom::Id(id) => format!("object {id}"),
        Whom::Name(pattern) => format!("the name {}", quoted(pattern)),
    };
    let rules = match &exception.rules {
        Covered::All => "all rules".to_owned(),
        Covered::These(rules) => all_of(&rules.iter().map(ToString::to_string).collect::<Vec<_>>()),
    };
    format!("{whom} ({rules})")
}
