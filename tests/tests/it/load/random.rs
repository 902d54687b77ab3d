//! Chance that can be had again.

/// The environment variable with the seed of a run that is to be had again.
pub(crate) const SEED: &str = "DATA_SYNC_TEST_SEED";

/// A small generator (splitmix64); equal seeds give equal numbers.
#[derive(Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// Seeded by the environment, else by `default`; says by which.
    #[expect(clippy::print_stdout, reason = "the output of a test that fails is shown")]
    pub(crate) fn seeded(default: u64) -> Self {
        let seed = std::env::var(SEED).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(default);
        println!("{SEED}={seed}");
        Self(seed)
    }

    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// By which the same numbers can be had from here on.
    pub(crate) fn seed(&self) -> u64 {
        self.0
    }

    /// Another generator, for another thread.
    pub(crate) fn branch(&mut self) -> Self {
        Self(self.next())
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True in so many of a hundred cases.
    pub(crate) fn percent(&mut self, cases: u64) -> bool {
        self.below(100) < cases
    }

    /// A number from 0 to 1.
    pub(crate) fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
