//! Who gets in, by which name, and what every answer carries.

use keysweep::emulator::scenario;

use crate::visit::{Service, TOKEN, raw};
use crate::world::now;

/// Everything that is served, and whether it takes a token.
const ROUTES: [(&str, &str, bool); 13] = [
    ("GET", "/healthz", false),
    ("GET", "/readyz", false),
    ("GET", "/sign-in", false),
    ("GET", "/style.css", false),
    ("GET", "/status.js", false),
    ("GET", "/carry.js", false),
    ("GET", "/again?to=/", false),
    ("GET", "/icon.svg", false),
    ("GET", "/", true),
    ("GET", "/metrics", true),
    ("GET", "/runs/contoso/20260101T000000Z", true),
    ("GET", "/runs/contoso/20260101T000000Z/report.html", true),
    ("POST", "/run-now/nobody", true),
];

#[test]
fn without_the_token_only_health_and_the_way_in_are_served() {
    let service = Service::closed().ready();
    for (method, path, closed) in ROUTES {
        let stranger = service.ask(method, path, &[], "");
        let wrong =
            service.ask(method, path, &[("Authorization", "Bearer correct-horse-battery-stapl3")], "");
        let friend = service.with_token(method, path);
        if closed {
            assert_eq!((stranger.status, wrong.status), (401, 401), "{path}");
            assert_eq!(stranger.header("www-authenticate"), Some("Bearer realm=\"keysweep\""), "{path}");
            assert!(!stranger.body.contains("contoso"), "{stranger:?}");
            assert!(![401, 403].contains(&friend.status), "{path}: {friend:?}");
        } else {
            assert_eq!((stranger.status, friend.status), (200, 200), "{path}");
        }
    }
    assert!(!service.log().contains(TOKEN) && !service.log().contains("stapl3"), "{}", service.log());
}

#[test]
fn a_browser_without_the_token_is_led_to_the_form_and_one_led_here_from_elsewhere_comes_once_more() {
    let service = Service::closed().ready();
    let answer = service.ask("GET", "/", &[("Accept", "text/html,*/*")], "");
    assert_eq!((answer.status, answer.header("location")), (303, Some("/sign-in")));
    // A browser keeps a strict cookie back when another site leads here.
    let from_a_mail =
        [("Accept", "text/html"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")];
    for (path, way) in [
        ("/", "/again"),
        (
            "/runs/contoso/20260101T000000Z/report.html",
            "/again?to=/runs/contoso/20260101T000000Z/report.html",
        ),
        ("/runs/a%20b/c", "/again?to=/runs/a%2520b/c"),
        ("/runs//evil.example", "/again"),
        ("/metrics", "/again"),
    ] {
        let answer = service.ask("GET", path, &from_a_mail, "");
        let told = (answer.status, answer.header("location"), answer.header("set-cookie"));
        assert_eq!(told, (303, Some(way), None), "{path}");
    }
    for (way, path) in [
        ("/again", "/"),
        ("/again?to=/runs/contoso/x/report.html", "/runs/contoso/x/report.html"),
        ("/again?to=/runs/a%2520b/c", "/runs/a%20b/c"),
    ] {
        let answer = service.ask("GET", way, &from_a_mail, "");
        let page = answer.body.replace("&#x2f;", "/");
        assert!(page.contains(&format!("id=\"again\" href=\"{path}\"")), "{way}: {page}");
        assert!(
            page.contains(&format!("<noscript><meta http-equiv=\"refresh\" content=\"0; url={path}\">")),
            "{page}"
        );
        assert_eq!((answer.status, answer.header("set-cookie")), (200, None));
    }
    for elsewhere in
        ["https://evil.example/", "//evil.example", "/run-now/contoso", "javascript:alert(1)", ""]
    {
        assert_eq!(service.get(&format!("/again?to={elsewhere}")).status, 404, "{elsewhere}");
    }
    let cookie = service.sign_in();
    let answer = service.ask("GET", "/", &[&from_a_mail[..], &[("Cookie", &cookie)]].concat(), "");
    assert!(answer.status == 200 && answer.header("refresh").is_none(), "{answer:?}");
}

#[test]
fn whoever_signs_in_gets_to_where_it_wanted_to_go_and_to_nowhere_else() {
    let service = Service::closed().ready();
    let report = "/runs/contoso/20260101T000000Z/report.html";
    let answer = service.ask("GET", report, &[("Accept", "text/html")], "");
    let form = format!("/sign-in?next={report}");
    assert_eq!((answer.status, answer.header("location")), (303, Some(form.as_str())));
    let page = service.get(&form);
    let next = format!("name=\"next\" id=\"next\" value=\"{report}\"");
    assert!(page.body.replace("&#x2f;", "/").contains(&next), "{page:?}");
    let sign_in = |token: &str, next: &str| {
        let (cookie, form) = service.sign_in_form();
        service.send("/sign-in", &cookie, &format!("form={form}&token={token}&next={next}"))
    };
    let wrong = sign_in("wrong", report);
    assert!(wrong.status == 401 && wrong.body.replace("&#x2f;", "/").contains(&next), "{wrong:?}");
    let view = format!("{report}#findings.rule=no-owner&findings.q=un+rea");
    let sent = view.replace('#', "%23").replace('&', "%26").replace('+', "%2B");
    assert_eq!(sign_in(TOKEN, &sent).header("location"), Some(view.as_str()));
    for elsewhere in [
        "https://evil.example",
        "//evil.example",
        "/runs//x",
        "%2Fruns%2F%5Cevil",
        "/runs/a%0D%0Aset-cookie:x",
        "/sign-out",
    ] {
        assert_eq!(sign_in(TOKEN, elsewhere).header("location"), Some("/"), "{elsewhere}");
        let page = service.get(&format!("/sign-in?next={elsewhere}"));
        assert!(page.body.contains("name=\"next\" id=\"next\" value=\"\""), "{elsewhere}: {page:?}");
    }
}

#[test]
fn requests_for_another_name_are_refused_on_every_route() {
    let hosts = "token_env = \"TOKEN\"\nhosts = [\"Keysweep.example\", \"2001:DB8:0::5\", \"192.0.2.5\"]\n";
    let service = Service::of(scenario::perfect(now()), hosts).ready();
    let port = service.address.port();
    for (method, path, _) in ROUTES {
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "10.0.0.1",
            "[2001:db8::6]",
            "keysweep.example.evil",
            "a b",
            "",
        ] {
            let answer = service.ask(method, path, &[("Host", host)], "");
            assert_eq!(answer.status, 421, "{path} as {host}: {answer:?}");
        }
    }
    let ours = [
        "localhost".to_owned(),
        format!("LOCALHOST:{port}"),
        "[::1]:9".to_owned(),
        "127.0.0.1".to_owned(),
        "keysweep.example".to_owned(),
        "KEYSWEEP.example:443".to_owned(),
        "[2001:db8::5]".to_owned(),
        "[2001:db8::5]:443".to_owned(),
        "192.0.2.5:443".to_owned(),
    ];
    for host in &ours {
        assert_eq!(service.ask("GET", "/healthz", &[("Host", host)], "").status, 200, "{host}");
    }
    let two = [("Host", "localhost"), ("Host", "evil.example")];
    assert_eq!(service.ask("GET", "/healthz", &two, "").status, 421);
    let absolute = b"GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_eq!(raw(service.address, absolute).map(|answer| answer.status), Some(421));
    let none = raw(service.address, b"GET /healthz HTTP/1.1\r\n\r\n").map(|answer| answer.status);
    assert!(matches!(none, Some(400 | 421)), "{none:?}");
}

#[test]
fn every_answer_carries_the_headers_that_keep_a_browser_in_bounds() {
    let service = Service::open().ready();
    let run = service.run();
    let paths = ROUTES.iter().map(|(_, path, _)| (*path).to_owned());
    let more = ["/nothing", "/runs/contoso/.."].map(str::to_owned).into_iter();
    let files = ["", "/report.html", "/findings.csv"].map(|file| format!("/runs/contoso/{run}{file}"));
    for path in paths.chain(more).chain(files) {
        let answer = service.get(&path);
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cache-control", "no-store"),
            ("connection", "close"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}: {name}");
        }
        assert!(
            answer.header("permissions-policy").is_some_and(|policy| policy.contains("camera=()")),
            "{path}"
        );
        let policy = answer.header("content-security-policy").unwrap();
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") || policy.contains("sandbox"), "{path}: {policy}");
        if answer.header("content-type") == Some("text/html; charset=utf-8") && !path.ends_with("report.html")
        {
            assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
            let body = &answer.body;
            assert!(
                !body.contains("<style") && !body.contains("style=") && !body.contains("<script>"),
                "{body}"
            );
            assert!(!body.contains(" onclick") && !body.contains("javascript:"), "{body}");
        }
    }
}

#[test]
fn whoever_is_wrong_too_often_waits_and_who_has_the_token_does_not() {
    let service = Service::closed().ready();
    let cookie = service.sign_in();
    let wrong = || service.ask("GET", "/metrics", &[("Authorization", "Bearer wrong")], "");
    for _ in 0..10 {
        assert_eq!(wrong().status, 401);
    }
    let late = wrong();
    let wait: u64 = late.header("retry-after").unwrap().parse().unwrap();
    assert!(late.status == 429 && (1..=60).contains(&wait), "{late:?}");
    let (other, form) = service.sign_in_form();
    let sign_in = |token| service.send("/sign-in", &other, &format!("form={form}&token={token}"));
    assert_eq!(sign_in("wrong").status, 429);
    // All who come through one proxy have its address: Prometheus, and who just mistyped.
    assert_eq!(service.with_token("GET", "/metrics").status, 200);
    assert_eq!(sign_in(TOKEN).status, 303);
    assert_eq!(wrong().status, 429, "the right token makes no room for wrong ones");
    assert_eq!(service.page(&cookie).status, 200);
    let lines = service.log().matches("a wrong token was shown to the server").count();
    assert_eq!(lines, 10, "{}", service.log());
    assert_eq!(service.get("/healthz").status, 200);
}
