//! Where it listens, at its start and when the configuration is read again.

use std::fs;
use std::net::{TcpListener, TcpStream};

use keysweep::emulator::scenario;

use crate::visit::{NEVER, Service, TOKEN, addresses};
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
    let plain = crate::visit::raw(service.address, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(plain.is_none(), "{plain:?}");
}
