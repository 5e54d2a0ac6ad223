//! Every node and mark as an editor makes it, what the partner sees of it, and docs/rich-text.md, which says so.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use adf_schema::Schema;
use serde_json::{Value, json};

use super::travels::{MARKS, NODES, in_words};
use super::{name_files, read, shown_files, write, write_showing};
use crate::markdown::to_markdown;

fn samples() -> BTreeMap<String, Value> {
    serde_json::from_str(include_str!("samples.json")).unwrap()
}

fn doc(sample: &Value) -> Value {
    json!({ "type": "doc", "version": 1, "content": sample["content"] })
}

/// What the partner sees, as Markdown.
fn arrives(sample: &Value) -> String {
    to_markdown(&read(&write(&read(&doc(sample)))))
}

#[test]
fn j15_every_node_has_a_sample_that_is_valid_and_arrives() {
    let schema = Schema::load().unwrap();
    let samples = samples();
    assert_eq!(samples.keys().map(String::as_str).collect::<Vec<_>>(), NODES.map(|(name, ..)| name));
    let mut report = String::new();
    for (name, sample) in &samples {
        let (original, written) = (doc(sample), write(&read(&doc(sample))));
        assert!(schema.is_valid(&original), "{name}: the sample");
        assert!(schema.is_valid(&written), "{name}: {written}");
        assert!(
            original.to_string().contains(&format!("\"type\":\"{name}\"")),
            "{name} is not in its sample"
        );
        report.push_str(&format!("== {name}\n{}\n{}\n", arrives(sample), sorted(&written["content"])));
    }
    insta::assert_snapshot!("samples", report);
}

/// Text in each mark.
fn marks() -> BTreeMap<String, Value> {
    serde_json::from_str(include_str!("mark_samples.json")).unwrap()
}

#[test]
fn j15_every_mark_has_a_sample_that_is_valid_and_arrives() {
    let schema = Schema::load().unwrap();
    let marks = marks();
    assert_eq!(marks.keys().map(String::as_str).collect::<Vec<_>>(), MARKS.map(|(name, ..)| name));
    for (name, sample) in &marks {
        let (original, written) = (doc(sample), arrived(sample));
        assert!(schema.is_valid(&original), "{name}: the sample");
        assert!(schema.is_valid(&written), "{name}: {written}");
        let has = |document: &Value| document.to_string().contains(&format!("\"type\":\"{name}\""));
        assert!(has(&original), "{name} is not in its sample");
        assert_eq!(has(&written), super::travels::keeps_mark(name), "{name}: {written}");
    }
}

/// The twin's text once its files have arrived; a file there has its name for an id.
fn arrived(sample: &Value) -> Value {
    let mut original = doc(sample);
    name_files(&mut original, &|_, alt| Some(alt.to_owned()));
    let files: HashMap<String, String> =
        shown_files(&original).into_iter().map(|(_, name)| (name.clone(), name)).collect();
    write_showing(&read(&original), &files)
}

/// What the pictures beside docs/rich-text.md are made of: each sample, and what arrives at the twin.
const PAIRS: &str = "../../../docs/pictures/rich-text/pairs.json";

#[test]
fn the_pictures_of_rich_text_are_made_of_what_is_sent_and_what_arrives() {
    let pairs = |samples: BTreeMap<String, Value>| -> Value {
        let pair = |sample: &Value| json!({"sent": doc(sample), "arrives": arrived(sample)});
        json!(samples.iter().map(|(name, sample)| (name, pair(sample))).collect::<BTreeMap<_, _>>())
    };
    let made = sorted(&json!({"nodes": pairs(samples()), "marks": pairs(marks())}));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAIRS);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, serde_json::to_string_pretty(&made).unwrap() + "\n").unwrap();
    } else {
        let kept: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(kept, made, "run this test with UPDATE_DOCS=1, and then npm --prefix ui run pictures");
    }
}

/// The keys in their order, whatever features of the library the rest of the workspace asks for.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(node) => {
            let sorted: BTreeMap<&String, Value> =
                node.iter().map(|(key, part)| (key, sorted(part))).collect();
            json!(sorted)
        }
        Value::Array(parts) => parts.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// docs/rich-text.md between these two is made here; `UPDATE_DOCS=1` writes it.
const BEGIN: &str = "<!-- made by the tests of twinline-trackers: samples.rs -->\n";
const END: &str = "<!-- end -->";

#[test]
fn what_the_documentation_says_about_rich_text_is_true() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/rich-text.md");
    let text = std::fs::read_to_string(&file).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (table, after) = rest.split_once(END).unwrap();
    let made = tables();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, format!("{before}{BEGIN}{made}{END}{after}")).unwrap();
    } else {
        assert_eq!(table, made, "run this test with UPDATE_DOCS=1");
    }
}

fn tables() -> String {
    let samples = samples();
    let mut out = "\n### Nodes\n\n| node | what becomes of it | an example, as it arrives (in Markdown) |\n\
        | --- | --- | --- |\n"
        .to_owned();
    for (name, travel, note) in NODES {
        let shown = arrives(&samples[name]).trim_end().replace('&', "&amp;").replace('<', "&lt;");
        let shown = shown.replace('|', "&#124;").replace('\n', "<br>");
        let note = if note.is_empty() { String::new() } else { format!(": {note}") };
        out.push_str(&format!("| `{name}` | {}{note} | <code>{shown}</code> |\n", in_words(travel)));
    }
    out.push_str("\n### Marks\n\n| mark | what becomes of it |\n| --- | --- |\n");
    for (name, travel, note) in MARKS {
        let note = if note.is_empty() { String::new() } else { format!(": {note}") };
        out.push_str(&format!("| `{name}` | {}{note} |\n", in_words(travel)));
    }
    out.push('\n');
    out
}
