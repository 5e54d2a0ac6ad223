//! An issue and its twin, side by side: what differs, as far as the trees say, and what becomes of it.
//!
//! For people only; nothing is decided by it. Every difference that the trees know of is named, and equal sides show none.

use std::collections::BTreeSet;

use twinline_model::compare::{Likeness, Part, Way, Why};
use twinline_model::observed::ObservedIssue;
use twinline_model::pair::{Field, Pair, PairState, Side};
use twinline_model::replica::{Replica, Standing, Version};
use twinline_model::{Document, Origin};

use crate::history::only_ours;
use crate::merge::Mergeable;
use crate::rules::Rules;

mod comments;
mod files;

/// What was told and may not have got there: messages that the partner has not acknowledged, and files that they fetch.
#[derive(Clone, Default, Debug)]
pub struct Underway {
    /// Fields by their names as in [`Part`].
    fields: Vec<(Part, Version)>,
    /// Comments with the version that was told.
    comments: BTreeSet<(Origin, u64)>,
    /// Files.
    files: BTreeSet<Origin>,
    /// Files that people here took away.
    gone: BTreeSet<Origin>,
    /// Files that the partner is told of, and whose bytes we still keep for them.
    offered: BTreeSet<Origin>,
}

impl Underway {
    /// One more message that was not acknowledged.
    pub fn add(&mut self, replica: &Replica) {
        let fields = [
            (Part::Summary, replica.summary.as_ref().map(|v| v.version)),
            (Part::Description, replica.description.as_ref().map(|v| v.version)),
            (Part::Type, replica.issue_type.as_ref().map(|v| v.version)),
        ];
        self.fields.extend(fields.into_iter().filter_map(|(part, version)| Some((part, version?))));
        self.comments.extend(replica.comments.iter().map(|c| (c.origin.clone(), c.version)));
        self.files.extend(replica.attachments.iter().map(|a| a.origin.clone()));
        self.gone.extend(replica.gone.iter().cloned());
    }

    /// One more file whose bytes are kept for the partner.
    pub fn offer(&mut self, file: Origin) {
        self.offered.insert(file);
    }
}

/// How it stands with one thing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Whether the two sides are alike.
    pub likeness: Likeness,
    /// What becomes of it.
    pub way: Way,
    /// Why.
    pub why: Why,
}

impl Finding {
    /// Equal, and nothing is on its way.
    pub const SAME: Self = Self { likeness: Likeness::Same, way: Way::Settled, why: Why::Plain };

    fn new(likeness: Likeness, way: Way, why: Why) -> Self {
        Self { likeness, way, why }
    }
}

/// A field on both sides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldFinding {
    /// Which.
    pub part: Part,
    /// Its words on our side.
    pub ours: Option<String>,
    /// On theirs, as far as we know.
    pub theirs: Option<String>,
    /// How it stands.
    pub finding: Finding,
}

/// A comment on both sides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommentFinding {
    /// Whose it is.
    pub by: Side,
    /// Who wrote it, where that is known.
    pub author: Option<String>,
    /// When, ms since 1970.
    pub at_ms: Option<i64>,
    /// Its words on our side; `None`: it is not there, or not for everybody's eyes.
    pub ours: Option<String>,
    /// On theirs, where they differ and we know them.
    pub theirs: Option<String>,
    /// How it stands.
    pub finding: Finding,
}

/// A file on both sides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileFinding {
    /// Where it was born.
    pub by: Side,
    /// Its name.
    pub file_name: String,
    /// Bytes.
    pub size: u64,
    /// How it stands.
    pub finding: Finding,
}

/// All of an issue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Compared {
    /// Summary, description, type.
    pub fields: Vec<FieldFinding>,
    /// In the order of the issue, those that are new here at the end.
    pub comments: Vec<CommentFinding>,
    /// In the order of the issue, those that are new here at the end.
    pub files: Vec<FileFinding>,
}

/// The circumstances of one comparison.
struct Look<'a> {
    pair: &'a Pair,
    /// Our issue: read a moment ago, or as it is stored.
    seen: Option<&'a ObservedIssue>,
    rules: &'a Rules,
    underway: &'a Underway,
}

impl Look<'_> {
    /// The partner may have a twin, and be told.
    fn active(&self) -> bool {
        self.pair.state == PairState::Active
    }

    /// Whether the partner knows the issue: theirs was the first, or they told us which one stands for ours.
    fn is_known_there(&self) -> bool {
        self.pair.owner == Side::Theirs || self.pair.theirs.is_some()
    }

    /// Nothing of our issue leaves.
    fn is_locked(&self) -> bool {
        self.seen.is_some_and(|seen| seen.restricted)
    }

    /// What becomes of a change of ours.
    fn outward(&self, unsent: bool, why: Why) -> (Way, Why) {
        match (self.active(), self.is_locked()) {
            (false, _) => (Way::Settled, why),
            (true, true) => (Way::Stays, Why::SecurityLevel),
            (true, false) => (if unsent { Way::ToPartner } else { Way::Sent }, why),
        }
    }
}

/// Compares both sides of a pair. `now`: our issue as it was read a moment ago; without it, as it is stored.
pub fn compare(pair: &Pair, now: Option<&ObservedIssue>, rules: &Rules, underway: &Underway) -> Compared {
    let look = Look { pair, seen: now.or(pair.local.as_ref()), rules, underway };
    let plain = |whole: &Document| whole.to_plain_text();
    let fields = [
        field(&look, Part::Summary, &pair.summary, |s| s.summary.clone(), String::clone),
        field(&look, Part::Description, &pair.description, |s| s.description.clone(), plain),
        field(&look, Part::Type, &pair.issue_type, |s| s.issue_type.clone(), String::clone),
    ];
    Compared {
        fields: fields.into_iter().flatten().collect(),
        comments: comments::compare(&look),
        files: files::compare(&look),
    }
}

fn field<T: Clone + PartialEq + Mergeable>(
    look: &Look<'_>,
    part: Part,
    field: &Field<T>,
    of: fn(&ObservedIssue) -> T,
    words: impl Fn(&T) -> String,
) -> Option<FieldFinding> {
    let here = look.seen.map(of).or_else(|| field.base_local.clone());
    let here = here.filter(|_| look.pair.ours.is_some());
    // What stands there after a write of ours, and is not ours, is a change of somebody's.
    let wrote = field.base_local.as_ref().map(T::words).unwrap_or_default();
    let is_ours = |seen: &ObservedIssue, unread| only_ours(&seen.history, name(part), unread, &wrote);
    let read_back = look.seen.is_some_and(|seen| field.unread.is_some_and(|unread| is_ours(seen, unread)));
    let unnoticed = look.seen.is_some() && !read_back && here != field.base_local;
    let waiting = field.remote.as_ref().filter(|r| r.version.standing(field.version) == Standing::Newer);
    // Everything is told once more after the two sides were found to differ; what was told before counts.
    let again = look.is_known_there() && field.sent == Version::default() && field.there.is_none();
    let unsent = field.base_remote.is_some() && field.version.standing(field.sent) == Standing::Newer;
    let sent = look.underway.fields.contains(&(part, field.version));
    let ours =
        here.as_ref().map(|here| field.rest.as_ref().map_or_else(|| here.clone(), |rest| here.whole(rest)));
    let theirs = match waiting {
        Some(waiting) => Some(waiting.value.clone()),
        None if !look.is_known_there() => None,
        None if (unsent && !again) || sent => field.there.clone(),
        None => field.base_remote.clone(),
    };
    let agreed = waiting.is_none() && !unnoticed && !((unsent && !again) || sent) && field.chosen.is_none();
    let (our_words, their_words) = (ours.as_ref().map(&words), theirs.as_ref().map(&words));
    let likeness = match (&ours, &theirs) {
        (None, None) => return None,
        (None, Some(_)) => Likeness::OnlyTheirs,
        (Some(_), None) if !look.is_known_there() => Likeness::OnlyOurs,
        (Some(_), None) => Likeness::Changed,
        (Some(a), Some(b)) if a == b => Likeness::Same,
        _ if agreed && our_words == their_words => Likeness::Same,
        _ if agreed => Likeness::Form,
        _ => Likeness::Changed,
    };
    let why = match likeness {
        Likeness::Changed if waiting.is_some() && unnoticed => Why::Both,
        Likeness::Changed if our_words == their_words => Why::Formatting,
        _ if again && unsent => Why::Again,
        _ => Why::Plain,
    };
    let drifts = look.pair.drift.as_deref() == Some(name(part));
    let stays = look.seen.and_then(|seen| seen.leaving.as_ref()).is_some_and(|leaving| match part {
        Part::Summary => leaving.summary.is_none(),
        Part::Description => leaving.description.is_none(),
        Part::Type => leaving.issue_type.is_none(),
    });
    let (way, why) = match likeness {
        _ if !look.active() => (Way::Settled, why),
        _ if field.chosen.is_some() && waiting.is_none() => (Way::ToUs, Why::Chosen),
        Likeness::Changed if drifts => (Way::Stays, Why::Drift),
        Likeness::OnlyTheirs => (Way::ToUs, why),
        Likeness::Changed if waiting.is_some() => (Way::ToUs, why),
        Likeness::Changed | Likeness::OnlyOurs if stays => (Way::Stays, Why::Rules),
        Likeness::Changed if unnoticed && look.is_locked() => (Way::Stays, Why::SecurityLevel),
        Likeness::Changed | Likeness::OnlyOurs if unnoticed => (Way::Unnoticed, why),
        Likeness::Changed | Likeness::OnlyOurs => look.outward(unsent, why),
        Likeness::Same | Likeness::Form if again && unsent => look.outward(unsent, why),
        Likeness::Same | Likeness::Form => (Way::Settled, Why::Plain),
    };
    let finding = Finding { likeness, way, why };
    Some(FieldFinding { part, ours: our_words, theirs: their_words, finding })
}

/// As a changelog calls it.
fn name(part: Part) -> &'static str {
    match part {
        Part::Summary => "summary",
        Part::Description => "description",
        Part::Type => "issuetype",
    }
}
