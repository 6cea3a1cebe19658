//! From the raw configuration to the validated one. A function that answers none has said why at the
//! [`Desk`]; the others go on, so that every problem is named.

mod audit;
mod credential;
mod desk;
mod exceptions;
mod files;
mod mail;
mod messages;
mod privileged;
mod remediation;
mod retry;
mod schedule;
mod server;
mod store;
mod tenant;
mod values;
mod webhook;

use super::raw::{RawConfig, RawMode, RawReports, RawTenant};
use super::{Config, Reports, Tenant, Writer};
use crate::compliance::Settings;
pub(super) use desk::Desk;
use messages::Post;
use remediation::Use;
pub(super) use remediation::template;
use schedule::Timing;
use tenant::Recipients;
pub use values::is_loopback;

/// Audits at one time unless it is said. More would wait for each other's memory and network, fewer let one
/// slow tenant hold up the others.
const CONCURRENCY: u8 = 8;

/// Checks a whole configuration.
pub(super) fn validate(raw: RawConfig, desk: &mut Desk<'_>) -> Option<Config> {
    let RawConfig {
        schedule,
        store,
        reports,
        tenant,
        audit,
        policy,
        privileged,
        rules,
        exception,
        remediation,
        mail,
        route,
        digest,
        owners,
        webhook,
        heartbeat,
        server,
    } = raw;
    let tenants = tenant.unwrap_or_default();
    let names: Vec<String> = tenants.iter().filter_map(|tenant| tenant.name.clone()).collect();
    let concurrency = schedule.as_ref().and_then(|schedule| schedule.concurrency);
    let timing = schedule::timing(schedule, tenants.iter().any(|tenant| tenant.schedule.is_some()), desk);
    let store = store::store(store.unwrap_or_default(), desk);
    let reports = self::reports(reports.unwrap_or_default(), desk);
    let (reading, settings) = audit::judging(audit, policy, rules, desk);
    let privileged = privileged::privileged(privileged.unwrap_or_default(), desk);
    let exceptions = exceptions::exceptions(exception.unwrap_or_default(), &names, settings.as_ref(), desk);
    let mut remediation = remediation.unwrap_or_default();
    let writer = remediation.credential.take();
    let usage = if matches!(remediation.mode, Some(RawMode::Apply)) { Use::Daemon } else { Use::OnRequest };
    let remediation = remediation::remediation(remediation, reading.as_ref(), desk);
    let webhooks = webhook::webhooks(webhook.unwrap_or_default(), &names, desk);
    let heartbeat = webhook::heartbeat(heartbeat, desk);
    let server = server.map(|server| self::server::server(server, desk));
    let to = mail.as_ref().map(|mail| mail::to(mail, desk));
    let recipients = match &to {
        Some(Some(to)) => Recipients::Of(to),
        Some(None) => Recipients::Unknown,
        None => Recipients::NoMail,
    };
    let writer = match writer {
        Some(raw) => remediation::writer(raw, "remediation.credential", usage, desk),
        None => Some(None),
    };
    let tenants = self::tenants(tenants, timing.as_ref(), recipients, &Writing { usage, writer }, desk);
    let mail = mail.map(|mail| mail::mail(mail, to.flatten(), &names, tenants.as_deref(), desk));
    let post = match &mail {
        Some(Some(mail)) => Post::Of(mail.summary, &mail.to),
        Some(None) => Post::Unknown,
        None => Post::None,
    };
    let routes = messages::routes(route.unwrap_or_default(), &names, post, desk);
    let digest = messages::digest(digest, post, timing.as_ref(), desk);
    let reads_owners = reading.as_ref().is_none_or(|reading| reading.owners);
    let owners = messages::owners(owners, post, reads_owners, desk);
    if let (Some(remediation), Some(tenants)) = (&remediation, &tenants) {
        remediation::check_writers(remediation, tenants, desk);
    }
    Some(Config {
        tenants: tenants?,
        store: store?,
        concurrency: usize::from(concurrency.unwrap_or(CONCURRENCY)),
        reports: reports?,
        reading: reading?,
        settings: Settings { privileged, exceptions: exceptions?, ..settings? },
        remediation: remediation?,
        mail: match mail {
            Some(mail) => Some(mail?),
            None => None,
        },
        routes: routes?,
        digest: digest?,
        owners: owners?,
        webhooks: webhooks?,
        heartbeat: heartbeat?,
        server: match server {
            Some(server) => Some(server?),
            None => None,
        },
    })
}

/// The sign-in that may write, of tenants that have none of their own.
struct Writing {
    usage: Use,
    /// None where it has problems.
    writer: Option<Option<Writer>>,
}

fn reports(raw: RawReports, desk: &mut Desk<'_>) -> Option<Reports> {
    let RawReports { directory, keep, csv_bom } = raw;
    let directory = values::folder(directory, "reports", "reports.directory", desk);
    // Less than a day would delete what was just written.
    let keep = match keep {
        Some(text) => values::days(&text, "reports.keep", desk).map(Some),
        None => Some(None),
    };
    Some(Reports { directory: directory?, keep: keep?, csv_bom: csv_bom.unwrap_or(true) })
}

fn tenants(
    raw: Vec<RawTenant>,
    timing: Option<&Timing>,
    recipients: Recipients<'_>,
    writing: &Writing,
    desk: &mut Desk<'_>,
) -> Option<Vec<Tenant>> {
    if raw.is_empty() {
        desk.missing("tenant", "Add a `[[tenant]]` with `name`, `tenant_id` and `[tenant.credential]`");
        return None;
    }
    let mut names: Vec<String> = Vec::new();
    let mut tenants = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let path = format!("tenant[{index}]");
        // Folders of some systems do not tell upper from lower case.
        if let Some(name) = raw.name.as_deref().map(str::to_lowercase) {
            if names.contains(&name) {
                let what = "is the name of another tenant too, upper and lower case aside";
                desk.problem(&format!("{path}.name"), what, "Give each tenant a name of its own");
            }
            names.push(name);
        }
        tenants.push(tenant::tenant(raw, &path, timing, recipients, writing, desk));
    }
    tenants.into_iter().collect()
}
