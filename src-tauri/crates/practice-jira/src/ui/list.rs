//! The list of issues, and what a person types to find one: JQL or plain words.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::beans::{View, time};
use crate::db;
use crate::error::ApiResult;
use crate::jql;
use crate::state::{Site, User};

/// A window shows so many at most, and says how many there are.
const MOST: usize = 500;

#[derive(Deserialize)]
pub(super) struct Ask {
    project: Option<String>,
    /// What is typed into the search box.
    #[serde(default)]
    q: String,
    #[serde(rename = "as")]
    who: Option<String>,
}

/// What a text in the search box is.
#[derive(Debug, PartialEq, Eq)]
enum Meant {
    Nothing,
    Jql,
    Words(Vec<String>),
}

pub(super) async fn list(State(site): State<Arc<Site>>, Query(ask): Query<Ask>) -> ApiResult<Json<Value>> {
    let who = super::person(&site, ask.who.as_deref())?;
    site.read(|conn| {
        // The page shows what is there, however late the search index of the API is.
        let version = site.version();
        let view = View::new(&site, conn, false)?;
        let meant = meant(&ask.q);
        let (ids, read_as) = match &meant {
            Meant::Nothing => (all(conn)?, Value::Null),
            Meant::Jql => (by_jql(&site, conn, &view, &who, ask.q.trim())?, json!("jql")),
            Meant::Words(words) => (by_words(conn, words)?, json!("words")),
        };
        let project = ask.project.as_deref();
        let mut issues = Vec::new();
        let mut total = 0;
        for (id, of) in ids {
            if project.is_some_and(|p| p != of) {
                continue;
            }
            total += 1;
            if issues.len() < MOST {
                issues.extend(row(conn, &view, id, &of)?);
            }
        }
        Ok(Json(json!({"version": version, "total": total, "readAs": read_as, "issues": issues})))
    })
}

fn row(conn: &Connection, view: &View<'_>, id: i64, project: &str) -> ApiResult<Option<Value>> {
    let Some(issue) = db::issue_by_id(conn, id)? else { return Ok(None) };
    let count = |table: &str| -> ApiResult<i64> {
        let sql = format!("SELECT count(*) FROM {table} WHERE issue_id = ?1");
        Ok(conn.prepare_cached(&sql)?.query_row([id], |r| r.get(0))?)
    };
    Ok(Some(json!({
        "key": issue.key, "summary": issue.summary, "type": view.type_name(issue.type_id),
        "status": issue.status, "updated": time(issue.updated), "project": project,
        "reporter": view.name(&issue.reporter),
        "comments": count("comment")?, "attachments": count("attachment")?,
    })))
}

/// Id and project key of each issue that `condition` finds.
fn select(conn: &Connection, condition: &str, order: &str, params: &[Sql]) -> ApiResult<Vec<(i64, String)>> {
    let sql = format!(
        "SELECT i.id, (SELECT p.key FROM project p WHERE p.id = i.project_id) FROM issue i
         WHERE {condition} ORDER BY {order}"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(params), |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

const NEWEST: &str = "i.updated DESC, i.id DESC";

fn all(conn: &Connection) -> ApiResult<Vec<(i64, String)>> {
    select(conn, "1", NEWEST, &[])
}

fn by_jql(
    site: &Site,
    conn: &Connection,
    view: &View<'_>,
    me: &User,
    text: &str,
) -> ApiResult<Vec<(i64, String)>> {
    // An order alone is refused by the API's search, but people type it.
    let ordered = text.get(..8).is_some_and(|t| t.eq_ignore_ascii_case("order by"));
    let keys: Vec<&str> = view.projects.iter().map(|p| p.key.as_str()).collect();
    let whole = if ordered { format!("project in ({}) {text}", keys.join(", ")) } else { text.to_owned() };
    let known = jql::Known {
        projects: &view.projects,
        types: &view.types,
        users: &view.users,
        me,
        now_ms: site.now_ms(),
        updated: "i.updated",
    };
    let compiled = jql::compile(&jql::parse(&whole)?, &known)?;
    select(conn, &compiled.condition, &compiled.order, &compiled.params)
}

/// Issues in which each word stands: in the key, the summary, the description or a comment.
fn by_words(conn: &Connection, words: &[String]) -> ApiResult<Vec<(i64, String)>> {
    let mut condition = String::from("1");
    let mut params = Vec::new();
    for word in words {
        // LIKE takes these two for any text and any sign. A document is stored as JSON.
        let pattern = |text: &str| {
            let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            Sql::Text(format!("%{escaped}%"))
        };
        let stored = Value::String(word.clone()).to_string();
        params.push(pattern(word));
        params.push(pattern(&stored[1..stored.len() - 1]));
        let (plain, stored) = (params.len() - 1, params.len());
        condition.push_str(&format!(
            " AND (i.key LIKE ?{plain} ESCAPE '\\' OR i.summary LIKE ?{plain} ESCAPE '\\'
               OR i.description LIKE ?{stored} ESCAPE '\\'
               OR EXISTS (SELECT 1 FROM comment c WHERE c.issue_id = i.id AND c.body LIKE ?{stored} ESCAPE '\\'))"
        ));
    }
    let mut found = Vec::new();
    for (id, of) in select(conn, &condition, NEWEST, &params)? {
        // What the database found may be the name of a node; people look for what they can read.
        let read = said(conn, id)?.to_lowercase();
        if words.iter().all(|word| read.contains(&word.to_lowercase())) {
            found.push((id, of));
        }
    }
    Ok(found)
}

/// All that a person reads in an issue.
fn said(conn: &Connection, id: i64) -> ApiResult<String> {
    let Some(issue) = db::issue_by_id(conn, id)? else { return Ok(String::new()) };
    let mut parts = vec![issue.key, issue.summary];
    let comments = db::comments(conn, id)?.into_iter().map(|c| c.body);
    for document in issue.description.into_iter().chain(comments) {
        parts.push(crate::adf::to_text(&serde_json::from_str(&document)?));
    }
    Ok(parts.join("\n"))
}

const FIELDS: [&str; 22] = [
    "project",
    "pid",
    "type",
    "issuetype",
    "status",
    "priority",
    "assignee",
    "reporter",
    "creator",
    "key",
    "issuekey",
    "issue",
    "id",
    "parent",
    "labels",
    "summary",
    "text",
    "description",
    "comment",
    "created",
    "updated",
    "updateddate",
];

/// A query begins with a field and an operator, an order, `NOT` or a bracket; everything else is words.
fn meant(text: &str) -> Meant {
    let text = text.trim();
    if text.is_empty() {
        return Meant::Nothing;
    }
    let lower = text.to_lowercase();
    let mut inner = lower.as_str();
    while let Some(rest) = inner.strip_prefix('(').or_else(|| inner.strip_prefix("not ")) {
        inner = rest.trim_start();
    }
    let field_end = inner.find(|c: char| !c.is_alphanumeric()).unwrap_or(inner.len());
    let (field, rest) = inner.split_at(field_end);
    let rest = rest.trim_start();
    let signs = rest.starts_with(['=', '~', '!', '<', '>']);
    let operator = signs
        || ["in (", "in(", "not in", "is empty", "is null", "is not empty", "is not null"]
            .iter()
            .any(|o| rest.starts_with(o));
    // `colour = red` is a query with a mistake in it, and says so; `is it a = b?` is words.
    let jql = (FIELDS.contains(&field) && operator)
        || (!field.is_empty() && signs)
        || (field == "order" && rest.starts_with("by "));
    if jql { Meant::Jql } else { Meant::Words(words(text)) }
}

/// Words, and what stands in quotes as one.
fn words(text: &str) -> Vec<String> {
    let parts = text.split('"').enumerate();
    let each = parts.flat_map(|(at, part)| match at % 2 {
        1 => vec![part.to_owned()],
        _ => part.split_whitespace().map(str::to_owned).collect(),
    });
    each.filter(|word| !word.trim().is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_told_from_words() {
        for query in [
            "project = SUP",
            "status!=Done",
            "key in (SUP-1, SUP-2)",
            "NOT (summary ~ basket)",
            "(type = Bug OR type = Task) AND updated >= -1d",
            "assignee is EMPTY",
            "ORDER BY created",
            "colour = red",
        ] {
            assert_eq!(meant(query), Meant::Jql, "{query}");
        }
        for (text, expected) in [
            ("empty basket", vec!["empty", "basket"]),
            ("status page broken", vec!["status", "page", "broken"]),
            ("SUP-1", vec!["SUP-1"]),
            ("is it a = b?", vec!["is", "it", "a", "=", "b?"]),
            ("\"order list\" newest", vec!["order list", "newest"]),
            ("text is missing", vec!["text", "is", "missing"]),
        ] {
            assert_eq!(
                meant(text),
                Meant::Words(expected.into_iter().map(str::to_owned).collect()),
                "{text}"
            );
        }
        assert_eq!(meant("  "), Meant::Nothing);
    }
}
