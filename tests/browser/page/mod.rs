//! `report.html` as people use it, in a browser: made by the real binary, opened from a file.

mod access;
mod download;
mod drill;
mod hostile;
mod looks;
mod view;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::thread;

use keysweep::emulator::{ObjectKind, TenantData};
use serde_json::json;

use crate::chromium::Chromium;
use crate::world::{World, now, text};

/// Names that would like to be more than names.
const HOSTILE: [&str; 9] = [
    "</script><script>pwned = 1</script>",
    "<!--<script>",
    "--><img src=x onerror=\"pwned = 1\">",
    "\"' onmouseover='pwned = 1' autofocus onfocus='pwned = 1",
    "</td></tr></table><h1>Payroll</h1>",
    "\u{202e}gpj.exe\u{2066}",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "{{7*7}}${7*7}",
    "javascript:pwned=1//https://entra.microsoft.com/",
];

/// The directory of the second of two audits of the sample tenant; between them, applications with hostile names
/// were added. The real binary runs on a thread of its own, because the tests' threads belong to their runtimes.
static MADE: LazyLock<PathBuf> = LazyLock::new(|| thread::spawn(make).join().unwrap());

fn make() -> PathBuf {
    let world = World::new(TenantData::sample(now()));
    audit(&world);
    world.emulator.edit(|tenant| {
        let ids = tenant.ids(ObjectKind::Application);
        let secret = json!({
            "keyId": "0a5cf6d5-75a1-4a3a-9b1c-8a6f5d0f0001", "displayName": "=1+1", "hint": "abc",
            "startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2099-01-01T00:00:00Z",
        });
        let long = "x".repeat(10_000);
        for name in HOSTILE.into_iter().chain([long.as_str()]) {
            tenant.add_application(json!({ "displayName": name, "passwordCredentials": [secret.clone()] }));
        }
        tenant.remove(ObjectKind::Application, &ids[0]);
    });
    audit(&world);
    let run = world.runs().pop().unwrap();
    // Nobody removes what a static holds: this is below `target`, and the next tests write over it.
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page");
    fs::remove_dir_all(&kept).ok();
    let directory = kept.join(run.file_name().unwrap());
    fs::create_dir_all(&directory).unwrap();
    for file in fs::read_dir(&run).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), directory.join(file.file_name())).unwrap();
    }
    directory
}

fn audit(world: &World) {
    let output = world.keysweep(&["audit"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

fn address() -> String {
    Chromium::file(&MADE.join("report.html"))
}

/// A browser that shows the page; none where there is no browser.
async fn shown(what: &str) -> Option<Chromium> {
    let browser = Chromium::start(what).await?;
    browser.open(&address()).await;
    browser.until("document.documentElement.classList.contains('ready')").await;
    Some(browser)
}

/// Opens another view of the page, as somebody does who was sent it.
async fn sent(browser: &Chromium, view: &str) {
    browser.open("about:blank").await;
    browser.open(&format!("{}{view}", address())).await;
    browser.until("document.documentElement.classList.contains('ready')").await;
}

/// The texts of the elements that a selector finds.
async fn texts(browser: &Chromium, css: &str) -> Vec<String> {
    let found = format!("Array.from(document.querySelectorAll({css:?}), (found) => found.textContent)");
    serde_json::from_value(browser.value(&found).await).unwrap()
}

/// What is in the address after `#`.
async fn view(browser: &Chromium) -> String {
    browser.value("location.hash").await.as_str().unwrap().to_owned()
}

fn key(key: fantoccini::key::Key) -> String {
    char::from(key).to_string()
}
