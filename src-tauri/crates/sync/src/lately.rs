//! What was read past the search index lately: an issue that still stands in the overlap of the polls need not be read again
//! and again.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use twinline_model::IssueId;
use twinline_model::observed::ObservedIssue;

/// More are not remembered: they are read again.
const MOST: usize = 200_000;

/// Of one account; gone with the run. By who looked: see [`crate::take_in::eyes`].
#[derive(Default)]
pub(crate) struct Lately(Mutex<HashMap<String, Looks>>);

type Looks = HashMap<IssueId, Look>;

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
        let mut all = self.all();
        let mut room = MOST.saturating_sub(all.values().map(HashMap::len).sum());
        let looks = all.entry(eyes.to_owned()).or_default();
        for (id, updated_ms) in issues {
            let look = Look { at_ms, updated_ms };
            match looks.get_mut(&id) {
                Some(known) => *known = look,
                None if room > 0 => {
                    room -= 1;
                    looks.insert(id, look);
                }
                None => {}
            }
        }
    }

    /// Those of these issues that these eyes saw, by the time at which they did; and the others.
    pub(crate) fn divide(&self, eyes: &str, ids: &[IssueId]) -> (BTreeMap<i64, Vec<IssueId>>, Vec<IssueId>) {
        let all = self.all();
        let looks = all.get(eyes);
        let (mut seen, mut unseen) = (BTreeMap::<i64, Vec<IssueId>>::new(), Vec::new());
        for id in ids {
            match looks.and_then(|looks| looks.get(id)) {
                Some(look) => seen.entry(look.at_ms).or_default().push(id.clone()),
                None => unseen.push(id.clone()),
            }
        }
        (seen, unseen)
    }

    /// Forgets all that these eyes saw but these; tells when the last of them had changed, ms, as far as it is remembered.
    pub(crate) fn keep(&self, eyes: &str, ids: &[IssueId]) -> Option<i64> {
        let mut all = self.all();
        let looks = all.remove(eyes)?;
        let kept: Looks = ids.iter().filter_map(|id| looks.get(id).map(|look| (id.clone(), *look))).collect();
        let newest = kept.values().map(|look| look.updated_ms).max();
        if !kept.is_empty() {
            all.insert(eyes.to_owned(), kept);
        }
        newest
    }

    /// What is noted of issues before they are taken in.
    pub(crate) fn marks(issues: &[ObservedIssue]) -> Vec<(IssueId, i64)> {
        issues.iter().map(|issue| (issue.id.clone(), issue.updated_ms)).collect()
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Looks>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_remembers_what_it_saw_and_only_what_is_listed() {
        let [a, b, c] = ["1", "2", "3"].map(IssueId::new);
        let lately = Lately::default();
        lately.note("one", 100, vec![(a.clone(), 90), (b.clone(), 70)]);
        lately.note("two", 200, vec![(a.clone(), 150)]);
        let listed = [a.clone(), b.clone(), c.clone()];
        let (seen, unseen) = lately.divide("one", &listed);
        assert_eq!((seen, unseen), (BTreeMap::from([(100, vec![a.clone(), b.clone()])]), vec![c.clone()]));
        assert_eq!(lately.keep("one", &[b.clone(), c.clone()]), Some(70));
        assert_eq!(lately.divide("one", &listed).0, BTreeMap::from([(100, vec![b.clone()])]));
        assert_eq!(lately.divide("two", &listed).0, BTreeMap::from([(200, vec![a.clone()])]), "other eyes");
        lately.note("one", 300, vec![(b.clone(), 250)]);
        assert_eq!(lately.divide("one", &listed).0, BTreeMap::from([(300, vec![b])]), "read again");
        assert_eq!(lately.keep("one", &[]), None);
        assert_eq!(lately.divide("one", &[a, c]).0, BTreeMap::new());
    }
}
