//! How much, how often and how slowly somebody may ask.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::visit::{Service, raw};

/// A connection on which something was said.
fn begun(address: SocketAddr, said: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    stream.write_all(said.as_bytes()).unwrap();
    stream
}

/// What is read until the other side ends.
fn rest(mut stream: TcpStream) -> String {
    let mut all = Vec::new();
    // An end is an end, with a reset too.
    let ended = stream.read_to_end(&mut all);
    assert!(
        ended.as_ref().is_ok_and(|_| true)
            || ended.is_err_and(|error| {
                !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
            })
    );
    String::from_utf8_lossy(&all).into_owned()
}

/// More than are served at a time, none of which says all it has to.
#[test]
fn clients_that_dawdle_are_dropped_and_hold_nobody_up_for_long() {
    let service = Service::open().ready();
    let head = "GET / HTTP/1.1\r\nHost: localhost\r\n";
    let form = "POST /run-now/contoso HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nform=";
    let slow: Vec<TcpStream> =
        (0..140).map(|number| begun(service.address, ["", "G", head, form][number % 4])).collect();
    // It waits for its turn, behind all of them.
    assert_eq!(service.get("/healthz").status, 200);
    for stream in slow {
        let said = rest(stream);
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{said}");
    }
    assert_eq!(service.get("/healthz").status, 200);
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let service = Service::open().ready();
    let large = "x".repeat(5_000);
    assert_eq!(service.ask("POST", "/run-now/contoso", &[], &large).status, 413);
    let announced = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n";
    assert_eq!(raw(service.address, announced).unwrap().status, 413);
    let chunked = format!(
        "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n{large}\r\n0\r\n\r\n"
    );
    assert_eq!(raw(service.address, chunked.as_bytes()).unwrap().status, 413);
    let mut headers = String::new();
    for number in 0..150 {
        write!(headers, "x-{number}: y\r\n").unwrap();
    }
    for head in [
        headers,
        format!("x: {}\r\n", "y".repeat(200_000)),
        format!("cookie: {}\r\n", "k=v; ".repeat(50_000)),
    ] {
        let request = format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n{head}\r\n");
        let answer = raw(service.address, request.as_bytes());
        assert!(answer.as_ref().is_none_or(|answer| answer.status == 431), "{answer:?}");
    }
    let path = format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "a".repeat(100_000));
    let answer = raw(service.address, path.as_bytes());
    assert!(answer.as_ref().is_none_or(|answer| [414, 431].contains(&answer.status)), "{answer:?}");
    assert_eq!(service.get("/healthz").status, 200);
}

#[test]
fn what_is_no_http_does_no_harm() {
    let service = Service::open().ready();
    for odd in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
    ] {
        let mut stream = begun(service.address, "");
        stream.write_all(odd).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let said = rest(stream);
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{odd:?}: {said}");
    }
    for method in ["TRACE", "PUT", "DELETE", "PATCH", "CONNECT", "OPTIONS"] {
        let answer = service.ask(method, "/", &[], "");
        assert!([404, 405].contains(&answer.status), "{method}: {answer:?}");
    }
    let two =
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let said = rest(begun(service.address, std::str::from_utf8(two).unwrap()));
    assert_eq!(said.matches("HTTP/1.1 200").count(), 1, "one request to a connection: {said}");
}
