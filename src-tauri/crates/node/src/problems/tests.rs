//! Problems in a real database: grouped by cause, left out together, taken up again.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use twinline_model::pair::{OurIssue, PairState, Side};
use twinline_model::view::PairStanding;
use twinline_model::{IssueId, IssueKey, NodeId, Origin, PairId};

use super::*;
use crate::samples::{LINK, account, connection};
use crate::{Options, SecretsChoice};

struct World {
    _folder: tempfile::TempDir,
    node: Arc<Node>,
}

/// A problem of the `n`th issue.
fn stop(tx: &mut Tx<'_>, n: u64, code: ProblemCode, facts: &[(&str, &str)]) -> Result<PairId, StoreError> {
    let link = ConnectionId::new(LINK);
    let origin = Origin { node: NodeId::new("b".repeat(32)), item: n.to_string() };
    let mut pair = match tx.pair_of_origin(&link, &origin)? {
        Some(pair) => pair,
        None => tx.new_pair(&link, &origin, Side::Ours)?,
    };
    let id = IssueId::new(n.to_string());
    pair.ours = Some(OurIssue { id, key: IssueKey::new(format!("SUP-{n}")), url: String::new() });
    let facts: BTreeMap<String, String> =
        facts.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    tx.raise(code.as_str(), Some(&link), Some(pair.id), Some(&format!("SUP-{n}")), &facts, 5_000)?;
    twinline_sync::rows::save(tx, &pair, None)?;
    Ok(pair.id)
}

async fn world(stops: impl FnOnce(&mut Tx<'_>) -> Result<(), StoreError> + Send + 'static) -> World {
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::new(folder.path().to_owned());
    options.secrets = SecretsChoice::File;
    let node = Node::open(options).await.unwrap();
    node.db
        .write(move |tx| {
            tx.insert_account(&account())?;
            tx.insert_connection(&connection())?;
            stops(tx)
        })
        .await
        .unwrap();
    World { _folder: folder, node }
}

impl World {
    async fn problems(&self) -> Vec<ProblemView> {
        self.node.problems().await.unwrap()
    }
    async fn standings(&self) -> Vec<PairStanding> {
        let rows = self.node.pairs(&ConnectionId::new(LINK), "", None, 50).await.unwrap();
        rows.into_iter().map(|row| row.state).collect()
    }
}

fn ids(problems: &[ProblemView]) -> Vec<String> {
    problems.iter().map(|p| p.id.clone()).collect()
}

#[tokio::test]
async fn d4_problems_that_differ_in_the_issue_only_have_one_cause() {
    let world = world(|tx| {
        let asks = [("field", "Team"), ("type", "Task")];
        stop(tx, 1, ProblemCode::RequiredField, &asks)?;
        stop(tx, 2, ProblemCode::RequiredField, &[("field", "Team"), ("type", "Task"), ("issue", "GX-2")])?;
        stop(tx, 3, ProblemCode::RequiredField, &[("field", "Team"), ("type", "Bug")])?;
        stop(tx, 4, ProblemCode::IssueGone, &[])?;
        stop(tx, 5, ProblemCode::IssueGone, &[])?;
        Ok(())
    })
    .await;
    let all = world.problems().await;
    let causes: Vec<_> = all.iter().map(|p| p.cause.as_str()).collect();
    assert_eq!(causes[0], causes[1]);
    assert_eq!(causes[3], causes[4]);
    assert_ne!(causes[0], causes[2], "another type asks for other values");
    assert_ne!(causes[0], causes[3]);
    assert!(all[0].sentence.contains("SUP-1") && !all[0].together.contains("SUP-1"), "{}", all[0].together);
    assert_eq!(all[3].together, all[4].together);
    assert!(all.iter().all(|p| p.skippable));
}

#[tokio::test]
async fn rules_that_broke_off_are_found_again_at_their_line() {
    let world = world(|tx| {
        stop(tx, 1, ProblemCode::ScriptFailed, &[("direction", "incoming"), ("line", "7")])?;
        stop(tx, 2, ProblemCode::ScriptFailed, &[("direction", "outgoing"), ("line", "0")])?;
        stop(tx, 3, ProblemCode::ScriptFailed, &[("direction", "sideways"), ("line", "7")])?;
        stop(tx, 4, ProblemCode::IssueGone, &[("direction", "incoming"), ("line", "7")])?;
        Ok(())
    })
    .await;
    let places: Vec<_> = world.problems().await.into_iter().map(|p| p.rule).collect();
    let at = |direction, line| Some(RulePlace { direction, line });
    assert_eq!(
        places,
        [at(RuleDirection::Incoming, 7), at(RuleDirection::Outgoing, 0), None, None],
        "a word that is not known leads nowhere, and neither does another problem",
    );
}

/// The words around a fact are no part of it: `("a", "bc")` is not `("ab", "c")`.
#[test]
fn d4_facts_that_read_the_same_one_after_the_other_are_not_one_cause() {
    let row = |name: &str, value: &str| ProblemRow {
        id: 1,
        code: "x".to_owned(),
        connection: None,
        pair: None,
        issue: None,
        facts: [(name.to_owned(), value.to_owned())].into(),
        since_ms: 1,
        last_ms: 1,
        count: 1,
        skipped: false,
    };
    assert_ne!(cause(&row("a", "bc")), cause(&row("ab", "c")));
}

#[tokio::test]
async fn d4_what_is_skipped_together_can_be_taken_back_and_waits_as_before() {
    let world = world(|tx| {
        for n in 1..=14 {
            stop(tx, n, ProblemCode::IssueGone, &[])?;
        }
        Ok(())
    })
    .await;
    let before = world.problems().await;
    assert_eq!((before.len(), world.standings().await), (14, vec![PairStanding::Stopped; 14]));
    world.node.skip_problems(&ids(&before)).await.unwrap();
    assert!(world.problems().await.iter().all(|p| p.skipped));
    assert_eq!(world.standings().await, vec![PairStanding::Skipped; 14]);
    world.node.unskip_problems(&ids(&before)).await.unwrap();
    assert_eq!(world.problems().await, before, "since when and how often included");
    assert_eq!(world.standings().await, vec![PairStanding::Stopped; 14]);
    world.node.retry_problems(&ids(&before)).await.unwrap();
    assert_eq!(world.problems().await, []);
}

#[tokio::test]
async fn d4_all_are_skipped_or_none() {
    let world = world(|tx| {
        stop(tx, 1, ProblemCode::IssueGone, &[])?;
        let link = ConnectionId::new(LINK);
        let facts = BTreeMap::from([("site".to_owned(), "acme.atlassian.net".to_owned())]);
        tx.raise(ProblemCode::SignInExpired.as_str(), Some(&link), None, None, &facts, 5_000)?;
        Ok(())
    })
    .await;
    let all = world.problems().await;
    assert_eq!(all.iter().map(|p| p.skippable).collect::<Vec<_>>(), [true, false]);
    let refused = world.node.skip_problems(&ids(&all)).await.unwrap_err();
    assert_eq!(refused.code, ProblemCode::ProblemStays);
    assert_eq!(world.problems().await, all);
}

#[tokio::test]
async fn d4_one_that_was_settled_meanwhile_does_not_hold_up_the_others() {
    let world = world(|tx| stop(tx, 1, ProblemCode::IssueGone, &[]).map(drop)).await;
    let id = world.problems().await[0].id.clone();
    world.node.skip_problems(&["999".to_owned(), id, "nonsense".to_owned()]).await.unwrap();
    assert!(world.problems().await[0].skipped);
    for gone in ["999", "nonsense", ""] {
        let trouble = world.node.unskip_problems(&[gone.to_owned()]).await.unwrap_err();
        assert_eq!((trouble.code, trouble.facts["problem"].as_str()), (ProblemCode::ProblemUnknown, gone));
    }
    world.node.skip_problems(&[]).await.unwrap();
}

/// A twin that is gone, of an issue of Globex's.
fn deleted(tx: &mut Tx<'_>, n: u64) -> Result<PairId, StoreError> {
    let link = ConnectionId::new(LINK);
    let origin = Origin { node: NodeId::new("b".repeat(32)), item: n.to_string() };
    let mut pair = tx.new_pair(&link, &origin, Side::Theirs)?;
    pair.ours = Some(OurIssue {
        id: IssueId::new(n.to_string()),
        key: IssueKey::new(format!("SUP-{n}")),
        url: String::new(),
    });
    pair.state = PairState::Unlinked { reason: "deleted".to_owned() };
    twinline_sync::rows::save(tx, &pair, None)?;
    twinline_sync::rows::raise(tx, &pair, &Trouble::new(ProblemCode::TwinDeleted), 5_000)?;
    Ok(pair.id)
}

#[tokio::test]
async fn a_deleted_twin_is_asked_for_as_often_as_a_person_says_so_and_stays_among_what_was_left_out() {
    let world = world(|tx| deleted(tx, 1).map(drop)).await;
    let receipts = async || world.node.db.read(|tx| tx.receipts_len(&ConnectionId::new(LINK))).await.unwrap();
    let before = world.problems().await;
    assert!(before[0].sentence.contains("SUP-1") && before[0].skippable, "{}", before[0].sentence);
    world.node.skip_problems(&ids(&before)).await.unwrap();
    assert_eq!((world.problems().await[0].skipped, receipts().await), (true, 0), "synced no longer");
    for asked in [1, 2] {
        world.node.retry_problems(&ids(&before)).await.unwrap();
        let now = world.problems().await;
        assert_eq!((ids(&now), now[0].skipped, receipts().await), (ids(&before), true, asked));
        assert_eq!(world.standings().await, [PairStanding::Unlinked], "until the partner has sent it");
    }
}

#[tokio::test]
async fn who_can_mend_a_problem_has_a_ready_text_and_nobody_else_has() {
    let world = world(|tx| {
        let link = ConnectionId::new(LINK);
        stop(tx, 1, ProblemCode::PermissionLost, &[("permission", "You may not comment here.")])?;
        stop(tx, 2, ProblemCode::IssueGone, &[])?;
        let facts = BTreeMap::from([("permissions".to_owned(), "Create issues".to_owned())]);
        tx.raise(ProblemCode::ProjectForbidden.as_str(), Some(&link), None, None, &facts, 5_000)?;
        Ok(())
    })
    .await;
    let all = world.problems().await;
    let request = |code: &str| all.iter().find(|p| p.code == code).and_then(|p| p.request.clone());
    let lost = request("permission-lost").expect("a request");
    for said in
        ["You may not comment here.", "SUP", "acme.atlassian.net", "Ana", "ana@acme.example", "Add comments"]
    {
        assert!(lost.contains(said), "{said} is missing: {lost}");
    }
    let forbidden = request("project-forbidden").expect("a request");
    assert!(forbidden.contains("Create issues") && !forbidden.contains("Add comments"), "{forbidden}");
    assert_eq!(request("issue-gone"), None);
}
