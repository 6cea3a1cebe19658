//! `report.html`: one file that asks nothing of any network, for a meeting and for paper.

mod changes;
mod charts;
mod exceptions;
mod findings;
mod holdings;
mod objects;
mod overview;
mod tables;
mod trend;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::{Value, context};
use sha2::{Digest as _, Sha256};

use super::Report;
use super::summary::Summary;
use super::template::{PageError, render, value};

const STYLE: &str = concat!(
    include_str!("templates/page.css"),
    include_str!("templates/tables.css"),
    include_str!("templates/changes.css"),
    include_str!("templates/narrow.css"),
    include_str!("templates/print.css")
);
const SCRIPT: &str = include_str!("templates/page.js");

/// Writes `report.html`. The same report gives the same bytes.
///
/// # Errors
/// When a template does not fit, which is a defect of this program.
pub fn html(report: &Report) -> Result<String, PageError> {
    let summary = Summary::of(report);
    let places = tables::Places::of(report);
    let values = context! {
        policy => content_security_policy(),
        style => Value::from_safe_string(STYLE.to_owned()),
        script => Value::from_safe_string(SCRIPT.to_owned()),
        head => value(overview::Head::of(report)),
        gaps => value(overview::gaps(report)),
        overview => value(overview::Overview::of(report, &summary)),
        changes => value(changes::Changes::of(report, &places)),
        findings => value(findings::findings(report, &summary, &places)),
        objects => value(objects::objects(report, &summary, &places)),
        credentials => value(holdings::credentials(report, &places)),
        policies => value(holdings::policies(report)),
        exceptions => value(exceptions::exceptions(report)),
        undecided => value(findings::undecided(report, &places)),
    };
    render("page.html", values)
}

/// Nothing may be loaded, and only the script and the style written above may act: whatever got into
/// the page by mistake would do nothing.
fn content_security_policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; img-src data:; style-src 'sha256-{}'; script-src 'sha256-{}'; \
         base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// A link, when it is one that a browser follows over TLS and no further scheme is hidden in it.
pub(super) fn link(url: &str) -> Option<&str> {
    let safe = url.starts_with("https://") && !url.contains(|c: char| c.is_control() || c.is_whitespace());
    safe.then_some(url)
}

/// The day of a time, as shown: `2026-11-23`.
fn day(time: chrono::DateTime<chrono::Utc>) -> String {
    time.format("%Y-%m-%d").to_string()
}
