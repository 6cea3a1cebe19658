//! Delta queries.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::emulator::ObjectKind::{Application, ServicePrincipal};
use keysweep::emulator::{DeltaHabits, ObjectKind, Options, TenantData, shapes};
use serde_json::{Map, Value, json};

use super::{Answer, Rig, days, now, numbered};

const FIRST: &str = "/applications/delta?$select=id,displayName,notes,passwordCredentials";

/// A rig that may read deltas.
async fn rig(options: Options) -> Rig {
    let rig = Rig::with(options).await;
    rig.emulator.grant(&["Directory.Read.All", "Application.ReadWrite.All", "Policy.Read.All"]);
    let token = rig.sign_in().await;
    rig.emulator.clear_log();
    Rig { token, ..rig }
}

async fn with_tenant(tenant: TenantData) -> Rig {
    rig(Options::new(tenant, now(), now)).await
}

fn paged(tenant: TenantData, page: usize) -> Options {
    let mut options = Options::new(tenant, now(), now);
    options.delta.page = page;
    options
}

/// All pages of a round, and the link to the next.
async fn round(rig: &Rig, first: &str) -> (Vec<Vec<Value>>, String) {
    let (mut pages, mut next) = (Vec::new(), first.to_owned());
    loop {
        let page = rig.get(&next).await;
        assert_eq!(page.status, 200, "{next}: {}", page.body);
        pages.push(page.body["value"].as_array().unwrap().clone());
        match (page.body["@odata.nextLink"].as_str(), page.body["@odata.deltaLink"].as_str()) {
            (Some(link), None) => next = link.to_owned(),
            (None, Some(link)) => return (pages, link.to_owned()),
            links => panic!("a page has one link, not {links:?}"),
        }
    }
}

async fn news(rig: &Rig, first: &str) -> (Vec<Value>, String) {
    let (pages, link) = round(rig, first).await;
    (pages.concat(), link)
}

fn set(rig: &Rig, id: &str, name: &str, value: Value) {
    let edited = rig.emulator.edit(|tenant| {
        tenant.edit(Application, id, |object| {
            object.insert(name.to_owned(), value);
        })
    });
    assert!(edited);
}

fn ids(rig: &Rig) -> Vec<String> {
    rig.emulator.edit(|tenant| tenant.ids(Application))
}

#[tokio::test]
async fn the_first_round_tells_what_a_listing_shows_and_ends_with_a_delta_link() {
    let rig = rig(paged(numbered(5), 2)).await;
    let (pages, link) = round(&rig, FIRST).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
    let listed = rig.all("/applications?$select=id,displayName,notes,passwordCredentials").await;
    assert_eq!(pages.concat(), listed);
    let (pages, again) = round(&rig, &link).await;
    assert_eq!(pages, [Vec::<Value>::new()], "nothing changed");
    assert_ne!(link, again);
    assert!(link.contains("/v1.0/applications/delta?$deltatoken="), "{link}");
    assert!(!link.contains("displayName"), "the token carries the query where nobody sees it: {link}");
    let context = rig.get(&link).await.body["@odata.context"].clone();
    assert!(context.as_str().unwrap().ends_with("#applications(id,displayName,notes,passwordCredentials)"));
}

#[tokio::test]
async fn a_changed_object_comes_with_its_id_and_what_changed_and_a_lost_value_is_null() {
    let rig = with_tenant(numbered(3)).await;
    let id = ids(&rig)[1].clone();
    set(&rig, &id, "notes", json!("before"));
    let (_, link) = news(&rig, FIRST).await;
    set(&rig, &id, "displayName", json!("Renamed"));
    let (told, link) = news(&rig, &link).await;
    assert_eq!(told, [json!({ "id": id, "displayName": "Renamed" })]);
    rig.emulator.edit(|tenant| tenant.edit(Application, &id, |object| drop(object.remove("notes"))));
    let (told, link) = news(&rig, &link).await;
    assert_eq!(told, [json!({ "id": id, "notes": null })]);
    let secret = json!({ "passwordCredential": { "displayName": "ci" } });
    let added = rig.send("POST", &format!("/applications/{id}/addPassword"), secret).await;
    assert_eq!(added.status, 200);
    let (told, _) = news(&rig, &link).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "passwordCredentials"]);
    assert_eq!(told[0]["passwordCredentials"][0]["keyId"], added.body["keyId"]);
}

#[tokio::test]
async fn a_value_that_came_and_went_is_told_to_those_who_may_have_seen_it() {
    let rig = with_tenant(numbered(1)).await;
    let id = ids(&rig)[0].clone();
    let (_, link) = news(&rig, FIRST).await;
    set(&rig, &id, "displayName", json!("For a moment"));
    set(&rig, &id, "displayName", json!("App 1"));
    assert_eq!(news(&rig, &link).await.0, [json!({ "id": id, "displayName": "App 1" })]);
}

#[tokio::test]
async fn what_is_not_selected_and_what_is_a_relationship_is_not_tracked() {
    let rig = with_tenant(numbered(2)).await;
    let (_, link) = news(&rig, FIRST).await;
    let id = ids(&rig)[0].clone();
    set(&rig, &id, "description", json!("not selected"));
    set(&rig, &id, "owners", json!([shapes::user("Lee Gu")]));
    set(&rig, &id, "federatedIdentityCredentials", json!([shapes::federated("a", "https://b", "c")]));
    rig.emulator.edit(|tenant| {
        let policy = tenant.add_policy(json!({ "displayName": "New" }));
        tenant.assign(&policy, Application, &id);
    });
    assert_eq!(news(&rig, &link).await.0, Vec::<Value>::new());
    let (_, unselected) = news(&rig, "/applications/delta").await;
    set(&rig, &id, "description", json!("tracked without a selection"));
    let (told, _) = news(&rig, &unselected).await;
    assert_eq!(told, [json!({ "id": id, "description": "tracked without a selection" })]);
}

#[tokio::test]
async fn objects_that_go_say_how_and_those_that_come_back_come_whole() {
    let rig = with_tenant(numbered(3)).await;
    let (_, link) = news(&rig, FIRST).await;
    let all = ids(&rig);
    let new = rig.emulator.edit(|tenant| {
        assert!(tenant.soft_delete(Application, &all[0]) && tenant.remove(Application, &all[1]));
        assert!(!tenant.soft_delete(Application, &all[0]) && !tenant.remove(Application, &all[1]));
        tenant.add_application(json!({ "displayName": "New" }))
    });
    let (told, link) = news(&rig, &link).await;
    let whole = |id: &str, name: &str| json!({ "id": id, "displayName": name, "notes": null, "passwordCredentials": [] });
    assert_eq!(
        told,
        [
            json!({ "id": all[0], "@removed": { "reason": "changed" } }),
            json!({ "id": all[1], "@removed": { "reason": "deleted" } }),
            whole(&new, "New"),
        ]
    );
    let path = format!("/applications/{}", all[0]);
    rig.get(&path).await.refused(404, "Request_ResourceNotFound");
    assert_eq!(rig.all("/applications").await.len(), 2);
    let (first, _) = news(&rig, FIRST).await;
    assert!(first.contains(&told[0]), "what can be restored is told in a first round too");
    assert!(!first.contains(&told[1]));

    rig.emulator.edit(|tenant| assert!(tenant.restore(Application, &all[0])));
    let (told, link) = news(&rig, &link).await;
    assert_eq!(told, [whole(&all[0], "App 1")]);
    assert_eq!(rig.get(&path).await.status, 200);
    rig.emulator
        .edit(|tenant| tenant.soft_delete(Application, &all[0]) && tenant.remove(Application, &all[0]));
    let (told, _) = news(&rig, &link).await;
    assert_eq!(told, [json!({ "id": all[0], "@removed": { "reason": "deleted" } })]);
}

#[tokio::test]
async fn the_id_comes_whether_it_is_selected_or_not() {
    let rig = with_tenant(numbered(1)).await;
    let id = ids(&rig)[0].clone();
    let (told, _) = news(&rig, "/applications/delta?$select=displayName").await;
    assert_eq!(told, [json!({ "id": id, "displayName": "App 1" })]);
}

#[tokio::test]
async fn options_stand_in_the_first_request_and_only_two_are_taken() {
    let rig = with_tenant(numbered(2)).await;
    for option in
        ["$expand=owners", "$top=5", "$orderby=displayName", "$count=true", "$search=\"x\"", "$skip=1"]
    {
        let answer = rig.get(&format!("/applications/delta?{option}")).await;
        assert_eq!((answer.status, answer.code()), (400, "Request_UnsupportedQuery"), "{option}");
    }
    rig.get("/applications/delta?$select=secrets").await.refused(400, "BadRequest");
    for filter in ["displayName eq 'x'", "id ne 'x'", "id eq 'x' and id eq 'y'", "id eq x"] {
        let answer = rig.get(&format!("/applications/delta?$filter={filter}")).await;
        assert_eq!((answer.status, answer.code()), (400, "Request_UnsupportedQuery"), "{filter}");
    }
    let (_, link) = news(&rig, FIRST).await;
    rig.get(&format!("{link}&$select=id")).await.refused(400, "Request_BadRequest");
    assert_eq!(rig.get("/applications/delta()?$select=id").await.status, 200);
    assert_eq!(rig.send("POST", "/applications/delta", json!({})).await.status, 405);
}

#[tokio::test]
async fn a_filter_keeps_to_its_objects_in_every_round() {
    let rig = with_tenant(numbered(4)).await;
    let all = ids(&rig);
    let first =
        format!("/applications/delta?$select=displayName&$filter=id eq '{}' or id eq '{}'", all[1], all[3]);
    let (told, link) = news(&rig, &first).await;
    assert_eq!(told.iter().map(|object| &object["displayName"]).collect::<Vec<_>>(), ["App 2", "App 4"]);
    for id in &all {
        set(&rig, id, "displayName", json!("Renamed"));
    }
    let (told, _) = news(&rig, &link).await;
    assert_eq!(told.iter().map(|object| &object["id"]).collect::<Vec<_>>(), [&all[1], &all[3]]);
}

#[tokio::test]
async fn the_latest_token_tells_only_what_comes_after_it() {
    let rig = with_tenant(numbered(2)).await;
    let id = ids(&rig)[0].clone();
    let (pages, link) = round(&rig, &format!("{FIRST}&$deltatoken=latest")).await;
    assert_eq!(pages, [Vec::<Value>::new()]);
    set(&rig, &id, "notes", json!("after"));
    set(&rig, &id, "description", json!("not selected"));
    assert_eq!(news(&rig, &link).await.0, [json!({ "id": id, "notes": "after" })]);
}

#[tokio::test]
async fn applications_are_followed_with_other_permissions_than_they_are_read_with() {
    let rig = Rig::new(numbered(1)).await;
    for (role, status) in [
        ("Application.Read.All", 403),
        ("Directory.Read.All", 200),
        ("Application.ReadWrite.All", 200),
        ("Application.ReadWrite.OwnedBy", 200),
    ] {
        rig.emulator.grant(&[role]);
        let request = rig.client.get(format!("{}/v1.0{FIRST}", rig.emulator.graph_url()));
        let answer = Answer::of(request.bearer_auth(rig.sign_in().await)).await;
        assert_eq!(answer.status, status, "{role}: {}", answer.body);
    }
}

static CLOCK: AtomicI64 = AtomicI64::new(0);

fn clock() -> DateTime<Utc> {
    now() + TimeDelta::seconds(CLOCK.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_token_holds_seven_days() {
    let options = Options { clock, token_lifetime: TimeDelta::days(30), ..paged(numbered(3), 2) };
    let rig = rig(options).await;
    let page = rig.get(FIRST).await.body["@odata.nextLink"].as_str().unwrap().to_owned();
    let (_, link) = news(&rig, FIRST).await;
    CLOCK.store(7 * 86_400 - 1, Ordering::SeqCst);
    assert_eq!((rig.get(&link).await.status, rig.get(&page).await.status), (200, 200));
    CLOCK.store(7 * 86_400, Ordering::SeqCst);
    rig.get(&link).await.refused(400, "syncStateNotFound");
    rig.get(&page).await.refused(400, "syncStateNotFound");
    assert_eq!(rig.get(FIRST).await.status, 200);
}

#[tokio::test]
async fn a_token_is_good_for_its_collection_its_emulator_and_its_tenant_only() {
    let rig = with_tenant(numbered(2)).await;
    let other = with_tenant(numbered(2)).await;
    let (_, link) = news(&rig, FIRST).await;
    let (_, foreign) = news(&other, FIRST).await;
    let foreign = foreign.replace(other.emulator.graph_url(), rig.emulator.graph_url());
    rig.get(&foreign).await.refused(400, "syncStateNotFound");
    rig.get(&link.replace("/applications/", "/servicePrincipals/")).await.refused(400, "syncStateNotFound");
    rig.get("/applications/delta?$deltatoken=nonsense").await.refused(400, "Request_BadRequest");
    assert_eq!(rig.get(&link).await.status, 200);
    rig.emulator.edit(|tenant| *tenant = numbered(2));
    rig.get(&link).await.refused(400, "syncStateNotFound");
    let (_, link) = news(&rig, FIRST).await;
    let id = ids(&rig)[0].clone();
    set(&rig, &id, "notes", json!("in the new tenant"));
    assert_eq!(news(&rig, &link).await.0, [json!({ "id": id, "notes": "in the new tenant" })]);
}

#[tokio::test]
async fn lost_tokens_are_gone_and_the_location_starts_again() {
    let rig = rig(paged(numbered(3), 2)).await;
    let page = rig.get(FIRST).await.body["@odata.nextLink"].as_str().unwrap().to_owned();
    let (_, link) = news(&rig, FIRST).await;
    rig.emulator.lose_delta_tokens();
    for lost in [&link, &page] {
        let answer = rig.get(lost).await;
        answer.refused(410, "resyncRequired");
        let location = answer.header("location").to_owned();
        assert_eq!(location, format!("{}/v1.0/applications/delta?$deltatoken=", rig.emulator.graph_url()));
        assert_eq!(news(&rig, &location).await.0.len(), 3);
    }
    let (_, link) = news(&rig, FIRST).await;
    assert_eq!(rig.get(&link).await.status, 200, "new tokens are good");
}

#[tokio::test]
async fn more_changes_than_are_remembered_ask_for_a_new_start() {
    let mut tenant = numbered(1);
    tenant.changes_kept = 3;
    let rig = with_tenant(tenant).await;
    let (_, link) = news(&rig, FIRST).await;
    let id = ids(&rig)[0].clone();
    for number in 1..=3 {
        set(&rig, &id, "notes", json!(number));
    }
    assert_eq!(news(&rig, &link).await.0, [json!({ "id": id, "notes": 3 })]);
    set(&rig, &id, "notes", json!(4));
    rig.get(&link).await.refused(400, "resyncRequired");
}

/// What somebody holds who follows a query.
#[derive(Default)]
struct Held(BTreeMap<String, Map<String, Value>>);

impl Held {
    fn merge(&mut self, told: &[Value]) {
        for object in told {
            let object = object.as_object().unwrap();
            let id = object["id"].as_str().unwrap().to_owned();
            if object.contains_key("@removed") {
                self.0.remove(&id);
            } else {
                self.0.entry(id).or_default().extend(object.clone());
            }
        }
    }

    fn objects(&self) -> BTreeSet<String> {
        self.0.values().map(|object| Value::Object(object.clone()).to_string()).collect()
    }
}

/// One change that looks thrown.
fn change(tenant: &mut TenantData, kind: ObjectKind, number: usize) {
    let (ids, deleted) = (tenant.ids(kind), tenant.deleted_ids(kind));
    let pick = |from: &[String]| from.get(number * 7 % from.len().max(1)).cloned().unwrap_or_default();
    match (number * 13 + number / 7) % 8 {
        0 => drop(tenant.soft_delete(kind, &pick(&ids))),
        1 => drop(tenant.restore(kind, &pick(&deleted))),
        2 => drop(tenant.remove(kind, &pick(if number.is_multiple_of(2) { &ids } else { &deleted }))),
        3 if kind == Application => {
            drop(tenant.add_application(json!({ "displayName": format!("New {number}") })))
        }
        3 => drop(tenant.add_service_principal(json!({ "displayName": format!("New {number}") }))),
        4 => drop(tenant.edit(kind, &pick(&ids), |object| drop(object.remove("notes")))),
        5 => {
            let secret = shapes::secret(&number.to_string(), now(), Some(days(30)));
            tenant.edit(kind, &pick(&ids), |object| {
                object.insert("passwordCredentials".to_owned(), json!([secret]));
            });
        }
        other => {
            let name = if other == 6 { "notes" } else { "displayName" };
            tenant.edit(kind, &pick(&ids), |object| {
                object.insert(name.to_owned(), json!(format!("{name} {}", number % 3)));
            });
        }
    }
}

#[tokio::test]
async fn who_follows_holds_what_a_listing_shows_whatever_the_habits() {
    let select = "$select=id,displayName,notes,passwordCredentials,createdDateTime";
    for habits in 0..16 {
        let habits = DeltaHabits {
            page: 3,
            empty_pages: habits & 1 != 0,
            duplicates: habits & 2 != 0,
            replays: habits & 4 != 0,
            shuffled: habits & 8 != 0,
        };
        let rig = with_tenant(TenantData::generated(3, 5, now())).await;
        rig.emulator.set_delta_habits(habits.clone());
        for kind in [Application, ServicePrincipal] {
            let mut held = Held::default();
            let mut next = format!("/{}/delta?{select}", kind.segment());
            let mut number = 0;
            for _ in 0..4 {
                // Changes fall between the pages of a round as well as between rounds.
                loop {
                    let page = rig.get(&next).await;
                    assert_eq!(page.status, 200, "{}", page.body);
                    held.merge(page.body["value"].as_array().unwrap());
                    rig.emulator.edit(|tenant| change(tenant, kind, number));
                    number += 1;
                    if let Some(link) = page.body["@odata.deltaLink"].as_str() {
                        next = link.to_owned();
                        break;
                    }
                    next = page.body["@odata.nextLink"].as_str().unwrap().to_owned();
                }
            }
            let (told, _) = news(&rig, &next).await;
            held.merge(&told);
            let listed = rig.all(&format!("/{}?{select}", kind.segment())).await;
            let listed: BTreeSet<String> = listed.iter().map(Value::to_string).collect();
            assert_eq!(held.objects(), listed, "{kind:?} {habits:?}");
        }
    }
}

#[tokio::test]
async fn every_habit_shows() {
    let rig = rig(paged(numbered(6), 2)).await;
    let all = ids(&rig);
    let habit = |change: fn(&mut DeltaHabits)| {
        let mut habits = DeltaHabits { page: 2, ..DeltaHabits::default() };
        change(&mut habits);
        rig.emulator.set_delta_habits(habits);
    };
    let seen = |told: &[Value]| {
        told.iter().map(|object| object["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };

    habit(|habits| habits.empty_pages = true);
    let (pages, link) = round(&rig, FIRST).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [0, 2, 0, 2, 0, 2]);
    assert_eq!(round(&rig, &link).await.0.len(), 2, "even where there is nothing to tell");

    habit(|habits| habits.shuffled = true);
    let (told, link) = news(&rig, FIRST).await;
    assert_ne!(seen(&told), all);
    assert_eq!(seen(&told).into_iter().collect::<BTreeSet<_>>(), all.iter().cloned().collect());

    habit(|habits| habits.duplicates = true);
    for name in ["First", "Second"] {
        set(&rig, &all[2], "displayName", json!(name));
    }
    let (told, link) = news(&rig, &link).await;
    let names: Vec<_> = told.iter().map(|object| &object["displayName"]).collect();
    assert_eq!(names, ["First", "Second"], "the last one holds");

    habit(|habits| habits.replays = true);
    let (told, _) = news(&rig, &link).await;
    assert_eq!(told, [json!({ "id": all[2], "displayName": "Second" })], "told before");
}
