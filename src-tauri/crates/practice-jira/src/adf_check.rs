//! Which documents Jira refuses.

use serde_json::Value;

use crate::error::{ApiError, ApiResult};

const INLINE: &[&str] = &[
    "text",
    "hardBreak",
    "mention",
    "emoji",
    "date",
    "status",
    "inlineCard",
    "placeholder",
    "inlineExtension",
    "mediaInline",
];
const BLOCK: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "taskList",
    "decisionList",
    "blockquote",
    "codeBlock",
    "rule",
    "panel",
    "table",
    "expand",
    "nestedExpand",
    "mediaSingle",
    "mediaGroup",
    "layoutSection",
    "extension",
    "bodiedExtension",
    "blockCard",
    "embedCard",
    "syncBlock",
    "bodiedSyncBlock",
];
const MARKS: &[&str] = &[
    "strong",
    "em",
    "code",
    "strike",
    "underline",
    "link",
    "subsup",
    "textColor",
    "backgroundColor",
    "annotation",
    "alignment",
    "indentation",
    "border",
    "breakout",
    "fontSize",
    "fragment",
    "dataConsumer",
];

/// Says no as Jira does if `doc` is not a document it would store; `media` knows the files of the site.
pub(crate) fn check(field: &str, doc: &Value, media: &dyn Fn(&str) -> bool) -> ApiResult<()> {
    if !doc.is_object() || doc["type"] != "doc" || doc["version"] != 1 || !doc["content"].is_array() {
        return Err(ApiError::field(
            field,
            "Operation value must be an Atlassian Document (see the Atlassian Document Format)",
        ));
    }
    let mut checker = Checker { media };
    checker.node(doc, 0).map_err(|why| {
        tracing::debug!(field, why, "document refused");
        let mut error = ApiError::bad("INVALID_INPUT");
        // Real Jira does not say why; practice does, in a field no client reads as a sentence.
        error.headers.push(("x-practice-reason", why));
        error
    })?;
    if crate::adf::to_text(doc).encode_utf16().count() > 32_767 {
        return Err(ApiError::field(
            field,
            "The entered text is too long. It exceeds the allowed limit of 32,767 characters.",
        ));
    }
    Ok(())
}

struct Checker<'a> {
    media: &'a dyn Fn(&str) -> bool,
}

impl Checker<'_> {
    fn node(&mut self, node: &Value, depth: usize) -> Result<(), String> {
        let name = node["type"].as_str().ok_or("node without a type")?;
        if depth > 100 {
            return Err("nested too deeply".to_owned());
        }
        let content = match &node["content"] {
            Value::Null => &[][..],
            Value::Array(content) => content,
            _ => return Err(format!("{name}: content is no list")),
        };
        self.own(name, node, content)?;
        for part in content {
            let child = part["type"].as_str().ok_or("node without a type")?;
            if !allowed(name, child) {
                return Err(format!("{child} inside {name}"));
            }
            if name == "codeBlock" && part["marks"].as_array().is_some_and(|m| !m.is_empty()) {
                return Err("marks in a code block".to_owned());
            }
            self.node(part, depth + 1)?;
        }
        Ok(())
    }

    fn own(&self, name: &str, node: &Value, content: &[Value]) -> Result<(), String> {
        let attrs = &node["attrs"];
        match name {
            "text" => {
                let text = node["text"].as_str().ok_or("text without text")?;
                if text.is_empty() {
                    return Err("empty text".to_owned());
                }
                if text.contains('\0') {
                    return Err("NUL in text".to_owned());
                }
                marks(&node["marks"])?;
            }
            "heading" if !matches!(attrs["level"].as_i64(), Some(1..=6)) => {
                return Err("heading without a level of 1 to 6".to_owned());
            }
            "tableCell" | "tableHeader" | "listItem" | "bulletList" | "orderedList" | "table"
            | "tableRow" | "panel" | "blockquote" | "taskList" | "mediaSingle"
                if content.is_empty() =>
            {
                return Err(format!("{name} without content"));
            }
            "media" => {
                let id = attrs["id"].as_str().unwrap_or_default();
                if attrs["type"] != "external" && !(self.media)(id) {
                    return Err("media with an unknown id".to_owned());
                }
            }
            "mention" if !attrs["id"].is_string() => return Err("mention without an id".to_owned()),
            "emoji" if !attrs["shortName"].is_string() => return Err("emoji without a name".to_owned()),
            "date" if !attrs["timestamp"].is_string() => return Err("date without a time".to_owned()),
            "status" if !attrs["text"].is_string() => return Err("status without a text".to_owned()),
            "panel" if !attrs["panelType"].is_string() => return Err("panel without a type".to_owned()),
            _ => {}
        }
        Ok(())
    }
}

fn marks(marks: &Value) -> Result<(), String> {
    let Some(marks) = marks.as_array() else { return Ok(()) };
    let names: Vec<&str> = marks.iter().filter_map(|m| m["type"].as_str()).collect();
    if names.len() != marks.len() || names.iter().any(|n| !MARKS.contains(n)) {
        return Err("unknown mark".to_owned());
    }
    if names.iter().enumerate().any(|(n, name)| names[..n].contains(name)) {
        return Err("the same mark twice".to_owned());
    }
    if names.contains(&"code") && names.iter().any(|n| !matches!(*n, "code" | "link" | "annotation")) {
        return Err("code may only be combined with link".to_owned());
    }
    if names.contains(&"textColor") && names.contains(&"link") {
        return Err("a link cannot have a colour".to_owned());
    }
    if marks.iter().any(|m| m["type"] == "link" && !m["attrs"]["href"].is_string()) {
        return Err("link without an address".to_owned());
    }
    Ok(())
}

fn allowed(parent: &str, child: &str) -> bool {
    match parent {
        "doc" => BLOCK.contains(&child) && child != "nestedExpand",
        "paragraph" | "heading" | "taskItem" | "decisionItem" | "caption" => INLINE.contains(&child),
        "codeBlock" => child == "text",
        "bulletList" | "orderedList" => child == "listItem",
        "listItem" => {
            matches!(
                child,
                "paragraph" | "bulletList" | "orderedList" | "codeBlock" | "mediaSingle" | "taskList"
            )
        }
        "taskList" => matches!(child, "taskItem" | "taskList" | "blockTaskItem"),
        "decisionList" => child == "decisionItem",
        "table" => child == "tableRow",
        "tableRow" => matches!(child, "tableCell" | "tableHeader"),
        "tableCell" | "tableHeader" => BLOCK.contains(&child) && !matches!(child, "expand" | "layoutSection"),
        "panel" => matches!(
            child,
            "paragraph"
                | "heading"
                | "bulletList"
                | "orderedList"
                | "blockCard"
                | "mediaGroup"
                | "mediaSingle"
                | "codeBlock"
                | "taskList"
                | "rule"
                | "decisionList"
                | "extension"
        ),
        "blockquote" => matches!(
            child,
            "paragraph"
                | "bulletList"
                | "orderedList"
                | "codeBlock"
                | "mediaSingle"
                | "mediaGroup"
                | "extension"
        ),
        "expand" | "nestedExpand" | "layoutColumn" | "bodiedExtension" | "bodiedSyncBlock"
        | "blockTaskItem" => BLOCK.contains(&child) && !matches!(child, "layoutSection"),
        "layoutSection" => child == "layoutColumn",
        "mediaSingle" => matches!(child, "media" | "caption"),
        "mediaGroup" => child == "media",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn doc(content: Value) -> Value {
        json!({"type": "doc", "version": 1, "content": content})
    }

    fn refused(content: Value) -> bool {
        check("description", &doc(content), &|id| id == "known").is_err()
    }

    #[test]
    fn what_jira_refuses() {
        let text = |t: &str, marks: Value| json!([{"type": "paragraph", "content": [{"type": "text", "text": t, "marks": marks}]}]);
        assert!(!refused(text("a", json!([{"type": "strong"}]))));
        assert!(refused(text("", json!([]))));
        assert!(refused(text("a", json!([{"type": "code"}, {"type": "strong"}]))));
        assert!(!refused(text(
            "a",
            json!([{"type": "code"}, {"type": "link", "attrs": {"href": "https://a.example"}}])
        )));
        assert!(refused(text("a", json!([{"type": "blink"}]))));
        assert!(refused(json!([{"type": "marquee"}])));
        assert!(refused(
            json!([{"type": "table", "content": [{"type": "tableRow", "content": [{"type": "tableCell", "content": []}]}]}])
        ));
        let media = |id: &str| json!([{"type": "mediaSingle", "content": [{"type": "media", "attrs": {"type": "file", "id": id, "collection": ""}}]}]);
        assert!(!refused(media("known")));
        assert!(refused(media("unknown")));
        assert!(check("description", &json!("text"), &|_| false).is_err());
        assert!(check("description", &json!({"type": "doc", "content": []}), &|_| false).is_err());
    }

    #[test]
    fn length_is_counted() {
        let long = "x".repeat(32_767);
        assert!(!refused(json!([{"type": "paragraph", "content": [{"type": "text", "text": long}]}])));
        let longer = "x".repeat(32_768);
        assert!(refused(json!([{"type": "paragraph", "content": [{"type": "text", "text": longer}]}])));
    }
}
