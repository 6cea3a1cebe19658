//! What depends on the environment of a process is tried in a process of its own: this binary again, with
//! the name of one ignored test. That test finds what it needs in its working directory.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use keysweep::config::{Credential, Tenant};
use keysweep::graph::client::{self, Proxies};
use reqwest::Url;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::authority::{Authority, json, token};
use crate::support::{CLIENT, TENANT, secret, tenant, tokens, told};

/// Every variable that would change what a child does.
const CLEARED: [&str; 14] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "MSI_ENDPOINT",
    "MSI_SECRET",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

struct Child {
    directory: TempDir,
}

impl Child {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn knows(self, authority: &Authority) -> Self {
        std::fs::write(self.path().join("authority"), authority.url.as_str()).unwrap();
        std::fs::copy(&authority.ca_file, self.path().join("ca.pem")).unwrap();
        self
    }

    /// Runs one of the tests below; answers what it printed.
    async fn run(&self, test: &'static str, environment: &[(&'static str, String)]) -> String {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        for name in CLEARED {
            command.env_remove(name);
        }
        command
            .args(["--exact", &format!("children::{test}"), "--ignored", "--nocapture"])
            .current_dir(self.path())
            .envs(environment.iter().map(|(name, value)| (name, value)));
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
        assert!(printed.contains("1 passed"), "{test} is no test: {printed}");
        printed
    }
}

/// Prints everything that is logged, and the token or what an operator would be told.
async fn report(tenant: &Tenant) {
    tracing_subscriber::fmt().with_ansi(false).with_max_level(tracing::Level::TRACE).init();
    match tokens(tenant).unwrap().bearer().await {
        Ok(bearer) => println!("bearer: {}.", bearer.secret()),
        Err(error) => println!("error: {}", told(&error)),
    }
}

fn nowhere() -> Url {
    Url::parse("https://login.invalid/").unwrap()
}

#[tokio::test]
#[ignore = "run by the tests of managed identities, with their environment"]
async fn as_the_system_assigned_identity() {
    let mut tenant = tenant(&nowhere(), None, Credential::ManagedIdentity);
    tenant.client_id = None;
    report(&tenant).await;
}

#[tokio::test]
#[ignore = "run by the tests of managed identities, with their environment"]
async fn as_a_user_assigned_identity() {
    report(&tenant(&nowhere(), None, Credential::ManagedIdentity)).await;
}

#[tokio::test]
#[ignore = "run by the tests of the Azure CLI, with their PATH"]
async fn as_the_azure_cli() {
    report(&tenant(&nowhere(), None, Credential::AzureCli)).await;
}

#[tokio::test]
#[ignore = "run by the tests of proxies, with their environment"]
async fn with_a_secret() {
    let authority = std::fs::read_to_string("authority").unwrap().parse().unwrap();
    report(&tenant(&authority, Some(Path::new("ca.pem")), secret("hunter2"))).await;
}

#[tokio::test]
#[ignore = "run by the tests of proxies, with their environment"]
async fn with_a_secret_and_a_graph_of_this_machine() {
    let authority = std::fs::read_to_string("authority").unwrap().parse().unwrap();
    let mut tenant = tenant(&authority, Some(Path::new("ca.pem")), secret("hunter2"));
    tenant.graph_url = Url::parse("https://localhost:1/").unwrap();
    report(&tenant).await;
}

#[tokio::test]
#[ignore = "run by the tests of proxies, with their environment"]
async fn with_a_secret_elsewhere() {
    report(&tenant(&nowhere(), None, secret("hunter2"))).await;
}

#[test]
#[ignore = "run by the test of a system without roots, with its environment"]
fn trusting_nothing() {
    let error = client::build(None, Proxies::Environment).unwrap_err();
    println!("error: {error}\n{}", error.advice().unwrap_or_default());
}

fn identity(endpoint: &Authority) -> [(&'static str, String); 2] {
    [
        ("IDENTITY_ENDPOINT", format!("{}token", endpoint.url)),
        ("IDENTITY_HEADER", "header of the platform".to_owned()),
    ]
}

#[tokio::test]
async fn a_managed_identity_asks_its_endpoint() {
    let endpoint = Authority::start_plain(|asked| {
        assert_eq!(asked.headers["x-identity-header"], "header of the platform");
        assert_eq!(asked.form["resource"], "https://graph.microsoft.com");
        let who = asked.form.get("client_id").map_or("system", String::as_str);
        json(200, format!(r#"{{"access_token":"for {who}","expires_on":"4102444800","token_type":"Bearer","resource":"https://graph.microsoft.com"}}"#))
    })
    .await;
    let environment = identity(&endpoint);
    let printed = Child::new().run("as_the_system_assigned_identity", &environment).await;
    assert!(printed.contains("bearer: for system."), "{printed}");
    assert!(!printed.contains("WARN") && !printed.contains("header of the platform"), "{printed}");
    let printed = Child::new().run("as_a_user_assigned_identity", &environment).await;
    assert!(printed.contains(&format!("bearer: for {CLIENT}.")), "{printed}");
}

#[tokio::test]
async fn a_managed_identity_that_is_not_assigned_is_explained() {
    let endpoint = Authority::start_plain(|_| {
        json(400, r#"{"statusCode":400,"message":"No User Assigned Managed Identity found for specified ClientId."}"#.to_owned())
    })
    .await;
    let printed = Child::new().run("as_a_user_assigned_identity", &identity(&endpoint)).await;
    assert!(
        printed.contains("error: the managed identity endpoint refused the sign-in: No User Assigned"),
        "{printed}"
    );
    assert!(printed.contains("names it when it is user-assigned"), "{printed}");
}

/// A directory with an `az` that does this, for `PATH`.
#[cfg(unix)]
fn az(child: &Child, script: &str) -> (&'static str, String) {
    use std::os::unix::fs::PermissionsExt as _;
    let bin = child.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::fs::write(bin.join("az"), format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(bin.join("az"), std::fs::Permissions::from_mode(0o755)).unwrap();
    ("PATH", format!("{}:/usr/bin:/bin", bin.display()))
}

#[cfg(unix)]
#[tokio::test]
async fn the_azure_cli_is_asked_for_the_tenant_and_the_graph() {
    let child = Child::new();
    let expected = format!(
        "account get-access-token -o json --scope https://graph.microsoft.com/.default --tenant {TENANT}"
    );
    let script = format!(
        r#"[ "$*" = "{expected}" ] || {{ echo "ERROR: $*" >&2; exit 1; }}
echo '{{"accessToken":"of the cli","expiresOn":"2100-01-01 00:00:00.000000","expires_on":4102444800,"subscription":"x","tenant":"y","tokenType":"Bearer"}}'"#
    );
    let path = az(&child, &script);
    let printed = child.run("as_the_azure_cli", &[path]).await;
    assert!(printed.contains("bearer: of the cli."), "{printed}");
}

#[cfg(unix)]
#[tokio::test]
async fn what_the_azure_cli_says_reaches_the_operator() {
    let child = Child::new();
    let path = az(&child, "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
    let printed = child.run("as_the_azure_cli", &[path]).await;
    assert!(
        printed.contains("error: `az` could not sign in: ERROR: Please run 'az login' to setup account."),
        "{printed}"
    );
    assert!(printed.contains("run `az login --tenant`"), "{printed}");

    let child = Child::new();
    let path = az(
        &child,
        "echo 'ERROR: AADSTS50076: Due to a change, you must use multi-factor authentication.' >&2; exit 1",
    );
    let printed = child.run("as_the_azure_cli", &[path]).await;
    assert!(
        printed.contains("`az` refused the sign-in:") && printed.contains("AADSTS50076: Due to a change"),
        "{printed}"
    );

    let nothing = Child::new();
    let printed = nothing.run("as_the_azure_cli", &[("PATH", nothing.path().display().to_string())]).await;
    assert!(printed.contains("error: `az` could not sign in: az not found on PATH"), "{printed}");
}

/// A proxy that connects to this machine and to nothing else.
struct Proxy {
    address: String,
    /// Where it was asked to connect to.
    targets: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let targets = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&targets);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(tunnel(stream, Arc::clone(&seen)));
            }
        });
        Self { address, targets }
    }

    fn environment(&self) -> (&'static str, String) {
        ("HTTPS_PROXY", self.address.clone())
    }

    fn targets(&self) -> Vec<String> {
        self.targets.lock().unwrap().clone()
    }
}

async fn tunnel(mut client: TcpStream, targets: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let target = head.strip_prefix("CONNECT ").unwrap().split(' ').next().unwrap();
    targets.lock().unwrap().push(target.to_owned());
    let Ok(address) = target.parse::<SocketAddr>() else {
        client.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").await.unwrap();
        return;
    };
    let mut server = TcpStream::connect(address).await.unwrap();
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
}

#[tokio::test]
async fn the_proxy_of_the_environment_is_used_and_its_exceptions_are_kept() {
    let authority = Authority::start(|_| token("through")).await;
    let child = Child::new().knows(&authority);
    let proxy = Proxy::start().await;
    let through = vec![format!("127.0.0.1:{}", authority.url.port().unwrap())];

    let printed = child.run("with_a_secret", &[proxy.environment()]).await;
    assert!(printed.contains("bearer: through."), "{printed}");
    assert_eq!(proxy.targets(), through);

    let environment = [proxy.environment(), ("NO_PROXY", "127.0.0.1".to_owned())];
    let printed = child.run("with_a_secret", &environment).await;
    assert!(printed.contains("bearer: through."), "{printed}");
    assert_eq!(proxy.targets(), through);
    assert_eq!(authority.asked(), 2);
}

#[tokio::test]
async fn a_tenant_of_this_machine_is_reached_without_the_proxy_and_any_other_through_it() {
    let authority = Authority::start(|_| token("directly")).await;
    let child = Child::new().knows(&authority);
    let proxy = Proxy::start().await;

    let environment = [proxy.environment()];
    let printed = child.run("with_a_secret_and_a_graph_of_this_machine", &environment).await;
    assert!(printed.contains("bearer: directly."), "{printed}");
    assert_eq!(proxy.targets(), Vec::<String>::new());

    let printed = child.run("with_a_secret_elsewhere", &environment).await;
    assert!(printed.contains("error: `login.invalid` cannot be reached"), "{printed}");
    let targets = proxy.targets();
    assert!(!targets.is_empty() && targets.iter().all(|target| target == "login.invalid:443"), "{targets:?}");
}

#[tokio::test]
async fn the_demo_asks_no_proxy() {
    let proxy = Proxy::start().await;
    let directory = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_keysweep"));
    for name in CLEARED {
        command.env_remove(name);
    }
    command.arg("demo").current_dir(directory.path()).envs([proxy.environment()]);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let logged = String::from_utf8_lossy(&output.stderr);
    assert!(logged.contains("complete=true"), "{logged}");
    assert_eq!(proxy.targets(), Vec::<String>::new());
}

#[test]
fn only_a_tenant_wholly_of_this_machine_does_without_the_proxy() {
    for (graph, authority, expected) in [
        ("https://127.0.0.1:8443/", "https://127.0.0.1:8444/", Proxies::Direct),
        ("https://localhost/", "https://[::1]:8444/", Proxies::Direct),
        ("http://127.9.9.9/", "https://LOCALHOST/", Proxies::Direct),
        ("https://localhost/", "https://login.microsoftonline.com/", Proxies::Environment),
        ("https://graph.microsoft.com/", "https://localhost/", Proxies::Environment),
        ("https://localhost.example/", "https://127.0.0.1.example/", Proxies::Environment),
        ("https://10.0.0.1/", "https://[fe80::1]/", Proxies::Environment),
    ] {
        let url = |text| Url::parse(text).unwrap();
        assert_eq!(Proxies::towards(&url(graph), &url(authority)), expected, "{graph} {authority}");
    }
}

#[tokio::test]
async fn a_client_secret_is_warned_of_and_not_logged() {
    let authority = Authority::start(|asked| match asked.form["client_secret"].as_str() {
        "hunter2" => token("by secret"),
        other => panic!("{other}"),
    })
    .await;
    let printed = Child::new().knows(&authority).run("with_a_secret", &[]).await;
    assert!(printed.contains("bearer: by secret."), "{printed}");
    assert_eq!(printed.matches("by secret").count(), 1, "the token is logged: {printed}");
    assert!(printed.contains("WARN") && printed.contains("to contoso with a client secret"), "{printed}");
    assert!(!printed.contains("hunter2"), "{printed}");
}

fn no_roots() -> [(&'static str, String); 2] {
    [("SSL_CERT_FILE", "/no/such/file".to_owned()), ("SSL_CERT_DIR", "/no/such/directory".to_owned())]
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_system_without_roots_is_explained() {
    let printed = Child::new().run("trusting_nothing", &no_roots()).await;
    assert!(printed.contains("error: TLS cannot be set up"), "{printed}");
    assert!(printed.contains("`ca-certificates`") && printed.contains("`ca_file`"), "{printed}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_ca_file_is_enough_on_a_system_without_roots() {
    let authority = Authority::start(|_| token("by our own CA")).await;
    let printed = Child::new().knows(&authority).run("with_a_secret", &no_roots()).await;
    assert!(printed.contains("bearer: by our own CA."), "{printed}");
}
