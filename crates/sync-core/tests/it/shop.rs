//! A small shop in memory, for the other modules.

use sync_core::memory::{Change, MemorySource, OwnedRow};
use sync_core::{Column, DataType, Engine, EngineSource, Sink, Source, TableId, TableSchema, Wanted};

pub(crate) fn users() -> TableId {
    TableId::new("public", "users")
}

pub(crate) fn orders() -> TableId {
    TableId::new("sales", "orders")
}

/// `public.users` and `sales.orders`, both `id`, `updated_at`, `note`.
pub(crate) fn shop() -> MemorySource {
    let source = MemorySource::new();
    for id in [users(), orders()] {
        source.create(schema(id));
    }
    source
}

pub(crate) fn schema(id: TableId) -> TableSchema {
    TableSchema::builder(id)
        .column(Column::new("id", DataType::Integer).not_null())
        .column(Column::new("updated_at", DataType::Timestamp).native_type("timestamp").not_null())
        .column(Column::new("note", DataType::Text).native_type("text"))
        .key(["id"])
        .build()
        .unwrap()
}

pub(crate) fn row(id: i64, second: u32, note: &str) -> OwnedRow {
    vec![id.into(), format!("2024-01-01 00:{:02}:{:02}.000000", second / 60, second % 60).as_str().into(), note.into()]
}

pub(crate) fn put(source: &MemorySource, table: TableId, rows: impl IntoIterator<Item = OwnedRow>) {
    source.commit(rows.into_iter().map(|row| Change::upsert(table.clone(), row)).collect()).unwrap();
}

pub(crate) fn wanted(tables: &[&str]) -> Wanted {
    Wanted::tables(tables.iter().map(|name| name.parse().unwrap()))
}

pub(crate) fn engine(source: impl Source, sink: impl Sink + 'static, tables: &[&str]) -> Engine {
    Engine::new(Box::new(sink), vec![EngineSource::new(Box::new(source), wanted(tables))]).unwrap()
}
