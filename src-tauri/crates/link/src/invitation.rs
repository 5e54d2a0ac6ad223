//! The invitation: what the issuer's node tells the partner's node through any mail or chat.
//!
//! # Bytes, version 1
//! | bytes | what |
//! |---|---|
//! | 2 | head, see below |
//! | 1 | version, 1; a reader refuses a higher one as *too new* |
//! | 1 | flags: bit 0 Script instead of Basic, bit 1 whoever holds the code is trusted; others are ignored |
//! | 32 | the issuer's static key |
//! | 16 | the one-time secret |
//! | 16 | the issuer's commitment (see [`crate::seal`]) |
//! | 5 | expiry, unix seconds, big-endian |
//! | 1 + n | label, UTF-8 |
//! | 1 | number of carriers, each: kind (1), length (2, big-endian), that many bytes |
//! | | kind 1 URL · kind 2 certificate's SHA-256 (32), URL · kind 3 iroh endpoint (32), relay URL or nothing |
//! | 1 + n | who invites, UTF-8; this and the next may be absent: nothing is said then |
//! | 1 + n | the key of the inviting project, UTF-8 |
//! | | whatever follows belongs to a later version of 1 and is ignored |
//!
//! The text is bech32m with the prefix `twl`, after `twl1` in groups of five. The first three of its characters are
//! the head: ten bits with the number of characters after `twl1` (so that a cut code can say how many are missing)
//! and five bits that check them, `(first + 3 * second + 7) mod 32`; one bit is spare.
//!
//! # Derived
//! Invitation id: first 16 bytes of the hash of the secret, label `twinline invitation v1`. Connection id: first 16
//! bytes of the hash of the id, label `twinline connection v1`. Both sides have both without asking, whatever answer
//! is lost (invariant I22).

use std::fmt;

use bech32::{Bech32m, Hrp};
use secrecy::SecretString;
use twinline_model::ConnectionId;
use twinline_model::connection::{Approval, Mode};
use twinline_model::text::clean_line;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::hash::{first16, hash};
use crate::invitation_text::find_code;
use crate::keys::{KeyError, PublicKey, StaticKey, from_hex, random, to_hex};
use crate::seal::Commitment;

/// The version that this code writes, and the highest that it reads.
pub const VERSION: u8 = 1;

const HRP: &str = "twl";
/// Characters of a name in it.
const MAX_NAME: usize = 40;
/// bech32m's guarantees end at 1,023 characters.
const MAX_BYTES: usize = 600;
const MAX_EXPIRY: u64 = (1 << 40) - 1;
const SCRIPT: u8 = 1;
const CODE_HOLDER: u8 = 2;

/// An invitation. No `Debug`: it holds the one-time secret.
#[derive(Clone)]
pub struct Invitation {
    /// Version of its form.
    pub version: u8,
    /// The issuer's static key.
    pub key: PublicKey,
    /// Proves that the code was seen.
    pub secret: InvitationSecret,
    /// Makes the comparison number one that nobody can search for.
    pub commitment: Commitment,
    /// Until when, unix seconds; the issuer's clock alone decides.
    pub expires_s: u64,
    /// How the issuer can be reached, best first.
    pub carriers: Vec<Carrier>,
    /// Who issued it. Claimed, not proved.
    pub issuer: Issuer,
    /// Which rules.
    pub mode: Mode,
    /// Whether the issuer's admin has to approve.
    pub approval: Approval,
}

/// Who invites, as they call themselves; of each at most 40 characters. What is empty was not said.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Issuer {
    /// The company.
    pub company: String,
    /// The person whose sign-in the connection uses.
    pub person: String,
    /// The key of their project.
    pub project: String,
}

impl Issuer {
    /// As it may be shown and sent: no control characters, nothing too long.
    fn cleaned(&self) -> Self {
        let clean = |name: &str| clean_line(name, MAX_NAME);
        Self { company: clean(&self.company), person: clean(&self.person), project: clean(&self.project) }
    }
}

/// A way to the issuer's node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Carrier {
    /// HTTP or HTTPS.
    Http {
        /// Without a slash at the end. Check it with [`crate::address::check_address`] before calling.
        url: String,
        /// SHA-256 of the only certificate that is taken, where the issuer serves TLS itself.
        certificate: Option<[u8; 32]>,
    },
    /// iroh: dial by key.
    Iroh {
        /// The endpoint's key.
        endpoint: [u8; 32],
        /// The relay to use.
        relay: Option<String>,
    },
}

/// The one-time secret of an invitation.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct InvitationSecret([u8; 16]);

impl InvitationSecret {
    /// A fresh one.
    pub fn generate() -> Result<Self, KeyError> {
        Ok(Self(random()?))
    }
    /// For the keychain: 32 hexadecimal digits.
    pub fn to_secret_string(&self) -> SecretString {
        to_hex(&self.0)
    }
    /// From the keychain.
    pub fn from_secret_str(text: &str) -> Result<Self, KeyError> {
        from_hex(text).map(Self)
    }
    /// The id that stands in clear in every pairing request.
    pub fn id(&self) -> InvitationId {
        InvitationId(first16(hash("twinline invitation v1", &[&self.0])))
    }
    pub(crate) fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Names an invitation without revealing its secret: 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct InvitationId(pub [u8; 16]);

impl InvitationId {
    /// The id of the connection that comes of it.
    pub fn connection_id(&self) -> ConnectionId {
        ConnectionId::new(hex::encode(first16(hash("twinline connection v1", &[&self.0]))))
    }
}

impl fmt::Display for InvitationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl std::str::FromStr for InvitationId {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        from_hex(text).map(Self)
    }
}

/// Why a text holds no invitation that can be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvitationError {
    /// Nothing that looks like a code.
    #[error("no invitation code in the text")]
    Absent,
    /// A part is missing.
    #[error("{missing} characters are missing")]
    Incomplete {
        /// How many characters.
        missing: usize,
    },
    /// The checksum does not fit.
    #[error("a typing error in the code")]
    Typo,
    /// Made by a later version.
    #[error("the code is of a later version")]
    TooNew,
    /// An API token was pasted: never keep or show the text.
    #[error("an API token")]
    IsToken,
    /// A web address or another product's code.
    #[error("a web address or another product's code")]
    Foreign,
}

impl Invitation {
    /// A fresh invitation to `ours`: draws the secret and commits to the comparison number.
    pub fn issue(
        ours: &StaticKey,
        issuer: &Issuer,
        carriers: Vec<Carrier>,
        expires_s: u64,
        mode: Mode,
        approval: Approval,
    ) -> Result<Self, KeyError> {
        let secret = InvitationSecret::generate()?;
        Ok(Self {
            version: VERSION,
            key: ours.public(),
            commitment: Commitment::new(ours, &secret),
            secret,
            expires_s,
            carriers,
            issuer: issuer.cleaned(),
            mode,
            approval,
        })
    }

    /// The code: `twl1 qqrsz x9g7k ...`. Carriers that would make it longer than 1,000 characters are left out.
    pub fn encode(&self) -> SecretString {
        let mut bytes = self.to_bytes();
        // Characters after `twl1`: eight bits in five, and six for the checksum.
        let length = (bytes.len() * 8).div_ceil(5) + 6;
        let (first, second) = ((length >> 5) as u16 & 31, length as u16 & 31);
        let head = first << 11 | second << 6 | u16::from(head_check(first as u8, second as u8)) << 1;
        bytes[..2].copy_from_slice(&head.to_be_bytes());
        // The prefix is valid, and MAX_BYTES keeps the text below bech32m's 1,023 characters.
        let text =
            bech32::encode::<Bech32m>(Hrp::parse_unchecked(HRP), &bytes).expect("short enough for bech32m");
        let text = Zeroizing::new(text);
        let (prefix, data) = text.split_at(HRP.len() + 1);
        let mut code = String::with_capacity(text.len() * 6 / 5 + 8);
        code.push_str(prefix);
        for (index, character) in data.chars().enumerate() {
            if index % 5 == 0 {
                code.push(' ');
            }
            code.push(character);
        }
        SecretString::from(code)
    }

    /// Finds the code in whatever was pasted: a code, a whole mail, twice the same.
    pub fn read(text: &str) -> Result<Self, InvitationError> {
        find_code(text)
    }

    /// The invitation's id.
    pub fn id(&self) -> InvitationId {
        self.secret.id()
    }

    /// The id of the connection that comes of it.
    pub fn connection_id(&self) -> ConnectionId {
        self.id().connection_id()
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES));
        bytes.extend_from_slice(&[0, 0, self.version]);
        let script = if self.mode == Mode::Script { SCRIPT } else { 0 };
        let holder = if self.approval == Approval::CodeHolder { CODE_HOLDER } else { 0 };
        bytes.push(script | holder);
        bytes.extend_from_slice(&self.key.0);
        bytes.extend_from_slice(self.secret.bytes());
        bytes.extend_from_slice(&self.commitment.0);
        bytes.extend_from_slice(&self.expires_s.min(MAX_EXPIRY).to_be_bytes()[3..]);
        let issuer = self.issuer.cleaned();
        put_name(&mut bytes, &issuer.company);
        let count = bytes.len();
        bytes.push(0);
        for carrier in self.carriers.iter().take(8) {
            let (kind, body) = carrier.to_bytes();
            if bytes.len() + 3 + body.len() <= MAX_BYTES {
                bytes.push(kind);
                bytes.extend_from_slice(&(body.len() as u16).to_be_bytes());
                bytes.extend_from_slice(&body);
                bytes[count] += 1;
            }
        }
        let more = 2 + issuer.person.len() + issuer.project.len();
        if more > 2 && bytes.len() + more <= MAX_BYTES {
            put_name(&mut bytes, &issuer.person);
            put_name(&mut bytes, &issuer.project);
        }
        bytes
    }

    /// From the bytes after a checksum that fits; `None` where they are no invitation all the same.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, InvitationError> {
        let version = *bytes.get(2).ok_or(InvitationError::Typo)?;
        if version > VERSION {
            return Err(InvitationError::TooNew);
        }
        Self::parse(version, &mut bytes[3..].iter().as_slice()).ok_or(InvitationError::Typo)
    }

    fn parse(version: u8, rest: &mut &[u8]) -> Option<Self> {
        let flags = take::<1>(rest)?[0];
        let key = PublicKey(take(rest)?);
        let secret = InvitationSecret(take(rest)?);
        let commitment = Commitment(take(rest)?);
        let expiry = take::<5>(rest)?;
        let expires_s = expiry.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let company = take_name(rest)?;
        let mut carriers = Vec::new();
        for _ in 0..take::<1>(rest)?[0] {
            let kind = take::<1>(rest)?[0];
            let length = u16::from_be_bytes(take(rest)?);
            carriers.extend(Carrier::from_bytes(kind, take_slice(rest, usize::from(length))?));
        }
        let mut later = || match rest.is_empty() {
            true => Some(String::new()),
            false => take_name(rest),
        };
        let issuer = Issuer { company, person: later()?, project: later()? }.cleaned();
        let mode = if flags & SCRIPT != 0 { Mode::Script } else { Mode::Basic };
        let approval = if flags & CODE_HOLDER != 0 { Approval::CodeHolder } else { Approval::Ask };
        Some(Self { version, key, secret, commitment, expires_s, carriers, issuer, mode, approval })
    }
}

/// The third character of the head.
pub(crate) fn head_check(first: u8, second: u8) -> u8 {
    (first + 3 * second + 7) & 31
}

impl Carrier {
    pub(crate) fn to_bytes(&self) -> (u8, Vec<u8>) {
        match self {
            Self::Http { url, certificate: None } => (1, url.as_bytes().to_vec()),
            Self::Http { url, certificate: Some(pin) } => (2, [pin, url.as_bytes()].concat()),
            Self::Iroh { endpoint, relay } => {
                (3, [endpoint, relay.as_deref().unwrap_or_default().as_bytes()].concat())
            }
        }
    }

    /// `None` for a kind of a later version, or an address that is no text.
    fn from_bytes(kind: u8, mut body: &[u8]) -> Option<Self> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
        match kind {
            1 => Some(Self::Http { url: text(body)?, certificate: None }),
            2 => Some(Self::Http { certificate: Some(take(&mut body)?), url: text(body)? }),
            3 => {
                let endpoint = take(&mut body)?;
                Some(Self::Iroh { endpoint, relay: text(body).filter(|relay| !relay.is_empty()) })
            }
            _ => None,
        }
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

/// A name behind the number of its bytes: 40 characters are at most 160.
fn put_name(bytes: &mut Vec<u8>, name: &str) {
    bytes.push(name.len() as u8);
    bytes.extend_from_slice(name.as_bytes());
}

fn take_name(rest: &mut &[u8]) -> Option<String> {
    let length = usize::from(take::<1>(rest)?[0]);
    String::from_utf8(take_slice(rest, length)?.to_vec()).ok()
}

fn take_slice<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some(head)
}
