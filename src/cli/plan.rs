//! `keysweep plan`.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

use uuid::Uuid;

use super::args::{self, PlanFormat};
use super::exit::{End, Failure};
use super::remedy::{self, Written};
use super::show;
use crate::config::{Config, Tenant};
use crate::domain::Whom;
use crate::graph::{Budgets, explain};
use crate::remediation::{Action, Plan, Selection};
use crate::report::remedy::plan_text;
use crate::run::apply::{ConnectError, reader};
use crate::run::clock::Clock;
use crate::run::{PlanJob, PlanningError, incomplete_since, plan_recorded};

pub(super) async fn plan(args: &args::Plan, config: &Config, clock: Clock) -> Result<End, Failure> {
    let tenant = remedy::one_tenant(config, args.tenant.as_deref())?;
    let store = remedy::open(&config.store.url).await?;
    remedy::name_unfinished(&store, tenant, None, clock()).await?;
    let reader = reader(tenant, clock, &Budgets::default()).map_err(|error| connect_failure(&error))?;
    let selection = selection(args);
    let plan = plan_recorded(PlanJob {
        config,
        tenant,
        store: &store,
        reader: &reader,
        run: None,
        selection: &selection,
        unattended: false,
        clock,
    });
    let plan = Box::pin(plan).await.map_err(|error| failure(&error))?;
    let since = incomplete_since(&store, tenant).await.map_err(|error| remedy::store_failure(&error))?;
    let note = since.map(|run| {
        format!("Run {run} is newer, but incomplete: the plan rests on the last complete one and knows nothing of it.")
    });
    show(&plan, args.out.as_deref(), args.format, tenant, note.as_deref())
}

fn selection(args: &args::Plan) -> Selection {
    let wanted = |action: &Action| args.action.iter().any(|word| word == action.as_str());
    let actions: BTreeSet<Action> = Action::ALL.into_iter().filter(wanted).collect();
    let whom = |text: &String| match Uuid::try_parse(text.trim()) {
        Ok(id) => Whom::Id(id),
        Err(_) => Whom::Name(text.clone()),
    };
    let objects: Vec<Whom> = args.object.iter().map(whom).collect();
    Selection {
        actions: (!actions.is_empty()).then_some(actions),
        objects: (!objects.is_empty()).then_some(objects),
    }
}

/// Writes a plan that was made, shows it, and says how to carry it out.
pub(super) fn show_plan(
    plan: &Plan,
    out: Option<&Path>,
    format: PlanFormat,
    tenant: &Tenant,
) -> Result<End, Failure> {
    show(plan, out, format, tenant, None)
}

/// As [`show_plan`], with something that is to be known before.
fn show(
    plan: &Plan,
    out: Option<&Path>,
    format: PlanFormat,
    tenant: &Tenant,
    note: Option<&str>,
) -> Result<End, Failure> {
    let mut text = plan_text(plan, usize::from(show::terminal_width()));
    if let Some(note) = note {
        show::warning(note);
        text = format!("{note}\n{text}");
    }
    if plan.steps.is_empty() {
        let note = note.map(|note| format!("{note}\n")).unwrap_or_default();
        let nothing = format!("There is nothing to do.\n{note}{}", left_out_only(&text, plan));
        return told(&nothing, plan, format, Written::Nowhere);
    }
    let written = remedy::write(plan, out)?;
    let id = plan.plan_id.as_str();
    let command = format!("keysweep apply {id}");
    let mut words = format!("{text}\n");
    if let Written::File(path) = &written {
        words += &format!("The plan is in {}.\n", path.display());
    }
    words += &format!(
        "Nothing was changed. `{command}` looks at everything again; `{command} --yes` carries it out.\n"
    );
    if tenant.writer.is_none() {
        words += "That takes a sign-in that may write, and `remediation.credential` is missing.\n";
    }
    told(&words, plan, format, written)
}

/// The part of the text that says what was left out.
fn left_out_only(text: &str, plan: &Plan) -> String {
    if plan.left_out.is_empty() {
        return String::new();
    }
    text.find("\nLeft out: ").and_then(|start| text.get(start..)).unwrap_or_default().to_owned()
}

/// What a person reads goes to standard error where data goes to standard output.
fn told(words: &str, plan: &Plan, format: PlanFormat, written: Written) -> Result<End, Failure> {
    match (format, written) {
        (PlanFormat::Text, Written::File(_) | Written::Nowhere) => {
            show::written(anstream::stdout().write_all(words.as_bytes()))?;
        }
        (PlanFormat::Json, Written::File(_) | Written::Nowhere) => {
            let text = plan.to_json().map_err(|error| Failure::run(error.into()))?;
            show::written(writeln!(io::stdout(), "{text}"))?;
            show::note(words.trim_end());
        }
        // It stands there already.
        (_, Written::Stdout) => show::note(words.trim_end()),
    }
    Ok(End::Done)
}

/// Why Graph cannot be talked to.
pub(super) fn connect_failure(error: &ConnectError) -> Failure {
    Failure { end: End::NotCompleted, message: explain(error, error.advice()) }
}

fn failure(error: &PlanningError) -> Failure {
    let end = match error {
        PlanningError::NothingAllowed
        | PlanningError::NotAllowed(_)
        | PlanningError::NotLast { .. }
        | PlanningError::NoSuchObject { .. } => End::BadUsage,
        PlanningError::NoRun { .. }
        | PlanningError::Context { .. }
        | PlanningError::Look(_)
        | PlanningError::Store(_)
        | PlanningError::Plan(_) => End::NotCompleted,
    };
    Failure { end, message: error.explain() }
}
