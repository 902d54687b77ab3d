//! What is said of a text that is no condition.

use std::sync::Arc;

use sync_core::{ErrorKind, Source, SourceTable};

use crate::place::Place;

async fn refusal(place: &Place, filter: &str) -> String {
    let table = place.table("t", None, Some("id")).await;
    let table = Arc::new(SourceTable::clone(&table).filter(Some(filter.to_owned())));
    let error = place.source.try_out(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    error.to_string()
}

#[tokio::test]
async fn a_refused_condition_is_shown_with_what_is_wrong_and_what_may_stand_in_one() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY)");
    assert_eq!(
        refusal(&place, "idd = 7").await,
        "table public.t: where = \"idd = 7\" is no condition on this table: \
         column \"idd\" does not exist (SQLSTATE 42703); \
         name its columns alone, and functions that are not of the system with their schema"
    );
    assert_eq!(
        refusal(&place, "id = $1").await,
        "table public.t: where = \"id = $1\" is no condition on this table: there is no value for its parameter; \
         name its columns alone, and functions that are not of the system with their schema"
    );
}

#[tokio::test]
async fn a_condition_with_a_nul_is_refused_before_it_is_sent() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY)");
    assert_eq!(
        refusal(&place, "id = 7\0").await,
        "table public.t: where holds a NUL, which no statement can; take it out"
    );
}
