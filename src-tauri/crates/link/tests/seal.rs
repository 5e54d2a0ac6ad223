//! The seal, seen from outside: what comes back, and what is refused.
#![allow(clippy::unwrap_used)]

use secrecy::ExposeSecret;
use twinline_link::invitation::{Invitation, InvitationSecret, Issuer};
use twinline_link::keys::{Psk, StaticKey};
use twinline_link::pairing::PairAnswer;
use twinline_link::seal::*;
use twinline_model::connection::{Approval, Mode};
use twinline_model::{ConnectionId, NodeId};

fn channels() -> (Channel, Channel) {
    let (private, public) = (StaticKey::generate().unwrap(), StaticKey::generate().unwrap());
    let psk = Psk::generate().unwrap();
    let connection = ConnectionId::new("0123456789abcdef0123456789abcdef");
    let (of_private, of_public) = (private.public(), public.public());
    (
        Channel { connection: connection.clone(), ours: private, theirs: of_public, psk: psk.clone() },
        Channel { connection, ours: public, theirs: of_private, psk },
    )
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 31 % 251) as u8).collect()
}

fn refused<T>(result: Result<T, SealError>) -> SealError {
    match result {
        Ok(_) => panic!("it was taken"),
        Err(error) => error,
    }
}

#[test]
fn bodies_of_all_sizes_come_back_in_both_directions() {
    let (private, public) = channels();
    let sizes =
        [0, 1, 4096, 65_000, 65_485, 65_486, 65_487, 65_535, 65_536, 65_537, 66_000, 131_072, 3 << 20];
    for size in sizes.into_iter().chain((65_450..65_560).step_by(7)) {
        let body = bytes(size);
        let (request, waiting) = start_exchange(&private, &body).unwrap();
        let (got, answering) = answer_exchange(&public, &request).unwrap();
        assert!(got == body, "request of {size}");
        let handshake = answering.handshake();
        let answer = answering.seal(&body).unwrap();
        let opened = waiting.open(&answer).unwrap();
        assert!(opened.body == body, "answer of {size}");
        assert_eq!(opened.handshake, handshake);
        assert!(request.len() <= size + 200 + (size / 65_536 + 1) * 16, "{size}: {}", request.len());
    }
}

#[test]
fn a_body_above_the_cap_is_not_sealed() {
    let (private, _) = channels();
    assert!(start_exchange(&private, &bytes(MAX_BODY_BYTES)).is_ok());
    assert_eq!(refused(start_exchange(&private, &bytes(MAX_BODY_BYTES + 1))), SealError::TooLarge);
}

#[test]
fn f31_every_flipped_bit_and_every_truncation_is_refused() {
    let (private, public) = channels();
    let (request, _) = start_exchange(&private, &bytes(40)).unwrap();
    for at in 0..request.len() {
        for bit in 0..8 {
            let mut bad = request.clone();
            bad[at] ^= 1 << bit;
            assert!(answer_exchange(&public, &bad).is_err(), "bit {bit} of byte {at}");
        }
        assert!(answer_exchange(&public, &request[..at]).is_err(), "cut at {at}");
    }
    let longer = [request.as_slice(), &[0]].concat();
    assert!(answer_exchange(&public, &longer).is_err());
    assert!(answer_exchange(&public, &request).is_ok());
}

#[test]
fn f31_a_flipped_bit_anywhere_in_a_large_frame_is_refused() {
    let (private, public) = channels();
    let (request, _) = start_exchange(&private, &bytes(200_000)).unwrap();
    for at in (0..request.len()).step_by(3511).chain(0..140).chain(request.len() - 20..request.len()) {
        let mut bad = request.clone();
        bad[at] ^= 1 << (at % 8);
        assert!(answer_exchange(&public, &bad).is_err(), "byte {at}");
    }
    for cut in [0, 1, 2, 3, 90, 140, 65_690, 131_200, request.len() - 16, request.len() - 1] {
        assert!(answer_exchange(&public, &request[..cut]).is_err(), "cut at {cut}");
    }
}

#[test]
fn f30_chunks_that_are_reordered_repeated_or_dropped_are_refused() {
    let (private, public) = channels();
    let size = 3 * 65_536;
    let (request, _) = start_exchange(&private, &bytes(size)).unwrap();
    let chunk = 65_536 + 16;
    let head = request.len() - 3 * chunk;
    let part = |n: usize| &request[head + n * chunk..head + (n + 1) * chunk];
    let frame = |order: &[usize]| {
        let mut frame = request[..head].to_vec();
        order.iter().for_each(|n| frame.extend_from_slice(part(*n)));
        frame
    };
    assert!(answer_exchange(&public, &frame(&[0, 1, 2])).is_ok());
    for order in [&[1, 0, 2][..], &[0, 2, 1], &[0, 0, 2], &[0, 2], &[0, 1], &[0, 1, 2, 2], &[]] {
        assert!(answer_exchange(&public, &frame(order)).is_err(), "{order:?}");
    }
    // Chunks of another frame of the same length, under the same keys.
    let (other, _) = start_exchange(&private, &bytes(size)).unwrap();
    let mixed = [&request[..head], &other[head..]].concat();
    assert!(answer_exchange(&public, &mixed).is_err());
}

#[test]
fn f89_whoever_lacks_a_key_or_means_another_connection_is_refused() {
    let (private, public) = channels();
    let (request, _) = start_exchange(&private, b"hello").unwrap();
    let stranger = StaticKey::generate().unwrap();
    let again = |channel: &Channel| Channel {
        connection: channel.connection.clone(),
        ours: channel.ours.clone(),
        theirs: channel.theirs,
        psk: channel.psk.clone(),
    };
    let wrong = [
        Channel { psk: Psk::generate().unwrap(), ..again(&public) },
        Channel { connection: ConnectionId::new("ff".repeat(16)), ..again(&public) },
        Channel { theirs: stranger.public(), ..again(&public) },
        Channel { ours: stranger, ..again(&public) },
    ];
    for (number, channel) in wrong.iter().enumerate() {
        assert_eq!(refused(answer_exchange(channel, &request)), SealError::Refused, "{number}");
    }
    // Reflected to its sender.
    assert_eq!(refused(answer_exchange(&private, &request)), SealError::Refused);
}

#[test]
fn f30_an_answer_to_another_request_is_refused() {
    let (private, public) = channels();
    let (first, waiting_first) = start_exchange(&private, b"first").unwrap();
    let (second, waiting_second) = start_exchange(&private, b"second").unwrap();
    let answer_first = answer_exchange(&public, &first).unwrap().1.seal(b"one").unwrap();
    let answer_second = answer_exchange(&public, &second).unwrap().1.seal(&bytes(100_000)).unwrap();
    assert_eq!(refused(waiting_first.open(&answer_second)), SealError::Refused);
    assert_eq!(refused(waiting_second.open(&answer_first)), SealError::Refused);
    // Nor is a request taken for an answer.
    let (third, waiting) = start_exchange(&private, b"third").unwrap();
    assert_eq!(refused(waiting.open(&third)), SealError::Refused);
}

#[test]
fn d7_a_frame_shows_no_plain_text() {
    let (private, public) = channels();
    let word = b"PROJECT CHIMERA";
    for repeat in [1, 10_000] {
        let body = word.repeat(repeat);
        let (request, _) = start_exchange(&private, &body).unwrap();
        let answer = answer_exchange(&public, &request).unwrap().1.seal(&body).unwrap();
        for frame in [request, answer] {
            assert!(!frame.windows(word.len()).any(|w| w == word));
        }
    }
}

fn invitation(ours: &StaticKey) -> Invitation {
    let issuer = Issuer { company: "ACME".into(), ..Issuer::default() };
    Invitation::issue(ours, &issuer, vec![], 1_800_000_000, Mode::Basic, Approval::Ask).unwrap()
}

fn accepted() -> PairAnswer {
    PairAnswer::Accepted {
        psk: Psk::generate().unwrap(),
        node: NodeId::new("0123456789abcdef0123456789abcdef"),
        company: "ACME".into(),
        site: "acme.atlassian.net".into(),
        person: "A. Jones".into(),
        project: "DEV".into(),
        mode: Mode::Basic,
        approved: true,
    }
}

#[test]
fn f107_both_sides_of_a_pairing_see_the_same_number_however_often_it_is_repeated() {
    let (issuer, partner) = (StaticKey::generate().unwrap(), StaticKey::generate().unwrap());
    let code = invitation(&issuer).encode();
    let read = Invitation::read(code.expose_secret()).unwrap();
    let mut numbers = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let (request, waiting) = start_pairing(&read, &partner, b"who I am").unwrap();
        let (body, theirs, answering) = answer_pairing(&issuer, &read.secret, &request).unwrap();
        assert_eq!((body.as_slice(), theirs), (&b"who I am"[..], partner.public()));
        numbers.insert(comparison_number(&answering.handshake()));
        let opened = waiting.open(&answering.seal(&accepted().encode()).unwrap()).unwrap();
        assert!(matches!(PairAnswer::decode(&opened.body), Ok(PairAnswer::Accepted { .. })));
        numbers.insert(comparison_number(&opened.handshake));
    }
    assert_eq!(numbers.len(), 1);
    let number = numbers.first().unwrap();
    assert!(number.len() == 7 && number.as_bytes()[3] == b' ', "{number}");
}

#[test]
fn f107_a_partner_with_another_key_gives_another_number() {
    let issuer = StaticKey::generate().unwrap();
    let invitation = invitation(&issuer);
    let number = |partner: &StaticKey| {
        let (request, _) = start_pairing(&invitation, partner, b"").unwrap();
        answer_pairing(&issuer, &invitation.secret, &request).unwrap().2.handshake()
    };
    assert_ne!(number(&StaticKey::generate().unwrap()), number(&StaticKey::generate().unwrap()));
}

#[test]
fn f107_an_acceptance_must_open_the_commitment_of_the_code() {
    let (issuer, partner) = (StaticKey::generate().unwrap(), StaticKey::generate().unwrap());
    let mut invitation = invitation(&issuer);
    invitation.commitment.0[0] ^= 1;
    let (request, waiting) = start_pairing(&invitation, &partner, b"").unwrap();
    let answering = answer_pairing(&issuer, &invitation.secret, &request).unwrap().2;
    assert_eq!(refused(waiting.open(&answering.seal(&accepted().encode()).unwrap())), SealError::Commitment);
}

#[test]
fn f107_a_refusal_does_not_reveal_the_opening() {
    let (issuer, partner) = (StaticKey::generate().unwrap(), StaticKey::generate().unwrap());
    let invitation = invitation(&issuer);
    let (request, waiting) = start_pairing(&invitation, &partner, b"").unwrap();
    let answering = answer_pairing(&issuer, &invitation.secret, &request).unwrap().2;
    let number = answering.handshake();
    let body = PairAnswer::Refused { code: "partner-older".into() }.encode();
    let answer = answering.seal(&body).unwrap();
    // Form, ephemeral key, tag, how the body travels: no room for 32 more bytes.
    assert_eq!(answer.len(), 1 + 32 + 16 + 1 + body.len());
    let opened = waiting.open(&answer).unwrap();
    assert_eq!(opened.body, *body);
    assert_ne!(opened.handshake, number);
}

#[test]
fn f101_a_pairing_needs_the_secret_and_the_issuers_key() {
    let (issuer, partner) = (StaticKey::generate().unwrap(), StaticKey::generate().unwrap());
    let invitation = invitation(&issuer);
    let (request, _) = start_pairing(&invitation, &partner, b"who I am").unwrap();
    let other = InvitationSecret::generate().unwrap();
    assert_eq!(refused(answer_pairing(&issuer, &other, &request)), SealError::Refused);
    assert_eq!(refused(answer_pairing(&partner, &invitation.secret, &request)), SealError::Refused);
    for at in 0..request.len() {
        let mut bad = request.clone();
        bad[at] ^= 1;
        assert!(answer_pairing(&issuer, &invitation.secret, &bad).is_err(), "byte {at}");
        assert!(answer_pairing(&issuer, &invitation.secret, &request[..at]).is_err(), "cut at {at}");
    }
    assert_eq!(refused(start_pairing(&invitation, &partner, &bytes(4200))), SealError::TooLarge);
}
