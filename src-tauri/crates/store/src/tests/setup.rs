//! Identity, accounts, connections, links, invitations.

use twinline_model::connection::{Partner, Stage};
use twinline_model::pause::Pause;
use twinline_model::{IssueId, NodeId};

use super::{account, c1, c2, connection, fresh, store};
use crate::{Fresh, Holder, Invited, InvitedState, LinkState, Store, StoreError};

#[test]
fn a_database_keeps_its_identity() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("twinline.db");
    drop(Store::open(&path, fresh()).unwrap());
    let other = Fresh { node: NodeId::new("z"), incarnation: "other".to_owned() };
    let store = Store::open(&path, other).unwrap();
    assert_eq!(store.read(|tx| tx.node()).unwrap(), fresh().node);
    assert_eq!(store.read(|tx| tx.incarnation()).unwrap(), "first");
    store.write(|tx| tx.set_incarnation("restored")).unwrap();
    assert_eq!(store.read(|tx| tx.incarnation()).unwrap(), "restored");
}

#[test]
fn settings_are_kept_and_replaced() {
    let store = store();
    assert_eq!(store.read(|tx| tx.setting("company")).unwrap(), None);
    store.write(|tx| tx.set_setting("company", "Acme")).unwrap();
    store.write(|tx| tx.set_setting("company", "Acme Ltd")).unwrap();
    assert_eq!(store.read(|tx| tx.setting("company")).unwrap().as_deref(), Some("Acme Ltd"));
}

#[test]
fn accounts_come_back_as_they_went_in() {
    let store = store();
    let mut second = account("second");
    second.site = "aaa.atlassian.net".to_owned();
    second.since_ms = Some(5);
    second.token_ends = Some("2027-03-01".to_owned());
    second.cloud = Some("c-1".to_owned());
    store.write(|tx| tx.insert_account(&second)).unwrap();
    assert_eq!(store.read(|tx| tx.accounts()).unwrap(), vec![second.clone(), account("acc")]);
    second.signed_in = false;
    second.projects = 9;
    second.token_ends = None;
    store.write(|tx| tx.update_account(&second)).unwrap();
    store.write(|tx| tx.set_cursor(&second.id, 70, 80)).unwrap();
    (second.since_ms, second.checked_ms) = (Some(70), Some(80));
    assert_eq!(store.read(|tx| tx.account(&second.id)).unwrap(), Some(second.clone()));
    store.write(|tx| tx.remove_account(&second.id)).unwrap();
    assert_eq!(store.read(|tx| tx.account(&second.id)).unwrap(), None);
    let missing = store.write(|tx| tx.update_account(&second));
    assert!(matches!(missing, Err(StoreError::Missing { table: "account" })));
}

#[test]
fn an_account_in_use_stays() {
    let store = store();
    let refused = store.write(|tx| tx.remove_account(&"acc".into()));
    assert!(matches!(refused, Err(StoreError::Constraint { .. })));
}

#[test]
fn seen_issues_go_with_their_account_only() {
    let store = store();
    let issue = IssueId::new("10001");
    store
        .write(|tx| {
            tx.insert_account(&account("other"))?;
            tx.set_seen(&"acc".into(), &issue, "one")?;
            tx.set_seen(&"acc".into(), &issue, "two")?;
            tx.set_seen(&"other".into(), &issue, "three")
        })
        .unwrap();
    assert_eq!(store.read(|tx| tx.seen(&"acc".into(), &issue)).unwrap().as_deref(), Some("two"));
    store.write(|tx| tx.forget_seen(&"acc".into())).unwrap();
    assert_eq!(store.read(|tx| tx.seen(&"acc".into(), &issue)).unwrap(), None);
    assert_eq!(store.read(|tx| tx.seen(&"other".into(), &issue)).unwrap().as_deref(), Some("three"));
    store.write(|tx| tx.remove_account(&"other".into())).unwrap();
    assert_eq!(store.read(|tx| tx.seen(&"other".into(), &issue)).unwrap(), None);
}

#[test]
fn connections_come_back_as_they_went_in() {
    let store = store();
    let mut third = connection("c3");
    third.created_ms = 1;
    third.given_name = Some("Globex".to_owned());
    third.partner = Some(Partner {
        node: NodeId::new("n"),
        name: "Globex Corporation".to_owned(),
        site: "globex.atlassian.net".to_owned(),
        person: "Hank".to_owned(),
        project: "GLX".to_owned(),
    });
    third.filter = Some("labels = shared".to_owned());
    third.default_type = Some("Task".to_owned());
    third.above = Some(17);
    third.existing = true;
    store.write(|tx| tx.insert_connection(&third)).unwrap();
    let all = store.read(|tx| tx.connections()).unwrap();
    assert_eq!(all, vec![third.clone(), connection("c1"), connection("c2")]);
    third.stage = Stage::Ended;
    third.paused = Some(Pause::Until { since_ms: 1, until_ms: 2 });
    third.above = None;
    store.write(|tx| tx.update_connection(&third)).unwrap();
    assert_eq!(store.read(|tx| tx.connection(&third.id)).unwrap(), Some(third.clone()));
    let twice = store.write(|tx| tx.insert_connection(&third));
    assert!(matches!(twice, Err(StoreError::Constraint { .. })));
    third.above = Some(u64::MAX);
    let large = store.write(|tx| tx.update_connection(&third));
    assert!(matches!(large, Err(StoreError::Number(u64::MAX))));
}

#[test]
fn words_of_a_newer_version_name_their_table() {
    let store = store();
    for (column, value) in [("stage", "hibernating"), ("partner", "{\"no"), ("above", "-4")] {
        let sql = format!("UPDATE connection SET {column} = ?1 WHERE id = 'c1'");
        let before = format!("SELECT {column} FROM connection WHERE id = 'c2'");
        store.connection().execute(&sql, [value]).unwrap();
        let found = store.read(|tx| tx.connection(&c1()));
        assert!(matches!(found, Err(StoreError::Row { table: "connection", .. })), "{column}: {found:?}");
        let repair = format!("UPDATE connection SET {column} = ({before}) WHERE id = 'c1'");
        store.connection().execute(&repair, []).unwrap();
    }
    assert!(store.read(|tx| tx.connection(&c1())).unwrap().is_some());
}

#[test]
fn a_connection_has_a_link_from_the_beginning() {
    let store = store();
    let new = LinkState { incarnation: "first".to_owned(), ..LinkState::default() };
    assert_eq!(store.read(|tx| tx.link(&c1())).unwrap(), new);
    let link = LinkState {
        our_key: "aa".to_owned(),
        their_key: Some("bb".to_owned()),
        sent: (7, "chain7".to_owned()),
        acked: 5,
        received: (9, "chain9".to_owned()),
        partner_incarnation: Some("i".to_owned()),
        statement_generation: 3,
        partner_generation: 4,
        last_contact_ms: Some(11),
        partner_checked_ms: Some(12),
        partner_pending: 13,
        partner_problems: 14,
        comparison: Some("four words".to_owned()),
        last_error: Some("partner-unreachable".to_owned()),
        incarnation: "inc".to_owned(),
        acked_chain: "chain5".to_owned(),
        reconciling: true,
        compared_ms: Some(14),
        healed: 15,
        holder: Some(Holder { run: "r".to_owned(), place: "p".to_owned() }),
        first_synced_ms: Some(16),
        partner_unsent: 17,
        partner_interval_ms: 18,
        partner_asks: Some(false),
    };
    store.write(|tx| tx.set_link(&c1(), &link)).unwrap();
    assert_eq!(store.read(|tx| tx.link(&c1())).unwrap(), link);
    let begun = LinkState { incarnation: "first".to_owned(), ..LinkState::default() };
    assert_eq!(store.read(|tx| tx.link(&c2())).unwrap(), begun);
    let nobody = store.read(|tx| tx.link(&"c9".into()));
    assert!(matches!(nobody, Err(StoreError::Missing { table: "link" })));
}

#[test]
fn invitations_outlive_their_connection() {
    let store = store();
    let invited = |id: &str| Invited {
        id: id.to_owned(),
        connection: c1(),
        label: "for Hank".to_owned(),
        expires_s: 1_800_000_000,
        state: InvitedState::Open,
    };
    store
        .write(|tx| {
            tx.insert_invited(&invited("one"))?;
            tx.insert_invited(&invited("two"))?;
            tx.insert_accepted("three", &c1())
        })
        .unwrap();
    assert_eq!(store.read(|tx| tx.open_invitations()).unwrap(), 2);
    assert_eq!(store.read(|tx| tx.invited("one")).unwrap(), Some(invited("one")));
    assert_eq!(store.read(|tx| tx.invited_of(&c1())).unwrap(), Some(invited("two")));
    let used = InvitedState::Used { key: "abc".to_owned() };
    store.write(|tx| tx.set_invited_state("one", &used)).unwrap();
    store.write(|tx| tx.delete_connection(&c1())).unwrap();
    assert_eq!(store.read(|tx| tx.invited("one")).unwrap().unwrap().state, used);
    assert_eq!(store.read(|tx| tx.invited("two")).unwrap().unwrap().state, InvitedState::Withdrawn);
    assert_eq!(store.read(|tx| tx.open_invitations()).unwrap(), 0);
    assert_eq!(store.read(|tx| tx.accepted("three")).unwrap(), Some(c1()));
    assert_eq!(store.read(|tx| tx.accepted("one")).unwrap(), None);
}

#[test]
fn a_guard_holds_one_connection_until_a_person_lets_it_go_on() {
    let store = store();
    store
        .write(|tx| {
            tx.set_held(&c1(), Some("mass-loss"))?;
            tx.set_census_ms(&c1(), 77)?;
            // What people change of a connection does not let it go.
            tx.update_connection(&connection("c1"))
        })
        .unwrap();
    let state =
        |id: &twinline_model::ConnectionId| store.read(|tx| Ok((tx.held(id)?, tx.census_ms(id)?))).unwrap();
    assert_eq!(state(&c1()), (Some("mass-loss".to_owned()), Some(77)));
    assert_eq!(state(&super::c2()), (None, None));
    store.write(|tx| tx.set_held(&c1(), None)).unwrap();
    assert_eq!(state(&c1()), (None, Some(77)));
    let nobody = store.write(|tx| tx.set_held(&"c9".into(), None));
    assert!(matches!(nobody, Err(crate::StoreError::Missing { table: "connection" })));
}

#[test]
fn f53_what_a_person_said_of_a_loss_is_for_one_look_at_one_connection() {
    let store = store();
    let accepted = |id| store.read(|tx| tx.is_loss_accepted(&id)).unwrap();
    assert!(!accepted(super::c1()));
    store.write(|tx| tx.accept_loss(&super::c1())).unwrap();
    assert_eq!((accepted(super::c1()), accepted(super::c2())), (true, false));
    store.write(|tx| tx.forget_accepted_loss(&super::c1())).unwrap();
    assert!(!accepted(super::c1()));
}

#[test]
fn a_database_is_told_in_numbers() {
    let store = store();
    let facts = store.read(|tx| tx.facts()).unwrap();
    assert_eq!(facts.schema, crate::migrations::FILES.len() as u64);
    let rows = |table: &str| facts.rows.iter().find(|(name, _)| name == table).map(|(_, rows)| *rows);
    assert_eq!((rows("connection"), rows("account"), rows("pair")), (Some(2), Some(1), Some(0)));
    assert_eq!(rows("sqlite_sequence"), None);
    assert!(facts.pages.0 > 10 && facts.page_size >= 512 && facts.sqlite.starts_with('3'), "{facts:?}");
    let made = |item: &str| {
        let origin = super::origin(item);
        store.write(|tx| tx.new_pair(&c1(), &origin, twinline_model::pair::Side::Ours)).unwrap()
    };
    made("i/1");
    made("i/2");
    assert_eq!(store.read(|tx| tx.standings(&c1())).unwrap(), [("syncing".to_owned(), 2)]);
    assert_eq!(store.read(|tx| tx.standings(&c2())).unwrap(), []);
}
