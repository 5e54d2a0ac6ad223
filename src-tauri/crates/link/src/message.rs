//! Numbered messages and their bodies.

use serde::{Deserialize, Serialize};
use twinline_model::document::MAX_DEPTH;
use twinline_model::question::{Question, Said};
use twinline_model::replica::{Receipt, Replica};
use twinline_model::text::{clean_file_name, clean_line};
use twinline_model::{Document, IssueKey, Origin};

use crate::hash::hash;
use crate::wire::{self, WireError};

/// The feature of a sender who understands questions; to others none is sent, since they would skip it without a word.
pub const QUESTIONS: &str = "questions";

const MAX_KIND: usize = 40;
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;
const MAX_SUMMARY: usize = 10_000;
const MAX_LIST: usize = 10_000;
const MAX_OVERRULED: usize = 100;
/// Versions are counted by ones and by leaps below 2^33: none comes near this.
const MAX_VERSION: u64 = 1 << 53;
const CHAIN_LABEL: &str = "twinline chain v1";

/// A numbered message. From its first transmission on, number and bytes never change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Message {
    /// Counts from 1, without gaps.
    pub seq: u64,
    /// Must be understood: a receiver that does not know the kind stops instead of skipping it.
    #[serde(default)]
    pub critical: bool,
    /// `replica`, `receipt`, `question`, or one of a later version.
    pub kind: String,
    /// CBOR of what the kind says.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
}

/// What a message says.
#[derive(Clone, PartialEq, Eq, Debug)]
// Made and taken apart at once: nobody keeps many of them.
#[allow(clippy::large_enum_variant)]
pub enum Body {
    /// An issue, or what changed of it.
    Replica(Replica),
    /// What became of a replica.
    Receipt(Receipt),
    /// Whether two issues that exist already become a pair. Only to a partner whose features name [`QUESTIONS`].
    Question(Said),
}

/// The hash over all messages up to `seq`: of the chain before it and this message. Pass "" as the first chain.
pub fn next_chain(chain: &str, seq: u64, kind: &str, body: &[u8]) -> String {
    hex::encode(hash(CHAIN_LABEL, &[chain.as_bytes(), &seq.to_be_bytes(), kind.as_bytes(), body]))
}

impl Body {
    /// The kind and the bytes of a message.
    pub fn encode(&self) -> (String, Vec<u8>) {
        match self {
            Self::Replica(replica) => ("replica".to_owned(), wire::encode(replica)),
            Self::Receipt(receipt) => ("receipt".to_owned(), wire::encode(receipt)),
            Self::Question(said) => ("question".to_owned(), wire::encode(said)),
        }
    }
}

impl Message {
    /// Reads, checks and cleans the body. `None`: a kind of a later version that may be skipped.
    pub fn decode(&self) -> Result<Option<Body>, WireError> {
        self.check()?;
        match self.kind.as_str() {
            "replica" => replica(wire::decode(&self.body)?).map(Body::Replica).map(Some),
            "receipt" => receipt(wire::decode(&self.body)?).map(Body::Receipt).map(Some),
            "question" => question(wire::decode(&self.body)?).map(Body::Question).map(Some),
            _ if self.critical => Err(WireError::UnknownCritical(clean_line(&self.kind, MAX_KIND))),
            _ => Ok(None),
        }
    }

    /// It must be understood, and is of a kind that this version does not know.
    pub fn is_beyond_us(&self) -> bool {
        self.critical && !matches!(self.kind.as_str(), "replica" | "receipt" | "question")
    }

    pub(crate) fn check(&self) -> Result<(), WireError> {
        if self.body.len() > MAX_BODY_BYTES {
            return Err(WireError::TooLarge("message"));
        }
        if self.seq == 0 || self.kind.len() > MAX_KIND {
            return Err(WireError::Invalid("message"));
        }
        Ok(())
    }
}

fn replica(mut replica: Replica) -> Result<Replica, WireError> {
    origin(&replica.origin)?;
    if replica.comments.len() > MAX_LIST {
        return Err(WireError::TooLarge("comments"));
    }
    if replica.attachments.len() > MAX_LIST {
        return Err(WireError::TooLarge("attachments"));
    }
    replica.key = clean_line(&replica.key, 100);
    replica.link = web_link(&replica.link);
    let fields = [
        replica.summary.as_ref().map(|f| f.version),
        replica.description.as_ref().map(|f| f.version),
        replica.issue_type.as_ref().map(|f| f.version),
    ];
    let counters = fields.into_iter().flatten().flat_map(|v| [v.owner, v.other]);
    let items = replica.comments.iter().map(|c| c.version).chain(replica.known.iter().map(|(_, v, _)| *v));
    if counters.chain(items).any(|version| version > MAX_VERSION) {
        return Err(WireError::TooLarge("version"));
    }
    if let Some(summary) = &replica.summary {
        // Not cleaned: the joiners of an emoji are part of what people wrote. Whoever shows it, shows it as text.
        if summary.value.chars().count() > MAX_SUMMARY {
            return Err(WireError::TooLarge("summary"));
        }
    }
    if let Some(description) = &replica.description {
        document(&description.value)?;
    }
    if let Some(issue_type) = &mut replica.issue_type {
        issue_type.value = clean_line(&issue_type.value, 255);
    }
    for comment in &mut replica.comments {
        origin(&comment.origin)?;
        name_of_text(&comment.hash)?;
        document(&comment.body)?;
        comment.author = clean_line(&comment.author, 120);
    }
    for attachment in &mut replica.attachments {
        origin(&attachment.origin)?;
        if !wire::is_hex(attachment.sha256.as_str(), 64) {
            return Err(WireError::Invalid("sha256"));
        }
        attachment.file_name = clean_file_name(&attachment.file_name);
        attachment.author = clean_line(&attachment.author, 120);
        attachment.mime = mime(&attachment.mime);
    }
    if replica.gone.len() + replica.overruled.len() + replica.path.len() + replica.known.len() > MAX_LIST {
        return Err(WireError::TooLarge("replica"));
    }
    if replica.overruled.len() > MAX_OVERRULED {
        return Err(WireError::TooLarge("overruled"));
    }
    replica.known.iter().try_for_each(|(_, _, text)| name_of_text(text))?;
    replica.gone.iter().chain(replica.known.iter().map(|(of, ..)| of)).try_for_each(origin)?;
    if replica.path.iter().any(|node| !wire::is_hex(node.as_str(), 32)) {
        return Err(WireError::Invalid("path"));
    }
    replica.joined.as_deref().map_or(Ok(()), question_id)?;
    Ok(replica)
}

fn receipt(receipt: Receipt) -> Result<Receipt, WireError> {
    Ok(match receipt {
        Receipt::Applied { origin: of, key, link } => {
            origin(&of)?;
            Receipt::Applied { origin: of, key: clean_line(&key, 100), link: web_link(&link) }
        }
        Receipt::Parked { origin: of, code } => {
            origin(&of)?;
            Receipt::Parked { origin: of, code: clean_line(&code, 60) }
        }
        Receipt::Skipped { origin: of } => {
            origin(&of)?;
            Receipt::Skipped { origin: of }
        }
        Receipt::Resumed { origin: of } => {
            origin(&of)?;
            Receipt::Resumed { origin: of }
        }
        Receipt::Rejected { origin: of, code } => {
            origin(&of)?;
            Receipt::Rejected { origin: of, code: clean_line(&code, 60) }
        }
        Receipt::Again { origin: of } => {
            origin(&of)?;
            Receipt::Again { origin: of }
        }
        Receipt::BlobApplied { origin: of, sha256 } => {
            origin(&of)?;
            if !wire::is_hex(sha256.as_str(), 64) {
                return Err(WireError::Invalid("sha256"));
            }
            Receipt::BlobApplied { origin: of, sha256 }
        }
    })
}

fn question(said: Said) -> Result<Said, WireError> {
    Ok(match said {
        Said::Asked(asked) => {
            question_id(&asked.id)?;
            origin(&asked.origin)?;
            key_of_question(&asked.key)?;
            if asked.summary.as_ref().is_some_and(|summary| summary.chars().count() > MAX_SUMMARY) {
                return Err(WireError::TooLarge("summary"));
            }
            Said::Asked(Question {
                key: clean_line(&asked.key, 100),
                link: web_link(&asked.link),
                // One line for people to read, who decide by it.
                summary: asked.summary.map(|summary| clean_line(&summary, 300)),
                wanted: clean_line(&asked.wanted, 100),
                ..asked
            })
        }
        Said::Withdrawn { id } => {
            question_id(&id)?;
            Said::Withdrawn { id }
        }
        Said::Agreed { id, origin: of, pair, key, link } => {
            question_id(&id)?;
            origin(&of)?;
            origin(&pair)?;
            key_of_question(&key)?;
            Said::Agreed { id, origin: of, pair, key: clean_line(&key, 100), link: web_link(&link) }
        }
        Said::Declined { id, code } => {
            question_id(&id)?;
            Said::Declined { id, code: clean_line(&code, 60) }
        }
    })
}

fn question_id(id: &str) -> Result<(), WireError> {
    if wire::is_hex(id, 32) { Ok(()) } else { Err(WireError::Invalid("question")) }
}

/// It stands bare in the sentence that a person says yes to.
fn key_of_question(key: &str) -> Result<(), WireError> {
    let right = IssueKey::typed(key).is_some_and(|typed| typed.as_str() == key);
    if right { Ok(()) } else { Err(WireError::Invalid("key")) }
}

/// What both sides call a text or a file: its hash, or a word where there is none.
fn name_of_text(name: &str) -> Result<(), WireError> {
    let right = name.is_empty() || name == "withdrawn" || wire::is_hex(name, 64);
    if right { Ok(()) } else { Err(WireError::Invalid("hash")) }
}

fn origin(origin: &Origin) -> Result<(), WireError> {
    let right = wire::is_hex(origin.node.as_str(), 32)
        && (1..=200).contains(&origin.item.len())
        && !origin.item.contains(char::is_control);
    if right { Ok(()) } else { Err(WireError::Invalid("origin")) }
}

fn document(document: &Document) -> Result<(), WireError> {
    if document.depth() > MAX_DEPTH { Err(WireError::TooDeep) } else { Ok(()) }
}

/// A link for people, or nothing: the partner must not choose what a click in our window starts.
fn web_link(link: &str) -> String {
    match url::Url::parse(link) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && link.len() <= 2_000 => url.to_string(),
        _ => String::new(),
    }
}

fn mime(mime: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/.+-_".contains(&b);
    if mime.len() <= 100 && mime.matches('/').count() == 1 && mime.bytes().all(plain) {
        mime.to_ascii_lowercase()
    } else {
        "application/octet-stream".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f88_an_unknown_message_is_skipped_or_stops() {
        let mut later = Message { seq: 1, critical: false, kind: "poll".into(), body: vec![0xff] };
        assert_eq!(later.decode(), Ok(None));
        later.critical = true;
        assert_eq!(later.decode(), Err(WireError::UnknownCritical("poll".into())));
    }

    #[test]
    fn what_a_question_says_is_bounded_and_cleaned() {
        let node = twinline_model::NodeId::new("0123456789abcdef0123456789abcdef");
        let asked = Question {
            id: "a".repeat(32),
            origin: Origin { node, item: "acme.atlassian.net/i/1".into() },
            key: "SUP-1".into(),
            link: "javascript:alert(1)".into(),
            summary: Some("Printer\n\u{202e}on fire".into()),
            wanted: "GX-1".into(),
        };
        let read = |said: Said| {
            let (kind, body) = Body::Question(said).encode();
            Message { seq: 1, critical: false, kind, body }.decode()
        };
        let Ok(Some(Body::Question(Said::Asked(heard)))) = read(Said::Asked(asked.clone())) else {
            panic!("a question is understood")
        };
        assert_eq!((heard.link.as_str(), heard.wanted.as_str()), ("", "GX-1"));
        assert_eq!(heard.summary.as_deref(), Some("Printer on fire"));
        let invalid = Err(WireError::Invalid("question"));
        assert_eq!(read(Said::Asked(Question { id: "../1".into(), ..asked.clone() })), invalid);
        assert_eq!(read(Said::Withdrawn { id: "A".repeat(31) }), invalid);
        let long = Some("x".repeat(MAX_SUMMARY + 1));
        assert_eq!(
            read(Said::Asked(Question { summary: long, ..asked })),
            Err(WireError::TooLarge("summary"))
        );
    }

    #[test]
    fn f91_the_chain_depends_on_everything_before() {
        let one = next_chain("", 1, "replica", b"a");
        assert_ne!(one, next_chain("", 1, "replica", b"b"));
        assert_ne!(one, next_chain("", 2, "replica", b"a"));
        assert_ne!(one, next_chain("", 1, "receipt", b"a"));
        assert_ne!(next_chain(&one, 2, "replica", b"b"), next_chain("", 2, "replica", b"b"));
        assert_eq!(one.len(), 64);
    }

    #[test]
    fn f115_only_web_links_pass() {
        assert_eq!(
            web_link("https://acme.atlassian.net/browse/SUP-1"),
            "https://acme.atlassian.net/browse/SUP-1"
        );
        for bad in ["javascript:alert(1)", "file:///etc/passwd", r"\\host\share", "", "mailto:a@b.c"] {
            assert_eq!(web_link(bad), "", "{bad}");
        }
    }

    #[test]
    fn a_mime_type_is_one_or_becomes_bytes() {
        assert_eq!(mime("Image/PNG"), "image/png");
        assert_eq!(mime("text/html; charset=\r\nX: y"), "application/octet-stream");
    }
}
