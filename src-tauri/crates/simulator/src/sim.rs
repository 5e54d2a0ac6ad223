//! One run: a seed becomes people, faults and an order; chaos, then quiet, then rest, then the invariants.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use twinline_model::connection::{Approval, Connection, Mode, Partner, Role, Stage};
use twinline_model::extra;
use twinline_model::problem::ProblemCode;
use twinline_model::{AccountId, ConnectionId, NodeId};
use twinline_script::{basic_incoming, basic_outgoing};
use twinline_store::{Account, Fresh, RulesRow, Store};

use crate::carrier::{Arrival, Carrier, serve};
use crate::check::{Violation, Witness};
use crate::clicks::{self, Click, Done, Taken};
use twinline_sync::Machine as _;

use crate::machine::{CHECK_EVERY, Disk, Process};
use crate::people::{What, act};
use crate::plan::{Bounds, CHAOS_MS, Plan, Rulebook};
use crate::rest::{Side, judge};
use crate::shelf;
use crate::site::Site;
use crate::swarm::Swarm;
use crate::tasks::Tasks;
use crate::tracker::{FakeTracker, SharedSite, VERY_LATE_MS, Weather, index_later, lock};
use crate::world::World;

/// The one connection.
pub const CONNECTION: &str = "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0";
/// Within this time after the last fault everything is applied (I17), ms.
const BOUND_MS: u64 = 3_600_000;
/// The latest that a write lands after its client gave up, ms.
const LANDS_MS: u64 = 140_000;
/// Rest is watched for this long, ms (I15): three polls, and in one seed of eight ten polls and a comparison.
const WATCH_MS: [u64; 2] = [190_000, 700_000];
/// Before everything, even on a clock that jumps.
const LONG_AGO: i64 = -4_000_000_000_000;
/// What is due: a disk's number says that its process ends; more than this, that one starts over it.
const RESTART: usize = 1_000;
/// The private side's data is copied.
const COPY: usize = 2_000;

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What does not hold.
    pub violations: BTreeSet<Violation>,
    /// Hash of everything that happened.
    pub hash: u64,
    /// How much happened.
    pub events: u64,
    /// Writes of both nodes.
    pub writes: u64,
    /// How often something went on.
    pub steps: u64,
    /// Virtual time, ms.
    pub took_ms: u64,
    /// The story, if it was asked for.
    pub lines: Vec<String>,
}

/// Runs a plan. A panic is a broken promise like any other, and what led to it is told.
pub fn run(plan: &Plan, tell: bool) -> Outcome {
    let world = World::new(plan.seed, tell);
    let inner = world.clone();
    let ran = std::panic::catch_unwind(AssertUnwindSafe(|| run_through(plan, tell, inner)));
    ran.unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().cloned();
        let detail =
            words.or_else(|| panic.downcast_ref::<&str>().map(|w| (*w).to_owned())).unwrap_or_default();
        let violations = BTreeSet::from([Violation { invariant: "panic", detail }]);
        Outcome { violations, hash: 0, events: 0, writes: 0, steps: 0, took_ms: 0, lines: world.lines() }
    })
}

fn run_through(plan: &Plan, tell: bool, world: Arc<World>) -> Outcome {
    let mut sim = Sim::new(plan, world);
    sim.begin(plan);
    let mut violations = sim.chaos();
    let rested = violations.is_empty() && sim.rest(&mut violations);
    if tell && !rested {
        sim.tell_what_is_left();
    }
    if rested {
        sim.watch(&mut violations);
        violations.extend(sim.judge());
    }
    let (hash, events) = sim.world.story();
    let (writes, steps) = (sim.writes(), sim.steps);
    let (took_ms, lines) = (sim.world.now_ms(), sim.world.lines());
    let outcome = Outcome { violations, hash, events, writes, steps, took_ms, lines };
    sim.world.clear();
    outcome
}

struct Sim {
    seed: u64,
    world: Arc<World>,
    swarm: Swarm,
    sites: [SharedSite; 2],
    weather: [Arc<Mutex<Weather>>; 2],
    disks: Vec<(usize, Arc<Disk>)>,
    running: BTreeMap<usize, Arc<Process>>,
    witness: Arc<Witness>,
    carrier: Arc<Carrier>,
    arrivals: Arc<Mutex<Vec<Arrival>>>,
    tasks: Tasks,
    processes: usize,
    restarts: Arc<Mutex<Vec<usize>>>,
    clicks: Arc<Mutex<Vec<Click>>>,
    bounds: Bounds,
    steps: u64,
    /// Something happens in it that no search shows: only the daily look.
    unsearchable: bool,
}

fn node_id(side: usize) -> NodeId {
    NodeId::new(if side == 0 { "a".repeat(32) } else { "b".repeat(32) })
}

/// A database with one account and one connection that is paired.
fn database(side: usize, rules: Rulebook) -> Vec<u8> {
    let scripted = rules != Rulebook::Basic;
    let fresh = Fresh { node: node_id(side), incarnation: format!("{side}").repeat(32) };
    let store = Store::open_in_memory(fresh).expect("a database in memory");
    let account = Account {
        id: AccountId::new("account"),
        site: format!("s{side}.test"),
        base_url: format!("https://s{side}.test"),
        email: "node@test".to_owned(),
        user: "node".to_owned(),
        display_name: "Node".to_owned(),
        projects: 1,
        signed_in: true,
        since_ms: Some(0),
        checked_ms: None,
        token_ends: None,
        cloud: None,
    };
    let partner = Partner {
        node: node_id(1 - side),
        name: "Partner".to_owned(),
        site: format!("s{}.test", 1 - side),
        person: "Pat".to_owned(),
        project: "P".to_owned(),
    };
    let connection = Connection {
        id: ConnectionId::new(CONNECTION),
        role: if side == 0 { Role::Public } else { Role::Private },
        mode: if scripted { Mode::Script } else { Mode::Basic },
        rules: u64::from(scripted),
        stage: Stage::Connected,
        account: account.id.clone(),
        project: "P".into(),
        given_name: None,
        partner: Some(partner),
        address: "https://partner.test".to_owned(),
        approval: Approval::CodeHolder,
        filter: None,
        default_type: None,
        above: Some(0),
        existing: false,
        name_authors: true,
        internal_comments: false,
        paused: None,
        partner_paused: false,
        created_ms: 0,
    };
    let filled = store.write(|tx| {
        tx.insert_account(&account)?;
        tx.insert_connection(&connection)?;
        match rules {
            Rulebook::Basic => Ok(()),
            Rulebook::Script => tx.add_rules(&connection.id, &basic_rules()),
            Rulebook::Wide => tx.add_rules(&connection.id, &wide_rules()),
        }
    });
    filled.expect("an empty database takes its first rows");
    store.image().expect("an image")
}

/// What the upgrade to Script mode makes of the rules of Basic mode.
fn basic_rules() -> RulesRow {
    RulesRow {
        version: 1,
        outgoing: basic_outgoing(false),
        incoming: basic_incoming(),
        saved_ms: 0,
        saved_by: String::new(),
        brings_back: None,
    }
}

/// The same, and the further fields travel.
fn wide_rules() -> RulesRow {
    let RulesRow { mut outgoing, mut incoming, .. } = basic_rules();
    for name in extra::KNOWN {
        outgoing.push_str(&format!("replica.{name} = issue.{name};\n"));
        incoming.push_str(&format!("issue.{name} = replica.{name};\n"));
    }
    RulesRow { outgoing, incoming, ..basic_rules() }
}

/// Building a schema takes longer than a whole run: it is done once.
fn first_image(side: usize, rules: Rulebook) -> &'static [u8] {
    static IMAGES: [std::sync::OnceLock<Vec<u8>>; 6] = [const { std::sync::OnceLock::new() }; 6];
    IMAGES[side + 2 * rules as usize].get_or_init(|| database(side, rules))
}

impl Sim {
    fn new(plan: &Plan, world: Arc<World>) -> Self {
        let odd = |this, that| (plan.swarm.heavy > 0).then_some((this, that));
        let types = ["Task", "Bug", "Story"];
        let sites = [
            Arc::new(Mutex::new(Site::new("s0.test", "P", odd("--", "—"), &types))),
            Arc::new(Mutex::new(Site::new("s1.test", "P", odd("—", "--"), &types))),
        ];
        let witness = Arc::new(Witness::default());
        let arrivals = Arc::new(Mutex::new(Vec::new()));
        let carrier = Arc::new(Carrier {
            world: world.clone(),
            swarm: plan.swarm,
            witness: witness.clone(),
            arrivals: arrivals.clone(),
        });
        let image = |side| first_image(side, plan.rules);
        let disks = (0..2).map(|side| (side, disk(image(side), &format!("place {side}")))).collect();
        Self {
            seed: plan.seed,
            world,
            swarm: plan.swarm,
            sites,
            weather: Default::default(),
            disks,
            running: BTreeMap::new(),
            witness,
            carrier,
            arrivals,
            tasks: Tasks::default(),
            processes: 0,
            restarts: Arc::default(),
            clicks: Arc::default(),
            bounds: plan.bounds,
            steps: 0,
            unsearchable: plan.swarm.unindexed > 0
                || plan.acts.iter().any(|act| matches!(act.what, What::Delete | What::Move)),
        }
    }

    fn begin(&mut self, plan: &Plan) {
        for what in plan.acts.clone() {
            let (site, witness, world, swarm) =
                (self.sites[what.side].clone(), self.witness.clone(), self.world.clone(), self.swarm);
            let at = what.at_ms;
            self.world.happen(
                at,
                Box::new(move || {
                    let now = world.now_ms() as i64;
                    let number = act(&what, &mut lock(&site), &witness, now);
                    if let (Some(number), Some(field)) = (number, what.what.field()) {
                        *witness.facts().edits.entry((what.side, number, field.to_owned())).or_default() += 1;
                    }
                    world.tell("person", what.token, || match number {
                        Some(number) => {
                            let site = lock(&site);
                            format!(
                                "{}: a person: {:?} <{}> on {}",
                                site.name, what.what, what.token, site.issues[&number].seen.key
                            )
                        }
                        None => format!("a person finds nothing for {:?}", what.what),
                    });
                    if let Some(number) = number {
                        index_later(&world, &site, &swarm, number);
                    }
                }),
            );
        }
        for click in plan.clicks.clone() {
            let clicks = self.clicks.clone();
            let put = move || clicks.lock().unwrap_or_else(PoisonError::into_inner).push(click);
            self.world.happen(click.at_ms, Box::new(put));
        }
        for disk in 0..2 {
            self.start(disk);
        }
        // A process ends, a database is set back, a copy is started: a few times, at any moment.
        for _ in 0..4 {
            if self.world.goes_wrong(self.swarm.crash) {
                let (at, side) = (self.world.chance(CHAOS_MS), self.world.chance(2) as usize);
                self.end_later(at, side);
            }
        }
        if self.world.goes_wrong(self.swarm.copy) {
            let at = self.world.chance(CHAOS_MS);
            self.end_later(at, COPY);
        }
    }

    /// The private side's data, as it stands, runs at a second place (F17).
    fn copy(&mut self) {
        if self.disks.len() > 2 || !self.world.is_chaos() {
            return;
        }
        let image = self.disks[1].1.store().image().expect("an image of a database in memory");
        let copy = disk(&image, "another place");
        copy.files.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&self.disks[1].1.files());
        self.disks.push((1, copy));
        self.world.tell("copy", 1, || "the data of side 1 runs at a second place too".to_owned());
        self.witness.facts().set_back.insert(1);
        self.start(2);
    }

    /// The copy is switched off; whoever remains may have to be told to go on.
    fn end_copy(&mut self) {
        if self.disks.len() < 3 {
            return;
        }
        if let Some(process) = self.running.remove(&2) {
            self.tasks.kill(process.number);
            self.witness.facts().alive.remove(&process.number);
        }
        self.disks.truncate(2);
        if let Some(process) = self.running.get(&1) {
            take_over(process);
        }
    }

    /// A person does something in the window of a side.
    fn click(&self, click: Click) {
        let (id, now) = (ConnectionId::new(CONNECTION), self.world.now_ms() as i64);
        let done = click.happens(self.disks[click.side].1.store(), &id, now);
        self.world.tell(done.kind(), click.which, || format!("a person of side {} {done}", click.side));
        match done {
            Done::Stopped(Some(origin)) => drop(self.witness.facts().stopped.insert((click.side, origin))),
            // It counts as if they had written it.
            Done::TookBack(_, Some(Taken { number: Some(number), field, done: Ok(()) })) => {
                *self.witness.facts().edits.entry((click.side, number, field)).or_default() += 1;
            }
            _ => {}
        }
    }

    fn end_later(&mut self, at: u64, disk: usize) {
        let restarts = self.restarts.clone();
        let put = move || restarts.lock().unwrap_or_else(PoisonError::into_inner).push(disk);
        self.world.happen(at, Box::new(put));
    }

    /// Starts a process over a disk.
    fn start(&mut self, disk: usize) {
        if disk >= self.disks.len() {
            return;
        }
        let number = self.processes;
        self.processes += 1;
        let (side, disk_of) = self.disks[disk].clone();
        let tracker = FakeTracker {
            world: self.world.clone(),
            site: self.sites[side].clone(),
            weather: self.weather[side].clone(),
            swarm: self.swarm,
            witness: self.witness.clone(),
            side,
            name: format!("s{side}.test"),
            process: number,
            disk: disk_of.clone(),
        };
        let process = Process::new(number, side, &self.world, &disk_of, self.swarm, tracker, &self.carrier);
        disk_of.store().write(|tx| tx.sent_become_unknown()).expect("the database can be written");
        self.witness.facts().alive.insert(number);
        self.world.tell("start", number as u64, || format!("process {number} of side {side} starts"));
        let id = ConnectionId::new(CONNECTION);
        self.tasks.spawn(number, twinline_sync::poll::run(process.clone(), AccountId::new("account")));
        self.tasks.spawn(number, twinline_sync::worker::run(process.clone(), id.clone()));
        if side == 1 {
            self.tasks.spawn(number, twinline_sync::caller::run(process.clone(), id));
        }
        if !self.world.is_chaos() && disk == 1 {
            take_over(&process);
        }
        self.running.insert(disk, process);
    }

    /// A process is gone; it starts again later, perhaps over an earlier state of its database.
    fn kill(&mut self, disk: usize) {
        let Some(process) = self.running.remove(&disk) else { return };
        self.tasks.kill(process.number);
        self.witness.facts().alive.remove(&process.number);
        self.world.tell("end", process.number as u64, || format!("process {} is gone", process.number));
        let of = self.disks[disk].1.clone();
        let images = std::mem::take(&mut *of.images());
        let set_back = !images.is_empty() && self.world.goes_wrong(self.swarm.rollback);
        if set_back {
            let at = self.world.chance(images.len() as u64) as usize;
            of.store().become_image(&images[at]).expect("an earlier state can be opened");
            self.world
                .tell("rollback", at as u64, || format!("the database of side {} is set back", process.side));
        }
        let restarts = self.restarts.clone();
        let mut pause = 100 + self.world.chance(60_000);
        if set_back {
            self.witness.facts().set_back.insert(process.side);
            // Putting a database back takes longer than a write can be on its way: one that lands after that, and that nothing
            // tells of any more, would stand there twice whatever the node did (docs/correctness.md).
            pause += self.lands_ms();
        }
        let put = move || restarts.lock().unwrap_or_else(PoisonError::into_inner).push(disk + RESTART);
        self.world.happen(pause, Box::new(put));
    }

    /// Lets things happen until `until`; false: something is wrong, or there is no end of it.
    fn go(&mut self, until: u64) -> bool {
        loop {
            self.steps += 1;
            if self.steps > self.bounds.steps {
                self.witness
                    .violated("I17", format!("it never rests: more than {} steps", self.bounds.steps));
                return false;
            }
            while let Some(process) = self.world.next_crash() {
                if let Some(disk) =
                    self.running.iter().find(|(_, p)| p.number == process).map(|(disk, _)| *disk)
                {
                    self.kill(disk);
                }
            }
            let due = std::mem::take(&mut *self.restarts.lock().unwrap_or_else(PoisonError::into_inner));
            for disk in due {
                match disk {
                    COPY => self.copy(),
                    disk if disk >= RESTART => self.start(disk - RESTART),
                    disk => self.kill(disk),
                }
            }
            for click in std::mem::take(&mut *self.clicks.lock().unwrap_or_else(PoisonError::into_inner)) {
                self.click(click);
            }
            let arrived = std::mem::take(&mut *self.arrivals.lock().unwrap_or_else(PoisonError::into_inner));
            for arrival in arrived {
                // Nobody listens while the public side is down: the caller hears nothing.
                if let Some(process) = self.running.get(&0).cloned() {
                    self.tasks.spawn(process.number, serve(process, arrival));
                }
            }
            if self.tasks.run_one(&self.world) {
                continue;
            }
            if self.writes() > self.bounds.writes {
                self.witness
                    .violated("I17", format!("it never rests: more than {} writes", self.bounds.writes));
            }
            if !self.witness.facts().violations.is_empty() {
                return false;
            }
            if !self.world.step(until) {
                return true;
            }
        }
    }

    fn chaos(&mut self) -> BTreeSet<Violation> {
        self.go(CHAOS_MS);
        self.world.calm();
        self.end_copy();
        for weather in &self.weather {
            *weather.lock().unwrap_or_else(PoisonError::into_inner) = Weather::default();
        }
        if self.unsearchable {
            // A day passes: each issue is looked at by its id. Elsewhere the search alone has to show everything, or what it is
            // never asked for would go unnoticed.
            for (_, disk) in &self.disks {
                let due = disk.store().write(|tx| tx.set_census_ms(&ConnectionId::new(CONNECTION), LONG_AGO));
                due.expect("the database can be written");
            }
        }
        // What the index still owes is indexed, as if each issue were touched.
        for site in &self.sites {
            let mut site = lock(site);
            for number in site.issues.keys().copied().collect::<Vec<_>>() {
                site.reindex(number);
            }
        }
        self.witness.facts().violations.clone()
    }

    /// Until nothing is left to do; false: it takes too long.
    fn rest(&mut self, violations: &mut BTreeSet<Violation>) -> bool {
        let end = self.world.now_ms() + BOUND_MS;
        // What was sent before the last fault may still land.
        let late = self.lands_ms();
        let polled = 2 * CHECK_EVERY.as_millis() as u64 + 5_000;
        let landed = self.world.now_ms() + late.max(polled);
        while self.world.now_ms() < end {
            let until = self.world.now_ms() + 30_000;
            if !self.go(until) {
                violations.extend(self.witness.facts().violations.clone());
                return false;
            }
            if until >= landed {
                self.answer_losses();
            }
            if until >= landed && self.running.len() == self.disks.len() && self.is_settled() {
                return true;
            }
        }
        violations.insert(Violation {
            invariant: "I17",
            detail: format!("after an hour: {}", self.what_is_left()),
        });
        false
    }

    /// Issues that vanished at once wait for a person, who sees that people deleted or moved them.
    fn answer_losses(&mut self) {
        let id = ConnectionId::new(CONNECTION);
        for (side, disk) in &self.disks {
            let answered = disk.store().write(|tx| {
                let asked = tx.problems()?.into_iter().find(|p| p.code == ProblemCode::MassLoss.as_str());
                let Some(asked) = asked else { return Ok(false) };
                tx.remove_problem(asked.id)?;
                twinline_sync::answer_loss(tx, &id, true).map(|()| true)
            });
            if answered.expect("the database can be written") {
                self.world
                    .tell("gone", *side as u64, || format!("side {side}: a person says that they are gone"));
            }
        }
    }

    /// How long a write may be on its way in this run.
    fn lands_ms(&self) -> u64 {
        match (self.swarm.late_create, self.swarm.late_write) {
            (0, 0) => 0,
            (0, _) => LANDS_MS,
            _ => LANDS_MS + 2 * VERY_LATE_MS,
        }
    }

    fn leaves(&self, side: usize) -> Vec<(String, String)> {
        let read = self.disks[side].1.store().read(|tx| tx.leaves(&ConnectionId::new(CONNECTION), ""));
        read.expect("the database can be read").into_iter().map(|l| (l.place, l.digest)).collect()
    }

    fn is_settled(&self) -> bool {
        self.what_is_left().is_empty()
    }

    /// A named stop that people see, and that an eager person brings about (three changes right after ours), or a create that
    /// comes later than anybody looks.
    fn is_expected(&self, code: &str) -> bool {
        code == "drift" || code == "twin-deleted" || (code == "twin-twice" && self.swarm.late_create > 0)
    }

    fn what_is_left(&self) -> String {
        let id = ConnectionId::new(CONNECTION);
        let mut left = Vec::new();
        // Before the two have spoken in this run, nobody knows whether one of them was set back.
        let silent = |p: &&Arc<Process>| !p.room(&id).memory().agreed;
        left.extend(self.running.values().filter(silent).map(|p| format!("side {}: has not agreed", p.side)));
        let open = |p: &&Arc<Process>| p.room(&id).memory().left_open;
        left.extend(self.running.values().filter(open).map(|p| format!("side {}: issues left open", p.side)));
        // Where a copy was met before its twin, comparing is how the two come together: it is waited for, within the hour.
        if self.witness.facts().twin_copied && self.leaves(0) != self.leaves(1) {
            left.push("a copied twin: the digests differ".to_owned());
        }
        for (side, disk) in &self.disks {
            let found = disk.store().read(|tx| {
                let counts = tx.counts(&id)?;
                let link = tx.link(&id)?;
                let problems = tx.problems()?;
                let drifts = problems.iter().filter(|p| p.code == "drift").count() as u64;
                let problems = problems.iter().filter(|p| !self.is_expected(&p.code)).count();
                Ok([
                    ("to do", counts.to_do),
                    ("to send", counts.to_send),
                    ("stopped", counts.stopped.saturating_sub(drifts)),
                    ("outbox", tx.out_len(&id)?),
                    ("inbox", tx.in_len(&id)?),
                    ("receipts", tx.receipts_len(&id)?),
                    ("intents", tx.all_intents()?.len() as u64),
                    ("not compared", u64::from(link.reconciling || link.compared_ms.is_none())),
                    ("problems", problems as u64),
                ])
            });
            let codes =
                disk.store().read(|tx| Ok(tx.problems()?.into_iter().map(|p| p.code).collect::<Vec<_>>()));
            left.extend(
                codes
                    .expect("the database can be read")
                    .into_iter()
                    .filter(|code| !self.is_expected(code))
                    .map(|code| format!("side {side}: {code}")),
            );
            for (what, many) in found.expect("the database can be read") {
                if many > 0 {
                    left.push(format!("side {side}: {many} {what}"));
                }
            }
        }
        left.join(", ")
    }

    /// What one side knows of a pair and the other does not, and the pairs that have something left: for the story.
    fn tell_what_is_left(&self) {
        let id = ConnectionId::new(CONNECTION);
        let leaves =
            |side: usize| self.disks[side].1.store().read(|tx| tx.leaves(&id, "")).unwrap_or_default();
        let (ours, theirs) = (leaves(0), leaves(1));
        for (side, leaf) in ours.iter().map(|l| (0, l)).chain(theirs.iter().map(|l| (1, l))) {
            let both = |l: &&twinline_store::Leaf| l.place == leaf.place && l.digest == leaf.digest;
            if ours.iter().any(|l| both(&l)) && theirs.iter().any(|l| both(&l)) {
                continue;
            }
            let pair = self.disks[side].1.store().read(|tx| tx.pair(leaf.pair)).ok().flatten();
            self.world.remark(|| {
                let pair = pair.map(|p| (p.origin, p.summary, p.issue_type, p.comments, p.attachments));
                format!("side {side} differs: {pair:?}")
            });
        }
        for (side, disk) in &self.disks {
            let rows = disk.store().read(|tx| {
                let mut rows = Vec::new();
                for urgent in [true, false] {
                    for pair in tx.pairs_to_do(&id, urgent, 10, twinline_model::PairId(0))? {
                        rows.push(format!("{:?} {:?}", tx.pair(pair)?, tx.intents_of(pair)?));
                    }
                }
                Ok(rows)
            });
            let wanted = disk.store().read(|tx| Ok((tx.wanted(&id, 10)?, tx.unused_blobs()?)));
            self.world.remark(|| format!("side {side} wants, and holds for nobody: {wanted:?}"));
            for row in rows.unwrap_or_default() {
                self.world.remark(|| format!("side {side} still has: {row}"));
            }
        }
    }

    /// Writes of both nodes, ever.
    fn writes(&self) -> u64 {
        self.sites.iter().map(|site| lock(site).node_writes).sum()
    }

    fn marks(&self) -> (u64, Vec<(u64, u64)>) {
        let id = ConnectionId::new(CONNECTION);
        let links = self.disks.iter().map(|(_, disk)| {
            let link = disk.store().read(|tx| tx.link(&id)).expect("the database can be read");
            (link.sent.0, link.healed)
        });
        (self.writes(), links.collect())
    }

    /// Nothing is written and nothing is said once all is quiet (I15).
    fn watch(&mut self, violations: &mut BTreeSet<Violation>) {
        let before = self.marks();
        let until = self.world.now_ms() + WATCH_MS[usize::from(self.seed.is_multiple_of(8))];
        self.go(until);
        violations.extend(self.witness.facts().violations.clone());
        let after = self.marks();
        if before != after {
            violations.insert(Violation { invariant: "I15", detail: format!("{before:?} became {after:?}") });
        }
    }

    fn judge(&self) -> BTreeSet<Violation> {
        let sites = [lock(&self.sites[0]), lock(&self.sites[1])];
        let stores = [self.disks[0].1.store(), self.disks[1].1.store()];
        let sides = [Side { site: &sites[0], store: stores[0] }, Side { site: &sites[1], store: stores[1] }];
        let id = ConnectionId::new(CONNECTION);
        let mut facts = self.witness.facts();
        for (side, store) in stores.into_iter().enumerate() {
            let of_side = clicks::numbers(store, &id, &facts.stopped);
            facts.removed.extend(of_side.into_iter().map(|number| (side, number)));
        }
        judge(&id, sides, &facts)
    }
}

/// Its people say that this computer shall go on.
fn take_over(process: &Process) {
    process.room(&ConnectionId::new(CONNECTION)).memory().take_over = true;
    process.wake();
}

fn disk(image: &[u8], place: &str) -> Arc<Disk> {
    Arc::new(Disk {
        store: shelf::take(image),
        files: Mutex::default(),
        images: Mutex::default(),
        place: place.to_owned(),
    })
}
