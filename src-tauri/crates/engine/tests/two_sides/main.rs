//! Two sides, two trackers, a carrier that repeats, writes whose answers are lost, and databases that are set back:
//! afterwards both sides are equal, nothing is there twice, nothing that a person wrote is lost, and nothing more is
//! written.

// The whole target is a test: it may fail where it stands.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod beside;
mod company;
mod compared;
mod composed;
mod copies;
mod hostile;
mod joined;
mod long;
mod observed;
mod planned;
mod recalled;
mod received;
mod refused;
mod scenarios;
mod scripted;
mod seen_files;
mod settled;
mod shown;
mod unlisted;
mod world;

use std::collections::BTreeSet;

use company::{Company, Plain};
use proptest::prelude::*;
use proptest::test_runner::{FailurePersistence, FileFailurePersistence, TestCaseError};
use twinline_engine::{Forms, flags};
use twinline_model::BlobHash;
use twinline_model::observed::{ObservedComment, ObservedIssue};
use twinline_model::pair::{Pair, Side};
use world::{Op, World, op, op_or_set_back};

/// The same, or one is the other's form.
fn alike<T: PartialEq>(a: &T, b: &T, form: impl Fn(&T) -> T) -> bool {
    a == b || form(a) == *b || form(b) == *a
}

/// `room`: how many lines of a text Globex' tracker takes.
fn judge(ops: Vec<Op>, room: usize) -> Result<(), TestCaseError> {
    let mut world = World::new();
    world.sides[1].room = room;
    let set_back = ops.iter().any(|op| matches!(op, Op::SetBack(..)));
    ops.into_iter().for_each(|op| world.run(op));
    rest(&mut world, set_back)
}

/// Faults stop: both sides become equal, and then silent.
fn rest(world: &mut World, set_back: bool) -> Result<(), TestCaseError> {
    world.quiet();
    let [acme, globex] = &world.sides;
    prop_assert_eq!(acme.issues.len(), globex.issues.len(), "every issue has exactly one twin");
    let [here, there] = [acme, globex].map(Company::digests);
    let differing: Vec<_> = here.iter().filter(|(of, digest)| there.get(of) != Some(digest)).collect();
    prop_assert!(here == there, "digests of {:?} differ", differing);
    prop_assert_eq!(acme.digests().len(), acme.issues.len(), "everything is in the digests");
    for pair in acme.pairs() {
        let twin = globex.pairs().iter().find(|p| p.origin == pair.origin).expect("a twin");
        equal(pair, twin)?;
        for (here, there, from) in [(pair, twin, acme), (twin, pair, globex)] {
            comments(here, there)?;
            files(here, there, [acme, globex], from)?;
            rests(here, from, set_back)?;
            refused::lines(here, from)?;
            let (to_send, to_do, _) = flags(here, &[], false);
            prop_assert!(!to_send && !to_do, "nothing is left to do");
            beside::shows_none(here)?;
        }
    }
    prop_assert_eq!(world.forgotten(), BTreeSet::new(), "what people wrote is somewhere (I14)");
    // Silence (I15): more rounds write nothing.
    let before = world.writes_total();
    world.quiet();
    prop_assert_eq!(before, world.writes_total());
    Ok(())
}

fn local(pair: &Pair) -> &ObservedIssue {
    pair.local.as_ref().expect("observed")
}

/// Equal apart from what a tracker cannot hold: each side is the other's form, in one direction at least.
fn equal(pair: &Pair, twin: &Pair) -> Result<(), TestCaseError> {
    let (a, b) = (local(pair), local(twin));
    prop_assert!(
        alike(&a.summary, &b.summary, |t| Plain.summary(t)),
        "summaries {:?} {:?}",
        a.summary,
        b.summary
    );
    let [here, there] = [pair, twin].map(|p| {
        let text = &local(p).description;
        // Half of it went through this tracker, and the rest did not.
        p.description.rest.as_ref().map_or_else(|| text.clone(), |rest| Plain.text(&rest.whole(text)))
    });
    prop_assert!(alike(&here, &there, |t| Plain.text(t)), "texts {:?} {:?}", here, there);
    let kinds = alike(&a.issue_type, &b.issue_type, |t| Plain.issue_type(t).expect("a type"));
    prop_assert!(kinds, "types {:?} {:?}", a.issue_type, b.issue_type);
    prop_assert_eq!(pair.summary.version, twin.summary.version);
    prop_assert_eq!(pair.description.version, twin.description.version);
    prop_assert_eq!(pair.issue_type.version, twin.issue_type.version);
    Ok(())
}

/// Each comment of this side's people stands there once, and says the same; or that it is no longer shown.
fn comments(here: &Pair, there: &Pair) -> Result<(), TestCaseError> {
    let mut twins: Vec<&ObservedComment> =
        local(there).comments.iter().filter(|c| c.marker.is_some()).collect();
    let origins: BTreeSet<_> = twins.iter().filter_map(|c| c.marker.as_ref().map(|m| &m.origin)).collect();
    prop_assert_eq!(origins.len(), twins.len(), "no comment stands there twice");
    twins.retain(|c| !refused::is_line(c));
    for comment in local(here).comments.iter().filter(|c| c.marker.is_none()) {
        let known = here.comments.iter().find(|k| k.ours.as_ref() == Some(&comment.id));
        let origin = known.map(|k| &k.origin);
        let of = |t: &&&ObservedComment| t.marker.as_ref().map(|m| &m.origin) == origin;
        match (twins.iter().find(of), comment.restricted) {
            (Some(twin), true) => prop_assert_eq!(&twin.body, &Plain.withdrawn()),
            (Some(twin), false) => {
                prop_assert_eq!(Some(twin.body.clone()), Plain.comment(&comment.author, 0, &comment.body));
            }
            (None, restricted) => prop_assert!(restricted, "{:?} has no twin", comment.body),
        }
    }
    let own = here.comments.iter().filter(|c| c.author == Side::Ours).count();
    prop_assert!(twins.len() <= own, "each twin is somebody's");
    Ok(())
}

/// Both sides hold the same files, apart from those that people took away.
fn files(here: &Pair, there: &Pair, sides: [&Company; 2], from: &Company) -> Result<(), TestCaseError> {
    let to = if from.name == sides[0].name { sides[1] } else { sides[0] };
    let held = |company: &Company, pair: &Pair| {
        let mut held: Vec<_> = local(pair).attachments.iter().map(|a| company.files[&a.id].clone()).collect();
        held.retain(|bytes| {
            !refused::is_refused(there, to, bytes) && !refused::is_refused(here, from, bytes)
        });
        held.retain(|bytes| !company.detached.contains(bytes) && !bytes.as_str().starts_with("rest "));
        held.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        held
    };
    prop_assert_eq!(held(from, here), held(to, there));
    Ok(())
}

/// A text that does not fit goes on in one file, and says so; people may have taken the file away. One that a database which
/// was set back forgot, and that is not needed any more, stays: only its name would tell that we made it.
fn rests(pair: &Pair, company: &Company, set_back: bool) -> Result<(), TestCaseError> {
    let is_rest = |bytes: &&BlobHash| bytes.as_str().starts_with("rest ");
    let rest = pair.description.rest.as_ref();
    let of_now = |bytes: &&BlobHash| !set_back || rest.is_some_and(|rest| rest.sha256 == **bytes);
    let stand: Vec<_> = local(pair)
        .attachments
        .iter()
        .map(|a| &company.files[&a.id])
        .filter(|bytes| is_rest(bytes) && of_now(bytes))
        .collect();
    prop_assert_eq!(rest.is_some(), local(pair).description.to_plain_text().contains(company::TOLD));
    let wanted: Vec<_> = rest.map(|r| &r.sha256).into_iter().collect();
    // Taken away before anybody knew that it was uploaded, it is uploaded once more.
    let taken = stand.is_empty() && wanted.iter().all(|bytes| company.detached.contains(bytes));
    prop_assert!(stand == wanted || taken, "{:?} {:?}", stand, wanted);
    Ok(())
}

fn config() -> ProptestConfig {
    // `PROPTEST_CASES` raises the number of histories; a mutation run keeps no failures and shrinks none (`.cargo/mutants.toml`).
    let given = ProptestConfig::default();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/two_sides.regressions");
    let kept: Option<Box<dyn FailurePersistence>> = match given.failure_persistence {
        Some(_) => Some(Box::new(FileFailurePersistence::Direct(file))),
        None => None,
    };
    ProptestConfig {
        max_shrink_iters: given.max_shrink_iters.min(20_000),
        failure_persistence: kept,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn both_sides_become_equal_and_then_silent(ops in proptest::collection::vec(op(), 1..60)) {
        judge(ops, usize::MAX)?;
    }

    #[test]
    fn a_database_that_is_set_back_loses_and_doubles_nothing(
        ops in proptest::collection::vec(op_or_set_back(), 1..70)
    ) {
        judge(ops, usize::MAX)?;
    }

    #[test]
    fn f58_a_text_that_is_too_long_for_one_side_stays_whole(
        ops in proptest::collection::vec(op(), 1..60),
        room in 1..4_usize,
    ) {
        judge(long::stands().chain(ops).collect(), room)?;
    }

    #[test]
    fn f58_it_stays_whole_where_databases_are_set_back(
        ops in proptest::collection::vec(op_or_set_back(), 1..70),
        room in 1..4_usize,
    ) {
        judge(long::stands().chain(ops).collect(), room)?;
    }
}
