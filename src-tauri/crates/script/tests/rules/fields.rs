//! Further fields: labels, priority, status.

use twinline_model::extra::{Extra, LABELS, PRIORITY, STATUS};
use twinline_script::FaultKind;

use crate::common::{leaves, made, written};

fn text(text: &str) -> Option<Extra> {
    Some(Extra::Text(text.to_owned()))
}

fn labels(labels: &[&str]) -> Option<Extra> {
    Some(Extra::Texts(labels.iter().map(|label| (*label).to_owned()).collect()))
}

#[test]
fn only_fields_that_the_rules_name_leave() {
    let left = leaves("replica.priority = issue.priority; replica.labels = issue.labels;").unwrap();
    assert_eq!(left.extras.get(PRIORITY).cloned(), text("High"));
    assert_eq!(left.extras.get(LABELS).cloned(), labels(&["fire", "room-7"]));
    assert_eq!(left.extras.get(STATUS), None);
    assert!(leaves("replica.summary = issue.status;").unwrap().extras.is_empty());
}

#[test]
fn values_are_made_as_rules_like() {
    let rules = r#"
        issue.labels = ["from-acme"].to_list() + replica.labels.filter(|l| l != "hot");
        issue.priority = #{ P1: "Highest", P2: "High" }[replica.priority] ?? "Medium";
        if replica.status == "Open" { issue.status = "To Do" }
    "#;
    let wrote = written(rules).unwrap();
    assert_eq!(wrote.extras.get(LABELS).cloned(), labels(&["from-acme"]));
    assert_eq!(wrote.extras.get(PRIORITY).cloned(), text("Highest"));
    assert_eq!(wrote.extras.get(STATUS).cloned(), text("To Do"));
    let nothing = r#"issue.summary = "x"; issue.type = "Task"; issue.priority = (); issue.labels = [];"#;
    let wrote = made(nothing).unwrap();
    assert_eq!(wrote.extras.get(PRIORITY), None, "left alone");
    assert_eq!(wrote.extras.get(LABELS).cloned(), labels(&[]), "emptied");
}

#[test]
fn what_was_assigned_is_read_and_can_be_taken_back() {
    let read = r#"replica.priority = "Low"; replica.summary = replica.priority; replica.priority = ();"#;
    let left = leaves(read).unwrap();
    assert_eq!(left.summary.as_deref(), Some("Low"));
    assert!(left.extras.is_empty());
    assert_eq!(
        leaves(r#"replica.summary = issue.labels.len().to_string();"#).unwrap().summary.as_deref(),
        Some("2")
    );
}

#[test]
fn a_value_of_another_kind_or_too_much_of_it_breaks_off() {
    for (rules, kind) in [
        ("replica.priority = 3;", FaultKind::Kind),
        ("replica.labels = \"one\";", FaultKind::Kind),
        ("replica.labels = [1];", FaultKind::Kind),
        ("replica.status = issue.labels;", FaultKind::Kind),
        ("let many = []; for n in 0..201 { many.push(\"l\" + n) } replica.labels = many;", FaultKind::Size),
        ("replica.priority = \"two\\nlines\";", FaultKind::Size),
    ] {
        let fault = leaves(rules).unwrap_err();
        assert_eq!(fault.kind, kind, "{rules}: {}", fault.detail);
    }
}
