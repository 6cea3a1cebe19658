//! What controls ask of the tenant default. Both halves have to answer: the admin centre shows them as one,
//! Graph keeps them apart (FACTS §5.5).

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::super::effective::RestrictionType;
use super::sheet::Sheet;
use super::words::{code, halves};
use crate::domain::{Limit, ObjectKind, Restriction, RestrictionKind, State, TenantDefault};

/// A restriction that has to be in force.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask {
    pub(super) kind: &'static RestrictionKind,
    /// The longest lifetime that is accepted, for restrictions of a lifetime.
    pub(super) longest: Option<Longest>,
}

/// The longest lifetime that a text accepts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Longest {
    /// As the text has it, in days.
    pub(super) days: i64,
    /// As it may be stored, in days: the admin centre evaluates lifetimes as "less than" (FACTS §5.4).
    pub(super) stored: i64,
}

/// Which dates of a restriction a text accepts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Dates {
    /// Those not later than this: the moment of the assessment.
    NotAfter(DateTime<Utc>),
    /// None: the restriction has to reach every object.
    None,
}

/// Why the limit of an entry does not do.
pub(super) enum Loose {
    /// It is longer, or there is none.
    Beyond(String),
    /// It cannot be read.
    Unreadable(String),
}

impl Ask {
    pub(super) const fn for_all(kind: &'static RestrictionKind) -> Self {
        Self { kind, longest: None }
    }

    pub(super) const fn at_most(kind: &'static RestrictionKind, days: i64, stored: i64) -> Self {
        Self { kind, longest: Some(Longest { days, stored }) }
    }

    /// The entry that would answer.
    pub(super) fn find<'a>(
        self,
        entries: impl IntoIterator<Item = &'a Restriction>,
    ) -> Option<&'a Restriction> {
        RestrictionType::of(self.kind).find(entries)
    }

    /// What is wrong with the limit of an entry, if anything is, as the end of a sentence.
    pub(super) fn loose(self, limit: &Limit) -> Option<Loose> {
        let Longest { days, stored } = self.longest?;
        match limit {
            Limit::Missing => Some(Loose::Beyond("sets no maxLifetime".to_owned())),
            Limit::Unreadable(text) => Some(Loose::Unreadable(format!(
                "sets a maxLifetime that cannot be read, {}",
                code(text.as_str())
            ))),
            Limit::Max { max, text } if TimeDelta::days(stored) < max.as_delta() => {
                let room =
                    if stored == days { String::new() } else { format!(" (stored as at most P{stored}D)") };
                Some(Loose::Beyond(format!("allows {}, more than {days} days{room}", code(text))))
            }
            Limit::Max { .. } => None,
        }
    }
}

/// Holds the tenant default against what is asked of it.
pub(super) fn of_tenant_default(
    policy: Option<&TenantDefault>,
    asks: &[Ask],
    dates: Dates,
    sheet: &mut Sheet,
) {
    let Some(policy) = policy else {
        return sheet.doubts.say("The tenant default policy could not be read.".to_owned());
    };
    if !policy.is_enabled {
        sheet
            .against
            .say("The tenant default policy is not enabled, so nothing in it is enforced.".to_owned());
        return sheet.against.policy(policy.id, &policy.display_name);
    }
    for ask in asks {
        for half in [ObjectKind::Application, ObjectKind::ServicePrincipal] {
            hold(policy, half, *ask, dates, sheet);
        }
    }
}

fn hold(policy: &TenantDefault, half: ObjectKind, ask: Ask, dates: Dates, sheet: &mut Sheet) {
    let (whom, kind) = (halves(half), ask.kind);
    let side = |sentence: String, side: &mut super::sheet::Side| {
        side.say(sentence);
        side.policy(policy.id, &policy.display_name);
    };
    let Some(entry) = ask.find(policy.restrictions(half)) else {
        return side(format!("The tenant default has no {kind} for {whom}."), &mut sheet.against);
    };
    match &entry.state {
        State::Disabled => {
            return side(format!("In the tenant default {kind} is disabled for {whom}."), &mut sheet.against);
        }
        State::Other(word) => {
            let sentence = format!(
                "In the tenant default the state of {kind} for {whom} is {}, which this program does not know.",
                code(word.as_str())
            );
            side(sentence, &mut sheet.doubts);
        }
        State::Enabled | State::Missing => (),
    }
    if let Some(date) = entry.date() {
        let reaches =
            format!("In the tenant default {kind} reaches only {whom} created on or after {}", at(date));
        match dates {
            Dates::None => side(format!("{reaches}, so older ones are exempt."), &mut sheet.against),
            Dates::NotAfter(now) if now < date => {
                side(format!("{reaches}, which is still to come."), &mut sheet.against);
            }
            Dates::NotAfter(_) => sheet.notes.say(format!("{reaches}, which the text accepts.")),
        }
    }
    match ask.loose(&entry.limit) {
        Some(Loose::Beyond(what)) => {
            side(format!("In the tenant default {kind} for {whom} {what}."), &mut sheet.against);
        }
        Some(Loose::Unreadable(what)) => {
            side(format!("In the tenant default {kind} for {whom} {what}."), &mut sheet.doubts);
        }
        None => (),
    }
    if !entry.exempted_actors.is_empty() {
        let exempted = &entry.exempted_actors;
        sheet.notes.say(format!(
            "In the tenant default {kind} for {whom} exempts callers with {}, which the text does not look at.",
            super::words::actors(exempted)
        ));
    }
}

/// A moment in a sentence.
pub(super) fn at(date: DateTime<Utc>) -> String {
    date.to_rfc3339_opts(SecondsFormat::Secs, true)
}
