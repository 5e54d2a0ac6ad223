//! The language that people read, and the one that stands in Jira; a process of its own, because the language is the
//! process's.

use practice_jira::{Options as Practice, ProjectSpec, Site};
use secrecy::SecretString;
use twinline_model::connection::{Approval, Connection, Mode};
use twinline_model::notice::Says;
use twinline_model::view::{InitiateRequest, Language};
use twinline_node::words::speak;
use twinline_node::{Node, Options, SecretsChoice};
use twinline_sync::Machine as _;

/// All that is written into a tracker beside what people wrote: twins' forms are told by these words.
fn written(node: &Node, connection: &Connection) -> [String; 7] {
    let name = node.partner_words(connection);
    [
        node.attribution(&name, 1_794_000_000_123),
        node.withdrawn_words(&name),
        node.goes_on_words("description.md"),
        node.notice_words(&name, "plan.zip", "120 MB", Says::Stays),
        node.cut_words(&name),
        node.cut_words("Globex"),
        name,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_jira_keeps_its_language_and_what_people_read_changes_it() {
    let projects = Some(vec![ProjectSpec::new("SUP", "SUP", &["Task"], None)]);
    let site = Site::start(Practice { site: "acme".into(), projects, ..Practice::default() });
    let site = site.await.expect("a practice site");
    let data = tempfile::tempdir().expect("a folder");
    let options = Options {
        secrets: SecretsChoice::File,
        practice: true,
        listen: Some(([127, 0, 0, 1], 0).into()),
        ..Options::new(data.path().to_path_buf())
    };
    let node = Node::open(options).await.expect("a node");
    let token = SecretString::from(site.token.clone());
    let account = node.add_account(&site.url, &site.email, token).await.expect("signed in");
    // Nobody named the partner: the word for that is said, and written, too.
    let request = InitiateRequest {
        account: account.id,
        project: "SUP".into(),
        partner_name: String::new(),
        address: Some("http://127.0.0.1:7700".to_owned()),
        relay: None,
        mode: Mode::Basic,
        approval: Approval::Ask,
        default_type: None,
        filter: None,
        existing: false,
        name_authors: true,
        internal_comments: false,
    };
    let invitation = node.initiate(&request).await.expect("an invitation");
    let rows = node.read(|tx| tx.connections()).await.expect("rows");
    let connection = rows.into_iter().find(|c| c.id == invitation.connection).expect("the connection");

    let mut read = Vec::new();
    let mut jira = Vec::new();
    for language in [Language::English, Language::German] {
        speak(language);
        let view = node.connection(&connection.id).await.expect("a connection");
        read.push((view.partner_name, view.sentence));
        jira.push(written(&node, &connection));
        let message = node.invitation(&connection.id).await.expect("open").message;
        assert!(message.contains(match language {
            Language::English => "Valid until",
            Language::German => "Gültig bis",
        }));
        let own = node.read_invitation(&message).await.expect_err("our own");
        assert_eq!(own.code.as_str(), "invitation-own", "the code is found in the message of each language");
        // Cut off in the middle of the code, with our own sentence after it.
        let (head, tail) = message.split_at(message.find("twl1").expect("a code") + 150);
        let short = format!("{head}\n\n{}", &tail[tail.rfind("\n\n").expect("a sentence")..]);
        let short = node.read_invitation(&short).await.expect_err("incomplete");
        assert_eq!(short.code.as_str(), "invitation-incomplete");
    }
    assert_eq!(jira[0], jira[1]);
    assert_eq!(jira[0][0], "(unknown) wrote on 6 Nov 2026, 21:20 UTC:");
    assert_eq!(read[0].0, "unknown");
    assert_eq!(read[1].0, "unbekannt");
    assert!(read[1].1.contains("die Einladung annimmt"), "{read:?}");
}
