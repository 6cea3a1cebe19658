//! The server from its start to its end, for the daemon to hold.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::access::{Access, CertificateError};
use super::board::{Board, RunNow};
use super::listen::{Bound, Protection, Serving};
use super::metrics::events;
use super::random::{NoRandomness, random};
use super::site::{Shared, Site, router};
use crate::config::Server;
use crate::run::explain;

/// How long answers that were begun may take when the service ends. A download that takes longer is cut off.
const FAREWELL: Duration = Duration::from_secs(3);

/// Why nothing can be served.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address.
    #[error("the server cannot listen on {address}")]
    Listen {
        /// Which one.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The machine.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

impl ServerError {
    /// What to do next.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::Listen { source, .. } => Some(match source.kind() {
                io::ErrorKind::AddrInUse => {
                    "Another program has this port: end it, or let `[server] listen` name another one."
                        .to_owned()
                }
                io::ErrorKind::PermissionDenied => {
                    "Let `[server] listen` name a port from 1024 on, or allow this one to the service."
                        .to_owned()
                }
                _ => "Let `[server] listen` name an address of this machine.".to_owned(),
            }),
            Self::Certificate(_) => {
                Some("Look at `tls_certificate_file` and `tls_key_file` of `[server]`.".to_owned())
            }
            Self::Randomness(_) => None,
        }
    }
}

/// The server, or none.
pub struct Front {
    shared: Arc<Shared>,
    wishes: mpsc::Receiver<RunNow>,
    place: Option<Place>,
    /// What keeps the metrics up to date; it ends with this.
    keeping: Option<AbortOnDropHandle<()>>,
}

/// A socket that is served, as the section wanted it.
struct Place {
    serving: Serving,
    listen: SocketAddr,
    site: Arc<Site>,
}

impl Front {
    /// Nothing is served yet.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn new(board: Arc<Board>) -> Result<Self, ServerError> {
        let (sender, wishes) = mpsc::channel(16);
        let shared = Arc::new(Shared::new(board, sender, random()?));
        Ok(Self { shared, wishes, place: None, keeping: None })
    }

    /// Serves as the section wants it; none wants nothing served. Nothing is changed where that fails.
    ///
    /// # Errors
    /// When the address is not to be had, or the certificate cannot be used.
    pub async fn serve(&mut self, server: Option<&Server>) -> Result<(), ServerError> {
        let Some(server) = server else {
            if let Some(place) = self.place.take() {
                tracing::info!("the server ends: there is no `[server]` any more");
                place.serving.stop().await;
            }
            return Ok(());
        };
        let access = Access::of(server)?;
        match &self.place {
            Some(place) if place.listen == server.listen => place.site.admit(access),
            _ => self.listen(server.listen, access).await?,
        }
        if self.keeping.is_none() {
            events();
            let shared = Arc::clone(&self.shared);
            let keeping = tokio::spawn(async move { shared.known.keep(&shared.board).await });
            self.keeping = Some(AbortOnDropHandle::new(keeping));
        }
        Ok(())
    }

    /// As [`Front::serve`], when the configuration was read again: what cannot be done is logged.
    pub async fn take_over(&mut self, server: Option<&Server>) {
        if let Err(error) = self.serve(server).await {
            let reason = explain(&error, error.advice());
            tracing::error!(reason, "`[server]` was not taken over, it stays as it was");
        }
    }

    /// Where it listens; none where nothing is served.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.place.as_ref().map(|place| place.serving.address)
    }

    /// The next wish of a visitor; for ever none where nothing is served.
    pub async fn next(&mut self) -> RunNow {
        match self.wishes.recv().await {
            Some(wish) => wish,
            // What is shared holds a sender.
            None => std::future::pending().await,
        }
    }

    /// Ends.
    pub async fn close(mut self) {
        if let Some(place) = self.place.take() {
            let rest = place.serving.stop().await;
            // What is still being downloaded is cut off with the process.
            let _ = tokio::time::timeout(FAREWELL, rest.wait()).await;
        }
    }

    async fn listen(&mut self, address: SocketAddr, access: Access) -> Result<(), ServerError> {
        let refused = |source| ServerError::Listen { address, source };
        let bound = match Bound::bind(address).await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                self.listen_instead(address, error).await
            }
            bound => bound,
        };
        let site = Arc::new(Site::new(Arc::clone(&self.shared), access));
        self.begin(bound.map_err(refused)?, address, site).await;
        Ok(())
    }

    /// The port may be in use by ourselves, for another address.
    async fn listen_instead(&mut self, address: SocketAddr, error: io::Error) -> io::Result<Bound> {
        let Some(before) = self.place.take_if(|before| before.listen.port() == address.port()) else {
            return Err(error);
        };
        before.serving.stop().await;
        match Bound::bind(address).await {
            Ok(bound) => Ok(bound),
            Err(error) => {
                if let Ok(bound) = Bound::bind(before.listen).await {
                    self.begin(bound, before.listen, before.site).await;
                }
                Err(error)
            }
        }
    }

    async fn begin(&mut self, bound: Bound, listen: SocketAddr, site: Arc<Site>) {
        let guarded = Arc::clone(&site);
        let protection: Protection = Arc::new(move || guarded.access().tls.clone());
        let serving = bound.serve(protection, router(Arc::clone(&site)));
        let address = serving.address;
        tracing::info!(%address, "status page, health and metrics at {address}");
        if let Some(before) = self.place.replace(Place { serving, listen, site }) {
            before.serving.stop().await;
        }
    }
}
