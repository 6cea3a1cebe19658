//! Listening: a bounded number of connections, each with its handshake done aside.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{ARRIVAL, Connection, Peer, Stream};

/// Connections at one time. More visitors wait to be accepted.
const CONNECTIONS: usize = 128;

/// How long is waited where the system has no room for another connection.
const PAUSE: Duration = Duration::from_millis(200);

/// How protected connections are made just now; none where they are not protected.
pub(super) type Protection = Arc<dyn Fn() -> Option<TlsAcceptor> + Send + Sync>;

/// A socket that is bound: its address is known, nothing is served yet.
pub(super) struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

/// A socket that is served.
pub(super) struct Serving {
    pub(super) address: SocketAddr,
    stop: CancellationToken,
    accepting: JoinHandle<()>,
    tasks: TaskTracker,
}

/// Connections whose handshake is done.
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
            // Nobody listens any more; the serving task ends around this.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

impl Bound {
    pub(super) async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Serves `router` on this socket until told to stop.
    pub(super) fn serve(self, protection: Protection, router: Router) -> Serving {
        let (sender, connections) = mpsc::channel(1);
        let incoming = Incoming { connections, address: self.address };
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let accepting = tokio::spawn(accept(self.listener, protection, sender, tasks.clone(), stop.clone()));
        let service = router.into_make_service_with_connect_info::<Peer>();
        let stopped = stop.clone().cancelled_owned();
        tasks.spawn(async move {
            // Serving ends with the signal only; axum's result is always `Ok`.
            let _: io::Result<()> = axum::serve(incoming, service).with_graceful_shutdown(stopped).await;
        });
        tasks.close();
        Serving { address: self.address, stop, accepting, tasks }
    }
}

impl Serving {
    /// Stops listening. What was begun is answered.
    pub(super) async fn stop(self) -> TaskTracker {
        self.stop.cancel();
        if let Err(error) = self.accepting.await {
            tracing::error!(%error, "the server ended abnormally");
        }
        self.tasks
    }
}

async fn accept(
    listener: TcpListener,
    protection: Protection,
    sender: mpsc::Sender<(Connection, SocketAddr)>,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (place, listener.accept().await)
            } => accepted,
        };
        let (Ok(place), Ok((stream, peer))) = accepted else {
            // A client that is gone already, or no descriptor left: that passes.
            sleep(PAUSE).await;
            continue;
        };
        let (sender, stop, acceptor, begun) = (sender.clone(), stop.clone(), protection(), Instant::now());
        tasks.spawn(async move {
            let shaken = tokio::select! {
                () = stop.cancelled() => return,
                shaken = timeout_at(begun + ARRIVAL, handshake(stream, acceptor)) => shaken,
            };
            if let Ok(Ok(stream)) = shaken {
                // The receiver is gone only when the server stops.
                let _ = sender.send((Connection::new(stream, peer.ip(), begun, place), peer)).await;
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
