//! `report.html`: one file that asks nothing of any network, for a meeting and for paper.

mod changes;
mod deleted;
mod exceptions;
mod excerpt;
mod findings;
mod frameworks;
mod holdings;
mod objects;
mod overview;
mod risks;
mod tables;

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::{Value, context};
use sha2::{Digest as _, Sha256};

pub(super) use self::excerpt::Excerpt;
use self::tables::Places;
use super::template::{PageError, render_to, value};
use super::{Report, chart};

const STYLE: &str = concat!(
    include_str!("templates/page.css"),
    include_str!("templates/tables.css"),
    include_str!("templates/changes.css"),
    include_str!("templates/charts.css"),
    include_str!("templates/narrow.css"),
    include_str!("templates/print.css")
);
const SCRIPT: &str = include_str!("templates/page.js");

/// Rows of a table at most. More make a page that takes long to open and to search, and a file of a hundred
/// megabytes; fewer would cut the tables of tenants that can well be looked through.
pub const PAGE_ROWS: usize = 5000;

/// Writes `report.html`, with at most `most` rows in each table: where there are more, it says so. The same
/// report gives the same bytes.
///
/// # Errors
/// When a template does not fit, which is a defect of this program, or it cannot be written.
pub fn html(report: &Report, most: usize, out: impl Write) -> Result<(), PageError> {
    page(report, &Excerpt::of(report, most), most, out)
}

/// Writes `report.html` with the rows of an excerpt, and at most `most` changes.
pub(super) fn page(
    report: &Report,
    excerpt: &Excerpt,
    most: usize,
    out: impl Write,
) -> Result<(), PageError> {
    let places = Places::of(excerpt);
    let values = context! {
        policy => content_security_policy(),
        style => Value::from_safe_string(STYLE.to_owned()),
        script => Value::from_safe_string(SCRIPT.to_owned()),
        head => value(overview::Head::of(report)),
        gaps => value(overview::gaps(&report.gaps)),
        unavailable => value(overview::gaps(&report.unavailable)),
        overview => value(overview::Overview::of(report)),
        charts => charts(report),
        risks => value(risks::risks(report, &places)),
        changes => value(changes::Changes::of(report, most, &places)),
        findings => value(findings::findings(report, excerpt, &places)),
        objects => value(objects::objects(report, excerpt, &places)),
        credentials => value(holdings::credentials(report, excerpt, &places)),
        policies => value(holdings::policies(report)),
        frameworks => value(frameworks::frameworks(report)),
        exceptions => value(exceptions::exceptions(report)),
        deleted => value(deleted::deleted(report)),
        undecided => value(findings::undecided(report, excerpt, &places)),
    };
    render_to("page.html", values, out)
}

/// The pictures. What they are made of is ours, so they stand as they are.
fn charts(report: &Report) -> Value {
    let charts = chart::svgs(report).into_iter();
    let values =
        charts.map(|chart| context! { title => chart.title, svg => Value::from_safe_string(chart.svg) });
    values.collect()
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
