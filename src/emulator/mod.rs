//! A local Microsoft Graph for the demo and the tests, written from the documentation alone: it shares no
//! types or logic with the client and the compliance code.
//!
//! Two servers on loopback: Graph (`v1.0`) and the token endpoint of Entra, over HTTPS with a certificate
//! authority made at the start. What is undocumented was chosen and is marked "inferred" where it is
//! decided. Of `beta` only the two reports of sign-in activity are served. Not served: `$search`,
//! reading mail, creating and deleting applications, changing more of them than whether they are switched off, and
//! `Application.ReadWrite.OwnedBy` for writes. Client certificates are known by `x5t#S256` only.
//!
//! Two applications may sign in, each with its own secret, certificate and permissions: the auditor's and,
//! for changes, [the writer's](Emulator::writer_client_id). [`LoggedRequest::client`] says whose token a
//! request carried.
//!
//! ```no_run
//! # async fn example(now: chrono::DateTime<chrono::Utc>, clock: fn() -> chrono::DateTime<chrono::Utc>)
//! # -> Result<(), keysweep::emulator::EmulatorError> {
//! use keysweep::emulator::{Emulator, Options, TenantData};
//! let emulator = Emulator::start(Options::new(TenantData::sample(now), now, clock)).await?;
//! let graph = emulator.graph_url().to_owned(); // https://localhost:…, trusted through emulator.ca_pem()
//! emulator.stop().await;
//! # let _ = graph; Ok(())
//! # }
//! ```

use std::io;
use std::sync::Arc;

use axum::Router;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use edge::{Bound, ClientIdentity, ServerIdentity};
use state::State;

mod access;
mod authority;
mod clients;
mod edge;
mod fault;
mod front;
mod graph;
mod limits;
mod log;
mod mail;
mod options;
pub mod scenario;
mod schema;
pub mod shapes;
mod state;
mod tenant;

pub use fault::{Fault, Side};
pub use graph::DeltaHabits;
pub use limits::{Limit, Limits, TenantSize};
pub use log::LoggedRequest;
pub use mail::{SentFile, SentMail};
pub use options::{AUDITOR_ROLES, Options, Transport, WRITER_ROLES};
pub use tenant::{Cloud, Licence, ObjectKind, ReportForm, TenantData, TenantFileError};

/// A running emulator. Dropping it stops it too, only nobody waits for that.
pub struct Emulator {
    state: Arc<State>,
    ca_pem: String,
    tasks: TaskTracker,
    stop: DropGuard,
}

/// Why an emulator does not start.
#[derive(Debug, thiserror::Error)]
pub enum EmulatorError {
    /// An address cannot be listened on.
    #[error("cannot listen on `{address}`")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A key or a certificate could not be made.
    #[error("cannot make a certificate")]
    Certificate(#[from] rcgen::Error),
    /// The certificate made cannot be used for TLS.
    #[error("cannot set up TLS")]
    Tls(#[from] tokio_rustls::rustls::Error),
}

impl Emulator {
    /// Starts both servers. They run on the current tokio runtime until [`Emulator::stop`].
    ///
    /// # Errors
    /// When an address cannot be bound or the certificates cannot be made.
    pub async fn start(options: Options) -> Result<Self, EmulatorError> {
        let clock = (options.clock)();
        let identity = ServerIdentity::generate(clock)?;
        let certificates = ClientIdentity::of_this_process(clock)?;
        let graph = bind(options.graph_listen).await?;
        let authority = bind(options.authority_listen).await?;
        let (scheme, graph_tls) = match options.graph_transport {
            Transport::Https => ("https", Some(Arc::clone(&identity.tls))),
            Transport::PlainHttp => ("http", None),
        };
        let graph_root = format!("{scheme}://localhost:{}", graph.port());
        let authority_root = format!("https://localhost:{}", authority.port());

        let stop = CancellationToken::new();
        let state = Arc::new(State::new(options, graph_root, authority_root, certificates, stop.clone()));
        state.limit(state.options.limits.clone());
        let tasks = TaskTracker::new();
        let router = Router::new().fallback(graph::handle).with_state(Arc::clone(&state));
        graph.serve(graph_tls, router, &tasks, &stop);
        let router = Router::new().fallback(authority::handle).with_state(Arc::clone(&state));
        authority.serve(Some(identity.tls), router, &tasks, &stop);
        tasks.close();
        Ok(Self { state, ca_pem: identity.ca_pem, tasks, stop: stop.drop_guard() })
    }

    /// The root of Graph, without version and without a slash at the end. Links in answers start with it.
    #[must_use]
    pub fn graph_url(&self) -> &str {
        &self.state.graph_root
    }

    /// The root of the token endpoint, without a slash at the end.
    #[must_use]
    pub fn authority_url(&self) -> &str {
        &self.state.authority_root
    }

    /// The managed identity endpoint: what an App Service has in `IDENTITY_ENDPOINT`.
    #[must_use]
    pub fn identity_endpoint(&self) -> String {
        format!("{}{}", self.state.authority_root, authority::MANAGED_IDENTITY)
    }

    /// The certificate authority that signed the servers' certificates, as PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The tenant served.
    #[must_use]
    pub fn tenant_id(&self) -> &str {
        &self.state.tenant_id
    }

    /// The application that may sign in.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.state.clients.auditor.id
    }

    /// The client secret that signs in.
    #[must_use]
    pub fn client_secret(&self) -> &str {
        &self.state.clients.auditor.secret
    }

    /// The federated token that signs in.
    #[must_use]
    pub fn federated_token(&self) -> &str {
        &self.state.options.federated_token
    }

    /// What the managed identity endpoint wants in `X-IDENTITY-HEADER`.
    #[must_use]
    pub fn identity_header(&self) -> &str {
        &self.state.options.identity_header
    }

    /// Certificate and RSA private key (PKCS#8) that sign in, in one PEM text. All emulators of a process
    /// share it.
    #[must_use]
    pub fn client_certificate_pem(&self) -> &str {
        &self.state.clients.auditor.certificate.pem
    }

    /// The application permissions in tokens made from now on. Tokens out there keep theirs, as in Entra.
    pub fn grant(&self, roles: &[&str]) {
        self.state.clients.auditor.grant(roles);
    }

    /// The second application that may sign in: the one for writing. It has no federated token and no
    /// managed identity.
    #[must_use]
    pub fn writer_client_id(&self) -> &str {
        &self.state.clients.writer.id
    }

    /// The client secret that signs the second application in.
    #[must_use]
    pub fn writer_secret(&self) -> &str {
        &self.state.clients.writer.secret
    }

    /// Certificate and RSA private key (PKCS#8) that sign the second application in, in one PEM text. All
    /// emulators of a process share it.
    #[must_use]
    pub fn writer_certificate_pem(&self) -> &str {
        &self.state.clients.writer.certificate.pem
    }

    /// The same as [`Emulator::grant`] for the second application.
    pub fn grant_writer(&self, roles: &[&str]) {
        self.state.clients.writer.grant(roles);
    }

    /// Refuses every token made so far with 401.
    pub fn revoke_tokens(&self) {
        self.state.mint.revoke_all();
    }

    /// Answers every delta token made so far with 410: clients have to read everything anew.
    pub fn lose_delta_tokens(&self) {
        self.state.lose_delta_tokens();
    }

    /// From the next round on, delta answers come like this.
    pub fn set_delta_habits(&self, habits: DeltaHabits) {
        self.state.set_delta_habits(habits);
    }

    /// Enforces these limits from now on, or none, with nothing used so far.
    pub fn limit(&self, limits: Option<Limits>) {
        self.state.limit(limits);
    }

    /// Adds a fault behind those already there.
    pub fn fault(&self, fault: Fault) {
        self.state.add_fault(fault);
    }

    /// Takes all faults away, those of the tenant too.
    pub fn clear_faults(&self) {
        self.state.clear_faults();
    }

    /// Every request so far, in the order of arrival (the last hundred thousand).
    #[must_use]
    pub fn log(&self) -> Vec<LoggedRequest> {
        self.state.log.entries()
    }

    /// Empties the log.
    pub fn clear_log(&self) {
        self.state.log.clear();
    }

    /// The mail that was sent, in its order.
    #[must_use]
    pub fn mails(&self) -> Vec<SentMail> {
        self.state.post.boxes().sent.clone()
    }

    /// How many drafts lie in the mailboxes.
    #[must_use]
    pub fn drafts(&self) -> usize {
        self.state.post.boxes().drafts.len()
    }

    /// Changes the tenant between two requests, as somebody in the portal would.
    pub fn edit<T>(&self, change: impl FnOnce(&mut TenantData) -> T) -> T {
        self.state.edit(change)
    }

    /// Cuts all connections and waits until nothing of the emulator runs any more.
    pub async fn stop(self) {
        drop(self.stop);
        self.tasks.wait().await;
    }
}

async fn bind(address: std::net::SocketAddr) -> Result<Bound, EmulatorError> {
    Bound::bind(address).await.map_err(|source| EmulatorError::Listen { address, source })
}
