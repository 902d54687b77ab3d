//! Source and replica side by side, in the server's own text.

use crate::case::Case;

/// The benchmark's kind of table: each of its columns has been lost or bent by some tool.
pub(crate) const ORDERS: &str = "
CREATE TABLE orders (
  id bigint PRIMARY KEY, customer_id int NOT NULL, amount numeric(12,2) NOT NULL, note text, tags jsonb,
  ref uuid NOT NULL, paid boolean NOT NULL, updated_at timestamptz NOT NULL);
CREATE INDEX ON orders (updated_at, id);
CREATE FUNCTION fill(first bigint, last bigint) RETURNS void LANGUAGE sql AS $$
INSERT INTO orders SELECT g, g % 5000, (g * 7919 % 100000000)::numeric / 100 - 100000,
  CASE WHEN g % 10 = 0 THEN NULL WHEN g % 10 = 1 THEN 'Ünïcødé ✓ 数据 🚚 ' || g ELSE md5(g::text) END,
  CASE WHEN g % 20 = 0 THEN NULL ELSE jsonb_build_object('p', g % 10, 'l', jsonb_build_array('a' || g, 'b')) END,
  md5('ref' || g)::uuid, g % 2 = 1,
  '2025-01-01 00:00:00+00'::timestamptz + (g * 1234567 % 31536000000000) * interval '1 microsecond'
FROM generate_series(first, last) g $$;
";

const SOURCE: &str = "SELECT id, customer_id, amount, note, tags, ref, paid::int,
  to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || 'Z' FROM orders ORDER BY id";
const REPLICA: &str = "SELECT id, customer_id, printf('%.2f', amount), note, tags, ref, paid, updated_at
  FROM tmp_orders ORDER BY id";

/// Every row of `orders`, column by column.
pub(crate) fn assert_orders_equal(case: &Case) {
    let (source, replica) = (case.ask(SOURCE), case.query(REPLICA));
    if source != replica {
        let (source, replica): (Vec<_>, Vec<_>) = (source.lines().collect(), replica.lines().collect());
        let differs = source.iter().zip(&replica).find(|(a, b)| a != b);
        panic!("{} rows at the source, {} in the replica; first difference {differs:?}", source.len(), replica.len());
    }
}
