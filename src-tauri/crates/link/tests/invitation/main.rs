//! F103: a code comes back from whatever mail programs and people do to it, or says what is wrong with it.
#![allow(clippy::unwrap_used)]

mod broken;
mod mangled;

use secrecy::ExposeSecret;
use twinline_link::invitation::{Carrier, Invitation, InvitationError, InvitationSecret, Issuer};
use twinline_link::keys::StaticKey;
use twinline_link::seal::Commitment;
use twinline_model::connection::{Approval, Mode};

fn issuer(company: &str, person: &str, project: &str) -> Issuer {
    Issuer { company: company.into(), person: person.into(), project: project.into() }
}

fn invitation() -> Invitation {
    let ours = StaticKey::from_secret_str(&"12".repeat(32)).unwrap();
    let secret = InvitationSecret::from_secret_str(&"ab".repeat(16)).unwrap();
    Invitation {
        version: 1,
        key: ours.public(),
        commitment: Commitment::new(&ours, &secret),
        secret,
        expires_s: 1_796_083_200,
        carriers: vec![Carrier::Http { url: "https://twinline.acme.example".into(), certificate: None }],
        issuer: issuer("ACME", "Ana Ruiz", "SUP"),
        mode: Mode::Basic,
        approval: Approval::Ask,
    }
}

fn code() -> String {
    invitation().encode().expose_secret().to_owned()
}

fn mail(code: &str) -> String {
    format!(
        "ACME invites you to connect Jira issues. In Twinline choose \"Accept invitation\" and paste this whole message.\n\
         {code}\n\
         Valid until 30 Nov 2026. Works once. Do not post it publicly.\n"
    )
}

fn error(text: &str) -> Option<InvitationError> {
    Invitation::read(text).err()
}

#[track_caller]
fn reads(what: &str, text: &str) {
    match Invitation::read(text) {
        Ok(got) => {
            let want = invitation();
            assert_eq!((got.id(), got.key, got.commitment), (want.id(), want.key, want.commitment), "{what}");
            assert_eq!(
                (got.expires_s, &got.carriers, &got.issuer),
                (want.expires_s, &want.carriers, &want.issuer)
            );
            assert_eq!((got.mode, got.approval, got.version), (want.mode, want.approval, 1));
        }
        Err(error) => panic!("{what}: {error} in\n{text}"),
    }
}

#[test]
fn a_code_is_of_groups_of_five() {
    let code = code();
    let mut groups = code.split(' ');
    assert_eq!(groups.next(), Some("twl1"));
    let groups: Vec<&str> = groups.collect();
    assert!(groups[..groups.len() - 1].iter().all(|group| group.len() == 5));
    // A whole invitation to a usual address stays a short paragraph.
    assert!(code.len() < 300, "{}", code.len());
    insta::assert_snapshot!(code, @"twl1 xd5qz qq99f g8wwk gmyth 8ukuj e3wzt cdal5 3teq4 hzsu3 cs2tg 7k4v4 cgw46 h2at4 w46h2 at4w4 6h2at 4w4hv chjjl 6c05y yacwy z8kdj sl7qq rtpc8 qqpzp gdx52 qgpqq wksar 5wpen 5te0w 3mkjm nvd9h x2tnp vdkk2 tn90p sk6ur vv5yy zmnpy pf826 t6qdf 425qp m9hf7");
}

/// What version 1 wrote before it told who invites.
const NAMELESS: &str = "twl1 9c5qz qq99f g8wwk gmyth 8ukuj e3wzt cdal5 3teq4 hzsu3 cs2tg 7k4v4 cgw46 h2at4 w46h2 at4w4 6h2at 4w4hv chjjl 6c05y yacwy z8kdj sl7qq rtpc8 qqpzp gdx52 qgpqq wksar 5wpen 5te0w 3mkjm nvd9h x2tnp vdkk2 tn90p sk6ur vv5g9 z0an";

#[test]
fn an_earlier_code_says_less_and_is_read() {
    let back = Invitation::read(NAMELESS).unwrap();
    assert_eq!(back.issuer, issuer("ACME", "", ""));
    assert_eq!((back.id(), &back.carriers), (invitation().id(), &invitation().carriers));
}

#[test]
fn f104_what_is_no_invitation_is_told_by_kind() {
    use InvitationError::*;
    for (text, want) in [
        ("", Absent),
        ("hello, how are you?", Absent),
        ("twl1", Absent),
        ("ATATT3xFfGF0abcdefghijklmnopqrstuvwxyz0123456789=ABCDEF01", IsToken),
        ("my token: ATATT3xFfGF0abcdefghijklmnopqrstuvwxyz", IsToken),
        ("aB3dE5gH7jK9mN1pQ3sT5vW7", IsToken),
        ("https://acme.atlassian.net/browse/SUP-1", Foreign),
        ("see http://twinline.acme.example/invite/abc", Foreign),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcdefgh", Foreign),
        ("bc1p5d7rjq7g6rdk2yhzks9smlaqtedr4dekq08ge8ztwac72sfr9rusxg3297", Foreign),
    ] {
        assert_eq!(error(text), Some(want), "{text}");
    }
}

#[test]
fn f105_a_code_of_a_later_version_says_so() {
    let later = Invitation { version: 2, ..invitation() };
    assert_eq!(error(later.encode().expose_secret()), Some(InvitationError::TooNew));
}

#[test]
fn all_that_an_invitation_can_hold_comes_back() {
    let carriers = vec![
        Carrier::Http { url: "https://a.example/twinline".into(), certificate: Some([7; 32]) },
        Carrier::Iroh { endpoint: [8; 32], relay: Some("https://relay.example".into()) },
        Carrier::Iroh { endpoint: [9; 32], relay: None },
    ];
    let full = Invitation {
        carriers: carriers.clone(),
        issuer: issuer("Müller & Söhne \u{202e}GmbH", "Zoë\nO’Neil", "GX"),
        mode: Mode::Script,
        approval: Approval::CodeHolder,
        expires_s: u64::MAX,
        ..invitation()
    };
    let back = Invitation::read(full.encode().expose_secret()).unwrap();
    assert_eq!(back.carriers, carriers);
    assert_eq!(back.issuer, issuer("Müller & Söhne GmbH", "Zoë O’Neil", "GX"));
    assert_eq!(
        (back.mode, back.approval, back.expires_s),
        (Mode::Script, Approval::CodeHolder, (1 << 40) - 1)
    );
    assert_eq!(back.connection_id(), full.connection_id());
    assert_eq!(back.connection_id().as_str().len(), 32);

    // More than fits: the code stays readable and keeps what comes first.
    let url = |n: usize| Carrier::Http {
        url: format!("https://{n}.example/{}", "x".repeat(180)),
        certificate: None,
    };
    let long = "€".repeat(100);
    let large = Invitation {
        carriers: (0..9).map(url).collect(),
        issuer: issuer(&long, &long, &long),
        ..invitation()
    };
    let back = Invitation::read(large.encode().expose_secret()).unwrap();
    assert_eq!(back.carriers, [url(0), url(1)]);
    assert_eq!(back.issuer, issuer(&format!("{}…", "€".repeat(39)), "", ""));
    let bare = Invitation { carriers: vec![], issuer: Issuer::default(), ..invitation() };
    assert!(Invitation::read(bare.encode().expose_secret()).is_ok());
}

#[test]
fn two_invitations_differ() {
    let ours = StaticKey::generate().unwrap();
    let issue =
        || Invitation::issue(&ours, &issuer("ACME", "", ""), vec![], 0, Mode::Basic, Approval::Ask).unwrap();
    let (one, two) = (issue(), issue());
    assert_ne!(one.id(), two.id());
    assert_ne!(one.connection_id(), two.connection_id());
    assert_ne!(one.commitment, two.commitment);
}

proptest::proptest! {
    #[test]
    fn f104_no_text_makes_the_reader_panic(text in ".{0,400}", cut in 0usize..300, by in "\\PC{0,5}") {
        let _any = Invitation::read(&text);
        let _any = Invitation::read(&format!("twl1 {text}"));
        let mut code = code();
        let cut = cut.min(code.len());
        code.insert_str(cut, &by);
        let _any = Invitation::read(&code);
        let _any = Invitation::read(&format!("{text}{code}=&<{text}"));
    }
}
