//! MySQL and MariaDB as sources of Data Sync: still empty.
//!
//! What will be here is `source-postgres` over again, file by file, with the servers' own ways: copies streamed in key order, polls by
//! keyset below a low watermark of open transactions, and deletes found by comparing keys.
