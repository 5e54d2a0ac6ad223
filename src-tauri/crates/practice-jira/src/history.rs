//! How the history names a change.

use serde_json::{Map, Value, json};

use crate::adf;
use crate::db::{self, Issue, Project};
use crate::error::ApiResult;
use crate::ops::Deed;
use crate::state::STATUSES;

/// One item of an entry.
pub(crate) fn item(field: &str, from: Value, from_text: Value, to: Value, to_text: Value) -> Value {
    let custom = field.starts_with("customfield_");
    let id = if field == "Attachment" { "attachment" } else { field };
    json!({"field": field, "fieldtype": if custom { "custom" } else { "jira" }, "fieldId": id,
        "from": from, "fromString": from_text, "to": to, "toString": to_text})
}

/// The items of an edit: one for each field that is another afterwards.
pub(crate) fn between(deed: &Deed<'_>, old: &Issue, new: &Issue, project: &Project) -> ApiResult<Vec<Value>> {
    let mut items = Vec::new();
    let mut put = |field: &str, ids: [Value; 2], texts: [Value; 2]| {
        let ([from, to], [from_text, to_text]) = (ids, texts);
        items.push(item(field, from, from_text, to, to_text));
    };
    let none = || [Value::Null, Value::Null];
    if new.summary != old.summary {
        put("summary", none(), [json!(old.summary), json!(new.summary)]);
    }
    let parsed = |d: &Option<String>| d.as_deref().map(serde_json::from_str::<Value>).transpose();
    let (before, after) = (parsed(&old.description)?, parsed(&new.description)?);
    if !adf::same(before.as_ref(), after.as_ref()) {
        let text = |doc: &Option<Value>| json!(doc.as_ref().map(adf::to_text));
        put("description", none(), [text(&before), text(&after)]);
    }
    if new.type_id != old.type_id {
        let types = db::types(deed.tx)?;
        let name = |id: i64| json!(types.iter().find(|t| t.id == id).map(|t| &t.name));
        put("issuetype", [old.type_id, new.type_id].map(number), [name(old.type_id), name(new.type_id)]);
    }
    if new.status != old.status {
        let name = |id: i64| json!(STATUSES.iter().find(|s| s.0 == id).map(|s| s.1));
        put(
            "status",
            [old.status, new.status].map(|n| number(10_000 + n)),
            [name(old.status), name(new.status)],
        );
    }
    if new.priority != old.priority {
        put("priority", [old.priority, new.priority].map(number), [old.priority, new.priority].map(priority));
    }
    if new.labels != old.labels {
        let words = |l: &str| json!(serde_json::from_str::<Vec<String>>(l).unwrap_or_default().join(" "));
        put("labels", none(), [words(&old.labels), words(&new.labels)]);
    }
    let person = |a: Option<&str>| json!(a.and_then(|a| deed.site.user(a)).map(|u| u.name));
    if new.assignee != old.assignee {
        let names = [person(old.assignee.as_deref()), person(new.assignee.as_deref())];
        put("assignee", [json!(old.assignee), json!(new.assignee)], names);
    }
    if new.reporter != old.reporter {
        let names = [person(Some(&old.reporter)), person(Some(&new.reporter))];
        put("reporter", [json!(old.reporter), json!(new.reporter)], names);
    }
    if new.parent != old.parent {
        let key = |id: Option<i64>| -> ApiResult<Value> {
            let parent = id.map(|id| db::issue_by_id(deed.tx, id)).transpose()?.flatten();
            Ok(json!(parent.map(|p| p.key)))
        };
        let id = |id: Option<i64>| id.map_or(Value::Null, number);
        let ids = [id(old.parent), id(new.parent)];
        put("IssueParentAssociation", ids, [key(old.parent)?, key(new.parent)?]);
    }
    let (before, after): (Map<String, Value>, Map<String, Value>) =
        (serde_json::from_str(&old.extra)?, serde_json::from_str(&new.extra)?);
    for (id, value) in after.iter().filter(|(id, value)| before.get(*id) != Some(value)) {
        let texts = [plain(before.get(id)), plain(Some(value))];
        let mut change = item(id, Value::Null, texts[0].clone(), Value::Null, texts[1].clone());
        if let Some(field) = project.config.required.iter().find(|f| f.field == *id) {
            change["field"] = json!(field.name);
        }
        items.push(change);
    }
    Ok(items)
}

fn number(id: i64) -> Value {
    json!(id.to_string())
}

fn priority(id: i64) -> Value {
    let names = ["Highest", "High", "Medium", "Low", "Lowest"];
    json!(usize::try_from(id - 1).ok().and_then(|n| names.get(n)))
}

/// The value of any other field, as people read it.
fn plain(value: Option<&Value>) -> Value {
    match value {
        None | Some(Value::Null) => Value::Null,
        Some(Value::String(text)) => json!(text),
        Some(Value::Object(option)) if option.contains_key("value") => option["value"].clone(),
        Some(other) => json!(other.to_string()),
    }
}
