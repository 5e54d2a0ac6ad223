//! What stands between the two nodes does everything wrong that can be done to a question and its answer. The sync finishes, and
//! nothing is there twice.

use crate::harness::documents::paragraph;
use crate::harness::hostile::{Deed, Hostile, Tape};
use crate::harness::jira::{attachments, key, sha256};
use crate::harness::node::free_port;
use crate::harness::random::Random;
use crate::harness::{Company, How, LONG, Two, turn};

/// Every other question meets something, so that each failure is followed by a try that passes; after twelve all pass.
const fn odd(number: usize) -> bool {
    number % 2 == 1 && number < 12
}

const TAPES: [(&str, Tape); 8] = [
    ("questions lost", |n| if odd(n) { Deed::LoseQuestion } else { Deed::Pass }),
    ("answers lost", |n| if odd(n) { Deed::LoseAnswer } else { Deed::Pass }),
    // At every 9,973rd byte, head and body, on and on.
    ("questions cut", |n| if odd(n) { Deed::CutQuestion(n * 9_973) } else { Deed::Pass }),
    ("answers cut", |n| if odd(n) { Deed::CutAnswer(n * 9_973) } else { Deed::Pass }),
    ("everything twice", |_| Deed::Twice),
    ("everything again, later", |_| Deed::AgainLater),
    ("other pieces and headers", |n| Deed::Pieces(if n % 2 == 0 { 1_500 } else { 7 })),
    ("slow, twice and lost by turns", |n| match n % 5 {
        0 => Deed::Slow,
        1 => Deed::Twice,
        2 => Deed::AgainLater,
        3 if n < 20 => Deed::LoseAnswer,
        _ => Deed::Pass,
    }),
];

#[tokio::test(flavor = "multi_thread")]
async fn f28_f29_f30_f42_a_table_of_tapes() {
    let _turn = turn::together().await;
    let port = free_port();
    let hostile = Hostile::start(port).await;
    let address = Some(format!("http://127.0.0.1:{}", hostile.port));
    let how = How { port: Some(port), address, ..How::default() };
    let two = Two::connect(Company::start("acme").await, Company::start("globex").await, how).await;
    for (number, (name, tape)) in TAPES.into_iter().enumerate() {
        hostile.play(tape);
        let mut sent = Vec::new();
        for (from, to) in [(&two.acme, &two.globex), (&two.globex, &two.acme)] {
            let summary = format!("{name}, from {}", from.name);
            let bytes = Random::fixed(number as u64).bytes(200_000);
            let sum = sha256(&bytes);
            let issue = from.jira.create(&from.project, "Task", &summary, Some(&paragraph("Once."))).await;
            from.jira.comment(&issue, &paragraph("Once, too.")).await;
            from.jira.attach(&issue, "once.bin", bytes).await;
            sent.push((to, summary, sum));
        }
        for (to, summary, _) in &sent {
            two.wait(&format!("{name}: everything arrives at {}", to.name), LONG, async || {
                let twin = to.jira.find(&to.project, summary).await?;
                let comments = to.jira.comments(&key(&twin)).await;
                (!attachments(&twin).is_empty() && !comments.is_empty()).then_some(())
            })
            .await;
        }
        two.in_step().await;
        assert!(hostile.deeds() > 0, "{name}: nothing was done to any question");
        for (to, summary, sum) in sent {
            let twin = to.jira.find(&to.project, &summary).await.expect("it arrived");
            let files = attachments(&twin);
            assert_eq!(files.len(), 1, "{name}: {summary}");
            assert_eq!(to.jira.sha256(&files[0].1).await, sum, "{name}: {summary}");
            assert_eq!(to.jira.comments(&key(&twin)).await.len(), 1, "{name}: {summary}");
        }
    }
    two.stays_silent().await;
    for company in [&two.acme, &two.globex] {
        let issues = company.jira.issues(&company.project).await;
        assert_eq!(issues.len(), 2 * TAPES.len(), "{}: each issue once", company.name);
        let problems = company.node.json(&["problems"]).await;
        assert_eq!(problems.as_array().map(Vec::len), Some(0), "{problems}");
    }
}
