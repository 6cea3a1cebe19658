//! Records runs of one tenant, as the service does, and keeps what each was told.

use keysweep::domain::{
    FindingCounts, FindingDigest, FindingDigests, FindingKey, FindingRecord, History, Inventory,
    KnownFinding, Ledger, Memory, ObjectKind, Past, RuleId, RunCounts, RunId, RunMark, Severity, Sha256Sum,
    Subject,
};
use keysweep::store::{
    MailState, NewRun, Recalled, Reconstructed, Store, StoreError, Taken, TenantKey, Turn,
};

use crate::tenants::{BOTH, TENANT, day, sorted};
use crate::world::World;

pub(crate) struct Desk {
    pub(crate) store: Store,
    pub(crate) turn: Turn,
    pub(crate) days: i64,
}

/// A recorded run: what it saw, which findings it had, and what it was told.
pub(crate) struct Told {
    pub(crate) run: RunId,
    pub(crate) inventory: Inventory,
    pub(crate) present: FindingDigests,
    pub(crate) history: History,
}

impl Desk {
    pub(crate) async fn of(world: &World) -> Self {
        Self::named(world.open().await, "contoso").await
    }

    pub(crate) async fn named(store: Store, name: &str) -> Self {
        let tenant = TenantKey { name: name.to_owned(), tenant_id: TENANT };
        let turn = take(&store, &tenant).await;
        Self { store, turn, days: 0 }
    }

    pub(crate) fn tenant(&self) -> &TenantKey {
        self.turn.tenant()
    }

    /// Records a run of both kinds, a day after the one before, that has no findings.
    pub(crate) async fn run(&mut self, inventory: &Inventory) -> Told {
        self.run_of(&BOTH, inventory, &[]).await
    }

    /// Records a run of these kinds that has these findings open.
    pub(crate) async fn run_of(
        &mut self,
        kinds: &[ObjectKind],
        inventory: &Inventory,
        open: &[&str],
    ) -> Told {
        let recalled = self.recall(inventory, kinds, open).await;
        self.record(inventory, &recalled, open).await.unwrap();
        let (inventory, present) = (inventory.clone(), digests(open));
        Told { run: run_id(self.days), inventory, present, history: recalled.history }
    }

    /// What is known to a run that has these findings open.
    pub(crate) async fn recall(
        &self,
        inventory: &Inventory,
        kinds: &[ObjectKind],
        open: &[&str],
    ) -> Recalled {
        let mut recalled = self.store.recall(self.tenant(), inventory, kinds).await.unwrap();
        self.look_up(inventory, &digests(open), &mut recalled.history).await;
        recalled
    }

    async fn look_up(&self, inventory: &Inventory, present: &FindingDigests, history: &mut History) {
        let Past::Since(memory) = &mut history.past else { return };
        assert_eq!(memory.missing, []);
        if inventory.is_complete() {
            memory.missing = self.store.missing(self.tenant(), memory, present).await.unwrap();
        }
    }

    /// The findings that the run of a memory had, with all that is remembered of each.
    pub(crate) async fn open(&self, memory: &Memory) -> Vec<KnownFinding> {
        self.store.missing(self.tenant(), memory, &FindingDigests::default()).await.unwrap()
    }

    pub(crate) async fn record(
        &mut self,
        inventory: &Inventory,
        recalled: &Recalled,
        open: &[&str],
    ) -> Result<(), StoreError> {
        self.days += 1;
        let run = new_run(self.days, inventory, &recalled.history, open);
        self.store.record(&self.turn, &run, recalled).await
    }

    pub(crate) async fn reconstruct(&self, told: &Told) -> Reconstructed {
        let mut found = self.store.reconstruct(self.tenant(), &told.run).await.unwrap().unwrap();
        self.look_up(&told.inventory, &told.present, &mut found.history).await;
        found
    }

    /// Makes sure that a run comes out as it went in, and with it what it was told.
    pub(crate) async fn expect(&self, told: &Told) {
        let found = self.reconstruct(told).await;
        assert_eq!(sorted(found.inventory), sorted(told.inventory.clone()), "{}", told.run);
        assert_eq!(found.history, told.history, "{}", told.run);
        assert_eq!(found.context, context(&told.run));
        assert_eq!(found.entry.counts.run.run_id, told.run);
    }
}

impl Desk {
    /// Makes sure that what a run saw comes out as it went in, whatever was forgotten before it.
    pub(crate) async fn expect_kept(&self, told: &Told) {
        let found = self.reconstruct(told).await;
        assert_eq!(sorted(found.inventory), sorted(told.inventory.clone()), "{}", told.run);
        assert_eq!(found.history.past, told.history.past);
    }
}

pub(crate) async fn take(store: &Store, tenant: &TenantKey) -> Turn {
    match store.take_turn(tenant, "this process").await.unwrap() {
        Taken::Ours { turn, unfinished: _ } => turn,
        Taken::Busy { holder } => panic!("{holder} has it"),
    }
}

pub(crate) fn run_id(days: i64) -> RunId {
    RunId::new(day(days), 1)
}

pub(crate) fn context(run: &RunId) -> String {
    format!("{{\"run\":\"{run}\"}}")
}

/// By rule, of a run of that day: excepted ones too.
pub(crate) fn findings(days: i64) -> FindingCounts {
    [((RuleId::ClientSecret, Severity::High), days.unsigned_abs()), ((RuleId::NoOwner, Severity::Low), 5)]
        .into()
}

pub(crate) fn new_run<'a>(
    days: i64,
    inventory: &'a Inventory,
    history: &History,
    open: &[&str],
) -> NewRun<'a> {
    let complete = inventory.is_complete();
    let run_id = run_id(days);
    NewRun {
        counts: RunCounts {
            run: RunMark { run_id: run_id.clone(), started: day(days) },
            complete,
            objects: inventory.objects.len().try_into().unwrap(),
            findings: [1, 2, 3, 4, days.unsigned_abs()],
            excepted: 5,
        },
        findings: findings(days),
        planned: None,
        host: "host".to_owned(),
        manifest: Sha256Sum([u8::try_from(days).unwrap(); 32]),
        previous: history.previous.clone(),
        context: context(&run_id),
        inventory,
        ledger: if complete { ledger(history, open) } else { Ledger::default() },
        mail: MailState::Waiting,
        delta: None,
    }
}

/// What a run with these findings does to those on record.
fn ledger(history: &History, open: &[&str]) -> Ledger {
    let memory = match &history.past {
        Past::Since(memory) => Some(memory),
        Past::Unknown | Past::First => None,
    };
    let was_open = |key: &str| {
        let known = memory.and_then(|memory| memory.known.get(&digest(key)));
        known.is_some_and(|(_, open)| open)
    };
    let opened = open.iter().filter(|key| !was_open(key));
    let closed = memory.map(|memory| memory.missing.iter().map(|finding| finding.key.clone()).collect());
    Ledger {
        opened: opened.map(|key| (FindingKey((*key).to_owned()), record(key))).collect(),
        closed: closed.unwrap_or_default(),
    }
}

pub(crate) fn digest(key: &str) -> FindingDigest {
    FindingKey(key.to_owned()).digest()
}

fn digests(keys: &[&str]) -> FindingDigests {
    keys.iter().map(|key| digest(key)).collect()
}

pub(crate) fn record(key: &str) -> FindingRecord {
    FindingRecord {
        rule: RuleId::ClientSecret,
        severity: Severity::High,
        object_type: Subject::Application,
        object_id: key.to_owned(),
        app_id: String::new(),
        display_name: format!("name of {key}"),
        credential_type: "client-secret".to_owned(),
        credential_id: String::new(),
        credential_name: key.to_owned(),
        policy_id: String::new(),
        policy_name: String::new(),
    }
}

/// Which of these findings are on record: whether each is open, and since which day. There are no others.
pub(crate) fn on_record<'a>(history: &History, keys: &[&'a str]) -> Vec<(&'a str, bool, i64)> {
    let Past::Since(memory) = &history.past else { return Vec::new() };
    let days = |since| (0..10).find(|days| day(*days) == since).unwrap();
    let known = |key: &&'a str| memory.known.get(&digest(key)).map(|(since, open)| (*key, open, days(since)));
    let known: Vec<_> = keys.iter().filter_map(known).collect();
    assert_eq!(known.len(), memory.known.len(), "{:?}", memory.known);
    known
}
