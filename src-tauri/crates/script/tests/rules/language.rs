//! Each name and each helper.

use twinline_model::Document;
use twinline_model::document::{Block, Inline};

use crate::common::*;

#[test]
fn the_names_that_rules_find() {
    assert_eq!(said("company + partner + project"), "ACMEGlobexSUP");
    assert_eq!(said("issue.key + issue.summary + issue.type + issue.project"), "SUP-17Smoke in room 7BugSUP");
    assert_eq!(said("issue.created.day + \" \" + issue.updated.iso"), "2025-11-26 2025-11-27T19:33:20Z");
    assert_eq!(said("issue.created.clock"), "19:33");
    assert_eq!(said("issue.created.ms"), "1764185596000");
    assert_eq!(said("issue.created < issue.updated"), "true");
    let there = "issue.summary = replica.key + replica.summary + replica.type + issue.key + issue.is_new";
    assert_eq!(written(there).unwrap().summary.unwrap(), "GX-4Printer is on fireIncidentSUP-17false");
    let new =
        "issue.summary = issue.project + issue.is_new; issue.type = \"bug\"; if issue.key != () { throw 1 }";
    let new = made(new).unwrap();
    assert_eq!((new.summary.as_deref(), new.issue_type.as_deref()), (Some("SUPtrue"), Some("Bug")));
}

#[test]
fn what_is_not_assigned_stays() {
    let leaves = leaves("").unwrap();
    assert!(leaves.issue && leaves.summary.is_none() && leaves.description.is_none());
    assert!(leaves.issue_type.is_none() && leaves.comments.is_empty() && leaves.attachments.is_empty());
    assert_eq!(written("").unwrap(), twinline_script::Written::default());
    assert_eq!(written("issue.summary = replica.summary; issue.summary = ();").unwrap().summary, None);
}

#[test]
fn an_issue_is_kept_at_home() {
    let kept =
        leaves("replica.summary = issue.summary; if issue.type == \"Bug\" { keep_home(); } throw \"on\"")
            .unwrap();
    assert!(!kept.issue && kept.summary.is_none());
    let caught = leaves("try { keep_home(); } catch { replica.summary = \"caught\"; }").unwrap();
    assert!(!caught.issue, "nothing goes on after it");
    assert!(leaves("if issue.type == \"Task\" { keep_home(); }").unwrap().issue);
}

#[test]
fn restricted_comments_are_not_even_seen() {
    assert_eq!(said("issue.comments.len()"), "4");
    assert_eq!(said("issue.comments.any(|c| c.contains(\"Managers\"))"), "false");
    assert_eq!(said("issue.comments.filter(|c| c.internal).map(|c| c.author).join(\",\")"), "Ben Baker");
    assert_eq!(said("issue.comments.filter(|c| c.ours).map(|c| c.text).join(\",\")"), "Pat: thanks");
}

#[test]
fn lists() {
    assert_eq!(said("issue.comments[0].author"), "Ana Alvarez");
    assert_eq!(said("issue.comments.first().text + issue.comments.last().text"), "It smellsPat: thanks");
    assert_eq!(said("issue.comments.take(2).len() * 10 + issue.comments.skip(3).len()"), "21");
    assert_eq!(said("issue.comments.reversed()[0].ours"), "true");
    assert_eq!(said("(issue.comments.take(1) + issue.comments.skip(3)).len()"), "2");
    assert_eq!(said("issue.comments.all(|c| !c.text.is_empty())"), "true");
    assert_eq!(said("issue.comments.find(|c| c.internal).author"), "Ben Baker");
    assert_eq!(said("issue.comments.find(|c| c.author == \"Zoe\") == ()"), "true");
    assert_eq!(said("issue.comments.contains(issue.comments[1])"), "true");
    assert_eq!(said("[1, 2, 3].filter(|n| n > 1).len()"), "2");
    assert_eq!(said("[\"a\", \"b\"].map(|t| t + t).join(\"-\")"), "aa-bb");
    assert_eq!(said("[1, 2].any(|n| n == 2) && [1, 2].all(|n| n < 3)"), "true");
    let pushed = "let out = list(); for c in issue.comments { if !c.internal { out.push(c); } } replica.comments = out;";
    assert_eq!(leaves(pushed).unwrap().comments.len(), 3);
    let array = "let out = []; for c in issue.comments { out.push(c); } replica.comments = out;";
    assert_eq!(leaves(array).unwrap().comments.len(), 4);
    let copy = "let a = list(); a.push(1); let b = a; b.push(2); replica.summary = \"\" + a.len() + b.len();";
    assert_eq!(leaves(copy).unwrap().summary.unwrap(), "12", "a copy of a list is one of its own");
}

#[test]
fn texts_give_new_texts() {
    assert_eq!(said("\" Ab \".trim().to_lower() + \"ä\".to_upper()"), "abÄ");
    assert_eq!(said("\"a-b-a\".replace(\"a\", \"xy\")"), "xy-b-xy");
    assert_eq!(said("\"äbc\".len() * 100 + \"äbc\".index_of(\"c\") * 10 + \"abc\".index_of(\"z\")"), "319");
    assert_eq!(said("\"äbcd\".first(2) + \"äbcd\".sub_string(1) + \"äbcd\".sub_string(1, 2)"), "äbbcdbc");
    assert_eq!(said("\"äbcd\".first(-1) + \"ab\".sub_string(9) + \"x\".first(9)"), "x");
    assert_eq!(said("\"a,b\".split(\",\").len() + \"a\\nb\\nc\".lines().len()"), "5");
    assert_eq!(
        said("\"abc\".contains(\"b\") && \"abc\".starts_with(\"a\") && \"abc\".ends_with(\"c\")"),
        "true"
    );
    assert_eq!(said("\"b\" in \"abc\" && 2 in [1, 2] && \"k\" in #{ k: 1 }"), "true");
    assert_eq!(said("\"12\".to_int() + 1"), "13");
    assert_eq!(said("7.to_string() + true.to_string() + 'x'.to_string() + 'a' + 'b'"), "7truexab");
    assert_eq!(said("\"a\" < \"b\" && \"a\" != \"b\" && \"b\" >= \"b\""), "true");
    assert_eq!(said("min(1, 2) + max(1, 2) + kb(1) + mb(2)"), "2001003");
    assert_eq!(said("if \"a\" + () == () { \"nothing\" } else { \"something\" }"), "nothing");
    assert_eq!(said("#{ a: 1, b: 2 }.len() + [1].len()"), "3");
}

#[test]
fn the_language_s_own_words() {
    assert_eq!(said("{ let n = 0; for i in 0..4 { n += i; } for i in 1..=2 { n += i; } n }"), "9");
    assert_eq!(said("switch issue.type { \"Bug\" => \"Defect\", _ => issue.type }"), "Defect");
    assert_eq!(said("#{ Bug: \"Defect\" }[issue.type] ?? \"Task\""), "Defect");
    assert_eq!(said("#{ Task: \"Job\" }[issue.type] ?? \"Task\""), "Task");
    let function = "fn twice(text) { text + text } replica.summary = twice(\"ab\");";
    assert_eq!(leaves(function).unwrap().summary.unwrap(), "abab");
    let outside = "let word = \"look\"; replica.comments = issue.comments.filter(|c| c.text.contains(word));";
    assert_eq!(
        leaves(outside).unwrap().comments.len(),
        1,
        "a function between bars sees what stands outside"
    );
    let nested = "let names = [\"Ana Alvarez\"]; replica.summary = \"\" + issue.comments.filter(|c| names.any(|n| n == c.author)).len();";
    assert_eq!(leaves(nested).unwrap().summary.unwrap(), "1");
    let given =
        "replica.comments = issue.comments.filter(|c| c.author != partner && issue.key == \"SUP-17\");";
    assert_eq!(leaves(given).unwrap().comments.len(), 4);
    let added = "let t = \"a\"; t += \"b\"; t += 1; replica.summary = t;";
    assert_eq!(leaves(added).unwrap().summary.unwrap(), "ab1");
    assert_eq!(leaves("replica.summary = \"a\"; replica.summary += \"b\";").unwrap().summary.unwrap(), "ab");
}

fn rich(expression: &str) -> Document {
    let leaves = leaves(&format!("replica.description = {expression};"));
    leaves.unwrap_or_else(|fault| panic!("{expression}: {fault}")).description.unwrap()
}

#[test]
fn rich_text_keeps_its_formatting() {
    let whole = description();
    assert_eq!(rich("issue.description"), whole);
    assert_eq!(said("issue.description.text").lines().next(), Some("There is smoke in room 7."));
    assert_eq!(said("issue.description.text() == issue.description.text"), "true");
    assert_eq!(said("issue.description.contains(\"room 7\")"), "true");
    assert_eq!(said("issue.description.is_empty || rich(\"x\").is_empty()"), "false");
    assert_eq!(said("rich(\"\").is_empty"), "true");
    assert_eq!(said("issue.description == issue.description && rich(\"a\") != rich(\"b\")"), "true");
    assert_eq!(said("issue.description.files().join(\",\")"), "smoke.png");
    assert_eq!(rich("rich(\"a\\nb\")"), Document::plain("a\nb"));

    let above = rich("issue.description.prepend(\"From \" + company)");
    assert_eq!(above.blocks[0], paragraph("From ACME"));
    assert_eq!(above.blocks[1..], whole.blocks);
    let below = rich("issue.description.append(\"End\")");
    assert_eq!(below.blocks[..whole.blocks.len()], whole.blocks);
    assert_eq!(below.blocks.last(), Some(&paragraph("End")));
    assert_eq!(rich("rich(\"a\").append(rich(\"b\")).prepend(rich(\"0\"))"), Document::plain("0\na\nb"));

    assert_eq!(rich("issue.description.first_blocks(2)").blocks, whole.blocks[..2]);
    assert_eq!(rich("issue.description.first_blocks(99)"), whole);
    assert_eq!(rich("issue.description.skip_blocks(2)").blocks, whole.blocks[2..]);
    assert!(rich("issue.description.skip_blocks(99)").is_empty());
    assert_eq!(rich("issue.description.section(\"internal NOTES\")").blocks, whole.blocks[3..6]);
    assert!(rich("issue.description.section(\"None\")").is_empty());
    let without = rich("issue.description.without_section(\"Internal notes\")");
    assert_eq!(without.blocks, [&whole.blocks[..2], &whole.blocks[6..]].concat());
    let without = rich("issue.description.without_media()");
    assert_eq!(without.blocks, [&whole.blocks[..1], &whole.blocks[2..]].concat());
}

#[test]
fn words_are_replaced_wherever_they_stand() {
    let fire = rich("issue.description.replace(\"smoke\", \"fire\")");
    let Block::Paragraph { content } = &fire.blocks[0] else { panic!("{fire:?}") };
    let Inline::Text { text, marks } = &content[1] else { panic!("{content:?}") };
    assert_eq!((text.as_str(), marks.len()), ("fire", 1), "bold as before");
    assert_eq!(fire.blocks[1], description().blocks[1], "a file keeps its name");
    let text = fire.to_plain_text();
    assert!(text.contains("Look at fire") && text.contains("fire = 1"), "{text}");
    let gone = rich("issue.description.replace(\"smoke\", \"\")");
    let Block::Paragraph { content } = &gone.blocks[0] else { panic!("{gone:?}") };
    assert_eq!(content.len(), 2, "no empty piece stays");
}

#[test]
fn a_changed_comment_keeps_its_id() {
    let said_so =
        leaves("replica.comments = issue.comments.take(2).map(|c| c.saying(rich(\"-\")));").unwrap();
    let set =
        leaves("replica.comments = issue.comments.take(2).map(|c| { c.body = rich(\"-\"); c });").unwrap();
    assert_eq!(said_so, set);
    let ids: Vec<_> = said_so.comments.iter().map(|(id, body)| (id.as_str(), body.to_plain_text())).collect();
    assert_eq!(ids, [("1", "-".to_owned()), ("2", "-".to_owned())]);
    assert_eq!(said("issue.comments[0].saying(rich(\"-\")) == issue.comments[0]"), "false");
    assert_eq!(said("issue.comments[0].body == issue.comments[0].body"), "true");
}

#[test]
fn attachments() {
    let rules = "replica.attachments = issue.attachments.filter(|a| a.size < mb(1) && a.mime != \"x\" && a.author != \"\");";
    let ids: Vec<_> = leaves(rules).unwrap().attachments.iter().map(|id| id.as_str().to_owned()).collect();
    assert_eq!(ids, ["a", "c"]);
    assert_eq!(
        said("issue.attachments.map(|a| a.name.to_lower()).join(\" \")"),
        "smoke.png dump.bin setup.exe"
    );
    let rules = "issue.attachments = replica.attachments.filter(|a| !a.name.ends_with(\".exe\"));";
    assert_eq!(written(rules).unwrap().attachments, [0, 1]);
    assert_eq!(said("issue.attachments[0] == issue.attachments[0]"), "true");
}

#[test]
fn types_are_mirrored_as_basic_does() {
    let of = |rules: &str| written(rules).unwrap().issue_type;
    assert_eq!(of("issue.type = mirror(\"improvement\");").as_deref(), Some("Improvement"));
    assert_eq!(of("issue.type = mirror(replica.type);").as_deref(), Some("Task"));
    assert_eq!(of("issue.type = mirror(());"), None);
    assert_eq!(of("issue.type = \"BUG\";").as_deref(), Some("Bug"), "as the project spells it");
}

#[test]
fn what_was_assigned_can_be_read_again() {
    let rules = "issue.summary = \"a\"; issue.summary = issue.summary + \"b\"; issue.type = issue.type;";
    let written = written(rules).unwrap();
    assert_eq!((written.summary.as_deref(), written.issue_type.as_deref()), (Some("ab"), Some("Bug")));
    assert_eq!(said("replica.summary == ()"), "true");
}

#[test]
fn what_has_not_arrived_stays_as_it_is() {
    let replica = twinline_script::Arrived { key: "GX-4".into(), ..Default::default() };
    let rules = "issue.summary = replica.key + \": \" + replica.summary; \
                 issue.description = replica.description.prepend(\"From \" + partner).replace(\"a\", \"b\"); \
                 issue.type = mirror(replica.type);";
    let rules = twinline_script::Incoming::compile(rules).unwrap();
    assert_eq!(rules.run(&replica, Some(&issue()), &around()).unwrap(), Default::default());
}

#[test]
fn a_run_leaves_nothing_behind_for_the_next() {
    let rules = twinline_script::Outgoing::compile("let n = 1; n += 1; replica.summary = \"\" + n;").unwrap();
    for _ in 0..3 {
        assert_eq!(rules.run(&issue(), &around()).unwrap().summary.as_deref(), Some("2"));
    }
}

#[test]
fn rules_cross_threads() {
    fn crosses<T: Send + Sync + Clone>() {}
    crosses::<twinline_script::Outgoing>();
    crosses::<twinline_script::Incoming>();
}
