use std::time::Duration;

/// The environment variable with the length of the long tests, in seconds.
pub const LONG_TEST_SECONDS: &str = "DATA_SYNC_TEST_SECONDS";

/// How long a test runs that gets better with time: the seconds of `DATA_SYNC_TEST_SECONDS`, else 10.
pub fn long_test_length() -> Duration {
    parsed(std::env::var(LONG_TEST_SECONDS).ok().as_deref())
}

fn parsed(text: Option<&str>) -> Duration {
    const DEFAULT: Duration = Duration::from_secs(10);
    text.and_then(|text| text.trim().parse().ok()).map_or(DEFAULT, Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_whole_seconds() {
        assert_eq!(parsed(Some("60")), Duration::from_secs(60));
        for unusable in [None, Some(""), Some("1m"), Some("-1")] {
            assert_eq!(parsed(unusable), Duration::from_secs(10), "{unusable:?}");
        }
    }
}
