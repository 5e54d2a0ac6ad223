//! docs/recipes: each recipe, and what comes of it.

use std::collections::BTreeSet;

use twinline_model::Document;
use twinline_model::extra::{Extra, LABELS, PRIORITY, STATUS};
use twinline_model::observed::ObservedIssue;
use twinline_script::{Arrived, FaultKind, Incoming, Leaves, Outgoing, Written};

use crate::common::*;
use crate::{blocks, file};

const RECIPES: [&str; 20] = [
    "comments-of-some-people",
    "comments-since-a-day",
    "comments-with-a-word",
    "first-text-only",
    "internal-comments-stay",
    "keep-home-by-type",
    "label-what-came",
    "leave-out-file-kinds",
    "leave-out-large-files",
    "map-priorities",
    "map-statuses",
    "map-types",
    "names-are-masked",
    "partner-key-in-summary",
    "sentence-instead-of-comment",
    "short-and-without-pictures",
    "some-labels-leave",
    "stop-with-a-sentence",
    "strip-a-section",
    "where-it-comes-from",
];

/// The rules of a recipe for a direction.
fn rules(name: &str, direction: &str) -> String {
    assert!(RECIPES.contains(&name), "{name} is not in the list");
    let blocks = blocks(&file(&format!("recipes/{name}.md")));
    let mut fitting = blocks.into_iter().filter(|block| block.kind == format!("rhai {direction}"));
    let rules = fitting.next().unwrap_or_else(|| panic!("{name} has no {direction} rules")).text;
    assert!(fitting.next().is_none(), "{name} has them twice");
    rules
}

fn out_of(name: &str, issue: &ObservedIssue) -> Leaves {
    let rules = Outgoing::compile(&rules(name, "outgoing")).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    rules.run(issue, &around()).unwrap_or_else(|fault| panic!("{name}: {fault}"))
}

fn out(name: &str) -> Leaves {
    out_of(name, &issue())
}

fn into(name: &str, replica: &Arrived, issue: Option<&ObservedIssue>) -> Written {
    let rules = Incoming::compile(&rules(name, "incoming")).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    rules.run(replica, issue, &around()).unwrap_or_else(|fault| panic!("{name}: {fault}"))
}

/// Comments that leave, by id and words.
fn comments(leaves: &Leaves) -> Vec<(&str, String)> {
    leaves.comments.iter().map(|(id, body)| (id.as_str(), body.to_plain_text())).collect()
}

fn files(leaves: &Leaves) -> Vec<&str> {
    leaves.attachments.iter().map(|id| id.as_str()).collect()
}

fn texts(list: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    list.iter().map(|(id, text)| (*id, (*text).to_owned())).collect()
}

#[test]
fn every_recipe_is_in_the_list_and_on_the_page() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/recipes");
    let found: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    assert_eq!(found, RECIPES.iter().map(|name| format!("{name}.md")).collect());
    let page = file("recipes/README.md");
    for name in RECIPES {
        let title = file(&format!("recipes/{name}.md")).lines().next().unwrap().replace("# ", "");
        assert!(page.contains(&format!("[{title}]({name}.md)")), "{name}: {title}");
    }
}

#[test]
fn every_recipe_runs_for_a_new_issue_as_well() {
    for name in RECIPES {
        for block in blocks(&file(&format!("recipes/{name}.md"))) {
            let answer = match block.kind.as_str() {
                "rhai outgoing" => {
                    Outgoing::compile(&block.text).and_then(|r| r.run(&issue(), &around())).map(|_| ())
                }
                _ => Incoming::compile(&block.text)
                    .and_then(|r| r.run(&replica(), None, &around()))
                    .map(|_| ()),
            };
            answer.unwrap_or_else(|fault| panic!("{name}, {}: {fault}", block.kind));
        }
    }
}

/// As much as Jira lets stand in one issue: 5,000 comments, and a description of 32,767 letters.
#[test]
fn every_recipe_goes_through_the_largest_issue_that_there_is() {
    let comments =
        (0..5_000).map(|i| comment(&i.to_string(), "Ana Alvarez", &"It smells of smoke. ".repeat(10)));
    let description = Document::plain(&"The door of room 7 is hot.\n".repeat(32_767 / 27));
    let issue = ObservedIssue { comments: comments.collect(), description: description.clone(), ..issue() };
    let one = &replica().comments[0];
    let theirs = Arrived { comments: vec![one.clone(); 5_000], description: Some(description), ..replica() };
    for name in RECIPES {
        for block in blocks(&file(&format!("recipes/{name}.md"))) {
            let answer = match block.kind.as_str() {
                "rhai outgoing" => {
                    Outgoing::compile(&block.text).and_then(|r| r.run(&issue, &around())).map(|_| ())
                }
                _ => Incoming::compile(&block.text).and_then(|r| r.run(&theirs, None, &around())).map(|_| ()),
            };
            answer.unwrap_or_else(|fault| panic!("{name}, {}: {fault}", block.kind));
        }
    }
}

#[test]
fn comments_with_a_word() {
    assert_eq!(comments(&out("comments-with-a-word")), texts(&[("2", "Please look")]));
}

#[test]
fn internal_comments_stay() {
    assert_eq!(
        comments(&out("internal-comments-stay")),
        texts(&[("1", "It smells"), ("2", "#public Please look")])
    );
}

#[test]
fn map_types() {
    let of = |theirs: &str| {
        let replica = Arrived { issue_type: Some(theirs.into()), ..replica() };
        into("map-types", &replica, None).issue_type.unwrap()
    };
    assert_eq!(of("Incident"), "Bug");
    assert_eq!(of("Change request"), "Improvement");
    assert_eq!(of("improvement"), "Improvement");
    assert_eq!(of("Epic"), "Task");
}

/// A value that a partner sends, and what is written for it.
fn extra(recipe: &str, field: &str, theirs: Extra) -> Option<Extra> {
    let mut replica = replica();
    replica.extras.insert(field.to_owned(), theirs);
    into(recipe, &replica, Some(&issue())).extras.remove(field)
}

#[test]
fn map_statuses() {
    let text = |text: &str| Extra::Text(text.to_owned());
    let of = |theirs: &str| extra("map-statuses", STATUS, text(theirs));
    assert_eq!(of("Open"), Some(text("To Do")));
    assert_eq!(of("Resolved"), Some(text("Done")));
    assert_eq!(of("Parked"), None, "nothing moves");
    let leaves_as = |ours: &str| {
        let mut issue = issue();
        issue.extras.insert(STATUS.to_owned(), text(ours));
        out_of("map-statuses", &issue).extras.remove(STATUS)
    };
    assert_eq!(leaves_as("Done"), Some(text("Resolved")));
    assert_eq!(leaves_as("In Progress"), None);
}

#[test]
fn map_priorities() {
    let of = |theirs: &str| extra("map-priorities", PRIORITY, Extra::Text(theirs.to_owned()));
    let ours = |ours: &str| Some(Extra::Text(ours.to_owned()));
    assert_eq!((of("P1"), of("P3"), of("P9")), (ours("Highest"), ours("Medium"), ours("Low")));
}

#[test]
fn label_what_came() {
    let labels = |labels: &[&str]| Extra::Texts(labels.iter().map(|label| (*label).to_owned()).collect());
    let of = |theirs: &[&str]| extra("label-what-came", LABELS, labels(theirs));
    assert_eq!(of(&["hot"]), Some(labels(&["from-globex", "hot"])));
    assert_eq!(of(&[]), Some(labels(&["from-globex"])));
}

#[test]
fn some_labels_leave() {
    let labels = |labels: &[&str]| Extra::Texts(labels.iter().map(|label| (*label).to_owned()).collect());
    let mut issue = issue();
    issue.extras.insert(LABELS.to_owned(), labels(&["ext-hot", "secret"]));
    assert_eq!(out_of("some-labels-leave", &issue).extras.get(LABELS), Some(&labels(&["hot"])));
}

#[test]
fn partner_key_in_summary() {
    let written = into("partner-key-in-summary", &replica(), None);
    assert_eq!(written.summary.as_deref(), Some("[GX-4] Printer is on fire"));
    let ours = ObservedIssue { summary: written.summary.unwrap(), ..issue() };
    assert_eq!(out_of("partner-key-in-summary", &ours).summary.as_deref(), Some("Printer is on fire"));
    assert_eq!(out("partner-key-in-summary").summary.as_deref(), Some("Smoke in room 7"));
    let unknown = Arrived { summary: None, ..replica() };
    assert_eq!(into("partner-key-in-summary", &unknown, Some(&issue())).summary, None);
}

#[test]
fn leave_out_large_files() {
    assert_eq!(files(&out("leave-out-large-files")), ["a", "c"]);
    assert_eq!(into("leave-out-large-files", &replica(), None).attachments, [0, 2]);
}

#[test]
fn leave_out_file_kinds() {
    assert_eq!(into("leave-out-file-kinds", &replica(), None).attachments, [0, 1]);
    assert_eq!(files(&out("leave-out-file-kinds")), ["a"]);
}

#[test]
fn strip_a_section() {
    let left = out("strip-a-section").description.unwrap();
    assert_eq!(left.blocks, [&description().blocks[..2], &description().blocks[6..]].concat());
}

#[test]
fn comments_of_some_people() {
    let mut issue = issue();
    issue.comments.push(comment("9", "Ana Alvarez", "Ben Baker knows"));
    let left = out_of("comments-of-some-people", &issue);
    assert_eq!(comments(&left), texts(&[("1", "It smells"), ("5", "Pat: thanks"), ("9", "ACME knows")]));
}

#[test]
fn keep_home_by_type() {
    let of = |issue_type: &str, summary: &str| {
        let (issue_type, summary) = (issue_type.into(), summary.into());
        out_of("keep-home-by-type", &ObservedIssue { issue_type, summary, ..issue() })
    };
    assert!(!of("Bug", "Confidential: smoke").issue);
    assert!(of("Task", "Confidential: smoke").issue);
    assert!(of("Bug", "Smoke").summary.is_some());
}

#[test]
fn sentence_instead_of_comment() {
    let left = out("sentence-instead-of-comment");
    let wanted = [
        ("1", "It smells"),
        ("2", "#public Please look"),
        ("3", "A comment that stays with ACME."),
        ("5", "Pat: thanks"),
    ];
    assert_eq!(comments(&left), texts(&wanted));
}

#[test]
fn stop_with_a_sentence() {
    let issue = ObservedIssue { description: Document::plain("Initech calls"), ..issue() };
    let rules = Outgoing::compile(&rules("stop-with-a-sentence", "outgoing")).unwrap();
    let fault = rules.run(&issue, &around()).unwrap_err();
    assert_eq!(
        (fault.kind, fault.detail.as_str()),
        (FaultKind::Thrown, "The issue names the customer Initech.")
    );
    assert_eq!(fault.line, 4);
    assert!(out("stop-with-a-sentence").summary.is_some());
}

#[test]
fn where_it_comes_from() {
    let written = into("where-it-comes-from", &replica(), None).description.unwrap();
    assert_eq!(written.to_plain_text(), "From Globex, where it is GX-4.\nIt burns.\nReally.");
    let ours = ObservedIssue { description: written, ..issue() };
    assert_eq!(out_of("where-it-comes-from", &ours).description, replica().description);
    assert_eq!(out("where-it-comes-from").description, Some(description()));
}

#[test]
fn names_are_masked() {
    let left = out("names-are-masked");
    assert_eq!(left.summary.as_deref(), Some("Smoke in the machine room"));
    let text = left.description.unwrap().to_plain_text();
    assert!(text.contains("in the machine room.") && text.contains("our colleague"), "{text}");
    assert!(!text.contains("room 7") && !text.contains("Ana"), "{text}");
    assert_eq!(left.comments.len(), 3);
}

#[test]
fn short_and_without_pictures() {
    let left = out("short-and-without-pictures");
    let text = left.description.unwrap().to_plain_text();
    assert_eq!(text, "There is smoke in room 7.\nMore is to be had from ACME (SUP-17).");
    assert!(left.comments.is_empty() && left.attachments.is_empty());
}

#[test]
fn comments_since_a_day() {
    let mut issue = issue();
    issue.comments[0].created_ms = 0;
    let left = out_of("comments-since-a-day", &issue);
    assert_eq!(comments(&left), texts(&[("2", "#public Please look"), ("5", "Pat: thanks")]));
}

#[test]
fn first_text_only() {
    let new = into("first-text-only", &replica(), None);
    assert_eq!((new.description, new.attachments), (replica().description, vec![0, 1, 2]));
    let later = into("first-text-only", &replica(), Some(&issue()));
    assert_eq!((later.description, later.attachments.len(), later.comments.len()), (None, 0, 2));
}
