//! The README does what it says: its configuration and its commands, as they stand there.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::case::{Case, finish};
use crate::server::Server;

#[test]
fn the_first_own_sync_works_as_the_readme_tells() {
    let case = Case::postgres(
        "CREATE SCHEMA audit;
         CREATE TABLE users (id int PRIMARY KEY, name text); CREATE TABLE audit.logs (id int PRIMARY KEY, what text);
         INSERT INTO users VALUES (1, 'Ada'), (2, 'Grace'); INSERT INTO audit.logs VALUES (1, 'login');",
    );
    let role = format!("app_{}", case.database.name());
    case.sql(&format!(
        "CREATE ROLE \"{role}\" LOGIN PASSWORD 'p ss/w@rd';
         GRANT USAGE ON SCHEMA audit TO \"{role}\"; GRANT SELECT ON ALL TABLES IN SCHEMA public, audit TO \"{role}\""
    ));
    let readme = readme();
    let config = block(&readme, "toml", "SHOP_PASSWORD");
    let address = "postgres://app@127.0.0.1:5432/shop";
    assert!(config.contains(address), "the README's address is another one now");
    let url = case.database.url_as(&role, "unused").replace(":unused@", "@");
    std::fs::write(case.folder.path().join("data-sync.toml"), config.replace(address, &url)).unwrap();

    let commands = block(&readme, "console", "data-sync check");
    let mut ran = 0;
    for line in commands.lines().filter_map(|line| line.strip_prefix("$ data-sync ")) {
        let mut command: Command = case.command(&words(line));
        let answer = finish(command.env("SHOP_PASSWORD", "p ss/w@rd").spawn().unwrap());
        assert_eq!(answer.code, 0, "data-sync {line}: {}{}", answer.stdout, answer.stderr);
        if line.starts_with("query") {
            assert!(answer.stdout.contains('2'), "{}", answer.stdout);
        }
        ran += 1;
    }
    assert_eq!(ran, 3, "check, sync and query");
    assert_eq!(case.query("SELECT name FROM tmp_users ORDER BY id"), "Ada\nGrace");
    assert_eq!(case.query("SELECT what FROM tmp_audit_logs"), "login");

    let look = block(&readme, "console", "sqlite3 replica.db");
    let sql = words(look.trim_start_matches("$ "))[2].to_owned();
    assert_eq!(case.query(&sql), "1|Ada\n2|Grace");
    case.sql(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\""));
}

/// What a table of MySQL or MariaDB is promised, and what would make it more.
#[test]
fn mysql_works_as_the_readme_tells() {
    for server in [Server::MARIADB, Server::MARIADB_AS_IT_SHIPS] {
        let case = Case::new(
            server,
            "CREATE TABLE users (id int PRIMARY KEY, name text, updated_at timestamptz NOT NULL DEFAULT now());
             CREATE TABLE invoices (id int PRIMARY KEY, updated_at timestamptz NOT NULL DEFAULT now());
             INSERT INTO users (id, name) VALUES (1, 'Ada'), (2, 'Grace'); INSERT INTO invoices (id) VALUES (7)",
        );
        let user = format!("app_{}", case.database.name());
        let _login = case.database.login(&user, "p ss/w@rd", &["users", "invoices"]);
        let readme = readme();
        let config = block(&readme, "toml", "BILLING_PASSWORD");
        let url = case.database.url_as(&user, "unused").replace(":unused@", "@");
        let config = config.replace("mysql://app@127.0.0.1:3306/billing", &url);
        std::fs::write(case.folder.path().join("data-sync.toml"), config).unwrap();
        let run = |words: &[&str]| {
            let answer = finish(case.command(words).env("BILLING_PASSWORD", "p ss/w@rd").spawn().unwrap());
            assert_eq!(answer.code, 0, "{words:?}: {}{}", answer.stdout, answer.stderr);
            answer.stdout
        };
        run(&["sync"]);
        assert_eq!(case.query("SELECT name FROM tmp_users ORDER BY id"), "Ada\nGrace");

        // As `check` quotes the account, and at the place where it has no such right or no such setting.
        let grant = block(&readme, "sql", "performance_schema");
        let checked = run(&["check"]);
        assert!(checked.contains("bounded") && checked.contains(grant.trim_end_matches(" TO app;")), "{checked}");
        if server == Server::MARIADB {
            assert!(checked.contains("the login may not read performance_schema"), "{checked}");
            case.sql(&grant.replace("app", &user));
            let checked = run(&["check"]);
            assert!(checked.contains("rows have no version, so deletes, changes that leave"), "{checked}");
        } else {
            for setting in block(&readme, "ini", "performance_schema").lines() {
                assert!(checked.contains(setting), "{setting}: {checked}");
            }
        }
    }
}

#[test]
fn several_sources_feed_one_replica_as_the_readme_tells() {
    let users = "CREATE TABLE users (id int PRIMARY KEY)";
    let shop = Case::postgres(users);
    let billing = Case::new(Server::MARIADB, &format!("{users}; CREATE TABLE invoices (id int PRIMARY KEY)"));
    let readme = readme();
    let mut config = block(&readme, "toml", "[sources.shop]");
    for (address, url) in [
        ("postgres://app@127.0.0.1:5432/shop", shop.database.url()),
        ("mysql://app@127.0.0.1:3306/billing", billing.database.url()),
    ] {
        assert!(config.contains(address), "the README's address is another one now");
        config = config.replace(address, &url);
    }
    std::fs::write(shop.folder.path().join("data-sync.toml"), config).unwrap();
    let mut command = shop.command(&["sync"]);
    let ran = finish(command.env("SHOP_PASSWORD", "").env("BILLING_PASSWORD", "").spawn().unwrap());
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    for table in ["tmp_shop_users", "tmp_billing_users", "tmp_billing_invoices"] {
        assert!(readme.contains(&format!("`{table}`")), "{table}");
        assert_eq!(shop.query(&format!("SELECT count(*) FROM {table}")), "0");
    }
}

#[test]
fn the_daemon_answers_as_the_readme_tells() {
    let case =
        Case::postgres("CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users VALUES (1, 'Ada')");
    // Free a moment ago, and nobody else is told of it.
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    case.configure(&format!("sync_interval = 0.1\ntables = [\"users\"]\n[http]\nlisten = \"127.0.0.1:{port}\"\n"));
    let mut daemon = case.start(&["run"]);
    let readme = readme();
    let commands = block(&readme, "console", "curl -s");
    let requests: Vec<_> = commands.lines().filter_map(|line| line.strip_prefix("$ curl -s http://")).collect();
    assert_eq!(requests.len(), 2, "the README shows two requests");
    for (request, expected) in requests.iter().zip(["\"status\":\"running\"", "{\"result\":[{\"n\":1}]}"]) {
        let started = Instant::now();
        // Until the first copy is done there is nothing to answer from.
        while !answer(port, request).is_some_and(|answer| answer.replace(' ', "").contains(expected)) {
            assert!(started.elapsed() < Duration::from_secs(30), "{request}: {:?}", answer(port, request));
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    daemon.kill().unwrap();
    daemon.wait().unwrap();
}

/// What a server at this port answers to the rest of a curl command.
fn answer(port: u16, request: &str) -> Option<String> {
    let (address, options) = request.split_once(' ').unwrap_or((request, ""));
    let path = &address[address.find('/').unwrap()..];
    let body = options.split("-d '").nth(1).map(|rest| rest.trim_end_matches('\'')).unwrap_or_default();
    let header = options.split("-H '").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or("Accept: */*");
    let method = if body.is_empty() { "GET" } else { "POST" };
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{header}\r\nContent-Length: {length}\r\nConnection: close"
    );
    stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    Some(text)
}

fn readme() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap()
}

/// The first fenced block of this language that holds this text.
fn block(text: &str, language: &str, holds: &str) -> String {
    let start = format!("```{language}\n");
    let blocks = text.split(&start).skip(1).filter_map(|rest| rest.split("\n```").next());
    let found = blocks.into_iter().find(|block| block.contains(holds));
    found.unwrap_or_else(|| panic!("the README has no {language} block with {holds:?}")).to_owned()
}

/// Words as a shell splits them, as far as the README needs it.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap(),
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word);
        rest = after.trim_start();
    }
    words
}
