//! A report made by hand, as an audit would make it: a dozen kinds of objects, each with its story.

use std::collections::BTreeMap;
use std::io::{self, Write};

use chrono::{DateTime, Utc};
use keysweep::domain::{FindingKey, HowRead, RuleId, RunId, Severity, Status, TenantId};
use keysweep::report::{
    Compared, Contents, CredentialRow, DeletedRow, FindingRow, GapRow, Header, Kept, Letter, ObjectRow,
    PAGE_ROWS, PolicyRow, Report, ReportFile, RiskRow, Rows, Subject, Summary, UndecidedRow, html, letter,
    sha256,
};

pub(crate) fn time(day: &str) -> DateTime<Utc> {
    format!("{day}T06:00:00Z").parse().expect("a literal day")
}

pub(crate) fn guid(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

pub(crate) fn header() -> Header {
    let started = time("2026-11-23");
    Header {
        tenant: "contoso".to_owned(),
        tenant_id: TenantId("7f3a1c52-9a44-4d0e-8d0b-0c8f8a4b1e01".parse().expect("a literal id")),
        run_id: RunId::new(started, 1),
        started,
        portal: "https://entra.microsoft.com/",
        read: HowRead::InFull,
    }
}

pub(crate) fn empty() -> Report {
    Report {
        header: header(),
        gaps: Vec::new(),
        unavailable: Vec::new(),
        compared: Compared::Unknown,
        changes: Vec::new(),
        findings: Rows::default(),
        objects: Rows::default(),
        credentials: Rows::default(),
        policies: Vec::new(),
        frameworks: Vec::new(),
        risks: Vec::new(),
        undecided: Rows::default(),
        deleted: None,
        exceptions: Vec::new(),
        trend: Vec::new(),
        previous: None,
        notices: Vec::new(),
        summary: Summary::default(),
    }
}

/// The report, counted as it is now.
pub(crate) fn counted(report: &Report) -> Report {
    Report { summary: Summary::of(report), ..report.clone() }
}

/// The row at a place.
pub(crate) fn nth<T: Clone + Send + Sync>(rows: &Rows<T>, place: usize) -> T {
    rows.iter().nth(place).expect("a row")
}

pub(crate) fn object(number: usize, kind: Subject, name: &str) -> ObjectRow {
    let application = kind == Subject::Application;
    ObjectRow {
        object_type: kind,
        object_id: guid(number),
        app_id: guid(5000 + number),
        display_name: name.to_owned(),
        created: Some(time("2024-03-05")),
        sign_in_audience: if application { "AzureADMyOrg".to_owned() } else { String::new() },
        owned_by: "this-tenant",
        service_principal_type: if application { String::new() } else { "Application".to_owned() },
        enabled: Some(true),
        owners: Vec::new(),
        owner_contacts: Vec::new(),
        active_secrets: 0,
        expired_secrets: 0,
        active_certificates: 0,
        expired_certificates: 0,
        symmetric_keys: 0,
        federated_credentials: 0,
        assigned_policy_id: String::new(),
        assigned_policy_name: String::new(),
        policy_effect: "",
        secret_creation: "blocked",
        decided_by: "tenant-default".to_owned(),
        reason: "The tenant default blocks new client secrets on every object of this kind.".to_owned(),
        compliance: "compliant",
        worst_severity: None,
        portal_url: format!("https://entra.microsoft.com/#view/Object/objectId/{}", guid(number)),
        last_sign_in: None,
        permissions: None,
        directory_roles: None,
        agent_blueprint: false,
    }
}

pub(crate) fn secret(of: &ObjectRow, number: usize, name: &str, days_left: Option<i64>) -> CredentialRow {
    let state = if days_left.is_some_and(|days| days < 0) { "expired" } else { "active" };
    let end = days_left.map(|days| time("2026-11-23") + chrono::TimeDelta::days(days));
    CredentialRow {
        object_type: of.object_type,
        object_id: of.object_id.clone(),
        app_id: of.app_id.clone(),
        display_name: of.display_name.clone(),
        credential_type: "client-secret",
        usage: String::new(),
        credential_id: guid(9000 + number),
        credential_name: name.to_owned(),
        start: Some(time("2025-11-23")),
        end,
        lifetime_days: days_left.map(|days| days + 365),
        days_left,
        state,
        last_used: None,
        not_flagged: "",
        repeats: false,
    }
}

pub(crate) fn risk(of: &ObjectRow, reasons: &[&str]) -> RiskRow {
    RiskRow {
        object_type: of.object_type,
        object_id: of.object_id.clone(),
        app_id: of.app_id.clone(),
        display_name: of.display_name.clone(),
        severity: Severity::Critical,
        reasons: reasons.iter().map(ToString::to_string).collect(),
        portal_url: of.portal_url.clone(),
    }
}

pub(crate) fn deleted(number: usize, name: &str) -> DeletedRow {
    DeletedRow {
        object_id: guid(number),
        app_id: guid(5000 + number),
        display_name: name.to_owned(),
        deleted: Some(time("2026-11-20")),
        restorable_until: Some(time("2026-12-20")),
        active_secrets: 2,
        expired_secrets: 1,
        active_certificates: 0,
        symmetric_keys: 0,
    }
}

pub(crate) fn finding(
    rule: RuleId,
    of: &ObjectRow,
    secret: Option<&CredentialRow>,
    detail: &str,
    todo: &str,
) -> FindingRow {
    FindingRow {
        key: FindingKey(format!("{rule}/{}", secret.map_or(&of.object_id, |secret| &secret.credential_id))),
        rule,
        severity: rule.default_severity(),
        status: Status::Open,
        object_type: of.object_type,
        object_id: of.object_id.clone(),
        app_id: of.app_id.clone(),
        display_name: of.display_name.clone(),
        credential_type: secret.map_or("", |secret| secret.credential_type),
        credential_id: secret.map(|secret| secret.credential_id.clone()).unwrap_or_default(),
        credential_name: secret.map(|secret| secret.credential_name.clone()).unwrap_or_default(),
        start: secret.and_then(|secret| secret.start),
        end: secret.and_then(|secret| secret.end),
        days_left: secret.and_then(|secret| secret.days_left),
        policy_id: of.assigned_policy_id.clone(),
        policy_name: of.assigned_policy_name.clone(),
        owners: of.owners.clone(),
        first_seen: None,
        change: None,
        detail: detail.to_owned(),
        recommendation: todo.to_owned(),
        portal_url: of.portal_url.clone(),
        added_by: String::new(),
    }
}

fn policy(kind: &'static str, number: usize, name: &str, restriction: &str) -> PolicyRow {
    PolicyRow {
        policy_type: kind,
        policy_id: guid(7000 + number),
        policy_name: name.to_owned(),
        policy_enabled: true,
        applies_to: (kind == "custom").then_some(3),
        object_type: "both",
        collection: "passwordCredentials",
        restriction_type: restriction.to_owned(),
        state: "enabled".to_owned(),
        max_lifetime: if restriction.ends_with("Lifetime") { "P180D".to_owned() } else { String::new() },
        created_on_or_after: None,
        exempted_actors: Vec::new(),
    }
}

/// What every mailbox and meeting should be able to hold: some of everything, complete.
pub(crate) fn tenant() -> Report {
    let mut report = empty();
    for number in 0..26 {
        add_secret_holder(&mut report, number);
    }
    add_foreign(&mut report);
    add_exempted(&mut report);
    add_quiet(&mut report);
    report.policies = vec![
        PolicyRow {
            created_on_or_after: Some(time("2025-01-01")),
            ..policy("tenant-default", 0, "Default app management tenant policy", "passwordAddition")
        },
        policy("tenant-default", 0, "Default app management tenant policy", "passwordLifetime"),
        PolicyRow {
            collection: "keyCredentials",
            state: String::new(),
            ..policy("tenant-default", 0, "Default app management tenant policy", "asymmetricKeyLifetime")
        },
        PolicyRow {
            state: "disabled".to_owned(),
            exempted_actors: vec!["Deployment_Team equals platform".to_owned()],
            ..policy("custom", 1, "Portal exclusions (do not edit)", "passwordAddition")
        },
        PolicyRow { policy_enabled: false, applies_to: Some(0), ..policy("custom", 2, "Pilot 2024", "") },
    ];
    let display_name = nth(&report.objects, 3).display_name;
    report.undecided.change(|rows| {
        rows.push(UndecidedRow {
            object_type: Subject::Application,
            object_id: guid(3),
            display_name,
            rule: RuleId::NoRestrictivePolicy,
            why: "The restriction's state `audit` is not known to this version.".to_owned(),
        })
    });
    report.findings.change(|rows| {
        rows.sort_by(|a, b| {
            (b.severity, a.rule, &a.display_name).cmp(&(a.severity, b.rule, &b.display_name))
        });
    });
    report
}

const NAMES: [&str; 13] = [
    "Payroll export",
    "Forgotten test app",
    "HR onboarding",
    "Warehouse scanner gateway",
    "CI deployer (staging)",
    "Invoice mailer",
    "Größenrechner",
    "給与計算コネクタ",
    "Terraform",
    "Power BI embed",
    "Legacy CRM bridge",
    "Visitor Wi-Fi kiosk",
    "Integration service for the quarterly regulatory submissions of all subsidiaries in EMEA",
];

fn add_secret_holder(report: &mut Report, number: usize) {
    let name = NAMES[number % NAMES.len()];
    let days = [-240, -3, 2, 11, 29, 64, 118, 170, 320, 700][number % 10];
    let mut row = object(
        number,
        Subject::Application,
        &if number < NAMES.len() { name.to_owned() } else { format!("{name} 2") },
    );
    row.owners = if number.is_multiple_of(3) {
        vec!["Ada Lovelace".to_owned(), "Grace Hopper".to_owned()]
    } else {
        Vec::new()
    };
    row.enabled = Some(number % 7 != 1);
    let secret = secret(
        &row,
        number,
        if number.is_multiple_of(2) { "ci" } else { "rbac 2024-11" },
        (number != 9).then_some(days),
    );
    if secret.state == "expired" {
        (row.expired_secrets, row.worst_severity) = (1, Some(Severity::Low));
        let detail = format!("The client secret ended {} days ago and is still there.", -days);
        report.findings.change(|rows| {
            rows.push(finding(
                RuleId::ClientSecretExpired,
                &row,
                Some(&secret),
                &detail,
                "Remove the expired secret.",
            ))
        });
    } else {
        (row.active_secrets, row.worst_severity, row.compliance) = (1, Some(Severity::High), "non-compliant");
        row.secret_creation = "allowed";
        row.reason = "The tenant default restricts only objects created on or after 2025-01-01, and this one was created on 2024-03-05.".to_owned();
        let advice = "Replace it by a federated credential or a certificate, then remove it.";
        report.findings.change(|rows| {
            rows.push(finding(
                RuleId::ClientSecret,
                &row,
                Some(&secret),
                "The application holds a client secret that can be used today.",
                advice,
            ))
        });
        if (0..=30).contains(&days) {
            let detail =
                format!("The client secret ends in {days} days; whatever still uses it stops working then.");
            let advice = format!(
                "Before {}, move to a certificate or a federated credential.",
                secret.end.map_or_else(String::new, |end| end.format("%Y-%m-%d").to_string())
            );
            report.findings.change(|rows| {
                rows.push(finding(RuleId::ClientSecretExpiring, &row, Some(&secret), &detail, &advice))
            });
        }
        if row.owners.is_empty() {
            report.findings.change(|rows| {
                rows.push(finding(
                    RuleId::NoOwner,
                    &row,
                    None,
                    "The application holds a credential and nobody owns it.",
                    "Assign at least one owner.",
                ))
            });
        }
    }
    report.objects.change(|rows| rows.push(row));
    report.credentials.change(|rows| rows.push(secret));
}

fn add_foreign(report: &mut Report) {
    let mut row = object(100, Subject::ServicePrincipal, "Acme Backup for Microsoft 365");
    (row.owned_by, row.active_secrets) = ("other-tenant", 1);
    (row.compliance, row.worst_severity) = ("non-compliant", Some(Severity::Critical));
    let secret = secret(&row, 100, "temp", Some(400));
    report.findings.change(|rows| {
        rows.push(finding(
        RuleId::ForeignSecret,
        &row,
        Some(&secret),
        "A client secret was added here to a service principal whose application belongs to another tenant.",
        "Find out in the audit log who added it, then remove it.",
    ))
    });
    report.objects.change(|rows| rows.push(row));
    report.credentials.change(|rows| rows.push(secret));
}

fn add_exempted(report: &mut Report) {
    let mut row = object(101, Subject::Application, "SAP connector");
    (row.assigned_policy_id, row.assigned_policy_name) =
        (guid(7001), "Portal exclusions (do not edit)".to_owned());
    (row.policy_effect, row.secret_creation, row.compliance) = ("weakens", "allowed", "non-compliant");
    row.decided_by = format!("policy:{}", guid(7001));
    row.reason =
        "The assigned custom policy exempts this object from the block of new client secrets.".to_owned();
    row.worst_severity = Some(Severity::High);
    report.findings.change(|rows| {
        rows.push(finding(
            RuleId::PolicyWeakensDefault,
            &row,
            None,
            "The custom policy loosens passwordAddition, which the tenant default enforces.",
            "Remove the exclusion, or narrow it to named callers.",
        ))
    });
    report.objects.change(|rows| rows.push(row));
}

fn add_quiet(report: &mut Report) {
    for (number, name) in [(200, "Salesforce (SAML)"), (201, "Expense portal"), (202, "Managed build agent")]
    {
        let mut row = object(number, Subject::ServicePrincipal, name);
        row.active_certificates = 1;
        let certificate = CredentialRow {
            credential_type: "certificate",
            usage: "Sign".to_owned(),
            ..secret(&row, number, "CN=Microsoft Azure Federated SSO Certificate", Some(512))
        };
        if number == 202 {
            (row.compliance, row.secret_creation) = ("unknown", "unknown");
            row.reason = "It could not be read which custom policy is assigned.".to_owned();
        }
        report.credentials.change(|rows| rows.push(certificate));
        report.objects.change(|rows| rows.push(row));
    }
}

pub(crate) fn gaps() -> Vec<GapRow> {
    vec![
        GapRow {
            part: "custom policies".to_owned(),
            reason: "Graph refused `GET /v1.0/policies/appManagementPolicies`: the app registration lacks `Policy.Read.All`. Grant it and give admin consent.".to_owned(),
        },
        GapRow { part: "owners".to_owned(), reason: "Graph answered 503 until the time was up.".to_owned() },
    ]
}

/// Files that are held, so that a mail can take them.
pub(crate) struct Files {
    pub(crate) files: Vec<ReportFile>,
    content: BTreeMap<&'static str, Vec<u8>>,
}

impl Files {
    fn of(content: Vec<(&'static str, Vec<u8>)>) -> Self {
        let file = |(name, bytes): &(&'static str, Vec<u8>)| ReportFile {
            name,
            bytes: bytes.len() as u64,
            sha256: sha256(bytes),
        };
        Self { files: content.iter().map(file).collect(), content: content.into_iter().collect() }
    }

    pub(crate) fn bytes(&self, name: &str) -> &[u8] {
        &self.content[name]
    }

    /// Something else lies in the place of one of them.
    pub(crate) fn replace(&mut self, name: &'static str, bytes: &[u8]) {
        self.content.insert(name, bytes.to_vec());
    }
}

impl Contents for Files {
    fn copy(&self, name: &str, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.content.get(name).ok_or(io::ErrorKind::NotFound)?)
    }
}

/// The letter about a report with these files, counted as it is now.
pub(crate) fn letter_with(report: &Report, files: &Files, limit: u64, kept: Kept) -> Letter {
    letter(&counted(report), &files.files, limit, kept, files, None).expect("a letter")
}

/// The page about a report, counted as it is now.
pub(crate) fn page(report: &Report) -> String {
    page_of(report, PAGE_ROWS)
}

/// The same with at most so many rows of a table.
pub(crate) fn page_of(report: &Report, most: usize) -> String {
    let mut page = Vec::new();
    html(&counted(report), true, most, &mut page).expect("the templates fit");
    String::from_utf8(page).expect("UTF-8")
}

/// No files at all.
pub(crate) fn nothing() -> Files {
    Files::of(Vec::new())
}

/// The files of a run, with CSVs of the given sizes that do not compress to nothing.
pub(crate) fn files(sizes: [usize; 4]) -> Files {
    let [findings, objects, credentials, policies] = sizes;
    Files::of(vec![
        ("findings.csv", noise(findings)),
        ("objects.csv", noise(objects)),
        ("credentials.csv", noise(credentials)),
        ("policies.csv", noise(policies)),
        ("report.html", b"<!doctype html>".to_vec()),
        ("report.json", b"{}".to_vec()),
        ("manifest.json", b"{}".to_vec()),
    ])
}

/// Digits of a multiplicative sequence: the same each time, and no two stretches alike.
fn noise(size: usize) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252_u64;
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        b'0' + u8::try_from((state >> 40) % 10).expect("a digit")
    };
    (0..size).map(next).collect()
}
