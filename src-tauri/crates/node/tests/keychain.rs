//! A keychain that is locked for a while; a process of its own, because the keychain is the process's.

use std::sync::Arc;

use keyring_core::{Error, mock};
use practice_jira::{Options as Practice, Site};
use secrecy::SecretString;
use twinline_model::problem::ProblemCode;
use twinline_node::{Node, Options};

/// Everything that is in the keychain answers its next question as a locked one does.
fn lock(keychain: &mock::Store) -> usize {
    let credentials = keychain.inner.lock().expect("no test panics here");
    let credentials = credentials.borrow();
    for credential in credentials.iter() {
        credential.set_error(Error::NoStorageAccess("locked".into()));
    }
    credentials.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn f21_a_locked_keychain_is_named_and_holds_what_it_held() {
    let keychain: Arc<mock::Store> = mock::Store::new().expect("a keychain");
    keyring_core::set_default_store(keychain.clone());
    let site = Site::start(Practice { site: "acme".into(), ..Practice::default() }).await.expect("a site");
    let data = tempfile::tempdir().expect("a folder");
    let open = || Node::open(Options { practice: true, ..Options::new(data.path().to_path_buf()) });
    let node = open().await.expect("a node");
    let token = SecretString::from(site.token.clone());
    let account = node.add_account(&site.url, &site.email, token).await.expect("signed in");
    drop(node);

    // Another run has read nothing yet.
    let node = open().await.expect("a node");
    assert!(lock(&keychain) > 0, "the sign-in is in the keychain");
    let locked = node.projects(&account.id).await.expect_err("locked");
    assert_eq!(locked.code, ProblemCode::KeychainLocked);
    let words = twinline_node::words::trouble_view(&locked);
    assert!(words.sentence.contains("locked") && words.next_step.contains("Nothing is lost"), "{words:?}");
    assert!(!node.projects(&account.id).await.expect("unlocked").is_empty(), "the sign-in is still there");
}
