//! The labels of ENUM and SET: both are ordered and compared by number, and shown by name.

/// The labels of `'a','it''s'`, in their order.
pub(super) fn labels(shown: &str) -> Vec<String> {
    let mut labels = Vec::new();
    let mut rest = shown.trim();
    while let Some(quoted) = rest.strip_prefix('\'') {
        let mut label = String::new();
        let mut letters = quoted.char_indices().peekable();
        let mut end = quoted.len();
        while let Some((place, letter)) = letters.next() {
            match letter {
                '\'' if letters.next_if(|(_, next)| *next == '\'').is_some() => label.push('\''),
                '\'' => {
                    end = place + 1;
                    break;
                }
                _ => label.push(letter),
            }
        }
        labels.push(label);
        rest = quoted[end..].trim_start_matches(',');
    }
    labels
}

/// The number of an ENUM's label. Nothing, which stands for an error, is 0, unless it is a label.
pub(super) fn number_of_enum(labels: &[String], label: &str) -> Option<u64> {
    let position = labels.iter().position(|known| known == label).map(|position| position as u64 + 1);
    position.or(label.is_empty().then_some(0))
}

/// The number of a SET of labels: one bit for each.
pub(super) fn number_of_set(labels: &[String], members: &str) -> Option<u64> {
    let bit = |label: &str| {
        let position = labels.iter().position(|known| known == label)?;
        1_u64.checked_shl(u32::try_from(position).ok()?)
    };
    if members.is_empty() {
        return Some(0);
    }
    members.split(',').map(bit).try_fold(0, |number, bit| Some(number | bit?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_commas_are_letters_of_a_label() {
        assert_eq!(labels(r"'a','it''s','x,y','','ü\'"), ["a", "it's", "x,y", "", "ü\\"]);
        assert_eq!(labels("''''"), ["'"]);
        assert_eq!(labels(""), [""; 0]);
        assert_eq!(labels("'torn"), ["torn"]);
    }

    #[test]
    fn labels_have_the_numbers_that_the_server_gives_them() {
        let labels = labels("'a','b','c'");
        assert_eq!(number_of_enum(&labels, "c"), Some(3));
        assert_eq!(number_of_enum(&labels, ""), Some(0));
        assert_eq!(number_of_enum(&labels, "C"), None);
        assert_eq!(number_of_set(&labels, "a,c"), Some(5));
        assert_eq!(number_of_set(&labels, ""), Some(0));
        assert_eq!(number_of_set(&labels, "a,d"), None);
    }
}
