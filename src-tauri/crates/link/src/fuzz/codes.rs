//! What people paste: texts, and the bytes behind a checksum that fits.

use bech32::{Bech32m, Hrp};
use secrecy::ExposeSecret;
use twinline_model::connection::{Approval, Mode};

use super::{altered, fuzz, run};
use crate::address::check_address;
use crate::invitation::{Carrier, Invitation, InvitationSecret, Issuer, head_check};
use crate::keys::StaticKey;
use crate::seal::Commitment;

fn invitation() -> Invitation {
    let ours = StaticKey::from_secret_str(&"12".repeat(32)).unwrap();
    let secret = InvitationSecret::from_secret_str(&"ab".repeat(16)).unwrap();
    Invitation {
        version: 1,
        key: ours.public(),
        commitment: Commitment::new(&ours, &secret),
        secret,
        expires_s: 1_796_083_200,
        carriers: vec![
            Carrier::Http { url: "https://twinline.acme.example".into(), certificate: Some([7; 32]) },
            Carrier::Iroh { endpoint: [8; 32], relay: Some("https://relay.example".into()) },
        ],
        issuer: Issuer { company: "ACME".into(), person: "Ana Ruiz".into(), project: "SUP".into() },
        mode: Mode::Basic,
        approval: Approval::Ask,
    }
}

/// Whatever becomes of a code in a mail: it is this invitation, or none.
#[test]
fn fuzz_pasted_texts() {
    let code = invitation().encode().expose_secret().to_owned();
    let (wrapped, quoted) = (code.replace("w46h2", "w46h2=\r\n"), code.replace(' ', "&nbsp;<br>\n> "));
    let mail = format!(
        "ACME invites you. Paste this whole message.\n{code}\nValid until 30 Nov 2026. Works once.\n"
    );
    let valid = [code, wrapped, quoted, mail].map(String::into_bytes);
    let (id, key) = (invitation().id(), invitation().key);
    fuzz("pasted text", &valid, |bytes| match Invitation::read(&String::from_utf8_lossy(bytes)) {
        Ok(read) => {
            assert!(read.id() == id && read.key == key, "another invitation");
            true
        }
        Err(_) => false,
    });
}

/// Somebody who computes the checksum themselves may put any bytes behind it.
#[test]
fn fuzz_bytes_behind_a_checksum() {
    let bytes = invitation().to_bytes();
    let code = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        if bytes.len() >= 2 {
            let length = (bytes.len() * 8).div_ceil(5) + 6;
            let (first, second) = ((length >> 5) as u16 & 31, length as u16 & 31);
            let head = first << 11 | second << 6 | u16::from(head_check(first as u8, second as u8)) << 1;
            bytes[..2].copy_from_slice(&head.to_be_bytes());
        }
        bech32::encode::<Bech32m>(Hrp::parse_unchecked("twl"), &bytes).ok()
    };
    fuzz("bytes behind a checksum", &[bytes.to_vec()], |bytes| {
        let Some(code) = code(bytes) else { return false };
        let Ok(read) = Invitation::read(&code) else { return false };
        let names = [&read.issuer.company, &read.issuer.person, &read.issuer.project];
        assert!(names.iter().all(|name| name.chars().count() <= 40 && !name.contains(char::is_control)));
        assert!(read.carriers.len() <= 255 && read.version <= 1);
        // What was read can be said again, and is the same.
        let again = Invitation::read(read.encode().expose_secret()).ok();
        assert!(again.is_some_and(|again| again.id() == read.id() && again.key == read.key));
        true
    });
}

/// Addresses in codes: none that is taken names a place that must not be called.
#[test]
fn fuzz_addresses() {
    let valid = [
        "https://twinline.acme.example/a/b",
        "http://192.168.1.5:7700",
        "https://[fd12::1]:7700",
        "http://buildbox.local:1",
        "https://10.1.2.3",
    ];
    let valid = valid.map(|text| text.as_bytes().to_vec());
    let parts: Vec<Vec<u8>> = [
        "169.254.169.254",
        "127.0.0.1",
        "0x7f.1",
        "2130706433",
        "[::ffff:127.0.0.1]",
        "localhost",
        "metadata",
        "0",
        "\u{ff11}\u{3002}",
        "%31%32%37",
        "user:pw@",
        "//",
        "http://",
        "https://",
        "#",
        "?",
        "[fe80::1%25eth0]",
        ":0",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    let make = |chance: &mut super::Chance, valid: &[Vec<u8>]| {
        let mut bytes = altered(chance, valid);
        if chance.one_in(3) {
            let at = chance.below(bytes.len() + 1);
            drop(bytes.splice(at..at, chance.pick(&parts).iter().copied()));
        }
        bytes
    };
    run("address", &valid, make, |bytes| {
        let Ok(address) = check_address(&String::from_utf8_lossy(bytes), false) else { return false };
        let url = url::Url::parse(&address).unwrap();
        assert!(url.username().is_empty() && url.password().is_none() && url.query().is_none());
        match url.host().unwrap() {
            url::Host::Ipv4(ip) => {
                assert!(!ip.is_loopback() && !ip.is_link_local() && !ip.is_unspecified(), "{ip}")
            }
            url::Host::Ipv6(ip) => assert!(!ip.is_loopback() && !ip.is_unicast_link_local(), "{ip}"),
            url::Host::Domain(name) => {
                let own = name.trim_end_matches('.');
                assert!(own != "localhost" && !own.ends_with(".localhost"), "{name}");
            }
        }
        // What was normalised stays as it is.
        assert_eq!(check_address(&address, false).as_deref(), Ok(address.as_str()));
        true
    });
}
