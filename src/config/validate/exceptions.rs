//! `[[exception]]`.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::{Desk, values};
use crate::compliance::Settings;
use crate::config::hint;
use crate::config::raw::RawException;
use crate::domain::{Covered, Exception, RuleId, Text, Whom};

/// Checks what is accepted. `tenants` are the configured names; `settings` say which rules are switched
/// off, as far as that is known.
pub(super) fn exceptions(
    raw: Vec<RawException>,
    tenants: &[String],
    settings: Option<&Settings>,
    desk: &mut Desk<'_>,
) -> Option<Vec<Exception>> {
    let mut exceptions: Vec<Option<Exception>> = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let path = format!("exception[{index}]");
        let exception = exception(raw, &path, tenants, settings, desk);
        let twin = |other: &Option<Exception>| matches!((other, &exception), (Some(other), Some(one)) if repeats(other, one));
        if let Some(first) = exceptions.iter().position(twin) {
            let what = format!("covers what `exception[{first}]` covers");
            desk.problem(&path, what, "Remove one of the two, or change its rules");
        }
        exceptions.push(exception);
    }
    exceptions.into_iter().collect()
}

/// Whether two exceptions speak of the same in some tenant: a finding about one of them could be taken
/// for one about the other.
fn repeats(one: &Exception, other: &Exception) -> bool {
    let whom = match (&one.whom, &other.whom) {
        (Whom::Id(one), Whom::Id(other)) => one == other,
        (Whom::Name(one), Whom::Name(other)) => one.to_lowercase() == other.to_lowercase(),
        (Whom::Id(_), Whom::Name(_)) | (Whom::Name(_), Whom::Id(_)) => false,
    };
    let meet = one.tenant.is_none() || other.tenant.is_none() || one.tenant == other.tenant;
    whom && meet && one.rules == other.rules
}

fn exception(
    raw: RawException,
    path: &str,
    tenants: &[String],
    settings: Option<&Settings>,
    desk: &mut Desk<'_>,
) -> Option<Exception> {
    let RawException { object, name, rules, reason, accepted_by, expires, tenant } = raw;
    let at = |key: &str| format!("{path}.{key}");
    let whom = whom(object, name, path, desk);
    let rules = covered(rules, settings, &at("rules"), desk);
    let reason = sentence(reason, &at("reason"), "Say why this is accepted", desk);
    let accepted_by = sentence(accepted_by, &at("accepted_by"), "Say who answers for it", desk);
    let expires = last_day(expires, &at("expires"), desk);
    let tenant = meant_for(tenant, tenants, &at("tenant"), desk);
    Some(Exception {
        whom: whom?,
        rules: rules?,
        reason: reason?,
        accepted_by: accepted_by?,
        expires: expires?,
        tenant: tenant?,
    })
}

fn whom(object: Option<String>, name: Option<String>, path: &str, desk: &mut Desk<'_>) -> Option<Whom> {
    let (object_key, name_key) = (format!("{path}.object"), format!("{path}.name"));
    match (object, name) {
        (Some(_), Some(_)) => {
            desk.problem(&name_key, "is given, and `object` too", "Remove one of the two");
            None
        }
        (Some(text), None) => values::guid(&text, &object_key, desk).map(Whom::Id),
        (None, Some(text)) => pattern(&text, &name_key, "excepted", desk).map(Whom::Name),
        (None, None) => {
            if !desk.was_refused(&name_key) {
                desk.missing(&object_key, "Add it, or `name = \"Legacy *\"` for all objects called so");
            }
            None
        }
    }
}

/// Longer names are not taken by Entra.
const LONGEST_NAME: usize = 256;

/// Names are masked before anything else is done with them, so a pattern that was copied from one fits
/// only when it is masked too. `fate` is what becomes of what it fits.
pub(super) fn pattern(text: &str, key: &str, fate: &str, desk: &mut Desk<'_>) -> Option<String> {
    let masked = Text::new(text);
    let problem = if text.trim().is_empty() {
        Some("is empty")
    } else if text.chars().count() > LONGEST_NAME {
        Some("is longer than any name can be")
    } else {
        None
    };
    if let Some(what) = problem {
        desk.problem(key, what, "Write the display name; `*` stands for any text, `?` for one character");
        return None;
    }
    if masked.held_secret() {
        let what = "holds text shaped like a client secret; its first three characters are kept";
        desk.warn(key, what, "Write `*` in its place");
    }
    if text.chars().all(|sign| "*?".contains(sign)) {
        let what = format!("fits names whatever they are: every application and service principal is {fate}");
        desk.warn(key, what, "Write a part of the name, as `Legacy *`, or name the object by its id");
    }
    Some(masked.as_str().to_owned())
}

/// Unknown words were refused before.
fn covered(
    raw: Option<Vec<String>>,
    settings: Option<&Settings>,
    key: &str,
    desk: &mut Desk<'_>,
) -> Option<Covered> {
    let Some(raw) = raw else {
        desk.missing(key, "List the rules, as `[\"client-secret\"]`, or write `[\"*\"]` for all");
        return None;
    };
    if raw.is_empty() {
        desk.problem(
            key,
            "is empty: nothing would be accepted",
            "List the rules, or write `[\"*\"]` for all",
        );
        return None;
    }
    if raw.iter().any(|word| word == "*") {
        if raw.len() > 1 {
            desk.problem(key, "has `*` and more", "Leave `*` alone for all rules, or remove it");
            return None;
        }
        return Some(Covered::All);
    }
    let mut rules = BTreeSet::new();
    for (index, word) in raw.iter().enumerate() {
        let key = format!("{key}[{index}]");
        let rule: RuleId = word.parse().ok()?;
        if !rules.insert(rule) {
            desk.problem(&key, "is listed twice", "Remove one of the two");
        }
        if settings.is_some_and(|settings| settings.severity(rule).is_none()) {
            let what = format!("excepts from `{rule}`, which is switched off");
            desk.warn(&key, what, "Remove it, or switch the rule on");
        }
    }
    Some(Covered::These(rules))
}

/// Text that somebody answers for.
fn sentence(text: Option<String>, key: &str, remedy: &str, desk: &mut Desk<'_>) -> Option<Text> {
    let Some(text) = text else {
        desk.missing(key, remedy);
        return None;
    };
    if text.trim().is_empty() {
        desk.problem(key, "is empty", remedy);
        return None;
    }
    Some(Text::new(text.trim()))
}

/// A day, written as TOML does it. What was written is not repeated.
fn last_day(text: Option<String>, key: &str, desk: &mut Desk<'_>) -> Option<NaiveDate> {
    const REMEDY: &str = "Write the last day on which it holds, as `2027-03-31`";
    let Some(text) = text else {
        desk.missing(key, "Add the last day on which it holds, as `2027-03-31`");
        return None;
    };
    day(&text, key, REMEDY, desk)
}

/// A day.
pub(super) fn day(text: &str, key: &str, remedy: &str, desk: &mut Desk<'_>) -> Option<NaiveDate> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    // The parser takes `2027-3-1` and signs as well.
    let day = day.filter(|day| day.to_string() == text);
    if day.is_none() {
        let what = if text.contains(['T', ':']) { "has a time of day" } else { "is no date" };
        desk.problem(key, what, remedy);
    }
    day
}

fn meant_for(
    name: Option<String>,
    tenants: &[String],
    key: &str,
    desk: &mut Desk<'_>,
) -> Option<Option<String>> {
    let Some(name) = name else { return Some(None) };
    if tenants.contains(&name) {
        return Some(Some(name));
    }
    let remedy = match hint::nearest(&name, tenants.iter().map(String::as_str)) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => "Write the `name` of a `[[tenant]]`, or leave it out for every tenant".to_owned(),
    };
    desk.problem(key, "is the name of no tenant", remedy);
    None
}
