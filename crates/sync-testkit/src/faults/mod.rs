//! Wrappers that make a good source or sink fail when a test wants it to: cut, held or slow, and one that rejects or fails.
//!
//! Each passes on everything that it does not disturb, so what it wraps is tested as it is. They serve the tests of an engine, a source or a
//! sink alike:
//!
//! ```
//! use sync_core::memory::{MemorySink, MemorySource};
//! use sync_core::{Engine, EngineSource, Wanted};
//! use sync_testkit::faults::{FaultySink, FaultySource};
//!
//! // The connection is lost after two batches; the sink takes three transactions and no more.
//! let source = FaultySource::cut_after(MemorySource::new(), 2);
//! let sink = FaultySink::failing_after(MemorySink::new(), 3);
//! let wanted = Wanted::tables(["users".parse().unwrap()]);
//! let engine = Engine::new(Box::new(sink), vec![EngineSource::new(Box::new(source), wanted)]);
//! # assert!(engine.is_ok());
//! ```

mod sink;
mod source;

pub use sink::FaultySink;
pub use source::{FaultySource, Hold};
