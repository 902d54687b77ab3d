//! A status as an engine gives it.

use sync_core::memory::{MemorySink, MemorySource};
use sync_core::status::Status;
use sync_core::{Column, DataType, Engine, EngineSource, TableId, TableSchema, Wanted};
use tokio::runtime;

/// The status after one sync of these tables; the source has `users`, `audit.logs` and `audit.users`.
pub(crate) fn status(tables: &[&str]) -> Status {
    let source = MemorySource::new();
    for (schema, name) in [("public", "users"), ("audit", "logs"), ("audit", "users")] {
        let table =
            TableSchema::builder(TableId::new(schema, name)).column(Column::new("id", DataType::Integer).not_null());
        source.create(table.key(["id"]).build().unwrap());
    }
    let wanted = Wanted::tables(tables.iter().map(|name| name.parse().unwrap()));
    let sources = vec![EngineSource::new(Box::new(source), wanted)];
    let engine = Engine::new(Box::new(MemorySink::new()), sources).unwrap();
    runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(engine.sync());
    engine.status().borrow().clone()
}
