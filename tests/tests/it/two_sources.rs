//! One replica file of a PostgreSQL and a MariaDB server.

use crate::case::Case;
use crate::proxy::{Mode, Proxy};
use crate::running::{Daemon, QUIET, count, wait_until};
use crate::server::Server;

/// The configuration's own folder is that of the shop.
fn configure(shop: &Case, billing: &str, top: &str) {
    let text = format!(
        "{top}\n{QUIET}\n[sources.shop]\nurl = \"{}\"\ntables = [\"users\"]\n\n\
         [sources.billing]\nurl = \"{billing}\"\nconnect_timeout = 2\nstatement_timeout = 2\nidle_timeout = 2\n\
         tables = [\"users\", \"invoices\"]\n",
        shop.database.url()
    );
    std::fs::write(shop.folder.path().join("data-sync.toml"), text).unwrap();
}

fn shop_and_billing() -> (Case, Case) {
    let users =
        "CREATE TABLE users (id int PRIMARY KEY, name varchar(20), updated_at timestamptz NOT NULL DEFAULT now());";
    let shop = Case::new(Server::Postgres, &format!("{users} INSERT INTO users (id, name) VALUES (1, 'Ada')"));
    let billing = Case::new(
        Server::MARIADB,
        &format!(
            "{users} INSERT INTO users (id, name) VALUES (1, 'Grace'), (2, 'Edith');
             CREATE TABLE invoices (id int PRIMARY KEY, total numeric(10,2)); INSERT INTO invoices VALUES (7, 12.50)"
        ),
    );
    (shop, billing)
}

#[test]
fn two_sources_feed_one_replica_and_one_keeps_fresh_without_the_other() {
    let (shop, billing) = shop_and_billing();
    let proxy = Proxy::to(&billing.database);
    configure(&shop, &billing.url_at(proxy.port()), "sync_interval = 0.1\nreconcile_interval = 0.5");
    let daemon = Daemon::start(&shop);
    wait_until("the first copies", &daemon, || {
        ["tmp_shop_users", "tmp_billing_users", "tmp_billing_invoices"].iter().all(|name| count(&shop, name).is_some())
    });
    assert_eq!(shop.query("SELECT name FROM tmp_shop_users"), "Ada");
    assert_eq!(shop.query("SELECT name FROM tmp_billing_users ORDER BY id"), "Grace\nEdith");

    shop.sql("UPDATE users SET name = 'Barbara', updated_at = now()");
    billing.sql("DELETE FROM users WHERE id = 2; UPDATE invoices SET total = 13.75");
    wait_until("both to follow", &daemon, || {
        shop.query("SELECT name FROM tmp_shop_users") == "Barbara"
            && shop.query("SELECT name FROM tmp_billing_users") == "Grace"
            && shop.query("SELECT total FROM tmp_billing_invoices") == "13.75"
    });

    proxy.set(Mode::Cut);
    let complains = || daemon.log().iter().any(|line| line.contains("the source can't be asked"));
    wait_until("a complaint", &daemon, complains);
    shop.sql("INSERT INTO users (id, name) VALUES (3, 'Hedy')");
    wait_until("the one that is there", &daemon, || count(&shop, "tmp_shop_users") == Some(2));
    assert_eq!(count(&shop, "tmp_billing_users"), Some(1), "what was stored is kept");

    billing.sql("INSERT INTO users (id, name) VALUES (4, 'Mary')");
    proxy.set(Mode::Pass);
    wait_until("the other one too", &daemon, || count(&shop, "tmp_billing_users") == Some(2));
}

#[test]
fn one_run_brings_both_and_verify_compares_both() {
    let (shop, billing) = shop_and_billing();
    configure(&shop, &billing.database.url(), "");
    assert_eq!(shop.changed_by_sync(), 4);
    assert_eq!(shop.changed_by_sync(), 0);
    let verified = shop.run(&["verify"]);
    assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
    billing.sql("UPDATE users SET name = 'silent' WHERE id = 1");
    let verified = shop.run(&["verify"]);
    assert_eq!(verified.code, 5, "{}{}", verified.stdout, verified.stderr);
    assert!(verified.stdout.contains("tmp_billing_users"), "{}", verified.stdout);
}

#[test]
fn tables_of_two_sources_that_would_get_one_name_are_refused_and_both_are_named() {
    let shop = Case::new(Server::Postgres, "CREATE TABLE b_c (id int PRIMARY KEY)");
    let billing = Case::new(Server::MARIADB, "CREATE TABLE c (id int PRIMARY KEY)");
    let text = format!(
        "[sources.a]\nurl = \"{}\"\ntables = [\"b_c\"]\n[sources.a_b]\nurl = \"{}\"\ntables = [\"c\"]\n",
        shop.database.url(),
        billing.database.url()
    );
    std::fs::write(shop.folder.path().join("data-sync.toml"), text).unwrap();
    let ran = shop.run(&["sync"]);
    assert_ne!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let named = ran.stderr.contains("tmp_a_b_c") && ran.stderr.contains("b_c") && ran.stderr.contains("a_b");
    assert!(named, "{}", ran.stderr);
}
