//! A valid configuration, and ways to change and read it.

use std::path::Path;

use keysweep::config::{Config, Environment, Loaded, parse};

/// The least that is valid: nothing but one tenant, no files.
pub(crate) const BASE: &str = r#"[[tenant]]
name = "contoso"
tenant_id = "11111111-1111-4111-8111-111111111111"
[tenant.credential]
type = "azure-cli"
"#;

/// [`BASE`] with more below.
pub(crate) fn and(more: &str) -> String {
    format!("{BASE}{more}")
}

/// [`BASE`] with one line for another.
pub(crate) fn but(line: &str, other: &str) -> String {
    assert!(BASE.contains(line), "{line}");
    BASE.replace(line, other)
}

pub(crate) fn read_with<const N: usize>(text: &str, variables: [(&str, &str); N]) -> Result<Loaded, String> {
    let environment = Environment::from_iter(variables);
    parse(text, Path::new("keysweep.toml"), &environment).map_err(|problems| problems.to_string())
}

pub(crate) fn read(text: &str) -> Result<Loaded, String> {
    read_with(text, [])
}

pub(crate) fn config(text: &str) -> Config {
    read(text).unwrap_or_else(|problems| panic!("{problems}")).config
}

/// The problems, where there must be some.
pub(crate) fn problems(text: &str) -> String {
    read(text).map(|_| ()).expect_err("should have been refused")
}
