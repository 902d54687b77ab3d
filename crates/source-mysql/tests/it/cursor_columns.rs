//! Whatever a cursor column is made of: its order is the server's own, and a position in it is exact.

use sync_core::Scope;

use crate::place::Place;

/// Rows of each kind as literals, in the server's order: the first is there before, the others come later.
const KINDS: [(&str, &[&str]); 9] = [
    ("date", &["'2024-01-01'", "'2024-01-02'", "'2024-02-01'"]),
    ("datetime", &["'2024-01-01 00:00:01'", "'2024-01-01 00:00:02'", "'2024-01-01 10:00:00'"]),
    ("datetime(6)", &["'2024-01-01 00:00:00.000001'", "'2024-01-01 00:00:00.000002'", "'2024-01-01 10:00:00'"]),
    ("timestamp NULL", &["'2024-01-01 00:00:01'", "'2024-01-01 00:00:02'", "'2024-01-01 10:00:00'"]),
    ("timestamp(3) NULL", &["'2024-01-01 00:00:00.001'", "'2024-01-01 00:00:00.002'", "'2024-01-01 10:00:00'"]),
    ("smallint", &["-1", "0", "7"]),
    ("bigint unsigned", &["9007199254740993", "9223372036854775808", "18446744073709551615"]),
    ("decimal(40,20)", &["9.9", "10", "10.00000000000000000001"]),
    ("varchar(8)", &["'a'", "'B'", "'c'"]),
];

#[tokio::test]
async fn every_kind_is_polled_in_its_own_order() {
    let tables: Vec<String> = KINDS
        .iter()
        .enumerate()
        .map(|(index, (kind, rows))| {
            let create = format!("CREATE TABLE t{index} (id int PRIMARY KEY, c {kind});");
            format!("{create} INSERT INTO t{index} VALUES (100, {});", rows[0])
        })
        .collect();
    let place = Place::with(&tables.concat()).await;
    for (index, (kind, rows)) in KINDS.iter().enumerate() {
        let name = format!("t{index}");
        let temporal = index < 5;
        let table = place.table(&name, temporal.then_some("c"), if temporal { Some("id") } else { Some("c") }).await;
        let start = place.caught_up(&table).await;
        // The smaller the id, the later: the key only breaks ties.
        let more = rows[1..].iter().enumerate();
        let more = more.map(|(place, row)| format!("INSERT INTO {name} VALUES ({}, {row});", 50 - place));
        place.run(&more.collect::<String>()).await;
        let poll = place.read(&table, Some(&start), 1).await;
        // Where nothing tells the time, the first row comes again until it is settled.
        let given = poll.column(0);
        let given = given.strip_prefix(&["100".to_owned()]).unwrap_or(&given);
        assert_eq!(given, ["50", "49"], "{kind}");
        if temporal {
            assert_eq!(poll.rows().len(), 2, "{kind}");
            let first = poll.batches[0].watermark.as_ref();
            assert_eq!(place.read(&table, first, 1).await.rows(), poll.rows()[1..], "{kind}: from the first");
            let last = poll.watermark();
            assert!(place.give(Scope::Table(table), Some(&last), 1).await.unwrap().batches.is_empty(), "{kind}");
        }
    }
}
