//! Owners: whether there are any, and by name.

use std::time::Duration;

use keysweep::domain::{Inventory, ObjectKey, Owner, OwnerKind, Owners, Part, Text};
use keysweep::graph::{Event, Patience, collect, name_owners};
use serde_json::{Value, json};

use crate::server::{Reply, Seen, Server};
use crate::signal::Signal;
use crate::tenant::*;

fn owners(inventory: &Inventory) -> Vec<Owners> {
    inventory.objects.iter().map(|object| object.owners.clone()).collect()
}

fn all_of(kind: OwnerKind, names: &[&str]) -> Owners {
    let owner = |name: &&str| Owner { kind, ..Owner::by_name(Text::new(name)) };
    Owners::Named(names.iter().map(owner).collect())
}

/// Users without an address.
fn named(names: &[&str]) -> Owners {
    all_of(OwnerKind::User, names)
}

/// The URLs asked for in a batch, by member id.
fn members(request: &Seen) -> Vec<(String, String)> {
    let member = |member: &Value| {
        assert_eq!(member["method"], "GET");
        (member["id"].as_str().unwrap().to_owned(), member["url"].as_str().unwrap().to_owned())
    };
    request.body["requests"].as_array().unwrap().iter().map(member).collect()
}

/// Answers each member of a batch, in the opposite order.
fn batch(request: &Seen, answer: impl Fn(&str) -> Value) -> Reply {
    let answers = members(request).into_iter().rev().map(|(id, url)| {
        let mut answer = answer(&url);
        answer["id"] = id.into();
        answer
    });
    Reply::json(&json!({"responses": answers.collect::<Vec<_>>()}))
}

fn people(names: &[&str]) -> Value {
    let people: Vec<Value> = names
        .iter()
        .map(|name| json!({"@odata.type": "#microsoft.graph.user", "id": name, "displayName": name}))
        .collect();
    json!({"status": 200, "headers": {}, "body": {"value": people}})
}

fn about(url: &str, number: u128) -> bool {
    url.contains(&id(number).to_string())
}

/// Applications 1 to 3, all with a secret.
fn three(other: impl Fn(&Seen) -> Reply) -> impl Fn(&Seen) -> Reply {
    move |request| match request.route() {
        "applications" => Reply::page(&[holder(1), holder(2), holder(3)]),
        _ => other(request),
    }
}

#[tokio::test]
async fn one_listing_tells_who_has_no_owner() {
    let server = Server::start(three(|request| match request.route() {
        "ownerless" => Reply::json(&json!({"@odata.count": 1, "value": [{"id": id(2)}]})),
        _ => quiet(request),
    }))
    .await;
    let inventory = read(&server).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    assert_eq!(owners(&inventory), [Owners::Somebody, Owners::Nobody, Owners::Somebody]);
    assert!(server.seen_at("batch").is_empty());
}

#[tokio::test]
async fn where_that_listing_is_not_answered_holders_of_credentials_are_asked_about_in_batches() {
    let federated = json!({"id": id(4), "federatedIdentityCredentials": [{"id": "f", "name": "f"}]});
    for (case, answer) in [
        ("400", Reply::error(400, "Request_UnsupportedQuery")),
        ("501", Reply::error(501, "NotImplemented")),
        ("no count", Reply::page(&[json!({"id": id(2)})])),
        ("another count", Reply::json(&json!({"@odata.count": 3, "value": [{"id": id(2)}]}))),
        ("no ids", Reply::json(&json!({"@odata.count": 1, "value": [{"appId": id(2)}]}))),
    ] {
        let federated = federated.clone();
        let server = Server::start(move |request| match request.route() {
            "applications" => Reply::page(&[holder(1), application(2), holder(3), federated.clone()]),
            "ownerless" => answer.clone(),
            "batch" => batch(request, |url| if about(url, 3) { people(&[]) } else { people(&["Lynne"]) }),
            _ => quiet(request),
        })
        .await;
        let inventory = read(&server).await;
        assert!(inventory.is_complete(), "{case}: {}", reasons(&inventory));
        assert_eq!(
            owners(&inventory),
            [Owners::Somebody, Owners::Unread, Owners::Nobody, Owners::Somebody],
            "{case}"
        );
        let asked: Vec<String> =
            members(&server.seen_at("batch")[0]).into_iter().map(|(_, url)| url).collect();
        let expected =
            [1, 3, 4].map(|number| format!("/applications/{}/owners?$select=id&$top=1", id(number)));
        assert_eq!(asked, expected, "{case}");
    }
}

/// Somebody got an owner while the pages were read.
#[tokio::test]
async fn a_listing_that_is_torn_is_read_once_more_before_anybody_is_asked_about() {
    let server = Server::start(three(|request| match (request.route(), request.nth) {
        ("ownerless", 0) => Reply::json(&json!({"@odata.count": 2, "value": [{"id": id(2)}]})),
        ("ownerless", _) => Reply::json(&json!({"@odata.count": 1, "value": [{"id": id(2)}]})),
        _ => quiet(request),
    }))
    .await;
    let inventory = read(&server).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    assert_eq!(owners(&inventory), [Owners::Somebody, Owners::Nobody, Owners::Somebody]);
    assert!(server.seen_at("batch").is_empty());
    assert_eq!(server.seen_at("ownerless").len(), 2);
}

#[tokio::test]
async fn an_application_that_stands_on_two_pages_of_that_listing_counts_once() {
    let server = Server::start(three(|request| match (request.route(), request.token()) {
        ("ownerless", None) => Reply::json(&json!({
            "@odata.count": 2, "value": [{"id": id(1)}, {"id": id(2)}], "@odata.nextLink": request.link("owners/$count"),
        })),
        ("ownerless", Some(_)) => Reply::page(&[json!({"id": id(2)})]),
        _ => quiet(request),
    }))
    .await;
    let inventory = read(&server).await;
    assert_eq!(owners(&inventory), [Owners::Nobody, Owners::Nobody, Owners::Somebody]);
    assert_eq!(server.seen_at("ownerless").len(), 2, "two pages, read once");
}

#[tokio::test]
async fn a_listing_that_is_refused_or_fails_is_a_gap_and_no_reason_for_batches() {
    for (reply, said) in [
        (Reply::error(403, "Authorization_RequestDenied"), "lacks `Application.Read.All`"),
        (Reply::error(500, "Service_InternalServerError"), "with 500"),
    ] {
        let server = Server::start(three(move |request| match request.route() {
            "ownerless" => reply.clone(),
            _ => quiet(request),
        }))
        .await;
        let inventory = read(&server).await;
        assert_eq!(parts(&inventory), [Part::Owners], "{said}");
        assert!(reasons(&inventory).contains(said), "{}", reasons(&inventory));
        assert!(owners(&inventory).iter().all(|owners| *owners == Owners::Unread));
        assert!(server.seen_at("batch").is_empty());
    }
}

#[tokio::test]
async fn names_are_read_twenty_objects_to_a_request_and_correct_the_index() {
    let server = Server::start(|request| match request.route() {
        "applications" => Reply::page(&(1..=25).map(holder).collect::<Vec<_>>()),
        "servicePrincipals" => Reply::page(&[application(1)]),
        "ownerless" => Reply::json(&json!({"@odata.count": 1, "value": [{"id": id(1)}]})),
        "batch" => batch(request, |url| match url {
            url if url.starts_with("/servicePrincipals/") => people(&["Patti"]),
            url if about(url, 1) => people(&["Lynne"]),
            url if about(url, 2) => people(&[]),
            _ => people(&["Megan", "Adele"]),
        }),
        _ => quiet(request),
    })
    .await;
    let inventory = read_and_name(&server).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    let owners = owners(&inventory);
    assert_eq!(owners[..3], [named(&["Lynne"]), Owners::Nobody, named(&["Adele", "Megan"])]);
    assert_eq!(owners[25], named(&["Patti"]));
    let batches = server.seen_at("batch");
    assert_eq!(batches.iter().map(|request| members(request).len()).collect::<Vec<_>>(), [20, 6]);
    for request in &batches {
        assert_eq!(
            (request.method.as_str(), request.header("content-type")),
            ("POST", Some("application/json"))
        );
        let query = "/owners?$select=id,displayName,mail,userPrincipalName";
        assert!(members(request).iter().all(|(_, url)| url.ends_with(query)), "{:?}", request.body);
    }
}

#[tokio::test]
async fn an_owner_goes_by_the_best_name_there_is() {
    let body = json!({"value": [
        {"id": "4", "displayName": "Adele", "userPrincipalName": "adele@contoso.com"},
        {"id": "3", "displayName": null, "userPrincipalName": "lynne@contoso.com"},
        {"id": "2", "displayName": " "},
    ]});
    let inventory = read_and_name(
        &Server::start(move |request| match request.route() {
            "applications" => Reply::page(&[holder(1)]),
            "batch" => batch(request, |_| json!({"status": 200, "body": body})),
            _ => quiet(request),
        })
        .await,
    )
    .await;
    let Owners::Named(owners) = &owners(&inventory)[0] else { panic!("{inventory:?}") };
    let names: Vec<&str> = owners.iter().map(|owner| owner.name.as_str()).collect();
    assert_eq!(names, ["2", "Adele", "lynne@contoso.com"]);
}

/// What cannot be read about an owner, for want of a permission, is null.
#[tokio::test]
#[rustfmt::skip]
async fn an_owner_is_of_a_kind_and_people_and_groups_have_an_address() {
    use OwnerKind::{Group, Other, ServicePrincipal, User};
    for (case, owner, kind, address) in [
        ("mail",        json!({"@odata.type": "#microsoft.graph.user", "mail": "a@contoso.com", "userPrincipalName": "b@contoso.com"}), User, Some("a@contoso.com")),
        ("no mail",     json!({"@odata.type": "#microsoft.graph.user", "mail": null, "userPrincipalName": "b@contoso.com"}), User, Some("b@contoso.com")),
        ("odd mail",    json!({"@odata.type": "#microsoft.graph.user", "mail": "a@contoso.com\r\nBcc: eve@example.com", "userPrincipalName": "b@contoso.com"}), User, Some("b@contoso.com")),
        ("odd both",    json!({"@odata.type": "#microsoft.graph.user", "mail": "a b", "userPrincipalName": "<b@contoso.com>"}), User, None),
        ("guest",       json!({"@odata.type": "#microsoft.graph.user", "userPrincipalName": "a_fabrikam.com#EXT#@contoso.com"}), User, None),
        ("guest, mail", json!({"@odata.type": "#microsoft.graph.user", "mail": "a@fabrikam.com", "userPrincipalName": "a_fabrikam.com#EXT#@contoso.com"}), User, Some("a@fabrikam.com")),
        ("untold type", json!({"userPrincipalName": "b@contoso.com"}), User, Some("b@contoso.com")),
        ("unreadable",  json!({"@odata.type": "#microsoft.graph.user", "displayName": null, "mail": null, "userPrincipalName": null}), User, None),
        ("principal",   json!({"@odata.type": "#microsoft.graph.servicePrincipal", "mail": "a@contoso.com"}), ServicePrincipal, None),
        ("group",       json!({"@odata.type": "#microsoft.graph.group", "mail": "team@contoso.com"}), Group, Some("team@contoso.com")),
        ("new type",    json!({"@odata.type": "#microsoft.graph.agentUser", "userPrincipalName": "c@contoso.com"}), Other, Some("c@contoso.com")),
        ("nothing",     json!({}), Other, None),
    ] {
        let mut owner = owner;
        owner["id"] = "9".into();
        if owner.get("displayName").is_none() {
            owner["displayName"] = "Ada".into();
        }
        let called = owner["displayName"].as_str().unwrap_or("9").to_owned();
        let listed = json!({"status": 200, "body": {"value": [owner]}});
        let server = Server::start(move |request| match request.route() {
            "applications" => Reply::page(&[holder(1)]),
            "batch" => batch(request, |_| listed.clone()),
            _ => quiet(request),
        }).await;
        let inventory = read_and_name(&server).await;
        let expected = Owner { name: Text::new(&called), address: address.map(Text::new), kind };
        assert_eq!(owners(&inventory), [Owners::Named(vec![expected])], "{case}");
    }
}

/// Three pages, of which the batch brings the first, and `$expand` would have brought twenty of them.
#[tokio::test]
async fn all_owners_of_a_service_principal_are_read_however_many_there_are() {
    let page = |numbers: std::ops::Range<usize>| -> Vec<Value> {
        numbers
            .map(|number| json!({"id": number.to_string(), "displayName": format!("Owner {number:02}")}))
            .collect()
    };
    let server = Server::start(move |request| match (request.route(), request.token()) {
        ("servicePrincipals", _) => Reply::page(&[holder(1)]),
        ("batch", _) => batch(request, |url| {
            let owners = url.split('?').next().unwrap();
            assert_eq!(owners, format!("/servicePrincipals/{}/owners", id(1)));
            let next = format!("{}/v1.0{owners}?$skiptoken=2", request.origin);
            json!({"status": 200, "body": {"value": page(0..20), "@odata.nextLink": next}})
        }),
        ("other", Some("2")) => Reply::json(&json!({
            "value": page(20..40), "@odata.nextLink": format!("{}{}?$skiptoken=3", request.origin, request.path),
        })),
        ("other", Some("3")) => Reply::page(&page(39..45)),
        _ => quiet(request),
    })
    .await;
    let inventory = read_and_name(&server).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    let names: Vec<String> = (0..45).map(|number| format!("Owner {number:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(owners(&inventory), [all_of(OwnerKind::Other, &names)]);
}

#[tokio::test]
async fn owners_are_followed_to_the_last_page_but_not_elsewhere() {
    let other = Server::start(quiet).await;
    let foreign = format!("{}v1.0/applications/x/owners?$skiptoken=2", other.root);
    let server = Server::start(three(move |request| match request.route() {
        "batch" => batch(request, |url| {
            let mut answer = people(&["Adele"]);
            if about(url, 1) {
                let own = format!("{}/v1.0{}?$skiptoken=2", request.origin, url.split('?').next().unwrap());
                answer["body"]["@odata.nextLink"] = own.into();
            } else if about(url, 2) {
                answer["body"]["@odata.nextLink"] = foreign.clone().into();
            }
            answer
        }),
        "other" => {
            Reply::page(&[json!({"@odata.type": "#microsoft.graph.user", "id": "9", "displayName": "Lynne"})])
        }
        _ => quiet(request),
    }))
    .await;
    let inventory = read_and_name(&server).await;
    assert_eq!(owners(&inventory), [named(&["Adele", "Lynne"]), Owners::Unread, named(&["Adele"])]);
    assert_eq!(parts(&inventory), [Part::Owners]);
    assert!(reasons(&inventory).contains("not the configured Graph"), "{}", reasons(&inventory));
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn throttled_members_are_sent_again_alone_after_the_longest_wait() {
    let server = Server::start(three(|request| match (request.route(), members_of(request)) {
        ("batch", 3) => batch(request, |url| match url {
            url if about(url, 1) => json!({"status": 429, "headers": {"Retry-After": "0.1"}, "body": {}}),
            url if about(url, 2) => json!({"status": 503, "headers": {"retry-after": 0.4}}),
            _ => people(&["Adele"]),
        }),
        ("batch", _) => batch(request, |_| people(&["Lynne"])),
        _ => quiet(request),
    }))
    .await;
    let inventory = read_and_name(&server).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    assert_eq!(owners(&inventory), [named(&["Lynne"]), named(&["Lynne"]), named(&["Adele"])]);
    let batches = server.seen_at("batch");
    assert_eq!(batches.iter().map(members_of).collect::<Vec<_>>(), [3, 2]);
    assert!(Duration::from_millis(400) <= server.pause_at("batch"), "{:?}", server.pause_at("batch"));
}

fn members_of(request: &Seen) -> usize {
    request.body["requests"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
#[rustfmt::skip]
async fn a_member_that_fails_is_unread_and_a_gap_the_others_are_named() {
    let error = |status: u16| json!({"status": status, "body": {"error": {"code": "Some_Code"}}});
    for (answer, attempts, said) in [
        (error(403),                                1, "Graph refused `GET /v1.0/applications/00000000-0000-0000-0000-000000000002/owners` (403 Some_Code)"),
        (error(400),                                1, "with 400 Some_Code"),
        (error(500),                                3, "with 500 Some_Code"),
        (json!({"status": 200, "body": "QkFTRTY0"}), 1, "is not of the documented shape"),
        (json!({"status": 200, "body": {"value": [{}]}}), 1, "an owner has neither a name nor an id"),
    ] {
        let server = Server::start(three(move |request| match request.route() {
            "batch" => batch(request, |url| if about(url, 2) { answer.clone() } else { people(&["Adele"]) }),
            _ => quiet(request),
        })).await;
        let inventory = read_and_name(&server).await;
        assert_eq!(owners(&inventory), [named(&["Adele"]), Owners::Unread, named(&["Adele"])], "{said}");
        assert_eq!(parts(&inventory), [Part::Owners], "{said}");
        assert!(reasons(&inventory).contains(said), "{said}: {}", reasons(&inventory));
        assert_eq!(server.seen_at("batch").len(), attempts, "{said}");
    }
}

#[tokio::test]
async fn a_member_without_an_answer_is_asked_for_again() {
    let server = Server::start(three(|request| match (request.route(), request.nth) {
        ("batch", 0) => Reply::json(&json!({"responses": []})),
        ("batch", _) => batch(request, |_| people(&["Adele"])),
        _ => quiet(request),
    }))
    .await;
    let inventory = read_and_name(&server).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    assert_eq!(server.seen_at("batch").len(), 2);
}

#[tokio::test]
async fn an_object_that_has_gone_is_unread_without_a_gap() {
    let server = Server::start(three(|request| match request.route() {
        "batch" => batch(request, |url| match url {
            url if about(url, 2) => {
                json!({"status": 404, "body": {"error": {"code": "Request_ResourceNotFound"}}})
            }
            _ => people(&["Adele"]),
        }),
        _ => quiet(request),
    }))
    .await;
    let inventory = read_and_name(&server).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    assert_eq!(owners(&inventory), [named(&["Adele"]), Owners::Unread, named(&["Adele"])]);
    assert_eq!(server.seen_at("batch").len(), 2, "it is asked whether it has gone");
}

#[tokio::test]
async fn an_object_that_is_there_has_owners_to_be_found() {
    let server = Server::start(three(|request| match request.route() {
        "batch" => batch(request, |url| match url {
            url if about(url, 2) && url.contains("/owners") => {
                json!({"status": 404, "body": {"error": {"code": "Request_ResourceNotFound"}}})
            }
            url if about(url, 2) => json!({"status": 200, "body": {"id": id(2)}}),
            _ => people(&["Adele"]),
        }),
        _ => quiet(request),
    }))
    .await;
    let inventory = read_and_name(&server).await;
    assert_eq!(parts(&inventory), [Part::Owners]);
    assert!(reasons(&inventory).contains("404"), "{}", reasons(&inventory));
    assert_eq!(owners(&inventory), [named(&["Adele"]), Owners::Unread, named(&["Adele"])]);
}

#[tokio::test]
async fn owners_that_are_late_are_asked_for_again() {
    let server = Server::start(three(|request| match request.route() {
        "batch" => batch(request, |url| match url {
            url if about(url, 2) && url.contains("/owners") && request.nth == 0 => {
                json!({"status": 404, "body": {"error": {"code": "Request_ResourceNotFound"}}})
            }
            url if about(url, 2) && !url.contains("/owners") => json!({"status": 200, "body": {"id": id(2)}}),
            _ => people(&["Adele"]),
        }),
        _ => quiet(request),
    }))
    .await;
    let inventory = read_and_name(&server).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    assert_eq!(owners(&inventory), vec![named(&["Adele"]); 3]);
    let members: Vec<usize> = server.seen_at("batch").iter().map(members_of).collect();
    assert_eq!(members, [3, 1, 1], "only those that were not found are asked about");
}

#[tokio::test]
async fn of_two_answers_to_one_question_none_is_believed() {
    let server = Server::start(three(|request| match request.route() {
        "batch" if request.nth == 0 => {
            let answer = |id: &str, names: &[&str]| {
                let mut answer = people(names);
                answer["id"] = json!(id);
                answer
            };
            Reply::json(
                &json!({"responses": [answer("0", &["Adele"]), answer("1", &["Adele"]), answer("1", &[])]}),
            )
        }
        "batch" => batch(request, |_| people(&["Lynne"])),
        _ => quiet(request),
    }))
    .await;
    let inventory = read_and_name(&server).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    assert_eq!(owners(&inventory), [named(&["Adele"]), named(&["Lynne"]), named(&["Lynne"])]);
}

#[tokio::test]
async fn a_batch_that_fails_leaves_what_it_asked_for_unread_and_one_gap() {
    let server = Server::start(|request| match request.route() {
        "applications" => Reply::page(&(1..=400).map(holder).collect::<Vec<_>>()),
        "batch" if request.nth == 0 => batch(request, |_| people(&["Adele"])),
        "batch" => Reply::error(403, "Authorization_RequestDenied"),
        _ => quiet(request),
    })
    .await;
    let inventory = read_and_name(&server).await;
    assert_eq!(parts(&inventory), [Part::Owners]);
    assert!(reasons(&inventory).contains("`POST /v1.0/$batch`"), "{}", reasons(&inventory));
    let unread = owners(&inventory).iter().filter(|owners| **owners == Owners::Unread).count();
    assert_eq!(unread, 380, "an answer that is on its way is taken, whatever failed before it came");
    let sent = server.seen_at("batch").len();
    assert!(sent <= 5, "{sent}: the others would fail alike");
}

#[test]
fn several_batches_are_on_their_way_at_a_time_but_not_all() {
    let arrived = Signal::default();
    let seen = arrived.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(8).enable_all().build().unwrap();
    runtime.block_on(async move {
        let server = Server::start(move |request| match request.route() {
            "applications" => Reply::page(&(1..=200).map(holder).collect::<Vec<_>>()),
            "batch" => {
                seen.give();
                assert!(seen.came_times(4), "four of them are sent before the first is answered");
                batch(request, |_| people(&["Lynne"]))
            }
            _ => quiet(request),
        })
        .await;
        let inventory = read_and_name(&server).await;
        assert!(inventory.is_complete(), "{}", reasons(&inventory));
        assert_eq!(server.seen_at("batch").len(), 10);
        assert!(owners(&inventory).iter().all(|owners| *owners == named(&["Lynne"])));
    });
}

#[test]
fn the_first_object_that_fails_is_named_in_whatever_order_the_answers_come() {
    let arrived = Signal::default();
    let seen = arrived.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(8).enable_all().build().unwrap();
    runtime.block_on(async move {
        let server = Server::start(move |request| match request.route() {
            "applications" => Reply::page(&(1..=40).map(holder).collect::<Vec<_>>()),
            "batch" if request.body.to_string().contains(&id(1).to_string()) => {
                // Answered when the second batch already is.
                assert!(seen.came());
                batch(request, |_| json!({"status": 400, "body": {"error": {"code": "First"}}}))
            }
            "batch" => {
                seen.give();
                batch(request, |_| json!({"status": 400, "body": {"error": {"code": "Second"}}}))
            }
            _ => quiet(request),
        })
        .await;
        let inventory = read_and_name(&server).await;
        let said = "400 First. So it is for 39 more objects.";
        assert!(reasons(&inventory).contains(said), "{}", reasons(&inventory));
    });
}

/// An entry of a listing for the sake of its owners.
fn owned(number: u128, owners: usize) -> Value {
    let owners: Vec<Value> =
        (0..owners).map(|nth| json!({"displayName": format!("Owner {nth:02}")})).collect();
    json!({"id": id(number), "owners": owners})
}

#[test]
fn the_owners_of_very_many_are_listed_of_both_kinds_at_the_same_time() {
    let arrived = Signal::default();
    let seen = arrived.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(8).enable_all().build().unwrap();
    runtime.block_on(async move {
        let server = Server::start(move |request| match request.route() {
            "applications" | "servicePrincipals" if request.query.contains("$expand=owners(") => {
                let expanded = "$expand=owners($select=id,displayName,mail,userPrincipalName)";
                assert!(request.query.contains(expanded), "{}", request.query);
                seen.give();
                assert!(seen.came_times(2), "both are sent before the first is answered");
                let mut page = vec![owned(1, 0), owned(2, 20), owned(5_000, 1)];
                // Of the third there are more, and the fourth is not listed.
                page.push(owned(3, 1));
                page[3]["owners@odata.nextLink"] = json!("https://graph.example/next");
                page.extend((5..=1_000).map(|number| owned(number, 1)));
                Reply::page(&page)
            }
            "applications" | "servicePrincipals" => {
                Reply::page(&(1..=1_000).map(application).collect::<Vec<_>>())
            }
            "batch" => batch(request, |_| people(&["Lynne", "Adele"])),
            _ => quiet(request),
        })
        .await;
        // Sent once: a second attempt would be taken for the other kind.
        let once = Patience { attempt: Duration::from_secs(30), attempts: 1, ..patience() };
        let graph = graph(&server, once);
        let mut inventory = collect(&graph, tenant(), &everything(), &Watcher::default()).await;
        let all: Vec<ObjectKey> = inventory.objects.keys().collect();
        let watcher = Watcher::default();
        name_owners(&graph, &mut inventory, &all, &watcher).await;
        assert!(inventory.is_complete(), "{}", reasons(&inventory));
        let owners = owners(&inventory);
        assert_eq!(owners.len(), 2_000);
        for of_kind in owners.chunks(1_000) {
            assert_eq!(of_kind[..2], [Owners::Nobody, named(&["Adele", "Lynne"])]);
            assert_eq!(of_kind[2..4], [named(&["Adele", "Lynne"]), named(&["Adele", "Lynne"])]);
            assert!(of_kind[4..].iter().all(|owners| *owners == all_of(OwnerKind::Other, &["Owner 00"])));
        }
        let batches: Vec<usize> = server.seen_at("batch").iter().map(members_of).collect();
        assert_eq!(batches, [6], "only those whose owners were cut off or not listed are asked about");
        let pages: Vec<Event> = watcher
            .events()
            .into_iter()
            .filter(|event| matches!(event, Event::Page { .. }))
            .take(2)
            .collect();
        let page = |total| Event::Page { part: Part::Owners, total };
        assert_eq!(pages, [page(1_000), page(2_000)], "the watcher hears of one listing");
    });
}

#[tokio::test]
async fn a_batch_of_more_answers_than_were_asked_for_is_not_believed() {
    let answers = |number: usize| {
        let answer = |id: usize| json!({"id": id.to_string(), "status": 200, "body": {"value": []}});
        Reply::json(&json!({"responses": (0..number).map(answer).collect::<Vec<_>>()}))
    };
    for (number, complete) in [(3, true), (4, false), (100, false)] {
        let server = Server::start(three(move |request| match request.route() {
            "batch" => answers(number),
            _ => quiet(request),
        }))
        .await;
        let inventory = read_and_name(&server).await;
        assert_eq!(inventory.is_complete(), complete, "{number}: {}", reasons(&inventory));
        if !complete {
            assert_eq!(parts(&inventory), [Part::Owners], "{number}");
            assert!(
                reasons(&inventory).contains("(it holds more answers than were asked for)"),
                "{}",
                reasons(&inventory)
            );
            assert_eq!(owners(&inventory), vec![Owners::Unread; 3], "{number}");
        }
    }
}

#[tokio::test]
async fn a_member_whose_token_is_refused_is_sent_again_once_with_another_one() {
    let refused = || json!({"status": 401, "body": {"error": {"code": "InvalidAuthenticationToken"}}});
    for (first_good, code) in
        [("Bearer token-2", None), ("Bearer token-3", Some("does not accept the token"))]
    {
        let server = Server::start(three(move |request| match request.route() {
            "batch" => batch(request, |url| match url {
                url if about(url, 2) && request.header("authorization") < Some(first_good) => refused(),
                _ => people(&["Adele"]),
            }),
            _ => quiet(request),
        }))
        .await;
        let inventory = read_and_name(&server).await;
        let batches = server.seen_at("batch");
        let sent: Vec<_> =
            batches.iter().map(|batch| (members_of(batch), batch.header("authorization").unwrap())).collect();
        assert_eq!(sent, [(3, "Bearer token-1"), (1, "Bearer token-2")]);
        match code {
            None => assert!(inventory.is_complete(), "{}", reasons(&inventory)),
            Some(said) => assert!(reasons(&inventory).contains(said), "{}", reasons(&inventory)),
        }
    }
}
