//! A condition that somebody configured, in the server's own language: the one text of a statement that is not ours.

use sync_core::{Error, ErrorKind, Result, SourceTable};

use super::Place;
use super::fence::is_view;
use crate::error::within;
use crate::pool::Pool;
use crate::session::Session;
use crate::sql;

/// The condition as one operand. On lines of its own, so that a comment at its end hides nothing of what follows.
pub(super) fn operand(filter: &str) -> String {
    format!("(\n{filter}\n)")
}

/// Rows that meet the condition, to stand behind WHERE.
pub(super) fn only_kept(table: &SourceTable) -> Option<String> {
    table.filter.as_deref().map(operand)
}

/// Tries the condition alone, in a transaction that can't write, and reads no row by it.
///
/// # Errors
/// `Config` when the server refuses it, or when it is anything but one condition.
pub(crate) async fn try_out(pool: &Pool, login: &str, table: &SourceTable) -> Result<()> {
    let Some(filter) = &table.filter else { return Ok(()) };
    attempt(pool, table, filter).await.map_err(|error| Place::new(table, login).of(error))
}

async fn attempt(pool: &Pool, table: &SourceTable, filter: &str) -> Result<()> {
    if filter.contains('\0') {
        return Err(Error::config("where holds a NUL, which no statement can").hint("take it out"));
    }
    let session = Session::open(pool).await?;
    let limit = session.timeouts().statement;
    let mut begin = session.begin("READ COMMITTED", limit);
    if is_view(table.schema.kind()) {
        begin += "; SET LOCAL search_path TO DEFAULT";
    }
    within(limit, "begin", session.client().batch_execute(&begin)).await?;
    let [alone, used, bracketed] = statements(&sql::from(table), filter);
    run(&session, &alone).await?;
    let tried = async {
        needs_no_value(&session, &used).await?;
        run(&session, &used).await?;
        run(&session, &bracketed).await
    };
    tried.await.map_err(|error| refused(error, filter))?;
    session.finish().await;
    Ok(())
}

/// The table without the condition, whose errors are its own; the condition as it will be used; and the condition between brackets.
///
/// A text that closes our parenthesis to open one of its own, or that is a whole query, fits parentheses and does not fit brackets. What
/// fits both is one expression, or a list of several, which is no condition.
fn statements(from: &str, filter: &str) -> [String; 3] {
    [
        format!("SELECT 1 FROM {from} LIMIT 0"),
        format!("SELECT 1 FROM {from} WHERE {} LIMIT 0", operand(filter)),
        format!("SELECT ARRAY[\n{filter}\n]::boolean[] FROM {from} LIMIT 0"),
    ]
}

/// A poll has parameters of its own, which the condition must not name.
async fn needs_no_value(session: &Session, statement: &str) -> Result<()> {
    let limit = session.timeouts().statement;
    let prepared = within(limit, "try the condition", session.client().prepare(statement)).await?;
    if prepared.params().is_empty() { Ok(()) } else { Err(Error::config("there is no value for its parameter")) }
}

/// As a statement of the extended protocol: there can't be a second one in it.
async fn run(session: &Session, statement: &str) -> Result<()> {
    within(session.timeouts().statement, "try the condition", session.client().query_typed(statement, &[]))
        .await
        .map(drop)
}

fn refused(error: Error, filter: &str) -> Error {
    if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Interrupted) {
        return error;
    }
    let refused = Error::config(format!("where = {filter:?} is no condition on this table: {}", error.message()));
    refused.hint("name its columns alone, and functions that are not of the system with their schema").caused_by(error)
}
