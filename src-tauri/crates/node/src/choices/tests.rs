use twinline_model::view::FieldChoice;

use super::*;

fn field(id: &str, name: &str, kind: AskedKind, options: &[(&str, &str)]) -> AskedField {
    let options =
        options.iter().map(|(id, name)| FieldOption { id: (*id).to_owned(), name: (*name).to_owned() });
    AskedField { id: id.to_owned(), name: name.to_owned(), kind, options: options.collect() }
}

fn question(fields: Vec<AskedField>) -> Question {
    let connection = ConnectionId::new("c1");
    Question { connection, pair: None, issue_type: "Task".to_owned(), fields, chosen: Vec::new() }
}

fn given(field: &str, values: &[&str]) -> FieldChoice {
    FieldChoice { field: field.to_owned(), values: values.iter().map(|v| (*v).to_owned()).collect() }
}

fn code<T: std::fmt::Debug>(result: Result<T, Trouble>) -> ProblemCode {
    result.expect_err("refused").code
}

#[test]
fn f56_each_kind_takes_what_it_allows_and_nothing_else() {
    for (kind, good, bad) in [
        (AskedKind::Line, vec!["x", "  padded ", "שלום"], vec!["two\nlines", "a\u{0}b"]),
        (AskedKind::Number, vec!["12", "2.5", "-1e3"], vec!["2,5", "NaN", "1e999", "0x1", "12 EUR"]),
        (
            AskedKind::Date,
            vec!["2026-12-31"],
            vec!["2026-02-30", "31.12.2026", "2026-12-31T10:00", "20261231"],
        ),
        (AskedKind::Text, vec!["two\nlines"], vec![]),
        (AskedKind::Other, vec![], vec!["anything"]),
    ] {
        let question = question(vec![field("f", "F", kind, &[])]);
        for value in good {
            assert!(question.answered(&[given("f", &[value])]).is_ok(), "{kind:?} {value:?}");
        }
        for value in bad {
            assert_eq!(
                code(question.answered(&[given("f", &[value])])),
                ProblemCode::ValueUnfit,
                "{kind:?} {value:?}"
            );
        }
    }
    let long = "x".repeat(30_001);
    for kind in [AskedKind::Line, AskedKind::Text] {
        let question = question(vec![field("f", "F", kind, &[])]);
        assert_eq!(code(question.answered(&[given("f", &[&long])])), ProblemCode::ValueUnfit);
    }
}

#[test]
fn f56_options_are_chosen_by_id_and_every_field_needs_one() {
    let both = [("1", "Red"), ("2", "Blue")];
    let question = question(vec![
        field("a", "A", AskedKind::Option, &both),
        field("b", "B", AskedKind::Options, &both),
        field("c", "C", AskedKind::Other, &[]),
    ]);
    let chosen = question.answered(&[given("a", &["2"]), given("b", &["2", "1", "2"])]).expect("fits");
    let words: Vec<_> = chosen.iter().map(|c| c.value.words()).collect();
    assert_eq!(words, ["Blue", "Blue, Red"], "what can be filled in Jira alone is not asked for");
    assert_eq!(code(question.answered(&[given("a", &["2"])])), ProblemCode::ValueMissing);
    assert_eq!(
        code(question.answered(&[given("a", &["2"]), given("b", &["", " "])])),
        ProblemCode::ValueMissing
    );
    assert_eq!(
        code(question.answered(&[given("a", &["Blue"]), given("b", &["1"])])),
        ProblemCode::ValueUnfit
    );
    assert_eq!(
        code(question.answered(&[given("a", &["1", "2"]), given("b", &["1"])])),
        ProblemCode::ValueUnfit
    );
    assert_eq!(code(question.answered(&[given("z", &["1"])])), ProblemCode::FieldNotAsked);
}

/// Names go before ids: an option may be called as another one's id.
#[test]
fn f56_a_name_finds_its_option() {
    let odd = field(
        "f",
        "F",
        AskedKind::Option,
        &[("1", "2"), ("2", "1"), ("3", "Straße"), ("4", "twice"), ("5", "twice")],
    );
    let found = |name: &str| option_named(&odd, name).map(|o| o.id.clone());
    assert_eq!(found("2"), Ok("1".to_owned()));
    assert_eq!(found(" STRASSE ").map_err(|t| t.code), Err(ProblemCode::ValueUnfit));
    assert_eq!(found("straße"), Ok("3".to_owned()));
    assert_eq!(found("5"), Ok("5".to_owned()));
    assert_eq!(found("twice").map_err(|t| t.code), Err(ProblemCode::ValueUnfit));
    let question = question(vec![field("customfield_1", "Customer", AskedKind::Line, &[])]);
    for name in ["Customer", "customer", "customfield_1"] {
        assert!(question.named(name).is_ok(), "{name}");
    }
    assert_eq!(code(question.named("Team")), ProblemCode::FieldNotAsked);
}

#[test]
fn f56_three_hundred_options_fit_into_a_sentence() {
    let names: Vec<String> = (0..300).map(|n| format!("Customer {n}")).collect();
    let pairs: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), name.as_str())).collect();
    let sentence = allowed(&field("f", "Customer", AskedKind::Option, &pairs));
    assert!(sentence.len() < 500 && sentence.contains("Customer 19 and 280 more"), "{sentence}");
    let few = allowed(&field("f", "Team", AskedKind::Option, &[("1", "Red"), ("2", "Blue")]));
    assert_eq!(few, "Choose one of: Red, Blue.");
}
