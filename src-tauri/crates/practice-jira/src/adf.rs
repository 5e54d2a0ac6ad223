//! Atlassian Document Format: plain text both ways, and what Jira changes when it stores a document.

use serde_json::{Map, Value, json};

use crate::faults::Normalise;

/// The text of a document as the history and API version 2 show it.
pub(crate) fn to_text(doc: &Value) -> String {
    let mut out = String::new();
    block(doc, &mut out, "");
    out.trim_end_matches('\n').to_owned()
}

fn kind(node: &Value) -> &str {
    node["type"].as_str().unwrap_or_default()
}

fn children(node: &Value) -> &[Value] {
    node["content"].as_array().map_or(&[], Vec::as_slice)
}

fn block(node: &Value, out: &mut String, bullet: &str) {
    match kind(node) {
        "paragraph" | "caption" => {
            inline(node, out);
            out.push('\n');
        }
        "heading" => {
            out.push_str(&format!("h{}. ", node["attrs"]["level"].as_i64().unwrap_or(1)));
            inline(node, out);
            out.push('\n');
        }
        "codeBlock" => {
            out.push_str("{code}\n");
            inline(node, out);
            out.push_str("\n{code}\n");
        }
        "bulletList" | "orderedList" => {
            let mark = if kind(node) == "bulletList" { "*" } else { "#" };
            let bullet = format!("{bullet}{mark}");
            for item in children(node) {
                for (n, part) in children(item).iter().enumerate() {
                    if n == 0 {
                        out.push_str(&bullet);
                        out.push(' ');
                    }
                    block(part, out, &bullet);
                }
            }
        }
        "taskItem" | "decisionItem" => {
            out.push_str("- ");
            inline(node, out);
            out.push('\n');
        }
        "tableRow" => {
            for cell in children(node) {
                out.push_str(if kind(cell) == "tableHeader" { "||" } else { "|" });
                let mut text = String::new();
                for part in children(cell) {
                    block(part, &mut text, "");
                }
                out.push_str(&text.trim().replace('\n', " "));
            }
            out.push_str("|\n");
        }
        "rule" => out.push_str("----\n"),
        "media" => out.push_str("!media!\n"),
        "text" | "hardBreak" | "mention" | "emoji" | "inlineCard" | "status" | "date" => {
            inline_one(node, out);
        }
        _ => {
            for part in children(node) {
                block(part, out, bullet);
            }
        }
    }
}

fn inline(node: &Value, out: &mut String) {
    for part in children(node) {
        inline_one(part, out);
    }
}

fn inline_one(node: &Value, out: &mut String) {
    match kind(node) {
        "text" => {
            let text = node["text"].as_str().unwrap_or_default();
            let mut shown = text.to_owned();
            for mark in node["marks"].as_array().map_or(&[][..], Vec::as_slice) {
                shown = match kind(mark) {
                    "strong" => format!("*{shown}*"),
                    "em" => format!("_{shown}_"),
                    "code" => format!("{{{{{shown}}}}}"),
                    "strike" => format!("-{shown}-"),
                    "underline" => format!("+{shown}+"),
                    "link" => format!("[{shown}|{}]", mark["attrs"]["href"].as_str().unwrap_or_default()),
                    _ => shown,
                };
            }
            out.push_str(&shown);
        }
        "hardBreak" => out.push('\n'),
        "inlineCard" => out.push_str(node["attrs"]["url"].as_str().unwrap_or_default()),
        "mention" | "emoji" | "status" => {
            let attrs = &node["attrs"];
            out.push_str(attrs["text"].as_str().or(attrs["shortName"].as_str()).unwrap_or_default());
        }
        "date" => out.push_str(node["attrs"]["timestamp"].as_str().unwrap_or_default()),
        _ => inline(node, out),
    }
}

/// A document whose paragraphs are the lines of a plain text.
pub(crate) fn from_text(text: &str) -> Value {
    let paragraphs: Vec<Value> = text
        .replace("\r\n", "\n")
        .split('\n')
        .map(|line| match line {
            "" => json!({"type": "paragraph"}),
            line => json!({"type": "paragraph", "content": [{"type": "text", "text": line}]}),
        })
        .collect();
    json!({"type": "doc", "version": 1, "content": paragraphs})
}

/// Whether two documents say the same, whatever ids Jira gave their nodes.
pub(crate) fn same(one: Option<&Value>, other: Option<&Value>) -> bool {
    fn bare(node: &Value) -> Value {
        match node {
            Value::Object(map) => {
                let kept = map.iter().filter(|(key, _)| *key != "localId");
                let kept: Map<String, Value> = kept.map(|(key, value)| (key.clone(), bare(value))).collect();
                // Attributes that held nothing else are as good as none.
                Value::Object(kept.into_iter().filter(|(k, v)| k != "attrs" || *v != json!({})).collect())
            }
            Value::Array(all) => Value::Array(all.iter().map(bare).collect()),
            other => other.clone(),
        }
    }
    one.map(bare) == other.map(bare)
}

/// What Jira makes of a document when it stores it.
pub(crate) fn normalise(mut doc: Value, how: Normalise) -> Value {
    if how == Normalise::Off {
        return doc;
    }
    let mut counter = 0;
    change(&mut doc, how, &mut counter);
    if how == Normalise::Heavy
        && let Some(content) = doc["content"].as_array_mut()
    {
        while content.last().is_some_and(|n| kind(n) == "paragraph" && children(n).is_empty()) {
            content.pop();
        }
    }
    doc
}

fn change(node: &mut Value, how: Normalise, counter: &mut u32) {
    let name = kind(node).to_owned();
    let Some(map) = node.as_object_mut() else { return };
    match name.as_str() {
        "table" => {
            default(map, "isNumberColumnEnabled", json!(false));
            default(map, "layout", json!("default"));
            local_id(map, counter);
        }
        "orderedList" => default(map, "order", json!(1)),
        "tableCell" | "tableHeader" => {
            default(map, "colspan", json!(1));
            default(map, "rowspan", json!(1));
        }
        "panel" => default(map, "panelType", json!("info")),
        "mediaSingle" => default(map, "layout", json!("center")),
        "expand" => default(map, "title", json!("")),
        "paragraph" | "heading" | "listItem" | "bulletList" | "taskList" | "taskItem" | "decisionList"
        | "status" | "codeBlock" => local_id(map, counter),
        "text" if how == Normalise::Heavy && is_bare_link(map) => {
            // Jira turns an address that is shown as itself into a smart link.
            let url = map["text"].clone();
            map.clear();
            map.insert("type".to_owned(), json!("inlineCard"));
            map.insert("attrs".to_owned(), json!({"url": url}));
        }
        "text" => {
            if let Some(text) = map["text"].as_str().filter(|t| t.contains('\r')) {
                map["text"] = json!(text.replace("\r\n", "\n").replace('\r', "\n"));
            }
            if how == Normalise::Heavy
                && let Some(marks) = map.get_mut("marks").and_then(Value::as_array_mut)
            {
                marks.sort_by(|a, b| kind(a).cmp(kind(b)));
            }
        }
        _ => {}
    }
    if let Some(content) = map.get_mut("content").and_then(Value::as_array_mut) {
        for part in content {
            change(part, how, counter);
        }
    }
}

fn is_bare_link(text: &Map<String, Value>) -> bool {
    match text.get("marks").and_then(Value::as_array).map(Vec::as_slice) {
        Some([mark]) => kind(mark) == "link" && mark["attrs"]["href"] == text["text"],
        _ => false,
    }
}

fn default(map: &mut Map<String, Value>, key: &str, value: Value) {
    let attrs = map.entry("attrs").or_insert_with(|| json!({}));
    if let Some(attrs) = attrs.as_object_mut() {
        attrs.entry(key.to_owned()).or_insert(value);
    }
}

fn local_id(map: &mut Map<String, Value>, counter: &mut u32) {
    *counter += 1;
    let mut bytes = [0u8; 4];
    // Without the system's randomness the counter alone still makes the ids differ.
    let _ = getrandom::fill(&mut bytes);
    default(map, "localId", json!(format!("{}{counter:04x}", hex::encode(bytes))));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_in_and_comes_out() {
        let doc = from_text("one\n\ntwo");
        assert_eq!(doc["content"].as_array().map(Vec::len), Some(3));
        assert_eq!(to_text(&doc), "one\n\ntwo");
    }

    #[test]
    fn light_adds_defaults_and_heavy_reorders_marks() {
        let doc = json!({"type": "doc", "version": 1, "content": [
            {"type": "orderedList", "content": [{"type": "listItem", "content": [{"type": "paragraph", "content": [
                {"type": "text", "text": "a", "marks": [{"type": "strong"}, {"type": "em"}]}]}]}]},
            {"type": "paragraph"}]});
        let light = normalise(doc.clone(), Normalise::Light);
        assert_eq!(light["content"][0]["attrs"]["order"], 1);
        assert!(light["content"][1]["attrs"]["localId"].is_string());
        let heavy = normalise(doc.clone(), Normalise::Heavy);
        assert_eq!(heavy["content"].as_array().map(Vec::len), Some(1));
        let marks = &heavy["content"][0]["content"][0]["content"][0]["content"][0]["marks"];
        assert_eq!(marks[0]["type"], "em");
        assert_eq!(normalise(doc.clone(), Normalise::Off), doc);
    }
}
