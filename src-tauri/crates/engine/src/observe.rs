//! Our tracker shows an issue: the local tree, and what of it is a change.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use twinline_model::extra::Extra;
use twinline_model::intent::{Intent, IssueFields, Write};
use twinline_model::observed::{Leaving, Marker, ObservedAttachment, ObservedComment, ObservedIssue};
use twinline_model::pair::{
    Attachment, Comment, Field, Gone, IncomingComment, LEFT_OUT, OurIssue, Pair, PairState, Side,
};
use twinline_model::replica::{Standing, Version, Versioned};
use twinline_model::rest::REST_FILE;
use twinline_model::text::clean_file_name;
use twinline_model::{AttachmentId, Document, NodeId, Origin, Rest};

use crate::conflict::{bump_by, receive_field, remember};
use crate::digest::body_hash;
use crate::history::{drifts, only_ours, overwritten, removed, replaced};
use crate::merge::{Mergeable, merge};
use crate::note::{Lost, as_json};
use crate::notice::{adopt_notice, is_notice};
use crate::recall::own_id;
use crate::rest::keep_file;
use crate::rules::{Form, Forms, Rules, TextForm};

/// Rounds after which another tool is taken for one that will never stop.
const MOST_ROUNDS: u32 = 3;

/// Who looks, and with which eyes.
#[derive(Clone, Copy)]
pub struct Eyes<'a> {
    /// The connection's rules.
    pub rules: &'a Rules,
    /// Our node.
    pub node: &'a NodeId,
    /// The site that the issue stands in.
    pub site: &'a str,
    /// How the partner's values look here.
    pub forms: &'a dyn Forms,
    /// Both sides agree on what was said so far. Before that, a file by our own account that nobody knows may be one that
    /// we uploaded before our database was set back.
    pub settled: bool,
    /// By how much a change counts that is met before both sides agree: 1, or a large number by chance. If our database was
    /// set back, the next numbers were given before, to other texts; a leap lands where none was ever given.
    pub leap: u64,
}

/// Whether the markers of this issue's comments must be read before it may be observed: a comment by our own account
/// that no pair knows is either a person's, or a late effect of a write that we had given up.
pub fn needs_markers(pair: &Pair, seen: &ObservedIssue) -> bool {
    seen.comments.iter().any(|c| c.by_us && !is_known(pair, c))
}

/// Leaves out the comments of which only their markers could tell whose they are, and what came after them: a look that
/// reads the markers meets them again, in their order. True: there were some.
pub fn leave_unmarked(pair: &Pair, seen: &mut ObservedIssue) -> bool {
    let mut unmarked = false;
    seen.comments.retain(|comment| {
        let known = is_known(pair, comment);
        unmarked |= comment.by_us && !known && !bug!(MarkerIgnored);
        known || !unmarked
    });
    unmarked
}

/// Takes in what our tracker shows. Returns the texts that lost a conflict with what waited in the remote tree.
///
/// `open` are the pair's unsettled intents: what one of them may have caused is left alone until it is settled.
/// Markers in `seen` have been verified; a forged one is absent.
pub fn observe(pair: &mut Pair, mut seen: ObservedIssue, open: &[Intent], eyes: Eyes<'_>) -> Vec<Lost> {
    if !eyes.rules.internal_comments {
        // From here on they are what the partner must not see, like any other.
        seen.comments.iter_mut().for_each(|comment| comment.restricted |= comment.internal);
    }
    // The search index may show an issue as it was before a write that we have read back already.
    if !bug!(StaleIndex) && pair.local.as_ref().is_some_and(|local| seen.updated_ms < local.updated_ms) {
        return Vec::new();
    }
    if pair.state != PairState::Active || open.iter().any(|i| matches!(i.write, Write::CreateIssue { .. })) {
        pair.local = Some(seen);
        return Vec::new();
    }
    pair.ours = Some(OurIssue { id: seen.id.clone(), key: seen.key.clone(), url: seen.url.clone() });
    let lost = observe_fields(pair, &seen, open, eyes);
    if eyes.rules.comments {
        observe_comments(pair, &seen, open, eyes);
    }
    if eyes.rules.attachments {
        observe_attachments(pair, &seen, open, eyes);
    }
    take_or_leave(pair, eyes.forms);
    pair.local = Some(seen);
    keep_file(pair);
    lost
}

/// Files of the partner's that are not here yet: the incoming rules say which of them come, all asked at once.
pub(crate) fn take_or_leave(pair: &mut Pair, forms: &dyn Forms) {
    let left_out = |file: &Attachment| file.stopped.as_deref() == Some(LEFT_OUT);
    let open = |file: &Attachment| {
        let waits = file.born == Side::Theirs && file.ours.is_none() && file.gone.is_no() && !file.made;
        waits && (file.stopped.is_none() || left_out(file))
    };
    let asked: Vec<&Attachment> = pair.attachments.iter().filter(|file| open(file)).collect();
    if asked.is_empty() {
        return;
    }
    let mut answers = forms.takes(&asked).into_iter();
    for file in pair.attachments.iter_mut().filter(|file| open(file)) {
        file.stopped = (answers.next() == Some(false)).then(|| LEFT_OUT.to_owned());
    }
}

fn observe_fields(pair: &mut Pair, seen: &ObservedIssue, open: &[Intent], eyes: Eyes<'_>) -> Vec<Lost> {
    let edits = |has: fn(&IssueFields) -> bool| {
        open.iter().any(|i| matches!(&i.write, Write::EditIssue { fields, .. } if has(fields)))
    };
    let (rules, forms) = (eyes.rules, eyes.forms);
    let leaving = seen.leaving.as_ref();
    let mut look = Look {
        seen,
        owner: pair.owner,
        after: newest_seen(pair),
        by: if eyes.settled { 1 } else { eyes.leap },
        same_rules: leaving.map(|l| l.rules) == leaving_before(pair),
        drift: pair.drift.is_some(),
        joined: pair.joined.is_some(),
        found: None,
        lost: Vec::new(),
    };
    if rules.summary && !edits(|f| f.summary.is_some()) {
        let form = |theirs: &String| forms.summary(theirs);
        let leaves = Travels::of(leaving, |leaving| &leaving.summary);
        look.field(&mut pair.summary, &seen.summary, leaves, "summary", &form);
    }
    if rules.description && !edits(|f| f.description.is_some()) {
        let leaves = Travels::of(leaving, |leaving| &leaving.description);
        look.field(&mut pair.description, &seen.description, leaves, "description", &TextForm(forms));
    }
    if rules.issue_type && !edits(|f| f.issue_type.is_some()) {
        let form = |theirs: &String| forms.issue_type(theirs).unwrap_or_else(|| theirs.clone());
        let leaves = Travels::of(leaving, |leaving| &leaving.issue_type);
        look.field(&mut pair.issue_type, &seen.issue_type, leaves, "issuetype", &form);
    }
    look.extras(&mut pair.extras, open, forms);
    if let Some(field) = look.found {
        pair.drift = Some(field);
    }
    look.lost
}

/// Another issue than the one that was looked at so far is the pair's: nothing that was read there holds. The versions stay,
/// so that whatever this issue says counts on from what the partner was told of the other one, and what was received and not
/// written yet is still to be written. The partner's comments and files come again, since both sides will find that they differ.
///
/// `attempt`: the create that made it.
pub fn take_another(pair: &mut Pair, ours: OurIssue, attempt: Option<u32>) {
    fn counted<T>(field: &mut Field<T>) -> Field<T> {
        Field { version: field.version, remote: field.remote.take(), ..Field::default() }
    }
    *pair = Pair {
        ours: Some(ours),
        made_by: attempt,
        theirs: pair.theirs.take(),
        given_up: pair.given_up,
        state: pair.state.clone(),
        summary: counted(&mut pair.summary),
        description: counted(&mut pair.description),
        issue_type: counted(&mut pair.issue_type),
        extras: pair.extras.iter_mut().map(|(name, field)| (name.clone(), counted(field))).collect(),
        overruled: std::mem::take(&mut pair.overruled),
        whole: true,
        ..Pair::new(pair.id, pair.connection.clone(), pair.origin.clone(), pair.owner)
    };
}

/// By which rules it was said at the last look what leaves.
fn leaving_before(pair: &Pair) -> Option<u64> {
    pair.local.as_ref().and_then(|seen| seen.leaving.as_ref()).map(|leaving| leaving.rules)
}

/// The newest entry of the changelog that was seen.
fn newest_seen(pair: &Pair) -> u64 {
    pair.local.as_ref().and_then(|seen| seen.history.last()).map_or(0, |entry| entry.id)
}

/// Texts of people that our account replaced since the pair last saw its issue: if our database was set back, the record of
/// them went with it. For our own record only: what stood in an issue before it was synced is not the partner's.
///
/// Not what was replaced after `until_ms` (the tracker's clock): this run remembers what it wrote, and people may use our
/// account.
pub fn recalled(pair: &Pair, seen: &ObservedIssue, until_ms: i64) -> Vec<Lost> {
    if pair.local.as_ref().is_some_and(|local| seen.updated_ms < local.updated_ms) {
        return Vec::new();
    }
    let after = newest_seen(pair);
    let text = |words: &str| as_json(Some(&Document::plain(words)));
    let line = |words: &str| as_json(Some(&words));
    let mut lost = Vec::new();
    let extra = |name: &str, words: &str| as_json(Some(&Extra::of_words(words).shaped(name)));
    let leaves = seen.leaving.iter().flat_map(|leaving| leaving.extras.keys());
    let extras: BTreeSet<&String> = pair.extras.keys().chain(leaves).collect();
    let names = ["summary", "description", "issuetype"].into_iter();
    for name in names.chain(extras.into_iter().map(String::as_str)) {
        for (was, is) in replaced(&seen.history, name, after, until_ms) {
            let (kept, gone) = match name {
                "description" => (text(is), text(was)),
                "summary" | "issuetype" => (line(is), line(was)),
                _ => (extra(name, is), extra(name, was)),
            };
            lost.push(Lost { field: name.to_owned(), ours_won: false, kept, lost: gone });
        }
    }
    lost
}

/// How a value of ours travels.
enum Travels<'a, T> {
    /// As it stands.
    AsItStands,
    /// As the rules of Script mode made it.
    As(&'a T),
    /// Not at all: whatever people write there stays here.
    Stays,
}

impl<'a, T> Travels<'a, T> {
    fn of(leaving: Option<&'a Leaving>, value: impl FnOnce(&'a Leaving) -> &'a Option<T>) -> Self {
        match leaving.map(value) {
            None => Self::AsItStands,
            Some(Some(value)) => Self::As(value),
            Some(None) => Self::Stays,
        }
    }
}

/// One look at an issue's fields.
struct Look<'a> {
    seen: &'a ObservedIssue,
    owner: Side,
    /// The newest entry of the changelog that was seen before.
    after: u64,
    /// By how much a change counts.
    by: u64,
    /// The rules that say what leaves are those of the look before.
    same_rules: bool,
    /// It was stopped already because of another tool.
    drift: bool,
    /// It was there before the pair: whatever stands in it is somebody's word.
    joined: bool,
    /// The field that another tool is found to keep changing.
    found: Option<String>,
    lost: Vec<Lost>,
}

impl Look<'_> {
    /// Fields that travelled once, or that rules let leave. The others are nobody's business.
    fn extras(&mut self, extras: &mut BTreeMap<String, Field<Extra>>, open: &[Intent], forms: &dyn Forms) {
        let (seen, leaving) = (self.seen, self.seen.leaving.as_ref());
        let mut names: BTreeSet<String> = extras.keys().cloned().collect();
        names.extend(leaving.iter().flat_map(|leaving| leaving.extras.keys().cloned()));
        let edits = |name: &str| {
            let edits = |i: &Intent| matches!(&i.write, Write::EditIssue { fields, .. } if fields.extras.contains_key(name));
            open.iter().any(edits)
        };
        for name in names.into_iter().filter(|name| !edits(name)) {
            let now = seen.extras.get(&name).cloned().unwrap_or_default();
            let leaves = leaving.and_then(|l| l.extras.get(&name)).map_or(Travels::Stays, Travels::As);
            let form = |theirs: &Extra| forms.extra(&name, theirs, &now);
            let field = extras.entry(name.clone()).or_default();
            // What a twin began with, because a create does not take the field, is nobody's change.
            let untouched = || !seen.history.iter().any(|entry| entry.fields.contains(&name));
            let awaited =
                field.chosen.is_some() || (field.remote.is_some() && field.version == Version::default());
            if self.owner == Side::Theirs
                && !self.joined
                && awaited
                && field.base_local.is_none()
                && untouched()
            {
                field.base_local = Some(now.clone());
            }
            // What is to be written stands here already, or the rules leave it alone: nothing is written.
            if let Some(waiting) = field.remote.take_if(|waiting| {
                waiting.version.standing(field.version) == Standing::Newer && form(&waiting.value) == now
            }) {
                adopt(field, waiting, &now, &form);
            }
            if field.remote.is_none() && field.chosen.take_if(|chosen| form(chosen) == now).is_some() {
                field.base_local = Some(now.clone());
            }
            self.field(field, &now, leaves, &name, &form);
        }
    }

    /// The heart of echo suppression: only what differs from `base_local` is a change, and after a write of ours
    /// `base_local` is what we read back, unless somebody wrote in between.
    fn field<T: Clone + PartialEq + Serialize + Mergeable>(
        &mut self,
        field: &mut Field<T>,
        now: &T,
        leaves: Travels<'_, T>,
        name: &str,
        form: &dyn Form<T>,
    ) {
        let history = &self.seen.history;
        let wrote = |field: &Field<T>| field.base_local.as_ref().map(T::words).unwrap_or_default();
        if let Some(unread) = field.unread.take()
            && (bug!(AnyReadBack) || only_ours(history, name, unread, &wrote(field)))
        {
            field.base_local = Some(now.clone());
            return;
        }
        if field.base_local.as_ref() == Some(now) {
            keep_by_the_rules(field, leaves, self.same_rules);
            return;
        }
        if bug!(EchoByAuthor) && history.last().is_some_and(|entry| entry.by_us) {
            field.base_local = Some(now.clone());
            return;
        }
        // Exactly what waits to be written stands here already, as after a restore: nothing is left to write.
        if let Some(waiting) = field.remote.take_if(|w| form.of(&w.value) == *now) {
            self.keep_unseen(now, name);
            adopt(field, waiting, now, form);
            return;
        }
        if matches!(leaves, Travels::Stays) {
            return;
        }
        if self.another_round(&mut field.rounds, name) {
            self.found = Some(name.to_owned());
        }
        remember(field);
        // At first sight too: a restored database forgets whole issues, and the partner may have built on the first text.
        bump_by(field, self.owner, if bug!(NoCount) && field.base_local.is_some() { 0 } else { self.by });
        let before = field.base_local.replace(now.clone());
        // What does not fit here was not there to be taken away.
        let whole = |here: &T| field.rest.as_ref().map_or_else(|| here.clone(), |rest| here.whole(rest));
        // What stood here, and not what was decided meanwhile: the two are merged against it.
        let before = before.as_ref().map(whole);
        let changed = match leaves {
            Travels::As(value) => whole(value),
            _ => whole(now),
        };
        field.base_remote = Some(changed.clone());
        field.missing.clear();
        if let Some(chosen) = field.chosen.take() {
            self.rechoose(field, before, chosen, &changed, name);
        }
        // Nobody could see any more that there is more: it is said again.
        if field.chosen.is_none() && field.rest.as_ref().is_some_and(|rest| !now.tells(rest)) {
            field.chosen = field.base_remote.clone();
        }
        // What waits to be written here was made without knowing of this change.
        if let Some(waiting) = field.remote.take() {
            self.lost.extend(receive_field(field, waiting, name, self.owner, form));
        }
    }

    /// A write of ours that was given up may have put it there after all, over what a person had written meanwhile (F75).
    fn keep_unseen<T: Serialize + Mergeable>(&mut self, now: &T, name: &str) {
        let unseen = overwritten(&self.seen.history, name, self.after, &now.words());
        self.lost.extend(unseen.map(|words| Lost {
            field: name.to_owned(),
            ours_won: false,
            kept: as_json(Some(now)),
            lost: as_json(Some(&T::of_words(words))),
        }));
    }

    /// Counts how often in a row another tool answered what we wrote. True: it will never stop.
    fn another_round(&self, rounds: &mut u32, name: &str) -> bool {
        // A person said that it may be tried again.
        if !self.drift && *rounds >= MOST_ROUNDS {
            *rounds = 0;
        }
        match drifts(&self.seen.history, name) {
            Some(true) => *rounds = rounds.saturating_add(1),
            Some(false) => *rounds = 0,
            None => return false,
        }
        *rounds >= MOST_ROUNDS
    }

    /// A person changed the field while what we had decided was still to be written: both are kept where that is possible.
    fn rechoose<T: Clone + PartialEq + Serialize + Mergeable>(
        &mut self,
        field: &mut Field<T>,
        before: Option<T>,
        chosen: T,
        now: &T,
        name: &str,
    ) {
        let merged = before.and_then(|before| T::merge(&before, now, &chosen));
        match merged {
            Some(merged) if !merged.overlaps => {
                field.base_remote = Some(merged.value.clone());
                field.chosen = (merged.value != *now).then_some(merged.value);
            }
            _ => self.lost.push(Lost {
                field: name.to_owned(),
                ours_won: true,
                kept: as_json(Some(now)),
                lost: as_json(Some(&chosen)),
            }),
        }
    }
}

/// What waits to be told of a value that stands as it was may not be what the rules of today make of it.
fn keep_by_the_rules<T: Clone + Mergeable>(field: &mut Field<T>, leaves: Travels<'_, T>, same_rules: bool) {
    // What was decided here, by these very rules, is not what stands here yet.
    let decided = same_rules && field.chosen.is_some() && !matches!(leaves, Travels::Stays);
    if decided || field.version.standing(field.sent) != Standing::Newer {
        return;
    }
    match leaves {
        Travels::AsItStands => {}
        Travels::As(value) => {
            let whole = field.rest.as_ref().map_or_else(|| value.clone(), |rest| value.whole(rest));
            field.base_remote = field.base_remote.take().map(|_| whole);
        }
        // As if it had never been met: the partner has what they were told before. Should it leave one day, it is a change then.
        Travels::Stays => {
            field.version = field.sent;
            (field.base_remote, field.base_local) = (field.there.take(), None);
        }
    }
}

/// The partner's version stands here, whoever wrote it.
pub(crate) fn adopt<T: Clone + PartialEq>(
    field: &mut Field<T>,
    theirs: Versioned<T>,
    now: &T,
    form: &dyn Form<T>,
) {
    // The same text may stand here with another border, after a change of ours: then the rest stays too.
    if *now == form.of(&theirs.value) {
        field.rest = form.rest(&theirs.value);
    }
    field.version = theirs.version;
    field.sent = theirs.version;
    field.base_local = Some(now.clone());
    field.base_remote = Some(theirs.value);
    field.chosen = None;
    field.missing.clear();
    field.ancestors.clear();
    field.there = None;
}

fn observe_comments(pair: &mut Pair, seen: &ObservedIssue, open: &[Intent], eyes: Eyes<'_>) {
    let adding = open.iter().any(|i| matches!(i.write, Write::AddComment { .. }));
    for comment in &seen.comments {
        let hash = body_hash(&comment.body);
        if comment.marker.is_none() && !is_known(pair, comment) {
            // One that the partner remembers for us, and that we have not met since.
            let origin = Origin::of_comment(eyes.node, eyes.site, &comment.id);
            if let Some(met) = pair.comments.iter_mut().find(|k| k.origin == origin) {
                met.ours = Some(comment.id.clone());
            }
        }
        if let Some(known) = pair.comments.iter_mut().find(|k| k.ours.as_ref() == Some(&comment.id)) {
            // A twin comment is read-only in effect: only its author's side changes it.
            if known.author == Side::Ours
                && (known.base_hash != hash || known.withdrawn != comment.restricted)
            {
                known.version = known.version.saturating_add(u64::from(!bug!(CommentEditLost)));
                known.base_hash = hash;
                known.withdrawn = comment.restricted;
            }
        } else if (comment.restricted && !bug!(RestrictedLeaves))
            || pair.strays.contains(&comment.id)
            || is_notice(pair, &comment.id)
            || adding
        {
            // Not for the partner; or settled later, when the intent is: this may be what it wrote.
        } else if let Some(marker) = comment.marker.as_ref().filter(|_| !bug!(MarkerIgnored)) {
            adopt_comment(pair, comment, marker, hash, eyes.node);
        } else {
            let origin = Origin::of_comment(eyes.node, eyes.site, &comment.id);
            let (ours, version, base_hash) = (Some(comment.id.clone()), 1, hash);
            pair.comments.push(Comment { ours, version, base_hash, ..Comment::new(origin, Side::Ours) });
        }
    }
}

/// A comment of ours that took effect after we had given it up: the twin if the place is free, else a stray (F71).
fn adopt_comment(pair: &mut Pair, comment: &ObservedComment, marker: &Marker, hash: String, node: &NodeId) {
    if adopt_notice(pair, &marker.origin, &comment.id) {
        return;
    }
    match pair.comments.iter_mut().find(|k| k.origin == marker.origin) {
        Some(known) if known.ours.is_none() => {
            known.ours = Some(comment.id.clone());
            known.base_hash = hash;
            known.done = known.done.max(1);
            // It was withdrawn while we did not know that it stands here.
            if known.withdrawn && known.incoming.is_none() {
                known.done = known.version.saturating_sub(1);
                let (author, created_ms, body) = Default::default();
                known.incoming = Some(IncomingComment { author, created_ms, body });
            }
        }
        // Written before our database was set back: which version it shows, the partner will tell.
        None if marker.origin.node != *node => {
            let twin = Comment::new(marker.origin.clone(), Side::Theirs);
            pair.comments.push(Comment { ours: Some(comment.id.clone()), base_hash: hash, ..twin });
        }
        _ => pair.strays.push(comment.id.clone()),
    }
}

fn is_known(pair: &Pair, comment: &ObservedComment) -> bool {
    pair.strays.contains(&comment.id)
        || is_notice(pair, &comment.id)
        || pair.comments.iter().any(|k| k.ours.as_ref() == Some(&comment.id))
}

fn observe_attachments(pair: &mut Pair, seen: &ObservedIssue, open: &[Intent], eyes: Eyes<'_>) {
    for known in pair.attachments.iter_mut().filter(|a| a.gone == Gone::No) {
        // Only the changelog says that somebody took it away; missing from the list says nothing.
        let absent = |id: &_| bug!(DeleteOnAbsence) && !seen.attachments.iter().any(|a| a.id == *id);
        let remembered = || own_id(&known.origin, eyes, "a").map(AttachmentId::new);
        if known.ours.clone().or_else(remembered).is_some_and(|id| absent(&id) || removed(&seen.history, &id))
        {
            known.gone = Gone::Here;
        }
    }
    if open.iter().any(|i| matches!(i.write, Write::AddAttachment { .. })) {
        return;
    }
    if seen.leaving.is_some() {
        // Known since other rules were in force, and told to nobody.
        pair.attachments.retain(|file| {
            let waits = file.born == Side::Ours && !file.sent && file.gone.is_no();
            !waits || file.ours.as_ref().is_none_or(|id| leaves(seen, id))
        });
    }
    for attachment in &seen.attachments {
        let listed = born_here(attachment, eyes);
        // One that the partner remembers for us, and that we have not met since.
        let remembered = |k: &&mut Attachment| k.ours.is_none() && k.origin == listed.origin;
        if let Some(met) = pair.attachments.iter_mut().find(remembered) {
            (met.ours, met.file_name, met.mime) = (listed.ours, listed.file_name, listed.mime);
            (met.size, met.author) = (listed.size, listed.author);
            continue;
        }
        let known = pair.attachments.iter().any(|k| {
            k.ours.as_ref() == Some(&attachment.id)
                || (bug!(FileByName) && k.file_name == attachment.file_name)
        });
        if attachment.by_us && !known {
            // Our tracker may have taken after all what it refused, before our database was set back to the refusal.
            let again = |a: &&mut Attachment| looks_like(a, attachment);
            pair.attachments.iter_mut().filter(again).for_each(|a| a.stopped = None);
        }
        // The rest of a text that we made before our database was set back.
        let made = attachment.by_us && attachment.file_name == REST_FILE;
        let unsure = made || (attachment.by_us && (!eyes.settled || twin_of(pair, attachment)));
        if !known && !unsure && leaves(seen, &attachment.id) {
            pair.attachments.push(listed);
        }
    }
}

/// Whether our rules let a file leave.
fn leaves(seen: &ObservedIssue, file: &AttachmentId) -> bool {
    seen.leaving.as_ref().is_none_or(|leaving| leaving.attachments.contains(file))
}

/// A file of the partner's that looks like this one is still to come: this may be it, uploaded before our database was
/// set back. The plan finds out.
fn twin_of(pair: &Pair, attachment: &ObservedAttachment) -> bool {
    pair.attachments.iter().any(|a| may_be(a, attachment))
}

/// Whether `seen` may be the twin of `theirs`: the bytes have to be compared.
pub(crate) fn may_be(theirs: &Attachment, seen: &ObservedAttachment) -> bool {
    theirs.stopped.is_none() && looks_like(theirs, seen)
}

fn looks_like(theirs: &Attachment, seen: &ObservedAttachment) -> bool {
    theirs.born == Side::Theirs
        && theirs.ours.is_none()
        && theirs.gone.is_no()
        && !theirs.looked.contains(&seen.id)
        && theirs.size == seen.size
        && theirs.file_name == clean_file_name(&seen.file_name)
}

/// Whether something of an issue was left for later, because both sides do not agree yet.
pub fn leaves_open(pair: &Pair, seen: &ObservedIssue) -> bool {
    let known = |id: &AttachmentId| pair.attachments.iter().any(|k| k.ours.as_ref() == Some(id));
    let waits = |a: &&ObservedAttachment| a.by_us && a.file_name != REST_FILE && !known(&a.id);
    seen.attachments.iter().filter(waits).any(|a| leaves(seen, &a.id))
}

fn born_here(attachment: &ObservedAttachment, eyes: Eyes<'_>) -> Attachment {
    Attachment {
        ours: Some(attachment.id.clone()),
        file_name: clean_file_name(&attachment.file_name),
        mime: attachment.mime.clone(),
        size: attachment.size,
        author: attachment.author.clone(),
        ..Attachment::new(Origin::of_attachment(eyes.node, eyes.site, &attachment.id), Side::Ours)
    }
}

impl Mergeable for String {
    fn words(&self) -> String {
        self.clone()
    }
    fn of_words(words: &str) -> Self {
        words.to_owned()
    }
    fn whole(&self, _: &Rest) -> Self {
        self.clone()
    }
}

impl Mergeable for Extra {
    fn words(&self) -> String {
        Extra::words(self)
    }
    /// Which of them were several texts no changelog says.
    fn of_words(words: &str) -> Self {
        if words.is_empty() { Self::Nothing } else { Self::Text(words.to_owned()) }
    }
    fn whole(&self, _rest: &Rest) -> Self {
        self.clone()
    }
}

impl Mergeable for Document {
    fn words(&self) -> String {
        self.to_plain_text()
    }
    fn of_words(words: &str) -> Self {
        Self::plain(words)
    }
    fn merge(base: &Self, ours: &Self, theirs: &Self) -> Option<crate::merge::Merged<Self>> {
        Some(merge(base, ours, theirs))
    }
    fn merges() -> bool {
        true
    }
    fn whole(&self, rest: &Rest) -> Self {
        rest.whole(self)
    }
    fn tells(&self, rest: &Rest) -> bool {
        rest.is_told(self)
    }
}
