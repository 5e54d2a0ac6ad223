//! What holds for any document: what is written is valid by Atlassian's schema, and nothing that people read is lost.
//!
//! `TWINLINE_ADF_CASES` says how many documents; 2,000 where nothing is said.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use adf_schema::Schema;
use proptest::prelude::*;
use serde_json::{Value, json};
use twinline_model::Document;
use twinline_model::document::{Block, Cell, Inline, Mark, PanelKind, Row, Task};

use super::inline::{attr, children, kind};
use super::text::fitting;
use super::travels::{Travel, keeps_mark, of_node};
use super::{as_written, read, summary, write, write_showing};

fn cases() -> u32 {
    std::env::var("TWINLINE_ADF_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(2_000)
}

fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let schema = Schema::load().unwrap();
        println!("schema: {}", schema.source.display());
        schema
    })
}

fn doc(content: Value) -> Value {
    json!({ "type": "doc", "version": 1, "content": content })
}

/// A word that people see: itself, the nodes around it, and its marks, as the table of travels says they arrive.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Seen {
    word: String,
    within: Vec<String>,
    marks: BTreeSet<String>,
}

/// The words of the generator in a text (`w17q`), also where two stand together.
fn words_of(text: &str) -> Vec<String> {
    let pieces = text.split_inclusive('q').filter_map(|piece| {
        let digits = piece.strip_suffix('q')?.rsplit_once('w')?.1;
        digits.parse::<u32>().ok().map(|n| format!("w{n}q"))
    });
    pieces.collect()
}

fn see(text: &str, within: &[String], marks: &BTreeSet<String>, out: &mut Vec<Seen>) {
    for word in words_of(text) {
        out.push(Seen { word, within: within.to_vec(), marks: marks.clone() });
    }
}

fn marks_of(node: &Value) -> BTreeSet<String> {
    let list: Vec<&Value> = node["marks"].as_array().into_iter().flatten().collect();
    let linked = list.iter().any(|mark| kind(mark) == "link");
    let kept = list.iter().filter(|m| keeps_mark(kind(m)) && !(linked && kind(m) == "textColor"));
    kept.map(|m| {
        format!("{} {}{}{}", kind(m), attr(m, "href"), attr(m, "type"), attr(m, "color")).to_lowercase()
    })
    .collect()
}

fn link(url: &str) -> BTreeSet<String> {
    BTreeSet::from([format!("link {url}").to_lowercase()])
}

/// A node's name with all that it says by itself.
fn named(node: &Value, name: &str) -> String {
    let number = |key: &str, default: i64| node["attrs"][key].as_i64().unwrap_or(default);
    match name {
        "heading" => format!("heading {}", number("level", 1)),
        "orderedList" => format!("orderedList {}", number("order", 1)),
        "panel" => match attr(node, "panelType") {
            "tip" => "panel success".to_owned(),
            "custom" => "panel info".to_owned(),
            kind => format!("panel {kind}"),
        },
        "tableCell" | "tableHeader" => format!("{name} {} {}", number("colspan", 1), number("rowspan", 1)),
        "taskItem" => format!("taskItem {}", attr(node, "state")),
        "codeBlock" => format!("codeBlock {}", attr(node, "language")),
        _ => name.to_owned(),
    }
}

fn look(node: &Value, within: &[String], out: &mut Vec<Seen>) {
    let plain = BTreeSet::new();
    let em = BTreeSet::from(["em ".to_owned()]);
    let mut below = within.to_vec();
    let paragraph = || [within, &["paragraph".to_owned()]].concat();
    let name = kind(node);
    match of_node(name) {
        Travel::Kept if name != "doc" => below.push(named(node, name)),
        Travel::As(other) => below.push(named(node, other)),
        _ => {}
    }
    // A task list within a task list becomes part of it; a task's paragraphs become its lines.
    if name == "taskList" && within.last().is_some_and(|last| last == "taskList") {
        below.pop();
    }
    let in_task = within.last().is_some_and(|last| last.starts_with("taskItem"));
    if name == "paragraph" && in_task {
        below.pop();
    }
    let line = |in_block: bool| if in_block && !in_task { paragraph() } else { within.to_vec() };
    let url = attr(node, "url");
    let told = |keys: &[&str]| {
        keys.iter().map(|key| attr(node, key)).find(|t| !t.is_empty()).unwrap_or_default().to_owned()
    };
    match name {
        "text" => see(node["text"].as_str().unwrap_or_default(), within, &marks_of(node), out),
        "mention" | "placeholder" => see(attr(node, "text"), within, &plain, out),
        "emoji" => see(&format!("{} {}", attr(node, "shortName"), attr(node, "text")), within, &plain, out),
        "status" => {
            let color = attr(node, "color").to_lowercase();
            see(attr(node, "text"), &[within, &[format!("status {color}")]].concat(), &plain, out);
        }
        "date" => {
            let word = attr(node, "timestamp").to_owned();
            out.push(Seen { word, within: below.clone(), marks: plain });
        }
        "inlineCard" | "blockCard" | "embedCard" => {
            let data = &node["attrs"]["data"];
            let url = if url.is_empty() { data["url"].as_str().unwrap_or_default() } else { url };
            see(data["name"].as_str().unwrap_or(url), &line(name != "inlineCard"), &link(url), out);
        }
        "extension" | "inlineExtension" => {
            see(&told(&["text", "extensionKey"]), &line(name == "extension"), &plain, out);
        }
        "media" if attr(node, "type") == "external" => {
            see(&told(&["alt", "url"]), &paragraph(), &link(url), out)
        }
        "media" => see(attr(node, "alt"), &paragraph(), &em, out),
        "mediaInline" => {
            let mut marks = marks_of(node);
            marks.extend(em);
            see(attr(node, "alt"), within, &marks, out);
        }
        "expand" | "nestedExpand" => see(attr(node, "title"), &below, &plain, out),
        _ => {}
    }
    children(node).iter().for_each(|part| look(part, &below, out));
    if matches!(name, "media" | "mediaSingle") {
        for mark in node["marks"].as_array().into_iter().flatten().filter(|mark| kind(mark) == "link") {
            see(attr(mark, "href"), &paragraph(), &link(attr(mark, "href")), out);
        }
    }
}

fn seen(adf: &Value) -> Vec<Seen> {
    let mut out = Vec::new();
    look(adf, &[], &mut out);
    out
}

/// The names of apps whose content stands alone; they are shown only where there is no content.
fn names_of_bodies(node: &Value, out: &mut BTreeSet<String>) {
    if kind(node) == "bodiedExtension" {
        for key in ["text", "extensionKey"] {
            out.extend(words_of(attr(node, key)));
        }
    }
    children(node).iter().for_each(|part| names_of_bodies(part, out));
}

#[test]
fn j15_whatever_the_schema_allows_arrives_word_for_word() {
    for seed in 0..u64::from(cases()) {
        let original = adf_schema::document(schema(), seed);
        let document = read(&original);
        let written = write(&document);
        assert!(schema().is_valid(&written), "seed {seed}: {original} became {written}");
        let mut names = BTreeSet::new();
        names_of_bodies(&original, &mut names);
        let mut arrived = seen(&written);
        arrived.retain(|seen| !names.contains(&seen.word));
        let sent = seen(&original);
        if arrived != sent {
            let lost: Vec<&Seen> = sent.iter().filter(|s| !arrived.contains(s)).collect();
            let added: Vec<&Seen> = arrived.iter().filter(|s| !sent.contains(s)).collect();
            panic!("seed {seed}: sent {lost:#?}\narrived {added:#?}\n{original}\nbecame {written}");
        }
        let once = read(&written);
        assert_eq!(as_written(&once), once, "seed {seed}: what came back is written as it is");
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z ]{0,8}", Just("\r\n".to_owned()), Just("\0😀\t".to_owned()), any::<String>()]
}

fn any_marks() -> impl Strategy<Value = BTreeSet<Mark>> {
    let mark = prop_oneof![
        Just(Mark::Strong),
        Just(Mark::Em),
        Just(Mark::Code),
        Just(Mark::Strike),
        Just(Mark::Underline),
        Just(Mark::Sub),
        Just(Mark::Sup),
        prop_oneof!["https://[a-z]{1,5}", "[a-z]{1,4}:[a-z]{0,3}", any::<String>()]
            .prop_map(|href| Mark::Link { href }),
        prop_oneof!["#[0-9A-Fa-f]{6}", "[a-z]{1,5}"].prop_map(|hex| Mark::Color { hex }),
        prop_oneof!["#[0-9A-Fa-f]{6}", "[a-z]{1,5}"].prop_map(|hex| Mark::Background { hex }),
    ];
    prop::collection::btree_set(mark, 0..4)
}

fn any_line() -> impl Strategy<Value = Vec<Inline>> {
    let inline = prop_oneof![
        4 => (any_text(), any_marks()).prop_map(|(text, marks)| Inline::Text { text, marks }),
        1 => Just(Inline::HardBreak),
        1 => any_text().prop_map(|name| Inline::Mention { name }),
        1 => (any_text(), prop::option::of(any_text()))
            .prop_map(|(short_name, text)| Inline::Emoji { short_name, text }),
        1 => any::<i64>().prop_map(|at_ms| Inline::Date { at_ms }),
        1 => (any_text(), any_text()).prop_map(|(text, color)| Inline::Status { text, color }),
    ];
    prop::collection::vec(inline, 0..5)
}

fn any_document() -> impl Strategy<Value = Document> {
    let task = (any::<bool>(), any_line()).prop_map(|(done, content)| Task { done, content });
    let leaf = prop_oneof![
        4 => any_line().prop_map(|content| Block::Paragraph { content }),
        1 => (any::<u8>(), any_line()).prop_map(|(level, content)| Block::Heading { level, content }),
        1 => prop::collection::vec(task, 0..3).prop_map(|items| Block::TaskList { items }),
        1 => prop::collection::vec(any_line(), 0..3).prop_map(|items| Block::DecisionList { items }),
        1 => (prop::option::of(any_text()), any_text())
            .prop_map(|(language, text)| Block::CodeBlock { language, text }),
        1 => Just(Block::Rule),
        1 => (any_text(), prop::option::of(any_text())).prop_map(|(name, alt)| Block::Media { name, alt }),
    ];
    let block = leaf.prop_recursive(4, 40, 4, |inner| {
        let content = prop::collection::vec(inner, 0..4);
        let items = prop::collection::vec(content.clone(), 0..4);
        let cell = (any::<bool>(), 0..3u32, 0..3u32, content.clone())
            .prop_map(|(header, colspan, rowspan, content)| Cell { header, colspan, rowspan, content });
        let row = prop::collection::vec(cell, 0..3).prop_map(|cells| Row { cells });
        let kind = prop_oneof![Just(PanelKind::Info), Just(PanelKind::Error), Just(PanelKind::Success)];
        prop_oneof![
            items.clone().prop_map(|items| Block::BulletList { items }),
            (any::<u32>(), items).prop_map(|(start, items)| Block::OrderedList { start, items }),
            content.clone().prop_map(|content| Block::Quote { content }),
            (kind, content.clone()).prop_map(|(kind, content)| Block::Panel { kind, content }),
            (any_text(), content).prop_map(|(title, content)| Block::Expand { title, content }),
            prop::collection::vec(row, 0..3).prop_map(|rows| Block::Table { rows }),
        ]
    });
    prop::collection::vec(block, 0..5).prop_map(|blocks| Document { blocks })
}

fn any_json() -> impl Strategy<Value = Value> {
    let kinds = [
        "doc",
        "paragraph",
        "heading",
        "text",
        "bulletList",
        "listItem",
        "table",
        "tableRow",
        "tableCell",
        "taskList",
        "taskItem",
        "mediaSingle",
        "media",
        "expand",
        "status",
        "date",
        "emoji",
        "mention",
        "inlineCard",
        "codeBlock",
        "panel",
        "odd",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any_text().prop_map(Value::from),
        prop::sample::select(kinds.to_vec()).prop_map(|kind| json!({ "type": kind })),
    ];
    leaf.prop_recursive(6, 60, 5, move |inner| {
        let list = prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from);
        let keys = ["content", "attrs", "marks", "text", "level", "url", "timestamp", "data"];
        let fields = prop::collection::vec((prop::sample::select(keys.to_vec()), inner), 0..4);
        let node = (prop::sample::select(kinds.to_vec()), list.clone(), fields).prop_map(
            |(kind, content, fields)| {
                let mut node = json!({ "type": kind, "content": content });
                for (key, value) in fields {
                    node[key] = value;
                }
                node
            },
        );
        prop_oneof![list, node]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn j16_anything_written_is_valid_and_comes_back(document in any_document()) {
        let adf = write(&document);
        prop_assert!(schema().is_valid(&adf), "not valid: {adf}");
        let once = as_written(&document);
        prop_assert_eq!(&read(&adf), &once);
        // Where its files are there, it shows them, and says the same.
        let files = document.files().into_iter().map(|name| (name.to_owned(), "some-id".to_owned())).collect();
        let shown = write_showing(&document, &files);
        prop_assert!(schema().is_valid(&shown), "not valid: {shown}");
        prop_assert_eq!(&as_written(&once), &once);
        prop_assert!(once.depth() <= twinline_model::document::MAX_DEPTH);
    }

    #[test]
    fn anything_can_be_read(value in any_json()) {
        let document = read(&doc(json!([value])));
        let once = as_written(&document);
        prop_assert_eq!(as_written(&once), once);
        read(&value);
    }

    #[test]
    fn marks_fit_once_and_for_all(marks in any_marks()) {
        let once = fitting(&marks);
        prop_assert_eq!(fitting(&once), once);
    }

    #[test]
    fn any_summary_fits(text in any::<String>()) {
        let once = summary(&text);
        prop_assert!(!once.is_empty() && once.encode_utf16().count() <= 255);
        prop_assert_eq!(summary(&once), once);
    }
}
