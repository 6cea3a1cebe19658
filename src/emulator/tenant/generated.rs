//! Made-up tenants of any size.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ObjectKind, TenantData};
use crate::emulator::shapes::{
    certificate, disabled, federated, lifetime, precise_stamp, restriction, secret, since, stamp,
    symmetric_key, user,
};

const AREAS: [&str; 16] = [
    "Payroll",
    "Invoicing",
    "HR",
    "Warehouse",
    "Marketing",
    "Fleet",
    "Procurement",
    "Treasury",
    "Support",
    "Legal",
    "Facilities",
    "Research",
    "Sales",
    "Quality",
    "Logistics",
    "Security",
];
const TASKS: [&str; 16] = [
    "Export",
    "Sync",
    "Dashboard",
    "API",
    "Importer",
    "Bot",
    "Portal",
    "Scheduler",
    "Gateway",
    "Connector",
    "Archiver",
    "Reporting",
    "Mailer",
    "Backup",
    "Monitor",
    "Webhook",
];
const STAGES: [&str; 4] = ["", " (test)", " (staging)", " v2"];
const PEOPLE: [&str; 12] = [
    "Adele Vance",
    "Alex Wilber",
    "Diego Siciliani",
    "Grady Archie",
    "Henrietta Mueller",
    "Isaiah Langer",
    "Johanna Lorenz",
    "Joni Sherman",
    "Lee Gu",
    "Lynne Robbins",
    "Megan Bowen",
    "Nestor Wilke",
];
const VENDORS: [&str; 8] =
    ["Fabrikam", "Northwind", "Tailspin", "Adatum", "Litware", "Proseware", "Wingtip", "Woodgrove"];

/// Numbers that look thrown but follow from a seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides.max(1)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.throw(100) < percent
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let place = usize::try_from(self.throw(from.len() as u64)).unwrap_or_default();
        from.get(place).copied().unwrap_or_default()
    }

    fn days(&mut self, from: i64, to: i64) -> TimeDelta {
        let span = u64::try_from(to - from).unwrap_or_default();
        TimeDelta::days(from + i64::try_from(self.throw(span)).unwrap_or_default())
    }
}

pub(super) fn tenant(applications: usize, seed: u64, now: DateTime<Utc>) -> TenantData {
    let mut dice = Dice(seed);
    let mut tenant = TenantData::empty(now);
    let policies = policies(&mut tenant, now);
    for number in 0..applications {
        let object = application(&mut dice, number, seed, now);
        let id = tenant.add_application(object);
        tenant.add_service_principal_of(&id);
        if dice.chance(3) {
            assign(&mut tenant, &mut dice, &policies, ObjectKind::Application, &id);
        }
        for sibling in 0..3 {
            let object = foreign(&mut dice, number * 3 + sibling, seed, now);
            let id = tenant.add_service_principal(object);
            if dice.chance(1) {
                assign(&mut tenant, &mut dice, &policies, ObjectKind::ServicePrincipal, &id);
            }
        }
    }
    tenant
}

fn assign(tenant: &mut TenantData, dice: &mut Dice, policies: &[String], kind: ObjectKind, object: &str) {
    let place = usize::try_from(dice.throw(policies.len() as u64)).unwrap_or_default();
    if let Some(policy) = policies.get(place) {
        tenant.assign(policy, kind, object);
    }
}

fn policies(tenant: &mut TenantData, now: DateTime<Utc>) -> Vec<String> {
    let two_years_ago = now - TimeDelta::days(730);
    let passwords = json!([
        since(restriction("passwordAddition"), two_years_ago),
        lifetime("passwordLifetime", "P180D"),
        restriction("symmetricKeyAddition"),
    ]);
    let half = json!({
        "passwordCredentials": passwords,
        "keyCredentials": [lifetime("asymmetricKeyLifetime", "P366D")],
    });
    tenant.set_default_policy(json!({
        "isEnabled": true,
        "applicationRestrictions": half,
        "servicePrincipalRestrictions": half,
    }));
    let custom = |name: &str, passwords: Value| json!({ "displayName": name, "description": name, "restrictions": { "passwordCredentials": passwords, "keyCredentials": [] } });
    vec![
        tenant.add_policy(custom("No client secrets", json!([restriction("passwordAddition")]))),
        tenant.add_policy(custom("Secrets allowed", json!([disabled("passwordAddition")]))),
        tenant.add_policy(custom("Ninety days", json!([lifetime("passwordLifetime", "P90D")]))),
    ]
}

fn application(dice: &mut Dice, number: usize, seed: u64, now: DateTime<Utc>) -> Value {
    let name = format!("{} {}{} {number}", dice.pick(&AREAS), dice.pick(&TASKS), dice.pick(&STAGES));
    let age = dice.days(1, 2500);
    let created = now - age;
    let mut passwords = Vec::new();
    for count in 0..usize::try_from(dice.throw(4)).unwrap_or_default().saturating_sub(1) {
        passwords.push(a_secret(dice, &format!("secret {count}"), created, now));
    }
    let mut keys = Vec::new();
    if dice.chance(30) {
        let start = now - dice.days(0, 500);
        keys.push(certificate(&format!("CN={name}"), start, Some(start + dice.days(90, 800))));
    }
    if dice.chance(1) {
        keys.push(symmetric_key("shared key", created, Some(now + dice.days(1, 400))));
    }
    let workload = dice.chance(15).then(|| {
        let subject = format!("repo:contoso/service-{number}:ref:refs/heads/main");
        federated("github-actions", "https://token.actions.githubusercontent.com", &subject)
    });
    let mut owners = Vec::new();
    if dice.chance(75) {
        owners.push(user(dice.pick(&PEOPLE)));
    }
    let multi_tenant = dice.chance(8);
    json!({
        "id": id(seed, "application", number),
        "appId": id(seed, "appId", number),
        "displayName": name,
        "createdDateTime": stamp(created),
        "signInAudience": if multi_tenant { "AzureADMultipleOrgs" } else { "AzureADMyOrg" },
        "passwordCredentials": passwords,
        "keyCredentials": keys,
        "federatedIdentityCredentials": workload.into_iter().collect::<Vec<_>>(),
        "owners": owners,
    })
}

fn a_secret(dice: &mut Dice, name: &str, created: DateTime<Utc>, now: DateTime<Utc>) -> Value {
    let start = (now - dice.days(0, 900)).max(created);
    match dice.throw(10) {
        0 => secret(name, start, Some(start + TimeDelta::days(20 * 365))),
        1 => secret(name, start, None),
        2..=4 => secret(name, start, Some(start + TimeDelta::days(730))),
        _ => secret(name, start, Some(start + TimeDelta::days(180))),
    }
}

fn foreign(dice: &mut Dice, number: usize, seed: u64, now: DateTime<Utc>) -> Value {
    let created = now - dice.days(1, 2500);
    let mut object = json!({
        "id": id(seed, "servicePrincipal", number),
        "appId": id(seed, "foreignAppId", number),
        "createdDateTime": precise_stamp(created),
    });
    let vendor = dice.pick(&VENDORS);
    let (name, kind, owner) = match dice.throw(10) {
        0..=2 => (format!("{} identity {number}", dice.pick(&AREAS)), "ManagedIdentity", None),
        3..=5 => {
            let name = format!("Microsoft {} {number}", dice.pick(&TASKS));
            (name, "Application", Some("f8cdef31-a31e-4b4a-93e4-5f571e91255a".to_owned()))
        }
        _ => (format!("{vendor} {} {number}", dice.pick(&TASKS)), "Application", Some(id(0, vendor, 0))),
    };
    let managed = kind == "ManagedIdentity";
    let keys = if managed {
        vec![certificate(&format!("CN={name}"), now - dice.days(1, 40), Some(now + dice.days(40, 80)))]
    } else {
        Vec::new()
    };
    let passwords = if !managed && dice.chance(2) {
        vec![a_secret(dice, "added here", created, now)]
    } else {
        Vec::new()
    };
    if let Some(members) = object.as_object_mut() {
        members.insert("displayName".to_owned(), json!(name));
        members.insert("servicePrincipalType".to_owned(), json!(kind));
        members.insert("appOwnerOrganizationId".to_owned(), json!(owner));
        members.insert("keyCredentials".to_owned(), json!(keys));
        members.insert("passwordCredentials".to_owned(), json!(passwords));
    }
    object
}

fn id(seed: u64, kind: &str, number: usize) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{seed}/{kind}/{number}").as_bytes()).to_string()
}
