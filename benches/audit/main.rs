//! What a whole audit costs, against the least it can cost: `cargo bench --bench audit -- 10000 100000`.
//!
//! An emulator of so many objects runs in a process of its own, at 60 ms of latency. The real binary audits it,
//! with a store, three times: at first, with nothing changed, and with 0.1 % changed. A bare downloader fetches
//! the same pages, with the same headers and side by side, and drops them. What is measured is the process:
//! time on the clock, CPU (user and system), and the most memory it ever held. Linux only.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

mod downloader;
mod goals;
mod measure;
mod serve;
mod table;
mod world;

use clap::{Args, Parser, Subcommand};

use goals::Figures;
use table::Row;
use world::World;

#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    part: Option<Part>,
    #[command(flatten)]
    plan: Plan,
    /// Given by cargo.
    #[arg(long, hide = true, global = true)]
    bench: bool,
}

/// What to measure.
#[derive(Debug, Args)]
struct Plan {
    /// How many objects the tenants have: a fifth applications, the others service principals
    #[arg(value_name = "OBJECTS", default_values_t = [10_000, 100_000])]
    objects: Vec<usize>,
    #[command(flatten)]
    service: serve::Service,
    /// Stop after the first audit, for a profiler
    #[arg(long)]
    first_only: bool,
    /// Where stores and reports are written for the time of the measurement [default: the system's
    /// directory for such things]
    #[arg(long, value_name = "DIR")]
    directory: Option<std::path::PathBuf>,
}

/// The processes that the bench starts of itself.
#[derive(Debug, Subcommand)]
enum Part {
    #[command(hide = true)]
    Serve(serve::Serve),
    #[command(hide = true)]
    Download,
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    match cli.part {
        Some(Part::Serve(serve)) => serve::serve(&serve),
        Some(Part::Download) => downloader::download(),
        None => compare(&cli.plan),
    }
}

fn compare(plan: &Plan) -> anyhow::Result<()> {
    let mut all = Vec::new();
    for &objects in &plan.objects {
        let figures = measure_one(plan, objects)?;
        goals::print(&figures, all.last());
        all.push(figures);
    }
    Ok(())
}

fn measure_one(plan: &Plan, objects: usize) -> anyhow::Result<Figures> {
    let mut world = World::new(plan, objects)?;
    let load = measure::load_average();
    println!("\n{objects} objects, {}, load before {load}", plan.service);
    println!("{}", table::HEAD);
    let tell = |row: &Row, base: Option<&Row>| println!("{}", row.line(objects, base));

    let limited = plan.service.enforce_limits;
    let first = world.audit("first run", &[])?;
    if plan.first_only {
        tell(&first, None);
        return Ok(Figures { objects, limited, downloader: None, first, changed: None });
    }
    let downloader = world.download("bare downloader")?.or_faster(world.download("bare downloader")?);
    tell(&downloader, None);
    tell(&first, Some(&downloader));
    if world.knows("--full")? {
        tell(&world.audit("full again", &["--full"])?, Some(&downloader));
    }
    tell(&world.audit("nothing changed", &[])?, Some(&downloader));
    let edited = world.change(objects / 1_000)?;
    let changed = world.audit(&format!("{edited} changed"), &[])?;
    tell(&changed, Some(&downloader));
    Ok(Figures { objects, limited, downloader: Some(downloader), first, changed: Some(changed) })
}
