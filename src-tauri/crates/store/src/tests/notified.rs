//! What the desktop was told comes back, and what was so before anybody was told is no news.

use std::collections::BTreeMap;

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};
use twinline_model::notification::{Fact, Kind};

use super::{c1, c2, fresh, store};
use crate::{Notified, Store, migrations};

#[test]
fn what_was_told_is_replaced_as_a_whole_and_what_people_know_is_added() {
    let store = store();
    let cause = |connection| Fact::Attention { connection, code: "from-the-future".to_owned() };
    let told = Notified {
        facts: BTreeMap::from([(Fact::Accepted(c1()), 7), (cause(Some(c1())), 8), (cause(None), 9)]),
        kinds: BTreeMap::from([(Kind::Accepted, 7), (Kind::Attention, 9)]),
    };
    store
        .write(|tx| tx.set_notified(&Notified { facts: [(Fact::Paused(c2()), 1)].into(), ..told.clone() }))
        .unwrap();
    store.write(|tx| tx.set_notified(&told)).unwrap();
    assert_eq!(store.read(|tx| tx.notified()).unwrap(), told);
    for at in [10, 11] {
        store.write(|tx| tx.note_known(&Fact::Left(c1()), at)).unwrap();
    }
    let facts = store.read(|tx| tx.notified()).unwrap().facts;
    assert_eq!((facts.len(), facts[&Fact::Left(c1())]), (4, 11));
}

#[test]
fn a_database_of_before_has_no_news_but_its_problems() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("twinline.db");
    let mut connection = Connection::open(&path).unwrap();
    let before = migrations::FILES[..11].iter().map(|(_, sql)| M::up(sql)).collect();
    migrations::apply(&mut connection, &Migrations::new(before)).unwrap();
    connection
        .execute_batch(
            "INSERT INTO meta VALUES (1, 'node', 'the first');
             INSERT INTO account (id) VALUES ('acc');
             INSERT INTO connection (id, role, mode, stage, account, approval, partner_paused) VALUES
                 ('new', 'public', 'basic', 'invited', 'acc', 'ask', 0),
                 ('asks', 'public', 'basic', 'awaiting_approval', 'acc', 'ask', 0),
                 ('runs', 'public', 'basic', 'connected', 'acc', 'ask', 1),
                 ('over', 'private', 'basic', 'ended', 'acc', 'ask', 0);
             INSERT INTO link (connection) SELECT id FROM connection;
             INSERT INTO problem (code, connection) VALUES ('issue-gone', 'runs');",
        )
        .unwrap();
    drop(connection);
    let store = Store::open(&path, fresh()).unwrap();
    let told = store.read(|tx| tx.notified()).unwrap();
    let known: Vec<_> = told.facts.into_keys().collect();
    let id = |name: &str| name.into();
    let expected = [
        Fact::Accepted(id("asks")),
        Fact::Accepted(id("over")),
        Fact::Accepted(id("runs")),
        Fact::FirstSync(id("runs")),
        Fact::Paused(id("runs")),
        Fact::Left(id("over")),
    ];
    assert_eq!(known, expected);
    assert!(told.kinds.is_empty());
}
