//! `keysweep demo`: the whole way, over the emulator's sample tenant.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::archive::{Archive, Errand};
use super::args;
use super::audit::judge;
use super::exit::{End, Failure};
use super::progress::Screen;
use super::show;
use super::workspace::{self, Results};
use crate::config::{self, Environment};
use crate::emulator::{AUDITOR_ROLES, Emulator, Options, TenantData};
use crate::graph::{Budgets, Progress};
use crate::run::clock::Clock;
use crate::run::{Extent, Outcome, Sending};

/// The sample tenant's name in the reports.
const TENANT: &str = "contoso";

pub(super) async fn demo(args: &args::Demo, screen: &Screen, clock: Clock) -> Result<End, Failure> {
    show::note("Auditing the sample tenant of the built-in Graph emulator.");
    let outcome = run(&args.reports, &args.mail, screen.progress(), clock).await.map_err(Failure::run)?;
    screen.clear();
    show::written(show::summary(&mut anstream::stdout().lock(), &outcome))?;
    Ok(judge(&outcome, None))
}

/// Starts the emulator with the sample tenant as of now, and audits it as the service would: with a
/// configuration file, a certificate to sign in with, and HTTPS.
///
/// # Errors
/// When the emulator does not start, or the reports cannot be written.
pub async fn run(
    reports: &Path,
    mail: &Path,
    progress: &dyn Progress,
    clock: Clock,
) -> anyhow::Result<Outcome> {
    let now = clock();
    let mut options = Options::new(TenantData::sample(now), now, clock);
    options.roles = AUDITOR_ROLES.map(str::to_owned).to_vec();
    let emulator = Emulator::start(options).await?;
    let workspace = Temporary::new()?;
    let results = Results { tenant: TENANT, reports, mail };
    let path = workspace::write(&workspace.0, &emulator, &results)?;
    let config = config::load(&path, &Environment::default())?.config;
    let tenant = config.tenants.first().context("the demo's configuration has no tenant")?;
    let errand = Errand {
        config: &config,
        tenant,
        sending: Sending::Send,
        extent: Extent::WhatChanged,
        clock,
        progress,
        budgets: &Budgets::default(),
    };
    let archive = Archive::open(&config.store.url, clock).await;
    let outcome = archive.audit(&errand).await;
    archive.close().await;
    emulator.stop().await;
    Ok(outcome?)
}

/// A directory for the files that are needed only while the demo runs.
struct Temporary(PathBuf);

impl Temporary {
    /// The id of the process and a count make the name its own.
    fn new() -> anyhow::Result<Self> {
        let base = std::env::temp_dir();
        let process = std::process::id();
        for attempt in 0..1000 {
            let path = base.join(format!("keysweep-demo-{process}-{attempt}"));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(error).with_context(|| format!("cannot create `{}`", path.display()));
                }
            }
        }
        anyhow::bail!("`{}` is full of what other demos left", base.display())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "cannot remove a temporary directory");
        }
    }
}
