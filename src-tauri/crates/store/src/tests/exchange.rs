//! Outbox, receipts, inbox, blobs.

use twinline_model::BlobHash;

use super::{c1, c2, store};
use crate::{Blob, InRow, OutRow, StoreError};

#[test]
fn messages_wait_in_order_until_they_are_acknowledged() {
    let store = store();
    store
        .write(|tx| {
            for seq in [3, 1, 2] {
                tx.push_out(&c1(), seq, seq == 2, "replica", &[0; 100], "")?;
            }
            tx.push_out(&c2(), 1, false, "hello", b"x", "")
        })
        .unwrap();
    let seqs = |after, bytes, limit| -> Vec<u64> {
        store.read(|tx| tx.out_from(&c1(), after, bytes, limit)).unwrap().iter().map(|m| m.seq).collect()
    };
    assert_eq!(seqs(0, 1_000, 10), [1, 2, 3]);
    assert_eq!(seqs(1, 1_000, 10), [2, 3]);
    assert_eq!(seqs(0, 1_000, 2), [1, 2]);
    assert_eq!(seqs(0, 200, 10), [1, 2], "as many as fit");
    assert_eq!(seqs(0, 199, 10), [1]);
    assert_eq!(seqs(0, 1, 10), [1], "one that is too large goes alone");
    let second = OutRow { seq: 2, critical: true, kind: "replica".to_owned(), body: vec![0; 100] };
    assert_eq!(store.read(|tx| tx.out_from(&c1(), 1, 1, 1)).unwrap(), vec![second]);
    let twice = store.write(|tx| tx.push_out(&c1(), 2, false, "replica", b"", ""));
    assert!(matches!(twice, Err(StoreError::Constraint { .. })));
    store.write(|tx| tx.acked(&c1(), 2)).unwrap();
    assert_eq!(seqs(0, 1_000, 10), [3]);
    assert_eq!(store.read(|tx| tx.out_len(&c1())).unwrap(), 1);
    assert_eq!(store.read(|tx| tx.out_len(&c2())).unwrap(), 1);
    let absurd = store.write(|tx| tx.acked(&c1(), u64::MAX));
    assert!(matches!(absurd, Err(StoreError::Number(u64::MAX))), "a partner's number is no panic");
}

#[test]
fn receipts_are_taken_with_the_transaction_that_numbers_them() {
    let store = store();
    store
        .write(|tx| {
            for n in 0..3 {
                tx.push_receipt(&c1(), &format!("{n}"))?;
                tx.push_receipt(&c2(), "other")?;
            }
            Ok(())
        })
        .unwrap();
    let failed = store.write(|tx| {
        assert_eq!(tx.take_receipts(&c1(), 2)?, ["0", "1"]);
        tx.push_out(&"c9".into(), 1, false, "receipts", b"", "")
    });
    assert!(failed.is_err());
    assert_eq!(store.read(|tx| tx.receipts_len(&c1())).unwrap(), 3, "nothing is lost");
    assert_eq!(store.write(|tx| tx.take_receipts(&c1(), 2)).unwrap(), ["0", "1"]);
    assert_eq!(store.write(|tx| tx.take_receipts(&c1(), 2)).unwrap(), ["2"]);
    assert!(store.write(|tx| tx.take_receipts(&c1(), 2)).unwrap().is_empty());
    assert_eq!(store.read(|tx| tx.receipts_len(&c2())).unwrap(), 3);
}

#[test]
fn the_inbox_is_worked_on_in_order() {
    let store = store();
    store
        .write(|tx| {
            tx.push_in(&c1(), 2, "replica", b"two")?;
            tx.push_in(&c1(), 1, "replica", b"one")?;
            tx.push_in(&c2(), 1, "replica", b"else")
        })
        .unwrap();
    assert!(matches!(
        store.write(|tx| tx.push_in(&c1(), 1, "replica", b"again")),
        Err(StoreError::Constraint { .. })
    ));
    let one = InRow { seq: 1, kind: "replica".to_owned(), body: b"one".to_vec() };
    assert_eq!(store.read(|tx| tx.next_in(&c1(), 99, 1)).unwrap(), vec![one]);
    store.write(|tx| tx.remove_in(&c1(), 1)).unwrap();
    assert_eq!(store.read(|tx| tx.next_in(&c1(), 99, 9)).unwrap()[0].body, b"two");
    assert_eq!(store.read(|tx| tx.in_len(&c1())).unwrap(), 1);
    assert_eq!(store.read(|tx| tx.in_len(&c2())).unwrap(), 1);
}

/// F90: a partner fills the inbox with the largest messages that there are; they are not all in memory at once.
#[test]
fn f90_messages_are_read_as_many_as_fit_and_at_least_one() {
    let store = store();
    let body = [7; 100];
    store.write(|tx| (1..=5).try_for_each(|seq| tx.push_in(&c1(), seq, "replica", &body))).unwrap();
    let read = |bytes, limit| store.read(|tx| tx.next_in(&c1(), bytes, limit)).unwrap().len();
    assert_eq!([read(0, 9), read(199, 9), read(200, 9), read(1_000, 9), read(1_000, 3)], [1, 1, 2, 5, 3]);
}

#[test]
fn wanted_bytes_are_fetched_the_oldest_first_and_then_forgotten() {
    let store = store();
    let (a, b) = (BlobHash::new("f".repeat(64)), BlobHash::new("0".repeat(64)));
    store
        .write(|tx| {
            tx.want_blob(&c1(), &a, &claim(), 10)?;
            tx.want_blob(&c1(), &b, &claim(), 20)?;
            tx.want_blob(&c1(), &a, &claim(), 10)?;
            tx.blob_progress(&a, 4, false)
        })
        .unwrap();
    let half = Blob { sha256: a.clone(), size: 10, received: 4, complete: false };
    let wanted = store.read(|tx| tx.wanted(&c1(), 10)).unwrap();
    assert_eq!((wanted.len(), &wanted[0], &wanted[1].sha256), (2, &half, &b));
    assert_eq!(store.read(|tx| tx.wanted(&c1(), 1)).unwrap(), vec![half]);
    assert!(store.read(|tx| tx.wanted(&c2(), 10)).unwrap().is_empty());
    // A partner that claims another size does not spoil what is complete, only what is not.
    store.write(|tx| tx.want_blob(&c2(), &a, &claim(), 11)).unwrap();
    assert_eq!(store.read(|tx| tx.blob(&a)).unwrap().map(|b| (b.size, b.received)), Some((11, 0)));
    store.write(|tx| tx.blob_progress(&a, 11, true)).unwrap();
    store.write(|tx| tx.want_blob(&c1(), &a, &claim(), 99)).unwrap();
    assert_eq!(store.read(|tx| tx.blob(&a)).unwrap().map(|b| (b.size, b.complete)), Some((11, true)));
    assert_eq!(store.read(|tx| tx.wanted(&c1(), 10)).unwrap().len(), 1);
    assert!(!store.write(|tx| tx.remove_unused_blob(&a)).unwrap());
    store.write(|tx| tx.withdraw_want(&c1(), &a, &claim())).unwrap();
    assert!(store.read(|tx| tx.unused_blobs()).unwrap().is_empty(), "the other connection wants it still");
    store.write(|tx| tx.withdraw_want(&c2(), &a, &claim())).unwrap();
    assert_eq!(store.read(|tx| tx.unused_blobs()).unwrap(), vec![a.clone()]);
    assert!(store.write(|tx| tx.remove_unused_blob(&a)).unwrap());
    assert_eq!(store.read(|tx| tx.blob(&a)).unwrap(), None);
    let gone = store.write(|tx| tx.blob_progress(&a, 1, false));
    assert!(matches!(gone, Err(StoreError::Missing { table: "blob" })));
}

#[test]
fn bytes_are_offered_to_one_partner_only() {
    let store = store();
    let a = BlobHash::new("a".repeat(64));
    store.write(|tx| tx.offer_blob(&c1(), &a, &claim(), 10)).unwrap();
    assert_eq!(
        store.read(|tx| tx.blob(&a)).unwrap(),
        Some(Blob { sha256: a.clone(), size: 10, received: 10, complete: true })
    );
    assert!(store.read(|tx| tx.is_offered(&c1(), &a)).unwrap());
    assert!(!store.read(|tx| tx.is_offered(&c2(), &a)).unwrap());
    store.write(|tx| tx.offer_blob(&c2(), &a, &claim(), 10)).unwrap();
    store.write(|tx| tx.withdraw_offer(&c1(), &a, &claim())).unwrap();
    assert!(!store.read(|tx| tx.is_offered(&c1(), &a)).unwrap());
    assert!(store.read(|tx| tx.unused_blobs()).unwrap().is_empty());
    store.write(|tx| tx.delete_connection(&c2())).unwrap();
    assert_eq!(store.read(|tx| tx.unused_blobs()).unwrap(), vec![a]);
}

fn claim() -> twinline_model::Origin {
    twinline_model::Origin { node: "n".into(), item: "a/1".to_owned() }
}

/// F63: the same bytes attached twice are two claims; the first one's end does not take them from the second.
#[test]
fn f63_the_same_bytes_twice_are_two_claims() {
    let store = store();
    let a = BlobHash::new("a".repeat(64));
    let other = twinline_model::Origin { node: "n".into(), item: "a/2".to_owned() };
    store
        .write(|tx| {
            tx.offer_blob(&c1(), &a, &claim(), 10)?;
            tx.offer_blob(&c1(), &a, &other, 10)?;
            tx.withdraw_offer(&c1(), &a, &claim())
        })
        .unwrap();
    assert!(store.read(|tx| tx.is_offered(&c1(), &a)).unwrap());
    store.write(|tx| tx.withdraw_offer(&c1(), &a, &other)).unwrap();
    assert!(!store.read(|tx| tx.is_offered(&c1(), &a)).unwrap());
}

#[test]
fn the_chain_is_kept_with_each_message_until_it_is_acknowledged() {
    let store = store();
    store
        .write(|tx| {
            tx.push_out(&c1(), 1, false, "replica", b"one", "chain1")?;
            tx.push_out(&c1(), 2, false, "replica", b"two", "chain2")?;
            tx.push_out(&c2(), 1, false, "replica", b"x", "other")
        })
        .unwrap();
    let chain = |seq| store.read(|tx| tx.chain_at(&c1(), seq)).unwrap();
    assert_eq!((chain(1).as_deref(), chain(2).as_deref(), chain(3)), (Some("chain1"), Some("chain2"), None));
    store.write(|tx| tx.acked(&c1(), 1)).unwrap();
    assert_eq!(chain(1), None);
    store.write(|tx| tx.push_receipt(&c1(), "{}")).unwrap();
    store.write(|tx| tx.clear_out(&c1())).unwrap();
    assert_eq!(store.read(|tx| tx.out_len(&c1())).unwrap(), 0);
    assert_eq!(store.read(|tx| tx.receipts_len(&c1())).unwrap(), 1, "receipts have no number yet");
    assert_eq!(store.read(|tx| tx.out_len(&c2())).unwrap(), 1);
}

#[test]
fn an_inbox_that_begins_anew_takes_the_same_numbers_again() {
    let store = store();
    store
        .write(|tx| {
            tx.push_in(&c1(), 1, "replica", b"one")?;
            tx.push_in(&c2(), 1, "replica", b"one")?;
            tx.clear_in(&c1())?;
            tx.push_in(&c1(), 1, "replica", b"again")
        })
        .unwrap();
    assert_eq!(store.read(|tx| tx.next_in(&c1(), 99, 9)).unwrap()[0].body, b"again");
    assert_eq!(store.read(|tx| tx.in_len(&c2())).unwrap(), 1);
}

/// SQLite does not miss a changed letter; the checksum of the row does.
#[test]
fn f13_a_changed_message_is_a_row_that_cannot_be_read() {
    let store = store();
    store
        .write(|tx| {
            tx.push_in(&c1(), 1, "replica", b"The printer burns")?;
            tx.push_out(&c1(), 1, false, "replica", b"The printer burns", "")
        })
        .unwrap();
    store
        .connection()
        .execute_batch(
            "UPDATE inbox SET body = CAST('The printer turns' AS BLOB);
             UPDATE outbox SET body = CAST('The printer turns' AS BLOB);",
        )
        .unwrap();
    let read = store.read(|tx| tx.next_in(&c1(), 99, 9));
    assert!(matches!(read, Err(StoreError::Row { table: "inbox", .. })), "{read:?}");
    let read = store.read(|tx| tx.out_from(&c1(), 0, 99, 9));
    assert!(matches!(read, Err(StoreError::Row { table: "outbox", .. })), "{read:?}");
    assert!(matches!(store.integrity_check(), Err(StoreError::Corrupt { .. })));
}
