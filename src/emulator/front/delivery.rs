//! Bodies that do not arrive as they should.

use std::io;
use std::sync::OnceLock;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header;
use flate2::{Compress, Compression, FlushCompress};
use futures_util::{StreamExt as _, stream};

use super::answer::Manner;

/// How a body gets to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::emulator) enum Delivery {
    Whole,
    /// Half of it, then the connection ends.
    Truncated,
    /// So many bytes at a time, with a pause after each.
    Trickle {
        bytes: usize,
        pause: Duration,
    },
    /// A page whose objects never end.
    Endless,
    /// A page of blanks without end, packed a thousand times smaller.
    GzipBomb,
}

/// How much of an endless body is sent at a time.
const PIECE: usize = 64 * 1024;

/// How many blanks a piece of the gzip bomb unpacks to.
const BLANKS: usize = 1024 * 1024;

type Headers = Vec<(String, String)>;

impl Delivery {
    /// The body, and the headers it needs. `whole` is what would have been sent.
    pub(super) fn body(self, whole: Vec<u8>, manner: &Manner<'_>) -> (Headers, Body) {
        let stop = manner.stop.clone().cancelled_owned();
        match self {
            Self::Whole => (Vec::new(), Body::from(whole)),
            Self::Truncated => {
                let length = (header::CONTENT_LENGTH.to_string(), whole.len().to_string());
                let half = Bytes::from(whole.get(..whole.len() / 2).unwrap_or_default().to_vec());
                // A body that just ended would take with it what the server has not sent yet.
                let connection = manner.connection.clone();
                let end = stream::once(async move {
                    connection.cut_when_flushed();
                    stop.await;
                    Err(io::Error::from(io::ErrorKind::ConnectionAborted))
                });
                (vec![length], Body::from_stream(stream::iter([Ok(half)]).chain(end)))
            }
            Self::Trickle { bytes, pause } => {
                let pieces = whole.chunks(bytes.max(1)).map(Bytes::copy_from_slice).collect::<Vec<_>>();
                let pieces = stream::iter(pieces).then(move |piece| async move {
                    tokio::time::sleep(pause).await;
                    Ok::<_, io::Error>(piece)
                });
                (Vec::new(), Body::from_stream(pieces.take_until(stop)))
            }
            Self::GzipBomb if manner.gzip => match packed() {
                Ok((first, blanks)) => {
                    let encoding = (header::CONTENT_ENCODING.to_string(), "gzip".to_owned());
                    (vec![encoding], endless(first, blanks, stop))
                }
                Err(_) => (Vec::new(), Body::empty()),
            },
            Self::Endless | Self::GzipBomb => {
                let object = r#"{"id":"00000000-0000-4000-8000-000000000000","displayName":"And another"},"#;
                let objects = object.repeat(PIECE / object.len());
                (Vec::new(), endless(Bytes::from_static(br#"{"value":["#), objects.into(), stop))
            }
        }
    }
}

/// The first piece, and then the second again and again. The client decides how long.
fn endless(first: Bytes, again: Bytes, stop: impl Future<Output = ()> + Send + 'static) -> Body {
    let pieces = stream::iter([first]).chain(stream::repeat(again));
    Body::from_stream(pieces.map(Ok::<_, io::Error>).take_until(stop))
}

/// The beginning of a gzip stream, and a piece of it that can follow any number of times: after a full
/// flush nothing refers to what came before.
fn packed() -> io::Result<(Bytes, Bytes)> {
    static PACKED: OnceLock<(Bytes, Bytes)> = OnceLock::new();
    if let Some(packed) = PACKED.get() {
        return Ok(packed.clone());
    }
    let piece = |content: &[u8]| {
        let mut packed = Vec::with_capacity(content.len() / 100 + 1024);
        let mut packer = Compress::new(Compression::best(), false);
        packer.compress_vec(content, &mut packed, FlushCompress::Full).map_err(io::Error::other)?;
        Ok::<_, io::Error>(packed)
    };
    let mut first = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    first.extend(piece(br#"{"value":["#)?);
    let packed = (first.into(), piece(&b" ".repeat(BLANKS))?.into());
    Ok(PACKED.get_or_init(|| packed).clone())
}
