//! The contract between sources and sinks, and the engine that keeps replicas of tables up to date.
//!
//! Five nouns carry everything:
//!
//! - A [`Source`] names its tables and reads them from a [`Cursor`] on; only it can read its cursors.
//! - A [`RowBatch`] holds rows of one table, each an upsert or a delete, in one piece of memory.
//! - A [`Sink`] stores rows and the [`Checkpoint`] they lead to in one transaction.
//! - A [`SyncPlan`] says what will be done: what is wanted, held against what exists.
//! - An [`Engine`] does it: many tables read side by side, one thread that writes.
//!
//! # A complete source
//!
//! The squares of the numbers so far, as a table that grows:
//!
//! ```
//! use std::sync::Arc;
//! use sync_core::memory::{MemorySink, ReadyReader};
//! use sync_core::{
//!     Batch, Capabilities, Column, Cursor, DataType, End, Engine, EngineSource, Error, Op, ReadRequest, Reader,
//!     Result, RowBatch, Scope, Source, SourceIdentity, TableId, TableSchema, Wanted, async_trait,
//! };
//!
//! #[derive(Debug)]
//! struct Squares {
//!     limit: i64,
//! }
//!
//! #[async_trait]
//! impl Source for Squares {
//!     fn capabilities(&self) -> Capabilities {
//!         Capabilities::new()
//!     }
//!
//!     async fn identity(&self) -> Result<SourceIdentity> {
//!         Ok(SourceIdentity::new("squares", "the squares of whole numbers"))
//!     }
//!
//!     async fn discover(&self) -> Result<Vec<TableSchema>> {
//!         let table = TableSchema::builder(TableId::unqualified("squares"))
//!             .column(Column::new("id", DataType::Integer).not_null())
//!             .column(Column::new("square", DataType::Integer).not_null())
//!             .key(["id"]);
//!         Ok(vec![table.build()?])
//!     }
//!
//!     async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
//!         let Scope::Table(table) = &request.scope else { return Err(request.scope.unsupported()) };
//!         // The cursor is the last number given; without one, this is the first copy.
//!         let last = match &request.after {
//!             None => 0,
//!             Some(cursor) => cursor.token().parse().map_err(|_| Error::expired("not a cursor of this source"))?,
//!         };
//!         let mut rows = RowBatch::new(Arc::clone(&table.schema));
//!         for id in last + 1..=self.limit {
//!             rows.push_integer(id);
//!             rows.push_integer(id * id);
//!             rows.end_row(Op::Upsert)?;
//!         }
//!         // A source with more rows gives many batches, each within `request.limits` and with its own watermark.
//!         let batch = Batch::new(rows).up_to(Cursor::new(self.limit.max(last).to_string()));
//!         Ok(Box::new(ReadyReader::new(vec![batch], End::Complete)))
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let sink = MemorySink::new();
//! for limit in [3, 5] {
//!     let source = EngineSource::new(Box::new(Squares { limit }), Wanted::tables(["squares".parse()?]));
//!     let report = Engine::new(Box::new(sink.clone()), vec![source])?.sync().await;
//!     assert!(report.is_success());
//! }
//! let rows = sink.rows("tmp_squares").unwrap();
//! assert_eq!(rows[4], [5.into(), 25.into()]);
//! # Ok::<(), Error>(())
//! # }).unwrap();
//! ```
//!
//! The conformance kit, `sync-testkit`, holds a source to what the engine expects of it.
//!
//! # What it needs, and shows of other crates
//!
//! An [`Engine`] runs inside of your future, on any tokio runtime with timers, and starts one thread, which writes. Three things of other
//! crates are part of what it offers: the attribute [`macro@async_trait`], the receiver of
//! [`tokio::sync::watch`](https://docs.rs/tokio/1/tokio/sync/watch/) that [`Engine::status`] gives, and `Value` of `serde_json` 1, as which
//! [`Registry::connect`] takes a source's settings. It has no features to choose from.

mod batch;
pub mod decode;
pub mod engine;
mod error;
mod failed;
mod fingerprint;
mod guarantee;
mod index;
pub mod keyset;
pub mod memory;
mod naming;
pub mod plan;
mod pulse;
mod registry;
mod schema;
pub mod settings;
mod sink;
mod source;
pub mod status;
mod survey;
mod upkeep;
mod value;

pub use async_trait::async_trait;

pub use batch::{Op, Row, RowBatch, TextWriter};
pub use engine::{Engine, EngineSource};
pub use error::{Error, ErrorKind, Result};
pub use failed::FailedRow;
pub use guarantee::Guarantee;
pub use index::{Index, IndexComparison, IndexCondition, IndexLiteral, IndexPart, IndexTerm, LeftOutIndex};
pub use naming::{DEFAULT_PREFIX, TableName, replica_name};
pub use plan::{SyncPlan, TablePlan, TableProblem, TableSettings, Wanted, WantedTable};
pub use pulse::{Activity, Pulse};
pub use registry::{Driver, Registry};
pub use schema::{Caveat, Column, RelationKind, SchemaChange, TableId, TableSchema, TableSchemaBuilder};
pub use sink::{
    Checkpoint, CopyState, Replica, ReplicaReader, ReplicaTable, RunRecord, Sink, SinkTransaction, StreamId, WriteStats,
};
pub use source::{
    Batch, BatchLimits, Capabilities, Cursor, DEFAULT_MAX_ROW_BYTES, End, Next, ReadRequest, Reader, Scope, Source,
    SourceIdentity, SourceTable,
};
pub use survey::{Renewal, Survey};
pub use upkeep::{HeldDeletes, Upkeep};
pub use value::{DataType, OwnedValue, Value, ValueKind};
