//! Objects that hold what they should not, counted while they go by.

use super::control::{Control, ControlVerdict};
use super::sheet::Sheet;
use super::words::many;
use crate::domain::{Object, ObjectKind};

/// How the sentences of a test read. Each but the first is followed by whom it is about.
#[derive(Clone, Copy)]
pub(super) struct Said {
    /// What is so where nobody holds anything.
    pub(super) met: &'static str,
    /// What is held.
    pub(super) held: &'static str,
    /// What is so of some of them.
    pub(super) some: &'static str,
    /// What is not known.
    pub(super) unclear: &'static str,
}

/// The objects that speak against a control.
pub(super) struct Holders {
    said: Said,
    sheet: Sheet,
    against: Counts,
    /// Those of which `Said::some` is true.
    some: usize,
    unclear: Counts,
}

#[derive(Default, Clone, Copy)]
struct Counts {
    applications: usize,
    principals: usize,
}

impl Counts {
    fn add(&mut self, object: &Object) {
        match object.kind() {
            ObjectKind::Application => self.applications += 1,
            ObjectKind::ServicePrincipal => self.principals += 1,
        }
    }

    /// In words, where there are any.
    fn many(self) -> Option<String> {
        let Self { applications, principals } = self;
        (applications + principals > 0).then(|| many(applications, principals))
    }
}

impl Holders {
    pub(super) fn of(said: Said) -> Self {
        let (against, unclear) = Default::default();
        Self { said, sheet: Sheet::default(), against, some: 0, unclear }
    }

    pub(super) fn against(&mut self, object: &Object, some: bool) {
        self.against.add(object);
        self.some += usize::from(some);
        self.sheet.against.object(object);
    }

    pub(super) fn unclear(&mut self, object: &Object) {
        self.unclear.add(object);
        self.sheet.doubts.object(object);
    }

    /// The verdict: an object seen to hold something is enough to fail, and only all of them are enough to
    /// pass.
    pub(super) fn judged(self, control: &'static Control, unseen: &Unseen) -> ControlVerdict {
        let Self { said, mut sheet, against, some, unclear } = self;
        if let Some(many) = against.many() {
            sheet.against.say(format!("{} {many}.", said.held));
        }
        if some > 0 {
            sheet.against.say(format!("On {some} of them {}.", said.some));
        }
        if let Some(many) = unclear.many() {
            sheet.doubts.say(format!("{} {many}.", said.unclear));
        }
        for why in [unseen.applications, unseen.principals].into_iter().flatten() {
            sheet.doubts.say(why.to_owned());
        }
        sheet.judged(control, said.met)
    }
}

/// Why some of the objects were not seen, kind by kind; nothing where all were.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Unseen {
    pub(super) applications: Option<&'static str>,
    pub(super) principals: Option<&'static str>,
}

impl Unseen {
    /// What concerns one kind.
    pub(super) fn only(self, kind: ObjectKind) -> Self {
        match kind {
            ObjectKind::Application => Self { principals: None, ..self },
            ObjectKind::ServicePrincipal => Self { applications: None, ..self },
        }
    }
}
