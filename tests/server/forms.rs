//! Signing in and out, and "run now": only by the form of one's own session, from our own page.

use std::time::Duration;

use keysweep::config::StoreUrl;
use keysweep::emulator::{Fault, Side, scenario};
use keysweep::store::{RunEntry, Store, TenantKey};
use tokio::runtime::Runtime;

use crate::visit::{NEVER, Service, TOKEN};
use crate::world::{World, now, until};

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

#[test]
fn signing_in_takes_the_token_and_the_form_of_ones_own_session() {
    let service = Service::closed().ready();
    let (cookie, form) = service.sign_in_form();
    let (other, other_form) = service.sign_in_form();
    for (what, cookie, body, status) in [
        ("no form", cookie.as_str(), format!("token={TOKEN}"), 403),
        ("the form of another session", &cookie, format!("form={other_form}&token={TOKEN}"), 403),
        ("another session", &other, format!("form={form}&token={TOKEN}"), 403),
        ("no session", "", format!("form={form}&token={TOKEN}"), 403),
        ("a wrong token", &cookie, format!("form={form}&token=wrong"), 401),
        ("no token", &cookie, format!("form={form}"), 401),
    ] {
        let answer = service.send("/sign-in", cookie, &body);
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        let signed_in = answer.header("set-cookie").map(|_| service.page(&answer.cookie()).status);
        assert_ne!(signed_in, Some(200), "{what}");
    }
    assert_ne!(service.page(&cookie).status, 200, "the session of the form is not signed in");
    let answer = service.send("/sign-in", &cookie, &format!("form={form}&token={TOKEN}"));
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
    let set = answer.header("set-cookie").unwrap();
    assert!(
        set.contains("; HttpOnly") && set.contains("; SameSite=Strict") && set.contains("; Path=/"),
        "{set}"
    );
    assert!(!set.contains("Secure"), "the browser would not send it back over http: {set}");
    assert_ne!(answer.cookie(), cookie, "another session than before");
    assert_eq!(service.page(&answer.cookie()).status, 200);
}

#[test]
fn behind_a_proxy_that_speaks_https_the_cookie_is_for_https_only() {
    let more = "token_env = \"TOKEN\"\nhosts = [\"keysweep.example\"]\n";
    let service = Service::of(scenario::perfect(now()), more).ready();
    let host = ("Host", "keysweep.example");
    let page = service.ask("GET", "/sign-in", &[host], "");
    let (cookie, body) = (page.cookie(), format!("form={}&token={TOKEN}", page.form()));
    let headers = [host, FORM, ("Cookie", &cookie), ("Origin", "https://keysweep.example")];
    let answer = service.ask("POST", "/sign-in", &headers, &body);
    assert_eq!(answer.status, 303, "{answer:?}");
    assert!(answer.header("set-cookie").unwrap().ends_with("; Secure"), "{answer:?}");
}

#[test]
fn a_session_that_was_signed_out_is_over_also_for_who_kept_its_cookie() {
    let service = Service::closed().ready();
    let (cookie, other) = (service.sign_in(), service.sign_in());
    let form = service.page(&cookie).form();
    assert_eq!(service.send("/sign-out", &other, &format!("form={form}")).status, 403);
    let answer = service.send("/sign-out", &cookie, &format!("form={form}"));
    assert_eq!((answer.status, answer.header("location")), (303, Some("/sign-in")));
    assert!(answer.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(service.page(&cookie).header("location"), Some("/sign-in"));
    assert_eq!(service.page(&other).status, 200);
}

#[test]
fn another_token_ends_every_session() {
    let mut service = Service::closed().ready();
    let cookie = service.sign_in();
    std::fs::write(service.world.path("token"), "another-token-of-many-characters").unwrap();
    let more = "[server]\nlisten = \"127.0.0.1:0\"\ntoken_file = \"token\"\n";
    service.world.configure(&format!("{NEVER}{more}"));
    service.daemon.signal("HUP");
    until("the end of the session", || service.page(&cookie).status == 303);
    assert_eq!(service.with_token("GET", "/metrics").status, 401);
    assert!(service.daemon.0.try_wait().unwrap().is_none());
}

#[test]
fn a_run_begins_only_by_a_form_of_ones_own_session_that_our_own_page_sent() {
    let service = Service::closed().ready();
    let (cookie, other) = (service.sign_in(), service.sign_in());
    let (form, other_form) = (service.page(&cookie).form(), service.page(&other).form());
    let ours = format!("http://{}", service.address);
    let (own, foreign) = (format!("form={form}"), format!("form={other_form}"));
    let post = |headers: &[(&str, &str)], body: &str| {
        let headers = [&[FORM, ("Cookie", cookie.as_str())], headers].concat();
        service.ask("POST", "/run-now/contoso", &headers, body).status
    };
    assert_eq!(post(&[("Origin", &ours)], ""), 403, "no form");
    assert_eq!(post(&[("Origin", &ours)], &foreign), 403, "the form of another session");
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1.evil.example", ""]
    {
        assert_eq!(post(&[("Origin", origin)], &own), 403, "{origin}");
    }
    for site in ["cross-site", "same-site", "none"] {
        assert_eq!(post(&[("Origin", &ours), ("Sec-Fetch-Site", site)], &own), 403, "{site}");
    }
    let plain = [("Cookie", cookie.as_str()), ("Content-Type", "text/plain"), ("Origin", &ours)];
    assert_eq!(service.ask("POST", "/run-now/contoso", &plain, &own).status, 403, "no form's type");
    assert_eq!(service.ask("GET", "/run-now/contoso", &[("Cookie", &cookie)], "").status, 405);
    assert_eq!(service.send("/run-now/nobody", &cookie, &own).status, 404);
    assert_eq!(service.world.requests().len(), 0, "nothing was begun by any of that");
    let answer = service.send("/run-now/contoso", &cookie, &own);
    let place = answer.header("location");
    assert_eq!((answer.status, place), (303, Some("/?said=queued&tenant=contoso")), "{answer:?}");
    until("the run", || service.world.runs().len() == 1);
}

#[test]
fn a_run_that_was_asked_for_is_recorded_as_planned_and_shown_with_its_mail() {
    let mail = "[mail]\ntransport = \"directory\"\ndirectory = \"mail\"\nfrom = \"k@contoso.example\"\nto = [\"s@contoso.example\"]\n";
    let service = Service::of(scenario::perfect(now()), mail).ready();
    let run = service.run();
    until("the mail", || service.world.path("mail").read_dir().is_ok_and(|files| files.count() == 1));
    until("its state", || service.get("/").body.contains("accepted"));
    let url = StoreUrl::Sqlite(service.world.path("data/keysweep.db"));
    let runs: Vec<RunEntry> = Runtime::new()
        .unwrap()
        .block_on(async { Store::open(&url).await.unwrap().runs(None).await.unwrap() });
    assert!(runs.len() == 1 && runs[0].planned.is_some(), "{runs:?}");
    let page = service.get("/").body;
    for part in [
        &format!("/runs/contoso/{run}/report.html"),
        "complete",
        "aria-label=\"Run now: contoso\"",
        "Nothing waits to be delivered",
        "Next run",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn a_tenant_without_a_schedule_is_run_when_asked_and_one_that_runs_is_not_run_twice() {
    let service = {
        let world = World::new(scenario::perfect(now()));
        let config = std::fs::read_to_string(world.path("keysweep.toml")).unwrap();
        let scheduled = config
            .replace("\"contoso\"", "\"other\"")
            .replace("[tenant.c", "schedule = \"0 0 29 2 *\"\n[tenant.c");
        world.configure(&format!("{scheduled}[server]\nlisten = \"127.0.0.1:0\"\n"));
        world.emulator.fault(Fault::on(Side::Graph, "GET", "/v1.0/applications").hang());
        Service::start(world).ready()
    };
    let cookie = service.page("").cookie();
    let form = service.page(&cookie).form();
    let ask = || {
        let answer = service.send("/run-now/contoso", &cookie, &format!("form={form}"));
        answer.header("location").unwrap_or_default().to_owned()
    };
    assert_eq!(ask(), "/?said=queued&tenant=contoso");
    until("the request that hangs", || !service.world.requests().is_empty());
    assert_eq!(ask(), "/?said=running&tenant=contoso");
    let page = service.ask("GET", &ask(), &[("Cookie", &cookie)], "").body;
    assert!(page.contains("A run of contoso already goes on.") && page.contains("data-busy"), "{page}");
    let odd = service.ask("GET", "/?said=%3Cb%3E&tenant=contoso&tenant=%3Cb%3E", &[("Cookie", &cookie)], "");
    assert!(odd.status == 200 && !odd.body.contains("<b>"), "{odd:?}");
}

#[test]
fn a_program_with_the_token_begins_a_run_without_a_form_and_a_browser_cannot_be_made_to() {
    let service = Service::closed().ready();
    let token = format!("Bearer {TOKEN}");
    let foreign = [("Authorization", token.as_str()), ("Origin", "https://evil.example")];
    assert_eq!(service.ask("POST", "/run-now/contoso", &foreign, "").status, 403);
    let answer = service.with_token("POST", "/run-now/contoso");
    assert_eq!((answer.status, answer.body.as_str()), (202, "queued\n"));
    until("the run", || service.world.runs().len() == 1);
}

#[test]
fn a_run_that_waits_for_its_time_is_shown_with_it_and_begins_when_asked_for() {
    let service = Service::open().ready();
    let url = StoreUrl::Sqlite(service.world.path("data/keysweep.db"));
    let tenant_id = serde_json::from_value(service.world.emulator.tenant_id().into()).unwrap();
    let tenant = TenantKey { name: "contoso".to_owned(), tenant_id };
    let hour = Duration::from_secs(3600);
    Runtime::new().unwrap().block_on(async {
        Store::open(&url).await.unwrap().plan(&tenant, now(), hour).await.unwrap();
    });
    let page = service.page("");
    for part in ["<strong>Planned</strong>", "begins by <time", "in 59 minutes", ">Run now</button>"] {
        assert!(page.body.contains(part), "{part}: {page:?}");
    }
    for part in ["data-busy", " disabled", "as soon as there is room"] {
        assert!(!page.body.contains(part), "{part}: {page:?}");
    }
    assert_eq!(service.world.requests().len(), 0);
    let answer = service.send("/run-now/contoso", &page.cookie(), &format!("form={}", page.form()));
    assert_eq!(answer.header("location"), Some("/?said=queued&tenant=contoso"));
    until("the run", || service.world.runs().len() == 1);
    until("its end", || !service.get("/").body.contains("Running"));
    assert!(!service.get("/").body.contains("begins by"), "it was that one, and no other waits");
}
