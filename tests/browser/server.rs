//! The status page, as people use it: with the keyboard alone, and with nothing that its policy refuses.

use std::path::Path;

use fantoccini::key::Key;
use keysweep::emulator::TenantData;
use tokio::runtime::Runtime;

use crate::chromium::Chromium;
use crate::visit::{Service, TOKEN};
use crate::world::{now, until};

fn key(key: Key) -> String {
    char::from(key).to_string()
}

/// Presses Tab until an element has the focus.
async fn tab_to(browser: &Chromium, id: &str) {
    for _ in 0..40 {
        if browser.value("document.activeElement.id").await == id {
            return;
        }
        browser.press(&key(Key::Tab)).await;
    }
    panic!("the keyboard does not reach {id}");
}

async fn picture(browser: &Chromium, name: &str) {
    // To be looked at.
    let Some(folder) = option_env!("KEYSWEEP_PICTURES") else { return };
    for (width, height) in [(1280, 900), (390, 1300)] {
        for scheme in ["light", "dark"] {
            browser.size(width, height).await;
            browser.media("screen", scheme).await;
            let path = Path::new(folder).join(format!("{name}-{width}-{scheme}.png"));
            std::fs::write(path, browser.picture().await).unwrap();
        }
    }
    browser.size(1280, 900).await;
    browser.media("screen", "light").await;
}

#[test]
fn somebody_signs_in_begins_a_run_and_reads_its_report_by_keyboard() {
    let service = Service::of(TenantData::sample(now()), "token_env = \"TOKEN\"\n").ready();
    Runtime::new().unwrap().block_on(by_keyboard(&service));
}

async fn by_keyboard(service: &Service) {
    let Some(browser) = Chromium::start("the status page in a browser").await else { return };
    let root = format!("http://{}", service.address);
    browser.open(&format!("{root}/")).await;
    browser.until("document.activeElement.id === 'token'").await;
    picture(&browser, "sign-in").await;
    browser.press("wrong").await;
    browser.press(&key(Key::Enter)).await;
    browser.until("document.querySelector('[role=alert]')").await;
    browser.until("document.activeElement.id === 'token'").await;
    browser.press(TOKEN).await;
    browser.press(&key(Key::Enter)).await;
    browser.until("document.title === 'Keysweep status'").await;
    assert_eq!(browser.value("document.cookie").await, "", "no script sees the session");

    tab_to(&browser, "run-contoso").await;
    picture(&browser, "before").await;
    browser.press(&key(Key::Enter)).await;
    browser.until("document.querySelector('#said .said')").await;
    assert_eq!(
        browser.value("document.querySelector('#said').textContent").await,
        "A run of contoso is queued. It begins as soon as there is room."
    );
    browser.until("location.search === ''").await;
    // The page sees to that by itself.
    browser.until("document.querySelector('#runs-contoso tbody tr')").await;
    browser.until("!document.querySelector('#run-contoso').disabled").await;
    tab_to(&browser, "").await;
    browser.value("document.querySelector('#runs-contoso summary').focus()").await;
    browser.press(&key(Key::Enter)).await;
    browser.until("document.querySelector('#runs-contoso').open").await;
    picture(&browser, "after").await;
    let wide = "document.documentElement.scrollWidth <= innerWidth";
    for width in [1280, 768, 390, 320] {
        browser.size(width, 900).await;
        assert_eq!(browser.value(wide).await, true, "{width} pixels");
    }
    browser.size(1280, 900).await;

    browser.click("a[href$='findings.csv']").await;
    let (name, bytes) = browser.downloaded().await;
    assert!(name.starts_with("contoso-") && name.ends_with("-findings.csv"), "{name}");
    let directory = service.world.runs()[0].clone();
    assert_eq!(bytes, std::fs::read(directory.join("findings.csv")).unwrap());
    let complaints: Vec<String> = browser.complaints().await;
    let refused = |line: &String| !line.contains("/sign-in") || !line.contains("401");
    assert_eq!(complaints.into_iter().filter(refused).collect::<Vec<_>>(), [""; 0]);
    for asked in browser.requests().await {
        assert!(asked.starts_with(&root), "{asked}");
    }

    browser.click("#tenant-contoso p.links a[href$='/report.html']").await;
    browser.until("document.querySelectorAll('h1').length === 1 && document.title.includes('contoso')").await;
    assert_eq!(browser.value("self.origin").await, "null", "an origin of its own");
    let reached = browser
        .client
        .execute_async(
            "const done = arguments[arguments.length - 1]; \
             fetch('/', { credentials: 'include' }).then(() => done('reached'), () => done('refused'));",
            Vec::new(),
        )
        .await
        .unwrap();
    assert_eq!(reached, "refused");
    browser.complaints().await;

    browser.open(&format!("{root}/")).await;
    browser.click("#sign-out").await;
    browser.until("document.title === 'Sign in to Keysweep'").await;
    browser.open(&format!("{root}/metrics")).await;
    browser.until("document.body.textContent.includes('a token is needed')").await;
}

#[test]
fn without_scripts_the_page_does_all_it_does_with_them() {
    let service = Service::open().ready();
    Runtime::new().unwrap().block_on(without_scripts(&service));
}

async fn without_scripts(service: &Service) {
    let Some(browser) = Chromium::start("the status page without scripts").await else { return };
    let root = format!("http://{}/", service.address);
    browser.tools("Emulation.setScriptExecutionDisabled", serde_json::json!({ "value": true })).await;
    browser.open(&root).await;
    browser.click("#run-contoso").await;
    until("the run", || service.world.runs().len() == 1);
    until("its place on the page", || service.get("/").body.contains("runs-contoso"));
    browser.open(&root).await;
    browser.click("#runs-contoso summary").await;
    assert_eq!(browser.complaints().await, [""; 0]);
}

/// A link to one view of a report, as somebody sends it: followed in web mail, which is another site.
#[test]
fn a_link_to_a_view_of_a_report_leads_there_signed_in_or_not() {
    let service = Service::of(TenantData::sample(now()), "token_env = \"TOKEN\"\n").ready();
    let answer = service.with_token("POST", "/run-now/contoso");
    assert_eq!(answer.status, 202, "{answer:?}");
    until("the run", || service.world.runs().len() == 1);
    Runtime::new().unwrap().block_on(by_link(&service));
}

const ROWS: &str =
    "Array.from(document.querySelectorAll('#findings tbody td:nth-child(3)'), (cell) => cell.textContent)";
const READY: &str = "document.documentElement.classList.contains('ready')";

async fn follow(browser: &Chromium, link: &str) {
    browser.open(&format!("data:text/html,<a href='{}'>report</a>", link.replace('#', "%23"))).await;
    browser.click("a").await;
}

/// The report is shown, with what the link says and nothing else in the address.
async fn is_shown(browser: &Chromium, link: &str) {
    browser.until(READY).await;
    assert_eq!(browser.value("location.href").await, link);
    let rules = browser.value(ROWS).await;
    let rules = rules.as_array().unwrap();
    assert!(!rules.is_empty() && rules.iter().all(|rule| rule == "no-owner"), "{rules:?}");
}

async fn by_link(service: &Service) {
    let Some(browser) = Chromium::start("a link to a view of a report").await else { return };
    let run = service.world.runs()[0].file_name().unwrap().to_str().unwrap().to_owned();
    let report = format!("http://{}/runs/contoso/{run}/report.html", service.address);
    let link = format!("{report}#findings.rule=no-owner");

    follow(&browser, &link).await;
    browser.until("document.activeElement.id === 'token'").await;
    browser.press("wrong").await;
    browser.press(&key(Key::Enter)).await;
    browser.until("document.querySelector('[role=alert]')").await;
    browser.until("document.activeElement.id === 'token'").await;
    browser.press(TOKEN).await;
    browser.press(&key(Key::Enter)).await;
    is_shown(&browser, &link).await;

    // Signed in; the browser keeps the cookie back all the same until we ask for the page ourselves.
    browser.requests().await;
    follow(&browser, &link).await;
    is_shown(&browser, &link).await;
    let asked = browser.requests().await;
    assert!(asked.iter().any(|asked| asked.contains("/again?to=/runs/")), "{asked:?}");

    // In the sandbox too, what is chosen gets into the address and comes back with it.
    browser.click("#findings button[type=reset]").await;
    browser.until("location.hash === ''").await;
    browser.click("[data-severity=critical]").await;
    browser.until("location.hash === '#findings.severity=critical'").await;
    browser.client.back().await.unwrap();
    browser.until("location.hash === ''").await;
    browser.client.forward().await.unwrap();
    browser.until("location.hash === '#findings.severity=critical'").await;
    browser.client.refresh().await.unwrap();
    browser.until(READY).await;
    assert_eq!(browser.value("location.hash").await, "#findings.severity=critical");

    // Without scripts, the report is still where it leads.
    browser.tools("Emulation.setScriptExecutionDisabled", serde_json::json!({ "value": true })).await;
    follow(&browser, &link).await;
    browser.until("document.title.includes('contoso')").await;
    assert!(browser.value("location.href").await.as_str().unwrap().starts_with(&report));
}
