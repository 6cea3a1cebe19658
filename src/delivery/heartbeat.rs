//! The call after a good run, so that somebody notices when there are no good runs any more.

use std::time::Duration;

use reqwest::Method;

use super::patience::{Deadline, Patience};
use super::webhook::{Request, WebhookError, ask};
use super::words::Cause;
use crate::config::Heartbeat;
use crate::http::{self, Proxies};

/// Ten seconds an attempt: a run should not wait long for what only says that it is over.
const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(5),
    answer: Duration::from_secs(5),
    message: Duration::from_secs(5),
    total: Duration::from_secs(30),
    retries: 2,
    pause: Duration::from_millis(250),
};

/// Calls what is to be called after a good run of `tenant`, three times at most: a call too many does no harm.
///
/// # Errors
/// When none of them is answered well. No error names the URL, which is a secret.
pub async fn heartbeat(heartbeat: &Heartbeat, tenant: &str) -> Result<(), WebhookError> {
    let url = heartbeat.url_for(tenant).ok_or(WebhookError::NoUrl)?;
    let http = http::build(None, Proxies::towards_one(&url)).map_err(|error| WebhookError::Client {
        advice: error.advice(),
        cause: Cause::new(&error.to_string()),
    })?;
    let host = url.host_str().unwrap_or_default();
    let deadline = Deadline::after(PATIENCE.total);
    let mut pauses = PATIENCE.pauses();
    loop {
        let request = Request { http: &http, url: &url, host, method: Method::GET, size: 0 };
        let Err(error) = ask(&request, &|request| request, &PATIENCE, deadline).await else { return Ok(()) };
        let Some(pause) = pauses.next().filter(|&pause| deadline.allows(pause)) else { return Err(error) };
        tokio::time::sleep(pause).await;
    }
}
