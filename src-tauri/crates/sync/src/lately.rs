//! What was read past the search index lately: an issue that still stands in the overlap of the polls need not be read again
//! and again.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use twinline_model::IssueId;
use twinline_model::observed::ObservedIssue;

/// More are not remembered: they are read again.
const MOST: usize = 200_000;

/// Of one account; gone with the run.
#[derive(Default)]
pub(crate) struct Lately(Mutex<Looks>);

#[derive(Default)]
struct Looks {
    /// Who looked: see [`crate::take_in::eyes`].
    eyes: String,
    of: HashMap<IssueId, Look>,
}

#[derive(Clone, Copy)]
struct Look {
    /// When it was asked for, at the earliest; ms, the tracker's clock. What changed before is in it.
    at_ms: i64,
    /// When it had changed last.
    updated_ms: i64,
}

impl Lately {
    /// Issues that were asked for at that time or later and are taken in, and when each had changed last.
    pub(crate) fn note(&self, eyes: &str, at_ms: i64, issues: Vec<(IssueId, i64)>) {
        let mut looks = self.looks();
        if looks.eyes != eyes {
            *looks = Looks { eyes: eyes.to_owned(), of: HashMap::new() };
        }
        for (id, updated_ms) in issues {
            if looks.of.len() < MOST || looks.of.contains_key(&id) {
                looks.of.insert(id, Look { at_ms, updated_ms });
            }
        }
    }

    /// Those of these issues that these eyes saw, by the time at which they did; and the others.
    pub(crate) fn divide(&self, eyes: &str, ids: &[IssueId]) -> (BTreeMap<i64, Vec<IssueId>>, Vec<IssueId>) {
        let looks = self.looks();
        let (mut seen, mut unseen) = (BTreeMap::<i64, Vec<IssueId>>::new(), Vec::new());
        for id in ids {
            match looks.of.get(id).filter(|_| looks.eyes == eyes) {
                Some(look) => seen.entry(look.at_ms).or_default().push(id.clone()),
                None => unseen.push(id.clone()),
            }
        }
        (seen, unseen)
    }

    /// Forgets all but these; tells when the last of them had changed, ms, as far as it is remembered.
    pub(crate) fn keep(&self, ids: &[IssueId]) -> Option<i64> {
        let mut looks = self.looks();
        let kept = ids.iter().filter_map(|id| looks.of.get(id).map(|look| (id.clone(), *look)));
        let kept: HashMap<_, _> = kept.collect();
        looks.of = kept;
        looks.of.values().map(|look| look.updated_ms).max()
    }

    /// What is noted of issues before they are taken in.
    pub(crate) fn marks(issues: &[ObservedIssue]) -> Vec<(IssueId, i64)> {
        issues.iter().map(|issue| (issue.id.clone(), issue.updated_ms)).collect()
    }

    fn looks(&self) -> MutexGuard<'_, Looks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
