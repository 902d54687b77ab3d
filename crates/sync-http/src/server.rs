//! A server on a thread of its own.

use std::fmt;
use std::io::ErrorKind as IoErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use sync_core::{Error, Result};
use tokio::net::TcpStream;
use tokio::runtime::{self, Runtime};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time;

use crate::clock::now_ms;
use crate::endpoints::{Endpoints, HttpLimits, Shared};
use crate::router::routes_over;
use crate::{history, priority};

/// How long requests under way may take when the server stops.
const FAREWELL: Duration = Duration::from_secs(1);
/// How long to wait when no connection can be taken: the process has no more files, say.
const PAUSE: Duration = Duration::from_millis(100);
/// Bytes of a request's head.
const HEAD: usize = 64 << 10;
/// What errors name.
const PLACE: &str = "http.listen";

/// Endpoints being served. It stops when it is dropped.
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// Serves the endpoints at an address until the server is stopped or dropped. Port 0 takes a free one.
///
/// # Errors
/// [`ErrorKind::Config`](sync_core::ErrorKind::Config) when the address is in use or not this machine's, when others can reach it and no token
/// is set, or when the token is empty.
pub fn start(address: SocketAddr, mut endpoints: Endpoints) -> Result<Server> {
    check_token(address, &endpoints)?;
    endpoints.local_hosts_only = address.ip().is_loopback();
    let limits = endpoints.limits;
    let listener = bind(address)?;
    let address = listener.local_addr().map_err(|error| cant_start(&error))?;
    let runtime = runtime(limits).map_err(|error| cant_start(&error))?;
    let (stop, stopped) = watch::channel(false);
    let shared = Arc::new(Shared::new(endpoints));
    let serve = move || {
        priority::lower();
        runtime.block_on(async {
            tokio::select! {
                () = serve(listener, routes_over(Arc::clone(&shared)), limits, stopped) => {}
                () = look_after(&shared) => {}
            }
        });
        // Before the file is closed by whoever writes it: the last to close it takes away what stands beside it.
        shared.sessions.close_all();
        // Queries that nobody waits for any more were told to stop.
        runtime.shutdown_background();
    };
    let thread = thread::Builder::new().name("http".to_owned()).spawn(serve).map_err(|error| cant_start(&error))?;
    tracing::info!(%address, "serving HTTP");
    Ok(Server { address, stop, thread: Some(thread) })
}

impl Server {
    /// Where it is served, with the port that was taken.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections, lets requests under way end within a second, and ends.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        // A thread that panicked has ended too.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

fn check_token(address: SocketAddr, endpoints: &Endpoints) -> Result<()> {
    let hint = "set token_env or token_file in [http], or listen at 127.0.0.1";
    let tokens = [&endpoints.token, &endpoints.read_token];
    if let (None, Some(_)) = (&endpoints.token, &endpoints.read_token) {
        let error = Error::config("a token for reading is set, and none for commands").at("http.read_token");
        return Err(error.hint("set token_env or token_file too"));
    }
    match tokens.into_iter().flatten().find(|token| token.expose().is_empty()).or(endpoints.token.as_ref()) {
        Some(token) if token.expose().is_empty() => {
            Err(Error::config("the token is empty").at("http.token").hint("set a long random text, or none"))
        }
        None if !address.ip().is_loopback() => {
            Err(Error::config(format!("others can reach {address}, and no token is set")).at(PLACE).hint(hint))
        }
        _ => Ok(()),
    }
}

fn bind(address: SocketAddr) -> Result<TcpListener> {
    let bound = TcpListener::bind(address).and_then(|listener| listener.set_nonblocking(true).map(|()| listener));
    bound.map_err(|error| {
        let (what, hint) = match error.kind() {
            IoErrorKind::AddrInUse => ("is in use", "stop the program that listens there, or set another port"),
            IoErrorKind::AddrNotAvailable => ("is none of this machine's addresses", "set one that is"),
            IoErrorKind::PermissionDenied => ("is not open to this user", "set a port from 1024 on"),
            _ => ("can't be listened at", "set another address"),
        };
        Error::config(format!("{address} {what}")).at(PLACE).hint(hint).caused_by(error)
    })
}

fn runtime(limits: HttpLimits) -> std::io::Result<Runtime> {
    // Each query has a thread, and so has our own look at the replica.
    let threads = limits.queries.max(1) + 1;
    runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .max_blocking_threads(threads)
        .on_thread_start(priority::lower)
        .build()
}

fn cant_start(error: &std::io::Error) -> Error {
    Error::unavailable(format!("the server can't be started: {error}")).at(PLACE)
}

/// For as long as it is polled.
async fn look_after(shared: &Shared) {
    loop {
        time::sleep(history::EVERY).await;
        shared.sessions.close_idle();
        shared.history.note(&shared.endpoints.status.borrow(), now_ms());
    }
}

async fn serve(listener: TcpListener, router: Router, limits: HttpLimits, mut stopped: watch::Receiver<bool>) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!("{}", cant_start(&error)),
    };
    let places = Arc::new(Semaphore::new(limits.connections.max(1)));
    let mut connections = JoinSet::new();
    let accept = async || {
        let place = Arc::clone(&places).acquire_owned().await;
        (place, listener.accept().await)
    };
    let mut refused = false;
    loop {
        let (place, accepted) = tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => break,
            accepted = accept() => accepted,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
        };
        match accepted {
            Ok((stream, _)) => {
                refused = false;
                let connection = connection(stream, router.clone(), limits, stopped.clone());
                connections.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                if !std::mem::replace(&mut refused, true) {
                    tracing::warn!("no connection can be taken: {error}");
                }
                time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    // What is not done by then is dropped with the set.
    let _ = time::timeout(FAREWELL, async { while connections.join_next().await.is_some() {} }).await;
}

/// Answers the requests of one connection, until the client, its time, or the server ends it.
async fn connection(stream: TcpStream, router: Router, limits: HttpLimits, mut stopped: watch::Receiver<bool>) {
    // Answers are whole: nothing is gained by waiting for more.
    let _ = stream.set_nodelay(true);
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_header_size(HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut served = pin!(served);
    tokio::select! {
        // Clients that break off are none of our business.
        _ = &mut served => return,
        _ = stopped.wait_for(|stopped| *stopped) => {}
        () = time::sleep(limits.connection) => {}
    }
    served.as_mut().graceful_shutdown();
    let _ = time::timeout(limits.request, served).await;
}
