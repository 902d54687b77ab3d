//! Everything that the program can print, with every kind of secret set, at its most talkative.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use crate::case::Case;
use crate::running::{Daemon, count, wait_until};
use crate::server::{Server, on_each_server};

on_each_server!(heavy_nothing_that_can_be_printed_holds_a_secret);

/// In the URL, escaped there.
const PASSWORD: &str = "p@ss:word/Xyzzy";
const TOKEN: &str = "token-for-all-Plugh";
const READ_TOKEN: &str = "token-for-reading-Plover";
/// Any of these in an output is a secret, however it was escaped or cut.
const TRACES: [&str; 3] = ["Xyzzy", "Plugh", "Plover"];

/// The commands, with arguments that make each do its work, or say why not.
const COMMANDS: [&[&str]; 19] = [
    &["check"],
    &["check", "--json", "--integrity"],
    &["sync"],
    &["sync", "--json"],
    &["status"],
    &["status", "--json", "--rows"],
    &["failed"],
    &["failed", "--json"],
    &["verify"],
    &["verify", "--json"],
    &["verify", "--repair"],
    &["accept-deletes", "t"],
    &["query", "SELECT * FROM tmp_t"],
    &["query", "SELECT nonsense", "--json"],
    &["resync", "t"],
    &["resync", "missing"],
    &["backup", "copy.db"],
    &["print-config"],
    &["completions", "bash"],
];

const ENDPOINTS: [(&str, &str, &str); 24] = [
    ("GET", "/", ""),
    ("GET", "/page.js", ""),
    ("GET", "/healthz", ""),
    ("GET", "/readyz", ""),
    ("GET", "/sync-status", ""),
    ("GET", "/sync-data", ""),
    ("GET", "/sync-data?table=t&limit=1&after=1", ""),
    ("GET", "/history", ""),
    ("GET", "/metrics", ""),
    ("GET", "/debug", ""),
    ("GET", "/absent", ""),
    ("POST", "/query", r#"{"sql": "SELECT * FROM t"}"#),
    ("POST", "/query", r#"{"sql": "SELECT * FROM tmp_data_sync_metadata"}"#),
    ("POST", "/query", r#"{"sql": "nonsense"}"#),
    ("POST", "/query/raw", r#"{"sql": "SELECT * FROM t WHERE id = ?", "params": [1]}"#),
    ("POST", "/test-query", r#"{"sql": "SELECT 1"}"#),
    ("GET", "/debug", ""),
    ("POST", "/force-sync", "{}"),
    ("POST", "/accept-deletes", r#"{"table": "t"}"#),
    ("POST", "/resync", r#"{"table": "t"}"#),
    ("POST", "/pause", "{}"),
    ("POST", "/resume", "{}"),
    ("POST", "/reload", ""),
    ("POST", "/reload", "x"),
];

fn heavy_nothing_that_can_be_printed_holds_a_secret(server: Server) {
    let case = Case::new(server, "CREATE TABLE t (id int PRIMARY KEY, word text); INSERT INTO t VALUES (1, 'plain')");
    let user = format!("secret_{}", case.database.name());
    let _login = case.database.login(&user, PASSWORD, &["t"]);
    let url = case.database.url_as(&user, PASSWORD);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    std::fs::write(case.folder.path().join("password"), PASSWORD).unwrap();
    std::fs::write(case.folder.path().join("read-token"), READ_TOKEN).unwrap();
    for (name, source) in [("in the URL", url.clone()), ("in a file", without_password(&url))] {
        let file = if name == "in a file" { "password_file = \"password\"\n" } else { "" };
        let http =
            format!("[http]\nlisten = \"127.0.0.1:{port}\"\ntoken = \"{TOKEN}\"\nread_token_file = \"read-token\"\n");
        case.configure_with(
            &format!("sync_interval = 0.2\ntables = [\"t\"]\n{http}"),
            &format!("url = \"{source}\"\n{file}"),
        );
        every_command(&case, name);
        every_endpoint(&case, name, port);
    }
    a_new_configuration_is_written_without(&case, &url);
    assert_no_file_holds_one(case.folder.path());
}

fn every_command(case: &Case, name: &str) {
    for arguments in COMMANDS {
        let arguments = [&["--log-level", "trace"], arguments].concat();
        let ran = case.run(&arguments);
        assert_clean(&format!("{arguments:?}, password {name}"), &format!("{}{}", ran.stdout, ran.stderr));
        assert!(!ran.stderr.contains("unexpected argument"), "{}", ran.stderr);
    }
    std::fs::remove_file(case.folder.path().join("copy.db")).unwrap();
}

fn every_endpoint(case: &Case, name: &str, port: u16) {
    for format in ["human", "json"] {
        let daemon = Daemon::start_with(case, &["run", "--log-level", "trace", "--log-format", format]);
        wait_until("the endpoints", &daemon, || TcpStream::connect(("127.0.0.1", port)).is_ok());
        wait_until("the first run", &daemon, || count(case, "tmp_t") == Some(1));
        for token in [TOKEN, READ_TOKEN, "wrong", ""] {
            for (method, path, body) in ENDPOINTS {
                let answer = ask(port, method, path, token, body);
                let status: u16 = answer.split(' ').nth(1).unwrap().parse().unwrap();
                let open = ["/", "/page.js", "/healthz", "/readyz"].contains(&path);
                assert!(
                    open || (status == 401) != TRACES.iter().any(|trace| token.contains(trace)),
                    "{path}: {answer}"
                );
                assert_clean(&format!("{method} {path}, password {name}"), &answer);
            }
        }
        let log = daemon.kill();
        assert!(log.iter().any(|line| line.contains("serving HTTP")), "{log:#?}");
        assert_clean(&format!("the {format} log, password {name}"), &log.join("\n"));
    }
}

/// The one command that takes a URL.
fn a_new_configuration_is_written_without(case: &Case, url: &str) {
    let ran = case.run(&["--log-level", "trace", "init", "--url", url, "--output", "new.toml"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert_clean("init", &format!("{}{}", ran.stdout, ran.stderr));
}

/// What the program wrote: the replica with all that lies beside it, and configurations that it made.
fn assert_no_file_holds_one(folder: &Path) {
    let mut looked = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        // These were written by the test.
        if ["data-sync.toml", "password", "read-token"].contains(&name) {
            continue;
        }
        looked += 1;
        assert_clean(name, &String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
    }
    assert!(looked >= 2, "the replica and the new configuration");
}

fn without_password(url: &str) -> String {
    let (login, rest) = url.split_once('@').unwrap();
    format!("{}@{rest}", login.rsplit_once(':').unwrap().0)
}

fn assert_clean(what: &str, output: &str) {
    for trace in TRACES {
        assert!(!output.contains(trace), "{what} shows a secret: {output}");
    }
}

/// The whole answer.
fn ask(port: u16, method: &str, path: &str, token: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let authorization = if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n{authorization}\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
