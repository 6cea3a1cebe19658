//! Which tenant is meant.

use std::path::Path;

use crate::cli::exit::Failure;
use crate::config::{Config, Tenant};

/// The tenant that is named, or the only one.
pub(in crate::cli) fn one_tenant<'a>(config: &'a Config, name: Option<&str>) -> Result<&'a Tenant, Failure> {
    let known = || {
        let names: Vec<&str> = config.tenants.iter().map(|tenant| tenant.name.as_str()).collect();
        names.join(", ")
    };
    match (name, config.tenants.as_slice()) {
        (None, [only]) => Ok(only),
        (None, _) => Err(Failure::usage(format!(
            "--tenant is missing: the configuration has several tenants: {}",
            known()
        ))),
        (Some(name), tenants) => tenants.iter().find(|tenant| tenant.name == name).ok_or_else(|| {
            Failure::usage(format!(
                "--tenant {name}: the configuration has no such tenant. It has: {}",
                known()
            ))
        }),
    }
}

/// Whether there is a sign-in that may write. Whoever has none is told before anything is asked of anybody.
pub(in crate::cli) fn may_write(tenant: &Tenant, file: &Path) -> Result<(), Failure> {
    if tenant.writer.is_some() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{}: remediation.credential: is missing. Add `[remediation.credential]`: the app registration that may \
         write, apart from the one that audits, or `[tenant.remediation_credential]` to the tenant `{}`",
        file.display(),
        tenant.name
    )))
}
