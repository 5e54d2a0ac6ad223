//! Properties of issues and comments, and links to other places.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};

use super::{Api, Body, Me, Params};
use crate::db;
use crate::error::{ApiError, ApiResult};
use crate::ledger;
use crate::ops::{Deed, comment_not_found, visible};
use crate::state::User;

const NO_EDIT: &str = "You do not have permission to edit issues in this project.";

fn missing(key: &str) -> ApiError {
    ApiError::not_found(format!("The property '{key}' does not exist."))
}

fn keys(api: &Api, path: &str, all: Vec<(String, Value)>) -> Json<Value> {
    let one = |(key, _): (String, Value)| {
        let link = format!("{}/rest/api/3/{path}/properties/{}", api.site.url, crate::files::encode(&key));
        json!({"self": link, "key": key})
    };
    Json(json!({"keys": all.into_iter().map(one).collect::<Vec<_>>()}))
}

/// The comment's id and its issue's, if the person may see it.
fn comment(api: &Api, conn: &Connection, me: &User, id: &str) -> ApiResult<(i64, i64)> {
    let number: i64 = id.parse().map_err(|_| comment_not_found())?;
    let found = db::comment(conn, number)?.ok_or_else(comment_not_found)?;
    visible(&api.site, conn, me, &found.issue_id.to_string()).map_err(|_| comment_not_found())?;
    Ok((found.id, found.issue_id))
}

fn set(conn: &Connection, entity: &str, id: i64, key: &str, value: &Value) -> ApiResult<StatusCode> {
    let new = db::set_property(conn, entity, id, key, value)?;
    Ok(if new { StatusCode::CREATED } else { StatusCode::OK })
}

fn unset(conn: &Connection, entity: &str, id: i64, key: &str) -> ApiResult<StatusCode> {
    let gone = conn.execute(
        "DELETE FROM property WHERE entity = ?1 AND entity_id = ?2 AND key = ?3",
        params![entity, id, key],
    )?;
    if gone == 0 { Err(missing(key)) } else { Ok(StatusCode::NO_CONTENT) }
}

pub(super) async fn of_issue(
    State(api): State<Api>,
    Me(me): Me,
    Path(issue): Path<String>,
) -> ApiResult<Json<Value>> {
    api.site.read(|conn| {
        let (issue, _) = visible(&api.site, conn, &me, &issue)?;
        Ok(keys(&api, &format!("issue/{}", issue.id), db::properties(conn, "issue", issue.id)?))
    })
}

pub(super) async fn get_issue(
    State(api): State<Api>,
    Me(me): Me,
    Path((issue, key)): Path<(String, String)>,
) -> ApiResult<Json<Value>> {
    api.site.read(|conn| {
        let (issue, _) = visible(&api.site, conn, &me, &issue)?;
        let value = db::property(conn, "issue", issue.id, &key)?.ok_or_else(|| missing(&key))?;
        Ok(Json(json!({"key": key, "value": value})))
    })
}

pub(super) async fn put_issue(
    State(api): State<Api>,
    Me(me): Me,
    Path((issue, key)): Path<(String, String)>,
    Body(value): Body,
) -> ApiResult<StatusCode> {
    api.site.write(|tx| {
        let deed = Deed::new(&api.site, tx, &me, api.v2);
        let (issue, _) = deed.writable(&issue, "EDIT_ISSUES", NO_EDIT)?;
        ledger::note(&deed, issue.id, &issue.key, "properties")?;
        set(tx, "issue", issue.id, &key, &value)
    })
}

pub(super) async fn delete_issue(
    State(api): State<Api>,
    Me(me): Me,
    Path((issue, key)): Path<(String, String)>,
) -> ApiResult<StatusCode> {
    api.site.write(|tx| {
        let deed = Deed::new(&api.site, tx, &me, api.v2);
        // Who may not edit the issue is told here that there is no such property, and not 403.
        let (issue, _) = deed.writable(&issue, "EDIT_ISSUES", NO_EDIT).map_err(|_| missing(&key))?;
        ledger::note(&deed, issue.id, &issue.key, "property_deletes")?;
        unset(tx, "issue", issue.id, &key)
    })
}

pub(super) async fn of_comment(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<String>,
) -> ApiResult<Json<Value>> {
    api.site.read(|conn| {
        let (id, _) = comment(&api, conn, &me, &id)?;
        Ok(keys(&api, &format!("comment/{id}"), db::properties(conn, "comment", id)?))
    })
}

pub(super) async fn get_comment(
    State(api): State<Api>,
    Me(me): Me,
    Path((id, key)): Path<(String, String)>,
) -> ApiResult<Json<Value>> {
    api.site.read(|conn| {
        let (id, _) = comment(&api, conn, &me, &id)?;
        let value = db::property(conn, "comment", id, &key)?.ok_or_else(|| missing(&key))?;
        Ok(Json(json!({"key": key, "value": value})))
    })
}

pub(super) async fn put_comment(
    State(api): State<Api>,
    Me(me): Me,
    Path((id, key)): Path<(String, String)>,
    Body(value): Body,
) -> ApiResult<StatusCode> {
    api.site.write(|tx| {
        let (id, issue) = comment(&api, tx, &me, &id)?;
        let deed = Deed::new(&api.site, tx, &me, api.v2);
        let (issue, _) = deed.writable(&issue.to_string(), "ADD_COMMENTS", NO_EDIT)?;
        ledger::note(&deed, issue.id, &issue.key, "properties")?;
        set(tx, "comment", id, &key, &value)
    })
}

pub(super) async fn delete_comment(
    State(api): State<Api>,
    Me(me): Me,
    Path((id, key)): Path<(String, String)>,
) -> ApiResult<StatusCode> {
    api.site.write(|tx| {
        let (id, issue) = comment(&api, tx, &me, &id)?;
        let deed = Deed::new(&api.site, tx, &me, api.v2);
        let (issue, _) = deed.writable(&issue.to_string(), "ADD_COMMENTS", NO_EDIT)?;
        ledger::note(&deed, issue.id, &issue.key, "property_deletes")?;
        unset(tx, "comment", id, &key)
    })
}

/// The links of an issue as Jira shows them.
pub(crate) fn link_beans(url: &str, conn: &Connection, issue: i64) -> ApiResult<Vec<Value>> {
    let mut statement =
        conn.prepare_cached("SELECT id, body FROM remote_link WHERE issue_id = ?1 ORDER BY id")?;
    let rows = statement.query_map([issue], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, String>(1)?)))?;
    let mut found = Vec::new();
    for row in rows {
        let (id, body) = row?;
        let mut bean: Value = serde_json::from_str(&body)?;
        bean["id"] = json!(id);
        bean["self"] = json!(format!("{url}/rest/api/3/issue/{issue}/remotelink/{id}"));
        found.push(bean);
    }
    Ok(found)
}

pub(super) async fn links(
    State(api): State<Api>,
    Me(me): Me,
    Path(issue): Path<String>,
    params: Params,
) -> ApiResult<Json<Value>> {
    api.site.read(|conn| {
        let (issue, _) = visible(&api.site, conn, &me, &issue)?;
        let mut all = link_beans(&api.site.url, conn, issue.id)?;
        if let Some(global) = params.one("globalId") {
            // With a globalId Jira answers with the one link, not with a list.
            all.retain(|l| l["globalId"] == global);
            let missing = || ApiError::not_found("The remote link does not exist.");
            return all.pop().map(Json).ok_or_else(missing);
        }
        Ok(Json(Value::Array(all)))
    })
}

pub(super) async fn link(
    State(api): State<Api>,
    Me(me): Me,
    Path(issue): Path<String>,
    Body(body): Body,
) -> ApiResult<Response> {
    for needed in ["title", "url"] {
        if body["object"][needed].as_str().is_none_or(str::is_empty) {
            return Err(ApiError::field(needed, format!("'{needed}' is required.")));
        }
    }
    let (status, id, issue) = api.site.write(|tx| {
        let deed = Deed::new(&api.site, tx, &me, api.v2);
        let (issue, _) = deed.writable(&issue, "LINK_ISSUES", NO_EDIT)?;
        ledger::note(&deed, issue.id, &issue.key, "links")?;
        let global = body["globalId"].as_str();
        let text = serde_json::to_string(&body)?;
        let known: Option<i64> = tx
            .query_row(
                "SELECT id FROM remote_link WHERE issue_id = ?1 AND global_id = ?2",
                params![issue.id, global],
                |r| r.get(0),
            )
            .optional()?;
        if let Some(id) = known {
            tx.execute("UPDATE remote_link SET body = ?2 WHERE id = ?1", params![id, text])?;
            return Ok((StatusCode::OK, id, issue.id));
        }
        tx.execute(
            "INSERT INTO remote_link(issue_id, global_id, body) VALUES (?1, ?2, ?3)",
            params![issue.id, global, text],
        )?;
        Ok((StatusCode::CREATED, tx.last_insert_rowid(), issue.id))
    })?;
    let link = format!("{}/rest/api/3/issue/{issue}/remotelink/{id}", api.site.url);
    Ok((status, Json(json!({"id": id, "self": link}))).into_response())
}
