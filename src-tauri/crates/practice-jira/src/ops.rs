//! What people and programs do to issues: each deed with its checks, its history and its time stamp.

use rusqlite::{Transaction, params};
use serde_json::{Map, Value, json};

use crate::adf;
use crate::adf_check;
use crate::db::{self, Comment, Issue, Project};
use crate::error::{ApiError, ApiResult};
use crate::fields::{updates, visibility};
use crate::files::Stored;
use crate::history::{self, item};
use crate::ledger;
use crate::state::{Site, User, lock};

/// A deed within one transaction, by one person.
pub(crate) struct Deed<'a> {
    pub site: &'a Site,
    pub tx: &'a Transaction<'a>,
    pub who: &'a User,
    pub v2: bool,
    pub now: i64,
}

/// Whether `who` has the permission in the project.
pub(crate) fn permitted(site: &Site, project: &Project, who: &User, permission: &str) -> bool {
    let lacks = project.config.lacks.get(&who.account_id);
    !project.config.trashed
        && !lacks.is_some_and(|l| l.iter().any(|p| p == permission))
        && !lock(&site.faults).forbids(permission, &project.key, &who.email)
}

/// The project of this id, if `who` may see it.
pub(crate) fn project_of(projects: Vec<Project>, id: i64) -> ApiResult<Project> {
    projects.into_iter().find(|p| p.id == id).ok_or_else(ApiError::issue_not_found)
}

/// The issue, if it exists and `who` may see it.
pub(crate) fn visible(
    site: &Site,
    conn: &rusqlite::Connection,
    who: &User,
    id_or_key: &str,
) -> ApiResult<(Issue, Project)> {
    let issue = db::issue(conn, id_or_key)?.ok_or_else(ApiError::issue_not_found)?;
    let project = project_of(db::projects(conn)?, issue.project_id)?;
    let hidden = lock(&site.faults).hides(issue.id, &issue.key);
    if hidden || !permitted(site, &project, who, "BROWSE_PROJECTS") {
        return Err(ApiError::issue_not_found());
    }
    Ok((issue, project))
}

impl<'a> Deed<'a> {
    pub fn new(site: &'a Site, tx: &'a Transaction<'a>, who: &'a User, v2: bool) -> Self {
        Self { site, tx, who, v2, now: site.now_ms() }
    }

    /// The issue, if this person may do this to it.
    pub fn writable(&self, id_or_key: &str, permission: &str, refusal: &str) -> ApiResult<(Issue, Project)> {
        let (issue, project) = visible(self.site, self.tx, self.who, id_or_key)?;
        if project.archived {
            return Err(ApiError::forbidden(
                "The project of this issue is archived. You can't make changes to its issues.",
            ));
        }
        if !permitted(self.site, &project, self.who, permission) {
            return Err(ApiError::forbidden(refusal));
        }
        Ok((issue, project))
    }

    /// A document as it will be stored; an empty one is none.
    pub fn document(&self, field: &str, value: &Value) -> ApiResult<Option<String>> {
        let doc = match value {
            Value::Null => return Ok(None),
            Value::String(text) if self.v2 && text.trim().is_empty() => return Ok(None),
            Value::String(text) if self.v2 => adf::from_text(text),
            other => other.clone(),
        };
        let known = |uuid: &str| matches!(db::attachment_by_uuid(self.tx, uuid), Ok(Some(_)));
        adf_check::check(field, &doc, &known)?;
        if doc["content"].as_array().is_some_and(Vec::is_empty) {
            return Ok(None);
        }
        let how = lock(&self.site.faults).normalise();
        Ok(Some(serde_json::to_string(&adf::normalise(doc, how))?))
    }

    pub fn create_issue(&self, body: &Value) -> ApiResult<Issue> {
        let fields = body["fields"].as_object().ok_or_else(|| ApiError::bad("The request has no fields."))?;
        let project = self.project(fields.get("project"))?;
        if !permitted(self.site, &project, self.who, "CREATE_ISSUES") {
            return Err(ApiError::forbidden("You do not have permission to create issues in this project."));
        }
        if project.archived {
            return Err(ApiError::field(
                "project",
                "The project is archived. You can't create issues in it.",
            ));
        }
        let mut errors = Map::new();
        if !fields.contains_key("summary") {
            errors.insert("summary".into(), json!("You must specify a summary of the issue."));
        }
        if !fields.contains_key("issuetype") {
            errors.insert("issuetype".into(), json!("Specify an issue type"));
        }
        for needed in project.config.required.iter().filter(|needed| !needed.default) {
            if fields.get(&needed.field).is_none_or(Value::is_null) {
                errors.insert(needed.field.clone(), json!(format!("{} is required.", needed.name)));
            }
        }
        let values = self.values(fields, &project, None, &mut errors)?;
        if !errors.is_empty() {
            return Err(ApiError { errors: Box::new(errors), ..ApiError::bad("") }.without_messages());
        }
        let number: i64 =
            self.tx.query_row("SELECT next_number FROM project WHERE id = ?1", [project.id], |r| r.get(0))?;
        self.tx.execute("UPDATE project SET next_number = next_number + 1 WHERE id = ?1", [project.id])?;
        let key = format!("{}-{number}", project.key);
        let me = &self.who.account_id;
        self.tx.execute(
            "INSERT INTO issue(key, project_id, number, summary, description, type_id, status, priority, labels, reporter,
               creator, assignee, parent, created, updated, extra)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14, ?15)",
            params![
                key,
                project.id,
                number,
                values.summary.unwrap_or_default(),
                values.description.flatten(),
                values.type_id.unwrap_or_default(),
                values.status.unwrap_or(1),
                values.priority.unwrap_or(3),
                values.labels.unwrap_or_else(|| "[]".to_owned()),
                values.reporter.as_ref().unwrap_or(me),
                me,
                values.assignee.flatten(),
                values.parent.flatten(),
                self.now,
                serde_json::to_string(&values.extra)?,
            ],
        )?;
        let id = self.tx.last_insert_rowid();
        self.properties("issue", id, &body["properties"])?;
        ledger::note(self, id, &key, "creates")?;
        self.touch(id)?;
        db::issue_by_id(self.tx, id)?.ok_or_else(ApiError::issue_not_found)
    }

    pub fn edit_issue(&self, id_or_key: &str, body: &Value) -> ApiResult<Issue> {
        let refusal = "You do not have permission to edit issues in this project.";
        let (old, project) = self.writable(id_or_key, "EDIT_ISSUES", refusal)?;
        let mut fields = body["fields"].as_object().cloned().unwrap_or_default();
        updates(&old, &body["update"], &mut fields)?;
        let mut errors = Map::new();
        let values = self.values(&fields, &project, Some(&old), &mut errors)?;
        if !errors.is_empty() {
            return Err(ApiError { errors: Box::new(errors), ..ApiError::bad("") }.without_messages());
        }
        let new = Issue {
            summary: values.summary.unwrap_or_else(|| old.summary.clone()),
            description: values.description.unwrap_or_else(|| old.description.clone()),
            type_id: values.type_id.unwrap_or(old.type_id),
            status: values.status.unwrap_or(old.status),
            priority: values.priority.unwrap_or(old.priority),
            labels: values.labels.unwrap_or_else(|| old.labels.clone()),
            reporter: values.reporter.unwrap_or_else(|| old.reporter.clone()),
            assignee: values.assignee.unwrap_or_else(|| old.assignee.clone()),
            parent: values.parent.unwrap_or(old.parent),
            ..old.clone()
        };
        let mut extra: Map<String, Value> = serde_json::from_str(&old.extra)?;
        extra.extend(values.extra);
        let extra = serde_json::to_string(&extra)?;
        let new = Issue { extra, ..new };
        let items = history::between(self, &old, &new, &project)?;
        self.tx.execute(
            "UPDATE issue SET summary = ?2, description = ?3, type_id = ?4, status = ?5, priority = ?6, labels = ?7,
               reporter = ?8, assignee = ?9, parent = ?10, extra = ?11 WHERE id = ?1",
            params![
                old.id,
                new.summary,
                new.description,
                new.type_id,
                new.status,
                new.priority,
                new.labels,
                new.reporter,
                new.assignee,
                new.parent,
                new.extra
            ],
        )?;
        self.properties("issue", old.id, &body["properties"])?;
        self.record(old.id, &items, &body["historyMetadata"])?;
        ledger::note(self, old.id, &old.key, "edits")?;
        self.touch(old.id)?;
        db::issue_by_id(self.tx, old.id)?.ok_or_else(ApiError::issue_not_found)
    }

    pub fn delete_issue(&self, id_or_key: &str) -> ApiResult<Vec<String>> {
        let refusal = "You do not have permission to delete issues in this project.";
        let (issue, _) = self.writable(id_or_key, "DELETE_ISSUES", refusal)?;
        ledger::note(self, issue.id, &issue.key, "deletes")?;
        self.erase_issue(issue.id)
    }

    /// Takes the issue and all that hangs on it; answers the files to remove.
    pub fn erase_issue(&self, id: i64) -> ApiResult<Vec<String>> {
        let files = db::attachments(self.tx, id)?.into_iter().map(|a| a.uuid).collect();
        self.tx.execute(
            "DELETE FROM property WHERE (entity = 'issue' AND entity_id = ?1)
               OR (entity = 'comment' AND entity_id IN (SELECT id FROM comment WHERE issue_id = ?1))",
            [id],
        )?;
        for table in ["comment", "attachment", "change", "touch", "remote_link", "old_key"] {
            self.tx.execute(&format!("DELETE FROM {table} WHERE issue_id = ?1"), [id])?;
        }
        self.tx.execute("DELETE FROM issue WHERE id = ?1", [id])?;
        Ok(files)
    }

    pub fn add_comment(&self, id_or_key: &str, body: &Value) -> ApiResult<Comment> {
        let refusal = "You do not have the permission to comment on this issue.";
        let (issue, _) = self.writable(id_or_key, "ADD_COMMENTS", refusal)?;
        let text = self.comment_body(body)?;
        let limit = lock(&self.site.faults).issue_limit("comments");
        let stand: i64 =
            self.tx
                .query_row("SELECT count(*) FROM comment WHERE issue_id = ?1", [issue.id], |r| r.get(0))?;
        if usize::try_from(stand).is_ok_and(|n| n >= limit) {
            return Err(ApiError::bad(format!("The issue exceeds the per-issue limit of {limit} comments.")));
        }
        let visibility = visibility(&body["visibility"])?;
        let me = &self.who.account_id;
        self.tx.execute(
            "INSERT INTO comment(issue_id, author, update_author, body, visibility, created, updated)
             VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?5)",
            params![issue.id, me, text, visibility, self.now],
        )?;
        let id = self.tx.last_insert_rowid();
        self.properties("comment", id, &body["properties"])?;
        ledger::note(self, issue.id, &issue.key, "comments")?;
        self.touch(issue.id)?;
        db::comment(self.tx, id)?.ok_or_else(comment_not_found)
    }

    pub fn edit_comment(&self, id_or_key: &str, id: i64, body: &Value) -> ApiResult<Comment> {
        let (issue, old) = self.own_comment(id_or_key, id, "EDIT")?;
        let text = self.comment_body(body)?;
        let visibility = match &body["visibility"] {
            Value::Null => old.visibility,
            given => visibility(given)?,
        };
        self.tx.execute(
            "UPDATE comment SET body = ?2, visibility = ?3, update_author = ?4, updated = ?5 WHERE id = ?1",
            params![id, text, visibility, self.who.account_id, self.now],
        )?;
        self.properties("comment", id, &body["properties"])?;
        ledger::note(self, issue.id, &issue.key, "comment_edits")?;
        self.touch(issue.id)?;
        db::comment(self.tx, id)?.ok_or_else(comment_not_found)
    }

    pub fn delete_comment(&self, id_or_key: &str, id: i64) -> ApiResult<()> {
        let (issue, _) = self.own_comment(id_or_key, id, "DELETE")?;
        self.tx.execute("DELETE FROM property WHERE entity = 'comment' AND entity_id = ?1", [id])?;
        self.tx.execute("DELETE FROM comment WHERE id = ?1", [id])?;
        ledger::note(self, issue.id, &issue.key, "comment_deletes")?;
        self.touch(issue.id)
    }

    fn own_comment(&self, id_or_key: &str, id: i64, verb: &str) -> ApiResult<(Issue, Comment)> {
        let (issue, project) = visible(self.site, self.tx, self.who, id_or_key)?;
        let comment =
            db::comment(self.tx, id)?.filter(|c| c.issue_id == issue.id).ok_or_else(comment_not_found)?;
        let all = permitted(self.site, &project, self.who, &format!("{verb}_ALL_COMMENTS"));
        let own = comment.author == self.who.account_id
            && permitted(self.site, &project, self.who, &format!("{verb}_OWN_COMMENTS"));
        if project.archived || !(all || own) {
            let verb = verb.to_lowercase();
            return Err(ApiError::bad(format!("You do not have permission to {verb} comment with id: {id}")));
        }
        Ok((issue, comment))
    }

    fn comment_body(&self, body: &Value) -> ApiResult<String> {
        self.document("comment", &body["body"])?
            .ok_or_else(|| ApiError::field("comment", "Comment body can not be empty!"))
    }

    /// Adds a file that is already in the folder.
    pub fn attach(&self, issue: &Issue, file: &Stored) -> ApiResult<db::Attachment> {
        self.tx.execute(
            "INSERT INTO attachment(issue_id, author, filename, mime, size, sha256, uuid, created)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                issue.id,
                self.who.account_id,
                file.filename,
                file.mime,
                i64::try_from(file.size).unwrap_or(i64::MAX),
                file.sha256,
                file.uuid,
                self.now
            ],
        )?;
        let id = self.tx.last_insert_rowid();
        let change =
            item("Attachment", Value::Null, Value::Null, json!(id.to_string()), json!(file.filename));
        self.record(issue.id, &[change], &Value::Null)?;
        ledger::note(self, issue.id, &issue.key, "attachments")?;
        self.touch(issue.id)?;
        db::attachment(self.tx, id)?.ok_or_else(|| ApiError::not_found("The attachment is gone."))
    }

    /// Answers the file to remove.
    pub fn delete_attachment(&self, id: i64) -> ApiResult<String> {
        let missing = || ApiError::not_found(format!("The attachment with id '{id}' does not exist"));
        let file = db::attachment(self.tx, id)?.ok_or_else(missing)?;
        let (issue, project) = visible(self.site, self.tx, self.who, &file.issue_id.to_string())?;
        let all = permitted(self.site, &project, self.who, "DELETE_ALL_ATTACHMENTS");
        let own = file.author == self.who.account_id
            && permitted(self.site, &project, self.who, "DELETE_OWN_ATTACHMENTS");
        if project.archived || !(all || own) {
            return Err(ApiError::forbidden(
                "You do not have permission to delete attachments of this issue.",
            ));
        }
        self.tx.execute("DELETE FROM attachment WHERE id = ?1", [id])?;
        let change =
            item("Attachment", json!(id.to_string()), json!(file.filename), Value::Null, Value::Null);
        self.record(issue.id, &[change], &Value::Null)?;
        ledger::note(self, issue.id, &issue.key, "attachment_deletes")?;
        self.touch(issue.id)?;
        Ok(file.uuid)
    }

    fn project(&self, given: Option<&Value>) -> ApiResult<Project> {
        let given = given.unwrap_or(&Value::Null);
        let named = [&given["id"], &given["key"]].into_iter().find_map(Value::as_str).unwrap_or_default();
        let all = db::projects(self.tx)?;
        db::named(&all, named)
            .filter(|p| permitted(self.site, p, self.who, "BROWSE_PROJECTS"))
            .cloned()
            .ok_or_else(|| ApiError::field("project", "Specify a valid project ID or key"))
    }

    fn properties(&self, entity: &str, id: i64, given: &Value) -> ApiResult<()> {
        for one in given.as_array().map_or(&[][..], Vec::as_slice) {
            let key = one["key"].as_str().ok_or_else(|| ApiError::bad("An entity property has no key."))?;
            db::set_property(self.tx, entity, id, key, &one["value"])?;
        }
        Ok(())
    }

    /// An entry of the history, if there is something to tell.
    pub fn record(&self, issue: i64, items: &[Value], metadata: &Value) -> ApiResult<()> {
        if items.is_empty() {
            return Ok(());
        }
        let metadata = if metadata.is_object() { Some(metadata.to_string()) } else { None };
        self.tx.execute(
            "INSERT INTO change(issue_id, author, created, items, metadata) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![issue, self.who.account_id, self.now, serde_json::to_string(items)?, metadata],
        )?;
        Ok(())
    }

    /// The issue changed now: its time stamp, and a picture of it for a search index that lags.
    pub fn touch(&self, issue: i64) -> ApiResult<()> {
        self.tx
            .prepare_cached("UPDATE issue SET updated = ?2 WHERE id = ?1")?
            .execute(params![issue, self.now])?;
        self.tx
            .prepare_cached("DELETE FROM touch WHERE issue_id = ?1 AND at < (SELECT max(at) FROM touch WHERE issue_id = ?1 AND at < ?2)")?
            .execute(params![issue, self.now - 3_600_000])?;
        self.tx
            .prepare_cached(
                "INSERT INTO touch(issue_id, at, summary, description, type_id)
                 SELECT id, ?2, summary, description, type_id FROM issue WHERE id = ?1",
            )?
            .execute(params![issue, self.now])?;
        self.site.touches(issue, self.who);
        Ok(())
    }
}

impl ApiError {
    fn without_messages(mut self) -> Self {
        self.messages.clear();
        self
    }
}

pub(crate) fn comment_not_found() -> ApiError {
    ApiError::not_found("Can not find a comment for the id given.")
}
