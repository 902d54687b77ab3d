//! The tables of all sources, planned, for commands that deal with single ones.

use sync_core::engine::inventory;
use sync_core::{EngineSource, Error, Registry, TablePlan};

use crate::config::Config;
use crate::connect::{Connected, connect};
use crate::console::Console;
use crate::exit::Exit;
use crate::named::Named;

/// Sources with their planned tables; what could not be planned was printed, and `exit` says how bad that is.
pub(super) struct Planned {
    pub(super) sources: Vec<EngineSource>,
    pub(super) tables: Vec<PlannedTable>,
    pub(super) exit: Exit,
}

/// A table with the position of its source.
pub(super) struct PlannedTable {
    pub(super) source: usize,
    pub(super) plan: TablePlan,
}

impl Named for PlannedTable {
    fn replica(&self) -> &str {
        self.plan.replica()
    }

    fn source_table(&self) -> Option<String> {
        self.plan.source_table()
    }
}

/// Asks all sources what they have.
pub(super) async fn plan(config: &Config, registry: &Registry, console: &Console) -> Planned {
    let Connected { sources, configs, mut exit } = connect(config, registry, console).await;
    let mut tables = Vec::new();
    for ((source, answer), config) in inventory(&sources).await.into_iter().enumerate().zip(&configs) {
        match answer {
            Ok(inventory) => {
                for problem in &inventory.plan.problems {
                    console.error(&config.label(&Error::new(problem.kind, problem.message.as_str())));
                    exit = exit.or(Exit::Failed);
                }
                tables.extend(inventory.plan.tables.into_iter().map(|plan| PlannedTable { source, plan }));
            }
            Err(error) => {
                console.error(&config.label(&error));
                exit = exit.or(Exit::from(&error));
            }
        }
    }
    Planned { sources, tables, exit }
}
