//! How much of Jira's limit a text takes.

use serde_json::Value;

/// Jira refuses more than 32,767 characters of what it stores: UTF-16 units of the words and the markup around them, not of
/// the JSON (JRACLOUD-68949 names the number; how it is counted is known from practice only, so a reserve is kept).
pub(super) const LIMIT: usize = 32_000;

fn children(node: &Value) -> &[Value] {
    node["content"].as_array().map_or(&[], Vec::as_slice)
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
