//! The endpoints, over what a daemon is doing.

use std::sync::Arc;

use sync_core::engine::Control;
use sync_core::{Engine, Error};
use sync_http::{Endpoints, Server};
use tokio::sync::Notify;

use crate::config::Config;

/// Serves the endpoints, if they are wanted.
pub(super) fn serve(
    config: &Config,
    engine: &Engine,
    control: &Control,
    reload: Arc<Notify>,
) -> Result<Option<Server>, Error> {
    if !config.http.enabled {
        return Ok(None);
    }
    let token = config.http.token.as_ref().map(|token| token.resolve()).transpose()?;
    let endpoints = Endpoints::new(engine.status(), control.clone(), config.sink.path.as_path());
    let read_token = config.http.read_token.as_ref().map(|token| token.resolve()).transpose()?;
    let endpoints = endpoints.read_token(read_token).reload(reload).token(token).debug(config.to_json().clone());
    sync_http::start(config.http.listen, endpoints).map(Some)
}
