//! Keeps a text below Jira's limit.

use serde_json::{Value, json};

use super::text::prefix_utf16;
use super::write::paragraph;

/// Jira refuses 32,767 characters of the text it stores; a reserve for what it adds.
pub(super) const LIMIT: usize = 32_000;

/// The blocks that fit, and `…` where others had to go.
pub(super) fn to_limit(blocks: Vec<Value>) -> Vec<Value> {
    let costs: Vec<usize> = blocks.iter().map(|block| cost(block, 0)).collect();
    if costs.iter().sum::<usize>() <= LIMIT {
        return blocks;
    }
    let dots = paragraph(vec![json!({ "type": "text", "text": "…" })]);
    let mut left = LIMIT - cost(&dots, 0);
    let mut kept = Vec::new();
    for (block, cost) in blocks.into_iter().zip(costs) {
        if cost > left {
            if kept.is_empty() {
                kept.push(beginning(&block, left));
            }
            break;
        }
        left -= cost;
        kept.push(block);
    }
    kept.push(dots);
    kept
}

/// The words of a first block that alone is too long.
pub(super) fn beginning(block: &Value, max: usize) -> Value {
    let mut text = String::new();
    words(block, &mut text);
    let is_code = block["type"] == "codeBlock";
    let text = prefix_utf16(text.trim_end(), max.saturating_sub(20)).trim_end();
    if is_code {
        let mut cut = block.clone();
        cut["content"] = json!([{ "type": "text", "text": text }]);
        return cut;
    }
    let mut line = Vec::new();
    for (n, part) in text.split('\n').enumerate() {
        if n > 0 {
            line.push(json!({ "type": "hardBreak" }));
        }
        if !part.is_empty() {
            line.push(json!({ "type": "text", "text": part }));
        }
    }
    paragraph(line)
}

fn children(node: &Value) -> &[Value] {
    node["content"].as_array().map_or(&[], Vec::as_slice)
}

fn words(node: &Value, out: &mut String) {
    match node["type"].as_str().unwrap_or_default() {
        "text" => out.push_str(node["text"].as_str().unwrap_or_default()),
        "hardBreak" => out.push('\n'),
        "emoji" | "status" => out.push_str(node["attrs"]["text"].as_str().unwrap_or_default()),
        kind => {
            if matches!(kind, "expand" | "nestedExpand") {
                out.push_str(node["attrs"]["title"].as_str().unwrap_or_default());
                out.push('\n');
            }
            children(node).iter().for_each(|part| words(part, out));
            if matches!(kind, "paragraph" | "heading" | "codeBlock" | "taskItem" | "decisionItem") {
                out.push('\n');
            }
        }
    }
}

/// About what a node adds to the stored text: its words in UTF-16 units, and the markup around them.
pub(super) fn cost(node: &Value, depth: usize) -> usize {
    let own = match node["type"].as_str().unwrap_or_default() {
        "text" => {
            let marks = node["marks"].as_array().map_or(&[][..], Vec::as_slice);
            let around: usize = marks
                .iter()
                .map(|mark| 4 + mark["attrs"]["href"].as_str().map_or(0, |href| href.encode_utf16().count()))
                .sum();
            units(&node["text"]) + around
        }
        "emoji" | "status" => units(&node["attrs"]["text"]) + units(&node["attrs"]["shortName"]),
        "date" => units(&node["attrs"]["timestamp"]),
        "expand" | "nestedExpand" => units(&node["attrs"]["title"]) + 4,
        "codeBlock" => 20,
        "heading" => 5,
        "listItem" => depth + 2,
        "tableRow" | "tableCell" | "tableHeader" | "taskItem" => 4,
        "rule" => 6,
        "hardBreak" => 1,
        _ => 2,
    };
    own + children(node).iter().map(|part| cost(part, depth + 1)).sum::<usize>()
}

fn units(value: &Value) -> usize {
    value.as_str().map_or(0, |text| text.encode_utf16().count())
}
