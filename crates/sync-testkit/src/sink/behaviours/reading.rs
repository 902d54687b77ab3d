//! What is stored, read back by the sink's own means.

use sync_core::memory::OwnedRow;
use sync_core::{CopyState, DataType, Op, OwnedValue, ReplicaTable};

use crate::sink::fixture::SinkFixture;
use crate::sink::subject::{Checked, batch, build, failed, of_columns, open, publish, read_all, row, same, table};

/// More than a page of most readers.
const ROWS: i64 = 9000;

pub(super) fn keys(fixture: &dyn SinkFixture) -> Checked {
    let mut sink = open(fixture)?;
    // Of a name of its own: when other tables are published is another promise's matter.
    let table = ReplicaTable::new("tmp_kit_keys", table()?.schema);
    // Some on either side of 0, in an order that is not theirs.
    let rows = |count: i64| (0..count).map(|n| row(n * 7 % count - count / 2, "row")).collect::<Vec<_>>();
    publish(&mut *sink, &table, &rows(ROWS))?;
    build(&mut *sink, &table, &rows(11))?;
    for (state, count) in [(CopyState::Live, ROWS), (CopyState::Building, 11)] {
        let reader = sink.replica().keys(&table, state).map_err(failed("keys"))?;
        let mut given = read_all(reader, &table)?;
        given.sort_by(|a, b| a.1.cmp(&b.1));
        let key = |n| (Op::Delete, vec![OwnedValue::Integer(n - count / 2), OwnedValue::Null]);
        let expected: Vec<_> = (0..count).map(key).collect();
        if given != expected {
            let wrong = expected.iter().zip(&given).find(|(expected, given)| expected != given);
            return Err(format!("{} keys of {count} ({state:?}); the first that differ: {wrong:?}", given.len()));
        }
    }
    Ok(())
}

pub(super) fn rows(fixture: &dyn SinkFixture) -> Checked {
    let mut sink = open(fixture)?;
    let (table, rows) = awkward()?;
    publish(&mut *sink, &table, &rows)?;
    build(&mut *sink, &table, &rows[..2])?;
    let reader = sink.replica().rows(&table, CopyState::Building).map_err(failed("rows"))?;
    same("rows of the build table", &read_all(reader, &table)?.len(), &2)?;
    let reader = sink.replica().rows(&table, CopyState::Live).map_err(failed("rows"))?;
    let mut given = read_all(reader, &table)?;
    given.sort_by(|a, b| a.1.cmp(&b.1));
    let expected: Vec<_> = rows.iter().map(|row| (Op::Upsert, row.clone())).collect();
    same("rows", &given, &expected)?;

    let absent = vec![OwnedValue::Null; table.schema.columns().len() - 1];
    let absent: OwnedRow = std::iter::once(OwnedValue::Integer(1000)).chain(absent).collect();
    let asked = batch(&table, Op::Delete, &[rows[1].clone(), absent, rows[4].clone()])?;
    let found = sink.replica().rows_of(&table, &asked).map_err(failed("rows_of"))?;
    let mut found: Vec<_> = found.rows().map(|row| (row.op(), row.values().map(OwnedValue::from).collect())).collect();
    found.sort_by(|a: &(Op, OwnedRow), b| a.1.cmp(&b.1));
    same("rows of two keys of three", &found, &vec![expected[1].clone(), expected[4].clone()])
}

/// Values that a storage could take for something else.
fn awkward() -> Result<(ReplicaTable, Vec<OwnedRow>), String> {
    let columns = [
        ("id", DataType::Integer),
        ("real", DataType::Real),
        ("whole", DataType::Integer),
        ("text", DataType::Text),
        ("digits", DataType::Number),
        ("bytes", DataType::Bytes),
    ];
    let row = |id: i64, real: OwnedValue, whole: i64, text: &str, digits: &str, bytes: &[u8]| {
        let bytes = OwnedValue::Bytes(bytes.to_vec());
        vec![id.into(), real, OwnedValue::Integer(whole), text.into(), digits.into(), bytes]
    };
    let rows = vec![
        row(i64::MIN, OwnedValue::Real(1.0), i64::MAX, "", "1.50", b""),
        row(-1, OwnedValue::Real(0.1), i64::MIN, "1e5", "1e5", b"\0"),
        row(0, OwnedValue::Real(f64::INFINITY), 0, "NULL", "-0", b"text"),
        row(1, "NaN".into(), (1 << 53) + 1, "Ünïcødé ✓ 数据 🚚", "NaN", b"\xff\xfe"),
        row(2, OwnedValue::Real(-1e300), 10, "a\0b'\"\n", "18446744073709551616", b"1"),
        [OwnedValue::Integer(i64::MAX)].into_iter().chain(vec![OwnedValue::Null; 5]).collect(),
    ];
    // Of a name of its own, as above.
    Ok((ReplicaTable::new("tmp_kit_rows", of_columns(&columns, &["id"])?.schema), rows))
}
