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

const CARRY: &str = include_str!("templates/carry.js");

const ICON: &str = include_str!("templates/icon.svg");

const TEMPLATES: [(&str, &str); 7] = [
    ("layout.html", include_str!("templates/layout.html")),
    ("status.html", include_str!("templates/status.html")),
    ("tenant.html", include_str!("templates/tenant.html")),
    ("outbox.html", include_str!("templates/outbox.html")),
    ("run.html", include_str!("templates/run.html")),
    ("sign-in.html", include_str!("templates/sign-in.html")),
    ("again.html", include_str!("templates/again.html")),
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

/// The form to sign in by, and to go on from to `next`.
pub(super) fn sign_in(status: StatusCode, form: &str, next: &str, problem: Option<&str>) -> Response {
    page(status, "sign-in.html", context! { form, next, problem, signed_in => false })
}

/// Leads to a place of our own once more: by script, or by itself where there is none.
pub(super) fn again(status: StatusCode, to: &str) -> Response {
    page(status, "again.html", context! { to, signed_in => false })
}

pub(super) async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

pub(super) async fn script() -> Response {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT).into_response()
}

pub(super) async fn carry() -> Response {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], CARRY).into_response()
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
