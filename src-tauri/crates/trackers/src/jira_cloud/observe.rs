//! Jira's JSON as observations. Pure.

use serde_json::Value;
use twinline_model::observed::{
    HistoryChange, HistoryEntry, MARKER_PROPERTY, Marker, ObservedAttachment, ObservedComment, ObservedIssue,
};
use twinline_model::text::{clean_file_name, clean_line};
use twinline_model::{AttachmentId, CommentId, IssueId, IssueKey, ProjectKey};

use super::json::{id, number, text};
use super::site::JiraSite;
use super::time::parse_ms;
use super::{adf, extras};
use crate::ReadError;

/// The fields of an issue that we ask for.
pub(crate) const FIELDS: [&str; 13] = [
    "summary",
    "description",
    "issuetype",
    "created",
    "updated",
    "comment",
    "attachment",
    "project",
    "security",
    "creator",
    "priority",
    "labels",
    "status",
];

fn odd(what: &str) -> ReadError {
    ReadError::Odd(format!("an answer without {what}"))
}

fn time(value: &Value, what: &str) -> Result<i64, ReadError> {
    value.as_str().and_then(parse_ms).ok_or_else(|| odd(what))
}

/// An issue with what came inside it; `user` is our account.
pub(crate) fn issue(site: &JiraSite, user: &str, issue: &Value) -> Result<ObservedIssue, ReadError> {
    let fields = &issue["fields"];
    let key = issue["key"].as_str().ok_or_else(|| odd("an issue's key"))?;
    let created_ms = time(&fields["created"], "an issue's time")?;
    let mut attachments: Vec<ObservedAttachment> = fields["attachment"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|value| attachment(user, value))
        .collect::<Result<_, _>>()?;
    sort_attachments(&mut attachments);
    let comments = fields["comment"]["comments"].as_array().map_or(&[][..], Vec::as_slice);
    let history = issue["changelog"]["histories"].as_array().map_or(&[][..], Vec::as_slice);
    Ok(ObservedIssue {
        id: IssueId::new(id(&issue["id"]).ok_or_else(|| odd("an issue's id"))?),
        key: IssueKey::new(key),
        project: ProjectKey::new(fields["project"]["key"].as_str().ok_or_else(|| odd("an issue's project"))?),
        url: site.browse(key),
        created_ms,
        updated_ms: time(&fields["updated"], "an issue's time")?,
        issue_type: clean_line(&text(&fields["issuetype"]["name"]), 200),
        is_subtask: fields["issuetype"]["subtask"].as_bool().unwrap_or_default(),
        restricted: !fields["security"].is_null(),
        summary: text(&fields["summary"]),
        description: adf::read(&fields["description"]),
        comments: self::comments(user, comments)?,
        attachments,
        marker: serde_json::from_value::<Marker>(issue["properties"][MARKER_PROPERTY].clone()).ok(),
        extras: extras::read(fields),
        history: self::history(user, history)?,
        leaving: None,
    })
}

/// The oldest first.
pub(crate) fn sort_attachments(attachments: &mut [ObservedAttachment]) {
    attachments.sort_by(|a, b| {
        (a.created_ms, by_number(a.id.as_str())).cmp(&(b.created_ms, by_number(b.id.as_str())))
    });
}

/// Comments, oldest first, each once.
pub(crate) fn comments(user: &str, values: &[Value]) -> Result<Vec<ObservedComment>, ReadError> {
    let mut comments: Vec<ObservedComment> =
        values.iter().map(|value| comment(user, value)).collect::<Result<_, _>>()?;
    comments.sort_by(|a, b| {
        (a.created_ms, by_number(a.id.as_str())).cmp(&(b.created_ms, by_number(b.id.as_str())))
    });
    comments.dedup_by(|a, b| a.id == b.id);
    Ok(comments)
}

/// A comment; its marker where properties came along.
pub(crate) fn comment(user: &str, value: &Value) -> Result<ObservedComment, ReadError> {
    let created_ms = time(&value["created"], "a comment's time")?;
    Ok(ObservedComment {
        id: CommentId::new(id(&value["id"]).ok_or_else(|| odd("a comment's id"))?),
        author: display_name(&value["author"]),
        created_ms,
        updated_ms: value["updated"].as_str().and_then(parse_ms).unwrap_or(created_ms),
        body: adf::read(&value["body"]),
        by_us: value["author"]["accountId"] == user,
        restricted: is_restricted(value),
        internal: is_internal(value),
        leaves_as: None,
        marker: property(value, MARKER_PROPERTY).and_then(|found| serde_json::from_value(found.clone()).ok()),
    })
}

/// For a role or a group.
fn is_restricted(comment: &Value) -> bool {
    match &comment["visibility"] {
        Value::Null => false,
        Value::Object(parts) => !parts.is_empty(),
        _ => true,
    }
}

/// For the agents of a service project.
fn is_internal(comment: &Value) -> bool {
    let internal = property(comment, "sd.public.comment").is_some_and(|value| value["internal"] == true);
    internal || comment["jsdPublic"] == false
}

fn property<'a>(comment: &'a Value, key: &str) -> Option<&'a Value> {
    let properties = comment["properties"].as_array()?;
    properties.iter().find(|property| property["key"] == key).map(|property| &property["value"])
}

fn field_name(item: &Value) -> String {
    clean_line(item["field"].as_str().or(item["fieldId"].as_str()).unwrap_or_default(), 200)
}

/// Of an attachment the ids count, of everything else what people read.
fn change(item: &Value) -> HistoryChange {
    let field = field_name(item);
    let (from, to) = if field == "Attachment" { ("from", "to") } else { ("fromString", "toString") };
    let value = |key: &str| item[key].as_str().filter(|v| !v.is_empty()).map(str::to_owned);
    HistoryChange { from: value(from), to: value(to), field }
}

/// Entries of the changelog, oldest first, each once.
pub(crate) fn history(user: &str, values: &[Value]) -> Result<Vec<HistoryEntry>, ReadError> {
    let mut entries: Vec<HistoryEntry> = values
        .iter()
        .map(|value| {
            let items = value["items"].as_array().map_or(&[][..], Vec::as_slice);
            Ok(HistoryEntry {
                id: number(&value["id"]).ok_or_else(|| odd("a changelog entry's id"))?,
                at_ms: time(&value["created"], "a changelog entry's time")?,
                by_us: value["author"]["accountId"] == user,
                fields: items.iter().map(field_name).collect(),
                changes: items.iter().map(change).collect(),
            })
        })
        .collect::<Result<_, ReadError>>()?;
    entries.sort_by_key(|entry| entry.id);
    entries.dedup_by_key(|entry| entry.id);
    Ok(entries)
}

/// An attachment.
pub(crate) fn attachment(user: &str, value: &Value) -> Result<ObservedAttachment, ReadError> {
    let mime = clean_line(&text(&value["mimeType"]), 200);
    Ok(ObservedAttachment {
        id: AttachmentId::new(id(&value["id"]).ok_or_else(|| odd("an attachment's id"))?),
        file_name: clean_file_name(&text(&value["filename"])),
        mime: if mime.is_empty() { "application/octet-stream".to_owned() } else { mime },
        size: number(&value["size"]).ok_or_else(|| odd("an attachment's size"))?,
        author: display_name(&value["author"]),
        created_ms: time(&value["created"], "an attachment's time")?,
        by_us: value["author"]["accountId"] == user,
    })
}

fn display_name(user: &Value) -> String {
    match clean_line(&text(&user["displayName"]), 200) {
        // Jira hides people who left.
        name if name.is_empty() => "Former user".to_owned(),
        name => name,
    }
}

/// Ids grow as numbers.
fn by_number(id: &str) -> u64 {
    id.parse().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn j28_j29_f61_a_restricted_comment_is_seen_as_such() {
        let with = |extra: Value| {
            let mut value = json!({"id": "1", "created": "2021-01-17T12:34:00.000+0000", "body": "hi"});
            for (key, part) in extra.as_object().into_iter().flatten() {
                value[key] = part.clone();
            }
            let seen = comment("us", &value).expect("a comment");
            (seen.restricted, seen.internal)
        };
        assert_eq!(with(json!({})), (false, false));
        assert_eq!(with(json!({"jsdPublic": true, "visibility": null})), (false, false));
        assert_eq!(with(json!({"jsdPublic": false})), (false, true));
        let role = json!({"visibility": {"type": "role", "value": "Administrators"}});
        assert_eq!(with(role), (true, false));
        let property = json!({"properties": [{"key": "sd.public.comment", "value": {"internal": true}}]});
        assert_eq!(with(property), (false, true));
    }

    #[test]
    fn history_comes_oldest_first_and_knows_us() {
        let entry = |id: u32, who: &str| {
            json!({"id": id.to_string(), "created": "2021-01-17T12:34:00.000+0000", "author": {"accountId": who},
                   "items": [{"field": "summary"}]})
        };
        let entries = history("us", &[entry(7, "us"), entry(3, "ana"), entry(7, "us")]).expect("entries");
        assert_eq!(entries.iter().map(|e| (e.id, e.by_us)).collect::<Vec<_>>(), [(3, false), (7, true)]);
        assert_eq!(entries[0].fields, ["summary"]);
    }

    #[test]
    fn history_tells_texts_of_fields_and_ids_of_files() {
        let items = json!([
            {"field": "summary", "from": null, "fromString": "a", "to": null, "toString": "b"},
            {"field": "Attachment", "from": "10001", "fromString": "log.txt", "to": null, "toString": ""},
        ]);
        let entry = json!({"id": "1", "created": "2021-01-17T12:34:00.000+0000", "items": items});
        let changes = history("us", &[entry]).expect("entries").remove(0).changes;
        let told = |at: usize| {
            let change: &HistoryChange = &changes[at];
            (change.field.as_str(), change.from.as_deref(), change.to.as_deref())
        };
        assert_eq!(told(0), ("summary", Some("a"), Some("b")));
        assert_eq!(told(1), ("Attachment", Some("10001"), None));
    }

    #[test]
    fn an_issue_without_what_it_must_have_is_odd() {
        let site = JiraSite::parse("acme").expect("a site");
        assert!(matches!(issue(&site, "us", &json!({"id": "1", "key": "SUP-1"})), Err(ReadError::Odd(_))));
    }
}
