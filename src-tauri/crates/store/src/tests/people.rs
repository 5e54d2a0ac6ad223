//! Activity, problems, conflicts.

use std::collections::BTreeMap;

use twinline_model::pair::Side;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::{ActivityKind, Direction};
use twinline_model::{ConnectionId, PairId};

use super::{c1, c2, origin, store};
use crate::{ActivityRow, ConflictRow, Store, StoreError};

fn facts(name: &str, value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(name.to_owned(), value.to_owned())])
}

fn line(at_ms: i64, connection: ConnectionId) -> ActivityRow {
    ActivityRow {
        id: 0,
        at_ms,
        connection,
        direction: Direction::Out,
        kind: ActivityKind::Comment,
        ours: Some("SUP-1".to_owned()),
        theirs: None,
        message: "activity-comment".to_owned(),
        facts: facts("author", "Ada"),
    }
}

fn pair(store: &Store) -> PairId {
    store.write(|tx| tx.new_pair(&c1(), &origin("i/1"), Side::Ours)).unwrap().id
}

#[test]
fn activity_is_counted_by_the_hour_and_direction() {
    let store = store();
    let hour = 3_600_000;
    let from = 7 * hour;
    let at = |at_ms, direction, connection| ActivityRow { direction, ..line(at_ms, connection) };
    for row in [
        at(from - 1, Direction::In, c1()),
        at(from, Direction::In, c1()),
        at(from + hour - 1, Direction::Out, c1()),
        at(from + hour - 1, Direction::In, c1()),
        at(from + 5 * hour, Direction::Out, c1()),
        at(from + 5 * hour, Direction::Out, c2()),
        at(from + 24 * hour, Direction::Out, c1()),
    ] {
        store.write(|tx| tx.add_activity(&row)).unwrap();
    }
    let counted = store.read(|tx| tx.activity_hours(&c1(), from, from + 24 * hour)).unwrap();
    let counted: Vec<_> = counted.into_iter().map(|c| (c.hour, c.incoming, c.outgoing)).collect();
    assert_eq!(counted, [(0, 2, 1), (5, 0, 1)], "neither what was before, nor what lies in the future");
}

#[test]
fn activity_is_paged_the_newest_first_and_pruned() {
    let store = store();
    let ids: Vec<i64> = [(10, c1()), (20, c2()), (30, c1())]
        .into_iter()
        .map(|(at, connection)| store.write(|tx| tx.add_activity(&line(at, connection))).unwrap())
        .collect();
    let page = |connection: Option<&ConnectionId>, before, limit| -> Vec<i64> {
        let rows = store.read(|tx| tx.activity_page(connection, before, limit)).unwrap();
        rows.into_iter().map(|r| r.id).collect()
    };
    assert_eq!(page(None, None, 10), [ids[2], ids[1], ids[0]]);
    assert_eq!(page(None, None, 1), [ids[2]]);
    assert_eq!(page(None, Some(ids[2]), 10), [ids[1], ids[0]]);
    assert_eq!(page(Some(&c1()), None, 10), [ids[2], ids[0]]);
    let kept = store.read(|tx| tx.activity_page(Some(&c2()), None, 1)).unwrap().remove(0);
    assert_eq!(kept, ActivityRow { id: ids[1], ..line(20, c2()) });
    let prune = |before, limit| store.write(|tx| tx.prune_activity(before, limit)).unwrap();
    assert_eq!((prune(10, 9), prune(30, 1), prune(30, 9), prune(30, 9)), (0, 1, 1, 0));
    assert_eq!(page(None, None, 10), [ids[2]]);
    store.connection().execute("UPDATE activity SET facts = 'x'", []).unwrap();
    let damaged = store.read(|tx| tx.activity_page(None, None, 1));
    assert!(matches!(damaged, Err(StoreError::Row { table: "activity", .. })));
}

#[test]
fn a_problem_is_one_row_for_each_thing_it_concerns() {
    let store = store();
    let pair = pair(&store);
    let raise = |pair, facts: &BTreeMap<String, String>, now| {
        store
            .write(|tx| tx.raise("attachment-too-large", Some(&c1()), pair, Some("SUP-1"), facts, now))
            .unwrap()
    };
    let first = raise(Some(pair), &facts("file", "a.png"), 10);
    let other = raise(Some(pair), &facts("file", "b.png"), 11);
    let whole = raise(None, &facts("file", "a.png"), 12);
    assert!(first != other && other != whole);
    store.write(|tx| tx.skip_problem(first, true)).unwrap();
    assert_eq!(raise(Some(pair), &facts("file", "a.png"), 20), first);
    let row = store.read(|tx| tx.problem(first)).unwrap().unwrap();
    assert_eq!((row.since_ms, row.last_ms, row.count, row.skipped), (10, 20, 2, true));
    assert_eq!((row.connection, row.pair, row.issue), (Some(c1()), Some(pair), Some("SUP-1".to_owned())));
    assert_eq!(row.facts, facts("file", "a.png"));
    let of_pair: Vec<i64> =
        store.read(|tx| tx.problems_of_pair(pair)).unwrap().iter().map(|p| p.id).collect();
    assert_eq!(of_pair, [first, other]);
    store.write(|tx| tx.remove_problem(other)).unwrap();
    assert_eq!(store.read(|tx| tx.problems()).unwrap().len(), 2);
    let gone = store.write(|tx| tx.skip_problem(other, true));
    assert!(matches!(gone, Err(StoreError::Missing { table: "problem" })));
}

#[test]
fn a_trouble_can_be_raised_as_it_is() {
    let store = store();
    let trouble = Trouble::new(ProblemCode::DiskFull).with("folder", "data");
    let raise =
        || store.write(|tx| tx.raise(trouble.code.as_str(), None, None, None, &trouble.facts, 1)).unwrap();
    assert_eq!(raise(), raise(), "also where neither connection nor pair is given");
    let row = store.read(|tx| tx.problems()).unwrap().remove(0);
    assert_eq!((row.code.as_str(), row.count, row.facts), ("disk-full", 2, facts("folder", "data")));
}

#[test]
fn settling_takes_what_fits_all_that_is_given() {
    let store = store();
    let pair = pair(&store);
    let none = BTreeMap::<String, String>::new();
    store
        .write(|tx| {
            tx.raise("conflict", Some(&c1()), Some(pair), None, &none, 1)?;
            tx.raise("conflict", Some(&c1()), None, None, &none, 1)?;
            tx.raise("conflict", Some(&c2()), None, None, &none, 1)?;
            tx.raise("disk-full", None, None, None, &none, 1)
        })
        .unwrap();
    let one = c1();
    let settle = |code, connection: Option<&ConnectionId>, pair| {
        store.write(|tx| tx.settle_problem(code, connection, pair)).unwrap()
    };
    assert_eq!(settle(None, None, None), 0, "nothing given, nothing settled");
    assert_eq!(settle(Some("disk-full"), Some(&one), None), 0);
    assert_eq!(settle(Some("conflict"), Some(&one), Some(pair)), 1);
    assert_eq!(settle(Some("conflict"), None, None), 2);
    store.write(|tx| tx.delete_connection(&c1())).unwrap();
    assert_eq!(store.read(|tx| tx.problems()).unwrap().len(), 1, "one of no connection stays");
}

#[test]
fn a_lost_value_is_kept() {
    let store = store();
    let pair = pair(&store);
    let conflict = ConflictRow {
        id: 1,
        settled_ms: None,
        connection: c1(),
        pair,
        field: "summary".to_owned(),
        at_ms: 5,
        winner: Side::Theirs,
        kept: "\"theirs\"".to_owned(),
        lost: "\"ours\"".to_owned(),
    };
    store.write(|tx| tx.add_conflict(&conflict)).unwrap();
    let later = ConflictRow { id: 2, at_ms: 6, ..conflict.clone() };
    store.write(|tx| tx.add_conflict(&later)).unwrap();
    assert_eq!(store.read(|tx| tx.conflicts_of(pair)).unwrap(), vec![conflict, later]);
    assert!(store.read(|tx| tx.conflicts_of(PairId(99))).unwrap().is_empty());
    assert_eq!(store.read(|tx| tx.open_conflicts(&c1())).unwrap(), 2);
    store.write(|tx| tx.settle_conflict(1, 7)).unwrap();
    assert_eq!(store.read(|tx| tx.open_conflicts(&c1())).unwrap(), 1);
    assert_eq!(store.read(|tx| tx.conflict(1)).unwrap().unwrap().settled_ms, Some(7));
    let page = |connection: &ConnectionId, after, limit| -> Vec<i64> {
        let found = store.read(|tx| tx.conflicts_page(connection, after, limit)).unwrap();
        found.iter().map(|c| c.id).collect()
    };
    assert_eq!(page(&c1(), None, 9), [2, 1], "settled ones too, the newest first");
    assert_eq!(page(&c1(), None, 1), [2]);
    assert_eq!(page(&c1(), Some(2), 9), [1]);
    assert!(page(&c2(), None, 9).is_empty());
    let gone = store.write(|tx| tx.settle_conflict(99, 7));
    assert!(matches!(gone, Err(StoreError::Missing { table: "conflict" })));
}
