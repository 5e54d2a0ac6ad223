//! What our people chose for fields that the tracker demands.

use twinline_model::PairId;
use twinline_model::asked::{AskedField, AskedKind, ChosenField, FieldOption, FieldValue};
use twinline_model::pair::Side;

use super::{c1, c2, origin, store};
use crate::Store;

fn chosen(field: &str, value: &str) -> ChosenField {
    ChosenField { field: field.to_owned(), value: FieldValue::Line(value.to_owned()) }
}

fn words(store: &Store, issue_type: &str, pair: PairId) -> Vec<String> {
    let found = store.read(|tx| tx.choices(&c1(), issue_type, pair)).unwrap();
    found.into_iter().map(|c| format!("{}={}", c.field, c.value.words())).collect()
}

#[test]
fn f56_a_choice_is_for_all_issues_of_a_type_or_for_one() {
    let store = store();
    let pair = |item: &str| store.write(|tx| tx.new_pair(&c1(), &origin(item), Side::Theirs)).unwrap().id;
    let (one, other) = (pair("i/1"), pair("i/2"));
    store
        .write(|tx| {
            tx.keep_choice(&c1(), "Task", None, &chosen("b", "for all"))?;
            tx.keep_choice(&c1(), "Task", None, &chosen("a", "old"))?;
            tx.keep_choice(&c1(), "Task", None, &chosen("a", "for all"))?;
            tx.keep_choice(&c1(), "Task", Some(one), &chosen("b", "for one"))?;
            tx.keep_choice(&c1(), "Bug", None, &chosen("a", "of bugs"))?;
            tx.keep_choice(&c2(), "Task", None, &chosen("a", "of another connection"))
        })
        .unwrap();
    assert_eq!(words(&store, "Task", one), ["a=for all", "b=for one"]);
    assert_eq!(words(&store, "Task", other), ["a=for all", "b=for all"]);
    assert_eq!(words(&store, "Bug", one), ["a=of bugs"]);
    assert_eq!(words(&store, "Epic", one), [""; 0]);
    store.write(|tx| tx.forget_choice(one, "b")).unwrap();
    assert_eq!(words(&store, "Task", one), ["a=for all", "b=for all"]);
    // What was chosen for a connection goes with it.
    store.write(|tx| tx.delete_connection(&c1())).unwrap();
    assert_eq!(words(&store, "Task", one), [""; 0]);
}

#[test]
fn f56_a_demanded_field_is_kept_as_it_was_described_last() {
    let store = store();
    let field = |options: Vec<FieldOption>| AskedField {
        id: "customfield_1".to_owned(),
        name: "Customer".to_owned(),
        kind: AskedKind::Option,
        options,
    };
    let many: Vec<_> =
        (0..300).map(|n| FieldOption { id: n.to_string(), name: format!("Customer {n} \"ß\"") }).collect();
    for description in [field(Vec::new()), field(many)] {
        store.write(|tx| tx.keep_asked(&c1(), "Task", &description)).unwrap();
        let kept = store.read(|tx| tx.asked(&c1(), "Task", "customfield_1")).unwrap();
        assert_eq!(kept, Some(description));
    }
    let unread = AskedField { kind: AskedKind::Other, ..field(Vec::new()) };
    store.write(|tx| tx.keep_asked(&c1(), "Task", &unread)).unwrap();
    let kept = store.read(|tx| tx.asked(&c1(), "Task", "customfield_1")).unwrap();
    assert_eq!(
        kept.map(|f| (f.kind, f.options.len())),
        Some((AskedKind::Option, 300)),
        "more was known before"
    );
    assert_eq!(store.read(|tx| tx.asked(&c1(), "Bug", "customfield_1")).unwrap(), None);
    assert_eq!(store.read(|tx| tx.asked(&c2(), "Task", "customfield_1")).unwrap(), None);
}
