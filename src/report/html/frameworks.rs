//! The table of controls, framework by framework.

use serde::Serialize;

use super::link;
use super::tables::{Choice, Table};
use crate::compliance::frameworks::Verdict;
use crate::report::frameworks::{FrameworkObject, FrameworkRow, in_numbers};
use crate::report::{Report, Subject};

/// Objects named in a row; the document and the CSV have more.
const NAMED: usize = 5;

#[derive(Serialize)]
pub(super) struct Framework<'a> {
    verdict: &'static str,
    framework: &'static str,
    version: &'static str,
    control: &'static str,
    title: &'static str,
    reasons: &'a [String],
    objects: Vec<Object<'a>>,
    /// How many objects are not named.
    more: Option<String>,
    references: String,
    url: Option<&'static str>,
}

#[derive(Serialize)]
struct Object<'a> {
    kind: String,
    name: &'a str,
    id: &'a str,
}

pub(super) fn frameworks(report: &Report) -> Table<Framework<'_>> {
    let rows = &report.frameworks;
    Table {
        caption: in_numbers(rows),
        choices: vec![
            Choice::exactly("Verdict", 0, Verdict::ALL.map(|verdict| verdict.as_str().to_owned()).into()),
            Choice::new("Framework", 1, rows.iter().map(|row| row.control.framework.name())),
        ],
        rows: rows.iter().map(framework).collect(),
    }
}

fn framework(row: &FrameworkRow) -> Framework<'_> {
    let FrameworkRow { control, verdict, reasons, objects, object_count } = row;
    let more = object_count.saturating_sub(objects.len().min(NAMED));
    let references: Vec<&str> = control.nist.iter().chain(control.attack).copied().collect();
    Framework {
        verdict: verdict.as_str(),
        framework: control.framework.name(),
        version: control.framework.version(),
        control: control.id,
        title: control.title,
        reasons,
        objects: objects.iter().take(NAMED).map(object).collect(),
        more: (more > 0).then(|| format!("and {more} more")),
        references: references.join(", "),
        url: link(control.url),
    }
}

fn object(object: &FrameworkObject) -> Object<'_> {
    let FrameworkObject { object_type, object_id, display_name } = object;
    Object { kind: spoken(*object_type), name: display_name, id: object_id }
}

fn spoken(subject: Subject) -> String {
    subject.as_str().replace('-', " ")
}
