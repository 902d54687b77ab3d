use test_servers::{PgBouncer, Postgres};

#[test]
fn two_transactions_of_a_client_share_a_pool() {
    let server = Postgres::shared();
    let Some(pooler) = PgBouncer::start(server).unwrap() else {
        eprintln!("SKIPPED: PgBouncer is not installed; `cargo xtask test` installs it where it can");
        return;
    };
    let database = server.database().unwrap();
    let psql = test_servers::find_postgres().unwrap().psql;
    let url = pooler.url(&database);
    let answer = std::process::Command::new(psql)
        .args(["-X", "-w", "-At", "-c", "SELECT current_database(), inet_server_port()", &url])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&answer.stdout);
    assert_eq!(text.trim(), format!("{}|{}", database.name(), server.port()));
    assert_ne!(pooler.port(), server.port());
}
