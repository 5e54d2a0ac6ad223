//! Two companies, what may happen between them, and what is written by hand.

use std::collections::BTreeSet;

use proptest::prelude::*;
use twinline_model::document::Block;
use twinline_model::observed::{ObservedComment, ObservedIssue};
use twinline_model::{BlobHash, Document, IssueId};

use crate::company::{Company, Hand};

/// How a person changes a text.
#[derive(Clone, Copy, Debug)]
pub enum Stroke {
    Replace,
    Append,
    First,
    DropLast,
}

/// One thing that happens. The flag names the side.
#[derive(Clone, Debug)]
pub enum Op {
    Create(bool, String, String),
    Summary(bool, usize, String),
    Text(bool, usize, Stroke, String),
    Kind(bool, usize, bool),
    Comment(bool, usize, String),
    EditComment(bool, usize, usize, String),
    /// A person restricts one of the comments of the side's own people, or shows it again.
    Restrict(bool, usize, usize),
    /// A person deletes one.
    Uncomment(bool, usize, usize),
    /// The flag behind: with the account that the node is signed in with.
    Attach(bool, usize, bool),
    Detach(bool, usize, usize),
    Poll(bool),
    Work(bool, u8),
    Probe(bool),
    Send(bool, bool),
    /// The database is set back by so many commits.
    SetBack(bool, usize),
}

/// Everything but what sets a database back.
pub fn op() -> impl Strategy<Value = Op> {
    let word = || prop_oneof!["[a-c]{1,2}", Just("raw fish".to_owned())];
    let stroke =
        prop_oneof![Just(Stroke::Replace), Just(Stroke::Append), Just(Stroke::First), Just(Stroke::DropLast)];
    let (side, index) = (any::<bool>, || 0usize..4);
    // A failing history shrinks towards the first of them: the one that does least.
    prop_oneof![
        3 => side().prop_map(Op::Probe),
        2 => (side(), word(), word()).prop_map(|(s, a, b)| Op::Create(s, a, b)),
        3 => (side(), index(), word()).prop_map(|(s, i, w)| Op::Summary(s, i, w)),
        4 => (side(), index(), stroke, word()).prop_map(|(s, i, k, w)| Op::Text(s, i, k, w)),
        1 => (side(), index(), side()).prop_map(|(s, i, e)| Op::Kind(s, i, e)),
        3 => (side(), index(), word()).prop_map(|(s, i, w)| Op::Comment(s, i, w)),
        1 => (side(), index(), index(), word()).prop_map(|(s, i, c, w)| Op::EditComment(s, i, c, w)),
        1 => (side(), index(), index()).prop_map(|(s, i, c)| Op::Restrict(s, i, c)),
        1 => (side(), index(), index()).prop_map(|(s, i, c)| Op::Uncomment(s, i, c)),
        2 => (side(), index(), side()).prop_map(|(s, i, us)| Op::Attach(s, i, us)),
        1 => (side(), index(), index()).prop_map(|(s, i, a)| Op::Detach(s, i, a)),
        6 => side().prop_map(Op::Poll),
        6 => (side(), 0u8..4).prop_map(|(s, l)| Op::Work(s, l)),
        6 => (side(), side()).prop_map(|(s, twice)| Op::Send(s, twice)),
    ]
}

/// Everything.
pub fn op_or_set_back() -> impl Strategy<Value = Op> {
    prop_oneof![
        20 => op(),
        1 => (any::<bool>(), 0usize..30).prop_map(|(s, back)| Op::SetBack(s, back)),
    ]
}

#[derive(Default)]
struct Hands {
    next: u32,
    written: BTreeSet<u32>,
    superseded: BTreeSet<u32>,
}

impl Hands {
    /// Most texts are unlike any other; a few people write the same.
    fn write(&mut self, word: &str) -> String {
        if word == "a" {
            return word.to_owned();
        }
        self.next += 1;
        format!("{word} #{}", self.next)
    }

    /// A person saw `before` and left `after`.
    fn left(&mut self, before: BTreeSet<u32>, after: &ObservedIssue) {
        let after = tokens_of(after);
        self.superseded.extend(before.difference(&after));
        self.written.extend(after.difference(&before));
    }
}

/// The marks of people's texts.
pub fn tokens(text: &str) -> BTreeSet<u32> {
    let digits = |part: &str| part.chars().take_while(char::is_ascii_digit).collect::<String>();
    text.split('#').skip(1).filter_map(|part| digits(part).parse().ok()).collect()
}

fn tokens_of(issue: &ObservedIssue) -> BTreeSet<u32> {
    let mut found = tokens(&issue.summary);
    found.extend(tokens(&issue.description.to_plain_text()));
    found
}

pub struct World {
    pub sides: [Company; 2],
    hands: Hands,
    reconciling: bool,
}

impl World {
    pub fn new() -> Self {
        let sides = [Company::new("acme"), Company::new("globex")];
        Self { sides, hands: Hands::default(), reconciling: false }
    }

    pub fn run(&mut self, op: Op) {
        match op {
            Op::Create(s, a, b) => {
                let kind = if a == "a" { "Epic" } else { "Task" };
                let (summary, text) = (self.hands.write(&a), self.hands.write(&b));
                let company = &mut self.sides[usize::from(s)];
                let id = company.create(Hand::Person, &summary, written(&text, &b), kind);
                self.hands.left(BTreeSet::new(), company.issue(&id));
            }
            Op::Summary(s, i, w) => {
                let word = self.hands.write(&w);
                self.edit(s, i, |i| i.summary = word);
            }
            Op::Text(s, i, stroke, w) => {
                let word = self.hands.write(&w);
                self.edit(s, i, |i| i.description = struck(&i.description, stroke, &word));
            }
            Op::Kind(s, i, e) => {
                self.edit(s, i, |i| i.issue_type = if e { "Bug" } else { "Task" }.to_owned());
            }
            Op::Comment(s, i, w) => {
                if let Some(id) = self.pick(s, i) {
                    self.side(s).comment(&id, Hand::Person, written(&w, &w), None);
                }
            }
            Op::EditComment(s, i, c, w) => self.own_comment(s, i, c, |c| c.body = Document::plain(&w)),
            Op::Restrict(s, i, c) => self.own_comment(s, i, c, |c| c.restricted = !c.restricted),
            Op::Uncomment(s, i, at) => self.edit(s, i, |i| {
                let own: Vec<_> =
                    i.comments.iter().filter(|c| c.marker.is_none()).map(|c| c.id.clone()).collect();
                if let Some(id) = own.get(at % own.len().max(1)) {
                    i.comments.retain(|c| c.id != *id);
                }
            }),
            Op::Attach(s, i, us) => {
                if let Some(id) = self.pick(s, i) {
                    self.hands.next += 1;
                    let bytes = BlobHash::new(format!("bytes {}", self.hands.next));
                    let name = if self.hands.next.is_multiple_of(3) { "log.txt" } else { "shot.png" };
                    self.side(s).attach(&id, if us { Hand::Us } else { Hand::Person }, name, bytes);
                }
            }
            Op::Detach(s, i, at) => {
                if let Some(id) = self.pick(s, i) {
                    self.side(s).detach(&id, at);
                    let taken = self.side(s).detached.clone();
                    self.sides.iter_mut().for_each(|side| side.detached.extend(taken.iter().cloned()));
                }
            }
            Op::Poll(s) => self.side(s).poll(),
            Op::Work(s, luck) => drop(self.side(s).work(luck)),
            Op::Probe(s) => self.side(s).probe(),
            Op::Send(s, twice) => self.send(usize::from(s), twice),
            Op::SetBack(s, back) => {
                self.side(s).set_back(back);
                self.sides.iter_mut().for_each(Company::begin_anew);
                self.reconciling = true;
            }
        }
        self.sides.iter_mut().for_each(Company::commit);
    }

    fn side(&mut self, side: bool) -> &mut Company {
        &mut self.sides[usize::from(side)]
    }

    fn pick(&mut self, side: bool, at: usize) -> Option<IssueId> {
        let issues = &self.side(side).issues;
        issues.get(at % issues.len().max(1)).map(|i| i.id.clone())
    }

    fn edit(&mut self, side: bool, at: usize, change: impl FnOnce(&mut ObservedIssue)) {
        let Some(id) = self.pick(side, at) else { return };
        let company = &mut self.sides[usize::from(side)];
        let before = tokens_of(company.issue(&id));
        company.change(&id, Hand::Person, change);
        self.hands.left(before, company.issue(&id));
    }

    fn own_comment(
        &mut self,
        side: bool,
        at: usize,
        which: usize,
        change: impl FnOnce(&mut ObservedComment),
    ) {
        self.edit(side, at, |issue| {
            let own: Vec<_> = issue.comments.iter_mut().filter(|c| c.marker.is_none()).collect();
            let count = own.len().max(1);
            own.into_iter().nth(which % count).into_iter().for_each(change_once(change));
        });
    }

    pub fn send(&mut self, from: usize, twice: bool) {
        let node = self.sides[from].node.clone();
        for replica in self.sides[from].speak() {
            if twice {
                self.sides[1 - from].hear(replica.clone(), &node);
            }
            self.sides[1 - from].hear(replica, &node);
        }
        if self.reconciling {
            self.compare();
        }
    }

    /// Once nothing is on its way, both sides compare their digests, until they agree: at once after a restore, and now and
    /// then at rest.
    fn compare(&mut self) {
        if self.sides.iter().any(|side| side.has_news() || !side.swept) {
            return;
        }
        let [a, b] = [self.sides[0].digests(), self.sides[1].digests()];
        if a == b {
            self.reconciling = false;
            self.sides.iter_mut().for_each(|side| side.agreed = true);
        } else {
            self.sides[0].resend_unless(&b);
            self.sides[1].resend_unless(&a);
        }
    }

    /// Faults stop: everything is done within a bounded number of rounds (I17).
    pub fn quiet(&mut self) {
        for _ in 0..40 {
            self.compare();
            for side in 0..2 {
                self.sides[side].probe();
                self.sides[side].poll();
                let mut rounds = 0;
                while self.sides[side].work(0) {
                    self.sides[side].probe();
                    rounds += 1;
                    assert!(rounds < 1_000, "it never comes to rest");
                }
                self.send(side, false);
            }
        }
    }

    /// Marks of people that no tracker shows, no person replaced and no record holds.
    pub fn forgotten(&self) -> BTreeSet<u32> {
        let mut found = self.hands.superseded.clone();
        for side in &self.sides {
            side.issues.iter().for_each(|i| found.extend(tokens_of(i)));
            side.records().iter().chain(&side.overwritten).for_each(|r| found.extend(tokens(&r.lost)));
        }
        self.hands.written.difference(&found).copied().collect()
    }

    /// What both nodes wrote to their trackers so far.
    pub fn writes_total(&self) -> [usize; 2] {
        [self.sides[0].writes, self.sides[1].writes]
    }
}

/// Some texts show a picture, which may be attached, or not, before or after.
fn written(text: &str, word: &str) -> Document {
    let mut document = Document::plain(text);
    if word == "raw fish" {
        document.blocks.push(Block::Media { name: "shot.png".to_owned(), alt: None });
    }
    document
}

fn change_once<T>(change: impl FnOnce(&mut T)) -> impl FnMut(&mut T) {
    let mut change = Some(change);
    move |value| {
        if let Some(change) = change.take() {
            change(value);
        }
    }
}

fn struck(text: &Document, stroke: Stroke, word: &str) -> Document {
    let plain = text.to_plain_text();
    let mut lines: Vec<&str> = plain.lines().collect();
    match stroke {
        Stroke::Replace => lines = vec![word],
        Stroke::Append => lines.push(word),
        Stroke::First => drop(lines.splice(0..lines.len().min(1), [word])),
        Stroke::DropLast => drop(lines.pop()),
    }
    Document::plain(&lines.join("\n"))
}
