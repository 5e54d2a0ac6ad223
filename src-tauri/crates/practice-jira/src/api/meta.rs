//! The site itself: who, what, which types and fields.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::{Api, Me, Params, page};
use crate::beans::{View, time};
use crate::db;
use crate::error::{ApiError, ApiResult};
use crate::ops::permitted;
use crate::state::STATUSES;

pub(super) async fn myself(State(api): State<Api>, Me(me): Me) -> ApiResult<Json<Value>> {
    api.site.read(|conn| {
        let mut bean = View::new(&api.site, conn, api.v2)?.user(&me.account_id);
        bean["locale"] = json!("en_GB");
        bean["groups"] = json!({"size": 0, "items": []});
        bean["applicationRoles"] = json!({"size": 0, "items": []});
        bean["expand"] = json!("groups,applicationRoles");
        Ok(Json(bean))
    })
}

pub(super) async fn server_info(State(api): State<Api>) -> Json<Value> {
    Json(json!({
        "baseUrl": api.site.url, "displayUrl": api.site.url, "version": "1001.0.0-SNAPSHOT",
        "versionNumbers": [1001, 0, 0], "deploymentType": "Cloud", "buildNumber": 100_290,
        "buildDate": time(1_790_000_000_000), "serverTime": time(api.site.now_ms()), "scmInfo": "practice",
        "serverTitle": format!("Practice Jira {}", api.site.name),         "serverTimeZone": "Etc/UTC",
    }))
}

/// Of a site, not of an API version; needs no sign-in.
pub(super) async fn tenant_info(State(api): State<Api>) -> Json<Value> {
    Json(json!({"cloudId": cloud_id(&api.site.name)}))
}

/// The same name always has the same cloud id.
pub(crate) fn cloud_id(site: &str) -> String {
    use sha2::{Digest, Sha256};
    let h = hex::encode(Sha256::digest(format!("cloud {site}")));
    format!("{}-{}-4{}-8{}-{}", &h[..8], &h[8..12], &h[13..16], &h[17..20], &h[20..32])
}

pub(super) async fn fields(State(_): State<Api>, Me(_): Me) -> Json<Value> {
    let all = [
        ("summary", "Summary", "string"),
        ("description", "Description", "string"),
        ("issuetype", "Issue Type", "issuetype"),
        ("project", "Project", "project"),
        ("status", "Status", "status"),
        ("priority", "Priority", "priority"),
        ("labels", "Labels", "array"),
        ("reporter", "Reporter", "user"),
        ("creator", "Creator", "user"),
        ("assignee", "Assignee", "user"),
        ("created", "Created", "datetime"),
        ("updated", "Updated", "datetime"),
        ("attachment", "Attachment", "array"),
        ("comment", "Comment", "comments-page"),
        ("parent", "Parent", "issuelink"),
    ];
    all.iter()
        .map(|(id, name, kind)| {
            json!({"id": id, "key": id, "name": name, "custom": false, "orderable": true, "navigable": true,
                "searchable": true, "clauseNames": [id], "schema": {"type": kind, "system": id}})
        })
        .collect::<Value>()
        .into()
}

pub(super) async fn priorities(State(api): State<Api>, Me(_): Me) -> ApiResult<Json<Value>> {
    api.site.read(|conn| {
        let view = View::new(&api.site, conn, api.v2)?;
        Ok(Json((1..=5).map(|id| view.priority(id)).collect()))
    })
}

pub(super) async fn statuses(State(api): State<Api>, Me(_): Me) -> ApiResult<Json<Value>> {
    api.site.read(|conn| {
        let view = View::new(&api.site, conn, api.v2)?;
        Ok(Json(STATUSES.iter().map(|s| view.status(s.0)).collect()))
    })
}

pub(super) async fn nothing(Me(_): Me) -> Json<Value> {
    Json(json!([]))
}

pub(super) async fn link_types(Me(_): Me) -> Json<Value> {
    Json(json!({"issueLinkTypes": []}))
}

pub(super) async fn user(State(api): State<Api>, Me(_): Me, params: Params) -> ApiResult<Json<Value>> {
    let account = params.one("accountId").unwrap_or_default();
    let known = api.site.user(account).ok_or_else(|| ApiError::not_found("The user does not exist."))?;
    api.site.read(|conn| Ok(Json(View::new(&api.site, conn, api.v2)?.user(&known.account_id))))
}

pub(super) async fn user_search(State(api): State<Api>, Me(_): Me, params: Params) -> ApiResult<Json<Value>> {
    let query = params.one("query").unwrap_or_default().to_lowercase();
    let mut found = api.site.all_users();
    found.retain(|u| u.name.to_lowercase().contains(&query) || u.email.contains(&query));
    let (_, _, _, found) = page(found, &params, 50, 1000);
    api.site.read(|conn| {
        let view = View::new(&api.site, conn, api.v2)?;
        Ok(Json(found.iter().map(|u| view.user(&u.account_id)).collect()))
    })
}

pub(super) async fn issue_types(State(api): State<Api>, Me(_): Me) -> ApiResult<Json<Value>> {
    api.site.read(|conn| {
        let view = View::new(&api.site, conn, api.v2)?;
        Ok(Json(view.types.iter().map(|t| view.issue_type(t.id)).collect()))
    })
}

pub(super) async fn issue_types_of_project(
    State(api): State<Api>,
    Me(_): Me,
    params: Params,
) -> ApiResult<Json<Value>> {
    let id = params.one("projectId").unwrap_or_default().to_owned();
    api.site.read(|conn| {
        let view = View::new(&api.site, conn, api.v2)?;
        let project = view.projects.iter().find(|p| p.id.to_string() == id);
        let project = project.ok_or_else(|| ApiError::not_found("The project was not found."))?;
        Ok(Json(project.config.types.iter().map(|t| view.issue_type(*t)).collect()))
    })
}

pub(super) async fn type_schemes(
    State(api): State<Api>,
    Me(me): Me,
    params: Params,
) -> ApiResult<Json<Value>> {
    let asked = params.list("projectId");
    if asked.is_empty() {
        return Err(ApiError::bad("The parameter 'projectId' is required."));
    }
    api.site.read(|conn| {
        let projects = db::projects(conn)?;
        let administers = projects.iter().all(|p| permitted(&api.site, p, &me, "ADMINISTER"));
        if !administers {
            return Err(ApiError::forbidden("Only Jira administrators can access issue type schemes."));
        }
        // Team-managed projects have no scheme: they are left out.
        let some =
            projects.into_iter().filter(|p| asked.contains(&p.id.to_string()) && !p.config.team_managed);
        let schemes: Vec<Value> = some
            .map(|p| {
                let mut scheme = json!({
                    "id": (p.id + 500).to_string(), "name": format!("{}: Issue Type Scheme", p.key),
                    "description": "", "isDefault": false,
                });
                if let Some(default) = p.config.default_type {
                    scheme["defaultIssueTypeId"] = json!(default.to_string());
                }
                json!({"issueTypeScheme": scheme, "projectIds": [p.id.to_string()]})
            })
            .collect();
        let (start, size, total, values) = page(schemes, &params, 50, 50);
        let last = start + values.len() >= total;
        Ok(Json(
            json!({"startAt": start, "maxResults": size, "total": total, "isLast": last, "values": values}),
        ))
    })
}
