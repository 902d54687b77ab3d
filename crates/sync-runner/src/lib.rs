//! Data Sync.
