//! The web page, and what it reads and does. None of this counts as a call of the Jira API.

mod list;
mod web;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, FromRef, Multipart, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::api::Body;
use crate::beans::{Extras, View, Wanted};
use crate::db;
use crate::error::{ApiError, ApiResult};
use crate::files;
use crate::ops::Deed;
use crate::state::{STATUSES, Site, User};

type Shared = State<Arc<Site>>;

/// What the page's addresses need: the site, and to hear when it stops.
#[derive(Clone)]
struct Page {
    site: Arc<Site>,
    stop: CancellationToken,
}

impl FromRef<Page> for Arc<Site> {
    fn from_ref(page: &Page) -> Self {
        page.site.clone()
    }
}

impl FromRef<Page> for CancellationToken {
    fn from_ref(page: &Page) -> Self {
        page.stop.clone()
    }
}

pub(crate) fn router(site: Arc<Site>, stop: CancellationToken) -> Router {
    Router::new()
        .route("/", get(web::page))
        .route("/browse/{key}", get(web::page))
        .route("/practice/web/{name}", get(web::file))
        .route("/practice/ui/site", get(about))
        .route("/practice/ui/events", get(web::events))
        .route("/practice/ui/issues", get(list::list).post(create))
        .route("/practice/ui/issues/{key}", get(issue).put(edit).delete(remove))
        .route("/practice/ui/issues/{key}/comments", post(comment))
        .route("/practice/ui/issues/{key}/comments/{id}", delete(delete_comment).put(edit_comment))
        .route("/practice/ui/issues/{key}/files", post(attach).layer(DefaultBodyLimit::disable()))
        .route("/practice/ui/files/{id}", get(file).delete(delete_file))
        .route("/practice/ui/type/{name}", get(web::type_icon))
        .with_state(Page { site, stop })
}

/// Another web site in the same browser must not be able to play with the practice site.
pub(crate) async fn same_origin(request: Request, next: Next) -> Response {
    let from = request.headers().get("sec-fetch-site").and_then(|v| v.to_str().ok());
    let elsewhere = matches!(from, Some("cross-site" | "same-site"));
    if elsewhere && request.method() != Method::GET && request.uri().path().starts_with("/practice/") {
        return ApiError::forbidden("Another page may not change the practice site.").into_response();
    }
    next.run(request).await
}

fn person(site: &Site, who: Option<&str>) -> ApiResult<User> {
    let users = site.all_users();
    let found = match who {
        Some(who) => users.into_iter().find(|u| u.account_id == who),
        None => users.into_iter().next(),
    };
    found.ok_or_else(|| ApiError::bad("There is no such person on this site."))
}

async fn about(State(site): Shared) -> ApiResult<Json<Value>> {
    site.read(|conn| {
        let view = View::new(&site, conn, false)?;
        let projects: Vec<Value> = view
            .projects
            .iter()
            .map(|p| {
                let types: Vec<Value> = p.config.types.iter().map(|t| view.issue_type(*t)).collect();
                let default = p.config.default_type.map(|t| t.to_string());
                json!({"key": p.key, "name": p.name, "archived": p.archived, "types": types, "default": default})
            })
            .collect();
        let users: Vec<Value> = view.users.iter().map(|u| view.user(&u.account_id)).collect();
        let statuses: Vec<Value> =
            STATUSES.iter().map(|s| json!({"id": s.0, "name": s.1, "category": s.2})).collect();
        Ok(Json(json!({"site": site.name, "url": site.url, "projects": projects, "users": users,
            "statuses": statuses, "version": site.version()})))
    })
}

#[derive(Deserialize)]
struct Which {
    #[serde(rename = "as")]
    who: Option<String>,
}

async fn issue(State(site): Shared, Path(key): Path<String>) -> ApiResult<Json<Value>> {
    site.read(|conn| {
        let found = db::issue(conn, &key)?.ok_or_else(ApiError::issue_not_found)?;
        let view = View::new(&site, conn, false)?;
        let extras = Extras { properties: vec!["*all".to_owned()], changelog: true, ..Extras::default() };
        let mut bean = view.issue(&found, &Wanted::everything(), &extras)?;
        let media = db::attachments(conn, found.id)?;
        bean["media"] = media
            .iter()
            .map(|a| json!({"uuid": a.uuid, "id": a.id, "filename": a.filename, "mimeType": a.mime, "size": a.size}))
            .collect();
        bean["links"] = Value::Array(crate::api::link_beans(&site.url, conn, found.id)?);
        bean["statusNumber"] = json!(found.status);
        bean["version"] = json!(site.version());
        Ok(Json(bean))
    })
}

/// The project of a new issue and its first fields come as the API's body does; `as` names the person.
async fn create(State(site): Shared, Body(body): Body) -> ApiResult<Response> {
    let who = person(&site, body["as"].as_str())?;
    let issue = site.write(|tx| Deed::new(&site, tx, &who, false).create_issue(&body))?;
    Ok((StatusCode::CREATED, Json(json!({"key": issue.key}))).into_response())
}

async fn edit(State(site): Shared, Path(key): Path<String>, Body(body): Body) -> ApiResult<StatusCode> {
    let who = person(&site, body["as"].as_str())?;
    site.write(|tx| Deed::new(&site, tx, &who, false).edit_issue(&key, &body))?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove(
    State(site): Shared,
    Path(key): Path<String>,
    Query(which): Query<Which>,
) -> ApiResult<StatusCode> {
    let who = person(&site, which.who.as_deref())?;
    let gone = site.write(|tx| Deed::new(&site, tx, &who, false).delete_issue(&key))?;
    for uuid in gone {
        files::remove(&site, &uuid);
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn comment(State(site): Shared, Path(key): Path<String>, Body(body): Body) -> ApiResult<StatusCode> {
    let who = person(&site, body["as"].as_str())?;
    site.write(|tx| Deed::new(&site, tx, &who, false).add_comment(&key, &body))?;
    Ok(StatusCode::CREATED)
}

async fn edit_comment(
    State(site): Shared,
    Path((key, id)): Path<(String, i64)>,
    Body(body): Body,
) -> ApiResult<StatusCode> {
    let who = person(&site, body["as"].as_str())?;
    site.write(|tx| Deed::new(&site, tx, &who, false).edit_comment(&key, id, &body))?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_comment(
    State(site): Shared,
    Path((key, id)): Path<(String, i64)>,
    Query(which): Query<Which>,
) -> ApiResult<StatusCode> {
    let who = person(&site, which.who.as_deref())?;
    site.write(|tx| Deed::new(&site, tx, &who, false).delete_comment(&key, id))?;
    Ok(StatusCode::NO_CONTENT)
}

async fn attach(
    State(site): Shared,
    Path(key): Path<String>,
    Query(which): Query<Which>,
    form: Multipart,
) -> ApiResult<Json<Value>> {
    let who = person(&site, which.who.as_deref())?;
    let stored = files::receive(&site, form).await?;
    let added = site.write(|tx| {
        let deed = Deed::new(&site, tx, &who, false);
        let refusal = "This person may not attach files here.";
        let (issue, _) = deed.writable(&key, "CREATE_ATTACHMENTS", refusal)?;
        stored.iter().map(|file| Ok(json!(deed.attach(&issue, file)?.id))).collect::<ApiResult<Vec<_>>>()
    });
    if added.is_err() {
        for file in &stored {
            files::remove(&site, &file.uuid);
        }
    }
    Ok(Json(Value::Array(added?)))
}

async fn file(State(site): Shared, Path(id): Path<i64>, headers: HeaderMap) -> ApiResult<Response> {
    let found = site.read(|conn| db::attachment(conn, id))?;
    let found = found.ok_or_else(|| ApiError::not_found("The file does not exist."))?;
    let mut response = files::send(&site, &found, &headers).await?;
    let policy = HeaderValue::from_static(web::FILE_POLICY);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

async fn delete_file(
    State(site): Shared,
    Path(id): Path<i64>,
    Query(which): Query<Which>,
) -> ApiResult<StatusCode> {
    let who = person(&site, which.who.as_deref())?;
    let gone = site.write(|tx| Deed::new(&site, tx, &who, false).delete_attachment(id))?;
    files::remove(&site, &gone);
    Ok(StatusCode::NO_CONTENT)
}
