//! The applications that are in order. There are as many as there are stories: a report in which nothing
//! is right teaches nobody anything.

use serde_json::{Value, json};

use super::{Contoso, Policies};
use crate::emulator::shapes::federated;

/// How an application of ours signs in.
enum Means {
    Certificate,
    Federated,
    Nothing,
}

use Means::{Certificate, Federated, Nothing};

/// Name, owner, age in days, means. Those older than the default policy's date get a policy of their own.
#[rustfmt::skip]
const ORDINARY: [(&str, &str, i64, Means); 19] = [
    ("GitHub Deployments",        "Megan Bowen",       210, Federated),
    ("Azure Pipelines",           "Megan Bowen",       340, Federated),
    ("Kubernetes Ingress",        "Nestor Wilke",      150, Federated),
    ("Terraform Cloud",           "Megan Bowen",        95, Federated),
    ("Holiday Planner",           "Johanna Lorenz",    510, Certificate),
    ("Meeting Room Display",      "Grady Archie",      630, Certificate),
    ("Contract Signing",          "Henrietta Mueller", 240, Certificate),
    ("Customer Feedback",         "Isaiah Langer",     300, Certificate),
    ("Shop Floor Dashboard",      "Nestor Wilke",      420, Certificate),
    ("Delivery Tracking",         "Alex Wilber",       180, Certificate),
    ("Supplier Portal",           "Joni Sherman",      270, Certificate),
    ("Energy Metering",           "Nestor Wilke",      390, Certificate),
    ("Knowledge Base",            "Lynne Robbins",      45, Nothing),
    ("Employee Directory",        "Johanna Lorenz",    550, Nothing),
    ("Canteen Menu",              "Adele Vance",       130, Nothing),
    ("Carpool",                   "Adele Vance",       220, Nothing),
    ("Training Catalogue",        "Johanna Lorenz",   1250, Nothing),
    ("Quality Audits",            "Lee Gu",           1600, Certificate),
    ("Spare Parts",               "Alex Wilber",      1900, Certificate),
];

pub(super) fn add(contoso: &mut Contoso, policies: &Policies) {
    for (name, owner, age, means) in &ORDINARY {
        let members = match means {
            Certificate => json!({ "keyCredentials": [contoso.certificate(name, -60, 240)] }),
            Federated => json!({ "federatedIdentityCredentials": [workload(name)] }),
            Nothing => json!({}),
        };
        let (application, _) = contoso.home(name, *age, Some(owner), members);
        if *age > super::BLOCKED_SINCE.num_days() {
            contoso.assign(&policies.no_secrets, &application);
        }
    }
}

fn workload(name: &str) -> Value {
    let repository = name.to_lowercase().replace(' ', "-");
    let subject = format!("repo:contoso/{repository}:ref:refs/heads/main");
    federated("main-branch", "https://token.actions.githubusercontent.com", &subject)
}
