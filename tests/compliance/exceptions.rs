//! What somebody has accepted stays, but does not count; and what nobody accepts any more is reported.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};
use keysweep::compliance::Settings;
use keysweep::domain::{
    Assigned, Compliance, Covered, Evidence, Exception, ExceptionReview, ExceptionState, Gap, Idleness,
    Owners, Part, Reach, RuleId, Severity, SignInMethod, Status, Text, Whom,
};
use uuid::Uuid;

use super::tenant::*;
use crate::assessed::Assessed;
use crate::draft::Draft;

pub(crate) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// An exception that holds for a while yet.
pub(crate) fn excepting(whom: Whom, rules: &[RuleId]) -> Exception {
    let rules = if rules.is_empty() { Covered::All } else { Covered::These(rules.iter().copied().collect()) };
    Exception {
        whom,
        rules,
        reason: Text::new("Moved by summer."),
        accepted_by: Text::new("Dana"),
        expires: date("2026-06-30"),
        tenant: None,
    }
}

fn id(id: Uuid) -> Whom {
    Whom::Id(id)
}

fn name(pattern: &str) -> Whom {
    Whom::Name(pattern.to_owned())
}

/// With these exceptions, and each secret judged for what it is, not for being older than the block.
fn settings(exceptions: Vec<Exception>) -> Settings {
    let severities = [(RuleId::GrandfatheredSecret, None)].into();
    Settings { severities, exceptions, ..Settings::default() }
}

/// Payroll, the application, holds a client secret.
fn with_secret() -> Draft {
    let mut inventory = compliant_tenant();
    inventory.objects[APPLICATION].passwords = vec![secret(1, 90)];
    inventory
}

fn judge(inventory: &Draft, exceptions: Vec<Exception>) -> Assessed {
    assess(inventory, &settings(exceptions))
}

fn statuses(assessment: &Assessed, object: usize) -> Vec<(RuleId, Status)> {
    assessment.objects[object].findings.iter().map(|finding| (finding.rule, finding.status)).collect()
}

fn about_exceptions(assessment: &Assessed) -> Vec<RuleId> {
    let rules = assessment.tenant.iter().map(|finding| finding.rule);
    rules.filter(|rule| rule.is_about_exceptions()).collect()
}

#[test]
fn an_excepted_finding_stays_and_does_not_count() {
    let inventory = with_secret();
    let payroll = id(inventory.objects[APPLICATION].id.0);
    let open = judge(&inventory, vec![]);
    let excepted = judge(&inventory, vec![excepting(payroll, &[RuleId::ClientSecret])]);
    assert_eq!(statuses(&open, APPLICATION), [(RuleId::ClientSecret, Status::Open)]);
    assert_eq!(statuses(&excepted, APPLICATION), [(RuleId::ClientSecret, Status::Excepted(0))]);
    assert_eq!(complaints(&inventory, &excepted), complaints(&inventory, &open), "and nothing else changes");
    let sums = |assessment: &Assessed| {
        let judged = &assessment.objects[APPLICATION];
        (judged.compliance, judged.worst_severity())
    };
    assert_eq!(sums(&open), (Compliance::NonCompliant, Some(Severity::High)));
    assert_eq!(sums(&excepted), (Compliance::Excepted, None));
    let review =
        ExceptionReview { state: ExceptionState::InForce, findings: 1, matches_objects: true, used: true };
    assert_eq!(excepted.exceptions, [review]);
}

#[test]
#[rustfmt::skip]
fn an_object_is_named_by_id_by_app_id_or_by_name() {
    let mut inventory = with_secret();
    inventory.objects[PRINCIPAL].passwords = vec![secret(1, 90)];
    inventory.objects[PRINCIPAL].app_id = inventory.objects[APPLICATION].app_id;
    let (application, principal) = (&inventory.objects[APPLICATION], &inventory.objects[PRINCIPAL]);
    for (case, whom, expected) in [
        ("the id of one",         id(application.id.0),                     (true, false)),
        ("the id of the other",   id(principal.id.0),                       (false, true)),
        ("their app id",          id(application.app_id.unwrap().0),        (true, true)),
        ("the id of a neighbour", id(inventory.objects[UNDER_POLICY].id.0), (false, false)),
        ("their name",            name("Payroll"),                          (true, true)),
        ("in other case",         name("pAYROLL"),                          (true, true)),
        ("a pattern",             name("pay*"),                             (true, true)),
        ("a sign for a sign",     name("Payrol?"),                          (true, true)),
        ("a part of the name",    name("Pay"),                              (false, false)),
        ("the end of the name",   name("roll"),                             (false, false)),
        ("a sign too many",       name("Payroll?"),                         (false, false)),
        ("no pattern of regex",   name("P.*l"),                             (false, false)),
        ("an id for a name",      name(&application.id.to_string()),        (false, false)),
    ] {
        let assessment = judge(&inventory, vec![excepting(whom, &[])]);
        let excepted = |object: usize| statuses(&assessment, object)[0].1 == Status::Excepted(0);
        assert_eq!((excepted(APPLICATION), excepted(PRINCIPAL)), expected, "{case}");
    }
}

#[test]
fn a_name_is_compared_as_it_is_shown() {
    let mut inventory = with_secret();
    inventory.objects[APPLICATION].display_name = Text::new(&format!("svc abc8Q~{}", "x".repeat(34)));
    for (pattern, state) in [
        ("svc abc…", ExceptionState::InForce),
        ("svc abc?", ExceptionState::InForce),
        ("svc abc8Q*", ExceptionState::Stale),
    ] {
        let assessment = judge(&inventory, vec![excepting(name(pattern), &[RuleId::ClientSecret])]);
        assert_eq!(assessment.exceptions[0].state, state, "{pattern}");
    }
}

#[test]
fn names_of_any_length_and_content_are_compared() {
    let mut inventory = with_secret();
    for shown in [
        "a".repeat(20_000),
        "\u{202E}\0\r\n\u{1F511}\u{FFFD}a".to_owned(),
        "((((((a*+?[^$|\\a".to_owned(),
        "İΣßﬁ\u{301}a".to_owned(),
    ] {
        inventory.objects[APPLICATION].display_name = Text::new(&shown);
        for (pattern, fits) in [(shown.as_str(), true), ("*a", true), (&"*a*?".repeat(64), shown.len() > 300)]
        {
            let assessment = judge(&inventory, vec![excepting(name(pattern), &[RuleId::ClientSecret])]);
            assert_eq!(statuses(&assessment, APPLICATION)[0].1 == Status::Excepted(0), fits, "{shown:?}");
        }
    }
}

#[test]
fn only_the_rules_that_are_named_are_excepted() {
    let mut inventory = with_secret();
    inventory.objects[APPLICATION].owners = Owners::Nobody;
    let payroll = || id(inventory.objects[APPLICATION].id.0);
    let (secret, owner) = (RuleId::ClientSecret, RuleId::NoOwner);
    let (open, excepted) = (Status::Open, Status::Excepted(0));
    for (rules, expected) in [
        (vec![secret], [excepted, open]),
        (vec![owner], [open, excepted]),
        (vec![secret, owner], [excepted, excepted]),
        (vec![], [excepted, excepted]),
        (vec![RuleId::SymmetricKey], [open, open]),
    ] {
        let assessment = judge(&inventory, vec![excepting(payroll(), &rules)]);
        let [first, second] = expected;
        assert_eq!(statuses(&assessment, APPLICATION), [(secret, first), (owner, second)], "{rules:?}");
    }
}

#[test]
fn each_finding_is_excepted_by_the_first_that_covers_it() {
    let mut inventory = with_secret();
    inventory.objects[APPLICATION].owners = Owners::Nobody;
    let payroll = || id(inventory.objects[APPLICATION].id.0);
    let app_id = id(inventory.objects[APPLICATION].app_id.unwrap().0);
    let past = Exception { expires: date("2026-01-01"), ..excepting(payroll(), &[]) };
    let assessment = judge(
        &inventory,
        vec![
            past,
            excepting(name("Pay*"), &[RuleId::NoOwner]),
            excepting(app_id, &[]),
            excepting(payroll(), &[]),
        ],
    );
    let expected = [(RuleId::ClientSecret, Status::Excepted(2)), (RuleId::NoOwner, Status::Excepted(1))];
    assert_eq!(statuses(&assessment, APPLICATION), expected);
    let reviewed: Vec<_> =
        assessment.exceptions.iter().map(|review| (review.state, review.findings)).collect();
    let holds = ExceptionState::InForce;
    assert_eq!(reviewed, [(ExceptionState::Expired, 0), (holds, 1), (holds, 1), (holds, 0)]);
    assert_eq!(about_exceptions(&assessment), [RuleId::ExceptionExpired], "the last matches a finding too");
}

#[test]
fn policies_and_the_tenant_are_named_by_their_ids_alone() {
    let mut inventory = compliant_tenant();
    inventory.custom_policies[0].applies_to = Reach::Known(vec![]);
    inventory.custom_policies[0].display_name = Text::new("Payroll");
    tenant_default(&mut inventory).application_restrictions.clear();
    let status = |whom: Whom| {
        let assessment = judge(&inventory, vec![excepting(whom, &[])]);
        (assessment.policies[0].1.status, assessment.tenant[0].status)
    };
    let (open, excepted) = (Status::Open, Status::Excepted(0));
    assert_eq!(status(id(POLICY.0)), (excepted, open));
    assert_eq!(status(id(TENANT.0)), (open, excepted));
    assert_eq!(status(name("*")), (open, open));
    assert_eq!(status(id(tenant_default(&mut inventory.clone()).id.0)), (open, open));
}

#[test]
fn what_is_excepted_for_the_tenant_is_not_excepted_for_its_objects() {
    let assessment = judge(&with_secret(), vec![excepting(id(TENANT.0), &[])]);
    assert_eq!(statuses(&assessment, APPLICATION), [(RuleId::ClientSecret, Status::Open)]);
}

#[test]
fn an_exception_holds_through_its_last_day() {
    let inventory = with_secret();
    let exception = excepting(name("Payroll"), &[RuleId::ClientSecret]);
    let settings = settings(vec![exception]);
    let midnight = day("2026-07-01");
    for (now, holds) in [(midnight - TimeDelta::seconds(1), true), (midnight, false)] {
        let mut inventory = inventory.clone();
        inventory.objects[APPLICATION].passwords[0].end = None;
        let off = [RuleId::ClientSecretLongLived, RuleId::CertificateExpired, RuleId::CertificateExpiring];
        let mut settings = settings.clone();
        settings.severities.extend(off.map(|rule| (rule, None)));
        let assessment = Assessed::of(&inventory, &settings, SignInMethod::Certificate, now);
        let expected = if holds { Status::Excepted(0) } else { Status::Open };
        assert_eq!(statuses(&assessment, APPLICATION), [(RuleId::ClientSecret, expected)], "{now}");
        let reported = if holds { vec![] } else { vec![RuleId::ExceptionExpired] };
        assert_eq!(about_exceptions(&assessment), reported, "{now}");
        assert_eq!(assessment.exceptions[0].findings, 1, "{now}: excepted, or open again");
    }
}

#[test]
fn an_exception_past_its_day_stops_working_and_is_reported() {
    let inventory = with_secret();
    let past = |whom: Whom| Exception { expires: date("2026-02-28"), ..excepting(whom, &[]) };
    let (ours, nobodys) = (past(name("pay*")), past(id(Uuid::nil())));
    let assessment = judge(&inventory, vec![ours.clone(), nobodys.clone()]);
    assert_eq!(statuses(&assessment, APPLICATION), [(RuleId::ClientSecret, Status::Open)]);
    assert_eq!(assessment.objects[APPLICATION].compliance, Compliance::NonCompliant);
    let evidence: Vec<_> = assessment.tenant.iter().map(|finding| finding.evidence.clone()).collect();
    let expired =
        |exception: Exception, findings| Evidence::ExceptionExpired { exception: exception.into(), findings };
    assert_eq!(evidence, [expired(ours, 1), expired(nobodys, 0)], "each, whatever it covers");
    for finding in &assessment.tenant {
        assert_eq!((finding.rule, finding.severity), (RuleId::ExceptionExpired, Severity::Low));
        assert_eq!(finding.status, Status::Open);
    }
    let identities: BTreeSet<String> =
        assessment.tenant.iter().map(|finding| finding.evidence.exception().unwrap().identity()).collect();
    assert_eq!(identities.len(), 2, "they can be told apart: {identities:?}");
}

#[test]
fn a_renewed_exception_takes_over_from_the_expired_one() {
    let past = Exception { expires: date("2026-02-28"), ..excepting(name("Payroll"), &[]) };
    let renewed = excepting(name("Payroll"), &[RuleId::ClientSecret]);
    let assessment = judge(&with_secret(), vec![past, renewed]);
    assert_eq!(statuses(&assessment, APPLICATION), [(RuleId::ClientSecret, Status::Excepted(1))]);
    let findings: Vec<usize> = assessment.exceptions.iter().map(|review| review.findings).collect();
    assert_eq!(findings, [0, 1], "nothing is open because the first has expired");
}

#[test]
fn an_exception_that_matches_nothing_is_reported_with_the_reason() {
    let inventory = with_secret();
    let payroll = || id(inventory.objects[APPLICATION].id.0);
    for (case, whom, rules, because) in [
        ("no such id", id(Uuid::nil()), vec![], Idleness::NoObject),
        ("no such name", name("Legacy *"), vec![RuleId::ClientSecret], Idleness::NoObject),
        ("rules off", payroll(), vec![RuleId::GrandfatheredSecret], Idleness::RulesOff),
        ("fixed", payroll(), vec![RuleId::NoOwner, RuleId::GrandfatheredSecret], Idleness::NothingBroken),
        ("a policy in order", id(POLICY.0), vec![], Idleness::NothingBroken),
        ("a tenant in order", id(TENANT.0), vec![], Idleness::NothingBroken),
    ] {
        let exception = excepting(whom, &rules);
        let assessment = judge(&inventory, vec![exception.clone()]);
        let evidence = Evidence::ExceptionStale { exception: Box::new(exception), because };
        let [finding] = assessment.tenant.as_slice() else { panic!("{case}: {:?}", assessment.tenant) };
        assert_eq!((finding.rule, &finding.evidence), (RuleId::ExceptionStale, &evidence), "{case}");
        assert_eq!((finding.severity, finding.status), (Severity::Low, Status::Open));
        let matches_objects = because != Idleness::NoObject;
        let state = ExceptionState::Stale;
        let review = ExceptionReview { state, findings: 0, matches_objects, used: false };
        assert_eq!(assessment.exceptions, [review], "{case}");
    }
}

#[test]
fn an_exception_that_may_yet_match_is_not_called_stale() {
    let exception = || excepting(name("Pay*"), &[RuleId::NoOwner, RuleId::NoRestrictivePolicy]);
    let stale = |inventory: &Draft, settings: &Settings| {
        let assessment = assess(inventory, settings);
        assert_eq!(assessment.exceptions[0].findings, 0);
        (about_exceptions(&assessment) == [RuleId::ExceptionStale], assessment.exceptions[0].used)
    };
    let settings = settings(vec![exception()]);
    let compliant = compliant_tenant();
    assert_eq!(stale(&compliant, &settings), (true, false));

    let mut gap = compliant.clone();
    gap.gaps = vec![Gap { part: Part::Owners, reason: Text::new("refused") }];
    assert_eq!(stale(&gap, &settings), (false, true), "something was not read");

    let mut undecided = compliant.clone();
    undecided.objects[APPLICATION].owners = Owners::Unread;
    assert_eq!(stale(&undecided, &settings), (false, true), "one of its rules is undecided");
    undecided = compliant.clone();
    undecided.objects[UNDER_POLICY].owners = Owners::Unread;
    assert_eq!(stale(&undecided, &settings), (true, false), "but not for what it names");

    let elsewhere = Settings { used_elsewhere: [0].into(), ..settings.clone() };
    assert_eq!(stale(&compliant, &elsewhere), (false, false), "another tenant has a use for it");
    let other = Settings { used_elsewhere: [1].into(), ..settings.clone() };
    assert_eq!(stale(&compliant, &other), (true, false));
}

#[test]
fn an_undecided_rule_about_a_policy_or_the_tenant_keeps_its_exception() {
    let mut inventory = compliant_tenant();
    inventory.custom_policies[0].applies_to = Reach::Partly(vec![]);
    inventory.tenant_default = None;
    for (whom, rule, stale) in [
        (id(POLICY.0), RuleId::IdlePolicy, false),
        (id(POLICY.0), RuleId::ExemptedActors, true),
        (id(TENANT.0), RuleId::TenantDefaultOff, false),
        (id(TENANT.0), RuleId::AuditorUsesSecret, true),
    ] {
        let assessment = judge(&inventory, vec![excepting(whom, &[rule])]);
        assert_eq!(about_exceptions(&assessment).len(), usize::from(stale), "{rule}");
    }
}

#[test]
fn an_expired_exception_is_reported_whatever_could_not_be_read() {
    let mut inventory = compliant_tenant();
    inventory.gaps = vec![Gap { part: Part::SignIn, reason: Text::new("refused") }];
    inventory.objects.clear();
    let past = Exception { expires: date("2026-02-28"), ..excepting(name("Payroll"), &[]) };
    let settings = Settings { used_elsewhere: [0].into(), ..settings(vec![past]) };
    assert_eq!(about_exceptions(&assess(&inventory, &settings)), [RuleId::ExceptionExpired]);
}

#[test]
fn the_rules_about_exceptions_can_be_switched_off_and_rated_otherwise() {
    let past = Exception { expires: date("2026-02-28"), ..excepting(name("Payroll"), &[]) };
    let idle = excepting(name("Legacy *"), &[]);
    for (severity, expected) in
        [(None, vec![]), (Some(Severity::High), vec![Some(Severity::High), Some(Severity::High)])]
    {
        let rules = [RuleId::ExceptionExpired, RuleId::ExceptionStale];
        let mut settings = settings(vec![past.clone(), idle.clone()]);
        settings.severities.extend(rules.map(|rule| (rule, severity)));
        let assessment = assess(&compliant_tenant(), &settings);
        let found: Vec<_> = assessment.tenant.iter().map(|finding| Some(finding.severity)).collect();
        assert_eq!(found, expected);
        let states: Vec<_> = assessment.exceptions.iter().map(|review| review.state).collect();
        assert_eq!(states, [ExceptionState::Expired, ExceptionState::Stale], "reviewed all the same");
    }
}

#[test]
fn no_exception_covers_the_findings_about_exceptions() {
    let past = Exception { expires: date("2026-02-28"), ..excepting(name("Payroll"), &[]) };
    let all = excepting(id(TENANT.0), &[]);
    let named = excepting(id(TENANT.0), &[RuleId::ExceptionExpired, RuleId::ExceptionStale]);
    let assessment = judge(&compliant_tenant(), vec![past, all, named]);
    let expected = [RuleId::ExceptionExpired, RuleId::ExceptionStale, RuleId::ExceptionStale];
    assert_eq!(about_exceptions(&assessment), expected);
    assert!(assessment.tenant.iter().all(|finding| finding.status.is_open()), "{:?}", assessment.tenant);
    for rule in RuleId::ALL {
        assert_eq!(Covered::All.covers(*rule), !rule.as_str().starts_with("exception-"), "{rule}");
        assert!(!rule.is_about_exceptions() || !Covered::These([*rule].into()).covers(*rule), "{rule}");
    }
}

#[test]
fn an_open_finding_beside_an_excepted_one_keeps_the_object_non_compliant() {
    let mut inventory = with_secret();
    inventory.objects[APPLICATION].passwords.push(secret(1, 10));
    let exception = excepting(name("Payroll"), &[RuleId::ClientSecret]);
    let judged = &judge(&inventory, vec![exception]).objects[APPLICATION];
    assert_eq!(
        (judged.compliance, judged.worst_severity()),
        (Compliance::NonCompliant, Some(Severity::Medium))
    );
}

#[test]
fn an_excepted_finding_below_the_threshold_leaves_the_object_compliant() {
    let mut inventory = compliant_tenant();
    inventory.objects[APPLICATION].owners = Owners::Nobody;
    let exceptions = vec![excepting(name("Payroll"), &[])];
    let low = Settings { compliance_threshold: Severity::Low, ..settings(exceptions.clone()) };
    for (settings, expected) in [(settings(exceptions), Compliance::Compliant), (low, Compliance::Excepted)] {
        let judged = &assess(&inventory, &settings).objects[APPLICATION];
        assert_eq!((judged.compliance, judged.worst_severity()), (expected, None));
    }
}

#[test]
fn an_excepted_finding_and_a_low_open_one_make_the_object_excepted() {
    let mut inventory = with_secret();
    inventory.objects[APPLICATION].owners = Owners::Nobody;
    let exception = excepting(name("Payroll"), &[RuleId::ClientSecret]);
    let judged = &judge(&inventory, vec![exception]).objects[APPLICATION];
    assert_eq!((judged.compliance, judged.worst_severity()), (Compliance::Excepted, Some(Severity::Low)));
}

#[test]
#[rustfmt::skip]
fn what_is_only_undecided_stays_unknown_whatever_is_excepted() {
    let mut inventory = compliant_tenant();
    inventory.objects[APPLICATION].assigned = Assigned::Unread;
    let undecided = [RuleId::NoRestrictivePolicy, RuleId::PolicyNotInForce, RuleId::PolicyWeakensDefault];
    let (payroll, past) = (name("Payroll"), date("2026-02-28"));
    for (case, exceptions, expected) in [
        ("no exception",           vec![],                                                     Compliance::Unknown),
        ("all three",              vec![excepting(payroll.clone(), &undecided)],               Compliance::Unknown),
        ("all rules",              vec![excepting(payroll.clone(), &[])],                      Compliance::Unknown),
        ("by two exceptions",      vec![excepting(payroll.clone(), &undecided[..1]), excepting(name("P*"), &undecided[1..])],
                                                                                               Compliance::Unknown),
        ("one left out",           vec![excepting(payroll.clone(), &undecided[..2])],          Compliance::Unknown),
        ("another object",         vec![excepting(name("Ledger"), &[])],                       Compliance::Unknown),
        ("expired",                vec![Exception { expires: past, ..excepting(payroll, &[]) }], Compliance::Unknown),
    ] {
        let judged = &judge(&inventory, exceptions).objects[APPLICATION];
        assert_eq!(judged.compliance, expected, "{case}");
        assert_eq!(judged.undecided.len(), 3, "{case}: and all of it is still said");
    }
}

#[test]
fn what_is_undecided_and_excepted_changes_nothing_about_an_excepted_finding() {
    let mut inventory = with_secret();
    inventory.objects[APPLICATION].assigned = Assigned::Unread;
    let exception = excepting(name("Payroll"), &[]);
    assert_eq!(judge(&inventory, vec![exception]).objects[APPLICATION].compliance, Compliance::Excepted);
}

#[test]
fn what_is_undecided_counts_although_a_finding_is_excepted() {
    let mut inventory = with_secret();
    inventory.objects[APPLICATION].assigned = Assigned::Unread;
    let exception = excepting(name("Payroll"), &[RuleId::ClientSecret]);
    assert_eq!(judge(&inventory, vec![exception]).objects[APPLICATION].compliance, Compliance::Unknown);
}
