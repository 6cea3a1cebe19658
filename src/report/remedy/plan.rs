//! A plan as a terminal shows it.

use serde_json::Value;

use super::causes::{because, reversal};
use super::change::title;
use super::consequence::consequence;
use super::diff::differences;
use super::left_out::{LeftOutGroup, left_out_groups};
use super::page::Page;
use crate::remediation::{Change, Plan, Purpose, Reversal, Step};
use crate::report::minute;
use crate::report::phrases::{counted, grouped};

/// So many of those that were left out for one reason are named.
const NAMED: usize = 10;

/// The whole plan, in lines of at most `width` characters: what it is, its steps, and what was left out.
#[must_use]
pub fn plan_text(plan: &Plan, width: usize) -> String {
    let mut page = Page::new(width);
    head(&mut page, plan);
    for step in &plan.steps {
        page.blank();
        self::step(&mut page, step, plan.steps.len());
    }
    left_out(&mut page, plan);
    page.into_text()
}

/// One step, as [`plan_text`] has it.
#[must_use]
pub fn step_text(step: &Step, width: usize) -> String {
    let mut page = Page::new(width);
    self::step(&mut page, step, 1);
    page.into_text()
}

fn head(page: &mut Page, plan: &Plan) {
    let Plan {
        schema_version: _,
        plan_id,
        purpose,
        tenant,
        tenant_id,
        run_id,
        created,
        expires,
        steps,
        left_out: _,
        seal: _,
    } = plan;
    page.line("", &format!("Plan {plan_id} for {tenant} ({tenant_id})"));
    let from = match (purpose, run_id) {
        (Purpose::Remediation { .. }, Some(run)) => format!(" from run {run}"),
        (Purpose::Remediation { .. }, None) => String::new(),
        (Purpose::Manual { command }, _) => format!(" by `keysweep {}`", crate::report::plain(command, 200)),
        (Purpose::Undo { plan }, _) => format!(" to take back plan {plan}"),
    };
    page.line("", &format!("Made {}{from}; valid until {}.", minute(*created), minute(*expires)));
    let lost = steps.iter().filter(|step| step.reversal == Reversal::Impossible).count();
    let fresh = steps.iter().filter(|step| step.fresh).count();
    let mut sentence = counted(steps.len(), "step");
    sentence += &match lost {
        0 if steps.is_empty() => String::new(),
        0 if steps.len() == 1 => ", which can be taken back".to_owned(),
        0 => ", all of which can be taken back".to_owned(),
        1 if steps.len() == 1 => ", which CANNOT be taken back".to_owned(),
        lost => format!(", of which {} CANNOT be taken back", grouped(lost)),
    };
    if fresh > 0 {
        sentence += &format!("; {} marked FRESH, first seen less than `grace` ago", grouped(fresh));
    }
    page.line("", &format!("{sentence}."));
}

fn step(page: &mut Page, step: &Step, of: usize) {
    let Step { number, action, change, because: _, fresh, reversal: can, consequences } = step;
    let digits = of.max(1).to_string().len();
    let indent = " ".repeat(digits + 2);
    let mark = if *fresh { " [FRESH]" } else { "" };
    page.line(&format!("{number:>digits$}. "), &format!("{}{mark}", title(change)));
    for line in changed(change) {
        page.line(&format!("{indent}  "), &line);
    }
    let why = because(step);
    match (action, why.as_slice()) {
        (Some(action), []) => page.line(&format!("{indent}Why: "), action.as_str()),
        (Some(action), why) => {
            page.line(&format!("{indent}Why: "), &format!("{}. Action {action}.", why.join("; ")))
        }
        (None, []) => {}
        (None, why) => page.line(&format!("{indent}Why: "), &format!("{}.", why.join("; "))),
    }
    page.line(&indent, reversal(*can));
    for one in consequences {
        page.line(&format!("{indent}! "), &consequence(one));
    }
}

/// What a step changes in a policy, line by line; nothing for other steps, whose title says all.
pub(super) fn changed(change: &Change) -> Vec<String> {
    let (before, after) = match change {
        Change::SetTenantDefault { before, after } => (before, after),
        Change::CreatePolicy { body } => (&Value::Null, body),
        Change::DeletePolicy { policy: _, display_name: _, before } => (before, &Value::Null),
        Change::AssignPolicy { .. }
        | Change::UnassignPolicy { .. }
        | Change::RemovePassword { .. }
        | Change::SetAccountEnabled { .. } => return Vec::new(),
    };
    differences(before, after).iter().map(super::Difference::sentence).collect()
}

fn left_out(page: &mut Page, plan: &Plan) {
    if plan.left_out.is_empty() {
        return;
    }
    page.blank();
    let groups = left_out_groups(&plan.left_out);
    let all = groups.iter().map(LeftOutGroup::count).sum();
    page.line("", &format!("Left out: {}.", counted(all, "change")));
    for group in groups {
        page.line("  ", &format!("{}: {}", grouped(group.count()), group.why));
        for item in group.items.iter().take(NAMED) {
            page.line("    - ", item);
        }
        let more = group.count().saturating_sub(NAMED);
        if more > 0 {
            page.line("    ", &format!("… and {} more.", grouped(more)));
        }
    }
}
