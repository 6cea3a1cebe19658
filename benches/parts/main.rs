//! What the parts of an audit cost for each object, without network and disk: `cargo bench --bench parts`.
//!
//! Shown is the time for all objects of a generated tenant, and how many items (objects, rows) that makes a
//! second.
#![expect(clippy::expect_used, reason = "a bench that cannot start has nothing to measure")]

mod replay;

use std::io;
use std::sync::{Arc, LazyLock};

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use keysweep::compliance::{Settings, evaluate};
use keysweep::domain::{Assessment, History, HowRead, Inventory, RunId, SignInMethod};
use keysweep::report::{self, Audited, Header, Nowhere, Report};

use replay::{NOW, Replay};

/// A fifth of them applications. More would take longer and show the same.
const OBJECTS: usize = 5_000;

static REPLAY: LazyLock<Replay> = LazyLock::new(|| Replay::record(OBJECTS).expect("pages to replay"));
static AUDITED: LazyLock<Arc<Audited>> = LazyLock::new(|| {
    let (inventory, settings) = (REPLAY.read(), Settings::default());
    let assessment = judge(&inventory, &settings);
    Arc::new(Audited { inventory, assessment, settings })
});
static REPORT: LazyLock<Report> = LazyLock::new(|| build(&AUDITED));

fn main() {
    divan::main();
}

/// Fetches the pages and drops them: to be taken off from the next.
#[divan::bench]
fn fetch(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(OBJECTS)).bench(|| REPLAY.fetch());
}

/// From the pages to the inventory: fetching, parsing, converting, packing.
#[divan::bench]
fn read(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(OBJECTS)).bench(|| REPLAY.read());
}

/// Takes each object out of the inventory.
#[divan::bench]
fn unpack(bencher: Bencher<'_, '_>) {
    let inventory = &AUDITED.inventory;
    let passwords = || inventory.objects.iter().map(|object| object.passwords.len()).sum::<usize>();
    bencher.counter(ItemsCount::new(OBJECTS)).bench(passwords);
}

#[divan::bench]
fn evaluate_all(bencher: Bencher<'_, '_>) {
    let Audited { inventory, settings, .. } = &**AUDITED;
    bencher.counter(ItemsCount::new(OBJECTS)).bench(|| judge(inventory, settings));
}

#[divan::bench]
fn build_report(bencher: Bencher<'_, '_>) {
    let audited = &*AUDITED;
    bencher.counter(ItemsCount::new(OBJECTS)).bench(|| build(audited));
}

/// All files, hashed and forgotten.
#[divan::bench]
fn write_files(bencher: Bencher<'_, '_>) {
    let report = &*REPORT;
    bencher
        .counter(ItemsCount::new(OBJECTS))
        .bench(|| report::write(report, true, &mut Nowhere).expect("files"));
}

#[divan::bench(args = ["findings.csv", "objects.csv", "credentials.csv"])]
fn write_csv(bencher: Bencher<'_, '_>, name: &str) {
    let report = &*REPORT;
    bencher
        .counter(BytesCount::new(size_of_file(report, name)))
        .counter(ItemsCount::new(OBJECTS))
        .bench(|| report::csv_file(report, name, true, io::sink()).expect("a file"));
}

#[divan::bench]
fn write_json(bencher: Bencher<'_, '_>) {
    let report = &*REPORT;
    bencher
        .counter(BytesCount::new(size_of_file(report, "report.json")))
        .counter(ItemsCount::new(OBJECTS))
        .bench(|| report::report_json(report, io::sink()).expect("a file"));
}

#[divan::bench]
fn write_page(bencher: Bencher<'_, '_>) {
    let report = &*REPORT;
    bencher
        .counter(ItemsCount::new(OBJECTS))
        .bench(|| report::html(report, true, report::PAGE_ROWS, io::sink()).expect("a page"));
}

fn judge(inventory: &Inventory, settings: &Settings) -> Assessment {
    evaluate(inventory, settings, SignInMethod::Certificate, NOW)
}

fn build(audited: &Arc<Audited>) -> Report {
    let header = Header {
        tenant: "bench".to_owned(),
        tenant_id: REPLAY.tenant,
        run_id: RunId::new(NOW, 1),
        started: NOW,
        portal: "https://entra.microsoft.com",
        read: HowRead::InFull,
    };
    report::build(header, Arc::clone(audited), &History::default())
}

fn size_of_file(report: &Report, name: &str) -> u64 {
    let files = report::write(report, true, &mut Nowhere).expect("files");
    files.iter().find(|file| file.name == name).map_or(0, |file| file.bytes)
}
