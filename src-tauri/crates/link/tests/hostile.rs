//! The partner is hostile: no bytes make a decoder panic, recurse without end, or take more than it should.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde::Serialize;
use twinline_link::WireError;
use twinline_link::exchange::{Body, Chunk, Envelope, Message};
use twinline_link::invitation::InvitationSecret;
use twinline_link::keys::{Psk, StaticKey};
use twinline_link::pairing::{PairAnswer, PairRequest};
use twinline_link::seal::{Channel, answer_exchange, answer_pairing};
use twinline_model::document::Block;
use twinline_model::replica::{Receipt, Replica, ReplicaAttachment, ReplicaComment, Version, Versioned};
use twinline_model::{BlobHash, ConnectionId, Document, NodeId, Origin};

fn origin(item: &str) -> Origin {
    Origin { node: NodeId::new("0123456789abcdef0123456789abcdef"), item: item.into() }
}

fn versioned<T>(value: T) -> Option<Versioned<T>> {
    Some(Versioned { version: Version { owner: 1, other: 0 }, value })
}

fn comment(body: Document) -> ReplicaComment {
    ReplicaComment {
        origin: origin("c/1"),
        version: 1,
        author: "Eve".into(),
        created_ms: 1,
        updated_ms: 2,
        body,
        hash: "ab".repeat(32),
        withdrawn: false,
        absent: false,
    }
}

fn replica() -> Replica {
    Replica {
        joined: None,
        origin: origin("acme.atlassian.net/i/1"),
        key: "SUP-1".into(),
        link: "https://acme.atlassian.net/browse/SUP-1".into(),
        summary: versioned("A summary".to_owned()),
        description: versioned(Document::plain("one\ntwo")),
        issue_type: versioned("Task".to_owned()),
        extras: Default::default(),
        comments: vec![comment(Document::plain("hello"))],
        attachments: vec![ReplicaAttachment {
            origin: origin("a/1"),
            file_name: "a.png".into(),
            mime: "image/png".into(),
            size: 3,
            sha256: BlobHash::new("ab".repeat(32)),
            author: "Eve".into(),
        }],
        gone: vec![origin("a/0")],
        overruled: Vec::new(),
        whole: true,
        known: vec![(origin("c/0"), 2, "cd".repeat(32))],
        path: vec!["ab".repeat(16).as_str().into()],
    }
}

fn message(body: &Body) -> Message {
    let (kind, body) = body.encode();
    Message { seq: 1, critical: true, kind, body }
}

fn decoded(replica: Replica) -> Result<Replica, WireError> {
    match message(&Body::Replica(replica)).decode()? {
        Some(Body::Replica(replica)) => Ok(replica),
        other => panic!("{other:?}"),
    }
}

fn nested(depth: usize) -> Document {
    let mut blocks = Document::plain("deep").blocks;
    for _ in 1..depth {
        blocks = vec![Block::BulletList { items: vec![blocks] }];
    }
    Document { blocks }
}

#[test]
fn bodies_come_back() {
    assert_eq!(decoded(replica()), Ok(replica()));
    for receipt in [
        Receipt::Applied {
            origin: origin("i/1"),
            key: "DEV-7".into(),
            link: "https://globex.example/DEV-7".into(),
        },
        Receipt::Parked { origin: origin("i/1"), code: "required-field".into() },
        Receipt::Rejected { origin: origin("i/1"), code: "twin-twice".into() },
        Receipt::BlobApplied { origin: origin("a/1"), sha256: BlobHash::new("ab".repeat(32)) },
    ] {
        let body = Body::Receipt(receipt);
        assert_eq!(message(&body).decode(), Ok(Some(body)));
    }
}

#[test]
fn f89_documents_nest_as_deep_as_agreed_and_no_deeper() {
    let with = |depth| Replica { description: versioned(nested(depth)), ..replica() };
    assert_eq!(decoded(with(64)), Ok(with(64)));
    assert_eq!(decoded(with(65)), Err(WireError::TooDeep));
    assert_eq!(
        decoded(Replica { comments: vec![comment(nested(65))], ..replica() }),
        Err(WireError::TooDeep)
    );
}

#[test]
fn f89_nesting_without_end_is_refused_before_it_hurts() {
    // A list in a list in a list ..., by hand, because our own encoder would recurse as well.
    for opener in [&b"\x81"[..], b"\x9f", b"\xa1\x61t", b"\xbf\x61t", b"\xc1"] {
        let bomb = opener.repeat(1_000_000);
        for kind in ["replica", "receipt"] {
            let message = Message { seq: 1, critical: false, kind: kind.into(), body: bomb.clone() };
            assert_eq!(message.decode(), Err(WireError::TooDeep));
        }
        assert_eq!(Envelope::decode(&bomb), Err(WireError::TooDeep));
    }
}

#[test]
fn f98_a_replica_is_bounded() {
    let many = vec![comment(Document::default()); 10_000];
    assert!(decoded(Replica { comments: many.clone(), ..replica() }).is_ok());
    let more = Replica { comments: [many, vec![comment(Document::default())]].concat(), ..replica() };
    assert_eq!(decoded(more), Err(WireError::TooLarge("comments")));
    assert!(decoded(Replica { summary: versioned("ä".repeat(10_000)), ..replica() }).is_ok());
    let long = Replica { summary: versioned("x".repeat(10_001)), ..replica() };
    assert_eq!(decoded(long), Err(WireError::TooLarge("summary")));
}

#[test]
fn f112_f113_f115_names_and_links_are_made_harmless() {
    let mut bad = replica();
    bad.key = "SUP\u{202e}-1\n".into();
    bad.link = "javascript:alert(1)".into();
    bad.comments[0].author = format!("E\0ve{}", "x".repeat(1000));
    bad.attachments[0].file_name = "../../etc/passwd\u{202e}".into();
    bad.attachments[0].mime = "text/html\r\nx: y".into();
    let clean = decoded(bad).unwrap();
    assert_eq!((clean.key.as_str(), clean.link.as_str()), ("SUP-1", ""));
    assert!(clean.comments[0].author.starts_with("Evex") && clean.comments[0].author.chars().count() == 120);
    assert_eq!(clean.attachments[0].file_name, "_.._etc_passwd");
    assert_eq!(clean.attachments[0].mime, "application/octet-stream");
}

#[test]
fn f89_ids_that_cannot_be_are_refused() {
    let with = |change: fn(&mut Replica)| {
        let mut replica = replica();
        change(&mut replica);
        decoded(replica)
    };
    let bad = Err(WireError::Invalid("origin"));
    assert_eq!(with(|r| r.origin.node = NodeId::new("me")), bad);
    assert_eq!(with(|r| r.origin.item = String::new()), bad);
    assert_eq!(with(|r| r.origin.item = "x".repeat(201)), bad);
    assert_eq!(with(|r| r.comments[0].origin.item = "a\nb".into()), bad);
    assert_eq!(with(|r| r.attachments[0].sha256 = BlobHash::new("../x")), Err(WireError::Invalid("sha256")));
}

#[test]
fn f87_fields_of_a_later_version_are_ignored() {
    #[derive(Serialize)]
    struct Later {
        #[serde(flatten)]
        replica: Replica,
        labels: Vec<&'static str>,
    }
    let mut body = Vec::new();
    ciborium::into_writer(&Later { replica: replica(), labels: vec!["new"] }, &mut body).unwrap();
    let message = Message { seq: 1, critical: true, kind: "replica".into(), body };
    assert_eq!(message.decode(), Ok(Some(Body::Replica(replica()))));
}

fn feed(bytes: &[u8]) {
    let _any = Envelope::decode(bytes);
    let _any = PairRequest::decode(bytes);
    let _any = PairAnswer::decode(bytes);
    for kind in ["replica", "receipt", "other"] {
        let _any = Message { seq: 1, critical: false, kind: kind.into(), body: bytes.to_vec() }.decode();
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let chunk = Chunk { sha256: BlobHash::new("ab".repeat(32)), offset: 0, total: 3, bytes: vec![1, 2, 3] };
    let deep = Replica { description: versioned(nested(20)), ..replica() };
    let messages = vec![message(&Body::Replica(replica()))];
    vec![
        Envelope { messages, chunks: vec![chunk], ..Envelope::default() }.encode(),
        message(&Body::Replica(deep)).body,
        message(&Body::Receipt(Receipt::Parked { origin: origin("i/1"), code: "x".into() })).body,
        PairAnswer::Refused { code: "invitation-used".into() }.encode().to_vec(),
    ]
}

proptest! {
    #[test]
    fn f89_random_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        feed(&bytes);
    }

    #[test]
    fn f89_altered_bodies_do_not_panic(
        which in 0usize..4,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        cuts in any::<bool>(),
    ) {
        let mut bytes = seeds().swap_remove(which);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        feed(&bytes);
    }

    #[test]
    fn f89_random_frames_are_refused(mut frame in prop::collection::vec(any::<u8>(), 0..400), plausible in any::<bool>()) {
        if plausible && frame.len() > 3 {
            let length = (frame.len() as u16 - 3).to_be_bytes();
            frame[..3].copy_from_slice(&[1, length[0], length[1]]);
        }
        let key = |digit: &str| StaticKey::from_secret_str(&digit.repeat(64)).unwrap();
        let psk = Psk::from_secret_str(&"3".repeat(64)).unwrap();
        let channel = Channel { connection: ConnectionId::new("c"), ours: key("2"), theirs: key("1").public(), psk };
        prop_assert!(answer_exchange(&channel, &frame).is_err());
        let secret = InvitationSecret::from_secret_str(&"4".repeat(32)).unwrap();
        prop_assert!(answer_pairing(&key("2"), &secret, &frame).is_err());
    }
}
