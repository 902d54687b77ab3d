//! The HTTP endpoints of Data Sync: still empty.
//!
//! What will be here is a router as a function of the engine's status, the replica's path and a way to send commands: health, status,
//! data, read-only queries, metrics, and a page.
