//! One short story over two nodes and two Jiras that passes nearly every place where a node can be killed.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::documents::paragraph;
use crate::harness::jira::Jira;
use crate::harness::node::free_port;
use crate::harness::wait::try_for;
use crate::harness::world::{Wanted, bytes_of, gap, issues_of};
use crate::harness::{Company, Keeper, database};

/// A step of a story on a loaded machine.
pub const STEP: Duration = Duration::from_secs(90);
/// The short times of this test.
const TIMES: [&str; 4] = ["--check-every", "300ms", "--settle", "800ms"];
/// Answers lost, refused and broken, once each, so that their places are passed.
const TROUBLE: &str = r#"{
    "page_most": {"value": 3, "operation": "POST /search/jql"},
    "fail_after_effect": [
        {"value": 504, "operation": "POST /issue", "times": 1},
        {"value": 504, "operation": "POST /issue/{}/comment", "times": 1}
    ],
    "rate_limit_reason": {"value": "jira-burst-based", "retry_after": 1, "operation": "POST /issue/{}/comment", "times": 1},
    "fail_before_effect": {"value": 504, "operation": "POST /issue/{}/attachments", "times": 1}
}"#;

/// Where one of the nodes is killed.
#[derive(Clone, Debug)]
pub struct Crash {
    /// 0: ACME's node (public), 1: Globex's (private).
    pub side: usize,
    /// As the crash log writes it: `commit/settle/before`.
    pub place: String,
    /// At the how-manieth pass.
    pub nth: u64,
}

/// What a story came to.
pub struct Told {
    /// The node died where it should.
    pub crashed: bool,
    /// How long it took.
    pub took: Duration,
}

/// What is special about a story.
pub struct How {
    /// Options of both `initiate` and `accept`.
    pub scope: &'static [&'static str],
    /// Fault switches of both sites.
    pub trouble: Value,
    /// The public node starts only when the private one has called it in vain.
    pub late: bool,
}

/// Two companies whose nodes are kept alive.
pub struct Pair {
    /// ACME and Globex.
    pub companies: [Company; 2],
    keepers: [Keeper; 2],
    humans: [Jira; 2],
    begun: Instant,
}

impl Pair {
    /// Fills both Jiras, connects both companies, and starts both nodes, one of them to be killed.
    pub async fn start(
        how: How,
        fill: impl AsyncFn(&Jira, &Jira),
        crash: Option<&Crash>,
        logs: Option<&Path>,
    ) -> Self {
        let begun = Instant::now();
        let companies: [Company; 2] = tokio::join!(Company::start("acme"), Company::start("globex")).into();
        // Another person than the one whose account the node uses: what the node wrote is counted apart.
        let humans = [0, 1].map(|side: usize| companies[side].jira.by("ben"));
        fill(&humans[0], &humans[1]).await;
        let port = free_port();
        let address = format!("http://127.0.0.1:{port}");
        let code =
            companies[0].invite(&address, &[&["--approve", "code-holder"], how.scope].concat()).await.done();
        companies[1].accept(&code, how.scope).await.done();
        for company in &companies {
            company.site.set_faults(&how.trouble).expect("the practice site knows these faults");
        }
        let surroundings = |side: usize| {
            let mut all = Vec::new();
            if let Some(crash) = crash.filter(|crash| crash.side == side) {
                all.push(("TWINLINE_CRASH", format!("{}/{}", crash.place, crash.nth)));
            }
            if let Some(folder) = logs {
                all.push(("TWINLINE_CRASH_LOG", folder.join(side.to_string()).display().to_string()));
            }
            all
        };
        let globex = Keeper::start(&companies[1].node, &TIMES, &surroundings(1));
        if how.late {
            // At its second failure the first one is written down.
            let in_vain = async || companies[1].node.log_tail(100).contains("failures=2").then_some(());
            try_for(STEP, in_vain).await.expect("Globex's node notices that nobody answers");
        }
        let listen = format!("127.0.0.1:{port}");
        let acme = Keeper::start(
            &companies[0].node,
            &[&TIMES[..], &["--listen", &listen]].concat(),
            &surroundings(0),
        );
        Self { companies, keepers: [acme, globex], humans, begun }
    }

    /// Waits until both Jiras hold what they must.
    pub async fn becomes(&self, what: &str, wanted: [&[Wanted]; 2]) -> Result<(), String> {
        let mut last = None;
        let there = try_for(STEP, async || {
            last = self.gap(wanted);
            last.is_none().then_some(())
        })
        .await;
        match there {
            Some(()) => Ok(()),
            None => Err(format!("{what}: {}", last.unwrap_or_default())),
        }
    }

    fn gap(&self, wanted: [&[Wanted]; 2]) -> Option<String> {
        (0..2).find_map(|side| {
            let company = &self.companies[side];
            gap(&company.site.state().expect("the site can be read"), &company.project, wanted[side])
        })
    }

    /// Waits until both nodes say that nothing is left to do.
    pub async fn in_step(&self) -> Result<(), String> {
        let in_step = try_for(STEP, async || {
            (self.companies[0].in_step().await && self.companies[1].in_step().await).then_some(())
        });
        in_step.await.ok_or_else(|| "the two do not get in step".to_owned())
    }

    /// Waits until both nodes say that nothing is left to do, and then for five polls without a write.
    pub async fn ends(&self, wanted: [&[Wanted]; 2]) -> Result<(), String> {
        self.in_step().await?;
        let count = |side: usize| (self.companies[side].site.writes(), polls(&self.companies[side]));
        let before = [count(0), count(1)];
        let polled = try_for(STEP, async || {
            // One may be under way: the sixth proves that five are through.
            (0..2).all(|side| count(side).1 >= before[side].1 + 6).then_some(())
        });
        polled.await.ok_or("the two do not poll any more")?;
        for (side, (written, _)) in before.into_iter().enumerate() {
            let (now, name) = (count(side).0, &self.companies[side].name);
            if now != written {
                return Err(format!("{} needless writes at {name}", now - written));
            }
        }
        match self.gap(wanted) {
            Some(gap) => Err(format!("afterwards: {gap}")),
            None => Ok(()),
        }
    }

    /// How many issues, comments and files each node wrote: deleted ones count too, so nothing was doubled for a while.
    pub fn written(&self) -> [[u64; 3]; 2] {
        [0, 1].map(|side: usize| {
            let report = self.companies[side].site.writes_by_issue().expect("the site can be read");
            let issues = report["issues"].as_object().expect("issue by issue");
            ["creates", "comments", "attachments"]
                .map(|kind| issues.values().filter_map(|issue| issue[kind].as_u64()).sum())
        })
    }

    /// Looks at how the nodes died, if they did, and tells how it went.
    pub async fn close(self, crash: Option<&Crash>, outcome: Result<(), String>) -> Result<Told, String> {
        let took = self.begun.elapsed();
        let deaths = [self.keepers[0].deaths(), self.keepers[1].deaths()];
        let killed = crash.is_some_and(|c| deaths[c.side].len() == 1 && deaths[1 - c.side].is_empty());
        let quiet = deaths.iter().all(Vec::is_empty);
        let mut result = outcome;
        if !(killed || quiet) {
            result = Err(format!("the nodes died otherwise than they should: {deaths:?}; {result:?}"));
        }
        if let Err(why) = &mut result {
            for company in &self.companies {
                why.push_str(&format!("\n{}", company.explain().await));
            }
        }
        result.map(|()| Told { crashed: killed, took })
    }
}

/// How often a node looked for changes.
fn polls(company: &Company) -> u64 {
    company.site.calls()["calls"]["POST /rest/api/3/search/jql"].as_u64().unwrap_or(0)
}

/// The whole story; `Err`: what went wrong, and what both nodes say.
pub async fn tell(crash: Option<&Crash>, logs: Option<&Path>) -> Result<Told, String> {
    let trouble = serde_json::from_str(TROUBLE).expect("JSON");
    let pair = Pair::start(How { scope: &["--existing"], trouble, late: false }, begin, crash, logs).await;
    let outcome = acts(&pair).await;
    pair.close(crash, outcome).await
}

async fn fill(jira: &Jira, project: &str, name: &str, others: &[&str]) {
    let text = paragraph(&format!("As {name} was."));
    let key = jira.create(project, "Task", name, Some(&text)).await;
    jira.comment(&key, &paragraph(&format!("{name}, said first."))).await;
    let file = format!("{}.txt", name.to_lowercase());
    jira.attach(&key, &file, bytes_of(&file)).await;
    for other in others {
        jira.create(project, "Task", other, Some(&paragraph(other))).await;
    }
}

async fn begin(acme: &Jira, globex: &Jira) {
    tokio::join!(
        fill(acme, "SUP", "Alpha", &["Moved", "Gone at ACME"]),
        fill(globex, "GX", "Gamma", &["Gone at Globex"])
    );
}

async fn acts(pair: &Pair) -> Result<(), String> {
    let first: Vec<Wanted> = [
        Wanted::task("Alpha", "As Alpha was.").comments(&["Alpha, said first."]).files(&["alpha.txt"]),
        Wanted::task("Gamma", "As Gamma was.").comments(&["Gamma, said first."]).files(&["gamma.txt"]),
        Wanted::task("Moved", "Moved"),
        Wanted::task("Gone at ACME", "Gone at ACME"),
        Wanted::task("Gone at Globex", "Gone at Globex"),
    ]
    .to_vec();
    pair.becomes("the first sync", [&first, &first]).await?;
    // Each side's own issue, which its node knows by now.
    for (side, summary) in ["Alpha", "Gamma"].into_iter().enumerate() {
        let [key, ..] = handles(pair, side, summary);
        pair.companies[side].node.ask(&["pair", "sync-now", &key], "").await.done();
    }
    change(pair).await;

    let shared = [
        Wanted::task("Alpha, renamed", "As Alpha was.")
            .kind("Bug")
            .comments(&["Alpha, said better.", "Alpha, said by Globex."])
            .files(&["x.txt"]),
        Wanted {
            summary: GAMMA.map(str::to_owned).to_vec(),
            ..Wanted::task("", "Gamma, described anew.")
                .comments(&["Gamma, said better.", "Gamma, said by ACME."])
                .files(&["y.txt"])
        },
        Wanted::task("Later at ACME", "New.").kind("Bug"),
        Wanted::task("Later at Globex", "New.").kind("Bug"),
    ];
    let mut acme = shared.to_vec();
    acme.push(Wanted::task("Gone at Globex, kept", "Gone at Globex"));
    let mut globex = shared.to_vec();
    globex.push(Wanted::task("Gone at ACME, kept", "Gone at ACME"));
    globex.push(Wanted::task("Moved", "Moved"));
    pair.becomes("the changes", [&acme, &globex]).await?;
    pair.ends([&acme, &globex]).await?;

    let stands = [summary_of_gamma(pair, 0), summary_of_gamma(pair, 1)];
    // Both sides know that they agree: the digests are compared before the story ends.
    let compared =
        try_for(STEP, async || pair.companies.iter().all(|c| database::compared(&c.data())).then_some(()));
    compared.await.ok_or("the two sides never compared their digests")?;
    if stands[0] != stands[1] {
        return Err(format!("the two sides differ: {stands:?}"));
    }
    // I14: what does not stand is in the record.
    let lost = GAMMA.iter().find(|summary| **summary != stands[0]).expect("one of the two");
    let kept =
        pair.companies.iter().any(|c| database::lost_texts(&c.data()).iter().any(|text| text.contains(lost)));
    if !kept {
        return Err(format!("{lost:?} is neither current nor in the conflict record"));
    }
    let (written, once) = (pair.written(), [[3, 2, 2], [4, 2, 2]]);
    if written != once {
        return Err(format!("issues, comments and files written: {written:?}, not {once:?}"));
    }
    Ok(())
}

/// Written on the two sides in the same moment.
const GAMMA: [&str; 2] = ["Gamma of ACME", "Gamma of Globex"];

fn summary_of_gamma(pair: &Pair, side: usize) -> String {
    let company = &pair.companies[side];
    let state = company.site.state().expect("the site can be read");
    let mut all = issues_of(&state, &company.project).filter_map(|i| i["fields"]["summary"].as_str());
    all.find(|s| GAMMA.contains(s)).unwrap_or_default().to_owned()
}

/// An issue's key, its first comment and its first file.
pub fn handles(pair: &Pair, side: usize, summary: &str) -> [String; 3] {
    let company = &pair.companies[side];
    let state = company.site.state().expect("the site can be read");
    let issue = issues_of(&state, &company.project)
        .find(|i| i["fields"]["summary"] == summary)
        .unwrap_or_else(|| panic!("{} has {summary}", company.name));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    [text(&issue["key"]), text(&issue["comments"][0]["id"]), text(&issue["attachments"][0]["id"])]
}

/// Everything that people do, on both sides at once.
async fn change(pair: &Pair) {
    let all = ["Alpha", "Gamma", "Moved", "Gone at ACME", "Gone at Globex"];
    let keys = [0, 1].map(|side: usize| all.map(|summary| handles(pair, side, summary)));
    let say = |text: &str| paragraph(text);
    let acme = async {
        let jira = &pair.humans[0];
        let [alpha, gamma, moved, gone, kept] = &keys[0];
        jira.edit(&gamma[0], json!({"summary": GAMMA[0], "description": say("Gamma, described anew.")}))
            .await;
        jira.edit(&alpha[0], json!({"summary": "Alpha, renamed"})).await;
        jira.edit_comment(&alpha[0], &alpha[1], &say("Alpha, said better.")).await;
        jira.comment(&gamma[0], &say("Gamma, said by ACME.")).await;
        jira.attach(&gamma[0], "y.txt", bytes_of("y.txt")).await;
        jira.remove_attachment(&alpha[2]).await;
        jira.create("SUP", "Bug", "Later at ACME", Some(&say("New."))).await;
        let away =
            json!({"move_issue": {"issue": moved[0], "to": "OPS"}, "delete_issue": {"issue": gone[0]}});
        pair.companies[0].site.set_faults(&away).expect("the practice site can do that");
        jira.edit(&kept[0], json!({"summary": "Gone at Globex, kept"})).await;
    };
    let globex = async {
        let jira = &pair.humans[1];
        let [alpha, gamma, _, kept, gone] = &keys[1];
        jira.edit(&gamma[0], json!({"summary": GAMMA[1]})).await;
        jira.edit(&alpha[0], json!({"issuetype": {"name": "Bug"}})).await;
        jira.edit_comment(&gamma[0], &gamma[1], &say("Gamma, said better.")).await;
        jira.comment(&alpha[0], &say("Alpha, said by Globex.")).await;
        jira.attach(&alpha[0], "x.txt", bytes_of("x.txt")).await;
        jira.remove_attachment(&gamma[2]).await;
        jira.create("GX", "Bug", "Later at Globex", Some(&say("New."))).await;
        let away = json!({"delete_issue": {"issue": gone[0]}});
        pair.companies[1].site.set_faults(&away).expect("the practice site can do that");
        jira.edit(&kept[0], json!({"summary": "Gone at ACME, kept"})).await;
    };
    tokio::join!(acme, globex);
}

/// A second, small story: a sign-in that is not accepted for one call.
pub async fn tell_of_sign_in(crash: Option<&Crash>, logs: Option<&Path>) -> Result<Told, String> {
    let trouble = json!({"expired_token": {"value": "401", "operation": "POST /search/jql", "times": 1}});
    tell_of_new_issues(How { scope: &[], trouble, late: false }, crash, logs).await
}

/// A third one: a partner that does not answer yet.
pub async fn tell_of_silence(crash: Option<&Crash>, logs: Option<&Path>) -> Result<Told, String> {
    tell_of_new_issues(How { scope: &[], trouble: json!({}), late: true }, crash, logs).await
}

async fn tell_of_new_issues(how: How, crash: Option<&Crash>, logs: Option<&Path>) -> Result<Told, String> {
    let pair = Pair::start(how, async |_, _| {}, crash, logs).await;
    let outcome = async {
        // New is what comes after the beginning of both sides.
        pair.in_step().await?;
        let [acme, globex] = &pair.humans;
        tokio::join!(fill(acme, "SUP", "Alpha", &[]), fill(globex, "GX", "Gamma", &[]));
        let wanted = ["Alpha", "Gamma"].map(|name| {
            let (said, file) = (format!("{name}, said first."), format!("{}.txt", name.to_lowercase()));
            Wanted::task(name, &format!("As {name} was.")).comments(&[&said]).files(&[&file])
        });
        pair.becomes("the sync", [&wanted, &wanted]).await?;
        pair.ends([&wanted, &wanted]).await?;
        let (written, once) = (pair.written(), [[1, 1, 1], [1, 1, 1]]);
        match written == once {
            true => Ok(()),
            false => Err(format!("issues, comments and files written: {written:?}, not {once:?}")),
        }
    };
    let outcome = outcome.await;
    pair.close(crash, outcome).await
}
