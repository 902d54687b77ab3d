//! Parts of a sync alone.
//!
//! `feed URL TABLE FILE live|new` reads a table of PostgreSQL into memory, stores it as fast as SQLite can without any of our sink, and prints `{"rows": …, "wall": …, "client": …, "bytes": …}`, in seconds, for the storing alone.
//! `live` is a file with a write-ahead log, as a replica that is read meanwhile; `new` is one that nobody sees before it is complete.
//!
//! `poll URL TABLE FILE` polls a table in which nothing changes, and prints the median time and the processor time of one poll.
//!
//! `drain URL STATEMENT` reads what a statement of MySQL or MariaDB gives, drops it, and prints how many rows there were.
#![expect(clippy::print_stdout, reason = "its output is its result")]

mod drain;
mod feed;
mod poll;

use std::sync::Arc;

use source_postgres::{PostgresConfig, PostgresSource};
use sync_core::{Error, Next, ReadRequest, Result, RowBatch, Scope, Source, SourceTable};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let told = match arguments.as_slice() {
        ["feed", url, table, file, mode] => {
            let batches = rows_of(url, table).await?;
            let fed = feed::feed(&batches, file.as_ref(), *mode == "live");
            fed.map_err(|error| Error::unavailable(error.to_string()))?
        }
        ["poll", url, table, file] => poll::poll(url, table, file.as_ref()).await?,
        ["drain", url, statement] => drain::drain(url, statement).await?,
        _ => {
            return Err(Error::config(
                "write feed URL TABLE FILE live|new, poll URL TABLE FILE, or drain URL STATEMENT",
            ));
        }
    };
    println!("{told}");
    Ok(())
}

/// The whole table, in the batches that a sync would get.
async fn rows_of(url: &str, name: &str) -> Result<Vec<RowBatch>> {
    let source = PostgresSource::new(&PostgresConfig::new(url))?;
    let schema = source.discover().await?.into_iter().find(|schema| schema.id().name() == name);
    let schema = schema.ok_or_else(|| Error::config(format!("there is no table {name:?}")))?;
    let table = Arc::new(SourceTable::new(Arc::new(schema)));
    let mut reader = source.read(ReadRequest::new(Scope::Table(table), None)).await?;
    let mut batches = Vec::new();
    while let Next::Batch(batch) = reader.next().await? {
        batches.push(batch.rows);
    }
    Ok(batches)
}
