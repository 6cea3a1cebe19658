//! What a store would remember, kept in plain maps.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use keysweep::compliance::Settings;
use keysweep::domain::{
    Differences, FindingDigests, FindingKey, History, Inventory, KnownFinding, Memory, ObjectKey, ObjectKind,
    Past, RunId, RunMark, SignInMethod,
};
use keysweep::report::{Header, Report, build, ledger, present};

use super::draft::Draft;
use super::fixture::{at, audited, header};

/// The memory of complete runs.
#[derive(Default)]
pub(crate) struct Diary {
    last: Option<(RunMark, Inventory)>,
    findings: BTreeMap<FindingKey, KnownFinding>,
}

impl Diary {
    /// Judges an inventory, reports on it and remembers it.
    pub(crate) fn run(&mut self, draft: &Draft, settings: &Settings, started: &str) -> Report {
        let started = at(started);
        let scope: Vec<_> = settings.scope.iter().copied().collect();
        let audited = audited(draft, settings, SignInMethod::Certificate, started);
        let inventory = &audited.inventory;
        let header = Header { run_id: RunId::new(started, 1), started, ..header() };
        let present = present(&header, &audited);
        let report = build(header, Arc::clone(&audited), &self.history(inventory, &present, &scope));
        assert_eq!(present, report.findings.iter().map(|row| row.key.digest()).collect());
        self.keep(&report, inventory, &scope);
        report
    }

    /// What it has to say about an inventory that has these findings.
    fn history(&self, now: &Inventory, present: &FindingDigests, scope: &[ObjectKind]) -> History {
        let known = self.findings.values().map(|known| (known.key.digest(), known.first_seen, known.open));
        let missing =
            self.findings.values().filter(|known| known.open && !present.contains(&known.key.digest()));
        let past = match &self.last {
            None => Past::First,
            Some((last, then)) => Past::Since(Box::new(Memory {
                last: last.clone(),
                known: Arc::new(known.collect()),
                missing: missing.cloned().collect(),
                differences: differences(then, now, scope),
            })),
        };
        History { past, ..History::default() }
    }

    /// Keeps a run, if it is complete.
    fn keep(&mut self, report: &Report, inventory: &Inventory, scope: &[ObjectKind]) {
        let ledger = ledger(report);
        if !inventory.is_complete() {
            assert_eq!(ledger, Default::default());
            return;
        }
        let started = report.header.started;
        for (key, record) in ledger.opened.iter() {
            let first_seen = self.findings.get(&key).map_or(started, |known| known.first_seen);
            self.findings.insert(key.clone(), KnownFinding { key, record, first_seen, open: true });
        }
        for key in ledger.closed {
            self.findings.get_mut(&key).unwrap().open = false;
        }
        let mark = RunMark { run_id: report.header.run_id.clone(), started };
        // Objects of kinds that are not audited stay as they were.
        let mut kept = inventory.clone();
        if let Some((_, then)) = &self.last {
            let unseen = then.objects.iter().filter(|object| !scope.contains(&object.kind()));
            kept.objects = kept.objects.iter().chain(unseen).collect();
        }
        self.last = Some((mark, kept));
    }

    /// Every finding on record.
    pub(crate) fn known(&self) -> Vec<KnownFinding> {
        self.findings.values().cloned().collect()
    }

    /// Everything on record, by key: since when, and whether it is open.
    pub(crate) fn on_record(&self) -> BTreeMap<&str, (DateTime<Utc>, bool)> {
        self.findings.values().map(|known| (known.key.0.as_str(), (known.first_seen, known.open))).collect()
    }
}

/// Where an inventory differs from an earlier one.
pub(crate) fn differences(then: &Inventory, now: &Inventory, scope: &[ObjectKind]) -> Differences {
    let find = |inventory: &Inventory, key: ObjectKey| inventory.objects.get(inventory.objects.find(&key)?);
    let earlier = || now.objects.iter().map(|object| (find(then, object.key()), object));
    Differences {
        appeared: earlier().filter(|(then, _)| then.is_none()).map(|(_, now)| now.key()).collect(),
        changed: earlier().filter_map(|(then, now)| then.filter(|then| *then != now)).collect(),
        gone: then
            .objects
            .iter()
            .filter(|object| scope.contains(&object.kind()) && find(now, object.key()).is_none())
            .collect(),
        tenant_default: then.tenant_default.clone(),
        custom_policies: then.custom_policies.clone(),
    }
}
