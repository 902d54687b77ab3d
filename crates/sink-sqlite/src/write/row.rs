//! One row, whole or not at all; many at once where they are alike.

use rusqlite::{CachedStatement, Connection, Statement};
use sync_core::{Error, Op, Result, Row};

use super::bind;
use super::refusal::Fault;
use crate::statements::TableStatements;

/// Writes rows of one batch, with statements that are prepared when they are needed first.
pub(super) struct RowWriter<'c> {
    conn: &'c Connection,
    statements: &'c TableStatements,
    /// Whether users' triggers run along: they can leave half a row behind, or leave out a row without a word.
    has_triggers: bool,
    /// Whether what one row leaves behind is worth clearing away before the next.
    are_wide: bool,
    upsert: Option<CachedStatement<'c>>,
    upsert_together: Option<CachedStatement<'c>>,
    delete: Option<CachedStatement<'c>>,
}

impl<'c> RowWriter<'c> {
    pub(super) fn new(
        conn: &'c Connection,
        statements: &'c TableStatements,
        has_triggers: bool,
        are_wide: bool,
    ) -> Self {
        Self { conn, statements, has_triggers, are_wide, upsert: None, upsert_together: None, delete: None }
    }

    /// Writes a row; returns how many rows of the table that changed.
    #[inline]
    pub(super) fn write(&mut self, row: Row<'_>) -> Result<usize, Fault> {
        if self.has_triggers { self.write_among_triggers(row) } else { self.write_plainly(row) }
    }

    /// Writes [`ROWS_TOGETHER`](crate::statements::ROWS_TOGETHER) rows with one statement; returns how many rows of the table that changed, or
    /// `None` when one of them is refused and none was written: which one it is, they tell when they are written one by one.
    ///
    /// # Errors
    /// When no row can be written.
    #[inline]
    pub(super) fn write_together<'r>(
        &mut self,
        sql: &str,
        rows: impl Iterator<Item = Row<'r>>,
    ) -> Result<Option<usize>> {
        match self.try_together(sql, rows) {
            Ok(changed) => Ok(Some(changed)),
            // The transaction is gone, and with it what came before.
            Err(fault) if self.conn.is_autocommit() => Err(Error::internal(self.reason(fault, Op::Upsert)?)),
            Err(_) => Ok(None),
        }
    }

    #[inline]
    fn try_together<'r>(&mut self, sql: &str, rows: impl Iterator<Item = Row<'r>>) -> Result<usize, Fault> {
        let upsert = prepared(self.conn, &mut self.upsert_together, sql)?;
        let width = self.statements.columns.len();
        for (index, row) in rows.enumerate() {
            bind_row(upsert, self.statements, row, index * width)?;
        }
        Ok(upsert.raw_execute()?)
    }

    /// Why the table refuses a row, when it is the row's own fault.
    ///
    /// # Errors
    /// When it is not: no other row could be written either.
    #[cold]
    pub(super) fn reason(&self, fault: Fault, op: Op) -> Result<String> {
        fault.reason(self.conn, self.statements, op)
    }

    #[inline]
    fn write_plainly(&mut self, row: Row<'_>) -> Result<usize, Fault> {
        let statements = self.statements;
        if row.op() == Op::Delete {
            let sql = statements.delete.as_deref().ok_or(Fault::NoKey)?;
            let delete = prepared(self.conn, &mut self.delete, sql)?;
            bind_key(delete, statements, row)?;
            Ok(delete.raw_execute()?)
        } else {
            let upsert = prepared(self.conn, &mut self.upsert, &statements.upsert)?;
            bind_row(upsert, statements, row, 0)?;
            let changed = upsert.raw_execute();
            if self.are_wide {
                // The statement holds a copy of each value.
                upsert.clear_bindings();
            }
            Ok(changed?)
        }
    }

    /// As `write_plainly`, and undoes what a trigger did before it refused the row with RAISE(FAIL).
    fn write_among_triggers(&mut self, row: Row<'_>) -> Result<usize, Fault> {
        self.run("SAVEPOINT data_sync_row")?;
        let result = self.write_plainly(row).and_then(|changed| match changed {
            0 => self.check_not_ignored(row).map(|()| 0),
            _ => Ok(changed),
        });
        if self.conn.is_autocommit() {
            // A trigger ended the whole transaction.
            return result;
        }
        if result.is_err() {
            self.run("ROLLBACK TO data_sync_row")?;
        }
        self.run("RELEASE data_sync_row")?;
        result
    }

    /// A row that was not changed must be there as given, and one that was deleted must be gone: else a trigger said RAISE(IGNORE).
    fn check_not_ignored(&self, row: Row<'_>) -> Result<(), Fault> {
        let statements = self.statements;
        let is_delete = row.op() == Op::Delete;
        let sql = if is_delete { &statements.has_key } else { &statements.is_there };
        let Some(sql) = sql else { return Err(Fault::Ignored) };
        let mut select = self.conn.prepare_cached(sql)?;
        if is_delete {
            bind_key(&mut select, statements, row)?
        } else {
            bind_row(&mut select, statements, row, 0)?
        }
        let found = match select.raw_query().next()? {
            Some(found) => found.get::<_, bool>(0)?,
            None => false,
        };
        if found == is_delete { Err(Fault::Ignored) } else { Ok(()) }
    }

    fn run(&self, sql: &str) -> Result<(), Fault> {
        self.conn.prepare_cached(sql)?.raw_execute()?;
        Ok(())
    }
}

#[inline]
fn prepared<'a, 'c>(
    conn: &'c Connection,
    slot: &'a mut Option<CachedStatement<'c>>,
    sql: &str,
) -> Result<&'a mut CachedStatement<'c>, Fault> {
    match slot {
        Some(made) => Ok(made),
        None => Ok(slot.insert(conn.prepare_cached(sql)?)),
    }
}

/// Binds a row to the parameters that follow those `before`.
#[inline]
fn bind_row(
    statement: &mut Statement<'_>,
    statements: &TableStatements,
    row: Row<'_>,
    before: usize,
) -> Result<(), Fault> {
    for (position, (value, parameter)) in row.values().zip(&statements.columns).enumerate() {
        bind(statement, before + position + 1, value, *parameter).map_err(|fault| fault.of_column(position))?;
    }
    Ok(())
}

#[inline]
fn bind_key(statement: &mut Statement<'_>, statements: &TableStatements, row: Row<'_>) -> Result<(), Fault> {
    for (rank, &position) in statements.schema.key().iter().enumerate() {
        bind(statement, rank + 1, row.get(position), statements.columns[position])
            .map_err(|fault| fault.of_column(position))?;
    }
    Ok(())
}
