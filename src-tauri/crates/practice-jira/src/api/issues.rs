//! One issue: create, read, edit, delete, history.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{Api, Body, Me, Params, page};
use crate::beans::{Extras, View, Wanted};
use crate::error::{ApiError, ApiResult};
use crate::files;
use crate::ops::{Deed, visible};

fn extras(params: &Params) -> Extras {
    Extras::of(params.list("properties"), &params.list("expand"))
}

pub(super) async fn create(State(api): State<Api>, Me(me): Me, Body(body): Body) -> ApiResult<Response> {
    let issue = api.site.write(|tx| Deed::new(&api.site, tx, &me, api.v2).create_issue(&body))?;
    let link = format!("{}/rest/api/{}/issue/{}", api.site.url, if api.v2 { 2 } else { 3 }, issue.id);
    let bean = json!({"id": issue.id.to_string(), "key": issue.key, "self": link});
    Ok((StatusCode::CREATED, Json(bean)).into_response())
}

pub(super) async fn one(
    State(api): State<Api>,
    Me(me): Me,
    Path(issue): Path<String>,
    params: Params,
) -> ApiResult<Json<Value>> {
    let wanted = match params.one("fields") {
        None => Wanted::everything(),
        Some(_) => Wanted::of(&params.list("fields")),
    };
    api.site.read(|conn| {
        let (issue, _) = visible(&api.site, conn, &me, &issue)?;
        Ok(Json(View::new(&api.site, conn, api.v2)?.issue(&issue, &wanted, &extras(&params))?))
    })
}

pub(super) async fn edit(
    State(api): State<Api>,
    Me(me): Me,
    Path(issue): Path<String>,
    params: Params,
    Body(body): Body,
) -> ApiResult<Response> {
    let returns = params.one("returnIssue") == Some("true");
    let bean = api.site.write(|tx| {
        let deed = Deed::new(&api.site, tx, &me, api.v2);
        if params.one("notifyUsers") == Some("false") {
            let refusal =
                "To discard the user notification either admin or project admin permissions are required.";
            deed.writable(&issue, "ADMINISTER_PROJECTS", refusal)?;
        }
        let issue = deed.edit_issue(&issue, &body)?;
        if !returns {
            return Ok(None);
        }
        let view = View::new(&api.site, tx, api.v2)?;
        view.issue(&issue, &Wanted::everything(), &extras(&params)).map(Some)
    })?;
    Ok(match bean {
        Some(bean) => Json(bean).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

pub(super) async fn transitions(
    State(api): State<Api>,
    Me(me): Me,
    Path(issue): Path<String>,
) -> ApiResult<Json<Value>> {
    api.site.read(|conn| {
        visible(&api.site, conn, &me, &issue)?;
        let offered = View::new(&api.site, conn, api.v2)?.transitions();
        Ok(Json(json!({"expand": "transitions", "transitions": offered})))
    })
}

pub(super) async fn transition(
    State(api): State<Api>,
    Me(me): Me,
    Path(issue): Path<String>,
    Body(body): Body,
) -> ApiResult<StatusCode> {
    let id = match &body["transition"]["id"] {
        Value::String(id) => id.clone(),
        other => other.to_string(),
    };
    api.site.write(|tx| {
        let Some(status) = View::new(&api.site, tx, api.v2)?.leads_to(&id) else {
            let refusal = "It seems that you have tried to perform an illegal workflow operation.";
            return Err(ApiError::bad(refusal));
        };
        let change = json!({"fields": {"practice-status": status}});
        Deed::new(&api.site, tx, &me, api.v2).edit_issue(&issue, &change)
    })?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn delete(
    State(api): State<Api>,
    Me(me): Me,
    Path(issue): Path<String>,
) -> ApiResult<StatusCode> {
    let gone = api.site.write(|tx| Deed::new(&api.site, tx, &me, api.v2).delete_issue(&issue))?;
    for uuid in gone {
        files::remove(&api.site, &uuid);
    }
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn changelog(
    State(api): State<Api>,
    Me(me): Me,
    Path(issue): Path<String>,
    params: Params,
) -> ApiResult<Json<Value>> {
    api.site.read(|conn| {
        let (issue, _) = visible(&api.site, conn, &me, &issue)?;
        let all = View::new(&api.site, conn, api.v2)?.changes(issue.id, i64::MAX)?;
        let (start, size, total, values) = page(all, &params, 100, 100);
        let link = format!("{}/rest/api/3/issue/{}/changelog", api.site.url, issue.id);
        let mut bean = json!({
            "self": format!("{link}?startAt={start}&maxResults={size}"), "startAt": start, "maxResults": size,
            "total": total, "isLast": start + values.len() >= total, "values": values,
        });
        if bean["isLast"] == false {
            bean["nextPage"] = json!(format!("{link}?startAt={}&maxResults={size}", start + size));
        }
        Ok(Json(bean))
    })
}
