//! Where changes by hand are asked for, shown and carried out.

use std::io::{self, Write};
use std::path::Path;

use chrono::SubsecRound as _;
use serde_json::Value;

use crate::cli::args::{self, PlanFormat};
use crate::cli::exit::{End, Failure};
use crate::cli::plan::connect_failure;
use crate::cli::remedy::{self, Carrying};
use crate::cli::show;
use crate::config::{Config, Tenant};
use crate::domain::{Inventory, RunId};
use crate::graph::{Budgets, Graph, GraphError, explain};
use crate::remediation::{Change, Guarded, Manual, ManualError, Plan, manual};
use crate::report::remedy::{plan_text, who};
use crate::run::apply::reader;
use crate::run::clock::Clock;
use crate::store::{Store, TenantKey};

/// What a command that changes something works with. It holds nothing that can write.
pub(super) struct Counter<'a> {
    pub(super) config: &'a Config,
    pub(super) tenant: &'a Tenant,
    pub(super) store: Store,
    /// Graph as the auditor sees it.
    pub(super) reader: Graph,
    change: &'a args::Change,
    clock: Clock,
}

/// What a change is better understood with.
#[derive(Clone, Copy, Default)]
pub(super) struct Known<'a> {
    /// The tenant default as Graph has it.
    pub(super) tenant_default: Option<&'a Value>,
    /// What the last complete run saw.
    pub(super) inventory: Option<&'a Inventory>,
}

impl<'a> Counter<'a> {
    pub(super) async fn open(
        config: &'a Config,
        change: &'a args::Change,
        file: &Path,
        clock: Clock,
    ) -> Result<Self, Failure> {
        let tenant = remedy::one_tenant(config, change.tenant.as_deref())?;
        if change.consent.yes {
            remedy::may_write(tenant, file)?;
        }
        let store = remedy::open(&config.store.url).await?;
        remedy::name_unfinished(&store, tenant, None, clock()).await?;
        let reader = reader(tenant, clock, &Budgets::default()).map_err(|error| connect_failure(&error))?;
        Ok(Self { config, tenant, store, reader, change, clock })
    }

    /// Says that there is nothing to do.
    pub(super) fn nothing(&self, why: &str) -> Result<End, Failure> {
        show::note(why);
        Ok(End::Done)
    }

    /// Shows the changes with what they bring about and, where that was said, carries them out. `notes` are worth knowing before.
    pub(super) async fn go(
        &self,
        command: &str,
        changes: Vec<Change>,
        known: Known<'_>,
        notes: &[String],
    ) -> Result<End, Failure> {
        let Self { config, tenant, store, change, clock, reader: _ } = self;
        let plan = manual(
            Manual {
                tenant: &tenant.name,
                tenant_id: tenant.tenant_id,
                command,
                orders: &config.remediation.orders,
                found: known.tenant_default,
                inventory: known.inventory,
                now: clock().trunc_subsecs(0),
            },
            changes,
        );
        let plan = plan.map_err(|error| refused(&error))?;
        notes.iter().for_each(|note| show::warning(note));
        let text = plan_text(&plan, usize::from(show::terminal_width()));
        if !change.consent.yes {
            return preview(&plan, &text, change.format, tenant);
        }
        match change.format {
            PlanFormat::Text => show::written(writeln!(anstream::stdout(), "{text}"))?,
            PlanFormat::Json => show::note(&text),
        }
        let kept = store.keep_plan(&TenantKey::from(*tenant), &plan).await;
        kept.map_err(|error| remedy::store_failure(&error))?;
        let job = Carrying { config, tenant, store, plan: &plan, clock: *clock, format: change.format };
        Box::pin(remedy::carry_out(job)).await
    }
}

/// Shows what would be changed.
fn preview(plan: &Plan, text: &str, format: PlanFormat, tenant: &Tenant) -> Result<End, Failure> {
    let mut words = format!("{text}\nNothing was changed. The same command with `--yes` carries it out.");
    if tenant.writer.is_none() {
        words += "\nThat takes a sign-in that may write, and `remediation.credential` is missing.";
    }
    match format {
        PlanFormat::Text => show::written(writeln!(anstream::stdout(), "{words}"))?,
        PlanFormat::Json => {
            let json = plan.to_json().map_err(|error| Failure::run(error.into()))?;
            show::written(writeln!(io::stdout(), "{json}"))?;
            show::note(&words);
        }
    }
    Ok(End::Done)
}

fn refused(error: &ManualError) -> Failure {
    match error {
        ManualError::Protected(guarded) => {
            let what = match guarded {
                Guarded::Object(object) => who(object),
                Guarded::Policy(id, name) => format!("the custom policy {} ({id})", name_of(name.as_str())),
                Guarded::Tenant(id) => format!("the tenant ({id}), and so its default"),
            };
            Failure::usage(format!(
                "remediation.protected names {what}, which is not changed. Take it out there first, or leave it as \
                 it is"
            ))
        }
        ManualError::TooMany { .. } => {
            Failure::usage(format!("{error}. Raise it, or do it in several steps"))
        }
        ManualError::Seal(_) => Failure { end: End::NotCompleted, message: explain(error, None) },
    }
}

/// A name in quotation marks.
pub(super) fn name_of(name: &str) -> String {
    format!("“{}”", crate::report::plain(name, 256))
}

/// What Graph did not tell.
pub(super) fn unread(error: &GraphError) -> Failure {
    Failure { end: End::NotCompleted, message: explain(error, error.advice()) }
}

/// What the last complete run on record saw; none where there is none.
pub(super) async fn last_seen(store: &Store, tenant: &Tenant) -> Result<Option<(RunId, Inventory)>, Failure> {
    let key = TenantKey::from(tenant);
    let runs = store.runs(Some(&key)).await.map_err(|error| remedy::store_failure(&error))?;
    let Some(last) = runs.into_iter().rfind(|entry| entry.counts.complete) else { return Ok(None) };
    let id = last.counts.run.run_id;
    let recorded = store.reconstruct(&key, &id).await.map_err(|error| remedy::store_failure(&error))?;
    Ok(recorded.map(|recorded| (id, recorded.inventory)))
}
