//! The fake tracker as a node sees it: calls take time, and go wrong in every way that the swarm allows.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};
use twinline_model::intent::Write;
use twinline_model::observed::{
    Identity, IssueType, IssueTypes, Marker, ObservedAttachment, ObservedComment, ObservedIssue, Project,
};
use twinline_model::{AttachmentId, CommentId, Document, IssueId, IssueKey, ProjectKey};
use twinline_trackers::{
    ByteStream, ChangeQuery, CreatedIssue, Divided, IssueDraft, IssueEdit, NewestChanges, NotApplied,
    ReadError, Tracker, UploadFile, WriteError,
};

use crate::check::{Place, UnderWay, Witness};
use crate::machine::Disk;
use crate::site::{Actor, Site, stored_line, stored_text};
use crate::swarm::Swarm;
use crate::world::World;

/// Issues in one answer of a search, where a story does not have fewer.
const PAGE: usize = 4;
/// When a client gives up.
const GIVES_UP_MS: u64 = 30_000;
/// A create lands that much after its client gave up, and at most twice as much, where nobody looks for it any more.
pub const VERY_LATE_MS: u64 = 200_000;
/// An answer is at most so much longer on its way: the client still waits for it.
const LINGERS: Duration = Duration::from_secs(25);
/// A poll looks so far back beyond its cursor, ms.
const OVERLAP_MS: i64 = 600_000;

/// The write that makes an issue.
const CREATE: &str = "create";

/// A site that processes and people share.
pub type SharedSite = Arc<Mutex<Site>>;

/// The site, locked for a moment.
pub fn lock(site: &SharedSite) -> MutexGuard<'_, Site> {
    site.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What keeps a site from answering for a while, until a time in ms.
#[derive(Clone, Copy, Default, Debug)]
pub struct Weather {
    /// The sign-in is not accepted; true: reads get an empty list instead of 401.
    pub expired_until: Option<(u64, bool)>,
    /// Everything is hidden and forbidden.
    pub hidden_until: u64,
}

/// The fake tracker, used by one process.
pub struct FakeTracker {
    /// Clock and tapes.
    pub world: Arc<World>,
    /// What is behind it.
    pub site: SharedSite,
    /// What keeps it from answering.
    pub weather: Arc<Mutex<Weather>>,
    /// How often what goes wrong.
    pub swarm: Swarm,
    /// Sees every write.
    pub witness: Arc<Witness>,
    /// Whose it is: 0 or 1.
    pub side: usize,
    /// As [`Tracker::site`] tells.
    pub name: String,
    /// Which process uses it.
    pub process: usize,
    /// That process's disk: its intents are looked at before each write.
    pub disk: Arc<Disk>,
}

impl FakeTracker {
    fn now(&self) -> i64 {
        self.world.now_ms() as i64
    }

    fn weather(&self) -> Weather {
        *self.weather.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tracker's mood may change with each call.
    fn turn(&self) {
        let now = self.world.now_ms();
        if self.world.goes_wrong(self.swarm.expired) {
            let (length, empty) = (self.world.chance(120_000), self.world.chance(2) == 0);
            self.weather.lock().unwrap_or_else(PoisonError::into_inner).expired_until =
                Some((now + length, empty));
            self.world.tell("expired", length, || {
                format!("{}: the sign-in is not accepted for {length} ms", self.name)
            });
        }
        if self.world.goes_wrong(self.swarm.hidden) {
            let length = self.world.chance(90_000);
            self.weather.lock().unwrap_or_else(PoisonError::into_inner).hidden_until = now + length;
            self.world
                .tell("hidden", length, || format!("{}: everything is hidden for {length} ms", self.name));
        }
    }

    /// A write begins. It is under way until what is answered is dropped.
    fn begins(&self, place: Option<Place>, fits: impl Fn(&Write) -> bool) -> Option<UnderWay> {
        self.witness.begins(self.side, self.process, self.disk.store(), fits);
        place.map(|place| self.witness.sends(self.process, place))
    }

    /// A read: some time, then an answer or none. `empty` is what an expired sign-in may get.
    async fn read<T: Send>(
        &self,
        empty: Option<T>,
        look: impl FnOnce(&Site) -> Result<T, ReadError> + Send,
    ) -> Result<T, ReadError> {
        self.turn();
        let world = &self.world;
        world.sleep(Duration::from_millis(20 + world.order(300))).await;
        if world.goes_wrong(self.swarm.unreached) {
            return Err(ReadError::Unreachable("no route".to_owned()));
        }
        if world.goes_wrong(self.swarm.lost_read) {
            world.sleep(Duration::from_millis(GIVES_UP_MS)).await;
            return Err(ReadError::Unreachable("time-out".to_owned()));
        }
        if world.goes_wrong(self.swarm.slow_down) {
            return Err(ReadError::SlowDown { wait: Duration::from_millis(1_000 + world.chance(20_000)) });
        }
        let (weather, now) = (self.weather(), world.now_ms());
        if let Some((until, as_empty)) = weather.expired_until
            && now < until
        {
            return match empty {
                Some(empty) if as_empty => Ok(empty),
                _ => Err(ReadError::SignIn),
            };
        }
        if now < weather.hidden_until {
            return match empty {
                Some(empty) => Ok(empty),
                None => Err(ReadError::NotFound),
            };
        }
        let answer = look(&lock(&self.site));
        self.linger().await;
        answer
    }

    /// An answer may be long on its way. What happens meanwhile it does not know.
    async fn linger(&self) {
        let time = self.world.lingers(self.swarm.slow_answer, LINGERS);
        if !time.is_zero() {
            self.world
                .tell("slow", time.as_millis() as u64, || format!("{}: an answer takes {time:?}", self.name));
            self.world.sleep(time).await;
        }
    }

    /// A write: it takes effect or not, and its answer comes or not. The effect does not wait for the client.
    async fn write<T: Send + 'static>(
        &self,
        what: &'static str,
        effect: impl FnOnce(&mut Site, i64) -> Result<(T, u64), NotApplied> + Send + 'static,
    ) -> Result<T, WriteError> {
        self.write_after(what, None, effect).await
    }

    /// The same; `later`: it takes effect so long after the client gave up, ms.
    async fn write_after<T: Send + 'static>(
        &self,
        what: &'static str,
        later: Option<u64>,
        effect: impl FnOnce(&mut Site, i64) -> Result<(T, u64), NotApplied> + Send + 'static,
    ) -> Result<T, WriteError> {
        self.turn();
        let world = &self.world;
        let (weather, now) = (self.weather(), world.now_ms());
        if world.goes_wrong(self.swarm.unreached) {
            world.sleep(Duration::from_millis(50)).await;
            return Err(NotApplied::NotSent("no route".to_owned()).into());
        }
        if weather.expired_until.is_some_and(|(until, _)| now < until) {
            world.sleep(Duration::from_millis(50)).await;
            return Err(NotApplied::SignIn.into());
        }
        if now < weather.hidden_until {
            world.sleep(Duration::from_millis(50)).await;
            return Err(NotApplied::NotSent("under maintenance".to_owned()).into());
        }
        if world.goes_wrong(self.swarm.slow_down) {
            let wait = Duration::from_millis(1_000 + world.chance(20_000));
            // Of each reason some, without one more throw of the dice.
            let issue_only = wait.as_millis().is_multiple_of(2);
            return Err(NotApplied::SlowDown { wait, issue_only }.into());
        }
        let lost = world.goes_wrong(self.swarm.lost_write);
        let late = world.goes_wrong(self.swarm.late_write);
        let mute = world.goes_wrong(self.swarm.lost_answer);
        let travel = 10 + world.order(400);
        // Within the span of the probes, but for a create that comes later than anybody looks (F71).
        let within = late.then(|| world.chance(100_000));
        let lands = later.or(within).map_or(travel, |later| GIVES_UP_MS + later);
        let late = late || later.is_some();
        let answer = Arc::new(Mutex::new(None));
        if !lost {
            let (site, slot, inner) = (self.site.clone(), answer.clone(), world.clone());
            let (witness, side, swarm) = (self.witness.clone(), self.side, self.swarm);
            world.happen(
                lands,
                Box::new(move || {
                    let now = inner.now_ms() as i64;
                    let mut state = lock(&site);
                    let done = effect(&mut state, now);
                    let number = done.as_ref().map_or(0, |(_, number)| *number);
                    if done.is_ok() {
                        state.node_writes += 1;
                        witness.node_wrote(side, &state);
                    }
                    inner.tell(what, number, || match state.issues.get(&number) {
                        Some(issue) => format!("{}: {what} of {} took effect", state.name, issue.seen.key),
                        None => format!("{}: {what} was refused", state.name),
                    });
                    drop(state);
                    if number > 0 && what == CREATE && inner.goes_wrong(swarm.unindexed) {
                        inner.tell("unindexed", number, || format!("the index does not show {number}"));
                    } else if number > 0 {
                        index_later(&inner, &site, &swarm, number);
                    }
                    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
                }),
            );
        }
        if lost || late {
            world.sleep(Duration::from_millis(GIVES_UP_MS)).await;
            return Err(WriteError::Unknown("time-out".to_owned()));
        }
        world.sleep(Duration::from_millis(travel + world.order(200))).await;
        self.linger().await;
        let done = answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        match done {
            Some(Ok((answer, _))) if !mute => Ok(answer),
            Some(Err(why)) => Err(why.into()),
            _ => Err(WriteError::Unknown("reset".to_owned())),
        }
    }
}

/// The search index learns how an issue stands, sooner or later.
pub fn index_later(world: &Arc<World>, site: &SharedSite, swarm: &Swarm, number: u64) {
    if world.goes_wrong(swarm.index_miss) {
        world.tell("index-miss", number, || format!("the index misses a change of {number}"));
        return;
    }
    let lag = if world.goes_wrong(swarm.index_lag) { world.chance(300_000) } else { 0 };
    let site = site.clone();
    match lag {
        0 => lock(&site).reindex(number),
        _ => world.happen(lag, Box::new(move || lock(&site).reindex(number))),
    }
}

/// Bytes as one piece.
fn stream_of(bytes: Vec<u8>) -> ByteStream {
    Box::pin(stream::once(async move { Ok(bytes::Bytes::from(bytes)) }))
}

#[async_trait]
impl Tracker for FakeTracker {
    fn site(&self) -> &str {
        &self.name
    }

    async fn identity(&self) -> Result<Identity, ReadError> {
        self.read(None, |_| Ok(Identity { user: "node".to_owned(), name: "Node".to_owned() })).await
    }

    async fn projects(&self) -> Result<Vec<Project>, ReadError> {
        Ok(Vec::new())
    }

    async fn current_key(&self, project: &ProjectKey) -> Result<ProjectKey, ReadError> {
        Ok(project.clone())
    }

    async fn issue_types(&self, _: &ProjectKey) -> Result<IssueTypes, ReadError> {
        let types = lock(&self.site).types.clone();
        let types = types.into_iter().map(|name| IssueType { id: name.clone(), name, subtask: false });
        Ok(IssueTypes { types: types.collect(), default_type: None, service: false })
    }

    async fn highest_number(&self, _: &ProjectKey) -> Result<u64, ReadError> {
        self.read(None, |site| Ok(site.highest())).await
    }

    async fn clock_ms(&self) -> Result<i64, ReadError> {
        Ok(self.now())
    }

    async fn count(&self, _: &ProjectKey, _: Option<&str>) -> Result<u64, ReadError> {
        self.read(None, |site| Ok(site.index.len() as u64)).await
    }

    fn overlap_ms(&self) -> i64 {
        OVERLAP_MS
    }

    async fn newest_changes(&self, query: &ChangeQuery) -> Result<NewestChanges, ReadError> {
        let query = query.clone();
        let page = usize::try_from(self.swarm.few).ok().filter(|few| *few > 0).unwrap_or(PAGE);
        self.read(Some(NewestChanges::default()), |site| {
            let mut found = changed(site, &query);
            found.sort_by_key(|i| (i.updated_ms, i.key.number()));
            let older = found.len().saturating_sub(page);
            let issues = found.into_iter().skip(older).map(unmarked).collect();
            Ok(NewestChanges { issues, more: older > 0 })
        })
        .await
    }

    async fn changed_ids(&self, query: &ChangeQuery) -> Result<Vec<IssueId>, ReadError> {
        if self.world.goes_wrong(self.swarm.page_token) {
            return Err(ReadError::Unreachable("the page token has expired".to_owned()));
        }
        let query = query.clone();
        self.read(Some(Vec::new()), |site| {
            let mut found = changed(site, &query);
            found.sort_by_key(|i| i.key.number());
            Ok(found.into_iter().map(|i| i.id.clone()).collect())
        })
        .await
    }

    async fn changed_issues(&self, ids: &[IssueId], _: Option<i64>) -> Result<Vec<ObservedIssue>, ReadError> {
        self.issues_by_id(ids).await
    }

    async fn matching(&self, issues: &[IssueId], _: &str) -> Result<Vec<IssueId>, ReadError> {
        Ok(issues.to_vec())
    }

    async fn issues_by_key(&self, keys: &[IssueKey]) -> Result<Vec<ObservedIssue>, ReadError> {
        let (first, last) = (keys.first().cloned(), keys.last().cloned());
        let range = first.map_or(0, |k| k.number())..=last.map_or(0, |k| k.number());
        self.read(None, |site| {
            let there = site.issues.values().filter(|i| !i.deleted && range.contains(&i.first_key));
            Ok(there.map(|i| unmarked(&i.seen)).collect())
        })
        .await
    }

    async fn issues_by_id(&self, ids: &[IssueId]) -> Result<Vec<ObservedIssue>, ReadError> {
        let ids = ids.to_vec();
        self.read(Some(Vec::new()), |site| {
            let there = site.issues.values().filter(|i| !i.deleted);
            Ok(there.map(|i| &i.seen).filter(|i| ids.contains(&i.id)).map(unmarked).collect())
        })
        .await
    }

    async fn comments_with_markers(&self, issue: &IssueId) -> Result<Vec<ObservedComment>, ReadError> {
        let number = Site::number(issue);
        self.read(None, |site| {
            let issue = site.issues.get(&number).filter(|i| !i.deleted);
            issue.map(|i| i.seen.comments.clone()).ok_or(ReadError::NotFound)
        })
        .await
    }

    async fn create_issue(&self, draft: &IssueDraft) -> Result<CreatedIssue, WriteError> {
        let origin = draft.marker.origin.clone();
        let place = Some(Place::Twin(origin.clone()));
        let _under_way = self.begins(place, |w| matches!(w, Write::CreateIssue { .. }));
        self.witness.creates(self.side, &origin, self.world.now_ms());
        let draft = draft.clone();
        let later = self.world.goes_wrong(self.swarm.late_create).then(|| {
            lock(&self.site).late.insert(origin.clone());
            VERY_LATE_MS + self.world.chance(VERY_LATE_MS)
        });
        let done = self
            .write_after(CREATE, later, move |site, now| {
                let (kind, marker) = (&draft.issue_type, Some(draft.marker));
                let number = site.create(Actor::Node, now, &draft.summary, &draft.description, kind, marker);
                // Part of the create: no entry in the changelog.
                site.issues
                    .get_mut(&number)
                    .into_iter()
                    .for_each(|i| i.seen.extras.extend(draft.extras.clone()));
                let seen = &site.issues[&number].seen;
                let created =
                    CreatedIssue { id: seen.id.clone(), key: seen.key.clone(), url: seen.url.clone() };
                Ok((created, number))
            })
            .await;
        let answered = !matches!(done, Err(WriteError::Unknown(_)));
        self.witness.created(self.side, &origin, self.world.now_ms(), answered);
        done
    }

    async fn edit_issue(&self, issue: &IssueId, edit: &IssueEdit) -> Result<ObservedIssue, WriteError> {
        let (number, edit) = (Site::number(issue), edit.clone());
        let place = Some(Place::Issue(number));
        let _under_way = self.begins(place, |w| matches!(w, Write::EditIssue { .. }));
        self.write("edit", move |site, now| {
            if site.issue(number).is_none() {
                return Err(NotApplied::NotFound);
            }
            let (summary, kind) = (edit.summary.as_deref(), edit.issue_type.as_deref());
            site.edit(Actor::Node, now, number, summary, edit.description.as_ref(), kind);
            site.set(Actor::Node, now, number, &edit.extras);
            site.issue(number).map(|i| (unmarked(&i.seen), number)).ok_or(NotApplied::NotFound)
        })
        .await
    }

    async fn add_comment(
        &self,
        issue: &IssueId,
        body: &Document,
        marker: &Marker,
    ) -> Result<ObservedComment, WriteError> {
        let (number, body, marker) = (Site::number(issue), body.clone(), marker.clone());
        let fits = |w: &Write| matches!(w, Write::AddComment { origin, .. } if *origin == marker.origin);
        let _under_way = self.begins(Some(Place::Issue(number)), fits);
        self.write("comment", move |site, now| {
            let made = site.comment(Actor::Node, now, number, "Node", &body, Some(marker));
            made.map(|c| (c, number)).ok_or(NotApplied::NotFound)
        })
        .await
    }

    async fn mark_issue(&self, issue: &IssueId, marker: &Marker) -> Result<(), WriteError> {
        let (number, marker) = (Site::number(issue), marker.clone());
        self.write("mark", move |site, _| {
            let issue = site.issue(number).ok_or(NotApplied::NotFound)?;
            issue.seen.marker = Some(marker.clone());
            Ok(((), number))
        })
        .await
    }

    async fn edit_comment(
        &self,
        issue: &IssueId,
        comment: &CommentId,
        body: &Document,
    ) -> Result<ObservedComment, WriteError> {
        let (number, comment, body) = (Site::number(issue), comment.clone(), body.clone());
        let fits = |w: &Write| matches!(w, Write::EditComment { comment: meant, .. } if *meant == comment);
        let _under_way = self.begins(Some(Place::Issue(number)), fits);
        self.write("comment-edit", move |site, now| {
            let made = site.edit_comment(now, number, &comment, &body);
            made.map(|c| (c, number)).ok_or(NotApplied::NotFound)
        })
        .await
    }

    async fn download(&self, attachment: &AttachmentId, offset: u64) -> Result<ByteStream, ReadError> {
        let id = attachment.clone();
        let bytes = self
            .read(None, |site| {
                let bytes = site.files.get(&id).ok_or(ReadError::NotFound)?;
                Ok(bytes.get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or_default().to_vec())
            })
            .await?;
        Ok(stream_of(bytes))
    }

    async fn upload(&self, issue: &IssueId, mut file: UploadFile) -> Result<ObservedAttachment, WriteError> {
        let mut bytes = Vec::new();
        while let Some(piece) = file.bytes.next().await {
            bytes.extend_from_slice(&piece.map_err(|e| WriteError::Unknown(e.to_string()))?);
        }
        let (number, name) = (Site::number(issue), file.file_name);
        let fits = |w: &Write| matches!(w, Write::AddAttachment { size, .. } if *size == bytes.len() as u64);
        let _under_way = self.begins(Some(Place::Issue(number)), fits);
        self.write("upload", move |site, now| {
            let made = site.attach(Actor::Node, now, number, "Node", &name, bytes);
            made.map(|a| (a, number)).ok_or(NotApplied::NotFound)
        })
        .await
    }

    async fn delete_attachment(&self, attachment: &AttachmentId) -> Result<(), WriteError> {
        let id = attachment.clone();
        self.witness.deletes(self.side, &lock(&self.site), &id);
        // Gone already: nobody can tell any more from which issue.
        let place = lock(&self.site).holder(&id).map(Place::Issue);
        let fits = |w: &Write| matches!(w, Write::RemoveAttachment { attachment: meant, .. } if *meant == id);
        let _under_way = self.begins(place, fits);
        let id = attachment.clone();
        self.write("detach", move |site, now| Ok(((), site.detach(Actor::Node, now, &id)))).await
    }

    async fn upload_limit(&self) -> Result<Option<u64>, ReadError> {
        Ok(None)
    }

    fn as_written(&self, document: &Document) -> Document {
        stored_text(document)
    }

    /// The fake trackers take texts of any length; the engine's own tests draw histories with one that does not.
    fn divide(&self, _: &Document, _: &str) -> Option<Divided> {
        None
    }
    fn summary_as_written(&self, summary: &str) -> String {
        stored_line(summary)
    }
}

/// What the search index shows of what changed.
fn changed<'a>(site: &'a Site, query: &ChangeQuery) -> Vec<&'a ObservedIssue> {
    let since = query.since_ms.unwrap_or(i64::MIN);
    let shown = site.index.values();
    shown.filter(|i| query.projects.contains(&i.project) && i.updated_ms >= since).collect()
}

/// An issue as a list shows it: its comments without their markers.
fn unmarked(issue: &ObservedIssue) -> ObservedIssue {
    let mut issue = issue.clone();
    for comment in &mut issue.comments {
        comment.marker = None;
    }
    issue
}
