//! Rows of a copy that one statement writes together end as they would one by one.

use sink_sqlite::rusqlite::types::Value as Stored;
use sync_core::{CopyState, Op, RowBatch, SchemaChange, Sink, Value, WriteStats};

use crate::fixture::{Replica, rows, users};

const ROWS: i64 = 1000;

/// What the table holds, what was kept aside, and what was counted, after these rows came in parts of so many.
type Outcome = (Vec<Vec<Stored>>, Vec<(String, String)>, WriteStats);

fn written(all: &[(Op, [Value<'_>; 2])], at_once: usize) -> Outcome {
    let replica = Replica::new();
    let mut sink = replica.open();
    let users = users();
    let mut counted = WriteStats::default();
    let mut transaction = sink.begin().unwrap();
    transaction.apply_schema(&users, &SchemaChange::StartBuild).unwrap();
    for part in all.chunks(at_once) {
        let part: Vec<(Op, &[Value<'_>])> = part.iter().map(|(op, values)| (*op, &values[..])).collect();
        let batch: RowBatch = rows(&users, &part);
        counted += transaction.write(&users, CopyState::Building, &batch).unwrap();
    }
    transaction.publish(&users).unwrap();
    transaction.commit(&[]).unwrap();
    let failed = sink.failed_rows(&users, 100).unwrap();
    let failed = failed.into_iter().map(|failed| (failed.key.clone(), failed.error.clone())).collect();
    (replica.query("SELECT id, name FROM tmp_users ORDER BY id"), failed, counted)
}

fn upserts(name: &str) -> Vec<(Op, [Value<'_>; 2])> {
    (0..ROWS).map(|id| (Op::Upsert, [Value::Integer(id), Value::Text(name)])).collect()
}

#[test]
fn many_rows_are_all_stored_and_counted() {
    let (stored, failed, counted) = written(&upserts("Ada"), 1000);
    let expected: Vec<_> = (0..ROWS).map(|id| vec![Stored::Integer(id), Stored::Text("Ada".into())]).collect();
    assert_eq!(stored, expected);
    assert_eq!((failed.len(), counted), (0, WriteStats::new(1000, 0, 0)));
}

#[test]
fn what_the_table_refuses_among_many_is_kept_aside_and_the_others_are_stored() {
    let mut all = upserts("Ada");
    // Refused by SQLite, after it has stored some of those before; and by us, before any.
    all[37].1[0] = Value::Text("no number");
    all[500].1[0] = Value::Null;
    let (stored, failed, counted) = written(&all, 1000);
    assert_eq!(stored.len(), 998);
    assert!(!stored.iter().any(|row| matches!(row[0], Stored::Integer(37 | 500))));
    assert_eq!((counted.changed, counted.unchanged, counted.failed), (998, 0, 2));
    assert_eq!(failed.len(), 2, "{failed:?}");
}

#[test]
fn repeated_deleted_and_refused_rows_end_as_one_by_one() {
    let mut all = upserts("Ada");
    for index in (0..900).step_by(7) {
        // The same again, or something else under the same key.
        all[index + 3].1[0] = Value::Integer(i64::try_from(index).unwrap());
        all[index + 5].1 = [Value::Integer(i64::try_from(index + 4).unwrap()), Value::Text("Bob")];
    }
    for index in (10..900).step_by(130) {
        all[index] = (Op::Delete, [Value::Integer(i64::try_from(index - 1).unwrap()), Value::Null]);
    }
    all[301].1[0] = Value::Text("no number");
    let one_by_one = written(&all, 1);
    assert!(one_by_one.2.deleted > 0 && one_by_one.2.unchanged > 0 && one_by_one.2.failed == 1, "{:?}", one_by_one.2);
    for at_once in [200, 333, 1000] {
        assert_eq!(written(&all, at_once), one_by_one, "{at_once}");
    }
}
