//! What a mistake is told as: its kind, its line, and a detail.

use twinline_script::{Fault, FaultKind};

use crate::common::*;

/// The fault of outgoing rules.
fn fault(rules: &str) -> (FaultKind, u32, String) {
    let Fault { line, kind, detail, .. } = leaves(rules).expect_err(rules);
    (kind, line, detail)
}

#[track_caller]
fn says(rules: &str, kind: FaultKind, line: u32, words: &str) {
    let (found, at, detail) = fault(rules);
    assert_eq!((found, at), (kind, line), "{rules}: {detail}");
    assert!(detail.contains(words), "{rules}: {detail}");
}

#[test]
fn a_text_that_is_not_in_the_language() {
    says("replica.summary = issue.summary\nreplica.type = issue.type;", FaultKind::Syntax, 2, "';'");
    says("\n\nif {", FaultKind::Syntax, 3, "");
    says("replica.summary = `a${issue.key}`;", FaultKind::Syntax, 1, "+");
    says("replica.comments = issue.comments.filter(|c| `${c.text}` == \"\");", FaultKind::Syntax, 1, "+");
    says("issue = replica;", FaultKind::Kind, 1, "issue");
}

#[test]
fn a_name_that_does_not_exist() {
    says("\nreplica.summary = isue.summary;", FaultKind::Unknown, 2, "isue");
    says("replica.summary = issue.sumary;", FaultKind::Unknown, 1, "sumary");
    says("\n replica.assignee = \"Ana\";", FaultKind::Unknown, 2, "assignee");
    says("replica.summary = shout(issue.summary);", FaultKind::Unknown, 1, "shout (");
    says("replica.summary = issue.summary.shout();", FaultKind::Unknown, 1, "shout (");
    let fault = written("issue.type = \"Story\";").unwrap_err();
    assert_eq!((fault.kind, fault.line), (FaultKind::Unknown, 1));
    assert!(fault.detail.contains("Story") && fault.detail.contains("mirror"), "{fault}");
    assert_eq!(written("keep_home();").unwrap_err().kind, FaultKind::Unknown, "for the outgoing rules alone");
    says(
        "let c = issue.comments.find(|c| false); let a = c.author;",
        FaultKind::Kind,
        1,
        "nothing has no author",
    );
    let fixed = written("issue.key = \"A\";").unwrap_err();
    assert_eq!(
        (fixed.kind, fixed.detail.as_str()),
        (FaultKind::Kind, "issue has no key that can be assigned")
    );
    let range = leaves("fn f(s, r) { s[r] } let t = f(issue.summary, 0..3);").unwrap_err();
    assert!(range.kind == FaultKind::Syntax && range.detail.contains("sub_string"), "{range}");
    let range = leaves("let t = issue.summary[0..=3];").unwrap_err();
    assert!(range.kind == FaultKind::Syntax, "{range}");
}

#[test]
fn a_value_of_another_kind() {
    says("\nreplica.summary = 7;", FaultKind::Kind, 2, "summary takes a text, not a number");
    says("replica.summary = issue.description;", FaultKind::Kind, 1, "not rich text");
    says("replica.description = \"x\";", FaultKind::Kind, 1, "rich(");
    says("replica.type = [];", FaultKind::Kind, 1, "not an array");
    says("replica.comments = issue.comments[0];", FaultKind::Kind, 1, "a list of comments, not a comment");
    says("replica.comments = [1];", FaultKind::Kind, 1, "not a number");
    says("replica.comments = issue.attachments;", FaultKind::Kind, 1, "not an attachment");
    says("replica.attachments = issue.comments;", FaultKind::Kind, 1, "not a comment");
    says(
        "replica.comments = issue.comments.map(|c| { c.body = \"x\"; c });",
        FaultKind::Kind,
        1,
        "body takes",
    );
    says("replica.comments = issue.comments.filter(|c| c.text);", FaultKind::Kind, 1, "true or false");
    says("replica.summary = issue.comments.join(\",\");", FaultKind::Kind, 1, "join");
    says("let n = \"a\".first(\"b\");", FaultKind::Kind, 1, "first");
    says("let n = 1 + true;", FaultKind::Kind, 1, "+");
    says("if 1 { }", FaultKind::Kind, 1, "");
    says("for c in 7 { }", FaultKind::Kind, 1, "iterable");
    says("let n = \"x\".to_int();", FaultKind::Kind, 1, "digits");
    says("issue.summary = \"x\";", FaultKind::Kind, 1, "summary");
    let theirs = written("issue.comments = issue.comments;").unwrap_err();
    assert!(theirs.kind == FaultKind::Kind && theirs.detail.contains("replica"), "{theirs}");
    let changed = "let n = 1;\nlet list = [1].filter(|x| x == n);\nn = 2;";
    says(changed, FaultKind::Kind, 3, "n");
}

#[test]
fn the_script_s_own_words_and_what_is_missing() {
    says(
        "\nif issue.type == \"Bug\" {\n  throw \"A bug needs a version\";\n}",
        FaultKind::Thrown,
        3,
        "A bug needs a version",
    );
    says("throw 7;", FaultKind::Thrown, 1, "7");
    let missing = made("issue.summary = \"x\";").unwrap_err();
    assert_eq!((missing.kind, missing.detail.as_str(), missing.line), (FaultKind::Missing, "type", 0));
    let missing = made("issue.type = \"Bug\"; issue.summary = \"  \";").unwrap_err();
    assert_eq!((missing.kind, missing.detail.as_str()), (FaultKind::Missing, "summary"));
}

#[test]
fn what_cannot_be_done() {
    says("let a = 1 / 0;", FaultKind::Failed, 1, "");
    says("let c = issue.comments[99];", FaultKind::Failed, 1, "no value 99 among 4");
    says("let a = [1][5];", FaultKind::Failed, 1, "");
    says("replica.comments = issue.comments + issue.comments;", FaultKind::Failed, 1, "twice");
    says("let a = \"x\".replace(\"\", \"y\");", FaultKind::Failed, 1, "look for");
}

#[test]
fn a_fault_in_a_function_names_the_line_in_it() {
    says("fn f(t) {\n  t.shout()\n}\nreplica.summary = f(\"a\");", FaultKind::Unknown, 2, "shout");
    says("replica.comments = issue.comments.filter(|c|\n  c.text.shout());", FaultKind::Unknown, 2, "shout");
}

#[test]
fn a_fault_is_caught_by_try() {
    let caught = "try { throw \"a\"; } catch (e) { replica.summary = e; }";
    assert_eq!(leaves(caught).unwrap().summary.as_deref(), Some("a"));
}

#[test]
fn a_fault_carries_no_more_of_an_issue_than_a_name() {
    let long = "let t = \"\"; for i in 0..100 { t = t + \"secret \"; }";
    for end in ["t.shout();", "let x = [1][t];", "replica.comments = t;", "let x = #{}; x.y.z.w;", "t + [];"]
    {
        let (_, _, detail) = fault(&format!("{long} {end}"));
        assert!(!detail.contains("secret secret"), "{end}: {detail}");
    }
    let (kind, _, detail) = fault(&format!("{long} throw t;"));
    assert_eq!((kind, detail.chars().count()), (FaultKind::Thrown, 300), "its own sentence, cut");
}

#[test]
fn a_fault_is_json() {
    let fault = leaves("throw \"x\";").unwrap_err();
    let json = serde_json::to_string(&fault).unwrap();
    assert_eq!(json, r#"{"line":1,"column":1,"kind":"thrown","detail":"x"}"#);
    assert_eq!(serde_json::from_str::<Fault>(&json).unwrap(), fault);
}
