//! Gets the servers that are missing.
