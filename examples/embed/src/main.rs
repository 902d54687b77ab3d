//! Keeps tables of a database in a file and answers from it: `embed URL FILE TABLE…`
#![expect(clippy::print_stdout, reason = "an application")]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use embed::{Replica, routes};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, path, tables @ ..] = arguments.as_slice() else {
        return Err("write: embed URL FILE TABLE…".into());
    };
    let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
    let replica = Replica::start(url, Path::new(path), &tables, Duration::from_secs(1))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
        println!("http://{}/tables/TABLE/count", listener.local_addr()?);
        axum::serve(listener, routes(Arc::new(replica))).await?;
        Ok(())
    })
}
