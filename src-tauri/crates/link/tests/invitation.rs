//! F103: a code comes back from whatever mail programs and people do to it, or says what is wrong with it.
#![allow(clippy::unwrap_used)]

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

fn quoted_printable(text: &str) -> String {
    let mut out = String::new();
    let mut column = 0;
    for byte in text.bytes() {
        let piece = match byte {
            b'\n' => "\r\n".to_owned(),
            b'=' | 128.. => format!("={byte:02X}"),
            _ => char::from(byte).to_string(),
        };
        if column + piece.len() > 75 && byte != b'\n' {
            out.push_str("=\r\n");
            column = 0;
        }
        column = if byte == b'\n' { 0 } else { column + piece.len() };
        out.push_str(&piece);
    }
    out
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
fn f103_mail_programs_do_not_harm_a_code() {
    let code = code();
    let mail = mail(&code);
    let every = |n: usize, by: &str| {
        code.chars()
            .enumerate()
            .map(|(i, c)| if i % n == n - 1 { format!("{c}{by}") } else { c.into() })
            .collect::<String>()
    };
    let wide = |c: char| match c {
        '!'..='~' => char::from_u32(c as u32 - 0x21 + 0xff01).unwrap(),
        ' ' => '\u{3000}',
        other => other,
    };
    let cases: Vec<(&str, String)> = vec![
        ("as it is", code.clone()),
        ("without blanks", code.replace(' ', "")),
        ("wrapped at blanks", code.replace("  ", " ").replacen(' ', "\n", 20)),
        ("wrapped anywhere", every(17, "\n")),
        ("each group on its line", code.replace(' ', "\n")),
        ("wrapped with CRLF", every(40, "\r\n")),
        ("upper case", code.to_uppercase()),
        ("first letter upper case", code.replacen('t', "T", 1)),
        (
            "mixed case by a phone",
            code.chars()
                .enumerate()
                .map(|(i, c)| if i % 7 == 0 { c.to_ascii_uppercase() } else { c })
                .collect(),
        ),
        ("quoted", format!("> {}", every(30, "\n> "))),
        ("quoted twice", format!(">> {}", every(30, "\r\n>> "))),
        ("quoted with bars", format!("| {}", every(30, "\n| "))),
        ("no-break spaces", code.replace(' ', "\u{a0}")),
        ("narrow no-break spaces", code.replace(' ', "\u{202f}")),
        ("tabs", code.replace(' ', "\t\t")),
        ("zero-width spaces", every(1, "\u{200b}")),
        ("soft hyphens and joiners", every(3, "\u{ad}\u{2060}\u{feff}")),
        ("direction marks", format!("\u{202a}{}\u{202c}", every(9, "\u{200e}"))),
        ("smart quotes", format!("\u{201c}{code}\u{201d}")),
        ("German quotes", format!("\u{201e}{code}\u{201c}")),
        ("dashes for blanks", code.replace(' ', " \u{2014} ")),
        ("bold", format!("**{code}**")),
        ("bold start", code.replace("twl1", "*twl1*")),
        ("underlined and monospaced", format!("__`{code}`__")),
        ("code block", format!("```\n{code}\n```")),
        ("full-width letters", code.chars().map(wide).collect()),
        ("quoted-printable", quoted_printable(&code)),
        ("quoted-printable, coded blanks", code.replace(' ', "=20").replacen("=20", "=20=\r\n", 7)),
        ("quoted-printable, coded no-break spaces", code.replace(' ', "=C2=A0")),
        ("HTML entities", code.replace(' ', "&nbsp;")),
        ("HTML tags", format!("<p>{}</p>", code.replace(' ', "<br>"))),
        ("quoted HTML", mail.replace('\n', "\n&gt; ")),
        ("a whole mail", mail.clone()),
        ("a whole mail, quoted-printable", quoted_printable(&mail)),
        (
            "a whole mail, forwarded",
            format!("From: x@acme.example\nhttps://acme.example\n\n> {}", mail.replace('\n', "\n> ")),
        ),
        ("a whole mail, upper case", mail.to_uppercase()),
        ("a mail as one line", mail.replace('\n', " ")),
        ("a mail without blanks", mail.replace([' ', '\n'], "")),
        ("pasted twice", format!("{code}{code}")),
        ("pasted twice, apart", format!("{code}\n\n{code}")),
        ("a whole mail twice", format!("{mail}{mail}")),
        ("first broken, then whole", format!("{}\n{code}", &code[..100])),
        ("with a byte order mark", format!("\u{feff}{code}\0")),
    ];
    assert!(cases.len() > 15);
    for (what, text) in &cases {
        reads(what, text);
    }
}

#[test]
fn f103_every_truncation_says_how_much_is_missing() {
    let code = code();
    let whole = code.replace(' ', "").len();
    for cut in 0..code.len() {
        let there = code[..cut].replace(' ', "").len();
        let want = if there < "twl1".len() + 2 {
            InvitationError::Absent
        } else if there == whole {
            continue;
        } else {
            InvitationError::Incomplete { missing: whole - there }
        };
        assert_eq!(error(&code[..cut]), Some(want), "cut at {cut}");
        // The mail's last sentence is not taken for the missing part.
        let mail = mail(&code[..cut]);
        if matches!(want, InvitationError::Incomplete { .. }) {
            assert_eq!(error(&mail), Some(want), "cut at {cut}, in a mail");
        }
    }
    assert_eq!(
        error(&format!("{} {}", &code[..60], &code[66..])),
        Some(InvitationError::Incomplete { missing: 5 })
    );
}

#[test]
fn f103_every_mistyped_character_is_a_typo() {
    const TYPED: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l1bio";
    let code = code();
    let mut seed = 0x2545_f491_4f6c_dd1du64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    let mut tried = 0;
    let check = |at: usize, typed: u8| {
        let mut bad = code.clone().into_bytes();
        if bad[at] == b' ' || bad[at] == typed {
            return 0;
        }
        bad[at] = typed;
        let bad = String::from_utf8(bad).unwrap();
        assert_eq!(
            error(&bad),
            Some(InvitationError::Typo),
            "{} for {} at {at}",
            char::from(typed),
            &code[at..=at]
        );
        assert_eq!(error(&mail(&bad)), Some(InvitationError::Typo), "in a mail: {bad}");
        1
    };
    for at in 0..code.len() {
        tried += check(at, TYPED[at % TYPED.len()]) + check(at, b'i') + check(at, b'1');
    }
    while tried < 2_000 {
        tried += check(random(code.len()), TYPED[random(TYPED.len())]);
    }
}

#[test]
fn f103_two_characters_that_changed_places_are_a_typo() {
    let code = code();
    for at in 5..code.len() - 1 {
        let mut bad: Vec<char> = code.chars().collect();
        bad.swap(at, at + 1);
        let bad: String = bad.into_iter().collect();
        if bad.replace(' ', "") != code.replace(' ', "") {
            assert_eq!(error(&bad), Some(InvitationError::Typo), "at {at}");
        }
    }
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
