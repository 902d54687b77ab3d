//! Tables that are there and can't be read, and what would change that.

use sync_core::Source;

use crate::base::Base;

#[tokio::test]
async fn a_table_without_select_is_listed_with_the_grant() {
    let base = Base::with("CREATE TABLE `odd ``name` (id int PRIMARY KEY)");
    let name = base.name();
    base.run(&format!(
        "REVOKE ALL PRIVILEGES, GRANT OPTION FROM {name}; GRANT INSERT ON {name}.`odd ``name` TO {name}"
    ));
    let schema = base.schema("odd `name").await;
    assert_eq!(
        schema.unreadable(),
        Some(
            format!(
                "the login `{name}`@`%` may read no row of it; \
                 run GRANT SELECT ON `{name}`.`odd ``name` TO `{name}`@`%`"
            )
            .as_str()
        )
    );
}

#[tokio::test]
async fn of_some_columns_only_those_are_there() {
    let base = Base::with("CREATE TABLE t (id int PRIMARY KEY, a int, b int)");
    let name = base.name();
    base.run(&format!("REVOKE ALL PRIVILEGES, GRANT OPTION FROM {name}; GRANT SELECT (id, b) ON {name}.t TO {name}"));
    let schema = base.schema("t").await;
    let columns: Vec<_> = schema.columns().iter().map(|column| column.name.as_str()).collect();
    assert_eq!((columns, schema.unreadable()), (vec!["id", "b"], None));

    base.run(&format!("GRANT INSERT (a) ON {name}.t TO {name}"));
    let text = base.schema("t").await.unreadable().unwrap().to_owned();
    assert!(text.contains("may read only some columns of it; run GRANT SELECT ON"), "{text}");
}

#[tokio::test]
async fn what_was_granted_meanwhile_shows_in_the_pulse() {
    let base = Base::with("CREATE TABLE t (id int PRIMARY KEY)");
    let name = base.name();
    base.run(&format!("REVOKE ALL PRIVILEGES, GRANT OPTION FROM {name}; GRANT INSERT ON {name}.t TO {name}"));
    let before = base.source.pulse().await.unwrap().catalog.unwrap();
    base.run(&format!("GRANT SELECT ON {name}.t TO {name}"));
    assert_ne!(base.source.pulse().await.unwrap().catalog.unwrap(), before);
    assert_eq!(base.schema("t").await.unreadable(), None);
}
