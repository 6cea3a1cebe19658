//! Listings, to the last page and not beyond Graph.

use keysweep::domain::Part;
use keysweep::graph::Patience;
use serde_json::{Value, json};

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::server::{Reply, Seen, Server};
use crate::signal::Signal;
use crate::tenant::*;

fn applications(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> impl Fn(&Seen) -> Reply {
    move |request| match request.route() {
        "applications" => answer(request),
        _ => quiet(request),
    }
}

#[tokio::test]
async fn links_are_followed_as_given_through_empty_pages_to_the_end() {
    let server = Server::start(applications(|request| match request.token() {
        None => Reply::page_and(&[application(1)], &request.link("a%2Bb%3D&$odd=1")),
        Some("a%2Bb%3D&$odd=1") => Reply::page_and(&[], &request.link("third")),
        Some("third") => Reply::page_and(&[], &request.link("fourth")),
        _ => Reply::page(&[application(2)]),
    }))
    .await;
    let inventory = read(&server).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    assert_eq!(numbers(&inventory), [1, 2]);
    assert_eq!(server.seen_at("applications").len(), 4);
}

#[tokio::test]
async fn the_consistency_level_is_sent_with_every_page() {
    let server = Server::start(|request| match (request.route(), request.token()) {
        ("ownerless", None) => {
            let link = format!("{}&owners/$count", request.link("2"));
            Reply::json(&json!({"@odata.count": 1, "value": [], "@odata.nextLink": link}))
        }
        ("ownerless", Some(_)) => Reply::page(&[json!({"id": id(1)})]),
        ("applications", _) => Reply::page(&[application(1)]),
        _ => quiet(request),
    })
    .await;
    let inventory = read(&server).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    let seen = server.seen_at("ownerless");
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|request| request.header("consistencylevel") == Some("eventual")));
}

#[tokio::test]
async fn what_came_before_a_failing_page_stays_and_the_rest_is_a_gap() {
    let inventory = read_from(applications(|request| match request.token() {
        None => Reply::page_and(&[application(1), application(2)], &request.link("2")),
        Some(_) => Reply::error(500, "Service_InternalServerError"),
    }))
    .await;
    assert_eq!(numbers(&inventory), [1, 2]);
    assert_eq!(parts(&inventory), [Part::Applications]);
    let said = "The listing broke off after 2 entries. Graph answered `GET /v1.0/applications` with 500";
    assert!(reasons(&inventory).contains(said), "{}", reasons(&inventory));
}

#[tokio::test]
async fn a_link_to_anywhere_else_is_refused_and_no_token_goes_there() {
    let other = Server::start(quiet).await;
    let foreign = other.root.join("/v1.0/applications?$skiptoken=2").unwrap();
    let own = |request: &Seen| request.link("2");
    type Link = Box<dyn Fn(&Seen) -> String + Send + Sync>;
    let links: [(&str, Link); 5] = [
        ("another port", Box::new(move |_| foreign.to_string())),
        ("another scheme", Box::new(move |request| own(request).replacen("http:", "https:", 1))),
        ("another host", Box::new(move |request| own(request).replacen("127.0.0.1", "localhost", 1))),
        ("a user in front", Box::new(move |request| own(request).replacen("//", "//graph.example@", 1))),
        ("no host at all", Box::new(|_| "data:application/json,{}".to_owned())),
    ];
    for (case, link) in links {
        let server =
            Server::start(applications(move |request| Reply::page_and(&[application(1)], &link(request))))
                .await;
        let inventory = read(&server).await;
        assert_eq!(parts(&inventory), [Part::Applications], "{case}");
        assert!(reasons(&inventory).contains("not the configured Graph"), "{case}: {}", reasons(&inventory));
        assert_eq!(numbers(&inventory), [1], "{case}: what was read stays");
        assert_eq!(server.seen_at("applications").len(), 1, "{case}");
    }
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn a_link_that_is_none_ends_the_listing_with_a_gap() {
    for link in ["", "/v1.0/applications?$skiptoken=2", "not a link"] {
        let inventory = read_from(applications(move |_| Reply::page_and(&[application(1)], link))).await;
        assert_eq!(parts(&inventory), [Part::Applications], "{link}");
        assert!(reasons(&inventory).contains("its `@odata.nextLink` is no URL"), "{}", reasons(&inventory));
    }
}

#[tokio::test]
async fn pages_that_go_round_in_a_circle_come_to_an_end() {
    let server = Server::start(applications(|request| {
        let next = if request.token() == Some("2") { "3" } else { "2" };
        Reply::page_and(&[application(1)], &request.link(next))
    }))
    .await;
    let inventory = read(&server).await;
    assert!(reasons(&inventory).contains("go round in a circle"), "{}", reasons(&inventory));
    assert_eq!(numbers(&inventory), [1]);
    assert_eq!(server.seen_at("applications").len(), 3);
}

#[tokio::test]
async fn empty_pages_without_end_come_to_one() {
    let server = Server::start(applications(|request| {
        let next = request.token().map_or(0, |token| token.parse::<u32>().unwrap()) + 1;
        Reply::page_and(&[], &request.link(&next.to_string()))
    }))
    .await;
    let inventory = read(&server).await;
    assert!(reasons(&inventory).contains("200 empty pages one after another"), "{}", reasons(&inventory));
    assert_eq!(server.seen_at("applications").len(), 200);
}

#[tokio::test]
async fn a_page_that_is_a_part_of_one_or_tells_of_an_error_is_asked_for_again() {
    let partly = Reply::status(206, &json!({"value": [application(1)]}));
    let failed = Reply::json(&json!({"error": {"code": "UnknownError"}, "value": []}));
    for first in [partly, failed] {
        let case = format!("{first:?}");
        let server = Server::start(applications(move |request| match request.nth {
            0 => first.clone(),
            _ => Reply::page(&[application(1), application(2)]),
        }))
        .await;
        let inventory = read(&server).await;
        assert!(inventory.is_complete(), "{case}: {}", reasons(&inventory));
        assert_eq!(numbers(&inventory), [1, 2], "{case}");
    }
}

#[tokio::test]
async fn an_expired_page_token_starts_the_listing_anew() {
    let server = Server::start(applications(|request| match (request.token(), request.nth) {
        (None, 0) => Reply::page_and(&[application(1), application(2)], &request.link("2")),
        (None, _) => Reply::page_and(&[application(2), application(3)], &request.link("2")),
        (Some(_), 0) => Reply::error(400, "Directory_ExpiredPageToken"),
        (Some(_), _) => Reply::page(&[application(4)]),
    }))
    .await;
    let inventory = read(&server).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    assert_eq!(numbers(&inventory), [2, 3, 4], "what only the abandoned attempt had is gone");
}

#[tokio::test]
async fn a_page_token_that_expires_every_time_is_given_up_after_three_restarts() {
    let server = Server::start(applications(|request| match request.token() {
        None => Reply::page_and(&[application(1)], &request.link("2")),
        Some(_) => Reply::error(400, "Directory_ExpiredPageToken"),
    }))
    .await;
    let inventory = read(&server).await;
    assert_eq!(parts(&inventory), [Part::Applications]);
    assert_eq!(numbers(&inventory), [1]);
    assert_eq!(server.seen_at("applications").len(), 2 * 4);
}

#[tokio::test]
async fn an_object_that_stands_on_two_pages_is_taken_once_as_it_was_last() {
    let mut renamed = application(1);
    renamed["displayName"] = json!("Renamed");
    let inventory = read_from(applications(move |request| match request.token() {
        None => Reply::page_and(&[application(1), application(2)], &request.link("2")),
        Some(_) => Reply::page(&[renamed.clone(), application(3)]),
    }))
    .await;
    assert!(inventory.is_complete());
    assert_eq!(numbers(&inventory), [1, 2, 3]);
    assert_eq!(inventory.objects.get(0).unwrap().display_name.as_str(), "Renamed");
}

#[tokio::test]
#[rustfmt::skip]
async fn an_entry_that_cannot_be_read_is_a_gap_that_names_it_and_no_lost_page() {
    for (entry, said) in [
        (json!({"id": id(9), "displayName": 5}),        "00000000-0000-0000-0000-000000000009: `displayName` is not as documented"),
        (json!({"id": id(9), "keyCredentials": {}}),    "00000000-0000-0000-0000-000000000009: `keyCredentials` is not"),
        (json!({"displayName": "no id"}),               "entry 2: `id` is missing"),
        (json!({"id": "7"}),                            "entry 2: `id` is no GUID"),
        (json!({"id": id(9), "tags": [{"a": 1}]}),      "00000000-0000-0000-0000-000000000009: `tags[0]` is not as documented"),
        (json!("a word"),                               "entry 2: `.` is not as documented"),
        (Value::Null,                                   "entry 2: `.` is not as documented"),
    ] {
        let inventory = read_from(with_applications(vec![application(1), entry, application(3)])).await;
        assert_eq!(numbers(&inventory), [1, 3], "{said}");
        assert_eq!(parts(&inventory), [Part::Applications], "{said}");
        assert!(reasons(&inventory).contains(said), "{said}: {}", reasons(&inventory));
    }
}

#[tokio::test]
async fn many_unreadable_entries_are_one_gap_of_bounded_length() {
    let inventory = read_from(with_applications(vec![json!({"id": 1}); 900])).await;
    assert_eq!(parts(&inventory), [Part::Applications]);
    assert!(reasons(&inventory).contains("and 895 more."), "{}", reasons(&inventory));
    assert!(reasons(&inventory).len() < 500);
}

#[test]
fn the_next_page_is_asked_for_before_the_one_at_hand_is_read() {
    let asked = Signal::default();
    let (seen, reader) = (asked.clone(), asked);
    // Pages are read by a thread of their own. There is one, and until the second request it is held up.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().max_blocking_threads(1).enable_all().build().unwrap();
    let held_up = runtime.spawn_blocking(move || reader.came());
    let inventory = runtime.block_on(read_from(applications(move |request| match request.token() {
        None => Reply::page_and(&[application(1)], &request.link("2")),
        Some(_) => {
            seen.give();
            Reply::page(&[application(2)])
        }
    })));
    assert!(
        runtime.block_on(held_up).unwrap(),
        "the second page was not asked for while the first was unread"
    );
    assert_eq!(numbers(&inventory), [1, 2]);
}

#[test]
fn a_page_is_told_of_while_the_next_one_is_on_its_way() {
    struct Teller(Signal);
    impl keysweep::graph::Progress for Teller {
        fn event(&self, event: keysweep::graph::Event) {
            if event == (keysweep::graph::Event::Page { part: Part::Applications, total: 1 }) {
                self.0.give();
            }
        }
    }
    let told = Signal::default();
    let (wait, late) = (told.clone(), Arc::new(Mutex::new(false)));
    let noted = Arc::clone(&late);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async move {
        let server = Server::start(applications(move |request| match request.token() {
            None => Reply::page_and(&[application(1)], &request.link("2")),
            Some(_) => {
                *noted.lock().unwrap() = !wait.came();
                Reply::page(&[application(2)])
            }
        }))
        .await;
        let graph = graph(&server, Patience { attempt: Duration::from_secs(30), ..patience() });
        keysweep::graph::collect(&graph, tenant(), &everything(), &Teller(told)).await;
    });
    assert!(!*late.lock().unwrap(), "nothing was told of the first page before the second was there");
}

#[tokio::test]
async fn a_member_that_is_there_twice_counts_as_it_was_last() {
    let names = r#""displayName": "A", "displayName": "B""#;
    let twice =
        format!(r#"{{"value": [{{"id": "{}", {names}, "federatedIdentityCredentials": []}}]}}"#, id(1));
    let inventory = read_from(applications(move |_| Reply::raw(200, twice.clone()))).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    assert_eq!(inventory.objects.get(0).unwrap().display_name.as_str(), "B");
}

#[tokio::test]
async fn a_page_of_more_entries_than_any_page_has_is_a_gap_and_the_next_one_is_read() {
    for (entries, wrong) in
        [(10_000, "entry 1: `.` is not"), (10_001, "page 1: it holds more than 10000 entries.")]
    {
        let ones = vec!["1"; entries].join(",");
        let inventory = read_from(applications(move |request| match request.token() {
            None => {
                let link = request.link("2");
                Reply::raw(200, format!(r#"{{"value": [{ones}], "@odata.nextLink": "{link}"}}"#))
            }
            Some(_) => Reply::page(&[application(2)]),
        }))
        .await;
        assert_eq!(parts(&inventory), [Part::Applications], "{entries}");
        assert!(reasons(&inventory).contains(wrong), "{entries}: {}", reasons(&inventory));
        assert_eq!(numbers(&inventory), [2], "{entries}");
    }
}

#[tokio::test]
async fn an_entry_larger_than_any_object_is_a_gap_and_the_others_are_read() {
    let with_notes = |number: u128, bytes: usize| {
        let mut application = application(number);
        application["notes"] = "n".repeat(bytes).into();
        application
    };
    let mut wrong = with_notes(3, 300 << 10);
    wrong["displayName"] = 5.into();
    let entries = vec![with_notes(1, 3 << 20), with_notes(2, 4 << 20), wrong, application(4)];
    let server = Server::start(with_applications(entries)).await;
    let graph = graph(&server, Patience { body_limit: 16 << 20, ..patience() });
    let inventory = keysweep::graph::collect(&graph, tenant(), &everything(), &Watcher::default()).await;
    assert_eq!(numbers(&inventory), [1, 4]);
    assert_eq!(parts(&inventory), [Part::Applications]);
    let reasons = reasons(&inventory);
    assert!(reasons.contains(&format!("{}: it is larger than 4194304 bytes", id(2))), "{reasons}");
    assert!(reasons.contains(&format!("{}: `displayName` is not as documented", id(3))), "{reasons}");
}
