//! What a read yields goes to the writer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Attempt, TableRun};
use crate::engine::group::GroupSender;
use crate::engine::job::{Failure, Job};
use crate::engine::masked;
use crate::plan::{Deletes, Mode};
use crate::{Batch, CopyState, Cursor, End, Error, Next, Op, ReadRequest, RowBatch, Scope};

/// A server is kept waiting for the replica no longer than this: it would hold a snapshot, and in the end cut the connection.
const STALL: Duration = Duration::from_secs(20);

impl Attempt<'_> {
    /// Gives everything that a read yields to the writer; returns how it ended and the last watermark.
    pub(super) async fn read(
        &mut self,
        scope: Scope,
        after: Option<Cursor>,
        state: CopyState,
    ) -> Result<(End, Option<Cursor>), Failure> {
        self.read_as(ReadRequest::new(scope, None), after, state).await
    }

    /// As [`Attempt::read`], for a request whose cursor and limits are still to be set.
    pub(super) async fn read_as(
        &mut self,
        request: ReadRequest,
        after: Option<Cursor>,
        state: CopyState,
    ) -> Result<(End, Option<Cursor>), Failure> {
        let mut cursor = after;
        loop {
            if let Some(end) = self.read_for_a_while(request.clone(), &mut cursor, state).await? {
                return Ok((end, cursor));
            }
        }
    }

    /// Reads rows that do not move the cursor: they are stored beside it.
    pub(crate) async fn read_beside(&mut self, scope: Scope, cursor: &Cursor, state: CopyState) -> Result<(), Failure> {
        let mut reader = self.open(ReadRequest::new(scope, Some(cursor.clone()))).await?;
        loop {
            match reader.next().await.map_err(Failure::Own)? {
                Next::Batch(batch) => self.write_beside(batch, cursor, state).await?,
                Next::End(_) => return Ok(()),
            }
        }
    }

    /// Stores rows beside a cursor that stays where it is.
    pub(crate) async fn write_beside(
        &mut self,
        batch: Batch,
        cursor: &Cursor,
        state: CopyState,
    ) -> Result<(), Failure> {
        let batch = self.wanted(batch).map_err(Failure::Own)?;
        if batch.rows.is_empty() && batch.failed.is_empty() {
            return Ok(());
        }
        self.count(&batch);
        let mut groups = GroupSender::new(self.run.writer, self.job, state, &self.upkeep, self.run.plan.limits.bytes);
        groups.send(batch.up_to(cursor.clone())).await?;
        self.show_progress();
        Ok(())
    }

    /// Starts a read. Nothing of it was given yet, so the server may be asked for any piece of it.
    pub(crate) async fn open(&self, request: ReadRequest) -> Result<Box<dyn crate::Reader>, Failure> {
        masked::read(self.run.source, self.run.plan, request).await.map_err(Failure::Own)
    }

    /// Reads to the end, or until the server should not be kept waiting any longer: a reader holds a snapshot there, and a lock.
    async fn read_for_a_while(
        &mut self,
        mut request: ReadRequest,
        cursor: &mut Option<Cursor>,
        state: CopyState,
    ) -> Result<Option<End>, Failure> {
        request.after.clone_from(cursor);
        let started = Instant::now();
        let mut reader = self.open(request).await?;
        let mut groups = GroupSender::new(self.run.writer, self.job, state, &self.upkeep, self.run.plan.limits.bytes);
        loop {
            let batch = match reader.next().await.map_err(Failure::Own)? {
                Next::Batch(batch) => self.wanted(batch).map_err(Failure::Own)?,
                Next::End(_) if groups.is_open() => {
                    let error = Error::internal("the source ended without a watermark for its last rows");
                    return Err(Failure::Own(error.at(self.run.place())));
                }
                Next::End(end) => return Ok(Some(end)),
            };
            if batch.rows.is_empty() && batch.failed.is_empty() && batch.watermark == *cursor && !groups.is_open() {
                continue;
            }
            self.count(&batch);
            let complete = batch.watermark.is_some();
            if complete {
                cursor.clone_from(&batch.watermark);
            }
            let mut sending = std::pin::pin!(groups.send(batch));
            match tokio::time::timeout(STALL, &mut sending).await {
                Ok(sent) => sent?,
                // Where no cursor stands between the rows the reader must be kept: they can't be had again from there.
                Err(_) if !complete || !self.may_pause() => sending.await?,
                Err(_) => {
                    tracing::warn!("the replica has taken no row for {STALL:?}; reading pauses");
                    drop(reader);
                    sending.await?;
                    tracing::info!("the replica takes rows again; reading goes on");
                    return Ok(None);
                }
            }
            self.show_progress();
            self.run.tell_committed(self.job).await;
            if complete && self.is_copying(state) && started.elapsed() >= self.run.options.copy_snapshot_max {
                tracing::debug!("the copy goes on under another snapshot");
                return Ok(None);
            }
        }
    }

    /// Whether a read can go on from its cursor later.
    fn may_pause(&self) -> bool {
        self.run.plan.mode == Mode::Follow
    }

    /// Whether many rows are to be expected, so that the snapshot is to be renewed now and then.
    fn is_copying(&self, state: CopyState) -> bool {
        self.may_pause() && (state == CopyState::Building || self.upkeep.reconcile_owed)
    }

    /// Leaves out deletes that nobody wants.
    fn wanted(&self, mut batch: Batch) -> Result<Batch, Error> {
        let is_delete = |row: &crate::Row<'_>| row.op() == Op::Delete;
        if self.run.plan.deletes == Deletes::Ignore && batch.rows.rows().any(|row| is_delete(&row)) {
            let mut kept = RowBatch::new(Arc::clone(batch.rows.schema()));
            for row in batch.rows.rows().filter(|row| !is_delete(row)) {
                kept.push_row(row)?;
            }
            batch.rows = kept;
        }
        Ok(batch)
    }

    fn count(&mut self, batch: &Batch) {
        self.outcome.rows_read += batch.rows.len() as u64;
        self.outcome.bytes_read += batch.rows.size() as u64;
        self.outcome.rows_failed += batch.failed.len() as u64;
    }

    fn show_progress(&self) {
        let written = self.job.written();
        self.run.status.waiting(self.run.writer.waiting_bytes());
        let rows_read = self.outcome.rows_read;
        self.run.status.update(&self.run.plan.replica.name, |table| {
            table.rows_read = rows_read;
            table.rows_changed = written.changed + written.deleted;
        });
    }
}

impl TableRun<'_> {
    /// Passes on what is stored for good. The source is told of every later commit too, so a failure is only worth a note.
    pub(super) async fn tell_committed(&self, job: &Job) {
        if let Some(cursor) = job.take_committed()
            && let Err(error) = self.source.committed(&job.stream, &cursor).await
        {
            tracing::warn!("the source could not be told what is stored: {error}");
        }
    }
}
