//! An invitation that nobody wants: the inviter is told, the code lets nobody in any more, and nothing else was said.

use crate::harness::node::free_port;
use crate::harness::{Company, LONG, turn};

const DECLINE: [&str; 2] = ["connection", "decline"];

/// ACME has invited, and its people approve; its node does not run yet.
async fn invited() -> (Company, Company, String, u16) {
    let (acme, globex, port) = (Company::start("acme").await, Company::start("globex").await, free_port());
    let code = acme.invite(&format!("http://127.0.0.1:{port}"), &["--approve", "ask"]).await.done();
    (acme, globex, code, port)
}

async fn becomes(company: &Company, state: &str) -> serde_json::Value {
    crate::harness::wait_for(&format!("{} is {state}", company.name), LONG, async || {
        company.connection().await.filter(|c| c["state"] == state)
    })
    .await
}

/// The partner declines: first in vain, because nobody answers, then the inviter sees it, and a new code works.
#[tokio::test(flavor = "multi_thread")]
async fn who_declines_is_heard_and_the_code_lets_nobody_in_any_more() {
    let _turn = turn::together().await;
    let (acme, globex, code, port) = invited().await;
    let untold = globex.node.ask(&DECLINE, &code).await;
    assert!(untold.sentence().contains("nobody there knows that you declined"), "{}", untold.stderr);
    assert_eq!(acme.state().await, "waiting_for_partner");

    let mut running = acme.run(true, &["--listen", &format!("127.0.0.1:{port}")]);
    running.listens(port).await;
    let declined = globex.node.ask(&DECLINE, &code).await;
    assert!(declined.stderr.contains("was told"), "{}", declined.stderr);
    declined.done();
    let seen = becomes(&acme, "declined").await;
    assert_eq!(seen["sentence"], "Partner declined. Nothing was synced");
    assert_eq!(acme.node.json(&["status"]).await["overall"], "not_set_up");
    for told in ["partner_site", "partner_project", "partner_person"] {
        assert!(seen[told].is_null(), "of whoever declines nothing is told: {seen}");
    }
    // The answer may have been lost: declining again is no error. Accepting is.
    globex.node.ask(&DECLINE, &code).await.done();
    let refused = globex.accept(&code, &[]).await;
    assert!(refused.sentence().contains("was declined"), "{}", refused.stderr);
    assert!(globex.connection().await.is_none());

    let id = seen["id"].as_str().expect("an id").to_owned();
    // Nobody answers any more once no connection needs the port: another invitation keeps it open.
    let again = acme.invite(&format!("http://127.0.0.1:{port}"), &["--approve", "code-holder"]).await.done();
    acme.node.ask(&["connection", "remove", &id], "").await.done();
    let refused = globex.accept(&code, &[]).await;
    assert!(refused.sentence().contains("was declined"), "also once it is off the list: {}", refused.stderr);
    globex.accept(&again, &[]).await.done();
    let _runs = globex.run(true, &[]);
    becomes(&acme, "up_to_date").await;
}

/// A code that was used already cannot be declined by whoever else has seen it.
#[tokio::test(flavor = "multi_thread")]
async fn f101_a_used_code_cannot_be_declined() {
    let _turn = turn::together().await;
    let (acme, globex, code, port) = invited().await;
    let mut running = acme.run(true, &["--listen", &format!("127.0.0.1:{port}")]);
    running.listens(port).await;
    globex.accept(&code, &[]).await.done();
    becomes(&acme, "waiting_for_you").await;
    let other = Company::start("initech").await;
    let refused = other.node.ask(&DECLINE, &code).await;
    assert!(refused.sentence().contains("was used already"), "{}", refused.stderr);
    assert_eq!(acme.state().await, "waiting_for_you");
}

/// Whoever does not approve, and whoever goes back on having accepted, has declined, and not "ended" what never began.
#[tokio::test(flavor = "multi_thread")]
async fn f108_a_no_before_anything_was_synced_is_called_one_on_both_sides() {
    let _turn = turn::together().await;
    for (says_no, deed) in [("acme", "reject"), ("globex", "remove")] {
        let (acme, globex, code, port) = invited().await;
        let mut running = acme.run(true, &["--listen", &format!("127.0.0.1:{port}")]);
        running.listens(port).await;
        globex.accept(&code, &[]).await.done();
        let _runs = globex.run(true, &[]);
        let waits = becomes(&acme, "waiting_for_you").await;
        let id = waits["id"].as_str().expect("an id").to_owned();
        let (one, other) = if says_no == "acme" { (&acme, &globex) } else { (&globex, &acme) };
        one.node.ask(&["connection", deed, &id], "").await.done();
        let seen = becomes(other, "declined").await;
        let sentence = seen["sentence"].as_str().expect("a sentence");
        assert!(sentence.ends_with("declined. Nothing was synced"), "{sentence}");
    }
}
