//! D4: every request between the two starts on the private side.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::harness::documents::paragraph;
use crate::harness::jira::attachments;
use crate::harness::processes::{Socket, sockets};
use crate::harness::random::Random;
use crate::harness::{LONG, Two, turn};

#[tokio::test(flavor = "multi_thread")]
async fn d4_only_the_private_side_calls() {
    let _turn = turn::alone().await;
    let two = Two::connected().await;
    let pids = [&two.acme_runs, &two.globex_runs].map(|r| r.as_ref().expect("it runs").pid());

    // The kernel is asked every few milliseconds while issues, comments and files go both ways.
    let done = Arc::new(AtomicBool::new(false));
    let watching = {
        let done = done.clone();
        tokio::task::spawn_blocking(move || {
            let mut seen: [HashSet<Socket>; 2] = [HashSet::new(), HashSet::new()];
            while !done.load(Ordering::SeqCst) {
                for (pid, seen) in pids.iter().zip(&mut seen) {
                    seen.extend(sockets(*pid));
                }
                std::thread::sleep(Duration::from_millis(3));
            }
            seen
        })
    };
    let mut files_ports = Vec::new();
    for (from, to) in [(&two.acme, &two.globex), (&two.globex, &two.acme)] {
        let summary = format!("Watched, from {}", from.name);
        let issue = from.jira.create(&from.project, "Task", &summary, Some(&paragraph("Look."))).await;
        from.jira.comment(&issue, &paragraph("A comment.")).await;
        let file = from.jira.attach(&issue, "big.bin", Random::fixed(4).bytes(3 << 20)).await;
        files_ports.push(from.jira.files_port(&file).await);
        two.wait("the issue and its file arrive", LONG, async || {
            let twin = to.jira.find(&to.project, &summary).await?;
            (attachments(&twin).len() == 1).then_some(())
        })
        .await;
    }
    two.in_step().await;
    done.store(true, Ordering::SeqCst);
    let [public, private] = watching.await.expect("the watcher does not panic");

    assert!(!private.iter().any(|s| s.listens), "the private node listens: {private:?}");
    assert!(private.iter().any(|s| s.remote == two.port), "the watcher sees the private node's calls");
    let listening: HashSet<u16> = public.iter().filter(|s| s.listens).map(|s| s.local).collect();
    assert_eq!(listening, HashSet::from([two.port]), "the public node listens there and nowhere else");
    let own = [two.acme.jira.port(), files_ports[0]];
    let calls: Vec<&Socket> = public.iter().filter(|s| !s.listens && s.local != two.port).collect();
    assert!(
        calls.iter().any(|s| s.remote == own[0]),
        "the watcher sees the public node's calls to its own Jira"
    );
    let strange: Vec<_> = calls.iter().filter(|s| !own.contains(&s.remote)).collect();
    assert!(
        strange.is_empty(),
        "the public node calls somebody else than its own Jira ({own:?}): {strange:?}"
    );
}
