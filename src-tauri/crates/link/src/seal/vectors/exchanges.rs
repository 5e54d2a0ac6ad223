//! Both messages of an exchange, whoever calls; and bodies that travel in chunks.

use blake2::Blake2s256;
use hmac::digest::Digest;
use twinline_model::replica::Receipt;
use twinline_model::{BlobHash, Origin};

use super::*;
use crate::exchange::{
    Body, Chunk, Credit, Envelope, Mark, Message, StatedStage, Statement, Want, next_chain,
};
use crate::keys::chance;

fn channels() -> (Channel, Channel) {
    let (public, private) = (key(0x01), key(0x21));
    let (connection, psk) = (usual().connection_id(), Psk::from_bytes(seq(0x60)));
    let (of_public, of_private) = (public.public(), private.public());
    (
        Channel { connection: connection.clone(), ours: private, theirs: of_public, psk: psk.clone() },
        Channel { connection, ours: public, theirs: of_private, psk },
    )
}

#[derive(Serialize)]
struct Exchanges {
    noise: &'static str,
    public_side_private: String,
    private_side_private: String,
    psk: String,
    connection_id: String,
    exchanges: Vec<Exchanged>,
}

#[derive(Serialize)]
struct Exchanged {
    name: &'static str,
    caller_public: String,
    prologue: String,
    request: Sealed,
    answer: Sealed,
    hash_after_request: String,
    hash_after_answer: String,
}

fn exchanged(
    name: &'static str,
    (caller, called): (&Channel, &Channel),
    draws: [[u8; 32]; 2],
    [request, answer]: [Envelope; 2],
) -> Exchanged {
    let (request, answer) = (request.encode(), answer.encode());
    chance::fix(&draws);
    let (frame, mut waiting) = start_exchange(caller, &request).unwrap();
    let (body, answering) = answer_exchange(called, &frame).unwrap();
    assert!(body == request);
    let after_request = answering.handshake();
    let back = answering.seal(&answer).unwrap();
    assert!(read_exchange(&mut waiting.state, &back).unwrap() == answer);
    let id = caller.connection.as_str().as_bytes();
    Exchanged {
        name,
        caller_public: caller.ours.public().to_string(),
        prologue: hex::encode([b"twinline exchange\0\x01", id, &[0], &caller.ours.public().0].concat()),
        request: Sealed::new(draws[0], &request, &frame),
        answer: Sealed::new(draws[1], &answer, &back),
        hash_after_request: hex::encode(after_request),
        hash_after_answer: hex::encode(handshake_hash(&waiting.state).unwrap()),
    }
}

fn request() -> Envelope {
    let (kind, body) = Body::Receipt(Receipt::Applied {
        origin: Origin { node: node("a"), item: "acme.atlassian.net/i/10001".into() },
        key: "GX-7".into(),
        link: "https://globex.atlassian.net/browse/GX-7".into(),
    })
    .encode();
    let messages = vec![Message { seq: 1, critical: true, kind, body }];
    Envelope {
        app: "0.1.0".into(),
        incarnation: "11".repeat(16),
        first_seq: 1,
        messages,
        want: vec![Want { sha256: BlobHash::new("ab".repeat(32)), offset: 1_048_576 }],
        credit: Credit { messages: 1_000, bytes: 8 << 20 },
        statement: Statement { generation: 1, stage: StatedStage::Connected, paused: false },
        project: "GX".into(),
        person: "P. Smith".into(),
        wait_ms: 25_000,
        ..Envelope::default()
    }
}

fn answer(request: &Envelope) -> Envelope {
    let taken = &request.messages[0];
    Envelope {
        app: "0.1.0".into(),
        incarnation: "22".repeat(16),
        to: "11".repeat(16),
        nonce: 0x0102_0304_0506_0708,
        ack: Mark { seq: 1, chain: next_chain("", taken.seq, &taken.kind, &taken.body) },
        first_seq: 1,
        chunks: vec![Chunk {
            sha256: BlobHash::new("ab".repeat(32)),
            offset: 1_048_576,
            total: 1_048_579,
            bytes: vec![1, 2, 3],
        }],
        statement: Statement { generation: 2, stage: StatedStage::Connected, paused: true },
        ..Envelope::default()
    }
}

#[test]
fn vectors_of_an_exchange() {
    let (private, public) = channels();
    let exchanges = vec![
        exchanged(
            "the private side calls",
            (&private, &public),
            [seq(0x71), seq(0x81)],
            [request(), answer(&request())],
        ),
        exchanged(
            "the public side calls",
            (&public, &private),
            [seq(0x72), seq(0x82)],
            [request(), answer(&request())],
        ),
    ];
    let exchanges = Exchanges {
        noise: EXCHANGE,
        public_side_private: hex::encode(public.ours.bytes()),
        private_side_private: hex::encode(private.ours.bytes()),
        psk: hex::encode(public.psk.bytes()),
        connection_id: public.connection.to_string(),
        exchanges,
    };
    compare("exchange.json", &exchanges);
}

#[derive(Serialize)]
struct Large {
    /// Byte `i` of a body is `(i * 31 + 7) mod 251`.
    length: usize,
    ephemeral_private: String,
    content_key: Option<String>,
    /// The frame up to its first chunk.
    head: String,
    /// BLAKE2s-256 of each chunk, with its tag.
    chunks: Vec<String>,
    /// The tag of the last chunk.
    last_tag: Option<String>,
    /// BLAKE2s-256 of the whole frame.
    frame: String,
}

fn blake2s(bytes: &[u8]) -> String {
    hex::encode(Blake2s256::digest(bytes))
}

fn large(length: usize, ephemeral: [u8; 32], content: [u8; 32], frame: &[u8]) -> Large {
    let head = 3 + usize::from(u16::from_be_bytes([frame[1], frame[2]]));
    let (head, chunks) = if length > INLINE_MAX { frame.split_at(head) } else { frame.split_at(3) };
    let in_chunks = length > INLINE_MAX;
    Large {
        length,
        ephemeral_private: hex::encode(ephemeral),
        content_key: in_chunks.then(|| hex::encode(content)),
        head: hex::encode(head),
        chunks: if in_chunks { chunks.chunks(CHUNK + TAG).map(blake2s).collect() } else { vec![] },
        last_tag: in_chunks.then(|| hex::encode(&frame[frame.len() - TAG..])),
        frame: blake2s(frame),
    }
}

#[test]
fn vectors_of_large_bodies() {
    let (private, public) = channels();
    let mut vectors = Vec::new();
    // The last that fits a Noise message, the first that does not, a whole chunk, one byte more, and three of them.
    for (number, length) in [65_486, 65_487, 65_536, 65_537, 196_608].into_iter().enumerate() {
        let body: Vec<u8> = (0..length).map(|i| ((i * 31 + 7) % 251) as u8).collect();
        let draw = |first: u8| seq(first + number as u8);
        let (one, two, three, four) = (draw(0x90), draw(0xb0), draw(0xc0), draw(0xd0));
        let in_chunks = length > INLINE_MAX;
        // A content key is drawn only where there are chunks.
        chance::fix(&[one, two][..1 + usize::from(in_chunks)]);
        let (frame, waiting) = start_exchange(&private, &body).unwrap();
        chance::fix(&[three, four][..1 + usize::from(in_chunks)]);
        let (got, answering) = answer_exchange(&public, &frame).unwrap();
        let back = answering.seal(&got).unwrap();
        assert!(waiting.open(&back).unwrap().body == body);
        vectors.push([large(length, one, two, &frame), large(length, three, four, &back)]);
    }
    compare("chunks.json", &vectors);
}
