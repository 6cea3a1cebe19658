//! The template engine, set up once: everything that is not marked as ours is escaped.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior, Value, escape_formatter};
use serde::Serialize;

use super::chart::PictureError;
use super::phrases::printable;
use crate::remediation::SealError;

/// A page or a letter could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// A template does not fit its values: a defect of this program.
    #[error("the template `{template}` could not be filled in")]
    Template {
        /// Which one.
        template: &'static str,
        /// What is wrong with it.
        #[source]
        source: Error,
    },
    /// The page was not taken by whom it was written to.
    #[error("the page could not be written")]
    Write(#[source] io::Error),
    /// A picture could not be drawn: a defect of this program.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// A file could not be attached.
    #[error("`{file}` could not be attached")]
    Attachment {
        /// Which one.
        file: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The plan could not be attached.
    #[error("the plan could not be attached")]
    Plan(#[source] SealError),
    /// The attachments could not be compressed.
    #[error("the attachments could not be packed into `{archive}`")]
    Archive {
        /// The name of the archive.
        archive: String,
        /// Why.
        #[source]
        source: zip::result::ZipError,
    },
}

const TEMPLATES: [(&str, &str); 25] = [
    ("page.html", include_str!("templates/page.html")),
    ("overview.html", include_str!("templates/overview.html")),
    ("parts.html", include_str!("templates/parts.html")),
    ("changes.html", include_str!("templates/changes.html")),
    ("charts.html", include_str!("templates/charts.html")),
    ("deleted.html", include_str!("templates/deleted.html")),
    ("exceptions.html", include_str!("templates/exceptions.html")),
    ("findings.html", include_str!("templates/findings.html")),
    ("objects.html", include_str!("templates/objects.html")),
    ("credentials.html", include_str!("templates/credentials.html")),
    ("policies.html", include_str!("templates/policies.html")),
    ("frameworks.html", include_str!("templates/frameworks.html")),
    ("undecided.html", include_str!("templates/undecided.html")),
    ("letter-remedied.html", include_str!("templates/letter-remedied.html")),
    ("letter-risks.html", include_str!("templates/letter-risks.html")),
    ("letter.html", include_str!("templates/letter.html")),
    ("letter-findings.html", include_str!("templates/letter-findings.html")),
    ("letter-frameworks.html", include_str!("templates/letter-frameworks.html")),
    ("letter-changes.html", include_str!("templates/letter-changes.html")),
    ("letter-pictures.html", include_str!("templates/letter-pictures.html")),
    ("letter-parts.html", include_str!("templates/letter-parts.html")),
    ("mail-frame.html", include_str!("templates/mail-frame.html")),
    ("owner.html", include_str!("templates/owner.html")),
    ("digest.html", include_str!("templates/digest.html")),
    ("notice.html", include_str!("templates/notice.html")),
];

/// Fills in the template `name`, piece by piece.
pub(super) fn render_to(name: &'static str, values: Value, out: impl Write) -> Result<(), PageError> {
    let wrap = |source| PageError::Template { template: name, source };
    let environment = environment().map_err(wrap)?;
    let template = environment.get_template(name).map_err(wrap)?;
    let mut out = Watched { out, failure: None };
    let filled = template.render_captured_to(values, &mut out).map(drop);
    match out.failure {
        Some(failure) => Err(PageError::Write(failure)),
        None => filled.map_err(wrap),
    }
}

/// Remembers why nothing more was taken: the engine tells it in words of its own.
struct Watched<W> {
    out: W,
    failure: Option<io::Error>,
}

impl<W: Write> Write for Watched<W> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.out.write(piece).map_err(|failure| {
            let kind = failure.kind();
            if kind != io::ErrorKind::Interrupted {
                self.failure = Some(failure);
            }
            kind.into()
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// What a template is filled in with.
pub(super) fn value(of: impl Serialize) -> Value {
    Value::from(Serde(of))
}

fn environment() -> Result<Environment<'static>, Error> {
    environment_with(&NONE)
}

/// No templates but the built-in ones.
static NONE: BTreeMap<&'static str, String> = BTreeMap::new();

/// With templates in place of the built-in ones of the same name. Only what ends in `.txt` is not escaped.
pub(super) fn environment_with<'a>(
    own: &'a BTreeMap<&'static str, String>,
) -> Result<Environment<'a>, Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|name| {
        if name.ends_with(".txt") { AutoEscape::None } else { AutoEscape::Html }
    });
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_formatter(write_value);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    for (name, source) in TEMPLATES {
        if !own.contains_key(name) {
            environment.add_template(name, source)?;
        }
    }
    for (name, source) in own {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

/// Control characters go before escaping, here and not in each template, so that none is forgotten.
fn write_value(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    match value.as_str().filter(|_| !value.is_safe()).map(printable) {
        Some(Cow::Owned(text)) => escape_formatter(out, state, &Value::from(text)),
        Some(Cow::Borrowed(_)) | None => escape_formatter(out, state, value),
    }
}
