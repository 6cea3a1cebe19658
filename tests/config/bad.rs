//! Every way to get it wrong, with the exact words of the answer.

use std::fmt::Write as _;

use crate::common::{BASE, and, but, problems, read, read_with};

const MAIL: &str = "[mail]\nfrom = 'k@contoso.example'\nto = ['s@contoso.example']\n";

fn mail(more: &str) -> String {
    format!("{BASE}{MAIL}{more}")
}

fn smtp(more: &str) -> String {
    format!("{BASE}{MAIL}[mail.smtp]\nhost = 'smtp.contoso.example'\n{more}")
}

fn credential(lines: &str) -> String {
    let id = "client_id = '22222222-2222-4222-8222-222222222222'";
    but("[tenant.credential]\ntype = \"azure-cli\"", &format!("{id}\n[tenant.credential]\n{lines}"))
}

fn store(url: &str) -> String {
    and(&format!("[store]\nurl = '{url}'\n"))
}

fn fix(lines: &str) -> String {
    and(&format!("[remediation]\n{lines}"))
}

fn writer(lines: &str) -> String {
    let id = "client_id = '44444444-4444-4444-8444-444444444444'";
    fix(&format!("[remediation.credential]\n{id}\n{lines}"))
}

/// An exception with one line for another, or with a line more where that is empty.
fn exception(line: &str, other: &str) -> String {
    let lines = [
        "object = '33333333-3333-4333-8333-333333333333'",
        "rules = ['client-secret']",
        "reason = 'Moved by March.'",
        "accepted_by = 'Dana'",
        "expires = 2027-03-31",
    ];
    assert!(line.is_empty() || lines.contains(&line), "{line}");
    let mut text = and("[[exception]]\n");
    for known in lines {
        text += if known == line { other } else { known };
        text.push('\n');
    }
    if line.is_empty() { text + other + "\n" } else { text }
}

#[rustfmt::skip]
fn cases() -> Vec<(&'static str, String)> {
    vec![
        // the TOML itself
        ("a text without quotes",           and("[mail]\nfrom = me\n")),
        ("a text without end",              and("[mail]\nfrom = \"me\n")),
        ("a header without end",            and("[mail\n")),
        ("a key twice",                     and("[audit]\nowners = true\nowners = false\n")),
        ("a table twice",                   and("[audit]\n[mail]\n[audit]\n")),
        ("no equals sign",                  and("[audit]\nowners true\n")),
        // unknown keys
        ("nothing at all",                  String::new()),
        ("a mistyped section",              and("[shedule]\ncron = '0 6 * * *'\n")),
        ("a mistyped key",                  but("tenant_id", "tennant_id")),
        ("a section of another program",    and("[database]\nurl = 'x'\n")),
        ("a key in the wrong section",      and("[mail]\nhost = 'smtp.contoso.example'\n")),
        ("a key with the value in it",      and("\"owners = true\" = 1\n")),
        ("a password in the file",          smtp("password = 'hunter2'\n")),
        ("a client secret in the file",     but("type = \"azure-cli\"", "type = \"azure-cli\"\nsecret = 'hunter2'")),
        ("a password of the certificate",   but("type = \"azure-cli\"", "type = \"azure-cli\"\npassword = 'hunter2'")),
        ("a token in the wrong section",    and("[audit]\ntoken = 'hunter2'\n")),
        ("a mistyped rule",                 and("[rules]\nclient-secret-expird = 'off'\n")),
        ("a rule with underscores",         and("[rules]\nno_owner = 'off'\n")),
        ("a rule there is not",             and("[rules]\nmake-coffee = 'off'\n")),
        // wrong kinds
        ("one pair of brackets",            "[tenant]\nname = 'contoso'\n".to_owned()),
        ("two pairs of brackets",           and("[[audit]]\nowners = true\n")),
        ("a section as a text",             format!("mail = 'me'\n{BASE}")),
        ("a list as a text",                and("[mail]\nfrom = 'k@contoso.example'\nto = 's@contoso.example'\n")),
        ("a number as a text",              smtp("port = '587'\n")),
        ("a number out of range",           smtp("port = 70000\n")),
        ("a number beyond all ranges",      smtp("port = 99999999999999999999\n")),
        ("a text as a number",              but("name = \"contoso\"", "name = 5")),
        ("a duration as a number",          and("[audit]\nexpiring_within = 30\n")),
        ("a truth as a text",               and("[audit]\nowners = 'yes'\n")),
        ("a rule as a truth",               and("[rules]\nno-owner = false\n")),
        ("a date",                          and("[reports]\nkeep = 2026-01-01\n")),
        ("a decimal number",                and("[reports]\nkeep = 1.5\n")),
        ("a bad entry of a list",           and("[audit]\nscope = ['applications', 'groups', 3]\n")),
        ("a number for a restriction",      and("[policy]\nrestrictive = [90]\n")),
        // words
        ("an unknown cloud",                but("name = \"contoso\"", "name = \"contoso\"\ncloud = 'germany'")),
        ("an unknown credential",           but("azure-cli", "password")),
        ("an unknown severity",             and("[rules]\nno-owner = 'severe'\n")),
        ("an unknown restriction",          and("[policy]\nrestrictive = ['passwordAdditions']\n")),
        // tenants
        ("names that differ by case",       format!("{BASE}{}", but("contoso", "Contoso"))),
        ("a name that climbs",              but("\"contoso\"", "\"../contoso\"")),
        ("a name with a blank",             but("\"contoso\"", "\"con toso\"")),
        ("a name of 65 letters",            but("contoso", &"n".repeat(65))),
        ("no name, no id",                  "[[tenant]]\n[tenant.credential]\ntype = 'azure-cli'\n".to_owned()),
        ("an id that is none",              but("11111111-1111", "contoso")),
        ("an id in braces",                 but("\"11111111-1111-4111-8111-111111111111\"", "\"{11111111-1111-4111-8111-111111111111}\"")),
        ("no credential",                   but("[tenant.credential]\ntype = \"azure-cli\"\n", "")),
        ("no type of credential",           but("type = \"azure-cli\"\n", "")),
        ("a Graph root with version",       but("name = \"contoso\"", "name = 'contoso'\ngraph_url = 'https://graph.microsoft.com/v1.0'")),
        ("a Graph root unprotected",        but("name = \"contoso\"", "name = 'contoso'\ngraph_url = 'http://graph.example'")),
        ("a Graph root with a password",    but("name = \"contoso\"", "name = 'contoso'\ngraph_url = 'https://me:hunter2@graph.example'")),
        ("a Graph root with a query",       but("name = \"contoso\"", "name = 'contoso'\ngraph_url = 'https://graph.example?x=1'")),
        ("a Graph root of another kind",    but("name = \"contoso\"", "name = 'contoso'\ngraph_url = 'file:///etc'")),
        ("a Graph root that is none",       but("name = \"contoso\"", "name = 'contoso'\ngraph_url = 'graph.microsoft.com'")),
        ("an authority on loopback http",   but("name = \"contoso\"", "name = 'contoso'\nauthority_url = 'http://127.0.0.1:1'")),
        ("an authority that is not there",  but("name = \"contoso\"", "name = 'contoso'\nca_file = 'no/ca.pem'")),
        ("recipients without mail",         but("name = \"contoso\"", "name = 'contoso'\nmail_to = ['s@contoso.example']")),
        // credentials
        ("a certificate without file",      credential("type = 'certificate'\n")),
        ("a certificate that is not there", credential("type = 'certificate'\ncertificate_file = 'no/cert.pem'\n")),
        ("a certificate pasted in",         credential("type = 'certificate'\ncertificate_file = '''-----BEGIN PRIVATE KEY-----\nhunter2\n'''\n")),
        ("a certificate that is a folder",  credential("type = 'certificate'\ncertificate_file = 'src'\n")),
        ("keys of other credentials",       credential("type = 'managed-identity'\ntoken_file = 't'\nsecret_env = 'S'\ncertificate_file = 'c'\n")),
        ("no token file",                   credential("type = 'workload-identity'\n")),
        ("an empty token file",             credential("type = 'workload-identity'\ntoken_file = ''\n")),
        ("no secret",                       credential("type = 'client-secret'\n")),
        ("a secret from two places",        credential("type = 'client-secret'\nsecret_file = 'f'\nsecret_env = 'E'\n")),
        ("a secret in a variable not set",  credential("type = 'client-secret'\nsecret_env = 'hunter2'\n")),
        ("a secret in a file not there",    credential("type = 'client-secret'\nsecret_file = 'hunter2'\n")),
        ("no client id",                    but("azure-cli\"", "workload-identity\"\ntoken_file = 't'")),
        // schedule
        ("a schedule without cron",         and("[schedule]\ntimezone = 'Europe/Berlin'\n")),
        ("a cron of four fields",           and("[schedule]\ncron = '0 6 * *'\n")),
        ("a cron of seven fields",          and("[schedule]\ncron = '0 0 6 * * MON 2026'\n")),
        ("a cron by nickname",              and("[schedule]\ncron = '@daily'\n")),
        ("a cron at minute 60",             and("[schedule]\ncron = '60 6 * * *'\n")),
        ("a cron on every second of it",    and("[schedule]\ncron = '* * * 30 2 *'\n")),
        ("a cron on 30 February",           and("[schedule]\ncron = '0 6 30 2 *'\n")),
        ("a tenant's cron in words",        but("name = \"contoso\"", "name = 'contoso'\nschedule = 'every monday'")),
        ("a mistyped time zone",            and("[schedule]\ncron = '0 6 * * *'\ntimezone = 'Europe/Berln'\n")),
        ("a time zone by offset",           and("[schedule]\ncron = '0 6 * * *'\ntimezone = '+02:00'\n")),
        ("a jitter of two days",            and("[schedule]\ncron = '0 6 * * *'\njitter = '2d'\n")),
        // durations and sizes
        ("a duration without unit",         and("[audit]\nexpiring_within = '30'\n")),
        ("a duration of months",            and("[audit]\nexpiring_within = '3mo'\n")),
        ("a duration of a year",            and("[audit]\nmax_secret_lifetime = '1y'\n")),
        ("a negative duration",             and("[audit]\nmax_certificate_lifetime = '-5d'\n")),
        ("a duration of 2000 centuries",    and("[audit]\nexpiring_within = '73000000d'\n")),
        ("reports kept for an hour",        and("[reports]\nkeep = '1h'\n")),
        ("an empty folder",                 and("[reports]\ndirectory = ''\n")),
        ("a size without unit",             mail("transport = 'directory'\nattachment_limit = '8'\n")),
        ("a size with decimals",            mail("transport = 'directory'\nattachment_limit = '1.5MiB'\n")),
        ("no pause at all",             mail("transport = 'directory'\nretry_first = '0s'\n")),
        ("a pause of two days",         mail("transport = 'directory'\nretry_longest = '2d'\n")),
        ("a pause that is no duration", mail("transport = 'directory'\nretry_first = 'soon'\n")),
        ("a longest pause too short",   mail("transport = 'directory'\nretry_first = '1h'\nretry_longest = '5m'\n")),
        ("a first pause too long",      mail("transport = 'directory'\nretry_first = '5h'\n")),
        ("a message tried for a year",  mail("transport = 'directory'\ngive_up_after = '365d'\n")),
        ("a size of a terabyte",            mail("transport = 'directory'\nattachment_limit = '1000000MB'\n")),
        // judging
        ("an empty scope",                  and("[audit]\nscope = []\n")),
        ("a scope twice",                   and("[audit]\nscope = ['applications', 'applications']\n")),
        ("no restriction",                  and("[policy]\nrestrictive = []\n")),
        ("a restriction twice",             and("[policy]\nrestrictive = ['passwordLifetime', { type = 'passwordLifetime', max = '9d' }]\n")),
        ("a limit on a block",              and("[policy]\nrestrictive = [{ type = 'passwordAddition', max = '90d' }]\n")),
        ("a limit without type",            and("[policy]\nrestrictive = [{ max = '90d' }]\n")),
        ("a limit that is none",            and("[policy]\nrestrictive = [{ type = 'passwordLifetime', max = 'short' }]\n")),
        ("owners unread but judged",        and("[audit]\nowners = false\n[rules]\nno-owner = 'high'\n")),
        ("sign-ins unread but judged",      and("[rules]\nclient-secret-unused = 'high'\n")),
        ("privileges unread but judged",    and("[audit]\napplication_permissions = false\n[rules]\nprivileged-with-secret = 'high'\n")),
        // what leads to the whole tenant
        ("an exception that is none",       and("[privileged]\nexcept = ['Group.ReadWriteAll', 'Mail.Send', 'User Administrater']\n")),
        ("privileges twice over",           and("[privileged]\nalso = ['Mail.Send', 'Mail.Send', 'User.ReadWrite.All', 'Group.ReadWrite.All']\nexcept = ['Group.ReadWrite.All']\n")),
        ("privileges without names",        and("[privileged]\nalso = ['', ' Mail.Send', 5]\n")),
        ("privileges of blanks",            and("[privileged]\nalso = ['', ' Mail.Send']\n")),
        // the store
        ("a store of another kind",         store("mysql://me:hunter2@db.example/keysweep")),
        ("a store without scheme",          store("data/keysweep.db")),
        ("a SQLite store without slashes",  store("sqlite:data/keysweep.db")),
        ("a SQLite store nowhere",          store("sqlite://")),
        ("a SQLite store in memory",        store("sqlite://:memory:")),
        ("a SQLite store in memory, short", store("sqlite::memory:")),
        ("a SQLite store that is a folder", store("sqlite:///var/lib/keysweep/")),
        ("a SQLite store with options",     store("sqlite://data/keysweep.db?mode=ro")),
        ("a SQLite store with a password",  and("[store]\npassword_env = 'SECRET'\n")),
        ("a PostgreSQL store nowhere",      store("postgres:///keysweep")),
        ("a PostgreSQL user nowhere",       store("postgres://me:hunter2@/keysweep")),
        ("no database",                     store("postgres://me:hunter2@db.example:5432/")),
        ("a database in a database",        store("postgres://me:hunter2@db.example/keysweep/public")),
        ("a password that needs encoding",  store("postgres://me:hunter2/a@db.example/keysweep")),
        ("a password with a hash",          store("postgres://me:1#hunter2@db.example/keysweep")),
        ("a password without user, in it",  store("postgres://:hunter2@db.example/keysweep")),
        ("a password without user, named",  store("postgres://db.example/keysweep'\npassword_env = 'SECRET")),
        ("a password behind the question",  store("postgres://me@db.example/keysweep?password=hunter2")),
        ("an unknown sslmode",              store("postgres://me:hunter2@db.example/keysweep?sslmode=full")),
        ("a password twice, in it",         store("postgres://me:hunter2@db.example/keysweep?sslmode=require'\npassword_env = 'SECRET")),
        ("a password twice, named",         store("postgres://me@db.example/keysweep?sslmode=require'\npassword_file = 'f'\npassword_env = 'SECRET")),
        ("a password in a file not there",  store("postgres://me@db.example/keysweep?sslmode=require'\npassword_file = 'hunter2")),
        ("a password of the store",         store("postgres://me@db.example/keysweep?sslmode=require'\npassword = 'hunter2")),
        ("a store as a number",             and("[store]\nurl = 5\n")),
        ("runs kept for an hour",           and("[store]\nkeep = '1h'\n")),
        ("no audit at one time",            and("[schedule]\ncron = '0 6 * * *'\nconcurrency = 0\n")),
        ("65 audits at one time",           and("[schedule]\ncron = '0 6 * * *'\nconcurrency = 65\n")),
        // exceptions
        ("an empty exception",              and("[[exception]]\n")),
        ("an exception in one pair",        and("[exception]\nreason = 'x'\n")),
        ("an exception for id and name",    exception("", "name = 'Legacy *'")),
        ("an exception for no id",          exception("object = '33333333-3333-4333-8333-333333333333'", "object = 'hunter2'")),
        ("an exception for a blank name",   exception("object = '33333333-3333-4333-8333-333333333333'", "name = ' '")),
        ("an exception for a long name",    exception("object = '33333333-3333-4333-8333-333333333333'", &format!("name = '{}'", "?".repeat(257)))),
        ("a name that is a number",         exception("object = '33333333-3333-4333-8333-333333333333'", "name = 5")),
        ("an exception from nothing",       exception("rules = ['client-secret']", "rules = []")),
        ("an exception from a text",        exception("rules = ['client-secret']", "rules = '*'")),
        ("mistyped and unknown rules",      exception("rules = ['client-secret']", "rules = ['client-secrt', 'no-owner', 'make-coffee', 'hunter2']")),
        ("a rule excepted twice",           exception("rules = ['client-secret']", "rules = ['no-owner', 'client-secret', 'no-owner']")),
        ("all rules and more",              exception("rules = ['client-secret']", "rules = ['*', 'client-secret']")),
        ("an exception from exceptions",    exception("rules = ['client-secret']", "rules = ['exception-expired']")),
        ("an exception without a reason",   exception("reason = 'Moved by March.'", "reason = ' '")),
        ("an exception by nobody",          exception("accepted_by = 'Dana'", "accepted_by = ''")),
        ("an exception for ever",           exception("expires = 2027-03-31", "")),
        ("an exception until a moment",     exception("expires = 2027-03-31", "expires = 2027-03-31T12:00:00Z")),
        ("a moment in quotes",              exception("expires = 2027-03-31", "expires = '2027-03-31T12:00:00'")),
        ("an exception until noon",         exception("expires = 2027-03-31", "expires = 12:00:00")),
        ("an exception until soon",         exception("expires = 2027-03-31", "expires = 'hunter2'")),
        ("a day without zeros",             exception("expires = 2027-03-31", "expires = '2027-3-31'")),
        ("a day there is not",              exception("expires = 2027-03-31", "expires = '2027-02-30'")),
        ("a day there is not, as a date",   exception("expires = 2027-03-31", "expires = 2027-02-30")),
        ("a year as a number",              exception("expires = 2027-03-31", "expires = 2027")),
        ("an exception for a mistyped tenant", exception("", "tenant = 'contosso'")),
        ("an exception for no tenant",      exception("", "tenant = 'hunter2'")),
        ("an exception twice",              format!("{}{}", exception("", "tenant = 'contoso'"), exception("", "").replace(BASE, "").replace("Dana", "Fox"))),
        ("a name excepted twice",           format!("{}{}",
            exception("object = '33333333-3333-4333-8333-333333333333'", "name = 'Legacy *'"),
            exception("object = '33333333-3333-4333-8333-333333333333'", "name = 'LEGACY *'").replace(BASE, ""))),
        // what may be put right
        ("a mode there is not",             fix("mode = 'dry-run'\n")),
        ("a mode without actions",          fix("mode = 'plan'\n")),
        ("a mode with no action",           fix("mode = 'plan'\nactions = []\n")),
        ("an action there is not",          fix("actions = ['delete-everything']\n")),
        ("an action twice",                 fix("actions = ['assign-policy', 'assign-policy']\n")),
        ("an action as a text",             fix("actions = 'assign-policy'\n")),
        ("no change at all",                fix("max_changes = 0\n")),
        ("more changes than there are",     fix("max_changes = 5000000000\n")),
        ("less than no failure",            fix("max_failures = -1\n")),
        ("a grace of a month",              fix("grace = '1mo'\n")),
        ("a plan valid for ever",           fix("plan_valid_for = 'ever'\n")),
        ("a plan valid for no time",        fix("plan_valid_for = '0s'\n")),
        ("a notice without unit",           fix("owners_notice = '30'\n")),
        ("nothing protected by name",       fix("protected = ['', 'x']\n")),
        ("something protected as a number", fix("protected = [5]\n")),
        ("unused secrets without activity", fix("actions = ['remove-unused-secrets']\n")),
        ("owners who were not told",        fix("actions = ['remove-client-secrets']\n")),
        ("owners told some time",           fix("actions = ['remove-client-secrets']\nowners_told_on = 'hunter2'\n")),
        ("owners told at noon",             fix("owners_told_on = 2026-10-01T12:00:00Z\n")),
        ("nothing to switch off for",       fix("actions = ['disable-service-principal']\n")),
        ("an empty list to switch off for", fix("actions = ['disable-service-principal']\ndisable_for = []\n")),
        ("rules to switch off for",         fix("disable_for = ['foreign-secrt', 'no-owner', 'make-coffee']\n")),
        ("a rule to switch off for twice",  fix("disable_for = ['foreign-secret', 'foreign-secret']\n")),
        ("rules nobody is switched off for", fix("disable_for = ['no-owner', 'tenant-default-off']\n")),
        ("a policy by no id",               fix("[remediation.policy]\nid = 'hunter2'\n")),
        ("a policy without a name",         fix("[remediation.policy]\nname = ' '\ndescription = ''\n")),
        ("a policy without restriction",    fix("[remediation.policy]\nrestrictions = []\n")),
        ("a policy with half a lifetime",   fix("[remediation.policy]\nrestrictions = ['passwordLifetime']\n")),
        ("a policy with a limit on a block", fix("[remediation.policy]\nrestrictions = [{ type = 'passwordAddition', max = '90d' }]\n")),
        ("a policy in the wrong table",     fix("restrictions = ['passwordAddition']\n")),
        ("a mode nobody may write in",      fix("mode = 'apply'\nactions = ['assign-policy']\n")),
        ("a writer without client id",      fix("[remediation.credential]\ntype = 'workload-identity'\ntoken_file = 't'\n")),
        ("a writer without type",           fix("[remediation.credential]\nclient_id = '44444444-4444-4444-8444-444444444444'\n")),
        ("a writer with two sign-ins",      fix("[remediation.credential]\ntype = 'managed-identity'\nsecret_env = 'SECRET'\n")),
        ("a writer's certificate missing",  writer("type = 'certificate'\ncertificate_file = 'no/cert.pem'\n").replace("[remediation.credential]", "mode = 'apply'\n[remediation.credential]")),
        ("a tenant's writer without id",    but("type = \"azure-cli\"", "type = \"azure-cli\"\n[tenant.remediation_credential]\ntype = 'workload-identity'\ntoken_file = 't'")),
        ("a tenant's writer of no type",    but("type = \"azure-cli\"", "type = \"azure-cli\"\n[tenant.remediation_credential]")),
        ("a client id in the sign-in",      but("type = \"azure-cli\"", "type = \"azure-cli\"\nclient_id = '44444444-4444-4444-8444-444444444444'")),
        // mail
        ("mail without anything",           and("[mail]\n")),
        ("mail to nobody",                  and("[mail]\ntransport = 'directory'\nfrom = 'k@contoso.example'\n")),
        ("a sender without host",           and("[mail]\ntransport = 'directory'\nfrom = 'keysweep'\nto = ['s@contoso.example']\n")),
        ("a sender with a line break",      and("[mail]\ntransport = 'directory'\nfrom = \"K\\nBcc: x@y.example <k@contoso.example>\"\nto = ['s@contoso.example']\n")),
        ("two recipients in one text",      and("[mail]\ntransport = 'directory'\nfrom = 'k@contoso.example'\nto = ['a@contoso.example, b@contoso.example']\n")),
        ("a recipient twice",               and("[mail]\ntransport = 'directory'\nfrom = 'k@contoso.example'\nto = ['S@contoso.example', 'Sec <s@contoso.example>']\n")),
        ("no mail server",                  mail("")),
        ("no host",                         mail("[mail.smtp]\nport = 25\n")),
        ("a host with scheme",              mail("[mail.smtp]\nhost = 'smtps://me:hunter2@smtp.contoso.example:465'\n")),
        ("port 0",                          smtp("port = 0\n")),
        ("no protection",                   smtp("tls = 'none'\n")),
        ("a user without password",         smtp("username = 'k'\n")),
        ("a password without user",         smtp("password_env = 'SECRET'\n")),
        ("a CA file without certificate",   smtp("ca_file = 'Cargo.toml'\n")),
    ]
}

#[test]
fn every_problem_is_told_with_place_key_and_remedy() {
    let mut table = String::new();
    for (case, text) in cases() {
        let answer = read_with(&text, [("SECRET", "value")]).map(|_| "TAKEN".to_owned());
        let answer = answer.unwrap_or_else(|problems| problems);
        assert_ne!(answer, "TAKEN", "{case}");
        assert!(!answer.contains("hunter2"), "{case}: {answer}");
        writeln!(table, "# {case}\n{answer}\n").unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn all_problems_are_told_at_once_in_the_order_of_the_file() {
    let told = problems(
        r#"
[schedule]
cron = "99 6 * * *"
timezone = "Mars/Phobos"
[[tenant]]
name = "con toso"
colour = "red"
[tenant.credential]
type = "client-secret"
secret = "hunter2"
[[tenant]]
name = "fabrikam"
tenant_id = 5
[tenant.credential]
type = "certificate"
[audit]
expiring_within = "soon"
[rules]
no-ownr = "off"
[mail]
to = ["nobody"]
[mail.smtp]
port = "25"
"#,
    );
    insta::assert_snapshot!(told);
}

#[test]
fn faults_of_the_toml_are_told_with_line_and_column_before_all_else() {
    let told = problems("[mail]\nfrom = hunter2\nunknown = 1\n[audit\n");
    assert!(told.starts_with("keysweep.toml:2:8: this is not TOML: "), "{told}");
    assert!(told.contains("keysweep.toml:4:"), "{told}");
    assert!(!told.contains("unknown") && !told.contains("hunter2"), "{told}");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_do_no_harm() {
    let windows = format!("\u{feff}{}", BASE.replace('\n', "\r\n"));
    assert!(read(&windows).is_ok());
    let told = problems(&windows.replace("azure-cli", "x"));
    assert!(told.starts_with("keysweep.toml:5: tenant[0].credential.type: "), "{told}");
}
