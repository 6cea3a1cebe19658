//! `keysweep policy`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::remediation::{Consent, PlanFormat};
use crate::domain::ObjectKind;

#[derive(Debug, Args)]
#[command(after_help = "\
Commands that change something only show what they would change, unless `--yes` is given. With it they are plans \
like any other: on record before anything is sent, read back after it, and taken back by `keysweep undo`. What \
`[remediation] protected` names is refused.

Exit codes are those of `keysweep apply`.")]
pub(in crate::cli) struct Policy {
    #[command(subcommand)]
    pub(in crate::cli) command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PolicyCommand {
    /// Show the tenant default, the custom policies, and how many objects may still be given a client secret
    Show(PolicyShow),
    /// Block new client secrets and symmetric keys in both halves of the tenant default
    BlockAll(Change),
    /// Remove what block-all adds from the tenant default
    UnblockAll(Change),
    /// Create a custom policy
    Create(Create),
    /// Assign a custom policy to an application or a service principal
    Assign(Assign),
    /// Unassign the custom policy of an application or a service principal
    Unassign(Unassign),
    /// Delete a custom policy
    Delete(Delete),
}

/// What every command that changes something takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct Change {
    #[command(flatten)]
    pub(in crate::cli) consent: Consent,
    /// The tenant, by its name in the configuration; needed where there are several
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) tenant: Option<String>,
    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(in crate::cli) format: PlanFormat,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PolicyShow {
    /// The tenant, by its name in the configuration; needed where there are several
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) tenant: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(in crate::cli) format: PlanFormat,
}

#[derive(Debug, Args)]
#[command(after_help = "\
TYPE is passwordAddition, passwordLifetime, customPasswordAddition, symmetricKeyAddition, symmetricKeyLifetime or \
asymmetricKeyLifetime; the lifetimes take a limit, as in passwordLifetime=90d. Without any, the policy blocks new \
client secrets and symmetric keys. FILE has the keys of `[remediation.policy]`: name, description, restrictions; \
what is given on the command line comes before it.")]
pub(in crate::cli) struct Create {
    /// Its name; none of this name may be there
    #[arg(long, value_name = "TEXT", required_unless_present = "from")]
    pub(in crate::cli) name: Option<String>,
    /// Its description
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) description: Option<String>,
    /// A restriction, enabled for every object; may be repeated
    #[arg(long, value_name = "TYPE[=DURATION]")]
    pub(in crate::cli) restriction: Vec<String>,
    /// Take what is not given here from this TOML file
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) from: Option<PathBuf>,
    /// Create it disabled
    #[arg(long)]
    pub(in crate::cli) disabled: bool,
    #[command(flatten)]
    pub(in crate::cli) change: Change,
}

#[derive(Debug, Args)]
#[command(after_help = OBJECT)]
pub(in crate::cli) struct Assign {
    /// The policy: its id or its name
    #[arg(value_name = "POLICY")]
    pub(in crate::cli) policy: String,
    /// The object
    #[arg(value_name = "OBJECT")]
    pub(in crate::cli) object: String,
    /// Which kind of object is meant
    #[arg(long, value_enum)]
    pub(in crate::cli) kind: Option<Kind>,
    #[command(flatten)]
    pub(in crate::cli) change: Change,
}

#[derive(Debug, Args)]
#[command(after_help = OBJECT)]
pub(in crate::cli) struct Unassign {
    /// The object
    #[arg(value_name = "OBJECT")]
    pub(in crate::cli) object: String,
    /// The policy, to make sure that it is the one you mean: its id or its name
    #[arg(value_name = "POLICY")]
    pub(in crate::cli) policy: Option<String>,
    /// Which kind of object is meant
    #[arg(long, value_enum)]
    pub(in crate::cli) kind: Option<Kind>,
    #[command(flatten)]
    pub(in crate::cli) change: Change,
}

const OBJECT: &str = "\
OBJECT is an object id, an app id or a display name. An application and its service principal have one app id, and \
mostly one name: `--kind` says which is meant.";

#[derive(Debug, Args)]
pub(in crate::cli) struct Delete {
    /// The policy: its id or its name
    #[arg(value_name = "POLICY")]
    pub(in crate::cli) policy: String,
    /// Unassign it from everything first; without it, a policy that is assigned is not deleted
    #[arg(long)]
    pub(in crate::cli) unassign: bool,
    #[command(flatten)]
    pub(in crate::cli) change: Change,
}

/// The kinds of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Kind {
    /// An app registration
    Application,
    /// An enterprise application
    ServicePrincipal,
}

impl From<Kind> for ObjectKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Application => Self::Application,
            Kind::ServicePrincipal => Self::ServicePrincipal,
        }
    }
}
