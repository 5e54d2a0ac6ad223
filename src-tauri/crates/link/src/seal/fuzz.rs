//! Frames: from strangers, who have no key, and from partners, who have.

use super::*;
use crate::fuzz::fuzz;
use crate::invitation::InvitationSecret;
use crate::keys::chance;

fn key(digit: &str) -> StaticKey {
    StaticKey::from_secret_str(&digit.repeat(64)).unwrap()
}

fn channels() -> (Channel, Channel) {
    let (connection, psk) = (ConnectionId::new("ab".repeat(16)), Psk::from_bytes([3; 32]));
    let (private, public) = (key("1"), key("2"));
    let (of_private, of_public) = (private.public(), public.public());
    (
        Channel { connection: connection.clone(), ours: private, theirs: of_public, psk: psk.clone() },
        Channel { connection, ours: public, theirs: of_private, psk },
    )
}

/// No frame opens but those that the partner sealed.
///
/// A failure leaves the handshake as it was, so that it need not be begun anew for each input.
#[test]
fn fuzz_frames_of_requests() {
    let (private, public) = channels();
    let valid =
        [vec![], b"hello".to_vec(), vec![7; 65_600]].map(|body| start_exchange(&private, &body).unwrap().0);
    let sealed = valid.clone();
    let mut state = exchange_state(&public, false).unwrap();
    fuzz("frame of a request", &valid, |frame| {
        let taken = read_exchange(&mut state, frame).is_ok();
        assert_eq!(taken, sealed.iter().any(|valid| valid == frame));
        if state.is_my_turn() {
            state = exchange_state(&public, false).unwrap();
        }
        taken
    });
}

/// Nor any answer but the one to this very request.
#[test]
fn fuzz_frames_of_answers() {
    let (private, public) = channels();
    let start = || {
        chance::fix(&[[9; 32]]);
        start_exchange(&private, b"hello").unwrap()
    };
    let (request, mut waiting) = start();
    let (_, answering) = answer_exchange(&public, &request).unwrap();
    let valid = [answering.seal(b"good day").unwrap()];
    let sealed = valid[0].clone();
    fuzz("frame of an answer", &valid, |frame| {
        let taken = read_exchange(&mut waiting.state, frame).is_ok();
        assert_eq!(taken, sealed == frame);
        if waiting.state.is_handshake_finished() {
            waiting = start().1;
        }
        taken
    });
}

#[test]
fn fuzz_frames_of_pairings() {
    let (issuer, partner) = (key("2"), key("1"));
    let secret = InvitationSecret::from_secret_str(&"4".repeat(32)).unwrap();
    let mut theirs = pairing_state(&partner, &secret, Some(&issuer.public())).unwrap();
    let valid = [write_pairing(&mut theirs, b"who I am").unwrap()];
    let sealed = valid[0].clone();
    let mut state = pairing_state(&issuer, &secret, None).unwrap();
    fuzz("frame of a pairing", &valid, |frame| {
        let taken = read_pairing(&mut state, frame).is_ok();
        assert_eq!(taken, sealed == frame);
        if state.is_my_turn() {
            state = pairing_state(&issuer, &secret, None).unwrap();
        }
        taken
    });
}

/// A partner may put anything into a Noise message and behind it: what it says, and chunks that are none.
#[test]
fn fuzz_payloads_and_chunks() {
    let (hash, key) = ([5; 32], [6; 32]);
    let packed = |body: &[u8]| {
        let length = (body.len() as u64).to_be_bytes();
        let mut bytes = [&[41, 1], &key[..], &length].concat();
        let cipher = ChaCha20Poly1305::new((&key).into());
        let bound = [&hash[..], &length].concat();
        let last = body.len().div_ceil(CHUNK) - 1;
        for (counter, msg) in body.chunks(CHUNK).enumerate() {
            let sealed = cipher.encrypt(&nonce(counter, counter == last), Payload { msg, aad: &bound });
            bytes.extend(sealed.unwrap());
        }
        bytes
    };
    // The first byte says how long the payload is: an input has to hold both.
    let inline = [&[6, 0], &b"hello"[..]].concat();
    fuzz("payload and chunks", &[inline, packed(b"a short body"), packed(&[7; 65_540])], |bytes| {
        let Some((length, rest)) = bytes.split_first() else { return false };
        let (payload, chunks) = rest.split_at(usize::from(*length).min(rest.len()));
        match open_body(payload, chunks, &hash) {
            Ok(body) => {
                let said = payload.get(33..41).map(|length| u64::from_be_bytes(length.try_into().unwrap()));
                assert!(payload[0] == 0 && body == payload[1..] || said == Some(body.len() as u64));
                true
            }
            Err(_) => false,
        }
    });
}

/// An issuer may answer anything: nobody is accepted who does not open the commitment.
#[test]
fn fuzz_payloads_of_pairing_answers() {
    let (issuer, partner) = (key("2"), key("1"));
    let secret = InvitationSecret::from_secret_str(&"4".repeat(32)).unwrap();
    let accepting = Accepting {
        issuer: issuer.public(),
        id: secret.id(),
        ours: partner.public(),
        commitment: Commitment::new(&issuer, &secret),
    };
    let accepted = PairAnswer::Accepted {
        psk: Psk::from_bytes([7; 32]),
        node: "0123456789abcdef0123456789abcdef".into(),
        company: "ACME".into(),
        site: "acme.atlassian.net".into(),
        person: "Ana Ruiz".into(),
        project: "DEV".into(),
        mode: twinline_model::connection::Mode::Basic,
        approved: false,
    };
    let opening = opening(&issuer, &secret);
    let refused = PairAnswer::Refused { code: "invitation-used".into() }.encode();
    let valid = [[&[1], &opening[..], &accepted.encode()].concat(), [&[0], refused.as_slice()].concat()];
    fuzz("payload of a pairing's answer", &valid, |payload| {
        let Ok(opened) = accepting.open(payload, [5; 32]) else { return false };
        if PairAnswer::is_acceptance(&opened.body) {
            assert!(payload[0] == 1 && payload[1..33] == opening[..], "accepted without the opening");
        }
        true
    });
}
