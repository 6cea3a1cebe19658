//! Programs of others that tests talk to.

use std::process::{Command, Stdio};

use crate::left_out::leave_out;

pub(crate) const PYTHON: &str = "/usr/bin/python3";

/// Whether Debian's Python is there, with a module. Where CI=true, its absence is a failure; elsewhere what
/// is left out without it is said.
pub(crate) fn python_has(module: &str, package: &str, what: &str) -> bool {
    let probe = Command::new(PYTHON).args(["-c", &format!("import {module}")]).stderr(Stdio::null()).status();
    let installed = probe.is_ok_and(|status| status.success());
    if !installed {
        leave_out(what, package);
    }
    installed
}
