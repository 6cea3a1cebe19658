//! How an emulator is started.

use std::net::{Ipv4Addr, SocketAddr};

use chrono::{DateTime, Duration, Utc};

use super::{DeltaHabits, Limits, TenantData};

/// How the emulated Graph is reached. The token endpoint is always HTTPS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transport {
    /// With a certificate signed by [`Emulator::ca_pem`](super::Emulator::ca_pem).
    #[default]
    Https,
    /// Without TLS, on loopback.
    PlainHttp,
}

/// The application permissions of an auditor that reads all there is to read here, changes too, and writes
/// nothing.
pub const AUDITOR_ROLES: [&str; 6] = [
    "Application.Read.All",
    "Policy.Read.All",
    "Directory.Read.All",
    "AuditLog.Read.All",
    "RoleManagement.Read.Directory",
    "AgentIdentityBlueprint.Read.All",
];

/// The least that a client needs to carry out every change that is served here: policies, assignments,
/// secrets and the switches of applications and service principals. Without `Application.Read.All` no
/// policy is assigned.
pub const WRITER_ROLES: [&str; 3] =
    ["Policy.ReadWrite.ApplicationConfiguration", "Application.Read.All", "Application.ReadWrite.All"];

/// How an emulator is started. Start from [`Options::new`] and change what differs.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where Graph listens; port 0 lets the system choose.
    pub graph_listen: SocketAddr,
    /// Where the token endpoint listens; port 0 lets the system choose.
    pub authority_listen: SocketAddr,
    /// HTTPS or plain HTTP for Graph.
    pub graph_transport: Transport,
    /// The tenant served. It is changed by writes, in memory only.
    pub tenant: TenantData,
    /// The time in which the tenant lives: what is written into it gets this date.
    pub now: DateTime<Utc>,
    /// The clock that client assertions, access tokens and `Date` headers are held against.
    pub clock: fn() -> DateTime<Utc>,
    /// The application permissions held: `Application.Read.All` and `Policy.Read.All` at first. See
    /// [`AUDITOR_ROLES`] for all that an auditor can use.
    pub roles: Vec<String>,
    /// The client secret that signs in.
    pub client_secret: String,
    /// The application permissions of the second client, the one for writing: none at first. See
    /// [`WRITER_ROLES`] for what it needs to write everything.
    pub writer_roles: Vec<String>,
    /// The client secret of the second client.
    pub writer_secret: String,
    /// The federated token that signs in, to the letter: with a line feed behind it, it does not.
    pub federated_token: String,
    /// The value of `X-IDENTITY-HEADER` that the managed identity endpoint wants.
    pub identity_header: String,
    /// How long an access token holds. Nothing or less makes tokens that have expired when they arrive.
    pub token_lifetime: Duration,
    /// Hosts of Graph for which tokens are made and accepted, apart from the emulator's own.
    pub audiences: Vec<String>,
    /// Graph's limits on requests, if they are to be enforced.
    pub limits: Option<Limits>,
    /// How long every answer of Graph takes at least.
    pub latency: std::time::Duration,
    /// The addresses of the mailboxes that there are.
    pub mailboxes: Vec<String>,
    /// How delta answers come.
    pub delta: DeltaHabits,
}

impl Options {
    /// Loopback, ports chosen by the system, HTTPS, the two reading permissions.
    #[must_use]
    pub fn new(tenant: TenantData, now: DateTime<Utc>, clock: fn() -> DateTime<Utc>) -> Self {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            graph_listen: loopback,
            authority_listen: loopback,
            graph_transport: Transport::Https,
            tenant,
            now,
            clock,
            roles: ["Application.Read.All", "Policy.Read.All"].map(str::to_owned).to_vec(),
            client_secret: "emulator-client-secret".to_owned(),
            writer_roles: Vec::new(),
            writer_secret: "emulator-writer-secret".to_owned(),
            federated_token: "emulator-federated-token".to_owned(),
            identity_header: "emulator-identity-header".to_owned(),
            token_lifetime: Duration::seconds(3599),
            audiences: vec!["https://graph.microsoft.com".to_owned()],
            limits: None,
            latency: std::time::Duration::ZERO,
            mailboxes: vec!["keysweep@contoso.com".to_owned()],
            delta: DeltaHabits::default(),
        }
    }
}
