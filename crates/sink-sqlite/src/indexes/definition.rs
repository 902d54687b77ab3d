//! What stands in an index, in SQLite's words. Every name is quoted, every constant written by its type.

use sync_core::{Index, IndexComparison, IndexCondition, IndexLiteral, IndexPart, IndexTerm};

use crate::names::quoted;

/// What follows the table's name: `("a", lower("b") DESC) WHERE "c" IS NULL`.
pub(super) fn definition(index: &Index) -> String {
    let parts: Vec<String> = index.parts.iter().map(part).collect();
    let conditions: Vec<String> = index.conditions.iter().map(condition).collect();
    let only = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
    format!("({}){only}", parts.join(", "))
}

fn part(part: &IndexPart) -> String {
    let column = quoted(part.term.column());
    let term = match part.term {
        IndexTerm::Lower(_) => format!("lower({column})"),
        IndexTerm::Upper(_) => format!("upper({column})"),
        _ => column,
    };
    if part.descending { format!("{term} DESC") } else { term }
}

fn condition(condition: &IndexCondition) -> String {
    let column = quoted(condition.column());
    match condition {
        IndexCondition::False(_) => format!("NOT {column}"),
        IndexCondition::Null(_) => format!("{column} IS NULL"),
        IndexCondition::NotNull(_) => format!("{column} IS NOT NULL"),
        IndexCondition::Compared(_, comparison, value) => {
            format!("{column} {} {}", operator(*comparison), literal(value))
        }
        IndexCondition::OneOf(_, values) => {
            let values: Vec<String> = values.iter().map(literal).collect();
            format!("{column} IN ({})", values.join(", "))
        }
        _ => column,
    }
}

fn operator(comparison: IndexComparison) -> &'static str {
    match comparison {
        IndexComparison::NotEqual => "<>",
        IndexComparison::Less => "<",
        IndexComparison::LessOrEqual => "<=",
        IndexComparison::Greater => ">",
        IndexComparison::GreaterOrEqual => ">=",
        _ => "=",
    }
}

fn literal(literal: &IndexLiteral) -> String {
    match literal {
        IndexLiteral::Integer(number) => number.to_string(),
        IndexLiteral::Text(text) => format!("'{}'", text.replace('\'', "''")),
        _ => "NULL".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_constants_can_not_leave_their_quotes() {
        let odd = || "a\"; DROP TABLE t; --".to_owned();
        let parts = [
            IndexPart::new(IndexTerm::Lower(odd())),
            IndexPart::new(IndexTerm::Upper("b".to_owned())).descending(true),
            IndexPart::new(IndexTerm::Column("c".to_owned())),
        ];
        let text = |text: &str| IndexLiteral::Text(text.to_owned());
        let number = IndexLiteral::Integer(i64::MIN);
        let index = Index::by("i", parts).only([
            IndexCondition::True("t".to_owned()),
            IndexCondition::False("f".to_owned()),
            IndexCondition::Null("n".to_owned()),
            IndexCondition::NotNull(odd()),
            IndexCondition::Compared("c".to_owned(), IndexComparison::GreaterOrEqual, number),
            IndexCondition::OneOf("s".to_owned(), vec![text("it's"), text("'); --")]),
        ]);
        assert_eq!(
            definition(&index),
            r#"(lower("a""; DROP TABLE t; --"), upper("b") DESC, "c") WHERE "t" AND NOT "f" AND "n" IS NULL AND "#
                .to_owned()
                + r#""a""; DROP TABLE t; --" IS NOT NULL AND "c" >= -9223372036854775808 AND "s" IN ('it''s', '''); --')"#
        );
    }

    #[test]
    fn every_comparison_has_its_operator() {
        let all = [
            (IndexComparison::Equal, "="),
            (IndexComparison::NotEqual, "<>"),
            (IndexComparison::Less, "<"),
            (IndexComparison::LessOrEqual, "<="),
            (IndexComparison::Greater, ">"),
            (IndexComparison::GreaterOrEqual, ">="),
        ];
        for (comparison, expected) in all {
            assert_eq!(operator(comparison), expected);
        }
    }
}
