//! Invitation codes.

use secrecy::ExposeSecret;

use super::*;

#[derive(Serialize)]
struct Code {
    name: &'static str,
    script: bool,
    code_holder: bool,
    key: String,
    secret: String,
    commitment: String,
    expires_s: u64,
    company: String,
    carriers: Vec<(u8, String)>,
    person: String,
    project: String,
    code: String,
}

#[test]
fn vectors_of_invitations() {
    let pinned = Carrier::Http { url: "https://10.1.2.3:7700".into(), certificate: Some(seq(0x30)) };
    let relayed = Carrier::Iroh { endpoint: seq(0x50), relay: Some("https://relay.acme.example".into()) };
    let found = Carrier::Iroh { endpoint: seq(0x51), relay: None };
    let all = [
        ("usual", usual()),
        ("nobody and nowhere", invitation(vec![], [""; 3], Mode::Basic, Approval::Ask)),
        (
            "everything",
            invitation(
                vec![pinned, relayed, found],
                ["Müller & Söhne", "Zoë O’Neil", "MS"],
                Mode::Script,
                Approval::CodeHolder,
            ),
        ),
    ];
    let codes = all.map(|(name, invitation)| {
        let code = invitation.encode().expose_secret().to_owned();
        assert!(Invitation::read(&code).unwrap().id() == invitation.id());
        let carriers = invitation.carriers.iter().map(|carrier| {
            let (kind, body) = carrier.to_bytes();
            (kind, hex::encode(body))
        });
        Code {
            name,
            script: invitation.mode == Mode::Script,
            code_holder: invitation.approval == Approval::CodeHolder,
            key: invitation.key.to_string(),
            secret: hex::encode(invitation.secret.bytes()),
            commitment: hex::encode(invitation.commitment.0),
            expires_s: invitation.expires_s,
            company: invitation.issuer.company.clone(),
            carriers: carriers.collect(),
            person: invitation.issuer.person.clone(),
            project: invitation.issuer.project.clone(),
            code,
        }
    });
    compare("invitations.json", &codes);
}
