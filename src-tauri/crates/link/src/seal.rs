//! The seal: one round trip = one Noise handshake (crate `snow`). No session to keep, expire or lose.
//!
//! # Frames
//! A frame is `1 || Noise message` in the pairing, and `1 || length of the Noise message (u16, big-endian) || Noise
//! message || chunks` in the exchange. Message 1 is the request, message 2 the answer.
//!
//! # Pairing: `Noise_IKpsk1_25519_ChaChaPoly_BLAKE2s`
//! psk1, not psk2: the first message must prove the secret. PSK = HMAC under the secret (padded with 16 zero bytes),
//! label `twinline pairing psk v1`. Prologue = `twinline pairing` || 0 || 1 || invitation id (16). Payload 1 = the
//! body. Payload 2 = `0 || body`, or `1 || opening (32) || body` where the body is an acceptance.
//!
//! # The comparison number
//! Whoever rewrites a mailed code stands in the middle: towards the partner as issuer, towards the issuer as partner.
//! A number from the handshake hash alone would not unmask them: with one handshake fixed, they may try a million
//! ephemeral keys of their own in the other, and find six equal digits in seconds. So nothing that goes into the number
//! may be chosen late. It is derived (label `twinline comparison v1`) from the issuer's static key, the invitation's
//! id, the partner's static key, and an *opening* that the issuer fixed in the code by a commitment (16 bytes of its
//! hash, label `twinline commitment v1`) and reveals in message 2 only. The one in the middle must fix their
//! own opening before they see the partner's key, and their own static key before they see the issuer's opening: one
//! guess in a million, once. The handshake proves both keys; a repeated pairing gives the same number.
//! **This holds only if the issuer binds an invitation to the first static key before it seals an acceptance**, and
//! no refusal opens the commitment; [`Answering::seal`] sees to the second.
//!
//! # Exchange: `Noise_KKpsk0_25519_ChaChaPoly_BLAKE2s`
//! Prologue = `twinline exchange` || 0 || 1 || connection id || 0 || the initiator's public key. Payload = `0 || body`
//! where that fits a Noise message; else `1 || content key (32) || length (u64, big-endian)`, the key fresh and one's own
//! in each direction, and the body follows as ChaCha20-Poly1305 chunks of 64 KiB: nonce = `1 for the last chunk, else 0
//! || 000 || counter (u64, big-endian)`, associated data = handshake hash after that message || length. Nothing is
//! handed out before the last chunk verified.
//!
//! Message 1 has no forward secrecy against theft of the receiver's keychain.

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod vectors;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use snow::{Builder, HandshakeState};
use subtle::ConstantTimeEq;
use twinline_model::ConnectionId;
use zeroize::Zeroizing;

use crate::hash::{first16, hash, keyed};
use crate::invitation::{Invitation, InvitationId, InvitationSecret};
use crate::keys::{Psk, PublicKey, StaticKey, random};
use crate::pairing::{MAX_PAIR_BYTES, PairAnswer};

const PAIRING: &str = "Noise_IKpsk1_25519_ChaChaPoly_BLAKE2s";
const EXCHANGE: &str = "Noise_KKpsk0_25519_ChaChaPoly_BLAKE2s";
const FORM: u8 = 1;
const NOISE_MAX: usize = 65_535;
/// What fits beside an ephemeral key (32), a tag (16) and the byte that says how the body travels.
const INLINE_MAX: usize = NOISE_MAX - 32 - 16 - 1;
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
/// The largest body that is sealed or opened.
pub const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// Why a frame cannot be made or opened. Says no more: the sender of a bad frame learns nothing from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SealError {
    /// Not a frame, not for us, not from the partner, altered, or an answer to another request.
    #[error("the frame does not verify")]
    Refused,
    /// The body is larger than what is taken.
    #[error("the body is too large")]
    TooLarge,
    /// The public side accepted without opening its commitment, or opened another: somebody is in the middle.
    #[error("the commitment does not fit")]
    Commitment,
    /// No keys or no random bytes on our side.
    #[error("our keys cannot be used")]
    Ours,
}

/// What the issuer fixes in the code, so that the comparison number cannot be searched for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Commitment(pub [u8; 16]);

impl Commitment {
    /// The issuer's, for its key and an invitation's secret: the same each time, so nothing more is to be stored.
    pub fn new(ours: &StaticKey, secret: &InvitationSecret) -> Self {
        Self::to(&opening(ours, secret))
    }
    fn to(opening: &[u8; 32]) -> Self {
        Self(first16(hash("twinline commitment v1", &[opening])))
    }
}

fn opening(ours: &StaticKey, secret: &InvitationSecret) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(keyed(ours.bytes(), "twinline opening v1", &[secret.bytes()]))
}

fn comparison(issuer: &PublicKey, id: &InvitationId, partner: &PublicKey, opening: &[u8; 32]) -> [u8; 32] {
    hash("twinline comparison v1", &[&issuer.0, &id.0, &partner.0, opening])
}

/// Six digits for two people on the phone, from [`Opened::handshake`] or [`Answering::handshake`] of a pairing.
pub fn comparison_number(handshake: &[u8]) -> String {
    let value = hash("twinline comparison digits v1", &[handshake]);
    let number = value[..8].iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte)) % 1_000_000;
    format!("{:03} {:03}", number / 1000, number % 1000)
}

/// The keys of one connection.
pub struct Channel {
    /// The connection.
    pub connection: ConnectionId,
    /// Our key.
    pub ours: StaticKey,
    /// The partner's key, as the pairing proved it.
    pub theirs: PublicKey,
    /// The connection's pre-shared key.
    pub psk: Psk,
}

/// A request was sealed; its answer alone opens here.
pub struct Waiting {
    state: Box<HandshakeState>,
    pairing: Option<Accepting>,
}

struct Accepting {
    issuer: PublicKey,
    id: InvitationId,
    ours: PublicKey,
    commitment: Commitment,
}

/// A request was opened; its answer is sealed here.
pub struct Answering {
    state: Box<HandshakeState>,
    opening: Option<Zeroizing<[u8; 32]>>,
    handshake: [u8; 32],
}

/// An answer.
pub struct Opened {
    /// The body.
    pub body: Vec<u8>,
    /// Of an accepted pairing: what [`comparison_number`] takes, the same on both sides. Of an exchange: the handshake
    /// hash after message 1.
    pub handshake: [u8; 32],
}

/// Private side: seals a pairing's request. Store `ours` before it is sent.
pub fn start_pairing(
    invitation: &Invitation,
    ours: &StaticKey,
    body: &[u8],
) -> Result<(Vec<u8>, Waiting), SealError> {
    let id = invitation.id();
    let mut state = pairing_state(ours, &invitation.secret, Some(&invitation.key))?;
    let frame = write_pairing(&mut state, body)?;
    let accepting =
        Accepting { issuer: invitation.key, id, ours: ours.public(), commitment: invitation.commitment };
    Ok((frame, Waiting { state: Box::new(state), pairing: Some(accepting) }))
}

/// Public side: opens a pairing's request. Gives the body and the key that was proved; bind it to the invitation.
pub fn answer_pairing(
    ours: &StaticKey,
    secret: &InvitationSecret,
    frame: &[u8],
) -> Result<(Vec<u8>, PublicKey, Answering), SealError> {
    let mut state = pairing_state(ours, secret, None)?;
    let body = read_pairing(&mut state, frame)?;
    let theirs = state.get_remote_static().and_then(|key| key.try_into().ok()).ok_or(SealError::Refused)?;
    let theirs = PublicKey(theirs);
    let opening = opening(ours, secret);
    let handshake = comparison(&ours.public(), &secret.id(), &theirs, &opening);
    Ok((body, theirs, Answering { state: Box::new(state), opening: Some(opening), handshake }))
}

/// Seals an exchange's request: the side that calls.
pub fn start_exchange(channel: &Channel, body: &[u8]) -> Result<(Vec<u8>, Waiting), SealError> {
    let mut state = exchange_state(channel, true)?;
    let frame = write_exchange(&mut state, body)?;
    Ok((frame, Waiting { state: Box::new(state), pairing: None }))
}

/// Opens an exchange's request: the side that is called.
pub fn answer_exchange(channel: &Channel, frame: &[u8]) -> Result<(Vec<u8>, Answering), SealError> {
    let mut state = exchange_state(channel, false)?;
    let body = read_exchange(&mut state, frame)?;
    let handshake = handshake_hash(&state)?;
    Ok((body, Answering { state: Box::new(state), opening: None, handshake }))
}

impl Waiting {
    /// Opens the answer.
    pub fn open(mut self, frame: &[u8]) -> Result<Opened, SealError> {
        let Some(pairing) = self.pairing else {
            let handshake = handshake_hash(&self.state)?;
            return Ok(Opened { body: read_exchange(&mut self.state, frame)?, handshake });
        };
        let payload = read_pairing(&mut self.state, frame)?;
        pairing.open(&payload, handshake_hash(&self.state)?)
    }
}

impl Accepting {
    /// What the issuer answers, with the opening of its commitment where it accepts.
    fn open(&self, payload: &[u8], handshake: [u8; 32]) -> Result<Opened, SealError> {
        match payload.split_first() {
            Some((0, body)) if PairAnswer::is_acceptance(body) => Err(SealError::Commitment),
            Some((0, body)) => Ok(Opened { body: body.to_vec(), handshake }),
            Some((1, rest)) => {
                let (opening, body) = rest.split_first_chunk::<32>().ok_or(SealError::Refused)?;
                if !bool::from(Commitment::to(opening).0.ct_eq(&self.commitment.0)) {
                    return Err(SealError::Commitment);
                }
                let handshake = comparison(&self.issuer, &self.id, &self.ours, opening);
                Ok(Opened { body: body.to_vec(), handshake })
            }
            _ => Err(SealError::Refused),
        }
    }
}

impl Answering {
    /// Seals the answer. An acceptance opens the commitment, a refusal does not.
    pub fn seal(mut self, body: &[u8]) -> Result<Vec<u8>, SealError> {
        let Some(opening) = self.opening else { return write_exchange(&mut self.state, body) };
        if body.len() > MAX_PAIR_BYTES {
            return Err(SealError::TooLarge);
        }
        let payload = if PairAnswer::is_acceptance(body) {
            [&[1], opening.as_slice(), body].concat()
        } else {
            [&[0], body].concat()
        };
        write_pairing(&mut self.state, &Zeroizing::new(payload))
    }

    /// As [`Opened::handshake`]. It stands before the answer is sealed; show the number only for an acceptance.
    pub fn handshake(&self) -> [u8; 32] {
        self.handshake
    }
}

fn pairing_state(
    ours: &StaticKey,
    secret: &InvitationSecret,
    theirs: Option<&PublicKey>,
) -> Result<HandshakeState, SealError> {
    let mut padded = Zeroizing::new([0; 32]);
    padded[..16].copy_from_slice(secret.bytes());
    let psk = Zeroizing::new(keyed(&padded, "twinline pairing psk v1", &[]));
    let prologue = [b"twinline pairing\0\x01", &secret.id().0[..]].concat();
    build(PAIRING, 1, ours, theirs, &psk, &prologue, theirs.is_some())
}

fn exchange_state(channel: &Channel, initiator: bool) -> Result<HandshakeState, SealError> {
    let caller = if initiator { channel.ours.public() } else { channel.theirs };
    let id = channel.connection.as_str().as_bytes();
    let prologue = [b"twinline exchange\0\x01", id, &[0], &caller.0].concat();
    build(EXCHANGE, 0, &channel.ours, Some(&channel.theirs), channel.psk.bytes(), &prologue, initiator)
}

fn build(
    pattern: &str,
    psk_at: u8,
    ours: &StaticKey,
    theirs: Option<&PublicKey>,
    psk: &[u8; 32],
    prologue: &[u8],
    initiator: bool,
) -> Result<HandshakeState, SealError> {
    #[cfg(test)]
    let ephemeral = crate::keys::chance::next();
    let build = || {
        let mut builder = Builder::new(pattern.parse()?)
            .local_private_key(ours.bytes())?
            .psk(psk_at, psk)?
            .prologue(prologue)?;
        #[cfg(test)]
        if let Some(fixed) = &ephemeral {
            builder = builder.fixed_ephemeral_key_for_testing_only(fixed);
        }
        if let Some(theirs) = theirs {
            builder = builder.remote_public_key(&theirs.0)?;
        }
        if initiator { builder.build_initiator() } else { builder.build_responder() }
    };
    build().map_err(|_: snow::Error| SealError::Ours)
}

fn write_pairing(state: &mut HandshakeState, payload: &[u8]) -> Result<Vec<u8>, SealError> {
    if payload.len() > MAX_PAIR_BYTES + 33 {
        return Err(SealError::TooLarge);
    }
    let message = write_message(state, payload)?;
    Ok([&[FORM], message.as_slice()].concat())
}

fn read_pairing(state: &mut HandshakeState, frame: &[u8]) -> Result<Vec<u8>, SealError> {
    let (&form, message) = frame.split_first().ok_or(SealError::Refused)?;
    if form != FORM || message.len() > MAX_PAIR_BYTES + 512 {
        return Err(SealError::Refused);
    }
    read_message(state, message)
}

fn write_exchange(state: &mut HandshakeState, body: &[u8]) -> Result<Vec<u8>, SealError> {
    if body.len() > MAX_BODY_BYTES {
        return Err(SealError::TooLarge);
    }
    if body.len() <= INLINE_MAX {
        let message = write_message(state, &Zeroizing::new([&[0], body].concat()))?;
        return Ok([&[FORM][..], &(message.len() as u16).to_be_bytes(), message.as_slice()].concat());
    }
    let key = Zeroizing::new(random::<32>().map_err(|_| SealError::Ours)?);
    let length = (body.len() as u64).to_be_bytes();
    let message = write_message(state, &Zeroizing::new([&[1], key.as_slice(), &length].concat()))?;
    let bound = [handshake_hash(state)?.as_slice(), &length].concat();
    let cipher = ChaCha20Poly1305::new(key.as_slice().into());
    let mut frame = Vec::with_capacity(body.len() + body.len() / CHUNK * TAG + message.len() + 2 * TAG);
    frame.push(FORM);
    frame.extend_from_slice(&(message.len() as u16).to_be_bytes());
    frame.extend_from_slice(&message);
    let last = body.len().div_ceil(CHUNK) - 1;
    for (counter, msg) in body.chunks(CHUNK).enumerate() {
        let sealed = cipher.encrypt(&nonce(counter, counter == last), Payload { msg, aad: &bound });
        frame.extend_from_slice(&sealed.map_err(|_| SealError::TooLarge)?);
    }
    Ok(frame)
}

fn read_exchange(state: &mut HandshakeState, frame: &[u8]) -> Result<Vec<u8>, SealError> {
    let (&[form, high, low], rest) = frame.split_first_chunk::<3>().ok_or(SealError::Refused)?;
    let length = usize::from(u16::from_be_bytes([high, low]));
    let (message, chunks) = rest.split_at_checked(length).ok_or(SealError::Refused)?;
    if form != FORM {
        return Err(SealError::Refused);
    }
    let payload = Zeroizing::new(read_message(state, message)?);
    open_body(&payload, chunks, &handshake_hash(state)?)
}

/// What a message's payload says, and the chunks behind the message where it says that the body is in them.
fn open_body(payload: &[u8], chunks: &[u8], hash: &[u8; 32]) -> Result<Vec<u8>, SealError> {
    let head = match payload.split_first() {
        Some((0, body)) if chunks.is_empty() => return Ok(body.to_vec()),
        Some((1, head)) => head,
        _ => return Err(SealError::Refused),
    };
    let (key, length) = head.split_first_chunk::<32>().ok_or(SealError::Refused)?;
    let total = u64::from_be_bytes(length.try_into().map_err(|_| SealError::Refused)?);
    let total =
        usize::try_from(total).ok().filter(|total| *total <= MAX_BODY_BYTES).ok_or(SealError::TooLarge)?;
    let count = total.div_ceil(CHUNK);
    if count == 0 || chunks.len() != total + count * TAG {
        return Err(SealError::Refused);
    }
    let bound = [hash, length].concat();
    let cipher = ChaCha20Poly1305::new(key.into());
    let mut body = Vec::with_capacity(total);
    for (counter, msg) in chunks.chunks(CHUNK + TAG).enumerate() {
        let opened = cipher.decrypt(&nonce(counter, counter + 1 == count), Payload { msg, aad: &bound });
        body.extend_from_slice(&opened.map_err(|_| SealError::Refused)?);
    }
    Ok(body)
}

fn nonce(counter: usize, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    nonce[0] = u8::from(last);
    nonce[4..].copy_from_slice(&(counter as u64).to_be_bytes());
    nonce.into()
}

fn write_message(state: &mut HandshakeState, payload: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut message = vec![0; (payload.len() + 256).min(NOISE_MAX)];
    let length = state.write_message(payload, &mut message).map_err(|_| SealError::Ours)?;
    message.truncate(length);
    Ok(message)
}

fn read_message(state: &mut HandshakeState, message: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut payload = vec![0; message.len()];
    let length = state.read_message(message, &mut payload).map_err(|_| SealError::Refused)?;
    payload.truncate(length);
    Ok(payload)
}

fn handshake_hash(state: &HandshakeState) -> Result<[u8; 32], SealError> {
    state.get_handshake_hash().try_into().map_err(|_| SealError::Ours)
}
