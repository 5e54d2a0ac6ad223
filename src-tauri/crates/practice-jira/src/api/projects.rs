//! Projects, permissions, and what can be filled in when an issue is created.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Map, Value, json};

use super::{Api, Body, Me, Params, page, strings};
use crate::beans::View;
use crate::db::{self, Project};
use crate::error::{ApiError, ApiResult};
use crate::ops::{permitted, visible};
use crate::state::{STATUSES, User};

/// Permissions this site knows; those of whole sites come first.
const GLOBAL: [&str; 3] = ["ADMINISTER", "BULK_CHANGE", "CREATE_PROJECT"];
const OF_PROJECT: [&str; 19] = [
    "ADMINISTER_PROJECTS",
    "BROWSE_PROJECTS",
    "CREATE_ISSUES",
    "EDIT_ISSUES",
    "DELETE_ISSUES",
    "MOVE_ISSUES",
    "ASSIGN_ISSUES",
    "MODIFY_REPORTER",
    "TRANSITION_ISSUES",
    "LINK_ISSUES",
    "ADD_COMMENTS",
    "EDIT_OWN_COMMENTS",
    "EDIT_ALL_COMMENTS",
    "DELETE_OWN_COMMENTS",
    "DELETE_ALL_COMMENTS",
    "CREATE_ATTACHMENTS",
    "DELETE_OWN_ATTACHMENTS",
    "DELETE_ALL_ATTACHMENTS",
    "SET_ISSUE_SECURITY",
];

fn seen(api: &Api, me: &User, all: Vec<Project>) -> Vec<Project> {
    all.into_iter().filter(|p| permitted(&api.site, p, me, "BROWSE_PROJECTS")).collect()
}

fn named(all: &[Project], id_or_key: &str) -> ApiResult<Project> {
    db::named(all, id_or_key)
        .cloned()
        .ok_or_else(|| ApiError::not_found(format!("No project could be found with key '{id_or_key}'.")))
}

fn detailed(view: &View<'_>, p: &Project) -> Value {
    let mut bean = view.project(p);
    bean["issueTypes"] = p.config.types.iter().map(|t| view.issue_type(*t)).collect();
    bean["description"] = json!("");
    bean["lead"] = view.users.first().map_or(Value::Null, |u| view.user(&u.account_id));
    bean["components"] = json!([]);
    bean["versions"] = json!([]);
    bean["roles"] = json!({});
    bean
}

pub(super) async fn list(State(api): State<Api>, Me(me): Me) -> ApiResult<Json<Value>> {
    api.site.read(|conn| {
        let view = View::new(&api.site, conn, api.v2)?;
        Ok(Json(seen(&api, &me, view.projects.clone()).iter().map(|p| view.project(p)).collect()))
    })
}

pub(super) async fn search(State(api): State<Api>, Me(me): Me, params: Params) -> ApiResult<Json<Value>> {
    let action = match params.one("action").unwrap_or("view") {
        "create" => "CREATE_ISSUES",
        "edit" => "ADMINISTER_PROJECTS",
        _ => "BROWSE_PROJECTS",
    };
    let (keys, ids) = (params.list("keys"), params.list("id"));
    let query = params.one("query").unwrap_or_default().to_lowercase();
    let status = params.list("status");
    api.site.read(|conn| {
        let view = View::new(&api.site, conn, api.v2)?;
        let trash = status.iter().any(|s| s == "deleted");
        let mut all = view.projects.clone();
        all.retain(|p| {
            if p.config.trashed {
                return trash && (keys.is_empty() || keys.contains(&p.key));
            }
            permitted(&api.site, p, &me, "BROWSE_PROJECTS")
                && permitted(&api.site, p, &me, action)
                && (status.is_empty() && !p.archived
                    || status.iter().any(|s| s == if p.archived { "archived" } else { "live" }))
                && (keys.is_empty() || keys.contains(&p.key))
                && (ids.is_empty() || ids.contains(&p.id.to_string()))
                && (p.key.to_lowercase().contains(&query) || p.name.to_lowercase().contains(&query))
        });
        let expand = params.expands("issueTypes");
        let (start, size, total, some) = page(all, &params, 50, 100);
        let values: Vec<Value> = some
            .iter()
            .map(|p| {
                let mut bean = view.project(p);
                if expand {
                    bean["issueTypes"] = p.config.types.iter().map(|t| view.issue_type(*t)).collect();
                }
                bean
            })
            .collect();
        let link = format!("{}/rest/api/3/project/search", api.site.url);
        let last = start + values.len() >= total;
        let mut bean = json!({
            "self": format!("{link}?startAt={start}&maxResults={size}"), "startAt": start, "maxResults": size,
            "total": total, "isLast": last, "values": values,
        });
        if !last {
            bean["nextPage"] = json!(format!("{link}?startAt={}&maxResults={size}", start + size));
        }
        Ok(Json(bean))
    })
}

pub(super) async fn one(
    State(api): State<Api>,
    Me(me): Me,
    Path(project): Path<String>,
) -> ApiResult<Json<Value>> {
    api.site.read(|conn| {
        let view = View::new(&api.site, conn, api.v2)?;
        let project = named(&seen(&api, &me, view.projects.clone()), &project)?;
        Ok(Json(detailed(&view, &project)))
    })
}

pub(super) async fn statuses(
    State(api): State<Api>,
    Me(me): Me,
    Path(project): Path<String>,
) -> ApiResult<Json<Value>> {
    api.site.read(|conn| {
        let view = View::new(&api.site, conn, api.v2)?;
        let project = named(&seen(&api, &me, view.projects.clone()), &project)?;
        let of_type = |id: &i64| {
            let kind = view.issue_type(*id);
            let all: Vec<Value> = STATUSES.iter().map(|s| view.status(s.0)).collect();
            json!({"self": kind["self"], "id": kind["id"], "name": kind["name"], "subtask": kind["subtask"],
                "statuses": all})
        };
        Ok(Json(project.config.types.iter().map(of_type).collect()))
    })
}

pub(super) async fn check_permissions(
    State(api): State<Api>,
    Me(me): Me,
    Body(body): Body,
) -> ApiResult<Json<Value>> {
    let mut unknown = Map::new();
    let mut known = |names: &[String], list: &[&str]| {
        for name in names.iter().filter(|n| !list.contains(&n.as_str())) {
            unknown.insert(name.clone(), json!("Unrecognized permission"));
        }
    };
    let global = strings(&body["globalPermissions"]);
    known(&global, &GLOBAL);
    let asked = body["projectPermissions"].as_array().cloned().unwrap_or_default();
    for one in &asked {
        known(&strings(&one["permissions"]), &OF_PROJECT);
    }
    if !unknown.is_empty() {
        let mut error = ApiError::bad("");
        error.messages.clear();
        error.errors = Box::new(unknown);
        return Err(error);
    }
    api.site.read(|conn| {
        let projects = db::projects(conn)?;
        let mut granted = Vec::new();
        for one in &asked {
            for permission in strings(&one["permissions"]) {
                let may = |p: &Project| permitted(&api.site, p, &me, &permission);
                let wanted = strings(&one["projects"]);
                let allowed: Vec<i64> = projects
                    .iter()
                    .filter(|p| wanted.contains(&p.id.to_string()) && may(p))
                    .map(|p| p.id)
                    .collect();
                let mut issues = Vec::new();
                for id in strings(&one["issues"]) {
                    if let Ok((issue, project)) = visible(&api.site, conn, &me, &id)
                        && may(&project)
                    {
                        issues.push(issue.id);
                    }
                }
                granted.push(json!({"permission": permission, "projects": allowed, "issues": issues}));
            }
        }
        let everywhere =
            |permission: &String| projects.iter().all(|p| permitted(&api.site, p, &me, permission));
        let global: Vec<String> = global.into_iter().filter(everywhere).collect();
        Ok(Json(json!({"projectPermissions": granted, "globalPermissions": global})))
    })
}

pub(super) async fn my_permissions(
    State(api): State<Api>,
    Me(me): Me,
    params: Params,
) -> ApiResult<Json<Value>> {
    let asked = params.list("permissions");
    if asked.is_empty() {
        return Err(ApiError::bad("The 'permissions' query parameter is required."));
    }
    api.site.read(|conn| {
        let all = seen(&api, &me, db::projects(conn)?);
        let mut considered = all.clone();
        if let Some(project) = params.one("projectKey").or(params.one("projectId")) {
            considered = vec![named(&all, project)?];
        } else if let Some(issue) = params.one("issueKey").or(params.one("issueId")) {
            considered = vec![visible(&api.site, conn, &me, issue)?.1];
        }
        let mut found = Map::new();
        for key in asked {
            let global = GLOBAL.contains(&key.as_str());
            let Some(number) = GLOBAL.iter().chain(&OF_PROJECT).position(|k| *k == key) else {
                return Err(ApiError::field(&key, "Unrecognized permission"));
            };
            let have = considered.iter().any(|p| permitted(&api.site, p, &me, &key));
            found.insert(
                key.clone(),
                json!({"id": number.to_string(), "key": key, "name": permission_name(&key), "description": "",
                    "type": if global { "GLOBAL" } else { "PROJECT" }, "havePermission": have}),
            );
        }
        Ok(Json(json!({"permissions": found})))
    })
}

/// As Jira calls a permission: `Add Comments`.
fn permission_name(key: &str) -> String {
    let word = |word: &str| format!("{}{}", &word[..1], word[1..].to_lowercase());
    key.split('_').filter(|w| !w.is_empty()).map(word).collect::<Vec<_>>().join(" ")
}

/// The project, if this person may create issues in it. All else is a bad request here, and not 403 or 404.
fn creatable(api: &Api, view: &View<'_>, me: &User, project: &str) -> ApiResult<Project> {
    let project = named(&seen(api, me, view.projects.clone()), project).map_err(ApiError::into_bad)?;
    match permitted(&api.site, &project, me, "CREATE_ISSUES") {
        true => Ok(project),
        false => Err(ApiError::bad("You do not have permission to create issues in this project.")),
    }
}

pub(super) async fn create_types(
    State(api): State<Api>,
    Me(me): Me,
    Path(project): Path<String>,
    params: Params,
) -> ApiResult<Json<Value>> {
    if params.number("maxResults", 50) > 200 {
        return Err(ApiError::bad("Parameter 'maxResults' must not exceed the limit '200'"));
    }
    api.site.read(|conn| {
        let view = View::new(&api.site, conn, api.v2)?;
        let project = creatable(&api, &view, &me, &project)?;
        let all: Vec<Value> = project.config.types.iter().map(|t| view.issue_type(*t)).collect();
        let (start, size, total, some) = page(all, &params, 50, 200);
        Ok(Json(json!({"startAt": start, "maxResults": size, "total": total, "issueTypes": some})))
    })
}

fn field_list(view: &View<'_>, project: &Project, level: i64) -> Vec<Value> {
    let field = |id: &str, name: &str, required: bool, kind: &str| {
        json!({"fieldId": id, "key": id, "name": name, "required": required, "hasDefaultValue": false,
            "operations": ["set"], "schema": {"type": kind, "system": id}})
    };
    let mut all = vec![
        field("summary", "Summary", true, "string"),
        field("issuetype", "Issue Type", true, "issuetype"),
        field("project", "Project", true, "project"),
        field("description", "Description", false, "string"),
        field("attachment", "Attachment", false, "array"),
        field("labels", "Labels", false, "array"),
        field("assignee", "Assignee", false, "user"),
    ];
    let mut reporter = field("reporter", "Reporter", true, "user");
    reporter["hasDefaultValue"] = json!(true);
    all.push(reporter);
    let mut priority = field("priority", "Priority", false, "priority");
    priority["hasDefaultValue"] = json!(true);
    priority["allowedValues"] = (1..=5).map(|id| view.priority(id)).collect();
    all.push(priority);
    if level < 1 {
        all.push(field("parent", "Parent", level < 0, "issuelink"));
    }
    for needed in &project.config.required {
        all.push(needed.bean(&view.site.url));
    }
    all
}

pub(super) async fn create_fields(
    State(api): State<Api>,
    Me(me): Me,
    Path((project, id)): Path<(String, String)>,
    params: Params,
) -> ApiResult<Json<Value>> {
    api.site.read(|conn| {
        let view = View::new(&api.site, conn, api.v2)?;
        let project = creatable(&api, &view, &me, &project)?;
        let known =
            view.types.iter().find(|t| t.id.to_string() == id && project.config.types.contains(&t.id));
        let known = known.ok_or_else(|| ApiError::bad("The issue type is not in this project."))?;
        let (start, size, total, some) = page(field_list(&view, &project, known.level), &params, 50, 200);
        Ok(Json(json!({"startAt": start, "maxResults": size, "total": total, "fields": some})))
    })
}

pub(super) async fn edit_meta(
    State(api): State<Api>,
    Me(me): Me,
    Path(issue): Path<String>,
) -> ApiResult<Json<Value>> {
    api.site.read(|conn| {
        let (_, project) = visible(&api.site, conn, &me, &issue)?;
        let view = View::new(&api.site, conn, api.v2)?;
        let mut fields = Map::new();
        for mut field in field_list(&view, &project, 0) {
            // Here the id is the name of the entry, and stands nowhere else but in `key`.
            let id = field.as_object_mut().and_then(|field| field.remove("fieldId"));
            if let Some(id) = id.as_ref().and_then(Value::as_str).filter(|id| *id != "project") {
                fields.insert(id.to_owned(), field);
            }
        }
        fields["issuetype"]["allowedValues"] =
            project.config.types.iter().map(|t| view.issue_type(*t)).collect();
        Ok(Json(json!({"fields": fields})))
    })
}
