//! Whatever a cursor column is made of: its order is the server's own, and a position in it is exact.

use sync_core::Scope;

use crate::place::Place;

/// Rows of each kind as literals, in the server's order: the first is there before, the others come later.
const KINDS: [(&str, &[&str]); 16] = [
    ("date", &["'2024-01-01'", "'2024-01-02'", "'2024-02-01'"]),
    ("timestamp", &["'2024-01-01 00:00:00.000001'", "'2024-01-01 00:00:00.000002'", "'2024-01-01 10:00:00'"]),
    ("timestamptz", &["'2024-01-01 00:00:00.9+00'", "'2024-01-01 02:00:00+01'", "'2024-01-01 02:00:00+00'"]),
    ("smallint", &["-1", "0", "7"]),
    ("bigint", &["9007199254740992", "9007199254740993", "9223372036854775807"]),
    ("numeric", &["9.9", "10", "10.000000000000000000001"]),
    ("numeric(9,2)", &["9.90", "10.00", "10.01"]),
    ("numeric(30)", &["9", "10", "100000000000000000000000000001"]),
    ("float8", &["0.1", "0.30000000000000004", "'Infinity'"]),
    (
        "uuid",
        &[
            "'018f0000-0000-7000-8000-000000000000'",
            "'018f0000-0001-7000-8000-000000000000'",
            "'01900000-0000-7000-8000-000000000000'",
        ],
    ),
    ("text COLLATE \"en-x-icu\"", &["'a'", "'B'", "'c'"]),
    ("text COLLATE \"C\"", &["'Z'", "'a'", "'é'"]),
    ("varchar(8)", &["''", "' '", "'a''\"'"]),
    ("xid8", &["'9'", "'10'", "'18446744073709551615'"]),
    ("bytea", &["''", "'\\x00'", "'\\xff'"]),
    ("pair", &["ROW(1, NULL)", "ROW(NULL, 'a')", "ROW(NULL, NULL)"]),
];

#[tokio::test]
async fn every_kind_is_polled_in_its_own_order() {
    let tables: Vec<String> = KINDS
        .iter()
        .enumerate()
        .map(|(index, (kind, rows))| {
            format!(
                "CREATE TABLE t{index} (id int PRIMARY KEY, c {kind}); INSERT INTO t{index} VALUES (100, {});
                 CREATE TABLE k{index} (c {kind} PRIMARY KEY); INSERT INTO k{index} VALUES ({});",
                rows[0], rows[0]
            )
        })
        .collect();
    let place = Place::with(&format!("CREATE TYPE pair AS (a int, b text); {}", tables.concat()));
    for (index, (kind, rows)) in KINDS.iter().enumerate() {
        let (t, k) = (format!("t{index}"), format!("k{index}"));
        let stamped = place.table(&t, Some("c"), Some("id")).await;
        let keyed = place.table(&k, None, Some("c")).await;
        let starts = [place.read(&stamped, None, 10).await.watermark(), place.read(&keyed, None, 10).await.watermark()];
        // The smaller the id, the later: the key only breaks ties.
        let more = rows[1..].iter().enumerate().map(|(place, row)| {
            format!("INSERT INTO {t} VALUES ({}, {row}); INSERT INTO {k} VALUES ({row});", 50 - place)
        });
        place.database.execute(&more.collect::<String>()).unwrap();
        let poll = place.read(&stamped, Some(&starts[0]), 1).await;
        assert_eq!(poll.column(0), ["50", "49"], "{kind}");
        let poll = place.read(&keyed, Some(&starts[1]), 1).await;
        assert_eq!(poll.rows().len(), 2, "{kind}");
        let first = poll.batches[0].watermark.as_ref();
        assert_eq!(place.read(&keyed, first, 1).await.rows(), poll.rows()[1..], "{kind}: from the first");
        let last = poll.watermark();
        assert!(place.give(Scope::Table(keyed), Some(&last), 1).await.unwrap().batches.is_empty(), "{kind}");
    }
}
