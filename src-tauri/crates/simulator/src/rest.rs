//! Invariants that are asserted at rest: both sides are equal, nothing is lost, nothing stands there twice.

use std::collections::{BTreeMap, BTreeSet};

use twinline_model::extra;
use twinline_model::observed::Marker;
use twinline_model::pair::{Pair, PairState, Stop};
use twinline_model::problem::{Owner, ProblemCode};
use twinline_model::replica::Version;
use twinline_model::{ConnectionId, Document, Origin, PairId};
use twinline_store::{ConflictRow, ProblemRow, Store};

use crate::check::{Facts, Violation, tokens};
use crate::site::{Site, SiteIssue, stored_line, words};

/// One side at rest.
pub struct Side<'a> {
    /// Its tracker.
    pub site: &'a Site,
    /// Its database.
    pub store: &'a Store,
}

/// Versions above this were drawn by chance.
const LEAP: u64 = 1_000;

struct Known {
    pairs: BTreeMap<Origin, Pair>,
    conflicts: Vec<ConflictRow>,
}

fn known(store: &Store, id: &ConnectionId) -> Known {
    let read = store.read(|tx| {
        let mut known = Known { pairs: BTreeMap::new(), conflicts: Vec::new() };
        for pair in tx.pair_ids(id, 10_000, PairId(0))? {
            known.conflicts.extend(tx.conflicts_of(pair)?);
            if let Some(pair) = tx.pair(pair)? {
                known.pairs.insert(pair.origin.clone(), pair);
            }
        }
        Ok(known)
    });
    read.expect("the database can be read")
}

/// Judges both sides. After a database was set back the order of comments is not promised (I19), and versions leap.
pub fn judge(id: &ConnectionId, sides: [Side<'_>; 2], facts: &Facts) -> BTreeSet<Violation> {
    let restored = !facts.set_back.is_empty();
    let mut judge = Judge { violations: facts.violations.clone(), restored };
    let known = [known(sides[0].store, id), known(sides[1].store, id)];
    for side in 0..2 {
        judge.everybody_has_a_twin(side, &sides, &known, facts);
    }
    judge.stops_are_kept(&known, facts);
    for (origin, pair) in &known[0].pairs {
        if let Some(other) = known[1].pairs.get(origin) {
            judge.equal(pair, other, &sides, facts);
            judge.every_version_is_a_persons(pair, other, facts);
        }
    }
    if !facts.twin_copied {
        judge.nothing_had_to_be_healed(id, &sides);
    }
    judge.nothing_is_lost(&sides, &known, facts);
    judge.nothing_has_leaked(&sides, facts);
    judge.digests_are_equal(id, &sides);
    for side in 0..2 {
        judge.what_waits_is_told(id, side, &sides, &known);
    }
    judge.violations
}

struct Judge {
    violations: BTreeSet<Violation>,
    restored: bool,
}

/// People deleted the twin or moved it away, and a database that was set back may know nothing of it.
fn twin_is_forgotten(side: usize, site: &Site, origin: &Origin, facts: &Facts) -> bool {
    let of = |marker: &Option<Marker>| marker.as_ref().is_some_and(|m| m.origin == *origin);
    let mut twins = site.issues.iter().filter(|(_, issue)| issue.twin && of(&issue.seen.marker));
    facts.set_back.contains(&side) && twins.any(|(number, _)| facts.removed.contains(&(side, *number)))
}

/// A text, apart from what trackers make of it.
fn plain(text: &str) -> String {
    stored_line(text).replace("--", "—")
}

fn plain_text(text: &Document) -> String {
    plain(&words(text))
}

impl Judge {
    fn violated(&mut self, invariant: &'static str, detail: String) {
        self.violations.insert(Violation { invariant, detail });
    }

    /// Each issue that people made has exactly one twin, unless people took one of the two away.
    fn everybody_has_a_twin(
        &mut self,
        side: usize,
        sides: &[Side<'_>; 2],
        known: &[Known; 2],
        facts: &Facts,
    ) {
        let (ours, theirs) = (sides[side].site, sides[1 - side].site);
        for (number, issue) in ours.issues.iter().filter(|(_, i)| !i.twin) {
            if issue.deleted || issue.seen.project != ours.project {
                continue;
            }
            let mine = known[side].pairs.values();
            let Some(pair) =
                mine.into_iter().find(|p| p.ours.as_ref().is_some_and(|o| o.id == issue.seen.id))
            else {
                self.violated("I13", format!("side {side}: {} was never seen", issue.seen.key));
                continue;
            };
            // A copy whose original is gone, met by a database that had forgotten both (docs/correctness.md).
            if issue.seen.marker.as_ref().is_some_and(|m| m.origin == pair.origin)
                && twin_is_forgotten(side, ours, &pair.origin, facts)
            {
                continue;
            }
            let twins: Vec<u64> = theirs
                .issues
                .iter()
                .filter(|(_, t)| t.twin && t.seen.marker.as_ref().is_some_and(|m| m.origin == pair.origin))
                .map(|(n, _)| *n)
                .collect();
            let there = |n: &&u64| theirs.issues.get(n).is_some_and(|i| !i.deleted);
            // A second one that landed late stands apart: no pair has it.
            let paired = |n: &&u64| {
                let is = |p: &Pair| p.ours.as_ref().is_some_and(|o| Site::number(&o.id) == **n);
                known[1 - side].pairs.values().any(is)
            };
            let late = theirs.late.contains(&pair.origin);
            let twice = twins.iter().filter(there).filter(|n| !late || paired(n)).count() > 1;
            if twice {
                self.violated("I2", format!("side {side}: {} has twins {twins:?}", issue.seen.key));
            }
            if twins.is_empty() && pair.state == PairState::Active {
                self.violated("I13", format!("side {side}: {} ({number}) has no twin", issue.seen.key));
            }
            let gone = |n: &u64| facts.removed.contains(&(1 - side, *n));
            if pair.state != PairState::Active
                && !twins.iter().any(gone)
                && !facts.removed.contains(&(side, *number))
            {
                self.violated(
                    "I13",
                    format!("side {side}: {} was unlinked without a reason", issue.seen.key),
                );
            }
        }
    }

    /// What people stopped syncing is stopped on both sides. A database that was set back may have forgotten it.
    fn stops_are_kept(&mut self, known: &[Known; 2], facts: &Facts) {
        for (side, origin) in facts.stopped.iter().filter(|(side, _)| !facts.set_back.contains(side)) {
            let goes_on =
                |known: &Known| known.pairs.get(origin).is_some_and(|p| p.state == PairState::Active);
            if known.iter().any(goes_on) {
                self.violated("I13", format!("side {side} stopped {}, and it is synced", origin.item));
            }
        }
    }

    /// Both issues of a pair say the same.
    fn equal(&mut self, here: &Pair, there: &Pair, sides: &[Side<'_>; 2], facts: &Facts) {
        let both = here.state == PairState::Active && there.state == PairState::Active;
        // A named stop that people see: a field that another hand keeps changing right after us is left alone.
        if here.drift.is_some() || there.drift.is_some() {
            return;
        }
        let (Some(ours), Some(theirs)) = (&here.ours, &there.ours) else { return };
        let (a, b) = (Site::number(&ours.id), Site::number(&theirs.id));
        let removed = facts.removed.contains(&(0, a)) || facts.removed.contains(&(1, b));
        if !both || removed {
            return;
        }
        let (Some(a), Some(b)) = (sides[0].site.issues.get(&a), sides[1].site.issues.get(&b)) else { return };
        let (a, b) = (&a.seen, &b.seen);
        let name = format!("{} and {}", a.key, b.key);
        if plain(&a.summary) != plain(&b.summary) {
            self.violated("I13", format!("summaries of {name}: {:?} and {:?}", a.summary, b.summary));
        }
        if plain_text(&a.description) != plain_text(&b.description) {
            let texts = (words(&a.description), words(&b.description));
            self.violated("I13", format!("descriptions of {name}: {:?} and {:?}", texts.0, texts.1));
        }
        if a.issue_type != b.issue_type {
            self.violated("I13", format!("types of {name}: {} and {}", a.issue_type, b.issue_type));
        }
        for name in here.extras.keys().chain(there.extras.keys()) {
            let (x, y) = (a.extras.get(name), b.extras.get(name));
            if x != y {
                self.violated("I13", format!("{name} of {key}: {x:?} and {y:?}", key = a.key));
            }
        }
        let versions = |p: &Pair| {
            let extras: Vec<(String, Version)> =
                p.extras.iter().map(|(name, field)| (name.clone(), field.version)).collect();
            (p.summary.version, p.description.version, p.issue_type.version, extras)
        };
        if versions(here) != versions(there) {
            self.violated(
                "I13",
                format!("versions of {name}: {:?} and {:?}", versions(here), versions(there)),
            );
        }
        self.comments(&name, [&a.comments, &b.comments]);
        let files = |site: &Site, issue: &twinline_model::observed::ObservedIssue| {
            let mut files = BTreeMap::new();
            for attachment in &issue.attachments {
                if let Some(bytes) = site.files.get(&attachment.id)
                    && !facts.detached.contains(bytes)
                {
                    *files.entry(bytes.clone()).or_insert(0_u32) += 1;
                }
            }
            files
        };
        let (x, y) = (files(sides[0].site, a), files(sides[1].site, b));
        let forgotten = |side: usize| twin_is_forgotten(side, sides[side].site, &here.origin, facts);
        if x != y && !forgotten(0) && !forgotten(1) {
            let show = |f: &BTreeMap<Vec<u8>, u32>| {
                f.iter()
                    .map(|(b, n)| format!("{n} x {}", String::from_utf8_lossy(b)))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            self.violated("I16", format!("files of {name}: [{}] and [{}]", show(&x), show(&y)));
        }
    }

    /// No version was counted without a person's change: neither an echo of our own write, nor one change counted twice.
    /// A conflict counts once more, for the decision of the owner.
    fn every_version_is_a_persons(&mut self, here: &Pair, there: &Pair, facts: &Facts) {
        let (Some(ours), Some(theirs)) = (&here.ours, &there.ours) else { return };
        let numbers = [Site::number(&ours.id), Site::number(&theirs.id)];
        let owner = usize::from(here.owner != twinline_model::pair::Side::Ours);
        let versions = [
            ("summary", here.summary.version),
            ("description", here.description.version),
            ("issuetype", here.issue_type.version),
        ];
        let extras = extra::KNOWN.into_iter().filter_map(|name| Some((name, here.extras.get(name)?.version)));
        for (field, version) in versions.into_iter().chain(extras) {
            let edits =
                |side: usize| facts.edits.get(&(side, numbers[side], field.to_owned())).copied().unwrap_or(0);
            let (by_owner, by_other) = (edits(owner), edits(1 - owner));
            // Before both sides agree, a version leaps by a number that was drawn.
            let leapt = version.owner.max(version.other) > LEAP;
            if self.restored || leapt {
                continue;
            }
            if version.owner > 1 + by_owner + by_other || version.other > by_other {
                let what = format!("{field} of {}: version {}/{}", here.origin, version.owner, version.other);
                self.violated("I15", format!("{what} after {by_owner} and {by_other} changes of people"));
            }
        }
    }

    /// Where no database was set back, the two never differ: a difference that heals is a defect all the same. Not so where a
    /// twin was copied: if the copy was met first, what the partner knows of it is told again once both see that they differ.
    fn nothing_had_to_be_healed(&mut self, id: &ConnectionId, sides: &[Side<'_>; 2]) {
        for (number, side) in sides.iter().enumerate() {
            let healed = side.store.read(|tx| Ok(tx.link(id)?.healed)).expect("the database can be read");
            if healed > 0 && !self.restored {
                self.violated("I18", format!("side {number} healed {healed} differences without a restore"));
            }
        }
    }

    /// Each public comment of a person has one twin that says the same, in the same order.
    fn comments(&mut self, name: &str, both: [&Vec<twinline_model::observed::ObservedComment>; 2]) {
        for side in 0..2 {
            let mut last = 0;
            for comment in both[side].iter().filter(|c| c.marker.is_none() && !c.restricted) {
                let said = plain_text(&comment.body);
                let twins: Vec<usize> = both[1 - side]
                    .iter()
                    .enumerate()
                    .filter(|(_, t)| {
                        let of = t.marker.as_ref().map(|m| m.origin.item.clone()).unwrap_or_default();
                        of.ends_with(&format!("/c/{}", comment.id))
                    })
                    .map(|(at, _)| at)
                    .collect();
                match twins[..] {
                    [] => {
                        self.violated("I16", format!("{name}: a comment of side {side} has no twin: {said}"))
                    }
                    [at] => {
                        let twin = plain_text(&both[1 - side][at].body);
                        if !twin.contains(&said) {
                            self.violated("I13", format!("{name}: the twin of {said:?} says {twin:?}"));
                        }
                        if at < last && !self.restored {
                            self.violated("I12", format!("{name}: the twin of {said:?} came too late"));
                        }
                        last = at;
                    }
                    _ => {
                        self.violated("I2", format!("{name}: a comment of side {side} has two twins: {said}"))
                    }
                }
            }
        }
    }

    /// Each text of a person stands there, or was overwritten by a person who saw it, or is in the record.
    fn nothing_is_lost(&mut self, sides: &[Side<'_>; 2], known: &[Known; 2], facts: &Facts) {
        let mut found = BTreeSet::new();
        for side in sides {
            for issue in side.site.issues.values() {
                found.extend(tokens(&issue.seen.summary));
                found.extend(tokens(&words(&issue.seen.description)));
                found.extend(issue.seen.extras.values().flat_map(|value| tokens(&value.words())));
                for comment in &issue.seen.comments {
                    found.extend(tokens(&words(&comment.body)));
                }
            }
        }
        for conflict in known.iter().flat_map(|k| &k.conflicts) {
            found.extend(tokens(&conflict.kept));
            found.extend(tokens(&conflict.lost));
        }
        for (token, (side, number)) in &facts.written {
            let removed = facts.removed.contains(&(*side, *number));
            // The record went with the database, and the changelog does not tell this person from the node
            // (docs/correctness.md).
            if facts.set_back.contains(side) && facts.masked.contains(token) {
                continue;
            }
            if !found.contains(token) && !facts.superseded.contains(token) && !removed {
                self.violated("I14", format!("what side {side} wrote with <{token}> is gone"));
            }
        }
    }

    /// What must not leave is nowhere on the other side.
    fn nothing_has_leaked(&mut self, sides: &[Side<'_>; 2], facts: &Facts) {
        for token in &facts.secret {
            let Some((side, _)) = facts.written.get(token) else { continue };
            let other = &sides[1 - side].site;
            let holds = |text: &Document| tokens(&words(text)).contains(token);
            if other.issues.values().any(|i| i.seen.comments.iter().any(|c| holds(&c.body))) {
                self.violated("I9", format!("a restricted comment of side {side} left: <{token}>"));
            }
        }
    }

    /// What waits for a person on one side is known on the other, and nothing else is.
    fn what_waits_is_told(
        &mut self,
        id: &ConnectionId,
        side: usize,
        sides: &[Side<'_>; 2],
        known: &[Known; 2],
    ) {
        let mut problems = sides[side].store.read(|tx| tx.problems()).expect("the database can be read");
        self.second_twins_are_told(side, sides[side].site, &known[side], &problems);
        // A second twin stands apart, and a deleted one is not synced any more: nobody waits because of them.
        let apart = [ProblemCode::TwinTwice, ProblemCode::TwinDeleted].map(ProblemCode::as_str);
        problems.retain(|p| !apart.contains(&p.code.as_str()));
        let ours = |p: &&ProblemRow| ProblemCode::parse(&p.code).is_none_or(|c| c.owner() != Owner::Partner);
        let waiting = problems.iter().filter(|p| p.connection.as_ref() == Some(id) && !p.skipped);
        let waiting = waiting.filter(ours).count();
        let told = sides[1 - side].store.read(|tx| Ok(tx.link(id)?.partner_problems));
        let told = told.expect("the database can be read");
        if u64::from(told) != waiting as u64 {
            self.violated(
                "I24",
                format!("side {side} has {waiting} problems, and the other side counts {told}"),
            );
        }
        for (origin, pair) in &known[1 - side].pairs {
            let Some(here) = known[side].pairs.get(origin).filter(|here| here.state == PairState::Active)
            else {
                continue;
            };
            let waits = problems.iter().any(|p| p.pair == Some(here.id) && !p.skipped);
            let stops = sides[1 - side].store.read(|tx| tx.stops(pair.id)).expect("the database can be read");
            let told = stops.theirs == Some(Stop::Waits);
            if pair.state == PairState::Active && told != waits {
                let what = format!("{origin} waits on side {side}: {waits}, and the other side says {told}");
                self.violated("I24", what);
            }
        }
    }

    /// Where a create landed when its issue had been made once more, people are told of it (F71).
    fn second_twins_are_told(&mut self, side: usize, site: &Site, known: &Known, problems: &[ProblemRow]) {
        let is_of =
            |marker: &Option<Marker>, origin: &Origin| marker.as_ref().is_some_and(|m| m.origin == *origin);
        for origin in &site.late {
            let stands = |i: &&SiteIssue| i.twin && !i.deleted && is_of(&i.seen.marker, origin);
            if site.issues.values().filter(stands).count() < 2 {
                continue;
            }
            let Some(pair) = known.pairs.get(origin).filter(|pair| pair.state == PairState::Active) else {
                continue;
            };
            if !problems.iter().any(|p| p.pair == Some(pair.id) && p.code == ProblemCode::TwinTwice.as_str())
            {
                self.violated("I2", format!("side {side}: nobody is told that {origin} has two twins"));
            }
        }
    }

    fn digests_are_equal(&mut self, id: &ConnectionId, sides: &[Side<'_>; 2]) {
        let leaves = |side: &Side<'_>| -> Vec<(String, String)> {
            let read = side.store.read(|tx| tx.leaves(id, ""));
            read.expect("the database can be read").into_iter().map(|l| (l.place, l.digest)).collect()
        };
        if leaves(&sides[0]) != leaves(&sides[1]) {
            self.violated("I18", "the digests of the two sides differ".to_owned());
        }
    }
}
