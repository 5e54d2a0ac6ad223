//! CBOR inside the seal: whoever has paired can send any of it.
//!
//! Half of the inputs are still well formed: values are changed, doubled, swapped and dropped in the tree, so that they come
//! past the walk over their shape to what lies behind it.

use ciborium::Value;
use twinline_model::connection::Mode;
use twinline_model::document::{Block, Cell, Inline, MAX_DEPTH, Mark as Look, Row};
use twinline_model::extra::{self, Extra};
use twinline_model::question::{Question, Said};
use twinline_model::replica::{
    Overruled, Receipt, Replica, ReplicaAttachment, ReplicaComment, Version, Versioned,
};
use twinline_model::{BlobHash, Document, NodeId, Origin};

use super::{Chance, altered, fuzz, run};
use crate::exchange::*;
use crate::inbox::accept;
use crate::keys::Psk;
use crate::pairing::{Decline, PairAnswer, PairRequest};
use crate::wire;

/// Any input of [`altered`], or a valid body with one to four values changed.
fn reshaped(chance: &mut Chance, valid: &[Vec<u8>]) -> Vec<u8> {
    if chance.one_in(2) {
        return altered(chance, valid);
    }
    let mut tree: Value = ciborium::from_reader(chance.pick(valid).as_slice()).unwrap();
    // One of the changes may be a large one: of several the product would not fit into memory.
    let large = chance.below(4);
    for change in 0..=chance.below(4) {
        let grows = change == large;
        let other: Value = ciborium::from_reader(chance.pick(valid).as_slice()).unwrap();
        reshape(chance, &mut tree, &other, grows);
    }
    wire::encode(&tree)
}

/// Goes down to some value and changes it.
fn reshape(chance: &mut Chance, value: &mut Value, other: &Value, grows: bool) {
    let down = !chance.one_in(5);
    match value {
        Value::Map(pairs) if down && !pairs.is_empty() => {
            let at = chance.below(pairs.len());
            match chance.below(12) {
                0 => drop(pairs.remove(at)),
                1 => pairs.push(pairs[at].clone()),
                2 => pairs[at].0 = odd(chance, other),
                _ => reshape(chance, &mut pairs[at].1, other, grows),
            }
        }
        Value::Array(items) if down && !items.is_empty() => {
            let at = chance.below(items.len());
            match chance.below(12) {
                0 => drop(items.remove(at)),
                1 => {
                    let times = if grows && chance.one_in(50) { 11_000 } else { 1 + chance.below(5) };
                    items.extend(std::iter::repeat_n(items[at].clone(), times));
                }
                2 => items.swap(at, 0),
                _ => reshape(chance, &mut items[at], other, grows),
            }
        }
        Value::Text(text) if down => match chance.below(3) {
            0 => text.push_str(chance.pick::<&str>(&[
                "\u{202e}",
                "\0",
                "/../",
                "\\",
                "javascript:",
                "\u{fdfa}",
                " ",
            ])),
            1 => *text = text.repeat(if grows { chance.below(300) } else { chance.below(3) }),
            _ => *text = text.chars().rev().collect(),
        },
        Value::Bytes(bytes) if down => match ciborium::from_reader::<Value, _>(bytes.as_slice()) {
            // A body within a body.
            Ok(mut inner) => {
                reshape(chance, &mut inner, other, grows);
                *bytes = wire::encode(&inner);
            }
            Err(_) => bytes.push(0),
        },
        value => *value = odd(chance, other),
    }
}

/// A value that is hardly ever right.
fn odd(chance: &mut Chance, other: &Value) -> Value {
    match chance.below(9) {
        0 => Value::Null,
        1 => Value::Bool(chance.one_in(2)),
        2 => Value::Integer(u64::MAX.into()),
        3 => Value::Integer(i64::MIN.into()),
        4 => Value::Float(f64::NAN),
        5 => Value::Text("x".repeat(chance.below(2_000))),
        6 => Value::Array((0..chance.below(60)).fold(vec![], |inner, _| vec![Value::Array(inner)])),
        7 => Value::Tag(chance.next() >> 40, Box::new(Value::Null)),
        _ => other.clone(),
    }
}

fn origin(item: &str) -> Origin {
    Origin { node: NodeId::new("0123456789abcdef0123456789abcdef"), item: item.into() }
}

fn versioned<T>(value: T) -> Option<Versioned<T>> {
    Some(Versioned { version: Version { owner: 3, other: 1 }, value })
}

/// One of each block, and lists in lists.
fn document() -> Document {
    let text = |text: &str| vec![Inline::Text { text: text.into(), marks: [Look::Strong, Look::Em].into() }];
    let paragraph = Block::Paragraph { content: text("one") };
    let cell = Cell { header: true, colspan: 1, rowspan: 2, content: vec![paragraph.clone()] };
    let mut nested = vec![paragraph.clone()];
    for _ in 0..12 {
        nested = vec![Block::BulletList { items: vec![nested] }];
    }
    let more = vec![
        paragraph,
        Block::Heading { level: 2, content: vec![Inline::HardBreak, Inline::Mention { name: "Ana".into() }] },
        Block::CodeBlock { language: Some("rust".into()), text: "fn main() {}".into() },
        Block::Table { rows: vec![Row { cells: vec![cell] }] },
        Block::Rule,
        Block::Media { name: "a.png".into(), alt: None },
    ];
    Document { blocks: nested.into_iter().chain(more).collect() }
}

pub(super) fn replica() -> Replica {
    Replica {
        origin: origin("acme.atlassian.net/i/1"),
        key: "SUP-1".into(),
        link: "https://acme.atlassian.net/browse/SUP-1".into(),
        summary: versioned("A summary".to_owned()),
        description: versioned(document()),
        issue_type: versioned("Task".to_owned()),
        extras: [
            (extra::LABELS, Extra::Texts(["hot", "room-7"].map(str::to_owned).into())),
            (extra::PRIORITY, Extra::Text("High".to_owned())),
            (extra::STATUS, Extra::Nothing),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), versioned(value)?)))
        .collect(),
        comments: vec![ReplicaComment {
            origin: origin("c/1"),
            version: 1,
            author: "Eve".into(),
            created_ms: 1,
            updated_ms: 2,
            body: Document::plain("hello"),
            hash: "ab".repeat(32),
            withdrawn: false,
            absent: false,
        }],
        attachments: vec![ReplicaAttachment {
            origin: origin("a/1"),
            file_name: "a.png".into(),
            mime: "image/png".into(),
            size: 3,
            sha256: BlobHash::new("ab".repeat(32)),
            author: "Eve".into(),
        }],
        gone: vec![origin("a/0")],
        overruled: vec![Overruled { field: "summary".into(), kept: "\"a\"".into(), lost: "\"b\"".into() }],
        whole: true,
        known: vec![(origin("c/0"), 2, "withdrawn".into())],
        path: vec![NodeId::new("ab".repeat(16))],
        joined: Some("ab".repeat(16)),
    }
}

fn envelope() -> Envelope {
    let sha256 = BlobHash::new("ab".repeat(32));
    let (kind, body) = Body::Replica(replica()).encode();
    Envelope {
        app: "0.1.0".into(),
        incarnation: "cd".repeat(16),
        runner: Runner { run: "01".repeat(16), place: "02".repeat(16), take_over: true },
        compare: Some(Compare {
            asks: true,
            branches: vec![Branch { prefix: "a".into(), hash: "04".repeat(32) }],
            leaves: vec![LeafDigest::under("b", [("05".repeat(16), "06".repeat(32))])],
        }),
        ack: Mark { seq: 3, chain: "ef".repeat(32) },
        messages: vec![Message { seq: 4, critical: true, kind, body }],
        want: vec![Want { sha256: sha256.clone(), offset: 5 }],
        chunks: vec![Chunk { sha256, offset: 1, total: 4, bytes: vec![1, 2, 3] }],
        health: Health { held_up: "sign-in-expired".into(), ..Health::default() },
        ..Envelope::default()
    }
}

#[test]
fn fuzz_envelopes() {
    run("envelope", &[envelope().encode(), Envelope::default().encode()], reshaped, |bytes| {
        let Ok(envelope) = Envelope::decode(bytes) else { return false };
        assert!(envelope.messages.len() <= MAX_MESSAGES && envelope.wait_ms <= LONG_POLL_MAX_MS);
        assert!(envelope.chunks.iter().all(|chunk| chunk.bytes.len() <= CHUNK_BYTES));
        assert!(envelope.project.chars().count() <= 80 && !envelope.project.contains(char::is_control));
        // What was cleaned is clean, and what was taken can be said again.
        assert_eq!(Envelope::decode(&envelope.encode()).as_ref(), Ok(&envelope));
        // Whatever numbers they name: none is taken twice, none is passed over.
        let (take, after) = accept(&envelope.ack, &envelope.messages);
        assert_eq!(after.seq - envelope.ack.seq, take.len() as u64);
        for message in &envelope.messages {
            let _any = message.decode();
        }
        true
    });
}

#[test]
fn fuzz_replicas() {
    let (kind, full) = Body::Replica(replica()).encode();
    let bare = Replica { summary: versioned("Only this".into()), description: None, ..replica() };
    run("replica", &[full, Body::Replica(bare).encode().1], reshaped, |bytes| {
        let message = Message { seq: 1, critical: true, kind: kind.clone(), body: bytes.to_vec() };
        let Ok(Some(Body::Replica(replica))) = message.decode() else { return false };
        let texts =
            replica.description.iter().map(|d| &d.value).chain(replica.comments.iter().map(|c| &c.body));
        assert!(texts.into_iter().all(|text| text.depth() <= MAX_DEPTH));
        assert!(replica.link.is_empty() || replica.link.starts_with("http"));
        for file in &replica.attachments {
            let name = &file.file_name;
            assert!(
                !name.contains(['/', '\\', '\0']) && name != ".." && name != "." && !name.is_empty(),
                "{name}"
            );
        }
        assert!(wire::is_hex(replica.origin.node.as_str(), 32));
        true
    });
}

#[test]
fn fuzz_receipts() {
    let of = || origin("acme.atlassian.net/i/1");
    let receipts = [
        Receipt::Applied { origin: of(), key: "GX-7".into(), link: "https://globex.example/GX-7".into() },
        Receipt::Parked { origin: of(), code: "required-field".into() },
        Receipt::Again { origin: of() },
        Receipt::BlobApplied { origin: of(), sha256: BlobHash::new("ab".repeat(32)) },
    ];
    let valid: Vec<Vec<u8>> = receipts.into_iter().map(|receipt| Body::Receipt(receipt).encode().1).collect();
    run("receipt", &valid, reshaped, |bytes| {
        let message = Message { seq: 1, critical: true, kind: "receipt".into(), body: bytes.to_vec() };
        match message.decode() {
            Ok(Some(Body::Receipt(Receipt::Parked { code, .. } | Receipt::Rejected { code, .. }))) => {
                assert!(code.chars().count() <= 60 && !code.contains(char::is_control));
                true
            }
            Ok(Some(Body::Receipt(_))) => true,
            Ok(other) => panic!("{other:?}"),
            Err(_) => false,
        }
    });
}

#[test]
fn fuzz_questions() {
    let id = || "5d".repeat(16);
    let asked = Question {
        id: id(),
        origin: origin("acme.atlassian.net/i/1"),
        key: "SUP-1".into(),
        link: "https://acme.example/SUP-1".into(),
        summary: Some("A summary".into()),
        wanted: "GX-7".into(),
    };
    let (of, pair) = (origin("globex.example/i/7"), origin("acme.atlassian.net/i/1"));
    let said = [
        Said::Asked(asked),
        Said::Withdrawn { id: id() },
        Said::Agreed {
            id: id(),
            origin: of,
            pair,
            key: "GX-7".into(),
            link: "https://globex.example/GX-7".into(),
        },
        Said::Declined { id: id(), code: "declined".into() },
    ];
    let valid: Vec<Vec<u8>> = said.into_iter().map(|said| Body::Question(said).encode().1).collect();
    run("question", &valid, reshaped, |bytes| {
        let message = Message { seq: 1, critical: false, kind: "question".into(), body: bytes.to_vec() };
        match message.decode() {
            Ok(Some(Body::Question(Said::Asked(asked)))) => {
                assert!(wire::is_hex(&asked.id, 32) && asked.wanted.chars().count() <= 100);
                let summary = asked.summary.unwrap_or_default();
                assert!(summary.chars().count() <= 300 && !summary.contains(char::is_control));
                true
            }
            Ok(Some(Body::Question(_))) => true,
            Ok(other) => panic!("{other:?}"),
            Err(_) => false,
        }
    });
}

fn introduction() -> PairRequest {
    PairRequest {
        protocol: (1, 1),
        app: "0.1.0".into(),
        node: NodeId::new("0123456789abcdef0123456789abcdef"),
        company: "Globex".into(),
        site: "globex.atlassian.net".into(),
        person: "P. Smith".into(),
        project: "SUP".into(),
        features: vec!["later".into()],
    }
}

#[test]
fn fuzz_introductions_and_declines() {
    let decline = Decline::new((1, 1)).encode();
    run("introduction", &[introduction().encode(), decline], reshaped, |bytes| {
        let (request, decline) = (PairRequest::decode(bytes), Decline::decode(bytes));
        if let Ok(request) = &request {
            assert!(wire::is_hex(request.node.as_str(), 32) && request.features.len() <= 32);
            assert!([&request.company, &request.person].iter().all(|name| !name.contains(char::is_control)));
        }
        request.is_ok() || decline.is_some()
    });
}

#[test]
fn fuzz_answers_to_a_pairing() {
    let accepted = PairAnswer::Accepted {
        psk: Psk::from_bytes([7; 32]),
        node: NodeId::new("0123456789abcdef0123456789abcdef"),
        company: "ACME".into(),
        site: "acme.atlassian.net".into(),
        person: "Ana Ruiz".into(),
        project: "DEV".into(),
        mode: Mode::Script,
        approved: false,
    };
    let all = [accepted, PairAnswer::Declined, PairAnswer::Refused { code: "invitation-used".into() }];
    let valid: Vec<Vec<u8>> = all.iter().map(|answer| answer.encode().to_vec()).collect();
    run("pair-answer", &valid, reshaped, |bytes| PairAnswer::decode(bytes).is_ok());
}

/// The walk that stands before every decoder, at items of every kind.
#[test]
fn fuzz_shapes() {
    let valid = [
        envelope().encode(),
        b"\x9f\x01\x82\x61a\xf6\xbf\x61k\xfb\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff".to_vec(),
        [&[0x81; 200][..], b"\x01"].concat(),
    ];
    // Whatever it lets through, the decoder behind it may build of it what it likes: here anything at all.
    fuzz("shape", &valid, |bytes| wire::decode::<ciborium::Value>(bytes).is_ok());
}
