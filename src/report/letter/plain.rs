//! The plain-text part, for readers without HTML and for those who prefer it.

use super::changes::{Changes, Line};
use super::digest::{Digest, Risk};
use super::frameworks::Frameworks;
use super::pictures::{Picture, Pictures};
use super::remedied::{Group as Steps, Section};
use super::standing::Group;

/// Columns of a line. Wider lines are broken by some mail readers at places of their own choosing.
const COLUMNS: usize = 78;

/// Writes the whole part.
pub(super) fn text(digest: &Digest) -> String {
    let mut page = Page::default();
    page.wrapped("", "", &digest.first_line);
    for gap in &digest.gaps {
        page.wrapped("  - ", "    ", &format!("{}: {}", gap.part, gap.reason));
    }
    for part in &digest.unavailable {
        page.blank();
        page.wrapped("", "", &format!("Without {}: {}", part.part, part.reason));
    }
    for notice in &digest.notices {
        page.blank();
        page.wrapped("Note: ", "", notice);
    }
    page.blank();
    page.wrapped("", "", &format!("Keysweep audit of {}", digest.tenant));
    page.wrapped("", "", &format!("Run {}", digest.run));
    write_changes(&mut page, &digest.changes);
    write_remedied(&mut page, &digest.remedied);
    page.blank();
    if digest.changes.title.is_some() {
        page.wrapped("", "", "What stands");
    }
    for figure in &digest.figures {
        page.wrapped("", "  ", figure);
    }
    if let Some(Picture { words, .. }) = &digest.pictures.trend {
        page.wrapped("", "  ", words);
    }
    write_risks(&mut page, &digest.risks);
    for group in &digest.groups {
        write_group(&mut page, group);
    }
    write_frameworks(&mut page, &digest.frameworks);
    write_pictures(&mut page, &digest.pictures);
    page.blank();
    if let Some(rest) = &digest.rest {
        page.wrapped("", "", rest);
        page.blank();
    }
    for sentence in &digest.files {
        page.wrapped("", "", sentence);
    }
    page.0
}

fn write_risks(page: &mut Page, risks: &[Risk]) {
    if risks.is_empty() {
        return;
    }
    page.blank();
    page.wrapped("", "", "Where an attacker would begin");
    for risk in risks {
        let Risk { name, subject, url: _, why } = risk;
        page.wrapped("  - ", "    ", &format!("{name} ({subject}): {why}"));
    }
}

fn write_changes(page: &mut Page, changes: &Changes) {
    page.blank();
    let Changes { title, sentences, groups, listed: _ } = changes;
    if let Some(title) = title {
        page.wrapped("", "", title);
    }
    for sentence in sentences {
        page.wrapped("", "", sentence);
    }
    for group in groups {
        page.blank();
        page.wrapped("", "  ", &group.title);
        for line in &group.lines {
            write_change(page, line);
        }
        if let Some(more) = &group.more {
            page.wrapped("    ", "    ", more);
        }
    }
}

fn write_remedied(page: &mut Page, section: &Section) {
    let Section { title, sentences, groups } = section;
    let Some(title) = title else { return };
    page.blank();
    page.wrapped("", "", title);
    for sentence in sentences {
        page.wrapped("", "", sentence);
    }
    for Steps { title, lines, more } in groups {
        page.blank();
        page.wrapped("", "  ", title);
        for line in lines {
            page.wrapped("  - ", "    ", line);
        }
        if let Some(more) = more {
            page.wrapped("    ", "    ", more);
        }
    }
}

fn write_change(page: &mut Page, line: &Line) {
    let Line { severity, name, subject, title, detail, url: _ } = line;
    let severity = severity.map(|word| format!("{}: ", word.to_uppercase())).unwrap_or_default();
    let title = if title.is_empty() { String::new() } else { format!("{title}. ") };
    page.wrapped("  - ", "    ", &format!("{severity}{name} ({subject}): {title}{detail}"));
}

fn write_group(page: &mut Page, group: &Group) {
    page.blank();
    let Group { severity, rule, title, count, advice, lines, more } = group;
    page.wrapped("", "  ", &format!("{}: {title} ({rule}), {count}", severity.to_uppercase()));
    page.wrapped("  What to do: ", "  ", advice);
    for line in lines {
        page.wrapped("  - ", "    ", &format!("{} ({}): {}", line.name, line.subject, line.detail));
    }
    if let Some(more) = more {
        page.wrapped("    ", "    ", more);
    }
}

fn write_frameworks(page: &mut Page, frameworks: &Frameworks) {
    let Frameworks { sentence, lines } = frameworks;
    let Some(sentence) = sentence else { return };
    page.blank();
    page.wrapped("", "", "Frameworks");
    page.wrapped("", "  ", sentence);
    for line in lines {
        let groups: Vec<String> = line
            .groups
            .iter()
            .map(|group| format!("{} {}", group.verdict.to_uppercase(), group.controls))
            .collect();
        let groups = groups.join("; ");
        page.wrapped("  - ", "    ", &format!("{} {}: {groups}", line.framework, line.version));
    }
}

fn write_pictures(page: &mut Page, pictures: &Pictures) {
    if pictures.others.is_empty() {
        return;
    }
    page.blank();
    page.wrapped("", "", "Credentials and policies");
    for Picture { title, words, .. } in &pictures.others {
        page.wrapped("  - ", "    ", &format!("{title}. {words}"));
    }
}

/// A text that is being written.
#[derive(Default)]
pub(in crate::report) struct Page(String);

impl Page {
    /// The text.
    pub(in crate::report) fn end(self) -> String {
        self.0
    }

    /// An empty line, unless one stands there already.
    pub(in crate::report) fn blank(&mut self) {
        if !self.0.ends_with("\n\n") {
            self.0.push('\n');
        }
    }

    /// What is no use in pieces, as a link, on a line of its own.
    pub(in crate::report) fn unbroken(&mut self, first: &str, text: &str) {
        self.0.push_str(first);
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// Words in lines of at most [`COLUMNS`]; a longer word is broken where it must.
    pub(in crate::report) fn wrapped(&mut self, first: &str, rest: &str, words: &str) {
        let mut line = first.to_owned();
        let mut start = line.chars().count();
        let mut column = start;
        for word in words.split(' ') {
            let length = word.chars().count();
            let space = usize::from(column > start);
            if space == 1 && column + space + length > COLUMNS {
                self.line(&mut line, rest);
                start = rest.chars().count();
                column = start;
            } else if space == 1 {
                line.push(' ');
                column += 1;
            }
            for letter in word.chars() {
                if column == COLUMNS {
                    self.line(&mut line, rest);
                    start = rest.chars().count();
                    column = start;
                }
                line.push(letter);
                column += 1;
            }
        }
        self.line(&mut line, rest);
    }

    /// Ends a line and begins the next.
    fn line(&mut self, line: &mut String, next: &str) {
        self.0.push_str(line.trim_end());
        self.0.push('\n');
        next.clone_into(line);
    }
}
