//! Reading back keys and rows.

use sink_sqlite::rusqlite::types::Value as Stored;
use sync_core::{CopyState, DataType, ErrorKind, Op, ReplicaReader, ReplicaTable, SchemaChange, Sink, Value};

use crate::fixture::{Replica, named, publish, rows, table, users, write};

/// All keys, each as the text of its row, and the number of pages.
fn all(sink: &dyn Sink, table: &ReplicaTable) -> (Vec<String>, usize) {
    read(sink.replica().keys(table, CopyState::Live).unwrap(), table)
}

fn read(mut reader: Box<dyn ReplicaReader>, table: &ReplicaTable) -> (Vec<String>, usize) {
    let mut page = rows(table, &[]);
    let (mut keys, mut pages) = (Vec::new(), 0);
    loop {
        reader.next(&mut page).unwrap();
        if page.is_empty() {
            return (keys, pages);
        }
        pages += 1;
        assert!(pages < 100, "the keys never end");
        keys.extend(page.rows().map(|row| format!("{row:?}")));
    }
}

#[test]
fn keys_come_in_order_page_by_page_as_deletes() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    let names: Vec<_> = (-5000..5000).rev().map(|id| (id, "x")).collect();
    publish(&mut sink, &users, &named(&users, &names)).unwrap();
    let (keys, pages) = all(&sink, &users);
    let expected: Vec<_> = (-5000..5000).map(|id| format!("Delete [Integer({id}), Null]")).collect();
    assert_eq!(keys, expected);
    assert_eq!(pages, 3);
}

#[test]
fn composite_keys_of_every_form_are_not_cut_at_a_page() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let columns = [("n", DataType::Integer), ("b", DataType::Real), ("a", DataType::Text), ("c", DataType::Bytes)];
    let table = table("tmp_t", &columns, &["a", "b", "c"]);
    let bytes: Vec<_> = (0..=255_u8).map(|byte| [byte]).collect();
    let mut batch = rows(&table, &[]);
    for text in ["", "a", "Z", "é"] {
        for number in [f64::NEG_INFINITY, -1.5, 0.0, f64::NAN] {
            for byte in &bytes {
                batch.push_integer(1);
                batch.push_real(number);
                batch.push_text(text);
                batch.push_bytes(byte);
                batch.end_row(Op::Upsert).unwrap();
            }
        }
    }
    publish(&mut sink, &table, &batch).unwrap();
    let (keys, _) = all(&sink, &table);
    let mut distinct = keys.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!((keys.len(), distinct.len()), (4096, 4096));
    assert_eq!(keys[0], "Delete [Null, Real(-inf), Text(\"\"), Bytes([0])]");
    assert_eq!(keys[4095], "Delete [Null, Text(\"NaN\"), Text(\"é\"), Bytes([255])]");
}

#[test]
fn large_keys_end_a_page_early() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let table = table("tmp_t", &[("id", DataType::Text)], &["id"]);
    let long = "x".repeat(1 << 17);
    let mut batch = rows(&table, &[]);
    for number in 0..20 {
        batch.push_text(&format!("{number}{long}"));
        batch.end_row(Op::Upsert).unwrap();
    }
    publish(&mut sink, &table, &batch).unwrap();
    let (keys, pages) = all(&sink, &table);
    assert_eq!((keys.len(), pages), (20, 5));
}

#[test]
fn reading_keys_and_writing_do_not_wait_for_each_other() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    let names: Vec<_> = (0..5000).map(|id| (id, "x")).collect();
    publish(&mut sink, &users, &named(&users, &names)).unwrap();
    let mut reader = sink.replica().keys(&users, CopyState::Live).unwrap();
    let mut page = rows(&users, &[]);
    let mut transaction = sink.begin().unwrap();
    transaction.write(&users, CopyState::Live, &named(&users, &[(9000, "new")])).unwrap();
    reader.next(&mut page).unwrap();
    assert_eq!(page.len(), 4000);
    transaction.commit(&[]).unwrap();
    let gone = rows(&users, &[(Op::Delete, &[Value::Integer(4999), Value::Null])]);
    write(&mut sink, &users, &gone).unwrap();
    reader.next(&mut page).unwrap();
    assert_eq!(page.len(), 1000);
    reader.next(&mut page).unwrap();
    assert!(page.is_empty());
}

#[test]
fn a_reader_that_waits_keeps_the_log_from_nothing() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    let names: Vec<_> = (0..9000).map(|id| (id, "x")).collect();
    publish(&mut sink, &users, &named(&users, &names)).unwrap();
    let read = sink.replica();
    let mut page = rows(&users, &[]);
    let mut readers = [read.keys(&users, CopyState::Live).unwrap(), read.rows(&users, CopyState::Live).unwrap()];
    for reader in &mut readers {
        reader.next(&mut page).unwrap();
        assert_eq!(page.len(), 4000);
        write(&mut sink, &users, &named(&users, &[(0, "changed"), (1, "back")])).unwrap();
        // Nobody reads from an old state, so the whole log can be put into the file and cut off.
        let blocked = replica.query("PRAGMA wal_checkpoint(TRUNCATE)").remove(0);
        assert_eq!(blocked, [Stored::Integer(0), Stored::Integer(0), Stored::Integer(0)]);
    }
}

#[test]
fn there_must_be_a_published_table_with_a_key() {
    let replica = Replica::new();
    let sink = replica.open();
    let keyless = table("tmp_t", &[("a", DataType::Text)], &[]);
    assert_eq!(sink.replica().keys(&keyless, CopyState::Live).err().unwrap().kind(), ErrorKind::Unsupported);
    let mut page = rows(&users(), &[]);
    let error = sink.replica().keys(&users(), CopyState::Live).unwrap().next(&mut page).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
    assert!(error.place().unwrap().contains("table tmp_users"), "{error}");
}

#[test]
fn a_table_that_is_dropped_while_its_keys_are_read_has_to_be_copied_again() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    publish(&mut sink, &users, &named(&users, &[(1, "Ada")])).unwrap();
    let mut reader = sink.replica().keys(&users, CopyState::Live).unwrap();
    let mut page = rows(&users, &[]);
    reader.next(&mut page).unwrap();
    replica.execute("DROP TABLE tmp_users");
    assert_eq!(reader.next(&mut page).unwrap_err().kind(), ErrorKind::Expired);
}

#[test]
fn keys_of_a_build_table_are_its_own() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    publish(&mut sink, &users, &named(&users, &[(1, "Ada")])).unwrap();
    let mut transaction = sink.begin().unwrap();
    transaction.apply_schema(&users, &SchemaChange::StartBuild).unwrap();
    transaction.write(&users, CopyState::Building, &named(&users, &[(2, "Bob"), (3, "Eve")])).unwrap();
    transaction.commit(&[]).unwrap();
    let (keys, _) = read(sink.replica().keys(&users, CopyState::Building).unwrap(), &users);
    assert_eq!(keys, ["Delete [Integer(2), Null]", "Delete [Integer(3), Null]"]);
    assert_eq!(all(&sink, &users).0, ["Delete [Integer(1), Null]"]);
}

/// Columns of every kind, and rows with the values that affinity could have touched.
fn awkward() -> (ReplicaTable, Vec<Vec<Value<'static>>>) {
    let columns = [
        ("word", DataType::Text),
        ("real", DataType::Real),
        ("whole", DataType::Decimal { precision: 18, scale: 0 }),
        ("digits", DataType::Number),
        ("bytes", DataType::Bytes),
        ("price", DataType::Decimal { precision: 12, scale: 2 }),
    ];
    let table = table("tmp_t", &columns, &["word", "real"]);
    let reals = [1.0, -3.0, 0.1, 1e300, f64::INFINITY, f64::NEG_INFINITY, 9_007_199_254_740_992.0, f64::MIN_POSITIVE];
    let wholes = [i64::MIN, i64::MAX, 0, 1, -1, 1 << 53, (1 << 53) + 1, 10];
    let digits = ["1.50", "1e5", "007", "", "-0", "18446744073709551615", "NaN", " 1 "];
    let bytes: [&[u8]; 8] = [b"", b"\0", b"1", b"\xff\xfe", b"NaN", b"text", b"0", b"1.0"];
    let row = |n: usize| {
        let real = if n == 3 { Value::Text("NaN") } else { Value::Real(reals[n]) };
        let price = if n == 4 { Value::Null } else { Value::Real(n as f64) };
        vec![
            Value::Text("a\0é"),
            real,
            Value::Integer(wholes[n]),
            Value::Text(digits[n]),
            Value::Bytes(bytes[n]),
            price,
        ]
    };
    (table, (0..8).map(row).collect())
}

#[test]
fn rows_come_back_in_the_forms_they_were_written_in() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let (table, values) = awkward();
    let upserts: Vec<(Op, &[Value<'_>])> = values.iter().map(|row| (Op::Upsert, row.as_slice())).collect();
    let written = rows(&table, &upserts);
    publish(&mut sink, &table, &written).unwrap();
    let expected: Vec<_> = written.rows().map(|row| format!("{row:?}")).collect();
    assert_eq!(read(sink.replica().rows(&table, CopyState::Live).unwrap(), &table).0, expected);

    let found = sink.replica().rows_of(&table, &written).unwrap();
    assert_eq!(found.rows().map(|row| format!("{row:?}")).collect::<Vec<_>>(), expected);
}

#[test]
fn rows_of_finds_what_is_there_and_nothing_else() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let (table, values) = awkward();
    publish(&mut sink, &table, &rows(&table, &[(Op::Upsert, &values[0])])).unwrap();
    let key = |word, real| [word, real, Value::Null, Value::Null, Value::Null, Value::Null];
    let word = Value::Text("a\0é");
    for absent in [
        key(word, Value::Real(2.0)),
        // A comparison would make a number of it.
        key(word, Value::Text("1.0")),
        key(word, Value::Null),
        key(Value::Bytes("a\0é".as_bytes()), Value::Real(1.0)),
    ] {
        let found = sink.replica().rows_of(&table, &rows(&table, &[(Op::Delete, &absent)])).unwrap();
        assert!(found.is_empty(), "{absent:?}: {found:?}");
    }
    let there = rows(&table, &[(Op::Delete, &key(word, Value::Real(1.0)))]);
    assert_eq!(sink.replica().rows_of(&table, &there).unwrap().len(), 1);
}

#[test]
fn rows_without_a_key_are_all_given() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let log = table("tmp_log", &[("rowid", DataType::Text), ("OID", DataType::Integer)], &[]);
    let line: (Op, &[Value<'_>]) = (Op::Upsert, &[Value::Text("same"), Value::Integer(7)]);
    publish(&mut sink, &log, &rows(&log, &vec![line; 9000])).unwrap();
    let (given, pages) = read(sink.replica().rows(&log, CopyState::Live).unwrap(), &log);
    assert_eq!((given.len(), pages), (9000, 3));
    assert!(given.iter().all(|row| row == "Upsert [Text(\"same\"), Integer(7)]"));

    let taken = [("rowid", DataType::Text), ("_RowId_", DataType::Text), ("oid", DataType::Text)];
    let taken = table("tmp_taken", &taken, &[]);
    publish(&mut sink, &taken, &rows(&taken, &[])).unwrap();
    let error = sink.replica().rows(&taken, CopyState::Live).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    let reason = "its columns take all names by which SQLite knows a row: rowid, _rowid_ and oid; rename one of them";
    assert!(error.place().unwrap().contains("tmp_taken") && error.to_string().ends_with(reason), "{error}");
}

#[test]
fn rows_of_a_table_that_is_missing_have_to_be_copied_again() {
    let replica = Replica::new();
    let sink = replica.open();
    let users = users();
    let mut page = rows(&users, &[]);
    let error = sink.replica().rows(&users, CopyState::Live).unwrap().next(&mut page).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
    let key = rows(&users, &[(Op::Delete, &[Value::Integer(1), Value::Null])]);
    let error = sink.replica().rows_of(&users, &key).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
    assert!(error.place().unwrap().contains("table tmp_users"), "{error}");
}
