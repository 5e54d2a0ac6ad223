//! The tables, and the rows read from them.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::custom::RequiredField;
use crate::error::{ApiError, ApiResult, Error};
use crate::options::ProjectSpec;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS issue_type (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, level INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS project (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
  archived INTEGER NOT NULL DEFAULT 0, next_number INTEGER NOT NULL DEFAULT 1, config TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS issue (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, project_id INTEGER NOT NULL,
  number INTEGER NOT NULL, summary TEXT NOT NULL, description TEXT, type_id INTEGER NOT NULL, status INTEGER NOT NULL DEFAULT 1,
  priority INTEGER NOT NULL DEFAULT 3, labels TEXT NOT NULL DEFAULT '[]', reporter TEXT NOT NULL, creator TEXT NOT NULL,
  assignee TEXT, parent INTEGER, created INTEGER NOT NULL, updated INTEGER NOT NULL, extra TEXT NOT NULL DEFAULT '{}') STRICT;
CREATE INDEX IF NOT EXISTS issue_updated ON issue(project_id, updated);
CREATE TABLE IF NOT EXISTS old_key (key TEXT PRIMARY KEY, issue_id INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS touch (id INTEGER PRIMARY KEY, issue_id INTEGER NOT NULL, at INTEGER NOT NULL, summary TEXT NOT NULL,
  description TEXT, type_id INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS touch_issue ON touch(issue_id, at);
CREATE TABLE IF NOT EXISTS comment (id INTEGER PRIMARY KEY AUTOINCREMENT, issue_id INTEGER NOT NULL, author TEXT NOT NULL,
  update_author TEXT NOT NULL, body TEXT NOT NULL, visibility TEXT, created INTEGER NOT NULL, updated INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS comment_issue ON comment(issue_id);
CREATE TABLE IF NOT EXISTS attachment (id INTEGER PRIMARY KEY AUTOINCREMENT, issue_id INTEGER NOT NULL, author TEXT NOT NULL,
  filename TEXT NOT NULL, mime TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL, uuid TEXT NOT NULL UNIQUE,
  created INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS attachment_issue ON attachment(issue_id);
CREATE TABLE IF NOT EXISTS property (entity TEXT NOT NULL, entity_id INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (entity, entity_id, key)) STRICT;
CREATE TABLE IF NOT EXISTS change (id INTEGER PRIMARY KEY AUTOINCREMENT, issue_id INTEGER NOT NULL, author TEXT NOT NULL,
  created INTEGER NOT NULL, items TEXT NOT NULL, metadata TEXT) STRICT;
CREATE INDEX IF NOT EXISTS change_issue ON change(issue_id);
CREATE TABLE IF NOT EXISTS remote_link (id INTEGER PRIMARY KEY AUTOINCREMENT, issue_id INTEGER NOT NULL, global_id TEXT,
  body TEXT NOT NULL, UNIQUE (issue_id, global_id)) STRICT;
CREATE INDEX IF NOT EXISTS issue_parent ON issue(parent) WHERE parent IS NOT NULL;
CREATE INDEX IF NOT EXISTS issue_newest ON issue(updated, id);
CREATE INDEX IF NOT EXISTS old_key_issue ON old_key(issue_id);
CREATE TABLE IF NOT EXISTS ledger (issue_id INTEGER NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
  n INTEGER NOT NULL, PRIMARY KEY (issue_id, account, kind)) STRICT, WITHOUT ROWID;
";

/// What a project is set to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct ProjectConfig {
    pub types: Vec<i64>,
    pub default_type: Option<i64>,
    #[serde(default)]
    pub required: Vec<RequiredField>,
    /// Account id -> permissions that account lacks.
    #[serde(default)]
    pub lacks: std::collections::BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub team_managed: bool,
    /// A service project: `service_desk` in Jira's words.
    #[serde(default)]
    pub service: bool,
    /// Keys it had before; they still lead to it.
    #[serde(default)]
    pub former: Vec<String>,
    /// It lies in the trash: nobody sees it or its issues until it is restored.
    #[serde(default)]
    pub trashed: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Project {
    pub id: i64,
    pub key: String,
    pub name: String,
    pub archived: bool,
    pub config: ProjectConfig,
}

#[derive(Debug, Clone)]
pub(crate) struct IssueType {
    pub id: i64,
    pub name: String,
    pub level: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct Issue {
    pub id: i64,
    pub key: String,
    pub project_id: i64,
    pub summary: String,
    pub description: Option<String>,
    pub type_id: i64,
    pub status: i64,
    pub priority: i64,
    pub labels: String,
    pub reporter: String,
    pub creator: String,
    pub assignee: Option<String>,
    pub parent: Option<i64>,
    pub created: i64,
    pub updated: i64,
    pub extra: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Comment {
    pub id: i64,
    pub issue_id: i64,
    pub author: String,
    pub update_author: String,
    pub body: String,
    pub visibility: Option<String>,
    pub created: i64,
    pub updated: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct Attachment {
    pub id: i64,
    pub issue_id: i64,
    pub author: String,
    pub filename: String,
    pub mime: String,
    pub size: i64,
    pub sha256: String,
    pub uuid: String,
    pub created: i64,
}

pub(crate) const ISSUE_COLUMNS: &str = "i.id, i.key, i.project_id, i.summary, i.description, i.type_id, i.status, i.priority, \
     i.labels, i.reporter, i.creator, i.assignee, i.parent, i.created, i.updated, i.extra";

pub(crate) fn issue_row(r: &Row<'_>) -> rusqlite::Result<Issue> {
    Ok(Issue {
        id: r.get(0)?,
        key: r.get(1)?,
        project_id: r.get(2)?,
        summary: r.get(3)?,
        description: r.get(4)?,
        type_id: r.get(5)?,
        status: r.get(6)?,
        priority: r.get(7)?,
        labels: r.get(8)?,
        reporter: r.get(9)?,
        creator: r.get(10)?,
        assignee: r.get(11)?,
        parent: r.get(12)?,
        created: r.get(13)?,
        updated: r.get(14)?,
        extra: r.get(15)?,
    })
}

fn comment_row(r: &Row<'_>) -> rusqlite::Result<Comment> {
    Ok(Comment {
        id: r.get(0)?,
        issue_id: r.get(1)?,
        author: r.get(2)?,
        update_author: r.get(3)?,
        body: r.get(4)?,
        visibility: r.get(5)?,
        created: r.get(6)?,
        updated: r.get(7)?,
    })
}

fn attachment_row(r: &Row<'_>) -> rusqlite::Result<Attachment> {
    Ok(Attachment {
        id: r.get(0)?,
        issue_id: r.get(1)?,
        author: r.get(2)?,
        filename: r.get(3)?,
        mime: r.get(4)?,
        size: r.get(5)?,
        sha256: r.get(6)?,
        uuid: r.get(7)?,
        created: r.get(8)?,
    })
}

/// Where numbering starts: other sites start elsewhere, so that an id used on the wrong site is noticed.
pub(crate) fn id_base(site: &str) -> i64 {
    let sum: i64 = site.bytes().fold(7, |a, b| (a * 31 + i64::from(b)) % 97);
    10_000 + sum * 100
}

pub(crate) fn open(path: Option<&Path>) -> Result<Connection, Error> {
    let failed = Error::from_sql;
    let conn = match path {
        Some(path) => Connection::open(path),
        None => Connection::open_in_memory(),
    }
    .map_err(failed)?;
    conn.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;")
        .map_err(failed)?;
    conn.execute_batch(SCHEMA).map_err(failed)?;
    conn.set_prepared_statement_cache_capacity(128);
    Ok(conn)
}

/// Fills an empty database with the site's types and projects; says whether it was empty.
pub(crate) fn prepare(
    conn: &Connection,
    site: &str,
    projects: &[ProjectSpec],
    ana: &str,
) -> Result<bool, rusqlite::Error> {
    let known: i64 = conn.query_row("SELECT count(*) FROM project", [], |r| r.get(0))?;
    if known > 0 {
        return Ok(false);
    }
    let base = id_base(site);
    for table in ["issue", "comment", "attachment", "change", "remote_link"] {
        conn.execute("INSERT INTO sqlite_sequence(name, seq) VALUES (?1, ?2)", params![table, base])?;
    }
    for name in ["Task", "Bug", "Improvement", "Epic", "Sub-task"] {
        type_named(conn, site, name)?;
    }
    for (n, spec) in projects.iter().enumerate() {
        let ids = spec.types.iter().map(|t| type_named(conn, site, t)).collect::<Result<Vec<_>, _>>()?;
        let default = spec.default_type.as_ref().map(|t| type_named(conn, site, t)).transpose()?;
        let mut config = ProjectConfig {
            types: ids,
            default_type: default,
            service: spec.service,
            ..ProjectConfig::default()
        };
        if !spec.ana_lacks.is_empty() {
            config.lacks.insert(ana.to_owned(), spec.ana_lacks.clone());
        }
        add_project(conn, base + i64::try_from(n).unwrap_or(0), &spec.key, &spec.name, &config)?;
    }
    Ok(true)
}

pub(crate) fn add_project(
    conn: &Connection,
    id: i64,
    key: &str,
    name: &str,
    config: &ProjectConfig,
) -> rusqlite::Result<()> {
    let config = serde_json::to_string(config).unwrap_or_else(|_| "{}".to_owned());
    conn.execute(
        "INSERT INTO project(id, key, name, config) VALUES (?1, ?2, ?3, ?4)",
        params![id, key, name, config],
    )?;
    Ok(())
}

/// The id of the type of this name, which is added when the site does not have it yet.
pub(crate) fn type_named(conn: &Connection, site: &str, name: &str) -> rusqlite::Result<i64> {
    if let Some(id) =
        conn.query_row("SELECT id FROM issue_type WHERE name = ?1", [name], |r| r.get(0)).optional()?
    {
        return Ok(id);
    }
    let last: Option<i64> = conn.query_row("SELECT max(id) FROM issue_type", [], |r| r.get(0))?;
    let id = last.unwrap_or(id_base(site)) + 1;
    let level = match name {
        "Epic" => 1,
        "Sub-task" | "Subtask" => -1,
        _ => 0,
    };
    conn.execute("INSERT INTO issue_type(id, name, level) VALUES (?1, ?2, ?3)", params![id, name, level])?;
    Ok(id)
}

pub(crate) fn types(conn: &Connection) -> ApiResult<Vec<IssueType>> {
    let mut statement = conn.prepare_cached("SELECT id, name, level FROM issue_type ORDER BY id")?;
    let rows = statement
        .query_map([], |r| Ok(IssueType { id: r.get(0)?, name: r.get(1)?, level: r.get(2)? }))?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

pub(crate) fn projects(conn: &Connection) -> ApiResult<Vec<Project>> {
    let mut statement =
        conn.prepare_cached("SELECT id, key, name, archived, config FROM project ORDER BY key")?;
    let rows = statement.query_map([], |r| {
        Ok((
            Project {
                id: r.get(0)?,
                key: r.get(1)?,
                name: r.get(2)?,
                archived: r.get(3)?,
                config: ProjectConfig::default(),
            },
            r.get::<_, String>(4)?,
        ))
    })?;
    let mut found = Vec::new();
    for row in rows {
        let (mut project, config) = row?;
        project.config = serde_json::from_str(&config)?;
        found.push(project);
    }
    Ok(found)
}

/// The project with this id or key, else the one that had this key once.
pub(crate) fn named<'a>(all: &'a [Project], id_or_key: &str) -> Option<&'a Project> {
    let now = |p: &&Project| p.key.eq_ignore_ascii_case(id_or_key) || p.id.to_string() == id_or_key;
    let once = |p: &&Project| p.config.former.iter().any(|k| k.eq_ignore_ascii_case(id_or_key));
    all.iter().find(now).or_else(|| all.iter().find(once))
}

pub(crate) fn save_config(conn: &Connection, project: &Project) -> ApiResult<()> {
    conn.execute(
        "UPDATE project SET config = ?2, archived = ?3, name = ?4 WHERE id = ?1",
        params![project.id, serde_json::to_string(&project.config)?, project.archived, project.name],
    )?;
    Ok(())
}

/// The issue with this id, key or former key.
pub(crate) fn issue(conn: &Connection, id_or_key: &str) -> ApiResult<Option<Issue>> {
    if let Ok(id) = id_or_key.parse::<i64>() {
        return issue_by_id(conn, id);
    }
    let key = id_or_key.to_ascii_uppercase();
    let sql = format!("SELECT {ISSUE_COLUMNS} FROM issue i WHERE i.key = ?1");
    if let Some(found) = conn.prepare_cached(&sql)?.query_row([&key], issue_row).optional()? {
        return Ok(Some(found));
    }
    let id: Option<i64> =
        conn.query_row("SELECT issue_id FROM old_key WHERE key = ?1", [&key], |r| r.get(0)).optional()?;
    id.map_or(Ok(None), |id| issue_by_id(conn, id))
}

pub(crate) fn issue_by_id(conn: &Connection, id: i64) -> ApiResult<Option<Issue>> {
    let sql = format!("SELECT {ISSUE_COLUMNS} FROM issue i WHERE i.id = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([id], issue_row).optional()?)
}

const COMMENT_SELECT: &str =
    "SELECT id, issue_id, author, update_author, body, visibility, created, updated FROM comment";

pub(crate) fn comments(conn: &Connection, issue: i64) -> ApiResult<Vec<Comment>> {
    let sql = format!("{COMMENT_SELECT} WHERE issue_id = ?1 ORDER BY created, id");
    Ok(conn.prepare_cached(&sql)?.query_map([issue], comment_row)?.collect::<Result<_, _>>()?)
}

pub(crate) fn comment(conn: &Connection, id: i64) -> ApiResult<Option<Comment>> {
    let sql = format!("{COMMENT_SELECT} WHERE id = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([id], comment_row).optional()?)
}

const ATTACHMENT_SELECT: &str =
    "SELECT id, issue_id, author, filename, mime, size, sha256, uuid, created FROM attachment";

pub(crate) fn attachments(conn: &Connection, issue: i64) -> ApiResult<Vec<Attachment>> {
    let sql = format!("{ATTACHMENT_SELECT} WHERE issue_id = ?1 ORDER BY id");
    Ok(conn.prepare_cached(&sql)?.query_map([issue], attachment_row)?.collect::<Result<_, _>>()?)
}

pub(crate) fn attachment(conn: &Connection, id: i64) -> ApiResult<Option<Attachment>> {
    let sql = format!("{ATTACHMENT_SELECT} WHERE id = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([id], attachment_row).optional()?)
}

pub(crate) fn attachment_by_uuid(conn: &Connection, uuid: &str) -> ApiResult<Option<Attachment>> {
    let sql = format!("{ATTACHMENT_SELECT} WHERE uuid = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([uuid], attachment_row).optional()?)
}

pub(crate) fn properties(conn: &Connection, entity: &str, id: i64) -> ApiResult<Vec<(String, Value)>> {
    let mut statement = conn.prepare_cached(
        "SELECT key, value FROM property WHERE entity = ?1 AND entity_id = ?2 ORDER BY key",
    )?;
    let rows = statement
        .query_map(params![entity, id], |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?)))?
        .collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(|(k, v)| Ok((k, serde_json::from_str(&v)?))).collect()
}

/// Sets a property; says whether it is new.
pub(crate) fn set_property(
    conn: &Connection,
    entity: &str,
    id: i64,
    key: &str,
    value: &Value,
) -> ApiResult<bool> {
    let text = serde_json::to_string(value)?;
    if key.is_empty() || key.len() > 255 {
        return Err(ApiError::bad("The property key must have 1 to 255 characters."));
    }
    if text.len() > 32_768 {
        return Err(ApiError::bad("The property value is too long (maximum 32768 characters)."));
    }
    let known = property(conn, entity, id, key)?.is_some();
    conn.execute(
        "INSERT INTO property(entity, entity_id, key, value) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT(entity, entity_id, key) DO UPDATE SET value = excluded.value",
        params![entity, id, key, text],
    )?;
    Ok(!known)
}

pub(crate) fn property(conn: &Connection, entity: &str, id: i64, key: &str) -> ApiResult<Option<Value>> {
    let text: Option<String> = conn
        .prepare_cached("SELECT value FROM property WHERE entity = ?1 AND entity_id = ?2 AND key = ?3")?
        .query_row(params![entity, id, key], |r| r.get(0))
        .optional()?;
    Ok(text.map(|t| serde_json::from_str(&t)).transpose()?)
}
