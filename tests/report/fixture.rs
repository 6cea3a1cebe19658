//! A small tenant in which everything occurs once, and whose names are hostile.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use keysweep::compliance::{Settings, evaluate};
use keysweep::domain::{
    Actor, AppId, ApplicationFacts, Assessment, Assigned, Beside, Collection, Compliance, Covered,
    CustomPolicy, DecidedBy, Details, Evidence, Exception, FederatedCredential, Finding, Gap, History,
    HowRead, InstanceLock, Inventory, KeyCredential, KeyId, KeyType, Limit, MaxLifetime, Object,
    ObjectAssessment, ObjectId, ObjectKey, ObjectKind, Objects, Owner, OwnerKind, Owners, Part,
    PasswordCredential, PolicyId, Reach, Restriction, RestrictionKind, RuleId, RunId, SecretCreation,
    SecretVerdict, ServicePrincipalFacts, SignInMethod, State, TenantDefault, TenantId, Text, Whom, Why,
    mail_address,
};
use keysweep::report::{Audited, Header, Report, build};
use uuid::Uuid;

use super::draft::Draft;

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(crate) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(crate) fn policy_id(number: u128) -> PolicyId {
    PolicyId(id(0xcccc_0000 + number))
}

/// Shaped like a client secret of Entra.
pub(crate) fn secret() -> String {
    format!("abc8Q~{}", "x".repeat(34))
}

pub(crate) const TENANT: TenantId = TenantId(Uuid::from_u128(0x7777));

pub(crate) fn header() -> Header {
    let started = at("2026-11-23T06:00:00.75Z");
    Header {
        tenant: "contoso".to_owned(),
        tenant_id: TENANT,
        run_id: RunId::new(started, 1),
        started,
        portal: "https://entra.microsoft.com",
        read: HowRead::InFull,
    }
}

pub(crate) fn password(
    number: u128,
    name: &str,
    start: Option<&str>,
    end: Option<&str>,
) -> PasswordCredential {
    PasswordCredential {
        key_id: Some(KeyId(id(0xdddd_0000 + number))),
        name: (!name.is_empty()).then(|| Text::new(name)),
        start: start.map(at),
        end: end.map(at),
        custom_key_identifier: None,
        unreadable: false,
    }
}

pub(crate) fn key(number: u128, key_type: KeyType, usage: &str, thumbprint: Option<&str>) -> KeyCredential {
    KeyCredential {
        key_id: Some(KeyId(id(0xeeee_0000 + number))),
        name: Some(Text::new("CN=signing, O=Contoso")),
        start: Some(at("2026-01-01T00:00:00Z")),
        end: Some(at("2026-12-01T00:00:00Z")),
        custom_key_identifier: thumbprint.map(Into::into),
        key_type,
        usage: Some(Text::new(usage)),
        unreadable: false,
    }
}

pub(crate) fn application(number: u128, name: &str) -> Object {
    Object {
        id: ObjectId(id(0xaaaa_0000 + number)),
        app_id: Some(AppId(id(0xbbbb_0000 + number))),
        display_name: Text::new(name),
        created: Some(at("2023-05-04T03:02:01.9999999Z")),
        passwords: Vec::new(),
        keys: Vec::new(),
        notes: None,
        description: None,
        tags: Vec::new(),
        details: Details::Application(ApplicationFacts::default()),
        assigned: Assigned::Nothing,
        owners: Owners::Unread,
    }
}

pub(crate) fn service_principal(number: u128, name: &str, facts: ServicePrincipalFacts) -> Object {
    Object { details: Details::ServicePrincipal(facts), created: None, ..application(number, name) }
}

pub(crate) fn judged(creation: SecretCreation, decided_by: Option<DecidedBy>, why: Why) -> ObjectAssessment {
    ObjectAssessment {
        secret_creation: SecretVerdict { creation, decided_by, why },
        policy_effect: None,
        findings: Vec::new(),
        undecided: Vec::new(),
        compliance: Compliance::Compliant,
        rotated: Vec::new(),
    }
}

pub(crate) fn finding(rule: RuleId, evidence: Evidence) -> Finding {
    Finding { rule, severity: rule.default_severity(), evidence, status: keysweep::domain::Status::Open }
}

/// Accepted by somebody with a hostile name.
pub(crate) fn exception(whom: Whom, rules: Covered) -> Exception {
    Exception {
        whom,
        rules,
        reason: Text::new("The vendor\u{202E} supports\r\nnothing else"),
        accepted_by: Text::new("=Jane Doe"),
        expires: at("2027-03-31T00:00:00Z").date_naive(),
        tenant: None,
    }
}

pub(crate) fn restriction(kind: RestrictionKind, state: State) -> Restriction {
    Restriction {
        collection: Collection::PasswordCredentials,
        kind,
        state,
        limit: Limit::Missing,
        created_on_or_after: None,
        exempted_actors: Vec::new(),
    }
}

pub(crate) fn custom_policy(number: u128, name: &str, restrictions: Vec<Restriction>) -> CustomPolicy {
    CustomPolicy {
        id: policy_id(number),
        display_name: Text::new(name),
        description: None,
        is_enabled: true,
        restrictions,
        applies_to: Reach::Known(Vec::new()),
    }
}

fn tenant_default() -> TenantDefault {
    let exempting = Restriction {
        exempted_actors: vec![
            Actor(Text::new("Tools_Pipeline equals yes")),
            Actor(Text::new("=Tools_Vault equals \"a\", b")),
        ],
        ..restriction(RestrictionKind::PasswordAddition, State::Enabled)
    };
    let lifetime = Restriction {
        limit: Limit::Max { max: MaxLifetime::parse("P90D").unwrap(), text: "P90D".into() },
        created_on_or_after: Some(at("0001-01-01T00:00:00Z")),
        ..restriction(RestrictionKind::PasswordLifetime, State::Missing)
    };
    let negative = Restriction {
        collection: Collection::KeyCredentials,
        limit: Limit::Unreadable(Text::new("-P1D")),
        created_on_or_after: Some(at("2024-01-01T00:00:00Z")),
        ..restriction(RestrictionKind::AsymmetricKeyLifetime, State::Other(Text::new("+audit")))
    };
    TenantDefault {
        id: policy_id(0),
        display_name: Text::new("Default app management tenant policy"),
        is_enabled: true,
        application_restrictions: vec![exempting, lifetime],
        service_principal_restrictions: vec![negative],
    }
}

fn custom_policies() -> Vec<CustomPolicy> {
    let uris = Restriction {
        collection: Collection::IdentifierUris,
        ..restriction(RestrictionKind::Other(Text::new("nonDefaultUriAddition")), State::Enabled)
    };
    let exempting = vec![restriction(RestrictionKind::PasswordAddition, State::Disabled), uris];
    vec![
        CustomPolicy { applies_to: Reach::Partly(Vec::new()), ..custom_policy(3, "unread", Vec::new()) },
        CustomPolicy {
            applies_to: Reach::Known(vec![ObjectKey {
                kind: ObjectKind::Application,
                id: ObjectId(id(0xaaaa_0001)),
            }]),
            ..custom_policy(1, "@exempt \u{202E}txt.exe", exempting)
        },
        CustomPolicy { is_enabled: false, ..custom_policy(2, "empty", Vec::new()) },
    ]
}

/// An application with a credential of every kind and state.
fn everything() -> Object {
    let facts = ApplicationFacts {
        sign_in_audience: Some(Text::new("AzureADMultipleOrgs")),
        lock: Some(InstanceLock { is_enabled: true, ..InstanceLock::default() }),
        federated: vec![FederatedCredential {
            id: Text::new("=fed"),
            name: Text::new("github\tmain"),
            issuer: None,
            subject: None,
        }],
        ..ApplicationFacts::default()
    };
    Object {
        passwords: vec![
            password(1, "deploy, \"nightly\"", Some("2026-01-01T00:00:00Z"), Some("2026-12-01T12:00:00Z")),
            password(2, "", None, None),
            password(3, "-old", Some("2024-01-01T00:00:00Z"), Some("2026-01-01T00:00:00Z")),
            password(4, &secret(), Some("2027-01-01T00:00:00Z"), Some("2027-03-01T00:00:00Z")),
        ],
        keys: vec![
            key(1, KeyType::Certificate, "Verify", Some("AA")),
            key(2, KeyType::Symmetric, "Verify", None),
        ],
        details: Details::Application(facts),
        assigned: Assigned::Policy(policy_id(1)),
        owners: Owners::Named(vec![
            Owner {
                address: mail_address("ana@contoso.com"),
                kind: OwnerKind::User,
                ..Owner::by_name(Text::new("@ana"))
            },
            Owner::by_name(Text::new("Bob, jr")),
        ]),
        ..application(1, "=HYPERLINK(\"https://evil.example\",\"Payroll\")")
    }
}

/// A service principal with a SAML signing pair, its password and a client secret.
fn saml() -> Object {
    let facts = ServicePrincipalFacts {
        service_principal_type: Some(Text::new("Application")),
        app_owner_organization: Some(TenantId(id(0x9999))),
        account_enabled: Some(false),
        owner_unreadable: false,
    };
    Object {
        passwords: vec![
            PasswordCredential {
                custom_key_identifier: Some("BB".into()),
                ..password(11, "", Some("2026-01-01T00:00:00Z"), Some("2026-12-01T00:00:00Z"))
            },
            password(12, "planted", Some("2026-11-22T07:00:00Z"), Some("2026-11-24T05:00:00Z")),
        ],
        keys: vec![
            key(11, KeyType::Certificate, "Sign", Some("BB")),
            key(12, KeyType::Certificate, "Verify", Some("BB")),
        ],
        assigned: Assigned::Several(vec![policy_id(1), policy_id(2)]),
        ..service_principal(2, "Vendor <b>SSO</b>\r\n\u{202E}gpj.cod", facts)
    }
}

/// The whole tenant, in no order.
pub(crate) fn tenant() -> Draft {
    let bare =
        Object { app_id: None, created: None, ..application(3, "nul\u{0}bell\u{7}esc\u{1b}del\u{7f}") };
    let identity = service_principal(
        4,
        "\tmanaged",
        ServicePrincipalFacts {
            service_principal_type: Some(Text::new("ManagedIdentity")),
            ..ServicePrincipalFacts::default()
        },
    );
    let leaking = application(5, &format!("Test app {}", secret()));
    Draft {
        tenant: TENANT,
        objects: vec![saml(), identity, leaking, bare, everything()],
        tenant_default: Some(tenant_default()),
        custom_policies: custom_policies(),
        beside: Beside::default(),
        gaps: vec![Gap { part: Part::Assignments(policy_id(3)), reason: Text::new("Graph answered 503.") }],
    }
}

/// Everything that an audit at a time would know of a draft.
pub(crate) fn audited(
    draft: &Draft,
    settings: &Settings,
    sign_in: SignInMethod,
    now: DateTime<Utc>,
) -> Arc<Audited> {
    let inventory = draft.inventory();
    let assessment = evaluate(&inventory, settings, sign_in, now);
    Arc::new(Audited { inventory, assessment, settings: settings.clone() })
}

pub(crate) fn report_on(draft: &Draft) -> Report {
    let header = header();
    let audited = audited(draft, &Settings::default(), SignInMethod::ClientSecret, header.started);
    build(header, audited, &History::default())
}

pub(crate) fn report() -> Report {
    report_on(&tenant())
}

/// The report on a tenant of which nothing was read and nothing is known to be missing.
pub(crate) fn empty() -> Report {
    let inventory = Inventory {
        tenant: TENANT,
        objects: Objects::default(),
        tenant_default: None,
        custom_policies: Vec::new(),
        beside: Beside::default(),
        gaps: Vec::new(),
    };
    let (assessment, settings) = (Assessment::default(), Settings::default());
    build(header(), Arc::new(Audited { inventory, assessment, settings }), &History::default())
}
