//! docs/script.md.

use twinline_script::{Fault, basic_incoming, basic_outgoing};

use crate::common::{leaves, made, said, written};
use crate::{Block, blocks, file};

/// Runs a block as what it says it is.
fn run(block: &Block) {
    let Block { kind, text, line } = block;
    match kind.as_str() {
        "rhai values" => values(text, *line),
        "rhai outgoing" => assert!(leaves(text).unwrap_or_else(|f| panic!("line {line}: {f}")).issue),
        "rhai outgoing home" => assert!(!leaves(text).unwrap().issue, "line {line}"),
        "rhai incoming" => {
            written(text).unwrap_or_else(|fault| panic!("line {line}: {fault}"));
        }
        kind => {
            let (direction, fault) =
                kind.split_once(" fault=").unwrap_or_else(|| panic!("line {line}: {kind}"));
            let found: Fault = match direction {
                "rhai outgoing" => leaves(text).unwrap_err(),
                _ => made(text).unwrap_err(),
            };
            assert_eq!(format!("{:?}", found.kind).to_lowercase(), fault, "line {line}: {found}");
        }
    }
}

/// Each line is an expression, and what it gives.
fn values(text: &str, first: usize) {
    for (at, line) in text.lines().enumerate() {
        let (expression, value) = line.rsplit_once("// ").expect("an expression and its value");
        assert_eq!(said(expression.trim()), value.trim(), "line {}: {expression}", first + at + 1);
    }
}

#[test]
fn every_example_does_what_the_page_says() {
    let blocks = blocks(&file("script.md"));
    assert!(blocks.len() > 20, "{} blocks: are they still found?", blocks.len());
    blocks.iter().for_each(run);
}

#[test]
fn the_page_begins_with_the_rules_of_basic() {
    let blocks = blocks(&file("script.md"));
    assert_eq!(blocks[0].text, basic_outgoing(false));
    assert_eq!(blocks[1].text, basic_incoming());
}

#[test]
fn the_page_names_everything_that_rules_have() {
    let page = file("script.md");
    let missing: Vec<_> = twinline_script::names()
        .into_iter()
        .filter(|name| name.starts_with(|c: char| c.is_alphabetic()))
        .filter(|name| {
            let told = [format!("`{name}`"), format!("`{name}("), format!(" {name}(")];
            !told.iter().any(|told| page.contains(told.as_str()))
        })
        .collect();
    assert!(missing.is_empty(), "docs/script.md says nothing of {missing:?}");
}

#[test]
fn the_page_s_limits_are_the_limits() {
    use twinline_script::limits::*;
    let page = file("script.md");
    let thousands =
        |n: u64| if n < 1_000_000 { format!("{},{:03}", n / 1000, n % 1000) } else { "1,000,000".into() };
    assert_eq!(MAX_STEPS, 1_000_000);
    for row in [
        format!("| the rules themselves | {} KiB, {MAX_FUNCTIONS} functions |", MAX_RULES / 1024),
        format!("| steps | {} |", thousands(MAX_STEPS)),
        format!("| memory that a run makes, copies included | {} MiB |", MAX_BYTES / 1024 / 1024),
        format!("| one text | {} MiB |", MAX_TEXT / 1024 / 1024),
        format!(
            "| one array, one map | {} values each; lists have no such limit |",
            thousands(MAX_ARRAY as u64)
        ),
        format!("| names at a time in one function | {MAX_VARIABLES} |"),
        format!("| functions that wait for one another | {MAX_CALLS} |"),
        format!("| nesting of an expression | {MAX_NESTING}, in a function {MAX_NESTING_IN_FUNCTION} |"),
        format!("| values given to one function | {MAX_ARGUMENTS} |"),
        format!("| nesting of rich text | {} |", twinline_model::document::MAX_DEPTH),
    ] {
        assert!(page.contains(&row), "docs/script.md lacks: {row}");
    }
    assert_eq!(MAX_ARRAY, MAX_MAP);
}
