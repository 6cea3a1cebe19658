//! `keysweep doctor`: whether things would work, before they have to.

mod mail;
mod trial;
mod webhooks;

use std::fmt;
use std::io::{self, Write};
use std::path::Path;

use super::args;
use super::exit::{End, Failure};
use super::show;
use crate::config::Config;
use crate::run::clock::Clock;

/// What was looked at, and what was seen.
#[derive(Debug)]
struct Check {
    about: String,
    state: State,
    /// One sentence without its full stop.
    seen: String,
    /// What to do, one sentence.
    remedy: Option<String>,
}

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ok,
    /// It works, or was not looked at.
    Warning,
    Failed,
}

impl Check {
    fn ok(about: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { about: about.into(), state: State::Ok, seen: seen.into(), remedy: None }
    }

    fn warning(about: impl Into<String>, seen: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { about: about.into(), state: State::Warning, seen: seen.into(), remedy: Some(remedy.into()) }
    }

    fn failed(about: impl Into<String>, seen: impl Into<String>, remedy: Option<String>) -> Self {
        Self { about: about.into(), state: State::Failed, seen: seen.into(), remedy }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { about, state, seen, remedy } = self;
        let state = match state {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Failed => "failed",
        };
        write!(f, "{state:<8} {about}: {seen}")?;
        match remedy {
            Some(remedy) => write!(f, "\n         {remedy}"),
            None => Ok(()),
        }
    }
}

/// Looks at everything in order, and says each thing as soon as it is known. A configuration that does not hold never
/// gets here: that is exit code 2, with all its problems.
pub(super) async fn doctor(
    args: &args::Doctor,
    config: &Config,
    file: &Path,
    clock: Clock,
) -> Result<End, Failure> {
    let mut end = End::Done;
    let mut say = |check: Check| {
        if check.state == State::Failed {
            end = End::NotDelivered;
        }
        show::written(writeln!(io::stdout(), "{check}"))
    };
    say(configuration(config, file))?;
    let ways = mail::Ways { config, clock };
    say(ways.look().await)?;
    if let Some(to) = &args.send_test_mail {
        say(ways.send(to).await)?;
    }
    for hook in &config.webhooks {
        say(match args.send_test_webhooks {
            true => webhooks::send(hook, clock()).await,
            false => webhooks::unasked(hook),
        })?;
    }
    Ok(end)
}

fn configuration(config: &Config, file: &Path) -> Check {
    let tenants: Vec<String> = config.tenants.iter().map(|tenant| format!("`{}`", tenant.name)).collect();
    Check::ok("configuration", format!("`{}` holds, for {}", file.display(), tenants.join(", ")))
}
