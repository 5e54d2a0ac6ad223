//! Files, whatever they are called and wherever they are cut: the same bytes stand at the other side, once.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::documents::{paragraph, words};
use crate::harness::jira::{attachments, key, sha256};
use crate::harness::random::Random;
use crate::harness::world::{bytes_of, issues_of};
use crate::harness::{Company, How, LONG, Two, turn};

/// Names as a site may have them, and what stands at the partner.
const NAMES: [(&str, &str); 22] = [
    ("\"quoted\" and 'quoted'.txt", "_quoted_ and 'quoted'.txt"),
    ("a/b\\c:d*e?f<g>h|i.txt", "a_b_c_d_e_f_g_h_i.txt"),
    ("semi;colon=\u{26}%2e%41.txt", "semi;colon=&%2e%41.txt"),
    ("line\nbreak\r\nand\ttab.txt", "linebreakandtab.txt"),
    ("bell\u{7} and nothing\0.txt", "bell and nothing.txt"),
    ("😀 日本語 äöü.png", "😀 日本語 äöü.png"),
    ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
    ("zero\u{200b}width\u{feff}.txt", "zerowidth.txt"),
    ("e\u{301}.txt", "e\u{301}.txt"),
    ("\u{e9}.txt", "\u{e9}.txt"),
    ("..", "file"),
    ("", "file"),
    (" . ", "file"),
    ("../../etc/passwd", "_.._etc_passwd"),
    (".htaccess", "htaccess"),
    ("trailing. . ", "trailing"),
    ("CON", "_CON"),
    ("nul.txt", "_nul.txt"),
    ("Com1.log", "_Com1.log"),
    ("LPT9", "_LPT9"),
    ("COM10.txt", "COM10.txt"),
    ("no ending", "no ending"),
];

/// Files on one issue: more than one page of anything that is asked for in pages.
const MANY: usize = 200;

/// Name and hash of each file of an issue.
type Files = Vec<(String, String)>;

/// F63: odd names, no bytes, the same name and the same bytes again and again, very many on one issue: each file arrives,
/// once, and what is on its way under a name that is made safe is not taken for another one.
#[tokio::test(flavor = "multi_thread")]
async fn j34_j35_f63_every_file_arrives_once_under_a_safe_name() {
    let _turn = turn::together().await;
    let (acme, globex) = tokio::join!(Company::start("acme"), Company::start("globex"));
    let mut wanted = BTreeMap::new();
    for (summary, files) in [
        odd_names(&acme).await,
        very_many(&acme).await,
        the_same_again(&globex, 1).await,
        the_same_again(&globex, 2).await,
    ] {
        wanted.insert(summary, files);
    }
    let two = Two::connect(acme, globex, How { scope: &["--existing"], ..How::default() }).await;
    let all: usize = wanted.values().map(Vec::len).sum();
    two.wait("every file stands at both sides", LONG, async || {
        // What people attached, and the twins of it.
        (uploads(&two.acme) + uploads(&two.globex) >= 2 * all as u64).then_some(())
    })
    .await;
    two.in_step().await;
    two.stays_silent().await;
    for company in [&two.acme, &two.globex] {
        let mut there = files_of(company);
        for (summary, files) in &wanted {
            let own = summary.starts_with(&company.name);
            let found = there.remove(summary).unwrap_or_default();
            // At home the names stay as they were; the hashes are the same at both.
            let hashes = |files: &Files| {
                let mut hashes: Vec<String> = files.iter().map(|(_, hash)| hash.clone()).collect();
                hashes.sort();
                hashes
            };
            assert_eq!(hashes(&found), hashes(files), "bytes of \"{summary}\" at {}", company.name);
            if !own {
                assert_eq!(&found, files, "\"{summary}\" at {}", company.name);
            }
        }
        assert!(there.is_empty(), "nobody wrote this at {}: {there:?}", company.name);
        let problems = company.node.json(&["problems"]).await;
        assert_eq!(problems, json!([]), "{}: nothing needs a person", company.name);
    }
}

/// How many uploads a site was asked for.
fn uploads(company: &Company) -> u64 {
    let calls = company.site.calls();
    calls["calls"]["POST /rest/api/3/issue/{issueIdOrKey}/attachments"].as_u64().unwrap_or(0)
}

/// Files by the summaries of their issues, as the site itself has them.
fn files_of(company: &Company) -> BTreeMap<String, Files> {
    let state = company.site.state().expect("the site can be read");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let issues = issues_of(&state, &company.project).map(|issue| {
        let list = issue["attachments"].as_array().expect("a list");
        let mut files: Files = list.iter().map(|a| (text(&a["filename"]), text(&a["sha256"]))).collect();
        files.sort();
        (text(&issue["fields"]["summary"]), files)
    });
    issues.collect()
}

async fn odd_names(from: &Company) -> (String, Files) {
    let long = [
        ("ü".repeat(300) + ".txt", "ü".repeat(196) + ".txt"),
        (format!("x.{}", "y".repeat(300)), format!("x.{}", "y".repeat(198))),
        ("😀".repeat(255), "😀".repeat(200)),
    ];
    let names = NAMES.iter().map(|(name, safe)| ((*name).to_owned(), (*safe).to_owned())).chain(long);
    let summary = format!("{}: odd names", from.name);
    let issue = from.jira.create(&from.project, "Task", &summary, None).await;
    let mut wanted = Files::new();
    for (number, (name, safe)) in names.enumerate() {
        let bytes = format!("file {number} of {}", from.name).into_bytes();
        let sum = sha256(&bytes);
        let id = from.jira.attach(&issue, "plain.txt", bytes).await;
        from.jira.practice(&format!("attachments/{id}"), &json!({"filename": name})).await;
        wanted.push((safe, sum));
    }
    wanted.sort();
    (summary, wanted)
}

/// Five files of one name, of which three have the same bytes, and two without any bytes; the same again on the next issue.
async fn the_same_again(from: &Company, number: u32) -> (String, Files) {
    let summary = format!("{}: the same again, issue {number}", from.name);
    let issue = from.jira.create(&from.project, "Task", &summary, None).await;
    let files: [(&str, &[u8]); 7] = [
        ("logo.png", b"the same bytes"),
        ("logo.png", b"other bytes"),
        ("logo.png", b"the same bytes"),
        ("logo.png", b"the same bytes"),
        ("logo.png", b""),
        ("empty.txt", b""),
        ("empty.txt", b""),
    ];
    let mut wanted = Files::new();
    for (name, bytes) in files {
        from.jira.attach(&issue, name, bytes.to_vec()).await;
        wanted.push((name.to_owned(), sha256(bytes)));
    }
    wanted.sort();
    (summary, wanted)
}

async fn very_many(from: &Company) -> (String, Files) {
    let summary = format!("{}: {MANY} files", from.name);
    let issue = from.jira.create(&from.project, "Task", &summary, None).await;
    let mut wanted = Files::new();
    for number in 0..MANY {
        let name = format!("part {number}.txt");
        let bytes = bytes_of(&name);
        wanted.push((name.clone(), sha256(&bytes)));
        from.jira.attach(&issue, &name, bytes).await;
    }
    wanted.sort();
    (summary, wanted)
}

/// Bytes of each file of the next journey: more than one piece of everything that reads in pieces.
const LENGTH: usize = 300_000;

/// F65, F68, F69: an upload that is cut at any byte of the file, or of the answer to it, and a download that is cut: each file
/// stands there whole, and once.
#[tokio::test(flavor = "multi_thread")]
async fn f65_a_file_that_is_cut_anywhere_arrives_whole_and_once() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let upload = "POST /issue/{}/attachments";
    let once = |operation: &str, at: usize| json!({"operation": operation, "times": 1, "value": at});
    let sent = [0, 1, 65_535, 65_536, 65_537, LENGTH / 2, LENGTH - 1, LENGTH].map(|at| once(upload, at));
    let answered = [0, 1, 40, 120].map(|at| once(upload, at));
    let read = [0, 1, 65_536, LENGTH / 2, LENGTH - 1].map(|at| once("GET /file/{}/binary", at));
    let faults = json!({"drop_connection_at_byte": read});
    two.acme.site.set_faults(&faults).expect("faults of the practice site");

    let mut random = Random::fixed(65);
    let mut wanted = BTreeMap::new();
    let mut expected = 0;
    // One after the other: what cuts answers would strike those of the uploads that were cut themselves.
    for (switch, cuts, again) in
        [("upload_cut_at_byte", &sent[..], sent.len()), ("drop_connection_at_byte", &answered[..], 0)]
    {
        two.globex.site.set_faults(&json!({switch: cuts})).expect("faults of the practice site");
        for number in 0..cuts.len() {
            let summary = format!("{switch} {number}");
            let issue = two.acme.jira.create("SUP", "Task", &summary, None).await;
            let bytes = random.bytes(LENGTH);
            wanted.insert(summary, vec![("core.bin".to_owned(), sha256(&bytes))]);
            two.acme.jira.attach(&issue, "core.bin", bytes).await;
        }
        two.wait("every file stands at Globex", LONG, async || {
            let there = files_of(&two.globex);
            (there.len() == wanted.len() && there.values().all(|files| !files.is_empty())).then_some(())
        })
        .await;
        two.in_step().await;
        // An upload that was cut itself had no effect and is made again; one whose answer was cut had its effect.
        expected += cuts.len() + again;
        assert_eq!(uploads(&two.globex), expected as u64, "{switch}: each cut was met");
        two.stays_silent().await;
        assert_eq!(files_of(&two.globex), wanted, "{switch}");
    }
}

/// F62: a file that is too large for them stays behind alone, and people read which one and why.
#[tokio::test(flavor = "multi_thread")]
async fn f62_a_file_that_is_too_large_stays_behind_alone() {
    let _turn = turn::together().await;
    let globex = Company::with("globex", "GX", |options| options.upload_limit = Some(1_000)).await;
    let two = Two::connect(Company::start("acme").await, globex, How::default()).await;
    let issue = two.acme.jira.create("SUP", "Task", "With a large file", None).await;
    two.acme.jira.attach(&issue, "large.txt", bytes_of("large.txt")).await;
    let problem = two.problem(&two.globex, "attachment-too-large").await;
    let sentence = problem["sentence"].as_str().expect("a sentence");
    assert!(
        sentence.contains("large.txt") && sentence.contains("kB"),
        "which one, and how large: {sentence}"
    );

    two.acme.jira.comment(&issue, &paragraph("Said afterwards.")).await;
    two.acme.jira.attach(&issue, "small.txt", b"small".to_vec()).await;
    let twin = two
        .wait("everything else arrives", LONG, async || {
            let twin = two.globex.jira.find("GX", "With a large file").await?;
            // What acme said, and the line in place of the file.
            let comments = two.globex.jira.comments(&key(&twin)).await;
            (comments.len() == 2 && !attachments(&twin).is_empty()).then_some(twin)
        })
        .await;
    assert_eq!(attachments(&twin).into_iter().map(|(name, _)| name).collect::<Vec<_>>(), ["small.txt"]);
    assert_eq!(problem["issue"], twin["key"]);

    two.globex.settle("skip", &problem).await;
    two.in_step().await;
    two.stays_silent().await;
}

/// F62: whoever reads Globex's issue sees that there is a file, and what became of it; at Acme nothing of that is seen.
#[tokio::test(flavor = "multi_thread")]
async fn f62_a_line_stands_in_place_of_a_file_that_is_too_large_and_says_what_became_of_it() {
    let _turn = turn::together().await;
    let globex = Company::with("globex", "GX", |options| options.upload_limit = Some(1_000)).await;
    let two = Two::connect(Company::start("acme").await, globex, How::default()).await;
    let issue = two.acme.jira.create("SUP", "Task", "With large files", None).await;
    for name in ["first.txt", "second.txt"] {
        two.acme.jira.attach(&issue, name, bytes_of(name)).await;
    }
    let lines = |ends: &'static [&'static str]| {
        let two = &two;
        two.wait("a line for each file", LONG, async move || {
            let twin = two.globex.jira.find("GX", "With large files").await?;
            let mut said: Vec<_> =
                two.globex.jira.comments(&key(&twin)).await.iter().map(|c| words(&c["body"])).collect();
            said.sort();
            let fits = said.len() == 2
                && said.iter().zip(["first.txt", "second.txt"]).all(|(line, name)| line.contains(name))
                && said.iter().zip(ends).all(|(line, end)| line.contains(end));
            fits.then_some(twin)
        })
    };
    lines(&["does not take it", "does not take it"]).await;

    // The first is taken away at Acme: nobody has to do anything about it any more.
    let files = attachments(&two.acme.jira.issue(&issue).await);
    let (_, first) = files.into_iter().find(|(name, _)| name == "first.txt").expect("it stands there");
    two.acme.jira.remove_attachment(&first).await;
    lines(&["took it away", "does not take it"]).await;
    two.wait("one problem is left", LONG, async || {
        let problems = two.globex.node.json(&["problems"]).await;
        let left = problems.as_array().expect("a list");
        (left.len() == 1 && left[0]["sentence"].as_str()?.contains("second.txt")).then_some(())
    })
    .await;

    // The administrator raises the limit.
    two.globex.jira.practice("limits", &json!({ "upload_limit": 1_000_000_000 })).await;
    let problem = two.problem(&two.globex, "attachment-too-large").await;
    two.globex.settle("retry", &problem).await;
    let twin = lines(&["took it away", "is here now"]).await;
    two.in_step().await;
    assert_eq!(attachments(&two.globex.jira.issue(&key(&twin)).await).len(), 1);
    assert!(two.acme.jira.comments(&issue).await.is_empty(), "the lines never travel");
    two.stays_silent().await;
}

/// F11: Globex's disk is full, first for its files and its database, while things arrive and are made there: it says so,
/// writes nothing by halves, and goes on by itself when there is room.
#[tokio::test(flavor = "multi_thread")]
async fn f11_a_full_disk_is_told_and_nothing_is_lost() {
    let _turn = turn::together().await;
    let mut two = Two::connected().await;
    let issue = two.acme.jira.create("SUP", "Task", "Before", None).await;
    let twin = two.wait("the twin", LONG, async || two.globex.jira.find("GX", "Before").await).await;
    two.in_step().await;
    two.stop_globex().await;
    let full = two.globex.data().with_extension("full");
    let named = [("TWINLINE_DISK_FULL", full.to_str().expect("a path in UTF-8").to_owned())];
    let runs = two.globex.node.run_in(&["--check-every", "1s", "--settle", "2s"], &named);
    two.globex_runs = Some(runs);
    two.in_step().await;

    std::fs::write(&full, b"").expect("the test's folder");
    two.acme.jira.attach(&issue, "from-acme.bin", bytes_of("from-acme.bin")).await;
    two.acme.jira.create("SUP", "Task", "While full", None).await;
    two.globex.jira.comment(&key(&twin), &paragraph("While full.")).await;
    two.globex.jira.attach(&key(&twin), "from-globex.bin", bytes_of("from-globex.bin")).await;
    two.wait("its run says so", LONG, async || {
        let said = two.globex_runs.as_ref()?.output();
        (said.contains("The disk with") && said.contains("is full")).then_some(())
    })
    .await;
    two.wait("several more commits fail", LONG, async || {
        (two.globex.node.log_tail(500).matches("poll trouble=\"disk-full").count() > 5).then_some(())
    })
    .await;
    let said = two.globex_runs.as_ref().expect("it runs").output();
    assert_eq!(said.matches("The disk with").count(), 1, "told once, and not taken back in between: {said}");
    assert!(two.globex.jira.find("GX", "While full").await.is_none());

    std::fs::remove_file(&full).expect("it was there");
    two.wait("all crosses", LONG, async || {
        two.globex.jira.find("GX", "While full").await?;
        let ours = attachments(&two.globex.jira.issue(&key(&twin)).await);
        let theirs = attachments(&two.acme.jira.issue(&issue).await);
        let comments = two.acme.jira.comments(&issue).await;
        (ours.len() == 2 && theirs.len() == 2 && comments.len() == 1).then_some(())
    })
    .await;
    two.in_step().await;
    two.stays_silent().await;
    assert_eq!(two.globex.node.json(&["problems"]).await, json!([]), "it heals by itself");
    for (company, project) in [(&two.acme, "SUP"), (&two.globex, "GX")] {
        assert_eq!(company.jira.issues(project).await.len(), 2);
    }
}

/// F80: Globex's issue takes no more comments, and then no more files: it says so with the number, everything else of the
/// issue goes on, and what stayed behind arrives once there is room.
#[tokio::test(flavor = "multi_thread")]
async fn f80_of_a_full_issue_only_what_it_takes_no_more_of_stays_behind() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let issue = two.acme.jira.create("SUP", "Task", "Full", None).await;
    two.acme.jira.comment(&issue, &paragraph("The first.")).await;
    two.acme.jira.attach(&issue, "first.txt", b"first".to_vec()).await;
    let twin = two
        .wait("comment and file", LONG, async || {
            let twin = two.globex.jira.find("GX", "Full").await?;
            let comments = two.globex.jira.comments(&key(&twin)).await;
            (comments.len() == 1 && attachments(&twin).len() == 1).then_some(twin)
        })
        .await;
    let full = json!({"issue_limit": {"comments": 1, "attachments": 1}});
    two.globex.site.set_faults(&full).expect("a fault of the practice site");
    two.acme.jira.comment(&issue, &paragraph("The second.")).await;
    let problem = two.problem(&two.globex, "issue-full").await;
    let sentence = problem["sentence"].as_str().expect("a sentence");
    assert!(sentence.contains("no more comments: it has 1,"), "of what, and how many: {sentence}");
    assert_eq!(problem["issue"], twin["key"]);
    two.acme.jira.attach(&issue, "second.txt", b"second".to_vec()).await;
    let of_files = two
        .wait("the file is told of too", LONG, async || {
            let problems = two.globex.node.json(&["problems"]).await;
            let told =
                |p: &&Value| p["sentence"].as_str().is_some_and(|s| s.contains("no more files: it has 1,"));
            problems.as_array()?.iter().find(told).cloned()
        })
        .await;

    two.acme.jira.edit(&issue, json!({"summary": "Full, edited"})).await;
    two.globex.jira.edit(&key(&twin), json!({"description": paragraph("From Globex.")})).await;
    two.wait("everything else goes on, both ways", LONG, async || {
        two.globex.jira.find("GX", "Full, edited").await?;
        words(&two.acme.jira.issue(&issue).await["fields"]["description"])
            .contains("From Globex.")
            .then_some(())
    })
    .await;

    two.globex.site.set_faults(&json!({})).expect("no fault");
    two.globex.settle("retry", &problem).await;
    two.globex.settle("retry", &of_files).await;
    two.wait("what stayed behind arrives", LONG, async || {
        let twin = two.globex.jira.issue(&key(&twin)).await;
        let comments = two.globex.jira.comments(&key(&twin)).await;
        (comments.len() == 2 && attachments(&twin).len() == 2).then_some(())
    })
    .await;
    two.in_step().await;
    two.stays_silent().await;
}

/// F65: a site that gives a file out cut short is asked again, and only the whole file arrives.
#[tokio::test(flavor = "multi_thread")]
async fn f65_a_file_that_was_cut_short_is_read_again() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let cut = json!({"download_truncated": {"times": 1}});
    two.acme.site.set_faults(&cut).expect("a fault of the practice site");
    let issue = two.acme.jira.create("SUP", "Task", "With a file", None).await;
    two.acme.jira.attach(&issue, "whole.txt", bytes_of("whole.txt")).await;
    two.wait("the file arrives", LONG, async || {
        let twin = two.globex.jira.find("GX", "With a file").await?;
        (!attachments(&twin).is_empty()).then_some(())
    })
    .await;
    two.in_step().await;
    let files = attachments(&two.globex.jira.find("GX", "With a file").await.expect("it has arrived"));
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(two.globex.jira.sha256(&files[0].1).await, sha256(&bytes_of("whole.txt")));
    two.stays_silent().await;
}
