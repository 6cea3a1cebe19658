//! What rows are made from, and the walk along it.

use std::sync::Arc;
use std::vec::IntoIter;

use super::aside::Roles;
use super::dates::Dates;
use super::{Audited, Context, Judged, Policies, findings, objects, undecided};
use crate::compliance::Judge;
use crate::domain::{Brief, ObjectKey, ObjectKind, Past, RuleId, RuleSet, Severity};
use crate::report::{CredentialRow, FindingRow, Header, ObjectRow, Subject, UndecidedRow};

/// What rows are made from.
pub(super) struct Source {
    pub(super) header: Header,
    pub(super) audited: Arc<Audited>,
    pub(super) dates: Dates,
    /// The places of the objects in the order of their names.
    by_name: Vec<u32>,
    /// How many of the objects are applications; they come first.
    applications: usize,
    /// What some object breaks, and what is not decided of some.
    about: Brief,
}

/// What making rows takes, laid out once for many of them.
pub(super) struct Desk<'a> {
    pub(super) context: Context<'a>,
    pub(super) judge: Judge<'a>,
}

impl<'a> Desk<'a> {
    pub(super) fn at(source: &'a Source) -> Self {
        let Audited { inventory, assessment: _, settings } = &*source.audited;
        let now = source.header.started;
        Self {
            context: Context {
                now,
                tenant: inventory.tenant,
                beside: &inventory.beside,
                roles: Roles::of(&inventory.beside),
                settings,
                policies: Policies::of(inventory),
            },
            judge: Judge::new(inventory, settings, now),
        }
    }
}

impl Source {
    pub(super) fn new(header: Header, audited: Arc<Audited>, past: &Past) -> Self {
        let by_name = audited.inventory.objects.by_name();
        let mut about = Brief::default();
        for Brief { broken, undecided } in &audited.assessment.briefs {
            about.broken.extend(*broken);
            about.undecided.extend(*undecided);
        }
        let is_one = |key: &ObjectKey| key.kind == ObjectKind::Application;
        let applications = audited.inventory.objects.keys().take_while(is_one).count();
        Self { dates: Dates::of(past, header.started), header, audited, by_name, applications, about }
    }

    /// Worst first, then by rule, name and id.
    pub(super) fn findings(self: &Arc<Self>) -> impl Iterator<Item = FindingRow> + Send + use<> {
        let mut elsewhere = findings::elsewhere(self, &Desk::at(self));
        let mut rules: Vec<(Severity, RuleId)> = RuleId::ALL
            .iter()
            .filter_map(|rule| Some((self.audited.settings.severity(*rule)?, *rule)))
            .collect();
        rules.sort_by(|(a, first), (b, second)| b.cmp(a).then_with(|| first.cmp(second)));
        let source = Arc::clone(self);
        rules.into_iter().flat_map(move |(_, rule)| {
            let others: Vec<FindingRow> = elsewhere.extract_if(.., |row| row.rule == rule).collect();
            let places = source
                .places(source.about.broken.contains(rule).then_some(Kinds::Both), move |brief| {
                    brief.broken.contains(rule)
                });
            others.into_iter().chain(Walk::new(&source, places, move |judged, source, desk, rows| {
                findings::about(judged, |found| found == rule, source, desk, rows);
            }))
        })
    }

    /// Those of these rules, subject by subject.
    pub(super) fn findings_of(
        self: &Arc<Self>,
        rules: RuleSet,
    ) -> impl Iterator<Item = FindingRow> + Send + use<> {
        let elsewhere = findings::elsewhere(self, &Desk::at(self)).into_iter();
        let elsewhere = elsewhere.filter(move |row| rules.contains(row.rule));
        let any = RuleId::ALL.iter().any(|rule| rules.contains(*rule) && self.about.broken.contains(*rule));
        let places = self.places(any.then_some(Kinds::Both), move |brief| {
            RuleId::ALL.iter().any(|rule| rules.contains(*rule) && brief.broken.contains(*rule))
        });
        elsewhere.chain(Walk::new(self, places, move |judged, source, desk, rows| {
            findings::about(judged, |rule| rules.contains(rule), source, desk, rows);
        }))
    }

    /// By kind, name and id.
    pub(super) fn objects(self: &Arc<Self>) -> impl Iterator<Item = ObjectRow> + Send + use<> {
        Walk::new(self, self.by_kind(), |judged, source, desk, rows| {
            rows.push(objects::row(judged, &source.header, &desk.context));
        })
    }

    /// In the order of the objects, each object's as Graph lists them.
    pub(super) fn credentials(self: &Arc<Self>) -> impl Iterator<Item = CredentialRow> + Send + use<> {
        Walk::new(self, self.by_kind(), |judged, _, desk, rows| {
            rows.extend(objects::credentials(judged, &desk.context));
        })
    }

    /// By rule, kind, name and id.
    pub(super) fn undecided(self: &Arc<Self>) -> impl Iterator<Item = UndecidedRow> + Send + use<> {
        let mut elsewhere = undecided::elsewhere(self, &Desk::at(self));
        let source = Arc::clone(self);
        RuleId::ALL.iter().copied().flat_map(move |rule| {
            let others: Vec<UndecidedRow> = elsewhere.extract_if(.., |row| row.rule == rule).collect();
            let some = source.about.undecided.contains(rule);
            let of_kind = |kind| {
                let kinds = some.then_some(Kinds::One(kind));
                source.places(kinds, move |brief| brief.undecided.contains(rule))
            };
            let places = of_kind(ObjectKind::Application).chain(of_kind(ObjectKind::ServicePrincipal));
            let on_objects = Walk::new(&source, places, move |judged, _, _, rows| {
                rows.extend(undecided::about(judged, |unclear| unclear == rule));
            });
            on_objects.chain(others)
        })
    }

    fn by_kind(self: &Arc<Self>) -> impl Iterator<Item = usize> + Send + use<> {
        let of_kind = |kind| self.places(Some(Kinds::One(kind)), |_| true);
        of_kind(ObjectKind::Application).chain(of_kind(ObjectKind::ServicePrincipal))
    }

    /// The places of some objects of these kinds, by name.
    fn places<F>(
        self: &Arc<Self>,
        kinds: Option<Kinds>,
        wanted: F,
    ) -> impl Iterator<Item = usize> + Send + use<F>
    where
        F: Fn(&Brief) -> bool + Send,
    {
        let source = Arc::clone(self);
        let applications = self.applications;
        let of_kind = move |place: usize| match kinds {
            None => false,
            Some(Kinds::Both) => true,
            Some(Kinds::One(ObjectKind::Application)) => place < applications,
            Some(Kinds::One(ObjectKind::ServicePrincipal)) => applications <= place,
        };
        let mut next = if kinds.is_some() { 0 } else { usize::MAX };
        std::iter::from_fn(move || {
            loop {
                let place = *source.by_name.get(next)? as usize;
                next += 1;
                let brief = source.audited.assessment.briefs.get(place);
                if of_kind(place) && brief.is_some_and(&wanted) {
                    return Some(place);
                }
            }
        })
    }
}

/// Of which kinds objects are wanted.
#[derive(Clone, Copy)]
enum Kinds {
    One(ObjectKind),
    Both,
}

/// Objects from which rows are made at once. The first few rows may be all that anybody wants to see.
const FIRST: usize = 8;
const MOST: usize = 512;

/// Goes from object to object and makes rows of each.
struct Walk<T, P, M> {
    source: Arc<Source>,
    places: P,
    make: M,
    at_once: usize,
    ready: IntoIter<T>,
}

impl<T, P, M> Walk<T, P, M>
where
    P: Iterator<Item = usize>,
    M: FnMut(&Judged<'_>, &Source, &Desk<'_>, &mut Vec<T>),
{
    fn new(source: &Arc<Source>, places: P, make: M) -> Self {
        Self { source: Arc::clone(source), places, make, at_once: FIRST, ready: Vec::new().into_iter() }
    }
}

impl<T, P, M> Iterator for Walk<T, P, M>
where
    P: Iterator<Item = usize>,
    M: FnMut(&Judged<'_>, &Source, &Desk<'_>, &mut Vec<T>),
{
    type Item = T;

    fn next(&mut self) -> Option<T> {
        loop {
            if let Some(row) = self.ready.next() {
                return Some(row);
            }
            let mut places = self.places.by_ref().take(self.at_once).peekable();
            places.peek()?;
            let desk = Desk::at(&self.source);
            let mut rows = Vec::new();
            for object in places.filter_map(|place| self.source.audited.inventory.objects.get(place)) {
                let assessment = desk.judge.object(&object);
                (self.make)(&Judged::new(&object, &assessment), &self.source, &desk, &mut rows);
            }
            self.at_once = (self.at_once * 4).min(MOST);
            self.ready = rows.into_iter();
        }
    }
}

/// Who is meant where it is no object.
pub(super) fn tenant(header: &Header) -> (Subject, String, String) {
    (Subject::Tenant, header.tenant_id.to_string(), header.tenant.clone())
}
