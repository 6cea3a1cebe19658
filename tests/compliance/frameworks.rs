//! Verdicts by the controls of published frameworks: what all of them share, and the report's table.

use keysweep::compliance::Settings;
use keysweep::compliance::frameworks::{ControlVerdict, Verdict, controls, judge, served_by};
use keysweep::domain::{
    Gap, ObjectKind, Part, PolicyId, Reach, Restriction, RestrictionKind, RuleId, State, Subject,
    TenantDefault, Text,
};
use uuid::Uuid;

use super::tenant::*;
use crate::draft::Draft;

pub(super) use Verdict::{Fail, NotApplicable, Pass, Unknown};

/// Everything that the frameworks ask of the tenant default, in both halves.
pub(super) fn strictest() -> Vec<Restriction> {
    vec![
        restriction(RestrictionKind::PasswordAddition),
        restriction(RestrictionKind::SymmetricKeyAddition),
        restriction(RestrictionKind::CustomPasswordAddition),
        limited(RestrictionKind::PasswordLifetime, "P180D"),
        limited(RestrictionKind::SymmetricKeyLifetime, "P180D"),
        limited(RestrictionKind::AsymmetricKeyLifetime, "P180D"),
    ]
}

/// A tenant that meets every control: nothing on its service principals, no custom policy assigned.
pub(super) fn exemplary() -> Draft {
    let mut draft = compliant_tenant();
    tenant_default(&mut draft).application_restrictions = strictest();
    tenant_default(&mut draft).service_principal_restrictions = strictest();
    draft
}

pub(super) fn with_default(applications: Vec<Restriction>, principals: Vec<Restriction>) -> Draft {
    let mut draft = exemplary();
    tenant_default(&mut draft).application_restrictions = applications;
    tenant_default(&mut draft).service_principal_restrictions = principals;
    draft
}

/// The custom policy has these entries, is enabled, and assigned to one application.
pub(super) fn with_policy(entries: Vec<Restriction>) -> Draft {
    let mut draft = exemplary();
    draft.custom_policies[0].restrictions = entries;
    draft
}

pub(super) fn of(kind: RestrictionKind, state: State) -> Restriction {
    Restriction { state, ..restriction(kind) }
}

pub(super) fn from(kind: Restriction, date: &str) -> Restriction {
    Restriction { created_on_or_after: Some(date.parse().unwrap()), ..kind }
}

pub(super) fn paused() -> State {
    State::Other(Text::new("paused"))
}

pub(super) fn gap(part: Part) -> Gap {
    Gap { part, reason: Text::new("403") }
}

pub(super) fn all(draft: &Draft) -> Vec<ControlVerdict> {
    judge(&draft.inventory(), &Settings::default(), now())
}

pub(super) fn one(draft: &Draft, id: &str) -> ControlVerdict {
    all(draft).into_iter().find(|verdict| verdict.control.id == id).unwrap()
}

pub(super) fn verdict(draft: &Draft, id: &str) -> Verdict {
    one(draft, id).verdict
}

/// All verdicts, as `id verdict`.
fn verdicts(draft: &Draft) -> Vec<String> {
    all(draft).iter().map(|found| format!("{} {}", found.control.id, found.verdict.as_str())).collect()
}

fn all_but(expected: Verdict, others: &[(&str, Verdict)]) -> Vec<String> {
    let said = |id: &str| others.iter().find(|(other, _)| *other == id).map_or(expected, |(_, said)| *said);
    controls().map(|control| format!("{} {}", control.id, said(control.id).as_str())).collect()
}

#[test]
fn there_are_thirteen_controls_each_once_with_references_and_a_link() {
    let ids: Vec<_> = controls().map(|control| control.id).collect();
    assert_eq!(
        ids,
        [
            "5.1.5.3",
            "5.1.5.4",
            "5.1.5.5",
            "5.1.5.6",
            "MS.AAD.5.5v1",
            "MS.AAD.5.6v1",
            "MS.AAD.5.7v1",
            "21772",
            "21773",
            "21774",
            "21775",
            "21896",
            "21992"
        ]
    );
    for control in controls() {
        assert!(!control.nist.is_empty() && !control.attack.is_empty() && !control.rules.is_empty());
        assert!(control.attack.iter().all(|technique| technique.starts_with('T')), "{}", control.id);
        assert!(control.url.starts_with("https://"), "{}", control.id);
        assert!(!control.framework.version().is_empty() && !control.title.is_empty(), "{}", control.id);
    }
    let served: Vec<_> = served_by(RuleId::TenantDefaultAllowsSecrets).map(|control| control.id).collect();
    assert_eq!(served, ["5.1.5.3", "MS.AAD.5.5v1", "21775"]);
    assert_eq!(served_by(RuleId::NoOwner).count(), 0);
}

#[test]
fn the_exemplary_tenant_meets_every_control() {
    assert_eq!(verdicts(&exemplary()), all_but(Pass, &[("MS.AAD.5.6v1", NotApplicable)]));
    for found in all(&exemplary()) {
        assert!(!found.reasons.is_empty(), "{}", found.control.id);
        assert_eq!((found.objects.len(), found.object_count), (0, 0), "{}", found.control.id);
    }
}

/// An `id` of zeros, not enabled, empty lists (FACTS §5.1).
#[test]
fn a_tenant_that_was_never_configured_fails_what_is_asked_of_its_default() {
    let mut fresh = exemplary();
    fresh.tenant_default = Some(TenantDefault {
        id: PolicyId(Uuid::nil()),
        display_name: Text::default(),
        is_enabled: false,
        application_restrictions: Vec::new(),
        service_principal_restrictions: Vec::new(),
    });
    fresh.custom_policies.clear();
    fresh.objects.clear();
    let of_credentials = ["21772", "21773", "21774", "21896", "21992"].map(|id| (id, Pass));
    assert_eq!(verdicts(&fresh), all_but(Fail, &of_credentials));
    let found = one(&fresh, "5.1.5.3");
    assert_eq!(found.reasons, ["The tenant default policy is not enabled, so nothing in it is enforced."]);
    let zeros = "00000000-0000-0000-0000-000000000000";
    assert_eq!((found.objects[0].kind, found.objects[0].id.as_str()), (Subject::Policy, zeros));
}

#[test]
fn an_enabled_flag_that_is_off_counts_however_strict_the_policy() {
    let mut draft = exemplary();
    tenant_default(&mut draft).is_enabled = false;
    let of_credentials = ["21772", "21773", "21774", "21896", "21992"].map(|id| (id, Pass));
    assert_eq!(verdicts(&draft), all_but(Fail, &of_credentials));
}

#[test]
fn either_half_alone_is_not_enough() {
    for (case, applications, principals, said) in [
        ("applications", strictest(), Vec::new(), "service principals"),
        ("service principals", Vec::new(), strictest(), "applications"),
    ] {
        let draft = with_default(applications, principals);
        for id in [
            "5.1.5.3",
            "5.1.5.4",
            "5.1.5.5",
            "5.1.5.6",
            "MS.AAD.5.5v1",
            "MS.AAD.5.6v1",
            "MS.AAD.5.7v1",
            "21775",
        ] {
            let found = one(&draft, id);
            assert_eq!(found.verdict, Fail, "{case} only: {id}");
            assert!(found.reasons.iter().all(|reason| reason.contains(said)), "{case}: {:?}", found.reasons);
        }
    }
}

#[test]
fn a_default_that_was_not_read_leaves_open_what_hangs_on_it_and_nothing_else() {
    let mut draft = exemplary();
    draft.tenant_default = None;
    draft.gaps = vec![gap(Part::TenantDefault)];
    let of_credentials = ["21772", "21773", "21774", "21896", "21992"].map(|id| (id, Pass));
    assert_eq!(verdicts(&draft), all_but(Unknown, &of_credentials));
    assert_eq!(one(&draft, "21775").reasons, ["The tenant default policy could not be read."]);
}

#[test]
fn nothing_passes_where_the_sign_in_failed() {
    let nothing = Draft {
        objects: Vec::new(),
        tenant_default: None,
        custom_policies: Vec::new(),
        gaps: vec![gap(Part::SignIn)],
        ..exemplary()
    };
    assert_eq!(verdicts(&nothing), all_but(Unknown, &[]));
}

#[test]
fn a_kind_outside_the_scope_is_not_taken_to_be_in_order() {
    for (kind, open) in
        [(ObjectKind::Application, vec!["21774", "21896"]), (ObjectKind::ServicePrincipal, vec![])]
    {
        let settings = Settings { scope: [kind].into(), ..Settings::default() };
        // Of a kind outside the scope no objects are read.
        let mut draft = exemplary();
        draft.objects.retain(|object| object.kind() == kind);
        let found = judge(&draft.inventory(), &settings, now());
        let unknown: Vec<_> =
            found.iter().filter(|found| found.verdict == Unknown).map(|found| found.control.id).collect();
        let both = ["21772", "21773", "21992"].into_iter().chain(open);
        let mut expected: Vec<_> = both.collect();
        expected.sort_unstable();
        assert_eq!(unknown, expected, "{kind}");
        assert!(found.iter().any(|found| found.reasons.iter().any(|reason| reason.contains("outside the"))));
    }
}

#[test]
fn a_policy_is_named_in_one_line_whatever_its_name() {
    let mut draft = with_policy(vec![of(RestrictionKind::PasswordAddition, State::Disabled)]);
    draft.custom_policies[0].display_name = Text::new("a\r\nb\u{202E}c");
    let reasons = one(&draft, "MS.AAD.5.5v1").reasons;
    assert!(reasons[0].contains("“a bc”"), "{reasons:?}");
}

#[test]
fn the_order_in_which_graph_lists_policies_leaves_no_trace() {
    let mut draft = with_policy(vec![of(RestrictionKind::PasswordAddition, State::Disabled)]);
    let mut second = draft.custom_policies[0].clone();
    second.id = PolicyId(Uuid::from_u128(0x2001));
    second.applies_to = Reach::Known(vec![draft.objects[PRINCIPAL].key()]);
    draft.objects[PRINCIPAL].assigned = keysweep::domain::Assigned::Policy(second.id);
    draft.custom_policies.push(second);
    let there = all(&draft);
    draft.custom_policies.reverse();
    assert_eq!(all(&draft), there);
}
