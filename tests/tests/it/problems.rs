//! What goes wrong is named, with what to do; the rest goes on.

use crate::case::Case;
use crate::compare::{assert_orders_equal, orders};
use crate::server::{Server, on_each_server};

on_each_server!(
    bad_tables_are_named_and_the_others_sync,
    a_wrong_password_and_a_dead_server_are_told_apart_and_show_no_secret,
    two_syncs_into_one_file_never_meet,
    a_file_that_is_no_replica_is_left_alone,
    no_output_shows_a_password_however_odd
);

fn bad_tables_are_named_and_the_others_sync(server: Server) {
    let case = Case::new(server, orders(server));
    case.sql("SELECT fill(1, 10); CREATE TABLE secret (id int PRIMARY KEY)");
    let user = format!("reader_{}", case.database.name());
    let _login = case.database.login(&user, "pass", &["orders"]);
    let url = case.database.url_as(&user, "pass");
    let config = format!("[source]\nurl = \"{url}\"\ntables = [\"missing\", \"secret\", \"orders\"]\n");
    std::fs::write(case.folder.path().join("data-sync.toml"), config).unwrap();
    let ran = case.run(&["sync"]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    let secret = match server {
        Server::Postgres => "GRANT SELECT ON",
        // It hides what may not be read.
        Server::Mariadb(_) => "check the spelling, and that the login may see it",
    };
    for (table, remedy) in [("missing", "there is no such table"), ("secret", secret)] {
        let named = ran.stderr.lines().any(|line| line.contains(table) && line.contains(remedy));
        assert!(named, "{table}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("pass@"), "{}", ran.stderr);
    assert_orders_equal(&case);
}

fn a_wrong_password_and_a_dead_server_are_told_apart_and_show_no_secret(server: Server) {
    let case = Case::new(server, "");
    let user = format!("login_{}", case.database.name());
    let _login = case.database.login(&user, "right", &[]);
    let run = |url: &str| {
        let config = format!("tables = [\"t\"]\n[source]\nurl = \"{url}\"\n");
        std::fs::write(case.folder.path().join("data-sync.toml"), config).unwrap();
        case.run(&["sync"])
    };
    let wrong = run(&case.database.url_as(&user, "hunter2"));
    assert_eq!(wrong.code, 3, "{}", wrong.stderr);
    assert!(wrong.stderr.contains("password") && wrong.stderr.contains(&user), "{}", wrong.stderr);
    let scheme = case.database.url().split_once("://").unwrap().0.to_owned();
    let dead = run(&format!("{scheme}://someone:hunter2@127.0.0.1:1/nowhere"));
    assert_eq!(dead.code, 3, "{}", dead.stderr);
    assert!(dead.stderr.contains("127.0.0.1"), "{}", dead.stderr);
    for ran in [wrong, dead] {
        assert!(!ran.stderr.contains("hunter2") && !ran.stdout.contains("hunter2"), "{}", ran.stderr);
    }
}

fn two_syncs_into_one_file_never_meet(server: Server) {
    let case = Case::new(server, orders(server));
    case.sql("SELECT fill(1, 10)");
    case.configure("tables = [\"orders\"]");
    case.sync();
    let lock = std::fs::File::options().write(true).open(case.folder.path().join("replica.db.lock")).unwrap();
    lock.try_lock().unwrap();
    let ran = case.run(&["sync"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("replica.db"), "{}", ran.stderr);
    drop(lock);
    case.sync();
}

fn a_file_that_is_no_replica_is_left_alone(server: Server) {
    let case = Case::new(server, orders(server));
    case.configure("tables = [\"orders\"]");
    std::fs::write(
        case.replica_path(),
        "my diary, not a database, and longer than one hundred bytes so that it can not be taken for an empty header",
    )
    .unwrap();
    let ran = case.run(&["sync"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("replica.db"), "{}", ran.stderr);
    assert!(std::fs::read_to_string(case.replica_path()).unwrap().starts_with("my diary"));
}

fn no_output_shows_a_password_however_odd(server: Server) {
    let case = Case::new(server, "CREATE TABLE t (id int PRIMARY KEY)");
    let role = format!("odd_{}", case.database.name());
    let login = case.database.login(&role, "first", &[]);
    for password in ["hunter2", "p@ss:w/ord?#", "'quote\"d\\", "%41%zz", "blank space", "пароль✓", "123456789", "$(id)"]
    {
        login.set_password(password);
        let url = case.database.url_as(&role, password);
        let encoded = url.split_once("//").unwrap().1.split_once('@').unwrap().0.split_once(':').unwrap().1.to_owned();
        let bare = url.replace(&format!(":{encoded}@"), "@");
        let quoted = serde_json::to_string(password).unwrap();
        let cases = [
            (0, format!("tables = []\n[source]\nurl = \"{url}\"\n")),
            (0, format!("tables = []\n[source]\nurl = \"{bare}\"\npassword = {quoted}\n")),
            (
                3,
                format!(
                    "tables = []\n[source]\nurl = \"{bare}\"\npassword = \"wrong{}\"\n",
                    &quoted[1..quoted.len() - 1]
                ),
            ),
            (2, format!("tables = []\n[source]\nurl = \"{url}?sslmode=strange\"\n")),
            (2, format!("tables = []\n[source]\nurl = \"{url}\"\npassword = {quoted}\nport = \"x\"\n")),
            (2, format!("tables = []\n[source]\nurl = \"{bare}\"\npassword = [{quoted}]\n")),
        ];
        for (code, config) in cases {
            std::fs::write(case.folder.path().join("data-sync.toml"), &config).unwrap();
            for arguments in
                [["sync", "--log-level=trace"], ["check", "--log-level=trace"], ["print-config", "--log-level=trace"]]
            {
                let ran = case.run(&arguments);
                let output = format!("{}{}", ran.stdout, ran.stderr);
                for secret in [password, &encoded] {
                    assert!(!output.contains(secret), "{arguments:?} with {config}: {output}");
                }
                if arguments[0] == "sync" && code == 3 {
                    assert_eq!(ran.code, code, "{config}: {output}");
                }
            }
        }
    }
}
