//! What is read, what is written, and that both agree for any document.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use twinline_model::Document;
use twinline_model::document::{Block, Cell, Inline, Mark, PanelKind, Row, Task};

use super::text::{fitting, safe_link};
use super::{as_written, read, summary, write};

fn doc(content: Value) -> Value {
    json!({ "type": "doc", "version": 1, "content": content })
}

fn blocks(content: Value) -> Vec<Block> {
    read(&doc(content)).blocks
}

fn words(content: Value) -> String {
    read(&doc(content)).to_plain_text()
}

fn p(text: &str) -> Block {
    Block::Paragraph { content: vec![Inline::text(text)] }
}

fn para(text: &str) -> Value {
    json!({ "type": "paragraph", "content": [{ "type": "text", "text": text }] })
}

#[test]
fn j12_a_summary_fits() {
    assert_eq!(summary(&"x".repeat(255)), "x".repeat(255));
    assert_eq!(summary(&"x".repeat(256)), format!("{}…", "x".repeat(254)));
    assert_eq!(summary(" one\r\ntwo\0\u{7}\tthree "), "one two three");
    assert_eq!(summary(" \n "), "(no summary)");
    assert_eq!(summary("\u{202b}שלום 👨‍👩‍👧"), "\u{202b}שלום 👨‍👩‍👧");
    let emoji = summary(&"😀".repeat(200));
    assert!(emoji.encode_utf16().count() <= 255 && emoji.ends_with("😀…"));
    for text in [&emoji, "a b", " \n "] {
        assert_eq!(summary(&summary(text)), summary(text));
    }
}

#[test]
fn j13_a_long_text_is_cut_at_a_block_border() {
    let long = Document { blocks: (0..50).map(|n| p(&format!("{n} {}", "x".repeat(1_000)))).collect() };
    let cut = as_written(&long);
    assert!((30..33).contains(&cut.blocks.len()));
    assert_eq!(cut.blocks.last(), Some(&p("…")));
    assert_eq!(cut.blocks[..cut.blocks.len() - 1], long.blocks[..cut.blocks.len() - 1]);
    assert_eq!(as_written(&cut), cut);
    for one in [
        p(&"ä 😀".repeat(20_000)),
        Block::CodeBlock { language: None, text: "x\n".repeat(40_000) },
        Block::BulletList { items: vec![vec![p(&"y".repeat(90))]; 1_000] },
    ] {
        let cut = as_written(&Document { blocks: vec![one, p("after")] });
        let length = cut.to_plain_text().encode_utf16().count();
        assert!((31_000..32_000).contains(&length), "{length}");
        assert_eq!((cut.blocks.len(), cut.blocks.last()), (2, Some(&p("…"))));
        assert_eq!(as_written(&cut), cut);
    }
    let fits = Document { blocks: vec![p(&"x".repeat(31_900))] };
    assert_eq!(as_written(&fits), fits);
}

#[test]
fn j14_no_text_is_no_text() {
    for empty in [json!(null), doc(json!([])), doc(json!([{ "type": "paragraph" }])), json!(""), json!({})] {
        let read = read(&empty);
        assert!(read.is_empty() || empty == json!({}), "{empty}");
    }
    assert_eq!(write(&Document::default())["content"], json!([]));
}

#[test]
fn j17_an_unknown_node_is_readable() {
    let unknown = json!([{ "type": "hologram", "content": [para("inside")] }, { "type": "hologram" },
        { "type": "extension", "attrs": { "extensionKey": "toc" } }]);
    assert_eq!(blocks(unknown), [p("inside"), p("[hologram]"), p("[extension: toc]")]);
    let inline = json!([{ "type": "paragraph", "content": [
        { "type": "text", "text": "a " }, { "type": "glow", "content": [{ "type": "text", "text": "b" }] },
        { "type": "spark", "attrs": { "title": "c" } }] }]);
    assert_eq!(blocks(inline), [p("a b[spark: c]")]);
    // Some apps write plain text.
    assert_eq!(read(&json!("one\n\ntwo")).blocks, [p("one"), p("two")]);
}

#[test]
fn j19_people_cards_and_boxes_are_read() {
    let line = json!([{ "type": "paragraph", "content": [
        { "type": "mention", "attrs": { "id": "712020:a", "text": "@Ana" } },
        { "type": "emoji", "attrs": { "shortName": ":smile:", "id": "1f604", "text": "😄" } },
        { "type": "date", "attrs": { "timestamp": "1610841600000" } },
        { "type": "status", "attrs": { "text": "DONE", "color": "green", "localId": "x", "style": "bold" } },
        { "type": "hardBreak", "attrs": { "text": "\n" } },
        { "type": "inlineCard", "attrs": { "url": "https://a.example/1" } }] }]);
    let link = Mark::Link { href: "https://a.example/1".to_owned() };
    assert_eq!(
        blocks(line),
        [Block::Paragraph {
            content: vec![
                Inline::Mention { name: "Ana".to_owned() },
                Inline::Emoji { short_name: ":smile:".to_owned(), text: Some("😄".to_owned()) },
                Inline::Date { at_ms: 1_610_841_600_000 },
                Inline::Status { text: "DONE".to_owned(), color: "green".to_owned() },
                Inline::HardBreak,
                Inline::marked("https://a.example/1", [link]),
            ]
        }]
    );
    let boxes = json!([
        { "type": "expand", "attrs": { "title": "More" }, "content": [para("hidden")] },
        { "type": "layoutSection", "content": [
            { "type": "layoutColumn", "attrs": { "width": 50 }, "content": [para("left")] },
            { "type": "layoutColumn", "attrs": { "width": 50 }, "content": [para("right")] }] },
        { "type": "panel", "attrs": { "panelType": "custom", "panelIcon": ":x:" }, "content": [para("box")] },
        { "type": "decisionList", "content": [
            { "type": "decisionItem", "attrs": { "state": "DECIDED" }, "content": [{ "type": "text", "text": "yes" }] }] },
        { "type": "taskList", "attrs": { "localId": "1" }, "content": [
            { "type": "taskItem", "attrs": { "localId": "2", "state": "DONE" }, "content": [{ "type": "text", "text": "a" }] },
            { "type": "taskList", "attrs": { "localId": "3" }, "content": [
                { "type": "taskItem", "attrs": { "state": "TODO" }, "content": [{ "type": "text", "text": "b" }] }] }] },
        { "type": "mediaSingle", "attrs": { "layout": "center" }, "content": [
            { "type": "media", "attrs": { "type": "file", "id": "u", "alt": "shot.png" } },
            { "type": "caption", "content": [{ "type": "text", "text": "seen" }] }] },
        { "type": "mediaGroup", "content": [{ "type": "media", "attrs": { "type": "file", "id": "u" } }] },
        { "type": "blockCard", "attrs": { "url": "javascript:x" } },
    ]);
    let task = |done, text: &str| Task { done, content: vec![Inline::text(text)] };
    let media =
        |name: &str, alt: Option<&str>| Block::Media { name: name.to_owned(), alt: alt.map(str::to_owned) };
    assert_eq!(
        blocks(boxes),
        [
            Block::Paragraph { content: vec![Inline::marked("More", [Mark::Strong])] },
            p("hidden"),
            p("left"),
            p("right"),
            Block::Panel { kind: PanelKind::Info, content: vec![p("box")] },
            Block::BulletList { items: vec![vec![p("yes")]] },
            Block::TaskList { items: vec![task(true, "a"), task(false, "b")] },
            media("shot.png", Some("shot.png")),
            p("seen"),
            media("file", None),
            p("javascript:x"),
        ]
    );
}

#[test]
fn j21_f115_odd_links_stay_text() {
    for href in [
        "javascript:alert(1)",
        "java\nscript:x",
        "file:///etc",
        r"\\host\share",
        "/browse/X-1",
        "data:x",
        "http:",
    ] {
        assert_eq!(safe_link(href), None, "{href}");
        let linked = json!([{ "type": "paragraph", "content": [
            { "type": "text", "text": "t", "marks": [{ "type": "link", "attrs": { "href": href } }] }] }]);
        assert_eq!(blocks(linked), [p("t")]);
        let ours = Inline::marked("t", [Mark::Link { href: href.to_owned() }]);
        assert_eq!(
            as_written(&Document { blocks: vec![Block::Paragraph { content: vec![ours] }] }).blocks,
            [p("t")]
        );
    }
    assert!(safe_link("HTTPS://a.example").is_some() && safe_link("mailto:a@b.example").is_some());
}

#[test]
fn f60_what_jira_changes_on_its_own_does_not_show() {
    let plain = json!([{ "type": "paragraph", "content": [
        { "type": "text", "text": "a", "marks": [{ "type": "em" }, { "type": "strong" }] },
        { "type": "text", "text": "b", "marks": [{ "type": "strong" }, { "type": "em" }] }] },
        { "type": "orderedList", "content": [{ "type": "listItem", "content": [para("x")] }] }]);
    let changed = json!([{ "type": "paragraph", "attrs": { "localId": "1" }, "content": [
        { "type": "text", "text": "" },
        { "type": "text", "text": "ab", "marks": [{ "type": "strong" }, { "type": "em" },
            { "type": "backgroundColor", "attrs": { "color": "#ff0000" } }] }] },
        { "type": "orderedList", "attrs": { "order": 1, "localId": "2" }, "content": [
            { "type": "listItem", "attrs": { "localId": "3" }, "content": [para("x"), { "type": "paragraph" }] }] },
        { "type": "paragraph", "content": [] }, { "type": "paragraph" }]);
    assert_eq!(blocks(plain), blocks(changed));
}

#[test]
fn f59_deep_nesting_becomes_text() {
    let mut node = para("deep");
    for _ in 0..100 {
        node = json!({ "type": "bulletList", "content": [{ "type": "listItem", "content": [node] }] });
    }
    let found = read(&doc(json!([node])));
    assert!(found.depth() <= twinline_model::document::MAX_DEPTH && found.to_plain_text() == "deep");
    let again = as_written(&found);
    assert_eq!((again.to_plain_text().as_str(), as_written(&again) == again), ("deep", true));
}

#[test]
fn f114_a_mention_notifies_nobody() {
    let mention =
        Block::Paragraph { content: vec![Inline::text("hi "), Inline::Mention { name: "Ana".to_owned() }] };
    let adf = write(&Document { blocks: vec![mention] });
    assert_eq!(adf["content"][0]["content"], json!([{ "type": "text", "text": "hi @Ana" }]));
}

#[test]
fn what_may_not_stand_somewhere_becomes_what_may() {
    let cell = |content| Cell { header: false, colspan: 1, rowspan: 1, content };
    let table = Block::Table { rows: vec![Row { cells: vec![cell(vec![p("1")]), cell(vec![p("2")])] }] };
    let inner = vec![
        Block::Heading { level: 2, content: vec![Inline::text("h")] },
        Block::Rule,
        table.clone(),
        Block::Quote { content: vec![p("q")] },
        Block::TaskList { items: vec![Task { done: true, content: vec![Inline::text("t")] }] },
        Block::Media { name: "a.png".to_owned(), alt: None },
    ];
    let strong = Block::Paragraph { content: vec![Inline::marked("h", [Mark::Strong])] };
    let media = Block::Paragraph { content: vec![Inline::marked("[a.png]", [Mark::Em])] };
    let quote = as_written(&Document { blocks: vec![Block::Quote { content: inner }] });
    let ticked = Block::BulletList { items: vec![vec![p("[x] t")]] };
    assert_eq!(
        quote.blocks,
        [Block::Quote { content: vec![strong, p("---"), p("1 | 2"), p("q"), ticked, media] }]
    );
    let kept = Document { blocks: vec![table] };
    assert_eq!(as_written(&kept), kept);
    let nothing =
        Document { blocks: vec![Block::Table { rows: vec![Row { cells: vec![cell(Vec::new())] }] }] };
    assert_eq!(write(&nothing)["content"][0]["content"][0]["content"][0]["content"][0]["type"], "paragraph");
    assert_eq!(as_written(&nothing), nothing);
}

#[test]
fn j20_code_keeps_its_language_and_lines() {
    let code = Block::CodeBlock { language: Some("rust".to_owned()), text: "fn a() {}\n\n// b".to_owned() };
    let code = Document { blocks: vec![code] };
    assert_eq!(as_written(&code), code);
    assert_eq!(words(json!([{ "type": "codeBlock" }])), "");
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
            (kind, content).prop_map(|(kind, content)| Block::Panel { kind, content }),
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

/// What the schema forbids and people notice as "INVALID_INPUT".
fn check(node: &Value, parent: &str) -> Result<(), String> {
    let kind = node["type"].as_str().ok_or("no type")?;
    let content = node["content"].as_array();
    let filled = [
        "listItem",
        "bulletList",
        "orderedList",
        "blockquote",
        "panel",
        "table",
        "tableRow",
        "tableCell",
        "tableHeader",
        "taskList",
    ];
    if filled.contains(&kind) && content.is_none_or(Vec::is_empty) {
        return Err(format!("empty {kind}"));
    }
    let marks: Vec<&str> =
        node["marks"].as_array().into_iter().flatten().filter_map(|m| m["type"].as_str()).collect();
    let bad = match kind {
        "text" => node["text"].as_str().is_none_or(|t| t.is_empty() || t.contains(['\0', '\r'])),
        "heading" => {
            !(1..=6).contains(&node["attrs"]["level"].as_u64().unwrap_or(0)) || parent == "blockquote"
        }
        "listItem" => !matches!(node["content"][0]["type"].as_str(), Some("paragraph" | "codeBlock")),
        "status" => node["attrs"]["text"].as_str().is_none_or(str::is_empty),
        "table" => parent != "doc",
        "blockquote" | "panel" => !matches!(parent, "doc" | "tableCell" | "tableHeader"),
        "rule" | "taskList" if parent == "blockquote" => true,
        "mention" | "media" => true,
        _ => false,
    };
    let mixed = marks.contains(&"code") && marks.iter().any(|m| !matches!(*m, "code" | "link"));
    let twice = marks.iter().filter(|m| **m == "subsup").count() > 1;
    if bad || mixed || twice || (marks.contains(&"link") && marks.contains(&"textColor")) {
        return Err(format!("{kind} in {parent}: {node}"));
    }
    content.into_iter().flatten().try_for_each(|part| check(part, kind))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn j16_anything_written_is_valid_and_comes_back(document in any_document()) {
        let adf = write(&document);
        prop_assert_eq!(check(&adf, ""), Ok(()));
        let once = as_written(&document);
        prop_assert_eq!(&read(&adf), &once);
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
