//! D4: both nodes killed at random moments of a large first sync; everything has its twin, once.
//!
//! `TWINLINE_FULL=1`: 2,000 issues and 50 moments instead of 300 and 20. `TWINLINE_SEED` repeats the moments.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::documents::paragraph;
use crate::harness::jira::Jira;
use crate::harness::random::Random;
use crate::harness::wait::try_for;
use crate::harness::world::{Wanted, bytes_of, gap};
use crate::harness::{Company, How, Two, turn};

/// Without a single write for so long, something is stuck.
const STUCK: Duration = Duration::from_secs(120);
/// Calls of one person at a time.
const HANDS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn d4_two_thousand() {
    let _turn = turn::alone().await;
    let (issues, kills) = match std::env::var_os("TWINLINE_FULL") {
        Some(_) => (2_000, 50),
        None => (300, 20),
    };
    let mut random = Random::announced("d4_two_thousand");
    // A little latency, so that calls are under way when a node dies.
    let (acme, globex) = tokio::join!(
        Company::with("acme", "SUP", |options| options.latency_ms = 3),
        Company::with("globex", "GX", |options| options.latency_ms = 3),
    );
    let begun = Instant::now();
    let hands = (0..HANDS * 2).map(|hand| {
        let from = if hand % 2 == 0 { &acme } else { &globex };
        let (jira, project) = (from.jira.by("ben"), from.project.clone());
        tokio::spawn(async move {
            for number in (hand..issues).step_by(HANDS * 2) {
                fill(&jira, &project, number).await;
            }
        })
    });
    for hand in hands.collect::<Vec<_>>() {
        hand.await.expect("the sites take everything");
    }
    println!("d4: {issues} issues written in {:.0} s", begun.elapsed().as_secs_f64());

    let seeded = acme.site.writes() + globex.site.writes();
    // Each issue, its comment and its file is one write at the other side.
    let all = 3 * issues as u64;
    let mut moments: Vec<u64> = (0..kills).map(|_| random.between(1, all - 1)).collect();
    moments.sort_unstable();
    let mut two = Two::connect(acme, globex, How { scope: &["--existing"], ..How::default() }).await;
    let begun = Instant::now();
    let mut killed = [0; 2];
    for (number, moment) in moments.into_iter().enumerate() {
        let now = reach(&two, seeded, moment).await;
        let whom = random.next() % 4;
        println!(
            "d4: kill {number} of {} at {now} writes",
            ["both", "both", "ACME", "Globex"][whom as usize]
        );
        let sides = [whom != 3, whom != 2];
        let acme = two.acme_runs.take_if(|_| sides[0]);
        let globex = two.globex_runs.take_if(|_| sides[1]);
        for (side, running) in [acme, globex].into_iter().enumerate() {
            if let Some(running) = running {
                running.kill().await;
                killed[side] += 1;
            }
        }
        if sides[0] {
            two.start_acme().await;
        }
        if sides[1] {
            two.start_globex();
        }
    }
    reach(&two, seeded, all).await;
    two.in_step().await;
    let took = begun.elapsed();
    println!(
        "d4: {issues} issues in step after {:.0} s; {} kills of ACME, {} of Globex",
        took.as_secs_f64(),
        killed[0],
        killed[1]
    );

    let before = [two.acme.site.writes(), two.globex.site.writes()];
    polls(&two, 10).await;
    let after = [two.acme.site.writes(), two.globex.site.writes()];
    assert_eq!(before, after, "writes at ACME and Globex in ten polls after the last one");
    assert_eq!(after[0] + after[1] - seeded, all, "each issue, comment and file cost one write");
    let wanted: Vec<Wanted> = (0..issues).map(wanted).collect();
    for company in [&two.acme, &two.globex] {
        let state = company.site.state().expect("the site can be read");
        assert_eq!(gap(&state, &company.project, &wanted), None, "at {}", company.name);
        let problems = company.node.json(&["problems"]).await;
        assert_eq!(problems, Value::Array(Vec::new()), "{}: nothing needs a person", company.name);
    }
}

async fn fill(jira: &Jira, project: &str, number: usize) {
    let one = wanted(number);
    let key = jira.create(project, "Task", &one.summary[0], Some(&paragraph(&one.words[0]))).await;
    jira.comment(&key, &paragraph(&one.comments[0])).await;
    jira.attach(&key, &one.files[0], bytes_of(&one.files[0])).await;
}

fn wanted(number: usize) -> Wanted {
    Wanted::task(&format!("Case {number:04}"), &format!("What happened in case {number:04}."))
        .comments(&[&format!("Comment on case {number:04}.")])
        .files(&[&format!("case-{number:04}.txt")])
}

/// Waits until the nodes have written so much; fails when they do not write any more.
async fn reach(two: &Two, seeded: u64, goal: u64) -> u64 {
    let count = || two.acme.site.writes() + two.globex.site.writes() - seeded;
    loop {
        let last = count();
        if last >= goal {
            return last;
        }
        if try_for(STUCK, async || (count() > last).then_some(())).await.is_none() {
            let (acme, globex) = (two.acme.explain().await, two.globex.explain().await);
            panic!("stuck at {last} of {goal} writes\n{acme}\n{globex}");
        }
    }
}

/// Waits until both sides have looked for changes so often.
async fn polls(two: &Two, times: u64) {
    let count = |company: &Company| {
        company.site.calls()["calls"]["POST /rest/api/3/search/jql"].as_u64().unwrap_or(0)
    };
    let before = [count(&two.acme), count(&two.globex)];
    // One may be under way when the counting begins.
    two.wait("both sides poll", STUCK, async || {
        let enough = count(&two.acme) > before[0] + times && count(&two.globex) > before[1] + times;
        enough.then_some(())
    })
    .await;
}
