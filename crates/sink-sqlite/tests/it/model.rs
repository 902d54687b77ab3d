//! Random batches, commits, drops and rebuilds, with a rule that refuses rows and with or without marks for deletes, compared with maps
//! in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use sink_sqlite::SqliteSink;
use sink_sqlite::rusqlite::types::Value as Stored;
use sync_core::{CopyState, DataType, Op, ReplicaTable, RowBatch, SchemaChange, Sink, Value, WriteStats};

use crate::fixture::{Replica, checkpoint, publish, rows, table};

type Key = (i64, String);

/// What is stored: each row with its mark, and the keys of rows that are kept aside.
#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    rows: BTreeMap<Key, (Option<i64>, bool)>,
    failed: BTreeSet<Key>,
}

/// The value that a user's trigger on the published table refuses.
const REFUSED: i64 = 2;

#[derive(Clone, Debug)]
enum Change {
    Upsert(Key, Option<i64>),
    Delete(Key),
}

#[derive(Clone, Debug)]
struct Transaction {
    batches: Vec<Vec<Change>>,
    rebuild: bool,
    commit: bool,
    reopen: bool,
}

fn key() -> impl Strategy<Value = Key> {
    (0..4_i64, prop::sample::select(vec!["", "a", "A", "é"])).prop_map(|(number, text)| (number, text.to_owned()))
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => (key(), prop::option::of(0..3_i64)).prop_map(|(key, value)| Change::Upsert(key, value)),
        1 => key().prop_map(Change::Delete),
    ]
}

fn transaction() -> impl Strategy<Value = Transaction> {
    let batches = prop::collection::vec(prop::collection::vec(change(), 0..8), 0..4);
    (batches, prop::bool::weighted(0.2), prop::bool::weighted(0.7), prop::bool::weighted(0.2))
        .prop_map(|(batches, rebuild, commit, reopen)| Transaction { batches, rebuild, commit, reopen })
}

fn batch(table: &ReplicaTable, changes: &[Change]) -> RowBatch {
    let mut batch = RowBatch::new(Arc::clone(&table.schema));
    for change in changes {
        let ((number, text), value, op) = match change {
            Change::Upsert(key, value) => (key, *value, Op::Upsert),
            Change::Delete(key) => (key, None, Op::Delete),
        };
        match value {
            Some(value) => batch.push_integer(value),
            None => batch.push_null(),
        }
        batch.push_text(text);
        batch.push_integer(*number);
        batch.end_row(op).unwrap();
    }
    batch
}

impl Model {
    /// Applies a change, and counts what a write of it has to count.
    fn apply(&mut self, change: &Change, state: CopyState, soft: bool) -> WriteStats {
        let mut stats = WriteStats::default();
        match change {
            Change::Upsert(key, Some(REFUSED)) if state == CopyState::Live => {
                self.failed.insert(key.clone());
                stats.failed = 1;
                return stats;
            }
            Change::Upsert(key, value) => match self.rows.insert(key.clone(), (*value, false)) {
                Some((before, false)) if before == *value => stats.unchanged = 1,
                _ => stats.changed = 1,
            },
            Change::Delete(key) => match self.rows.get_mut(key) {
                Some((_, marked)) if soft && !*marked => {
                    *marked = true;
                    stats.deleted = 1;
                }
                Some(_) if !soft => {
                    self.rows.remove(key);
                    stats.deleted = 1;
                }
                _ => stats.unchanged = 1,
            },
        }
        let (Change::Upsert(key, _) | Change::Delete(key)) = change;
        self.failed.remove(key);
        stats
    }
}

fn run(sink: &mut SqliteSink, table: &ReplicaTable, work: &Transaction, model: &mut Model, token: &str) {
    let mut after = if work.rebuild { Model::default() } else { model.clone() };
    let state = if work.rebuild { CopyState::Building } else { CopyState::Live };
    let mut transaction = sink.begin().unwrap();
    if work.rebuild {
        transaction.apply_schema(table, &SchemaChange::StartBuild).unwrap();
    }
    for changes in &work.batches {
        let stats = transaction.write(table, state, &batch(table, changes)).unwrap();
        let mut expected = WriteStats::default();
        for change in changes {
            expected += after.apply(change, state, table.deleted_column.is_some());
        }
        assert_eq!(stats, expected);
    }
    if work.rebuild {
        transaction.publish(table).unwrap();
    }
    if work.commit {
        transaction.commit(&[checkpoint(table, CopyState::Live, token)]).unwrap();
        *model = after;
    }
}

fn stored(replica: &Replica, sink: &mut SqliteSink, table: &ReplicaTable) -> Model {
    let mark = if table.deleted_column.is_some() { "gone IS NOT NULL" } else { "0" };
    let row = |row: Vec<Stored>| match <[Stored; 4]>::try_from(row).unwrap() {
        [Stored::Integer(number), Stored::Text(text), value, Stored::Integer(marked)] => {
            let value = match value {
                Stored::Integer(value) => Some(value),
                Stored::Null => None,
                other => panic!("{other:?}"),
            };
            ((number, text), (value, marked == 1))
        }
        other => panic!("{other:?}"),
    };
    let rows = replica.query(&format!("SELECT number, text, value, {mark} FROM tmp_t"));
    let failed = sink.failed_rows(table, 1000).unwrap().into_iter().map(|failed| {
        let key = failed.key_row(&table.schema).unwrap();
        match key.row(0).key().collect::<Vec<_>>().as_slice() {
            [Value::Integer(number), Value::Text(text)] => (*number, (*text).to_owned()),
            other => panic!("{other:?}"),
        }
    });
    Model { rows: rows.into_iter().map(row).collect(), failed: failed.collect() }
}

/// What the sink itself reads back.
fn read_back(sink: &SqliteSink, table: &ReplicaTable) -> BTreeMap<Key, Option<i64>> {
    let mut page = RowBatch::new(Arc::clone(&table.schema));
    sink.replica().rows(table, CopyState::Live).unwrap().next(&mut page).unwrap();
    let row = |row: sync_core::Row<'_>| match row.values().collect::<Vec<_>>().as_slice() {
        [Value::Integer(value), Value::Text(text), Value::Integer(number)] => {
            ((*number, (*text).to_owned()), Some(*value))
        }
        [Value::Null, Value::Text(text), Value::Integer(number)] => ((*number, (*text).to_owned()), None),
        other => panic!("{other:?}"),
    };
    page.rows().map(row).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_replica_equals_a_map(transactions in prop::collection::vec(transaction(), 1..12), soft: bool) {
        let columns = [("value", DataType::Integer), ("text", DataType::Text), ("number", DataType::Integer)];
        let table = table("tmp_t", &columns, &["number", "text"]).deleted_column(soft.then(|| "gone".to_owned()));
        let replica = Replica::new();
        let mut sink = replica.open();
        publish(&mut sink, &table, &rows(&table, &[])).unwrap();
        replica.execute(&format!(
            "CREATE TRIGGER rule BEFORE INSERT ON tmp_t WHEN new.value = {REFUSED} BEGIN SELECT raise(FAIL, 'no'); END"
        ));
        let mut model = Model::default();
        let mut token = "published".to_owned();
        for (number, work) in transactions.iter().enumerate() {
            run(&mut sink, &table, work, &mut model, &number.to_string());
            if work.commit {
                token = number.to_string();
            }
            if work.reopen {
                drop(sink);
                sink = replica.open();
            }
            prop_assert_eq!(&stored(&replica, &mut sink, &table), &model);
            let there = model.rows.iter().filter(|(_, (_, marked))| !marked);
            let there: BTreeMap<_, _> = there.map(|(key, (value, _))| (key.clone(), *value)).collect();
            prop_assert_eq!(read_back(&sink, &table), there);
            let checkpoint = sink.checkpoint(&table.stream()).unwrap().unwrap();
            prop_assert_eq!(checkpoint.cursor.token(), &token);
        }
    }
}
