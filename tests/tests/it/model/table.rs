//! The plain model: what the table holds, as a map.

use std::collections::BTreeMap;

/// Rows by key; each has a value for each column beyond the key.
#[derive(Clone, Debug)]
pub(super) struct Model {
    /// `value`, and what was added.
    pub(super) columns: Vec<String>,
    pub(super) rows: BTreeMap<i64, Vec<Option<i64>>>,
    defaults: Vec<Option<i64>>,
}

impl Model {
    pub(super) fn new() -> Self {
        Self { columns: vec!["value".to_owned()], rows: BTreeMap::new(), defaults: vec![None] }
    }

    pub(super) fn insert(&mut self, id: i64, value: i64) {
        let mut row = self.defaults.clone();
        row[0] = Some(value);
        self.rows.entry(id).or_insert(row);
    }

    pub(super) fn update(&mut self, id: i64, value: i64) {
        if let Some(row) = self.rows.get_mut(&id) {
            row[0] = Some(value);
        }
    }

    pub(super) fn move_row(&mut self, from: i64, to: i64) {
        if !self.rows.contains_key(&to)
            && let Some(row) = self.rows.remove(&from)
        {
            self.rows.insert(to, row);
        }
    }

    pub(super) fn add_column(&mut self, name: &str, default: Option<i64>) {
        self.columns.push(name.to_owned());
        self.defaults.push(default);
        self.rows.values_mut().for_each(|row| row.push(default));
    }

    /// The column that was added last, if one was.
    pub(super) fn drop_column(&mut self) -> Option<String> {
        if self.columns.len() == 1 {
            return None;
        }
        self.defaults.pop();
        self.rows.values_mut().for_each(|row| row.truncate(row.len() - 1));
        self.columns.pop()
    }

    /// Lines as a query of these columns gives them.
    pub(super) fn text(&self) -> String {
        let cell = |value: &Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
        let line = |(id, row): (&i64, &Vec<Option<i64>>)| {
            let cells: Vec<_> = row.iter().map(cell).collect();
            format!("{id}|{}", cells.join("|"))
        };
        self.rows.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}
