//! Numbered messages with the chain over them, and markers.

use secrecy::ExposeSecret;
use twinline_model::replica::{Receipt, Replica, ReplicaAttachment, ReplicaComment, Version, Versioned};
use twinline_model::{BlobHash, Document, Origin};

use super::*;
use crate::exchange::{Body, Message, next_chain};
use crate::marker::MarkerKey;

#[derive(Serialize)]
struct Bodies {
    /// In the order of their numbers, 1 the first; each with the chain after it.
    messages: Vec<Numbered>,
    psk: String,
    marker_key: String,
    markers: Vec<Signed>,
}

#[derive(Serialize)]
struct Numbered {
    seq: u64,
    kind: String,
    says: Value,
    body: String,
    chain: String,
}

#[derive(Serialize)]
struct Signed {
    connection: String,
    node: String,
    item: String,
    attempt: u32,
    mac: String,
}

fn replica() -> Replica {
    let origin = |item: &str| Origin { node: node("a"), item: item.into() };
    let version = Version { owner: 2, other: 1 };
    Replica {
        origin: origin("acme.atlassian.net/i/10001"),
        key: "SUP-1".into(),
        link: "https://acme.atlassian.net/browse/SUP-1".into(),
        summary: Some(Versioned { version, value: "A summary".into() }),
        description: Some(Versioned { version, value: Document::plain("one\ntwo") }),
        issue_type: None,
        extras: Default::default(),
        comments: vec![ReplicaComment {
            origin: origin("acme.atlassian.net/c/1"),
            version: 1,
            author: "Ana Ruiz".into(),
            created_ms: 1_790_000_000_000,
            updated_ms: 1_790_000_000_000,
            body: Document::plain("hello"),
            hash: "cd".repeat(32),
            withdrawn: false,
            absent: false,
        }],
        attachments: vec![ReplicaAttachment {
            origin: origin("acme.atlassian.net/a/1"),
            file_name: "a.png".into(),
            mime: "image/png".into(),
            size: 3,
            sha256: BlobHash::new("ab".repeat(32)),
            author: "Ana Ruiz".into(),
        }],
        gone: vec![],
        overruled: vec![],
        whole: false,
        known: vec![],
        path: vec![],
        joined: None,
    }
}

#[test]
fn vectors_of_messages_and_markers() {
    let origin = replica().origin;
    let bodies = [
        Body::Replica(replica()),
        Body::Receipt(Receipt::Parked { origin: origin.clone(), code: "required-field".into() }),
        Body::Receipt(Receipt::BlobApplied {
            origin: origin.clone(),
            sha256: BlobHash::new("ab".repeat(32)),
        }),
    ];
    let mut chain = String::new();
    let messages = (1..).zip(bodies).map(|(seq, said)| {
        let (kind, body) = said.encode();
        chain = next_chain(&chain, seq, &kind, &body);
        let message = Message { seq, critical: true, kind: kind.clone(), body: body.clone() };
        assert_eq!(message.decode(), Ok(Some(said)));
        Numbered { seq, kind, says: says(&body), body: hex::encode(body), chain: chain.clone() }
    });
    let messages = messages.collect();
    let psk = Psk::from_bytes(seq(0x60));
    let (signs, connection) = (MarkerKey::derive(&psk), usual().connection_id());
    let markers = [0, 1, 300].map(|attempt| Signed {
        connection: connection.to_string(),
        node: origin.node.to_string(),
        item: origin.item.clone(),
        attempt,
        mac: signs.mark(&connection, &origin, attempt).mac,
    });
    let bodies = Bodies {
        messages,
        marker_key: signs.to_secret_string().expose_secret().to_owned(),
        psk: hex::encode(psk.bytes()),
        markers: markers.into(),
    };
    compare("messages.json", &bodies);
}
