//! Every wish that can't be met is answered with what is wrong and what to do.

use std::time::Duration;

use sync_core::plan::{ColumnSettings, Deletes, Mask, Mode, Numeric, ReadAs, plan};
use sync_core::{
    Capabilities, Caveat, Column, DataType, ErrorKind, Index, IndexCondition, IndexPart, IndexTerm, LeftOutIndex,
    RelationKind, SyncPlan, TableId, TableSchema, TableSettings, Wanted, WantedTable,
};

use crate::shop::{schema, wanted};

fn existing() -> Vec<TableSchema> {
    let table = |schema: &str, name: &str| TableSchema::builder(TableId::new(schema, name));
    let id = || Column::new("id", DataType::Integer).native_type("bigint").not_null();
    let text = |name: &str| Column::new(name, DataType::Text).native_type("text");
    vec![
        schema(TableId::new("public", "users")),
        schema(TableId::new("audit", "logs")),
        schema(TableId::new("audit", "events")),
        table("public", "keyless").column(text("word")).build().unwrap(),
        table("public", "words")
            .column(text("word").not_null())
            .column(text("other").not_null())
            .key(["word", "other"])
            .build()
            .unwrap(),
        table("public", "locked")
            .column(id())
            .key(["id"])
            .unreadable("the login may not read it; run GRANT SELECT")
            .build()
            .unwrap(),
        table("public", "stamps")
            .column(id())
            .column(Column::new("updated_at", DataType::TimestampTz))
            .column(Column::new("created_at", DataType::TimestampTz))
            .key(["id"])
            .build()
            .unwrap(),
        table("tools", "usage").column(id()).belongs_to("extension tools").build().unwrap(),
        table("audit", "logs_2024").column(id()).key(["id"]).kind(RelationKind::Partition).build().unwrap(),
    ]
}

fn capabilities() -> Capabilities {
    Capabilities::new().default_schema("public")
}

fn planned(wanted: &Wanted) -> SyncPlan {
    plan(wanted, &existing(), &capabilities())
}

fn names(plan: &SyncPlan) -> Vec<&str> {
    plan.tables.iter().map(|table| table.replica.name.as_str()).collect()
}

fn only_problem(wanted: &Wanted) -> (ErrorKind, String) {
    let plan = planned(wanted);
    assert_eq!((plan.tables.len(), plan.problems.len()), (0, 1), "{plan:?}");
    (plan.problems[0].kind, plan.problems[0].message.clone())
}

fn with(name: &str, settings: TableSettings) -> Wanted {
    let mut wanted = wanted(&[]);
    wanted.tables.push(WantedTable::new(name.parse().unwrap()).settings(settings));
    wanted
}

fn settings(change: impl FnOnce(&mut TableSettings)) -> TableSettings {
    let mut settings = TableSettings::default();
    change(&mut settings);
    settings
}

#[test]
fn patterns_take_what_matches_once_and_leave_out_partitions_and_the_excluded() {
    assert_eq!(names(&planned(&wanted(&["audit.logs", "audit.*"]))), ["tmp_audit_logs", "tmp_audit_events"]);
    let mut some = wanted(&["audit.*"]);
    some.exclude.push("audit.ev*".parse().unwrap());
    assert_eq!(names(&planned(&some)), ["tmp_audit_logs"]);
    // Asked for by name, a partition is a table as any other.
    assert_eq!(names(&planned(&wanted(&["audit.logs_2024"]))), ["tmp_audit_logs_2024"]);
}

#[test]
fn indexes_that_look_into_values_of_another_form_are_left_out_with_the_reason() {
    let text = |name: &str| Column::new(name, DataType::Text);
    let lower = |name: &str| IndexPart::new(IndexTerm::Lower(name.to_owned()));
    let not_null = |name: &str| IndexCondition::NotNull(name.to_owned());
    let table = TableSchema::builder(TableId::new("public", "t"))
        .column(Column::new("id", DataType::Integer).not_null())
        .column(text("mail"))
        .column(text("name"))
        .column(text("note"))
        .column(text("gone"))
        .key(["id"])
        .index(Index::new("of_key", ["id"]))
        .index(Index::new("plain", ["mail", "name"]))
        .index(Index::by("masked", [lower("mail")]))
        .index(Index::by("renamed", [lower("name")]).only([not_null("id")]))
        .index(Index::new("as_text", ["name"]).only([not_null("note")]))
        .index(Index::new("on_gone", ["name"]).only([not_null("gone")]))
        .left_out_index(LeftOutIndex::new("shape", "it is round"));
    let existing = [table.build().unwrap()];
    let mut wishes = columns(&[
        ("mail", wish(|wish| wish.mask = Some(Mask::Hash))),
        ("name", wish(|wish| wish.rename = Some("title".to_owned()))),
        ("note", wish(|wish| wish.read_as = Some(ReadAs::Text))),
        ("gone", wish(|wish| wish.exclude = Some(true))),
    ]);
    let capabilities = capabilities().sweep().reconcile();
    let planned = |wishes: &TableSettings| {
        plan(&with("t", wishes.clone()), &existing, &capabilities).tables.remove(0).replica.schema
    };
    let kept = planned(&wishes);
    let renamed = Index::by("renamed", [lower("title")]).only([not_null("id")]);
    assert_eq!(kept.indexes(), [Index::new("plain", ["mail", "title"]), renamed]);
    let left_out: Vec<_> =
        kept.left_out_indexes().iter().map(|index| format!("{}: {}", index.name, index.reason)).collect();
    let expected = [
        "shape: it is round",
        "masked: it looks into column \"mail\", whose values are kept in another form",
        "as_text: it looks into column \"note\", whose values are kept in another form",
        "on_gone: its column \"gone\" is left out",
    ];
    assert_eq!(left_out, expected);
    wishes.indexes = Some(false);
    assert!(planned(&wishes).indexes().is_empty() && planned(&wishes).left_out_indexes().is_empty());
}

#[test]
fn a_cursor_column_that_is_left_out_is_called_so() {
    let mut excluded = columns(&[("note", wish(|wish| wish.exclude = Some(true)))]);
    excluded.timestamp_column = Some("note".to_owned());
    let message = "table public.users: timestamp_column \"note\" is left out by `exclude` or `only_columns`; keep it, or choose another column";
    assert_eq!(only_problem(&with("users", excluded)), (ErrorKind::Config, message.to_owned()));
    let only = settings(|settings| {
        settings.only_columns = Some(vec!["id".to_owned(), "updated_at".to_owned()]);
        settings.id_column = Some("note".to_owned());
    });
    assert_eq!(only_problem(&with("users", only)).1, message.replace("timestamp_column", "id_column"));
}

#[test]
fn a_parent_is_followed_alone_and_read_whole_with_its_children() {
    let id = Column::new("id", DataType::Integer).not_null();
    let text = Column::new("word", DataType::Text);
    let parent = TableSchema::builder(TableId::new("public", "parent")).column(text).column(id).children(["id"]);
    let existing = [parent.build().unwrap()];
    let capabilities = capabilities().sweep().reconcile();
    let planned = |change: fn(&mut TableSettings)| plan(&with("parent", settings(change)), &existing, &capabilities);
    let whole = planned(|_| ()).tables.remove(0);
    assert_eq!((whole.mode, whole.source.alone, whole.source.schema.key()), (Mode::Full, false, &[0_usize; 0][..]));
    let reason = "no key spans the tables that inherit from it, so it is read whole each time; set children = false to keep its own rows alone";
    assert!(whole.guarantee.to_string().ends_with(reason), "{}", whole.guarantee);
    let alone = planned(|settings| settings.children = Some(false)).tables.remove(0);
    assert_eq!((alone.mode, alone.source.alone, alone.replica.schema.key()), (Mode::Follow, true, &[1_usize][..]));
    assert_eq!(alone.guarantee, sync_core::Guarantee::Lossless);
    assert_ne!(alone.fingerprint, whole.fingerprint);
    let problem = planned(|settings| settings.mode = Some(Mode::Follow)).problems.remove(0);
    assert!(
        problem.message.ends_with(
            "mode = \"follow\" needs a key, and none spans the tables that inherit from it; set children = false to keep its own rows \
             alone, or leave `mode` out: it is read whole each time then"
        ),
        "{problem:?}"
    );
}

#[test]
fn patterns_leave_out_what_belongs_to_something_else_and_say_so() {
    let left_out = |plan: &SyncPlan| -> Vec<_> {
        plan.left_out.iter().map(|left_out| format!("{} {}", left_out.table, left_out.belongs_to)).collect()
    };
    let by_pattern = planned(&wanted(&["audit.logs", "tools.*", "*.us*", "tools.us*"]));
    assert_eq!(names(&by_pattern), ["tmp_audit_logs", "tmp_users"]);
    assert_eq!(left_out(&by_pattern), ["tools.usage extension tools"]);
    let by_name = planned(&wanted(&["*.us*", "tools.usage"]));
    assert_eq!(names(&by_name), ["tmp_tools_usage", "tmp_users"]);
    assert!(by_name.left_out.is_empty() && by_name.problems.is_empty(), "{by_name:?}");
    let mut excluded = wanted(&["*.us*"]);
    excluded.exclude.push("tools.*".parse().unwrap());
    assert!(planned(&excluded).left_out.is_empty());
}

#[test]
fn problems_say_what_to_do() {
    for (wanted, kind, message) in [
        (
            wanted(&["audit.log"]),
            ErrorKind::Config,
            "table audit.log: there is no such table in schema audit; check the spelling, and that the login may see it; it sees audit.logs, public.locked, audit.events, public.keyless, public.stamps, and 3 more",
        ),
        (wanted(&["USERS"]), ErrorKind::Config, "table USERS: there is no such table; did you mean public.users?"),
        (wanted(&["logs"]), ErrorKind::Config, "table logs: there is no such table; did you mean audit.logs?"),
        (wanted(&["x*"]), ErrorKind::Config, "table x*: no table matches this pattern"),
        (
            wanted(&["tools.*"]),
            ErrorKind::Config,
            "table tools.*: what matches this pattern belongs to something else, as tools.usage to extension tools; name it in full if you want it",
        ),
        (
            with("keyless", settings(|s| s.mode = Some(Mode::Follow))),
            ErrorKind::Config,
            "table public.keyless: mode = \"follow\" needs a key, and it has none; add a primary key, or leave `mode` out: the table is read whole each time then",
        ),
        (
            with("keyless", settings(|s| s.deletes = Some(Deletes::Soft { column: "gone".into() }))),
            ErrorKind::Config,
            "table public.keyless: deletes = \"soft\" needs a table whose changes are followed, and this one is read whole each time; leave `deletes` out",
        ),
        (
            with("users", settings(|s| s.deletes = Some(Deletes::Soft { column: "NOTE".into() }))),
            ErrorKind::Config,
            "table public.users: deleted_column \"NOTE\" is a column of the table; choose another name",
        ),
        (wanted(&["locked"]), ErrorKind::Denied, "table public.locked: the login may not read it; run GRANT SELECT"),
        (
            wanted(&["words"]),
            ErrorKind::Config,
            "table public.words: at least one of timestamp_column or id_column is required",
        ),
        (
            with("users", settings(|s| s.timestamp_column = Some("note".into()))),
            ErrorKind::Config,
            "table public.users: timestamp_column \"note\" is of type text, not a date or timestamp",
        ),
        (
            with("users", settings(|s| s.id_column = Some("uid".into()))),
            ErrorKind::Config,
            "table public.users: id_column \"uid\" does not exist; its columns are id, updated_at, note",
        ),
    ] {
        assert_eq!(only_problem(&wanted), (kind, message.to_owned()));
    }
}

#[test]
fn all_problems_of_a_table_come_at_once() {
    let plan = planned(&with(
        "keyless",
        settings(|s| (s.timestamp_column, s.id_column) = (Some("no".into()), Some("neither".into()))),
    ));
    assert_eq!(plan.problems.len(), 2, "{plan:?}");
}

#[test]
fn a_source_says_what_stands_against_a_table() {
    let table = || {
        let schema = TableSchema::builder(TableId::new("public", "users"));
        schema.column(Column::new("id", DataType::Integer).not_null()).key(["id"])
    };
    let planned = |schema: TableSchema, mode: Option<Mode>| {
        plan(&with("users", settings(|s| s.mode = mode)), &[schema], &capabilities().reconcile())
    };
    let late = table().caveat(Caveat::new("late commits wait", "grant more")).build().unwrap();
    assert_eq!(planned(late, None).tables[0].guarantee.to_string(), "bounded by 3600 s: late commits wait; grant more");
    let blind = TableSchema::builder(TableId::new("public", "users"))
        .column(Column::new("a", DataType::Integer).not_null())
        .column(Column::new("b", DataType::Integer).not_null())
        .key(["a", "b"]);
    assert_eq!(
        planned(blind.build().unwrap(), None).tables[0].guarantee.to_string(),
        "bounded by 3600 s: no column of it tells what changed, so it is compared whole each time; add a timestamp column that changes \
         with each update"
    );
    let whole = || table().only_whole(Caveat::new("it has no snapshots", "move it")).build().unwrap();
    let found = planned(whole(), None).tables.remove(0);
    let promise = "bounded by 300 s: it has no snapshots, so it is read whole each time; move it";
    assert_eq!((found.mode, found.guarantee.to_string().as_str()), (Mode::Full, promise));
    assert_eq!(
        planned(whole(), Some(Mode::Follow)).problems[0].message,
        "table public.users: mode = \"follow\" is set, but it has no snapshots; move it, or leave `mode` out: the table is read whole \
         each time then"
    );
}

#[test]
fn what_is_promised_depends_on_table_settings_and_source() {
    let all = capabilities().sweep().reconcile();
    let promised = |wanted: &Wanted, capabilities: &Capabilities| {
        plan(wanted, &existing(), capabilities).tables[0].guarantee.to_string()
    };
    let users = || wanted(&["users"]);
    assert_eq!(promised(&users(), &all), "lossless");
    for (wanted, capabilities, promise) in [
        (
            wanted(&["keyless"]),
            &all,
            "bounded by 300 s: it has no key, so it is read whole each time; add a primary key",
        ),
        (
            with("users", settings(|s| (s.mode, s.sync_interval) = (Some(Mode::Full), Some(Duration::from_secs(9))))),
            &all,
            "bounded by 9 s: mode = \"full\" is set, so it is read whole each time; leave `mode` out",
        ),
        (
            with("users", settings(|s| s.deletes = Some(Deletes::Ignore))),
            &all,
            "bounded by nothing: deletes = \"ignore\" is set; leave `deletes` out",
        ),
        (
            with("users", settings(|s| s.filter = Some("id > 1".into()))),
            &capabilities().sweep().reconcile().filter(),
            "bounded by 3600 s: its rows are chosen by `where`, which may depend on more than the row itself; leave `where` out",
        ),
        (
            users(),
            &capabilities().reconcile(),
            "bounded by 3600 s: the source can't tell late changes apart; use a source that can be swept",
        ),
        (
            users(),
            &capabilities().sweep(),
            "bounded by nothing: the source does not list its keys, so deletes are not seen; resync the table",
        ),
    ] {
        assert_eq!(promised(&wanted, capabilities), promise);
    }
}

#[test]
fn a_source_that_sweeps_needs_no_cursor_column() {
    let plan = plan(&wanted(&["words"]), &existing(), &capabilities().sweep());
    assert!(plan.problems.is_empty());
    assert!(plan.tables[0].source.keyset().is_empty());
}

#[test]
fn cursor_columns_are_chosen_so_that_no_row_hides() {
    let keyset = |wanted: &Wanted| planned(wanted).tables[0].source.keyset();
    assert_eq!(keyset(&wanted(&["users"])), [1, 0], "updated_at is never NULL, the key breaks ties");
    assert_eq!(keyset(&wanted(&["stamps"])), [2, 0], "updated_at may be NULL, so created_at it is");
    assert_eq!(keyset(&with("stamps", settings(|s| s.timestamp_column = Some("updated_at".into())))), [1, 0]);
}

#[test]
fn settings_apply_from_the_nearest_to_the_widest() {
    let mut all = wanted(&["audit.*"]);
    all.defaults.batch_size = Some(10);
    all.settings.push(WantedTable::new("audit.logs".parse().unwrap()).settings(settings(|s| s.batch_size = Some(5))));
    let sizes: Vec<_> = planned(&all).tables.iter().map(|table| table.limits.rows).collect();
    assert_eq!(sizes, [5, 10]);

    all.settings.push(WantedTable::new("users".parse().unwrap()));
    let plan = planned(&all);
    assert_eq!(
        plan.problems[0].message,
        "table users: it has settings, but `tables` does not name it; add it to `tables`"
    );
}

#[test]
fn a_table_named_twice_is_an_error() {
    let plan = planned(&wanted(&["users", "public.users"]));
    assert_eq!(plan.problems[0].message, "table public.users: it is named twice; leave one out");
}

#[test]
fn replica_names_that_differ_in_case_collide() {
    let mut plans = [
        planned(&with("users", settings(|s| s.replica = Some("R".into())))),
        planned(&with("stamps", settings(|s| s.replica = Some("r".into())))),
    ];
    sync_core::plan::refuse_collisions(&mut plans);
    assert!(plans.iter().all(|plan| plan.tables.is_empty() && plan.problems.len() == 1));
    assert!(plans[1].problems[0].message.contains("public.users and public.stamps"), "{plans:?}");
}

fn columns(wishes: &[(&str, ColumnSettings)]) -> TableSettings {
    settings(|s| s.columns = wishes.iter().map(|(name, wish)| ((*name).to_owned(), wish.clone())).collect())
}

fn wish(change: impl FnOnce(&mut ColumnSettings)) -> ColumnSettings {
    let mut wish = ColumnSettings::default();
    change(&mut wish);
    wish
}

#[test]
fn columns_are_left_out_renamed_masked_and_read_in_another_form() {
    let mut wishes = columns(&[
        ("updated_at", wish(|wish| wish.exclude = Some(true))),
        ("note", wish(|wish| (wish.rename, wish.mask) = (Some("remark".into()), Some(Mask::Hash)))),
    ]);
    wishes.timestamp_column = None;
    let plan = planned(&with("users", wishes)).tables.remove(0);
    let names = |schema: &TableSchema| schema.columns().iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&plan.source.schema), ["id", "note"]);
    assert_eq!(names(&plan.replica.schema), ["id", "remark"]);
    assert_eq!((plan.masks, plan.source.timestamp), (vec![(1, Mask::Hash)], None));
    let text = planned(&with("users", columns(&[("updated_at", wish(|wish| wish.read_as = Some(ReadAs::Text)))])));
    assert_eq!(text.tables[0].source.schema.columns()[1].read_as, Some(ReadAs::Text));
    let only = planned(&with("users", settings(|s| s.only_columns = Some(vec!["note".into(), "id".into()]))));
    assert_eq!(names(&only.tables[0].replica.schema), ["id", "note"], "in the source's order");
}

#[test]
fn a_table_without_a_column_left_is_refused() {
    let plan = planned(&with("keyless", columns(&[("word", wish(|wish| wish.exclude = Some(true)))])));
    let message = "table public.keyless: all its columns are left out; leave the table out of `tables`";
    assert_eq!(plan.problems[0].message, message);
}

#[test]
fn impossible_wishes_for_columns_name_the_key_and_the_way_out() {
    for (settings, message) in [
        (
            columns(&[("nothing", wish(|wish| wish.exclude = Some(true)))]),
            "columns \"nothing\" does not exist; its columns are id, updated_at, note",
        ),
        (
            settings(|s| s.only_columns = Some(vec!["note".into()])),
            "column \"id\" is left out, and it is part of the key; keep it, or read a view that has no such column",
        ),
        (
            columns(&[("id", wish(|wish| wish.mask = Some(Mask::Null)))]),
            "column \"id\" is part of the key, by which rows are found at the source; leave its `as` and `mask` out",
        ),
        (
            columns(&[("note", wish(|wish| wish.read_as = Some(ReadAs::Real)))]),
            "columns.note.as = \"real\" is not possible: a column of type text is no number; use \"text\", or leave it out",
        ),
        (
            columns(&[("note", wish(|wish| wish.rename = Some("ID".into())))]),
            "two of its columns would be called \"ID\" in the replica; give one of them another name with columns.NAME.rename",
        ),
        (
            settings(|s| s.filter = Some("id > 1".into())),
            "`where` is set, and this source can't filter rows; leave `where` out",
        ),
    ] {
        let (kind, text) = only_problem(&with("users", settings));
        assert_eq!((kind, text), (ErrorKind::Config, format!("table public.users: {message}")));
    }
}

#[test]
fn decimal_numbers_take_the_form_that_is_chosen_for_all() {
    for (choice, read_as) in [(None, None), (Some(Numeric::Auto), None), (Some(Numeric::Text), Some(ReadAs::Text))] {
        let table = TableSchema::builder(TableId::new("public", "prices"))
            .column(Column::new("id", DataType::Integer))
            .column(Column::new("price", DataType::Decimal { precision: 12, scale: 2 }))
            .column(Column::new("count", DataType::Integer))
            .key(["id"]);
        let wanted = with("prices", settings(|s| s.numeric = choice));
        let plan = plan(&wanted, &[table.build().unwrap()], &capabilities()).tables.remove(0);
        let forms: Vec<_> = plan.source.schema.columns().iter().map(|column| column.read_as).collect();
        assert_eq!(forms, [None, read_as, None], "{choice:?}");
    }
}
