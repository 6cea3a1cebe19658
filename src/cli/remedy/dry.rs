//! What a plan would do now. Nothing here holds anything that can write.

use super::carry::refusal_failure;
use super::told::{Line, Told};
use super::{Carrying, store_failure};
use crate::cli::exit::{End, Failure};
use crate::cli::show;
use crate::graph::{Budgets, explain};
use crate::remediation::Step;
use crate::report::plain;
use crate::report::remedy::{outcome, outcome_word};
use crate::run::apply::{self, Check, Preview, PreviewError, Prospect};

/// Looks at every step again and says whether it would be done or skipped now. `command` carries it out.
pub(in crate::cli) async fn dry_run(job: Carrying<'_>, command: &str) -> Result<End, Failure> {
    let Carrying { config, tenant, store, plan, clock, format } = job;
    let now = clock();
    let cleared = apply::check(Check { config, tenant, store, plan, writer: None, now }).await;
    let cleared = cleared.map_err(|refusal| refusal_failure(&refusal))?;
    cleared.warnings.iter().for_each(|warning| show::warning(warning));
    let reader = apply::reader(tenant, clock, &Budgets::default())
        .map_err(|error| Failure { end: End::NotCompleted, message: explain(&error, error.advice()) })?;
    let preview = Preview { config, tenant, store, plan, reader: &reader, now };
    let prospects = apply::preview(preview).await.map_err(|error| match error {
        PreviewError::Store(error) => store_failure(&error),
        PreviewError::Graph { .. } => Failure { end: End::NotCompleted, message: error.explain() },
    })?;
    let mut told = Told::of(plan, true);
    let would = prospects.iter().filter(|(_, prospect)| would_be_done(prospect)).count();
    told.summary = match (would, prospects.len()) {
        (0, _) => "No step would be done now.".to_owned(),
        (1, 1) => "The step would be done now.".to_owned(),
        (would, all) if would == all => format!("All {all} steps would be done now."),
        (would, all) => format!("{would} of {all} steps would be done now."),
    };
    told.steps = prospects.iter().map(|(step, prospect)| line(step, prospect)).collect();
    told.next.push(format!("Nothing was changed. `{command}` carries it out."));
    if tenant.writer.is_none() {
        told.next
            .push("That takes a sign-in that may write, and `remediation.credential` is missing.".to_owned());
    }
    told.print(format)?;
    Ok(End::Done)
}

fn would_be_done(prospect: &Prospect) -> bool {
    matches!(prospect, Prospect::Ready | Prospect::PerhapsSent)
}

fn line(step: &Step, prospect: &Prospect) -> Line {
    let (word, detail) = match prospect {
        Prospect::Ready => ("would be done", String::new()),
        Prospect::PerhapsSent => {
            let detail =
                "It was sent before, and nobody found out what became of it: that would be looked up first.";
            ("would be looked up", detail.to_owned())
        }
        Prospect::Concluded(done) => (outcome_word(done), format!("Before: {}", outcome(done))),
        Prospect::Skipped(skipped) => ("would be skipped", outcome(skipped)),
        Prospect::Unread(reason) => {
            ("not known", format!("It cannot be looked at: {}", plain(reason.as_str(), 1000)))
        }
    };
    Line::of(step, word, detail, None)
}
