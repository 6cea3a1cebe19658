//! `keysweep apply`.

use std::path::Path;

use super::args::{self, Consent};
use super::exit::{End, Failure};
use super::interrupt::unless_asked;
use super::remedy::{self, Carrying, Found};
use crate::config::Config;
use crate::run::clock::Clock;

pub(super) async fn apply(
    args: &args::Apply,
    config: &Config,
    file: &Path,
    clock: Clock,
) -> Result<End, Failure> {
    let tenant = args.tenant.as_deref();
    let in_file = remedy::in_file(config, &args.plan, tenant)?;
    if let Some(found) = in_file.as_ref().filter(|_| args.consent.yes) {
        remedy::may_write(found.tenant, file)?;
    }
    let store = remedy::open(&config.store.url).await?;
    let Found { tenant, plan } = match in_file {
        Some(found) => found,
        None => {
            let (tenant, kept) = remedy::on_record(config, &store, &args.plan, tenant, |_| true).await?;
            Found { tenant, plan: kept.plan }
        }
    };
    remedy::name_unfinished(&store, tenant, Some(&plan.plan_id), clock()).await?;
    let job = Carrying { config, tenant, store: &store, plan: &plan, clock, format: args.format };
    let command = format!("keysweep apply {} --yes", plan.plan_id);
    done(job, args.consent, &command, file).await
}

/// Carries a plan out, or says what it would do.
pub(super) async fn done(
    job: Carrying<'_>,
    consent: Consent,
    command: &str,
    file: &Path,
) -> Result<End, Failure> {
    if consent.yes {
        remedy::may_write(job.tenant, file)?;
        return Box::pin(remedy::carry_out(job)).await;
    }
    unless_asked(Box::pin(remedy::dry_run(job, command))).await
}
