//! A sign-in authority on loopback, with TLS of its own, that answers as it is told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, Uri};
use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::Url;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::server::TlsStream;

/// A request to sign in.
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    /// Of the body, or of the query where there is no body.
    pub(crate) form: BTreeMap<String, String>,
}

/// Status, headers, body.
pub(crate) type Answer = (u16, Vec<(&'static str, String)>, String);

/// A token that is good for an hour.
pub(crate) fn token(token: &str) -> Answer {
    json(
        200,
        format!(
            r#"{{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"{token}"}}"#
        ),
    )
}

pub(crate) fn json(status: u16, body: String) -> Answer {
    (status, vec![("content-type", "application/json; charset=utf-8".to_owned())], body)
}

type Answers = Arc<dyn Fn(&Asked) -> Answer + Send + Sync>;

#[derive(Clone)]
struct Shared {
    answers: Answers,
    asked: Arc<AtomicUsize>,
    last: Arc<Mutex<Option<Asked>>>,
}

pub(crate) struct Authority {
    /// The root.
    pub(crate) url: Url,
    /// The certificate of the authority's own CA.
    pub(crate) ca_file: PathBuf,
    shared: Shared,
    _directory: TempDir,
}

impl Authority {
    /// Over TLS, as Entra.
    pub(crate) async fn start(answers: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (acceptor, ca) = tls();
        Self::serve("https", ca, answers, Tls { listener, acceptor }).await
    }

    /// Without TLS, as the endpoints of managed identities.
    pub(crate) async fn start_plain(answers: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::serve("http", String::new(), answers, listener).await
    }

    async fn serve<L: Listener<Addr = SocketAddr>>(
        scheme: &str,
        ca: String,
        answers: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
        listener: L,
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let ca_file = directory.path().join("ca.pem");
        std::fs::write(&ca_file, ca).unwrap();
        let url = Url::parse(&format!("{scheme}://{}/", listener.local_addr().unwrap())).unwrap();
        let shared = Shared { answers: Arc::new(answers), asked: Arc::default(), last: Arc::default() };
        let router = Router::new().fallback(answer).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, ca_file, shared, _directory: directory }
    }

    /// How many requests came.
    pub(crate) fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::SeqCst)
    }

    /// The latest request.
    pub(crate) fn last(&self) -> Asked {
        self.shared.last.lock().unwrap().take().expect("nobody asked")
    }
}

async fn answer(State(shared): State<Shared>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let body = String::from_utf8(body.to_vec()).unwrap();
    let pairs = if body.is_empty() { uri.query().unwrap_or_default() } else { &body };
    let form = Url::parse(&format!("form:?{pairs}")).unwrap();
    let form = form.query_pairs().into_owned().collect();
    let asked = Asked { path: uri.path().to_owned(), headers, form };
    shared.asked.fetch_add(1, Ordering::SeqCst);
    let (status, headers, body) = (shared.answers)(&asked);
    *shared.last.lock().unwrap() = Some(asked);
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Body::from(body)).unwrap()
}

struct Tls {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = self.listener.accept().await.unwrap();
            // A client that does not trust us hangs up: on to the next one.
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A CA, and a certificate of it for 127.0.0.1.
fn tls() -> (TlsAcceptor, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &ca).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), ca.pem())
}
