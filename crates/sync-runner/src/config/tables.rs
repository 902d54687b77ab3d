//! Which tables: `tables`, `exclude`, and `[table.NAME]` with the settings of one.

use figment::value::Value;
use sync_core::plan::{Deletes, Mode, Numeric, OnSchemaChange, OnSourceChange};
use sync_core::{Error, TableName, TableSettings, WantedTable};

use super::section::{Reading, Section, mismatch};
use super::times::{TIMES, times};
use super::toml_file::element;
use super::{belongs_to_the_top, columns};

const A_LIST: &str = "a list such as [\"users\", \"audit.*\"]";
const FIX_OF_ELEMENT: &str = "write \"users\" or { name = \"users\" }";

/// Tables by name or pattern, with their settings.
#[derive(Clone, Default)]
pub(super) struct Selection {
    pub(super) tables: Vec<WantedTable>,
    pub(super) exclude: Vec<TableName>,
    /// From `[table.NAME]`.
    pub(super) settings: Vec<WantedTable>,
    /// Where it begins, if there is anything.
    pub(super) place: Option<String>,
}

impl Selection {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let mut selection = Self::default();
        for key in ["tables", "exclude", "table"] {
            if let Some(place) = section.place_of(key) {
                selection.place.get_or_insert(place);
            }
        }
        for (path, value) in list(section, "tables", A_LIST) {
            selection.read_element(section.reading(), path, value);
        }
        for (path, value) in list(section, "exclude", A_LIST) {
            let tag = value.tag();
            match name(&value) {
                Ok(name) => selection.exclude.push(name),
                Err(error) => section.reading().problem(error.at(section.reading().place(&path, tag))),
            }
        }
        let header = section.header_of("table");
        let fix = format!("write [{header}.NAME], with a NAME that has a dot in quotes: [{header}.\"audit.logs\"]");
        for (key, table) in section.sections("table", &fix) {
            selection.read_settings(&key, table);
        }
        selection
    }

    /// Adds another selection after this one.
    pub(super) fn extend(&mut self, other: &Self) {
        let other = other.clone();
        self.tables.extend(other.tables);
        self.exclude.extend(other.exclude);
        self.settings.extend(other.settings);
    }

    /// An element of `tables`: a name, or a table with one.
    fn read_element(&mut self, reading: &Reading<'_>, path: Vec<String>, value: Value) {
        let tag = value.tag();
        if !matches!(value, Value::Dict(..)) {
            match name(&value) {
                Ok(name) => self.tables.push(WantedTable::new(name)),
                Err(error) => reading.problem(error.at(reading.place(&path, tag)).hint(FIX_OF_ELEMENT)),
            }
            return;
        }
        let Some(mut section) = Section::of(reading, path, value, FIX_OF_ELEMENT) else { return };
        if !section.has("name") {
            reading.problem(Error::config("it has no name").at(section.place()).hint("add name = \"…\""));
        }
        let mut name = section.parsed("name", |value| name(&value));
        if let Some(schema) = section.text("schema") {
            name = name.map(|name| name.in_schema(schema));
        }
        self.tables.extend(read_table(name, section));
    }

    /// A `[table.NAME]`.
    fn read_settings(&mut self, key: &str, section: Section<'_, '_>) {
        let reading = section.reading();
        let name = key.parse::<TableName>().and_then(|name| match name.is_pattern() {
            true => Err(Error::config("a pattern has no section of its own")
                .hint(format!("write {{ name = {key:?}, … }} in `tables`"))),
            false => Ok(name),
        });
        let name = name.map_err(|error| reading.problem(error.at(section.place()))).ok();
        self.settings.extend(read_table(name, section));
    }
}

/// The settings that both forms share.
fn read_table(name: Option<TableName>, mut section: Section<'_, '_>) -> Option<WantedTable> {
    let mut own = settings(&mut section);
    columns::read(&mut section, &mut own);
    own.children = section.flag("children");
    if own.children.is_some() && name.as_ref().is_some_and(TableName::is_pattern) {
        let error = Error::config("a pattern can't have one `children` for all its tables").at(section.place());
        section.reading().problem(error.hint("name the table"));
    }
    if own.filter.is_some() && name.as_ref().is_some_and(TableName::is_pattern) {
        let error = Error::config("a pattern can't have one `where` for all its tables").at(section.place());
        section.reading().problem(error.hint("name the table"));
    }
    own.replica = section.text("replica");
    if own.replica.is_some() && name.as_ref().is_some_and(TableName::is_pattern) {
        let error = Error::config("a pattern can't have one `replica` for all its tables").at(section.place());
        section.reading().problem(error.hint("name the table, or use `prefix`"));
    }
    let top = belongs_to_the_top(&section);
    let (reading, path, nested) = (section.reading(), section.path().to_vec(), section.nested());
    section.refuse_rest(|key| match key {
        "name" | "schema" => named_by_header(reading, &path),
        "filter" => Some("a condition on rows is called `where`".to_owned()),
        _ if nested.iter().any(|name| name == key) => unquoted_dot(reading, &path, key).or_else(|| top(key)),
        _ => top(key),
    });
    Some(WantedTable::new(name?).settings(own))
}

/// What can be set for all tables and for one.
pub(super) fn settings(section: &mut Section<'_, '_>) -> TableSettings {
    let mut settings = TableSettings::default();
    settings.timestamp_column = section.text("timestamp_column");
    settings.id_column = section.text("id_column");
    settings.batch_size = section.number("batch_size", 1..=1_000_000);
    settings.max_row_bytes = section.number("max_row_bytes", 1024..=1_000_000_000);
    settings.sync_interval = section.span("sync_interval");
    settings.sync_times = section.parsed("sync_times", |value| match &value {
        Value::String(_, text) => times(text),
        _ => Err(mismatch(TIMES, &value)),
    });
    settings.sweep_interval = section.span("sweep_interval");
    settings.copy_snapshot_max = section.span("copy_snapshot_max");
    settings.max_skip = section.span("max_skip");
    settings.mode = section.choice("mode", &[("follow", Mode::Follow), ("full", Mode::Full)]);
    settings.deletes = deletes(section);
    settings.reconcile_interval = section.span("reconcile_interval");
    settings.max_delete_fraction = section.fraction("max_delete_fraction");
    settings.on_source_change = section.choice(
        "on_source_change",
        &[("stop", OnSourceChange::Stop), ("resync", OnSourceChange::Resync), ("repair", OnSourceChange::Repair)],
    );
    settings.on_schema_change = section.choice(
        "on_schema_change",
        &[("follow", OnSchemaChange::Follow), ("freeze", OnSchemaChange::Freeze), ("stop", OnSchemaChange::Stop)],
    );
    settings.numeric =
        section.choice("numeric", &[("auto", Numeric::Auto), ("text", Numeric::Text), ("real", Numeric::Real)]);
    settings.indexes = section.flag("indexes");
    settings
}

/// The column in which `deletes = "soft"` marks rows unless it is said.
const DELETED_COLUMN: &str = "deleted_at_source";

/// `deletes`, with the column beside it.
fn deletes(section: &mut Section<'_, '_>) -> Option<Deletes> {
    let is_set = section.has("deletes");
    let soft = Deletes::Soft { column: DELETED_COLUMN.to_owned() };
    let chosen =
        section.choice("deletes", &[("reconcile", Deletes::Reconcile), ("soft", soft), ("ignore", Deletes::Ignore)]);
    let place = section.place_of("deleted_column");
    let column = section.text("deleted_column");
    if let Some(Deletes::Soft { .. }) = chosen {
        return column.map(|column| Deletes::Soft { column }).or(chosen);
    }
    // Where `deletes` itself is wrong, enough was told.
    if let Some(place) = place.filter(|_| chosen.is_some() || !is_set) {
        let error = Error::config("it has no effect without deletes = \"soft\" beside it").at(place);
        section.reading().problem(error.hint("add deletes = \"soft\", or leave deleted_column out"));
    }
    chosen
}

/// The elements of a list, each with its path. A text is a list with commas, as from an environment variable.
pub(super) fn list(section: &mut Section<'_, '_>, key: &'static str, expected: &str) -> Vec<(Vec<String>, Value)> {
    let path = section.path_of(key);
    let header = section.header_of("table");
    let elements = section.parsed(key, |value| match value {
        Value::Array(_, elements) => Ok(elements),
        Value::String(tag, text) => {
            Ok(split(&text).into_iter().map(|name| Value::String(tag, name.to_owned())).collect())
        }
        other => {
            let error = mismatch(expected, &other);
            let is_section = matches!(other, Value::Dict(..)) && key == "tables";
            Err(if is_section {
                error.hint(format!("the settings of one table stand in [{header}.NAME]"))
            } else {
                error
            })
        }
    });
    let numbered = elements.unwrap_or_default().into_iter().enumerate();
    numbered.map(|(index, value)| (path.iter().cloned().chain([element(index)]).collect(), value)).collect()
}

/// Splits at commas that stand outside of quotes.
fn split(text: &str) -> Vec<&str> {
    let mut quoted = false;
    let parts = text.split(|character| {
        quoted ^= character == '"';
        character == ',' && !quoted
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn name(value: &Value) -> Result<TableName, Error> {
    match value {
        Value::String(_, text) => text.parse(),
        other => Err(mismatch("the name of a table, in quotes", other)),
    }
}

fn named_by_header(reading: &Reading<'_>, path: &[String]) -> Option<String> {
    let header = renamed(reading, path, |name| format!("schema.{name}"))?;
    Some(format!("the header says which table it is; with a schema, write [{header}]"))
}

/// `[table.audit.logs]` is a table `logs` within `[table.audit]`.
fn unquoted_dot(reading: &Reading<'_>, path: &[String], key: &str) -> Option<String> {
    let header = renamed(reading, path, |name| format!("{name}.{key}"))?;
    Some(format!("a NAME with a dot goes in quotes: [{header}]"))
}

/// The header of a `[table.NAME]` with another name.
fn renamed(reading: &Reading<'_>, path: &[String], name: impl FnOnce(&str) -> String) -> Option<String> {
    let (last, above) = path.split_last()?;
    above.last().filter(|key| *key == "table")?;
    Some(reading.header(&[above, &[name(last)]].concat()))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_text_is_split_outside_of_quotes() {
        assert_eq!(split("users, audit.*,"), ["users", "audit.*"]);
        assert_eq!(split("\"a,b\".c,d"), ["\"a,b\".c", "d"]);
        assert!(split("").is_empty());
    }
}
