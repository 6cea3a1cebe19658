//! What changed since an earlier run, put onto what that one saw (FACTS §10).

use std::collections::HashMap;

use chrono::TimeDelta;
use keysweep::domain::{Details, HowRead, ObjectId, ObjectKey, ObjectKind, Owners, Part, Text};
use keysweep::graph::{Refreshed, WhyFull, may_start_from};
use serde_json::{Value, json};

use crate::delta_script::{Script, World, application, change, listed, page, removed, whole};
use crate::server::Reply;
use crate::tenant::{id, now, numbers, parts, reasons};

fn by_delta(refreshed: &Refreshed) -> bool {
    matches!(refreshed.how, HowRead::ByDelta { .. })
}

/// The names of the applications.
fn names(refreshed: &Refreshed) -> Vec<String> {
    refreshed.inventory.objects.iter().map(|object| object.display_name.as_str().to_owned()).collect()
}

#[tokio::test]
async fn what_is_absent_has_not_changed_and_what_is_null_is_gone() {
    for name in whole(1).as_object().unwrap().keys().filter(|name| *name != "id") {
        let mut world = World::read_once(vec![listed(1), listed(2)]).await;
        let before = world.basis().objects.clone();
        world.tell_changes(&[change(1, json!({ name: null }))]);
        let second = world.run().await;
        assert!(by_delta(&second), "{name}");
        // A full read of the same is the measure.
        let mut now = listed(1);
        now[name] = Value::Null;
        world.script.lock().unwrap().applications = vec![now, listed(2)];
        let full = world.read(Err(WhyFull::Asked)).await;
        assert_eq!(second.inventory, full.inventory, "{name}");
        assert_ne!(second.inventory.objects, before, "{name}");
    }
}

#[tokio::test]
async fn a_changed_object_keeps_what_changes_do_not_tell_of() {
    let mut world = World::read_once(vec![listed(1)]).await;
    world.tell_changes(&[change(1, json!({"displayName": "Renamed"}))]);
    let second = world.run().await;
    let object = application(&second.inventory, 1).unwrap();
    assert_eq!(object.display_name, Text::new("Renamed"));
    let Details::Application(facts) = &object.details else { panic!("an application") };
    assert_eq!(facts.federated.len(), 1, "federated credentials are as of the last full read");
    assert_eq!(object.owners, Owners::Somebody);
    assert!(world.server.seen_at("ownerless").len() == 1, "and nobody was asked again");
    assert!(world.server.seen_at("batch").is_empty());
}

#[tokio::test]
async fn an_object_that_was_deleted_is_gone_whether_for_good_or_not() {
    let mut world = World::read_once(vec![listed(1), listed(2), listed(3)]).await;
    world.tell_changes(&[removed(1, "changed"), removed(3, "deleted"), removed(9, "deleted")]);
    let second = world.run().await;
    assert!(by_delta(&second));
    assert_eq!(numbers(&second.inventory), [2]);
}

#[tokio::test]
async fn an_object_that_comes_again_after_it_was_deleted_is_back() {
    let mut world = World::read_once(vec![listed(1), listed(2)]).await;
    let mut back = whole(1);
    back["displayName"] = json!("Back");
    world.tell_changes(&[
        removed(1, "changed"),
        back,
        removed(2, "changed"),
        whole(2),
        removed(2, "deleted"),
    ]);
    let second = world.run().await;
    assert_eq!(names(&second), ["Back"], "what is told last counts");
    let Details::Application(facts) = application(&second.inventory, 1).unwrap().details else {
        panic!("an application")
    };
    assert_eq!(facts.federated.len(), 1);
}

#[tokio::test]
async fn what_is_told_twice_counts_once_and_what_is_told_last_counts() {
    let mut world = World::read_once(vec![listed(1), listed(2)]).await;
    let (first, last) = (json!({"displayName": "First", "notes": "kept"}), json!({"displayName": "Last"}));
    world.tell_changes(&[
        change(1, first.clone()),
        change(1, first),
        change(1, last.clone()),
        change(2, json!({"notes": "two"})),
        change(1, last),
    ]);
    let second = world.run().await;
    let object = application(&second.inventory, 1).unwrap();
    assert_eq!((object.display_name, object.notes), (Text::new("Last"), Some(Text::new("kept"))));
    assert_eq!(numbers(&second.inventory), [1, 2]);
    // The same once more, in the next round.
    world.tell("next", page(&[change(2, json!({"notes": "two"}))], "@odata.deltaLink", &world.link("on")));
    let third = world.run().await;
    assert!(by_delta(&third));
    assert_eq!(third.inventory, second.inventory);
}

#[tokio::test]
async fn empty_pages_are_followed_and_the_next_run_starts_from_the_last_link() {
    let mut world = World::read_once(vec![listed(1)]).await;
    let next = |token: &str| page(&[], "@odata.nextLink", &world.link(token));
    world.tell("start", next("a"));
    world.tell("a", page(&[change(1, json!({"notes": "one"}))], "@odata.nextLink", &world.link("b")));
    world.tell("b", next("c"));
    world.tell("c", page(&[change(1, json!({"description": "two"}))], "@odata.deltaLink", &world.link("d")));
    world
        .tell("d", page(&[change(1, json!({"displayName": "three"}))], "@odata.deltaLink", &world.link("e")));
    let second = world.run().await;
    let object = application(&second.inventory, 1).unwrap();
    assert_eq!((object.notes, object.description), (Some(Text::new("one")), Some(Text::new("two"))));
    let third = world.run().await;
    assert_eq!(names(&third), ["three"]);
    assert!(by_delta(&second) && by_delta(&third));
}

#[tokio::test]
async fn a_new_application_is_asked_for_what_changes_do_not_tell_of() {
    let mut world = World::read_once(vec![listed(1)]).await;
    world.script.lock().unwrap().members = HashMap::from([
        (
            format!("applications/{}/federatedIdentityCredentials", id(2)),
            json!({"value": [{"id": "f", "name": "new", "issuer": "i", "subject": "s"}]}),
        ),
        (format!("applications/{}/owners", id(2)), json!({"value": []})),
        (format!("applications/{}/federatedIdentityCredentials", id(3)), json!({"value": []})),
        (format!("applications/{}/owners", id(3)), json!({"value": [{"id": id(77)}]})),
    ]);
    world.tell_changes(&[whole(2), whole(3)]);
    let second = world.run().await;
    assert!(by_delta(&second), "{}", reasons(&second.inventory));
    let (two, three) =
        (application(&second.inventory, 2).unwrap(), application(&second.inventory, 3).unwrap());
    assert_eq!((&two.owners, &three.owners), (&Owners::Nobody, &Owners::Somebody));
    let federated = |object: &keysweep::domain::Object| object.application().unwrap().federated.len();
    assert_eq!((federated(&two), federated(&three)), (1, 0));
    assert_eq!(world.server.seen_at("batch").len(), 1, "all of it in one request");
}

#[tokio::test]
async fn an_object_that_was_overlooked_and_does_not_come_whole_is_read_by_itself() {
    let mut world = World::read_once(vec![listed(1)]).await;
    let mut found = whole(2);
    found["displayName"] = json!("Read by itself");
    let none = json!({"value": []});
    world.script.lock().unwrap().members = HashMap::from([
        (format!("applications/{}", id(2)), found),
        (format!("applications/{}/federatedIdentityCredentials", id(2)), none.clone()),
        (format!("applications/{}/owners", id(2)), none),
    ]);
    // The first two are not known; of the second nothing is found. The third was deleted before.
    world.tell_changes(&[
        change(2, json!({"notes": "n"})),
        change(3, json!({"notes": "n"})),
        removed(1, "changed"),
        change(1, json!({"notes": "n"})),
    ]);
    let second = world.run().await;
    assert!(by_delta(&second), "{}", reasons(&second.inventory));
    assert_eq!(names(&second), ["Read by itself"], "what is not found has gone, and nothing is made up");
}

#[tokio::test]
async fn many_objects_that_do_not_come_whole_are_read_in_full() {
    let mut world = World::read_once(vec![listed(1)]).await;
    let many: Vec<Value> = (100..200).map(|number| change(number, json!({"notes": "n"}))).collect();
    world.tell_changes(&many);
    let earlier = world.server.seen().len();
    let second = world.run().await;
    assert_eq!(second.how, HowRead::InFull);
    assert!(second.inventory.is_complete() && second.state.is_some());
    assert!(!world.paths_since(earlier).contains(&"$batch".to_owned()));
}

#[tokio::test]
async fn whatever_keeps_a_round_from_its_end_the_tenant_is_read_in_full_once() {
    let told = |entries: Vec<Value>| json!({"value": entries});
    let mut both = told(vec![]);
    both["@odata.nextLink"] = json!("http://127.0.0.1/a");
    both["@odata.deltaLink"] = json!("http://127.0.0.1/b");
    let gone = Reply::error(410, "resyncRequired");
    let elsewhere =
        gone.clone().with("location", "http://elsewhere.example/v1.0/applications/delta?$deltatoken=");
    for (case, reply) in [
        ("forgotten", Reply::error(400, "syncStateNotFound")),
        ("resync", Reply::error(404, "resyncRequired")),
        ("gone", gone),
        ("gone elsewhere", elsewhere),
        ("no permission any more", Reply::error(403, "Authorization_RequestDenied")),
        ("no longer served", Reply::error(501, "NotImplemented")),
        ("failing", Reply::error(500, "Service_InternalServerError")),
        ("throttled for long", Reply::error(429, "TooManyRequests").with("retry-after", "3600")),
        ("no JSON", Reply::raw(200, "<html>")),
        ("neither link", Reply::json(&told(vec![]))),
        ("both links", Reply::json(&both)),
        ("an entry that is no object", page(&[json!("text")], "@odata.deltaLink", "http://127.0.0.1/")),
        ("an entry without id", page(&[json!({"notes": "n"})], "@odata.deltaLink", "http://127.0.0.1/")),
        (
            "a removed entry without id",
            page(&[json!({"@removed": {"reason": "deleted"}})], "@odata.deltaLink", "http://127.0.0.1/"),
        ),
        (
            "a property of another type",
            page(&[change(1, json!({"tags": 7}))], "@odata.deltaLink", "http://127.0.0.1/"),
        ),
        (
            "a date that is none",
            page(&[change(1, json!({"createdDateTime": "then"}))], "@odata.deltaLink", "http://127.0.0.1/"),
        ),
    ] {
        let mut world = World::read_once(vec![listed(1)]).await;
        world.tell("start", reply);
        world.script.lock().unwrap().applications = vec![listed(1), listed(2)];
        let earlier = world.server.seen().len();
        let second = world.run().await;
        assert_eq!(second.how, HowRead::InFull, "{case}");
        assert!(second.inventory.is_complete(), "{case}: {}", reasons(&second.inventory));
        assert_eq!(numbers(&second.inventory), [1, 2], "{case}");
        assert!(second.state.is_some(), "{case}: the next run can start from here");
        let listings = world.paths_since(earlier).iter().filter(|path| *path == "applications").count();
        assert_eq!(listings, 2, "{case}: the listing and the index of those without owners");
    }
}

#[tokio::test]
async fn a_round_that_goes_in_a_circle_ends() {
    let mut world = World::read_once(vec![listed(1)]).await;
    world.tell("start", page(&[], "@odata.nextLink", &world.link("a")));
    world.tell("a", page(&[], "@odata.nextLink", &world.link("start")));
    let earlier = world.server.seen().len();
    let second = world.run().await;
    assert_eq!(second.how, HowRead::InFull);
    let asked = world.paths_since(earlier).iter().filter(|path| *path == "applications/delta").count();
    assert_eq!(asked, 3, "two pages, and a new link");
}

#[tokio::test]
async fn no_token_goes_to_where_a_link_leads_astray() {
    let thief = crate::server::Server::start(|_| Reply::page(&[])).await;
    for name in ["@odata.nextLink", "@odata.deltaLink"] {
        let mut world = World::read_once(vec![listed(1)]).await;
        world.tell("start", page(&[], name, thief.root.as_str()));
        let second = world.run().await;
        assert_eq!(parts(&second.inventory), [Part::Applications], "{name}");
        assert!(reasons(&second.inventory).contains("is not the configured Graph"), "{name}");
        assert_eq!(numbers(&second.inventory), [1], "{name}: the rest is read all the same");
    }
    // A link that the store was talked into, or that is of another `graph_url`.
    let mut world = World::read_once(vec![listed(1)]).await;
    world.basis().since.state.links[0].url = thief.root.to_string();
    let second = world.run().await;
    assert_eq!(second.how, HowRead::InFull);
    assert!(second.inventory.is_complete());
    assert!(thief.seen().is_empty());
}

#[tokio::test]
async fn a_first_link_that_leads_astray_is_a_gap() {
    let astray = page(&[], "@odata.deltaLink", "http://elsewhere.example/");
    let instead = HashMap::from([("applications/delta".to_owned(), astray)]);
    let mut world = World::new(Script { applications: vec![listed(1)], instead, ..Script::default() }).await;
    let first = world.run().await;
    assert_eq!(parts(&first.inventory), [Part::Applications]);
    assert!(first.state.is_none());
}

#[tokio::test]
async fn where_delta_is_refused_every_run_reads_in_full_and_nothing_is_missing() {
    for (status, code) in [
        (403, "Authorization_RequestDenied"),
        (400, "Request_UnsupportedQuery"),
        (404, "Request_ResourceNotFound"),
        (501, "NotImplemented"),
        (500, "Service_InternalServerError"),
    ] {
        let refusal = Reply::error(status, code);
        let paths = ["applications/delta", "servicePrincipals/delta"];
        let instead = paths.map(|path| (path.to_owned(), refusal.clone())).into();
        let mut world =
            World::new(Script { applications: vec![listed(1)], instead, ..Script::default() }).await;
        for _ in 0..2 {
            let run = world.run().await;
            assert_eq!((run.how, run.inventory.is_complete()), (HowRead::InFull, true), "{status}");
            assert!(run.state.is_none(), "{status}");
            assert_eq!(numbers(&run.inventory), [1], "{status}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_lists_the_tenant_instead_of_giving_a_link_is_no_link() {
    let all = page(&[whole(1)], "@odata.nextLink", "http://127.0.0.1/");
    let instead = HashMap::from([("applications/delta".to_owned(), all)]);
    let mut world = World::new(Script { applications: vec![listed(1)], instead, ..Script::default() }).await;
    let first = world.run().await;
    assert!(first.inventory.is_complete() && first.state.is_none());
}

#[tokio::test]
async fn the_links_are_asked_for_before_the_listings() {
    let world = World::read_once(vec![listed(1)]).await;
    let seen = world.server.seen();
    let place = |route: &str| seen.iter().position(|seen| seen.path == format!("/v1.0/{route}")).unwrap();
    for kind in ["applications", "servicePrincipals"] {
        assert!(place(&format!("{kind}/delta")) < place(kind), "what happens in between would be lost");
    }
    let link = &seen[place("applications/delta")];
    let listing = seen.iter().find(|seen| seen.route() == "applications").unwrap();
    let selected = |query: &str| query.split('&').next().unwrap().to_owned();
    assert_eq!(selected(&link.query), selected(&listing.query), "what is not selected is not told of");
    assert!(link.query.ends_with("&$deltatoken=latest"));
}

#[tokio::test]
async fn policies_and_assignments_are_read_anew_each_time() {
    let mut world = World::read_once(vec![listed(1)]).await;
    let policy = json!({"id": id(50), "displayName": "New", "isEnabled": true});
    let applies = json!({"@odata.type": "#microsoft.graph.application", "id": id(1)});
    world.script.lock().unwrap().instead = HashMap::from([
        ("policies/appManagementPolicies".to_owned(), Reply::page(&[policy])),
        (format!("policies/appManagementPolicies/{}/appliesTo", id(50)), Reply::page(&[applies])),
    ]);
    let second = world.run().await;
    assert!(by_delta(&second));
    let assigned = application(&second.inventory, 1).unwrap().assigned;
    assert_eq!(assigned, keysweep::domain::Assigned::Policy(keysweep::domain::PolicyId(id(50))));
}

#[tokio::test]
async fn only_those_are_named_whose_names_are_not_known() {
    let mut world = World::read_once((1..=6).map(listed).collect()).await;
    let keys: Vec<ObjectKey> =
        (1..=6).map(|number| ObjectKey { kind: ObjectKind::Application, id: ObjectId(id(number)) }).collect();
    let known = [
        Owners::Named(vec![Text::new("Lee Gu")]),
        Owners::Somebody,
        Owners::Nobody,
        Owners::Nobody,
        Owners::Unread,
        Owners::Named(vec![Text::new("Lee Gu")]),
    ];
    let objects = &mut world.basis().objects;
    for (key, owners) in keys.iter().zip(known) {
        let place = objects.find(key).unwrap();
        objects.set_owners(place, owners);
    }
    let answers = json!({"value": [{"id": id(77)}]});
    world.script.lock().unwrap().members.insert(format!("applications/{}/owners", id(5)), answers);
    world.tell_changes(&[change(4, json!({"notes": "n"})), change(5, json!({"notes": "n"}))]);
    let second = world.run().await;
    assert!(by_delta(&second));
    assert_eq!(application(&second.inventory, 5).unwrap().owners, Owners::Somebody, "not asked before");
    let named = second.to_be_named(keys.clone());
    assert_eq!(named, [keys[1], keys[4]]);
    let full = world.read(Err(WhyFull::Asked)).await;
    assert_eq!(full.to_be_named(keys.clone()), keys, "after a full read all of them");
}

#[tokio::test]
async fn in_doubt_nothing_is_started_from() {
    let mut world = World::read_once(vec![listed(1)]).await;
    let since = world.basis().since.clone();
    let reading = world.reading.clone();
    let started = now();
    let try_it = |what: &str, later: TimeDelta| {
        let (mut since, mut reading) = (since.clone(), reading.clone());
        match what {
            "scope" => drop(reading.scope.pop()),
            "owners" => reading.owners = false,
            "other terms" => since.state.links[1].terms.push(' '),
            "a link less" => drop(since.state.links.pop()),
            "full read long ago" => since.state.full_at -= TimeDelta::days(6),
            "full read in the future" => since.state.full_at += TimeDelta::days(2),
            "full every day" => reading.full_every = TimeDelta::days(1),
            "full always" => reading.full_every = TimeDelta::zero(),
            "full rarely" => reading.full_every = TimeDelta::days(100),
            _ => {}
        }
        may_start_from(&since, &reading, started + later).err().map(|why| why.to_string())
    };
    let (hours, days) = (TimeDelta::hours, TimeDelta::days);
    #[rustfmt::skip]
    let cases = [
        ("as it is", hours(0), None),
        ("as it is", days(1), None),
        ("as it is", hours(6 * 24 + 12) - TimeDelta::seconds(1), None),
        ("as it is", hours(6 * 24 + 12), Some("too long ago")),
        ("full rarely", days(30), Some("too long ago")),
        ("as it is", -TimeDelta::seconds(1), Some("clock")),
        ("full read in the future", days(1), Some("clock")),
        ("scope", hours(1), Some("has changed")),
        ("owners", hours(1), Some("has changed")),
        ("other terms", hours(1), Some("has changed")),
        ("a link less", hours(1), Some("has changed")),
        ("full read long ago", hours(23), None),
        ("full read long ago", hours(24), Some("full_every")),
        ("full every day", hours(23), None),
        ("full every day", hours(24), Some("full_every")),
        ("full always", hours(0), Some("full_every")),
        ("full rarely", days(6), None),
    ];
    for (what, later, expected) in cases {
        let why = try_it(what, later);
        let as_expected = match (&why, expected) {
            (Some(why), Some(expected)) => why.contains(expected),
            (None, None) => true,
            _ => false,
        };
        assert!(as_expected, "{what} after {later}: {why:?} and not {expected:?}");
    }
}
