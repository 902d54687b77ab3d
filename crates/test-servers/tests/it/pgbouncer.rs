use std::process::{Command, Output};

use test_servers::{PgBouncer, Postgres};

#[test]
fn the_pooler_leads_to_the_server() {
    let server = Postgres::shared();
    let Some(pooler) = pooler(server) else { return };
    let database = server.database().unwrap();
    let answer = ask(&pooler.url(&database), "SELECT current_database(), inet_server_port()");
    assert_eq!(String::from_utf8_lossy(&answer.stdout).trim(), format!("{}|{}", database.name(), server.port()));
    assert_ne!(pooler.port(), server.port());
}

#[test]
fn roles_log_in_with_the_password_that_the_server_knows() {
    let server = Postgres::start(&Default::default()).unwrap();
    let Some(pooler) = pooler(&server) else { return };
    let database = server.database().unwrap();
    server.execute("CREATE ROLE app LOGIN PASSWORD 'a:b'").unwrap();
    let right = ask(&pooler.url_as(&database, "app", "a:b"), "SELECT current_user");
    assert_eq!(String::from_utf8_lossy(&right.stdout).trim(), "app", "{}", String::from_utf8_lossy(&right.stderr));
    assert!(!ask(&pooler.url_as(&database, "app", "wrong"), "SELECT 1").status.success());
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn pooler(server: &Postgres) -> Option<PgBouncer> {
    let pooler = PgBouncer::start(server).unwrap();
    if pooler.is_none() {
        eprintln!("SKIPPED: PgBouncer is not installed; `cargo xtask test` installs it where it can");
    }
    pooler
}

fn ask(url: &str, sql: &str) -> Output {
    let psql = test_servers::find_postgres().unwrap().psql;
    Command::new(psql).args(["-X", "-w", "-At", "-c", sql, url]).output().unwrap()
}
