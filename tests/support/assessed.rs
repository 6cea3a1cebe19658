//! What is concluded from a draft.

use chrono::{DateTime, Utc};
use keysweep::compliance::{Judge, Settings, evaluate};
use keysweep::domain::{
    Assessment, Brief, ExceptionReview, Finding, ObjectAssessment, PolicyId, SignInMethod, Undecided,
};

use crate::draft::Draft;

/// As an [`Assessment`], with all that is concluded about each object, in the order of the draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assessed {
    pub(crate) objects: Vec<ObjectAssessment>,
    pub(crate) tenant: Vec<Finding>,
    pub(crate) policies: Vec<(PolicyId, Finding)>,
    pub(crate) undecided: Vec<(Option<PolicyId>, Undecided)>,
    pub(crate) exceptions: Vec<ExceptionReview>,
}

impl Assessed {
    /// Judges a draft, and holds the assessment against what is concluded object by object.
    pub(crate) fn of(draft: &Draft, settings: &Settings, sign_in: SignInMethod, now: DateTime<Utc>) -> Self {
        let inventory = draft.inventory();
        assert_eq!(inventory.objects.len(), draft.objects.len(), "objects of one key in the draft");
        let assessment = evaluate(&inventory, settings, sign_in, now);
        let judge = Judge::new(&inventory, settings, now);
        let briefs: Vec<_> = inventory.objects.iter().map(|object| brief(&judge.object(&object))).collect();
        let Assessment { briefs: found, tenant, policies, undecided, exceptions } = assessment;
        assert_eq!(found, briefs, "what is said in brief is not what is said at length");
        let objects = draft.objects.iter().map(|object| judge.object(object)).collect();
        Self { objects, tenant, policies, undecided, exceptions }
    }
}

fn brief(judged: &ObjectAssessment) -> Brief {
    Brief {
        broken: judged.findings.iter().map(|finding| finding.rule).collect(),
        undecided: judged.undecided.iter().map(|undecided| undecided.rule).collect(),
    }
}
