//! A folder of JSON-lines files as a source: `orders.jsonl` is the table `orders`.
//!
//! Each line is an object and needs an `id`; a later line with the same `id` takes the place of an earlier one. The cursor is the
//! place in the file, so a file may only grow: when it shrank, it is read anew.

mod columns;
mod read;

use std::path::PathBuf;

use serde::Deserialize;
use sync_core::{
    Capabilities, Driver, Error, ReadRequest, Reader, Result, Scope, Source, SourceIdentity, TableId, TableSchema,
    async_trait,
};

/// The driver of `jsonl:///path/of/folder`.
#[derive(Debug)]
pub struct JsonlDriver;

/// What can be set.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonlConfig {
    /// The folder, as `jsonl:///path`.
    pub url: String,
}

impl Driver for JsonlDriver {
    const SCHEMES: &'static [&'static str] = &["jsonl"];
    type Config = JsonlConfig;

    async fn connect(config: JsonlConfig) -> Result<Box<dyn Source>> {
        let path = config.url.strip_prefix("jsonl://").unwrap_or_default();
        Ok(Box::new(JsonlSource::open(path)?))
    }
}

/// A folder of files that end in `.jsonl`.
#[derive(Clone, Debug)]
pub struct JsonlSource {
    folder: PathBuf,
}

impl JsonlSource {
    /// The files of this folder.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](sync_core::ErrorKind::Config) when there is no such folder.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self> {
        let folder = folder.into();
        if folder.is_dir() {
            Ok(Self { folder })
        } else {
            Err(Error::config(format!("{} is no folder", folder.display()))
                .at("url")
                .hint("write jsonl:///path/of/folder"))
        }
    }

    fn file(&self, table: &TableId) -> PathBuf {
        self.folder.join(format!("{}.jsonl", table.name()))
    }
}

#[async_trait]
impl Source for JsonlSource {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new()
    }

    async fn identity(&self) -> Result<SourceIdentity> {
        let folder = self.folder.display().to_string();
        Ok(SourceIdentity::new(&folder, format!("JSON lines in {folder}")))
    }

    async fn discover(&self) -> Result<Vec<TableSchema>> {
        let unreadable = |error| read::unreadable(&self.folder, &error);
        let mut tables = Vec::new();
        for entry in self.folder.read_dir().map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let name = path.file_stem().and_then(|stem| stem.to_str());
            if let Some(name) = name.filter(|_| path.extension().is_some_and(|extension| extension == "jsonl")) {
                tables.extend(columns::discover(TableId::unqualified(name), &path)?);
            }
        }
        tables.sort_by(|a, b| a.id().cmp(b.id()));
        Ok(tables)
    }

    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        let Scope::Table(table) = &request.scope else { return Err(request.scope.unsupported()) };
        let path = self.file(table.schema.id());
        Ok(Box::new(read::LineReader::open(&path, &table.schema, request.after.as_ref(), request.limits)?))
    }
}
