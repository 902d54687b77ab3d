//! A condition that somebody configured, in the server's own language: the one text of a statement that is not ours.

use sync_core::{Error, ErrorKind, Result, SourceTable};

use super::Place;
use crate::pool::Pool;
use crate::rows::Waits;
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

/// Tries the condition alone, and reads no row by it.
///
/// # Errors
/// `Config` when the server refuses it, or when it is anything but one condition.
pub(crate) async fn try_out(pool: &Pool, table: &SourceTable) -> Result<()> {
    let Some(filter) = &table.filter else { return Ok(()) };
    match attempt(pool, table, filter).await {
        Err(error) => Err(Place::new(table, pool).of(error).await),
        tried => tried,
    }
}

async fn attempt(pool: &Pool, table: &SourceTable, filter: &str) -> Result<()> {
    if filter.contains('\0') {
        return Err(Error::config("where holds a NUL, which no statement can").hint("take it out"));
    }
    let mut session = Session::open(pool).await?;
    session.begin().await?;
    let [alone, used, unbracketed] = statements(&sql::from(table.schema.id()), filter);
    session = run(session, &alone).await?;
    let tried = async {
        let session = run(session, &used).await?;
        run(session, &unbracketed).await
    };
    let session = tried.await.map_err(|error| refused(error, filter))?;
    session.finish().await;
    Ok(())
}

/// The table without the condition, whose errors are its own; the condition as it will be used; and the condition without parentheses.
///
/// A text that closes our parenthesis to open one of its own fits parentheses alone; one that brings further parts of a CASE along fits
/// there alone. What fits both is one expression.
fn statements(from: &str, filter: &str) -> [String; 3] {
    [
        format!("SELECT 1 FROM {from} LIMIT 0"),
        format!("SELECT {} IS TRUE FROM {from} WHERE {} LIMIT 0", operand(filter), operand(filter)),
        format!("SELECT CASE WHEN\n{filter}\nTHEN 1 END FROM {from} LIMIT 0"),
    ]
}

/// As a prepared statement: there can't be a second one in it, and it must not name parameters, for which there is no value.
async fn run(session: Session, statement: &str) -> Result<Session> {
    let waits = Waits::of_poll(session.timeouts());
    let mut rows = session.rows(statement, (), waits).await?;
    while rows.next().await?.is_some() {}
    Ok(rows.into_session())
}

fn refused(error: Error, filter: &str) -> Error {
    if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Interrupted) {
        return error;
    }
    let refused = Error::config(format!("where = {filter:?} is no condition on this table: {}", error.message()));
    refused.hint("write it as it would stand behind WHERE, with the table's own columns").caused_by(error)
}
