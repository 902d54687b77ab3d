/// The beginning of a long script, for a message.
pub(crate) fn shortened(sql: &str) -> String {
    const LIMIT: usize = 300;
    match sql.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", &sql[..end]),
        None => sql.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_script_is_cut_between_characters() {
        assert_eq!(shortened("SELECT 1"), "SELECT 1");
        assert_eq!(shortened(&"é".repeat(400)).chars().count(), 301);
    }
}
