//! Help with queries: what is wrong with one, and what can stand in one.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::search::{Index, find};
use super::{Api, Body, Me, Params, strings};
use crate::db;
use crate::error::{ApiError, ApiResult};
use crate::faults::Lag;
use crate::jql;
use crate::state::{STATUSES, User};

const RESERVED: [&str; 12] =
    ["and", "or", "not", "in", "is", "empty", "null", "order", "by", "asc", "desc", "was"];

const EQUAL: &[&str] = &["=", "!=", "in", "not in"];
const EQUAL_OR_EMPTY: &[&str] = &["=", "!=", "in", "not in", "is", "is not"];
const TEXT: &[&str] = &["~", "!~"];
const TIME: &[&str] = &["=", "!=", "<", "<=", ">", ">="];

/// Field, what people call it, operators, and whether its values are suggested.
const FIELDS: [(&str, &str, &[&str], bool); 15] = [
    ("project", "project", EQUAL, true),
    ("issuetype", "Issue Type", EQUAL, true),
    ("status", "status", EQUAL, true),
    ("priority", "priority", EQUAL, true),
    ("assignee", "assignee", EQUAL_OR_EMPTY, true),
    ("reporter", "reporter", EQUAL, true),
    ("creator", "creator", EQUAL, true),
    ("labels", "labels", EQUAL_OR_EMPTY, true),
    ("parent", "parent", EQUAL_OR_EMPTY, false),
    ("key", "key", TIME, false),
    ("summary", "summary", TEXT, false),
    ("description", "description", TEXT, false),
    ("comment", "comment", TEXT, false),
    ("created", "created", TIME, false),
    ("updated", "updated", TIME, false),
];

const FUNCTIONS: [&str; 3] = ["currentUser()", "now()", "startOfDay()"];

/// `POST /jql/parse`: each query with its structure, or with what is wrong with it.
pub(super) async fn parse(
    State(api): State<Api>,
    Me(me): Me,
    params: Params,
    Body(body): Body,
) -> ApiResult<Json<Value>> {
    let validation = params.one("validation").unwrap_or_default();
    if !["strict", "warn", "none"].contains(&validation) {
        return Err(ApiError::bad("The parameter 'validation' must be one of strict, warn, none."));
    }
    let queries = match &body["queries"] {
        Value::Array(all) if !all.is_empty() && all.iter().all(Value::is_string) => strings(&body["queries"]),
        _ => return Err(ApiError::bad("'queries' must have at least one query.")),
    };
    let one = |text: &String| match parsed(&api, &me, text, validation) {
        Ok(shown) => shown,
        Err(error) => json!({"query": text, "errors": error.messages}),
    };
    Ok(Json(json!({"queries": queries.iter().map(one).collect::<Vec<_>>()})))
}

fn parsed(api: &Api, me: &User, text: &str, validation: &str) -> ApiResult<Value> {
    let query = jql::parse(text)?;
    let mut shown = json!({"query": text, "structure": jql::structure(&query)});
    // Only a restricted query can be tried out; a bare order is fine here, as it is in a filter of Jira.
    if validation != "none" && query.condition.is_some() {
        let now = api.site.now_ms();
        let tried = api
            .site
            .read(|conn| find(&api.site, conn, me, text, &Index::new(conn, now, &Lag::default(), &[])?));
        match tried {
            Err(error) if validation == "strict" => return Err(error),
            Err(error) => shown["warnings"] = json!(error.messages),
            Ok(_) => {}
        }
    }
    Ok(shown)
}

/// `GET /jql/autocompletedata`.
pub(super) async fn reference(Me(_): Me) -> Json<Value> {
    let field = |(value, name, operators, suggested): &(&str, &str, &[&str], bool)| {
        let mut bean = json!({"value": value, "displayName": name, "orderable": "true", "searchable": "true",
            "operators": operators, "types": ["java.lang.String"]});
        if *suggested {
            bean["auto"] = json!("true");
        }
        bean
    };
    let function = |name: &&str| json!({"value": name, "displayName": name, "types": ["java.lang.String"]});
    Json(json!({
        "visibleFieldNames": FIELDS.iter().map(field).collect::<Vec<_>>(),
        "visibleFunctionNames": FUNCTIONS.iter().map(function).collect::<Vec<_>>(),
        "jqlReservedWords": RESERVED,
    }))
}

/// `GET /jql/autocompletedata/suggestions`: values of a field that contain what was typed.
pub(super) async fn suggestions(State(api): State<Api>, Me(_): Me, params: Params) -> ApiResult<Json<Value>> {
    let (Some(field), None) = (params.one("fieldName"), params.one("predicateName")) else {
        return Err(ApiError::bad("Give 'fieldName'; predicates are not known here."));
    };
    let typed = params.one("fieldValue").unwrap_or_default().to_lowercase();
    let users = || api.site.all_users().into_iter().map(|u| (u.account_id, u.name)).collect();
    let all: Vec<(String, String)> = api.site.read(|conn| {
        Ok(match field.to_lowercase().as_str() {
            "project" => db::projects(conn)?
                .into_iter()
                .map(|p| (p.key.clone(), format!("{} ({})", p.name, p.key)))
                .collect(),
            "issuetype" | "type" => db::types(conn)?.into_iter().map(|t| (t.name.clone(), t.name)).collect(),
            "status" => STATUSES.iter().map(|s| (s.1.to_owned(), s.1.to_owned())).collect(),
            "priority" => {
                ["Highest", "High", "Medium", "Low", "Lowest"].map(|p| (p.to_owned(), p.to_owned())).into()
            }
            "assignee" | "reporter" | "creator" => users(),
            "labels" => labels(conn)?.into_iter().map(|label| (label.clone(), label)).collect(),
            _ => Vec::new(),
        })
    })?;
    let fitting = all.iter().filter(|(_, name)| name.to_lowercase().contains(&typed));
    let one = |(value, name): &(String, String)| json!({"value": jql::encoded(value), "displayName": marked(name, &typed)});
    let results: Vec<Value> = fitting.map(one).collect();
    Ok(Json(json!({"results": results})))
}

/// Every label that an issue has.
fn labels(conn: &rusqlite::Connection) -> ApiResult<Vec<String>> {
    let sql = "SELECT DISTINCT l.value FROM issue i, json_each(i.labels) l ORDER BY l.value";
    let mut asked = conn.prepare_cached(sql)?;
    Ok(asked.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// What was typed, in bold.
fn marked(name: &str, typed: &str) -> String {
    // Lower case of another length would point into the middle of a letter; then nothing is bold.
    let at = name.to_lowercase().find(typed).filter(|_| !typed.is_empty());
    match at.and_then(|at| {
        Some((name.get(..at)?, name.get(at..at + typed.len())?, name.get(at + typed.len()..)?))
    }) {
        Some((before, found, after)) => format!("{before}<b>{found}</b>{after}"),
        None => name.to_owned(),
    }
}
