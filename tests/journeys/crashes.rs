//! D5: SIGKILL of either node at twenty random moments, and everything is there exactly once.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::documents::{paragraph, words};
use crate::harness::jira::{attachments, key, sha256};
use crate::harness::random::Random;
use crate::harness::{Company, How, LONG, Two, turn};

const ISSUES: usize = 100;
const KILLS: u32 = 20;
const ENOUGH: Duration = Duration::from_secs(900);

#[tokio::test(flavor = "multi_thread")]
async fn d5_kill_dash_nine() {
    let _turn = turn::alone().await;
    let mut random = Random::announced("d5_kill_dash_nine");
    // A little latency, so that calls are under way when a node dies.
    let acme = Company::with("acme", "SUP", |options| options.latency_ms = 8).await;
    let globex = Company::with("globex", "GX", |options| options.latency_ms = 8).await;
    let mut born = Vec::new();
    for number in 0..ISSUES {
        born.push(number % 5 < 3);
        let from = if number % 5 < 3 { &acme } else { &globex };
        fill(from, number).await;
    }
    let seeded = acme.jira.writes().await + globex.jira.writes().await;

    let how = How { scope: &["--existing"], ..How::default() };
    let mut two = Two::connect(acme, globex, how).await;
    let begun = Instant::now();
    let mut kills = [0u32; 2];
    for kill in 1..=KILLS {
        // A moment is a number of writes further on, not a time: as random on a slow machine as on a fast one.
        let before = two.acme.jira.writes().await + two.globex.jira.writes().await;
        let goal = before + random.between(1, 14);
        let limit = Duration::from_secs(60);
        let reached = crate::harness::wait::try_for(limit, async || {
            let now = two.acme.jira.writes().await + two.globex.jira.writes().await;
            (now >= goal || now >= seeded + 3 * ISSUES as u64).then_some(now)
        })
        .await;
        let Some(now) = reached else {
            let (acme, globex) = (two.acme.explain().await, two.globex.explain().await);
            panic!("no progress before kill {kill}, at {before} writes\n{acme}\n{globex}");
        };
        let side = random.next() % 2;
        println!("kill {kill}: {} at {} writes", ["ACME", "Globex"][side as usize], now - seeded);
        kills[side as usize] += 1;
        if side == 0 {
            two.acme_runs.take().expect("it runs").kill().await;
            two.start_acme().await;
        } else {
            two.globex_runs.take().expect("it runs").kill().await;
            two.start_globex();
        }
    }
    println!("d5: {} kills of ACME, {} of Globex", kills[0], kills[1]);

    two.wait("everything has its twin", ENOUGH, async || {
        for company in [&two.acme, &two.globex] {
            let issues = company.jira.issues(&company.project).await;
            if issues.len() < ISSUES || issues.iter().any(|i| attachments(i).is_empty()) {
                return None;
            }
            for issue in &issues {
                if company.jira.comments(&key(issue)).await.is_empty() {
                    return None;
                }
            }
        }
        Some(())
    })
    .await;
    two.in_step().await;
    println!("d5: in step after {:.0} s", begun.elapsed().as_secs_f64());
    two.stays_silent().await;
    for company in [&two.acme, &two.globex] {
        exactly_once(company).await;
    }
    for company in [&two.acme, &two.globex] {
        let id = company.connection().await.expect("listed")["id"].as_str().expect("an id").to_owned();
        let pairs = company.node.json(&["pairs", "--connection", &id]).await;
        let pairs = pairs.as_array().expect("a list").clone();
        assert_eq!(pairs.len(), ISSUES, "{} lists each pair once", company.name);
        assert!(pairs.iter().all(|p| p["state"] == "in_step"), "{}: every pair is in step", company.name);
        let problems = company.node.json(&["problems"]).await;
        assert_eq!(problems, Value::Array(Vec::new()), "{}: nothing needs a person", company.name);
    }
}

fn bytes_of(number: usize) -> Vec<u8> {
    format!("The file of issue {number}.\n").repeat(40 + number).into_bytes()
}

async fn fill(company: &Company, number: usize) {
    let jira = &company.jira;
    let text = paragraph(&format!("What happened in case {number}."));
    let issue = jira.create(&company.project, "Task", &format!("Case {number:03}"), Some(&text)).await;
    jira.comment(&issue, &paragraph(&format!("Comment on case {number:03}."))).await;
    jira.attach(&issue, &format!("case-{number:03}.txt"), bytes_of(number)).await;
}

/// Each case with its comment and its file, and nothing else.
async fn exactly_once(company: &Company) {
    let name = &company.name;
    let issues = company.jira.issues(&company.project).await;
    let mut by_summary: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for issue in &issues {
        let summary = issue["fields"]["summary"].as_str().unwrap_or_default().to_owned();
        by_summary.entry(summary).or_default().push(key(issue));
    }
    for number in 0..ISSUES {
        let summary = format!("Case {number:03}");
        let keys = by_summary.remove(&summary).unwrap_or_default();
        assert_eq!(keys.len(), 1, "{name} has {summary} as {keys:?}");
        let issue = company.jira.issue(&keys[0]).await;
        assert_eq!(words(&issue["fields"]["description"]), format!("What happened in case {number}."));
        let comments = company.jira.comments(&keys[0]).await;
        let said: Vec<String> = comments.iter().map(|c| words(&c["body"])).collect();
        assert_eq!(said.len(), 1, "{name}: comments of {summary}: {said:?}");
        assert!(said[0].contains(&format!("Comment on case {number:03}.")), "{name}: {said:?}");
        let files = attachments(&issue);
        assert_eq!(files.len(), 1, "{name}: files of {summary}: {files:?}");
        assert_eq!(files[0].0, format!("case-{number:03}.txt"));
        assert_eq!(company.jira.sha256(&files[0].1).await, sha256(&bytes_of(number)), "{name}: {summary}");
    }
    assert!(by_summary.is_empty(), "{name} has issues that nobody wrote: {by_summary:?}");
}

/// The same for a large file: a kill in the middle of its way costs nothing but time.
#[tokio::test(flavor = "multi_thread")]
async fn f07_kill_in_the_middle_of_an_attachment() {
    let _turn = turn::together().await;
    let mut two = Two::connected().await;
    let bytes = Random::fixed(11).bytes(24 << 20);
    let sum = sha256(&bytes);
    let issue = two.acme.jira.create("SUP", "Task", "A large file", None).await;
    two.acme.jira.attach(&issue, "large.bin", bytes).await;
    let spool = two.globex.data().join("spool");
    for _ in 0..3 {
        // In the middle: something of it lies in the spool, and it is not in Jira yet.
        let arrived = crate::harness::wait::try_for(Duration::from_secs(20), async || {
            size_of(&spool).filter(|size| *size > 0)
        })
        .await;
        println!("f07: kill with {arrived:?} bytes in the spool");
        two.globex_runs.take().expect("it runs").kill().await;
        two.start_globex();
    }
    let twin = two
        .wait("the file arrives whole", LONG, async || {
            let twin = two.globex.jira.find("GX", "A large file").await?;
            (!attachments(&twin).is_empty()).then_some(twin)
        })
        .await;
    two.in_step().await;
    two.stays_silent().await;
    let files = attachments(&two.globex.jira.issue(&key(&twin)).await);
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(two.globex.jira.sha256(&files[0].1).await, sum);
    assert!(size_of(&spool).unwrap_or(0) < 1 << 20, "the spool is empty again");
}

fn size_of(folder: &std::path::Path) -> Option<u64> {
    let entries = std::fs::read_dir(folder).ok()?;
    Some(entries.flatten().filter_map(|e| e.metadata().ok()).filter(|m| m.is_file()).map(|m| m.len()).sum())
}
