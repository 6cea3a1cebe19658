//! Made-up runs, to try templates on.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Dressed, TemplateFlaw, Templates};
use crate::domain::{
    FindingKey, HowRead, Owner, OwnerKind, RuleId, RunCounts, RunId, RunMark, Severity, Status, TenantId,
    Text,
};
use crate::report::narrowed::route_letter;
use crate::report::notice::{FailedRun, MissedRuns, NoRun, failure_letter, missed_letter};
use crate::report::owner::{OwnerTerms, owner_round};
use crate::report::template::PageError;
use crate::report::tenants::{DigestChanges, DigestTenant, DigestTrouble, DigestTroubleKind, digest_letter};
use crate::report::{
    Compared, FindingChange, FindingRow, GapRow, Header, Kept, ObjectRow, Report, RiskRow, Rows, Subject,
    Summary,
};

const SOME_ID: &str = "00000000-0000-4000-8000-000000000001";

/// Every letter once or twice; answers what failed.
pub(super) fn letters(templates: &Templates) -> Vec<TemplateFlaw> {
    let mut flaws = Vec::new();
    let mut tried = |written: Result<Dressed, PageError>| {
        if let Ok(dressed) = written {
            flaws.extend(dressed.flaws);
        }
    };
    let now = moment();
    for report in [full(now), empty(now)] {
        tried(route_letter(templates, &report, Severity::Info, true, 1 << 20, Kept::InDirectory));
    }
    for how in [NoRun::Error { reason: "Reason.".to_owned(), attempts: 3 }, NoRun::LeftOut] {
        let tenant = "contoso".to_owned();
        tried(failure_letter(templates, &FailedRun { tenant, planned: now, how, next: Some(now) }));
    }
    let missed = MissedRuns {
        tenant: "contoso".to_owned(),
        instants: vec![now],
        more: true,
        caught_up: false,
        last: Some(now),
        next: None,
    };
    tried(missed_letter(templates, &missed));
    tried(digest_letter(templates, now, Some(now), &digested(now)));
    tried(digest_letter(templates, now, None, &[]));
    let terms = OwnerTerms {
        least: Severity::Info,
        deadline: TimeDelta::days(30),
        remind_after: TimeDelta::days(30),
        fallback: vec!["fallback@contoso.com".to_owned()],
        escalate_after: TimeDelta::days(60),
        escalate_to: Vec::new(),
        domains: vec!["contoso.com".to_owned()],
        max_per_run: 1,
    };
    let mut complete = full(now);
    complete.gaps.clear();
    complete.summary.complete = true;
    if let Ok(round) = owner_round(templates, &complete, &terms, &[]) {
        flaws.extend(round.flaws);
    }
    flaws
}

fn moment() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

fn empty(now: DateTime<Utc>) -> Report {
    Report {
        header: Header {
            tenant: "contoso".to_owned(),
            tenant_id: TenantId(uuid::Uuid::nil()),
            run_id: RunId::new(now, 1),
            started: now,
            portal: "https://entra.microsoft.com/",
            read: HowRead::InFull,
        },
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

/// With something in every part of a letter.
fn full(now: DateTime<Utc>) -> Report {
    let gap = || GapRow { part: "owners".to_owned(), reason: "Reason.".to_owned() };
    let mut report = empty(now);
    report.gaps = vec![gap()];
    report.unavailable = vec![gap()];
    let last = now - TimeDelta::days(7);
    report.compared = Compared::With(RunMark { run_id: RunId::new(last, 1), started: last });
    report.findings = vec![finding(now, FindingChange::New), finding(now, FindingChange::Standing)].into();
    report.objects = vec![object()].into();
    report.risks = vec![RiskRow {
        object_type: Subject::Application,
        object_id: SOME_ID.to_owned(),
        app_id: SOME_ID.to_owned(),
        display_name: "Payroll".to_owned(),
        severity: Severity::Critical,
        reasons: vec!["Reason.".to_owned()],
        portal_url: "https://entra.microsoft.com/".to_owned(),
    }];
    report.notices = vec!["Notice.".to_owned()];
    report.summary = Summary::of(&report);
    report
}

fn finding(now: DateTime<Utc>, change: FindingChange) -> FindingRow {
    FindingRow {
        key: FindingKey(format!("sample/{}", change.as_str())),
        rule: RuleId::ClientSecret,
        severity: Severity::High,
        status: Status::Open,
        object_type: Subject::Application,
        object_id: SOME_ID.to_owned(),
        app_id: SOME_ID.to_owned(),
        display_name: "Payroll".to_owned(),
        credential_type: "client-secret",
        credential_id: SOME_ID.to_owned(),
        credential_name: "deploy".to_owned(),
        start: Some(now),
        end: Some(now),
        days_left: Some(0),
        policy_id: String::new(),
        policy_name: String::new(),
        owners: vec!["Adele".to_owned()],
        first_seen: Some(now),
        change: Some(change),
        detail: "Detail.".to_owned(),
        recommendation: "Advice.".to_owned(),
        portal_url: "https://entra.microsoft.com/".to_owned(),
        added_by: String::new(),
    }
}

fn object() -> ObjectRow {
    ObjectRow {
        object_type: Subject::Application,
        object_id: SOME_ID.to_owned(),
        app_id: SOME_ID.to_owned(),
        display_name: "Payroll".to_owned(),
        created: None,
        sign_in_audience: "AzureADMyOrg".to_owned(),
        owned_by: "this-tenant",
        service_principal_type: String::new(),
        enabled: Some(true),
        owners: vec!["Adele".to_owned()],
        owner_contacts: vec![Owner {
            name: Text::new("Adele"),
            address: Some(Text::new("adele@contoso.com")),
            kind: OwnerKind::User,
        }],
        active_secrets: 1,
        expired_secrets: 0,
        active_certificates: 0,
        expired_certificates: 0,
        symmetric_keys: 0,
        federated_credentials: 0,
        assigned_policy_id: String::new(),
        assigned_policy_name: String::new(),
        policy_effect: "",
        secret_creation: "allowed",
        decided_by: "none".to_owned(),
        reason: "Reason.".to_owned(),
        compliance: "non-compliant",
        worst_severity: Some(Severity::High),
        portal_url: "https://entra.microsoft.com/".to_owned(),
        last_sign_in: None,
        permissions: None,
        directory_roles: None,
        agent_blueprint: false,
    }
}

fn digested(now: DateTime<Utc>) -> Vec<DigestTenant> {
    let run = |complete| RunCounts {
        run: RunMark { run_id: RunId::new(now, 1), started: now },
        complete,
        objects: 1,
        findings: [1, 2, 3, 0, 0],
        excepted: 0,
    };
    vec![DigestTenant {
        name: "contoso".to_owned(),
        complete: Some(run(true)),
        incomplete: Some(run(false)),
        changes: DigestChanges::Counted { new: 1, fixed: 1 },
        troubles: vec![DigestTrouble { planned: now, how: DigestTroubleKind::Failed }],
    }]
}
