//! A headless Chromium for tests, from Debian's packages, driven by chromedriver on a port of its own. It ends
//! with the test process, however that ends, and reaches nothing but loopback and files.
//!
//! ```ignore
//! let Some(browser) = Chromium::start("what is tested in it").await else { return };
//! browser.open("http://127.0.0.1:9464/").await;
//! browser.until("document.querySelectorAll('h1').length === 1").await;
//! browser.click("#run-now").await;
//! assert_eq!(browser.value("document.title").await, "Keysweep");
//! assert_eq!(browser.complaints().await, [""; 0]);
//! ```

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::{Method, Url};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::left_out::leave_out;

/// How long something may take that is sure to come. Only a broken test ever waits for so long.
const GUARD: Duration = Duration::from_secs(60);

/// One at a time: each takes as much memory as all other tests together.
static ONE: Semaphore = Semaphore::const_new(1);

/// A running browser with one window.
pub(crate) struct Chromium {
    /// What it can do besides what is here.
    pub(crate) client: Client,
    files: tempfile::TempDir,
    /// Waits for the end of what is written to it, then ends browser and driver.
    guard: Child,
    held: Option<ChildStdin>,
    _only: SemaphorePermit<'static>,
}

impl Chromium {
    /// Starts one with a window of 1280 by 900 pixels. None where it is not installed; that is said.
    pub(crate) async fn start(what: &str) -> Option<Self> {
        let Some(programs) = programs() else {
            leave_out(what, "chromium or chromium-driver");
            return None;
        };
        let only = ONE.acquire().await.unwrap();
        let files = tempfile::Builder::new().prefix("keysweep-browser-").tempdir().unwrap();
        for directory in ["profile", "downloads", "home"] {
            fs::create_dir(files.path().join(directory)).unwrap();
        }
        let mut guard = guard(&programs.driver, files.path());
        let mut held = guard.stdin.take().unwrap();
        let port = port(&mut guard);
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(&programs.browser, files.path()))
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("a session");
        let process = client.capabilities().and_then(|session| session.get("goog:processID")?.as_u64());
        writeln!(held, "{}", process.expect("the browser's process")).unwrap();
        let browser = Self { client, files, guard, held: Some(held), _only: only };
        browser.size(1280, 900).await;
        let downloads = json!({ "behavior": "allow", "downloadPath": browser.downloads() });
        browser.tools("Browser.setDownloadBehavior", downloads).await;
        // What it opened with is a page of its own, which asks for much.
        browser.open("about:blank").await;
        browser.requests().await;
        browser.complaints().await;
        Some(browser)
    }

    /// Goes to an address, and waits until it is loaded.
    pub(crate) async fn open(&self, address: &str) {
        self.client.goto(address).await.unwrap();
    }

    /// The address of a file.
    pub(crate) fn file(path: &Path) -> String {
        Url::from_file_path(path).unwrap().to_string()
    }

    /// What an expression is in the page.
    pub(crate) async fn value(&self, expression: &str) -> Value {
        let value = self.client.execute(&format!("return ({expression});"), Vec::new()).await;
        value.unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// Waits until an expression holds in the page.
    pub(crate) async fn until(&self, expression: &str) {
        let holds = async {
            while self.value(&format!("Boolean({expression})")).await != true {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(GUARD, holds).await;
        waited.unwrap_or_else(|_| panic!("waited in vain for {expression}"));
    }

    /// Clicks, as a mouse does, on the first element that a selector finds.
    pub(crate) async fn click(&self, css: &str) {
        let element = self.client.find(Locator::Css(css)).await;
        let element = element.unwrap_or_else(|error| panic!("{css}: {error}"));
        // The driver scrolls no further than needed, which may be to below something that stays where it is.
        let here = "arguments[0].scrollIntoView({ block: 'center' })";
        self.client.execute(here, vec![serde_json::to_value(&element).unwrap()]).await.unwrap();
        element.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Presses keys one after the other, wherever the focus is: characters, or those of `fantoccini::key`.
    pub(crate) async fn press(&self, keys: &str) {
        let press =
            |keys: KeyActions, value| keys.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        let actions = keys.chars().fold(KeyActions::new("keyboard".to_owned()), press);
        self.client.perform_actions(actions).await.unwrap();
    }

    /// Makes the page as wide and high, without the frame of a window.
    pub(crate) async fn size(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.tools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Has the page drawn for `screen` or `print`, and for a system that is `light` or `dark`.
    pub(crate) async fn media(&self, media: &str, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.tools("Emulation.setEmulatedMedia", json!({ "media": media, "features": features })).await;
    }

    /// Everything that was complained about since the last time this was asked: errors and warnings of scripts,
    /// refused loads, broken policies.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let entries = self.log("browser").await;
        entries.iter().map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The addresses of everything that was asked for since the last time this was asked, the page included.
    pub(crate) async fn requests(&self) -> Vec<String> {
        let sent = |entry: &Value| {
            let event: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let event = &event["message"];
            (event["method"] == "Network.requestWillBeSent")
                .then(|| event["params"]["request"]["url"].as_str().unwrap_or_default().to_owned())
        };
        self.log("performance").await.iter().filter_map(sent).collect()
    }

    /// The only file that was downloaded, when it is there; it is taken away.
    pub(crate) async fn downloaded(&self) -> (String, Vec<u8>) {
        let whole = async {
            loop {
                let files: Vec<PathBuf> =
                    fs::read_dir(self.downloads()).unwrap().map(|entry| entry.unwrap().path()).collect();
                let partial = |path: &PathBuf| {
                    path.extension().is_some_and(|end| end == "crdownload")
                        || path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
                };
                if let [file] = &files[..]
                    && !partial(file)
                {
                    let name = file.file_name().unwrap().to_string_lossy().into_owned();
                    let bytes = fs::read(file).unwrap();
                    fs::remove_file(file).unwrap();
                    return (name, bytes);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(GUARD, whole).await.expect("a download")
    }

    /// What the window shows, as PNG.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        self.client.screenshot().await.unwrap()
    }

    /// Asks something of Chromium's developer tools.
    pub(crate) async fn tools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        let answer = self.client.issue_cmd(Own { path: "goog/cdp/execute", body }).await;
        answer.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    async fn log(&self, which: &str) -> Vec<Value> {
        let answer = self.client.issue_cmd(Own { path: "se/log", body: json!({ "type": which }) }).await;
        answer.unwrap().as_array().cloned().unwrap_or_default()
    }

    fn downloads(&self) -> PathBuf {
        self.files.path().join("downloads")
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        drop(self.held.take());
        let _ = self.guard.wait();
    }
}

struct Programs {
    browser: PathBuf,
    driver: PathBuf,
}

fn programs() -> Option<Programs> {
    let find = |name: &str| {
        let places = ["/usr/bin", "/usr/local/bin"].map(|place| Path::new(place).join(name));
        places.into_iter().find(|path| path.exists())
    };
    Some(Programs { browser: find("chromium")?, driver: find("chromedriver")? })
}

/// A process that outlives this one by as long as it takes to end the driver and the browser, of which it is
/// told the process. It is in a group of its own: what ends the tests at the terminal does not end it.
fn guard(driver: &Path, files: &Path) -> Child {
    use std::os::unix::process::CommandExt as _;
    // A browser that is told to end still writes to its profile, so that goes when the browser has; what has
    // ended and was not yet waited for has no program any more.
    const SCRIPT: &str = "\"$1\" --port=0 & driver=$!; read -r browser; cat >/dev/null; kill $browser; n=0; \
        while [ -n \"$browser\" ] && [ -e /proc/$browser/exe ] && [ $n -lt 200 ]; do sleep 0.05; n=$((n+1)); done; \
        kill -KILL $browser $driver; wait; rm -rf \"$0\" || { sleep 0.5; rm -rf \"$0\"; }";
    Command::new("sh")
        .args(["-c", SCRIPT])
        .arg(files)
        .arg(driver)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", files.join("home"))
        .env("TMPDIR", files.join("home"))
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap()
}

/// Where the driver listens, as it says when it does.
fn port(guard: &mut Child) -> u16 {
    let mut lines = BufReader::new(guard.stdout.take().unwrap()).lines();
    let said = lines.find_map(|line| {
        let line = line.unwrap();
        let (_, port) = line.split_once("started successfully on port ")?;
        Some(port.trim_end_matches('.').parse().unwrap())
    });
    // What it says later would otherwise stop it once nobody reads.
    std::thread::spawn(move || lines.for_each(drop));
    said.expect("chromedriver listens")
}

fn capabilities(browser: &Path, files: &Path) -> fantoccini::wd::Capabilities {
    let profile = format!("--user-data-dir={}", files.join("profile").display());
    let arguments = [
        "--headless",
        // Root may not have the sandbox, and what is opened here is our own.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-extensions",
        "--disable-sync",
        "--no-first-run",
        "--lang=en-GB",
        // Nothing is looked up, so nothing is reached that is not on this machine.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        &profile,
    ];
    let capabilities = json!({
        "browserName": "chrome",
        "goog:chromeOptions": { "binary": browser, "args": arguments },
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        "timeouts": { "script": GUARD.as_millis() as u64, "pageLoad": GUARD.as_millis() as u64 },
    });
    capabilities.as_object().cloned().unwrap()
}

/// A command that is chromedriver's own.
#[derive(Debug)]
struct Own {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Own {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, <Url as std::str::FromStr>::Err> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
