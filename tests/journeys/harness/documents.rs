//! Rich text as Jira has it, and what of it must be the same on both sides.

use serde_json::{Map, Value, json};

/// One paragraph.
pub fn paragraph(text: &str) -> Value {
    json!({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]})
}

/// Headings, marks, lists, code, a table, a link and a panel.
pub fn everything() -> Value {
    let text = |text: &str| json!({"type": "text", "text": text});
    let marked = |text: &str, marks: Value| json!({"type": "text", "text": text, "marks": marks});
    let line = |content: Value| json!({"type": "paragraph", "content": content});
    let item = |content: Value| json!({"type": "listItem", "content": content});
    let cell = |kind: &str, content: &str| json!({"type": kind, "attrs": {}, "content": [line(json!([text(content)]))]});
    json!({"type": "doc", "version": 1, "content": [
        {"type": "heading", "attrs": {"level": 1}, "content": [text("The printer on floor 2")]},
        {"type": "heading", "attrs": {"level": 3}, "content": [text("What happens")]},
        line(json!([
            text("It prints "), marked("bold", json!([{"type": "strong"}])), text(", "),
            marked("slanted", json!([{"type": "em"}])), text(", "),
            marked("both", json!([{"type": "em"}, {"type": "strong"}])), text(", "),
            marked("struck", json!([{"type": "strike"}])), text(", "),
            marked("lined", json!([{"type": "underline"}])), text(" and "),
            marked("x = 1", json!([{"type": "code"}])), text(" – äöü 日本 🙂."), {"type": "hardBreak"},
            text("See "),
            marked("the manual", json!([{"type": "link", "attrs": {"href": "https://example.org/a?b=c&d=e#f"}}])),
        ])),
        {"type": "bulletList", "content": [
            item(json!([line(json!([text("first")]))])),
            item(json!([line(json!([text("second")])),
                {"type": "orderedList", "attrs": {"order": 1}, "content": [
                    item(json!([line(json!([text("inner one")]))])),
                    item(json!([line(json!([text("inner two")]))])),
                ]}])),
        ]},
        {"type": "orderedList", "attrs": {"order": 1}, "content": [
            item(json!([line(json!([text("open")]))])),
            item(json!([line(json!([text("close")]))])),
        ]},
        {"type": "codeBlock", "attrs": {"language": "rust"}, "content": [text("fn main() {\n    println!(\"<&>\");\n}")]},
        {"type": "table", "attrs": {"isNumberColumnEnabled": false, "layout": "default"}, "content": [
            {"type": "tableRow", "content": [cell("tableHeader", "Floor"), cell("tableHeader", "Printer")]},
            {"type": "tableRow", "content": [cell("tableCell", "2"), cell("tableCell", "HP | big")]},
        ]},
        {"type": "panel", "attrs": {"panelType": "warning"}, "content": [line(json!([text("Do not open it.")]))]},
        {"type": "blockquote", "content": [line(json!([text("It was like that.")]))]},
        {"type": "rule"},
        line(json!([text("The end.")])),
    ]})
}

/// What a reader sees: without the ids and defaults that each site adds by itself.
pub fn shape(document: &Value) -> Value {
    let mut content: Vec<Value> = children(document);
    while content.last() == Some(&json!({"type": "paragraph"})) {
        content.pop();
    }
    json!(content)
}

fn children(node: &Value) -> Vec<Value> {
    let mut list: Vec<Value> = Vec::new();
    for child in node["content"].as_array().map_or(&[][..], Vec::as_slice) {
        let next = simple(child);
        // Two pieces of text with the same marks read as one.
        if let Some(last) = list.last_mut()
            && last["type"] == "text"
            && next["type"] == "text"
            && last["marks"] == next["marks"]
        {
            let joined =
                format!("{}{}", last["text"].as_str().unwrap_or(""), next["text"].as_str().unwrap_or(""));
            last["text"] = json!(joined);
        } else {
            list.push(next);
        }
    }
    list
}

fn simple(node: &Value) -> Value {
    let kind = node["type"].as_str().unwrap_or_default();
    let mut out = Map::new();
    out.insert("type".into(), json!(kind));
    let kept = match kind {
        "heading" => "level",
        "codeBlock" => "language",
        "panel" => "panelType",
        _ => "",
    };
    if !node["attrs"][kept].is_null() {
        out.insert(kept.into(), node["attrs"][kept].clone());
    }
    if let Some(text) = node["text"].as_str() {
        out.insert("text".into(), json!(text));
    }
    if let Some(marks) = node["marks"].as_array().filter(|m| !m.is_empty()) {
        let mut names: Vec<String> = marks
            .iter()
            .map(|m| {
                format!("{} {}", m["type"].as_str().unwrap_or(""), m["attrs"]["href"].as_str().unwrap_or(""))
            })
            .collect();
        names.sort();
        out.insert("marks".into(), json!(names));
    }
    let inside = children(node);
    if !inside.is_empty() {
        out.insert("content".into(), json!(inside));
    }
    Value::Object(out)
}

/// All words of a document, one space between two pieces.
pub fn words(node: &Value) -> String {
    let mut all = Vec::new();
    gather(node, &mut all);
    all.join(" ")
}

fn gather(node: &Value, all: &mut Vec<String>) {
    if let Some(text) = node["text"].as_str() {
        all.push(text.to_owned());
    }
    for child in node["content"].as_array().map_or(&[][..], Vec::as_slice) {
        gather(child, all);
    }
}
