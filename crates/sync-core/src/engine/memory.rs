//! How the memory that may be used is divided: between the sink's cache, the rows that wait for it, and the rows that are being read.

/// Memory for rows on their way and for the sink's cache, unless it is said, in bytes.
pub const DEFAULT_MEMORY_BUDGET: usize = 16 << 20;

/// A batch is never smaller, in bytes: each costs a little by itself.
const SMALLEST_BATCH: usize = 16 << 10;
/// Larger batches only cost memory.
const LARGEST_BATCH: usize = 512 << 10;
/// Batches that one reader has under way: one being filled with room for the next, and those of a group that is not handed on yet.
const BATCHES_OF_A_READER: usize = 5;

/// The part of a memory budget that a sink may use for its cache, in bytes: a quarter.
#[must_use]
pub fn cache_share(budget: usize) -> usize {
    budget / 4
}

/// The part for rows that were handed to the writer and wait: a quarter.
pub(super) fn queue_share(budget: usize) -> usize {
    budget / 4
}

/// The bytes of one batch when so many tables are read side by side: together they take the other half.
pub(super) fn batch_share(budget: usize, readers: usize) -> usize {
    (budget / 2 / BATCHES_OF_A_READER / readers.max(1)).clamp(SMALLEST_BATCH, LARGEST_BATCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_shares_together_are_the_budget_at_most() {
        for (budget, readers) in [(DEFAULT_MEMORY_BUDGET, 4), (8 << 20, 1), (64 << 20, 64), (16 << 20, 64)] {
            let reading = batch_share(budget, readers) * readers * BATCHES_OF_A_READER;
            assert!(cache_share(budget) + queue_share(budget) + reading <= budget, "{budget} for {readers}");
        }
    }

    #[test]
    fn a_batch_keeps_a_sensible_size() {
        assert_eq!(batch_share(1 << 30, 1), LARGEST_BATCH);
        assert_eq!(batch_share(1 << 20, 64), SMALLEST_BATCH);
    }
}
