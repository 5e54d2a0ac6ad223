//! D7: whoever stands between the two sees neither a text nor a file.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::harness::documents::paragraph;
use crate::harness::jira::{attachments, sha256};
use crate::harness::node::free_port;
use crate::harness::proxy::Proxy;
use crate::harness::random::Random;
use crate::harness::{Company, How, LONG, Two, turn};

#[tokio::test(flavor = "multi_thread")]
async fn d7_no_plain_text_between_the_nodes() {
    let _turn = turn::together().await;
    let port = free_port();
    let proxy = Proxy::start(port).await;
    let how =
        How { port: Some(port), address: Some(format!("http://127.0.0.1:{}", proxy.port)), ..How::default() };
    let two = Two::connect(Company::start("acme").await, Company::start("globex").await, how).await;
    let (needles, transferred) = secrets_cross(&two).await;
    two.in_step().await;

    assert!(proxy.bytes() > transferred, "everything went through the proxy: {} bytes", proxy.bytes());
    assert!(
        proxy.saw(b"POST ") && proxy.saw(b"/v1/connections/"),
        "the recording can be read where it is plain"
    );
    unseen(&proxy, needles);
}

/// An issue with a comment and a file crosses each way; what of it nobody in between may read, and how many bytes of files that
/// were.
pub async fn secrets_cross(two: &Two) -> (Vec<(String, Vec<u8>)>, usize) {
    let mut needles: Vec<(String, Vec<u8>)> = Vec::new();
    let mut transferred = 0;
    for (from, to) in [(&two.acme, &two.globex), (&two.globex, &two.acme)] {
        let name = from.name.to_uppercase();
        let summary = format!("SUMMARY-THAT-NOBODY-READS-{name}");
        let description = format!("DESCRIPTION-THAT-NOBODY-READS-{name}");
        let comment = format!("COMMENT-THAT-NOBODY-READS-{name}");
        let file = format!("FILE-NAME-THAT-NOBODY-READS-{name}.bin");
        let bytes = Random::fixed(name.len() as u64).bytes(300_000);
        transferred += bytes.len();
        let sum = sha256(&bytes);
        let issue = from.jira.create(&from.project, "Task", &summary, Some(&paragraph(&description))).await;
        from.jira.comment(&issue, &paragraph(&comment)).await;
        from.jira.attach(&issue, &file, bytes.clone()).await;
        let files = two
            .wait("the issue crosses", LONG, async || {
                let twin = to.jira.find(&to.project, &summary).await?;
                let files = attachments(&twin);
                let comments = to.jira.comments(&crate::harness::jira::key(&twin)).await;
                (files.len() == 1 && comments.len() == 1).then_some(files)
            })
            .await;
        assert_eq!(to.jira.sha256(&files[0].1).await, sum);
        for text in [summary, description, comment, file] {
            needles.push((text.clone(), text.into_bytes()));
        }
        for at in [0, 77_777, bytes.len() - 48] {
            needles.push((format!("bytes at {at} of {name}'s file"), bytes[at..at + 48].to_vec()));
        }
        for company in [&two.acme, &two.globex] {
            needles.push((format!("{}'s token", company.name), company.jira.token.clone().into_bytes()));
            needles.push((format!("{}'s e-mail", company.name), company.jira.email.clone().into_bytes()));
        }
        needles.push(("a person's name".to_owned(), b"Ana Ruiz".to_vec()));
    }
    (needles, transferred)
}

/// None of it was seen, in whatever form it could be hidden.
pub fn unseen(proxy: &Proxy, needles: Vec<(String, Vec<u8>)>) {
    for (what, needle) in needles {
        assert!(!proxy.saw(&needle), "the proxy saw {what}");
        assert!(!proxy.saw(hex::encode(&needle).as_bytes()), "the proxy saw {what} in hexadecimal");
        assert!(!proxy.saw(hex::encode_upper(&needle).as_bytes()), "the proxy saw {what} in hexadecimal");
        for shift in 0..3.min(needle.len()) {
            // Without the ends, which depend on what stands beside it.
            let coded = STANDARD_NO_PAD.encode(&needle[shift..]);
            let inner = &coded.as_bytes()[..coded.len() - coded.len() % 4];
            if inner.len() >= 8 {
                assert!(!proxy.saw(inner), "the proxy saw {what} in base64");
            }
        }
    }
}

/// The cable is pulled in the middle of everything, again and again (F28).
#[tokio::test(flavor = "multi_thread")]
async fn f28_the_cable_is_pulled_again_and_again() {
    let _turn = turn::together().await;
    let port = free_port();
    let proxy = Proxy::start(port).await;
    let how =
        How { port: Some(port), address: Some(format!("http://127.0.0.1:{}", proxy.port)), ..How::default() };
    let two = Two::connect(Company::start("acme").await, Company::start("globex").await, how).await;
    let mut random = Random::announced("f28_the_cable_is_pulled_again_and_again");
    let bytes = random.bytes(12 << 20);
    let sum = sha256(&bytes);
    let issue = two.acme.jira.create("SUP", "Task", "Over a bad cable", None).await;
    two.acme.jira.attach(&issue, "twelve.bin", bytes).await;
    let mut cuts = 0;
    for _ in 0..4 {
        // A number of bytes, not a time; a fast machine may be through before the last cut.
        let goal = proxy.bytes() + random.between(1, 2 << 20) as usize;
        let through = two
            .wait("bytes go through", LONG, async || {
                let arrived = match two.globex.jira.find("GX", "Over a bad cable").await {
                    Some(twin) => !attachments(&twin).is_empty(),
                    None => false,
                };
                (arrived || proxy.bytes() >= goal).then_some(arrived)
            })
            .await;
        if through {
            break;
        }
        cuts += 1;
        proxy.cut(true);
        two.wait("both notice nothing worse than a pause", LONG, async || {
            let states = [two.acme.state().await, two.globex.state().await];
            assert!(states.iter().all(|s| s != "disconnected" && s != "needs_attention"), "{states:?}");
            Some(())
        })
        .await;
        proxy.cut(false);
    }
    assert!(cuts > 0, "the cable was pulled at least once");
    let files = two
        .wait("the file arrives", LONG, async || {
            let twin = two.globex.jira.find("GX", "Over a bad cable").await?;
            Some(attachments(&twin)).filter(|f| !f.is_empty())
        })
        .await;
    two.in_step().await;
    two.stays_silent().await;
    assert_eq!(files.len(), 1);
    assert_eq!(two.globex.jira.sha256(&files[0].1).await, sum);
}
