//! One side: a tracker that keeps a changelog as Jira does, and a node without storage or network.

use std::collections::{BTreeMap, BTreeSet};

use twinline_engine::join::{join, owner, pair_origin};
use twinline_engine::{
    Eyes, Forms, Lost, Outcome, Rules, Step, compose, digest, is_applied, known, observe, plan, recalled,
    receive, settle, tell_partner, try_notices_again,
};
use twinline_model::intent::{Intent, IntentState, IssueFields, Write};
use twinline_model::notice::Says;
use twinline_model::observed::{
    HistoryChange, HistoryEntry, Marker, ObservedAttachment, ObservedComment, ObservedIssue,
};
use twinline_model::pair::{Attachment, OurIssue, Pair, Side, TheirIssue};
use twinline_model::replica::Replica;
use twinline_model::{
    AttachmentId, BlobHash, CommentId, ConnectionId, Document, IntentId, IssueId, NodeId, Origin, PairId,
    Rest,
};

/// A tracker that trims summaries and cannot hold the word "raw": it normalises, as real ones do.
pub struct Plain;

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
    fn comment(&self, author: &str, _: i64, body: &Document) -> Option<Document> {
        Some(Document::plain(&format!("{author}:\n{}", body.to_plain_text())))
    }
    fn withdrawn(&self) -> Document {
        Document::plain("withdrawn")
    }
    fn notice(&self, file: &Attachment, says: Says) -> Document {
        Document::plain(&format!("{}: {says:?}", file.file_name))
    }
    fn rest(&self, _: &Document) -> Option<Rest> {
        None
    }
}

/// The same, and it takes no more than so many lines of a text.
pub struct Short(pub usize);

/// What stands in the place of the others.
pub const TOLD: &str = "(it goes on)";

impl Forms for Short {
    fn summary(&self, theirs: &str) -> String {
        Plain.summary(theirs)
    }
    fn text(&self, theirs: &Document) -> Document {
        let mut text = Plain.text(theirs);
        if text.blocks.len() > self.0 {
            text.blocks.truncate(self.0);
            text.blocks.extend(Document::plain(TOLD).blocks);
        }
        text
    }
    fn rest(&self, theirs: &Document) -> Option<Rest> {
        let mut text = Document::plain(&theirs.to_plain_text());
        if text.blocks.len() <= self.0 {
            return None;
        }
        text.blocks.drain(..self.0);
        let sha256 = BlobHash::new(format!("rest {}", text.to_plain_text()));
        Some(Rest { text, depth: 0, told: TOLD.to_owned(), sha256, size: 3 })
    }
    fn issue_type(&self, theirs: &str) -> Option<String> {
        Plain.issue_type(theirs)
    }
    fn comment(&self, author: &str, created_ms: i64, body: &Document) -> Option<Document> {
        Plain.comment(author, created_ms, body)
    }
    fn withdrawn(&self) -> Document {
        Plain.withdrawn()
    }
    fn notice(&self, file: &Attachment, says: Says) -> Document {
        Plain.notice(file, says)
    }
}

/// Whose hand a change is, as the changelog tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hand {
    Person,
    /// An automation of the tracker, under an account of its own: it answers at once.
    Tool,
    /// The account that the node is signed in with.
    Us,
}

/// What a node stores: what is lost when its database is set back.
#[derive(Clone, Default)]
struct Database {
    pairs: Vec<Pair>,
    open: Vec<Intent>,
    records: Vec<Lost>,
}

pub struct Company {
    pub name: &'static str,
    pub node: NodeId,
    pub issues: Vec<ObservedIssue>,
    /// The tracker's files, by what they hold.
    pub files: BTreeMap<AttachmentId, BlobHash>,
    /// Files that people took away, by what they held.
    pub detached: BTreeSet<BlobHash>,
    pub writes: usize,
    /// Lines of a text that the tracker takes.
    pub room: usize,
    /// The name of the files that the tracker does not take.
    pub refuses: Option<&'static str>,
    /// Both sides agree on what was said so far.
    pub agreed: bool,
    /// Records of what a write of ours replaced unseen. This side alone has them; once its database is set back to before
    /// the issue was known, the tracker's own changelog is what is left.
    pub overwritten: Vec<Lost>,
    /// A whole poll is through.
    pub swept: bool,
    clock: i64,
    next: u64,
    data: Database,
    past: Vec<Database>,
}

impl Company {
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            node: NodeId::new(name),
            issues: Vec::new(),
            files: BTreeMap::new(),
            detached: BTreeSet::new(),
            writes: 0,
            room: usize::MAX,
            refuses: None,
            agreed: true,
            overwritten: Vec::new(),
            swept: true,
            clock: 0,
            next: 1,
            data: Database::default(),
            past: Vec::new(),
        }
    }

    pub fn pairs(&self) -> &[Pair] {
        &self.data.pairs
    }

    pub fn pair_mut(&mut self, at: usize) -> &mut Pair {
        &mut self.data.pairs[at]
    }

    pub fn records(&self) -> &[Lost] {
        &self.data.records
    }

    /// What is stored now can be come back to.
    pub fn commit(&mut self) {
        self.past.push(self.data.clone());
    }

    /// The database is what it was `back` commits ago; the tracker goes on.
    pub fn set_back(&mut self, back: usize) {
        if let Some(at) = self.past.len().checked_sub(1 + back) {
            self.data = self.past[at].clone();
        }
    }

    /// The two sides no longer count alike: nothing is created before a whole poll, and files of our own account may be
    /// twins that we no longer know.
    pub fn begin_anew(&mut self) {
        (self.agreed, self.swept) = (false, false);
    }

    pub fn fresh(&mut self, hand: Hand) -> u64 {
        self.next += 1;
        // A person takes longer than a tool.
        self.clock += if hand == Hand::Person { 100_000 } else { 1 };
        self.next
    }

    pub fn issue(&self, id: &IssueId) -> &ObservedIssue {
        self.issues.iter().find(|i| i.id == *id).unwrap()
    }

    pub fn create(&mut self, hand: Hand, summary: &str, text: Document, kind: &str) -> IssueId {
        let number = self.fresh(hand);
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
            description: text,
            comments: Vec::new(),
            attachments: Vec::new(),
            marker: None,
            extras: BTreeMap::new(),
            history: Vec::new(),
            leaving: None,
        });
        id
    }

    /// Somebody changes an issue; the changelog says what a changelog says.
    pub fn change(&mut self, id: &IssueId, hand: Hand, change: impl FnOnce(&mut ObservedIssue)) {
        let entry = self.fresh(hand);
        let clock = self.clock;
        let Some(issue) = self.issues.iter_mut().find(|i| i.id == *id) else { return };
        let before = issue.clone();
        change(issue);
        if *issue == before {
            return;
        }
        issue.updated_ms = clock;
        let changes = differences(&before, issue);
        if !changes.is_empty() {
            let fields = changes.iter().map(|c| c.field.clone()).collect();
            issue.history.push(HistoryEntry {
                id: entry,
                at_ms: clock,
                by_us: hand == Hand::Us,
                fields,
                changes,
            });
        }
    }

    pub fn comment(
        &mut self,
        id: &IssueId,
        hand: Hand,
        body: Document,
        marker: Option<Marker>,
    ) -> ObservedComment {
        let number = self.fresh(hand);
        let comment = ObservedComment {
            id: CommentId::new(number.to_string()),
            author: format!("{} person", self.name),
            created_ms: self.clock,
            updated_ms: self.clock,
            body,
            restricted: false,
            internal: false,
            leaves_as: None,
            by_us: hand == Hand::Us,
            marker,
        };
        let added = comment.clone();
        self.change(id, hand, |i| i.comments.push(added));
        comment
    }

    pub fn attach(&mut self, id: &IssueId, hand: Hand, name: &str, bytes: BlobHash) -> ObservedAttachment {
        let attachment = ObservedAttachment {
            id: self.fresh(hand).to_string().as_str().into(),
            file_name: name.to_owned(),
            mime: "text/plain".to_owned(),
            size: 3,
            author: self.name.to_owned(),
            created_ms: self.clock,
            by_us: hand == Hand::Us,
        };
        self.files.insert(attachment.id.clone(), bytes);
        let added = attachment.clone();
        self.change(id, hand, |i| i.attachments.push(added));
        attachment
    }

    /// A person takes the file at `at` away.
    pub fn detach(&mut self, id: &IssueId, at: usize) {
        let files = &self.issue(id).attachments;
        if files.is_empty() {
            return;
        }
        let at = at % files.len();
        let bytes = self.files[&files[at].id].clone();
        self.detached.insert(bytes);
        self.change(id, Hand::Person, |i| drop(i.attachments.remove(at)));
    }

    /// Whether something waits to be told.
    pub fn has_news(&self) -> bool {
        self.data.pairs.iter().any(|p| twinline_engine::flags(p, &[], false).0)
    }

    pub fn digests(&self) -> BTreeMap<Origin, String> {
        let of = |p: &Pair| (p.origin.clone(), digest(p));
        self.data.pairs.iter().map(of).filter(|(_, digest)| !digest.is_empty()).collect()
    }

    /// What differs is sent whole.
    pub fn resend_unless(&mut self, theirs: &BTreeMap<Origin, String>) {
        for pair in &mut self.data.pairs {
            let ours = digest(pair);
            if !ours.is_empty() && theirs.get(&pair.origin) != Some(&ours) {
                twinline_engine::resend(pair);
            }
        }
    }

    pub fn poll(&mut self) {
        for seen in self.issues.clone() {
            let index = self.pair_of(&seen);
            self.observe(index, seen);
            for attachment in &mut self.data.pairs[index].attachments {
                if let (None, Some(ours)) = (&attachment.sha256, &attachment.ours) {
                    attachment.sha256 = self.files.get(ours).cloned();
                }
            }
        }
        self.swept = true;
    }

    fn pair_of(&mut self, seen: &ObservedIssue) -> usize {
        let known = |p: &Pair| p.ours.as_ref().is_some_and(|o| o.id == seen.id);
        if let Some(index) = self.data.pairs.iter().position(known) {
            return index;
        }
        let Some(marker) = &seen.marker else {
            let origin = Origin::of_issue(&self.node, self.name, &seen.id);
            return self.new_pair(origin, Side::Ours);
        };
        // What a create of ours made, whether we remember it or not.
        let known = self.data.pairs.iter().position(|p| p.origin == marker.origin);
        let index = known.unwrap_or_else(|| self.new_pair(marker.origin.clone(), Side::Theirs));
        let pair = &mut self.data.pairs[index];
        let ours = OurIssue { id: seen.id.clone(), key: seen.key.clone(), url: String::new() };
        if let Some(at) = self.data.open.iter().position(|i| i.pair == pair.id) {
            let intent = self.data.open.remove(at);
            settle(pair, &intent, &Outcome::Created(ours.clone()));
        }
        pair.ours = Some(ours);
        index
    }

    fn new_pair(&mut self, origin: Origin, owner: Side) -> usize {
        let index = self.data.pairs.len();
        self.data.pairs.push(Pair::new(PairId(index as i64), "c".into(), origin, owner));
        index
    }

    /// The first issue, which was there before, becomes a pair with one of the partner's.
    pub fn join(&mut self, theirs: &Origin) {
        let (key, id) = (self.issues[0].key.clone(), self.issues[0].id.clone());
        let mine = self.origin_of_first();
        let index = self.new_pair(pair_origin(&mine, theirs).clone(), owner(&mine, theirs));
        let theirs = TheirIssue { key: theirs.item.clone(), link: String::new() };
        join(&mut self.data.pairs[index], OurIssue { id, key, url: String::new() }, theirs, "a question");
    }

    pub fn origin_of_first(&self) -> Origin {
        Origin::of_issue(&self.node, self.name, &self.issues[0].id)
    }

    fn open_of(&self, pair: PairId) -> Vec<Intent> {
        self.data.open.iter().filter(|i| i.pair == pair).cloned().collect()
    }

    fn observe(&mut self, index: usize, seen: ObservedIssue) {
        let open = self.open_of(self.data.pairs[index].id);
        let rules = Rules::basic();
        let eyes = Eyes {
            rules: &rules,
            node: &self.node,
            site: self.name,
            forms: &Short(self.room),
            settled: self.agreed,
            leap: self.next * 1_000_000,
        };
        let pair = &mut self.data.pairs[index];
        let remembered = if self.agreed { Vec::new() } else { recalled(pair, &seen, i64::MAX) };
        let lost = observe(pair, seen, &open, eyes);
        tell_partner(pair, &lost);
        self.data.records.extend(remembered.into_iter().chain(lost));
    }

    /// Does each pair's next write. `luck`: 0 all is well, 1 the answer is lost after the effect, 2 before it, 3 refused.
    pub fn work(&mut self, luck: u8) -> bool {
        let mut did = false;
        for index in 0..self.data.pairs.len() {
            let open = self.open_of(self.data.pairs[index].id);
            let steps = plan(&self.data.pairs[index], &open, &Short(self.room), &|_| true, 0);
            for step in &steps {
                if let Step::Known { origin, version } = step {
                    known(&mut self.data.pairs[index], origin, *version);
                    did = true;
                }
                if let (Step::Mark, Some(joined)) = (step, &mut self.data.pairs[index].joined) {
                    joined.marked = true;
                    did = true;
                }
            }
            let step = steps.into_iter().find_map(|s| match s {
                // What may stand there already, though we forgot it, waits for a whole poll.
                Step::Write(
                    Write::CreateIssue { .. } | Write::AddComment { .. } | Write::AddAttachment { .. },
                ) if !self.swept => None,
                Step::Write(write) => Some((write, false)),
                Step::Doubt(write) => Some((write, true)),
                Step::Wait(_)
                | Step::Known { .. }
                | Step::Fetch { .. }
                | Step::Make { .. }
                | Step::Mark
                | Step::Read(_) => None,
            });
            let Some((write, doubtful)) = step else { continue };
            did = true;
            let intent = Intent {
                id: IntentId(self.fresh(Hand::Us) as i64),
                connection: ConnectionId::new("c"),
                pair: self.data.pairs[index].id,
                write,
                state: IntentState::Sent,
            };
            match luck {
                _ if doubtful => self.data.open.push(intent),
                0 => {
                    let outcome = self.perform(index, &intent.write);
                    self.settle(&intent, &outcome);
                    if let Write::AddAttachment { origin, .. } = &intent.write
                        && outcome == Outcome::NotApplied
                    {
                        self.stop(index, origin);
                    }
                }
                1 => {
                    self.perform(index, &intent.write);
                    self.data.open.push(intent);
                }
                2 => self.data.open.push(intent),
                _ => self.settle(&intent, &Outcome::NotApplied),
            }
        }
        did
    }

    fn perform(&mut self, index: usize, write: &Write) -> Outcome {
        self.writes += 1;
        let pair = self.data.pairs[index].clone();
        let marker = |origin: &Origin| Marker {
            v: 1,
            connection: "c".into(),
            origin: origin.clone(),
            attempt: 0,
            mac: String::new(),
        };
        let id = pair.ours.as_ref().map_or_else(|| IssueId::new("none"), |o| o.id.clone());
        match write.clone() {
            Write::CreateIssue {
                fields: IssueFields { summary, description, issue_type, extras }, ..
            } => {
                let text = description.map(|d| d.value).unwrap_or_default();
                let id = self.create(Hand::Us, &summary.unwrap().value, text, &issue_type.unwrap().value);
                let issue = self.issues.iter_mut().find(|i| i.id == id).unwrap();
                issue.marker = Some(marker(&pair.origin));
                issue.extras.extend(extras.into_iter().map(|(name, f)| (name, f.value)));
                Outcome::Created(OurIssue { id, key: issue.key.clone(), url: String::new() })
            }
            Write::EditIssue { fields, .. } => {
                self.change(&id, Hand::Us, |i| {
                    i.summary = fields.summary.map_or(i.summary.clone(), |f| f.value);
                    i.description = fields.description.map_or(i.description.clone(), |f| f.value);
                    i.issue_type = fields.issue_type.map_or(i.issue_type.clone(), |f| f.value);
                    i.extras.extend(fields.extras.into_iter().map(|(name, f)| (name, f.value)));
                });
                Outcome::Edited(Box::new(self.issue(&id).clone()))
            }
            Write::AddComment { origin, body, .. } => {
                Outcome::Commented(self.comment(&id, Hand::Us, body, Some(marker(&origin))))
            }
            Write::EditComment { comment, body, .. } => {
                self.change(&id, Hand::Us, |i| {
                    i.comments.iter_mut().filter(|c| c.id == comment).for_each(|c| c.body = body.clone());
                });
                let comments = &self.issue(&id).comments;
                let found = comments.iter().find(|c| c.id == comment).cloned();
                found.map_or(Outcome::CommentGone, Outcome::Commented)
            }
            Write::AddAttachment { file_name, .. } if self.refuses == Some(file_name.as_str()) => {
                Outcome::NotApplied
            }
            Write::AddAttachment { file_name, sha256, .. } => {
                Outcome::Attached(self.attach(&id, Hand::Us, &file_name, sha256))
            }
            Write::RemoveAttachment { attachment, .. } => {
                let bytes = &self.files[&attachment];
                let is_rest = bytes.as_str().starts_with("rest ");
                assert!(is_rest || self.detached.contains(bytes), "nobody took {bytes} away (I8)");
                self.change(&id, Hand::Us, |i| i.attachments.retain(|a| a.id != attachment));
                Outcome::Removed
            }
        }
    }

    /// A file was refused for good.
    fn stop(&mut self, index: usize, of: &Origin) {
        let files = &mut self.data.pairs[index].attachments;
        files
            .iter_mut()
            .filter(|a| a.origin == *of)
            .for_each(|a| a.stopped = Some("attachment-too-large".to_owned()));
    }

    /// A person raised the limit, and says that it is to be tried again.
    pub fn try_again(&mut self) {
        self.refuses = None;
        for pair in &mut self.data.pairs {
            try_notices_again(pair);
            pair.attachments.iter_mut().for_each(|a| a.stopped = None);
        }
    }

    fn settle(&mut self, intent: &Intent, outcome: &Outcome) {
        self.data.open.retain(|open| open.id != intent.id);
        let index = self.data.pairs.iter().position(|p| p.id == intent.pair).unwrap();
        let pair = &mut self.data.pairs[index];
        let settled = settle(pair, intent, outcome);
        self.overwritten.extend(settled.lost);
        let seen = match outcome {
            Outcome::Edited(seen) | Outcome::Reread(seen) => Some((**seen).clone()),
            _ => pair.local.clone(),
        };
        if let Some(seen) = seen {
            self.observe(index, seen);
        }
    }

    /// Finds out what became of every unknown write, as a probe does.
    pub fn probe(&mut self) {
        for intent in self.data.open.clone() {
            let pair = self.data.pairs.iter().find(|p| p.id == intent.pair).unwrap();
            let is_twin =
                |m: &Option<Marker>, origin: &Origin| m.as_ref().is_some_and(|m| m.origin == *origin);
            let issue = pair.ours.as_ref().map(|o| self.issue(&o.id).clone());
            let found = match (intent.write.clone(), issue) {
                (Write::CreateIssue { .. }, _) => {
                    let made = self.issues.iter().find(|i| is_twin(&i.marker, &pair.origin));
                    made.map(|i| OurIssue { id: i.id.clone(), key: i.key.clone(), url: String::new() })
                        .map(Outcome::Created)
                }
                (_, None) => None,
                (Write::EditIssue { fields, last_history }, Some(issue)) => {
                    is_applied(&fields, last_history, i64::MIN, &issue)
                        .then(|| Outcome::Reread(Box::new(issue)))
                }
                (Write::AddComment { origin, .. }, Some(issue)) => {
                    let mut comments = issue.comments.into_iter();
                    comments.find(|c| is_twin(&c.marker, &origin)).map(Outcome::Commented)
                }
                (Write::EditComment { comment, body, .. }, Some(issue)) => {
                    let mut comments = issue.comments.into_iter();
                    comments.find(|c| c.id == comment && c.body == body).map(Outcome::Commented)
                }
                (Write::AddAttachment { known, sha256, .. }, Some(issue)) => {
                    let fits = |a: &ObservedAttachment| {
                        a.by_us && !known.contains(&a.id) && self.files[&a.id] == sha256
                    };
                    issue.attachments.into_iter().find(fits).map(Outcome::Attached)
                }
                (Write::RemoveAttachment { attachment, .. }, Some(issue)) => {
                    let stands = issue.attachments.iter().any(|a| a.id == attachment);
                    (!stands).then_some(Outcome::Removed)
                }
            };
            self.settle(&intent, &found.unwrap_or(Outcome::NotApplied));
        }
    }

    pub fn speak(&mut self) -> Vec<Replica> {
        self.data.pairs.iter_mut().filter_map(|pair| compose(pair, &Rules::basic())).collect()
    }

    pub fn hear(&mut self, replica: Replica, from: &NodeId) {
        let known = self.data.pairs.iter().position(|p| p.origin == replica.origin);
        let index = match known {
            Some(index) => index,
            // An issue of our own that we have forgotten: the next poll shows it.
            None if replica.origin.node != *from => return,
            None => self.new_pair(replica.origin.clone(), Side::Theirs),
        };
        let rules = Rules::basic();
        let forms = Short(self.room);
        let eyes =
            Eyes { rules: &rules, node: &self.node, site: self.name, forms: &forms, settled: true, leap: 1 };
        let lost = receive(&mut self.data.pairs[index], replica, from, eyes).unwrap();
        self.data.records.extend(lost);
    }
}

fn differences(before: &ObservedIssue, after: &ObservedIssue) -> Vec<HistoryChange> {
    let words = |text: &Document| text.to_plain_text();
    let line = |field: &str, from: String, to: String| {
        let some = |text: String| Some(text).filter(|t| !t.is_empty());
        (from != to).then(|| HistoryChange { field: field.to_owned(), from: some(from), to: some(to) })
    };
    let mut changes: Vec<HistoryChange> = [
        line("summary", before.summary.clone(), after.summary.clone()),
        line("description", words(&before.description), words(&after.description)),
        line("issuetype", before.issue_type.clone(), after.issue_type.clone()),
    ]
    .into_iter()
    .flatten()
    .collect();
    let file = |from: Option<&AttachmentId>, to: Option<&AttachmentId>| HistoryChange {
        field: "Attachment".to_owned(),
        from: from.map(ToString::to_string),
        to: to.map(ToString::to_string),
    };
    let ids = |issue: &ObservedIssue| issue.attachments.iter().map(|a| a.id.clone()).collect::<BTreeSet<_>>();
    let (had, has) = (ids(before), ids(after));
    changes.extend(had.difference(&has).map(|id| file(Some(id), None)));
    changes.extend(has.difference(&had).map(|id| file(None, Some(id))));
    changes
}
