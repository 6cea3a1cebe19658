//! Where a visitor wants to go: a place of our own, for one who has to come once more or to sign in before. What
//! stands behind `#` is told to no server, so the pages on the way carry it along.

use axum::extract::RawQuery;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Redirect, Response};

use super::forms::Fields;
use super::guard::nothing_here;
use super::pages;

/// The longest that is carried along, fragment included. A form has to hold it.
const LONGEST: usize = 1200;

/// A place of our own that is worth to come back to: the status page, a run or one of its files, with the part
/// of it that is shown. It has no other host, no query, and nothing that would be read as either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Local(String);

impl Local {
    /// The place that a text names, if it is one.
    pub(super) fn of(text: &str) -> Option<Self> {
        let (path, fragment) = text.split_once('#').unwrap_or((text, ""));
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte);
        let is_shown = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\`#".contains(&byte);
        let is_ours = path == "/" || (path.starts_with("/runs/") && !path.contains("//"));
        let fits = text.len() <= LONGEST && path.bytes().all(is_plain) && fragment.bytes().all(is_shown);
        (is_ours && fits).then(|| Self(text.to_owned()))
    }

    /// Where a form or an address wants to go on to.
    pub(super) fn named(fields: Option<&Fields>, name: &str) -> Option<Self> {
        Self::of(fields?.get(name)?)
    }

    /// As it stands in an address.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Leads there by way of another page, which says in its query where to.
pub(super) fn by_way_of(page: &str, name: &str, uri: &Uri) -> Response {
    let place = Local::of(uri.path()).filter(|place| place.as_str() != "/");
    // A browser takes along what stands behind `#` when it is redirected. What is in a plain path needs no escape.
    let query = place.map(|place| format!("?{name}={}", place.as_str().replace('%', "%25")));
    Redirect::to(&format!("{page}{}", query.unwrap_or_default())).into_response()
}

/// `GET /again`: asks for a page of ours from a page of ours, for which the browser sends the cookie along.
pub(super) async fn again(RawQuery(query): RawQuery) -> Response {
    let fields = query.as_deref().and_then(Fields::of_query);
    let to = match fields.as_ref().and_then(|fields| fields.get("to")) {
        None => Some("/"),
        Some(to) => Some(to).filter(|to| Local::of(to).is_some()),
    };
    match to {
        Some(to) => pages::again(StatusCode::OK, to),
        None => nothing_here().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_of_our_own_are_gone_on_to() {
        for text in [
            "/",
            "/runs/contoso/20260101T000000Z",
            "/runs/contoso/20260101T000000Z/report.html",
            "/runs/contoso/20260101T000000Z/report.html#findings.rule=client-secret&findings.q=un+rea",
            "/#tenant-contoso",
            "/runs/a/b/report.html#findings.q=%3Cb%3E'",
        ] {
            assert_eq!(Local::of(text).map(|place| place.as_str().to_owned()), Some(text.to_owned()));
        }
        let long = format!("/runs/a/b#{}", "x".repeat(2000));
        for text in [
            "",
            "//evil.example",
            "/runs//evil.example",
            "https://evil.example/runs/",
            "/\\evil.example",
            "/runs/\\evil.example",
            "/runs/a?b",
            "/run-now/contoso",
            "/sign-out",
            "/metrics",
            "runs/a",
            "javascript:alert(1)",
            "/runs/a\r\nset-cookie: x",
            "/runs/a\" onclick=\"x",
            "/runs/a#<script>",
            "/runs/a# b",
            "/runs/ä",
            long.as_str(),
        ] {
            assert_eq!(Local::of(text), None, "{text}");
        }
    }
}
