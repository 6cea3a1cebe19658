//! What speaks for and against one control, until it is judged.

use super::control::{Behind, Control, ControlVerdict, NAMED, Verdict};
use crate::domain::{Object, ObjectKey, PolicyId, Subject, Text};

/// Custom policies that get a sentence of their own. A tenant with more of them is told how many there are.
const SENTENCES: usize = 20;

/// What was seen about one control.
#[derive(Default)]
pub(super) struct Sheet {
    /// What breaks it.
    pub(super) against: Side,
    /// What keeps anybody from saying that it is met.
    pub(super) doubts: Side,
    /// What its text accepts, and a reader should know.
    pub(super) notes: Side,
}

/// Sentences, and what they are about.
#[derive(Default)]
pub(super) struct Side {
    reasons: Vec<String>,
    policies: Named,
    objects: Named,
}

impl Sheet {
    /// The verdict: what is seen to be broken is broken, and only what was seen to its end is met.
    pub(super) fn judged(self, control: &'static Control, met: &str) -> ControlVerdict {
        let Self { against, mut doubts, notes } = self;
        if !against.is_empty() {
            let Side { reasons, policies, objects } = against;
            let reasons = reasons.into_iter().chain(doubts.reasons).collect();
            return Side { reasons, policies, objects }.verdict(control, Verdict::Fail);
        }
        if !doubts.is_empty() {
            doubts.reasons.dedup();
            return doubts.verdict(control, Verdict::Unknown);
        }
        let Side { reasons, policies, objects } = notes;
        let reasons = [met.to_owned()].into_iter().chain(reasons).collect();
        Side { reasons, policies, objects }.verdict(control, Verdict::Pass)
    }

    /// As [`Sheet::judged`], where it is known already that nothing is asked.
    pub(super) fn spared(control: &'static Control, why: &str) -> ControlVerdict {
        let mut side = Side::default();
        side.say(why.to_owned());
        side.verdict(control, Verdict::NotApplicable)
    }
}

impl Side {
    pub(super) fn is_empty(&self) -> bool {
        self.reasons.is_empty()
    }

    /// Adds a sentence, unless it is there.
    pub(super) fn say(&mut self, sentence: String) {
        if !self.reasons.contains(&sentence) {
            self.reasons.push(sentence);
        }
    }

    /// Adds sentences about custom policies, as far as anybody would read them.
    pub(super) fn say_each(&mut self, sentences: Vec<String>) {
        let left = sentences.len().saturating_sub(SENTENCES);
        sentences.into_iter().take(SENTENCES).for_each(|sentence| self.say(sentence));
        if left > 0 {
            self.say(format!("{left} more of the same kind are not listed."));
        }
    }

    /// Names a policy.
    pub(super) fn policy(&mut self, id: PolicyId, name: &Text) {
        self.policies.once(Behind { kind: Subject::Policy, id: id.to_string(), name: name.clone() });
    }

    /// Names an object. Whoever goes through the objects names each at most once in a row.
    pub(super) fn object(&mut self, object: &Object) {
        self.objects.next(object.key(), || object.display_name.clone());
    }

    /// Names an object of which nothing else is known.
    pub(super) fn stranger(&mut self, key: ObjectKey) {
        self.objects.next(key, Text::default);
    }

    fn verdict(self, control: &'static Control, verdict: Verdict) -> ControlVerdict {
        let Self { reasons, policies, objects } = self;
        let object_count = policies.count + objects.count;
        let objects = policies.first.into_iter().chain(objects.first).take(NAMED).collect();
        ControlVerdict { control, verdict, reasons, objects, object_count }
    }
}

/// The first of something, and how many there are.
#[derive(Default)]
struct Named {
    first: Vec<Behind>,
    last: Option<ObjectKey>,
    count: usize,
}

impl Named {
    fn once(&mut self, behind: Behind) {
        if !self.first.contains(&behind) {
            self.push(|| behind);
        }
    }

    fn next(&mut self, key: ObjectKey, name: impl FnOnce() -> Text) {
        if self.last != Some(key) {
            self.last = Some(key);
            self.push(|| Behind { kind: key.kind.into(), id: key.id.to_string(), name: name() });
        }
    }

    fn push(&mut self, behind: impl FnOnce() -> Behind) {
        if self.first.len() < NAMED {
            self.first.push(behind());
        }
        self.count += 1;
    }
}
