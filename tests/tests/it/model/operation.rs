//! What can happen.

use proptest::collection::vec;
use proptest::prelude::*;

/// One thing that happens to the table, or to the sync.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    /// `late` rows bear a stamp that every poll has passed.
    Insert {
        id: i64,
        value: i64,
        late: bool,
    },
    Update {
        id: i64,
        value: i64,
    },
    /// Leaves the stamp alone.
    SilentUpdate {
        id: i64,
        value: i64,
    },
    Delete {
        id: i64,
    },
    Move {
        from: i64,
        to: i64,
    },
    Truncate,
    AddColumn {
        default: Option<i64>,
    },
    /// The one that was added last.
    DropColumn,
    /// Opens a transaction, where none is open: it inserts one row, updates another, and stays open.
    Open {
        id: i64,
        value: i64,
        rolls_back_to_savepoint: bool,
    },
    /// Ends the transaction that stands open.
    Close {
        commit: bool,
    },
    /// A sync whose connection is cut after so many batches.
    CutSync {
        after: usize,
    },
    /// A sync in whose middle the engine is gone, after so many batches.
    AbandonedSync {
        after: usize,
    },
    /// A sync to the end. The replica is equal then.
    Settle,
}

/// Sequences, each with a sync at its end.
pub(super) fn sequences() -> impl Strategy<Value = Vec<Operation>> {
    vec(operation(), 1..40).prop_map(|mut operations| {
        operations.push(Operation::Settle);
        operations
    })
}

fn operation() -> impl Strategy<Value = Operation> {
    let id = || 0..12_i64;
    let value = || 0..100_i64;
    prop_oneof![
        8 => (id(), value(), any::<bool>()).prop_map(|(id, value, late)| Operation::Insert { id, value, late }),
        4 => (id(), value()).prop_map(|(id, value)| Operation::Update { id, value }),
        4 => (id(), value()).prop_map(|(id, value)| Operation::SilentUpdate { id, value }),
        3 => id().prop_map(|id| Operation::Delete { id }),
        3 => (id(), id()).prop_map(|(from, to)| Operation::Move { from, to }),
        1 => Just(Operation::Truncate),
        1 => proptest::option::of(value()).prop_map(|default| Operation::AddColumn { default }),
        1 => Just(Operation::DropColumn),
        2 => (id(), value(), any::<bool>())
            .prop_map(|(id, value, rolls_back_to_savepoint)| Operation::Open { id, value, rolls_back_to_savepoint }),
        2 => any::<bool>().prop_map(|commit| Operation::Close { commit }),
        2 => (0..8_usize).prop_map(|after| Operation::CutSync { after }),
        2 => (0..8_usize).prop_map(|after| Operation::AbandonedSync { after }),
        5 => Just(Operation::Settle),
    ]
}
