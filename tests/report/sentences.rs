//! Every sentence a report can say, for reading.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use chrono::TimeDelta;
use keysweep::compliance::takeover::GRAPH;
use keysweep::compliance::{Demand, Reason, Settings};
use keysweep::domain::{
    Actor, AppId, ApplicationFacts, Assessment, Beside, Covered, CredentialAt, DecidedBy, Details, Evidence,
    Exception, History, Idleness, InstanceLock, Inventory, KeyCredential, KeyId, KeyType, MaxLifetime, Need,
    Object, ObjectKind, Objects, Permission, PlainSight, Refusal, Restriction, RestrictionKind, Rotation,
    RuleId, SecretCreation, ServicePrincipalFacts, State, TenantDefault, TenantId, Text, Whom, Why,
};
use keysweep::report::{Audited, FindingRow, ObjectRow, build, rows_about, why_not_flagged, why_risky};
use uuid::uuid;

use super::fixture::{
    TENANT, application, at, custom_policy, exception, finding, header, id, judged, key, password, policy_id,
    restriction, service_principal,
};
use super::output::snapshot;

const DEFAULT: Option<DecidedBy> = Some(DecidedBy::TenantDefault);
const NOTHING: Option<DecidedBy> = Some(DecidedBy::Nothing);

fn custom() -> Option<DecidedBy> {
    Some(DecidedBy::Policy(policy_id(1)))
}

fn exempting(actors: &[&str]) -> Restriction {
    let exempted_actors = actors.iter().map(|actor| Actor(Text::new(actor))).collect();
    Restriction { exempted_actors, ..restriction(RestrictionKind::PasswordAddition, State::Enabled) }
}

/// What is said about an object in a tenant with policies that exempt, judged so, with this evidence.
fn about(
    object: Object,
    verdict: (SecretCreation, Option<DecidedBy>, Why),
    found: Vec<(RuleId, Evidence)>,
) -> (ObjectRow, Vec<FindingRow>) {
    let (creation, decided_by, why) = verdict;
    let mut assessment = judged(creation, decided_by, why);
    assessment.findings = found.into_iter().map(|(rule, evidence)| finding(rule, evidence)).collect();
    rows_about(header(), audited(Assessment::default()), &object, &assessment)
}

fn audited(assessment: Assessment) -> Arc<Audited> {
    let default = TenantDefault {
        id: policy_id(0),
        display_name: Text::new("Default policy"),
        is_enabled: true,
        application_restrictions: vec![exempting(&[
            "Tools_Pipeline equals yes",
            "Tools_Vault equals \u{202E}on\nce",
        ])],
        service_principal_restrictions: Vec::new(),
    };
    let inventory = Inventory {
        tenant: TENANT,
        objects: Objects::default(),
        tenant_default: Some(default),
        custom_policies: vec![
            custom_policy(1, "Block \u{202E}all\r\nsecrets", vec![exempting(&["Tools_Deploy equals a"])]),
            custom_policy(2, "", Vec::new()),
        ],
        beside: Beside::default(),
        gaps: Vec::new(),
    };
    Arc::new(Audited { inventory, assessment, settings: settings() })
}

fn settings() -> Settings {
    let half_a_year = Demand {
        kind: RestrictionKind::PasswordLifetime,
        max: Some(MaxLifetime::from_delta(TimeDelta::days(180))),
    };
    let addition = Demand { kind: RestrictionKind::PasswordAddition, max: None };
    Settings { restrictive: vec![addition, half_a_year], ..Settings::default() }
}

/// The variant; a new one does not compile until it is named, and does not pass until it is read.
fn name_of_why(why: &Why) -> &'static str {
    match why {
        Why::ForAll => "ForAll",
        Why::Since { .. } => "Since",
        Why::OlderThanDate { .. } => "OlderThanDate",
        Why::Exempted => "Exempted",
        Why::EntryDisabled => "EntryDisabled",
        Why::DefaultOff => "DefaultOff",
        Why::NoEntry => "NoEntry",
        Why::PolicyOffDefaultOpen => "PolicyOffDefaultOpen",
        Why::PolicyOff => "PolicyOff",
        Why::UnknownState(_) => "UnknownState",
        Why::NoCreationTime { .. } => "NoCreationTime",
        Why::DefaultUnread => "DefaultUnread",
        Why::AssignmentUnread => "AssignmentUnread",
        Why::SeveralPolicies(_) => "SeveralPolicies",
    }
}

fn verdicts() -> Vec<(SecretCreation, Option<DecidedBy>, Why)> {
    use SecretCreation::{Allowed, Blocked, BlockedWithExemptions, Unknown};
    let date = at("2024-01-01T00:00:00Z");
    let late = at("2025-06-01T08:00:00.5Z");
    let early = at("2019-01-01T00:00:00Z");
    vec![
        (Blocked, DEFAULT, Why::ForAll),
        (Blocked, custom(), Why::ForAll),
        (BlockedWithExemptions, DEFAULT, Why::ForAll),
        (BlockedWithExemptions, custom(), Why::ForAll),
        (Blocked, DEFAULT, Why::Since { date, created: late, assumed: false }),
        (BlockedWithExemptions, custom(), Why::Since { date, created: late, assumed: false }),
        (Blocked, DEFAULT, Why::Since { date: early, created: early, assumed: true }),
        (Allowed, DEFAULT, Why::OlderThanDate { date, created: early, assumed: false }),
        (Allowed, custom(), Why::OlderThanDate { date, created: early, assumed: true }),
        (Allowed, custom(), Why::Exempted),
        (Allowed, DEFAULT, Why::EntryDisabled),
        (Allowed, NOTHING, Why::DefaultOff),
        (Allowed, NOTHING, Why::NoEntry),
        (Allowed, custom(), Why::PolicyOffDefaultOpen),
        (Unknown, custom(), Why::PolicyOff),
        (Unknown, DEFAULT, Why::UnknownState(Text::new("audit \"only\""))),
        (Unknown, custom(), Why::UnknownState(Text::new("unknownFutureValue"))),
        (Unknown, DEFAULT, Why::NoCreationTime { date }),
        (Unknown, None, Why::DefaultUnread),
        (Unknown, None, Why::AssignmentUnread),
        (Unknown, None, Why::SeveralPolicies(vec![policy_id(1), policy_id(2), policy_id(9)])),
    ]
}

#[test]
fn every_reason_reads_well() {
    let mut text = String::new();
    let mut seen = BTreeSet::new();
    for verdict in verdicts() {
        let (creation, _, why) = &verdict;
        let name = name_of_why(why);
        seen.insert(name);
        writeln!(text, "{name}, {}", creation.as_str()).unwrap();
        for object in [application(1, "app"), service_principal(2, "sp", ServicePrincipalFacts::default())] {
            let reason = about(object, verdict.clone(), Vec::new()).0.reason;
            assert!(reason.ends_with('.') && !reason.contains('\n'), "{reason}");
            writeln!(text, "    {reason}").unwrap();
        }
    }
    assert_eq!(seen.len(), 14, "{seen:?}");
    snapshot("reasons", &text);
}

fn name_of_evidence(evidence: &Evidence) -> &'static str {
    match evidence {
        Evidence::Credential(_) => "Credential",
        Evidence::Expiring { .. } => "Expiring",
        Evidence::Unused { .. } => "Unused",
        Evidence::Privileged { .. } => "Privileged",
        Evidence::LongLived { .. } => "LongLived",
        Evidence::Grandfathered { .. } => "Grandfathered",
        Evidence::PlainSight(_) => "PlainSight",
        Evidence::Unrestricted { .. } => "Unrestricted",
        Evidence::NotInForce { .. } => "NotInForce",
        Evidence::Weakens { .. } => "Weakens",
        Evidence::NoOwner => "NoOwner",
        Evidence::InstanceLock { .. } => "InstanceLock",
        Evidence::DefaultOff => "DefaultOff",
        Evidence::DefaultAllows(_) => "DefaultAllows",
        Evidence::ExemptedActors(_) => "ExemptedActors",
        Evidence::Idle { .. } => "Idle",
        Evidence::AuditorSecret => "AuditorSecret",
        Evidence::ExceptionExpired { .. } => "ExceptionExpired",
        Evidence::ExceptionStale { .. } => "ExceptionStale",
    }
}

/// Writes what a finding says, and checks that it is said in sentences.
fn write_finding(text: &mut String, name: &str, row: &FindingRow) {
    let FindingRow { rule, object_type, detail, recommendation, .. } = row;
    for sentence in [detail, recommendation] {
        assert!(sentence.ends_with('.') && !sentence.contains('\n'), "{rule}: {sentence}");
        assert!(sentence.starts_with(char::is_uppercase), "{rule}: {sentence}");
    }
    writeln!(text, "{rule}, {name}, {}\n    {detail}\n    {recommendation}", object_type.as_str()).unwrap();
}

/// Credentials for every turn of phrase, at known places.
fn holder(object: Object) -> Object {
    let day = |text: &str| format!("{text}T06:00:00Z");
    let (past, start) = (day("2026-11-22"), day("2026-01-01"));
    let (soon, late, next) = (day("2026-11-24"), day("2028-01-01"), day("2026-12-24"));
    Object {
        passwords: vec![
            password(0, "deploy", Some(&start), Some(&late)),
            password(1, "", Some(&start), None),
            password(2, "later \u{202E}\nline", Some(&next), Some(&late)),
            password(3, "old", Some("2024-01-01T00:00:00Z"), Some("2025-01-01T00:00:00Z")),
            password(4, "just", Some(&start), Some("2026-11-23T05:00:00Z")),
            password(5, "yesterday", Some(&start), Some(&past)),
            password(6, "tonight", Some(&start), Some("2026-11-23T23:00:00Z")),
            password(7, "tomorrow", Some(&start), Some(&soon)),
            password(8, "a second too long", Some("2026-06-01T00:00:00Z"), Some("2026-11-28T00:00:01Z")),
            keysweep::domain::PasswordCredential::default(),
        ],
        keys: vec![
            key(0, KeyType::Certificate, "Verify", None),
            key(1, KeyType::Symmetric, "Sign", None),
            key(2, KeyType::Certificate, "Sign", Some("CC")),
            key(3, KeyType::Certificate, "Verify", Some("CC")),
            KeyCredential { end: Some(at(&past)), ..key(4, KeyType::Certificate, "Verify", None) },
            KeyCredential { end: Some(at(&past)), ..key(5, KeyType::Certificate, "Sign", Some("DD")) },
        ],
        ..object
    }
}

fn on_credentials() -> Vec<(RuleId, Evidence)> {
    use CredentialAt::{Key, Password};
    use RuleId::{
        CertificateExpired, CertificateExpiring, CertificateLongLived, ClientSecret, ClientSecretExpired,
        ClientSecretExpiring, ClientSecretLongLived, ClientSecretUnused, ForeignSecret, GrandfatheredSecret,
        NoOwner, ServicePrincipalSecret, SymmetricKey,
    };
    let plain = |rule, place| (rule, Evidence::Credential(place));
    let ending = |rule, credential, newer| (rule, Evidence::Expiring { credential, newer });
    let unused = |credential, last, application, oldest| {
        (ClientSecretUnused, Evidence::Unused { credential, last, application, oldest })
    };
    let [oldest, last, lately] =
        ["2026-01-02T00:00:00Z", "2026-06-01T23:59:59Z", "2026-11-22T00:00:00Z"].map(at);
    let limit = TimeDelta::days(180);
    let long = |rule, credential, lifetime| (rule, Evidence::LongLived { credential, lifetime, limit });
    let old = |credential, refusal, decided_by| {
        (GrandfatheredSecret, Evidence::Grandfathered { credential, refusal, decided_by })
    };
    let too_long = |lifetime| Refusal::TooLong {
        kind: RestrictionKind::PasswordLifetime,
        lifetime,
        limit: MaxLifetime::parse("P4DT12H30M5S").unwrap(),
    };
    let blocked = Refusal::Blocked(RestrictionKind::PasswordAddition);
    let symmetric = Refusal::Blocked(RestrictionKind::SymmetricKeyAddition);
    let policy = DecidedBy::Policy(policy_id(1));
    vec![
        plain(ClientSecret, Password(0)),
        plain(ClientSecret, Password(1)),
        plain(ClientSecret, Password(2)),
        plain(ClientSecret, Password(6)),
        plain(ClientSecret, Password(9)),
        plain(ServicePrincipalSecret, Password(0)),
        plain(ForeignSecret, Password(1)),
        plain(SymmetricKey, Key(1)),
        plain(ClientSecretExpired, Password(3)),
        plain(ClientSecretExpired, Password(4)),
        plain(ClientSecretExpired, Password(5)),
        plain(CertificateExpired, Key(4)),
        plain(CertificateExpired, Key(5)),
        ending(ClientSecretExpiring, Password(6), None),
        ending(ClientSecretExpiring, Password(7), None),
        ending(ClientSecretExpiring, Password(7), Some(Password(0))),
        ending(ClientSecretExpiring, Password(7), Some(Password(1))),
        ending(ClientSecretExpiring, Password(7), Some(Password(2))),
        ending(ClientSecretExpiring, Password(7), Some(Password(9))),
        ending(CertificateExpiring, Key(0), None),
        ending(CertificateExpiring, Key(0), Some(Key(4))),
        ending(CertificateExpiring, Key(3), None),
        ending(CertificateExpiring, Key(3), Some(Key(5))),
        // A place that is empty.
        ending(CertificateExpiring, Key(0), Some(Key(99))),
        unused(Password(0), Some(last), None, Some(oldest)),
        unused(Password(0), Some(last), Some(lately), Some(oldest)),
        unused(Password(0), None, Some(lately), Some(oldest)),
        unused(Password(9), None, None, Some(oldest)),
        unused(Password(1), None, None, Some(oldest)),
        unused(Password(1), None, None, None),
        long(ClientSecretLongLived, Password(0), Some(TimeDelta::days(730))),
        long(ClientSecretLongLived, Password(1), None),
        long(ClientSecretLongLived, Password(8), Some(limit + TimeDelta::seconds(1))),
        long(CertificateLongLived, Key(0), Some(TimeDelta::days(334))),
        old(Password(0), blocked.clone(), DecidedBy::TenantDefault),
        old(Password(1), blocked, policy),
        old(Key(1), symmetric, policy),
        old(Password(0), too_long(Some(TimeDelta::days(730))), policy),
        old(Password(1), too_long(None), DecidedBy::TenantDefault),
        // Evidence that says nothing more than its rule: a place that is empty, a rule that wants more.
        plain(ClientSecret, Password(99)),
        plain(NoOwner, Password(0)),
    ]
}

fn on_objects() -> Vec<(RuleId, Evidence)> {
    use RestrictionKind::{AsymmetricKeyLifetime, Other, PasswordAddition, PasswordLifetime};
    use RuleId::{
        InstanceLockOff, NoOwner, NoRestrictivePolicy, PolicyNotInForce, PolicyWeakensDefault,
        PrivilegedWithSecret, SecretInPlainSight,
    };
    let date = Some(at("2024-01-01T00:00:00Z"));
    let policy = policy_id(1);
    let open = |missing, need| (NoRestrictivePolicy, Evidence::Unrestricted { missing, need });
    let idle = |policy_off, entries| (PolicyNotInForce, Evidence::NotInForce { policy, policy_off, entries });
    let weak = |policy, types| (PolicyWeakensDefault, Evidence::Weakens { policy, types });
    let held = |permissions: &[(AppId, &str, &str)], roles: &[&str]| {
        let permission = |(resource, resource_name, name): &(AppId, &str, &str)| Permission {
            resource: *resource,
            resource_name: Text::new(resource_name),
            name: Text::new(name),
        };
        let evidence = Evidence::Privileged {
            secrets: permissions.len() + roles.len(),
            permissions: permissions.iter().map(permission).collect(),
            roles: roles.iter().map(|role| Text::new(role)).collect(),
        };
        (PrivilegedWithSecret, evidence)
    };
    let places = vec![
        PlainSight::Name,
        PlainSight::Notes,
        PlainSight::Description,
        PlainSight::Tag,
        PlainSight::CredentialName(Some(KeyId(id(5)))),
        PlainSight::CredentialName(None),
    ];
    vec![
        (SecretInPlainSight, Evidence::PlainSight(vec![PlainSight::Notes])),
        (SecretInPlainSight, Evidence::PlainSight(places)),
        open(vec![PasswordAddition], Need::Effective),
        open(vec![PasswordAddition, PasswordLifetime], Need::Effective),
        open(vec![PasswordLifetime], Need::Effective),
        open(vec![PasswordAddition], Need::Assigned),
        open(vec![PasswordLifetime], Need::Assigned),
        idle(true, vec![(PasswordAddition, None), (PasswordLifetime, date)]),
        idle(false, vec![(PasswordAddition, date)]),
        idle(false, vec![(PasswordAddition, date), (AsymmetricKeyLifetime, date)]),
        weak(policy, vec![PasswordAddition]),
        weak(policy_id(2), vec![PasswordLifetime, Other(Text::new("new \"kind\""))]),
        held(&[(GRAPH, "Microsoft Graph", "Application.ReadWrite.All")], &[]),
        held(&[], &["Global Administrator"]),
        held(&[(GRAPH, "Microsoft Graph", "Mail.Send")], &[]),
        held(
            &[
                (GRAPH, "", "Mail.Send"),
                (GRAPH, "Microsoft \u{202E}\nGraph", "Group.ReadWrite.All"),
                (GRAPH, "Microsoft Graph", "Mail.Read"),
                (GRAPH, "Microsoft Graph", "Mail.ReadBasic.All"),
                (GRAPH, "Microsoft Graph", "User.ReadWrite.All"),
            ],
            &["Privileged Role Administrator", "our \u{202E}own"],
        ),
        (NoOwner, Evidence::NoOwner),
        (InstanceLockOff, Evidence::InstanceLock { enabled: false }),
        (InstanceLockOff, Evidence::InstanceLock { enabled: true }),
    ]
}

fn on_tenant() -> Vec<(RuleId, Evidence)> {
    use ObjectKind::{Application, ServicePrincipal};
    let date = Some(at("2024-01-01T00:00:00Z"));
    let allows = |halves| (RuleId::TenantDefaultAllowsSecrets, Evidence::DefaultAllows(halves));
    vec![
        (RuleId::TenantDefaultOff, Evidence::DefaultOff),
        allows(vec![(Application, None), (ServicePrincipal, None)]),
        allows(vec![(Application, date)]),
        allows(vec![(Application, None), (ServicePrincipal, date)]),
        (RuleId::AuditorUsesSecret, Evidence::AuditorSecret),
    ]
}

fn on_exceptions() -> Vec<(RuleId, Evidence)> {
    let by_id = exception(Whom::Id(id(0xaaaa_0001)), Covered::All);
    let rules = [RuleId::ClientSecret, RuleId::NoOwner].into();
    let by_name = exception(Whom::Name("Legacy *".to_owned()), Covered::These(rules));
    let expired = |findings| Evidence::ExceptionExpired { exception: Box::new(by_id.clone()), findings };
    let stale = |exception: &Exception, because| {
        let exception = Box::new(exception.clone());
        (RuleId::ExceptionStale, Evidence::ExceptionStale { exception, because })
    };
    let mut found: Vec<_> = [0, 1, 1200].map(|count| (RuleId::ExceptionExpired, expired(count))).into();
    found.extend([
        stale(&by_id, Idleness::NoObject),
        stale(&by_name, Idleness::NoObject),
        stale(&by_name, Idleness::RulesOff),
        stale(&by_name, Idleness::NothingBroken),
    ]);
    found
}

fn on_tenant_and_policies() -> Vec<(RuleId, Evidence)> {
    let actors = vec![
        (RestrictionKind::PasswordAddition, Actor(Text::new("Tools_Pipeline equals \u{202E}yes"))),
        (RestrictionKind::PasswordLifetime, Actor(Text::new("Tools_Vault equals on"))),
    ];
    vec![(RuleId::ExemptedActors, Evidence::ExemptedActors(actors))]
}

fn on_policies() -> Vec<(RuleId, Evidence)> {
    [(true, true), (true, false), (false, true)]
        .map(|(disabled, unassigned)| (RuleId::IdlePolicy, Evidence::Idle { disabled, unassigned }))
        .into()
}

/// The one row about this evidence.
fn only(mut found: Vec<FindingRow>) -> FindingRow {
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[test]
fn every_finding_reads_well() {
    let mut text = String::new();
    let mut seen = BTreeSet::new();
    let open = || (SecretCreation::Allowed, NOTHING, Why::NoEntry);
    let facts = ServicePrincipalFacts {
        app_owner_organization: Some(TenantId(uuid!("f8cdef31-a31e-4b4a-93e4-5f571e91255a"))),
        ..ServicePrincipalFacts::default()
    };
    for (rule, evidence) in on_credentials().into_iter().chain(on_objects()) {
        let name = name_of_evidence(&evidence);
        seen.insert(name);
        let shared = ApplicationFacts {
            sign_in_audience: Some(Text::new("AzureADMultipleOrgs")),
            lock: Some(InstanceLock::default()),
            ..ApplicationFacts::default()
        };
        let application = Object { details: Details::Application(shared), ..application(1, "app") };
        let service_principal = service_principal(2, "sp", facts.clone());
        for object in [application, service_principal].into_iter().filter(|object| is_about(rule, object)) {
            let row = only(about(holder(object), open(), vec![(rule, evidence.clone())]).1);
            write_finding(&mut text, name, &row);
        }
    }
    for (rule, evidence) in on_tenant().into_iter().chain(on_exceptions()).chain(on_tenant_and_policies()) {
        let name = name_of_evidence(&evidence);
        seen.insert(name);
        write_finding(&mut text, name, &only(elsewhere(false, rule, evidence)));
    }
    for (rule, evidence) in on_policies().into_iter().chain(on_tenant_and_policies()) {
        let name = name_of_evidence(&evidence);
        seen.insert(name);
        write_finding(&mut text, name, &only(elsewhere(true, rule, evidence)));
    }
    assert_eq!(seen.len(), 19, "{seen:?}");
    snapshot("findings", &text);
}

/// Whether a rule is about objects of this kind at all.
fn is_about(rule: RuleId, object: &Object) -> bool {
    match rule {
        RuleId::ClientSecret | RuleId::NoOwner | RuleId::InstanceLockOff => {
            object.kind() == ObjectKind::Application
        }
        RuleId::ServicePrincipalSecret | RuleId::ForeignSecret => {
            object.kind() == ObjectKind::ServicePrincipal
        }
        _ => true,
    }
}

/// A finding on the tenant, or on a custom policy.
fn elsewhere(on_policy: bool, rule: RuleId, evidence: Evidence) -> Vec<FindingRow> {
    let finding = finding(rule, evidence);
    let (tenant, policies) =
        if on_policy { (vec![], vec![(policy_id(1), finding)]) } else { (vec![finding], vec![]) };
    let assessment = Assessment { tenant, policies, ..Assessment::default() };
    build(header(), audited(assessment), &History::default()).findings.iter().collect()
}

#[test]
fn advice_on_an_open_object_follows_what_leaves_it_open() {
    let mut text = String::new();
    for verdict in verdicts() {
        let name = name_of_why(&verdict.2);
        let missing = vec![RestrictionKind::PasswordAddition];
        let evidence = Evidence::Unrestricted { missing, need: Need::Effective };
        let row =
            only(about(application(1, "app"), verdict, vec![(RuleId::NoRestrictivePolicy, evidence)]).1);
        writeln!(text, "{name}\n    {}", row.recommendation).unwrap();
    }
    snapshot("advice", &text);
}

#[test]
fn the_owner_of_a_foreign_application_is_named() {
    for (owner, words) in [
        (uuid!("f8cdef31-a31e-4b4a-93e4-5f571e91255a"), "that belongs to Microsoft,"),
        (
            uuid!("00000000-0000-0000-0000-000000009999"),
            "that belongs to tenant 00000000-0000-0000-0000-000000009999,",
        ),
    ] {
        let app_owner_organization = Some(TenantId(owner));
        let facts = ServicePrincipalFacts { app_owner_organization, ..ServicePrincipalFacts::default() };
        let evidence = Evidence::Credential(CredentialAt::Password(0));
        let open = (SecretCreation::Allowed, NOTHING, Why::NoEntry);
        let object = holder(service_principal(2, "sp", facts));
        let row = only(about(object, open, vec![(RuleId::ForeignSecret, evidence)]).1);
        assert!(row.detail.contains(words), "{}", row.detail);
    }
}

/// The variant; a new one does not compile until it is named, and does not pass until it is read.
fn name_of_reason(reason: &Reason) -> &'static str {
    match reason {
        Reason::Takeover { .. } => "Takeover",
        Reason::PlainSight => "PlainSight",
        Reason::Foreign => "Foreign",
        Reason::Secrets { .. } => "Secrets",
        Reason::Unlocked => "Unlocked",
        Reason::UsedLately(_) => "UsedLately",
        Reason::LongUnused => "LongUnused",
        Reason::NoOwner => "NoOwner",
    }
}

#[test]
fn every_reason_to_begin_with_an_object_reads_well() {
    let permission = Permission {
        resource: GRAPH,
        resource_name: Text::new("Microsoft Graph"),
        name: Text::new("RoleManagement.ReadWrite.Directory"),
    };
    let end = at("2027-01-01T00:00:00Z");
    let (mut text, mut seen) = (String::new(), BTreeSet::new());
    for reason in [
        Reason::Takeover { permissions: vec![permission], roles: vec![Text::new("User Administrator")] },
        Reason::PlainSight,
        Reason::Foreign,
        Reason::Secrets { count: 1, until: Some(end) },
        Reason::Secrets { count: 2, until: None },
        Reason::Unlocked,
        Reason::UsedLately(at("2026-11-01T00:00:00Z")),
        Reason::LongUnused,
        Reason::NoOwner,
    ] {
        let name = name_of_reason(&reason);
        seen.insert(name);
        let sentence = why_risky(&reason);
        assert!(sentence.ends_with('.') && sentence.starts_with(char::is_uppercase), "{sentence}");
        writeln!(text, "{name}\n    {sentence}").unwrap();
    }
    assert_eq!(seen.len(), 8, "{seen:?}");
    for rotation in [Rotation::ManagedIdentity, Rotation::ApplicationProxy] {
        writeln!(text, "{rotation:?}\n    {}", why_not_flagged(rotation)).unwrap();
    }
    snapshot("risks", &text);
}
