//! A fake tracker's state: what people and nodes do to it takes effect at once; what the search index shows lags behind.

use std::collections::{BTreeMap, BTreeSet};

use twinline_model::document::{Block, Inline};
use twinline_model::extra::{Extra, Extras, LABELS, PRIORITY, STATUS};
use twinline_model::observed::{
    HistoryChange, HistoryEntry, Marker, ObservedAttachment, ObservedComment, ObservedIssue,
};
use twinline_model::{AttachmentId, CommentId, Document, IssueId, IssueKey, Origin, ProjectKey};

/// Who does something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Actor {
    /// A person with an account of their own.
    Person,
    /// A person who uses the account that the node is signed in with (F76).
    SameAccount,
    /// The node.
    Node,
}

impl Actor {
    fn by_us(self) -> bool {
        self != Actor::Person
    }
}

/// An issue, with what only the tracker knows of it.
#[derive(Clone, Debug)]
pub struct SiteIssue {
    /// As everybody reads it.
    pub seen: ObservedIssue,
    /// Made through a node (a twin), or by a person.
    pub twin: bool,
    /// Gone.
    pub deleted: bool,
    /// The number in its first key: an old key still finds an issue that was moved.
    pub first_key: u64,
}

/// A fake tracker site with one synced project.
#[derive(Debug)]
pub struct Site {
    /// As `acme.test`.
    pub name: String,
    /// The project that is synced.
    pub project: ProjectKey,
    /// Issues by number.
    pub issues: BTreeMap<u64, SiteIssue>,
    /// What the search index shows.
    pub index: BTreeMap<u64, ObservedIssue>,
    /// Bytes of attachments.
    pub files: BTreeMap<AttachmentId, Vec<u8>>,
    /// Origins of which a create was on its way for very long: a second twin may stand there (F71).
    pub late: BTreeSet<Origin>,
    /// Writes by the node, ever.
    pub node_writes: u64,
    /// What the tracker makes of texts in a way that nobody can predict: this becomes that. The two trackers undo each
    /// other's, so that an echo would never end.
    pub odd: Option<(&'static str, &'static str)>,
    /// Issue types of the project.
    pub types: Vec<String>,
    next: u64,
    last_key: u64,
}

/// What a summary looks like once it is stored; a node can know that beforehand.
pub fn stored_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a text looks like once it is stored; a node can know that beforehand.
pub fn stored_text(text: &Document) -> Document {
    let mut stored = text.clone();
    while matches!(stored.blocks.last(), Some(Block::Paragraph { content }) if content.is_empty()) {
        stored.blocks.pop();
    }
    stored
}

/// A text's words, as a changelog shows them.
pub fn words(text: &Document) -> String {
    let mut lines = Vec::new();
    for block in &text.blocks {
        if let Block::Paragraph { content } = block {
            let texts = content.iter().filter_map(|i| match i {
                Inline::Text { text, .. } => Some(text.as_str()),
                _ => None,
            });
            lines.push(texts.collect::<String>());
        }
    }
    lines.join("\n")
}

/// What stands in the further fields of a new issue.
fn new_extras() -> Extras {
    let text = |text: &str| Extra::Text(text.to_owned());
    let fields =
        [(LABELS, Extra::Texts(Default::default())), (PRIORITY, text("Medium")), (STATUS, text("To Do"))];
    fields.map(|(name, value)| (name.to_owned(), value)).into()
}

impl Site {
    /// An empty site.
    pub fn new(name: &str, project: &str, odd: Option<(&'static str, &'static str)>, types: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            project: ProjectKey::new(project),
            issues: BTreeMap::new(),
            index: BTreeMap::new(),
            files: BTreeMap::new(),
            late: BTreeSet::new(),
            node_writes: 0,
            odd,
            types: types.iter().map(|t| (*t).to_owned()).collect(),
            next: 1,
            last_key: 0,
        }
    }

    fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn line(&self, text: &str) -> String {
        let stored = stored_line(text);
        self.odd.map_or_else(|| stored.clone(), |(this, that)| stored.replace(this, that))
    }

    fn text(&self, text: &Document) -> Document {
        let mut stored = stored_text(text);
        if let Some((this, that)) = self.odd {
            for block in &mut stored.blocks {
                if let Block::Paragraph { content } = block {
                    for inline in content {
                        if let Inline::Text { text, .. } = inline {
                            *text = text.replace(this, that);
                        }
                    }
                }
            }
        }
        stored
    }

    /// Creates an issue; answers with its number.
    pub fn create(
        &mut self,
        actor: Actor,
        now: i64,
        summary: &str,
        description: &Document,
        issue_type: &str,
        marker: Option<Marker>,
    ) -> u64 {
        let number = self.fresh();
        self.last_key += 1;
        let key = IssueKey::new(format!("{}-{}", self.project, self.last_key));
        let seen = ObservedIssue {
            id: IssueId::new(number.to_string()),
            url: format!("https://{}/browse/{key}", self.name),
            key,
            project: self.project.clone(),
            created_ms: now,
            updated_ms: now,
            issue_type: issue_type.to_owned(),
            is_subtask: false,
            restricted: false,
            summary: self.line(summary),
            description: self.text(description),
            comments: Vec::new(),
            attachments: Vec::new(),
            marker,
            extras: new_extras(),
            history: Vec::new(),
            leaving: None,
        };
        self.issues.insert(
            number,
            SiteIssue { seen, twin: actor == Actor::Node, deleted: false, first_key: self.last_key },
        );
        number
    }

    /// An issue that is there.
    pub fn issue(&mut self, number: u64) -> Option<&mut SiteIssue> {
        self.issues.get_mut(&number).filter(|i| !i.deleted)
    }

    /// The number of an issue by the tracker's id.
    pub fn number(id: &IssueId) -> u64 {
        id.as_str().parse().unwrap_or(0)
    }

    /// Changes fields; what is the same already makes no entry in the changelog.
    pub fn edit(
        &mut self,
        actor: Actor,
        now: i64,
        number: u64,
        summary: Option<&str>,
        description: Option<&Document>,
        issue_type: Option<&str>,
    ) {
        let summary = summary.map(|s| self.line(s));
        let description = description.map(|d| self.text(d));
        let id = self.fresh();
        let Some(issue) = self.issue(number) else { return };
        let seen = &mut issue.seen;
        let mut changes = Vec::new();
        let mut change = |field: &str, from: String, to: String| {
            changes.push(HistoryChange { field: field.to_owned(), from: Some(from), to: Some(to) });
        };
        if let Some(summary) = summary.filter(|s| *s != seen.summary) {
            change("summary", seen.summary.clone(), summary.clone());
            seen.summary = summary;
        }
        if let Some(description) = description.filter(|d| *d != seen.description) {
            change("description", words(&seen.description), words(&description));
            seen.description = description;
        }
        if let Some(kind) = issue_type.filter(|t| *t != seen.issue_type) {
            change("issuetype", seen.issue_type.clone(), kind.to_owned());
            kind.clone_into(&mut seen.issue_type);
        }
        if !changes.is_empty() {
            note(seen, id, now, actor, changes);
        }
    }

    /// Changes further fields; what is the same already makes no entry in the changelog.
    pub fn set(&mut self, actor: Actor, now: i64, number: u64, extras: &Extras) {
        let id = self.fresh();
        let Some(issue) = self.issue(number) else { return };
        let mut changes = Vec::new();
        for (name, value) in extras {
            let stands = issue.seen.extras.entry(name.clone()).or_default();
            if stands != value {
                let (from, to) = (Some(stands.words()), Some(value.words()));
                changes.push(HistoryChange { field: name.clone(), from, to });
                *stands = value.clone();
            }
        }
        if !changes.is_empty() {
            note(&mut issue.seen, id, now, actor, changes);
        }
    }

    /// Adds a comment; answers with it.
    pub fn comment(
        &mut self,
        actor: Actor,
        now: i64,
        number: u64,
        author: &str,
        body: &Document,
        marker: Option<Marker>,
    ) -> Option<ObservedComment> {
        let body = self.text(body);
        let id = self.fresh();
        let issue = self.issue(number)?;
        let comment = ObservedComment {
            id: CommentId::new(id.to_string()),
            author: author.to_owned(),
            created_ms: now,
            updated_ms: now,
            body,
            restricted: false,
            internal: false,
            leaves_as: None,
            by_us: actor.by_us(),
            marker,
        };
        issue.seen.comments.push(comment.clone());
        issue.seen.updated_ms = now;
        Some(comment)
    }

    /// Changes a comment; answers with it.
    pub fn edit_comment(
        &mut self,
        now: i64,
        number: u64,
        comment: &CommentId,
        body: &Document,
    ) -> Option<ObservedComment> {
        let body = self.text(body);
        let issue = self.issue(number)?;
        let found = issue.seen.comments.iter_mut().find(|c| c.id == *comment)?;
        found.body = body;
        found.updated_ms = now;
        let found = found.clone();
        issue.seen.updated_ms = now;
        Some(found)
    }

    /// Adds a file; answers with it.
    pub fn attach(
        &mut self,
        actor: Actor,
        now: i64,
        number: u64,
        author: &str,
        name: &str,
        bytes: Vec<u8>,
    ) -> Option<ObservedAttachment> {
        let (id, entry) = (self.fresh(), self.fresh());
        let issue = self.issue(number)?;
        let attachment = ObservedAttachment {
            id: AttachmentId::new(id.to_string()),
            file_name: name.to_owned(),
            mime: "application/octet-stream".to_owned(),
            size: bytes.len() as u64,
            author: author.to_owned(),
            created_ms: now,
            by_us: actor.by_us(),
        };
        issue.seen.attachments.push(attachment.clone());
        let change = HistoryChange { field: "Attachment".to_owned(), from: None, to: Some(id.to_string()) };
        note(&mut issue.seen, entry, now, actor, vec![change]);
        self.files.insert(attachment.id.clone(), bytes);
        Some(attachment)
    }

    /// The number of the issue that holds a file.
    pub fn holder(&self, attachment: &AttachmentId) -> Option<u64> {
        let holds = |i: &SiteIssue| !i.deleted && i.seen.attachments.iter().any(|a| a.id == *attachment);
        self.issues.iter().find(|(_, i)| holds(i)).map(|(number, _)| *number)
    }

    /// Removes a file, with its entry in the changelog; answers with the issue's number, 0 if it was gone.
    pub fn detach(&mut self, actor: Actor, now: i64, attachment: &AttachmentId) -> u64 {
        let entry = self.fresh();
        let Some(number) = self.holder(attachment) else { return 0 };
        let Some(issue) = self.issue(number) else { return 0 };
        issue.seen.attachments.retain(|a| a.id != *attachment);
        let change =
            HistoryChange { field: "Attachment".to_owned(), from: Some(attachment.to_string()), to: None };
        note(&mut issue.seen, entry, now, actor, vec![change]);
        self.files.remove(attachment);
        number
    }

    /// A person copies an issue, marker and all (F55).
    pub fn copy(&mut self, actor: Actor, now: i64, number: u64) -> Option<u64> {
        let seen = self.issue(number)?.seen.clone();
        let copy =
            self.create(actor, now, &seen.summary, &seen.description, &seen.issue_type, seen.marker.clone());
        Some(copy)
    }

    /// The search index learns how an issue stands.
    pub fn reindex(&mut self, number: u64) {
        match self.issues.get(&number).filter(|i| !i.deleted) {
            Some(issue) => self.index.insert(number, issue.seen.clone()),
            None => self.index.remove(&number),
        };
    }

    /// The highest key number in the project that the index knows.
    pub fn highest(&self) -> u64 {
        self.index.values().filter(|i| i.project == self.project).map(|i| i.key.number()).max().unwrap_or(0)
    }
}

fn note(seen: &mut ObservedIssue, id: u64, now: i64, actor: Actor, changes: Vec<HistoryChange>) {
    seen.updated_ms = now;
    let fields = changes.iter().map(|c| c.field.clone()).collect();
    seen.history.push(HistoryEntry { id, at_ms: now, by_us: actor.by_us(), fields, changes });
}
