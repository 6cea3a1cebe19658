//! A tenant in which nothing is to be done, to change one thing of.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use keysweep::compliance::{Judge, Settings, evaluate};
use keysweep::domain::{
    AppId, ApplicationFacts, Aside, Assigned, Beside, Collection, CustomPolicy, Details, Exception, Finding,
    Gap, Inventory, KeyId, LastUse, Limit, Object, ObjectId, Owners, PasswordCredential, PolicyId, Reach,
    Restriction, RestrictionKind, RuleId, RunId, RunMark, ServicePrincipalFacts, SignInMethod, State, Status,
    TenantDefault, TenantId, Text, Whom,
};
use keysweep::remediation::{
    About, Action, Ask, Basis, Cause, Change, Consequence, Disabling, Found, LeftOut, Orders, Plan,
    PlanError, PolicyRef, Selection, Step, WhyLeftOut, plan,
};
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const TENANT: TenantId = TenantId(Uuid::from_u128(0x1000));
pub(crate) const POLICY: PolicyId = PolicyId(Uuid::from_u128(0x2000));

pub(crate) fn day(text: &str) -> DateTime<Utc> {
    format!("{text}T00:00:00Z").parse().unwrap()
}

pub(crate) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn now() -> DateTime<Utc> {
    day("2026-03-01")
}

pub(crate) fn days(number: i64) -> TimeDelta {
    TimeDelta::days(number)
}

pub(crate) fn key(number: u128) -> KeyId {
    KeyId(Uuid::from_u128(0x4000 + number))
}

/// A secret that began 100 days ago.
pub(crate) fn secret(number: u128, days_left: i64) -> PasswordCredential {
    PasswordCredential {
        key_id: Some(key(number)),
        name: Some(Text::new("nightly job")),
        start: Some(now() - days(100)),
        end: Some(now() + days(days_left)),
        ..Default::default()
    }
}

pub(crate) fn application(number: u128, name: &str) -> Object {
    Object {
        id: ObjectId(Uuid::from_u128(0x3000 + number)),
        app_id: Some(AppId(Uuid::from_u128(0x6000 + number))),
        display_name: Text::new(name),
        created: Some(day("2024-06-01")),
        passwords: Vec::new(),
        keys: Vec::new(),
        notes: None,
        description: None,
        tags: Vec::new(),
        details: Details::Application(ApplicationFacts::default()),
        assigned: Assigned::Nothing,
        owners: Owners::Somebody,
    }
}

pub(crate) fn principal(number: u128, name: &str) -> Object {
    let facts = ServicePrincipalFacts {
        service_principal_type: Some(Text::new("Application")),
        app_owner_organization: Some(TENANT),
        account_enabled: Some(true),
        owner_unreadable: false,
    };
    Object { details: Details::ServicePrincipal(facts), ..application(number, name) }
}

pub(crate) fn facts(object: &mut Object) -> &mut ServicePrincipalFacts {
    match &mut object.details {
        Details::ServicePrincipal(facts) => facts,
        Details::Application(_) => panic!("an application"),
    }
}

pub(crate) fn entry(kind: &str) -> Value {
    json!({ "restrictionType": kind, "state": "enabled", "maxLifetime": null,
            "restrictForAppsCreatedAfterDateTime": null })
}

/// A custom policy as Graph has it, under the name of the template.
pub(crate) fn raw_policy(id: PolicyId, entries: &[Value]) -> Value {
    json!({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata",
        "id": id.to_string(),
        "displayName": Orders::default().policy.name,
        "description": "Ours.",
        "isEnabled": true,
        "restrictions": { "passwordCredentials": entries, "keyCredentials": [] },
    })
}

/// The tenant default of a tenant that nobody has configured.
pub(crate) fn never_configured() -> Value {
    json!({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata",
        "id": "00000000-0000-0000-0000-000000000000",
        "displayName": "Default app management tenant policy",
        "description": "Default tenant policy that enforces app management restrictions.",
        "isEnabled": false,
        "applicationRestrictions": { "passwordCredentials": [], "keyCredentials": [] },
        "servicePrincipalRestrictions": { "passwordCredentials": [], "keyCredentials": [] },
    })
}

/// A tenant, what is allowed in it and what is asked for.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) objects: Vec<Object>,
    pub(crate) beside: Beside,
    pub(crate) gaps: Vec<Gap>,
    pub(crate) tenant_default: Value,
    pub(crate) policies: Vec<Value>,
    pub(crate) settings: Settings,
    pub(crate) orders: Orders,
    pub(crate) selection: Selection,
    pub(crate) unattended: bool,
    pub(crate) own: Vec<AppId>,
    /// When every finding was first seen.
    pub(crate) first_seen: Option<DateTime<Utc>>,
    pub(crate) reopened: bool,
}

impl World {
    /// Both halves of the tenant default block, nothing holds a secret, everything is allowed.
    pub(crate) fn compliant() -> Self {
        let orders = Orders {
            actions: Action::ALL.into(),
            owners_told_on: Some(date("2026-01-01")),
            disabling: Disabling([RuleId::ForeignSecret].into()),
            ..Orders::default()
        };
        let long_used = LastUse::from_iter([(key(0xff), Some(now() - days(400)))]);
        let apps = LastUse::from_iter([(AppId(Uuid::from_u128(0xff)), Some(now() - days(400)))]);
        Self {
            objects: vec![application(0, "Payroll"), principal(1, "Payroll")],
            beside: Beside {
                credential_use: Aside::Read(long_used),
                application_use: Aside::Read(apps),
                ..Beside::default()
            },
            gaps: Vec::new(),
            tenant_default: keysweep::remediation::tenant_default::block(&never_configured()),
            policies: vec![raw_policy(POLICY, &[entry("passwordAddition"), entry("symmetricKeyAddition")])],
            settings: Settings::default(),
            orders,
            selection: Selection::default(),
            unattended: false,
            own: Vec::new(),
            first_seen: Some(day("2025-06-01")),
            reopened: false,
        }
    }

    /// As it is, with these secrets on the application.
    pub(crate) fn holding(secrets: &[PasswordCredential]) -> Self {
        let mut world = Self::compliant();
        world.objects[0].passwords = secrets.to_vec();
        world
    }

    /// The tenant default was never configured.
    pub(crate) fn open() -> Self {
        Self { tenant_default: never_configured(), ..Self::compliant() }
    }

    pub(crate) fn allow(mut self, actions: &[Action]) -> Self {
        self.orders.actions = actions.iter().copied().collect();
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The credentials and applications that signed in, and how many days ago.
    pub(crate) fn signed_in(&mut self, keys: &[(KeyId, i64)], applications: &[(AppId, i64)]) {
        let long = now() - days(400);
        let at = |ago: i64| Some(now() - days(ago));
        let of_keys = keys.iter().map(|(id, ago)| (*id, at(*ago)));
        let of_keys = of_keys.chain([(key(0xff), Some(long))]).collect();
        let of_apps = applications.iter().map(|(id, ago)| (*id, at(*ago)));
        let of_apps = of_apps.chain([(AppId(Uuid::from_u128(0xff)), Some(long))]).collect();
        self.beside.credential_use = Aside::Read(of_keys);
        self.beside.application_use = Aside::Read(of_apps);
    }

    pub(crate) fn except(&mut self, rule: RuleId, whom: Whom) {
        self.settings.exceptions.push(Exception {
            whom,
            rules: keysweep::domain::Covered::These([rule].into()),
            reason: Text::new("Needed."),
            accepted_by: Text::new("Adele"),
            expires: date("2026-12-31"),
            tenant: None,
        });
    }

    pub(crate) fn inventory(&self) -> Inventory {
        Inventory {
            tenant: TENANT,
            objects: self.objects.clone().into(),
            tenant_default: Some(default_of(&self.tenant_default)),
            custom_policies: self.policies.iter().map(policy_of).collect(),
            beside: self.beside.clone(),
            gaps: self.gaps.clone(),
        }
    }

    /// The findings of a run that started now.
    pub(crate) fn findings(&self, inventory: &Inventory) -> Vec<Found> {
        let assessment = evaluate(inventory, &self.settings, SignInMethod::Certificate, now());
        let mut found: Vec<Found> =
            assessment.tenant.iter().map(|finding| self.found(finding, About::Tenant, "tenant")).collect();
        let judge = Judge::new(inventory, &self.settings, now());
        for object in inventory.objects.iter() {
            for finding in judge.object(&object).findings {
                let key_id = finding.evidence.credential().and_then(|at| key_at(&object, at));
                let about = About::Object(object.key(), key_id);
                found.push(self.found(&finding, about, &format!("{}/{key_id:?}", object.id)));
            }
        }
        found
    }

    fn found(&self, finding: &Finding, about: About, what: &str) -> Found {
        let Finding { rule, severity, status, evidence: _ } = finding;
        let finding = format!("{rule}/{what}");
        let (rule, severity, first_seen) = (*rule, *severity, self.first_seen);
        let cause = Cause { finding, rule, severity, first_seen };
        Found { about, cause, excepted: matches!(status, Status::Excepted(_)), reopened: self.reopened }
    }

    pub(crate) fn try_plan(&self) -> Result<Plan, PlanError> {
        let inventory = self.inventory();
        let findings = self.findings(&inventory);
        self.plan_of(&inventory, findings)
    }

    pub(crate) fn plan_of(&self, inventory: &Inventory, findings: Vec<Found>) -> Result<Plan, PlanError> {
        let run = RunMark { run_id: RunId::new(now(), 1), started: now() };
        let Self { orders, selection, settings, unattended, .. } = self;
        let basis = Basis {
            tenant: "contoso",
            run: &run,
            inventory,
            settings,
            tenant_default: Some(&self.tenant_default),
            policies: Some(&self.policies),
            own: &self.own,
        };
        let ask = Ask { orders, selection, unattended: *unattended, now: now() };
        plan(&basis, &ask, findings)
    }

    pub(crate) fn plan(&self) -> Plan {
        self.try_plan().unwrap()
    }

    /// What is planned and what is left out, a line each.
    pub(crate) fn lines(&self) -> Vec<String> {
        lines(&self.plan())
    }
}

pub(crate) fn lines(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(step).chain(plan.left_out.iter().map(left_out)).collect()
}

fn step(step: &Step) -> String {
    let Step { number: _, action, change, because: _, fresh, reversal: _, consequences } = step;
    let mut words = vec![action.unwrap().to_string()];
    words.extend(change.object().map(|object| object.display_name.to_string()));
    match change {
        Change::RemovePassword { key_id, .. } => words.push(short(key_id.0)),
        Change::AssignPolicy { policy: PolicyRef::CreatedBy { step, .. }, .. } => {
            words.push(format!("as created by {step}"));
        }
        _ => (),
    }
    words.extend(fresh.then(|| "fresh".to_owned()));
    words.extend(consequences.iter().map(|consequence| format!("[{}]", kind(consequence))));
    words.join(" ")
}

fn left_out(left_out: &LeftOut) -> String {
    let LeftOut { action, object, key_id, why, more } = left_out;
    let mut words = vec![format!("- {action}")];
    words.extend(object.as_ref().map(|object| object.display_name.to_string()));
    words.extend(key_id.as_ref().map(|id| short(id.parse().unwrap())));
    words.push(format!("({})", kind(why)));
    words.extend((*more != 0).then(|| format!("and {more} more")));
    words.join(" ")
}

/// The last digits.
fn short(id: Uuid) -> String {
    format!("#{:x}", id.as_u128() & 0xfff)
}

/// The word that a plan has for it.
fn kind(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap()["kind"].as_str().unwrap().to_owned()
}

pub(crate) fn consequences(plan: &Plan) -> Vec<Consequence> {
    plan.steps.iter().flat_map(|step| step.consequences.clone()).collect()
}

pub(crate) fn reasons(plan: &Plan) -> Vec<WhyLeftOut> {
    plan.left_out.iter().map(|left_out| left_out.why.clone()).collect()
}

fn key_at(object: &Object, at: keysweep::domain::CredentialAt) -> Option<KeyId> {
    object.credentials().iter().find(|credential| credential.at == at)?.key_id
}

/// Not all that Graph's conversion does, but what these tests need.
fn default_of(raw: &Value) -> TenantDefault {
    TenantDefault {
        id: PolicyId(Uuid::from_u128(0x7000)),
        display_name: Text::new("Default app management tenant policy"),
        is_enabled: raw["isEnabled"] == true,
        application_restrictions: restrictions(&raw["applicationRestrictions"]),
        service_principal_restrictions: restrictions(&raw["servicePrincipalRestrictions"]),
    }
}

fn policy_of(raw: &Value) -> CustomPolicy {
    CustomPolicy {
        id: PolicyId(raw["id"].as_str().unwrap().parse().unwrap()),
        display_name: Text::new(raw["displayName"].as_str().unwrap()),
        description: None,
        is_enabled: raw["isEnabled"] == true,
        restrictions: restrictions(&raw["restrictions"]),
        applies_to: Reach::Known(Vec::new()),
    }
}

fn restrictions(raw: &Value) -> Vec<Restriction> {
    let of = |name: &str, collection| {
        let entries = raw[name].as_array().cloned().unwrap_or_default();
        entries.into_iter().map(move |entry| Restriction {
            collection,
            kind: RestrictionKind::from_graph(entry["restrictionType"].as_str().unwrap()),
            state: if entry["state"] == "disabled" { State::Disabled } else { State::Enabled },
            limit: entry["maxLifetime"].as_str().map_or(Limit::Missing, Limit::from_graph),
            created_on_or_after: None,
            exempted_actors: Vec::new(),
        })
    };
    let passwords = of("passwordCredentials", Collection::PasswordCredentials);
    passwords.chain(of("keyCredentials", Collection::KeyCredentials)).collect()
}
