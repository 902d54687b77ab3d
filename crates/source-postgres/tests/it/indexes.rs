//! Indexes are told in words that mean the same in a replica, or left out with the reason.

use std::time::Duration;

use sync_core::{
    Index, IndexComparison, IndexCondition, IndexLiteral, IndexPart, IndexTerm, LeftOutIndex, Source, TableSchema,
};

use crate::place::Place;

fn column(name: &str) -> IndexPart {
    IndexPart::new(IndexTerm::Column(name.to_owned()))
}

fn compared(name: &str, comparison: IndexComparison, number: i64) -> IndexCondition {
    IndexCondition::Compared(name.to_owned(), comparison, IndexLiteral::Integer(number))
}

fn equal(name: &str, text: &str) -> IndexCondition {
    IndexCondition::Compared(name.to_owned(), IndexComparison::Equal, IndexLiteral::Text(text.to_owned()))
}

/// Sorted by name, in whatever order the server's collation has them.
fn indexes(schema: &TableSchema) -> Vec<Index> {
    let mut found = schema.indexes().to_vec();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

fn left_out(schema: &TableSchema) -> Vec<String> {
    let mut found: Vec<_> =
        schema.left_out_indexes().iter().map(|LeftOutIndex { name, reason, .. }| format!("{name}: {reason}")).collect();
    found.sort();
    found
}

#[tokio::test]
async fn indexes_on_plain_columns_keep_their_order_and_directions() {
    let place = Place::with(
        r#"CREATE TABLE t (id int PRIMARY KEY, a int, b text, c int, d point, "Ü x" int, gone int);
           CREATE INDEX desc_nulls ON t (b DESC NULLS LAST, a); CREATE UNIQUE INDEX carries ON t (c) INCLUDE (a);
           CREATE INDEX hashed ON t USING hash (b); CREATE INDEX shape ON t USING gist (d); CREATE INDEX range ON t USING brin (a);
           CREATE INDEX again ON t USING hash (b); CREATE INDEX key_again ON t (id DESC); CREATE INDEX "Odd ""one""" ON t ("Ü x");
           CREATE INDEX turned ON t (b, a DESC); CREATE INDEX of_gone ON t (gone); ALTER TABLE t DROP COLUMN gone;
           CREATE INDEX broken ON t (a); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass;
           CREATE TABLE whole (id int PRIMARY KEY, a int) PARTITION BY RANGE (id); CREATE INDEX of_whole ON whole (a);
           CREATE MATERIALIZED VIEW kept AS SELECT 1 AS a; CREATE UNIQUE INDEX of_view ON kept (a);"#,
    );
    let t = place.schema("t").await;
    let expected = [
        Index::new("Odd \"one\"", ["Ü x"]),
        Index::new("again", ["b"]),
        Index::new("carries", ["c"]),
        Index::by("desc_nulls", [column("b").descending(true), column("a")]),
    ];
    assert_eq!(indexes(&t), expected, "one that runs the other way is the same");
    assert_eq!(
        left_out(&t),
        ["range: indexes of kind brin have no counterpart", "shape: indexes of kind gist have no counterpart"]
    );
    assert_eq!(indexes(&place.schema("whole").await), [Index::new("of_whole", ["a"])]);
    assert_eq!(indexes(&place.schema("kept").await), [Index::new("of_view", ["a"])]);
}

#[tokio::test]
async fn expressions_and_conditions_are_told_where_they_mean_the_same() {
    let place = Place::with(
        "CREATE TYPE mood AS ENUM ('sad', 'it''s ok');
         CREATE TABLE t (gone int, id bigint PRIMARY KEY, a int, s text, v varchar(9), b bool, m mood, small int2, n numeric);
         ALTER TABLE t DROP COLUMN gone;
         CREATE INDEX i01 ON t (lower(s), upper(v) DESC, a); CREATE INDEX i02 ON t (a) WHERE s IS NULL AND n IS NOT NULL AND b;
         CREATE INDEX i03 ON t (a) WHERE NOT b AND (v = 'it''s' AND m = 'it''s ok');
         CREATE INDEX i04 ON t (a) WHERE a > -3 AND id <= 9223372036854775807 AND 7 <> small AND 5 > a;
         CREATE INDEX i05 ON t (a) WHERE s IN ('é', 'b') AND a IN (1, -2) AND b IS FALSE;
         CREATE INDEX i06 ON t (lower(s)) WHERE b IS TRUE",
    );
    let t = place.schema("t").await;
    let lower = |name: &str| IndexPart::new(IndexTerm::Lower(name.to_owned()));
    let upper = IndexPart::new(IndexTerm::Upper("v".to_owned())).descending(true);
    let (a, name) = (|| [column("a")], |name: &str| name.to_owned());
    let texts = vec![IndexLiteral::Text("é".to_owned()), IndexLiteral::Text("b".to_owned())];
    let numbers = vec![IndexLiteral::Integer(1), IndexLiteral::Integer(-2)];
    let expected = [
        Index::by("i01", [lower("s"), upper, column("a")]),
        Index::by("i02", a()).only([
            IndexCondition::Null(name("s")),
            IndexCondition::NotNull(name("n")),
            IndexCondition::True(name("b")),
        ]),
        Index::by("i03", a()).only([IndexCondition::False(name("b")), equal("v", "it's"), equal("m", "it's ok")]),
        Index::by("i04", a()).only([
            compared("a", IndexComparison::Greater, -3),
            compared("id", IndexComparison::LessOrEqual, i64::MAX),
            compared("small", IndexComparison::NotEqual, 7),
            compared("a", IndexComparison::Less, 5),
        ]),
        Index::by("i05", a()).only([
            IndexCondition::OneOf(name("s"), texts),
            IndexCondition::OneOf(name("a"), numbers),
            IndexCondition::False(name("b")),
        ]),
        Index::by("i06", [lower("s")]).only([IndexCondition::True(name("b"))]),
    ];
    assert_eq!(indexes(&t), expected);
    assert_eq!(left_out(&t), [""; 0]);
}

#[tokio::test]
async fn what_would_mean_something_else_is_left_out_with_the_reason() {
    let place = Place::with(
        "CREATE FUNCTION public.lower(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1';
         CREATE TYPE mood AS ENUM ('sad', 'ok');
         CREATE TABLE t (id int PRIMARY KEY, a int, s text, r int4range, n numeric, d date, m mood, c char(5), j jsonb, b bool);
         CREATE INDEX e1 ON t ((a + 1)); CREATE INDEX e2 ON t (public.lower(a)); CREATE INDEX e3 ON t (lower(r));
         CREATE INDEX e4 ON t (a, (j ->> 'x')); CREATE INDEX e5 ON t (lower(s || 'x')); CREATE INDEX e6 ON t (coalesce(s, ''));
         CREATE INDEX c1 ON t (a) WHERE s > 'm'; CREATE INDEX c2 ON t (a) WHERE n = 1; CREATE INDEX c3 ON t (a) WHERE d > '2024-01-01';
         CREATE INDEX c4 ON t (a) WHERE m < 'ok'; CREATE INDEX c5 ON t (a) WHERE c = 'x'; CREATE INDEX c6 ON t (a) WHERE a > 1 OR b;
         CREATE INDEX c7 ON t (a) WHERE a = id; CREATE INDEX c8 ON t (a) WHERE s LIKE 'a%'; CREATE INDEX c9 ON t (a) WHERE b IS NOT TRUE",
    );
    let t = place.schema("t").await;
    assert_eq!(indexes(&t), []);
    let expected = (1..=9)
        .map(|number| format!("c{number}: its condition has no counterpart"))
        .chain((1..=6).map(|number| format!("e{number}: its expression has no counterpart")));
    assert_eq!(left_out(&t), expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_table_that_somebody_locked_holds_up_no_list() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, s text); CREATE INDEX i ON t (lower(s)) WHERE s IS NOT NULL AND id > 3",
    );
    let holder = format!("{} holds", place.database.name());
    place.database.execute(&format!("BEGIN; LOCK TABLE t; PREPARE TRANSACTION '{holder}'")).unwrap();
    let found = tokio::time::timeout(Duration::from_secs(60), place.source.discover()).await.unwrap().unwrap();
    place.database.execute(&format!("ROLLBACK PREPARED '{holder}'")).unwrap();
    assert_eq!(found[0].indexes().len(), 1);
}
