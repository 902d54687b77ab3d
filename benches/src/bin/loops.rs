//! Runs one inner loop so often: what `cargo xtask bench guard` counts the instructions of.
//!
//! `loops fill|read|read-mysql|store TIMES`

use benches::read::KINDS;
use benches::{fill, read, read_mysql, store};
use sync_core::{Error, Result, RowBatch};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wrong = || Error::config("write fill, read, read-mysql or store, and how often");
    let [name, times] = arguments.as_slice() else { return Err(wrong()) };
    let times: usize = times.parse().map_err(|_| wrong())?;
    match name.as_str() {
        "fill" => {
            let mut rows = RowBatch::new(fill::orders()?);
            (0..times).try_for_each(|_| fill::fill(&mut rows))
        }
        "read" => {
            let mut rows = read::columns()?;
            (0..times).try_for_each(|_| KINDS.iter().try_for_each(|kind| read::read(kind, &mut rows)))
        }
        "read-mysql" => {
            let (mut rows, kinds) = (read::columns()?, read_mysql::kinds());
            (0..times).try_for_each(|_| kinds.iter().try_for_each(|kind| read_mysql::read(kind, &mut rows)))
        }
        "store" => {
            let folder = tempfile::tempdir().map_err(|error| Error::unavailable(error.to_string()))?;
            let mut store = store::Store::open(&folder.path().join("replica.db"))?;
            let mut rows = store.batch();
            fill::fill(&mut rows)?;
            (0..times).try_for_each(|_| store.write(&rows))
        }
        _ => Err(wrong()),
    }
}
