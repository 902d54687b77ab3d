//! Which statements and transactions are under way, as `performance_schema` tells.

use std::collections::HashSet;

use mysql_async::prelude::Queryable;
use mysql_async::{Row, Value};
use sync_core::Result;

use super::{Activity, Gap};
use crate::error::{from_server, timed_out, within};
use crate::session::Session;

/// What must be switched on, in the order of [`Gap::Disabled`]'s texts: consumers, instruments, actors, and threads that are watched. Steps
/// inside of a procedure are covered by its call.
const SETUP: &str = "SELECT \
    (SELECT COUNT(*) FROM performance_schema.setup_consumers WHERE ENABLED = 'YES' AND NAME IN \
    ('global_instrumentation', 'thread_instrumentation', 'events_statements_current', 'events_transactions_current')) = 4, \
    (SELECT COUNT(*) FROM performance_schema.setup_instruments WHERE (NAME = 'transaction' OR NAME LIKE 'statement/%') \
    AND NAME NOT LIKE 'statement/sp/%' AND NOT (ENABLED = 'YES' AND TIMED = 'YES')) = 0, \
    (SELECT COUNT(*) FROM performance_schema.setup_actors WHERE ENABLED = 'YES' \
    AND HOST = '%' AND USER = '%' AND ROLE = '%') = 1 \
    AND (SELECT COUNT(*) FROM performance_schema.setup_actors WHERE ENABLED <> 'YES') = 0 \
    AND (SELECT COUNT(*) FROM performance_schema.threads WHERE TYPE = 'FOREGROUND' AND INSTRUMENTED <> 'YES') = 0";

/// What could not be watched for want of memory.
const LOST: &str = "SHOW GLOBAL STATUS WHERE Value > 0 AND Variable_name IN ('Performance_schema_thread_classes_lost', \
    'Performance_schema_thread_instances_lost', 'Performance_schema_statement_classes_lost')";

/// Statements under way; this one is among them. What hands the log to replicas runs for ever and writes nothing, as do the server's own
/// daemons.
const STATEMENTS: &str = "SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED), CAST(e.THREAD_ID AS SIGNED), \
    CAST(e.TIMER_WAIT DIV 1000000 AS SIGNED) FROM performance_schema.events_statements_current AS e \
    LEFT JOIN performance_schema.threads AS t ON t.THREAD_ID = e.THREAD_ID \
    WHERE e.END_EVENT_ID IS NULL AND e.EVENT_NAME NOT LIKE 'statement/com/Binlog Dump%' \
    AND COALESCE(t.PROCESSLIST_COMMAND, '') <> 'Daemon'";

const TRANSACTIONS: &str = "SELECT CAST(e.THREAD_ID AS SIGNED), CAST(e.TIMER_WAIT DIV 1000000 AS SIGNED), \
    e.ACCESS_MODE = 'READ ONLY', e.XID_FORMAT_ID, e.XID_GTRID, e.XID_BQUAL \
    FROM performance_schema.events_transactions_current AS e \
    LEFT JOIN performance_schema.threads AS t ON t.THREAD_ID = e.THREAD_ID \
    WHERE e.STATE = 'ACTIVE' AND COALESCE(t.PROCESSLIST_COMMAND, '') <> 'Daemon'";

/// Access denied, and what MySQL says instead: that the resource manager failed.
const WITHHELD: [u16; 2] = [1227, 1401];

/// Asks for statements first and transactions then, so that what goes on is seen in the one or the other; at last for what no session
/// holds.
pub(super) async fn ask(session: &mut Session) -> Result<Result<Activity, Gap>> {
    let setup = rows(session, SETUP).await?;
    let is_on = |index: usize| setup.first().and_then(|row| number(row, index)) == Some(1);
    if let Some(missing) = (0..3).find(|index| !is_on(*index)) {
        return Ok(Err(Gap::Disabled(missing)));
    }
    if !rows(session, LOST).await?.is_empty() {
        return Ok(Err(Gap::Lost));
    }
    let statements = rows(session, STATEMENTS).await?;
    let transactions = rows(session, TRANSACTIONS).await?;
    let Some(prepared) = prepared(session).await? else { return Ok(Err(Gap::PreparedWithheld)) };
    Ok(combine(&statements, &transactions, &prepared).ok_or(Gap::Disabled(1)))
}

async fn rows(session: &mut Session, statement: &str) -> Result<Vec<Row>> {
    let limit = session.timeouts().statement;
    within(limit, "tell which transactions are open", session.connection().query(statement)).await
}

/// Transactions that are prepared; `None` where the login may not ask.
async fn prepared(session: &mut Session) -> Result<Option<Vec<Row>>> {
    let limit = session.timeouts().statement;
    let asked = tokio::time::timeout(limit, session.connection().query("XA RECOVER")).await;
    match asked.map_err(|_| timed_out(limit, "tell which transactions are prepared"))? {
        Err(mysql_async::Error::Server(refusal)) if WITHHELD.contains(&refusal.code) => Ok(None),
        rows => rows.map(Some).map_err(from_server),
    }
}

/// `None` where something has no time, or not even our own statement is seen.
fn combine(statements: &[Row], transactions: &[Row], prepared: &[Row]) -> Option<Activity> {
    let now = number(statements.first()?, 0)?;
    let (mut oldest, mut readers, mut held) = (0, HashSet::new(), HashSet::new());
    for row in transactions {
        held.insert((text(row, 3), unquoted(row, 4), unquoted(row, 5)));
        if number(row, 2) == Some(1) {
            readers.insert(number(row, 0)?);
        } else {
            oldest = oldest.max(number(row, 1)?);
        }
    }
    for row in statements {
        if !readers.contains(&number(row, 1)?) {
            oldest = oldest.max(number(row, 2)?);
        }
    }
    let prepared = prepared.iter().any(|row| !xid(row).is_some_and(|xid| held.contains(&xid)));
    Some(Activity { now, oldest, prepared })
}

/// A transaction's name as `XA RECOVER` tells it: the number of its format, two lengths, and both parts as one.
fn xid(row: &Row) -> Option<(String, Vec<u8>, Vec<u8>)> {
    let length = |index| usize::try_from(number(row, index)?).ok();
    let data = bytes(row, 3);
    let (global, branch) = (length(1)?, length(2)?);
    Some((text(row, 0), data.get(..global)?.to_vec(), data.get(global..global + branch)?.to_vec()))
}

/// Bytes that are no plain text are told as `0x…`.
fn unquoted(row: &Row, index: usize) -> Vec<u8> {
    let told = bytes(row, index);
    let digits = told.strip_prefix(b"0x").and_then(|digits| std::str::from_utf8(digits).ok());
    let byte = |digits: &str, at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    digits.and_then(|digits| (0..digits.len()).step_by(2).map(|at| byte(digits, at)).collect()).unwrap_or(told)
}

fn number(row: &Row, index: usize) -> Option<i64> {
    match row.as_ref(index)? {
        Value::Int(number) => Some(*number),
        Value::UInt(number) => i64::try_from(*number).ok(),
        Value::Bytes(digits) => std::str::from_utf8(digits).ok()?.parse().ok(),
        _ => None,
    }
}

fn bytes(row: &Row, index: usize) -> Vec<u8> {
    match row.as_ref(index) {
        Some(Value::Bytes(bytes)) => bytes.clone(),
        _ => Vec::new(),
    }
}

fn text(row: &Row, index: usize) -> String {
    number(row, index).map(|number| number.to_string()).unwrap_or_default()
}
