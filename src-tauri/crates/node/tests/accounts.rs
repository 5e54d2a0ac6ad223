//! Sign-ins: renewing one, and with whose account the connections go on.

use practice_jira::{Options as Practice, ProjectSpec, Running, Site};
use secrecy::SecretString;
use twinline_model::problem::ProblemCode;
use twinline_model::view::{AccountView, InitiateRequest};
use twinline_node::{ApiToken, Node, Options, SecretsChoice, TokenEnds};

struct Fixture {
    site: Running,
    node: std::sync::Arc<Node>,
    account: AccountView,
    _data: tempfile::TempDir,
}

async fn signed_in() -> Fixture {
    let projects = Vec::from(["SUP", "OPS"].map(|key| ProjectSpec::new(key, key, &["Task"], None)));
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
    assert_eq!(node.projects(&account.id).await.expect("as Ben").len(), 2);
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
    assert_eq!(node.projects(&account.id).await.expect("the old token still stands").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn j04_whoever_has_an_account_here_does_not_take_over_another() {
    let Fixture { site, node, account, _data } = signed_in().await;
    node.add_account(&site.url, "ben@acme.example", token(&site)).await.expect("Ben, too");
    let refused = node.renew_account(&account.id, BEN, token(&site), true).await;
    assert_eq!(refused.map_err(|t| t.code), Err(ProblemCode::AccountTwice));
}

#[tokio::test(flavor = "multi_thread")]
async fn f48_whoever_may_not_use_a_connections_project_does_not_take_it_over() {
    let Fixture { site, node, account, _data } = signed_in().await;
    let request = InitiateRequest {
        account: account.id.clone(),
        project: "SUP".into(),
        partner_name: "Globex".to_owned(),
        address: Some("http://127.0.0.1:7700".to_owned()),
        relay: None,
        mode: twinline_model::connection::Mode::Basic,
        approval: twinline_model::connection::Approval::Ask,
        default_type: None,
        filter: None,
        existing: false,
        name_authors: true,
        internal_comments: false,
    };
    node.initiate(&request).await.expect("a connection uses the account");
    let slip = InitiateRequest { address: Some("foo".to_owned()), ..request.clone() };
    let slip = node.initiate(&slip).await.expect_err("no address");
    assert_eq!((slip.code, slip.facts["address"].as_str()), (ProblemCode::AddressInvalid, "foo"));
    let refused = async |permission: &str| {
        let forbid = serde_json::json!({"permissions": [permission], "project": "SUP", "user": "ben"});
        site.set_faults(&serde_json::json!({"forbid": forbid})).expect("a fault of the practice site");
        node.renew_account(&account.id, BEN, token(&site), true).await.expect_err("refused")
    };
    let lacks = refused("ADD_COMMENTS").await;
    assert_eq!(lacks.code, ProblemCode::ProjectForbidden, "{lacks}");
    assert_eq!(
        (lacks.facts["project"].as_str(), lacks.facts["permissions"].as_str()),
        ("SUP", "Add comments")
    );
    let hidden = refused("BROWSE_PROJECTS").await;
    assert_eq!((hidden.code, hidden.facts["project"].as_str()), (ProblemCode::ProjectUnknown, "SUP"));
    assert_eq!(node.accounts().await.expect("accounts")[0].display_name, "Ana Ruiz", "nothing was changed");
    site.set_faults(&serde_json::json!({})).expect("no fault");
    let renewed = node.renew_account(&account.id, BEN, token(&site), true).await.expect("Ben may now");
    assert_eq!(renewed.display_name, "Ben Okoro");
}

/// F81: the practice site is called `localhost` from now on, and says so at its old address, or does not.
fn rename(site: &Running, gone: bool) -> String {
    let new = site.url.replace("127.0.0.1", "localhost");
    let faults = serde_json::json!({"renamed": {"value": new, "gone": gone}});
    site.set_faults(&faults).expect("a fault of the practice site");
    new.trim_start_matches("http://").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn f81_signing_in_finds_a_renamed_site_and_keeps_the_account() {
    let Fixture { site, node, account, _data } = signed_in().await;
    let new = rename(&site, false);
    let lost = node.projects(&account.id).await.expect_err("the sign-in goes to no other host");
    assert_eq!((lost.code, lost.facts["to"].as_str()), (ProblemCode::SiteMoved, new.as_str()));
    // As the form of the window does, which knows the old address.
    let again = node.add_account(&site.url, &site.email, token(&site)).await.expect("found by itself");
    assert_eq!((again.id, again.site), (account.id.clone(), new.clone()));
    assert_eq!(node.projects(&account.id).await.expect("at the new address").len(), 2);
    let again = node.add_account(&new, &site.email, token(&site)).await.expect("by the new name");
    assert_eq!(again.id, account.id);
    assert_eq!(node.accounts().await.expect("accounts").len(), 1, "nobody is signed in twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn f81_a_new_address_is_taken_over_only_if_it_is_the_same_site() {
    let Fixture { site, node, account, _data } = signed_in().await;
    let new = rename(&site, true);
    let other = Site::start(Practice { site: "globex".into(), ..Practice::default() });
    let other = other.await.expect("another practice site");
    let at = async |address: &str, token: SecretString| {
        node.renew_account_at(&account.id, Some(address), Some(&other.email), token, true).await
    };
    let refused = at(&other.url, token(&other)).await.expect_err("somebody else's site");
    assert_eq!(refused.code, ProblemCode::SiteDiffers, "{refused}");
    let asked_who = |site: &Running| site.calls().to_string().contains("/myself");
    assert_eq!((asked_who(&site), asked_who(&other)), (true, false), "no sign-in was sent there");
    assert_eq!(
        node.accounts().await.expect("accounts"),
        std::slice::from_ref(&account),
        "nothing was changed"
    );
    let renewed = node.renew_account_at(&account.id, Some(&new), None, token(&site), false).await;
    let renewed = renewed.expect("the same site under its new name");
    assert_eq!((renewed.id, renewed.site), (account.id, new));
}

#[tokio::test(flavor = "multi_thread")]
async fn f81_signing_in_where_the_site_is_now_keeps_the_account_though_the_old_address_is_gone() {
    let Fixture { site, node, account, _data } = signed_in().await;
    let new = rename(&site, true);
    let again = node.add_account(&new, "ana@acme.example", token(&site)).await.expect("the same site");
    assert_eq!((again.id, again.site), (account.id, new));
    assert_eq!(node.accounts().await.expect("accounts").len(), 1, "nobody is signed in twice");
}

/// The day so many days from today, as a person types it.
fn in_days(days: i64) -> String {
    use jiff::ToSpan;
    jiff::Zoned::now().date().saturating_add(days.days()).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn f49_a_tokens_end_is_told_quietly_until_a_new_token_is_given() {
    let Fixture { site, node, account, _data } = signed_in().await;
    assert_eq!(account.token, None);
    let overall = node.status().await.overall;
    let renew = async |ends: Option<String>| {
        let ends = ends.map(|day| TokenEnds::read(&day).expect("a day"));
        let token = ApiToken { secret: token(&site), ends };
        node.renew_account(&account.id, None, token, false).await.expect("signed in again")
    };
    let soon = in_days(20);
    let told = renew(Some(soon.clone())).await.token.expect("a day");
    assert_eq!(told.ends, soon);
    let status = node.status().await;
    assert_eq!(status.overall, overall, "a note changes nothing");
    let [note] = status.notes.as_slice() else { panic!("one note: {:?}", status.notes) };
    assert_eq!((note.code.as_str(), &note.account), ("token-ends", &account.id));
    assert!(note.sentence.contains(&account.site), "{}", note.sentence);
    assert!(
        node.problems().await.expect("problems").is_empty(),
        "nothing is stored that could be out of date"
    );

    renew(Some(in_days(300))).await;
    assert_eq!(node.status().await.notes, [], "the new day took the old one's place");
    renew(Some(soon)).await;
    assert_eq!(renew(None).await.token, None, "nobody knows when the new token ends");
    assert_eq!(node.status().await.notes, []);
}
