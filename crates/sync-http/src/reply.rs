//! Answers: JSON, whatever happens.

use std::fmt;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use serde::Serialize;
use serde_json::json;
use sync_core::{Error, ErrorKind};

use crate::pool::NoResult;

/// A whole JSON text with its status.
#[derive(Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    body: Vec<u8>,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Reply {
    pub(crate) fn new(status: StatusCode, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => Self { status, body, header: None },
            Err(_) => {
                let body = br#"{"error":"the answer could not be written as JSON"}"#.to_vec();
                Self { status: StatusCode::INTERNAL_SERVER_ERROR, body, header: None }
            }
        }
    }

    pub(crate) fn ok(body: &impl Serialize) -> Self {
        Self::new(StatusCode::OK, body)
    }

    pub(crate) fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        self.header = Some((name, HeaderValue::from_static(value)));
        self
    }

    /// Tells up to which number of `/events` the answer is sure to reach.
    pub(crate) fn reaching(mut self, sequence: u64) -> Self {
        self.header = Some((HeaderName::from_static("x-sync-seq"), HeaderValue::from(sequence)));
        self
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some((name, value)) = self.header {
            headers.insert(name, value);
        }
        response
    }
}

/// A request that can't be served: a status, and what to say.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    message: String,
    header: Option<(HeaderName, &'static str)>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), header: None }
    }

    pub(crate) fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        self.header = Some((name, value));
        self
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// In the form of the endpoints that tell success by a key: `{"success":false,"error":…}`.
    pub(crate) fn without_success(self) -> Reply {
        let body = json!({ "success": false, "error": self.message });
        self.reply(&body)
    }

    fn reply(&self, body: &impl Serialize) -> Reply {
        let reply = Reply::new(self.status, body);
        match self.header.clone() {
            Some((name, value)) => reply.with(name, value),
            None => reply,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response<Body> {
        self.reply(&json!({ "error": self.message })).into_response()
    }
}

/// What the one who asked can cure is 400; a replica that is not there yet or busy, 503.
impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = match error.kind() {
            ErrorKind::Unsupported => StatusCode::BAD_REQUEST,
            ErrorKind::Config | ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let refusal = Self::new(status, error.to_string());
        if error.kind().is_transient() { refusal.with(RETRY_AFTER, "1") } else { refusal }
    }
}

impl From<NoResult> for Refusal {
    fn from(reason: NoResult) -> Self {
        match reason {
            NoResult::Full => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "too many queries are running; try again in a second")
                    .with(RETRY_AFTER, "1")
            }
            NoResult::Lost => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the work on this request broke off"),
        }
    }
}
