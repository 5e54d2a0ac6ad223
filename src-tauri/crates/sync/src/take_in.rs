//! Issues were read from our tracker: every connection that they concern observes them, a page in one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use sha2::{Digest as _, Sha256};
use twinline_engine::{bug, fingerprint};
use twinline_model::connection::Connection;
use twinline_model::observed::{Marker, ObservedIssue};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::{ConnectionId, IssueId};
use twinline_store::{StoreError, Tx};
use twinline_trackers::ReadError;

use crate::concerned::{Concerned, Known, Met};
use crate::forms::Shapes;
use crate::observed::{Look, observe_on};
use crate::poll::Failure;
use crate::reading::Reading;
use crate::renamed::with_todays_keys;
use crate::rows::{began, leap, raise_for};
use crate::scripted::Source;
use crate::{Machine, sweep};

/// Lets the account's connections observe an issue. `indexed`: the search index showed it.
pub(crate) async fn take_in<M: Machine>(
    reading: Reading<'_, M>,
    issue: ObservedIssue,
    indexed: bool,
) -> Result<(), Failure> {
    take_all(reading, vec![issue], indexed).await.map(drop)
}

/// The same with the issues of a page, in their order: all of them are durable when it answers `Ok`, but for those that it
/// answers, which have to be read again. An issue whose rows are damaged is told in the log and left; it holds up no other.
pub(crate) async fn take_all<M: Machine>(
    reading: Reading<'_, M>,
    issues: Vec<ObservedIssue>,
    indexed: bool,
) -> Result<Vec<IssueId>, Failure> {
    let eyes = eyes(reading.all);
    let met = |issue| Met { print: format!("{} {eyes}", fingerprint(&issue)), issue };
    take(reading, issues.into_iter().map(met).collect(), indexed).await
}

/// Who looks, and with which eyes: another connection on the same project has not seen the issue yet, nor has one since whose
/// internal comments leave or stay, whose rules are others, or whose filter is another one.
pub(crate) fn eyes(all: &[Connection]) -> String {
    let mut words = Vec::new();
    for connection in all {
        words.push(connection.id.to_string());
        words.extend(connection.internal_comments.then(|| "internal".to_owned()));
        words.extend((connection.rules > 0).then(|| format!("rules {}", connection.rules)));
        // A few digits are enough to tell one filter from the next.
        words.extend(
            connection.filter.as_deref().map(|filter| hex::encode(&Sha256::digest(filter.as_bytes())[..6])),
        );
    }
    words.join(" ")
}

async fn take<M: Machine>(
    reading: Reading<'_, M>,
    met: Vec<Met>,
    indexed: bool,
) -> Result<Vec<IssueId>, Failure> {
    let mut page =
        Page { reading, indexed, ready: Vec::new(), passed: Vec::new(), left: Vec::new(), anew: false };
    let prepared = page.prepare(met).await;
    // What came before an issue that could not be asked about is taken in all the same.
    let written = page.write().await;
    prepared.and(written)?;
    if page.anew {
        // An issue took the place of its copy, and nothing counts as seen any more.
        page.left.extend(Box::pin(take(reading, page.passed, indexed)).await?);
    }
    Ok(page.left)
}

/// Issues on their way into the database.
struct Page<'a, M> {
    reading: Reading<'a, M>,
    indexed: bool,
    /// All that had to be asked about them is known; each is another one.
    ready: Vec<Ready>,
    /// Seen before, as they are.
    passed: Vec<Met>,
    /// Not taken in: they are read again.
    left: Vec<IssueId>,
    /// One took the place of its copy.
    anew: bool,
}

/// An issue that needs nothing any more but a transaction.
struct Ready {
    met: Met,
    /// As it was read, before it was verified.
    marker: Option<Marker>,
    /// Somebody's twin, of a connection that is no more: it is not born here.
    foreign: bool,
    /// The connections that had a pair for it when it was prepared.
    paired: Vec<ConnectionId>,
    /// All of the account's, with their projects' keys of today, and whether the filter of each lets it in.
    wanted: Vec<(Connection, bool)>,
    /// Nothing of it has to be looked at again.
    settled: bool,
}

impl<M: Machine> Page<'_, M> {
    /// Asks what has to be asked about each issue.
    async fn prepare(&mut self, met: Vec<Met>) -> Result<(), Failure> {
        for (mut met, mut known) in Known::of_all(self.reading, met).await? {
            let again = self.ready.iter().any(|ready| ready.met.issue.id == met.issue.id);
            let unanswered = matches!(&known, Known::New(c) if self.indexed && c.created_above.is_some());
            if again || unanswered {
                // What is known of it may rest on those before it.
                self.write().await?;
                for fresh in Known::of_all(self.reading, vec![met.clone()]).await? {
                    (met, known) = fresh;
                }
            }
            note_highest(self.reading.machine.as_ref(), self.reading.all, &met.issue);
            match known {
                Known::Seen => self.passed.push(met),
                Known::Damaged(why) => self.leave(&met, &why),
                Known::New(concerned) => {
                    let id = met.issue.id.clone();
                    match self.ask(met, concerned).await? {
                        Some(ready) => self.ready.push(ready),
                        None => self.left.push(id),
                    }
                }
            }
        }
        Ok(())
    }

    /// `None`: it is left for the next poll.
    async fn ask(&mut self, mut met: Met, concerned: Concerned) -> Result<Option<Ready>, Failure> {
        let Reading { machine, tracker, all, .. } = self.reading;
        let (marker, indexed) = (met.issue.marker.clone(), self.indexed);
        let paired = &concerned.paired;
        let connections = with_todays_keys(machine, tracker, all, &met.issue, paired, indexed).await?;
        note_highest(machine.as_ref(), &connections, &met.issue);
        verify_markers(machine.as_ref(), &connections, &mut met.issue).await?;
        if let Some(above) = concerned.created_above.filter(|_| indexed)
            && let Some(twin) = sweep::original(machine, tracker, &connections, &met.issue, above).await?
        {
            // It settles the create; what the search shows is an issue of its own then.
            let reading = self.reading.of(&connections);
            Box::pin(take_in(reading, twin, false)).await?;
        }
        let foreign = marker.is_some() && met.issue.marker.is_none();
        if concerned.needs_markers {
            match tracker.comments_with_markers(&met.issue.id).await {
                Ok(comments) => met.issue.comments = comments,
                // It went away, or was hidden, since it was listed: this issue alone is left for the next poll.
                Err(ReadError::NotFound | ReadError::Forbidden(_)) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
            verify_markers(machine.as_ref(), &connections, &mut met.issue).await?;
        }
        let (mut wanted, mut settled) = (Vec::new(), true);
        for connection in connections {
            let matches = match &connection.filter {
                Some(filter) if !concerned.paired.contains(&connection.id) => {
                    self.matches(&met.issue, &connection, filter).await?
                }
                _ => true,
            };
            // The filter asks the search index, which may lag behind an issue that was read by its key: asked again then.
            settled &= matches || indexed;
            wanted.push((connection, matches));
        }
        Ok(Some(Ready { met, marker, foreign, paired: concerned.paired, wanted, settled }))
    }

    async fn matches(
        &self,
        issue: &ObservedIssue,
        connection: &Connection,
        filter: &str,
    ) -> Result<bool, Failure> {
        match self.reading.tracker.matching(std::slice::from_ref(&issue.id), filter).await {
            Ok(found) => Ok(!found.is_empty()),
            Err(ReadError::Refused(detail)) => {
                // A field that the filter names went away: this connection alone is told.
                let trouble = Trouble::new(ProblemCode::FilterRefused);
                let trouble = trouble.with("filter", filter).with("detail", detail);
                raise_for(self.reading.machine.as_ref(), &connection.id, trouble).await?;
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Writes down what is ready.
    async fn write(&mut self) -> Result<(), Failure> {
        let ready = Arc::new(std::mem::take(&mut self.ready));
        let (mut again, mut from) = (Vec::new(), 0);
        while from < ready.len() {
            let until = ready.len().min(from + self.reading.machine.at_once());
            match self.observe(&ready, from..until).await? {
                Written::All(change) => again.extend(self.tell(change)),
                // Each alone, so that it holds up no other.
                Written::Nothing(_) => {
                    for (at, one) in ready.iter().enumerate().take(until).skip(from) {
                        match self.observe(&ready, at..at + 1).await? {
                            Written::All(change) => again.extend(self.tell(change)),
                            Written::Nothing(why) => self.leave(&one.met, &why),
                        }
                    }
                }
            }
            from = until;
        }
        if again.is_empty() {
            return Ok(());
        }
        // A lane of the worker got there first: what was asked about it was asked of another state.
        let again = again.into_iter().filter_map(|at| ready.get(at)).map(Ready::as_met).collect();
        let left = Box::pin(take(self.reading, again, self.indexed)).await?;
        self.left.extend(left);
        Ok(())
    }

    /// An issue whose rows cannot be read stays as it is.
    fn leave(&mut self, met: &Met, why: &str) {
        tracing::error!(issue = %met.issue.key, why, "a row of this issue cannot be read: it alone is left");
        self.left.push(met.issue.id.clone());
    }

    /// Some of them, at least one, in one transaction.
    async fn observe(
        &self,
        ready: &Arc<Vec<Ready>>,
        which: std::ops::Range<usize>,
    ) -> Result<Written, Failure> {
        let Reading { machine, account, tracker, all, .. } = self.reading;
        let agreed =
            all.iter().filter(|c| machine.room(&c.id).memory().agreed).map(|c| c.id.clone()).collect();
        let source = |c: &Connection| (c.id.clone(), Source::of(machine.as_ref(), c));
        let sources: BTreeMap<_, _> = all.iter().map(source).collect();
        let with = With {
            account: account.clone(),
            sources,
            shapes: Shapes::from(machine.as_ref(), tracker),
            agreed,
            leap: leap(machine.as_ref()),
            begun: began(machine.as_ref(), tracker.clock_ms().await?),
            now: machine.now_ms(),
        };
        let damaged = Arc::new(OnceLock::new());
        let (ready, found) = (ready.clone(), damaged.clone());
        let written = machine
            .write("observe", move |tx| {
                let mut change = Change::default();
                for (at, one) in ready.iter().enumerate().take(which.end).skip(which.start) {
                    if let Err(error) = with.observe(tx, at, one, &mut change) {
                        if error.is_of_one_row() {
                            let _first = found.set(error.to_string());
                        }
                        return Err(error);
                    }
                }
                Ok(change)
            })
            .await;
        match (written, damaged.get()) {
            (Err(_), Some(why)) => Ok(Written::Nothing(why.clone())),
            (written, _) => Ok(Written::All(written?)),
        }
    }

    /// What follows from it in memory; answers the issues that have to be asked about again.
    fn tell(&mut self, change: Change) -> Vec<usize> {
        let machine = self.reading.machine;
        if change.left_open {
            self.reading.all.iter().for_each(|c| machine.room(&c.id).memory().left_open = true);
        }
        self.anew |= !change.anew.is_empty();
        for id in &change.anew {
            // What the partner was told of the copy is found by comparing, and not only when it is time for that again.
            machine.room(id).memory().compared = None;
        }
        for id in &change.touched {
            let room = machine.room(id);
            room.work.ring();
            room.news.ring();
        }
        if !change.touched.is_empty() {
            machine.changed();
        }
        change.again
    }
}

impl Ready {
    /// As it was read.
    fn as_met(&self) -> Met {
        let mut met = self.met.clone();
        met.issue.marker = self.marker.clone();
        met
    }

    /// What was asked about it was asked for the pairs that it has now.
    fn is_current(&self, tx: &Tx<'_>) -> Result<bool, StoreError> {
        for (connection, _) in &self.wanted {
            let has_pair = tx.pair_of_issue(&connection.id, &self.met.issue.id)?.is_some();
            if has_pair != self.paired.contains(&connection.id) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// With what the issues of a transaction are observed.
struct With {
    account: twinline_store::Account,
    /// Where the rules of each connection are.
    sources: BTreeMap<ConnectionId, Source>,
    shapes: Shapes,
    /// Connections of which both sides agreed when it began.
    agreed: Vec<ConnectionId>,
    leap: u64,
    begun: i64,
    now: i64,
}

/// Whether a transaction took place.
enum Written {
    /// With this change.
    All(Change),
    /// A row of one issue cannot be read, for this reason.
    Nothing(String),
}

/// What a transaction came to.
#[derive(Default)]
struct Change {
    touched: BTreeSet<ConnectionId>,
    /// Of some issue something was left for later.
    left_open: bool,
    /// Connections of which an issue took the place of its copy.
    anew: BTreeSet<ConnectionId>,
    /// Issues that got a pair, or lost it, since they were prepared: nothing was written of them.
    again: Vec<usize>,
}

impl With {
    fn observe(
        &self,
        tx: &mut Tx<'_>,
        at: usize,
        one: &Ready,
        change: &mut Change,
    ) -> Result<(), StoreError> {
        if !one.is_current(tx)? {
            change.again.push(at);
            return Ok(());
        }
        let issue = &one.met.issue;
        let mut settled = one.settled;
        for (connection, matches) in &one.wanted {
            let agreed = self.agreed.contains(&connection.id) && !tx.link(&connection.id)?.reconciling;
            let script = self.sources.get(&connection.id);
            let script = script.map(|source| source.script(tx, connection)).transpose()?.flatten();
            let me = tx.speaks_as(connection)?;
            let look = Look {
                me: &me,
                site: &self.account.site,
                shapes: &self.shapes,
                script: script.as_ref(),
                matches: *matches && !one.foreign,
                agreed,
                leap: self.leap,
                begun: self.begun,
                now: self.now,
            };
            let Some(observed) = observe_on(tx, connection, issue, &look)? else { continue };
            if observed.changed {
                change.touched.insert(connection.id.clone());
            }
            if observed.anew {
                change.anew.insert(connection.id.clone());
            }
            settled &= bug!(SeenTooEarly) || !observed.left_open;
        }
        change.left_open |= !settled;
        match settled {
            true => tx.set_seen(&self.account.id, &issue.id, &one.met.print),
            false => tx.forget_seen_issue(&self.account.id, &issue.id),
        }
    }
}

/// Above it the probe of a create begins to look.
fn note_highest<M: Machine>(machine: &M, connections: &[Connection], issue: &ObservedIssue) {
    for connection in connections.iter().filter(|c| c.project == issue.project) {
        let room = machine.room(&connection.id);
        let highest = &mut room.memory().highest;
        *highest = (*highest).max(issue.key.number());
    }
}

/// A marker that none of our keys made is none: it goes, so that nobody can forge a twin.
pub(crate) async fn verify_markers<M: Machine>(
    machine: &M,
    connections: &[Connection],
    issue: &mut ObservedIssue,
) -> Result<(), Failure> {
    let mut keys = Vec::new();
    let marked = issue.marker.iter().chain(issue.comments.iter().filter_map(|c| c.marker.as_ref()));
    let named: Vec<_> = marked.map(|m| m.connection.clone()).collect();
    for connection in connections.iter().filter(|c| named.contains(&c.id)) {
        keys.push((connection.id.clone(), machine.marker_key(&connection.id).await?));
    }
    let genuine = |m: &Marker| keys.iter().any(|(id, key)| *id == m.connection && key.is_ours(m));
    issue.marker = issue.marker.take().filter(genuine);
    for comment in &mut issue.comments {
        comment.marker = comment.marker.take().filter(genuine);
    }
    Ok(())
}
