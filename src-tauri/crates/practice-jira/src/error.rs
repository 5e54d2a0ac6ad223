//! The error a Jira call can end with, in the shape Jira writes it.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// Why a practice site could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The port is used by somebody else, or may not be opened.
    #[error(
        "Port {port} on 127.0.0.1 cannot be opened ({source}). Choose another with --port, or 0 for a free one."
    )]
    Port {
        /// The port that was asked for.
        port: u16,
        /// What the system said.
        source: std::io::Error,
    },
    /// The data file or folder cannot be used.
    #[error("The data file cannot be used: {0}.")]
    Data(String),
    /// There is no room left for the data.
    #[error("The disk is full.")]
    Full,
    /// A switch or option makes no sense.
    #[error("{0}")]
    Option(String),
}

impl Error {
    pub(crate) fn from_io(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull => Self::Full,
            _ => Self::Data(error.to_string()),
        }
    }

    pub(crate) fn from_sql(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            _ => Self::Data(error.to_string()),
        }
    }
}

/// A refusal as Jira words it: a status, sentences, and one sentence per field.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub status: StatusCode,
    pub messages: Vec<String>,
    pub errors: Box<Map<String, Value>>,
    pub headers: Vec<(&'static str, String)>,
}

pub(crate) type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, messages: vec![message.into()], errors: Box::default(), headers: Vec::new() }
    }

    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub fn field(field: &str, message: impl Into<String>) -> Self {
        let mut errors = Map::new();
        errors.insert(field.to_owned(), Value::String(message.into()));
        Self {
            status: StatusCode::BAD_REQUEST,
            messages: Vec::new(),
            errors: Box::new(errors),
            headers: Vec::new(),
        }
    }

    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    pub fn issue_not_found() -> Self {
        Self::not_found("Issue does not exist or you do not have permission to see it.")
    }

    /// The same refusal as a bad request, where an operation knows no other status.
    pub fn into_bad(mut self) -> Self {
        self.status = StatusCode::BAD_REQUEST;
        self
    }

    pub fn unauthorized() -> Self {
        let mut error =
            Self::new(StatusCode::UNAUTHORIZED, "Client must be authenticated to access this resource.");
        error.headers.push(("x-seraph-loginreason", "AUTHENTICATED_FAILED".to_owned()));
        error.headers.push(("www-authenticate", "OAuth realm=\"practice\"".to_owned()));
        error
    }

    pub fn internal(what: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, format!("Internal server error: {what}"))
    }
}

impl From<rusqlite::Error> for ApiError {
    fn from(error: rusqlite::Error) -> Self {
        Self::internal(error)
    }
}

impl From<serde_json::Error> for ApiError {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(error)
    }
}

impl From<std::io::Error> for ApiError {
    fn from(error: std::io::Error) -> Self {
        Self::internal(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({"errorMessages": self.messages, "errors": self.errors});
        let mut response = (self.status, Json(body)).into_response();
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(header::HeaderName::from_static(name), value);
            }
        }
        response
    }
}
