//! `keysweep undo`.

use std::io::{self, Write};
use std::path::Path;

use chrono::{SecondsFormat, SubsecRound as _};
use comfy_table::{Cell, ContentArrangement, Table, presets};
use serde::Serialize;

use super::archive::{holder, wait_for_turn};
use super::args::{self, PlanFormat};
use super::exit::{End, Failure};
use super::interrupt::unless_asked;
use super::plan::{connect_failure, show_plan};
use super::remedy::{self, Carrying};
use super::show;
use crate::config::{Config, Tenant};
use crate::graph::{Budgets, explain};
use crate::remediation::{Outcome, PlanId, Purpose, Reversal, WhyIrreversible};
use crate::report::plain;
use crate::report::remedy::{Page, irreversible, plan_text};
use crate::run::apply::{self, FoundOut, LookUp, Patience, ReverseError, reverse_with};
use crate::run::clock::Clock;
use crate::store::{Entry, KeptPlan, PlanState, Store, TenantKey};

/// The last plan that was applied.
const LATEST: &str = "latest";

pub(super) async fn undo(
    args: &args::Undo,
    config: &Config,
    file: &Path,
    clock: Clock,
) -> Result<End, Failure> {
    let store = remedy::open(&config.store.url).await?;
    let tenant = args.tenant.as_deref();
    let Some(meant) = args.run.as_deref() else { return list(config, &store, tenant, args.format).await };
    let (tenant, kept) = find(config, &store, meant, tenant).await?;
    if args.consent.yes {
        remedy::may_write(tenant, file)?;
    }
    let now = clock().trunc_subsecs(0);
    let key = TenantKey::from(tenant);
    let valid_for = config.remediation.orders.plan_valid_for;
    let found = find_out(tenant, &store, &kept, args.consent.yes, clock).await?;
    let reversed = reverse_with(&store, &key, &kept.plan, &found, now, valid_for).await;
    let (plan, impossible) = reversed.map_err(|error| failure(&error))?;
    // What may have been done, and is not taken back, is not the end of it.
    let stays_unclear = impossible.iter().any(|one| one.why == WhyIrreversible::Unclear);
    let at_least = if stays_unclear { End::PartWay } else { End::Done };
    let mut page = Page::new(usize::from(show::terminal_width()));
    if !impossible.is_empty() {
        page.line("", "What CANNOT be taken back:");
        impossible.iter().for_each(|one| page.line("  - ", &irreversible(one)));
    }
    let impossible = page.into_text();
    if plan.steps.is_empty() {
        let nothing = format!("Nothing of the plan {} can be taken back.", kept.plan.plan_id);
        let nothing = if impossible.is_empty() {
            format!("Nothing was done by the plan {}.", kept.plan.plan_id)
        } else {
            format!("{nothing}\n{}", impossible.trim_end())
        };
        show::note(&nothing);
        return Ok(at_least);
    }
    store.keep_plan(&key, &plan).await.map_err(|error| remedy::store_failure(&error))?;
    if !args.consent.yes {
        if !impossible.is_empty() {
            show::note(impossible.trim_end());
        }
        return Ok(show_plan(&plan, args.out.as_deref(), args.format, tenant)?.max(at_least));
    }
    if let Some(out) = args.out.as_deref() {
        remedy::write(&plan, Some(out))?;
    }
    let text = format!("{}\n{impossible}", plan_text(&plan, usize::from(show::terminal_width())));
    match args.format {
        PlanFormat::Text => show::written(writeln!(anstream::stdout(), "{}\n", text.trim_end()))?,
        PlanFormat::Json => show::note(text.trim_end()),
    }
    let job = Carrying { config, tenant, store: &store, plan: &plan, clock, format: args.format };
    Ok(Box::pin(remedy::carry_out(job)).await?.max(at_least))
}

/// Looks up what became of steps of which the journal does not know. Only where the plan is taken back at once is
/// that put on record, in the tenant's turn.
async fn find_out(
    tenant: &Tenant,
    store: &Store,
    kept: &KeptPlan,
    on_record: bool,
    clock: Clock,
) -> Result<Vec<FoundOut>, Failure> {
    let key = TenantKey::from(tenant);
    let plan = &kept.plan;
    let journal = store.journal(&key, &plan.plan_id).await;
    if !journal.map_err(|error| remedy::store_failure(&error))?.iter().any(apply::unclear) {
        return Ok(Vec::new());
    }
    show::note("What became of some steps is not on record: it is looked up, which may take a minute.");
    let budgets = Budgets::default();
    let reader = apply::reader(tenant, clock, &budgets).map_err(|error| connect_failure(&error))?;
    let patience = Patience::default();
    let asked = LookUp { store, tenant: &key, plan, reader: &reader, patience };
    if !on_record {
        let looking = async { apply::find_out(asked).await.map_err(|error| remedy::store_failure(&error)) };
        return unless_asked(Box::pin(looking)).await;
    }
    let holder = holder(clock);
    let settling = async {
        let turn = wait_for_turn(store, &key, &holder).await;
        let (turn, _) = turn.map_err(|error| remedy::store_failure(&error))?;
        let found = apply::settle(asked, &turn, clock).await;
        if let Err(error) = store.end_turn(&turn).await {
            tracing::warn!(%error, "the turn cannot be given back; it runs out by itself");
        }
        found.map_err(|error| Failure { end: End::NotCompleted, message: error.explain() })
    };
    unless_asked(Box::pin(settling)).await
}

fn failure(error: &ReverseError) -> Failure {
    match error {
        ReverseError::Store(error) => remedy::store_failure(error),
        ReverseError::Seal(_) => Failure { end: End::NotCompleted, message: explain(error, None) },
    }
}

/// Whether something of it may have been done.
fn was_begun(kept: &KeptPlan) -> bool {
    kept.state != PlanState::Made
}

async fn find<'a>(
    config: &'a Config,
    store: &Store,
    meant: &str,
    tenant: Option<&str>,
) -> Result<(&'a Tenant, KeptPlan), Failure> {
    let all = remedy::all(config, store, tenant).await?;
    if meant == LATEST {
        return latest(store, all).await;
    }
    let of_run = |kept: &KeptPlan| {
        was_begun(kept) && kept.plan.run_id.as_ref().is_some_and(|run| run.as_str() == meant)
    };
    let mut of_run: Vec<_> = all.iter().filter(|(_, kept)| of_run(kept)).collect();
    match of_run.len() {
        0 => {
            let (tenant, kept) = remedy::on_record(config, store, meant, tenant, |_| true).await?;
            if was_begun(&kept) {
                return Ok((tenant, kept));
            }
            Err(Failure::usage(format!(
                "the plan {} was never applied: there is nothing to take back",
                kept.plan.plan_id
            )))
        }
        1 => of_run.pop().cloned().ok_or_else(nothing),
        _ => {
            let ids: Vec<String> = of_run
                .iter()
                .map(|(tenant, kept)| format!("{} of {}", kept.plan.plan_id, tenant.name))
                .collect();
            Err(Failure::usage(format!(
                "several plans of run {meant} were applied: {}. Name one of them",
                ids.join(", ")
            )))
        }
    }
}

/// The plan that was begun last, takes nothing back itself, has changed something or may have, and is in force.
async fn latest<'a>(
    store: &Store,
    all: Vec<(&'a Tenant, KeptPlan)>,
) -> Result<(&'a Tenant, KeptPlan), Failure> {
    let mut undone: Vec<(PlanId, PlanId)> = Vec::new();
    let mut standing = Vec::new();
    for (tenant, kept) in all.into_iter().filter(|(_, kept)| was_begun(kept)) {
        let journal = store.journal(&TenantKey::from(tenant), &kept.plan.plan_id).await;
        let journal = journal.map_err(|error| remedy::store_failure(&error))?;
        let has_done = journal.iter().any(|entry| matches!(entry.outcome, Some(Outcome::Done { .. })));
        match &kept.plan.purpose {
            Purpose::Undo { plan } if has_done && kept.state == PlanState::Applied => {
                undone.push((plan.clone(), kept.plan.plan_id.clone()));
            }
            Purpose::Undo { .. } => {}
            Purpose::Remediation { .. } | Purpose::Manual { .. } => {
                if has_done || journal.iter().any(apply::unclear) {
                    standing.push((tenant, kept));
                }
            }
        }
    }
    let standing = standing.into_iter().filter(|(_, kept)| is_in_force(&kept.plan.plan_id, &undone));
    standing.max_by_key(|(_, kept)| kept.begun_as).ok_or_else(nothing)
}

/// Whether nothing took it back that was not taken back itself. `undone` says of plans by which others.
fn is_in_force(plan: &PlanId, undone: &[(PlanId, PlanId)]) -> bool {
    let by = undone.iter().filter(|(of, _)| of == plan);
    !by.into_iter().any(|(_, by)| is_in_force(by, undone))
}

fn nothing() -> Failure {
    Failure::usage("no plan was applied that is not taken back already: `keysweep undo` lists them")
}

/// A plan that was applied.
#[derive(Serialize)]
struct Row {
    plan_id: String,
    tenant: String,
    begun: Option<String>,
    ended: Option<String>,
    state: &'static str,
    /// What it was for.
    what: String,
    run_id: Option<String>,
    steps: usize,
    done: usize,
    /// Of those done, how many can be taken back.
    reversible: usize,
}

async fn list(
    config: &Config,
    store: &Store,
    tenant: Option<&str>,
    format: PlanFormat,
) -> Result<End, Failure> {
    let mut rows = Vec::new();
    let mut plans = remedy::all(config, store, tenant).await?;
    plans.sort_by_key(|(_, kept)| kept.begun_as);
    for (tenant, kept) in plans.into_iter().filter(|(_, kept)| was_begun(kept)) {
        let journal = store.journal(&TenantKey::from(tenant), &kept.plan.plan_id).await;
        rows.push(row(&kept, &journal.map_err(|error| remedy::store_failure(&error))?));
    }
    show::written(match format {
        PlanFormat::Json => serde_json::to_writer_pretty(io::stdout(), &rows)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(io::stdout())),
        PlanFormat::Text => table(&rows),
    })?;
    Ok(End::Done)
}

fn row(kept: &KeptPlan, journal: &[Entry]) -> Row {
    let KeptPlan { plan, state, begun, begun_as: _, ended, stopped: _ } = kept;
    let time = |time: &Option<chrono::DateTime<chrono::Utc>>| {
        time.map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
    };
    let is_done = |number: u32| {
        journal
            .iter()
            .any(|entry| entry.step == number && matches!(entry.outcome, Some(Outcome::Done { .. })))
    };
    let done: Vec<_> = plan.steps.iter().filter(|step| is_done(step.number)).collect();
    Row {
        plan_id: plan.plan_id.to_string(),
        tenant: plan.tenant.clone(),
        begun: time(begun),
        ended: time(ended),
        state: state.as_str(),
        what: match &plan.purpose {
            Purpose::Remediation { unattended: true } => "remediation by the daemon".to_owned(),
            Purpose::Remediation { unattended: false } => "remediation".to_owned(),
            Purpose::Manual { command } => plain(command, 100),
            Purpose::Undo { plan } => format!("undo of {plan}"),
        },
        run_id: plan.run_id.as_ref().map(|run| run.as_str().to_owned()),
        steps: plan.steps.len(),
        done: done.len(),
        reversible: done.iter().filter(|step| step.reversal != Reversal::Impossible).count(),
    }
}

fn table(rows: &[Row]) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    if rows.is_empty() {
        return writeln!(out, "No plan was applied yet: there is nothing to take back.");
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["PLAN", "TENANT", "BEGUN", "STATE", "WHAT", "STEPS", "DONE", "REVERSIBLE"]);
    for row in rows {
        let begun = row.begun.as_deref().unwrap_or_default();
        let text = [&row.plan_id, &row.tenant, begun, row.state, &row.what].map(Cell::new);
        let counts = [row.steps, row.done, row.reversible].map(Cell::new);
        table.add_row(text.into_iter().chain(counts));
    }
    writeln!(out, "{}\n\n`keysweep undo PLAN` shows what would take one back.", table.trim_fmt())
}
