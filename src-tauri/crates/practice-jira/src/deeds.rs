//! Deeds of the fault switches: what changes the site once, by somebody else's hand.

use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::call;
use crate::custom::RequiredField;
use crate::db;
use crate::error::{ApiError, ApiResult};
use crate::ops::Deed;
use crate::state::{Site, User};

fn pat(site: &Site) -> ApiResult<User> {
    // Somebody other than the owner of the token, as in real life.
    site.all_users().into_iter().nth(1).ok_or_else(|| ApiError::internal("the site has no people"))
}

/// Does one deed; answers what came of it.
pub(crate) fn perform(site: &Site, deed: &str, value: &Value) -> ApiResult<Value> {
    let who = pat(site)?;
    let mut gone = Vec::new();
    let done = call::aside(|| {
        site.write(|tx| {
            let by = Deed::new(site, tx, &who, false);
            let named = value.as_str().or(value["issue"].as_str()).or(value["project"].as_str());
            let named = named.unwrap_or_default();
            let issue = || db::issue(tx, named)?.ok_or_else(ApiError::issue_not_found);
            match deed {
                "delete_issue" => {
                    let issue = issue()?;
                    gone = by.erase_issue(issue.id)?;
                    Ok(json!(issue.key))
                }
                "move_issue" => {
                    let to = value["to"].as_str().or(value["project"].as_str()).unwrap_or_default();
                    move_issue(&by, &issue()?, to)
                }
                "clone_issue" => clone_issue(&by, &issue()?, value["properties"] != false),
                "rename_project" => rename_project(tx, named, value),
                _ => change_project(tx, deed, value, named),
            }
        })
    })?;
    for uuid in gone {
        crate::files::remove(site, &uuid);
    }
    Ok(done)
}

fn change_project(conn: &Connection, deed: &str, value: &Value, named: &str) -> ApiResult<Value> {
    let mut project = find_project(conn, value["project"].as_str().unwrap_or(named))?;
    match deed {
        "archive_project" => project.archived = value["archived"] != false,
        "trash_project" => project.config.trashed = value["trashed"] != false,
        "required_field" => {
            let field: RequiredField = serde_json::from_value(value.clone())
                .map_err(|e| ApiError::bad(format!("required_field: {e}")))?;
            let same = project.config.required.iter().position(|f| f.field == field.field);
            let old = same.map(|at| project.config.required.remove(at));
            project.config.required.push(field.after(old.as_ref()));
        }
        _ => {
            let name = value["type"].as_str().unwrap_or_default();
            let types = db::types(conn)?;
            let id = types.iter().find(|t| t.name.eq_ignore_ascii_case(name)).map(|t| t.id);
            let id = id.ok_or_else(|| ApiError::bad(format!("There is no type '{name}'.")))?;
            project.config.types.retain(|t| *t != id);
            project.config.default_type = project.config.default_type.filter(|t| *t != id);
        }
    }
    db::save_config(conn, &project)?;
    Ok(json!(project.key))
}

/// The project of this key, whether it has it now or had it once.
pub(crate) fn find_project(conn: &Connection, key: &str) -> ApiResult<db::Project> {
    let all = db::projects(conn)?;
    let found = db::named(&all, key).cloned();
    found.ok_or_else(|| ApiError::bad(format!("There is no project '{key}'.")))
}

fn next_key(deed: &Deed<'_>, project: &db::Project) -> ApiResult<(i64, String)> {
    let next: i64 =
        deed.tx.query_row("SELECT next_number FROM project WHERE id = ?1", [project.id], |r| r.get(0))?;
    deed.tx.execute("UPDATE project SET next_number = next_number + 1 WHERE id = ?1", [project.id])?;
    Ok((next, format!("{}-{next}", project.key)))
}

fn move_issue(deed: &Deed<'_>, issue: &db::Issue, to: &str) -> ApiResult<Value> {
    let project = find_project(deed.tx, to)?;
    let from = db::projects(deed.tx)?.into_iter().find(|p| p.id == issue.project_id).map(|p| p.name);
    let (number, key) = next_key(deed, &project)?;
    deed.tx.execute(
        "INSERT OR REPLACE INTO old_key(key, issue_id) VALUES (?1, ?2)",
        params![issue.key, issue.id],
    )?;
    deed.tx.execute(
        "UPDATE issue SET key = ?2, project_id = ?3, number = ?4 WHERE id = ?1",
        params![issue.id, key, project.id, number],
    )?;
    let mut renamed = crate::history::item("Key", Value::Null, json!(issue.key), Value::Null, json!(key));
    renamed["fieldId"] = json!("issuekey");
    let moved = crate::history::item(
        "project",
        json!(issue.project_id.to_string()),
        json!(from),
        json!(project.id.to_string()),
        json!(project.name),
    );
    deed.record(issue.id, &[renamed, moved], &Value::Null)?;
    deed.touch(issue.id)?;
    Ok(json!(key))
}

fn clone_issue(deed: &Deed<'_>, issue: &db::Issue, properties: bool) -> ApiResult<Value> {
    let projects = db::projects(deed.tx)?;
    let project = projects.iter().find(|p| p.id == issue.project_id).ok_or_else(ApiError::issue_not_found)?;
    let (number, key) = next_key(deed, project)?;
    deed.tx.execute(
        "INSERT INTO issue(key, project_id, number, summary, description, type_id, status, priority, labels, reporter,
           creator, assignee, parent, created, updated, extra)
         SELECT ?2, project_id, ?3, 'CLONE - ' || summary, description, type_id, 1, priority, labels, reporter, ?4, assignee,
           parent, ?5, ?5, extra FROM issue WHERE id = ?1",
        params![issue.id, key, number, deed.who.account_id, deed.now],
    )?;
    let id = deed.tx.last_insert_rowid();
    if properties {
        deed.tx.execute(
            "INSERT INTO property(entity, entity_id, key, value)
             SELECT entity, ?2, key, value FROM property WHERE entity = 'issue' AND entity_id = ?1",
            params![issue.id, id],
        )?;
    }
    deed.touch(id)?;
    Ok(json!(key))
}

/// A new key (or name) for a project: every issue gets a new key, and the old ones still lead to it.
fn rename_project(conn: &Connection, named: &str, value: &Value) -> ApiResult<Value> {
    let mut project = find_project(conn, named)?;
    if let Some(name) = value["name"].as_str() {
        project.name = name.to_owned();
    }
    if let Some(key) = value["key"].as_str().map(str::to_ascii_uppercase).filter(|k| *k != project.key) {
        let proper = key.len() > 1
            && key.starts_with(|c: char| c.is_ascii_uppercase())
            && key.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if !proper || db::projects(conn)?.iter().any(|p| p.key == key) {
            return Err(ApiError::bad(format!("A project cannot get the key '{key}'.")));
        }
        conn.execute(
            "INSERT OR REPLACE INTO old_key(key, issue_id) SELECT key, id FROM issue WHERE project_id = ?1",
            [project.id],
        )?;
        conn.execute("UPDATE project SET key = ?2 WHERE id = ?1", params![project.id, key])?;
        conn.execute(
            "UPDATE issue SET key = ?2 || '-' || number WHERE project_id = ?1",
            params![project.id, key],
        )?;
        conn.execute("DELETE FROM old_key WHERE key IN (SELECT key FROM issue)", [])?;
        project.config.former.retain(|k| *k != key);
        project.config.former.push(std::mem::replace(&mut project.key, key));
    }
    db::save_config(conn, &project)?;
    Ok(json!(project.key))
}
