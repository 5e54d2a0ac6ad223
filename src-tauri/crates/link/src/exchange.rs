//! What travels in one exchange: the same [`Envelope`] in both directions, CBOR inside the seal.
//!
//! # What may be repeated
//! `messages` and `ack` are harmless when a request is replayed: numbers are taken once, and an ack is a maximum.
//! Everything else (`credit`, `want`, `chunks`, `statement`, `health`, `first_seq`) is acted on by the public side
//! only if `echo` is the `nonce` that stands there (the crate `sync` says when it changes); a caller that has none (0) gets
//! one with the first answer. The caller needs no such care: an answer belongs to its request by the handshake itself. The
//! statement carries a generation number besides.
//!
//! # Receipts are messages
//! A receipt travels as a numbered message and not in a list of its own. A list would have to be acked, repeated
//! after a crash and kept in order with what it answers: that is what numbered messages already do, and a lost
//! receipt would otherwise leave the partner's people looking at "sent" for ever.
//!
//! # Unknown things
//! Unknown fields are ignored; an unknown kind of message that is not critical is kept by its number and skipped
//! ([`Message::decode`] gives `None`), a critical one stops the connection with the hint to update.

use serde::{Deserialize, Serialize};
use twinline_model::BlobHash;
use twinline_model::text::clean_line;

pub use crate::message::{Body, Message, QUESTIONS, next_chain};
use crate::wire::{self, WireError};

/// Bytes of an attachment that travel in one piece.
pub const CHUNK_BYTES: usize = 1024 * 1024;
/// Bytes of a sealed frame that a carrier takes, in either direction. Keep an envelope 64 KiB below it.
pub const MAX_FRAME_BYTES: usize = 12 * 1024 * 1024;
/// The longest wait for news; proxies cut idle connections at 30 s and more.
pub const LONG_POLL_MAX_MS: u32 = 25_000;
/// Oldest and newest protocol that this version speaks.
pub const PROTOCOL: (u32, u32) = (1, 1);
/// Messages in one envelope.
pub const MAX_MESSAGES: usize = 1_000;

const MAX_FEATURES: usize = 64;
const MAX_WANTS: usize = 256;
const MAX_CHUNKS: usize = 16;
const MAX_BRANCHES: usize = 256;
const MAX_LEAVES: usize = 10_000;

/// One side's words in an exchange.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Envelope {
    /// Oldest and newest protocol that the sender speaks.
    pub protocol: (u32, u32),
    /// The sender's version, as `0.1.0`.
    pub app: String,
    /// What the sender understands beyond the first version of the protocol; unknown words are passed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// Random, the sender's on this connection: another one means that numbers begin anew.
    pub incarnation: String,
    /// The receiver's incarnation that the sender's numbers and acks count for; empty: not known yet.
    #[serde(default)]
    pub to: String,
    /// Which run of the sender's node speaks.
    #[serde(default)]
    pub runner: Runner,
    /// Which run of the *receiver's* node the sender takes for the one that may write; empty: none yet.
    #[serde(default)]
    pub holder: String,
    /// From which place that run runs: an earlier run of the receiver's own place gives way by itself.
    #[serde(default)]
    pub holder_place: String,
    /// In an answer: the number that stands, to be echoed. In a request: 0.
    #[serde(default)]
    pub nonce: u64,
    /// In a request: the last nonce seen, 0 for none. In an answer: 0.
    #[serde(default)]
    pub echo: u64,
    /// Everything up to here is durably in the sender's inbox.
    pub ack: Mark,
    /// The lowest number that the sender still holds; the next one it will give where it holds none.
    #[serde(default)]
    pub first_seq: u64,
    /// In the order of their numbers.
    #[serde(default)]
    pub messages: Vec<Message>,
    /// Attachment bytes that the sender still needs.
    #[serde(default)]
    pub want: Vec<Want>,
    /// Attachment bytes that the receiver asked for.
    #[serde(default)]
    pub chunks: Vec<Chunk>,
    /// Nothing of the sender's is on its way: all is numbered and acked, all that it received is worked in.
    #[serde(default)]
    pub quiet: bool,
    /// One of the two databases was set back, as far as the sender knows, and their digests have not been equal since.
    #[serde(default)]
    pub reconciling: bool,
    /// Digests; compared only while both sides are quiet.
    #[serde(default)]
    pub compare: Option<Compare>,
    /// What the sender can take now.
    #[serde(default)]
    pub credit: Credit,
    /// How the sender stands to the connection.
    pub statement: Statement,
    /// How the sender is, for people.
    #[serde(default)]
    pub health: Health,
    /// The sender's project, for people.
    #[serde(default)]
    pub project: String,
    /// The sender's admin, for people.
    #[serde(default)]
    pub person: String,
    /// In a request: how long the answer may wait for news.
    #[serde(default)]
    pub wait_ms: u32,
}

impl Default for Envelope {
    /// Nothing to say, in today's protocol.
    fn default() -> Self {
        Self {
            protocol: PROTOCOL,
            app: String::new(),
            features: Vec::new(),
            incarnation: String::new(),
            to: String::new(),
            runner: Runner::default(),
            holder: String::new(),
            holder_place: String::new(),
            nonce: 0,
            echo: 0,
            ack: Mark::default(),
            first_seq: 0,
            messages: Vec::new(),
            want: Vec::new(),
            chunks: Vec::new(),
            quiet: false,
            reconciling: false,
            compare: None,
            credit: Credit::default(),
            statement: Statement::default(),
            health: Health::default(),
            project: String::new(),
            person: String::new(),
            wait_ms: 0,
        }
    }
}

/// A place in the sequence of messages.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug, Serialize, Deserialize)]
pub struct Mark {
    /// The number; 0 before the first message.
    pub seq: u64,
    /// Hash over all messages up to it ([`next_chain`]), hexadecimal; empty for 0. A restored database shows here.
    pub chain: String,
}

/// Attachment bytes that are needed: from `offset` on.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Want {
    /// Which bytes.
    pub sha256: BlobHash,
    /// Where to go on.
    pub offset: u64,
}

/// A piece of an attachment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Chunk {
    /// Of which bytes.
    pub sha256: BlobHash,
    /// Where it begins.
    pub offset: u64,
    /// Size of the whole.
    pub total: u64,
    /// At most [`CHUNK_BYTES`].
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// A run of a node: of two copies of one database only one may write (fencing).
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug, Serialize, Deserialize)]
pub struct Runner {
    /// Random, drawn at each start of the program.
    pub run: String,
    /// Names the computer and the folder; two runs of one place never overlap.
    pub place: String,
    /// The sender's people said that this run shall go on instead of one at another place.
    #[serde(default)]
    pub take_over: bool,
}

/// Digests of what both sides should know alike: a tree over all pairs of the connection.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Compare {
    /// The sender wants to hear the receiver's.
    pub asks: bool,
    /// Branches of the sender's.
    #[serde(default)]
    pub branches: Vec<Branch>,
    /// All leaves under some prefixes.
    #[serde(default)]
    pub leaves: Vec<LeafDigest>,
}

/// Everything under a prefix of places.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Branch {
    /// Leading hexadecimal digits of a place; empty: all pairs.
    pub prefix: String,
    /// SHA-256, hexadecimal.
    pub hash: String,
}

/// The leaves under a prefix: (place, digest), in the order of their places.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeafDigest {
    /// Leading hexadecimal digits of a place.
    pub prefix: String,
    /// 32 and 64 hexadecimal digits.
    pub rows: Vec<(String, String)>,
}

impl LeafDigest {
    /// The rows under a prefix.
    pub fn under(prefix: &str, rows: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { prefix: prefix.to_owned(), rows: rows.into_iter().collect() }
    }
}

impl Compare {
    fn check(&self) -> Result<(), WireError> {
        let rows: usize = self.leaves.iter().map(|l| l.rows.len()).sum();
        if self.branches.len() > MAX_BRANCHES || self.leaves.len() > MAX_BRANCHES || rows > MAX_LEAVES {
            return Err(WireError::TooLarge("compare"));
        }
        let prefix = |p: &str| p.len() <= 32 && wire::is_hex(p, p.len());
        let branch = |b: &Branch| prefix(&b.prefix) && wire::is_hex(&b.hash, 64);
        let row = |(place, digest): &(String, String)| wire::is_hex(place, 32) && wire::is_hex(digest, 64);
        let right = self.branches.iter().all(branch)
            && self.leaves.iter().all(|l| prefix(&l.prefix) && l.rows.iter().all(row));
        if right { Ok(()) } else { Err(WireError::Invalid("compare")) }
    }
}

/// What can be taken.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Credit {
    /// Messages.
    pub messages: u32,
    /// Bytes of their bodies.
    pub bytes: u32,
}

/// How a side stands to the connection; a higher generation replaces a lower one.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Statement {
    /// Grows with each change.
    pub generation: u64,
    /// How far.
    pub stage: StatedStage,
    /// Paused by the sender's admin.
    #[serde(default)]
    pub paused: bool,
}

/// How far a side says that the connection is.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatedStage {
    /// The sender's admin has not approved yet.
    #[default]
    Awaiting,
    /// Both agreed.
    Connected,
    /// The sender ended it.
    Ended,
    /// The sender's admin said no.
    Rejected,
}

/// How a side is, for people only.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Health {
    /// How long ago its tracker was last read in full; `None`: not yet, or its existing issues are still being read.
    #[serde(default)]
    pub checked_ago_ms: Option<u64>,
    /// Changes it has received and not yet written to its tracker.
    #[serde(default)]
    pub pending: u32,
    /// How often it reads its tracker.
    #[serde(default)]
    pub interval_ms: u32,
    /// Problems that a person of its side has to look at.
    #[serde(default)]
    pub problems: u32,
    /// The code of the problem that holds up the whole side, as `sign-in-expired`; empty: none. A code that the receiver
    /// does not know is one more reason.
    #[serde(default)]
    pub held_up: String,
    /// Issues that it has not told the receiver of yet, as long as its first sync is on.
    #[serde(default)]
    pub unsent: u32,
    /// It has not found yet that both sides know the same: somebody who leaves now leaves it waiting.
    #[serde(default)]
    pub unsettled: bool,
}

impl Envelope {
    /// How the sender's protocols stand to ours: equal where there is one that both speak, less where the sender's are all
    /// older, greater where they are all newer.
    pub fn protocols(&self) -> std::cmp::Ordering {
        if self.protocol.0 > PROTOCOL.1 {
            std::cmp::Ordering::Greater
        } else if self.protocol.1 < PROTOCOL.0 {
            std::cmp::Ordering::Less
        } else {
            std::cmp::Ordering::Equal
        }
    }

    /// The body's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let heavy: usize = self.chunks.iter().map(|chunk| chunk.bytes.len()).sum();
        wire::encode_into(Vec::with_capacity(heavy + 4 * 1024), self)
    }

    /// Reads, checks and cleans all but the messages' bodies ([`Message::decode`] does those, one by one, so that
    /// one bad body does not stop the others).
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > MAX_FRAME_BYTES {
            return Err(WireError::TooLarge("envelope"));
        }
        let raw: Self = wire::decode(bytes)?;
        if raw.messages.len() > MAX_MESSAGES {
            return Err(WireError::TooLarge("messages"));
        }
        if raw.features.len() > MAX_FEATURES || raw.features.iter().any(|feature| feature.len() > 40) {
            return Err(WireError::TooLarge("features"));
        }
        if raw.want.len() > MAX_WANTS {
            return Err(WireError::TooLarge("want"));
        }
        if raw.chunks.len() > MAX_CHUNKS || raw.chunks.iter().any(|c| c.bytes.len() > CHUNK_BYTES) {
            return Err(WireError::TooLarge("chunks"));
        }
        raw.messages.iter().try_for_each(Message::check)?;
        raw.ack.check()?;
        raw.compare.iter().try_for_each(Compare::check)?;
        let hashes = raw.want.iter().map(|w| &w.sha256).chain(raw.chunks.iter().map(|c| &c.sha256));
        if hashes.into_iter().any(|hash| !wire::is_hex(hash.as_str(), 64)) {
            return Err(WireError::Invalid("sha256"));
        }
        let inside = |c: &Chunk| c.offset.checked_add(c.bytes.len() as u64).is_some_and(|end| end <= c.total);
        if !raw.chunks.iter().all(inside) {
            return Err(WireError::Invalid("chunk"));
        }
        Ok(Self {
            app: clean_line(&raw.app, 40),
            incarnation: clean_line(&raw.incarnation, 64),
            to: clean_line(&raw.to, 64),
            runner: Runner {
                run: clean_line(&raw.runner.run, 64),
                place: clean_line(&raw.runner.place, 64),
                take_over: raw.runner.take_over,
            },
            holder: clean_line(&raw.holder, 64),
            holder_place: clean_line(&raw.holder_place, 64),
            health: Health { held_up: clean_line(&raw.health.held_up, 40), ..raw.health },
            project: clean_line(&raw.project, 80),
            person: clean_line(&raw.person, 80),
            wait_ms: raw.wait_ms.min(LONG_POLL_MAX_MS),
            ..raw
        })
    }
}

impl Mark {
    fn check(&self) -> Result<(), WireError> {
        let right = if self.seq == 0 { self.chain.is_empty() } else { wire::is_hex(&self.chain, 64) };
        if right { Ok(()) } else { Err(WireError::Invalid("ack")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope() -> Envelope {
        let sha256 = BlobHash::new("ab".repeat(32));
        Envelope {
            app: "0.1.0".into(),
            incarnation: "cd".repeat(16),
            to: "ab".repeat(16),
            runner: Runner { run: "01".repeat(16), place: "02".repeat(16), take_over: true },
            holder: "03".repeat(16),
            holder_place: "07".repeat(16),
            quiet: true,
            reconciling: true,
            compare: Some(Compare {
                asks: true,
                branches: vec![Branch { prefix: "a".into(), hash: "04".repeat(32) }],
                leaves: vec![LeafDigest::under("b", [("05".repeat(16), "06".repeat(32))])],
            }),
            nonce: 7,
            ack: Mark { seq: 3, chain: "ef".repeat(32) },
            first_seq: 4,
            messages: vec![Message { seq: 4, critical: true, kind: "replica".into(), body: vec![0xa0] }],
            want: vec![Want { sha256: sha256.clone(), offset: 5 }],
            chunks: vec![Chunk { sha256, offset: 1, total: 4, bytes: vec![1, 2, 3] }],
            credit: Credit { messages: 100, bytes: 1 << 20 },
            statement: Statement { generation: 2, stage: StatedStage::Connected, paused: true },
            health: Health {
                checked_ago_ms: Some(5),
                pending: 1,
                interval_ms: 30_000,
                problems: 2,
                held_up: "sign-in-expired".into(),
                unsent: 3,
                unsettled: true,
            },
            project: "SUP".into(),
            person: "P. Smith".into(),
            wait_ms: 25_000,
            ..Envelope::default()
        }
    }

    #[test]
    fn an_envelope_comes_back() {
        assert_eq!(Envelope::decode(&envelope().encode()).unwrap(), envelope());
        assert_eq!(Envelope::decode(&Envelope::default().encode()).unwrap(), Envelope::default());
    }

    #[test]
    fn bytes_travel_as_bytes() {
        let chunk = Chunk {
            sha256: BlobHash::new("ab".repeat(32)),
            offset: 0,
            total: CHUNK_BYTES as u64,
            bytes: vec![255; CHUNK_BYTES],
        };
        let size = Envelope { chunks: vec![chunk], ..envelope() }.encode().len();
        assert!(size < CHUNK_BYTES + 2_000, "{size}");
    }

    #[test]
    fn f89_values_that_cannot_be_are_refused() {
        let refused = |change: fn(&mut Envelope)| {
            let mut envelope = envelope();
            change(&mut envelope);
            Envelope::decode(&envelope.encode()).unwrap_err()
        };
        assert_eq!(refused(|e| e.ack.chain = "../x".into()), WireError::Invalid("ack"));
        assert_eq!(refused(|e| e.ack.seq = 0), WireError::Invalid("ack"));
        assert_eq!(
            refused(|e| e.want[0].sha256 = BlobHash::new("../etc/passwd")),
            WireError::Invalid("sha256")
        );
        assert_eq!(refused(|e| e.chunks[0].offset = u64::MAX), WireError::Invalid("chunk"));
        assert_eq!(refused(|e| e.chunks[0].bytes = vec![0; CHUNK_BYTES + 1]), WireError::TooLarge("chunks"));
        assert_eq!(
            refused(|e| e.compare.iter_mut().for_each(|c| c.branches[0].prefix = "%' OR 1".into())),
            WireError::Invalid("compare")
        );
        assert_eq!(
            refused(|e| e.compare.iter_mut().for_each(|c| c.leaves[0].rows[0].0 = "5".into())),
            WireError::Invalid("compare")
        );
        assert_eq!(refused(|e| e.messages[0].seq = 0), WireError::Invalid("message"));
        assert_eq!(refused(|e| e.messages[0].kind = "k".repeat(41)), WireError::Invalid("message"));
        assert_eq!(
            refused(|e| e.messages = vec![e.messages[0].clone(); 1_001]),
            WireError::TooLarge("messages")
        );
        assert_eq!(refused(|e| e.want = vec![e.want[0].clone(); 257]), WireError::TooLarge("want"));
    }

    #[test]
    fn a_wait_is_never_longer_than_agreed() {
        let long = Envelope { wait_ms: u32::MAX, ..envelope() };
        assert_eq!(Envelope::decode(&long.encode()).unwrap().wait_ms, LONG_POLL_MAX_MS);
    }
}
