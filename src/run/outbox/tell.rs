//! Telling the operator of what did not arrive: by mail to whoever can still be reached, where that is nobody by
//! webhooks, and by the log.

use chrono::{DateTime, Utc};

use super::mailbox::{mailbox, same};
use super::parcel::{UNDELIVERED, outgoing, way_of};
use crate::config::{Config, Webhook};
use crate::graph::explain;
use crate::report::{
    Failed, Message, MessageKey, MessageKind, Parcel, Undelivered, hook_undelivered, undelivered,
};
use crate::run::further::kind;
use crate::store::{HeldMessage, Outgoing};

/// Somebody who does not get a message any more.
pub(super) struct Lost {
    pub(super) failed: Failed,
    /// They refused it. Otherwise its time was up, and the next one may reach them.
    pub(super) for_good: bool,
}

/// Messages about those who do not get another one: by mail to `[mail] to`, without those who refused it. Where none
/// of them was reached, also to the webhooks. Never about a message like these. `message` is none where it cannot be
/// read.
pub(super) fn failure(
    config: &Config,
    held: &HeldMessage,
    message: Option<&Message>,
    lost: &[Lost],
    now: DateTime<Utc>,
) -> Vec<Outgoing> {
    let is_such = held.key().starts_with(UNDELIVERED)
        || message.is_some_and(|message| message.kind == MessageKind::Undelivered);
    if lost.is_empty() || is_such {
        return Vec::new();
    }
    let failed: Vec<Failed> = lost.iter().map(|lost| lost.failed.clone()).collect();
    let about = match message.map(|message| &message.parcel) {
        Some(Parcel::Mail { letter, .. }) => letter.subject.as_str(),
        Some(Parcel::Webhook { .. }) => "a message to a webhook",
        None => held.key(),
    };
    let what = Undelivered { key: held.key(), about, failed: &failed };
    let mails = config.mail.iter().flat_map(|mail| &mail.to);
    let of = |to: &lettre::message::Mailbox, lost: &Lost| {
        mailbox(&lost.failed.recipient).is_some_and(|other| same(&other, to))
    };
    let unreached = mails.clone().all(|to| lost.iter().any(|lost| of(to, lost)));
    let willing = mails.filter(|to| !lost.iter().any(|lost| lost.for_good && of(to, lost)));
    let to: Vec<String> = willing.map(ToString::to_string).collect();
    let mut parcels = Vec::new();
    if !to.is_empty() {
        parcels.push((Vec::new(), Parcel::Mail { to, letter: undelivered(&what) }));
    }
    if unreached {
        parcels.extend(config.webhooks.iter().filter(|hook| may_be_told(config, held, hook)).map(|hook| {
            let parcel =
                Parcel::Webhook { name: hook.name.clone(), body: hook_undelivered(&what, kind(hook.kind)) };
            (vec![format!("webhook-{}", hook.name)], parcel)
        }));
    }
    // Not by the attempts: several tries of one run count as one, and each may fail for somebody else.
    let which = held.fence().to_string();
    let told = parcels.into_iter().filter_map(|(part, parcel)| {
        let mut parts = vec![UNDELIVERED, held.key(), &which];
        parts.extend(part.iter().map(String::as_str));
        let key = MessageKey::of(&parts);
        let told = Message { key, kind: MessageKind::Undelivered, date: now, parcel };
        outgoing(&told, &config.retry())
            .inspect_err(|error| {
                let reason = explain(error, None);
                tracing::error!(reason, "the message about what did not arrive cannot be made");
            })
            .ok()
    });
    told.collect()
}

/// Whether a webhook is told of what did not arrive: not one that did not take it itself, and only one that is told of
/// every tenant, because nobody knows here whose message it was.
fn may_be_told(config: &Config, held: &HeldMessage, hook: &Webhook) -> bool {
    held.channel != way_of(&hook.name) && config.tenants.iter().all(|tenant| hook.concerns(&tenant.name))
}
