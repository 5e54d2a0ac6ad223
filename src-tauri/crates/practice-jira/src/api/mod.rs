//! The Jira API: which address is which operation.

mod attachments;
mod changelogs;
mod comments;
mod issues;
mod jql;
mod meta;
mod projects;
mod properties;
pub(crate) mod search;
mod table;

pub(crate) use properties::link_beans;
use table::Table;

/// Below it, and a cloud id, scoped tokens are accepted.
pub(crate) const GATEWAY: &str = "/ex/jira/";

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::routing::get;

use crate::error::ApiError;
use crate::gate::{Caller, gate};
use crate::record::{Recorder, record};
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

/// Every operation, in the order of what it is about.
fn table() -> Table {
    Table::default()
        .get("/myself", meta::myself)
        .get("/serverInfo", meta::server_info)
        .get("/field", meta::fields)
        .get("/priority", meta::priorities)
        .get("/status", meta::statuses)
        .get("/resolution", meta::nothing)
        .get("/issueLinkType", meta::link_types)
        .get("/user", meta::user)
        .get("/user/search", meta::user_search)
        .get("/user/assignable/search", meta::user_search)
        .get("/issuetype", meta::issue_types)
        .get("/issuetype/project", meta::issue_types_of_project)
        .get("/issuetypescheme/project", meta::type_schemes)
        .post("/permissions/check", projects::check_permissions)
        .get("/mypermissions", projects::my_permissions)
        .get("/project", projects::list)
        .get("/project/search", projects::search)
        .get("/project/{projectIdOrKey}", projects::one)
        .get("/project/{projectIdOrKey}/statuses", projects::statuses)
        .get("/issue/createmeta/{projectIdOrKey}/issuetypes", projects::create_types)
        .get("/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}", projects::create_fields)
        .get("/search/jql", search::by_query)
        .post("/search/jql", search::by_body)
        .post("/search/approximate-count", search::count)
        .post("/jql/parse", jql::parse)
        .get("/jql/autocompletedata", jql::reference)
        .get("/jql/autocompletedata/suggestions", jql::suggestions)
        .post("/issue", issues::create)
        .post("/issue/bulkfetch", search::bulk_fetch)
        .get("/issue/{issueIdOrKey}", issues::one)
        .put("/issue/{issueIdOrKey}", issues::edit)
        .delete("/issue/{issueIdOrKey}", issues::delete)
        .get("/issue/{issueIdOrKey}/changelog", issues::changelog)
        .post("/changelog/bulkfetch", changelogs::bulk_fetch)
        .get("/issue/{issueIdOrKey}/editmeta", projects::edit_meta)
        .get("/issue/{issueIdOrKey}/transitions", issues::transitions)
        .post("/issue/{issueIdOrKey}/transitions", issues::transition)
        .get("/issue/{issueIdOrKey}/remotelink", properties::links)
        .post("/issue/{issueIdOrKey}/remotelink", properties::link)
        .get("/issue/{issueIdOrKey}/properties", properties::of_issue)
        .get("/issue/{issueIdOrKey}/properties/{propertyKey}", properties::get_issue)
        .put("/issue/{issueIdOrKey}/properties/{propertyKey}", properties::put_issue)
        .delete("/issue/{issueIdOrKey}/properties/{propertyKey}", properties::delete_issue)
        .get("/comment/{commentId}/properties", properties::of_comment)
        .get("/comment/{commentId}/properties/{propertyKey}", properties::get_comment)
        .put("/comment/{commentId}/properties/{propertyKey}", properties::put_comment)
        .delete("/comment/{commentId}/properties/{propertyKey}", properties::delete_comment)
        .get("/issue/{issueIdOrKey}/comment", comments::list)
        .post("/issue/{issueIdOrKey}/comment", comments::add)
        .get("/issue/{issueIdOrKey}/comment/{id}", comments::one)
        .put("/issue/{issueIdOrKey}/comment/{id}", comments::edit)
        .delete("/issue/{issueIdOrKey}/comment/{id}", comments::delete)
        .post("/comment/list", comments::by_ids)
        .upload("/issue/{issueIdOrKey}/attachments", attachments::add)
        .get("/attachment/meta", attachments::meta)
        .get("/attachment/{id}", attachments::one)
        .delete("/attachment/{id}", attachments::delete)
        .get("/attachment/content/{id}", attachments::content)
        .get("/attachment/thumbnail/{id}", attachments::content)
}

async fn unknown(State(_): State<Api>) -> ApiError {
    ApiError::not_found("The practice Jira does not know this operation.")
}

/// Every operation of version 3 that a site serves, such as `GET /rest/api/3/issue/{issueIdOrKey}`.
pub fn operations() -> Vec<String> {
    let all = table().names.into_iter();
    all.map(|(method, path)| format!("{method} /rest/api/3{path}")).collect()
}

/// The whole API, in both versions, behind the gate.
pub(crate) fn router(site: &Arc<Site>, recorder: Option<&Arc<Recorder>>) -> Router {
    let version = |v2: bool| {
        let behind_gate = table()
            .router
            .fallback(unknown)
            .layer(DefaultBodyLimit::max(4 << 20))
            .layer(axum::middleware::from_fn_with_state(site.clone(), gate))
            .with_state(Api { site: site.clone(), v2 });
        match recorder {
            Some(recorder) => {
                behind_gate.layer(axum::middleware::from_fn_with_state(recorder.clone(), record))
            }
            None => behind_gate,
        }
    };
    let tenant = Router::new()
        .route("/_edge/tenant_info", get(meta::tenant_info))
        .with_state(Api { site: site.clone(), v2: false });
    // A site is its own gateway, for its own cloud id: the gate looks who may come which way.
    Router::new()
        .nest("/rest/api/3", version(false))
        .nest("/rest/api/2", version(true))
        .nest(&format!("{GATEWAY}{}/rest/api/3", meta::cloud_id(&site.name)), version(false))
        .merge(tenant)
}
