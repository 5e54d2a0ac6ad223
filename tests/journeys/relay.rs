//! D4: neither side can be called, and they meet at a relay that learns nothing.

use practice_relay::Relay;

use crate::harness::documents::paragraph;
use crate::harness::processes::{has_udp, sockets};
use crate::harness::proxy::Proxy;
use crate::harness::{Company, How, LONG, Two, turn, wait_for};
use crate::sealed::{secrets_cross, unseen};

#[tokio::test(flavor = "multi_thread")]
async fn d4_two_that_cannot_be_called_sync_through_a_relay() {
    let _turn = turn::together().await;
    let relay = Relay::start(0).await.expect("a relay starts");
    let port = relay.port;
    let proxy = Proxy::start(port).await;
    let url = format!("http://127.0.0.1:{}", proxy.port);
    let how = How { relay: Some(url.clone()), ..How::default() };
    let two = Two::connect(Company::start("acme").await, Company::start("globex").await, how).await;
    let (needles, transferred) = secrets_cross(&two).await;
    two.in_step().await;

    // The relay passed it all on, and could not read it. What it sends is not masked, as what it gets is (RFC 6455), and
    // everything passes it.
    assert!(proxy.bytes() > 2 * transferred, "all went through the relay: {} bytes", proxy.bytes());
    assert!(proxy.saw(b"GET /relay"), "the recording can be read where it is plain");
    unseen(&proxy, needles);
    for (company, runs) in [(&two.acme, &two.acme_runs), (&two.globex, &two.globex_runs)] {
        let pid = runs.as_ref().expect("it runs").pid();
        let seen = sockets(pid);
        assert!(!seen.iter().any(|s| s.listens), "{} listens: {seen:?}", company.name);
        assert!(seen.iter().any(|s| s.remote == proxy.port), "{} is at the relay: {seen:?}", company.name);
        assert!(!has_udp(pid), "{} looks for another way", company.name);
        let connection = company.connection().await.expect("a connection");
        assert_eq!(connection["address"], url, "people read the relay, and no key");
        assert_eq!(connection["relay"], true);
    }

    // The relay dies, and both say what it is.
    relay.stop().await;
    two.acme.jira.create("SUP", "Task", "While the relay is away", Some(&paragraph("It waits."))).await;
    for company in [&two.acme, &two.globex] {
        two.wait(&format!("{} says that the relay is away", company.name), LONG, async || {
            let connection = company.connection().await?;
            let sentence = connection["sentence"].as_str()?;
            (connection["state"] == "offline" && sentence.contains(&url)).then_some(())
        })
        .await;
    }
    let relay = Relay::start(port).await.expect("the relay starts again");
    two.wait("what waited arrives", LONG, async || {
        two.globex.jira.find("GX", "While the relay is away").await
    })
    .await;
    two.in_step().await;
    two.stays_silent().await;
    drop(relay);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_promises_only_a_relay_that_answers() {
    let _turn = turn::together().await;
    let acme = Company::start("acme").await;
    let relay = Relay::start(0).await.expect("a relay starts");
    let url = relay.url();
    relay.stop().await;
    let refused = acme.invite_by(["--relay", &url], &[]).await;
    let sentence = refused.sentence();
    assert!(sentence.contains(&url) && sentence.contains("cannot be reached"), "{sentence}");
    assert!(acme.connection().await.is_none(), "nothing is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_accepts_learns_that_the_relay_is_away_and_need_do_nothing() {
    let _turn = turn::together().await;
    let (acme, globex) = tokio::join!(Company::start("acme"), Company::start("globex"));
    let relay = Relay::start(0).await.expect("a relay starts");
    let (port, url) = (relay.port, relay.url());
    let code = acme.invite_by(["--relay", &url], &["--approve", "code-holder"]).await.done();
    relay.stop().await;
    let accepted = globex.accept(&code, &[]).await;
    assert!(
        accepted.stderr.contains(&url) && accepted.stderr.contains("cannot reach"),
        "{}",
        accepted.stderr
    );
    let _relay = Relay::start(port).await.expect("the relay starts again");
    let _runs = [acme.run(true, &[]), globex.run(true, &[])];
    wait_for("both are connected", LONG, async || {
        (acme.in_step().await && globex.in_step().await).then_some(())
    })
    .await;
}
