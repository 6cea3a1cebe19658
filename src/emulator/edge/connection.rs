//! One connection of a client, which can be cut from within.

use std::io;
use std::pin::Pin;
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
    cut: CancellationToken,
    cut_seen: Pin<Box<WaitForCancellationFutureOwned>>,
}

pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Cuts the connection a request came in on.
#[derive(Clone)]
pub(crate) struct CutOff(CancellationToken);

impl CutOff {
    pub(crate) fn cut(&self) {
        self.0.cancel();
    }
}

impl Connected<IncomingStream<'_, Incoming>> for CutOff {
    fn connect_info(stream: IncomingStream<'_, Incoming>) -> Self {
        Self(stream.io().cut.clone())
    }
}

impl Connection {
    /// A connection that is cut with `cut` too, when the whole emulator stops.
    pub(super) fn new(stream: Stream, stop: &CancellationToken) -> Self {
        let cut = stop.child_token();
        let cut_seen = Box::pin(cut.clone().cancelled_owned());
        Self { stream, cut, cut_seen }
    }

    fn refuse_when_cut(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        match self.cut_seen.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::ConnectionAborted.into()),
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
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.refuse_when_cut(context)?;
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
