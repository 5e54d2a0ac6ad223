//! The adapter against the practice site.

mod common;

use std::collections::BTreeSet;

use common::practice::{all_changes, create, draft, one, practice, signed_in, site};
use common::{jira, marker};
use futures_util::{TryStreamExt, stream};
use practice_jira::{Options, ProjectSpec, Site};
use secrecy::SecretString;
use serde_json::{Value, json};
use twinline_model::document::{Block, Cell, Inline, Mark, PanelKind, Row, Task};
use twinline_model::{Document, IssueId, IssueKey, ProjectKey};
use twinline_trackers::error::{NotApplied, ReadError, WriteError};
use twinline_trackers::jira_cloud::{JiraCloud, JiraSite, SignInError, sign_in};
use twinline_trackers::{ChangeQuery, IssueEdit, Tracker, UploadFile};

fn calls_of(calls: &Value, operation: &str) -> u64 {
    fn sum(value: &Value) -> u64 {
        match value {
            Value::Number(n) => n.as_u64().unwrap_or(0),
            Value::Object(map) => {
                map.get("total").or(map.get("count")).map_or_else(|| map.values().map(sum).sum(), sum)
            }
            _ => 0,
        }
    }
    fn find(value: &Value, operation: &str) -> u64 {
        match value {
            Value::Object(map) => map
                .iter()
                .map(|(key, inner)| if key == operation { sum(inner) } else { find(inner, operation) })
                .max()
                .unwrap_or(0),
            Value::Array(list) => list
                .iter()
                .filter(|entry| entry.as_object().is_some_and(|e| e.values().any(|v| v == operation)))
                .map(|entry| entry["count"].as_u64().unwrap_or(1))
                .sum(),
            _ => 0,
        }
    }
    find(calls, operation)
}

#[tokio::test]
async fn j01_j02_sign_in() {
    let site = site().await;
    let token = || SecretString::from(site.token.clone());
    let board = format!("{}/jira/software/c/projects/SUP/boards/1", site.url);
    let (found, identity) = sign_in(&board, &site.email, token()).await.expect("signed in");
    assert_eq!(found.base(), site.url);
    assert!(!identity.user.is_empty() && !identity.name.is_empty());
    let wrong = sign_in(&site.url, &site.email, SecretString::from("wrong")).await;
    assert_eq!(wrong, Err(SignInError::Rejected));
    let bob = jira(&site.url, &site.email, &site.token, Some("somebody-else"));
    assert_eq!(bob.identity().await, Err(ReadError::SignIn));
}

#[tokio::test]
async fn j06_j07_more_than_fifty_projects_and_what_is_lacking() {
    let site = site().await;
    for n in 0..55 {
        practice(&site, "PUT", &format!("/practice/projects/P{n}"), json!({"name": format!("Project {n}")}))
            .await;
    }
    practice(&site, "PUT", "/practice/projects/P7", json!({"ana_lacks": ["CREATE_ISSUES"]})).await;
    practice(&site, "PUT", "/practice/projects/P8", json!({"archived": true})).await;
    let projects = signed_in(&site).await.projects().await.expect("projects");
    let keys: BTreeSet<&str> = projects.iter().map(|p| p.key.as_str()).collect();
    assert_eq!((keys.len(), projects.len(), keys.contains("P8")), (56, 56, false));
    for project in &projects {
        let lacks: &[&str] = if project.key.as_str() == "P7" { &["CREATE_ISSUES"] } else { &[] };
        assert_eq!(project.missing_permissions, lacks, "{}", project.key);
    }
}

#[tokio::test]
async fn j08_j09_types_of_each_project_and_its_default() {
    let projects = vec![
        ProjectSpec::new("SUP", "Support", &["Bug", "Incident", "Sub-task"], Some("Incident")),
        ProjectSpec::new("OPS", "Operations", &["Task", "Epic"], None),
    ];
    let options = Options { site: "acme".into(), projects: Some(projects), ..Options::default() };
    let site = Site::start(options).await.expect("a practice site");
    // What was read once is kept for a while: each look is that of a new client.
    let look = async |key: &str| {
        let found = signed_in(&site).await.issue_types(&ProjectKey::new(key)).await.expect("types");
        let mut types: Vec<_> = found.types.into_iter().map(|t| (t.name, t.subtask)).collect();
        types.sort();
        (types, found.default_type)
    };
    let types = |named: &[(&str, bool)]| named.iter().map(|(n, s)| ((*n).to_owned(), *s)).collect::<Vec<_>>();
    let support = types(&[("Bug", false), ("Incident", false), ("Sub-task", true)]);
    assert_eq!(look("SUP").await, (support.clone(), Some("Incident".to_owned())));
    assert_eq!(look("OPS").await, (types(&[("Epic", false), ("Task", false)]), None));
    // Only admins of Jira may look at schemes (403): the types are there without it.
    practice(&site, "PUT", "/practice/projects/SUP", json!({"ana_lacks": ["ADMINISTER"]})).await;
    assert_eq!(look("SUP").await, (support, None));
}

#[tokio::test]
async fn j10_a_create_is_one_request_with_its_marker() {
    let site = site().await;
    let jira = signed_in(&site).await;
    create(&jira, "warms the types").await;
    practice(&site, "DELETE", "/practice/calls", Value::Null).await;
    let created = create(&jira, "second").await;
    let calls = practice(&site, "GET", "/practice/calls", Value::Null).await;
    let total = calls_of(&calls, "POST /rest/api/3/issue");
    assert_eq!(total, 1, "{calls}");
    let found = one(&jira, &created.id).await;
    assert_eq!(found.marker, Some(marker()));
    assert_eq!((found.key.clone(), found.url.clone()), (created.key.clone(), created.url.clone()));
    assert_eq!((found.summary.as_str(), found.issue_type.as_str()), ("second", "Improvement"));
    assert_eq!(jira.issues_by_key(&[created.key.clone(), IssueKey::new("SUP-9999")]).await, Ok(vec![found]));
    assert_eq!(jira.highest_number(&ProjectKey::new("SUP")).await, Ok(created.key.number()));
    assert_eq!(jira.count(&ProjectKey::new("SUP"), Some("summary ~ second ORDER BY key")).await, Ok(1));
}

#[tokio::test]
async fn f57_a_type_that_is_gone_is_refused_not_unknown() {
    let site = site().await;
    let jira = signed_in(&site).await;
    create(&jira, "warms the types").await;
    practice(
        &site,
        "PUT",
        "/practice/faults",
        json!({"remove_type": {"project": "SUP", "type": "Improvement"}}),
    )
    .await;
    let refused = jira.create_issue(&draft("x", Document::default())).await;
    assert!(matches!(refused, Err(WriteError::NotApplied(NotApplied::Refused(_)))), "{refused:?}");
}

#[tokio::test]
async fn j12_j14_texts_come_back_as_written() {
    let site = site().await;
    let jira = signed_in(&site).await;
    let exact = "x".repeat(255);
    let cut = format!("{}…", "x".repeat(254));
    let many = "😀".repeat(200);
    for (summary, stands) in [
        ("plain", Some("plain")),
        (&exact, Some(&*exact)),
        (&"x".repeat(256), Some(&*cut)),
        ("  padded\r\nlines ", Some("padded lines")),
        (" \t \u{a0} ", Some("(no summary)")),
        ("\0\u{1}", Some("(no summary)")),
        ("a\0b\u{1b}[31mc\u{85}d", None),
        ("שלום \u{202b}עולם", None),
        ("👨‍👩‍👧 and 🇩🇪", Some("👨‍👩‍👧 and 🇩🇪")),
        (&many, None),
    ] {
        let found = one(&jira, &create(&jira, summary).await.id).await.summary;
        assert_eq!(found, jira.summary_as_written(summary));
        if let Some(stands) = stands {
            assert_eq!(found, stands);
        }
        assert!(!found.chars().any(char::is_control), "{found:?}");
    }
    let created = create(&jira, "empty").await;
    let edit = IssueEdit { description: Some(Document::default()), ..IssueEdit::default() };
    assert!(jira.edit_issue(&created.id, &edit).await.expect("edited").description.is_empty());
}

fn rich() -> Document {
    let text = |text: &str| vec![Inline::text(text)];
    let p = |text: &str| Block::Paragraph { content: vec![Inline::text(text)] };
    let cell = |header, content| Cell { header, colspan: 1, rowspan: 1, content };
    let link = Mark::Link { href: "https://a.example/?q=1".to_owned() };
    Document {
        blocks: vec![
            Block::Heading { level: 2, content: text("Title") },
            Block::Paragraph {
                content: vec![
                    Inline::text("a "),
                    Inline::marked("bold", [Mark::Strong, Mark::Em]),
                    Inline::marked("code", [Mark::Code, Mark::Strong]),
                    Inline::marked("link", [link, Mark::Color { hex: "#ff0000".to_owned() }]),
                    Inline::marked("red", [Mark::Color { hex: "#FF0000".to_owned() }, Mark::Sub, Mark::Sup]),
                    Inline::HardBreak,
                    Inline::Mention { name: "Bob".to_owned() },
                    Inline::Emoji { short_name: ":smile:".to_owned(), text: Some("😄".to_owned()) },
                    Inline::Date { at_ms: 1_610_841_600_000 },
                    Inline::Status { text: "DONE".to_owned(), color: "green".to_owned() },
                ],
            },
            Block::BulletList {
                items: vec![
                    vec![p("one"), Block::OrderedList { start: 3, items: vec![vec![p("n")]] }],
                    vec![],
                ],
            },
            Block::TaskList { items: vec![Task { done: true, content: text("t") }] },
            Block::CodeBlock { language: Some("rust".to_owned()), text: "fn a() {}\r\n".to_owned() },
            Block::Quote {
                content: vec![p("q"), Block::Heading { level: 1, content: text("h") }, Block::Rule],
            },
            Block::Panel {
                kind: PanelKind::Warning,
                content: vec![p("w"), Block::Quote { content: vec![p("in")] }],
            },
            Block::Rule,
            Block::Table {
                rows: vec![
                    Row { cells: vec![cell(true, vec![p("h")]), cell(true, vec![])] },
                    Row { cells: vec![cell(false, vec![p("1"), Block::Rule]), cell(false, vec![p("2")])] },
                ],
            },
            Block::Media { name: "shot.png".to_owned(), alt: None },
            p(""),
        ],
    }
}

#[tokio::test]
async fn j16_j25_rich_text_survives_jiras_normalisation() {
    for how in ["off", "light", "heavy"] {
        let site = site().await;
        let jira = signed_in(&site).await;
        practice(&site, "PUT", "/practice/faults", json!({"normalise": how})).await;
        let created = jira.create_issue(&draft("rich", rich())).await.expect("created");
        let found = one(&jira, &created.id).await;
        assert_eq!(found.description, jira.as_written(&rich()), "{how}");
        let comment = jira.add_comment(&created.id, &rich(), &marker()).await.expect("commented");
        assert_eq!(comment.body, jira.as_written(&rich()), "{how}");
    }
}

#[tokio::test]
async fn j13_a_long_text_is_taken() {
    let site = site().await;
    let jira = signed_in(&site).await;
    let item = vec![Block::Paragraph { content: vec![Inline::marked("word ".repeat(20), [Mark::Strong])] }];
    let long = Document { blocks: vec![Block::BulletList { items: vec![item; 10] }; 60] };
    let beginning = jira.divide(&long, "It goes on.").expect("too long").beginning;
    let created = jira.create_issue(&draft("long", beginning.clone())).await.expect("created");
    assert_eq!(one(&jira, &created.id).await.description, jira.as_written(&beginning));
    let whole = jira.create_issue(&draft("long", long)).await;
    assert!(matches!(whole, Err(WriteError::NotApplied(NotApplied::Refused(_)))), "{whole:?}");
}

#[tokio::test]
async fn an_edit_answers_with_the_issue_and_our_entry() {
    let site = site().await;
    let jira = signed_in(&site).await;
    let created = create(&jira, "before").await;
    let edit = IssueEdit {
        summary: Some("after".to_owned()),
        issue_type: Some("Bug".to_owned()),
        description: Some(Document::plain("new")),
        extras: Default::default(),
    };
    let edited = jira.edit_issue(&created.id, &edit).await.expect("edited");
    assert_eq!((edited.summary.as_str(), edited.issue_type.as_str()), ("after", "Bug"));
    assert_eq!(edited.description, Document::plain("new"));
    let last = edited.history.last().expect("an entry");
    assert!(last.by_us && last.fields.iter().any(|field| field == "summary"), "{last:?}");
}

#[tokio::test]
async fn f50_a_refused_write_names_the_permission_that_is_missing() {
    let site = site().await;
    let jira = signed_in(&site).await;
    let id = create(&jira, "watched").await.id;
    let comment = jira.add_comment(&id, &Document::plain("said"), &marker()).await.expect("commented");
    let file = || {
        let bytes = Box::pin(stream::iter([Ok(bytes::Bytes::from_static(b"abc"))]));
        UploadFile { file_name: "a.txt".to_owned(), mime: "text/plain".to_owned(), size: 3, bytes }
    };
    let forbid = async |permissions: Value| {
        practice(&site, "PUT", "/practice/faults", json!({ "forbid": { "permissions": permissions } })).await;
    };
    let named = |result: Result<(), WriteError>, name: &str| {
        assert_eq!(result, Err(NotApplied::Forbidden(name.to_owned()).into()));
    };
    forbid(json!(["CREATE_ISSUES"])).await;
    named(jira.create_issue(&draft("one more", Document::default())).await.map(drop), "Create Issues");
    forbid(json!(["EDIT_ISSUES"])).await;
    let edit = IssueEdit { summary: Some("after".to_owned()), ..IssueEdit::default() };
    named(jira.edit_issue(&id, &edit).await.map(drop), "Edit Issues");
    forbid(json!(["ADD_COMMENTS"])).await;
    named(jira.add_comment(&id, &Document::plain("more"), &marker()).await.map(drop), "Add Comments");
    // Jira answers this one with status 400.
    forbid(json!(["EDIT_OWN_COMMENTS", "EDIT_ALL_COMMENTS"])).await;
    named(
        jira.edit_comment(&id, &comment.id, &Document::plain("better")).await.map(drop),
        "Edit Own Comments",
    );
    forbid(json!(["CREATE_ATTACHMENTS"])).await;
    named(jira.upload(&id, file()).await.map(drop), "Create Attachments");
    // What was refused for another reason keeps Jira's own words.
    practice(&site, "PUT", "/practice/faults", json!({})).await;
    let odd = IssueEdit { issue_type: Some("No such type".to_owned()), ..IssueEdit::default() };
    let refused = jira.edit_issue(&id, &odd).await;
    assert!(matches!(refused, Err(WriteError::NotApplied(NotApplied::Refused(_)))), "{refused:?}");
}

#[tokio::test]
async fn j03_a_scoped_token_works_at_the_gateway_and_that_is_kept() {
    let site = site().await;
    let token = || SecretString::from(site.token.clone());
    practice(&site, "PUT", "/practice/users/ana", json!({"scoped": true})).await;
    let (found, identity) = sign_in(&site.url, &site.email, token()).await.expect("signed in");
    assert!(found.api().starts_with(&format!("{}/ex/jira/", site.url)), "{found:?}");
    assert_eq!(found.base(), site.url, "people still read issues at the site");
    let wrong = sign_in(&site.url, &site.email, SecretString::from("wrong")).await;
    assert_eq!(wrong.err(), Some(SignInError::Rejected));

    // All else goes the same way, files included, and as if it were the site itself.
    let kept = JiraSite::kept(found.host(), found.api()).expect("kept");
    let jira = JiraCloud::new(kept, &site.email, token(), Some(identity.user)).expect("a client");
    assert!(jira.projects().await.expect("projects").iter().any(|p| p.key.as_str() == "SUP"));
    let created = create(&jira, "scoped").await;
    assert_eq!(created.url, format!("{}/browse/{}", site.url, created.key));
    let bytes = Box::pin(stream::iter([Ok(bytes::Bytes::from_static(b"abc"))]));
    let file = UploadFile { file_name: "a.txt".into(), mime: "text/plain".into(), size: 3, bytes };
    let file = jira.upload(&created.id, file).await.expect("uploaded");
    let parts: Vec<_> = jira.download(&file.id, 0).await.expect("bytes").try_collect().await.expect("all");
    assert_eq!(parts.concat(), b"abc");
    assert_eq!(one(&jira, &created.id).await.summary, "scoped");

    // A token without scopes is one of the site's.
    practice(&site, "PUT", "/practice/users/ana", json!({"scoped": false})).await;
    let (found, _) = sign_in(&site.url, &site.email, token()).await.expect("signed in");
    assert_eq!(found.api(), site.url);
    assert_eq!(jira.projects().await.err(), Some(ReadError::SignIn));
}

#[tokio::test]
async fn j26_all_comments_come_and_their_markers() {
    let site = site().await;
    let jira = signed_in(&site).await;
    let created = create(&jira, "talk").await;
    for n in 0..130 {
        // One alone would keep Jira's limit of 100 writes in 30 s, which this site does not have.
        let writer = self::jira(&site.url, &site.email, &site.token, None);
        writer
            .add_comment(&created.id, &Document::plain(&format!("comment {n}")), &marker())
            .await
            .expect("commented");
    }
    let polled = all_changes(&jira, None).await;
    let talk = polled.iter().find(|issue| issue.id == created.id).expect("the issue");
    let texts: Vec<String> = talk.comments.iter().map(|comment| comment.body.to_plain_text()).collect();
    let expected: Vec<String> = (0..130).map(|n| format!("comment {n}")).collect();
    assert_eq!(texts, expected);
    let marked = jira.comments_with_markers(&created.id).await.expect("comments");
    assert!(marked.len() == 130 && marked.iter().all(|c| c.marker == Some(marker()) && c.by_us));
    let edited =
        jira.edit_comment(&created.id, &marked[3].id, &Document::plain("changed")).await.expect("edited");
    assert_eq!((edited.id.clone(), edited.body), (marked[3].id.clone(), Document::plain("changed")));
}

#[tokio::test]
async fn a_long_history_comes_with_its_newest_end() {
    let site = site().await;
    let jira = signed_in(&site).await;
    let created = create(&jira, "0").await;
    let start = one(&jira, &created.id).await.updated_ms;
    for n in 1..=60 {
        let edit = IssueEdit { summary: Some(n.to_string()), ..IssueEdit::default() };
        jira.edit_issue(&created.id, &edit).await.expect("edited");
    }
    let polled = all_changes(&jira, Some(start)).await;
    let history = &polled.iter().find(|issue| issue.id == created.id).expect("the issue").history;
    assert!(history.len() >= 60 && history.is_sorted_by_key(|entry| entry.id), "{}", history.len());
    let exact = one(&jira, &created.id).await;
    assert_eq!(exact.history.last(), history.last());
}

#[tokio::test]
async fn a_filter_is_asked_and_gone_issues_do_not_spoil_it() {
    let site = site().await;
    let jira = signed_in(&site).await;
    let (a, b) = (create(&jira, "apple").await, create(&jira, "banana").await);
    let ids = [a.id.clone(), b.id.clone(), IssueId::new("99999999")];
    assert_eq!(jira.matching(&ids, "summary ~ apple").await, Ok(vec![a.id.clone()]));
    let wrong = jira.matching(&ids[..2], "colour = blue").await;
    assert!(matches!(wrong, Err(ReadError::Refused(_))), "{wrong:?}");
}

#[tokio::test]
async fn j31_j32_files_go_there_and_back() {
    let site = site().await;
    let jira = signed_in(&site).await;
    let created = create(&jira, "files").await;
    let content: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
    let parts: Vec<_> = content.chunks(7_000).map(|part| Ok(bytes::Bytes::copy_from_slice(part))).collect();
    let bytes = Box::pin(stream::iter(parts));
    let file = UploadFile { file_name: "ü.bin".into(), mime: "image/png".into(), size: 200_000, bytes };
    let sent = jira.upload(&created.id, file).await.expect("uploaded");
    assert_eq!((sent.file_name.as_str(), sent.size, sent.by_us), ("ü.bin", 200_000, true));
    assert_eq!(one(&jira, &created.id).await.attachments, std::slice::from_ref(&sent));
    for offset in [0usize, 150_000] {
        let stream = jira.download(&sent.id, offset as u64).await.expect("bytes");
        let got: Vec<_> = stream.try_collect().await.expect("all of it");
        assert!(got.concat() == content[offset..], "from {offset}");
    }
    assert_eq!(jira.upload_limit().await, Ok(Some(1_000_000_000)));
}

#[tokio::test]
async fn f65_a_file_that_the_site_keeps_in_part_is_taken_away_again() {
    let site = site().await;
    let jira = signed_in(&site).await;
    let created = create(&jira, "files").await;
    practice(&site, "PUT", "/practice/faults", json!({"upload_truncated": {"bytes": 3, "times": 1}})).await;
    let file = || UploadFile {
        file_name: "a.txt".into(),
        mime: "text/plain".into(),
        size: 5,
        bytes: Box::pin(stream::iter([Ok(bytes::Bytes::from_static(b"whole"))])),
    };
    let refused = NotApplied::Refused("kept 3 of 5 bytes".to_owned());
    assert_eq!(jira.upload(&created.id, file()).await, Err(refused.into()));
    assert_eq!(one(&jira, &created.id).await.attachments, []);
    assert_eq!(jira.upload(&created.id, file()).await.map(|sent| sent.size), Ok(5));
}

#[tokio::test]
async fn f46_an_expired_token_is_noticed_everywhere() {
    let site = site().await;
    let jira = signed_in(&site).await;
    let created = create(&jira, "x").await;
    practice(&site, "PUT", "/practice/faults", json!({"expired_token": "401"})).await;
    let query = ChangeQuery { projects: vec![ProjectKey::new("SUP")], since_ms: None };
    assert_eq!(jira.newest_changes(&query).await.err(), Some(ReadError::SignIn));
    assert_eq!(jira.changed_ids(&query).await.err(), Some(ReadError::SignIn));
    assert_eq!(jira.issues_by_id(std::slice::from_ref(&created.id)).await, Err(ReadError::SignIn));
    let write = jira.add_comment(&created.id, &Document::plain("x"), &marker()).await;
    assert_eq!(write, Err(NotApplied::SignIn.into()));
}

#[tokio::test]
async fn j37_a_write_that_landed_behind_a_502_is_unknown() {
    let site = site().await;
    let jira = signed_in(&site).await;
    create(&jira, "warms the types").await;
    let fault = json!({"fail_after_effect": {"status": 502, "operation": "POST /issue", "times": 1}});
    practice(&site, "PUT", "/practice/faults", fault).await;
    let lost = jira.create_issue(&draft("lost answer", Document::default())).await;
    assert!(matches!(lost, Err(WriteError::Unknown(_))), "{lost:?}");
    let highest = jira.highest_number(&ProjectKey::new("SUP")).await.expect("a number");
    let key = IssueKey::new(format!("SUP-{highest}"));
    let found = jira.issues_by_key(&[key]).await.expect("read");
    assert_eq!(
        found.first().map(|i| (i.summary.as_str(), i.marker.clone())),
        Some(("lost answer", Some(marker())))
    );
}
