//! Whatever goes wrong around a secret, the secret is not repeated.

use std::path::Path;

use keysweep::config::{Environment, parse};
use proptest::prelude::*;

/// A valid configuration with a secret by every route, a line each.
fn lines(secret: &str) -> Vec<String> {
    let quoted = toml::Value::String(secret.to_owned()).to_string();
    let text = format!(
        r#"
[schedule]
cron = "0 6 * * MON"
timezone = "Europe/Berlin"
[reports]
keep = "400d"
[store]
url = "postgres://k@db.c.example/keysweep"
password = {quoted}
password_env = "SECRET"
keep = "400d"
[[tenant]]
name = "contoso"
tenant_id = "11111111-1111-4111-8111-111111111111"
client_id = "22222222-2222-4222-8222-222222222222"
[tenant.credential]
type = "client-secret"
secret = {quoted}
secret_env = "SECRET"
[audit]
owners = true
scope = ["applications"]
[policy]
restrictive = ["passwordAddition", {{ type = "passwordLifetime", max = "90d" }}]
[[exception]]
object = "33333333-3333-4333-8333-333333333333"
rules = ["client-secret", "no-owner"]
reason = "Moved by March."
accepted_by = "Dana"
expires = 2027-03-31
tenant = "contoso"
[mail]
from = "k@c.example"
to = ["s@c.example"]
[mail.smtp]
host = "smtp.c.example"
port = 587
username = "k"
password = {quoted}
password_env = "SECRET"
"#
    );
    text.trim().lines().map(str::to_owned).collect()
}

/// What may happen to a line.
#[derive(Debug, Clone)]
enum Damage {
    /// Its value becomes the secret.
    Secret,
    /// Its value becomes the secret without quotes.
    Bare,
    /// Its key is mistyped.
    Key,
    /// A character goes.
    Cut(prop::sample::Index),
    /// It goes altogether.
    Gone,
    /// It comes twice.
    Twice,
    /// Its value becomes a number.
    Number,
    /// Its value becomes a table with the secret in it.
    Table,
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        Just(Damage::Secret),
        Just(Damage::Bare),
        Just(Damage::Key),
        any::<prop::sample::Index>().prop_map(Damage::Cut),
        Just(Damage::Gone),
        Just(Damage::Twice),
        Just(Damage::Number),
        Just(Damage::Table),
    ]
}

/// Keys whose values are told, because they cannot be secrets.
const TOLD: [&str; 4] = ["cron", "timezone", "keep", "restrictive"];

fn damaged(line: &str, damage: &Damage, secret: &str) -> String {
    let quoted = toml::Value::String(secret.to_owned()).to_string();
    let key = line.split(" = ").next().unwrap_or_default();
    let is_key = line.contains(" = ") && !TOLD.contains(&key);
    match damage {
        Damage::Secret if is_key => format!("{key} = {quoted}"),
        Damage::Bare if is_key => format!("{key} = {secret}"),
        Damage::Number if is_key => format!("{key} = 5"),
        Damage::Table if is_key => format!("{key} = {{ x = {quoted} }}"),
        Damage::Key => format!("x{line}"),
        Damage::Cut(index) if !line.is_empty() => {
            let mut letters: Vec<char> = line.chars().collect();
            let at = index.index(letters.len());
            letters.remove(at);
            letters.into_iter().collect()
        }
        Damage::Gone => String::new(),
        Damage::Twice => format!("{line}\n{line}"),
        Damage::Secret | Damage::Bare | Damage::Number | Damage::Table | Damage::Cut(_) => line.to_owned(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_message_repeats_a_secret(
        // Long and strange enough not to be part of any sentence by chance.
        secret in "[A-Za-z0-9~!%&/()=?.,;:_+*#'\"\\\\ -]{4,20}Zq9[A-Za-z0-9~!%&/=@\"-]{4,20}",
        damages in prop::collection::vec((any::<prop::sample::Index>(), damage()), 1..4),
    ) {
        let mut lines = lines(&secret);
        for (index, damage) in &damages {
            let at = index.index(lines.len());
            lines[at] = damaged(&lines[at], damage, &secret);
        }
        let environment = Environment::from_iter([
            ("SECRET", secret.as_str()),
            ("KEYSWEEP__MAIL__SMTP__PASSWORD", secret.as_str()),
            ("KEYSWEEP__MAIL__SMTP__PORT", secret.as_str()),
            ("KEYSWEEP__TENANT__0__CLIENT_ID", secret.as_str()),
        ]);
        let text = lines.join("\n");
        let told = parse(&text, Path::new("keysweep.toml"), &environment);
        let told = format!("{told:?}\n{}", told.as_ref().map_or_else(ToString::to_string, |_| String::new()));
        prop_assert!(told.contains("remedy"), "inline secrets are always refused: {}", told);
        prop_assert!(!told.contains("Zq9"), "{}\n{}", text, told);
    }
}
