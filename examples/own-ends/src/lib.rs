//! Both ends of a sync as one's own: [`Journals`] in the application's memory as the source, a [`Shelf`] as the sink.
//!
//! ```
//! use own_ends::{Entry, Journals, Shelf};
//! use sync_core::{Engine, EngineSource, Wanted};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let (journals, shelf) = (Journals::new(), Shelf::new());
//! journals.write("visits", Entry::new(1, "2026-01-01 09:00:00", "Ada"));
//! let source = EngineSource::new(Box::new(journals), Wanted::tables(["visits".parse()?]));
//! let report = Engine::new(Box::new(shelf.clone()), vec![source])?.sync().await;
//! assert!(report.is_success());
//! assert_eq!(shelf.rows("tmp_visits").map(|rows| rows.len()), Some(1));
//! # Ok::<(), sync_core::Error>(())
//! # }).unwrap();
//! ```

mod journals;
mod shelf;

pub use journals::{Entry, Journals};
pub use shelf::Shelf;
