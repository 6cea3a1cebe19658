//! A server that speaks HTTP by hand, so that it can break off wherever it likes.

use std::sync::{Arc, Mutex};

use reqwest::Url;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What becomes of a request that was read to its end.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    /// This is said, and the connection stays.
    Say(&'static str),
    /// This is said, possibly nothing, and the connection ends.
    SayAndClose(&'static str),
    /// The connection is reset.
    Reset,
}

/// The server; it ends with the value.
pub(super) struct Line {
    pub(super) root: Url,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<usize>>,
    task: JoinHandle<()>,
}

impl Line {
    /// Does this for one request after the other, the last of it for all that follow.
    pub(super) async fn start(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let root = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let connections = Arc::<Mutex<usize>>::default();
        let (all, count, acts) = (Arc::clone(&requests), Arc::clone(&connections), Arc::new(acts));
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                *count.lock().unwrap() += 1;
                tokio::spawn(serve(stream, Arc::clone(&all), Arc::clone(&acts)));
            }
        });
        Self { root, requests, connections, task }
    }

    /// The first line of every request that arrived whole.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(super) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, all: Arc<Mutex<Vec<String>>>, acts: Arc<Vec<Act>>) {
    let mut received = Vec::new();
    while let Some(request) = whole(&mut received, &mut stream).await {
        let place = {
            let mut all = all.lock().unwrap();
            all.push(request);
            all.len() - 1
        };
        match acts[place.min(acts.len() - 1)] {
            Act::Say(text) => stream.write_all(text.as_bytes()).await.unwrap(),
            Act::SayAndClose(text) => {
                stream.write_all(text.as_bytes()).await.unwrap();
                stream.shutdown().await.unwrap();
                return;
            }
            Act::Reset => {
                stream.set_zero_linger().unwrap();
                return;
            }
        }
    }
}

/// The first line of the next request, when all of it is there.
async fn whole(received: &mut Vec<u8>, stream: &mut TcpStream) -> Option<String> {
    loop {
        let text = String::from_utf8_lossy(received).into_owned();
        if let Some((head, rest)) = text.split_once("\r\n\r\n") {
            let lower = head.to_lowercase();
            let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length = length.map_or(0, |length| length.parse::<usize>().unwrap());
            if length <= rest.len() {
                let end = head.len() + 4 + length;
                received.drain(..end);
                return head.lines().next().map(str::to_owned);
            }
        }
        let mut some = [0; 4096];
        match stream.read(&mut some).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => received.extend_from_slice(&some[..read]),
        }
    }
}
