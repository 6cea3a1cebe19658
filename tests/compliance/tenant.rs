//! A tenant in which nothing is wrong, to change one thing of.

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::compliance::Settings;
use keysweep::domain::{
    AppId, ApplicationFacts, Assigned, Beside, Collection, CustomPolicy, Details, FederatedCredential,
    KeyCredential, KeyId, KeyType, Limit, MaxLifetime, Object, ObjectId, Owners, PasswordCredential,
    PolicyId, Reach, Restriction, RestrictionKind, ServicePrincipalFacts, SignInMethod, State, TenantDefault,
    TenantId, Text,
};
use uuid::Uuid;

use crate::assessed::Assessed;
use crate::draft::Draft;

pub(crate) const TENANT: TenantId = TenantId(Uuid::from_u128(0x1000));
pub(crate) const POLICY: PolicyId = PolicyId(Uuid::from_u128(0x2000));

/// Where things stand in [`compliant_tenant`].
pub(crate) const APPLICATION: usize = 0;
pub(crate) const UNDER_POLICY: usize = 1;
pub(crate) const PRINCIPAL: usize = 2;
pub(crate) const VENDOR: usize = 3;
pub(crate) const IDENTITY: usize = 4;

pub(crate) fn day(text: &str) -> DateTime<Utc> {
    format!("{text}T00:00:00Z").parse().unwrap()
}

pub(crate) fn now() -> DateTime<Utc> {
    day("2026-03-01")
}

pub(crate) fn restriction(kind: RestrictionKind) -> Restriction {
    let collection = match kind {
        RestrictionKind::AsymmetricKeyLifetime => Collection::KeyCredentials,
        _ => Collection::PasswordCredentials,
    };
    Restriction {
        collection,
        kind,
        state: State::Enabled,
        limit: Limit::Missing,
        created_on_or_after: None,
        exempted_actors: Vec::new(),
    }
}

pub(crate) fn limited(kind: RestrictionKind, text: &str) -> Restriction {
    let max = MaxLifetime::parse(text).unwrap();
    Restriction { limit: Limit::Max { max, text: text.into() }, ..restriction(kind) }
}

pub(crate) fn secret(days_ago: i64, days_left: i64) -> PasswordCredential {
    PasswordCredential {
        key_id: Some(KeyId(Uuid::from_u128(0x4000))),
        name: Some(Text::new("nightly job")),
        start: Some(now() - TimeDelta::days(days_ago)),
        end: Some(now() + TimeDelta::days(days_left)),
        custom_key_identifier: None,
        unreadable: false,
    }
}

pub(crate) fn key(key_type: KeyType, days_ago: i64, days_left: i64) -> KeyCredential {
    KeyCredential {
        key_id: Some(KeyId(Uuid::from_u128(0x5000))),
        name: Some(Text::new("CN=payroll")),
        start: Some(now() - TimeDelta::days(days_ago)),
        end: Some(now() + TimeDelta::days(days_left)),
        custom_key_identifier: None,
        key_type,
        usage: Some(Text::new("Verify")),
        unreadable: false,
    }
}

pub(crate) fn object(number: u128, name: &str, details: Details) -> Object {
    Object {
        id: ObjectId(Uuid::from_u128(0x3000 + number)),
        app_id: Some(AppId(Uuid::from_u128(0x6000 + number))),
        display_name: Text::new(name),
        created: Some(day("2024-06-01")),
        passwords: Vec::new(),
        keys: Vec::new(),
        notes: Some(Text::new("Run by the payroll team.")),
        description: None,
        tags: vec![Text::new("HR")],
        details,
        assigned: Assigned::Nothing,
        owners: Owners::Somebody,
    }
}

fn applications() -> [Object; 2] {
    let federated = FederatedCredential {
        id: Text::new("1"),
        name: Text::new("github-main"),
        issuer: Some(Text::new("https://token.actions.githubusercontent.com")),
        subject: Some(Text::new("repo:contoso/payroll:ref:refs/heads/main")),
    };
    let facts = ApplicationFacts {
        sign_in_audience: Some(Text::new("AzureADMyOrg")),
        federated: vec![federated],
        ..Default::default()
    };
    let payroll = Object {
        keys: vec![key(KeyType::Certificate, 30, 60)],
        ..object(0, "Payroll", Details::Application(facts.clone()))
    };
    let ledger = Object {
        assigned: Assigned::Policy(POLICY),
        ..object(1, "Ledger", Details::Application(ApplicationFacts { federated: vec![], ..facts }))
    };
    [payroll, ledger]
}

fn principals() -> [Object; 3] {
    let principal = |number, name, owner: Option<TenantId>, kind: &str| {
        let facts = ServicePrincipalFacts {
            service_principal_type: Some(Text::new(kind)),
            app_owner_organization: owner,
            account_enabled: Some(true),
            owner_unreadable: false,
        };
        object(number, name, Details::ServicePrincipal(facts))
    };
    let vendor = TenantId(Uuid::from_u128(0x9999));
    let mut identity = principal(4, "vm-backup", None, "ManagedIdentity");
    identity.keys = vec![key(KeyType::Certificate, 80, 10)];
    [
        principal(2, "Payroll", Some(TENANT), "Application"),
        principal(3, "Vendor CRM", Some(vendor), "Application"),
        identity,
    ]
}

/// No secrets, both halves of the tenant default block them for everybody, the one custom policy
/// only adds a limit, and Keysweep signs in with a certificate.
pub(crate) fn compliant_tenant() -> Draft {
    let blocking = vec![
        restriction(RestrictionKind::PasswordAddition),
        restriction(RestrictionKind::SymmetricKeyAddition),
    ];
    let objects: Vec<Object> = applications().into_iter().chain(principals()).collect();
    let policy = CustomPolicy {
        id: POLICY,
        display_name: Text::new("Short certificates"),
        description: None,
        is_enabled: true,
        restrictions: vec![limited(RestrictionKind::AsymmetricKeyLifetime, "P180D")],
        applies_to: Reach::Known(vec![objects[UNDER_POLICY].key()]),
    };
    Draft {
        tenant: TENANT,
        objects,
        tenant_default: Some(TenantDefault {
            id: PolicyId(Uuid::from_u128(0x7000)),
            display_name: Text::new("Default app management tenant policy"),
            is_enabled: true,
            application_restrictions: blocking.clone(),
            service_principal_restrictions: blocking,
        }),
        custom_policies: vec![policy],
        beside: Beside::default(),
        gaps: Vec::new(),
    }
}

pub(crate) fn tenant_default(inventory: &mut Draft) -> &mut TenantDefault {
    inventory.tenant_default.as_mut().unwrap()
}

pub(crate) fn application_facts(object: &mut Object) -> &mut ApplicationFacts {
    match &mut object.details {
        Details::Application(facts) => facts,
        Details::ServicePrincipal(_) => panic!("a service principal"),
    }
}

pub(crate) fn assess(inventory: &Draft, settings: &Settings) -> Assessed {
    Assessed::of(inventory, settings, SignInMethod::Certificate, now())
}

/// All that is not in order: findings as `subject: rule`, what is undecided with a question mark.
pub(crate) fn complaints(inventory: &Draft, assessment: &Assessed) -> Vec<String> {
    let mut complaints = Vec::new();
    for (object, judged) in inventory.objects.iter().zip(&assessment.objects) {
        let name = format!("{} {}", object.kind(), object.display_name);
        complaints.extend(judged.findings.iter().map(|finding| format!("{name}: {}", finding.rule)));
        complaints.extend(judged.undecided.iter().map(|undecided| format!("{name}: {}?", undecided.rule)));
    }
    complaints.extend(assessment.tenant.iter().map(|finding| format!("tenant: {}", finding.rule)));
    complaints.extend(assessment.policies.iter().map(|(_, finding)| format!("policy: {}", finding.rule)));
    complaints.extend(assessment.undecided.iter().map(|(policy, undecided)| {
        format!("{}: {}?", if policy.is_some() { "policy" } else { "tenant" }, undecided.rule)
    }));
    complaints
}
