//! ADF to the neutral document: blocks.

use std::collections::BTreeSet;

use serde_json::Value;
use twinline_model::Document;
use twinline_model::document::{Block, Cell, Inline, MAX_DEPTH, PanelKind, Row, Task};
use twinline_model::text::clean_line;

use super::inline::{attr, card, children, inline, is_inline, kind, label, line, link_of, linked, number};
use super::media;
use super::text::{clean, plain_paragraphs, push_text};

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

fn block(node: &Value, depth: usize, out: &mut Vec<Block>) {
    if depth >= MAX_DEPTH && !matches!(kind(node), "paragraph" | "heading" | "codeBlock" | "rule") {
        let mut text = String::new();
        words(node, &mut text);
        out.extend(plain_paragraphs(&text));
        return;
    }
    match kind(node) {
        "paragraph" => {
            let content = line(node);
            out.push(media::named(&content).unwrap_or(Block::Paragraph { content }));
        }
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
            let items: Vec<Vec<Inline>> = children(node).iter().map(line).collect();
            if !items.is_empty() {
                out.push(Block::DecisionList { items });
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
        "mediaSingle" | "mediaGroup" => {
            out.extend(blocks(children(node), depth));
            link_below(node, out);
        }
        "media" => {
            out.push(media::read(node));
            link_below(node, out);
        }
        "caption" => out.push(Block::Paragraph { content: line(node) }),
        "expand" | "nestedExpand" => {
            let title = clean_line(attr(node, "title"), 200);
            out.push(Block::Expand { title, content: blocks(children(node), depth + 1) });
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
        out.push(Task { done: attr(item, "state") == "DONE", content: task_line(item) });
    }
}

/// What a task says. One that is made of blocks: its lines, one below the other.
fn task_line(item: &Value) -> Vec<Inline> {
    let mut content = Vec::new();
    let mut below = false;
    for part in children(item) {
        if below || (!is_inline(part) && !content.is_empty()) {
            content.push(Inline::HardBreak);
        }
        below = !is_inline(part);
        match kind(part) {
            "paragraph" | "heading" => content.extend(line(part)),
            _ if is_inline(part) => inline(part, &mut content),
            _ => {
                let mut text = String::new();
                words(part, &mut text);
                push_text(&mut content, text.trim(), &BTreeSet::new());
            }
        }
    }
    content
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

/// Where a picture or file leads to is no part of it in the neutral document, so it stands below.
fn link_below(node: &Value, out: &mut Vec<Block>) {
    if let Some(href) = link_of(node) {
        let mut content = Vec::new();
        linked(&href, &href, &mut content);
        out.push(Block::Paragraph { content });
    }
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
