//! What a run has to say besides its summary: to routes, to owners, to webhooks.

use super::post::Enclosed;
use super::{Job, Keeping, Sending};
use crate::config::{Mail, Route, WebhookKind};
use crate::domain::Told;
use crate::graph::explain;
use crate::report::{
    self, Dressed, HookKind, Kept, Letter, Message, MessageKey, MessageKind, OwnerRound, PageError, Parcel,
    TemplateFlaw,
};

/// Messages, and what stands told to owners once they are posted.
pub(super) struct Further {
    pub(super) messages: Vec<Message>,
    /// None where nothing changes.
    pub(super) told: Option<Vec<Told>>,
}

/// The letter of a template of the operator's or of the built-in one: the mail has to arrive.
#[must_use]
pub fn undressed(dressed: Dressed) -> Letter {
    let Dressed { letter, flaws } = dressed;
    say_flaws(&flaws);
    letter
}

fn say_flaws(flaws: &[TemplateFlaw]) {
    for flaw in flaws {
        let (template, reason) = (flaw.name.as_str(), explain(flaw, None));
        tracing::error!(template, reason, "a template failed; the built-in one takes its place");
    }
}

/// What is to be told besides the summary. `told` is what owners were told before; none where that is not known,
/// and then they are not written to.
///
/// # Errors
/// When a letter cannot be written.
pub(super) fn further(
    job: &Job<'_>,
    enclosed: &Enclosed<'_>,
    told: Option<&[Told]>,
) -> Result<Further, PageError> {
    let mut further = Further { messages: Vec::new(), told: None };
    if job.sending == Sending::Withhold {
        return Ok(further);
    }
    if let Some(mail) = &job.config.mail {
        for route in job.config.routes.iter().filter(|route| route.concerns(&job.tenant.name)) {
            further.messages.extend(to_route(mail, route, enclosed)?);
        }
        if let (Some(terms), Some(told)) = (&job.config.owners, told) {
            let round = report::owner_round(&mail.templates, enclosed.report, terms, told)?;
            say(&round, terms.max_per_run);
            let OwnerRound { notices, told, .. } = round;
            let mail = |notice: report::OwnerNotice| {
                message(
                    enclosed,
                    &notice.key,
                    MessageKind::Owner,
                    Parcel::Mail { to: notice.to, letter: notice.letter },
                )
            };
            further.messages.extend(notices.into_iter().map(mail));
            further.told = Some(told);
        }
    }
    for webhook in job.config.webhooks.iter().filter(|webhook| webhook.concerns(&job.tenant.name)) {
        if report::hook_wanted(enclosed.report, webhook.min_severity) {
            let body = report::hook_body(enclosed.report, kind(webhook.kind), webhook.min_severity);
            let parcel = Parcel::Webhook { name: webhook.name.clone(), body };
            let key = format!("webhook-{}", webhook.name);
            further.messages.push(message(enclosed, &key, MessageKind::Route, parcel));
        }
    }
    Ok(further)
}

/// The form that who reads a webhook takes.
pub(super) fn kind(kind: WebhookKind) -> HookKind {
    match kind {
        WebhookKind::Teams => HookKind::Teams,
        WebhookKind::Slack => HookKind::Slack,
        WebhookKind::Generic => HookKind::Generic,
    }
}

fn to_route(mail: &Mail, route: &Route, enclosed: &Enclosed<'_>) -> Result<Option<Message>, PageError> {
    let Enclosed { report, csv_bom, directory, .. } = *enclosed;
    if !report::concerns(report, route.min_severity, route.when) {
        return Ok(None);
    }
    let kept = if directory.is_some() { Kept::InDirectory } else { Kept::Nowhere };
    let limit = mail.attachment_limit;
    let dressed = report::route_letter(&mail.templates, report, route.min_severity, csv_bom, limit, kept)?;
    let to = route.to.iter().map(ToString::to_string).collect();
    let parcel = Parcel::Mail { to, letter: undressed(dressed) };
    Ok(Some(message(enclosed, &format!("route-{}", route.name), MessageKind::Route, parcel)))
}

fn message(enclosed: &Enclosed<'_>, part: &str, kind: MessageKind, parcel: Parcel) -> Message {
    let header = &enclosed.report.header;
    Message {
        key: MessageKey::of(&[header.run_id.as_str(), &header.tenant, part]),
        kind,
        date: header.started,
        parcel,
    }
}

/// What of the letters to owners is for the operator.
fn say(round: &OwnerRound, most: usize) {
    let OwnerRound { notices, told: _, left, nobody, outside, unreadable, flaws } = round;
    say_flaws(flaws);
    if !notices.is_empty() {
        tracing::info!(letters = notices.len(), "owners are written to");
    }
    if *unreadable {
        tracing::warn!(
            "owners are not written to: addresses of owners cannot be read: grant `User.ReadBasic.All`"
        );
    }
    if *left > 0 {
        tracing::warn!(
            left,
            "{left} owners are not told yet: `[owners] max_per_run` is {most}; the next run goes on"
        );
    }
    if *outside > 0 {
        tracing::warn!(
            outside,
            "{outside} objects have owners with addresses outside `[owners] domains` only: they are not written to"
        );
    }
    if *nobody > 0 {
        tracing::warn!(
            nobody,
            "nobody is told of {nobody} objects: they have no owner that can be, and no fallback"
        );
    }
}

/// What owners were told, where they are to be told at all.
pub(super) async fn told_before(job: &Job<'_>, recorded: bool) -> Option<Vec<Told>> {
    if job.config.owners.is_none() || job.sending == Sending::Withhold {
        return None;
    }
    let Keeping::Store { store, turn, .. } = job.keeping else {
        tracing::warn!("owners are not written to: without the store nobody knows what they were told");
        return None;
    };
    if !recorded {
        tracing::warn!("owners are not written to: this run is not recorded");
        return None;
    }
    match store.told(turn.tenant()).await {
        Ok(told) => Some(told),
        Err(error) => {
            let reason = explain(&error, error.advice());
            tracing::error!(reason, "owners are not written to: what they were told cannot be read");
            None
        }
    }
}
