//! Rows in any order: each is put into a bucket by the hash of its key, and only sums are kept. Buckets that differ are read again.

use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use crate::{Row, Value};

/// Bits of a key's hash that choose its bucket.
const BITS: u32 = 18;

/// What hashes rows. Of a seed of its own each time, so that a coincidence does not repeat.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct RowHasher(RandomState);

/// One row, as two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::engine) struct RowHash {
    pub(in crate::engine) key: u64,
    pub(in crate::engine) content: u64,
}

impl RowHasher {
    /// The hash of a row's key alone.
    pub(in crate::engine) fn key(&self, row: Row<'_>) -> RowHash {
        RowHash { key: self.hash(row.key()), content: 0 }
    }

    /// The hash of a whole row; without a key, it is its own.
    pub(in crate::engine) fn row(&self, row: Row<'_>) -> RowHash {
        let content = self.hash(row.values());
        let key = if row.key().len() == 0 { content } else { self.hash(row.key()) };
        RowHash { key, content }
    }

    fn hash<'a>(&self, values: impl Iterator<Item = Value<'a>>) -> u64 {
        let mut hasher = self.0.build_hasher();
        for value in values {
            hash_value(value, &mut hasher);
        }
        hasher.finish()
    }
}

/// A number is the same in whichever form it is stored; zero has no sign there.
fn hash_value(value: Value<'_>, hasher: &mut impl Hasher) {
    match value {
        Value::Null => 0_u8.hash(hasher),
        Value::Integer(value) => (1_u8, value).hash(hasher),
        Value::Real(value) if value.fract() == 0.0 && value.abs() < 9e15 => (1_u8, value as i64).hash(hasher),
        Value::Real(value) => (2_u8, value.to_bits()).hash(hasher),
        Value::Text(value) => (3_u8, value).hash(hasher),
        Value::Bytes(value) => (4_u8, value).hash(hasher),
    }
}

/// The rows of one side.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Buckets {
    sums: Vec<u64>,
    counts: Vec<u32>,
    pub(in crate::engine) rows: u64,
}

impl Buckets {
    pub(in crate::engine) fn new() -> Self {
        Self { sums: vec![0; 1 << BITS], counts: vec![0; 1 << BITS], rows: 0 }
    }

    pub(in crate::engine) fn add(&mut self, hash: RowHash) {
        let bucket = bucket_of(hash.key);
        self.sums[bucket] = self.sums[bucket].wrapping_add(hash.key ^ hash.content.rotate_left(17));
        self.counts[bucket] = self.counts[bucket].saturating_add(1);
        self.rows += 1;
    }

    /// The buckets in which two sides differ, in sets of about `limit` rows.
    pub(in crate::engine) fn differing(&self, other: &Self, limit: usize) -> Vec<BucketSet> {
        let mut sets = Vec::new();
        let (mut set, mut rows) = (BucketSet::default(), 0);
        for bucket in 0..self.sums.len() {
            if self.sums[bucket] == other.sums[bucket] && self.counts[bucket] == other.counts[bucket] {
                continue;
            }
            rows += self.counts[bucket] as usize + other.counts[bucket] as usize;
            set.add(bucket);
            if rows >= limit {
                sets.push(std::mem::take(&mut set));
                rows = 0;
            }
        }
        if rows > 0 {
            sets.push(set);
        }
        sets
    }
}

/// Some buckets.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct BucketSet(Vec<u64>);

impl BucketSet {
    fn add(&mut self, bucket: usize) {
        if self.0.is_empty() {
            self.0 = vec![0; (1 << BITS) / 64];
        }
        self.0[bucket / 64] |= 1 << (bucket % 64);
    }

    /// Whether a key with this hash belongs to one of them.
    pub(in crate::engine) fn has(&self, key_hash: u64) -> bool {
        let bucket = bucket_of(key_hash);
        self.0.get(bucket / 64).is_some_and(|bits| bits >> (bucket % 64) & 1 == 1)
    }
}

/// The upper bits, of which there are always enough to fit `usize`.
fn bucket_of(hash: u64) -> usize {
    usize::try_from(hash >> (64 - BITS)).unwrap_or_default()
}
