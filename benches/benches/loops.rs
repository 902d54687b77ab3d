//! `cargo bench -p benches`: the inner loops of a copy by the clock.
#![allow(missing_docs, clippy::unwrap_used, reason = "benchmarks")]

use benches::read::KINDS;
use benches::{ROWS, fill, read, read_mysql, store};
use divan::counter::ItemsCount;

fn main() {
    divan::main();
}

#[divan::bench]
fn fill_a_batch(bencher: divan::Bencher<'_, '_>) {
    let mut rows = sync_core::RowBatch::new(fill::orders().unwrap());
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| fill::fill(&mut rows).unwrap());
}

#[divan::bench(args = KINDS.map(|kind| kind.name))]
fn read_values(bencher: divan::Bencher<'_, '_>, name: &str) {
    let kind = KINDS.iter().find(|kind| kind.name == name).unwrap();
    let mut rows = read::columns().unwrap();
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| read::read(kind, &mut rows).unwrap());
}

#[divan::bench(args = read_mysql::kinds().into_iter().map(|kind| kind.name))]
fn read_values_of_mysql(bencher: divan::Bencher<'_, '_>, name: &str) {
    let kind = read_mysql::kinds().into_iter().find(|kind| kind.name == name).unwrap();
    let mut rows = read::columns().unwrap();
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| read_mysql::read(&kind, &mut rows).unwrap());
}

#[divan::bench]
fn store_a_batch(bencher: divan::Bencher<'_, '_>) {
    let folder = tempfile::tempdir().unwrap();
    let mut store = store::Store::open(&folder.path().join("replica.db")).unwrap();
    let mut rows = store.batch();
    fill::fill(&mut rows).unwrap();
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| store.write(&rows).unwrap());
}
