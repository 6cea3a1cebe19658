//! Programs of others that tests talk to.

use std::io::Write as _;
use std::process::{Command, Stdio};

pub(crate) const PYTHON: &str = "/usr/bin/python3";

/// Whether Debian's Python is there, with a module. Where CI=true, its absence is a failure; elsewhere what
/// is left out without it is said.
#[expect(clippy::disallowed_methods, reason = "whether this is CI is known from outside")]
pub(crate) fn python_has(module: &str, package: &str, what: &str) -> bool {
    let probe = Command::new(PYTHON).args(["-c", &format!("import {module}")]).stderr(Stdio::null()).status();
    let installed = probe.is_ok_and(|status| status.success());
    if !installed {
        let ci = std::env::var_os("CI").is_some_and(|ci| ci == "true");
        assert!(!ci, "{package} is not installed, and CI leaves nothing out");
        // Not captured, unlike what `eprintln!` says.
        let said = writeln!(std::io::stderr(), "LEFT OUT: {what}, because {package} is not installed");
        assert!(said.is_ok());
    }
    installed
}
