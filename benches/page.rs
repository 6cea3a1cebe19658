//! Whether `report.html` of a large tenant stays fluid: `cargo bench --bench page -- 20000`. The real binary audits
//! a generated tenant of so many objects, a headless Chromium opens the page from a file, and what a reader
//! waits for is timed in it: the page, each letter typed into a search, sorting, an object's explanation.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

#[path = "../tests/browser/chromium.rs"]
#[expect(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests do more with it, and end there"
)]
mod chromium;
#[path = "../tests/support/left_out.rs"]
mod left_out;
#[path = "../tests/end_to_end/world.rs"]
#[expect(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests do more with it, and end there"
)]
mod world;

use std::fs;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use clap::Parser;
use keysweep::emulator::TenantData;
use serde_json::Value;
use tokio::runtime::Runtime;

use chromium::Chromium;
use world::{World, now, text};

/// What the generated tenant grows from.
const SEED: u64 = 1;

/// Applications of a generated tenant come with a service principal each, and three of others.
const OBJECTS_OF_AN_APPLICATION: usize = 5;

const READY: &str = "document.documentElement.classList.contains('ready')";

/// Defined in the page: does something, and says how long it took until it was painted, in milliseconds.
const TIMED: &str = "window.timed = async (act) => {
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const before = performance.now();
    act();
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - before;
}";

const TYPED: &str = "(async () => {
    const input = document.querySelector('#TABLE input');
    const times = [];
    for (const text of ['a', 'ap', 'app', 'app ', 'app 1', 'app 12', 'app 1', 'app', '']) {
        times.push(await timed(() => { input.value = text; input.dispatchEvent(new Event('input', { bubbles: true })); }));
    }
    return times;
})()";

const SORTED: &str = "(async () => {
    const times = [];
    for (const button of document.querySelectorAll('#TABLE th button')) times.push(await timed(() => button.click()));
    return times;
})()";

const EXPLAINED: &str = "(async () => {
    const times = [];
    for (const row of Array.from(document.querySelectorAll('#objects tbody tr a[href^=\"#\"]')).slice(0, 5)) {
        times.push(await timed(() => { location.hash = row.getAttribute('href'); }));
    }
    return times;
})()";

#[derive(Debug, Parser)]
struct Plan {
    /// How many objects the tenants have: a fifth applications, the others service principals
    #[arg(value_name = "OBJECTS", default_values_t = [20_000])]
    objects: Vec<usize>,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    let plan = Plan::parse();
    plan.objects.iter().try_for_each(|&objects| measure(objects))
}

fn measure(objects: usize) -> anyhow::Result<()> {
    let world = World::new(TenantData::generated(objects.div_ceil(OBJECTS_OF_AN_APPLICATION), SEED, now()));
    let output = world.keysweep(&["audit"]);
    ensure!(output.status.success(), "{}", text(&output.stderr));
    let page = world.runs().pop().context("a run")?.join("report.html");
    println!("\n{objects} objects, page of {:.1} MB", megabytes(fs::metadata(&page)?.len() as f64));
    Runtime::new()?.block_on(look(&Chromium::file(&page)))
}

async fn look(address: &str) -> anyhow::Result<()> {
    let browser = Chromium::start("the figures").await.context("chromium and chromium-driver are needed")?;
    let before = Instant::now();
    browser.open(address).await;
    browser.until(READY).await;
    println!("{:<28}{:>8.0} ms", "opened and ready", before.elapsed().as_secs_f64() * 1e3);
    browser.value(TIMED).await;
    for table in ["findings", "objects", "credentials"] {
        for (what, script) in [("typed a letter", TYPED), ("sorted", SORTED)] {
            let times = browser.value(&script.replace("TABLE", table)).await;
            print(&format!("{table}: {what}"), &times)?;
        }
    }
    print("an object explained", &browser.value(EXPLAINED).await)?;
    let heap = browser.value("performance.memory.usedJSHeapSize").await.as_f64().context("a size")?;
    println!("{:<28}{:>8.0} MB", "memory of the scripts", megabytes(heap));
    Ok(())
}

fn print(what: &str, times: &Value) -> anyhow::Result<()> {
    let mut times: Vec<f64> = times.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    times.sort_by(f64::total_cmp);
    let [least, .., most] = times.as_slice() else { anyhow::bail!("{what}: nothing was timed") };
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    println!("{what:<28}{middle:>8.0} ms in the middle of {}, {least:.0} to {most:.0}", times.len());
    Ok(())
}

fn megabytes(bytes: f64) -> f64 {
    bytes / (1024.0 * 1024.0)
}
