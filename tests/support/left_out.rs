//! What is said where a program of others is not there that tests talk to.

use std::io::Write as _;

/// Says what is left out because a package is not installed. Where CI=true, that is a failure.
#[expect(clippy::disallowed_methods, reason = "whether this is CI is known from outside")]
pub(crate) fn leave_out(what: &str, package: &str) {
    let ci = std::env::var_os("CI").is_some_and(|ci| ci == "true");
    assert!(!ci, "{package} is not installed, and CI leaves nothing out");
    // Not captured, unlike what `eprintln!` says.
    let said = writeln!(std::io::stderr(), "LEFT OUT: {what}, because {package} is not installed");
    assert!(said.is_ok());
}
