//! The contract between sources and sinks, and the engine that keeps replicas of tables up to date.

mod batch;
pub mod engine;
mod error;
mod fingerprint;
pub mod memory;
mod naming;
pub mod plan;
mod registry;
mod schema;
pub mod settings;
mod sink;
mod source;
pub mod status;
mod value;

pub use async_trait::async_trait;

pub use batch::{Op, Row, RowBatch, TextWriter};
pub use engine::{Engine, EngineSource};
pub use error::{Error, ErrorKind, Result};
pub use naming::{DEFAULT_PREFIX, TableName, replica_name};
pub use plan::{SyncPlan, TablePlan, TableProblem, TableSettings, Wanted, WantedTable};
pub use registry::{Driver, Registry};
pub use schema::{Column, RelationKind, SchemaChange, TableId, TableSchema, TableSchemaBuilder};
pub use sink::{
    Checkpoint, CopyState, KeyReader, ReplicaTable, RunRecord, Sink, SinkTransaction, StreamId, WriteStats,
};
pub use source::{
    Batch, BatchLimits, Capabilities, Cursor, End, FailedRow, Next, ReadRequest, Reader, Scope, Source, SourceIdentity,
    SourceTable,
};
pub use value::{DataType, OwnedValue, Value, ValueKind};
