//! Listening, and compressing answers.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;
use axum::serve::Listener;
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{Connection, CutOff, Stream};

/// Connections waiting to be served; more than this and new clients wait in their handshake.
const WAITING: usize = 64;

/// A socket that is bound: its address is known, nothing is served yet.
pub(crate) struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

/// Connections whose handshake is done. One client that dawdles over its handshake holds up no other.
pub(super) struct Incoming {
    connections: mpsc::Receiver<(Connection, SocketAddr)>,
    address: SocketAddr,
}

impl Listener for Incoming {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        match self.connections.recv().await {
            Some(connection) => connection,
            // Only when the emulator stops, which ends the serving task around this.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

impl Bound {
    pub(crate) async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Serves `router` on this socket until `stop`, over TLS when there is a configuration for it.
    pub(crate) fn serve(
        self,
        tls: Option<Arc<ServerConfig>>,
        router: Router,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) {
        let (sender, connections) = mpsc::channel(WAITING);
        let incoming = Incoming { connections, address: self.address };
        let acceptor = tls.map(TlsAcceptor::from);
        tasks.spawn(accept(self.listener, acceptor, sender, tasks.clone(), stop.clone()));
        let service = router.into_make_service_with_connect_info::<CutOff>();
        let stopped = stop.clone().cancelled_owned();
        tasks.spawn(async move {
            // Serving ends with the signal only; axum's result is always `Ok`.
            let _: io::Result<()> = axum::serve(incoming, service).with_graceful_shutdown(stopped).await;
        });
    }
}

async fn accept(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    sender: mpsc::Sender<(Connection, SocketAddr)>,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        // A client that is gone before it was accepted is its own affair.
        let Ok((stream, peer)) = accepted else { continue };
        let (acceptor, sender, stop) = (acceptor.clone(), sender.clone(), stop.clone());
        tasks.spawn(async move {
            let shaken = tokio::select! {
                () = stop.cancelled() => return,
                shaken = handshake(stream, acceptor) => shaken,
            };
            if let Ok(stream) = shaken {
                // The receiver is gone only when the emulator stops.
                let _ = sender.send((Connection::new(stream, &stop), peer)).await;
            }
        });
    }
}

async fn handshake(stream: TcpStream, acceptor: Option<TlsAcceptor>) -> io::Result<Stream> {
    stream.set_nodelay(true)?;
    match acceptor {
        Some(acceptor) => Ok(Stream::Tls(Box::new(acceptor.accept(stream).await?))),
        None => Ok(Stream::Plain(stream)),
    }
}

/// Whether the client said that it reads gzip.
pub(crate) fn gzip_accepted(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"))
                && !parts.any(|parameter| parameter == "q=0")
        })
}

/// The bytes, compressed.
pub(crate) fn gzipped(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}
