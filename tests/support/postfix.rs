//! Postfix, as Debian packages it, on a port of loopback and in a directory of its own: STARTTLS by a test authority,
//! sign-in by a SASL database, maildirs. Nothing of the machine's own Postfix is read or changed.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::left_out::leave_out;
use crate::smtp_server::Certificates;

const MASTER: &str = "/usr/lib/postfix/sbin/master";

/// Nothing here takes as long, however loaded the machine is.
const LONGEST: Duration = Duration::from_secs(60);

/// A message may have so many bytes.
pub(crate) const SIZE_LIMIT: usize = 200_000;

/// Who has a mailbox, all at `contoso.com`.
pub(crate) const MAILBOXES: [&str; 2] = ["ann", "bob"];

/// Whether it is there, and may be started: its processes change their user, which only root may have done.
pub(crate) fn installed() -> bool {
    let there = Path::new(MASTER).exists() && Path::new("/usr/sbin/saslpasswd2").exists();
    let root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    if !there || !root {
        leave_out("mail to Postfix", "postfix with sasl2-bin (to be started as root)");
    }
    there && root
}

pub(crate) struct Postfix {
    directory: tempfile::TempDir,
    port: u16,
    master: Option<Child>,
}

impl Postfix {
    /// Set up, but not started. `audit@contoso.com` signs in with this password.
    pub(crate) fn prepare(password: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let postfix = Self { directory, port, master: None };
        // Its processes run as another user and have to get in.
        fs::set_permissions(postfix.directory.path(), fs::Permissions::from_mode(0o711)).unwrap();
        for name in ["etc", "etc/sasl", "queue", "data", "mail"] {
            fs::create_dir(postfix.file(name)).unwrap();
        }
        let queues =
            ["active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private"];
        for name in queues.iter().chain(&["saved", "trace", "public", "maildrop", "pid"]) {
            fs::create_dir(postfix.file(&format!("queue/{name}"))).unwrap();
        }
        let certificates = Certificates::issue();
        for (name, content) in [
            ("ca.pem", certificates.ca),
            ("server.pem", certificates.server),
            ("key.pem", certificates.key),
            ("etc/main.cf", postfix.main()),
            ("etc/master.cf", postfix.services()),
            ("etc/boxes", MAILBOXES.map(|name| format!("{name}@contoso.com {name}/\n")).concat()),
            (
                "etc/sasl/smtpd.conf",
                format!(
                    "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\nsasldb_path: {}\n",
                    postfix.file("sasldb2").display()
                ),
            ),
        ] {
            fs::write(postfix.file(name), content).unwrap();
        }
        let script = format!(
            "printf %s \"$0\" | saslpasswd2 -c -p -f {} -u contoso.com audit",
            postfix.shown("sasldb2")
        );
        run(Command::new("sh").args(["-c", &script, password]));
        let owned = ["sasldb2", "data", "mail"].map(|name| postfix.file(name));
        run(Command::new("chown").arg("postfix").args(owned));
        run(Command::new("sh").args(["-c", &format!("chown postfix {}/*", postfix.shown("queue"))]));
        postfix
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn shown(&self, name: &str) -> String {
        self.file(name).display().to_string()
    }

    fn main(&self) -> String {
        let here = self.directory.path().display();
        format!(
            "compatibility_level = 3.6\n\
             queue_directory = {here}/queue\n\
             data_directory = {here}/data\n\
             myhostname = localhost.contoso.com\n\
             mydestination =\n\
             mynetworks =\n\
             inet_interfaces = 127.0.0.1\n\
             inet_protocols = ipv4\n\
             disable_dns_lookups = yes\n\
             smtpd_peername_lookup = no\n\
             smtpd_error_sleep_time = 0\n\
             smtpd_sasl_auth_enable = yes\n\
             smtpd_sasl_path = smtpd\n\
             cyrus_sasl_config_path = {here}/etc/sasl\n\
             smtpd_sasl_local_domain = contoso.com\n\
             smtpd_tls_cert_file = {here}/server.pem\n\
             smtpd_tls_key_file = {here}/key.pem\n\
             smtpd_tls_security_level = may\n\
             smtpd_tls_auth_only = yes\n\
             smtpd_relay_restrictions = permit_sasl_authenticated, reject\n\
             smtpd_recipient_restrictions = reject_unlisted_recipient, permit_sasl_authenticated, reject\n\
             virtual_mailbox_domains = contoso.com\n\
             virtual_mailbox_base = {here}/mail\n\
             virtual_mailbox_maps = texthash:{here}/etc/boxes\n\
             virtual_minimum_uid = 1\n\
             virtual_uid_maps = static:{uid}\n\
             virtual_gid_maps = static:{gid}\n\
             message_size_limit = {SIZE_LIMIT}\n",
            uid = id("-u"),
            gid = id("-g"),
        )
    }

    fn services(&self) -> String {
        let port = self.port;
        format!(
            "127.0.0.1:{port} inet n - n - - smtpd\n\
             cleanup unix n - n - 0 cleanup\n\
             qmgr unix n - n 300 1 qmgr\n\
             tlsmgr unix - - n 1000? 1 tlsmgr\n\
             rewrite unix - - n - - trivial-rewrite\n\
             bounce unix - - n - 0 bounce\n\
             defer unix - - n - 0 bounce\n\
             trace unix - - n - 0 bounce\n\
             proxymap unix - - n - - proxymap\n\
             anvil unix - - n - 1 anvil\n\
             error unix - - n - - error\n\
             retry unix - - n - - error\n\
             virtual unix - n n - - virtual\n\
             pickup unix n - n 60 1 pickup\n"
        )
    }

    /// Starts it, and waits until it listens.
    pub(crate) fn start(&mut self) {
        let config = self.file("etc");
        let master =
            Command::new(MASTER).arg("-d").arg("-c").arg(config).stdout(Stdio::null()).spawn().unwrap();
        self.master = Some(master);
        until("Postfix listens", || TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok());
    }

    /// Stops it with all its processes, and waits until it has.
    pub(crate) fn stop(&mut self) {
        if let Some(mut master) = self.master.take() {
            let _ = Command::new("kill").args(["-TERM", &master.id().to_string()]).status();
            let _ = master.wait();
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The certificate authority that its certificate is of.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.file("ca.pem")
    }

    /// The messages in a mailbox, once there are so many.
    pub(crate) fn messages(&self, mailbox: &str, count: usize) -> Vec<Vec<u8>> {
        let new = self.file(&format!("mail/{mailbox}/new"));
        let read = || -> Vec<Vec<u8>> {
            let entries = fs::read_dir(&new).into_iter().flatten();
            entries.filter_map(|entry| fs::read(entry.unwrap().path()).ok()).collect()
        };
        until("the mail is in the mailbox", || count <= read().len());
        read()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        self.stop();
    }
}

fn run(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?}");
}

/// Of the user that Postfix runs as.
fn id(which: &str) -> String {
    let output = Command::new("id").args([which, "postfix"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < LONGEST, "{what}: not after {LONGEST:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
