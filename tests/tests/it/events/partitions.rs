//! Partitions come and go without any row being written.

use crate::case::Case;
use crate::compare::assert_same;

const MEASURES: &str = "
CREATE TABLE measures (id int NOT NULL, word text, updated_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (id))
  PARTITION BY RANGE (id);
CREATE TABLE low PARTITION OF measures FOR VALUES FROM (0) TO (100);
CREATE TABLE high (id int PRIMARY KEY, word text, updated_at timestamptz NOT NULL DEFAULT now());
INSERT INTO measures VALUES (1, 'one'), (2, 'two');
INSERT INTO high SELECT g, 'high ' || g, '2024-01-01' FROM generate_series(100, 299) g;
";

#[test]
fn a_partition_that_is_attached_brings_its_old_rows() {
    let case = Case::postgres(MEASURES);
    case.configure("tables = [\"measures\"]");
    case.sync();
    assert_same(&case, "id, word", "measures");
    // Something newer was swept before, so that the old rows lie behind every horizon.
    case.sql("INSERT INTO measures VALUES (3, 'three')");
    case.sync();
    case.sql("ALTER TABLE measures ATTACH PARTITION high FOR VALUES FROM (100) TO (1000)");
    case.sync();
    assert_eq!(case.query("SELECT count(*) FROM tmp_measures"), "203");
    assert_same(&case, "id, word", "measures");
}

#[test]
fn a_partition_that_is_detached_takes_its_rows_away() {
    let case = Case::postgres(MEASURES);
    case.sql("ALTER TABLE measures ATTACH PARTITION high FOR VALUES FROM (100) TO (1000)");
    case.configure("max_delete_fraction = 1.0\ntables = [\"measures\"]");
    case.sync();
    assert_same(&case, "id, word", "measures");
    case.sql("ALTER TABLE measures DETACH PARTITION high; UPDATE measures SET word = 'still here' WHERE id = 2");
    case.sync();
    assert_eq!(case.query("SELECT count(*) FROM tmp_measures"), "2");
    assert_same(&case, "id, word", "measures");
}
