//! One connection of a visitor: bounded in time, in what it sends, and in how slowly it reads.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_rustls::server::TlsStream;

use super::listen::Incoming;

/// How long a request may take to arrive, the handshake included. Longer would let a few slow clients hold all
/// connections; shorter would refuse people far away.
pub(super) const ARRIVAL: Duration = Duration::from_secs(10);

/// How long a visitor may take nothing of an answer.
const STALL: Duration = Duration::from_secs(30);

/// How long a connection lasts at most: enough for a large report over a slow line.
const LIFE: Duration = Duration::from_secs(15 * 60);

/// What a request may send, head and body. Browsers send some hundred bytes, the largest form as many.
const REQUEST: usize = 48 << 10;

/// Bytes to and from a visitor.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Whose connection a request came in on.
#[derive(Clone)]
pub(super) struct Peer {
    pub(super) address: IpAddr,
    /// Whether the connection itself is protected.
    pub(super) is_protected: bool,
    arrived: Arc<AtomicBool>,
}

impl Peer {
    /// The request is here, to its end.
    pub(super) fn arrived(&self) {
        self.arrived.store(true, Ordering::Relaxed);
    }
}

impl Connected<IncomingStream<'_, Incoming>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Incoming>) -> Self {
        stream.io().peer.clone()
    }
}

/// A connection. It fails where a limit is passed, so that the server drops it.
pub(super) struct Connection {
    stream: Stream,
    peer: Peer,
    /// Until when the request has to be here; afterwards, until when all has to be over.
    limit: Pin<Box<Sleep>>,
    begun: Instant,
    extended: bool,
    received: usize,
    stalled: Option<Pin<Box<Sleep>>>,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    /// A connection that was accepted at `begun`, within its place among all.
    pub(super) fn new(stream: Stream, address: IpAddr, begun: Instant, place: OwnedSemaphorePermit) -> Self {
        let is_protected = matches!(stream, Stream::Tls(_));
        let peer = Peer { address, is_protected, arrived: Arc::default() };
        let limit = Box::pin(sleep_until(begun + ARRIVAL));
        Self { stream, peer, limit, begun, extended: false, received: 0, stalled: None, _place: place }
    }

    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if !self.extended && self.peer.arrived.load(Ordering::Relaxed) {
            self.extended = true;
            self.limit.as_mut().reset(self.begun + LIFE);
        }
        match self.limit.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }

    /// Notes whether the visitor takes what is written.
    fn flows<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + STALL)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(context)?;
        let before = buffer.filled().len();
        let read = match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        };
        self.received += buffer.filled().len() - before;
        if self.received > REQUEST {
            return Poll::Ready(Err(io::ErrorKind::FileTooLarge.into()));
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check(context)?;
        let written = match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        };
        self.flows(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        let flushed = match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(context),
        };
        self.flows(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        let shut = match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        };
        self.flows(context, shut)
    }
}
