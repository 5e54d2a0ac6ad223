//! Sign-ins: renewing one, and with whose account the connections go on.

use practice_jira::{Options as Practice, ProjectSpec, Running, Site};
use secrecy::SecretString;
use twinline_model::problem::ProblemCode;
use twinline_model::view::AccountView;
use twinline_node::{Node, Options, SecretsChoice};

struct Fixture {
    site: Running,
    node: std::sync::Arc<Node>,
    account: AccountView,
    _data: tempfile::TempDir,
}

async fn signed_in() -> Fixture {
    let projects = vec![ProjectSpec::new("SUP", "Support", &["Task"], None)];
    let site = Site::start(Practice { site: "acme".into(), projects: Some(projects), ..Practice::default() });
    let site = site.await.expect("a practice site");
    let data = tempfile::tempdir().expect("a folder");
    let options =
        Options { secrets: SecretsChoice::File, practice: true, ..Options::new(data.path().to_path_buf()) };
    let node = Node::open(options).await.expect("a node");
    let account = node.add_account(&site.url, &site.email, token(&site)).await.expect("signed in");
    Fixture { site, node, account, _data: data }
}

fn token(site: &Running) -> SecretString {
    SecretString::from(site.token.clone())
}

/// One of the practice site's other people.
const BEN: Option<&str> = Some("ben@acme.example");

#[tokio::test(flavor = "multi_thread")]
async fn j04_f48_another_persons_sign_in_is_asked_about_first() {
    let Fixture { site, node, account, _data } = signed_in().await;
    let asked = node.renew_account(&account.id, BEN, token(&site), false).await.expect_err("asked");
    assert_eq!(asked.code, ProblemCode::AccountDiffers);
    let facts = (asked.facts["expected"].as_str(), asked.facts["found"].as_str());
    assert_eq!(facts, ("Ana Ruiz", "Ben Okoro"));
    assert_eq!(node.accounts().await.expect("accounts"), vec![account.clone()], "nothing was changed");

    let renewed = node.renew_account(&account.id, BEN, token(&site), true).await.expect("goes on with Ben");
    assert_eq!(renewed.id, account.id, "the connections keep their account");
    assert_eq!((renewed.display_name.as_str(), renewed.email.as_str()), ("Ben Okoro", "ben@acme.example"));
    assert_eq!(node.projects(&account.id).await.expect("as Ben").len(), 1);
    // From now on it is Ana who is somebody else.
    let asked = node.renew_account(&account.id, Some(&site.email), token(&site), false).await;
    assert_eq!(asked.map_err(|t| t.code), Err(ProblemCode::AccountDiffers));
}

#[tokio::test(flavor = "multi_thread")]
async fn j02_j04_a_wrong_token_renews_nothing() {
    let Fixture { site: _site, node, account, _data } = signed_in().await;
    let wrong = SecretString::from("wrong");
    let refused = node.renew_account(&account.id, None, wrong, true).await;
    assert_eq!(refused.map_err(|t| t.code), Err(ProblemCode::TokenRejected));
    assert_eq!(node.projects(&account.id).await.expect("the old token still stands").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn j04_whoever_has_an_account_here_does_not_take_over_another() {
    let Fixture { site, node, account, _data } = signed_in().await;
    node.add_account(&site.url, "ben@acme.example", token(&site)).await.expect("Ben, too");
    let refused = node.renew_account(&account.id, BEN, token(&site), true).await;
    assert_eq!(refused.map_err(|t| t.code), Err(ProblemCode::AccountTwice));
}
