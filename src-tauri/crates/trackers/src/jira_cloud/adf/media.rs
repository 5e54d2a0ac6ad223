//! A picture or file in a text: as a media node where the file is there, as its name in brackets where it is not yet. Both
//! read the same.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use twinline_model::document::{Block, Inline, Mark};
use twinline_model::text::{clean_file_name, clean_line};

use super::inline::{attr, kind, linked};

/// An attribute of our own, beside Jira's: the name of the file that a media node shows.
const FILE_NAME: &str = "fileName";

/// Tells the media nodes of any JSON the names of their files: what `name` answers to a media id and to what stands there for
/// people who cannot see it.
pub(crate) fn name_files(value: &mut Value, name: &dyn Fn(&str, &str) -> Option<String>) {
    if is_file(value)
        && let Some(found) = name(attr(value, "id"), attr(value, "alt"))
    {
        value["attrs"][FILE_NAME] = json!(found);
    }
    match value {
        Value::Object(node) => node.values_mut().for_each(|part| name_files(part, name)),
        Value::Array(parts) => parts.iter_mut().for_each(|part| name_files(part, name)),
        _ => {}
    }
}

/// The media ids in any JSON, each with what stands there for people who cannot see it.
pub(crate) fn shown_files(value: &Value) -> Vec<(String, String)> {
    fn gather(value: &Value, found: &mut Vec<(String, String)>) {
        if is_file(value) {
            found.push((attr(value, "id").to_owned(), attr(value, "alt").to_owned()));
        }
        match value {
            Value::Object(node) => node.values().for_each(|part| gather(part, found)),
            Value::Array(parts) => parts.iter().for_each(|part| gather(part, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    gather(value, &mut found);
    found
}

fn is_file(value: &Value) -> bool {
    value["attrs"].is_object() && kind(value) == "media" && attr(value, "type") != "external"
}

pub(super) fn read(node: &Value) -> Block {
    if attr(node, "type") == "external" {
        let mut content = Vec::new();
        linked(attr(node, "url"), attr(node, "alt"), &mut content);
        return Block::Paragraph { content };
    }
    let alt = clean_line(attr(node, "alt"), 200);
    let known = attr(node, FILE_NAME);
    block(if known.is_empty() { &alt } else { known }, Some(&alt))
}

/// The name is one that a file can have, and the words for people who cannot see it say something else.
fn block(name: &str, alt: Option<&str>) -> Block {
    let name = clean_file_name(name);
    let alt = alt.map(|alt| clean_line(alt, 200)).filter(|alt| !alt.is_empty() && *alt != name);
    Block::Media { name, alt }
}

/// `[name]`, or `[name: words]`, in italics: no file name has a colon.
pub(super) fn in_place(name: &str, alt: Option<&str>) -> Inline {
    let text = match block(name, alt) {
        Block::Media { name, alt: Some(alt) } => format!("[{name}: {alt}]"),
        _ => format!("[{}]", clean_file_name(name)),
    };
    Inline::marked(text, [Mark::Em])
}

/// What [`in_place`] wrote, if a line is that and nothing else.
pub(super) fn named(line: &[Inline]) -> Option<Block> {
    let [Inline::Text { text, marks }] = line else { return None };
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    let (name, alt) = inner.split_once(": ").map_or((inner, None), |(name, alt)| (name, Some(alt)));
    let found = block(name, alt);
    // Whatever would not be written just so again is a person's text.
    let same = in_place(name, alt) == line[0] && matches!(&found, Block::Media { name: n, .. } if n == name);
    (same && *marks == BTreeSet::from([Mark::Em])).then_some(found)
}

/// The picture itself.
pub(super) fn shown(id: &str, name: &str, alt: Option<&str>) -> Value {
    let alt = alt.unwrap_or(name);
    json!({
        "type": "mediaSingle",
        "attrs": { "layout": "center" },
        "content": [{ "type": "media", "attrs": { "type": "file", "id": id, "collection": "", "alt": alt } }],
    })
}
