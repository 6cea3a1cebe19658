//! What the parts of an audit cost for each object, without network and disk: `cargo bench --bench parts`.
//!
//! Shown is the time for all objects of a generated tenant, and how many items (objects, rows) that makes a
//! second.
#![expect(clippy::expect_used, reason = "a bench that cannot start has nothing to measure")]

mod replay;

use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use keysweep::compliance::{Settings, evaluate};
use keysweep::domain::{Assessment, History, Inventory, RunId, RunMark, SignInMethod, TenantId};
use keysweep::report::{self, Header, Report};

use replay::{NOW, Replay};

/// A fifth of them applications. More would take longer and show the same.
const OBJECTS: usize = 5_000;

static REPLAY: LazyLock<Replay> = LazyLock::new(|| Replay::record(OBJECTS).expect("pages to replay"));
static INVENTORY: LazyLock<Inventory> = LazyLock::new(|| REPLAY.read());
static SETTINGS: LazyLock<Settings> = LazyLock::new(Settings::default);
static ASSESSMENT: LazyLock<Assessment> = LazyLock::new(judge);
static REPORT: LazyLock<Report> = LazyLock::new(build);

fn main() {
    divan::main();
}

fn objects(bencher: Bencher<'_, '_>) -> Bencher<'_, '_> {
    bencher.counter(ItemsCount::new(INVENTORY.objects.len()))
}

/// Fetches the pages and drops them: to be taken off from the next.
#[divan::bench]
fn fetch(bencher: Bencher<'_, '_>) {
    objects(bencher).bench(|| REPLAY.fetch());
}

/// From the pages to the inventory: fetching, parsing, converting, packing.
#[divan::bench]
fn read(bencher: Bencher<'_, '_>) {
    objects(bencher).bench(|| REPLAY.read());
}

/// Takes each object out of the inventory.
#[divan::bench]
fn unpack(bencher: Bencher<'_, '_>) {
    let inventory = &*INVENTORY;
    objects(bencher).bench(|| inventory.objects.iter().map(|object| object.passwords.len()).sum::<usize>());
}

#[divan::bench]
fn evaluate_all(bencher: Bencher<'_, '_>) {
    LazyLock::force(&INVENTORY);
    objects(bencher).bench(judge);
}

#[divan::bench]
fn build_report(bencher: Bencher<'_, '_>) {
    LazyLock::force(&ASSESSMENT);
    objects(bencher).bench(build);
}

/// Its CSV files, `report.json`, and the manifest with their sums.
#[divan::bench]
fn write_files(bencher: Bencher<'_, '_>) {
    let report = &*REPORT;
    let bytes: usize = files(report).iter().sum();
    objects(bencher).counter(BytesCount::new(bytes)).bench(|| files(report));
}

#[divan::bench]
fn write_page(bencher: Bencher<'_, '_>) {
    let report = &*REPORT;
    objects(bencher).bench(|| report::html(report, report::PAGE_ROWS, &mut std::io::sink()).expect("a page"));
}

fn judge() -> Assessment {
    evaluate(&INVENTORY, &SETTINGS, SignInMethod::Certificate, NOW)
}

fn build() -> Report {
    let header = Header {
        tenant: "bench".to_owned(),
        tenant_id: REPLAY.tenant,
        run_id: RunId::new(NOW, 1),
        started: NOW,
        portal: "https://entra.microsoft.com",
    };
    report::build(header, &INVENTORY, &ASSESSMENT, &SETTINGS, &History::default())
}

fn files(report: &Report) -> Vec<usize> {
    let files = report::files(report, String::new(), true).expect("files");
    files.iter().map(|file| file.bytes.len()).collect()
}
