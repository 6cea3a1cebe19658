//! `keysweep emulator` as somebody finds it who wants to try changes out.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use chrono::{DateTime, Utc};
use keysweep::config::{self, Credential, Environment, Mode, Tenant};
use keysweep::emulator::{AUDITOR_ROLES, WRITER_ROLES};
use reqwest::Client;
use serde_json::json;

use super::sign_in::{assertion, claims_of};
use super::{Answer, client};

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap_or_default();
        self.0.wait().ok();
    }
}

async fn started(directory: &Path) -> Running {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keysweep"));
    command.env_clear().current_dir(directory).stderr(Stdio::null());
    command.args(["emulator", "--listen", "127.0.0.1:0", "--applications", "1", "--directory"]);
    command.arg(directory);
    let running = Running(command.spawn().unwrap());
    let written = directory.join("keysweep.toml");
    let configuration = async {
        while !written.metadata().is_ok_and(|file| file.len() > 0) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), configuration).await.expect("no configuration was written");
    running
}

/// The emulator that runs by itself lives in real time.
#[expect(clippy::disallowed_methods, reason = "the binary under test lives in real time")]
fn real_now() -> DateTime<Utc> {
    Utc::now()
}

/// Signs in as the configuration says, and gives the token.
async fn token(http: &Client, tenant: &Tenant) -> String {
    let Credential::Certificate { file, .. } = &tenant.credential else { panic!("no certificate") };
    let permissions = fs::metadata(file).unwrap().permissions();
    assert_eq!(permissions.mode() & 0o777, 0o600, "{}", file.display());
    let pem = fs::read_to_string(file).unwrap();
    let id = tenant.client_id.unwrap().to_string();
    let root = tenant.authority_url.as_str().trim_end_matches('/');
    let url = format!("{root}/{}/oauth2/v2.0/token", tenant.tenant_id);
    let assertion = assertion(&url, &id, &pem, real_now());
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &id),
        ("scope", "https://graph.microsoft.com/.default"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &assertion),
    ];
    let encoded = reqwest::Url::parse_with_params("http://localhost", form).unwrap();
    let request = http.post(url).header("content-type", "application/x-www-form-urlencoded");
    let answer = Answer::of(request.body(encoded.query().unwrap_or_default().to_owned())).await;
    answer.body["access_token"].as_str().unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
}

#[tokio::test]
async fn the_configuration_it_writes_has_a_sign_in_that_may_write_and_leaves_it_off() {
    let directory = tempfile::tempdir().unwrap();
    let _running = started(directory.path()).await;
    let written = directory.path().join("keysweep.toml");
    let config = config::load(&written, &Environment::default()).unwrap().config;
    assert_eq!(config.remediation.mode, Mode::Off);
    let [tenant] = config.tenants.as_slice() else { panic!("not one tenant") };
    let writer = tenant.for_writing().expect("no sign-in that may write");
    assert_ne!(writer.client_id, tenant.client_id);

    let ca = fs::read_to_string(tenant.ca_file.as_ref().unwrap()).unwrap();
    let http = client(&ca);
    for (tenant, roles, status) in
        [(tenant, AUDITOR_ROLES.as_slice(), 403), (&writer, WRITER_ROLES.as_slice(), 204)]
    {
        let token = token(&http, tenant).await;
        assert_eq!(claims_of(&token)["roles"], json!(roles));
        let root = tenant.graph_url.as_str().trim_end_matches('/');
        let request = http.patch(format!("{root}/v1.0/policies/defaultAppManagementPolicy"));
        let request = request.bearer_auth(token).header("content-type", "application/json");
        assert_eq!(Answer::of(request.body(r#"{"isEnabled":true}"#)).await.status, status);
    }
}
