//! What valid configurations mean.

use std::path::Path;
use std::time::Duration;

use chrono::TimeDelta;
use keysweep::compliance::{Demand, Privileged, Settings};
use keysweep::config::{Cloud, Credential, Retry, SmtpTls, StoreUrl, Tenant, TenantSize, Transport};
use keysweep::domain::{MaxLifetime, Need, ObjectKind, RestrictionKind, RuleId, Severity, SignInMethod};
use secrecy::ExposeSecret;

use crate::common::{BASE, and, but, config, read, read_with};

fn tenant(lines: &str) -> Tenant {
    config(&but("name = \"contoso\"", &format!("name = \"contoso\"\n{lines}"))).tenants.remove(0)
}

#[test]
fn what_is_left_out_has_the_documented_default() {
    let config = config(BASE);
    // What it hangs on is not read.
    let severities = [(RuleId::ClientSecretUnused, None)].into();
    assert_eq!(config.settings, Settings { severities, ..Settings::default() });
    assert_eq!(config.reading.scope, [ObjectKind::Application, ObjectKind::ServicePrincipal]);
    assert!(config.reading.owners);
    assert_eq!(config.reading.full_every, TimeDelta::days(7));
    assert_eq!(config.reports.directory, Path::new("reports"));
    assert_eq!(config.reports.keep, None);
    assert!(config.reports.csv_bom);
    assert!(config.mail.is_none());
    assert!(matches!(&config.store.url, StoreUrl::Sqlite(path) if path == Path::new("data/keysweep.db")));
    assert_eq!((config.store.keep, config.concurrency), (TimeDelta::days(400), 8));
    let tenant = &config.tenants[0];
    assert_eq!((tenant.name.as_str(), tenant.client_id), ("contoso", None));
    assert_eq!(tenant.credential.method(), SignInMethod::AzureCli);
    assert_eq!(tenant.graph_url.as_str(), "https://graph.microsoft.com/");
    assert_eq!(tenant.authority_url.as_str(), "https://login.microsoftonline.com/");
    assert!(tenant.schedule.is_none() && tenant.ca_file.is_none() && tenant.mail_to.is_empty());
}

#[test]
#[rustfmt::skip]
fn mail_is_tried_again_as_patiently_as_it_says() {
    let mail = "[mail]\ntransport='directory'\nfrom='k@c.example'\nto=['s@c.example']\n";
    let days = 24 * 60 * 60;
    for (lines, first, longest, give_up_after) in [
        ("",                                                                   60, 4 * 3600, 5 * days),
        ("retry_first='90s'\nretry_longest='1h'\ngive_up_after='2d 12h'\n", 90, 3600,     5 * days / 2),
        ("retry_first='1s'\nretry_longest='1s'\ngive_up_after='0s'\n",      1,  1,        0),
        ("retry_longest='1d'\ngive_up_after='30d'\n",                        60, days,     30 * days),
    ] {
        let config = config(&and(&format!("{mail}{lines}")));
        let [first, longest, give_up_after] = [first, longest, give_up_after].map(Duration::from_secs);
        assert_eq!(config.retry(), Retry { first, longest, give_up_after }, "{lines}");
    }
    assert_eq!(config(BASE).retry(), Retry::default());
}

#[test]
#[rustfmt::skip]
fn each_cloud_has_its_graph_its_authority_and_its_portal() {
    for (word, cloud, graph, authority, portal) in [
        ("public", Cloud::Public, "https://graph.microsoft.com/", "https://login.microsoftonline.com/", "https://entra.microsoft.com"),
        ("us-gov", Cloud::UsGov, "https://graph.microsoft.us/", "https://login.microsoftonline.us/", "https://entra.microsoft.us"),
        ("us-gov-dod", Cloud::UsGovDod, "https://dod-graph.microsoft.us/", "https://login.microsoftonline.us/", "https://entra.microsoft.us"),
        ("china", Cloud::China, "https://microsoftgraph.chinacloudapi.cn/", "https://login.chinacloudapi.cn/", "https://entra.microsoftonline.cn"),
    ] {
        let tenant = tenant(&format!("cloud = '{word}'"));
        let roots = (tenant.graph_url.as_str(), tenant.authority_url.as_str(), tenant.cloud.portal());
        assert_eq!((tenant.cloud, roots), (cloud, (graph, authority, portal)));
    }
}

#[test]
fn a_tenant_is_small_where_it_does_not_say_otherwise() {
    for (line, size) in [
        ("", TenantSize::Small),
        ("size = 'small'", TenantSize::Small),
        ("size = 'medium'", TenantSize::Medium),
        ("size = 'large'", TenantSize::Large),
    ] {
        assert_eq!(tenant(line).size, size, "{line}");
    }
}

#[test]
fn roots_of_their_own_win_over_those_of_the_cloud() {
    for root in
        ["http://127.0.0.1:8080", "http://localhost:1/", "http://[::1]:2", "https://proxy.example:8443"]
    {
        let tenant = tenant(&format!("graph_url = '{root}'\nauthority_url = 'https://login.example'"));
        assert_eq!(tenant.graph_url.as_str().trim_end_matches('/'), root.trim_end_matches('/'));
        assert_eq!(tenant.authority_url.as_str(), "https://login.example/");
    }
}

#[test]
fn a_tenant_has_its_own_cron_with_the_rest_of_the_schedule() {
    let text = and("[schedule]\ntimezone = 'Europe/Berlin'\njitter = '10m'\ncatch_up = false\n");
    let text = text.replace("name = \"contoso\"", "name = \"contoso\"\nschedule = '30 0 7 1 * *'");
    let second = BASE.replace("contoso", "fabrikam");
    let config = config(&format!("{text}{second}"));
    let schedule = config.tenants[0].schedule.as_ref().unwrap();
    assert_eq!(schedule.cron.as_str(), "30 0 7 1 * *");
    assert_eq!(schedule.timezone, chrono_tz::Europe::Berlin);
    assert_eq!(schedule.jitter, Duration::from_secs(600));
    assert!(!schedule.catch_up);
    assert!(config.tenants[1].schedule.is_none(), "no cron for it anywhere");
}

#[test]
fn a_schedule_is_that_of_every_tenant_that_has_none() {
    let config = config(&and("[schedule]\ncron = '0 6 * * MON'\n"));
    let schedule = config.tenants[0].schedule.as_ref().unwrap();
    assert_eq!((schedule.cron.as_str(), schedule.timezone), ("0 6 * * 1", chrono_tz::UTC));
    assert_eq!((schedule.jitter, schedule.catch_up), (Duration::ZERO, true));
    assert!(config_of_own_cron().tenants[0].schedule.is_some(), "without [schedule]");
}

fn config_of_own_cron() -> keysweep::config::Config {
    config(&but("name = \"contoso\"", "name = \"contoso\"\nschedule = '0 0 29 2 *'"))
}

#[test]
#[rustfmt::skip]
fn durations_are_added_up_with_days_of_24_hours() {
    for (text, seconds) in [
        ("45s", 45), ("90m", 5400), ("12h", 43_200), ("30d", 30 * 86_400), ("2w", 14 * 86_400),
        ("1d12h", 129_600), ("1d 12h", 129_600), ("0s", 0), ("36500d", 36_500 * 86_400),
    ] {
        let config = config(&and(&format!("[audit]\nexpiring_within = '{text}'\n")));
        assert_eq!(config.settings.expiring_within, TimeDelta::seconds(seconds), "{text}");
    }
    assert!(read(&and("[audit]\nexpiring_within = '36501d'\n")).is_err());
}

#[test]
#[rustfmt::skip]
fn sizes_are_of_1000_or_of_1024() {
    for (text, bytes) in [
        ("0KB", 0), ("500 KB", 500_000), ("8MB", 8_000_000), ("8MiB", 8 << 20), ("64KiB", 64 << 10),
        ("10B", 10), ("150MiB", 150 << 20),
    ] {
        let mail = "[mail]\ntransport='directory'\nfrom='k@c.example'\nto=['s@c.example']\nattachment_limit";
        let config = config(&and(&format!("{mail}='{text}'\n")));
        assert_eq!(config.mail.map(|mail| mail.attachment_limit), Some(bytes), "{text}");
    }
}

#[test]
fn judging_is_as_configured() {
    let config = config(&and(r#"
[audit]
scope = ["service-principals"]
expiring_within = "14d"
max_secret_lifetime = "90d"
max_certificate_lifetime = "180d"
compliance_threshold = "low"
owners = false
unused_after = "45d"
full_every = "36h"
[policy]
require = "assigned"
restrictive = ["passwordAddition", { type = "asymmetricKeyLifetime", max = "181d" }, { type = "passwordLifetime" }]
[privileged]
also = ["Mail.Send"]
except = ["Group.ReadWrite.All", "Directory Writers"]
[rules]
client-secret-expired = "off"
idle-policy = "critical"
"#));
    assert_eq!(config.reading.scope, [ObjectKind::ServicePrincipal]);
    assert!(!config.reading.owners);
    assert_eq!(config.reading.full_every, TimeDelta::hours(36));
    let max = Some(MaxLifetime::from_delta(TimeDelta::days(181)));
    let expected = Settings {
        scope: [ObjectKind::ServicePrincipal].into(),
        severities: [
            (RuleId::ClientSecretExpired, None),
            (RuleId::ClientSecretUnused, None),
            (RuleId::IdlePolicy, Some(Severity::Critical)),
            (RuleId::NoOwner, None),
        ]
        .into(),
        expiring_within: TimeDelta::days(14),
        max_secret_lifetime: TimeDelta::days(90),
        max_certificate_lifetime: TimeDelta::days(180),
        unused_after: TimeDelta::days(45),
        compliance_threshold: Severity::Low,
        require: Need::Assigned,
        restrictive: vec![
            Demand { kind: RestrictionKind::PasswordAddition, max: None },
            Demand { kind: RestrictionKind::AsymmetricKeyLifetime, max },
            Demand { kind: RestrictionKind::PasswordLifetime, max: None },
        ],
        privileged: Privileged {
            also: ["Mail.Send".to_owned()].into(),
            except: ["Directory Writers".to_owned(), "Group.ReadWrite.All".to_owned()].into(),
        },
        exceptions: Vec::new(),
        used_elsewhere: std::collections::BTreeSet::new(),
    };
    assert_eq!(config.settings, expected);
}

#[test]
fn a_rule_is_off_where_nothing_is_read_that_it_hangs_on() {
    use RuleId::{ClientSecretUnused, PrivilegedWithSecret};
    let none = "application_permissions = false\ndirectory_roles = false\n";
    for (audit, rule, on) in [
        ("", ClientSecretUnused, false),
        ("sign_in_activity = false\n", ClientSecretUnused, false),
        ("sign_in_activity = true\n", ClientSecretUnused, true),
        ("", PrivilegedWithSecret, true),
        ("application_permissions = false\n", PrivilegedWithSecret, false),
        ("application_permissions = false\ndirectory_roles = true\n", PrivilegedWithSecret, true),
        ("directory_roles = true\n", PrivilegedWithSecret, true),
        (none, PrivilegedWithSecret, false),
    ] {
        let read = |rules: &str| config(&and(&format!("[audit]\n{audit}{rules}"))).settings.severity(rule);
        assert_eq!(read("").is_some(), on, "{rule}: {audit}");
        assert_eq!(read(&format!("[rules]\n{rule} = 'off'\n")), None, "which may be said");
    }
}

#[test]
fn every_rule_and_every_restriction_can_be_configured() {
    for rule in RuleId::ALL {
        for severity in Severity::ALL {
            let config =
                config(&and(&format!("[audit]\nsign_in_activity = true\n[rules]\n{rule} = '{severity}'\n")));
            assert_eq!(config.settings.severity(*rule), Some(severity));
        }
    }
    for word in [
        "passwordAddition",
        "passwordLifetime",
        "customPasswordAddition",
        "symmetricKeyAddition",
        "symmetricKeyLifetime",
        "asymmetricKeyLifetime",
    ] {
        let config = config(&and(&format!("[policy]\nrestrictive = ['{word}']\n")));
        assert_eq!(config.settings.restrictive[0].kind, RestrictionKind::from_graph(word));
    }
}

#[test]
fn mail_goes_to_the_tenants_own_recipients_or_to_all() {
    let more = "[mail]\ntransport = 'directory'\nfrom = 'Key Sweep <k@c.example>'\nto = ['s@c.example']\n";
    let other =
        BASE.replace("contoso", "fabrikam").replace("[tenant.c", "mail_to = ['f@f.example']\n[tenant.c");
    let config = config(&format!("{BASE}{other}{more}"));
    let to = |index: usize| config.tenants[index].mail_to[0].to_string();
    assert_eq!((to(0).as_str(), to(1).as_str()), ("s@c.example", "f@f.example"));
    let mail = config.mail.unwrap();
    assert_eq!(mail.from.name.as_deref(), Some("Key Sweep"));
    assert!(matches!(mail.transport, Transport::Directory(folder) if folder == Path::new("data/mail")));
}

#[test]
fn mail_needs_no_recipients_where_every_tenant_has_its_own() {
    let text = but("name = \"contoso\"", "name = \"contoso\"\nmail_to = ['s@c.example']");
    let config = config(&format!("{text}[mail]\ntransport = 'directory'\nfrom = 'k@c.example'\n"));
    assert_eq!(config.tenants[0].mail_to.len(), 1);
}

#[test]
#[rustfmt::skip]
fn the_port_follows_the_protection() {
    for (lines, host, tls, port) in [
        ("",                              "smtp.c.example", SmtpTls::StartTls, 587),
        ("tls = 'implicit'",              "smtp.c.example", SmtpTls::Implicit, 465),
        ("tls = 'none'",                  "localhost",      SmtpTls::None,     25),
        ("tls = 'none'\nport = 2525",     "127.0.0.1",      SmtpTls::None,     2525),
        ("tls = 'none'",                  "::1",            SmtpTls::None,     25),
    ] {
        let config = config(&and(&format!(
            "[mail]\nfrom = 'k@c.example'\nto = ['s@c.example']\n[mail.smtp]\nhost = '{host}'\n{lines}\n"
        )));
        let Some(Transport::Smtp(smtp)) = config.mail.map(|mail| mail.transport) else { panic!("{host}") };
        assert_eq!((smtp.host.as_str(), smtp.tls, smtp.port), (host, tls, port));
        assert!(smtp.login.is_none());
    }
}

#[test]
fn the_mail_server_is_not_looked_at_while_mail_goes_to_a_folder() {
    let mail = "[mail]\ntransport = 'directory'\nfrom = 'k@c.example'\nto = ['s@c.example']\n";
    let smtp = "[mail.smtp]\nhost = 'smtp.c.example'\nusername = 'k'\npassword_file = 'no/such/file'\n";
    assert!(read(&and(&format!("{mail}{smtp}"))).is_ok());
}

#[test]
fn a_client_secret_works_and_warns() {
    let text = but("\"azure-cli\"", "\"client-secret\"\nsecret_env = 'SECRET'");
    let text = text.replace("[tenant.c", "client_id = '22222222-2222-4222-8222-222222222222'\n[tenant.c");
    let loaded = read_with(&text, [("SECRET", "hunter2\n")]).unwrap();
    let Credential::ClientSecret { secret } = &loaded.config.tenants[0].credential else { panic!() };
    assert_eq!(secret.expose_secret(), "hunter2");
    assert_eq!(
        loaded.warnings,
        [
            "keysweep.toml:6: tenant[0].credential.type: signs in with a client secret, which the audit reports \
          as `auditor-uses-secret`. Use `certificate`, `workload-identity` or `managed-identity`."
        ]
    );
}

#[test]
fn the_azure_cli_needs_no_client_id_and_says_so() {
    let text = but("[tenant.c", "client_id = '22222222-2222-4222-8222-222222222222'\n[tenant.c");
    let loaded = read(&text).unwrap();
    assert_eq!(loaded.config.tenants[0].client_id, None);
    assert_eq!(
        loaded.warnings,
        ["keysweep.toml:4: tenant[0].client_id: is not used with `azure-cli`. Remove it, or choose another \
          type of credential."]
    );
    let managed = read(&text.replace("azure-cli", "managed-identity")).unwrap();
    assert!(managed.config.tenants[0].client_id.is_some() && managed.warnings.is_empty());
}
