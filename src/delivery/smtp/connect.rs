//! From a host name to a server that has greeted.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::failure::{Place, Subject};
use super::route::Route;
use crate::config::SmtpTls;
use crate::delivery::error::DeliveryError;
use crate::delivery::patience::{Deadline, Patience};
use crate::delivery::words::Cause;

/// Up to the server's greeting and first answer; with implicit TLS, inside of it.
pub(super) async fn connect(
    route: &Route<'_>,
    patience: &Patience,
    deadline: Deadline,
) -> Result<AsyncSmtpConnection, DeliveryError> {
    let at = Place { server: &route.server, step: "the greeting", subject: Subject::Conversation };
    let addresses = resolve(route, patience, deadline).await?;
    // One address that swallows packets leaves time for the others.
    let share = patience.connect / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let opening = async {
        match route.smtp.tls {
            SmtpTls::Implicit => {
                let tls = route.tls.clone();
                let opened =
                    AsyncSmtpConnection::connect_tokio1(&addresses[..], Some(share), &route.hello, tls, None);
                opened.await.map_err(|error| at.failure(&error))
            }
            SmtpTls::StartTls | SmtpTls::None => {
                let stream = Unhurried(reach(&addresses, share).await.map_err(|error| at.unreached(&error))?);
                let opened: Result<_, Error> =
                    AsyncSmtpConnection::connect_with_transport(Box::new(stream), &route.hello).await;
                opened.map_err(|error| at.failure(&error))
            }
        }
    };
    // lettre's own limit ends with the TCP connection; this one holds for all.
    match deadline.within(patience.connect + patience.answer, opening).await {
        Ok(opened) => opened,
        Err(_) => Err(at.silence()),
    }
}

async fn resolve(
    route: &Route<'_>,
    patience: &Patience,
    deadline: Deadline,
) -> Result<Vec<SocketAddr>, DeliveryError> {
    let host = &route.smtp.host;
    let unresolved = |cause| DeliveryError::NotResolved { host: host.clone(), cause };
    let lookup = tokio::net::lookup_host((host.as_str(), route.smtp.port));
    let addresses: Vec<SocketAddr> = match deadline.within(patience.connect, lookup).await {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(error)) => return Err(unresolved(Cause::innermost(&error))),
        Err(_) => return Err(unresolved(Cause::new("the name service does not answer"))),
    };
    if addresses.is_empty() {
        return Err(unresolved(Cause::new("it has no address")));
    }
    Ok(addresses)
}

/// Connects to the first address that answers, else gives the last one's error.
async fn reach(addresses: &[SocketAddr], share: Duration) -> io::Result<TcpStream> {
    let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failure = error,
            Err(_) => failure = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(failure)
}

/// A connection that is read byte by byte.
///
/// lettre keeps what it has read ahead when STARTTLS begins, and takes it for the server's answers
/// inside of TLS: somebody on the way could append the whole conversation to the answer to `STARTTLS`
/// and have an unsent letter count as accepted. Whoever never reads ahead keeps nothing, and what was
/// slipped in breaks the handshake. A conversation reads a few kilobytes in all.
#[derive(Debug)]
struct Unhurried(TcpStream);

impl AsyncRead for Unhurried {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut byte = [0];
        let mut one = ReadBuf::new(if buffer.remaining() == 0 { &mut [] } else { &mut byte });
        let read = Pin::new(&mut self.get_mut().0).poll_read(context, &mut one);
        buffer.put_slice(one.filled());
        read
    }
}

impl AsyncWrite for Unhurried {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(context)
    }
}

impl AsyncTokioStream for Unhurried {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }
}
