//! Databases, tables and columns whose names and texts are not English, in whatever character set they are kept.

use mysql_async::prelude::Queryable;

use crate::place::Place;

#[tokio::test]
async fn texts_and_names_arrive_right_from_every_character_set() {
    for (charset, name, text) in [
        ("latin1", "Größe", "Käse für 3 ½ ñ ÿ €"),
        ("gbk", "价格", "数据库 价格"),
        ("sjis", "値段", "日本語、ｶﾀｶﾅ と ひらがな"),
        ("utf16", "ünï`code", "🚚 and 数"),
        ("koi8r", "цена", "Цена в рублях"),
        ("utf8mb4", "'; drop", "🚚 ❤️"),
    ] {
        let place = Place::with(&format!("ALTER DATABASE CHARACTER SET {charset}")).await;
        let quoted = format!("`{}`", name.replace('`', "``"));
        let mut session = place.session().await;
        session.query_drop("SET NAMES utf8mb4").await.unwrap();
        let create = format!(
            "CREATE TABLE {quoted} (id int PRIMARY KEY, {quoted} varchar(30), l text, e enum('{text}'), s set('x', '{text}'))"
        );
        session.query_drop(create).await.unwrap();
        let table = place.table(name, None, Some("id")).await;
        let start = place.read(&table, None, 10).await.watermark();
        let insert = format!(
            "INSERT INTO {quoted} VALUES (1, '{text}', '{text}', '{text}', 'x,{text}'), (2, '', NULL, NULL, '')"
        );
        session.query_drop(insert).await.unwrap();
        session.disconnect().await.unwrap();
        let both = format!("x,{text}");
        for given in [place.read(&table, None, 10).await, place.read(&table, Some(&start), 10).await] {
            assert_eq!(given.rows(), [["1", text, text, text, both.as_str()], ["2", "", "∅", "∅", ""]], "{charset}");
        }
    }
}
