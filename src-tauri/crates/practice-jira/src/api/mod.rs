//! The Jira API: which address is which operation.

mod attachments;
mod comments;
mod issues;
mod meta;
mod projects;
mod properties;
pub(crate) mod search;

pub(crate) use properties::link_beans;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::routing::{get, post};

use crate::error::ApiError;
use crate::gate::{Caller, gate};
use crate::state::{Site, User};

/// What every operation needs: the site, and which version of the API it answers for.
#[derive(Clone)]
pub(crate) struct Api {
    pub site: Arc<Site>,
    pub v2: bool,
}

/// The signed-in person.
pub(crate) struct Me(pub User);

impl<S: Send + Sync> FromRequestParts<S> for Me {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let found = parts.extensions.get::<Caller>();
        found.map(|c| Self(c.0.clone())).ok_or_else(ApiError::unauthorized)
    }
}

/// A JSON body; what cannot be read is refused as Jira does.
pub(crate) struct Body(pub serde_json::Value);

impl<S: Send + Sync> axum::extract::FromRequest<S> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = axum::body::Bytes::from_request(request, state)
            .await
            .map_err(|_| ApiError::bad("The request body cannot be read or is too large."))?;
        if bytes.is_empty() {
            return Ok(Self(serde_json::Value::Object(serde_json::Map::new())));
        }
        let value = serde_json::from_slice(&bytes);
        value.map(Self).map_err(|_| {
            ApiError::bad("Invalid request payload. Refer to the REST API documentation and try again.")
        })
    }
}

/// A query string in which a name may stand several times.
pub(crate) struct Params(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}

impl Params {
    pub fn one(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Every value, whether repeated or separated by commas.
    pub fn list(&self, name: &str) -> Vec<String> {
        let all = self.0.iter().filter(|(n, _)| n == name);
        all.flat_map(|(_, v)| v.split(',')).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty()).collect()
    }

    pub fn number(&self, name: &str, default: usize) -> usize {
        self.one(name).and_then(|v| v.parse().ok()).unwrap_or(default)
    }

    pub fn expands(&self, what: &str) -> bool {
        self.list("expand").iter().any(|e| e == what)
    }
}

/// Strings of a JSON list; numbers count as their text.
pub(crate) fn strings(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::String(text) => text.split(',').map(|t| t.trim().to_owned()).collect(),
        other => other
            .as_array()
            .map_or(&[][..], Vec::as_slice)
            .iter()
            .filter_map(|v| v.as_str().map(str::to_owned).or_else(|| v.as_i64().map(|n| n.to_string())))
            .collect(),
    }
}

/// Cuts a page out of a whole.
pub(crate) fn page<T>(
    all: Vec<T>,
    params: &Params,
    default: usize,
    max: usize,
) -> (usize, usize, usize, Vec<T>) {
    let start = params.number("startAt", 0);
    let size = params.number("maxResults", default).min(max);
    let total = all.len();
    (start, size, total, all.into_iter().skip(start).take(size).collect())
}

fn operations() -> Router<Api> {
    Router::new()
        .route("/myself", get(meta::myself))
        .route("/serverInfo", get(meta::server_info))
        .route("/field", get(meta::fields))
        .route("/priority", get(meta::priorities))
        .route("/status", get(meta::statuses))
        .route("/resolution", get(meta::nothing))
        .route("/issueLinkType", get(meta::link_types))
        .route("/user", get(meta::user))
        .route("/user/search", get(meta::user_search))
        .route("/user/assignable/search", get(meta::user_search))
        .route("/issuetype", get(meta::issue_types))
        .route("/issuetype/project", get(meta::issue_types_of_project))
        .route("/issuetypescheme/project", get(meta::type_schemes))
        .route("/permissions/check", post(projects::check_permissions))
        .route("/mypermissions", get(projects::my_permissions))
        .route("/project", get(projects::list))
        .route("/project/search", get(projects::search))
        .route("/project/{projectIdOrKey}", get(projects::one))
        .route("/project/{projectIdOrKey}/statuses", get(projects::statuses))
        .route("/issue/createmeta/{projectIdOrKey}/issuetypes", get(projects::create_types))
        .route("/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}", get(projects::create_fields))
        .route("/search/jql", get(search::by_query).post(search::by_body))
        .route("/search/approximate-count", post(search::count))
        .route("/issue", post(issues::create))
        .route("/issue/bulkfetch", post(search::bulk_fetch))
        .route("/issue/{issueIdOrKey}", get(issues::one).put(issues::edit).delete(issues::delete))
        .route("/issue/{issueIdOrKey}/changelog", get(issues::changelog))
        .route("/issue/{issueIdOrKey}/editmeta", get(projects::edit_meta))
        .route("/issue/{issueIdOrKey}/remotelink", get(properties::links).post(properties::link))
        .route(
            "/issue/{issueIdOrKey}/remotelink/{linkId}",
            get(properties::one_link).delete(properties::unlink),
        )
        .route("/issue/{issueIdOrKey}/properties", get(properties::of_issue))
        .route(
            "/issue/{issueIdOrKey}/properties/{propertyKey}",
            get(properties::get_issue).put(properties::put_issue).delete(properties::delete_issue),
        )
        .route("/comment/{commentId}/properties", get(properties::of_comment))
        .route(
            "/comment/{commentId}/properties/{propertyKey}",
            get(properties::get_comment).put(properties::put_comment).delete(properties::delete_comment),
        )
        .route("/issue/{issueIdOrKey}/comment", get(comments::list).post(comments::add))
        .route(
            "/issue/{issueIdOrKey}/comment/{id}",
            get(comments::one).put(comments::edit).delete(comments::delete),
        )
        .route("/comment/list", post(comments::by_ids))
        .route("/issue/{issueIdOrKey}/attachments", post(attachments::add).layer(DefaultBodyLimit::disable()))
        .route("/attachment/meta", get(attachments::meta))
        .route("/attachment/{id}", get(attachments::one).delete(attachments::delete))
        .route("/attachment/content/{id}", get(attachments::content))
        .route("/attachment/thumbnail/{id}", get(attachments::content))
        .fallback(unknown)
}

async fn unknown(State(_): State<Api>) -> ApiError {
    ApiError::not_found("The practice Jira does not know this operation.")
}

/// The whole API, in both versions, behind the gate.
pub(crate) fn router(site: &Arc<Site>) -> Router {
    let version = |v2: bool| {
        operations()
            .layer(DefaultBodyLimit::max(4 << 20))
            .layer(axum::middleware::from_fn_with_state(site.clone(), gate))
            .with_state(Api { site: site.clone(), v2 })
    };
    let tenant = Router::new()
        .route("/_edge/tenant_info", get(meta::tenant_info))
        .with_state(Api { site: site.clone(), v2: false });
    Router::new().nest("/rest/api/3", version(false)).nest("/rest/api/2", version(true)).merge(tenant)
}
