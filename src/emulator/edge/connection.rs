//! One connection of a client, which can be cut from within.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::server::Incoming;

/// Bytes to and from one client. Once it is cut, reading and writing fail, so that the server drops the
/// connection without another byte: not even the closing words of TLS.
pub(super) struct Connection {
    stream: Stream,
    cut_off: CutOff,
    cut_seen: Pin<Box<WaitForCancellationFutureOwned>>,
}

pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Cuts the connection a request came in on.
#[derive(Clone)]
pub(crate) struct CutOff {
    cut: CancellationToken,
    wishes: Arc<Wishes>,
}

/// How and when a connection is to be cut.
#[derive(Default)]
struct Wishes {
    /// With a reset instead of an end.
    reset: AtomicBool,
    /// As soon as everything written so far is on its way.
    when_flushed: AtomicBool,
}

impl CutOff {
    pub(crate) fn cut(&self) {
        self.cut.cancel();
    }

    pub(crate) fn reset(&self) {
        self.wishes.reset.store(true, Ordering::SeqCst);
        self.cut.cancel();
    }

    pub(crate) fn cut_when_flushed(&self) {
        self.wishes.when_flushed.store(true, Ordering::SeqCst);
    }
}

impl Stream {
    /// Lets the connection end with a reset: what is not sent yet is thrown away.
    fn reset_on_close(&self) {
        let socket = match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
        };
        // Where it cannot be set, the connection ends in the ordinary way.
        let _ = socket.set_zero_linger();
    }
}

impl Connected<IncomingStream<'_, Incoming>> for CutOff {
    fn connect_info(stream: IncomingStream<'_, Incoming>) -> Self {
        stream.io().cut_off.clone()
    }
}

impl Connection {
    /// A connection that is cut with `cut` too, when the whole emulator stops.
    pub(super) fn new(stream: Stream, stop: &CancellationToken) -> Self {
        let cut = stop.child_token();
        let cut_seen = Box::pin(cut.clone().cancelled_owned());
        Self { stream, cut_off: CutOff { cut, wishes: Arc::default() }, cut_seen }
    }

    fn refuse_when_cut(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        match self.cut_seen.as_mut().poll(context) {
            Poll::Ready(()) => {
                if self.cut_off.wishes.reset.load(Ordering::SeqCst) {
                    self.stream.reset_on_close();
                }
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            Poll::Pending => Ok(()),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.refuse_when_cut(context)?;
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.refuse_when_cut(context)?;
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.refuse_when_cut(context)?;
        let flushed = match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(context),
        };
        if flushed.is_ready() && self.cut_off.wishes.when_flushed.load(Ordering::SeqCst) {
            self.cut_off.cut();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.refuse_when_cut(context)?;
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
