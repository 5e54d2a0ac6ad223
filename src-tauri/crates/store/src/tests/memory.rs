//! Databases in memory, and their images.

use std::time::Instant;

use twinline_model::NodeId;
use twinline_model::pair::Side;

use super::damage::content;
use super::{c1, fill, fresh, origin, store};
use crate::{Fresh, Store, StoreError};

#[test]
fn an_image_brings_an_earlier_state_back() {
    let store = store();
    let (earlier, image) = (content(&store), store.image().unwrap());
    store.write(|tx| tx.new_pair(&c1(), &origin("i/1"), Side::Ours)).unwrap();
    assert_ne!(content(&store), earlier);
    let back = Store::from_image(&image).unwrap();
    assert_eq!(content(&back), earlier);
    // It can grow, and its rules hold.
    back.write(|tx| {
        for n in 0..500 {
            tx.new_pair(&c1(), &origin(&format!("i/{n}")), Side::Ours)?;
        }
        Ok(())
    })
    .unwrap();
    let dangling = back.write(|tx| tx.new_pair(&"c9".into(), &origin("i/1"), Side::Ours));
    assert!(matches!(dangling, Err(StoreError::Constraint { .. })));
    back.integrity_check().unwrap();
}

#[test]
fn a_database_becomes_an_image_again_and_again() {
    let store = store();
    let (first, begun) = (content(&store), store.image().unwrap());
    let add = |item: &str| store.write(|tx| tx.new_pair(&c1(), &origin(item), Side::Ours));
    let pair = add("i/1").unwrap();
    let (second, later) = (content(&store), store.image().unwrap());
    assert_ne!(first, second);
    // Something is left to each statement from the time before: its plan, not a row.
    for (image, found) in [(&begun, None), (&later, Some(&pair)), (&begun, None), (&later, Some(&pair))] {
        store.become_image(image).unwrap();
        assert_eq!(store.read(|tx| tx.pair(pair.id)).unwrap().as_ref(), found);
        assert_eq!(content(&store), if found.is_some() { &second[..] } else { &first[..] });
        assert_eq!(store.image().unwrap()[100..], image[100..], "all but counters of the header");
    }
    // It grows and shrinks, keeps its rules, and counts its rows from where the image did.
    (2..500).for_each(|n| drop(add(&format!("i/{n}")).unwrap()));
    store.become_image(&begun).unwrap();
    assert_eq!(content(&store), first);
    assert_eq!(add("i/7").unwrap().id, pair.id);
    assert!(matches!(add("i/7"), Err(StoreError::Constraint { .. })));
    store.integrity_check().unwrap();
}

#[test]
fn statements_stay_prepared_when_a_database_becomes_an_image() {
    let store = store();
    let image = store.image().unwrap();
    let prepared = || {
        let connection = store.connection();
        let mut statement = connection.prepare_cached("SELECT node FROM meta").unwrap();
        assert!(statement.exists([]).unwrap());
        statement.get_status(rusqlite::StatementStatus::RePrepare)
    };
    assert_eq!(prepared(), 0);
    store.become_image(&image).unwrap();
    assert_eq!(prepared(), 0);
    // Another schema would not go unnoticed.
    store.connection().execute_batch("CREATE TABLE another (id INTEGER PRIMARY KEY) STRICT").unwrap();
    assert_eq!(prepared(), 1);
}

#[test]
fn a_file_does_not_become_an_image() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("twinline.db"), fresh()).unwrap();
    let refused = store.become_image(&super::store().image().unwrap());
    assert!(matches!(refused, Err(StoreError::Unusable { .. })));
}

#[test]
fn an_image_of_a_file_opens_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("twinline.db"), fresh()).unwrap();
    fill(&store);
    let copy = Store::from_image(&store.image().unwrap()).unwrap();
    assert_eq!(content(&copy), content(&store));
    copy.write(|tx| tx.set_setting("a", "b")).unwrap();
}

#[test]
fn each_database_in_memory_is_its_own() {
    let one = store();
    let again = Fresh { node: NodeId::new("c".repeat(32)), incarnation: "second".to_owned() };
    let other = Store::open_in_memory(again).unwrap();
    assert_eq!(one.read(|tx| tx.node()).unwrap(), fresh().node);
    assert_eq!(other.read(|tx| tx.node()).unwrap(), NodeId::new("c".repeat(32)));
    assert!(other.read(|tx| tx.connections()).unwrap().is_empty());
}

/// The simulator opens hundreds each second; the bound is loose, the line printed is the measurement.
#[test]
fn a_database_in_memory_opens_quickly() {
    let image = store().image().unwrap();
    let median = |work: &dyn Fn()| {
        let mut times: Vec<u128> = (0..200)
            .map(|_| {
                let began = Instant::now();
                work();
                began.elapsed().as_micros()
            })
            .collect();
        times.sort_unstable();
        times[times.len() / 2]
    };
    let opened = median(&|| drop(Store::open_in_memory(fresh()).unwrap()));
    let restored = median(&|| drop(Store::from_image(&image).unwrap()));
    println!("open_in_memory {opened} us, from_image {restored} us, image {} bytes", image.len());
    assert!(opened < 20_000 && restored < 20_000);
}
