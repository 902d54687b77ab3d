//! Change capture fits the contract: two tables in one stream, whole transactions, acknowledged once stored.

use std::sync::Arc;

use sync_core::memory::{Change, MemorySink, MemorySource};
use sync_core::{
    Checkpoint, CopyState, Cursor, Next, ReadRequest, ReplicaTable, SchemaChange, Scope, Sink, Source, SourceTable,
    StreamId,
};

use crate::shop::{orders, row, schema, shop, users};

struct Stream {
    id: StreamId,
    tables: Vec<ReplicaTable>,
    sink: MemorySink,
}

impl Stream {
    /// Both tables, published and empty.
    fn new() -> Self {
        let table = |name: &str, id| ReplicaTable::new(name, Arc::new(schema(id)));
        let tables = vec![table("tmp_users", users()), table("tmp_orders", orders())];
        let mut sink = MemorySink::new();
        let mut transaction = sink.begin().unwrap();
        for table in &tables {
            transaction.apply_schema(table, &SchemaChange::StartBuild).unwrap();
            transaction.publish(table).unwrap();
        }
        transaction.commit(&[]).unwrap();
        Self { id: StreamId::new("shop:changes"), tables, sink }
    }

    /// Stores up to `groups` groups, each with its cursor in one transaction; tells the source what is stored.
    async fn follow(&mut self, source: &MemorySource, groups: usize) {
        let read = |table: &ReplicaTable| Arc::new(SourceTable::new(Arc::clone(&table.schema)));
        let scope = Scope::Changes(self.tables.iter().map(read).collect());
        let after = self.sink.checkpoint(&self.id).unwrap().map(|checkpoint| checkpoint.cursor);
        let mut reader = source.read(ReadRequest::new(scope, after)).await.unwrap();
        for _ in 0..groups {
            let Some(cursor) = self.store_group(&mut *reader).await else { return };
            source.committed(&self.id, &cursor).await.unwrap();
        }
    }

    async fn store_group(&mut self, reader: &mut dyn sync_core::Reader) -> Option<Cursor> {
        let mut batches = Vec::new();
        let cursor = loop {
            let Next::Batch(mut batch) = reader.next().await.unwrap() else { return None };
            let watermark = batch.watermark.take();
            batches.push(batch);
            if let Some(watermark) = watermark {
                break watermark;
            }
        };
        let mut transaction = self.sink.begin().unwrap();
        for batch in &batches {
            let table = self.tables.iter().find(|table| table.schema.id() == batch.rows.schema().id()).unwrap();
            transaction.write(table, CopyState::Live, &batch.rows).unwrap();
        }
        transaction.commit(&[Checkpoint::new(self.id.clone(), cursor.clone(), CopyState::Live, "")]).unwrap();
        Some(cursor)
    }
}

#[tokio::test]
async fn transactions_arrive_whole_in_order_and_are_acknowledged() {
    let source = shop();
    let mut stream = Stream::new();
    let put = |changes| source.commit(changes).unwrap();
    put(vec![Change::upsert(users(), row(1, 1, "a")), Change::upsert(orders(), row(10, 1, "of a"))]);
    put(vec![Change::upsert(users(), row(1, 2, "b")), Change::upsert(users(), row(2, 2, "c"))]);
    put(vec![Change::delete(users(), row(2, 2, "c")), Change::upsert(orders(), row(11, 3, "of b"))]);
    assert_eq!(source.unacknowledged(), 3);

    stream.follow(&source, 1).await;
    assert_eq!(stream.sink.rows("tmp_users").unwrap(), [row(1, 1, "a")]);
    assert_eq!(stream.sink.rows("tmp_orders").unwrap(), [row(10, 1, "of a")]);
    assert_eq!(source.unacknowledged(), 2, "what is stored need not be kept by the source");

    // A new reader, as after a restart, goes on behind the stored cursor.
    stream.follow(&source, usize::MAX).await;
    assert_eq!(stream.sink.rows("tmp_users").unwrap(), [row(1, 2, "b")]);
    assert_eq!(stream.sink.rows("tmp_orders").unwrap(), [row(10, 1, "of a"), row(11, 3, "of b")]);
    assert_eq!(source.unacknowledged(), 0);
}
