//! `[[webhook]]` and `[heartbeat]`.

use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use super::files::{self, Secret};
use super::{Desk, values};
use crate::config::raw::{RawHeartbeat, RawSeverity, RawWebhook};
use crate::config::{Heartbeat, Webhook, WebhookKind};
use crate::domain::Severity;

const URL_REMEDY: &str = "Name the file that holds the URL, or its environment variable by `url_env`";

/// Checks who is told of runs by HTTP. `tenants` are the configured names.
pub(super) fn webhooks(
    raw: Vec<RawWebhook>,
    tenants: &[String],
    desk: &mut Desk<'_>,
) -> Option<Vec<Webhook>> {
    let mut names: Vec<String> = Vec::new();
    let mut webhooks = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let path = format!("webhook[{index}]");
        let name = raw.name.clone().or(raw.kind.map(|kind| kind.as_str().to_owned()));
        if let Some(name) = name.map(|name| name.to_lowercase()) {
            if names.contains(&name) {
                let what = "is the name of another webhook too, upper and lower case aside";
                let remedy = "Give each webhook a `name` of its own; without one it is called by its kind";
                desk.problem(&format!("{path}.name"), what, remedy);
            }
            names.push(name);
        }
        webhooks.push(webhook(raw, &path, tenants, desk));
    }
    webhooks.into_iter().collect()
}

fn webhook(raw: RawWebhook, path: &str, tenants: &[String], desk: &mut Desk<'_>) -> Option<Webhook> {
    let RawWebhook {
        name,
        kind,
        url_file,
        url_env,
        secret_file,
        secret_env,
        min_severity,
        tenants: told,
        ca_file,
    } = raw;
    let at = |key: &str| format!("{path}.{key}");
    if kind.is_none() {
        desk.missing(&at("kind"), "Set it to `teams`, `slack` or `generic`");
    }
    let name = match name {
        Some(name) => self::name(name, &at("name"), desk),
        None => kind.map(|kind| kind.as_str().to_owned()),
    };
    let url_key = at(if url_env.is_some() { "url_env" } else { "url_file" });
    let url = match files::secret(url_file.as_deref(), url_env.as_deref(), path, "url", desk) {
        Secret::Read(url) => address(&url, "", &url_key, desk).map(|host| (url, host)),
        Secret::Refused => None,
        Secret::Absent => {
            desk.missing(&at("url_file"), URL_REMEDY);
            None
        }
    };
    let secret_key = at(if secret_env.is_some() { "secret_env" } else { "secret_file" });
    let secret = match files::secret(secret_file.as_deref(), secret_env.as_deref(), path, "secret", desk) {
        Secret::Read(_) if !matches!(kind, Some(WebhookKind::Generic) | None) => {
            let what = "signs nothing: only what a `generic` webhook is told can be signed";
            desk.problem(&secret_key, what, "Remove it, or set `kind = \"generic\"`");
            None
        }
        Secret::Read(secret) => Some(Some(secret)),
        Secret::Absent => Some(None),
        Secret::Refused => None,
    };
    let told = match told {
        Some(told) => known(told, tenants, &at("tenants"), desk).map(Some),
        None => Some(None),
    };
    let ca_file = match ca_file {
        Some(text) => files::ca_file(&text, &at("ca_file"), desk).map(Some),
        None => Some(None),
    };
    let (url, host) = url?;
    Some(Webhook {
        name: name?,
        kind: kind?,
        url,
        host,
        secret: secret?,
        min_severity: min_severity.map_or(Severity::Info, RawSeverity::into),
        tenants: told?,
        ca_file: ca_file?,
    })
}

/// It becomes part of the key of a message.
pub(super) fn name(text: String, key: &str, desk: &mut Desk<'_>) -> Option<String> {
    if values::is_plain_name(&text) {
        return Some(text);
    }
    let remedy = "Use up to 64 letters A-Z, digits, `.`, `_` and `-`, with a letter or digit first";
    desk.problem(key, "cannot be part of the name of a message", remedy);
    None
}

/// The names of tenants, of which each must be there.
pub(super) fn known(
    told: Vec<String>,
    tenants: &[String],
    key: &str,
    desk: &mut Desk<'_>,
) -> Option<Vec<String>> {
    let mut all = true;
    for (index, name) in told.iter().enumerate() {
        if !tenants.contains(name) {
            let remedy = "Use the `name` of a `[[tenant]]`";
            desk.problem(&format!("{key}[{index}]"), "is the name of no tenant", remedy);
            all = false;
        }
    }
    if told.is_empty() {
        desk.problem(key, "is empty", "Name a tenant, or leave it out for all");
        all = false;
    }
    all.then_some(told)
}

/// The host of an address that is a secret: nothing of it is repeated. `place` is what stands for a name in it.
fn address(url: &SecretString, place: &str, key: &str, desk: &mut Desk<'_>) -> Option<String> {
    let text = url.expose_secret();
    let text = if place.is_empty() { text.to_owned() } else { text.replace(place, "name") };
    let what = match Url::parse(text.trim()) {
        Err(_) => "names what is no URL",
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            "names a URL with a user name or password"
        }
        Ok(url) => match (url.scheme(), url.host_str()) {
            ("https", Some(host)) => return Some(shown(&url, host)),
            ("http", Some(host)) if values::is_loopback(host) => return Some(shown(&url, host)),
            _ => "names a URL that would be called unprotected",
        },
    };
    let remedy =
        "Put nothing but the URL there: `https://…`; `http://` is for 127.0.0.1, [::1] and localhost";
    desk.problem(key, what, remedy);
    None
}

fn shown(url: &Url, host: &str) -> String {
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Checks what is called after good runs.
pub(super) fn heartbeat(raw: Option<RawHeartbeat>, desk: &mut Desk<'_>) -> Option<Option<Heartbeat>> {
    let Some(RawHeartbeat { url_file, url_env }) = raw else { return Some(None) };
    let table = "heartbeat";
    let key = if url_env.is_some() { "heartbeat.url_env" } else { "heartbeat.url_file" };
    match files::secret(url_file.as_deref(), url_env.as_deref(), table, "url", desk) {
        Secret::Read(url) => {
            // Where the name stood in the host, a tenant would choose whom to call.
            address(&url, Heartbeat::TENANT, key, desk)?;
            if !host_is_fixed(&url) {
                let what = "names a URL whose host depends on the tenant";
                desk.problem(key, what, "Write `{tenant}` behind the host only");
                return None;
            }
            Some(Some(Heartbeat::new(url)))
        }
        Secret::Refused => None,
        Secret::Absent => {
            desk.missing("heartbeat.url_file", URL_REMEDY);
            None
        }
    }
}

fn host_is_fixed(url: &SecretString) -> bool {
    let origin = |name: &str| {
        Url::parse(url.expose_secret().replace(Heartbeat::TENANT, name).trim()).ok().map(|url| url.origin())
    };
    origin("a") == origin("b")
}
