//! Numbers as Prometheus reads them: its text format, version 0.0.4.

use std::fmt::{self, Write as _};

use sync_core::Guarantee;
use sync_core::status::{RunDurations, Status, TableStatus};

use crate::stored::Stored;

/// Everything, at a time in milliseconds since 1970.
pub(crate) fn metrics(status: &Status, stored: &Stored, now_ms: i64) -> String {
    let mut text = String::new();
    // Writing to a text can't fail.
    let _ = write(&mut Page { out: &mut text, status, stored, now_ms });
    text
}

struct Page<'a> {
    out: &'a mut String,
    status: &'a Status,
    stored: &'a Stored,
    now_ms: i64,
}

fn write(page: &mut Page<'_>) -> fmt::Result {
    page.single("build_info", "The release that runs.", &[("version", env!("CARGO_PKG_VERSION"))], 1.0)?;
    of_tables(page)?;
    failures(page)?;
    durations(page)?;
    of_sources(page)?;
    let queue = page.status.waiting_bytes;
    page.single("writer_queue_bytes", "Bytes of rows that wait to be written.", &[], queue as f64)?;
    if let Some(facts) = &page.stored.facts {
        let (file, log) = (facts.bytes as f64, facts.log_bytes as f64);
        page.single("replica_bytes", "Size of the replica's file.", &[], file)?;
        page.single("replica_log_bytes", "Size of the write-ahead log beside it.", &[], log)?;
        if let Some(free) = facts.free_bytes {
            page.single("replica_free_bytes", "Room that is left on its file system.", &[], free as f64)?;
        }
    }
    Ok(())
}

fn of_tables(page: &mut Page<'_>) -> fmt::Result {
    let now_ms = page.now_ms;
    page.each("table_rows_read_total", "counter", "Rows that the source gave.", |table| {
        Some(table.totals.rows_read as f64)
    })?;
    page.each("table_rows_changed_total", "counter", "Rows inserted, changed or deleted in the replica.", |table| {
        Some(table.totals.rows_changed as f64)
    })?;
    page.each(
        "table_read_bytes_total",
        "counter",
        "Bytes of the rows that the source gave, as held in memory.",
        |table| Some(table.totals.bytes_read as f64),
    )?;
    let last = |page: &Page<'_>, table: &TableStatus| {
        let stored = page.stored.tables.get(&table.replica).and_then(|stored| stored.last_success_ms);
        table.last_success_ms.max(stored)
    };
    let successes: Vec<_> = page.status.tables.iter().map(|table| last(page, table)).collect();
    let mut at = successes.iter();
    page.each("table_last_success_timestamp_seconds", "gauge", "When a run succeeded last.", |_| {
        at.next().copied().flatten().map(|success| success as f64 / 1000.0)
    })?;
    let mut at = successes.iter();
    page.each("table_lag_seconds", "gauge", "How long ago a run succeeded last.", |_| {
        at.next().copied().flatten().map(|success| now_ms.saturating_sub(success).max(0) as f64 / 1000.0)
    })?;
    let stored = page.stored;
    page.each("table_failed_rows", "gauge", "Rows that are kept aside, as they can't be stored.", |table| {
        stored.tables.get(&table.replica).map(|stored| stored.failed_rows as f64)
    })?;
    page.each("table_paused", "gauge", "Whether the table is paused.", |table| {
        Some(f64::from(u8::from(table.paused)))
    })?;
    page.each("table_lossless", "gauge", "Whether no change is missed, however it was made.", |table| {
        Some(f64::from(u8::from(matches!(table.guarantee, Guarantee::Lossless))))
    })?;
    page.each("table_sync_interval_seconds", "gauge", "How often the table is synced.", |table| {
        table.interval.map(|interval| interval.as_secs_f64())
    })
}

fn failures(page: &mut Page<'_>) -> fmt::Result {
    page.head("table_run_failures_total", "counter", "Runs that failed, by what was to be done about it.")?;
    for table in &page.status.tables {
        for (kind, count) in &table.totals.failures {
            page.labelled("table_run_failures_total", table, &[("kind", kind)], *count as f64)?;
        }
    }
    Ok(())
}

fn durations(page: &mut Page<'_>) -> fmt::Result {
    const NAME: &str = "table_run_duration_seconds";
    page.head(NAME, "histogram", "How long runs took, whether they went well or not.")?;
    for table in &page.status.tables {
        let durations = &table.totals.durations;
        let mut runs = 0;
        for (bound, count) in RunDurations::BOUNDS.iter().zip(durations.counts) {
            runs += count;
            let bound = (*bound as f64 / 1000.0).to_string();
            page.labelled(&format!("{NAME}_bucket"), table, &[("le", &bound)], runs as f64)?;
        }
        page.labelled(&format!("{NAME}_bucket"), table, &[("le", "+Inf")], durations.runs() as f64)?;
        page.labelled(&format!("{NAME}_sum"), table, &[], durations.sum.as_secs_f64())?;
        page.labelled(&format!("{NAME}_count"), table, &[], durations.runs() as f64)?;
    }
    Ok(())
}

fn of_sources(page: &mut Page<'_>) -> fmt::Result {
    page.head("source_up", "gauge", "Whether the source answers.")?;
    for source in &page.status.sources {
        let name = source.name.as_deref().unwrap_or_default();
        let up = source.identity.is_some() && source.error.is_none();
        page.sample("source_up", &[("source", name)], f64::from(u8::from(up)))?;
    }
    // Such a table has no series of its own, so nothing else tells of it.
    page.head("source_problems", "gauge", "Wanted tables that can't be synced.")?;
    for source in &page.status.sources {
        let name = source.name.as_deref().unwrap_or_default();
        page.sample("source_problems", &[("source", name)], source.problems.len() as f64)?;
    }
    Ok(())
}

impl Page<'_> {
    fn head(&mut self, name: &str, kind: &str, help: &str) -> fmt::Result {
        writeln!(self.out, "# HELP data_sync_{name} {help}\n# TYPE data_sync_{name} {kind}")
    }

    fn single(&mut self, name: &str, help: &str, labels: &[(&str, &str)], value: f64) -> fmt::Result {
        self.head(name, "gauge", help)?;
        self.sample(name, labels, value)
    }

    /// One sample a table; none where there is nothing to tell.
    fn each(
        &mut self,
        name: &str,
        kind: &str,
        help: &str,
        mut value: impl FnMut(&TableStatus) -> Option<f64>,
    ) -> fmt::Result {
        self.head(name, kind, help)?;
        for table in &self.status.tables {
            if let Some(value) = value(table) {
                self.labelled(name, table, &[], value)?;
            }
        }
        Ok(())
    }

    fn labelled(&mut self, name: &str, table: &TableStatus, more: &[(&str, &str)], value: f64) -> fmt::Result {
        let source = self.status.sources.get(table.source).and_then(|source| source.name.as_deref());
        let id = table.table.to_string();
        let mut labels =
            vec![("source", source.unwrap_or_default()), ("table", id.as_str()), ("replica", &table.replica)];
        labels.extend(more);
        self.sample(name, &labels, value)
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) -> fmt::Result {
        write!(self.out, "data_sync_{name}")?;
        for (number, (label, text)) in labels.iter().enumerate() {
            let before = if number == 0 { '{' } else { ',' };
            write!(self.out, "{before}{label}=\"{}\"", escaped(text))?;
        }
        let after = if labels.is_empty() { "" } else { "}" };
        writeln!(self.out, "{after} {value}")
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::status;

    #[test]
    fn a_table_that_can_not_be_synced_is_counted_as_it_has_no_series_of_its_own() {
        let text = metrics(&status(&["users", "absent"]), &Stored::default(), 0);
        assert!(text.contains("\ndata_sync_source_problems{source=\"\"} 1\n") && !text.contains("absent"), "{text}");
    }
}
