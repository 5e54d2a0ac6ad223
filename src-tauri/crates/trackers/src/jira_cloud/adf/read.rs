//! ADF to the neutral document.

use std::collections::BTreeSet;

use serde_json::Value;
use twinline_model::Document;
use twinline_model::document::{Block, Cell, Inline, MAX_DEPTH, Mark, PanelKind, Row, Task};
use twinline_model::text::clean_line;

use super::text::{clean, fitting, hex_color, plain_paragraphs, push_text, safe_link};

/// Nodes that stand inside a line.
const INLINE: [&str; 10] = [
    "text",
    "hardBreak",
    "mention",
    "emoji",
    "date",
    "status",
    "inlineCard",
    "mediaInline",
    "placeholder",
    "inlineExtension",
];

/// Reads anything; what is unknown becomes readable text.
pub(crate) fn read(adf: &Value) -> Document {
    let blocks = match adf {
        Value::Null => Vec::new(),
        // Version 2 of the API and some apps give plain text.
        Value::String(text) => plain_paragraphs(text),
        Value::Array(nodes) => blocks(nodes, 1),
        Value::Object(_) if kind(adf) == "doc" => blocks(children(adf), 1),
        Value::Object(_) => blocks(std::slice::from_ref(adf), 1),
        other => plain_paragraphs(&other.to_string()),
    };
    Document { blocks }
}

fn kind(node: &Value) -> &str {
    node["type"].as_str().unwrap_or_default()
}

fn children(node: &Value) -> &[Value] {
    node["content"].as_array().map_or(&[], Vec::as_slice)
}

fn attr<'a>(node: &'a Value, name: &str) -> &'a str {
    node["attrs"][name].as_str().unwrap_or_default()
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// Blocks of a container; `depth` is the nesting that its own blocks have. Empty paragraphs at the end go.
fn blocks(nodes: &[Value], depth: usize) -> Vec<Block> {
    let mut out = Vec::new();
    let mut line = Vec::new();
    for node in nodes {
        // Text directly in a container is no valid ADF, and still somebody's text.
        if is_inline(node) {
            inline(node, &mut line);
            continue;
        }
        if !line.is_empty() {
            out.push(Block::Paragraph { content: std::mem::take(&mut line) });
        }
        block(node, depth, &mut out);
    }
    if !line.is_empty() {
        out.push(Block::Paragraph { content: line });
    }
    while matches!(out.last(), Some(Block::Paragraph { content }) if content.is_empty()) {
        out.pop();
    }
    out
}

fn is_inline(node: &Value) -> bool {
    !node.is_object() || INLINE.contains(&kind(node))
}

fn block(node: &Value, depth: usize, out: &mut Vec<Block>) {
    if depth >= MAX_DEPTH && !matches!(kind(node), "paragraph" | "heading" | "codeBlock" | "rule") {
        let mut text = String::new();
        words(node, &mut text);
        out.extend(plain_paragraphs(&text));
        return;
    }
    match kind(node) {
        "paragraph" => out.push(Block::Paragraph { content: line(node) }),
        "heading" => {
            let level = number(&node["attrs"]["level"]).unwrap_or(1).clamp(1, 6);
            out.push(Block::Heading { level: u8::try_from(level).unwrap_or(1), content: line(node) });
        }
        "bulletList" => {
            let items = items(node, depth);
            if !items.is_empty() {
                out.push(Block::BulletList { items });
            }
        }
        "orderedList" => {
            let start = number(&node["attrs"]["order"]).and_then(|n| u32::try_from(n).ok()).unwrap_or(1);
            let items = items(node, depth);
            if !items.is_empty() {
                out.push(Block::OrderedList { start, items });
            }
        }
        "decisionList" => {
            let items: Vec<Vec<Block>> =
                children(node).iter().map(|item| blocks(children(item), depth + 1)).collect();
            if !items.is_empty() {
                out.push(Block::BulletList { items });
            }
        }
        "taskList" => {
            let mut items = Vec::new();
            tasks(node, &mut items);
            if !items.is_empty() {
                out.push(Block::TaskList { items });
            }
        }
        "codeBlock" => {
            let mut text = String::new();
            words(node, &mut text);
            let language = clean_line(attr(node, "language"), 60);
            out.push(Block::CodeBlock {
                language: Some(language).filter(|name| !name.is_empty()),
                text: clean(&text),
            });
        }
        "blockquote" => out.push(Block::Quote { content: blocks(children(node), depth + 1) }),
        "panel" => {
            let kind = match attr(node, "panelType") {
                "note" => PanelKind::Note,
                "warning" => PanelKind::Warning,
                "success" | "tip" => PanelKind::Success,
                "error" => PanelKind::Error,
                _ => PanelKind::Info,
            };
            out.push(Block::Panel { kind, content: blocks(children(node), depth + 1) });
        }
        "rule" => out.push(Block::Rule),
        "table" => {
            let rows: Vec<Row> = children(node)
                .iter()
                .map(|row| Row { cells: children(row).iter().map(|cell| self::cell(cell, depth)).collect() })
                .filter(|row| !row.cells.is_empty())
                .collect();
            if !rows.is_empty() {
                out.push(Block::Table { rows });
            }
        }
        "mediaSingle" | "mediaGroup" => out.extend(blocks(children(node), depth)),
        "media" => out.push(media(node)),
        "caption" => out.push(Block::Paragraph { content: line(node) }),
        "expand" | "nestedExpand" => {
            let mut title = Vec::new();
            push_text(&mut title, attr(node, "title"), &BTreeSet::from([Mark::Strong]));
            if !title.is_empty() {
                out.push(Block::Paragraph { content: title });
            }
            out.extend(blocks(children(node), depth));
        }
        "blockCard" | "embedCard" => {
            let mut content = Vec::new();
            card(node, &mut content);
            out.push(Block::Paragraph { content });
        }
        "layoutSection" | "layoutColumn" => out.extend(blocks(children(node), depth)),
        _ => unknown(node, depth, out),
    }
}

fn items(node: &Value, depth: usize) -> Vec<Vec<Block>> {
    children(node)
        .iter()
        .map(|item| {
            // A list item has to begin with a paragraph; an empty one before something else says nothing.
            let mut content = match kind(item) {
                "listItem" | "decisionItem" | "taskItem" => blocks(children(item), depth + 1),
                _ => blocks(std::slice::from_ref(item), depth + 1),
            };
            let empty = |block: &Block| matches!(block, Block::Paragraph { content } if content.is_empty());
            let leading = content.iter().take_while(|block| empty(block)).count();
            content.drain(..leading);
            content
        })
        .collect()
}

fn tasks(node: &Value, out: &mut Vec<Task>) {
    for item in children(node) {
        if kind(item) == "taskList" {
            tasks(item, out);
            continue;
        }
        let mut content = Vec::new();
        if children(item).iter().all(is_inline) {
            content = line(item);
        } else {
            // A task made of blocks: its lines, one below the other.
            let mut text = String::new();
            words(item, &mut text);
            push_text(&mut content, text.trim(), &BTreeSet::new());
        }
        out.push(Task { done: attr(item, "state") == "DONE", content });
    }
}

fn cell(node: &Value, depth: usize) -> Cell {
    let span =
        |name: &str| number(&node["attrs"][name]).and_then(|n| u32::try_from(n).ok()).unwrap_or(1).max(1);
    Cell {
        header: kind(node) == "tableHeader",
        colspan: span("colspan"),
        rowspan: span("rowspan"),
        content: blocks(children(node), depth + 1),
    }
}

fn media(node: &Value) -> Block {
    if attr(node, "type") == "external" {
        let mut content = Vec::new();
        linked(attr(node, "url"), attr(node, "alt"), &mut content);
        return Block::Paragraph { content };
    }
    let alt = Some(clean_line(attr(node, "alt"), 200)).filter(|alt| !alt.is_empty());
    Block::Media { name: alt.clone().unwrap_or_else(|| "file".to_owned()), alt }
}

/// A node that we do not know: its content as if it were not there, or else its words.
fn unknown(node: &Value, depth: usize, out: &mut Vec<Block>) {
    let before = out.len();
    if !children(node).is_empty() {
        out.extend(blocks(children(node), depth));
    }
    if out.len() == before {
        out.push(Block::Paragraph { content: vec![Inline::text(label(node))] });
    }
}

/// `[extension: toc]`.
fn label(node: &Value) -> String {
    let name = match clean_line(kind(node), 60) {
        name if name.is_empty() => "unknown".to_owned(),
        name => name,
    };
    let told = ["text", "title", "name", "alt", "url", "extensionTitle", "extensionKey"]
        .iter()
        .map(|key| clean_line(attr(node, key), 200))
        .find(|text| !text.is_empty());
    match told {
        Some(told) => format!("[{name}: {told}]"),
        None => format!("[{name}]"),
    }
}

/// The inlines of a paragraph or heading.
fn line(node: &Value) -> Vec<Inline> {
    let mut out = Vec::new();
    for part in children(node) {
        inline(part, &mut out);
    }
    out
}

fn inline(node: &Value, out: &mut Vec<Inline>) {
    let plain = BTreeSet::new();
    match kind(node) {
        "text" => push_text(out, node["text"].as_str().unwrap_or_default(), &marks(node)),
        "hardBreak" => out.push(Inline::HardBreak),
        "mention" => {
            let name = clean_line(attr(node, "text"), 200);
            let name = name.trim_start_matches('@').trim();
            let name = if name.is_empty() { "somebody" } else { name };
            out.push(Inline::Mention { name: name.to_owned() });
        }
        "emoji" => {
            let short_name = clean_line(attr(node, "shortName"), 100);
            let text =
                Some(clean_line(attr(node, "text"), 100)).filter(|t| !t.is_empty() && *t != short_name);
            match (short_name.is_empty(), text) {
                (true, text) => push_text(out, &text.unwrap_or_else(|| "[emoji]".to_owned()), &plain),
                (false, text) => out.push(Inline::Emoji { short_name, text }),
            }
        }
        "date" => match number(&node["attrs"]["timestamp"]) {
            Some(at_ms) => out.push(Inline::Date { at_ms }),
            None => push_text(out, &label(node), &plain),
        },
        "status" => {
            let text = clean_line(attr(node, "text"), 200);
            if text.is_empty() {
                return;
            }
            let color = match clean_line(attr(node, "color"), 20).to_ascii_lowercase() {
                color if color.is_empty() => "neutral".to_owned(),
                color => color,
            };
            out.push(Inline::Status { text, color });
        }
        "inlineCard" => card(node, out),
        "mediaInline" => {
            let name = match clean_line(attr(node, "alt"), 200) {
                name if name.is_empty() => "file".to_owned(),
                name => name,
            };
            push_text(out, &format!("[{name}]"), &BTreeSet::from([Mark::Em]));
        }
        "placeholder" => push_text(out, attr(node, "text"), &plain),
        // A line holds no blocks: what is inside comes as it stands, and nothing at all as a label.
        _ if !children(node).is_empty() => children(node).iter().for_each(|part| inline(part, out)),
        _ => match node {
            Value::Object(_) => match node["text"].as_str() {
                Some(text) => push_text(out, text, &plain),
                None => push_text(out, &label(node), &plain),
            },
            Value::String(text) => push_text(out, text, &plain),
            Value::Null => {}
            other => push_text(out, &other.to_string(), &plain),
        },
    }
}

fn card(node: &Value, out: &mut Vec<Inline>) {
    let data = &node["attrs"]["data"];
    let from_data = || data["url"].as_str().or(data["@id"].as_str()).unwrap_or_default();
    let url = match attr(node, "url") {
        "" => from_data(),
        url => url,
    };
    let before = out.len();
    linked(url, url, out);
    if out.len() == before {
        let name = data["name"].as_str().map_or_else(|| label(node), str::to_owned);
        push_text(out, &name, &BTreeSet::new());
    }
}

fn linked(url: &str, text: &str, out: &mut Vec<Inline>) {
    let text = if text.trim().is_empty() { url } else { text };
    let marks = safe_link(url).map(|href| Mark::Link { href }).into_iter().collect();
    push_text(out, text, &marks);
}

fn marks(node: &Value) -> BTreeSet<Mark> {
    let list = node["marks"].as_array().map_or(&[][..], Vec::as_slice);
    let marks = list
        .iter()
        .filter_map(|mark| {
            Some(match kind(mark) {
                "strong" => Mark::Strong,
                "em" => Mark::Em,
                "code" => Mark::Code,
                "strike" => Mark::Strike,
                "underline" => Mark::Underline,
                "subsup" if attr(mark, "type") == "sup" => Mark::Sup,
                "subsup" => Mark::Sub,
                "link" => Mark::Link { href: safe_link(attr(mark, "href"))? },
                "textColor" => Mark::Color { hex: hex_color(attr(mark, "color"))? },
                // Background colours, inline comments and the like: the text stays.
                _ => return None,
            })
        })
        .collect();
    fitting(&marks)
}

/// All words below a node, a line for each block.
fn words(node: &Value, out: &mut String) {
    match kind(node) {
        "hardBreak" => out.push('\n'),
        _ if is_inline(node) => match node["text"].as_str() {
            Some(text) => out.push_str(text),
            None => {
                let mut line = Vec::new();
                inline(node, &mut line);
                let paragraph = Block::Paragraph { content: line };
                out.push_str(&Document { blocks: vec![paragraph] }.to_plain_text());
            }
        },
        _ => {
            if children(node).is_empty()
                && !matches!(kind(node), "paragraph" | "codeBlock" | "heading" | "rule")
            {
                out.push_str(&label(node));
            }
            children(node).iter().for_each(|part| words(part, out));
            if !out.ends_with('\n') && kind(node) != "codeBlock" {
                out.push('\n');
            }
        }
    }
}
