//! What a letter says of remediation: what would be done, or what was.

use serde::Serialize;

use super::digest::SENTENCE;
use crate::remediation::{Outcome, Plan, Reversal, Step, StepOutcome, Stopped};
use crate::report::phrases::{counted, grouped, minute, plain};
use crate::report::remedy::{self, OutcomeCounts, left_out_groups, outcome_word};

/// Steps that a letter lists one by one.
const LISTED: usize = 30;

/// What came of remediation after a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Remedied {
    /// Nothing was changed, and there is no plan: why, in a sentence.
    Withheld(String),
    /// A plan was made, and nothing was changed.
    Planned(Box<Plan>),
    /// A plan was carried out, as far as it went.
    Applied(Box<Carried>),
    /// A plan of an earlier run, which was interrupted, was gone on with as far as it went, and none was made.
    Resumed(Box<Carried>),
}

/// A plan that was carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Carried {
    /// The plan.
    pub plan: Plan,
    /// Each of its steps.
    pub steps: Vec<StepOutcome>,
    /// Why it was not carried out to its end.
    pub stopped: Option<Stopped>,
    /// Why it could not be carried out at all, or was left in the middle, with what to do about it.
    pub trouble: Option<String>,
}

impl Remedied {
    /// What the subject says of it: only what somebody has to look after.
    pub(super) fn in_subject(&self) -> Option<&'static str> {
        match self {
            Self::Applied(carried) | Self::Resumed(carried)
                if carried.stopped.is_some() || carried.trouble.is_some() =>
            {
                Some("remediation STOPPED")
            }
            Self::Applied(carried) | Self::Resumed(carried) => {
                let counts = OutcomeCounts::of(&carried.steps);
                (0 < counts.failed + counts.unclear).then_some("remediation FAILED in part")
            }
            Self::Withheld(_) | Self::Planned(_) => None,
        }
    }

    /// The plan that is attached.
    pub(super) fn plan(&self) -> Option<&Plan> {
        match self {
            Self::Planned(plan) if !plan.steps.is_empty() => Some(plan),
            Self::Withheld(_) | Self::Planned(_) | Self::Applied(_) | Self::Resumed(_) => None,
        }
    }
}

/// The section of a letter.
#[derive(Default, Serialize)]
pub(super) struct Section {
    /// None where there is nothing to say.
    pub(super) title: Option<&'static str>,
    /// What it comes to.
    pub(super) sentences: Vec<String>,
    pub(super) groups: Vec<Group>,
}

/// Steps that have something in common.
#[derive(Serialize)]
pub(super) struct Group {
    pub(super) title: String,
    pub(super) lines: Vec<String>,
    /// How many are not listed.
    pub(super) more: Option<String>,
}

impl Section {
    pub(super) fn of(remedied: Option<&Remedied>, attached: bool) -> Self {
        let Some(remedied) = remedied else { return Self::default() };
        let (sentences, groups) = match remedied {
            Remedied::Withheld(why) => (vec![plain(why, SENTENCE)], Vec::new()),
            Remedied::Planned(plan) => (planned(plan, attached), vec![would(plan), left_out(plan)]),
            Remedied::Applied(carried) => (applied(carried), of_outcomes(carried)),
            Remedied::Resumed(carried) => {
                let mut sentences = resumed(carried);
                sentences.extend(applied(carried));
                (sentences, of_outcomes(carried))
            }
        };
        let groups = groups.into_iter().filter(|group| !group.lines.is_empty()).collect();
        Self { title: Some("Remediation"), sentences, groups }
    }
}

fn planned(plan: &Plan, attached: bool) -> Vec<String> {
    let Plan { plan_id, expires, steps, .. } = plan;
    if steps.is_empty() {
        return vec!["Nothing was changed, and nothing is to be done.".to_owned()];
    }
    let mut sentences = vec![
        format!("Nothing was changed. Plan {plan_id} would take {}.", counted(steps.len(), "step")),
        format!(
            "To carry it out, review it with `keysweep apply {plan_id}`, then add `--yes`; it expires {}.",
            minute(*expires)
        ),
    ];
    if !attached {
        sentences.push("The plan is too large to be attached.".to_owned());
    }
    sentences
}

fn would(plan: &Plan) -> Group {
    let line = |step: &Step| {
        let mut said = format!("{}. {}", step.number, remedy::title(&step.change));
        if step.reversal == Reversal::Impossible {
            said.push(' ');
            said.push_str(remedy::reversal(step.reversal));
        }
        for consequence in &step.consequences {
            said.push(' ');
            said.push_str(&remedy::consequence(consequence));
        }
        plain(&said, SENTENCE)
    };
    group("What would be done".to_owned(), &plan.steps, line)
}

fn left_out(plan: &Plan) -> Group {
    let groups = left_out_groups(&plan.left_out);
    let line =
        |left: &remedy::LeftOutGroup| format!("{}: {}", grouped(left.count()), plain(&left.why, SENTENCE));
    group("What is left out".to_owned(), &groups, line)
}

/// What was found before a plan was gone on with says little about what is there after it.
fn resumed(carried: &Carried) -> Vec<String> {
    vec![
        format!("Plan {} of an earlier run was interrupted, and this run went on with it.", carried.plan.plan_id),
        "No other plan was made, because the findings of this run are older than that; the next run plans again."
            .to_owned(),
    ]
}

fn applied(carried: &Carried) -> Vec<String> {
    let Carried { plan, steps, stopped, trouble } = carried;
    let Plan { plan_id, left_out, .. } = plan;
    let mut sentences = Vec::new();
    if let Some(trouble) = trouble {
        sentences.push(plain(&format!("Plan {plan_id} was NOT carried out to its end: {trouble}"), SENTENCE));
    }
    if !steps.is_empty() {
        sentences.push(format!("Plan {plan_id}: {}.", OutcomeCounts::of(steps).sentence()));
    }
    if let Some(stopped) = stopped {
        sentences.push(plain(&remedy::stopped(stopped), SENTENCE));
    }
    if stopped.is_some() || trouble.is_some() {
        sentences.push(format!("To go on with it, use `keysweep apply {plan_id}`."));
    }
    let mut done = steps.iter().filter(|step| matches!(step.outcome, Outcome::Done { .. })).peekable();
    let any_done = done.peek().is_some();
    if any_done && done.all(|step| step.step.reversal == Reversal::Impossible) {
        sentences.push("Nothing of it can be taken back.".to_owned());
    } else if any_done {
        sentences.push(format!("To take back what can be taken back, use `keysweep undo {plan_id}`."));
    }
    let left: usize = left_out_groups(left_out).iter().map(remedy::LeftOutGroup::count).sum();
    if 0 < left {
        sentences.push(format!("{} left out: the groups below say why.", counted(left, "change")));
    }
    sentences
}

/// What somebody has to look after comes first.
fn of_outcomes(carried: &Carried) -> Vec<Group> {
    let kinds = ["failed", "unclear", "done", "skipped", "not reached"];
    let mut groups: Vec<Group> = kinds.iter().map(|kind| of_outcome(kind, &carried.steps)).collect();
    groups.push(left_out(&carried.plan));
    groups
}

fn of_outcome(kind: &str, steps: &[StepOutcome]) -> Group {
    let of_kind: Vec<&StepOutcome> =
        steps.iter().filter(|step| outcome_word(&step.outcome) == kind).collect();
    let line = |step: &&StepOutcome| {
        let StepOutcome { step, outcome } = step;
        let said = format!("{}. {} {}", step.number, remedy::title(&step.change), remedy::outcome(outcome));
        plain(&said, SENTENCE)
    };
    let title = format!("Steps {kind}: {}", grouped(of_kind.len()));
    group(title, &of_kind, line)
}

fn group<T>(title: String, all: &[T], line: impl Fn(&T) -> String) -> Group {
    let more = all.len().saturating_sub(LISTED);
    Group {
        title,
        lines: all.iter().take(LISTED).map(line).collect(),
        more: (0 < more).then(|| format!("and {} more.", grouped(more))),
    }
}
