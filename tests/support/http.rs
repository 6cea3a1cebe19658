//! An HTTP server on loopback for tests: says what it is told to, in order, and remembers what it was asked. It runs
//! on a thread of its own and ends when dropped.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// What a request gets.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// An answer: its status, headers as lines, and body.
    Say(u16, &'static str, String),
    /// The connection ends.
    HangUp,
    /// Nothing ever comes.
    Silence,
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self::Say(status, "", String::new())
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

#[derive(Default)]
struct Shared {
    replies: Vec<Reply>,
    asked: Vec<Asked>,
    /// Held open, so that silence is silence.
    silent: Vec<TcpStream>,
    over: bool,
}

pub(crate) struct HttpServer {
    port: u16,
    shared: Arc<Mutex<Shared>>,
    thread: Option<JoinHandle<()>>,
}

impl HttpServer {
    /// Gives these replies in order, and the last of them again and again.
    pub(crate) fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let replies = replies.into_iter().collect();
        let shared = Arc::new(Mutex::new(Shared { replies, ..Shared::default() }));
        let held = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if held.lock().unwrap().over {
                    return;
                }
                // One that says nothing whole is none.
                let _ = stream.map(|stream| serve(stream, &held));
            }
        });
        Self { port, shared, thread: Some(thread) }
    }

    pub(crate) fn url(&self, target: &str) -> String {
        format!("http://127.0.0.1:{}{target}", self.port)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.lock().unwrap().asked.clone()
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.shared.lock().unwrap().over = true;
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn serve(stream: TcpStream, shared: &Mutex<Shared>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(()) };
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let reply = {
        let mut shared = shared.lock().unwrap();
        shared.asked.push(Asked { method, target, headers, body });
        let next = (shared.asked.len() - 1).min(shared.replies.len() - 1);
        shared.replies[next].clone()
    };
    let mut stream = reader.into_inner();
    match reply {
        Reply::Say(status, headers, body) => {
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
            )?;
        }
        Reply::HangUp => (),
        Reply::Silence => shared.lock().unwrap().silent.push(stream),
    }
    Ok(())
}
