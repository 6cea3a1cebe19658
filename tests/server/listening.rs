//! Where it listens, at its start and when the configuration is read again.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

use keysweep::config::{Environment, parse};
use keysweep::emulator::scenario;
use keysweep::server::{Board, Front};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::visit::{NEVER, Service, TOKEN, addresses, ask};
use crate::world::{World, now, text, until};

#[test]
fn a_port_that_is_taken_ends_the_start_with_a_word_about_the_configuration() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let world = World::new(scenario::perfect(now()));
    world.configure(&format!("{NEVER}[server]\nlisten = \"{address}\"\n"));
    let ended = world.keysweep(&["daemon"]);
    let said = text(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains(&format!("cannot listen on {address}")), "{said}");
    assert!(said.contains("`[server] listen`"), "{said}");
    assert!(!world.path("data").exists(), "nothing was begun");
}

#[test]
fn a_configuration_with_a_port_that_is_taken_leaves_the_server_where_it_is() {
    let service = Service::open().ready();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap();
    service.world.configure(&format!("{NEVER}[server]\nlisten = \"{listen}\"\n"));
    service.daemon.signal("HUP");
    until("the refusal", || service.log().contains("`[server]` was not taken over"));
    assert_eq!(service.get("/readyz").status, 200);
}

#[test]
fn it_moves_and_ends_and_begins_again_as_the_configuration_says() {
    let mut service = Service::open().ready();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    service.world.configure(&format!("{NEVER}[server]\nlisten = \"{free}\"\n"));
    service.daemon.signal("HUP");
    until("the new place", || addresses(&service.world).len() == 2);
    until("the end of the old one", || TcpStream::connect(service.address).is_err());
    service.address = free;
    // The same port of all addresses: it is let go first.
    let all = format!("[server]\nlisten = \"0.0.0.0:{}\"\ntoken_env = \"NOT_SET\"\n", free.port());
    service.world.configure(&format!("{NEVER}{all}"));
    service.daemon.signal("HUP");
    until("the refusal, for there is no token", || service.log().contains("server.token_env"));
    fs::write(service.world.path("token"), TOKEN).unwrap();
    let all = all.replace("token_env = \"NOT_SET\"", "token_file = \"token\"");
    service.world.configure(&format!("{NEVER}{all}"));
    service.daemon.signal("HUP");
    until("the new place", || addresses(&service.world).len() == 3);
    until("the token", || service.get("/metrics").status == 401);
    // Any address is one of ours now; a name is not.
    assert_eq!(service.ask("GET", "/healthz", &[("Host", "10.1.2.3")], "").status, 200);
    assert_eq!(service.ask("GET", "/healthz", &[("Host", "evil.example")], "").status, 421);
    service.world.configure(NEVER);
    service.daemon.signal("HUP");
    until("its end", || TcpStream::connect(service.address).is_err());
    assert!(service.daemon.0.try_wait().unwrap().is_none(), "the service itself goes on");
}

#[tokio::test]
async fn a_request_is_judged_by_what_the_section_said_when_its_socket_was_served() {
    let section = |listen: SocketAddr, host: &str| {
        let text = format!(
            "[[tenant]]\nname = 'contoso'\ntenant_id = '11111111-1111-4111-8111-111111111111'\n\
             [tenant.credential]\ntype = 'azure-cli'\n[server]\nlisten = '{listen}'\nhosts = ['{host}']\n\
             token_env = 'TOKEN'\n"
        );
        parse(&text, Path::new("keysweep.toml"), &Environment::from_iter([("TOKEN", TOKEN)])).unwrap().config
    };
    let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = section(free(), "before.example");
    let board = Arc::new(Board::new(Arc::new(config.clone()), now, |_, _| None));
    let mut front = Front::new(board).unwrap();
    front.serve(config.server.as_ref()).await.unwrap();
    let mut begun = tokio::net::TcpStream::connect(front.address().unwrap()).await.unwrap();
    let head =
        "POST /sign-in HTTP/1.1\r\nHost: before.example\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n";
    begun.write_all(head.as_bytes()).await.unwrap();
    let mut goes_on = [0; 25];
    begun.read_exact(&mut goes_on).await.unwrap();
    assert_eq!(&goes_on, b"HTTP/1.1 100 Continue\r\n\r\n", "the request is being taken in");
    front.serve(section(free(), "after.example").server.as_ref()).await.unwrap();
    begun.write_all(b"x").await.unwrap();
    let mut rest = String::new();
    begun.read_to_string(&mut rest).await.unwrap();
    assert!(rest.starts_with("HTTP/1.1 403"), "its socket goes by that name: {rest}");
    let address = front.address().unwrap();
    for (host, status) in [("before.example", 421), ("after.example", 200)] {
        let get = move || ask(address, "GET", "/healthz", &[("Host", host)], "").status;
        assert_eq!(tokio::task::spawn_blocking(get).await.unwrap(), status, "{host}");
    }
    front.close().await;
}

#[test]
fn with_a_certificate_it_speaks_https_and_nothing_else() {
    let mut world = World::new(scenario::perfect(now()));
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(world.path("server.pem"), made.cert.pem() + &made.signing_key.serialize_pem()).unwrap();
    world.configure(&format!(
        "{NEVER}[server]\nlisten = \"127.0.0.1:0\"\ntls_certificate_file = \"server.pem\"\ntoken_env = \"TOKEN\"\n"
    ));
    world.set("TOKEN", TOKEN);
    let service = Service::start(world);
    let url = format!("https://localhost:{}/sign-in", service.address.port());
    #[expect(clippy::disallowed_methods, reason = "a visitor, not the client of the program")]
    let client = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap()])
        .build()
        .unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let page = runtime.block_on(async { client.get(url).send().await.unwrap() });
    assert_eq!(page.status(), 200);
    let header = |name: &str| page.headers().get(name).unwrap().to_str().unwrap();
    assert_eq!(header("strict-transport-security"), "max-age=2592000");
    assert!(header("set-cookie").ends_with("; Secure"), "also of who is not signed in yet: {page:?}");
    let plain = crate::visit::raw(service.address, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(plain.is_none(), "{plain:?}");
}
