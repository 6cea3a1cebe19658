//! What was read beside objects and policies, in the compliance of objects.

use chrono::TimeDelta;
use keysweep::compliance::Settings;
use keysweep::compliance::takeover::GRAPH;
use keysweep::domain::{
    Aside, Compliance, Grant, KeyId, ObjectId, Part, PasswordCredential, Permission, Rotation, RuleId,
    Severity, Status, Text, Whom,
};
use keysweep::domain::{Covered, Exception, ExceptionState, Gap};
use uuid::Uuid;

use super::exceptions::excepting;
use super::tenant::*;
use crate::draft::Draft;

fn held(draft: &Draft, index: usize, name: &str) -> Grant {
    let permission =
        Permission { resource: GRAPH, resource_name: Text::new("Microsoft Graph"), name: Text::new(name) };
    let object = &draft.objects[index];
    Grant { principal: object.id, app_id: object.app_id, permission }
}

/// Payroll has a client secret of 100 days, with which nobody signed in, and its service principal a permission.
fn tempting() -> Draft {
    let mut draft = compliant_tenant();
    draft.objects[APPLICATION].passwords = vec![secret(100, 50)];
    let grant = Grant {
        principal: ObjectId(Uuid::from_u128(0x3099)),
        ..held(&draft, APPLICATION, "Application.ReadWrite.All")
    };
    draft.beside.permissions = Aside::Read([grant].into_iter().collect());
    let report = [(KeyId(Uuid::from_u128(0x99)), Some(now() - TimeDelta::days(91)))];
    draft.beside.credential_use = Aside::Read(report.into_iter().collect());
    draft
}

/// Nothing is on but these.
fn only(rules: &[RuleId]) -> Settings {
    let off = RuleId::ALL.iter().filter(|rule| !rules.contains(rule)).map(|rule| (*rule, None));
    Settings { severities: off.collect(), ..Settings::default() }
}

const BOTH: [RuleId; 2] = [RuleId::ClientSecretUnused, RuleId::PrivilegedWithSecret];

#[test]
fn each_makes_one_finding_of_its_severity() {
    let draft = tempting();
    let assessment = assess(&draft, &only(&BOTH));
    assert_eq!(
        complaints(&draft, &assessment),
        ["application Payroll: client-secret-unused", "application Payroll: privileged-with-secret"]
    );
    let judged = &assessment.objects[APPLICATION];
    let severities: Vec<Severity> = judged.findings.iter().map(|finding| finding.severity).collect();
    assert_eq!(severities, [Severity::Medium, Severity::Critical]);
    assert_eq!(judged.compliance, Compliance::NonCompliant);
    assert_eq!(judged.worst_severity(), Some(Severity::Critical));
}

#[test]
fn the_threshold_decides_what_an_unused_secret_means() {
    for (threshold, compliance) in [
        (Severity::Low, Compliance::NonCompliant),
        (Severity::Medium, Compliance::NonCompliant),
        (Severity::High, Compliance::Compliant),
    ] {
        let settings = Settings { compliance_threshold: threshold, ..only(&BOTH[..1]) };
        let judged = &assess(&tempting(), &settings).objects[APPLICATION];
        assert_eq!(judged.compliance, compliance, "{threshold}");
    }
}

#[test]
fn what_could_not_be_read_makes_holders_of_secrets_unknown_and_nobody_else() {
    for (rule, part) in
        [(BOTH[0], Part::SignInActivity), (BOTH[1], Part::Permissions), (BOTH[1], Part::DirectoryRoles)]
    {
        let mut draft = tempting();
        draft.gaps = vec![Gap { part, reason: Text::new("cut off") }];
        draft.beside.permissions = Aside::Read([].into_iter().collect());
        match part {
            Part::SignInActivity => draft.beside.credential_use = Aside::Unread,
            Part::Permissions => draft.beside.permissions = Aside::Unread,
            _ => draft.beside.roles = Aside::Unread,
        }
        let assessment = assess(&draft, &only(&[rule]));
        assert_eq!(complaints(&draft, &assessment), [format!("application Payroll: {rule}?")], "{part}");
        let unknown: Vec<bool> =
            assessment.objects.iter().map(|judged| judged.compliance == Compliance::Unknown).collect();
        assert_eq!(unknown, [true, false, false, false, false], "{part}");
    }
}

#[test]
fn what_is_not_to_be_had_takes_nothing_from_compliance() {
    let mut draft = tempting();
    draft.beside.credential_use = Aside::Unavailable(Text::new("No licence."));
    draft.beside.permissions = Aside::Unavailable(Text::new("No permission."));
    let assessment = assess(&draft, &only(&BOTH));
    assert_eq!(complaints(&draft, &assessment), [""; 0]);
    assert_eq!(assessment.objects[APPLICATION].compliance, Compliance::Compliant);
}

#[test]
fn they_can_be_excepted_and_such_an_exception_is_not_stale_while_nobody_can_know() {
    let mut draft = tempting();
    let whom = || Whom::Id(draft.objects[APPLICATION].id.0);
    let exceptions: Vec<Exception> = BOTH.map(|rule| excepting(whom(), &[rule])).into();
    let settings = Settings {
        severities: only(&[&BOTH[..], &[RuleId::ExceptionStale]].concat()).severities,
        exceptions,
        ..Settings::default()
    };
    let judged = &assess(&draft, &settings).objects[APPLICATION];
    let statuses: Vec<Status> = judged.findings.iter().map(|finding| finding.status).collect();
    assert_eq!(statuses, [Status::Excepted(0), Status::Excepted(1)]);
    assert_eq!(judged.compliance, Compliance::Excepted);

    let states = |draft: &Draft| {
        let reviews = assess(draft, &settings).exceptions;
        reviews.into_iter().map(|review| review.state).collect::<Vec<_>>()
    };
    draft.beside.credential_use = Aside::Unavailable(Text::new("No licence."));
    draft.beside.permissions = Aside::Unavailable(Text::new("No permission."));
    assert_eq!(states(&draft), [ExceptionState::InForce, ExceptionState::InForce]);
    draft.beside.permissions = Aside::Read([].into_iter().collect());
    assert_eq!(states(&draft), [ExceptionState::InForce, ExceptionState::Stale]);
    let all = Settings {
        exceptions: vec![Exception { rules: Covered::All, ..excepting(whom(), &[]) }],
        ..settings
    };
    let review = &assess(&draft, &all).exceptions[0];
    assert_eq!(review.state, ExceptionState::Stale, "all rules, of which others were read");
}

#[test]
fn a_secret_of_application_proxy_is_found_and_not_flagged() {
    let mut draft = tempting();
    let proxy = PasswordCredential { name: Some(Text::new("CWAP_AuthSecret")), ..secret(300, 20) };
    draft.objects[APPLICATION].passwords = vec![proxy];
    assert_ne!(complaints(&draft, &assess(&draft, &Settings::default())), [""; 0], "not published");

    let (app_id, tag) = (draft.objects[APPLICATION].app_id, "WindowsAzureActiveDirectoryOnPremApp");
    draft.objects[PRINCIPAL].app_id = app_id;
    draft.objects[PRINCIPAL].tags = vec![Text::new(tag)];
    let assessment = assess(&draft, &Settings::default());
    assert_eq!(complaints(&draft, &assessment), [""; 0]);
    let (object, judged) = (&draft.objects[APPLICATION], &assessment.objects[APPLICATION]);
    let rotated: Vec<_> = object.credentials_with(&judged.rotated).iter().map(|one| one.rotated_by).collect();
    assert_eq!(rotated, [Some(Rotation::ApplicationProxy), None, None], "then certificate and federated one");

    draft.objects[APPLICATION].passwords[0].end = Some(now() + TimeDelta::days(400));
    let found = complaints(&draft, &assess(&draft, &Settings::default()));
    assert!(found.contains(&"application Payroll: client-secret".to_owned()), "too long: {found:?}");
}

#[test]
fn credentials_of_a_managed_identity_are_marked_as_the_platforms() {
    let draft = compliant_tenant();
    for (index, object) in draft.objects.iter().enumerate() {
        let expected = (index == IDENTITY).then_some(Rotation::ManagedIdentity);
        assert!(object.credentials().iter().all(|one| one.rotated_by == expected), "{index}");
    }
}
