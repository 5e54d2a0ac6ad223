//! F17, I20: the same data in two places; only one of them writes.

use std::path::Path;

use crate::harness::node::Node;
use crate::harness::wait::try_for;
use crate::harness::{LONG, Two, turn};

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the test's folder can be written");
    for entry in std::fs::read_dir(from).expect("the folder is there").flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("the test's folder can be written");
        }
    }
}

async fn says_another_copy(node: &Node) -> Option<()> {
    let problems = node.json(&["problems"]).await;
    problems.as_array()?.iter().any(|p| p["code"] == "another-copy").then_some(())
}

#[tokio::test(flavor = "multi_thread")]
async fn f17_of_two_copies_only_one_writes_and_the_other_says_so() {
    let _turn = turn::together().await;
    let mut two = Two::connected().await;
    two.acme.jira.create("SUP", "Task", "Before the copy", None).await;
    two.wait("it arrives", LONG, async || two.globex.jira.find("GX", "Before the copy").await).await;
    two.in_step().await;
    two.stop_globex().await;
    let folder = tempfile::tempdir().expect("a folder");
    let copy = Node::new(folder.path());
    copy_folder(&two.globex.data(), &copy.data);
    two.start_globex();
    two.in_step().await;

    // The original speaks to ACME already: whoever comes second gets nothing.
    let copy_runs = copy.run(&["--check-every", "1s", "--settle", "2s"]);
    let says = try_for(LONG, async || says_another_copy(&copy).await).await;
    assert!(says.is_some(), "the copy does not say that there is another one: {}", copy.log_tail(60));
    for number in 0..6 {
        let (ours, theirs) = (format!("From ACME {number}"), format!("From Globex {number}"));
        two.acme.jira.create("SUP", "Task", &ours, None).await;
        two.globex.jira.create("GX", "Task", &theirs, None).await;
    }
    two.wait("everything arrives", LONG, async || {
        // Fails if one is there twice.
        for number in 0..6 {
            two.globex.jira.find("GX", &format!("From ACME {number}")).await?;
            two.acme.jira.find("SUP", &format!("From Globex {number}")).await?;
        }
        Some(())
    })
    .await;
    two.in_step().await;
    two.stays_silent().await;
    assert_eq!(two.globex.jira.issues("GX").await.len(), 13, "nothing twice");
    assert_eq!(two.acme.jira.issues("SUP").await.len(), 13, "nothing twice");
    assert!(says_another_copy(&two.globex.node).await.is_none(), "the one that writes has nothing to say");
    assert!(says_another_copy(&copy).await.is_some(), "the other one still says so");

    // Even when the first one is gone, the copy does not go on by itself: nobody knows that it is gone for good.
    two.stop_globex().await;
    two.acme.jira.create("SUP", "Task", "Nobody may take this", None).await;
    let polls = [two.acme.jira.polls().await, two.globex.jira.polls().await];
    two.wait("ACME and the copy look five times", LONG, async || {
        let now = [two.acme.jira.polls().await, two.globex.jira.polls().await];
        (now[0] > polls[0] + 5 && now[1] > polls[1] + 5).then_some(())
    })
    .await;
    assert!(two.globex.jira.find("GX", "Nobody may take this").await.is_none(), "the copy may not write");
    copy_runs.stop().await;
    two.start_globex();
    two.wait("the first one goes on", LONG, async || {
        two.globex.jira.find("GX", "Nobody may take this").await
    })
    .await;
    two.in_step().await;
    two.stays_silent().await;
}
