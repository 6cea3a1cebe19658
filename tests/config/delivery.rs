//! Webhooks, the heartbeat, and the ways of mail that sign in with a token.

use keysweep::config::{MailSignIn, Proof, Transport, WebhookKind};
use keysweep::domain::Severity;

use crate::common::{BASE, and, but, config, read_with};

const HOOK: &str = "https://hooks.example/Zq9secret?sig=Zq9secret";

fn with(variables: &[(&str, &str)], more: &str) -> Result<keysweep::config::Config, String> {
    let mut all = [("URL", HOOK), ("SECRET", "Zq9secret"), ("A", ""), ("B", "")];
    for (at, variable) in variables.iter().enumerate() {
        all[at] = *variable;
    }
    read_with(&and(more), all).map(|loaded| loaded.config)
}

fn told(variables: &[(&str, &str)], more: &str) -> String {
    let told = with(variables, more).map(|_| ()).expect_err(more);
    assert!(!told.contains("Zq9"), "{told}");
    told
}

#[test]
fn a_webhook_is_called_by_its_kind_and_told_everything_unless_it_is_said() {
    let config = with(
        &[],
        "[[webhook]]\nkind = 'teams'\nurl_env = 'URL'\n\
         [[webhook]]\nkind = 'generic'\nname = 'siem'\nurl_env = 'URL'\nsecret_env = 'SECRET'\nmin_severity = 'high'\n\
         tenants = ['contoso']\n",
    )
    .unwrap();
    let [teams, siem] = config.webhooks.as_slice() else { panic!() };
    assert_eq!(
        (teams.name.as_str(), teams.kind, teams.min_severity),
        ("teams", WebhookKind::Teams, Severity::Info)
    );
    assert_eq!((teams.host.as_str(), teams.secret.is_some()), ("hooks.example", false));
    assert!(teams.concerns("anybody") && siem.concerns("contoso") && !siem.concerns("fabrikam"));
    assert_eq!(
        (siem.name.as_str(), siem.min_severity, siem.secret.is_some()),
        ("siem", Severity::High, true)
    );
    assert!(!format!("{config:?}").contains("Zq9"), "printed as nothing");
}

#[test]
#[rustfmt::skip]
fn what_is_wrong_with_a_webhook_is_told_by_key_and_without_the_url() {
    for (lines, url, key, what) in [
        ("url_env = 'URL'",                                    HOOK,                        "webhook[0].kind",        "is missing"),
        ("kind = 'teams'",                                     HOOK,                        "webhook[0].url_file",    "is missing"),
        ("kind = 'teams'\nurl_env = 'NONE'",                   HOOK,                        "webhook[0].url_env",     "is not set"),
        ("kind = 'teams'\nurl_env = 'URL'",                    "Zq9secret",                 "webhook[0].url_env",     "is no URL"),
        ("kind = 'teams'\nurl_env = 'URL'",                    "http://hooks.example/Zq9",  "webhook[0].url_env",     "unprotected"),
        ("kind = 'teams'\nurl_env = 'URL'",                    "ftp://127.0.0.1/Zq9",       "webhook[0].url_env",     "unprotected"),
        ("kind = 'teams'\nurl_env = 'URL'",                    "https://Zq9@hooks.example", "webhook[0].url_env",     "user name"),
        ("kind = 'slack'\nurl_env = 'URL'\nsecret_env = 'SECRET'", HOOK,                    "webhook[0].secret_env",  "signs nothing"),
        ("kind = 'slack'\nurl_env = 'URL'\nname = 'a b'",      HOOK,                        "webhook[0].name",        "name of a message"),
        ("kind = 'slack'\nurl_env = 'URL'\ntenants = ['x']",   HOOK,                        "webhook[0].tenants[0]",  "no tenant"),
        ("kind = 'slack'\nurl_env = 'URL'\ntenants = []",      HOOK,                        "webhook[0].tenants",     "empty"),
        ("kind = 'slack'\nurl_env = 'URL'\nca_file = 'no'",    HOOK,                        "webhook[0].ca_file",     "is not there"),
        ("kind = 'mail'\nurl_env = 'URL'",                     HOOK,                        "webhook[0].kind",        "none of the words"),
        ("kind = 'slack'\nurl_env = 'URL'\n[[webhook]]\nkind = 'slack'\nurl_env = 'URL'", HOOK, "webhook[1].name",    "another webhook"),
    ] {
        let told = told(&[("URL", url), ("SECRET", "Zq9secret")], &format!("[[webhook]]\n{lines}\n"));
        assert!(told.contains(&format!("`{key}`")) || told.contains(key), "{lines}: {told}");
        assert!(told.contains(what), "{lines}: {told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
    for url in ["http://127.0.0.1:8080/x", "http://[::1]/x", "http://localhost/x"] {
        let lines = "[[webhook]]\nkind = 'generic'\nurl_env = 'URL'\n";
        assert_eq!(with(&[("URL", url)], lines).unwrap().webhooks.len(), 1, "{url}");
    }
}

#[test]
fn a_heartbeat_names_its_tenant_behind_the_host_only() {
    let lines = "[heartbeat]\nurl_env = 'URL'\n";
    let beat = |url| with(&[("URL", url)], lines).unwrap().heartbeat.unwrap();
    let url = beat("https://beat.example/Zq9/{tenant}?n={tenant}").url_for("contoso.com").unwrap();
    assert_eq!(url.as_str(), "https://beat.example/Zq9/contoso.com?n=contoso.com");
    assert!(!format!("{:?}", beat("https://beat.example/Zq9")).contains("Zq9"));
    for (url, what) in [
        ("https://{tenant}.example/Zq9", "depends on the tenant"),
        ("http://beat.example/Zq9", "unprotected"),
        ("Zq9", "no URL"),
    ] {
        assert!(told(&[("URL", url)], lines).contains(what), "{url}");
    }
    assert!(told(&[], "[heartbeat]\n").contains("heartbeat.url_file"));
    assert!(config(BASE).heartbeat.is_none() && config(BASE).webhooks.is_empty());
}

fn mail(lines: &str) -> String {
    format!("[mail]\nfrom = 'Keysweep <k@contoso.example>'\nto = ['s@contoso.example']\n{lines}\n")
}

#[test]
fn graph_sends_from_the_mailbox_of_the_sender_in_the_first_tenant() {
    let sent = with(&[], &mail("transport = 'graph'")).unwrap().mail.unwrap();
    assert_eq!(sent.attachment_limit, 3_000_000);
    let Transport::Graph(graph) = &sent.transport else { panic!() };
    assert_eq!((graph.mailbox.as_str(), graph.save_to_sent_items), ("k@contoso.example", false));
    let sign_in =
        MailSignIn { tenant: "contoso".to_owned(), scope: "https://graph.microsoft.com/.default".to_owned() };
    assert_eq!(graph.sign_in, sign_in);
    assert_eq!(sent.transport.sign_in(), Some(&sign_in));
    let lines = "transport = 'graph'\nattachment_limit = '8MiB'\n[mail.graph]\nmailbox = 'a@b.example'\n\
                 save_to_sent_items = true\ntenant = 'contoso'\n";
    let sent = with(&[], &mail(lines)).unwrap().mail.unwrap();
    let Transport::Graph(graph) = sent.transport else { panic!() };
    assert_eq!((graph.mailbox.as_str(), graph.save_to_sent_items), ("a@b.example", true));
    assert_eq!(sent.attachment_limit, 8 * 1024 * 1024);
    for (line, key) in
        [("mailbox = 'no address'", "mail.graph.mailbox"), ("tenant = 'x'", "mail.graph.tenant")]
    {
        assert!(told(&[], &mail(&format!("transport = 'graph'\n[mail.graph]\n{line}"))).contains(key));
    }
}

fn smtp(lines: &str) -> String {
    mail(&format!("[mail.smtp]\nhost = 'smtp.office365.com'\nauth = 'xoauth2'\n{lines}"))
}

#[test]
fn a_token_for_smtp_is_that_of_the_first_tenant_for_exchange_online() {
    let sent = with(&[], &smtp("username = 'k@contoso.example'")).unwrap().mail.unwrap();
    let Transport::Smtp(smtp) = &sent.transport else { panic!() };
    let login = smtp.login.as_ref().unwrap();
    let Proof::Token(sign_in) = &login.proof else { panic!() };
    assert_eq!(login.username, "k@contoso.example");
    assert_eq!(
        (sign_in.tenant.as_str(), sign_in.scope.as_str()),
        ("contoso", "https://outlook.office365.com/.default")
    );
}

#[test]
#[rustfmt::skip]
fn what_does_not_go_with_a_token_is_told() {
    for (lines, key, what) in [
        ("",                                                          "mail.smtp.username",     "is missing"),
        ("username = 'k'",                                            "mail.smtp.username",     "no mail address"),
        ("username = 'k@c.example'\npassword_env = 'SECRET'",         "mail.smtp.password_env", "not used with `xoauth2`"),
        ("username = 'k@c.example'\ntenant = 'x'",                    "mail.smtp.tenant",       "no tenant"),
        ("username = 'k@c.example'\nscope = 'SMTP.Send'",             "mail.smtp.scope",        "no scope"),
        ("username = 'k@c.example'\nscope = 'http://x/.default'",     "mail.smtp.scope",        "no scope"),
    ] {
        let told = told(&[], &smtp(lines));
        assert!(told.contains(key) && told.contains(what), "{lines}: {told}");
    }
    let unprotected = mail("[mail.smtp]\nhost = 'localhost'\ntls = 'none'\nauth = 'xoauth2'\nusername = 'k@c.example'");
    assert!(told(&[], &unprotected).contains("would send a token unprotected"));
    let useless = mail("[mail.smtp]\nhost = 'mail.example'\ntenant = 'contoso'\nscope = 'https://x/.default'");
    let told = told(&[], &useless);
    assert!(told.contains("mail.smtp.tenant") && told.contains("mail.smtp.scope"), "{told}");
}

#[test]
fn in_another_cloud_the_scope_of_smtp_has_to_be_said() {
    let china = but("[tenant.credential]", "cloud = 'china'\n[tenant.credential]");
    let mailbox = smtp("username = 'k@contoso.example'");
    let told = read_with(&format!("{china}{mailbox}"), []).map(|_| ()).unwrap_err();
    assert!(told.contains("mail.smtp.scope") && told.contains("transport = \"graph\""), "{told}");
    let said = format!("{china}{mailbox}scope = 'https://partner.outlook.cn/.default'\n");
    assert!(read_with(&said, []).is_ok());
}
