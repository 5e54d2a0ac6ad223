//! What may go wrong in a run: each class of fault is switched off wholesale in some seeds, so that it cannot hide others.

/// How often each fault happens, in thousandths of the occasions; 0 switches the class off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Swarm {
    /// A call of the tracker never leaves.
    pub unreached: u64,
    /// A write is lost on its way: no effect, no answer.
    pub lost_write: u64,
    /// A write takes effect, and its answer is lost (reset, 5xx, HTML, truncated).
    pub lost_answer: u64,
    /// A write takes effect long after the client gave up, at most within the time that probes span.
    pub late_write: u64,
    /// A read is not answered.
    pub lost_read: u64,
    /// 429.
    pub slow_down: u64,
    /// The sign-in is not accepted for a while; reads may be answered with an empty list.
    pub expired: u64,
    /// The search index lags by up to five minutes.
    pub index_lag: u64,
    /// The search index never shows a change until something else changes.
    pub index_miss: u64,
    /// A page token expires.
    pub page_token: u64,
    /// Something is hidden or forbidden for a while.
    pub hidden: u64,
    /// The tracker changes texts unpredictably (0 or 1000).
    pub heavy: u64,
    /// A request between the nodes is lost.
    pub lost_request: u64,
    /// An answer between the nodes is lost.
    pub lost_reply: u64,
    /// A request between the nodes is delivered a second time, later.
    pub replay: u64,
    /// Requests between the nodes take long.
    pub slow_line: u64,
    /// A process ends before or after a commit.
    pub crash_commit: u64,
    /// A process ends at any moment.
    pub crash: u64,
    /// A database is set back to an earlier commit.
    pub rollback: u64,
    /// The same data runs at a second place.
    pub copy: u64,
    /// The wall clock jumps.
    pub wild_clock: u64,
    /// People use the account that the node is signed in with.
    pub same_account: u64,
    /// Commits that fail for want of room, and leave nothing of themselves (F11).
    pub disk_full: u64,
    /// The tracker's answer is long on its way: what it says is old when it is heard.
    pub slow_answer: u64,
    /// The search index does not show an issue that a node made until somebody changes it. Only with databases that are
    /// set back: whoever forgot the create cannot meet its issue in a search.
    pub unindexed: u64,
    /// A create takes effect when it was given up and repeated long since (F71). Only where no database is set back, and none
    /// runs at two places: whoever forgot that it was given up takes its issue for a copy.
    pub late_create: u64,
    /// So many issues come in one answer of the search, are asked for by their ids at once and are taken in in one transaction: a
    /// look at many can break off within. 0: as many as the product takes.
    pub few: u64,
}

/// A class by name, and how to switch it off.
pub type Class = (&'static str, fn(&mut Swarm));

impl Swarm {
    /// A mix by chance: about half of all classes. One that came later is drawn from `later`, so that in seeds that are
    /// known the others stay what they are.
    pub fn draw(rng: &mut fastrand::Rng, later: &mut fastrand::Rng) -> Self {
        let mut class = |most: u64| if rng.bool() { rng.u64(1..=most) } else { 0 };
        let mut swarm = Self {
            unreached: class(80),
            lost_write: class(120),
            lost_answer: class(150),
            late_write: class(120),
            lost_read: class(100),
            slow_down: class(60),
            expired: class(10),
            index_lag: class(600),
            index_miss: class(60),
            page_token: class(60),
            hidden: class(20),
            heavy: class(1),
            lost_request: class(200),
            lost_reply: class(200),
            replay: class(150),
            slow_line: class(300),
            crash_commit: class(12),
            crash: class(500),
            rollback: class(600),
            copy: class(300),
            wild_clock: class(1),
            same_account: class(500),
            disk_full: class(20),
            slow_answer: if later.bool() { later.u64(1..=200) } else { 0 },
            unindexed: if later.u8(0..8) == 0 { later.u64(200..=800) } else { 0 },
            late_create: if later.u8(0..6) == 0 { later.u64(50..=400) } else { 0 },
            few: if later.bool() { later.u64(1..=3) } else { 0 },
        };
        // The rare ones are rarer still.
        if rng.u8(0..4) > 0 {
            swarm.rollback = 0;
        }
        if rng.u8(0..4) > 0 {
            swarm.copy = 0;
        }
        // Alone it would be a slow index; by chance the three would meet in one seed of a hundred.
        if swarm.unindexed > 0 {
            swarm.rollback = swarm.rollback.max(400);
            swarm.crash = swarm.crash.max(400);
        }
        // A look that breaks off within a page matters where a database forgot what the page shows.
        if swarm.few > 0 && swarm.rollback > 0 {
            swarm.crash_commit = swarm.crash_commit.max(60);
        }
        if swarm.rollback > 0 || swarm.copy > 0 {
            swarm.late_create = 0;
        }
        swarm
    }

    /// All classes by name, with a way to switch each off: what shrinking tries.
    pub fn classes() -> Vec<Class> {
        macro_rules! all {
            ($($name:ident),* $(,)?) => { vec![$((stringify!($name), |s: &mut Self| s.$name = 0)),*] };
        }
        all![
            unreached,
            lost_write,
            lost_answer,
            late_write,
            lost_read,
            slow_down,
            expired,
            index_lag,
            index_miss,
            page_token,
            hidden,
            heavy,
            lost_request,
            lost_reply,
            replay,
            slow_line,
            crash_commit,
            crash,
            rollback,
            copy,
            wild_clock,
            same_account,
            disk_full,
            slow_answer,
            unindexed,
            late_create,
            few,
        ]
    }
}
