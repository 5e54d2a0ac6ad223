//! ADF to the neutral document: what stands inside a line, and what all nodes have in common.

use std::collections::BTreeSet;

use serde_json::Value;
use twinline_model::document::{Inline, Mark};
use twinline_model::text::clean_line;

use super::text::{fitting, hex_color, push_text, safe_link};

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

pub(super) fn kind(node: &Value) -> &str {
    node["type"].as_str().unwrap_or_default()
}

pub(super) fn children(node: &Value) -> &[Value] {
    node["content"].as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn attr<'a>(node: &'a Value, name: &str) -> &'a str {
    node["attrs"][name].as_str().unwrap_or_default()
}

pub(super) fn number(value: &Value) -> Option<i64> {
    // JSON knows one kind of number: 3.0 is 3.
    let whole = |n: f64| (n.fract() == 0.0 && n.abs() < 9.0e15).then_some(n as i64);
    value.as_i64().or_else(|| whole(value.as_f64()?)).or_else(|| value.as_str()?.trim().parse().ok())
}

pub(super) fn is_inline(node: &Value) -> bool {
    !node.is_object() || INLINE.contains(&kind(node))
}

/// The inlines of a paragraph or heading.
pub(super) fn line(node: &Value) -> Vec<Inline> {
    let mut out = Vec::new();
    for part in children(node) {
        inline(part, &mut out);
    }
    out
}

pub(super) fn inline(node: &Value, out: &mut Vec<Inline>) {
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
            let mut marks = BTreeSet::from([Mark::Em]);
            marks.extend(link_of(node).and_then(|href| safe_link(&href)).map(|href| Mark::Link { href }));
            push_text(out, &format!("[{name}]"), &marks);
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

pub(super) fn card(node: &Value, out: &mut Vec<Inline>) {
    let data = &node["attrs"]["data"];
    let from_data = || data["url"].as_str().or(data["@id"].as_str()).unwrap_or_default();
    let url = match attr(node, "url") {
        "" => from_data(),
        url => url,
    };
    let name = clean_line(data["name"].as_str().unwrap_or_default(), 200);
    let before = out.len();
    linked(url, if name.is_empty() { url } else { &name }, out);
    if out.len() == before {
        push_text(out, &label(node), &BTreeSet::new());
    }
}

pub(super) fn linked(url: &str, text: &str, out: &mut Vec<Inline>) {
    let text = if text.trim().is_empty() { url } else { text };
    let marks = safe_link(url).map(|href| Mark::Link { href }).into_iter().collect();
    push_text(out, text, &marks);
}

/// Where a mark of `node` leads to, as it stands there.
pub(super) fn link_of(node: &Value) -> Option<String> {
    let marks = node["marks"].as_array().map_or(&[][..], Vec::as_slice);
    let link = marks.iter().find(|mark| kind(mark) == "link")?;
    Some(attr(link, "href").to_owned()).filter(|href| !href.is_empty())
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
                "backgroundColor" => Mark::Background { hex: hex_color(attr(mark, "color"))? },
                // Inline comments and the like: the text stays.
                _ => return None,
            })
        })
        .collect();
    fitting(&marks)
}

/// `[extension: toc]`.
pub(super) fn label(node: &Value) -> String {
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
