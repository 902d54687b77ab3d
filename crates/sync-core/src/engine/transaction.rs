//! The writer thread: puts the steps of many tables into shared transactions.

use std::sync::mpsc;

use super::alone::{Alone, stored};
use super::anew::AskedFor;
use super::job::Failure;
use super::open::{Committed, Flushed, Open};
use super::staging::Staging;
use super::writer::{Command, Envelope, Group, Step};
use crate::Sink;

/// Carries out commands until nobody can send any.
pub(crate) fn write_all(mut sink: Box<dyn Sink>, commands: &mpsc::Receiver<Envelope>) {
    let (mut asked_for, mut alone) = (AskedFor::default(), Alone::default());
    let mut left_over = None;
    let mut staging = Staging::default();
    while let Some(envelope) = left_over.take().or_else(|| staging.next(&mut *sink, commands)) {
        left_over = match envelope.command {
            Command::Stored { table, reply } => {
                asked_for.taken_up(&table.stream());
                // Nobody waits for the answer any more when the run was dropped.
                let _ = reply.send(stored(&mut *sink, &table));
                None
            }
            Command::Record { stream, record, reply } => {
                let _ = reply.send(alone.record(&mut *sink, &stream, &record));
                staging.note_end(&*sink);
                None
            }
            Command::CopyAnew { stream, noted } => {
                asked_for.note(&mut *sink, stream);
                drop(noted);
                None
            }
            Command::Serve => {
                staging.serve();
                None
            }
            Command::Unstage { reply } => {
                let _ = reply.send(sink.unstage());
                None
            }
            Command::Step { .. } => {
                let (left_over, committed) = step(&mut *sink, envelope, commands, &asked_for, &mut alone);
                if committed.has_ended {
                    staging.note_end(&*sink);
                }
                show(&mut *sink, committed.flushed);
                left_over
            }
        };
    }
}

fn step(
    sink: &mut dyn Sink,
    first: Envelope,
    commands: &mpsc::Receiver<Envelope>,
    asked_for: &AskedFor,
    alone: &mut Alone,
) -> (Option<Envelope>, Committed) {
    let is_staged = sink.is_staged();
    match sink.begin() {
        Ok(transaction) => share_transaction(Open::new(transaction, is_staged), first, commands, asked_for),
        Err(error) => {
            alone.was_refused(&error);
            if let Command::Step { job, .. } = first.command {
                job.fail(Failure::Own(error));
            }
            (None, Committed::default())
        }
    }
}

/// One transaction, from `first` on; gives back a command that has to wait until after it, and what was committed.
fn share_transaction(
    mut open: Open<'_>,
    first: Envelope,
    commands: &mpsc::Receiver<Envelope>,
    asked_for: &AskedFor,
) -> (Option<Envelope>, Committed) {
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
                    return (None, Committed::default());
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
                    return (None, Committed::default());
                }
            }
            Command::Stored { .. }
            | Command::Record { .. }
            | Command::CopyAnew { .. }
            | Command::Serve
            | Command::Unstage { .. } => {
                left_over = Some(envelope);
                break;
            }
        }
    }
    match open.hand_on() {
        Ok(()) => (left_over, open.commit(asked_for)),
        Err((culprit, error)) => {
            open.roll_back(&culprit, &error);
            (left_over, Committed::default())
        }
    }
}

/// Tells those who wait to read what they wrote that they can.
fn show(sink: &mut dyn Sink, flushed: Vec<Flushed>) {
    let shown = if flushed.is_empty() { Ok(()) } else { sink.unstage() };
    for (job, reply) in flushed {
        match &shown {
            Ok(()) => {
                let _ = reply.send(());
            }
            Err(error) => job.fail(Failure::Own(error.clone())),
        }
    }
}

impl Step {
    /// Whether this is a group whose end is still to come. It gets a transaction of its own, so that giving it up takes nobody along.
    fn is_open_group(&self) -> bool {
        matches!(self, Self::Write { group: Group { rest: Some(_), .. }, .. })
    }
}
