//! `report.html`: one file that asks nothing of any network, for a meeting and for paper.

mod changes;
mod coverage;
mod data;
mod deleted;
mod exceptions;
mod findings;
mod frameworks;
mod overview;
mod pen;
mod policies;
mod risks;
mod room;
mod rows;
mod tables;

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::{Value, context};
use sha2::{Digest as _, Sha256};

use self::data::Data;
use super::beside::Row;
use super::template::{PageError, render_to, value};
use super::{Report, chart};

const STYLE: &str = concat!(
    include_str!("templates/page.css"),
    include_str!("templates/tables.css"),
    include_str!("templates/changes.css"),
    include_str!("templates/charts.css"),
    include_str!("templates/drill.css"),
    include_str!("templates/narrow.css"),
    include_str!("templates/print.css")
);
const SCRIPT: &str = concat!(
    include_str!("templates/page/words.js"),
    include_str!("templates/page/data.js"),
    include_str!("templates/page/cells.js"),
    include_str!("templates/page/csv.js"),
    include_str!("templates/page/sheet.js"),
    include_str!("templates/page/drill.js"),
    include_str!("templates/page/page.js")
);

/// Rows of a table at most. More make a page that takes long to open and a file of a hundred megabytes; fewer
/// would cut the tables of tenants that can well be looked through.
pub const PAGE_ROWS: usize = 40_000;

/// What stands between the page that people see and its data, and after them.
const DATA: [&[u8]; 2] =
    [b"<script type=\"application/json\" id=\"data\">", b"</script>\n</body>\n</html>\n"];

/// Writes `report.html`, with at most `most` rows in each table: where there are more, it says so. What is saved from
/// it as CSV begins with a byte order mark where `bom` says so. The same report gives the same bytes.
///
/// # Errors
/// When a template does not fit, which is a defect of this program, or it cannot be written.
pub fn html(report: &Report, bom: bool, most: usize, out: impl Write) -> Result<(), PageError> {
    let mut page = Page::begin(report, bom, most, out)?;
    let Report { findings, objects, credentials, undecided, .. } = report;
    let rows = findings.iter().map(Row::Finding).chain(objects.iter().map(Row::Object));
    let rows =
        rows.chain(credentials.iter().map(Row::Credential)).chain(undecided.iter().map(Row::Undecided));
    for row in rows {
        page.row(&row)?;
    }
    page.end().map(drop)
}

/// A page that is being written: first what people see, which is ready at once, then the rows as they come.
pub(super) struct Page<W>(Data<W>);

impl<W: Write> Page<W> {
    /// Writes what is known before any row comes.
    pub(super) fn begin(report: &Report, bom: bool, most: usize, mut out: W) -> Result<Self, PageError> {
        let values = context! {
            policy => content_security_policy(),
            style => Value::from_safe_string(STYLE.to_owned()),
            script => Value::from_safe_string(SCRIPT.to_owned()),
            head => value(overview::Head::of(report)),
            bom,
            gaps => value(overview::gaps(&report.gaps)),
            unavailable => value(overview::gaps(&report.unavailable)),
            overview => value(overview::Overview::of(report)),
            charts => charts(report),
            coverage => value(coverage::Coverage::of(report)),
            risks => value(risks::risks(report)),
            changes => value(changes::Changes::of(report, most)),
            findings => value(findings::findings(report, most)),
            captions => value(tables::Captions::of(report)),
            policies => value(policies::policies(report)),
            frameworks => value(frameworks::frameworks(report)),
            exceptions => value(exceptions::exceptions(report)),
            deleted => value(deleted::deleted(report)),
        };
        render_to("page.html", values, &mut out)?;
        out.write_all(DATA[0]).map_err(PageError::Write)?;
        Data::begin(report, most, out).map(Self).map_err(PageError::Write)
    }

    /// Takes a row; they come table by table, in the order of the report.
    pub(super) fn row(&mut self, row: &Row) -> Result<(), PageError> {
        self.0.row(row).map_err(PageError::Write)
    }

    /// Writes the end, and hands back where to.
    pub(super) fn end(self) -> Result<W, PageError> {
        let mut out = self.0.end().map_err(PageError::Write)?;
        out.write_all(DATA[1]).map_err(PageError::Write)?;
        Ok(out)
    }
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

/// A link to the admin centre of this report, and nowhere else.
fn portal<'u>(report: &Report, url: &'u str) -> Option<&'u str> {
    let root = report.header.portal.trim_end_matches('/');
    link(url).filter(|url| {
        !root.is_empty()
            && url.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// The day of a time, as shown: `2026-11-23`.
fn day(time: chrono::DateTime<chrono::Utc>) -> String {
    time.format("%Y-%m-%d").to_string()
}
