//! `keysweep policy show`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;
use serde_json::Value;

use super::counter::{last_seen, name_of, unread};
use super::delete::called;
use crate::cli::args::{self, PlanFormat};
use crate::cli::exit::{End, Failure};
use crate::cli::plan::connect_failure;
use crate::cli::{remedy, show as screen};
use crate::config::Config;
use crate::domain::{Beside, Inventory, ObjectKey, Objects, Text};
use crate::graph::{self, Budgets, Event, Progress, look};
use crate::remediation::{custom_policy, tenant_default};
use crate::report::plain;
use crate::report::remedy::{CreationCounts, Page, creation_counts, restrictions};
use crate::run::apply::reader;
use crate::run::clock::Clock;

/// So many of the objects that a policy applies to are named.
const NAMED: usize = 10;

/// All that is shown.
#[derive(Serialize)]
struct Shown {
    tenant: String,
    tenant_id: String,
    tenant_default: Default,
    policies: Vec<Policy>,
    /// The complete run whose objects were judged; null where there is none.
    run_id: Option<String>,
    /// By `application` and `service-principal`: which of them may be given a client secret by these policies.
    secret_creation: Option<BTreeMap<&'static str, CreationCounts>>,
    /// What could not be read.
    gaps: Vec<String>,
}

#[derive(Serialize)]
struct Default {
    enabled: bool,
    /// In words, by their places.
    restrictions: BTreeMap<String, String>,
    policy: Value,
}

#[derive(Serialize)]
struct Policy {
    id: Option<String>,
    display_name: String,
    enabled: bool,
    restrictions: BTreeMap<String, String>,
    policy: Value,
    /// Null where that was not read.
    applies_to: Option<Vec<Holder>>,
}

#[derive(Serialize)]
struct Holder {
    object_type: &'static str,
    object_id: String,
    #[serde(skip)]
    called: String,
}

/// Nobody watches.
struct Unwatched;

impl Progress for Unwatched {
    fn event(&self, _: Event) {}
}

pub(super) async fn show(args: &args::PolicyShow, config: &Config, clock: Clock) -> Result<End, Failure> {
    let tenant = remedy::one_tenant(config, args.tenant.as_deref())?;
    let store = remedy::open(&config.store.url).await?;
    let reader = reader(tenant, clock, &Budgets::default()).map_err(|error| connect_failure(&error))?;
    let default = look::tenant_default(&reader).await.map_err(|error| unread(&error))?;
    let custom = look::policies(&reader).await.map_err(|error| unread(&error))?;
    let seen = last_seen(&store, tenant).await?;
    let (run, mut inventory) = match seen {
        Some((run, inventory)) => (Some(run), inventory),
        None => (None, nothing(tenant.tenant_id)),
    };
    graph::read_policies_into(&reader, &mut inventory, &Unwatched).await;
    let counts = run.as_ref().map(|_| {
        creation_counts(&inventory).into_iter().map(|(kind, counts)| (kind.as_str(), counts)).collect()
    });
    let shown = Shown {
        tenant: tenant.name.clone(),
        tenant_id: tenant.tenant_id.to_string(),
        tenant_default: Default {
            enabled: tenant_default::is_enabled(&default),
            restrictions: only_restrictions(&default),
            policy: masked(default),
        },
        policies: custom.into_iter().map(|policy| self::policy(policy, &inventory)).collect(),
        run_id: run.map(|run| run.as_str().to_owned()),
        secret_creation: counts,
        gaps: inventory.gaps.iter().map(|gap| format!("{}: {}", gap.part, gap.reason)).collect(),
    };
    print(&shown, args.format)?;
    for gap in &shown.gaps {
        screen::error(&format!("not read: {}", plain(gap, 1000)));
    }
    Ok(if shown.gaps.is_empty() { End::Done } else { End::NotCompleted })
}

/// A tenant of which no run saw anything.
fn nothing(tenant: crate::domain::TenantId) -> Inventory {
    Inventory {
        tenant,
        objects: Objects::default(),
        tenant_default: None,
        custom_policies: Vec::new(),
        beside: Beside::default(),
        gaps: Vec::new(),
    }
}

fn only_restrictions(policy: &Value) -> BTreeMap<String, String> {
    let mut all = restrictions(policy);
    for said_elsewhere in ["enabled", "name"] {
        all.remove(said_elsewhere);
    }
    // Graph tells a description that nobody wrote as an empty one.
    all.retain(|_, words| words != "“”");
    all
}

fn policy(policy: Value, inventory: &Inventory) -> Policy {
    let id = custom_policy::id(&policy);
    let holder = |key: &ObjectKey| Holder {
        object_type: key.kind.as_str(),
        object_id: key.id.to_string(),
        called: called(Some(inventory), *key),
    };
    let read = id.and_then(|id| inventory.custom_policy(id));
    Policy {
        id: id.map(|id| id.to_string()),
        display_name: custom_policy::name(&policy).as_str().to_owned(),
        enabled: tenant_default::is_enabled(&policy),
        restrictions: only_restrictions(&policy),
        applies_to: read.map(|read| read.applies_to.seen().iter().map(holder).collect()),
        policy: masked(policy),
    }
}

/// JSON in which nothing can be a client secret.
fn masked(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(Text::new(&text).as_str().to_owned()),
        Value::Array(entries) => Value::Array(entries.into_iter().map(masked).collect()),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (name, masked(value))).collect())
        }
        other => other,
    }
}

fn print(shown: &Shown, format: PlanFormat) -> Result<(), Failure> {
    screen::written(match format {
        PlanFormat::Json => {
            let json = serde_json::to_string_pretty(shown).map_err(|error| Failure::run(error.into()))?;
            writeln!(io::stdout(), "{json}")
        }
        PlanFormat::Text => anstream::stdout().write_all(text(shown).as_bytes()),
    })
}

fn text(shown: &Shown) -> String {
    let Shown { tenant, tenant_id, tenant_default, policies, run_id, secret_creation, gaps: _ } = shown;
    let mut page = Page::new(usize::from(screen::terminal_width()));
    page.line("", &format!("{tenant} ({tenant_id})"));
    page.blank();
    let off = if tenant_default.enabled { "enabled" } else { "DISABLED: nothing in it is enforced" };
    page.line("", &format!("Tenant default: {off}"));
    restricts(&mut page, &tenant_default.restrictions);
    for policy in policies {
        page.blank();
        custom(&mut page, policy);
    }
    if policies.is_empty() {
        page.blank();
        page.line("", "There is no custom policy.");
    }
    page.blank();
    match (run_id, secret_creation) {
        (Some(run), Some(counts)) => {
            let what =
                "May new client secrets be added? By these policies as they are now, of the objects that run";
            page.line("", &format!("{what} {run} saw (managed identities left out):"));
            format!("{}{}\n", page.into_text(), table(counts))
        }
        _ => {
            page.line(
                "",
                "Which objects may be given a client secret is not known: no complete run is on record. \
                 `keysweep audit` makes one.",
            );
            page.into_text()
        }
    }
}

fn restricts(page: &mut Page, restrictions: &BTreeMap<String, String>) {
    if restrictions.is_empty() {
        page.line("  ", "no restrictions");
    }
    for (place, words) in restrictions {
        page.line("  - ", &format!("{place}: {words}"));
    }
}

fn custom(page: &mut Page, policy: &Policy) {
    let Policy { id, display_name, enabled, restrictions, policy: _, applies_to } = policy;
    let id = id.as_deref().unwrap_or("without an id");
    let off = if *enabled { "enabled" } else { "DISABLED" };
    page.line("", &format!("Custom policy {} ({id}): {off}", name_of(display_name)));
    restricts(page, restrictions);
    match applies_to.as_deref() {
        None => page.line("  ", "what it applies to is not known"),
        Some([]) => page.line("  ", "applies to nothing"),
        Some(holders) => {
            page.line("  ", &format!("applies to {}:", holders.len()));
            holders.iter().take(NAMED).for_each(|holder| page.line("    - ", &holder.called));
            let more = holders.len().saturating_sub(NAMED);
            if more > 0 {
                page.line("    ", &format!("… and {more} more; `--format json` has all."));
            }
        }
    }
}

fn table(counts: &BTreeMap<&'static str, CreationCounts>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["", "BLOCKED", "BLOCKED WITH EXEMPTIONS", "ALLOWED", "UNKNOWN"]);
    for (kind, counts) in counts {
        let CreationCounts { blocked, blocked_with_exemptions, allowed, unknown } = *counts;
        let numbers = [blocked, blocked_with_exemptions, allowed, unknown].map(Cell::new);
        let numbers = numbers.map(|cell| cell.set_alignment(CellAlignment::Right));
        table.add_row([Cell::new(kind)].into_iter().chain(numbers));
    }
    table.trim_fmt()
}
