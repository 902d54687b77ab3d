//! What the server's counters say of its tables, as tokens that are only compared.

use sync_core::{Activity, Result, TableId};
use tokio_postgres::Row;

use super::{Server, Snapshot, column};

type Texts = Vec<Option<String>>;

/// What all counters say together, and whom it was told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counters {
    pub(super) login: String,
    pub(super) written: i128,
    pub(super) deleted: i128,
    /// The tables that they are of, each as often as it was counted.
    pub(super) leaves: Vec<u32>,
}

/// A primary vouches for its counters as long as it counts. A standby counts nothing: there, nothing was written to any table while
/// the whole snapshot stands still and nobody is under way.
pub(super) fn told(server: &Server, row: &Row) -> Result<(Vec<(TableId, Activity)>, Counters)> {
    let origin = server.origin();
    let same_for_all = match server.in_recovery {
        true if server.snapshot.xmin == server.snapshot.xmax => Some(format!("{origin} {}", server.snapshot_text)),
        false if server.counting => None,
        _ => return Ok(Default::default()),
    };
    let counters = |index| column::<Option<Texts>>(row, index).map(Option::unwrap_or_default);
    let (schemas, names) = (counters(12)?, counters(13)?);
    let (written, deleted, leaves) = (counters(14)?, counters(15)?, counters(16)?);
    let together = Counters {
        login: column(row, 18)?,
        written: sum(&written),
        deleted: sum(&deleted),
        leaves: counters(17)?.iter().flatten().flat_map(|parts| parts.split(' ')).flat_map(str::parse).collect(),
    };
    let mut activities = Vec::with_capacity(names.len());
    for (index, (schema, name)) in schemas.into_iter().zip(names).enumerate() {
        let id = TableId::new(schema.unwrap_or_default(), name.unwrap_or_default());
        let text = |texts: &Texts| texts.get(index).and_then(Option::as_deref).unwrap_or_default().to_owned();
        let activity = match &same_for_all {
            Some(snapshot) => Activity::new(snapshot),
            None => {
                let deletes = format!("{origin} {} {}", text(&deleted), text(&leaves));
                Activity::new(format!("{deletes} {}", text(&written))).deletes(deletes)
            }
        };
        activities.push((id, activity));
    }
    Ok((activities, together))
}

fn sum(counters: &Texts) -> i128 {
    counters.iter().flatten().flat_map(|counter| counter.parse::<i128>()).sum()
}

impl Server {
    /// The whole snapshot, while no transaction that has written something is under way: any later one moves it.
    pub(crate) fn quiet(&self) -> Option<String> {
        self.quiet_in(self.snapshot, &self.snapshot_text)
    }

    /// The same of a later snapshot of it. The address is part of it: two standbys may have come to the same snapshot by different ways.
    pub(crate) fn quiet_in(&self, snapshot: Snapshot, text: &str) -> Option<String> {
        let quiet = snapshot.xmin == snapshot.xmax;
        quiet.then(|| format!("{} {} {text}", self.origin(), self.endpoint))
    }

    /// Whose counters these are, and since when they count.
    fn origin(&self) -> String {
        let text = |number: Option<i64>| number.map_or_else(|| "?".to_owned(), |number| number.to_string());
        format!(
            "{} {} {} {} {}",
            text(self.system),
            self.database,
            text(self.timeline.map(i64::from)),
            text(self.statistics_reset),
            text(self.database_statistics_reset)
        )
    }
}
