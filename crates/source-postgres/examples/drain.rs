//! Reads a table and throws its rows away: how fast the source alone is.
//!
//! `cargo run --release -p source-postgres --example drain -- postgres://user@host/database table`
#![allow(clippy::print_stdout)]

use std::sync::Arc;
use std::time::Instant;

use source_postgres::{PostgresConfig, PostgresSource};
use sync_core::{Error, Next, ReadRequest, Result, Scope, Source, SourceTable};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(name)) = (arguments.next(), arguments.next()) else {
        return Err(Error::config("two arguments are needed: a URL and the name of a table"));
    };
    let source = PostgresSource::new(&PostgresConfig::new(url))?;
    let schema = source.discover().await?.into_iter().find(|schema| schema.id().name() == name);
    let schema = schema.ok_or_else(|| Error::config(format!("there is no table {name:?}")))?;
    let table = Arc::new(SourceTable::new(Arc::new(schema)));

    let started = Instant::now();
    let mut reader = source.read(ReadRequest::new(Scope::Table(table), None)).await?;
    let mut rows = 0;
    while let Next::Batch(batch) = reader.next().await? {
        rows += batch.rows.len();
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("{rows} rows in {seconds:.2} s: {:.0} rows a second", rows as f64 / seconds);
    Ok(())
}
