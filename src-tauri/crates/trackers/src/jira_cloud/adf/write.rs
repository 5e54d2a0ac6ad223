//! The neutral document to ADF that Jira accepts.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};
use twinline_model::Document;
use twinline_model::document::{Block, Inline, Mark, PanelKind, Row};
use twinline_model::text::clean_line;

use super::media;
use super::text::{clean, fitting, hex_color, plain_paragraphs, push_text};

/// Deeper than this becomes plain text: a level may be three levels of ADF, and Jira's own nesting is bounded.
const DEEPEST: usize = 30;

/// Colours that a status may have.
const STATUS_COLORS: [&str; 6] = ["neutral", "purple", "blue", "red", "yellow", "green"];

/// What stands around a block decides what it may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    ListItem,
    Quote,
    Panel,
    Cell,
    Expand,
    /// In an expand that stands in another box, where less is allowed.
    NestedExpand,
}

impl Place {
    /// Quotes and panels may stand here.
    fn takes_boxes(self) -> bool {
        matches!(self, Self::Top | Self::Cell | Self::Expand | Self::NestedExpand)
    }
}

/// Valid ADF of any length, with names in the places of pictures.
pub(crate) fn write(document: &Document) -> Value {
    write_showing(document, &HashMap::new())
}

/// Valid ADF of any length. `files` are the media ids of the files that can be shown, by name.
pub(crate) fn write_showing(document: &Document, files: &HashMap<String, String>) -> Value {
    let content = Writer { ids: 0, files }.blocks(&document.blocks, Place::Top, 1);
    json!({ "version": 1, "type": "doc", "content": content })
}

/// The blocks alone.
pub(super) fn written_blocks(blocks: &[Block]) -> Vec<Value> {
    Writer { ids: 0, files: &HashMap::new() }.blocks(blocks, Place::Top, 1)
}

struct Writer<'a> {
    files: &'a HashMap<String, String>,
    /// Tasks need ids; counting makes the same document give the same ids.
    ids: usize,
}

impl Writer<'_> {
    fn blocks(&mut self, blocks: &[Block], place: Place, depth: usize) -> Vec<Value> {
        let mut out = Vec::new();
        for block in blocks {
            self.block(block, place, depth, &mut out);
        }
        out
    }

    /// The content of something that may not be empty.
    fn filled(&mut self, blocks: &[Block], place: Place, depth: usize) -> Vec<Value> {
        let mut content = self.blocks(blocks, place, depth);
        let begins_well = match content.first().map(|node| &node["type"]) {
            None => false,
            Some(first) => place != Place::ListItem || first == "paragraph" || first == "codeBlock",
        };
        if !begins_well {
            content.insert(0, paragraph(Vec::new()));
        }
        content
    }

    fn block(&mut self, block: &Block, place: Place, depth: usize, out: &mut Vec<Value>) {
        if depth > DEEPEST && !matches!(block, Block::Paragraph { .. } | Block::CodeBlock { .. }) {
            let text = Document { blocks: vec![block.clone()] }.to_plain_text();
            out.extend(plain_paragraphs(&text).iter().map(|block| match block {
                Block::Paragraph { content } => paragraph(inlines(content)),
                _ => paragraph(Vec::new()),
            }));
            return;
        }
        match block {
            Block::Paragraph { content } => out.push(paragraph(inlines(content))),
            Block::Heading { level, content } => {
                if matches!(place, Place::ListItem | Place::Quote) {
                    out.push(paragraph(inlines(&strong(content))));
                } else {
                    let level = (*level).clamp(1, 6);
                    out.push(json!({ "type": "heading", "attrs": { "level": level }, "content": inlines(content) }));
                }
            }
            Block::BulletList { items } => {
                if let Some(items) = self.items(items, depth) {
                    out.push(json!({ "type": "bulletList", "content": items }));
                }
            }
            Block::OrderedList { start, items } => {
                if let Some(items) = self.items(items, depth) {
                    out.push(json!({ "type": "orderedList", "attrs": { "order": start }, "content": items }));
                }
            }
            Block::TaskList { items } if items.is_empty() => {}
            Block::TaskList { items } if place == Place::Quote => {
                let items: Vec<Vec<Block>> = items
                    .iter()
                    .map(|task| {
                        let mut content = vec![Inline::text(if task.done { "[x] " } else { "[ ] " })];
                        content.extend(task.content.iter().cloned());
                        vec![Block::Paragraph { content }]
                    })
                    .collect();
                self.block(&Block::BulletList { items }, place, depth, out);
            }
            Block::TaskList { items } => {
                let list = self.id();
                let tasks: Vec<Value> = items
                    .iter()
                    .map(|task| {
                        let state = if task.done { "DONE" } else { "TODO" };
                        json!({
                            "type": "taskItem",
                            "attrs": { "localId": self.id(), "state": state },
                            "content": inlines(&task.content),
                        })
                    })
                    .collect();
                out.push(json!({ "type": "taskList", "attrs": { "localId": list }, "content": tasks }));
            }
            Block::CodeBlock { language, text } => out.push(code(language.as_deref(), text)),
            Block::Quote { content } if place.takes_boxes() => {
                let content = self.filled(content, Place::Quote, depth + 1);
                out.push(json!({ "type": "blockquote", "content": content }));
            }
            Block::Panel { kind, content } if place.takes_boxes() => {
                let kind = match kind {
                    PanelKind::Info => "info",
                    PanelKind::Note => "note",
                    PanelKind::Warning => "warning",
                    PanelKind::Success => "success",
                    PanelKind::Error => "error",
                };
                let content = self.filled(content, Place::Panel, depth + 1);
                out.push(json!({ "type": "panel", "attrs": { "panelType": kind }, "content": content }));
            }
            Block::Expand { title, content } if matches!(place, Place::Top | Place::Cell | Place::Expand) => {
                let (kind, inside) = match place {
                    Place::Top => ("expand", Place::Expand),
                    _ => ("nestedExpand", Place::NestedExpand),
                };
                let content = self.filled(content, inside, depth + 1);
                let title = clean_line(title, 200);
                out.push(json!({ "type": kind, "attrs": { "title": title }, "content": content }));
            }
            Block::Expand { title, content } => {
                let title = clean_line(title, 200);
                if !title.is_empty() {
                    out.push(paragraph(inlines(&[Inline::marked(title, [Mark::Strong])])));
                }
                out.extend(self.blocks(content, place, depth + 1));
            }
            Block::DecisionList { items } if items.is_empty() => {}
            Block::DecisionList { items } if matches!(place, Place::ListItem | Place::Quote) => {
                let items = items.iter().map(|item| vec![Block::Paragraph { content: item.clone() }]);
                self.block(&Block::BulletList { items: items.collect() }, place, depth, out);
            }
            Block::DecisionList { items } => {
                let list = self.id();
                let items: Vec<Value> = items
                    .iter()
                    .map(|item| {
                        json!({
                            "type": "decisionItem",
                            "attrs": { "localId": self.id(), "state": "DECIDED" },
                            "content": inlines(item),
                        })
                    })
                    .collect();
                out.push(json!({ "type": "decisionList", "attrs": { "localId": list }, "content": items }));
            }
            // Where no box may stand, its content stands alone.
            Block::Quote { content } | Block::Panel { content, .. } => {
                out.extend(self.blocks(content, place, depth + 1));
            }
            Block::Rule if matches!(place, Place::ListItem | Place::Quote) => {
                out.push(paragraph(inlines(&[Inline::text("---")])));
            }
            Block::Rule => out.push(json!({ "type": "rule" })),
            Block::Table { rows } if matches!(place, Place::Top | Place::Expand) => {
                let rows = self.rows(rows, depth);
                if !rows.is_empty() {
                    out.push(json!({ "type": "table", "content": rows }));
                }
            }
            Block::Table { rows } => {
                out.extend(rows.iter().filter(|row| !row.cells.is_empty()).map(flat_row))
            }
            Block::Media { name, alt } => {
                let id = self.files.get(name).filter(|_| place.takes_boxes());
                out.push(match id {
                    Some(id) => media::shown(id, name, alt.as_deref()),
                    None => paragraph(inlines(&[media::in_place(name, alt.as_deref())])),
                });
            }
        }
    }

    fn items(&mut self, items: &[Vec<Block>], depth: usize) -> Option<Vec<Value>> {
        let items: Vec<Value> = items
            .iter()
            .map(|item| {
                let content = self.filled(item, Place::ListItem, depth + 1);
                json!({ "type": "listItem", "content": content })
            })
            .collect();
        (!items.is_empty()).then_some(items)
    }

    fn rows(&mut self, rows: &[Row], depth: usize) -> Vec<Value> {
        rows.iter()
            .filter(|row| !row.cells.is_empty())
            .map(|row| {
                let cells: Vec<Value> = row
                    .cells
                    .iter()
                    .map(|cell| {
                        let kind = if cell.header { "tableHeader" } else { "tableCell" };
                        let content = self.filled(&cell.content, Place::Cell, depth + 1);
                        let mut node = json!({ "type": kind, "attrs": {}, "content": content });
                        if cell.colspan > 1 {
                            node["attrs"]["colspan"] = json!(cell.colspan);
                        }
                        if cell.rowspan > 1 {
                            node["attrs"]["rowspan"] = json!(cell.rowspan);
                        }
                        node
                    })
                    .collect();
                json!({ "type": "tableRow", "content": cells })
            })
            .collect()
    }

    fn id(&mut self) -> String {
        self.ids += 1;
        format!("twinline-{}", self.ids)
    }
}

pub(super) fn paragraph(content: Vec<Value>) -> Value {
    json!({ "type": "paragraph", "content": content })
}

fn code(language: Option<&str>, text: &str) -> Value {
    let text = clean(text);
    let content = if text.is_empty() { Vec::new() } else { vec![json!({ "type": "text", "text": text })] };
    let mut node = json!({ "type": "codeBlock", "attrs": {}, "content": content });
    if let Some(language) = language.map(|name| clean_line(name, 60)).filter(|name| !name.is_empty()) {
        node["attrs"]["language"] = json!(language);
    }
    node
}

/// A row where no table may stand: `one | two`.
fn flat_row(row: &Row) -> Value {
    let cells: Vec<String> = row
        .cells
        .iter()
        .map(|cell| Document { blocks: cell.content.clone() }.to_plain_text().replace('\n', " "))
        .collect();
    paragraph(inlines(&[Inline::text(cells.join(" | "))]))
}

fn strong(content: &[Inline]) -> Vec<Inline> {
    let mut content = content.to_vec();
    for inline in &mut content {
        if let Inline::Text { marks, .. } = inline {
            marks.insert(Mark::Strong);
        }
    }
    content
}

fn inlines(content: &[Inline]) -> Vec<Value> {
    let plain = BTreeSet::new();
    let mut merged: Vec<Inline> = Vec::with_capacity(content.len());
    for inline in content {
        match inline {
            Inline::Text { text, marks } => push_text(&mut merged, text, &fitting(marks)),
            Inline::Mention { name } => {
                push_text(&mut merged, &format!("@{}", clean_line(name, 200)), &plain)
            }
            // A picture that only the other site knows would stay blank.
            Inline::Emoji { short_name, text: None } => {
                push_text(&mut merged, &clean_line(short_name, 100), &plain)
            }
            Inline::Emoji { short_name, text: Some(text) } => {
                let (short_name, text) = (clean_line(short_name, 100), clean_line(text, 100));
                if short_name.is_empty() || text.is_empty() || short_name == text {
                    let word = if text.is_empty() { short_name } else { text };
                    push_text(&mut merged, &word, &plain);
                } else {
                    merged.push(Inline::Emoji { short_name, text: Some(text) });
                }
            }
            Inline::Status { text, color } => {
                let text = clean_line(text, 200);
                if !text.is_empty() {
                    merged.push(Inline::Status { text, color: color.clone() });
                }
            }
            Inline::HardBreak | Inline::Date { .. } => merged.push(inline.clone()),
        }
    }
    merged.iter().map(node).collect()
}

fn node(inline: &Inline) -> Value {
    match inline {
        Inline::Text { text, marks } if marks.is_empty() => json!({ "type": "text", "text": text }),
        Inline::Text { text, marks } => {
            let marks: Vec<Value> = marks.iter().map(mark).collect();
            json!({ "type": "text", "text": text, "marks": marks })
        }
        Inline::HardBreak => json!({ "type": "hardBreak" }),
        Inline::Mention { name } => json!({ "type": "text", "text": format!("@{name}") }),
        Inline::Emoji { short_name, text } => {
            let text = text.as_deref().unwrap_or(short_name);
            json!({ "type": "emoji", "attrs": { "shortName": short_name, "text": text } })
        }
        Inline::Date { at_ms } => json!({ "type": "date", "attrs": { "timestamp": at_ms.to_string() } }),
        Inline::Status { text, color } => {
            let named = STATUS_COLORS.iter().find(|c| c.eq_ignore_ascii_case(color)).map(|c| (*c).to_owned());
            let color = named.or_else(|| hex_color(color)).unwrap_or_else(|| "neutral".to_owned());
            json!({ "type": "status", "attrs": { "text": text, "color": color } })
        }
    }
}

fn mark(mark: &Mark) -> Value {
    match mark {
        Mark::Strong => json!({ "type": "strong" }),
        Mark::Em => json!({ "type": "em" }),
        Mark::Code => json!({ "type": "code" }),
        Mark::Strike => json!({ "type": "strike" }),
        Mark::Underline => json!({ "type": "underline" }),
        Mark::Sub => json!({ "type": "subsup", "attrs": { "type": "sub" } }),
        Mark::Sup => json!({ "type": "subsup", "attrs": { "type": "sup" } }),
        Mark::Link { href } => json!({ "type": "link", "attrs": { "href": href } }),
        Mark::Color { hex } => json!({ "type": "textColor", "attrs": { "color": hex } }),
        Mark::Background { hex } => json!({ "type": "backgroundColor", "attrs": { "color": hex } }),
    }
}
