//! Reading back the keys of a published table.

use sync_core::{CopyState, DataType, ErrorKind, Op, ReplicaTable, Sink, Value};

use crate::fixture::{Replica, named, publish, rows, table, users, write};

/// All keys, each as the text of its row, and the number of pages.
fn all(sink: &dyn Sink, table: &ReplicaTable) -> (Vec<String>, usize) {
    let mut reader = sink.replica().keys(table, CopyState::Live).unwrap();
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
    let names: Vec<_> = (-1250..1250).rev().map(|id| (id, "x")).collect();
    publish(&mut sink, &users, &named(&users, &names)).unwrap();
    let (keys, pages) = all(&sink, &users);
    let expected: Vec<_> = (-1250..1250).map(|id| format!("Delete [Integer({id}), Null]")).collect();
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
    assert_eq!((keys.len(), pages), (20, 10));
}

#[test]
fn reading_keys_and_writing_do_not_wait_for_each_other() {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    let names: Vec<_> = (0..1500).map(|id| (id, "x")).collect();
    publish(&mut sink, &users, &named(&users, &names)).unwrap();
    let mut reader = sink.replica().keys(&users, CopyState::Live).unwrap();
    let mut page = rows(&users, &[]);
    let mut transaction = sink.begin().unwrap();
    transaction.write(&users, CopyState::Live, &named(&users, &[(5000, "new")])).unwrap();
    reader.next(&mut page).unwrap();
    assert_eq!(page.len(), 1000);
    transaction.commit(&[]).unwrap();
    let gone = rows(&users, &[(Op::Delete, &[Value::Integer(1499), Value::Null])]);
    write(&mut sink, &users, &gone).unwrap();
    reader.next(&mut page).unwrap();
    assert_eq!(page.len(), 500);
    reader.next(&mut page).unwrap();
    assert!(page.is_empty());
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
