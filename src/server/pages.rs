//! Filling in the pages. Everything that is put into them is escaped.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, Value, context};
use serde::Serialize;

use super::guard::refuse;

/// The look of the reports, and what only these pages have.
const STYLE: &str =
    concat!(include_str!("../report/templates/page.css"), include_str!("templates/status.css"));

const SCRIPT: &str = include_str!("templates/status.js");

const ICON: &str = include_str!("templates/icon.svg");

const TEMPLATES: [(&str, &str); 6] = [
    ("layout.html", include_str!("templates/layout.html")),
    ("status.html", include_str!("templates/status.html")),
    ("tenant.html", include_str!("templates/tenant.html")),
    ("outbox.html", include_str!("templates/outbox.html")),
    ("run.html", include_str!("templates/run.html")),
    ("sign-in.html", include_str!("templates/sign-in.html")),
];

/// A page from its template.
pub(super) fn page(status: StatusCode, name: &str, values: impl Serialize) -> Response {
    match filled(name, Value::from(Serde(values))) {
        Ok(page) => (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response(),
        Err(error) => {
            // A defect of this program; the values are not in the message.
            tracing::error!(template = name, detail = error.detail(), "a page could not be made");
            refuse(StatusCode::INTERNAL_SERVER_ERROR, "the page could not be made; the log says why")
        }
    }
}

/// The form to sign in by.
pub(super) fn sign_in(status: StatusCode, form: &str, problem: Option<&str>) -> Response {
    page(status, "sign-in.html", context! { form, problem, signed_in => false })
}

/// Leads to a path of our own once more.
pub(super) fn once_more(path: &str) -> Response {
    let mut page = (
        [(CONTENT_TYPE, "text/html; charset=utf-8")],
        "<!doctype html>\n<html lang=\"en\">\n<title>Keysweep</title>\n<p>One moment.</p>\n</html>\n",
    )
        .into_response();
    // A path of a request has neither blanks nor line breaks.
    if let Ok(refresh) = format!("0; url={path}").try_into() {
        page.headers_mut().insert("refresh", refresh);
    }
    page
}

pub(super) async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

pub(super) async fn script() -> Response {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT).into_response()
}

pub(super) async fn icon() -> Response {
    let policy = (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox");
    ([(CONTENT_TYPE, "image/svg+xml"), policy], ICON).into_response()
}

fn filled(name: &str, values: Value) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    environment.get_template(name)?.render(values)
}
