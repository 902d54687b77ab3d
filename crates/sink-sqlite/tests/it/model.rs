//! Random batches, commits, drops and rebuilds, compared with a map in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use sink_sqlite::SqliteSink;
use sink_sqlite::rusqlite::types::Value as Stored;
use sync_core::{CopyState, DataType, Op, ReplicaTable, RowBatch, SchemaChange, Sink, WriteStats};

use crate::fixture::{Replica, checkpoint, publish, rows, table};

type Key = (i64, String);
type Model = BTreeMap<Key, Option<i64>>;

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

/// Applies the changes to the model and counts what a write of them has to count.
fn apply(model: &mut Model, changes: &[Change]) -> WriteStats {
    let mut stats = WriteStats::default();
    for change in changes {
        match change {
            Change::Upsert(key, value) if model.get(key) == Some(value) => stats.unchanged += 1,
            Change::Upsert(key, value) => {
                model.insert(key.clone(), *value);
                stats.changed += 1;
            }
            Change::Delete(key) => match model.remove(key) {
                Some(_) => stats.deleted += 1,
                None => stats.unchanged += 1,
            },
        }
    }
    stats
}

fn run(sink: &mut SqliteSink, table: &ReplicaTable, work: &Transaction, model: &mut Model, token: &str) {
    let mut after = if work.rebuild { Model::new() } else { model.clone() };
    let state = if work.rebuild { CopyState::Building } else { CopyState::Live };
    let mut transaction = sink.begin().unwrap();
    if work.rebuild {
        transaction.apply_schema(table, &SchemaChange::StartBuild).unwrap();
    }
    for changes in &work.batches {
        let stats = transaction.write(table, state, &batch(table, changes)).unwrap();
        assert_eq!(stats, apply(&mut after, changes));
    }
    if work.rebuild {
        transaction.publish(table).unwrap();
    }
    if work.commit {
        transaction.commit(&[checkpoint(table, CopyState::Live, token)]).unwrap();
        *model = after;
    }
}

fn stored(replica: &Replica) -> Model {
    let row = |row: Vec<Stored>| match <[Stored; 3]>::try_from(row).unwrap() {
        [Stored::Integer(number), Stored::Text(text), Stored::Integer(value)] => ((number, text), Some(value)),
        [Stored::Integer(number), Stored::Text(text), Stored::Null] => ((number, text), None),
        other => panic!("{other:?}"),
    };
    replica.query("SELECT number, text, value FROM tmp_t").into_iter().map(row).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_replica_equals_a_map(transactions in prop::collection::vec(transaction(), 1..12)) {
        let columns = [("value", DataType::Integer), ("text", DataType::Text), ("number", DataType::Integer)];
        let table = table("tmp_t", &columns, &["number", "text"]);
        let replica = Replica::new();
        let mut sink = replica.open();
        publish(&mut sink, &table, &rows(&table, &[])).unwrap();
        let mut model = Model::new();
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
            prop_assert_eq!(&stored(&replica), &model);
            let checkpoint = sink.checkpoint(&table.stream()).unwrap().unwrap();
            prop_assert_eq!(checkpoint.cursor.token(), &token);
        }
    }
}
