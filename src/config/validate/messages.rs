//! `[[route]]`, `[digest]`, `[owners]` and `[mail] templates`.

use std::error::Error as _;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use chrono::TimeDelta;
use lettre::message::Mailbox;

use super::schedule::{self, Timing};
use super::{Desk, values, webhook};
use crate::config::raw::{RawDigest, RawOwners, RawRoute, RawSeverity, RawWhen};
use crate::config::{Digest, Route, Schedule, Summaries};
use crate::domain::Severity;
use crate::report::{OwnerTerms, TemplateFlaw, Templates, When};

/// What there is of `[mail]` for those who are written to beside the summary.
#[derive(Clone, Copy)]
pub(super) enum Post<'m> {
    /// There is no `[mail]`.
    None,
    /// It has problems of its own.
    Unknown,
    /// `summary` and `to`.
    Of(Summaries, &'m [Mailbox]),
}

/// Whatever is mailed needs `[mail]`.
fn needs_mail(key: &str, post: Post<'_>, desk: &mut Desk<'_>) -> bool {
    let missing = matches!(post, Post::None);
    if missing {
        desk.problem(key, "needs `[mail]`, and there is none", "Add `[mail]`, or remove it");
    }
    !missing
}

/// Checks who else gets letters. `tenants` are the configured names.
pub(super) fn routes(
    raw: Vec<RawRoute>,
    tenants: &[String],
    post: Post<'_>,
    desk: &mut Desk<'_>,
) -> Option<Vec<Route>> {
    let fits = raw.is_empty() || needs_mail("route", post, desk);
    let mut names: Vec<String> = Vec::new();
    let mut routes = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let path = format!("route[{index}]");
        if let Some(name) = raw.name.as_deref().map(str::to_lowercase) {
            if names.contains(&name) {
                let what = "is the name of another route too, upper and lower case aside";
                desk.problem(&format!("{path}.name"), what, "Give each route a `name` of its own");
            }
            names.push(name);
        }
        routes.push(route(raw, &path, tenants, desk));
    }
    routes.into_iter().collect::<Option<Vec<_>>>().filter(|_| fits)
}

fn route(raw: RawRoute, path: &str, tenants: &[String], desk: &mut Desk<'_>) -> Option<Route> {
    let RawRoute { name, to, min_severity, tenants: told, when } = raw;
    let at = |key: &str| format!("{path}.{key}");
    let name = match name {
        Some(name) => webhook::name(name, &at("name"), desk),
        None => {
            desk.missing(&at("name"), "Give the route a short name, as `helpdesk`");
            None
        }
    };
    let to = recipients(to, &at("to"), desk);
    let told = match told {
        Some(told) => webhook::known(told, tenants, &at("tenants"), desk).map(Some),
        None => Some(None),
    };
    Some(Route {
        name: name?,
        to: to?,
        min_severity: min_severity.map_or(Severity::Info, RawSeverity::into),
        tenants: told?,
        when: match when {
            Some(RawWhen::Always) => When::Always,
            Some(RawWhen::Findings) => When::Findings,
            Some(RawWhen::New) | None => When::New,
        },
    })
}

/// Recipients that must be there.
fn recipients(to: Option<Vec<String>>, key: &str, desk: &mut Desk<'_>) -> Option<Vec<Mailbox>> {
    let Some(to) = to else {
        desk.missing(key, "Add the recipients, as `[\"security@example.com\"]`");
        return None;
    };
    if to.is_empty() {
        desk.problem(key, "is empty", "Name a recipient, as `[\"security@example.com\"]`");
        return None;
    }
    values::mailboxes(&to, key, desk)
}

/// Checks `[digest]`, which is there exactly when `[mail] summary` wants it.
pub(super) fn digest(
    raw: Option<RawDigest>,
    post: Post<'_>,
    timing: Option<&Timing>,
    desk: &mut Desk<'_>,
) -> Option<Option<Digest>> {
    let wanted = matches!(post, Post::Of(summary, _) if summary.digest());
    let Some(RawDigest { cron, timezone, to }) = raw else {
        if wanted {
            desk.missing("digest", "Add `[digest]` with `cron`, as `cron = \"0 7 * * MON\"`");
            return None;
        }
        return Some(None);
    };
    let fits = needs_mail("digest", post, desk);
    let cron = match cron {
        Some(text) => schedule::cron(&text, "digest.cron", desk),
        None => {
            desk.missing("digest.cron", "Add it, as `cron = \"0 7 * * MON\"`");
            None
        }
    };
    let timezone = match timezone {
        Some(text) => schedule::timezone(&text, "digest.timezone", desk),
        None => timing.map(Timing::timezone),
    };
    let to = match (to, post) {
        (Some(to), _) => recipients(Some(to), "digest.to", desk),
        (None, Post::Of(_, [])) if wanted => {
            desk.missing("digest.to", "Add the recipients, here or as `mail.to`");
            None
        }
        (None, Post::Of(_, to)) => Some(to.to_vec()),
        (None, Post::None | Post::Unknown) => None,
    };
    let (cron, timezone, to) = (cron?, timezone?, to?);
    if !fits {
        return None;
    }
    if !wanted {
        let what = "is never sent: `mail.summary` is `per-tenant`";
        desk.warn("digest", what, "Set `mail.summary` to `digest` or `both`, or remove `[digest]`");
        return Some(None);
    }
    let schedule = Schedule { cron, timezone, jitter: std::time::Duration::ZERO, catch_up: true };
    Some(Some(Digest { schedule, to }))
}

/// Checks `[owners]`; none where they are not written to.
pub(super) fn owners(
    raw: Option<RawOwners>,
    post: Post<'_>,
    reads_owners: bool,
    desk: &mut Desk<'_>,
) -> Option<Option<OwnerTerms>> {
    let Some(raw) = raw else { return Some(None) };
    let RawOwners {
        enabled,
        domains,
        min_severity,
        deadline,
        remind_after,
        fallback,
        escalate_after,
        escalate_to,
        max_per_run,
    } = raw;
    let enabled = enabled.unwrap_or_default();
    let fits = !enabled || needs_mail("owners", post, desk);
    if enabled && !reads_owners {
        let remedy = "Set `audit.owners` to true, or `enabled` to false";
        desk.problem("owners.enabled", "needs owners to be read, and `audit.owners` is false", remedy);
    }
    let missing = enabled && domains.as_ref().is_none_or(Vec::is_empty);
    if missing {
        let remedy = "Name the domains of those who may be written to, as `domains = [\"contoso.com\"]`";
        match domains {
            None => desk.missing("owners.domains", remedy),
            Some(_) => desk.problem("owners.domains", "is empty: no owner would ever be written to", remedy),
        }
    }
    let domains = self::domains(domains, desk);
    let mut span = |text: Option<String>, default: i64, key: &str| match text {
        Some(text) => values::days(&text, key, desk),
        None => Some(TimeDelta::days(default)),
    };
    let deadline = span(deadline, 30, "owners.deadline");
    let remind_after = span(remind_after, 30, "owners.remind_after");
    let escalate_after = span(escalate_after, 60, "owners.escalate_after");
    let fallback = values::mailboxes(&fallback.unwrap_or_default(), "owners.fallback", desk);
    let escalate_to = values::mailboxes(&escalate_to.unwrap_or_default(), "owners.escalate_to", desk);
    let written = |to: Vec<Mailbox>| to.iter().map(ToString::to_string).collect();
    let terms = OwnerTerms {
        least: min_severity.map_or(Severity::Medium, RawSeverity::into),
        deadline: deadline?,
        remind_after: remind_after?,
        fallback: written(fallback?),
        escalate_after: escalate_after?,
        escalate_to: written(escalate_to?),
        domains: domains?,
        max_per_run: usize::from(max_per_run.unwrap_or(200)),
    };
    if !fits || missing || (enabled && !reads_owners) {
        return None;
    }
    Some(enabled.then_some(terms))
}

fn domains(raw: Option<Vec<String>>, desk: &mut Desk<'_>) -> Option<Vec<String>> {
    let raw = raw.unwrap_or_default();
    let mut fine = true;
    for (index, domain) in raw.iter().enumerate() {
        let label = |label: &str| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        if !(domain.contains('.') && domain.split('.').all(label)) {
            let remedy = "Write it as `contoso.com`: what stands after the `@`, without wildcards";
            desk.problem(&format!("owners.domains[{index}]"), "is no mail domain", remedy);
            fine = false;
        }
    }
    fine.then(|| raw.iter().map(|domain| domain.to_ascii_lowercase()).collect())
}

/// Reads and tries the templates of a folder.
pub(super) fn templates(folder: Option<String>, desk: &mut Desk<'_>) -> Option<Templates> {
    const KEY: &str = "mail.templates";
    const MOST: u64 = 1 << 20;
    let Some(folder) = folder else { return Some(Templates::default()) };
    let entries = match fs::read_dir(Path::new(&folder)) {
        Ok(entries) => entries,
        Err(error) => {
            let what = match error.kind() {
                ErrorKind::NotFound => "the folder it names is not there",
                ErrorKind::NotADirectory => "it names what is no folder",
                ErrorKind::PermissionDenied => "the folder it names may not be read by this user",
                _ => "the folder it names cannot be read",
            };
            desk.problem(KEY, what, "Name a folder that the service's user can read");
            return None;
        }
    };
    let mut names: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.file_name()).collect();
    names.sort();
    let (mut templates, mut fine) = (Templates::default(), true);
    for name in names {
        let path = Path::new(&folder).join(&name);
        let name = name.to_string_lossy();
        // Editors leave such files behind.
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        let shown: String = name.chars().filter(|letter| !letter.is_control()).take(80).collect();
        if !Templates::NAMES.contains(&&*name) {
            let what = format!("the folder it names holds `{shown}`, which is no template");
            desk.problem(KEY, what, format!("There are {}", Templates::NAMES.join(", ")));
            fine = false;
            continue;
        }
        let large = fs::metadata(&path).is_ok_and(|found| MOST < found.len());
        match fs::read_to_string(&path) {
            Ok(source) if !large => {
                templates.put(&name, source);
            }
            _ => {
                let what = format!("`{shown}` in the folder it names cannot be read");
                desk.problem(KEY, what, "Put a file of UTF-8 text of at most 1 MiB there, or remove it");
                fine = false;
            }
        }
    }
    if let (true, Err(flaws)) = (fine, templates.check()) {
        for flaw in flaws {
            desk.problem(
                KEY,
                told(&flaw),
                "Compare it with the built-in template of that name, or remove it",
            );
        }
        return None;
    }
    fine.then_some(templates)
}

/// What is wrong with a template: in one line, with the line of the file.
fn told(flaw: &TemplateFlaw) -> String {
    let mut reason = flaw.source.to_string();
    if let Some(cause) = flaw.source.source() {
        reason.push_str(": ");
        reason.push_str(&cause.to_string());
    }
    let reason: Vec<&str> = reason.split_whitespace().collect();
    format!("the template `{}` cannot be filled in: {}", flaw.name, reason.join(" "))
}
