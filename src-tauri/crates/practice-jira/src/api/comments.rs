//! Comments.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{Api, Body, Me, Params, page, strings};
use crate::beans::View;
use crate::db;
use crate::error::{ApiError, ApiResult};
use crate::ops::{Deed, comment_not_found, visible};

fn number(id: &str) -> ApiResult<i64> {
    id.parse().map_err(|_| comment_not_found())
}

pub(super) async fn list(
    State(api): State<Api>,
    Me(me): Me,
    Path(issue): Path<String>,
    params: Params,
) -> ApiResult<Json<Value>> {
    api.site.read(|conn| {
        let (issue, _) = visible(&api.site, conn, &me, &issue)?;
        let mut all = db::comments(conn, issue.id)?;
        match params.one("orderBy") {
            None | Some("created" | "+created") => {}
            Some("-created") => all.reverse(),
            Some(other) => return Err(ApiError::bad(format!("Cannot order comments by '{other}'."))),
        }
        let (start, size, total, some) = page(all, &params, 5000, 5000);
        let view = View::new(&api.site, conn, api.v2)?;
        let expand = params.expands("properties");
        let comments = some.iter().map(|c| view.comment(c, expand)).collect::<ApiResult<Vec<_>>>()?;
        Ok(Json(json!({"startAt": start, "maxResults": size, "total": total, "comments": comments})))
    })
}

pub(super) async fn one(
    State(api): State<Api>,
    Me(me): Me,
    Path((issue, id)): Path<(String, String)>,
    params: Params,
) -> ApiResult<Json<Value>> {
    api.site.read(|conn| {
        let (issue, _) = visible(&api.site, conn, &me, &issue)?;
        let found = db::comment(conn, number(&id)?)?.filter(|c| c.issue_id == issue.id);
        let found = found.ok_or_else(comment_not_found)?;
        Ok(Json(View::new(&api.site, conn, api.v2)?.comment(&found, params.expands("properties"))?))
    })
}

pub(super) async fn add(
    State(api): State<Api>,
    Me(me): Me,
    Path(issue): Path<String>,
    params: Params,
    Body(body): Body,
) -> ApiResult<Response> {
    let bean = api.site.write(|tx| {
        let comment = Deed::new(&api.site, tx, &me, api.v2).add_comment(&issue, &body)?;
        View::new(&api.site, tx, api.v2)?.comment(&comment, params.expands("properties"))
    })?;
    Ok((StatusCode::CREATED, Json(bean)).into_response())
}

pub(super) async fn edit(
    State(api): State<Api>,
    Me(me): Me,
    Path((issue, id)): Path<(String, String)>,
    params: Params,
    Body(body): Body,
) -> ApiResult<Json<Value>> {
    let id = number(&id)?;
    api.site.write(|tx| {
        let comment = Deed::new(&api.site, tx, &me, api.v2).edit_comment(&issue, id, &body)?;
        Ok(Json(View::new(&api.site, tx, api.v2)?.comment(&comment, params.expands("properties"))?))
    })
}

pub(super) async fn delete(
    State(api): State<Api>,
    Me(me): Me,
    Path((issue, id)): Path<(String, String)>,
) -> ApiResult<StatusCode> {
    let id = number(&id)?;
    api.site.write(|tx| Deed::new(&api.site, tx, &me, api.v2).delete_comment(&issue, id))?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn by_ids(
    State(api): State<Api>,
    Me(me): Me,
    params: Params,
    Body(body): Body,
) -> ApiResult<Json<Value>> {
    let ids = strings(&body["ids"]);
    if ids.is_empty() || ids.len() > 1000 {
        return Err(ApiError::bad("'ids' must have 1 to 1000 comment ids."));
    }
    api.site.read(|conn| {
        let view = View::new(&api.site, conn, api.v2)?;
        let expand = params.expands("properties");
        let mut values = Vec::new();
        for id in ids.iter().filter_map(|id| id.parse().ok()) {
            let Some(comment) = db::comment(conn, id)? else { continue };
            if visible(&api.site, conn, &me, &comment.issue_id.to_string()).is_ok() {
                values.push(view.comment(&comment, expand)?);
            }
        }
        let total = values.len();
        Ok(Json(
            json!({"startAt": 0, "maxResults": 1_048_576, "total": total, "isLast": true, "values": values}),
        ))
    })
}
