//! Attachments.

use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{Api, Me, Params};
use crate::beans::View;
use crate::db::{self, Attachment};
use crate::error::{ApiError, ApiResult};
use crate::files;
use crate::ops::{Deed, visible};
use crate::state::{User, lock};

pub(super) async fn meta(State(api): State<Api>, Me(_): Me) -> Json<Value> {
    Json(json!({"enabled": true, "uploadLimit": api.site.upload_limit.load(Ordering::Relaxed)}))
}

pub(super) async fn add(
    State(api): State<Api>,
    Me(me): Me,
    Path(issue): Path<String>,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> ApiResult<Json<Value>> {
    let checked = headers.get("x-atlassian-token").and_then(|v| v.to_str().ok());
    if !checked.is_some_and(|v| matches!(v, "no-check" | "nocheck")) {
        return Err(ApiError::forbidden("XSRF check failed"));
    }
    let refusal = "You do not have permission to create attachments for this issue.";
    // Asked before the bytes are taken, and again when they are there.
    let allowed = api.site.write(|tx| {
        Deed::new(&api.site, tx, &me, api.v2).writable(&issue, "CREATE_ATTACHMENTS", refusal).map(|_| ())
    });
    allowed?;
    let form = form.map_err(|_| ApiError::bad("The request has to be of the type multipart/form-data."))?;
    let stored = files::receive(&api.site, form).await?;
    let added = api.site.write(|tx| {
        let deed = Deed::new(&api.site, tx, &me, api.v2);
        let (issue, _) = deed.writable(&issue, "CREATE_ATTACHMENTS", refusal)?;
        let limit = lock(&api.site.faults).issue_limit("attachments");
        if db::attachments(tx, issue.id)?.len() + stored.len() > limit {
            return Err(ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("The issue exceeds the per-issue limit of {limit} attachments."),
            ));
        }
        let view = View::new(&api.site, tx, api.v2)?;
        stored
            .iter()
            .map(|file| Ok(view.attachment(&deed.attach(&issue, file)?)))
            .collect::<ApiResult<Vec<_>>>()
    });
    if added.is_err() {
        for file in &stored {
            files::remove(&api.site, &file.uuid);
        }
    }
    Ok(Json(Value::Array(added?)))
}

fn find(api: &Api, me: &User, id: &str) -> ApiResult<Attachment> {
    let missing = || ApiError::not_found(format!("The attachment with id '{id}' does not exist"));
    let number: i64 = id.parse().map_err(|_| missing())?;
    api.site.read(|conn| {
        let found = db::attachment(conn, number)?.ok_or_else(missing)?;
        visible(&api.site, conn, me, &found.issue_id.to_string()).map_err(|_| missing())?;
        Ok(found)
    })
}

pub(super) async fn one(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<String>,
) -> ApiResult<Json<Value>> {
    let found = find(&api, &me, &id)?;
    api.site.read(|conn| {
        let mut bean = View::new(&api.site, conn, api.v2)?.attachment(&found);
        // Here, and only here, Jira writes the id as a number.
        bean["id"] = json!(found.id);
        Ok(Json(bean))
    })
}

pub(super) async fn content(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let found = find(&api, &me, &id)?;
    if params.one("redirect") == Some("false") {
        return files::send(&api.site, &found, &headers).await;
    }
    let target = files::signed_url(&api.site, &found);
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, target)]).into_response())
}

pub(super) async fn delete(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<String>,
) -> ApiResult<StatusCode> {
    let found = find(&api, &me, &id)?;
    let gone = api.site.write(|tx| Deed::new(&api.site, tx, &me, api.v2).delete_attachment(found.id))?;
    files::remove(&api.site, &gone);
    Ok(StatusCode::NO_CONTENT)
}
