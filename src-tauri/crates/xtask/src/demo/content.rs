//! What the people of the story write.

use serde_json::{Value, json};

fn paragraph(text: &str) -> Value {
    json!({"type": "paragraph", "content": [{"type": "text", "text": text}]})
}

/// Plain text as a rich text.
pub fn plain(text: &str) -> Value {
    json!({"type": "doc", "version": 1, "content": [paragraph(text)]})
}

/// A description with the things that people use: heading, marks, list, code, table, link, panel.
pub fn report() -> Value {
    let item = |text: &str| json!({"type": "listItem", "content": [paragraph(text)]});
    let cell = |kind: &str, text: &str| json!({"type": kind, "attrs": {}, "content": [paragraph(text)]});
    json!({"type": "doc", "version": 1, "content": [
        {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "What we would like"}]},
        {"type": "paragraph", "content": [
            {"type": "text", "text": "The delivery note should show the "},
            {"type": "text", "text": "order number", "marks": [{"type": "strong"}]},
            {"type": "text", "text": ", as agreed in "},
            {"type": "text", "text": "the minutes", "marks": [{"type": "link", "attrs": {"href": "https://example.com/minutes"}}]},
            {"type": "text", "text": "."}]},
        {"type": "bulletList", "content": [item("on paper"), item("in the PDF")]},
        {"type": "codeBlock", "attrs": {"language": "json"}, "content": [{"type": "text", "text": "{\"order\": 4711}"}]},
        {"type": "table", "content": [
            {"type": "tableRow", "content": [cell("tableHeader", "Where"), cell("tableHeader", "When")]},
            {"type": "tableRow", "content": [cell("tableCell", "Warehouse 2"), cell("tableCell", "in May")]}]},
        {"type": "panel", "attrs": {"panelType": "info"}, "content": [paragraph("The label printer needs no change.")]},
    ]})
}
