//! Whether webhooks take messages.

use chrono::{DateTime, Utc};

use super::{Check, trial};
use crate::config::Webhook;
use crate::delivery::{Patience, webhook};
use crate::graph::explain;

fn about(hook: &Webhook) -> String {
    format!("webhook `{}`", hook.name)
}

/// A webhook that is only named: there is no way to look at one without posting.
pub(super) fn unasked(hook: &Webhook) -> Check {
    Check::ok(about(hook), format!("posts to `{}`; `--send-test-webhooks` tries it", hook.host))
}

/// A test message.
pub(super) async fn send(hook: &Webhook, now: DateTime<Utc>) -> Check {
    let (key, body) = (trial::key(now, &hook.name), trial::body(hook.kind, &crate::run::host()));
    match webhook::call(hook, &key, &body, now, &Patience::default()).await {
        Ok(()) => Check::ok(about(hook), format!("`{}` took the test message", hook.host)),
        Err(error) => Check::failed(about(hook), explain(&error, None), error.advice()),
    }
}
