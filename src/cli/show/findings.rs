//! The table of findings.

use comfy_table::{Cell, ContentArrangement, Table, presets};

use crate::report::{Compared, FindingRow, Report, plain};

/// Rows of the table; more do not help on a terminal.
const ROWS: usize = 200;

/// The open findings; none where there is not one.
pub(in crate::cli) fn table(report: &Report) -> Option<String> {
    let open = report.summary.findings();
    if open == 0 {
        return None;
    }
    // On the first run all are new, and the column would say nothing.
    let compared = matches!(report.compared, Compared::With(_));
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(terminal_width());
    let columns = ["SEVERITY", "CHANGE", "RULE", "ON", "NAME", "DETAIL"];
    table.set_header(columns.into_iter().filter(|column| compared || *column != "CHANGE"));
    for finding in report.findings.iter().filter(|row| row.status.is_open()).take(ROWS.min(open)) {
        table.add_row(cells(&finding, compared));
    }
    let more = open.saturating_sub(ROWS);
    let rest = if more > 0 { format!("\n{more} more are in findings.csv.") } else { String::new() };
    Some(format!("{table}{rest}"))
}

fn cells(finding: &FindingRow, compared: bool) -> Vec<Cell> {
    let mut cells = vec![Cell::new(finding.severity)];
    if compared {
        cells.push(Cell::new(finding.change.map_or("", |change| change.as_str())));
    }
    cells.extend([
        Cell::new(finding.rule),
        Cell::new(finding.object_type.as_str()),
        Cell::new(plain(&finding.display_name, 60)),
        Cell::new(plain(&finding.detail, 400)),
    ]);
    cells
}

/// How wide a table may be.
pub(in crate::cli) fn terminal_width() -> u16 {
    terminal_size::terminal_size().map_or(140, |(terminal_size::Width(width), _)| width.max(80))
}
