//! An assessment, as the rows of a report.

mod context;
mod exceptions;
mod findings;
mod keys;
mod objects;
mod policies;

use crate::compliance::{Judge, Settings};
use crate::domain::{
    Assessment, FindingDigests, Gap, History, Inventory, Object, Objects, Past, PolicyId, Undecided,
};
use crate::report::compare::{self, Present};
use crate::report::{Compared, GapRow, Header, Report, Subject, Tally, UndecidedRow};

pub(super) use context::{Context, Judged, Policies, credential_id, signs_tokens};
pub(super) use objects::{app_id, portal_url};

/// The report on one run. The order in which Graph listed objects and policies leaves no trace in
/// it, so that two runs over the same tenant compare line by line.
#[must_use]
pub fn build(
    header: Header,
    inventory: &Inventory,
    assessment: &Assessment,
    settings: &Settings,
    history: &History,
) -> Report {
    let context = Context {
        now: header.started,
        tenant: inventory.tenant,
        settings,
        policies: Policies::of(inventory),
    };
    let judge = Judge::new(inventory, settings, header.started);
    let Assessment { briefs: _, tenant: _, policies: _, undecided, exceptions: _ } = assessment;
    let mut objects = Vec::with_capacity(inventory.objects.len());
    let mut credentials = Vec::new();
    let mut findings = findings::Findings::begin(assessment, &header, &context);
    let mut undecided: Vec<_> = undecided
        .iter()
        .map(|(policy, undecided)| elsewhere(*policy, undecided, &header, &context))
        .collect();
    for object in sorted(&inventory.objects) {
        let assessment = judge.object(&object);
        let judged = Judged::new(&object, &assessment);
        objects.push(objects::row(&judged, &header, &context));
        credentials.extend(objects::credentials(&judged, &context));
        findings.about(&judged);
        undecided.extend(assessment.undecided.iter().map(|undecided| on_object(&object, undecided)));
    }
    undecided.sort_by(|a, b| undecided_order(a).cmp(&undecided_order(b)));
    let mut findings = findings.sorted();
    compare::date(&mut findings, &history.past, header.started);
    let changes = match &history.past {
        Past::Unknown | Past::First => Vec::new(),
        Past::Since(memory) => {
            let present = Present::new(inventory, assessment, &header, &context);
            compare::changes(memory, &present, &findings)
        }
    };
    let policies = policies::rows(inventory);
    let History { past, trend, previous, notices } = history;
    let compared = match past {
        Past::Unknown => Compared::Unknown,
        Past::First => Compared::First,
        Past::Since(memory) => Compared::With(memory.last.clone()),
    };
    let mut tally = Tally::default();
    findings.iter().for_each(|row| tally.finding(row));
    objects.iter().for_each(|row| tally.object(row));
    credentials.iter().for_each(|row| tally.credential(row));
    undecided.iter().for_each(|row| tally.undecided(row));
    Report {
        summary: tally.finish(inventory.is_complete(), &compared, &changes),
        gaps: gaps(inventory),
        compared,
        changes,
        findings: findings.into(),
        objects: objects.into(),
        credentials: credentials.into(),
        policies,
        undecided: undecided.into(),
        exceptions: exceptions::rows(assessment, settings),
        trend: trend.clone(),
        previous: previous.clone(),
        notices: notices.clone(),
        header,
    }
}

/// The digests of the findings that a report on this would have.
#[must_use]
pub fn present(
    header: &Header,
    inventory: &Inventory,
    assessment: &Assessment,
    settings: &Settings,
) -> FindingDigests {
    let policies = Policies::of(inventory);
    let context = Context { now: header.started, tenant: inventory.tenant, settings, policies };
    let judge = Judge::new(inventory, settings, header.started);
    let mut findings = findings::Findings::begin(assessment, header, &context);
    for object in sorted(&inventory.objects) {
        findings.about(&Judged::new(&object, &judge.object(&object)));
    }
    findings.sorted().iter().map(|row| row.key.digest()).collect()
}

/// Objects by kind, name and id.
fn sorted(objects: &Objects) -> Vec<Object> {
    let mut sorted: Vec<_> = objects.iter().collect();
    sorted.sort_by(|a, b| (a.kind(), &a.display_name, a.id).cmp(&(b.kind(), &b.display_name, b.id)));
    sorted
}

fn gaps(inventory: &Inventory) -> Vec<GapRow> {
    let mut gaps: Vec<_> = inventory.gaps.iter().collect();
    gaps.sort_by(|a, b| (a.part, &a.reason).cmp(&(b.part, &b.reason)));
    gaps.into_iter()
        .map(|gap| {
            let Gap { part, reason } = gap;
            GapRow { part: part.to_string(), reason: reason.as_str().to_owned() }
        })
        .collect()
}

fn on_object(object: &Object, undecided: &Undecided) -> UndecidedRow {
    let Undecided { rule, severity: _, why } = undecided;
    UndecidedRow {
        object_type: Subject::from(object.kind()),
        object_id: object.id.to_string(),
        display_name: object.display_name.as_str().to_owned(),
        rule: *rule,
        why: why.as_str().to_owned(),
    }
}

/// What could not be decided about a custom policy, or about the tenant.
fn elsewhere(
    policy: Option<PolicyId>,
    undecided: &Undecided,
    header: &Header,
    context: &Context<'_>,
) -> UndecidedRow {
    let Undecided { rule, severity: _, why } = undecided;
    let (object_type, object_id, display_name) = match policy {
        Some(id) => (Subject::Policy, id.to_string(), context.policies.name(id).to_owned()),
        None => (Subject::Tenant, header.tenant_id.to_string(), header.tenant.clone()),
    };
    UndecidedRow { object_type, object_id, display_name, rule: *rule, why: why.as_str().to_owned() }
}

fn undecided_order(row: &UndecidedRow) -> impl Ord + '_ {
    let UndecidedRow { object_type, object_id, display_name, rule, why } = row;
    (rule, object_type, display_name, object_id, why)
}
