//! What changed since an earlier run, put onto what that one saw (FACTS §10).

use std::collections::HashMap;

use chrono::TimeDelta;
use keysweep::domain::{Details, HowRead, ObjectId, ObjectKey, ObjectKind, Owner, Owners, Part, Text};
use keysweep::graph::{Refreshed, WhyFull, may_start_from};
use serde_json::{Value, json};

use crate::delta_script::{Script, World, application, change, listed, page, removed, whole};
use crate::server::Reply;
use crate::tenant::{id, now, numbers, parts, reasons};

fn by_delta(refreshed: &Refreshed) -> bool {
    matches!(refreshed.how, HowRead::ByDelta { .. })
}

fn keys(numbers: std::ops::RangeInclusive<u128>) -> Vec<ObjectKey> {
    numbers.map(|number| ObjectKey { kind: ObjectKind::Application, id: ObjectId(id(number)) }).collect()
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
    world.script.lock().unwrap().members = HashMap::from([(format!("applications/{}", id(2)), found)]);
    answer_relationships(&world, 2);
    // The first is not known. The second was deleted before.
    let mut back = whole(1);
    back["displayName"] = json!("Back");
    world.script.lock().unwrap().members.insert(format!("applications/{}", id(1)), back);
    world.tell_changes(&[
        change(2, json!({"notes": "n"})),
        removed(1, "changed"),
        change(1, json!({"notes": "n"})),
    ]);
    let second = world.run().await;
    assert!(by_delta(&second), "{}", reasons(&second.inventory));
    assert_eq!(names(&second), ["Back", "Read by itself"], "nothing is made up");
}

/// Nobody owns it, and it has no federated credentials.
fn answer_relationships(world: &World, number: u128) {
    for what in ["federatedIdentityCredentials", "owners"] {
        let path = format!("applications/{}/{what}", id(number));
        world.script.lock().unwrap().members.insert(path, json!({"value": []}));
    }
}

#[tokio::test]
async fn what_is_new_and_not_found_at_first_is_asked_for_again() {
    let mut world = World::read_once(vec![listed(1)]).await;
    let by_itself = format!("applications/{}", id(2));
    let [federated, owners] =
        ["federatedIdentityCredentials", "owners"].map(|what| format!("applications/{}/{what}", id(3)));
    answer_relationships(&world, 2);
    {
        let mut script = world.script.lock().unwrap();
        script.members.insert(by_itself.clone(), whole(2));
        let credential = json!({"id": "f", "name": "new", "issuer": "i", "subject": "s"});
        script.members.insert(federated.clone(), json!({ "value": [credential] }));
        script.members.insert(owners.clone(), json!({"value": [{"id": id(77)}]}));
        script.late = HashMap::from([(by_itself, 2), (federated, 1), (owners, 2)]);
    }
    world.tell_changes(&[change(2, json!({"notes": "n"})), whole(3)]);
    let second = world.run().await;
    assert!(by_delta(&second), "{}", reasons(&second.inventory));
    assert_eq!(numbers(&second.inventory), [1, 2, 3]);
    let three = application(&second.inventory, 3).unwrap();
    assert_eq!((three.application().unwrap().federated.len(), three.owners), (1, Owners::Somebody));
    let asked: Vec<usize> = world
        .server
        .seen_at("batch")
        .iter()
        .map(|request| request.body["requests"].as_array().unwrap().len())
        .collect();
    assert_eq!(asked, [1, 1, 1, 4, 2, 1], "only what was not found is asked for again");
}

#[tokio::test]
async fn what_is_never_found_is_neither_gone_nor_empty_but_read_in_full_once() {
    for missing in ["", "/federatedIdentityCredentials", "/owners"] {
        let mut world = World::read_once(vec![listed(1)]).await;
        world.script.lock().unwrap().members.insert(format!("applications/{}", id(2)), whole(2));
        answer_relationships(&world, 2);
        let path = format!("applications/{}{missing}", id(2));
        world.script.lock().unwrap().members.remove(&path).unwrap();
        world.script.lock().unwrap().applications.push(listed(2));
        world.tell_changes(&[match missing {
            "" => change(2, json!({"notes": "n"})),
            _ => whole(2),
        }]);
        let second = world.run().await;
        assert_eq!(second.how, HowRead::InFull, "{path}");
        assert!(second.inventory.is_complete(), "{path}: {}", reasons(&second.inventory));
        let two = application(&second.inventory, 2).unwrap();
        assert_eq!(
            (two.application().unwrap().federated.len(), &two.owners),
            (1, &Owners::Somebody),
            "{path}"
        );
        // From there on only what changes is asked for again, whether it was found or not.
        world.tell_changes(&[]);
        assert!(by_delta(&world.run().await), "{path}");
    }
}

#[tokio::test]
async fn what_is_absent_where_all_of_an_object_was_asked_for_is_not_taken_for_empty() {
    for name in whole(1).as_object().unwrap().keys().filter(|name| *name != "id") {
        let mut world = World::read_once(vec![listed(1)]).await;
        let mut lacking = whole(1);
        lacking.as_object_mut().unwrap().remove(name);
        world.script.lock().unwrap().members.insert(format!("applications/{}", id(1)), lacking);
        world.tell_changes(&[removed(1, "changed"), change(1, json!({"notes": "n"}))]);
        let before = world.basis().objects.clone();
        let second = world.run().await;
        assert_eq!(second.how, HowRead::InFull, "{name}");
        assert_eq!(second.inventory.objects, before, "{name}");
    }
}

#[tokio::test]
async fn whom_nobody_owned_is_asked_about_again_when_it_changes_and_holds_a_credential() {
    let mut world = World::read_once((1..=4).map(listed).collect()).await;
    let keys = keys(1..=4);
    for key in &keys {
        let objects = &mut world.basis().objects;
        let place = objects.find(key).unwrap();
        objects.set_owners(place, Owners::Nobody);
    }
    answer_relationships(&world, 1);
    answer_relationships(&world, 2);
    let owners = format!("applications/{}/owners", id(2));
    world.script.lock().unwrap().members.insert(owners, json!({"value": [{"id": id(77)}]}));
    let bare = json!({"passwordCredentials": [], "keyCredentials": []});
    let mut renamed = bare.clone();
    renamed["displayName"] = json!("Renamed");
    let mut three = world.basis().objects.get(2).unwrap();
    if let Details::Application(facts) = &mut three.details {
        facts.federated.clear();
    }
    let objects = std::mem::take(&mut world.basis().objects);
    world.basis().objects = objects.amended(vec![three], &Default::default());
    world.tell_changes(&[
        change(1, json!({"notes": "n"})),
        change(2, json!({"notes": "n"})),
        change(3, renamed),
    ]);
    let second = world.run().await;
    assert!(by_delta(&second), "{}", reasons(&second.inventory));
    let owners: Vec<Owners> = second.inventory.objects.iter().map(|object| object.owners).collect();
    assert_eq!(owners, [Owners::Nobody, Owners::Somebody, Owners::Nobody, Owners::Nobody]);
    let asked = &world.server.seen_at("batch")[0].body["requests"];
    assert_eq!(asked.as_array().unwrap().len(), 2, "the third holds nothing, the fourth is as it was");
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
    let keys = keys(1..=6);
    let known = [
        Owners::Named(vec![Owner::by_name(Text::new("Lee Gu"))]),
        Owners::Somebody,
        Owners::Nobody,
        Owners::Nobody,
        Owners::Unread,
        Owners::Named(vec![Owner::by_name(Text::new("Lee Gu"))]),
    ];
    let objects = &mut world.basis().objects;
    for (key, owners) in keys.iter().zip(known) {
        let place = objects.find(key).unwrap();
        objects.set_owners(place, owners);
    }
    let answers = json!({"value": [{"id": id(77)}]});
    world.script.lock().unwrap().members.insert(format!("applications/{}/owners", id(5)), answers);
    answer_relationships(&world, 4);
    world.tell_changes(&[change(4, json!({"notes": "n"})), change(5, json!({"notes": "n"}))]);
    let mut second = world.run().await;
    assert!(by_delta(&second));
    assert_eq!(application(&second.inventory, 5).unwrap().owners, Owners::Somebody, "not asked before");
    let named = second.to_be_named(keys.clone());
    assert_eq!(named, keys[1..5], "and those that nobody owned, for the index lags behind");
    let flagged: Vec<ObjectKey> = keys[..5].to_vec();
    second.to_be_named(flagged);
    let owners = |number| application(&second.inventory, number).unwrap().owners;
    assert_eq!(owners(1), Owners::Named(vec![Owner::by_name(Text::new("Lee Gu"))]));
    assert_eq!(owners(6), Owners::Somebody, "names of what is not flagged are not read in full either");
    let mut full = world.read(Err(WhyFull::Asked)).await;
    assert_eq!(full.to_be_named(keys.clone()), keys, "after a full read all of them");
}

#[tokio::test]
async fn those_that_nobody_owned_cost_a_delta_run_one_request_at_most() {
    for (ownerless, asked) in [(20, true), (21, false)] {
        let mut world = World::read_once((1..=ownerless).map(listed).collect()).await;
        let objects = &mut world.basis().objects;
        for place in 0..objects.len() {
            objects.set_owners(place, Owners::Nobody);
        }
        let mut second = world.run().await;
        assert!(by_delta(&second));
        let keys = keys(1..=ownerless);
        let expected = if asked { keys.clone() } else { Vec::new() };
        assert_eq!(second.to_be_named(keys), expected, "{ownerless}");
    }
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
