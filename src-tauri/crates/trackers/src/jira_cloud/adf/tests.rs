//! What is read and what is written, by example.

use std::collections::HashMap;

use serde_json::{Value, json};
use twinline_model::Document;
use twinline_model::document::{Block, Cell, Inline, Mark, PanelKind, Row, Task};

use super::text::safe_link;
use super::{as_written, name_files, read, summary, write, write_showing};

fn doc(content: Value) -> Value {
    json!({ "type": "doc", "version": 1, "content": content })
}

fn blocks(content: Value) -> Vec<Block> {
    read(&doc(content)).blocks
}

fn words(content: Value) -> String {
    read(&doc(content)).to_plain_text()
}

#[test]
fn j19_a_task_made_of_blocks_keeps_its_marks() {
    let part = |text: &str| {
        json!({ "type": "paragraph", "content": [
        { "type": "text", "text": text, "marks": [{ "type": "strong" }] }] })
    };
    let tasks = json!([{ "type": "taskList", "attrs": { "localId": "1" }, "content": [{ "type": "blockTaskItem",
        "attrs": { "localId": "2", "state": "DONE" }, "content": [part("a"), part("b")] }] }]);
    let strong = |text: &str| Inline::marked(text, [Mark::Strong]);
    let content = vec![strong("a"), Inline::HardBreak, strong("b")];
    assert_eq!(blocks(tasks), [Block::TaskList { items: vec![Task { done: true, content }] }]);
}

#[test]
fn a_box_where_none_may_stand_keeps_its_words() {
    let expand = Block::Expand { title: "more".to_owned(), content: vec![p("x")] };
    let decided = Block::DecisionList { items: vec![vec![Inline::text("yes")]] };
    let title = Block::Paragraph { content: vec![Inline::marked("more", [Mark::Strong])] };
    let inner = vec![p("first"), expand.clone(), decided.clone()];
    let item = Document { blocks: vec![Block::BulletList { items: vec![inner.clone()] }] };
    let yes = Block::BulletList { items: vec![vec![p("yes")]] };
    assert_eq!(
        as_written(&item).blocks,
        [Block::BulletList { items: vec![vec![p("first"), title, p("x"), yes]] }]
    );
    let nested = Document { blocks: vec![Block::Expand { title: String::new(), content: inner }] };
    assert_eq!(write(&nested)["content"][0]["content"][1]["type"], "nestedExpand");
    assert_eq!(as_written(&nested), nested);
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
            Block::Expand { title: "More".to_owned(), content: vec![p("hidden")] },
            p("left"),
            p("right"),
            Block::Panel { kind: PanelKind::Info, content: vec![p("box")] },
            Block::DecisionList { items: vec![vec![Inline::text("yes")]] },
            Block::TaskList { items: vec![task(true, "a"), task(false, "b")] },
            media("shot.png", None),
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
            { "type": "annotation", "attrs": { "id": "7", "annotationType": "inlineComment" } }] }] },
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
    let media = Block::Media { name: "a.png".to_owned(), alt: None };
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

#[test]
fn j18_a_picture_and_its_name_in_its_place_read_the_same() {
    let picture = |name: &str, alt: Option<&str>| Document {
        blocks: vec![p("see"), Block::Media { name: name.to_owned(), alt: alt.map(str::to_owned) }],
    };
    let files = HashMap::from([("a[1].png".to_owned(), "some-id".to_owned())]);
    for (name, alt) in [("a[1].png", None), ("a[1].png", Some("a burning: printer")), ("b.png", None)] {
        let document = picture(name, alt);
        let (shown, named) = (write_showing(&document, &files), write(&document));
        assert_eq!(shown == named, name == "b.png", "{shown}");
        // Jira's editor tells the file's name in `alt`; where it stands for other words, the media id tells it.
        let mut answered = shown.clone();
        name_files(&mut answered, &|id, _| (id == "some-id").then(|| name.to_owned()));
        assert_eq!([read(&answered), read(&named), as_written(&document)], [0; 3].map(|_| document.clone()));
    }
    assert_eq!(
        write_showing(&picture("a[1].png", None), &files)["content"][1]["content"][0]["attrs"]["id"],
        "some-id"
    );
    // What people write in brackets stays theirs.
    for text in ["[see: ]", "[]", "[a/b]", "[x] y"] {
        let line = Block::Paragraph { content: vec![Inline::marked(text, [Mark::Em])] };
        assert_eq!(as_written(&Document { blocks: vec![line.clone()] }).blocks, [line]);
    }
}
