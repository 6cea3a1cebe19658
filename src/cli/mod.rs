//! The command line: one file for each command.

mod apply;
mod archive;
mod args;
mod audit;
mod daemon;
pub mod demo;
mod doctor;
mod emulator;
mod exit;
mod history;
mod interrupt;
mod logging;
mod outbox;
mod plan;
mod policy;
mod progress;
mod remedy;
mod rules;
mod schema;
mod show;
mod stage;
mod undo;
mod workspace;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use self::args::{Cli, Command};
use self::exit::{End, Failure};
use self::interrupt::unless_asked;
use self::logging::Audience;
use self::progress::Screen;
use crate::config::{self, Config, Environment};
use crate::run::clock;

/// Runs the program. `jitter` is where randomness comes from: a delay below the one given.
#[must_use]
pub fn main(jitter: fn(Duration) -> Duration) -> ExitCode {
    let cli = Cli::parse();
    let end = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::run(anyhow::Error::new(error).context("the program cannot start")))
        .and_then(|runtime| runtime.block_on(command(&cli, jitter)));
    match end {
        Ok(end) => end.into(),
        Err(failure) => {
            show::error(&failure.message);
            failure.end.into()
        }
    }
}

async fn command(cli: &Cli, jitter: fn(Duration) -> Duration) -> Result<End, Failure> {
    let environment = Environment::from_process();
    let screen = Screen::new();
    let audience = match cli.command {
        Command::Daemon => Audience::Service,
        _ => Audience::Command,
    };
    logging::start(audience, environment.get("KEYSWEEP_LOG"), screen.bars()).map_err(Failure::usage)?;
    let warn: fn(&str) = match audience {
        Audience::Service => |warning| tracing::warn!("{warning}"),
        Audience::Command => show::warning,
    };
    let load = || load(cli.config.as_deref(), &environment, warn);
    let file = || config::find(cli.config.as_deref(), &environment);
    match &cli.command {
        Command::Demo(args) => unless_asked(demo::demo(args, &screen, clock::system)).await,
        Command::Audit(args) => audit::audit(args, &load()?, &screen, clock::system).await,
        Command::Daemon => daemon::daemon(load()?, &load, jitter).await,
        Command::History(args) => unless_asked(history::history(args, &load()?, clock::system)).await,
        Command::Doctor(args) => unless_asked(doctor::doctor(args, &load()?, &file()?, clock::system)).await,
        Command::Plan(args) => unless_asked(Box::pin(plan::plan(args, &load()?, clock::system))).await,
        Command::Apply(args) => Box::pin(apply::apply(args, &load()?, &file()?, clock::system)).await,
        Command::Undo(args) => Box::pin(undo::undo(args, &load()?, &file()?, clock::system)).await,
        Command::Policy(args) => Box::pin(policy::policy(args, &load()?, &file()?, clock::system)).await,
        Command::Outbox(args) => unless_asked(Box::pin(outbox::outbox(args, &load()?, clock::system))).await,
        Command::Rules(args) => rules::rules(args),
        Command::Schema(args) => schema::schema(args),
        Command::Emulator(args) => emulator::emulator(args).await,
    }
}

/// Finds and reads the configuration. Problems are all in the error.
fn load(explicit: Option<&Path>, environment: &Environment, warn: fn(&str)) -> Result<Config, Failure> {
    let path = config::find(explicit, environment)?;
    let loaded = config::load(&path, environment)?;
    for warning in &loaded.warnings {
        warn(warning);
    }
    Ok(loaded.config)
}
