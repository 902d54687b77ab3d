//! The writer thread: puts the steps of many tables into shared transactions.

use std::sync::mpsc;

use super::copy_anew;
use super::job::Failure;
use super::open::Open;
use super::writer::{Command, Envelope, Group, RETRIED_AT_ONCE, Step, Stored};
use crate::{CopyState, ReplicaTable, Result, RunRecord, Sink, StreamId};

/// Carries out commands until nobody can send any.
pub(crate) fn write_all(mut sink: Box<dyn Sink>, commands: &mpsc::Receiver<Envelope>) {
    let mut left_over = None;
    while let Some(envelope) = left_over.take().or_else(|| commands.recv().ok()) {
        left_over = match envelope.command {
            Command::Stored { table, reply } => {
                // Nobody waits for the answer any more when the run was dropped.
                let _ = reply.send(stored(&mut *sink, &table));
                None
            }
            Command::Record { stream, record, reply } => {
                let _ = reply.send(record_alone(&mut *sink, &stream, &record));
                None
            }
            Command::CopyAnew { stream, noted } => {
                if let Err(error) = copy_anew(&mut *sink, &stream) {
                    tracing::warn!(%stream, "that it is to be copied anew could not be stored, and is forgotten in a crash: {error}");
                }
                drop(noted);
                None
            }
            Command::Step { .. } => share_transaction(&mut *sink, envelope, commands),
        };
    }
}

fn stored(sink: &mut dyn Sink, table: &ReplicaTable) -> Result<Stored> {
    let checkpoint = sink.checkpoint(&table.stream())?;
    let live = checkpoint.as_ref().is_some_and(|checkpoint| checkpoint.state == CopyState::Live);
    let failed = if live { sink.failed_rows(table, RETRIED_AT_ONCE)? } else { Vec::new() };
    Ok(Stored { checkpoint, failed })
}

fn record_alone(sink: &mut dyn Sink, stream: &StreamId, record: &RunRecord) -> Result<()> {
    let mut transaction = sink.begin()?;
    transaction.record(stream, record)?;
    transaction.commit(&[])
}

/// One transaction, from `first` on; gives back a command that has to wait until after it.
fn share_transaction(sink: &mut dyn Sink, first: Envelope, commands: &mpsc::Receiver<Envelope>) -> Option<Envelope> {
    let mut open = match sink.begin() {
        Ok(transaction) => Open::new(transaction),
        Err(error) => {
            if let Command::Step { job, .. } = first.command {
                job.fail(Failure::Own(error));
            }
            return None;
        }
    };
    let mut next = Some(first);
    let mut left_over = None;
    while !open.is_full() {
        let envelope = match next.take() {
            Some(first) => first,
            None => match open.wait(commands) {
                Ok(Some(envelope)) => envelope,
                Ok(None) => break,
                Err((culprit, error)) => {
                    open.roll_back(&culprit, &error);
                    return None;
                }
            },
        };
        match envelope.command {
            Command::Step { ref step, .. } if !open.is_empty() && step.is_open_group() => {
                left_over = Some(envelope);
                break;
            }
            Command::Step { job, step } => {
                if job.failure().is_some() {
                    continue;
                }
                if let Err((culprit, error)) = open.apply_in_turn(&job, step) {
                    open.roll_back(&culprit, &error);
                    return None;
                }
            }
            Command::Stored { .. } | Command::Record { .. } | Command::CopyAnew { .. } => {
                left_over = Some(envelope);
                break;
            }
        }
    }
    match open.hand_on() {
        Ok(()) => open.commit(),
        Err((culprit, error)) => open.roll_back(&culprit, &error),
    }
    left_over
}

impl Step {
    /// Whether this is a group whose end is still to come. It gets a transaction of its own, so that giving it up takes nobody along.
    fn is_open_group(&self) -> bool {
        matches!(self, Self::Write { group: Group { rest: Some(_), .. }, .. })
    }
}
