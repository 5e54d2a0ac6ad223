//! `/practice/*`: what tests and people set and look at, outside the Jira API.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::api::{Body, strings};
use crate::beans::{Extras, View, Wanted, time};
use crate::custom::RequiredField;
use crate::db;
use crate::deeds::{self, find_project};
use crate::error::{ApiError, ApiResult};
use crate::faults::{self, DEEDS, Faults};
use crate::ledger;
use crate::state::{Site, lock};

pub(crate) fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/practice/calls", get(calls).delete(reset))
        .route("/practice/writes", get(writes).delete(forget_writes))
        .route("/practice/faults", get(switches).put(put_faults).delete(clear_faults))
        .route("/practice/clock", get(clock).post(set_clock))
        .route("/practice/state", get(state))
        .route("/practice/projects/{key}", put(project))
        .route("/practice/users/{who}", put(user))
        .route("/practice/limits", put(limits))
        .route("/practice/issues", post(issue))
        .route("/practice/attachments/{id}", put(attachment))
        .with_state(site)
}

async fn calls(State(site): State<Arc<Site>>) -> Json<Value> {
    Json(site.calls())
}

async fn reset(State(site): State<Arc<Site>>) -> StatusCode {
    site.reset_calls();
    StatusCode::NO_CONTENT
}

/// The property that Twinline marks its own writes with.
pub(crate) const MARKER: &str = "twinline";

/// Whose writes (`*`: everybody's; Ana's unless named), and which property is the marker.
#[derive(Deserialize)]
struct Which {
    account: Option<String>,
    marker: Option<String>,
}

/// Each write through the API since the last `DELETE`, whether its answer arrived or not.
async fn writes(State(site): State<Arc<Site>>, Query(which): Query<Which>) -> ApiResult<Json<Value>> {
    let ana = site.all_users().into_iter().next().map(|u| u.account_id).unwrap_or_default();
    let (account, marker) = (which.account.unwrap_or(ana), which.marker);
    Ok(Json(ledger::report(&site, &account, marker.as_deref().unwrap_or(MARKER))?))
}

async fn forget_writes(State(site): State<Arc<Site>>) -> ApiResult<StatusCode> {
    ledger::clear(&site)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn switches(State(site): State<Arc<Site>>) -> Json<Value> {
    Json(lock(&site.faults).raw())
}

async fn put_faults(State(site): State<Arc<Site>>, Body(body): Body) -> ApiResult<Json<Value>> {
    Ok(Json(set_faults(&site, &body)?))
}

async fn clear_faults(State(site): State<Arc<Site>>) -> ApiResult<StatusCode> {
    set_faults(&site, &json!({}))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replaces the switches and does the deeds; answers what the deeds did.
pub(crate) fn set_faults(site: &Site, body: &Value) -> ApiResult<Value> {
    let new = Faults::read(body).map_err(|e| ApiError::bad(e.to_string()))?;
    *lock(&site.faults) = new;
    site.bump();
    let mut done = Map::new();
    for (deed, value) in body.as_object().into_iter().flatten() {
        if !DEEDS.contains(&deed.as_str()) || value.is_null() {
            continue;
        }
        let each = match value {
            Value::Array(list) => list.clone(),
            one => vec![one.clone()],
        };
        let results = each
            .iter()
            .filter(|one| !faults::waits(one))
            .map(|one| deeds::perform(site, deed, one))
            .collect::<ApiResult<Vec<_>>>()?;
        done.insert(deed.clone(), Value::Array(results));
    }
    Ok(json!({"done": done}))
}

async fn clock(State(site): State<Arc<Site>>) -> Json<Value> {
    Json(json!({"now": time(site.now_ms()), "offset_ms": site.clock()}))
}

/// `{"offset_s": n}` sets the clock off by n; `{"advance_s": n}` moves it on; `{"now": "RFC 3339"}` sets it.
async fn set_clock(State(site): State<Arc<Site>>, Body(body): Body) -> ApiResult<Json<Value>> {
    let seconds = |key: &str| body[key].as_f64();
    #[allow(clippy::cast_possible_truncation)]
    let offset = if let Some(s) = seconds("offset_s") {
        (s * 1000.0) as i64
    } else if let Some(s) = seconds("advance_s") {
        site.clock() + (s * 1000.0) as i64
    } else if let Some(now) = body["now"].as_str() {
        let stamp: jiff::Timestamp =
            now.parse().map_err(|_| ApiError::bad("'now' must be a time such as 2026-11-24T05:24:44Z."))?;
        stamp.as_millisecond() - jiff::Timestamp::now().as_millisecond()
    } else {
        return Err(ApiError::bad("Give one of offset_s, advance_s and now."));
    };
    site.set_clock(offset);
    Ok(Json(json!({"now": time(site.now_ms()), "offset_ms": offset})))
}

async fn state(State(site): State<Arc<Site>>) -> ApiResult<Json<Value>> {
    Ok(Json(everything(&site)?))
}

/// All a site holds.
pub(crate) fn everything(site: &Site) -> ApiResult<Value> {
    site.read(|conn| {
        let view = View::new(site, conn, false)?;
        let mut statement =
            conn.prepare(&format!("SELECT {} FROM issue i ORDER BY i.id", db::ISSUE_COLUMNS))?;
        let rows = statement.query_map([], db::issue_row)?.collect::<Result<Vec<_>, _>>()?;
        let extras = Extras { properties: vec!["*all".to_owned()], changelog: true, ..Extras::default() };
        let mut issues = Vec::new();
        for issue in rows {
            let mut bean = view.issue(&issue, &Wanted::everything(), &extras)?;
            let comments = db::comments(conn, issue.id)?;
            bean["comments"] = comments.iter().map(|c| view.comment(c, true)).collect::<ApiResult<_>>()?;
            let files = db::attachments(conn, issue.id)?;
            bean["attachments"] = files
                .iter()
                .map(|a| {
                    let mut file = view.attachment(a);
                    file["sha256"] = json!(a.sha256);
                    file["mediaId"] = json!(a.uuid);
                    file
                })
                .collect();
            bean["remoteLinks"] = Value::Array(crate::api::link_beans(&site.url, conn, issue.id)?);
            issues.push(bean);
        }
        let projects: Vec<Value> = view
            .projects
            .iter()
            .map(|p| {
                let mut bean = view.project(p);
                bean["types"] = p.config.types.iter().map(|t| view.issue_type(*t)["name"].clone()).collect();
                bean["defaultType"] =
                    p.config.default_type.map_or(Value::Null, |t| view.issue_type(t)["name"].clone());
                bean["required"] = json!(p.config.required);
                bean
            })
            .collect();
        Ok(json!({
            "site": site.name, "url": site.url, "now": time(site.now_ms()), "version": site.version(),
            "users": view.users.iter().map(|u| view.user(&u.account_id)).collect::<Vec<_>>(),
            "projects": projects, "issues": issues,
        }))
    })
}

/// `{types: […], default_type: name|null, archived, name, team_managed, service, required: […], ana_lacks: […]}`; makes the project if it is new.
async fn project(
    State(site): State<Arc<Site>>,
    Path(key): Path<String>,
    Body(body): Body,
) -> ApiResult<Json<Value>> {
    let key = key.to_ascii_uppercase();
    let ana = site.all_users().first().map(|u| u.account_id.clone()).unwrap_or_default();
    site.write(|tx| {
        let mut all = db::projects(tx)?.into_iter();
        let mut project = match all.find(|p| p.key == key) {
            Some(project) => project,
            None => {
                let last: i64 =
                    tx.query_row("SELECT coalesce(max(id), 10000) FROM project", [], |r| r.get(0))?;
                let task = db::type_named(tx, &site.name, "Task")?;
                let config = db::ProjectConfig { types: vec![task], ..db::ProjectConfig::default() };
                db::add_project(tx, last + 1, &key, body["name"].as_str().unwrap_or(&key), &config)?;
                find_project(tx, &key)?
            }
        };
        let id = |name: &str| db::type_named(tx, &site.name, name).map_err(ApiError::from);
        if body["types"].is_array() {
            project.config.types =
                strings(&body["types"]).iter().map(|t| id(t)).collect::<ApiResult<Vec<_>>>()?;
        }
        match body.get("default_type") {
            Some(Value::String(name)) => project.config.default_type = Some(id(name)?),
            Some(_) => project.config.default_type = None,
            None => {}
        }
        project.archived = body["archived"].as_bool().unwrap_or(project.archived);
        project.config.team_managed = body["team_managed"].as_bool().unwrap_or(project.config.team_managed);
        project.config.service = body["service"].as_bool().unwrap_or(project.config.service);
        if let Some(name) = body["name"].as_str() {
            project.name = name.to_owned();
        }
        if body["ana_lacks"].is_array() {
            project.config.lacks.insert(ana.clone(), strings(&body["ana_lacks"]));
        }
        if body["required"].is_array() {
            let fields: Vec<RequiredField> = serde_json::from_value(body["required"].clone())
                .map_err(|e| ApiError::bad(format!("required: {e}")))?;
            let old = std::mem::take(&mut project.config.required);
            let after = |new: RequiredField| {
                let same = old.iter().find(|f| f.field == new.field);
                new.after(same)
            };
            project.config.required = fields.into_iter().map(after).collect();
        }
        db::save_config(tx, &project)?;
        let view = View::new(&site, tx, false)?;
        Ok(Json(view.project(&project)))
    })
}

/// `{token, expired, scoped, time_zone, name}` of one person, by e-mail or the part before the @.
async fn user(
    State(site): State<Arc<Site>>,
    Path(who): Path<String>,
    Body(body): Body,
) -> ApiResult<StatusCode> {
    let mut users = site.users.write().unwrap_or_else(std::sync::PoisonError::into_inner);
    let found = users
        .iter_mut()
        .find(|u| u.email == who || u.account_id == who || u.email.split('@').next() == Some(who.as_str()));
    let found = found.ok_or_else(|| ApiError::not_found(format!("There is nobody called '{who}'.")))?;
    if let Some(token) = body["token"].as_str() {
        found.token = Some(token.to_owned());
    }
    found.expired = body["expired"].as_bool().unwrap_or(found.expired);
    found.scoped = body["scoped"].as_bool().unwrap_or(found.scoped);
    if let Some(zone) = body["time_zone"].as_str() {
        jiff::tz::TimeZone::get(zone)
            .map_err(|_| ApiError::bad(format!("There is no time zone '{zone}'.")))?;
        found.time_zone = zone.to_owned();
    }
    if let Some(name) = body["name"].as_str() {
        found.name = name.to_owned();
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `{limits: "real"|"none", latency_ms, upload_limit}`.
async fn limits(State(site): State<Arc<Site>>, Body(body): Body) -> StatusCode {
    if let Some(limits) = body["limits"].as_str() {
        site.limits.switch(limits == "real");
    }
    if let Some(latency) = body["latency_ms"].as_u64() {
        site.latency_ms.store(latency, Ordering::Relaxed);
    }
    if let Some(limit) = body["upload_limit"].as_u64() {
        site.upload_limit.store(limit, Ordering::Relaxed);
    }
    StatusCode::NO_CONTENT
}

/// `{count: n}`: that many more plausible issues.
async fn issue(State(site): State<Arc<Site>>, Body(body): Body) -> ApiResult<Json<Value>> {
    let count = body["count"].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or(1);
    crate::seed::seed(&site, 0, count)?;
    Ok(Json(json!({"added": count})))
}

/// `{filename}`: any name at all. Through the API only those come in that its client can write into a header; real sites
/// also have what mails and imports brought.
async fn attachment(
    State(site): State<Arc<Site>>,
    Path(id): Path<i64>,
    Body(body): Body,
) -> ApiResult<StatusCode> {
    let name = body["filename"].as_str().ok_or_else(|| ApiError::bad("'filename' must be a text."))?;
    let changed =
        site.write(|tx| Ok(tx.execute("UPDATE attachment SET filename = ?1 WHERE id = ?2", (name, id))?))?;
    if changed == 0 {
        return Err(ApiError::not_found(format!("The attachment with id '{id}' does not exist")));
    }
    Ok(StatusCode::NO_CONTENT)
}
