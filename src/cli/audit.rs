//! `keysweep audit`: one run now.

use super::archive::{Archive, Errand};
use super::args;
use super::exit::{End, Failure};
use super::interrupt::unless_asked;
use super::progress::Screen;
use super::show;
use crate::config::{Config, Tenant};
use crate::domain::Severity;
use crate::graph::Budgets;
use crate::run::clock::Clock;
use crate::run::{Extent, Outcome, Sending};

pub(super) async fn audit(
    args: &args::Audit,
    config: &Config,
    screen: &Screen,
    clock: Clock,
) -> Result<End, Failure> {
    let tenants = chosen(config, &args.tenant)?;
    let digest = config.mail.as_ref().is_some_and(|mail| !mail.summary.per_tenant());
    if digest && !args.no_mail {
        show::warning(
            "`mail.summary` is `digest`: this audit mails no summary; the daemon mails one over all tenants, at the \
             time of `[digest]`",
        );
    }
    let archive = Archive::open(&config.store.url, clock).await;
    let end = unless_asked(each(args, config, screen, clock, tenants, &archive)).await;
    if !args.no_mail && end.is_ok() {
        // Whatever comes of it is in the outbox; it is no matter of the runs that were asked for.
        let _ = unless_asked(archive.send_due(config, clock)).await;
    }
    archive.close().await;
    end
}

async fn each(
    args: &args::Audit,
    config: &Config,
    screen: &Screen,
    clock: Clock,
    tenants: Vec<&Tenant>,
    archive: &Archive,
) -> Result<End, Failure> {
    let sending = if args.no_mail { Sending::Withhold } else { Sending::Send };
    let extent = if args.full { Extent::Everything } else { Extent::WhatChanged };
    let budgets = Budgets::default();
    let mut end = End::Done;
    for (index, tenant) in tenants.into_iter().enumerate() {
        let errand =
            Errand { config, tenant, sending, extent, clock, progress: screen.progress(), budgets: &budgets };
        match archive.audit(&errand).await {
            Ok(outcome) => {
                screen.clear();
                end = end.max(judge(&outcome, args.fail_on));
                // The reports are written and the mail is sent; other tenants are still to be audited.
                if let Err(failure) = show::outcome(&outcome, args.format, index) {
                    show::error(&failure.message);
                    end = end.max(failure.end);
                }
            }
            Err(error) => {
                screen.clear();
                let failure = Failure::from(error);
                show::error(&format!("tenant `{}`: {}", tenant.name, failure.message));
                end = end.max(failure.end);
            }
        }
    }
    Ok(end)
}

/// The tenants named, each once, or all of them.
fn chosen<'a>(config: &'a Config, names: &[String]) -> Result<Vec<&'a Tenant>, Failure> {
    if let Some(unknown) =
        names.iter().find(|name| !config.tenants.iter().any(|tenant| tenant.name == **name))
    {
        let known: Vec<&str> = config.tenants.iter().map(|tenant| tenant.name.as_str()).collect();
        return Err(Failure::usage(format!(
            "--tenant {unknown}: the configuration has no such tenant. It has: {}",
            known.join(", ")
        )));
    }
    let wanted = |tenant: &&Tenant| names.is_empty() || names.contains(&tenant.name);
    Ok(config.tenants.iter().filter(wanted).collect())
}

/// How a run that has a report ended.
pub(super) fn judge(outcome: &Outcome, fail_on: Option<Severity>) -> End {
    if !outcome.report.gaps.is_empty() || outcome.unrecorded.is_some() {
        return End::NotCompleted;
    }
    if outcome.posted.as_ref().is_some_and(|posted| !posted.is_complete()) {
        return End::NotDelivered;
    }
    match fail_on {
        Some(threshold) if outcome.report.summary.worst() >= Some(threshold) => End::ThresholdMet,
        _ => End::Done,
    }
}
