//! `keysweep policy`: app management policies by hand. What changes something is a plan of its own, which goes the way
//! of every other plan.

mod assign;
mod counter;
mod create;
mod delete;
mod show;
mod tenant_default;
mod which;

use std::path::Path;

use super::args::{self, PolicyCommand};
use super::exit::{End, Failure};
use super::interrupt::unless_asked;
use crate::config::Config;
use crate::run::clock::Clock;
use counter::Counter;

pub(super) async fn policy(
    args: &args::Policy,
    config: &Config,
    file: &Path,
    clock: Clock,
) -> Result<End, Failure> {
    let open = |change| Counter::open(config, change, file, clock);
    match &args.command {
        PolicyCommand::Show(args) => unless_asked(Box::pin(show::show(args, config, clock))).await,
        PolicyCommand::BlockAll(args) => tenant_default::block(&open(args).await?).await,
        PolicyCommand::UnblockAll(args) => tenant_default::unblock(&open(args).await?).await,
        PolicyCommand::Create(args) => create::create(args, &open(&args.change).await?).await,
        PolicyCommand::Assign(args) => assign::assign(args, &open(&args.change).await?).await,
        PolicyCommand::Unassign(args) => assign::unassign(args, &open(&args.change).await?).await,
        PolicyCommand::Delete(args) => delete::delete(args, &open(&args.change).await?).await,
    }
}
