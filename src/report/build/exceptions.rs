//! Rows of exceptions.

use crate::compliance::Settings;
use crate::domain::{Assessment, Covered, Exception, ExceptionReview, Whom};
use crate::report::ExceptionRow;

/// The exceptions that concern the tenant, as configured, with what each does.
pub(super) fn rows(assessment: &Assessment, settings: &Settings) -> Vec<ExceptionRow> {
    settings.exceptions.iter().zip(&assessment.exceptions).map(row).collect()
}

fn row((exception, review): (&Exception, &ExceptionReview)) -> ExceptionRow {
    let Exception { whom, rules, reason, accepted_by, expires, tenant: _ } = exception;
    let ExceptionReview { state, findings, matches_objects: _, used: _ } = review;
    ExceptionRow {
        whom: match whom {
            Whom::Id(id) => id.to_string(),
            Whom::Name(pattern) => pattern.clone(),
        },
        rules: match rules {
            Covered::All => vec!["*".to_owned()],
            Covered::These(rules) => rules.iter().map(|rule| rule.as_str().to_owned()).collect(),
        },
        reason: reason.as_str().to_owned(),
        accepted_by: accepted_by.as_str().to_owned(),
        expires: *expires,
        state: *state,
        findings: *findings,
    }
}
