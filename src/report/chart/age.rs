//! How old client secrets are: those of which nobody thinks any more are the old ones.

use super::drawing::{Anchor, Area, Drawing, Fill, LEAST, MARGIN, Pattern, WIDTH, shown};
use super::numbers::{exact, percent};
use super::{Chart, of_what_was_read};
use crate::report::phrases::{counted, grouped, spoken};
use crate::report::{Report, SecretCounts};

/// Where the bars begin and how long they get: their numbers have to find room beside them.
const LEFT: f64 = 148.0;
const LONGEST: f64 = WIDTH - LEFT - 118.0;
/// The height of a bar, and the distance from one to the next.
const BAR: f64 = 18.0;
const ROW: f64 = 25.0;
/// The distance to what has no age, with a line in it.
const APART: f64 = 12.0;

/// Those that can be used, and those that should have been replaced by now. Both are told apart from what nobody can
/// use, or of which nobody knows.
const YOUNG: Fill = Fill::plain("calm");
const OLD: Fill = Fill::with("high", Pattern::Hatch);
const EXPIRED: Fill = Fill::with("info", Pattern::Dots);
const UNKNOWN: Fill = Fill::plain("open");

/// By age, as they stand in the counts: the words of the picture, those of the sentence, and how they are drawn.
const AGES: [(&str, &str, Fill); 6] = [
    ("Under 30 days", "under 30 days old", YOUNG),
    ("30 to 89 days", "30 to 89 days old", YOUNG),
    ("90 to 179 days", "90 to 179 days old", YOUNG),
    ("180 to 364 days", "180 to 364 days old", YOUNG),
    ("1 to 2 years", "1 to 2 years old", OLD),
    ("Over 2 years", "over 2 years old", OLD),
];

pub(super) fn chart(report: &Report) -> Option<Chart> {
    let secrets = report.summary.secrets;
    if secrets.total == 0 {
        return None;
    }
    let longest = secrets.by_age.iter().copied().chain([secrets.expired, secrets.no_start]).max();
    let scale = Scale { longest: longest.unwrap_or_default(), total: secrets.total };
    let mut drawing = Drawing::new("age");
    let mut y = MARGIN;
    for ((word, _, fill), count) in AGES.into_iter().zip(secrets.by_age) {
        scale.bar(&mut drawing, y, word, fill, count);
        y += ROW;
    }
    let baseline = y - ROW + BAR + (ROW - BAR) / 2.0;
    drawing.line("axis", &format!("M{} {}V{}", shown(LEFT), shown(MARGIN - 3.0), shown(baseline)));
    y += APART;
    drawing.line("grid", &format!("M{} {}H{}", shown(MARGIN), shown(y - APART + 2.0), shown(WIDTH - MARGIN)));
    scale.bar(&mut drawing, y, "Expired", EXPIRED, secrets.expired);
    y += ROW;
    if secrets.no_start > 0 {
        scale.bar(&mut drawing, y, "Start not known", UNKNOWN, secrets.no_start);
        y += ROW;
    }
    let height = y - ROW + BAR + MARGIN;
    Some(drawing.finish(height, "Age of client secrets".to_owned(), of_what_was_read(report, words(secrets))))
}

struct Scale {
    longest: usize,
    total: usize,
}

impl Scale {
    fn bar(&self, drawing: &mut Drawing, y: f64, word: &str, fill: Fill, count: usize) {
        let baseline = y + BAR - 4.5;
        drawing.text("ink", MARGIN, baseline, Anchor::Start, word);
        let width =
            if count == 0 { 0.0 } else { (count as f64 / self.longest.max(1) as f64 * LONGEST).max(LEAST) };
        if count > 0 {
            drawing.fill(fill, &[Area { x: LEFT, y, width, height: BAR }]);
        }
        let said = match count {
            0 => "0".to_owned(),
            _ => format!("{} ({})", exact(count as u64), percent(count, self.total)),
        };
        let class = if count == 0 { "soft" } else { "ink" };
        drawing.text(class, LEFT + width + 6.0, baseline, Anchor::Start, &said);
    }
}

fn words(secrets: SecretCounts) -> String {
    let SecretCounts { total, expired, by_age, no_start } = secrets;
    let ages = AGES.iter().zip(by_age).filter(|(_, count)| *count > 0);
    let mut parts: Vec<String> = ages
        .map(|((_, words, _), count)| {
            format!("{} {} {words}", grouped(count), if count == 1 { "is" } else { "are" })
        })
        .collect();
    if expired > 0 {
        parts.push(format!(
            "{} {} expired and not removed",
            grouped(expired),
            if expired == 1 { "is" } else { "are" }
        ));
    }
    if no_start > 0 {
        parts.push(format!("the start of {} is not known", grouped(no_start)));
    }
    format!("{}: {}.", counted(total, "client secret"), spoken(&parts))
}
