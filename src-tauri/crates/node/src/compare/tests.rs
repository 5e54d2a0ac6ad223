//! Both sides of a pair of a real database, with and without a tracker that answers.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use practice_jira::{Options as Practice, ProjectSpec, Running, Site};
use secrecy::SecretString;
use twinline_engine::{Rules, compose};
use twinline_model::compare::{Likeness, Part, Why};
use twinline_model::observed::ObservedComment;
use twinline_model::pair::{Comment, Field, OurIssue, TheirIssue};
use twinline_model::replica::Version;
use twinline_model::view::PairStanding;
use twinline_model::{CommentId, Document, IssueId, IssueKey, NodeId, Origin, ProjectKey};

use super::*;
use crate::samples::{LINK, account, connection, open};

fn link() -> ConnectionId {
    ConnectionId::new(LINK)
}

fn origin(item: &str) -> Origin {
    Origin { node: NodeId::new("b".repeat(32)), item: item.to_owned() }
}

/// A field that both sides agree on.
fn agreed<T: Clone>(value: T) -> Field<T> {
    let version = Version { owner: 1, other: 0 };
    let (base_local, base_remote) = (Some(value.clone()), Some(value));
    Field { version, sent: version, base_local, base_remote, ..Field::default() }
}

fn seen(id: &str, key: &str) -> ObservedIssue {
    ObservedIssue {
        id: IssueId::new(id),
        key: IssueKey::new(key),
        project: ProjectKey::new("SUP"),
        url: String::new(),
        created_ms: 1,
        updated_ms: 1,
        issue_type: "Task".to_owned(),
        is_subtask: false,
        restricted: false,
        summary: "Printer".to_owned(),
        description: Document::default(),
        comments: Vec::new(),
        attachments: Vec::new(),
        marker: None,
        extras: Default::default(),
        history: Vec::new(),
        leaving: None,
    }
}

/// Writes a pair in step to the database, changed by `change`.
async fn pair(node: &Node, id: &str, key: &str, change: impl FnOnce(&mut Pair) + Send + 'static) -> PairId {
    let (id, key) = (id.to_owned(), key.to_owned());
    let write = move |tx: &mut Tx<'_>| {
        let mut pair = tx.new_pair(&link(), &origin("1"), Side::Ours)?;
        pair.ours = Some(OurIssue { id: IssueId::new(&*id), key: IssueKey::new(&*key), url: String::new() });
        pair.theirs = Some(TheirIssue { key: "GX-90".to_owned(), link: String::new() });
        pair.local = Some(seen(&id, &key));
        pair.summary = agreed("Printer".to_owned());
        pair.description = agreed(Document::default());
        pair.issue_type = agreed("Task".to_owned());
        change(&mut pair);
        twinline_sync::rows::save(tx, &pair, None)?;
        Ok(pair.id)
    };
    node.db.write(write).await.unwrap()
}

/// A node without a sign-in: its tracker cannot be asked.
async fn signed_out() -> (tempfile::TempDir, Arc<Node>) {
    let folder = tempfile::tempdir().unwrap();
    let node = open(folder.path()).await;
    let write = |tx: &mut Tx<'_>| {
        tx.insert_account(&account())?;
        tx.insert_connection(&connection())?;
        tx.set_setting("company", "ACME")
    };
    node.db.write(write).await.unwrap();
    (folder, node)
}

#[tokio::test]
async fn what_is_stored_is_shown_where_our_tracker_cannot_be_asked_and_why() {
    let (_folder, node) = signed_out().await;
    let id = pair(&node, "10017", "SUP-17", |_| ()).await;
    let view = node.compare(&link(), "sup-17 ").await.unwrap();
    assert_eq!(view.pair, id.0.to_string());
    assert_eq!(view.trouble.as_ref().map(|t| t.code.as_str()), Some("secret-missing"));
    assert!(!view.read_now);
    assert_eq!((view.ours.as_deref(), view.theirs.as_deref()), (Some("SUP-17"), Some("GX-90")));
    assert_eq!((view.differences, view.sentence.as_str()), (0, "No difference, as far as Globex has told."));
    assert!(view.fields.iter().all(|f| f.likeness == Likeness::Same && f.sentence.is_empty()));
    // By the number that the list of issues has, and by the partner's key.
    for name in [view.pair.as_str(), "GX-90"] {
        assert_eq!(node.compare(&link(), name).await.unwrap().pair, view.pair);
    }
    for name in ["SUP-18", "99", ""] {
        let unknown = node.compare(&link(), name).await.unwrap_err();
        assert_eq!((unknown.code, &*unknown.facts["issue"]), (ProblemCode::PairUnknown, name), "{name}");
    }
}

#[tokio::test]
async fn a_change_that_waits_and_one_that_is_on_its_way_are_told_apart() {
    let (_folder, node) = signed_out().await;
    let id = pair(&node, "10017", "SUP-17", |pair| {
        pair.summary.version.owner = 2;
        (pair.summary.base_local, pair.summary.base_remote) =
            (Some("Plotter".into()), Some("Plotter".into()));
        pair.summary.there = Some("Printer".to_owned());
        pair.local.as_mut().unwrap().summary = "Plotter".to_owned();
    })
    .await;
    let view = node.compare(&link(), "SUP-17").await.unwrap();
    let summary = &view.fields[0];
    assert_eq!(
        (summary.part, summary.likeness, summary.way),
        (Part::Summary, Likeness::Changed, Way::ToPartner)
    );
    let texts = [&summary.ours, &summary.theirs].map(|text| text.as_ref().unwrap().text.as_str());
    assert_eq!(texts, ["Plotter", "Printer"]);
    assert_eq!(
        (summary.label.as_str(), summary.sentence.as_str()),
        ("Differs", "It waits here to go to Globex.")
    );
    assert_eq!((view.differences, view.state), (1, PairStanding::Syncing));
    // It is told, and not acknowledged.
    let tell = move |tx: &mut Tx<'_>| {
        let mut pair = tx.pair(id)?.unwrap();
        let (kind, body) = Body::Replica(compose(&mut pair, &Rules::basic()).unwrap()).encode();
        tx.push_out(&link(), 1, false, &kind, &body, "")?;
        twinline_sync::rows::save(tx, &pair, None)
    };
    node.db.write(tell).await.unwrap();
    let sent = node.compare(&link(), "SUP-17").await.unwrap().fields.remove(0);
    assert_eq!((sent.way, sent.sentence.as_str()), (Way::Sent, "It is on its way to Globex."));
    assert_eq!(sent.theirs.unwrap().text, "Printer");
    node.db.write(|tx| tx.acked(&link(), 1)).await.unwrap();
    assert_eq!(node.compare(&link(), "SUP-17").await.unwrap().differences, 0);
}

#[tokio::test]
async fn a_thousand_comments_are_counted_and_those_that_differ_are_all_there() {
    let (_folder, node) = signed_out().await;
    let text = |n: usize| Document::plain(&format!("{n} {}", "x".repeat(3_000)));
    pair(&node, "10017", "SUP-17", move |pair| {
        let local = pair.local.as_mut().unwrap();
        for n in 0..1_000 {
            let id = CommentId::new(n.to_string());
            local.comments.push(ObservedComment {
                id: id.clone(),
                author: "Ana".to_owned(),
                created_ms: 1,
                updated_ms: 1,
                body: text(n),
                restricted: false,
                internal: false,
                leaves_as: None,
                by_us: false,
                marker: None,
            });
            let version = if n == 3 { 2 } else { 1 };
            let base_hash = twinline_engine::body_hash(&text(n));
            let comment = Comment::new(origin(&format!("c/{n}")), Side::Ours);
            pair.comments.push(Comment {
                ours: Some(id),
                version,
                done: 1,
                base_hash,
                travelled: true,
                ..comment
            });
        }
    })
    .await;
    let view = node.compare(&link(), "SUP-17").await.unwrap();
    assert_eq!((view.comments_total, view.comments.len(), view.differences), (1_000, 200, 1));
    let first = &view.comments[0];
    assert_eq!((first.likeness, first.ours.as_ref().unwrap().left_out), (Likeness::Changed, 0));
    assert!(first.ours.as_ref().unwrap().text.starts_with("3 "));
    // The newest of the others, each cut.
    let last = view.comments.last().unwrap().ours.as_ref().unwrap();
    assert!(last.text.starts_with("999 ") && last.left_out == 1_004);
    assert!(view.comments[1].ours.as_ref().unwrap().text.starts_with("801 "));
}

#[tokio::test]
async fn what_the_partner_side_lacks_to_be_in_step_is_told() {
    let (_folder, node) = signed_out().await;
    pair(&node, "10017", "SUP-17", |pair| {
        pair.issue_type.base_remote = Some("Improvement".to_owned());
    })
    .await;
    let pause = |tx: &mut Tx<'_>| {
        let mut row = tx.connection(&link())?.unwrap();
        row.partner_paused = true;
        tx.update_connection(&row)
    };
    node.db.write(pause).await.unwrap();
    let view = node.compare(&link(), "SUP-17").await.unwrap();
    let told = "Globex has paused: what has changed there since is not known here.";
    assert_eq!(view.notes, [told]);
    let kind = &view.fields[2];
    assert_eq!((kind.likeness, view.differences), (Likeness::Form, 0));
    assert_eq!(kind.sentence, "“Improvement” at Globex stands for “Task” at ACME.");
}

/// A node that is signed in to a practice Jira with one issue, and the issue's id.
async fn signed_in() -> (tempfile::TempDir, Arc<Node>, Running, String) {
    let projects = vec![ProjectSpec::new("SUP", "Support", &["Task"], None)];
    let site = Practice { site: "acme".into(), projects: Some(projects), ..Practice::default() };
    let site = Site::start(site).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let node = open(folder.path()).await;
    let account =
        node.add_account(&site.url, &site.email, SecretString::from(site.token.clone())).await.unwrap();
    let row = Connection { account: account.id, ..connection() };
    node.db.write(move |tx| tx.insert_connection(&row)).await.unwrap();
    let body = serde_json::json!({"fields": {"project": {"key": "SUP"}, "summary": "Plotter",
        "issuetype": {"name": "Task"}}});
    let made = ask(&site, reqwest::Method::POST, "issue", Some(body)).await;
    (folder, node, site, made["id"].as_str().unwrap().to_owned())
}

async fn ask(
    site: &Running,
    method: reqwest::Method,
    path: &str,
    body: Option<serde_json::Value>,
) -> serde_json::Value {
    let request = reqwest::Client::new().request(method, format!("{}/rest/api/3/{path}", site.url));
    let request = request.basic_auth(&site.email, Some(&site.token));
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    let text = request.send().await.unwrap().error_for_status().unwrap().text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn our_side_is_what_stands_in_our_tracker_now() {
    let (_folder, node, site, id) = signed_in().await;
    pair(&node, &id, "SUP-1", |_| ()).await;
    let view = node.compare(&link(), "SUP-1").await.unwrap();
    assert_eq!((view.read_now, view.trouble), (true, None));
    let summary = &view.fields[0];
    assert_eq!((summary.likeness, summary.way), (Likeness::Changed, Way::Unnoticed));
    let texts = [&summary.ours, &summary.theirs].map(|text| text.as_ref().unwrap().text.as_str());
    assert_eq!(texts, ["Plotter", "Printer"]);
    // Gone, and signed out: what is stored, and why.
    ask(&site, reqwest::Method::DELETE, &format!("issue/{id}"), None).await;
    let view = node.compare(&link(), "SUP-1").await.unwrap();
    assert_eq!(view.trouble.map(|t| t.code).as_deref(), Some("issue-gone"));
    assert_eq!(
        view.sentence,
        "SUP-1 was deleted at your side, moved away or hidden. What Globex has stays as it is."
    );
    assert_eq!((view.read_now, view.fields[0].why), (false, Why::Plain));
    assert_eq!(view.fields[0].ours.as_ref().unwrap().text, "Printer");
    drop(site);
    let view = node.compare(&link(), "SUP-1").await.unwrap();
    assert!(!view.read_now && view.trouble.is_some());
}
