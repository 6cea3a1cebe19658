//! What the optional reads add to rows.

use keysweep::compliance::Settings;
use keysweep::domain::{
    Addition, Additions, AppId, Aside, Beside, DeletedApplication, Grant, Initiator, KeyId, Object, ObjectId,
    ObjectKey, ObjectKind, Permission, RoleHolder, Text,
};
use keysweep::report::{ChangeKind, ChangeWord, DeletedRow, GapRow, Report};
use uuid::Uuid;

use super::changes::tenant;
use super::diary::Diary;
use super::draft::Draft;
use super::fixture::{application, at, id, password, report_on};
use super::output::file;

const BEFORE: &str = "2026-11-16T06:00:00Z";
const NOW: &str = "2026-11-23T06:00:00Z";

fn with(beside: Beside) -> Draft {
    Draft { beside, ..tenant() }
}

fn csv(report: &Report, name: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    let bytes = file(report, name, false);
    csv::Reader::from_reader(bytes.as_slice()).deserialize().map(Result::unwrap).collect()
}

fn key_of(draft: &Draft, object: usize) -> KeyId {
    draft.objects[object].passwords[0].key_id.unwrap()
}

#[test]
fn the_last_use_of_a_credential_stands_in_its_row_and_nowhere_else() {
    let used = [(key_of(&tenant(), 0), Some(at("2026-11-22T10:11:12.5Z")))];
    let report = report_on(&with(Beside {
        credential_use: Aside::Read(used.into_iter().collect()),
        ..Beside::default()
    }));
    let rows = csv(&report, "credentials.csv");
    let (this, others): (Vec<_>, Vec<_>) =
        rows.iter().partition(|row| row["credential_id"] == used[0].0.to_string());
    assert_eq!(
        this.iter().map(|row| row["last_used"].as_str()).collect::<Vec<_>>(),
        ["2026-11-22T10:11:12Z"]
    );
    assert!(!others.is_empty() && others.iter().all(|row| row["last_used"].is_empty()));
    for unread in [Aside::NotAsked, Aside::Unavailable(Text::new("No licence.")), Aside::Unread] {
        let report = report_on(&with(Beside { credential_use: unread, ..Beside::default() }));
        assert!(csv(&report, "credentials.csv").iter().all(|row| row["last_used"].is_empty()));
    }
}

#[test]
fn a_report_that_may_be_too_young_is_named_and_accuses_nobody() {
    let old = (KeyId(Uuid::from_u128(99)), Some(at("2026-08-25T06:00:00Z")));
    let young = (KeyId(Uuid::from_u128(99)), Some(at("2026-08-25T06:00:01Z")));
    let unused = |entries: Vec<(KeyId, Option<_>)>, applications: Vec<(AppId, Option<_>)>| {
        let mut draft = with(Beside {
            credential_use: Aside::Read(entries.into_iter().collect()),
            application_use: Aside::Read(applications.into_iter().collect()),
            ..Beside::default()
        });
        draft.objects[0].passwords = vec![password(1, "ci", Some("2026-01-01T00:00:00Z"), None)];
        let report = report_on(&draft);
        let named = report.notices.iter().any(|notice| notice.contains("may be younger than `unused_after`"));
        let found = report.findings.iter().any(|row| row.rule.as_str() == "client-secret-unused");
        (found, named)
    };
    assert_eq!(unused(vec![old], vec![]), (true, false));
    assert_eq!(unused(vec![young], vec![]), (false, true));
    assert_eq!(unused(vec![(KeyId(Uuid::from_u128(99)), None)], vec![]), (false, true));
    let application = (AppId(Uuid::from_u128(7)), old.1);
    assert_eq!(unused(vec![young], vec![application]), (true, false), "either report shows how far they go");
}

#[test]
fn an_application_has_the_permissions_of_its_service_principal() {
    let permission = |name: &str| Permission {
        resource: AppId(Uuid::from_u128(3)),
        resource_name: Text::new("Microsoft Graph"),
        name: Text::new(name),
    };
    let mut draft = tenant();
    let app_id = Some(AppId(Uuid::from_u128(42)));
    draft.objects[0].app_id = app_id;
    let principal = draft.objects[2].id;
    let grants = [
        Grant { principal: ObjectId(Uuid::from_u128(77)), app_id, permission: permission("User.Read.All") },
        Grant { principal, app_id: None, permission: permission("Mail.Send") },
        Grant { principal, app_id: None, permission: permission("Mail.Send") },
    ];
    draft.beside.permissions = Aside::Read(grants.into_iter().collect());
    let report = report_on(&draft);
    let held = |object: &Object| {
        let row = report.objects.iter().find(|row| row.object_id == object.id.to_string()).unwrap();
        row.permissions.unwrap()
    };
    assert_eq!(held(&draft.objects[0]), ["User.Read.All (Microsoft Graph)"]);
    assert_eq!(held(&draft.objects[1]), Vec::<String>::new());
    assert_eq!(held(&draft.objects[2]), ["Mail.Send (Microsoft Graph)"]);
    let unread = report_on(&tenant());
    assert!(unread.objects.iter().all(|row| row.permissions.is_none()), "not read is not none");
}

#[test]
fn an_application_has_the_directory_roles_of_its_service_principal() {
    let mut draft = tenant();
    draft.objects[0].app_id = Some(AppId(Uuid::from_u128(42)));
    let holder = |principal, app_id, name: Option<&str>, scope: &str| RoleHolder {
        principal,
        app_id,
        definition: Text::new("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"),
        name: name.map(Text::new),
        scope: Text::new(scope),
    };
    let (principal, app_id) = (draft.objects[2].id, draft.objects[0].app_id);
    draft.beside.roles = Aside::Read(vec![
        holder(principal, None, Some("Application Administrator"), "/"),
        holder(principal, None, Some("Application Administrator"), "/"),
        holder(principal, None, None, "/administrativeUnits/5"),
        holder(ObjectId(Uuid::from_u128(77)), app_id, Some("Reports Reader"), "/"),
    ]);
    let report = report_on(&draft);
    let held = |object: &Object| {
        let row = report.objects.iter().find(|row| row.object_id == object.id.to_string()).unwrap();
        row.directory_roles.unwrap()
    };
    assert_eq!(held(&draft.objects[0]), ["Reports Reader"]);
    assert_eq!(held(&draft.objects[1]), Vec::<String>::new());
    let scoped = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3 (for /administrativeUnits/5)";
    assert_eq!(held(&draft.objects[2]), [scoped, "Application Administrator"]);
    assert!(report_on(&tenant()).objects.iter().all(|row| row.directory_roles.is_none()));
}

#[test]
fn what_no_rule_speaks_of_says_why() {
    let mut draft = tenant();
    draft.objects[1].tags = vec![Text::new("WindowsAzureActiveDirectoryOnPremApp")];
    let (start, end) = (Some("2026-03-01T00:00:00Z"), Some("2027-03-01T00:00:00Z"));
    draft.objects[1].passwords =
        vec![password(8, "CWAP_AuthSecret", start, end), password(9, "own", start, end)];
    let report = report_on(&draft);
    let why = |object: usize, place: usize| {
        let id = draft.objects[object].id.to_string();
        let mut rows = report.credentials.iter().filter(|row| row.object_id == id);
        rows.nth(place).unwrap().not_flagged
    };
    assert!(why(1, 0).contains("Application Proxy"));
    assert_eq!(why(1, 1), "", "an ordinary secret beside it");
    assert!(why(2, 0).contains("signs SAML tokens"));
    assert!(why(3, 0).contains("managed identities"));
    let flagged = |name: &str| report.findings.iter().any(|row| row.credential_name == name);
    assert!(flagged("own") && !flagged("CWAP_AuthSecret"));
}

#[test]
fn who_added_a_credential_is_told_with_the_change() {
    let (mut diary, settings) = (Diary::default(), Settings::default());
    diary.run(&tenant(), &settings, BEFORE);
    let mut draft = tenant();
    draft.objects[1].passwords = vec![password(9, "new", Some("2026-11-20T00:00:00Z"), None)];
    let object = ObjectKey { kind: ObjectKind::Application, id: draft.objects[1].id };
    let key_id = key_of(&draft, 1);
    let by = |at_: &str, name: &str| Addition {
        object,
        key_id,
        at: at(at_),
        by: Initiator::User(Text::new(name)),
    };
    let elsewhere = Addition {
        object: ObjectKey { kind: ObjectKind::ServicePrincipal, ..object },
        ..by("2026-11-22T00:00:00Z", "somebody else")
    };
    let additions = Additions::from_iter([
        by("2026-11-20T08:00:00Z", "=dev@contoso.example"),
        by("2026-11-19T08:00:00Z", "earlier"),
        elsewhere,
    ]);
    draft.beside.additions = Aside::Read(additions);
    let report = diary.run(&draft, &settings, NOW);
    let told: Vec<_> = report.changes.iter().filter(|row| !row.added_by.is_empty()).collect();
    assert!(
        told.iter()
            .all(|row| row.added_by == "=dev@contoso.example" && row.object_id == object.id.to_string())
    );
    let of = |kind| told.iter().filter(|row| row.kind == kind && row.change == ChangeWord::Appeared).count();
    assert_eq!(of(ChangeKind::Credential), 1);
    assert!(of(ChangeKind::Finding) > 0);
    assert_eq!(told.len(), of(ChangeKind::Credential) + of(ChangeKind::Finding));
    let credential = told.iter().find(|row| row.kind == ChangeKind::Credential).unwrap();
    assert!(credential.detail.ends_with(" Added by “=dev@contoso.example”."), "{}", credential.detail);
    let presence =
        report.findings.iter().find(|row| row.rule.as_str() == "client-secret" && !row.added_by.is_empty());
    assert!(presence.unwrap().detail.ends_with(" Added by “=dev@contoso.example” on 2026-11-20."));
    let cells: Vec<String> = csv(&report, "changes.csv").iter().map(|row| row["added_by"].clone()).collect();
    assert!(cells.contains(&"'=dev@contoso.example".to_owned()), "no formula: {cells:?}");
}

#[test]
fn an_application_that_added_something_is_never_taken_for_a_person() {
    let text = |text: &str| Some(Text::new(text));
    let hostile = "admin@contoso.example\r\n\u{202e}x";
    let application = |name, id| Initiator::Application { name, id };
    for (by, cell, sentence) in [
        (Initiator::User(Text::new("a@b.example")), "a@b.example", "Added by “a@b.example” on"),
        (
            application(text(hostile), text("5555")),
            "admin@contoso.example\r\n\u{202e}x (application 5555)",
            "Added by application “admin@contoso.example x” (“5555”) on",
        ),
        (application(text("CI"), None), "CI (application)", "Added by application “CI” on"),
        (application(None, text("5555")), "application 5555", "Added by application “5555” on"),
        (application(None, None), "application", "Added by an application on"),
    ] {
        let mut draft = tenant();
        let addition =
            Addition { object: draft.objects[0].key(), key_id: key_of(&draft, 0), at: at(BEFORE), by };
        draft.beside.additions = Aside::Read([addition].into_iter().collect());
        let report = report_on(&draft);
        let row = report.findings.iter().find(|row| row.rule.as_str() == "client-secret").unwrap();
        assert_eq!(row.added_by, cell);
        assert!(row.detail.contains(sentence), "{}", row.detail);
    }
}

#[test]
fn what_is_not_to_be_had_is_named_once_and_the_run_stays_complete() {
    let why = Text::new("Grant the permission `AuditLog.Read.All`.");
    let report = report_on(&with(Beside {
        credential_use: Aside::Unavailable(why.clone()),
        application_use: Aside::Unavailable(why.clone()),
        roles: Aside::Unavailable(Text::new("Grant `RoleManagement.Read.Directory`.")),
        permissions: Aside::Read(Default::default()),
        additions: Aside::Unread,
        deleted: Aside::NotAsked,
        ..Beside::default()
    }));
    let row = |part: &str, reason: &str| GapRow { part: part.to_owned(), reason: reason.to_owned() };
    assert_eq!(
        report.unavailable,
        [
            row("directory roles", "Grant `RoleManagement.Read.Directory`."),
            row("sign-in activity", why.as_str()),
        ]
    );
    assert!(report.summary.complete && report.gaps.is_empty());
    assert_eq!(report.deleted, None);
    let document: serde_json::Value = serde_json::from_slice(&file(&report, "report.json", false)).unwrap();
    assert_eq!(document["unavailable"][1]["part"], "sign-in activity");
    assert!(document["deleted_applications"].is_null());
}

#[test]
fn a_report_without_entries_is_not_to_be_had() {
    let report = report_on(&with(Beside {
        credential_use: Aside::Read(std::iter::empty().collect()),
        application_use: Aside::Read(std::iter::empty().collect()),
        ..Beside::default()
    }));
    let [GapRow { part, reason }] = report.unavailable.as_slice() else { panic!("{:?}", report.unavailable) };
    assert_eq!(part, "sign-in activity");
    assert!(reason.contains("holds no entry") && reason.contains("`[audit] sign_in_activity = false`"));
    assert_eq!(report.notices, Vec::<String>::new(), "it is said once");
}

#[test]
fn deleted_applications_are_listed_by_name_with_what_comes_back_with_them() {
    let gone = |number: u128, name: &str, deleted: Option<&str>| DeletedApplication {
        deleted: deleted.map(at),
        application: Object {
            passwords: vec![
                password(number, "live", None, Some("2026-11-23T06:00:01Z")),
                password(number + 1, "endless", None, None),
                password(number + 2, "ended", None, Some("2026-11-23T06:00:00Z")),
            ],
            ..application(number, name)
        },
    };
    let deleted = vec![gone(90, "B", Some("2026-11-01T12:00:00Z")), gone(80, "A", None)];
    let report = report_on(&with(Beside { deleted: Aside::Read(deleted), ..Beside::default() }));
    let rows = report.deleted.clone().unwrap();
    assert_eq!(rows.iter().map(|row| row.display_name.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    let DeletedRow { object_id, deleted, restorable_until, active_secrets, expired_secrets, .. } = &rows[1];
    assert_eq!(*object_id, id(0xaaaa_0000 + 90).to_string());
    assert_eq!(*deleted, Some(at("2026-11-01T12:00:00Z")));
    assert_eq!(*restorable_until, Some(at("2026-12-01T12:00:00Z")));
    assert_eq!((*active_secrets, *expired_secrets), (2, 1));
    assert_eq!((rows[0].deleted, rows[0].restorable_until), (None, None));
    let objects = csv(&report, "objects.csv");
    assert!(
        objects.iter().all(|row| row["object_id"] != id(0xaaaa_0000 + 90).to_string()),
        "what is deleted is no object"
    );
}
