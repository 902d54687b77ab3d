//! Source and replica side by side, in the server's own text.

use std::collections::BTreeMap;

use crate::case::Case;
use crate::server::Server;

/// The benchmark's kind of table: each of its columns has been lost or bent by some tool. `SELECT fill(first, last)` makes rows of it.
pub(crate) fn orders(server: Server) -> &'static str {
    match server {
        Server::Postgres => POSTGRES,
        Server::Mariadb(_) => MARIADB,
    }
}

const POSTGRES: &str = "
CREATE TABLE orders (
  id bigint PRIMARY KEY, customer_id int NOT NULL, amount numeric(12,2) NOT NULL, note text, tags jsonb,
  ref uuid NOT NULL, paid boolean NOT NULL, updated_at timestamptz NOT NULL);
CREATE INDEX orders_by_time ON orders (updated_at, id);
CREATE FUNCTION fill(first bigint, last bigint) RETURNS void LANGUAGE sql AS $$
INSERT INTO orders SELECT g, g % 5000, (g * 7919 % 100000000)::numeric / 100 - 100000,
  CASE WHEN g % 10 = 0 THEN NULL WHEN g % 10 = 1 THEN 'Ünïcødé ✓ 数据 🚚 ' || g ELSE md5(g::text) END,
  CASE WHEN g % 20 = 0 THEN NULL ELSE jsonb_build_object('p', g % 10, 'l', jsonb_build_array('a' || g, 'b')) END,
  md5('ref' || g)::uuid, g % 2 = 1,
  '2025-01-01 00:00:00+00'::timestamptz + (g * 1234567 % 31536000000000) * interval '1 microsecond'
FROM generate_series(first, last) g $$;
";

const MARIADB: &str = "
CREATE TABLE orders (
  id bigint PRIMARY KEY, customer_id int NOT NULL, amount numeric(12,2) NOT NULL, note text, tags json,
  ref uuid NOT NULL, paid boolean NOT NULL, updated_at timestamp(6) NOT NULL) DEFAULT CHARSET utf8mb4;
CREATE INDEX orders_by_time ON orders (updated_at, id);
CREATE PROCEDURE fill(first bigint, last bigint)
INSERT INTO orders (id, customer_id, amount, note, tags, ref, paid, updated_at) SELECT g, g % 5000, (g * 7919 % 100000000) / 100 - 100000,
  CASE WHEN g % 10 = 0 THEN NULL WHEN g % 10 = 1 THEN 'Ünïcødé ✓ 数据 🚚 ' || g ELSE md5(g) END,
  CASE WHEN g % 20 = 0 THEN NULL ELSE json_object('p', g % 10, 'l', json_array('a' || g, 'b')) END,
  insert(insert(md5('ref' || g), 13, 1, '4'), 17, 1, 'a'), g % 2 = 1,
  timestamp '2025-01-01 00:00:00' + interval (g * 1234567 % 31536000000000) microsecond
FROM (SELECT seq AS g FROM seq_1_to_2000000 WHERE seq BETWEEN first AND last) s;
";

const REPLICA: &str = "SELECT id, customer_id, printf('%.2f', amount), note, tags, ref, paid, updated_at
  FROM tmp_orders ORDER BY id";

/// Every row of `orders`, column by column.
pub(crate) fn assert_orders_equal(case: &Case) {
    let moment = case.server().moment("updated_at");
    let source =
        format!("SELECT id, customer_id, amount, note, tags, ref, CAST(paid AS int), {moment} FROM orders ORDER BY id");
    Differences::between(&case.ask(&source), &case.query(REPLICA)).assert_none();
}

/// These columns of a table, the key first, at the source and in its replica.
pub(crate) fn assert_same(case: &Case, columns: &str, table: &str) {
    let source = case.ask(&format!("SELECT {columns} FROM {table} ORDER BY 1"));
    let replica = case.query(&format!("SELECT {columns} FROM tmp_{table} ORDER BY 1"));
    Differences::between(&source, &replica).assert_none();
}

/// How a replica differs from its source; both are given as lines that begin with the key.
#[derive(Debug, Default)]
pub(crate) struct Differences {
    /// At the source alone.
    pub(crate) missing: Vec<String>,
    /// In both, but not alike: the source's line, then the replica's.
    pub(crate) stale: Vec<(String, String)>,
    /// In the replica alone.
    pub(crate) ghosts: Vec<String>,
    rows: usize,
}

impl Differences {
    pub(crate) fn between(source: &str, replica: &str) -> Self {
        let keyed = |text: &str| -> BTreeMap<String, String> {
            let key = |line: &str| line.split('|').next().unwrap_or_default().to_owned();
            text.lines().map(|line| (key(line), line.to_owned())).collect()
        };
        let (source, mut replica) = (keyed(source), keyed(replica));
        let mut differences = Self { rows: source.len(), ..Self::default() };
        for (key, wanted) in source {
            match replica.remove(&key) {
                None => differences.missing.push(wanted),
                Some(found) if found != wanted => differences.stale.push((wanted, found)),
                Some(_) => {}
            }
        }
        differences.ghosts = replica.into_values().collect();
        differences
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.stale.is_empty() && self.ghosts.is_empty()
    }

    pub(crate) fn assert_none(&self) {
        let first = |lines: &[String]| lines.iter().take(3).cloned().collect::<Vec<_>>();
        assert!(
            self.is_empty(),
            "of {} rows {} are missing {:?}, {} are stale {:?}, and {} are ghosts {:?}",
            self.rows,
            self.missing.len(),
            first(&self.missing),
            self.stale.len(),
            self.stale.iter().take(3).collect::<Vec<_>>(),
            self.ghosts.len(),
            first(&self.ghosts),
        );
    }
}
