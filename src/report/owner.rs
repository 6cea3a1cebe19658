//! Letters to the owners of applications: theirs only, what is wrong, what to do, by when. Whom to tell is decided
//! here, from what each was told before; nobody is told again until something changes or a reminder is due.

mod letter;
mod recipients;

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::dress::{TemplateFlaw, Templates};
use super::template::PageError;
use super::{FindingRow, Letter, Report};
use crate::domain::{FindingDigest, Severity, Told};
use letter::Draft;
use recipients::Recipients;

/// `[owners]`: whom to tell of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerTerms {
    /// Findings of at least this severity.
    pub least: Severity,
    /// By when something is to be done, counted from when somebody was first told of a finding.
    pub deadline: TimeDelta,
    /// When whoever was told is told again.
    pub remind_after: TimeDelta,
    /// Who is told of applications without an owner that can be reached.
    pub fallback: Vec<String>,
    /// When others are told that a finding stands, counted from when its owner was first told.
    pub escalate_after: TimeDelta,
    /// Who those are.
    pub escalate_to: Vec<String>,
    /// The domains of addresses that mail may go to: what stands in a directory adds no recipient elsewhere.
    pub domains: Vec<String>,
    /// Owners that are written to after one run.
    pub max_per_run: usize,
}

/// The letters to owners after a run.
#[derive(Debug)]
pub struct OwnerRound {
    /// The letters, in the order of addresses, an escalation last.
    pub notices: Vec<OwnerNotice>,
    /// All that stands told once these are on their way: of findings that are still open.
    pub told: Vec<Told>,
    /// Owners that are to be told and were too many: the next run tells them.
    pub left: usize,
    /// Objects with a finding that nobody is told of: they have no owner that can be reached, and there is no fallback.
    pub nobody: usize,
    /// Objects that have owners with addresses, all of them outside `domains`.
    pub outside: usize,
    /// Whether nobody is written to because no address of any owner could be read: a permission is missing.
    pub unreadable: bool,
    /// Templates that failed.
    pub flaws: Vec<TemplateFlaw>,
}

/// A letter and those it goes to.
#[derive(Debug)]
pub struct OwnerNotice {
    /// The part of the message's key that is theirs: `owner-` and a hash.
    pub key: String,
    /// Their addresses.
    pub to: Vec<String>,
    /// The letter.
    pub letter: Letter,
}

/// Decides whom to tell after a complete run, and writes the letters. Of an incomplete run nobody is told.
///
/// # Errors
/// When a built-in template does not fit, which is a defect of this program.
pub fn owner_round(
    templates: &Templates,
    report: &Report,
    terms: &OwnerTerms,
    told: &[Told],
) -> Result<OwnerRound, PageError> {
    let mut round = OwnerRound {
        notices: Vec::new(),
        told: told.to_vec(),
        left: 0,
        nobody: 0,
        outside: 0,
        unreadable: false,
        flaws: Vec::new(),
    };
    if !report.summary.complete {
        return Ok(round);
    }
    let now = report.header.started;
    let recipients = Recipients::of(report, terms);
    round.unreadable = recipients.unreadable();
    if round.unreadable {
        // What was told stays known, and nobody is told that there are no owners.
        return Ok(round);
    }
    (round.nobody, round.outside) = (recipients.nobody, recipients.outside);
    let before: HashMap<(&str, FindingDigest), &Told> =
        told.iter().map(|told| ((told.address.as_str(), told.finding), told)).collect();
    let mut standing = Standing::default();
    for row in report.findings.iter().filter(|row| concerns(row, terms)) {
        standing.take(&row, &recipients, &before);
    }
    let mut due: Vec<(&usize, &Found)> =
        standing.found.iter().filter(|(_, found)| found.is_due(now, terms)).collect();
    // Where not all can be told, the worst come first.
    due.sort_by_key(|(place, found)| (std::cmp::Reverse(found.worst), !found.any_new, **place));
    round.left = due.len().saturating_sub(terms.max_per_run);
    let mut chosen: Vec<usize> = due.iter().take(terms.max_per_run).map(|(place, _)| **place).collect();
    chosen.sort_by_key(|place| recipients.address(*place).to_owned());
    round.told = standing.entries(&recipients, &before, &chosen.iter().copied().collect(), now);
    let history =
        History { before, tellings: tellings(&round.told), overdue: overdue(&round.told, now, terms) };
    let drafts = write_drafts(report, terms, &recipients, &chosen, &history);
    for (place, draft) in chosen.iter().zip(drafts.owners) {
        let dressed = draft.into_owner(templates, report, terms, *place == 0)?;
        round.flaws.extend(dressed.flaws);
        let address = recipients.address(*place);
        let to = if *place == 0 { terms.fallback.clone() } else { vec![address.to_owned()] };
        round.notices.push(OwnerNotice { key: key(address), to, letter: dressed.letter });
    }
    if !drafts.escalation.is_empty() {
        let whom = whom(&history);
        let dressed = drafts.escalation.into_escalation(templates, report, terms, whom)?;
        round.flaws.extend(dressed.flaws);
        let to = terms.escalate_to.clone();
        round.notices.push(OwnerNotice { key: key("escalation"), to, letter: dressed.letter });
        for told in round.told.iter_mut().filter(|told| history.overdue.contains(&told.finding)) {
            told.escalated = Some(now);
        }
    }
    Ok(round)
}

/// Whether owners are told of a finding: excepted ones ask nothing of anybody, and a policy or tenant has no owner.
fn concerns(row: &FindingRow, terms: &OwnerTerms) -> bool {
    row.status.is_open() && terms.least <= row.severity
}

/// What stands, by recipient.
#[derive(Default)]
struct Standing {
    found: BTreeMap<usize, Found>,
    /// Findings of each recipient.
    findings: Vec<(usize, FindingDigest)>,
    /// All findings that somebody is to be told of, also where there is nobody now.
    there: HashSet<FindingDigest>,
}

/// The findings of one recipient.
struct Found {
    worst: Severity,
    any_new: bool,
    last_told: Option<DateTime<Utc>>,
}

impl Found {
    fn is_due(&self, now: DateTime<Utc>, terms: &OwnerTerms) -> bool {
        self.any_new || self.last_told.is_none_or(|last| have_passed(terms.remind_after, last, now))
    }
}

/// Whether this time has passed, a day or more of it by date: planned runs begin a little sooner or later each time.
fn have_passed(time: TimeDelta, since: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let by_date = now.date_naive() - since.date_naive();
    time <= now - since || (time.num_days() > 0 && time.num_days() <= by_date.num_days())
}

impl Standing {
    fn take(
        &mut self,
        row: &FindingRow,
        recipients: &Recipients,
        before: &HashMap<(&str, FindingDigest), &Told>,
    ) {
        let finding = row.key.digest();
        self.there.insert(finding);
        for place in recipients.of_object(&row.object_id) {
            let told = before.get(&(recipients.address(*place), finding));
            let found = self.found.entry(*place).or_insert(Found {
                worst: row.severity,
                any_new: false,
                last_told: None,
            });
            found.worst = found.worst.max(row.severity);
            found.any_new |= told.is_none();
            found.last_told = found.last_told.max(told.map(|told| told.last));
            self.findings.push((*place, finding));
        }
    }

    /// What stands told once the chosen ones are: of findings that are still there, also what those were told who are
    /// not their owners any more, because deadline and escalation count from the first of them.
    fn entries(
        &self,
        recipients: &Recipients,
        before: &HashMap<(&str, FindingDigest), &Told>,
        chosen: &HashSet<usize>,
        now: DateTime<Utc>,
    ) -> Vec<Told> {
        let mut entries: BTreeMap<(String, FindingDigest), Told> = before
            .values()
            .filter(|told| self.there.contains(&told.finding))
            .map(|told| ((told.address.clone(), told.finding), (*told).clone()))
            .collect();
        for (place, finding) in self.findings.iter().filter(|(place, _)| chosen.contains(place)) {
            let address = recipients.address(*place).to_owned();
            let new =
                Told { address: address.clone(), finding: *finding, first: now, last: now, escalated: None };
            entries.entry((address, *finding)).or_insert(new).last = now;
        }
        entries.into_values().collect()
    }
}

/// Who was told of a finding, and when first: the earliest first.
type Tellings = HashMap<FindingDigest, Vec<(DateTime<Utc>, String)>>;

/// What was told of the findings, before this run and by it.
struct History<'a> {
    before: HashMap<(&'a str, FindingDigest), &'a Told>,
    tellings: Tellings,
    /// The findings that are to be escalated.
    overdue: HashSet<FindingDigest>,
}

impl History<'_> {
    fn of(&self, finding: FindingDigest) -> &[(DateTime<Utc>, String)] {
        self.tellings.get(&finding).map_or(&[], Vec::as_slice)
    }
}

fn tellings(told: &[Told]) -> Tellings {
    let mut tellings = Tellings::new();
    for told in told {
        tellings.entry(told.finding).or_default().push((told.first, told.address.clone()));
    }
    tellings.values_mut().for_each(|told| told.sort_unstable());
    tellings
}

fn overdue(told: &[Told], now: DateTime<Utc>, terms: &OwnerTerms) -> HashSet<FindingDigest> {
    if terms.escalate_to.is_empty() {
        return HashSet::new();
    }
    let done: HashSet<FindingDigest> =
        told.iter().filter(|told| told.escalated.is_some()).map(|told| told.finding).collect();
    let late = told.iter().filter(|told| have_passed(terms.escalate_after, told.first, now));
    late.map(|told| told.finding).filter(|finding| !done.contains(finding)).collect()
}

/// Who did not see to what is escalated.
fn whom(history: &History<'_>) -> &'static str {
    let to_owners =
        |finding: &FindingDigest| history.of(*finding).iter().any(|(_, address)| address != Told::FALLBACK);
    let owners = history.overdue.iter().filter(|finding| to_owners(finding)).count();
    match owners {
        0 => "the fallback contacts",
        _ if owners == history.overdue.len() => "the owners",
        _ => "the owners or the fallback contacts",
    }
}

struct Drafts {
    /// In the order of those chosen.
    owners: Vec<Draft>,
    escalation: Draft,
}

fn write_drafts(
    report: &Report,
    terms: &OwnerTerms,
    recipients: &Recipients,
    chosen: &[usize],
    history: &History<'_>,
) -> Drafts {
    let mut owners: Vec<Draft> = chosen.iter().map(|_| Draft::default()).collect();
    let places: HashMap<usize, usize> = chosen.iter().enumerate().map(|(at, place)| (*place, at)).collect();
    let mut escalation = Draft::default();
    if chosen.is_empty() && history.overdue.is_empty() {
        return Drafts { owners, escalation };
    }
    for row in report.findings.iter().filter(|row| concerns(row, terms)) {
        let finding = row.key.digest();
        let tellings = history.of(finding);
        let since = tellings.first().map(|(first, _)| *first);
        for place in recipients.of_object(&row.object_id) {
            let Some(draft) = places.get(place).and_then(|at| owners.get_mut(*at)) else { continue };
            let remark = match history.before.get(&(recipients.address(*place), finding)) {
                None => "new to you".to_owned(),
                Some(told) => format!("first told {}", letter::day(told.first)),
            };
            draft.take(&row, report, terms, since, remark);
        }
        if history.overdue.contains(&finding) {
            escalation.take(&row, report, terms, since, letter::people(tellings));
        }
    }
    Drafts { owners, escalation }
}

/// No address is in the name of a message: names are in logs.
fn key(address: &str) -> String {
    format!("owner-{}", uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, address.as_bytes()))
}
