//! What delivery writes into the log: enough to see what happened, nothing that identifies people.

use std::io;
use std::sync::{Arc, Mutex};

use tracing::level_filters::LevelFilter;

use crate::smtp_server::Instead;
use crate::{PASSWORD, Post, login, patience, three};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_tells_what_happened_without_addresses_and_passwords() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // For all threads: a subscriber of one thread misses what another thread was first to log. That the
    // other tests' lines come along only makes the check stricter.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let post = Post::scripted(|script| {
        script.on("RCPT TO:<ann@", Instead::Say("451 4.7.1 <ann@contoso.com>: Greylisted"), 1).on(
            "RCPT TO:<bob@",
            Instead::Say("550 5.1.1 <bob@contoso.com>: User unknown"),
            9,
        )
    });
    let delivery = post.deliver(&three(), &patience()).await;
    assert_eq!((delivery.accepted.len(), delivery.refused.len()), (2, 1));
    let mut mistaken = Post::sound();
    mistaken.smtp.login = Some(login("wrong horse"));
    mistaken.deliver(&three(), &patience()).await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("letter `20261123T060000Z.contoso`: 2 accepted, 1 refused"), "{log}");
    assert!(log.contains("451 4.7.1 <…>: Greylisted"), "{log}");
    for secret in ["@", PASSWORD, "wrong horse"] {
        assert!(!log.contains(secret), "`{secret}` in {log}");
    }
}
