//! What a hostile partner's bytes may hold of our memory: at most 64 MiB, whatever they are.
//!
//! One test, in a target of its own: it counts what the whole process holds.
#![allow(clippy::unwrap_used)]

use peak_alloc::PeakAlloc;
use twinline_link::exchange::{Body, Chunk, Envelope, MAX_FRAME_BYTES, Mark, Message};
use twinline_link::invitation::Invitation;
use twinline_link::keys::{Psk, StaticKey};
use twinline_link::pairing::{Decline, PairAnswer, PairRequest};
use twinline_link::seal::{Channel, answer_exchange, start_exchange};
use twinline_model::document::{Block, Inline};
use twinline_model::replica::{Replica, ReplicaComment, Version, Versioned};
use twinline_model::{BlobHash, ConnectionId, Document, NodeId, Origin};

#[global_allocator]
static HELD: PeakAlloc = PeakAlloc;

const MOST: usize = 64 << 20;

/// The most that is held while it runs, beside what was held before.
fn held<T>(what: &str, run: impl FnOnce() -> T) -> T {
    HELD.reset_peak_usage();
    let before = HELD.current_usage();
    let result = run();
    let peak = HELD.peak_usage() - before;
    println!("{what}: {:.1} MiB", peak as f64 / f64::from(1 << 20));
    assert!(peak <= MOST, "{what}: {peak} bytes");
    result
}

fn head(major: u8, length: usize) -> Vec<u8> {
    [&[major << 5 | 26][..], &(length as u32).to_be_bytes()].concat()
}

/// CBOR of a few shapes that cost much in memory for little on the wire.
fn dense() -> Vec<(&'static str, Vec<u8>)> {
    let many = |item: &[u8], items: usize| [head(4, items), item.repeat(items)].concat();
    vec![
        ("empty lists", many(b"\x80", 590_000)),
        ("empty maps", many(b"\xa0", 590_000)),
        ("empty texts", many(b"\x60", 590_000)),
        ("small numbers", many(b"\x00", 590_000)),
        ("lists of one", many(b"\x81\x80", 290_000)),
        ("maps of one", many(b"\xa1\x61t\x80", 190_000)),
        ("rules of a document", many(b"\xa1\x61t\x64rule", 190_000)),
        ("lists that name more than there is", head(4, 0xffff_ffff)),
        ("texts that name more than there is", head(3, 0xffff_ffff)),
        ("bytes that name more than there is", head(2, 0xffff_ffff)),
        ("as deep as can be", vec![0x81; 11 << 20]),
    ]
}

fn origin(item: &str) -> Origin {
    Origin { node: NodeId::new("0123456789abcdef0123456789abcdef"), item: item.into() }
}

fn replica(comments: Vec<ReplicaComment>, blocks: Vec<Block>) -> Replica {
    let version = Version { owner: 1, other: 0 };
    Replica {
        joined: None,
        origin: origin("acme.atlassian.net/i/1"),
        key: "SUP-1".into(),
        link: String::new(),
        summary: None,
        description: Some(Versioned { version, value: Document { blocks } }),
        issue_type: None,
        extras: Default::default(),
        comments,
        attachments: vec![],
        gone: vec![],
        overruled: vec![],
        whole: false,
        known: vec![],
        path: vec![],
    }
}

fn comment() -> ReplicaComment {
    ReplicaComment {
        origin: origin("c"),
        version: 1,
        author: String::new(),
        created_ms: 0,
        updated_ms: 0,
        body: Document::default(),
        hash: String::new(),
        withdrawn: false,
        absent: false,
    }
}

/// Bodies of a message, by what they try; each is as large as it is let through, or larger.
fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let encoded = |replica: Replica| Body::Replica(replica).encode().1;
    let letters = |count: usize| vec![Inline::text("x"); count];
    let lists = |depth: usize, wide: usize| {
        (1..depth).fold(vec![Block::Rule; wide], |inner, _| vec![Block::BulletList { items: vec![inner] }])
    };
    let mut all = vec![
        ("blocks", encoded(replica(vec![], vec![Block::Rule; 195_000]))),
        ("letters", encoded(replica(vec![], vec![Block::Paragraph { content: letters(115_000) }]))),
        ("paragraphs", encoded(replica(vec![], vec![Block::Paragraph { content: vec![] }; 115_000]))),
        ("comments", encoded(replica(vec![comment(); 10_000], vec![]))),
        ("blocks, deep down", encoded(replica(vec![], lists(60, 190_000)))),
        (
            "a long text",
            encoded(replica(
                vec![],
                vec![Block::Paragraph { content: vec![Inline::text("x".repeat(7 << 20))] }],
            )),
        ),
    ];
    // An unknown field is passed over, whatever it holds.
    for (what, bytes) in dense() {
        let field = [b"\xa1\x67unknown".as_slice(), &bytes].concat();
        all.push((what, field));
    }
    all
}

#[test]
fn f90_f98_a_hostile_partner_cannot_fill_our_memory() {
    for (what, body) in bodies() {
        for kind in ["replica", "receipt"] {
            let message = Message { seq: 1, critical: true, kind: kind.into(), body: body.clone() };
            let _any = held(&format!("{kind}: {what}, {} bytes", body.len()), || message.decode());
        }
        let _any = held(&format!("envelope: {what}"), || Envelope::decode(&body).map(drop));
        let _any = held(&format!("pairing: {what}"), || {
            let _any = (PairRequest::decode(&body).is_ok(), Decline::decode(&body).is_some());
            PairAnswer::decode(&body).is_ok()
        });
    }

    // A frame as large as it is taken, from the seal to what it says.
    let (private, public) = (StaticKey::generate().unwrap(), StaticKey::generate().unwrap());
    let psk = Psk::generate().unwrap();
    let channel = |ours: &StaticKey, theirs: &StaticKey| Channel {
        connection: ConnectionId::new("ab".repeat(16)),
        ours: ours.clone(),
        theirs: theirs.public(),
        psk: psk.clone(),
    };
    let full = MAX_FRAME_BYTES - (64 << 10);
    let pieces = vec![
        Chunk {
            sha256: BlobHash::new("ab".repeat(32)),
            offset: 0,
            total: 1 << 20,
            bytes: vec![7; 1 << 20]
        };
        full >> 20
    ];
    let words: Vec<Message> = (1..=1_000)
        .map(|seq| Message { seq, critical: false, kind: "x".repeat(40), body: vec![7; full / 1_000 - 60] })
        .collect();
    let marks = Mark { seq: 1, chain: "ab".repeat(32) };
    for (what, envelope) in [
        ("pieces of files", Envelope { chunks: pieces, ..Envelope::default() }),
        ("messages", Envelope { messages: words, ack: marks, ..Envelope::default() }),
    ] {
        let frame = start_exchange(&channel(&private, &public), &envelope.encode()).unwrap().0;
        assert!(frame.len() <= MAX_FRAME_BYTES && frame.len() > MAX_FRAME_BYTES - (2 << 20));
        drop(envelope);
        held(&format!("a frame of {what}, {} bytes", frame.len()), || {
            let frame = frame.clone();
            let (body, _) = answer_exchange(&channel(&public, &private), &frame).unwrap();
            Envelope::decode(&body).unwrap()
        });
    }

    // What is pasted is text of any length.
    for piece in ["twl1 ", "q", "=\r\n", "<b>", "&nbsp;", "twl1q", "\u{ff11}"] {
        let text = piece.repeat((4 << 20) / piece.len());
        assert!(held(&format!("pasted: {piece:?}"), || Invitation::read(&text).is_err()));
    }
}
