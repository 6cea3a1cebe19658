//! An assessment, as the rows of a report.

mod aside;
mod context;
mod dates;
mod exceptions;
mod findings;
mod keys;
mod objects;
mod policies;
mod risks;
mod source;
mod undecided;

use std::sync::Arc;

use crate::compliance::frameworks::{self, Assessor, ControlVerdict};
use crate::compliance::{Ranking, Risk, Settings};
use crate::domain::{
    Assessment, FindingDigests, History, Inventory, Object, ObjectAssessment, Past, RuleSet,
};
use crate::report::compare::{self, Present};
use crate::report::{Compared, FindingRow, FrameworkRow, GapRow, Header, ObjectRow, Report, Rows, Tally};
use source::{Desk, Source};

pub(super) use aside::{addition, cell as initiator_cell, spoken as initiator_spoken};
pub(super) use context::{Context, Judged, Policies, credential_id};
pub(super) use objects::{app_id, portal_url};

/// What was read of a tenant, and what was concluded from it by which settings.
#[derive(Debug)]
pub struct Audited {
    /// What was read.
    pub inventory: Inventory,
    /// What was concluded, from that and by these settings.
    pub assessment: Assessment,
    /// By what it was judged.
    pub settings: Settings,
}

/// The report on one run. The order in which Graph listed objects and policies leaves no trace in
/// it, so that two runs over the same tenant compare line by line. Rows are not kept: they are made from
/// what was audited whenever they are asked for.
#[must_use]
pub fn build(header: Header, audited: Arc<Audited>, history: &History) -> Report {
    let source = Arc::new(Source::new(header, audited, &history.past));
    let desk = Desk::at(&source);
    let Counted { tally, counts, verdicts, ranked } = count(&source, &desk);
    let Source { header, audited, .. } = &*source;
    let Audited { inventory, assessment, settings } = &**audited;
    let changes = match &history.past {
        Past::Unknown | Past::First => Vec::new(),
        Past::Since(memory) => {
            let present = Present::new(inventory, assessment, header, &desk.context);
            compare::changes(memory, &present, source.findings())
        }
    };
    let History { past, trend, previous, notices } = history;
    // A report that is made again is given the notices of the first.
    let young = aside::too_young(inventory, &desk.context).filter(|notice| !notices.contains(notice));
    let compared = match past {
        Past::Unknown => Compared::Unknown,
        Past::First => Compared::First,
        Past::Since(memory) => Compared::With(memory.last.clone()),
    };
    Report {
        summary: tally.finish(inventory.is_complete(), &compared, &changes),
        gaps: gaps(inventory),
        unavailable: aside::unavailable(inventory),
        compared,
        changes,
        findings: drawn(&source, counts.findings, |source| Box::new(source.findings())),
        objects: drawn(&source, counts.objects, |source| Box::new(source.objects())),
        credentials: drawn(&source, counts.credentials, |source| Box::new(source.credentials())),
        policies: policies::rows(inventory),
        frameworks: verdicts.into_iter().map(FrameworkRow::from).collect(),
        risks: risks::rows(&ranked, inventory, header),
        undecided: drawn(&source, counts.undecided, |source| Box::new(source.undecided())),
        deleted: aside::deleted(inventory, &desk.context),
        exceptions: exceptions::rows(assessment, settings),
        trend: trend.clone(),
        previous: previous.clone(),
        notices: notices.iter().cloned().chain(young).collect(),
        header: header.clone(),
    }
}

/// The digests of the findings that a report on this has.
#[must_use]
pub fn present(header: &Header, audited: &Arc<Audited>) -> FindingDigests {
    let source = Source::new(header.clone(), Arc::clone(audited), &Past::Unknown);
    let desk = Desk::at(&source);
    let mut digests: Vec<_> =
        findings::elsewhere(&source, &desk).iter().map(|row| row.key.digest()).collect();
    for object in audited.inventory.objects.iter() {
        let assessment = desk.judge.object(&object);
        digests.extend(findings::keys(&Judged::new(&object, &assessment), &source, &desk));
    }
    digests.into_iter().collect()
}

/// The findings of these rules that a report on this has, those of a subject together.
pub fn findings_of(
    header: Header,
    audited: Arc<Audited>,
    past: &Past,
    rules: RuleSet,
) -> impl Iterator<Item = FindingRow> + Send + use<> {
    Arc::new(Source::new(header, audited, past)).findings_of(rules)
}

/// What a report says about an object of which this was concluded: its row, and those of its findings, worst
/// first.
#[must_use]
pub fn rows_about(
    header: Header,
    audited: Arc<Audited>,
    object: &Object,
    assessment: &ObjectAssessment,
) -> (ObjectRow, Vec<FindingRow>) {
    let source = Source::new(header, audited, &Past::Unknown);
    let desk = Desk::at(&source);
    let judged = Judged::new(object, assessment);
    let mut found = Vec::new();
    findings::about(&judged, |_| true, &source, &desk, &mut found);
    (objects::row(&judged, &source.header, &desk.context), found)
}

fn drawn<T: 'static>(
    source: &Arc<Source>,
    len: usize,
    draw: fn(&Arc<Source>) -> Box<dyn Iterator<Item = T> + Send>,
) -> Rows<T> {
    let source = Arc::clone(source);
    Rows::drawn(len, move || draw(&source))
}

/// How many rows of each table there are.
struct Counts {
    findings: usize,
    objects: usize,
    credentials: usize,
    undecided: usize,
}

/// What going through every row once gives.
struct Counted {
    tally: Tally,
    counts: Counts,
    verdicts: Vec<ControlVerdict>,
    ranked: Vec<Risk>,
}

/// Makes every row once.
fn count(source: &Source, desk: &Desk<'_>) -> Counted {
    let Audited { inventory, assessment: _, settings } = &*source.audited;
    let objects = &inventory.objects;
    let listed = frameworks::listed(inventory);
    let mut assessor = Assessor::new(inventory, &listed, settings, source.header.started);
    let mut ranking = Ranking::new(inventory, settings, source.header.started, risks::NAMED);
    let mut tally = Tally::at(source.header.started);
    let mut counts = Counts { findings: 0, objects: objects.len(), credentials: 0, undecided: 0 };
    let elsewhere = findings::elsewhere(source, desk);
    counts.findings += elsewhere.len();
    elsewhere.iter().for_each(|row| tally.finding(row));
    let (mut found, mut unclear) = (Vec::new(), undecided::elsewhere(source, desk));
    for object in objects.iter() {
        let assessment = desk.judge.object(&object);
        let judged = Judged::new(&object, &assessment);
        assessor.look(&object);
        ranking.look(&object, &assessment);
        tally.object(&objects::row(&judged, &source.header, &desk.context));
        for credential in objects::credentials(&judged, &desk.context) {
            counts.credentials += 1;
            tally.credential(&credential);
        }
        found.clear();
        findings::about(&judged, |_| true, source, desk, &mut found);
        counts.findings += found.len();
        found.iter().for_each(|row| tally.finding(row));
        unclear.extend(undecided::about(&judged, |_| true));
        counts.undecided += unclear.len();
        unclear.drain(..).for_each(|row| tally.undecided(&row));
    }
    counts.undecided += unclear.len();
    unclear.drain(..).for_each(|row| tally.undecided(&row));
    Counted { tally, counts, verdicts: assessor.finish(), ranked: ranking.finish() }
}

fn gaps(inventory: &Inventory) -> Vec<GapRow> {
    let mut gaps: Vec<_> = inventory.gaps.iter().collect();
    gaps.sort_by(|a, b| (a.part, &a.reason).cmp(&(b.part, &b.reason)));
    gaps.into_iter()
        .map(|gap| {
            let crate::domain::Gap { part, reason } = gap;
            GapRow { part: part.to_string(), reason: reason.as_str().to_owned() }
        })
        .collect()
}
