//! The known name that a mistyped one was most likely meant to be.

/// The nearest of `known`, if one is near enough to be meant.
pub(crate) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = written.to_ascii_lowercase().replace('-', "_");
    known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(&written, known), known))
        .filter(|(distance, known)| *distance <= known.chars().count().max(3) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_finds_its_word_and_another_word_none() {
        let known = ["tables", "table", "sync_interval", "url"];
        assert_eq!(nearest("sync_intervall", known), Some("sync_interval"));
        assert_eq!(nearest("sync-interval", known), Some("sync_interval"));
        assert_eq!(nearest("Tables", known), Some("tables"));
        assert_eq!(nearest("tabel", known), Some("table"));
        assert_eq!(nearest("ulr", known), Some("url"));
        assert_eq!(nearest("interval_of_syncs", known), None);
        assert_eq!(nearest("x", known), None);
    }
}
