//! The signals that ask a program to end.

use std::time::Duration;

use tokio::runtime::Handle;

use crate::exit::Exit;

/// How often it is looked whether they are.
const LOOK: Duration = Duration::from_millis(5);

/// Waits for a signal. Where none can be waited for, it waits for ever. A signal is heard from the first poll on, so whoever selects
/// between this and its work names this first.
pub(crate) async fn signal() -> Exit {
    tokio::select! {
        () = interrupted() => Exit::Interrupted,
        () = terminated() => Exit::Terminated,
    }
}

/// Waits until all tasks of the runtime are done, as those are that cancel queries on a server; not longer than `patience`, and not
/// beyond another signal.
pub(crate) async fn wind_up(patience: Duration) {
    let idle = async {
        while Handle::current().metrics().num_alive_tasks() > 0 {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::select! {
        _ = tokio::time::timeout(patience, idle) => {}
        _ = signal() => {}
    }
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
async fn terminated() {
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut signals) => drop(signals.recv().await),
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}
