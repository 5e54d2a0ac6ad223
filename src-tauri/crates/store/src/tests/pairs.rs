//! Pairs and intents.

use std::time::Instant;

use twinline_model::connection::Connection;
use twinline_model::document::{Block, MAX_DEPTH};
use twinline_model::intent::{IntentState, IssueFields, Write};
use twinline_model::pair::{OurIssue, Pair, Side, Stop, TheirIssue};
use twinline_model::replica::{Version, Versioned};
use twinline_model::view::{Direction, PairStanding};
use twinline_model::{CommentId, Document, IssueId, IssueKey, Origin, PairId};

use super::{account, c1, c2, fresh, origin, store};
use crate::{Account, PairCounts, PairFlags, Progress, Stops, Store, StoreError, Wish};

const QUIET: PairFlags = PairFlags {
    to_send: false,
    to_do: false,
    standing: PairStanding::InStep,
    urgent: false,
    place: String::new(),
    digest: String::new(),
};

fn with_issue(mut pair: Pair, number: u64, title: &str) -> Pair {
    pair.ours = Some(OurIssue {
        id: IssueId::new(format!("{}", 10_000 + number)),
        key: IssueKey::new(format!("SUP-{number}")),
        url: format!("https://acme.atlassian.net/browse/SUP-{number}"),
    });
    pair.theirs =
        Some(TheirIssue { key: format!("GLX-{number}"), link: "https://globex.example/1".to_owned() });
    pair.summary.base_local = Some(title.to_owned());
    pair
}

fn add(store: &Store, item: &str, number: u64, title: &str, flags: PairFlags) -> Pair {
    store
        .write(|tx| {
            let pair = with_issue(tx.new_pair(&c1(), &origin(item), Side::Theirs)?, number, title);
            tx.save_pair(&pair, flags, Some(86_400_000))?;
            Ok(pair)
        })
        .unwrap()
}

#[test]
fn an_issue_that_was_born_here_is_nobodys_twin_whichever_side_of_this_node_it_lies_on() {
    let store = store();
    let born = store.write(|tx| tx.new_pair(&c1(), &origin("i/1"), Side::Ours)).unwrap();
    store.write(|tx| tx.save_pair(&with_issue(born, 1, "Born here"), QUIET, None)).unwrap();
    let issue = IssueId::new("10001");
    store
        .read(|tx| {
            assert_eq!(tx.twins_anywhere(&origin("i/1"))?, vec![]);
            assert_eq!(tx.issues_from_others(&c2())?, vec![]);
            let here = tx.pairs_of_issue_anywhere("acme.atlassian.net", &issue)?;
            assert_eq!(here, vec![(c1(), Side::Ours)]);
            Ok(())
        })
        .unwrap();
    // The other side's row of the same origin.
    store.write(|tx| tx.new_pair(&c2(), &origin("i/1"), Side::Theirs)).unwrap();
    assert_eq!(store.read(|tx| tx.twins_anywhere(&origin("i/1"))).unwrap(), vec![(c2(), None)]);
}

#[test]
fn a_pair_is_found_by_each_of_its_names() {
    let store = store();
    let made = store.write(|tx| tx.new_pair(&c1(), &origin("i/1"), Side::Theirs)).unwrap();
    assert_eq!(made, Pair::new(made.id, c1(), origin("i/1"), Side::Theirs));
    assert_eq!(store.read(|tx| tx.pair(made.id)).unwrap(), Some(made.clone()));
    assert_eq!(store.read(|tx| tx.twins_anywhere(&origin("i/1"))).unwrap(), vec![(c1(), None)]);
    let pair = with_issue(made, 5, "Printer on fire");
    store.write(|tx| tx.save_pair(&pair, QUIET, None)).unwrap();
    let issue = IssueId::new("10005");
    let unlinked = PairFlags { standing: PairStanding::Unlinked, ..QUIET };
    store.write(|tx| tx.save_pair(&pair, unlinked, None)).unwrap();
    assert_eq!(store.read(|tx| tx.issues_of(&c1())).unwrap(), vec![(issue.clone(), false)]);
    store.write(|tx| tx.save_pair(&pair, QUIET, None)).unwrap();
    store
        .read(|tx| {
            assert_eq!(tx.pair(pair.id)?, Some(pair.clone()));
            assert_eq!(tx.pair_of_origin(&c1(), &origin("i/1"))?, Some(pair.clone()));
            assert_eq!(tx.pair_of_origin(&c2(), &origin("i/1"))?, None);
            let elsewhere = Origin { node: "other".into(), item: "i/1".to_owned() };
            assert_eq!(tx.pair_of_origin(&c1(), &elsewhere)?, None);
            assert_eq!(tx.pair_of_issue(&c1(), &issue)?, Some(pair.clone()));
            assert_eq!(tx.pair_of_issue(&c2(), &issue)?, None);
            assert_eq!(tx.pairs_of_issue_anywhere("acme.atlassian.net", &issue)?, vec![(c1(), Side::Theirs)]);
            assert_eq!(tx.pairs_of_issue_anywhere("another.example", &issue)?, vec![], "another site's");
            assert_eq!(tx.issues_of(&c1())?, vec![(issue.clone(), true)]);
            assert_eq!(tx.issues_of(&c2())?, vec![]);
            assert_eq!(tx.issues_from_others(&c2())?, vec![issue.clone()]);
            assert_eq!(tx.issues_from_others(&c1())?, vec![], "it is this connection's own");
            assert_eq!(tx.twins_anywhere(&origin("i/1"))?, vec![(c1(), Some(issue.clone()))]);
            assert_eq!(tx.pair(PairId(999))?, None);
            Ok(())
        })
        .unwrap();
}

/// Somebody signs in to a site after it was renamed: it goes by two names, and its issues are the same.
#[test]
fn a_site_that_was_renamed_is_one_site() {
    let store = store();
    let found = store
        .write(|tx| {
            let twin = tx.new_pair(&c1(), &origin("i/1"), Side::Theirs)?;
            tx.save_pair(&with_issue(twin, 5, "Printer on fire"), QUIET, None)?;
            let cloud = Some("c-1".to_owned());
            tx.update_account(&Account { cloud: cloud.clone(), ..account("acc") })?;
            let renamed = Account { site: "acme-new.atlassian.net".to_owned(), cloud, ..account("second") };
            tx.insert_account(&renamed)?;
            tx.update_connection(&Connection { account: renamed.id, ..tx.connection(&c2())?.unwrap() })?;
            let issue = IssueId::new("10005");
            Ok((tx.pairs_of_issue_anywhere("acme-new.atlassian.net", &issue)?, tx.issues_from_others(&c2())?))
        })
        .unwrap();
    assert_eq!(found, (vec![(c1(), Side::Theirs)], vec![IssueId::new("10005")]));
}

#[test]
fn f59_a_pair_with_the_deepest_text_there_is_is_read_again() {
    let store = store();
    let mut pair = add(&store, "i/1", 1, "one", QUIET);
    let mut blocks = Document::plain("deep").blocks;
    while (Document { blocks: blocks.clone() }).depth() < MAX_DEPTH {
        blocks = vec![Block::BulletList { items: vec![blocks] }];
    }
    pair.description.base_remote = Some(Document { blocks });
    store.write(|tx| tx.save_pair(&pair, QUIET, None)).unwrap();
    assert_eq!(store.read(|tx| tx.pair(pair.id)).unwrap(), Some(pair));
}

#[test]
fn what_was_told_of_stops_is_kept_and_forgotten_as_a_whole() {
    let store = store();
    let told = add(&store, "i/1", 1, "told", QUIET).id;
    let heard = add(&store, "i/2", 2, "heard", QUIET).id;
    let asks = add(&store, "i/3", 3, "asks", QUIET).id;
    let quiet = add(&store, "i/4", 4, "quiet", QUIET).id;
    let (waits, skipped) = (Some(Stop::Waits), Some(Stop::Skipped));
    let open = |tx: &mut crate::Tx<'_>, pair| {
        tx.raise("drift", Some(&c1()), pair, None, &std::collections::BTreeMap::<String, String>::new(), 1)
    };
    store
        .write(|tx| {
            tx.set_stops(told, Stops { told: waits, theirs: None })?;
            tx.set_stops(heard, Stops { told: None, theirs: skipped })?;
            let (_, left) = (open(tx, Some(asks))?, open(tx, Some(told))?);
            tx.skip_problem(left, true)?;
            open(tx, None)
        })
        .unwrap();
    store
        .read(|tx| {
            assert_eq!(tx.stops(told)?, Stops { told: waits, theirs: None });
            assert_eq!(tx.stops(heard)?, Stops { told: None, theirs: skipped });
            assert_eq!(tx.stops(quiet)?, Stops::default());
            assert_eq!(tx.stops(PairId(999))?, Stops::default());
            assert_eq!(
                tx.open_problems(&c1())?.len(),
                2,
                "the whole connection's as well, but not what was left out"
            );
            assert!(tx.open_problems(&c2())?.is_empty());
            Ok(())
        })
        .unwrap();
    assert!(store.write(|tx| tx.forget_stops(&c2())).unwrap().is_empty());
    assert_eq!(store.write(|tx| tx.forget_stops(&c1())).unwrap(), [told, heard, asks]);
    assert_eq!(store.read(|tx| tx.stops(told)).unwrap(), Stops::default());
    assert_eq!(store.read(|tx| tx.stops(heard)).unwrap(), Stops::default());
}

#[test]
fn an_origin_and_an_issue_have_one_pair_per_connection() {
    let store = store();
    add(&store, "i/1", 1, "one", QUIET);
    let twice = store.write(|tx| tx.new_pair(&c1(), &origin("i/1"), Side::Theirs));
    assert!(matches!(twice, Err(StoreError::Constraint { .. })));
    store.write(|tx| tx.new_pair(&c2(), &origin("i/1"), Side::Theirs)).unwrap();
    let same_issue = store.write(|tx| {
        let pair = with_issue(tx.new_pair(&c1(), &origin("i/2"), Side::Theirs)?, 1, "two");
        tx.save_pair(&pair, QUIET, None)
    });
    assert!(matches!(same_issue, Err(StoreError::Constraint { .. })));
    assert!(store.read(|tx| tx.pair_of_origin(&c1(), &origin("i/2"))).unwrap().is_none(), "rolled back");
}

#[test]
fn work_is_listed_the_oldest_first_and_counted() {
    let store = store();
    let send = PairFlags { to_send: true, ..QUIET };
    let act = PairFlags { to_do: true, standing: PairStanding::Syncing, ..QUIET };
    let stopped = PairFlags { standing: PairStanding::Stopped, ..QUIET };
    let a = add(&store, "i/1", 1, "a", send.clone()).id;
    let b = add(&store, "i/2", 2, "b", act.clone()).id;
    let c = add(&store, "i/3", 3, "c", act).id;
    let d = add(&store, "i/4", 4, "d", stopped);
    store
        .read(|tx| {
            assert_eq!(tx.pairs_to_send(&c1(), 10)?, vec![a]);
            assert_eq!(tx.pairs_to_do(&c1(), false, 10, PairId(0))?, vec![b, c]);
            assert_eq!(tx.pairs_to_do(&c1(), false, 1, PairId(0))?, vec![b]);
            assert_eq!(tx.pairs_to_do(&c1(), false, 10, b)?, vec![c]);
            assert_eq!(tx.pair_ids(&c1(), 2, a)?, vec![b, c]);
            assert!(tx.pairs_to_do(&c2(), false, 10, PairId(0))?.is_empty());
            assert_eq!(tx.counts(&c1())?, PairCounts { pairs: 4, to_send: 1, to_do: 2, stopped: 1 });
            assert_eq!(tx.counts(&c2())?, PairCounts::default());
            Ok(())
        })
        .unwrap();
    let progress = |since_ms| store.read(|tx| tx.how_far(&c1(), since_ms)).unwrap();
    assert_eq!(progress(0), Progress { pairs: 4, done: 2, lately: 2, first_ms: Some(86_400_000) });
    assert_eq!(
        store.read(|tx| tx.unsent(&c1())).unwrap(),
        0,
        "the partner knows it, and gets a change of it"
    );
    store.write(|tx| tx.save_pair(&d, send.clone(), Some(86_400_070))).unwrap();
    assert_eq!(store.read(|tx| tx.pairs_to_send(&c1(), 10)).unwrap(), vec![a, d.id]);
    let later = Progress { pairs: 4, done: 2, lately: 1, first_ms: Some(86_400_000) };
    assert_eq!(progress(86_400_070), later);
    assert_eq!(progress(86_400_071).lately, 0);
    let untold = Pair { theirs: None, ..d };
    store.write(|tx| tx.save_pair(&untold, send, None)).unwrap();
    assert_eq!(store.read(|tx| tx.unsent(&c1())).unwrap(), 1);
    assert_eq!(store.read(|tx| tx.counts(&c1())).unwrap().stopped, 0);
    add(&store, "i/5", 5, "synced no longer", PairFlags { standing: PairStanding::Unlinked, ..QUIET });
    assert_eq!(
        store.read(|tx| tx.counts(&c1())).unwrap().pairs,
        4,
        "what is synced no longer is not counted"
    );
}

#[test]
fn a_wish_is_kept_until_it_is_granted() {
    let store = store();
    let pair = add(&store, "i/1", 1, "a", QUIET);
    let issue = pair.ours.clone().unwrap().id;
    let wished = || store.read(|tx| tx.wished(&c1(), 10)).unwrap();
    assert!(wished().is_empty());
    store.write(|tx| tx.wish(pair.id, 5)).unwrap();
    store.write(|tx| tx.save_pair(&pair, QUIET, None)).unwrap();
    let wish = Wish { pair: pair.id, issue, at_ms: 5 };
    assert_eq!(wished(), std::slice::from_ref(&wish), "whatever else happens to it");
    assert!(store.read(|tx| tx.wished(&c2(), 10)).unwrap().is_empty());
    store.write(|tx| tx.wish(pair.id, 6)).unwrap();
    store.write(|tx| tx.grant_wish(&wish)).unwrap();
    let again = Wish { at_ms: 6, ..wish };
    assert_eq!(wished(), std::slice::from_ref(&again), "wished again while it was looked at");
    store.write(|tx| tx.grant_wish(&again)).unwrap();
    assert!(wished().is_empty());
    assert!(matches!(store.write(|tx| tx.wish(PairId(999), 5)), Err(StoreError::Missing { table: "pair" })));
}

#[test]
fn the_list_shows_what_people_know() {
    let store = store();
    let first = add(&store, "i/1", 1, "Änderung am Drucker", QUIET).id;
    let second =
        add(&store, "i/2", 22, "100% of_it", PairFlags { standing: PairStanding::Stopped, ..QUIET }).id;
    let bare = store.write(|tx| tx.new_pair(&c1(), &origin("i/3"), Side::Ours)).unwrap().id;
    let page =
        |search: &str, after, limit| store.read(|tx| tx.pairs_page(&c1(), search, after, limit)).unwrap();
    let ids = |search: &str| page(search, None, 10).into_iter().map(|v| v.id).collect::<Vec<_>>();
    let (one, two, three) = (first.0.to_string(), second.0.to_string(), bare.0.to_string());
    assert_eq!(ids(""), [three, two.clone(), one.clone()]);
    assert_eq!(page("", Some(bare), 1)[0].id, two);
    assert_eq!(ids(" änderung "), [one.as_str()], "whatever the case, umlauts too");
    assert_eq!(ids("glx-22"), [two.as_str()]);
    assert_eq!(ids("0% of_i"), [two]);
    assert_eq!(ids("%"), ids("100"), "no wildcards");
    assert!(ids("nothing like it").is_empty());
    let view = &page("SUP-1", None, 10)[0];
    assert_eq!(view.id, one);
    assert_eq!(view.ours.as_deref(), Some("SUP-1"));
    assert_eq!(view.ours_url.as_deref(), Some("https://acme.atlassian.net/browse/SUP-1"));
    assert_eq!(view.theirs.as_deref(), Some("GLX-1"));
    assert_eq!(view.theirs_url.as_deref(), Some("https://globex.example/1"));
    assert_eq!(view.title, "Änderung am Drucker");
    assert_eq!(view.state, PairStanding::InStep);
    assert_eq!(view.last_change_at.as_deref(), Some("1970-01-02T00:00:00Z"));
    assert_eq!(view.direction, Direction::In);
    let empty = &page("", None, 1)[0];
    assert_eq!((empty.ours.as_ref(), empty.title.as_str(), empty.direction), (None, "", Direction::Out));
    assert_eq!(empty.last_change_at, None);
}

#[test]
fn the_title_is_the_best_that_is_known() {
    let store = store();
    let title = |pair: &Pair| {
        store.write(|tx| tx.save_pair(pair, QUIET, None)).unwrap();
        store.read(|tx| tx.pairs_page(&c1(), "", None, 1)).unwrap()[0].title.clone()
    };
    let mut pair = store.write(|tx| tx.new_pair(&c1(), &origin("i/1"), Side::Theirs)).unwrap();
    assert_eq!(title(&pair), "");
    pair.summary.remote =
        Some(Versioned { version: Version { owner: 1, other: 0 }, value: "received".to_owned() });
    assert_eq!(title(&pair), "received");
    pair.summary.base_local = Some("written here".to_owned());
    assert_eq!(title(&pair), "written here");
}

#[test]
fn a_change_without_a_time_keeps_the_last_one() {
    let store = store();
    let pair = add(&store, "i/1", 1, "a", QUIET);
    store.write(|tx| tx.save_pair(&pair, QUIET, None)).unwrap();
    let view = store.read(|tx| tx.pairs_page(&c1(), "", None, 1)).unwrap().remove(0);
    assert_eq!(view.last_change_at.as_deref(), Some("1970-01-02T00:00:00Z"));
}

#[test]
fn issues_that_were_not_fully_taken_in_are_found_again() {
    let store = store();
    let first = add(&store, "i/1", 1, "a", QUIET);
    let second = add(&store, "i/2", 2, "b", QUIET);
    add(&store, "i/3", 3, "c", PairFlags { standing: PairStanding::Unlinked, ..QUIET });
    let unseen = |after| store.read(|tx| tx.unseen(&c1(), &"acc".into(), 10, after)).unwrap();
    let issue = |pair: &Pair| pair.ours.as_ref().unwrap().id.clone();
    assert_eq!(unseen(PairId(0)), [(first.id, issue(&first)), (second.id, issue(&second))]);
    assert_eq!(unseen(first.id), [(second.id, issue(&second))]);
    store.write(|tx| tx.set_seen(&"acc".into(), &issue(&first), "print")).unwrap();
    assert_eq!(unseen(PairId(0)), [(second.id, issue(&second))]);
    store.write(|tx| tx.forget_seen_issue(&"acc".into(), &issue(&first))).unwrap();
    assert_eq!(unseen(PairId(0)).len(), 2);
}

#[test]
fn the_highest_number_is_that_of_our_project() {
    let store = store();
    assert_eq!(store.read(|tx| tx.highest_number(&c1())).unwrap(), 0);
    add(&store, "i/1", 41, "a", QUIET);
    let mut moved = add(&store, "i/2", 40, "b", QUIET);
    assert_eq!(store.read(|tx| tx.highest_number(&c1())).unwrap(), 41);
    // It moved into another project with higher numbers: a probe above those would miss our own creates.
    moved.ours.as_mut().unwrap().key = IssueKey::new("OPS-9000");
    store.write(|tx| tx.save_pair(&moved, QUIET, None)).unwrap();
    assert_eq!(store.read(|tx| tx.highest_number(&c1())).unwrap(), 41);
    store.write(|tx| tx.update_connection(&super::connection("c1"))).unwrap();
    assert_eq!(store.read(|tx| tx.highest_number(&c1())).unwrap(), 41, "an edit of the connection leaves it");
}

#[test]
fn where_a_sweep_began_is_kept_until_it_is_through() {
    let store = store();
    let from = || store.read(|tx| tx.sweep_from(&c1())).unwrap();
    assert_eq!(from(), None);
    store.write(|tx| tx.set_sweep_from(&c1(), Some(7))).unwrap();
    // What is found meanwhile, and an admin's edit, say nothing about the numbers below.
    add(&store, "i/1", 41, "a", QUIET);
    store.write(|tx| tx.update_connection(&super::connection("c1"))).unwrap();
    assert_eq!(from(), Some(7));
    store.write(|tx| tx.set_sweep_from(&c1(), None)).unwrap();
    assert_eq!(from(), None);
    let nobody = store.write(|tx| tx.set_sweep_from(&"c9".into(), Some(1)));
    assert!(nobody.is_err(), "a connection that is not there");
}

#[test]
fn a_damaged_pair_is_an_error_that_names_its_table_and_the_list_still_shows_it() {
    let store = store();
    let pair = add(&store, "i/1", 1, "Printer", QUIET);
    add(&store, "i/2", 2, "Scanner", QUIET);
    for damage in ["{\"id\":1", "{\"id\":1,\"state\":{\"state\":\"from the future\"}}", "[]"] {
        store
            .connection()
            .execute("UPDATE pair_trees SET state = ?1, sum = NULL WHERE pair = ?2", (damage, pair.id.0))
            .unwrap();
        let read = store.read(|tx| tx.pair(pair.id));
        assert!(matches!(read, Err(StoreError::Row { table: "pair_trees", .. })), "{read:?}");
        let found = store.read(|tx| tx.pair_of_origin(&c1(), &origin("i/1")));
        assert!(matches!(found, Err(StoreError::Row { table: "pair_trees", .. })));
        let list = store.read(|tx| tx.pairs_page(&c1(), "", None, 10)).unwrap();
        assert_eq!((list.len(), list[1].title.as_str()), (2, "Printer"));
    }
}

#[test]
fn a_pair_is_what_stands_there_whatever_was_read_before() {
    let store = store();
    let first = add(&store, "i/1", 1, "one", QUIET);
    let others: Vec<Pair> = (2..40).map(|n| add(&store, &format!("i/{n}"), n, "another", QUIET)).collect();
    let read = |pair: PairId| store.read(|tx| tx.pair(pair));
    for _ in 0..2 {
        assert_eq!(read(first.id).unwrap().as_ref(), Some(&first));
        for other in &others {
            assert_eq!(read(other.id).unwrap().as_ref(), Some(other), "none is taken for another");
        }
    }
    // A write that is taken back: read in it, and after it.
    let edited = with_issue(first.clone(), 1, "edited");
    let undone = store.write(|tx| {
        assert_eq!(tx.pair(first.id)?.as_ref(), Some(&first));
        tx.save_pair(&edited, QUIET, None)?;
        assert_eq!(tx.pair(first.id)?.as_ref(), Some(&edited));
        Err::<(), _>(StoreError::Number(0))
    });
    assert!(undone.is_err());
    assert_eq!(read(first.id).unwrap(), Some(first.clone()));
    store.write(|tx| tx.save_pair(&edited, QUIET, None)).unwrap();
    assert_eq!(read(first.id).unwrap(), Some(edited));
    // A damaged sum is noticed, although the text is known.
    store.connection().execute("UPDATE pair_trees SET sum = sum + 1 WHERE pair = ?1", [first.id.0]).unwrap();
    assert!(matches!(read(first.id), Err(StoreError::Row { table: "pair_trees", .. })));
}

fn create() -> Write {
    Write::CreateIssue { fields: IssueFields::default(), above: 41, attempt: 2 }
}

#[test]
fn an_intent_lives_until_it_is_settled() {
    let store = store();
    let pair = add(&store, "i/1", 1, "a", QUIET).id;
    let edit = Write::EditComment {
        origin: origin("c/1"),
        comment: CommentId::new("7"),
        version: 2,
        body: Document::default(),
    };
    let (first, second) = store
        .write(|tx| {
            Ok((tx.insert_intent(&c1(), pair, &create(), 77)?, tx.insert_intent(&c1(), pair, &edit, 78)?))
        })
        .unwrap();
    store
        .read(|tx| {
            let all = tx.intents_of(pair)?;
            assert_eq!(all.len(), 2);
            assert_eq!((all[0].id, &all[0].write, &all[0].state), (first, &create(), &IntentState::Sent));
            assert_eq!((all[1].pair, &all[1].connection), (pair, &c1()));
            assert_eq!(tx.intents(&c1())?, all);
            assert_eq!(tx.all_intents()?, all);
            assert!(tx.intents(&c2())?.is_empty());
            assert!(tx.create_open(&c1())?);
            assert!(!tx.create_open(&c2())?);
            assert_eq!(tx.intent_created_ms(second)?, Some(78));
            Ok(())
        })
        .unwrap();
    store.write(|tx| tx.set_intent_state(first, &IntentState::Unknown { clean_probes: 2 })).unwrap();
    assert_eq!(
        store.read(|tx| tx.intents_of(pair)).unwrap()[0].state,
        IntentState::Unknown { clean_probes: 2 }
    );
    // A start: the one that was sent is unknown, and probes of the run before count for nothing.
    assert_eq!(store.write(|tx| tx.sent_become_unknown()).unwrap(), 1);
    for intent in store.read(|tx| tx.all_intents()).unwrap() {
        assert_eq!(intent.state, IntentState::Unknown { clean_probes: 0 });
    }
    store.write(|tx| tx.remove_intent(first)).unwrap();
    assert!(!store.read(|tx| tx.create_open(&c1())).unwrap());
    store.write(|tx| tx.set_intent_state(first, &IntentState::Sent)).unwrap();
    assert!(!store.read(|tx| tx.create_open(&c1())).unwrap(), "what is settled stays settled");
    store.connection().execute("UPDATE intent SET write = '{\"write\":\"levitate\"}'", []).unwrap();
    assert!(matches!(store.read(|tx| tx.all_intents()), Err(StoreError::Row { table: "intent", .. })));
}

#[test]
fn a_connection_takes_everything_of_it_along_and_numbers_are_never_used_again() {
    let store = store();
    let pair = add(&store, "i/1", 1, "a", QUIET).id;
    let intent = store.write(|tx| tx.insert_intent(&c1(), pair, &create(), 0)).unwrap();
    store.write(|tx| tx.delete_connection(&c1())).unwrap();
    store.integrity_check().unwrap();
    assert_eq!(store.read(|tx| tx.pair(pair)).unwrap(), None);
    assert!(store.read(|tx| tx.all_intents()).unwrap().is_empty());
    store
        .write(|tx| {
            let next = tx.new_pair(&c2(), &origin("i/9"), Side::Ours)?;
            assert!(next.id > pair);
            assert!(tx.insert_intent(&c2(), next.id, &create(), 0)? > intent);
            Ok(())
        })
        .unwrap();
}

/// Performance table, row 10. The bound here is loose: a shared machine, a debug build; the bench has the real one.
#[test]
fn a_page_of_ten_thousand_pairs_is_quick() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("twinline.db"), fresh()).unwrap();
    super::fill(&store);
    store
        .write(|tx| {
            for n in 1..=10_000_u64 {
                let pair =
                    tx.new_pair(&c1(), &origin(&format!("globex.atlassian.net/i/{n}")), Side::Theirs)?;
                let pair = with_issue(pair, n, "A title that is about as long as titles are");
                tx.save_pair(&pair, QUIET, Some(1))?;
            }
            Ok(())
        })
        .unwrap();
    let mut took: [Vec<u128>; 3] = Default::default();
    for _ in 0..40 {
        for (at, search) in ["", "no such words", "sup-9999"].into_iter().enumerate() {
            let began = Instant::now();
            let page = store.read(|tx| tx.pairs_page(&c1(), search, None, 50)).unwrap();
            took[at].push(began.elapsed().as_micros());
            assert_eq!(page.len(), [50, 0, 1][at]);
        }
    }
    let median = took.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    let began = Instant::now();
    assert_eq!(store.read(|tx| tx.counts(&c1())).unwrap().pairs, 10_000);
    println!(
        "median of a page, a search that finds nothing, one that finds one: {median:?} us; counts {:?}",
        began.elapsed()
    );
    let pages: i64 = store.connection().query_row("PRAGMA page_count", [], |r| r.get(0)).unwrap();
    let trees: i64 = store
        .connection()
        .query_row("SELECT sum(length(CAST(state AS BLOB))) FROM pair_trees", [], |r| r.get(0))
        .unwrap();
    println!("bytes per pair: {} in the file, {} of them the JSON", pages * 4096 / 10_000, trees / 10_000);
    assert!(median.iter().all(|us| *us < 50_000), "{median:?}");
    drop(store);
    let began = Instant::now();
    let path = folder.path().join("twinline.db");
    let opened = crate::open_or_restore(&path, &folder.path().join("backups"), fresh(), 0).unwrap();
    println!("opened and read as a whole in {:?}", began.elapsed());
    let began = Instant::now();
    opened.store.backup_into(&folder.path().join("backups"), 0, 7).unwrap();
    println!("backed up in {:?}", began.elapsed());
}

#[test]
fn what_a_person_waits_for_goes_first() {
    let store = store();
    let bulk = PairFlags { to_send: true, to_do: true, ..QUIET };
    let urgent = PairFlags { urgent: true, ..bulk.clone() };
    let a = add(&store, "i/1", 1, "a", bulk.clone()).id;
    let b = add(&store, "i/2", 2, "b", urgent.clone()).id;
    let c = add(&store, "i/3", 3, "c", bulk).id;
    let d = add(&store, "i/4", 4, "d", urgent).id;
    store
        .read(|tx| {
            assert_eq!(tx.pairs_to_send(&c1(), 9)?, [b, d, a, c]);
            assert_eq!(tx.pairs_to_do(&c1(), true, 9, PairId(0))?, [b, d]);
            assert_eq!(tx.pairs_to_do(&c1(), false, 9, PairId(0))?, [a, c]);
            assert_eq!(tx.pairs_to_do(&c1(), true, 9, b)?, [d]);
            Ok(())
        })
        .unwrap();
}

#[test]
fn leaves_are_those_under_a_prefix_in_the_order_of_their_places() {
    let store = store();
    let at =
        |place: &str, digest: &str| PairFlags { place: place.repeat(32), digest: digest.repeat(64), ..QUIET };
    let f = add(&store, "i/1", 1, "f", at("f", "1")).id;
    let a = add(&store, "i/2", 2, "a", at("a", "2")).id;
    let zero = add(&store, "i/3", 3, "0", at("0", "3")).id;
    add(&store, "i/4", 4, "not compared yet", at("a", ""));
    let leaves = |prefix: &str| -> Vec<PairId> {
        store.read(|tx| tx.leaves(&c1(), prefix)).unwrap().iter().map(|l| l.pair).collect()
    };
    assert_eq!(leaves(""), [zero, a, f]);
    assert_eq!(leaves("a"), [a]);
    assert_eq!(leaves(&"f".repeat(32)), [f]);
    assert_eq!(leaves("0"), [zero]);
    assert!(leaves("b").is_empty());
    assert!(leaves("%").is_empty(), "no wildcards");
    assert!(store.read(|tx| tx.leaves(&c2(), "")).unwrap().is_empty());
    let leaf = crate::Leaf { place: "f".repeat(32), digest: "1".repeat(64), pair: f };
    assert_eq!(store.read(|tx| tx.leaf(&c1(), &leaf.place)).unwrap(), Some(leaf));
    assert_eq!(store.read(|tx| tx.leaf(&c1(), &"b".repeat(32))).unwrap(), None);
    assert_eq!(store.read(|tx| tx.leaf(&c1(), "f")).unwrap(), None, "a prefix is no place");
}
