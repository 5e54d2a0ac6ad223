//! Two sides, two trackers, a carrier that repeats, and writes whose answers are lost: afterwards both sides are equal,
//! nothing is there twice, and nothing more is written.

// The whole file is a test: it may fail where it stands.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use twinline_engine::{
    Eyes, Forms, Outcome, Rules, Step, compose, flags, observe, plan, receive, settle, tell_partner,
};
use twinline_model::intent::{Intent, IntentState, Write};
use twinline_model::observed::{HistoryEntry, ObservedAttachment, ObservedComment, ObservedIssue};
use twinline_model::pair::{OurIssue, Pair, Side};
use twinline_model::replica::Replica;
use twinline_model::{
    BlobHash, CommentId, ConnectionId, Document, IntentId, IssueId, NodeId, Origin, PairId,
};

/// A tracker that trims summaries and cannot hold the word "raw": it normalises, as real ones do.
struct Plain;
impl Forms for Plain {
    fn summary(&self, theirs: &str) -> String {
        theirs.trim().to_owned()
    }
    fn text(&self, theirs: &Document) -> Document {
        Document::plain(&theirs.to_plain_text().replace("raw", "cooked"))
    }
    fn issue_type(&self, theirs: &str) -> Option<String> {
        Some(if theirs == "Epic" { "Task" } else { theirs }.to_owned())
    }
    fn comment(&self, author: &str, _: i64, body: &Document) -> Document {
        Document::plain(&format!("{author}:\n{}", body.to_plain_text()))
    }
    fn withdrawn(&self) -> Document {
        Document::plain("withdrawn")
    }
}

fn eyes<'a>(rules: &'a Rules, node: &'a NodeId, site: &'a str) -> Eyes<'a> {
    Eyes { rules, node, site, forms: &Plain, settled: true }
}

struct Company {
    name: &'static str,
    node: NodeId,
    issues: Vec<ObservedIssue>,
    pairs: Vec<Pair>,
    open: Vec<Intent>,
    clock: i64,
    next: u64,
    writes: usize,
}

impl Company {
    fn new(name: &'static str) -> Self {
        let node = NodeId::new(name);
        Self { name, node, issues: vec![], pairs: vec![], open: vec![], clock: 0, next: 1, writes: 0 }
    }

    fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.clock += 1;
        self.next
    }

    fn create(&mut self, summary: &str, text: &str, kind: &str) -> IssueId {
        let number = self.fresh();
        let id = IssueId::new(number.to_string());
        self.issues.push(ObservedIssue {
            id: id.clone(),
            key: format!("P-{number}").as_str().into(),
            project: "P".into(),
            url: String::new(),
            created_ms: self.clock,
            updated_ms: self.clock,
            issue_type: kind.to_owned(),
            is_subtask: false,
            restricted: false,
            summary: summary.trim().to_owned(),
            description: Document::plain(text),
            comments: vec![],
            attachments: vec![],
            marker: None,
            history: vec![],
        });
        id
    }

    fn change(
        &mut self,
        id: &IssueId,
        by_us: bool,
        field: Option<&str>,
        change: impl FnOnce(&mut ObservedIssue),
    ) {
        let entry = self.fresh();
        let clock = self.clock;
        let Some(issue) = self.issues.iter_mut().find(|i| i.id == *id) else { return };
        let before = issue.clone();
        change(issue);
        if *issue != before {
            issue.updated_ms = clock;
            if let Some(field) = field {
                let fields = vec![field.to_owned()];
                issue.history.push(HistoryEntry {
                    id: entry,
                    at_ms: clock,
                    by_us,
                    fields,
                    changes: Vec::new(),
                });
            }
        }
    }

    /// A person comments.
    fn comment(&mut self, id: &IssueId, by_us: bool, text: Document) -> ObservedComment {
        let comment = ObservedComment {
            id: CommentId::new(self.fresh().to_string()),
            author: format!("{} person", self.name),
            created_ms: self.clock,
            updated_ms: self.clock,
            body: text,
            restricted: false,
            by_us,
            marker: None,
        };
        let added = comment.clone();
        self.change(id, by_us, None, |i| i.comments.push(added));
        comment
    }

    fn attach(&mut self, id: &IssueId, name: &str) -> ObservedAttachment {
        let attachment = ObservedAttachment {
            id: self.fresh().to_string().as_str().into(),
            file_name: name.to_owned(),
            mime: "text/plain".to_owned(),
            size: name.len() as u64,
            author: self.name.to_owned(),
            created_ms: self.clock,
            by_us: true,
        };
        let added = attachment.clone();
        self.change(id, true, None, |i| i.attachments.push(added));
        attachment
    }

    fn poll(&mut self) {
        for seen in self.issues.clone() {
            let known = self.pairs.iter().position(|p| p.ours.as_ref().is_some_and(|o| o.id == seen.id));
            let index = known.unwrap_or_else(|| {
                // What an unknown create made is met by its marker, not taken for a new issue.
                let ours = self.marked(&seen.id);
                ours.unwrap_or_else(|| {
                    let origin = Origin::of_issue(&self.node, self.name, &seen.id);
                    self.pairs.push(Pair::new(
                        PairId(self.pairs.len() as i64),
                        "c".into(),
                        origin,
                        Side::Ours,
                    ));
                    self.pairs.len() - 1
                })
            });
            let open: Vec<_> = self.open.iter().filter(|i| i.pair == self.pairs[index].id).cloned().collect();
            let lost =
                observe(&mut self.pairs[index], seen, &open, eyes(&Rules::basic(), &self.node, self.name));
            tell_partner(&mut self.pairs[index], &lost);
            for attachment in &mut self.pairs[index].attachments {
                attachment.sha256.get_or_insert_with(|| BlobHash::new(attachment.file_name.clone()));
            }
        }
    }

    /// The pair whose lost create made this issue: its marker names the origin (here: kept beside the url).
    fn marked(&mut self, id: &IssueId) -> Option<usize> {
        let marker = self.issues.iter().find(|i| i.id == *id)?.url.clone();
        let index = self.pairs.iter().position(|p| !marker.is_empty() && p.origin.to_string() == marker)?;
        let open = self.open.iter().position(|i| i.pair == self.pairs[index].id)?;
        let intent = self.open.remove(open);
        let issue = self.issues.iter().find(|i| i.id == *id)?;
        let ours = OurIssue { id: id.clone(), key: issue.key.clone(), url: String::new() };
        settle(&mut self.pairs[index], &intent, &Outcome::Created(ours));
        Some(index)
    }

    /// Does each pair's next write. `luck`: 0 all is well, 1 the answer is lost after the effect, 2 before it, 3 refused.
    fn work(&mut self, luck: u8) -> bool {
        let mut did = false;
        for index in 0..self.pairs.len() {
            let open: Vec<_> = self.open.iter().filter(|i| i.pair == self.pairs[index].id).cloned().collect();
            let steps = plan(&self.pairs[index], &open, &Plain, &|_| true, 0);
            let write = steps.into_iter().find_map(|s| match s {
                Step::Write(write) => Some((write, false)),
                Step::Doubt(write) => Some((write, true)),
                _ => None,
            });
            let Some((write, doubtful)) = write else { continue };
            did = true;
            let intent = Intent {
                id: IntentId(self.fresh() as i64),
                connection: ConnectionId::new("c"),
                pair: self.pairs[index].id,
                write,
                state: IntentState::Sent,
            };
            if doubtful {
                self.open.push(intent);
                continue;
            }
            if luck == 3 {
                settle(&mut self.pairs[index], &intent, &Outcome::NotApplied);
                continue;
            }
            let outcome = (luck != 2).then(|| self.perform(index, &intent.write));
            match outcome {
                Some(outcome) if luck == 0 => self.settle(&intent, &outcome),
                _ => self.open.push(intent),
            }
        }
        did
    }

    fn perform(&mut self, index: usize, write: &Write) -> Outcome {
        self.writes += 1;
        let pair = self.pairs[index].clone();
        let id = pair.ours.as_ref().map(|o| o.id.clone()).unwrap_or_else(|| IssueId::new("none"));
        match write.clone() {
            Write::CreateIssue { fields, .. } => {
                let text = |f: Option<twinline_model::intent::FieldWrite<String>>| f.unwrap().value;
                let description = fields.description.map(|d| d.value).unwrap_or_default();
                let id = self.create(&text(fields.summary), "", &text(fields.issue_type));
                let marker = pair.origin.to_string();
                let issue = self.issues.iter_mut().find(|i| i.id == id).unwrap();
                (issue.description, issue.url) = (description, marker);
                Outcome::Created(OurIssue { id, key: issue.key.clone(), url: String::new() })
            }
            Write::EditIssue { fields, .. } => {
                if let Some(f) = fields.summary {
                    self.change(&id, true, Some("summary"), |i| i.summary = f.value);
                }
                if let Some(f) = fields.description {
                    self.change(&id, true, Some("description"), |i| i.description = f.value);
                }
                if let Some(f) = fields.issue_type {
                    self.change(&id, true, Some("issuetype"), |i| i.issue_type = f.value);
                }
                Outcome::Edited(Box::new(self.issues.iter().find(|i| i.id == id).unwrap().clone()))
            }
            Write::AddComment { body, .. } => Outcome::Commented(self.comment(&id, true, body)),
            Write::EditComment { comment, body, .. } => {
                self.change(&id, true, None, |i| {
                    i.comments.iter_mut().filter(|c| c.id == comment).for_each(|c| c.body = body.clone());
                });
                let issue = self.issues.iter().find(|i| i.id == id).unwrap();
                Outcome::Commented(issue.comments.iter().find(|c| c.id == comment).unwrap().clone())
            }
            Write::AddAttachment { file_name, .. } => Outcome::Attached(self.attach(&id, &file_name)),
            Write::RemoveAttachment { .. } => unreachable!("nobody removes one here"),
        }
    }

    fn settle(&mut self, intent: &Intent, outcome: &Outcome) {
        let pair = self.pairs.iter_mut().find(|p| p.id == intent.pair).unwrap();
        settle(pair, intent, outcome);
        let open: Vec<_> = self.open.iter().filter(|i| i.pair == pair.id).cloned().collect();
        let seen = match outcome {
            Outcome::Edited(seen) | Outcome::Reread(seen) => Some((**seen).clone()),
            _ => pair.local.clone(),
        };
        if let Some(seen) = seen {
            let lost = observe(pair, seen, &open, eyes(&Rules::basic(), &self.node, self.name));
            tell_partner(pair, &lost);
        }
    }

    /// Finds out what became of every unknown write, as a probe does.
    fn probe(&mut self) {
        for intent in self.open.clone() {
            self.open.retain(|open| open.id != intent.id);
            let pair = self.pairs.iter().find(|p| p.id == intent.pair).unwrap().clone();
            let issue = |id: &IssueId| self.issues.iter().find(|i| i.id == *id).cloned();
            let outcome = match (&intent.write, &pair.ours) {
                (Write::CreateIssue { .. }, _) => {
                    self.issues.iter().find(|i| i.url == pair.origin.to_string()).map(|i| {
                        Outcome::Created(OurIssue {
                            id: i.id.clone(),
                            key: i.key.clone(),
                            url: String::new(),
                        })
                    })
                }
                (Write::EditIssue { .. }, Some(ours)) => {
                    issue(&ours.id).map(|i| Outcome::Reread(Box::new(i)))
                }
                (Write::AddComment { body, .. } | Write::EditComment { body, .. }, Some(ours)) => {
                    // The marker, in the real adapter.
                    let comments = issue(&ours.id).map(|i| i.comments).unwrap_or_default();
                    let adding = matches!(intent.write, Write::AddComment { .. });
                    let taken =
                        |c: &ObservedComment| pair.comments.iter().any(|k| k.ours.as_ref() == Some(&c.id));
                    let found =
                        comments.into_iter().find(|c| c.by_us && c.body == *body && !(adding && taken(c)));
                    found.map(Outcome::Commented)
                }
                (Write::AddAttachment { known, file_name, .. }, Some(ours)) => {
                    let files = issue(&ours.id).map(|i| i.attachments).unwrap_or_default();
                    let found =
                        files.into_iter().find(|a| !known.contains(&a.id) && a.file_name == *file_name);
                    found.map(Outcome::Attached)
                }
                _ => None,
            };
            self.settle(&intent, &outcome.unwrap_or(Outcome::NotApplied));
        }
    }

    fn speak(&mut self) -> Vec<Replica> {
        self.pairs.iter_mut().filter_map(|pair| compose(pair, &Rules::basic())).collect()
    }

    fn hear(&mut self, replica: Replica, from: &NodeId) {
        let known = self.pairs.iter().position(|p| p.origin == replica.origin);
        let index = known.unwrap_or_else(|| {
            let id = PairId(self.pairs.len() as i64);
            self.pairs.push(Pair::new(id, "c".into(), replica.origin.clone(), Side::Theirs));
            self.pairs.len() - 1
        });
        receive(&mut self.pairs[index], replica, from, eyes(&Rules::basic(), &self.node, self.name)).unwrap();
    }
}

#[derive(Clone, Debug)]
enum Op {
    Create(bool, String, String),
    Summary(bool, usize, String),
    Text(bool, usize, String),
    Kind(bool, usize, bool),
    Comment(bool, usize, String),
    EditComment(bool, usize, String),
    Attach(bool, usize),
    Poll(bool),
    Work(bool, u8),
    Probe(bool),
    Send(bool, bool),
}

fn op() -> impl Strategy<Value = Op> {
    let word = || prop_oneof!["[a-c]{1,2}", Just("raw fish".to_owned())];
    let (side, index) = (any::<bool>, || 0usize..4);
    prop_oneof![
        2 => (side(), word(), word()).prop_map(|(s, a, b)| Op::Create(s, a, b)),
        3 => (side(), index(), word()).prop_map(|(s, i, w)| Op::Summary(s, i, w)),
        3 => (side(), index(), word()).prop_map(|(s, i, w)| Op::Text(s, i, w)),
        1 => (side(), index(), side()).prop_map(|(s, i, e)| Op::Kind(s, i, e)),
        3 => (side(), index(), word()).prop_map(|(s, i, w)| Op::Comment(s, i, w)),
        1 => (side(), index(), word()).prop_map(|(s, i, w)| Op::EditComment(s, i, w)),
        2 => (side(), index()).prop_map(|(s, i)| Op::Attach(s, i)),
        6 => side().prop_map(Op::Poll),
        6 => (side(), 0u8..4).prop_map(|(s, l)| Op::Work(s, l)),
        3 => side().prop_map(Op::Probe),
        6 => (side(), side()).prop_map(|(s, twice)| Op::Send(s, twice)),
    ]
}

struct World([Company; 2]);

impl World {
    fn run(&mut self, op: Op) {
        let side = |s: bool| usize::from(s);
        let pick = |c: &Company, i: usize| c.issues.get(i % c.issues.len().max(1)).map(|i| i.id.clone());
        match op {
            Op::Create(s, a, b) => {
                self.0[side(s)].create(&a, &b, if a == "a" { "Epic" } else { "Task" });
            }
            Op::Summary(s, i, w) => {
                self.edit(side(s), pick(&self.0[side(s)], i), "summary", |i| i.summary = w)
            }
            Op::Text(s, i, w) => {
                self.edit(side(s), pick(&self.0[side(s)], i), "description", |i| {
                    i.description = Document::plain(&w)
                });
            }
            Op::Kind(s, i, e) => self.edit(side(s), pick(&self.0[side(s)], i), "issuetype", |i| {
                i.issue_type = if e { "Bug" } else { "Task" }.to_owned();
            }),
            Op::Comment(s, i, w) => {
                if let Some(id) = pick(&self.0[side(s)], i) {
                    self.0[side(s)].comment(&id, false, Document::plain(&w));
                }
            }
            Op::EditComment(s, i, w) => self.edit(side(s), pick(&self.0[side(s)], i), "", |i| {
                if let Some(c) = i.comments.iter_mut().find(|c| !c.by_us) {
                    c.body = Document::plain(&w);
                }
            }),
            Op::Attach(s, i) => {
                if let Some(id) = pick(&self.0[side(s)], i) {
                    let name = format!("f{}", self.0[side(s)].next);
                    self.0[side(s)].attach(&id, &name);
                }
            }
            Op::Poll(s) => self.0[side(s)].poll(),
            Op::Work(s, luck) => {
                self.0[side(s)].work(luck);
            }
            Op::Probe(s) => self.0[side(s)].probe(),
            Op::Send(s, twice) => self.send(side(s), twice),
        }
    }

    fn edit(
        &mut self,
        side: usize,
        id: Option<IssueId>,
        field: &str,
        change: impl FnOnce(&mut ObservedIssue),
    ) {
        if let Some(id) = id {
            let field = Some(field).filter(|f| !f.is_empty());
            self.0[side].change(&id, false, field, change);
        }
    }

    fn send(&mut self, from: usize, twice: bool) {
        let node = self.0[from].node.clone();
        for replica in self.0[from].speak() {
            if twice {
                self.0[1 - from].hear(replica.clone(), &node);
            }
            self.0[1 - from].hear(replica, &node);
        }
    }

    /// Faults stop: everything is done within a bounded number of rounds (I17).
    fn quiet(&mut self) {
        for _ in 0..60 {
            for side in 0..2 {
                self.0[side].probe();
                self.0[side].poll();
                while self.0[side].work(0) {}
                self.send(side, false);
            }
        }
    }
}

/// The same, or one is the other's form.
fn alike<T: PartialEq>(a: &T, b: &T, form: impl Fn(&T) -> T) -> bool {
    a == b || form(a) == *b || form(b) == *a
}

proptest! {
    #![proptest_config(ProptestConfig {
        // `PROPTEST_CASES` raises the number of histories.
        max_shrink_iters: 20_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/two_sides.regressions"
        )))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn both_sides_become_equal_and_then_silent(ops in proptest::collection::vec(op(), 1..60)) {
        let mut world = World([Company::new("acme"), Company::new("globex")]);
        ops.into_iter().for_each(|op| world.run(op));
        world.quiet();
        let [acme, globex] = &world.0;
        prop_assert_eq!(acme.issues.len(), globex.issues.len(), "every issue has exactly one twin");
        for pair in &acme.pairs {
            let twin = globex.pairs.iter().find(|p| p.origin == pair.origin).expect("a twin");
            let a = pair.local.as_ref().expect("observed");
            let b = twin.local.as_ref().expect("observed");
            // Equal apart from what a tracker cannot hold: each side is the other's form, in one direction at least.
            prop_assert!(alike(&a.summary, &b.summary, |t| Plain.summary(t)));
            prop_assert!(alike(&a.description, &b.description, |t| Plain.text(t)));
            prop_assert!(alike(&a.issue_type, &b.issue_type, |t| Plain.issue_type(t).expect("a type")));
            prop_assert_eq!(pair.summary.version, twin.summary.version);
            prop_assert_eq!(pair.description.version, twin.description.version);
            prop_assert_eq!(a.comments.len(), b.comments.len(), "comments once each");
            let names = |i: &ObservedIssue| {
                i.attachments.iter().map(|a| a.file_name.clone()).collect::<BTreeSet<_>>()
            };
            prop_assert_eq!(names(a), names(b));
            prop_assert_eq!(a.attachments.len(), b.attachments.len(), "files once each");
            prop_assert_eq!(flags(pair, &[], false).0, false);
            prop_assert_eq!(flags(twin, &[], false).1, false);
        }
        // Silence (I15): three more rounds write nothing.
        let before = (world.0[0].writes, world.0[1].writes);
        (0..3).for_each(|_| world.quiet());
        prop_assert_eq!(before, (world.0[0].writes, world.0[1].writes));
    }
}
