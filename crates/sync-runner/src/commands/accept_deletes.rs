//! `data-sync accept-deletes`: deletes that are held back are carried out, however many they are.

use sink_sqlite::SqliteReplica;
use sync_core::engine::TableReport;
use sync_core::{Error, HeldDeletes, Registry, Result};

use super::planned::{Planned, plan};
use crate::config::Config;
use crate::connect::open_engine;
use crate::console::Console;
use crate::exit::Exit;
use crate::interrupt;
use crate::named::named;

pub(super) async fn run(config: &Config, registry: &Registry, console: &Console, table: &str) -> Exit {
    tokio::select! {
        biased;
        exit = interrupt::signal() => exit,
        exit = accept(config, registry, console, table) => exit,
    }
}

async fn accept(config: &Config, registry: &Registry, console: &Console, table: &str) -> Exit {
    let (replica, held) = match held(config, table) {
        Ok(found) => found,
        Err((error, exit)) => {
            console.error(&error);
            return exit;
        }
    };
    if held.is_none() {
        console.line(format_args!("{replica}: no deletes are held back"));
        return Exit::Success;
    }
    let Planned { sources, tables, exit } = plan(config, registry, console).await;
    let Some(planned) = tables.iter().find(|table| table.plan.replica.name == replica) else {
        if exit == Exit::Success {
            console.error(
                &Error::config("no source has it any more").at(format!("table {table}")).hint("name it in `tables`"),
            );
        }
        return exit.or(Exit::Failed);
    };
    let engine = match open_engine(config, sources) {
        Ok(engine) => engine,
        Err(error) => {
            console.error(&error);
            return Exit::Replica;
        }
    };
    engine.accept_deletes(&replica);
    match engine.sync_one(planned.source, &planned.plan).await {
        Ok(TableReport { error: None, written, .. }) => {
            console.line(format_args!("{replica}: rows deleted: {}", written.deleted));
            Exit::Success
        }
        Ok(TableReport { error: Some(error), .. }) | Err(error) => {
            console.error(&error);
            Exit::Failed
        }
    }
}

/// The replica that is meant, and what is held back of it.
fn held(config: &Config, table: &str) -> Result<(String, Option<HeldDeletes>), (Error, Exit)> {
    let look = || {
        let replica = SqliteReplica::open(&config.sink.path)?;
        Ok((replica.tables()?, replica.is_being_synced()?))
    };
    let (known, is_being_synced) = look().map_err(|error| (error, Exit::Replica))?;
    let table = named(config, &known, table).map_err(|error| (error, Exit::Failed))?;
    if is_being_synced {
        let error = Error::config("it is being synced").at(format!("replica {}", config.sink.path.display()));
        let error = error.hint("send POST /accept-deletes to the daemon, or stop it before");
        return Err((error, Exit::Replica));
    }
    Ok((table.name.clone(), table.upkeep.held.clone()))
}
