//! The templates of letters, those of the operator in place of the built-in ones. A template of the operator's
//! that fails does not keep a letter from being written: the built-in one takes its place, and that is said.

mod sample;

use std::collections::BTreeMap;

use minijinja::{Value, context};
use serde::Serialize;

use super::Letter;
use super::template::{PageError, environment_with, value};

/// Templates that take the place of built-in ones, as `[mail] templates` names them. Each letter has two:
/// `<letter>.html`, whose values are escaped, and `<letter>.txt`, whose values are one line each.
///
/// A letter's template sees one value, `letter`:
///
/// - of `letter.html` and `letter.txt` (summaries and routes): `complete`, `first_line`, `gaps` and `unavailable`
///   (`part`, `reason`), `notices`, `tenant`, `run`, `changes` (`title`, `sentences`, `groups` with `class`, `title`,
///   `lines`, `more`), `remedied` (`title`, `sentences`, `groups`), `counts` (`severity`, `count`, `any`), `figures`,
///   `risks` (`name`, `subject`, `url`, `why`), `groups` (`severity`, `rule`, `title`, `count`, `advice`, `lines`,
///   `more`), `frameworks` (`sentence`, `lines`), `pictures` (`trend`, none where there is none, and `others`, each with `name`, `title`,
///   `words`, `width`: a letter carries those that it shows as `cid:` and the name), `rest`, `files`;
/// - of `owner.*`: `first_line`, `title`, `run`, `sentences`, `applications` (`name`, `subject`, `url`, `findings` with
///   `severity`, `rule`, `title`, `detail`, `advice`, `due`, `overdue`, `remark`), `more`, `footer`;
/// - of `digest.*`: `good`, `first_line`, `title`, `period`, `tenants` (`name`, `good`, `state`, `run`, `counts`,
///   `by_severity`, `changes`, `troubles`), `footer`;
/// - of `notice.*` (failed and missed runs): `first_line`, `title`, `subtitle`, `sentences`, `groups` (`title`, `lines`),
///   `footer`.
///
/// The other templates are parts that these are made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Templates {
    sources: BTreeMap<&'static str, String>,
}

/// A template of the operator's that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the template `{name}` cannot be used")]
pub struct TemplateFlaw {
    /// Which one.
    pub name: String,
    /// What is wrong with it.
    #[source]
    pub source: minijinja::Error,
}

/// A letter, and which templates of the operator's failed over it.
#[derive(Debug)]
pub struct Dressed {
    /// The letter, whole in any case.
    pub letter: Letter,
    /// What to say in the log.
    pub flaws: Vec<TemplateFlaw>,
}

impl Dressed {
    /// Changes the letter.
    #[must_use]
    pub(super) fn map(self, change: impl FnOnce(Letter) -> Letter) -> Self {
        Self { letter: change(self.letter), flaws: self.flaws }
    }
}

/// The templates of one letter.
#[derive(Clone, Copy)]
pub(super) struct Suit {
    pub(super) html: &'static str,
    pub(super) text: &'static str,
}

pub(super) const LETTER: Suit = Suit { html: "letter.html", text: "letter.txt" };
pub(super) const OWNER: Suit = Suit { html: "owner.html", text: "owner.txt" };
pub(super) const DIGEST: Suit = Suit { html: "digest.html", text: "digest.txt" };
pub(super) const NOTICE: Suit = Suit { html: "notice.html", text: "notice.txt" };

impl Templates {
    /// The names a template can have.
    pub const NAMES: [&'static str; 16] = [
        "letter.html",
        "letter.txt",
        "owner.html",
        "owner.txt",
        "digest.html",
        "digest.txt",
        "notice.html",
        "notice.txt",
        "letter-changes.html",
        "letter-findings.html",
        "letter-frameworks.html",
        "letter-parts.html",
        "letter-pictures.html",
        "letter-remedied.html",
        "letter-risks.html",
        "mail-frame.html",
    ];

    /// Takes in a template; false where there is none of that name.
    pub fn put(&mut self, name: &str, source: String) -> bool {
        let known = Self::NAMES.into_iter().find(|known| *known == name);
        known.map(|name| self.sources.insert(name, source)).is_some()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// Tries every letter with these templates on made-up runs, a full one and an empty one.
    ///
    /// # Errors
    /// Each template that cannot be read, or else those that cannot be filled in.
    pub fn check(&self) -> Result<(), Vec<TemplateFlaw>> {
        let mut flaws = Vec::new();
        for (name, source) in &self.sources {
            let own = BTreeMap::from([(*name, source.clone())]);
            if let Err(source) = environment_with(&own).map(drop) {
                flaws.push(TemplateFlaw { name: (*name).to_owned(), source });
            }
        }
        if flaws.is_empty() && !self.is_empty() {
            flaws = sample::letters(self);
            flaws.dedup_by(|a, b| a.name == b.name);
        }
        if flaws.is_empty() { Ok(()) } else { Err(flaws) }
    }

    /// Writes a letter. `plain` is the plain-text part where no template makes it.
    ///
    /// # Errors
    /// When a built-in template does not fit, which is a defect of this program.
    pub(super) fn dress(
        &self,
        suit: Suit,
        subject: String,
        content: &impl Serialize,
        plain: impl FnOnce() -> String,
    ) -> Result<Dressed, PageError> {
        let Suit { html, text } = suit;
        let content = context! { letter => value(content) };
        let mut flaws = Vec::new();
        let mut tried = |name: &'static str| match self.fill(name, &content) {
            Ok(filled) => Some(filled),
            Err(source) => {
                flaws.push(TemplateFlaw { name: self.culprit(name, &source), source });
                None
            }
        };
        let own_html =
            if self.sources.keys().any(|name| name.ends_with(".html")) { tried(html) } else { None };
        let own_text = if self.sources.contains_key(text) { tried(text) } else { None };
        let html = match own_html {
            Some(html) => html,
            None => Self::default()
                .fill(html, &content)
                .map_err(|source| PageError::Template { template: html, source })?,
        };
        let text = own_text.unwrap_or_else(plain);
        let letter = Letter { subject, text, html, pictures: Vec::new(), attachments: Vec::new() };
        Ok(Dressed { letter, flaws })
    }

    fn fill(&self, name: &str, content: &Value) -> Result<String, minijinja::Error> {
        environment_with(&self.sources)?.get_template(name)?.render(content)
    }

    /// The template that an error is in: a part, perhaps.
    fn culprit(&self, name: &str, error: &minijinja::Error) -> String {
        let told = error.name().filter(|told| self.sources.contains_key(told));
        told.unwrap_or(name).to_owned()
    }
}
