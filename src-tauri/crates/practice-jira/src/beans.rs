//! The JSON Jira answers with.

use rusqlite::Connection;
use serde_json::{Map, Value, json};

use crate::db::{self, Attachment, Comment, Issue, IssueType, Project};
use crate::error::ApiResult;
use crate::state::{STATUSES, Site, User};

/// An instant as Jira writes it.
pub(crate) fn time(ms: i64) -> String {
    let stamp = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    let text = stamp.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S").to_string();
    format!("{text}.{:03}+0000", ms.rem_euclid(1000))
}

/// What the answers are made from.
pub(crate) struct View<'a> {
    pub site: &'a Site,
    pub conn: &'a Connection,
    pub v2: bool,
    pub users: Vec<User>,
    robot: User,
    pub types: Vec<IssueType>,
    pub projects: Vec<Project>,
}

/// Which fields of an issue are asked for.
#[derive(Clone, Default)]
pub(crate) struct Wanted {
    pub all: bool,
    pub names: Vec<String>,
    pub without: Vec<String>,
}

impl Wanted {
    pub fn everything() -> Self {
        Self { all: true, ..Self::default() }
    }

    pub fn of(list: &[String]) -> Self {
        let mut wanted = Self::default();
        for name in list.iter().flat_map(|l| l.split(',')).map(str::trim).filter(|n| !n.is_empty()) {
            match name.strip_prefix('-') {
                Some(without) => wanted.without.push(without.to_owned()),
                None if name == "*all" || name == "*navigable" => wanted.all = true,
                None => wanted.names.push(name.to_owned()),
            }
        }
        if wanted.names.is_empty() && !wanted.without.is_empty() {
            wanted.all = true;
        }
        wanted
    }

    pub fn any(&self) -> bool {
        self.all || self.names.iter().any(|n| n != "id" && n != "key")
    }

    fn has(&self, name: &str) -> bool {
        (self.all || self.names.iter().any(|n| n == name)) && !self.without.iter().any(|n| n == name)
    }
}

/// What else of an issue is asked for.
#[derive(Clone, Default)]
pub(crate) struct Extras {
    pub properties: Vec<String>,
    pub changelog: bool,
    pub rendered: bool,
    pub transitions: bool,
    /// Set in a search: at most 20 comments and 40 changes, as the index knew them at this instant.
    pub search_at: Option<i64>,
}

impl Extras {
    /// As `properties` and `expand` of a call ask for.
    pub fn of(properties: Vec<String>, expand: &[String]) -> Self {
        let asked = |name: &str| expand.iter().any(|e| e == name);
        Self {
            properties,
            changelog: asked("changelog"),
            rendered: asked("renderedFields"),
            transitions: asked("transitions"),
            search_at: None,
        }
    }
}

/// Its id, as in a workflow where each status has one transition that leads to it.
fn transition(status: i64) -> String {
    (status * 10 + 1).to_string()
}

impl<'a> View<'a> {
    pub fn new(site: &'a Site, conn: &'a Connection, v2: bool) -> ApiResult<Self> {
        Ok(Self {
            site,
            conn,
            v2,
            users: site.all_users(),
            robot: site.robot(),
            types: db::types(conn)?,
            projects: db::projects(conn)?,
        })
    }

    fn api(&self, rest: &str) -> String {
        format!("{}/rest/api/{}/{rest}", self.site.url, if self.v2 { 2 } else { 3 })
    }

    pub fn user(&self, account: &str) -> Value {
        let found = self.users.iter().chain([&self.robot]).find(|u| u.account_id == account);
        let (name, email, zone) =
            found.map_or((account, None, None), |u| (&u.name, Some(&u.email), Some(&u.time_zone)));
        let kind = if account == self.robot.account_id { "app" } else { "atlassian" };
        json!({
            "self": self.api(&format!("user?accountId={account}")), "accountId": account, "accountType": kind,
            "emailAddress": email, "displayName": name, "active": true, "timeZone": zone, "avatarUrls": {},
        })
    }

    /// What people call an account.
    pub fn name<'b>(&'b self, account: &'b str) -> &'b str {
        let mut known = self.users.iter().chain([&self.robot]);
        known.find(|u| u.account_id == account).map_or(account, |u| u.name.as_str())
    }

    /// The name of an issue type.
    pub fn type_name(&self, id: i64) -> &str {
        self.types.iter().find(|t| t.id == id).map_or("Task", |t| t.name.as_str())
    }

    pub fn issue_type(&self, id: i64) -> Value {
        let found = self.types.iter().find(|t| t.id == id);
        let (name, level) = found.map_or(("Task", 0), |t| (t.name.as_str(), t.level));
        json!({
            "self": self.api(&format!("issuetype/{id}")), "id": id.to_string(), "name": name,
            "description": format!("{name} of the practice site"),
            "iconUrl": format!("{}/practice/ui/type/{name}.svg", self.site.url),
            "subtask": level < 0, "avatarId": 10300 + id % 100, "hierarchyLevel": level,
        })
    }

    pub fn project(&self, p: &Project) -> Value {
        json!({
            "self": self.api(&format!("project/{}", p.id)), "id": p.id.to_string(), "key": p.key, "name": p.name,
            "projectTypeKey": if p.config.service { "service_desk" } else { "software" }, "simplified": p.config.team_managed, "avatarUrls": {},
            "style": if p.config.team_managed { "next-gen" } else { "classic" }, "isPrivate": false,
            "archived": p.archived, "deleted": p.config.trashed,
        })
    }

    pub fn status(&self, id: i64) -> Value {
        let (name, category) = STATUSES.iter().find(|s| s.0 == id).map_or(("To Do", "new"), |s| (s.1, s.2));
        let (number, shown, colour) = match category {
            "done" => (3, "Done", "green"),
            "indeterminate" => (4, "In Progress", "yellow"),
            _ => (2, "To Do", "blue-gray"),
        };
        json!({
            "self": self.api(&format!("status/{}", 10000 + id)), "id": (10000 + id).to_string(), "name": name,
            "description": "", "iconUrl": self.site.url,
            "statusCategory": {"id": number, "key": category, "name": shown, "colorName": colour,
                "self": self.api(&format!("statuscategory/{number}"))},
        })
    }

    /// As in Jira's simplified workflow: from everywhere to everywhere.
    pub fn transitions(&self) -> Value {
        let to = STATUSES.iter().map(|(id, name, _)| {
            json!({
                "id": transition(*id), "name": name, "to": self.status(*id), "hasScreen": false,
                "isGlobal": true, "isInitial": false, "isAvailable": true, "isConditional": false, "isLooped": false,
            })
        });
        to.collect()
    }

    /// The status that a transition leads to.
    pub fn leads_to(&self, id: &str) -> Option<i64> {
        STATUSES.iter().map(|(status, ..)| *status).find(|status| transition(*status) == id)
    }

    pub fn priority(&self, id: i64) -> Value {
        let name = ["Highest", "High", "Medium", "Low", "Lowest"]
            .get(usize::try_from(id - 1).unwrap_or(2))
            .unwrap_or(&"Medium");
        json!({"self": self.api(&format!("priority/{id}")), "id": id.to_string(), "name": name, "iconUrl": self.site.url})
    }

    /// A stored document, as this version of the API shows it.
    pub fn document(&self, text: Option<&str>) -> ApiResult<Value> {
        let Some(text) = text else { return Ok(Value::Null) };
        let doc: Value = serde_json::from_str(text)?;
        Ok(if self.v2 { Value::String(crate::adf::to_text(&doc)) } else { doc })
    }

    pub fn comment(&self, c: &Comment, properties: bool) -> ApiResult<Value> {
        let internal = db::property(self.conn, "comment", c.id, "sd.public.comment")?
            .is_some_and(|p| p["internal"] == true);
        let mut bean = json!({
            "self": self.api(&format!("issue/{}/comment/{}", c.issue_id, c.id)), "id": c.id.to_string(),
            "author": self.user(&c.author), "updateAuthor": self.user(&c.update_author),
            "body": self.document(Some(&c.body))?,
            "created": time(c.created), "updated": time(c.updated), "jsdPublic": !internal,
        });
        if let Some(visibility) = &c.visibility {
            bean["visibility"] = serde_json::from_str(visibility)?;
        }
        if properties {
            let all = db::properties(self.conn, "comment", c.id)?;
            bean["properties"] =
                all.into_iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        }
        Ok(bean)
    }

    pub fn attachment(&self, a: &Attachment) -> Value {
        let mut bean = json!({
            "self": self.api(&format!("attachment/{}", a.id)), "id": a.id.to_string(), "filename": a.filename,
            "author": self.user(&a.author), "created": time(a.created), "size": a.size, "mimeType": a.mime,
            "content": self.api(&format!("attachment/content/{}", a.id)),
        });
        if a.mime.starts_with("image/") {
            bean["thumbnail"] = json!(self.api(&format!("attachment/thumbnail/{}", a.id)));
        }
        bean
    }

    /// The changes of an issue, oldest first.
    pub fn changes(&self, issue: i64, until_ms: i64) -> ApiResult<Vec<Value>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id, author, created, items, metadata FROM change WHERE issue_id = ?1 AND created <= ?2 ORDER BY id",
        )?;
        let rows = statement
            .query_map([issue, until_ms], |r| {
                Ok((
                    r.get::<_, i64>(0)?,
                    r.get::<_, String>(1)?,
                    r.get::<_, i64>(2)?,
                    r.get::<_, String>(3)?,
                    r.get::<_, Option<String>>(4)?,
                ))
            })?
            .collect::<Result<Vec<_>, _>>()?;
        let mut found = Vec::new();
        for (id, author, created, items, metadata) in rows {
            let items: Value = serde_json::from_str(&items)?;
            let mut bean = json!({"id": id.to_string(), "author": self.user(&author), "created": time(created), "items": items});
            if let Some(metadata) = metadata {
                bean["historyMetadata"] = serde_json::from_str(&metadata)?;
            }
            found.push(bean);
        }
        Ok(found)
    }

    pub fn issue(&self, issue: &Issue, wanted: &Wanted, extras: &Extras) -> ApiResult<Value> {
        let mut bean = Map::new();
        bean.insert("id".into(), json!(issue.id.to_string()));
        let only_id = extras.search_at.is_some() && !wanted.any() && !wanted.names.iter().any(|n| n == "key");
        if !only_id {
            let expand = "renderedFields,names,schema,operations,editmeta,changelog,transitions";
            bean.insert("expand".into(), json!(expand));
            bean.insert("self".into(), json!(self.api(&format!("issue/{}", issue.id))));
            bean.insert("key".into(), json!(issue.key));
        }
        if wanted.any() {
            bean.insert("fields".into(), self.fields(issue, wanted, extras.search_at)?);
        }
        if !extras.properties.is_empty() {
            let all = db::properties(self.conn, "issue", issue.id)?;
            let every = extras.properties.iter().any(|p| p == "*all");
            let some: Map<String, Value> =
                all.into_iter().filter(|(k, _)| every || extras.properties.contains(k)).collect();
            bean.insert("properties".into(), Value::Object(some));
        }
        if extras.changelog {
            let mut histories = self.changes(issue.id, extras.search_at.unwrap_or(i64::MAX))?;
            let total = histories.len();
            histories.reverse();
            if extras.search_at.is_some() {
                histories.truncate(40);
            }
            let shown = histories.len();
            bean.insert(
                "changelog".into(),
                json!({"startAt": 0, "maxResults": shown, "total": total, "histories": histories}),
            );
        }
        if extras.transitions {
            bean.insert("transitions".into(), self.transitions());
        }
        if extras.rendered {
            let text = issue.description.as_deref().map(serde_json::from_str::<Value>).transpose()?;
            let shown = text.map(|t| crate::adf::to_text(&t).replace('&', "&amp;").replace('<', "&lt;"));
            bean.insert("renderedFields".into(), json!({"description": shown}));
        }
        Ok(Value::Object(bean))
    }

    fn fields(&self, i: &Issue, wanted: &Wanted, search_at: Option<i64>) -> ApiResult<Value> {
        let mut fields = Map::new();
        let mut put = |name: &str, value: &dyn Fn() -> ApiResult<Value>| -> ApiResult<()> {
            if wanted.has(name) {
                fields.insert(name.to_owned(), value()?);
            }
            Ok(())
        };
        put("summary", &|| Ok(json!(i.summary)))?;
        put("description", &|| self.document(i.description.as_deref()))?;
        put("issuetype", &|| Ok(self.issue_type(i.type_id)))?;
        put("project", &|| {
            Ok(self.projects.iter().find(|p| p.id == i.project_id).map_or(Value::Null, |p| self.project(p)))
        })?;
        put("status", &|| Ok(self.status(i.status)))?;
        put("priority", &|| Ok(self.priority(i.priority)))?;
        put("labels", &|| Ok(serde_json::from_str(&i.labels)?))?;
        put("reporter", &|| Ok(self.user(&i.reporter)))?;
        put("creator", &|| Ok(self.user(&i.creator)))?;
        put("assignee", &|| Ok(i.assignee.as_ref().map_or(Value::Null, |a| self.user(a))))?;
        put("created", &|| Ok(json!(time(i.created))))?;
        put("updated", &|| Ok(json!(time(i.updated))))?;
        put("attachment", &|| {
            let all = db::attachments(self.conn, i.id)?;
            let known = all.iter().filter(|a| search_at.is_none_or(|at| a.created <= at));
            Ok(known.map(|a| self.attachment(a)).collect())
        })?;
        put("comment", &|| {
            let mut all = db::comments(self.conn, i.id)?;
            let mut start = 0;
            if let Some(at) = search_at {
                all.retain(|c| c.created <= at);
                start = all.len().saturating_sub(20);
            }
            let shown = all[start..].iter().map(|c| self.comment(c, false)).collect::<ApiResult<Vec<_>>>()?;
            Ok(json!({
                "comments": shown, "self": self.api(&format!("issue/{}/comment", i.id)),
                "maxResults": all.len() - start, "total": all.len(), "startAt": start,
            }))
        })?;
        put("subtasks", &|| {
            let mut statement =
                self.conn.prepare_cached("SELECT id, key FROM issue WHERE parent = ?1 ORDER BY id")?;
            let rows = statement.query_map([i.id], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, String>(1)?)))?;
            let mut found = Vec::new();
            for row in rows {
                let (id, key) = row?;
                found.push(
                    json!({"id": id.to_string(), "key": key, "self": self.api(&format!("issue/{id}"))}),
                );
            }
            Ok(Value::Array(found))
        })?;
        if let (Some(parent), true) = (i.parent, wanted.has("parent"))
            && let Some(parent) = db::issue_by_id(self.conn, parent)?
        {
            fields.insert("parent".into(), json!({"id": parent.id.to_string(), "key": parent.key,
                "self": self.api(&format!("issue/{}", parent.id)),
                "fields": {"summary": parent.summary, "issuetype": self.issue_type(parent.type_id), "status": self.status(parent.status)}}));
        }
        for (name, empty) in [
            ("issuelinks", json!([])),
            ("components", json!([])),
            ("fixVersions", json!([])),
            ("versions", json!([])),
            ("resolution", Value::Null),
            ("duedate", Value::Null),
            ("environment", Value::Null),
        ] {
            if wanted.has(name) {
                fields.insert(name.to_owned(), empty);
            }
        }
        if let Ok(Value::Object(extra)) = serde_json::from_str::<Value>(&i.extra) {
            fields.extend(extra.into_iter().filter(|(k, _)| wanted.has(k)));
        }
        Ok(Value::Object(fields))
    }
}
