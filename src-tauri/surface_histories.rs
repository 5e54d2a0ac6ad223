//! Whatever has happened, in whatever order: icon, tooltip, title, menu and `status --json` say the same, and *Up to date*
//! only where it is so. Histories are drawn at random and told to a real database; the status is the node's own.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tempfile::TempDir;
use twinline_model::connection::{Approval, Connection, Mode, Role, Stage};
use twinline_model::pair::{Side, TheirIssue};
use twinline_model::pause::Pause;
use twinline_model::problem::ProblemCode;
use twinline_model::view::PairStanding;
use twinline_model::{AccountId, NodeId, Origin, PairId, ProjectKey};
use twinline_node::{Moment, Node, Options, Runs, SecretsChoice};
use twinline_store::{Account, Fresh, LinkState, PairFlags, Store, Tx};

use super::*;

const PARTNERS: [&str; 2] = ["globex", "initech"];
const CHECK_EVERY: Duration = Duration::from_secs(10);
/// A partner who looks more seldom than we do.
const THEIRS_MS: [u32; 2] = [10_000, 60_000];
/// A long poll and its answer: the partner's report may be so old.
const REPORT_MS: i64 = 30_000;
/// What a clock is corrected by without anybody noticing.
const CORRECTED_MS: i64 = 5_000;

/// Something that happens; most of it to one of the two connections.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// Time passes, s.
    Pass(u32),
    /// The clock is set back, s.
    SetClockBack(u32),
    /// Who runs the loops from now on.
    RunBy(Runs),
    /// Our tracker was read.
    Read(usize),
    /// Our tracker says that it does not work.
    Away(usize),
    /// The partner spoke.
    Heard(usize, Said),
    /// The partner could not be reached.
    Unreachable(usize),
    /// Both sides compared what they know.
    Compared(usize, bool),
    /// One of the databases was set back.
    WasSetBack(usize),
    /// A new issue, with something to do for it.
    Issue(usize, Work),
    /// Nothing is left to do.
    Done(usize),
    /// Everything that existed was taken over.
    TakenOver(usize),
    /// A problem: of a connection, of one issue, or of the computer.
    Problem(Option<usize>, bool),
    /// A person leaves out all that can be left out.
    SkipAll,
    /// All problems are over.
    HealAll,
    /// Our admin pauses, for so many seconds or until they resume.
    Pause(usize, Option<u32>),
    /// Our admin resumes.
    Resume(usize),
    /// How far the connection is.
    Reaches(usize, Stage),
    /// All is well on both sides: read, heard, compared, and nothing is left to do.
    AllWell(usize),
}

/// What a partner tells of their side.
#[derive(Clone, Copy, Debug)]
struct Said {
    checked_ago_s: Option<u32>,
    pending: u32,
    problems: u32,
    unsent: u32,
    paused: bool,
    held_up: bool,
}

const WELL: Said =
    Said { checked_ago_s: Some(1), pending: 0, problems: 0, unsent: 0, paused: false, held_up: false };

/// What an issue waits for.
#[derive(Clone, Copy, Debug)]
enum Work {
    ToSend,
    ToDo,
    Nothing,
}

fn said() -> impl Strategy<Value = Said> {
    let few = || prop_oneof![4 => Just(0), 1 => 1u32..4];
    let ago = prop::option::weighted(0.9, 0u32..90);
    let rare = || prop::bool::weighted(0.1);
    (ago, few(), few(), few(), rare(), rare()).prop_map(
        |(checked_ago_s, pending, problems, unsent, paused, held_up)| Said {
            checked_ago_s,
            pending,
            problems,
            unsent,
            paused,
            held_up,
        },
    )
}

fn event() -> impl Strategy<Value = Event> {
    use Event as E;
    let one = || 0..PARTNERS.len();
    let runs = prop_oneof![
        4 => Just(Runs::Here),
        1 => Just(Runs::Elsewhere(Duration::from_secs(60))),
        1 => Just(Runs::Nowhere),
    ];
    let stage = prop_oneof![
        4 => Just(Stage::Connected),
        1 => Just(Stage::Invited),
        1 => Just(Stage::AwaitingApproval),
        1 => Just(Stage::Ended),
        1 => Just(Stage::Declined),
    ];
    let work = prop_oneof![Just(Work::ToSend), Just(Work::ToDo), Just(Work::Nothing)];
    prop_oneof![
        5 => prop_oneof![0u32..40, 0u32..2_000].prop_map(E::Pass),
        1 => (1u32..4_000).prop_map(E::SetClockBack),
        1 => runs.prop_map(E::RunBy),
        3 => one().prop_map(E::Read),
        1 => one().prop_map(E::Away),
        3 => (one(), said()).prop_map(|(c, said)| E::Heard(c, said)),
        1 => one().prop_map(E::Unreachable),
        2 => (one(), any::<bool>()).prop_map(|(c, equal)| E::Compared(c, equal)),
        1 => one().prop_map(E::WasSetBack),
        2 => (one(), work).prop_map(|(c, work)| E::Issue(c, work)),
        2 => one().prop_map(E::Done),
        1 => one().prop_map(E::TakenOver),
        1 => (prop::option::of(one()), any::<bool>()).prop_map(|(c, pair)| E::Problem(c, pair)),
        1 => Just(E::SkipAll),
        2 => Just(E::HealAll),
        1 => (one(), prop::option::of(1u32..600)).prop_map(|(c, s)| E::Pause(c, s)),
        2 => one().prop_map(E::Resume),
        2 => (one(), stage).prop_map(|(c, stage)| E::Reaches(c, stage)),
        8 => one().prop_map(E::AllWell),
    ]
}

/// What is true of a connection, beside what the database holds.
#[derive(Clone, Default)]
struct Truth {
    /// When the trackers were last read, by the clock that was shown then.
    read_ms: Option<i64>,
    their_read_ms: Option<i64>,
    /// Both sides know the same, as far as they were ever compared.
    equal: bool,
    issues: u64,
}

struct World {
    node: std::sync::Arc<Node>,
    store: Store,
    at: Moment,
    truths: Vec<Truth>,
    issues: u32,
    _folder: TempDir,
}

fn link(c: usize) -> ConnectionId {
    ConnectionId::new(PARTNERS[c].repeat(4))
}

fn account(c: usize) -> AccountId {
    AccountId::new(PARTNERS[c])
}

impl World {
    async fn new(begun_ms: i64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            secrets: SecretsChoice::File,
            check_every: CHECK_EVERY,
            ..Options::new(folder.path().to_owned())
        };
        let node = Node::open(options).await.unwrap();
        let fresh = Fresh { node: NodeId::new("n"), incarnation: "i".to_owned() };
        let store = Store::open(&folder.path().join("twinline.db"), fresh).unwrap();
        let truths = vec![Truth::default(); PARTNERS.len()];
        let at = Moment { now_ms: begun_ms, runs: Runs::Here, check_every: CHECK_EVERY, up: Duration::ZERO };
        Self { node, store, at, truths, issues: 0, _folder: folder }
    }

    fn write<T>(&self, write: impl FnOnce(&mut Tx<'_>) -> Result<T, twinline_store::StoreError>) -> T {
        self.store.write(write).unwrap()
    }

    fn change(&self, c: usize, change: impl FnOnce(&mut Connection)) {
        self.write(|tx| {
            let Some(mut row) = tx.connection(&link(c))? else { return Ok(()) };
            change(&mut row);
            tx.update_connection(&row)
        });
    }

    fn change_link(&self, c: usize, change: impl FnOnce(&mut LinkState)) {
        self.write(|tx| {
            let mut row = tx.link(&link(c))?;
            change(&mut row);
            tx.set_link(&link(c), &row)
        });
    }

    /// Before the first word of a connection there is none.
    fn begin(&self, c: usize) {
        self.write(|tx| {
            if tx.connection(&link(c))?.is_some() {
                return Ok(());
            }
            tx.insert_account(&Account {
                id: account(c),
                site: format!("acme-{c}.atlassian.net"),
                base_url: format!("https://acme-{c}.atlassian.net"),
                email: "ana@acme.example".to_owned(),
                user: "5b10".to_owned(),
                display_name: "Ana".to_owned(),
                projects: 1,
                signed_in: true,
                since_ms: None,
                checked_ms: None,
                token_ends: None,
                cloud: None,
            })?;
            tx.insert_connection(&Connection {
                id: link(c),
                role: if c == 0 { Role::Public } else { Role::Private },
                mode: Mode::Basic,
                rules: 0,
                stage: Stage::Connected,
                account: account(c),
                project: ProjectKey::new("SUP"),
                given_name: Some(PARTNERS[c].to_owned()),
                partner: None,
                address: String::new(),
                approval: Approval::Ask,
                filter: None,
                default_type: None,
                above: None,
                existing: c == 0,
                name_authors: true,
                internal_comments: false,
                paused: None,
                partner_paused: false,
                created_ms: 1_000,
            })
        });
    }

    fn pair(&mut self, c: usize, to_send: bool, to_do: bool) -> PairId {
        self.issues += 1;
        self.truths[c].issues += 1;
        let (number, now) = (self.issues, self.at.now_ms);
        self.write(|tx| {
            let origin = Origin { node: NodeId::new("b"), item: number.to_string() };
            let mut pair = tx.new_pair(&link(c), &origin, Side::Ours)?;
            pair.theirs = (!to_send).then(|| TheirIssue { key: format!("GX-{number}"), link: String::new() });
            tx.save_pair(&pair, flags(to_send, to_do), Some(now))?;
            Ok(pair.id)
        })
    }

    fn finish(&self, c: usize) {
        let now = self.at.now_ms;
        self.write(|tx| {
            for id in tx.pair_ids(&link(c), 1_000, PairId(0))? {
                if let Some(pair) = tx.pair(id)? {
                    tx.save_pair(&pair, flags(false, false), Some(now))?;
                }
            }
            Ok(())
        });
    }

    fn heard(&mut self, c: usize, said: Said) {
        let now = self.at.now_ms;
        let read = said.checked_ago_s.map(|ago| now - i64::from(ago) * 1_000);
        self.truths[c].their_read_ms = read;
        self.change_link(c, |link| {
            link.last_contact_ms = Some(now);
            link.last_error = None;
            link.partner_checked_ms = read;
            link.partner_pending = said.pending;
            link.partner_problems = said.problems;
            link.partner_unsent = said.unsent;
            link.partner_interval_ms = THEIRS_MS[c];
        });
        self.change(c, |row| row.partner_paused = said.paused);
        let why = if said.held_up { ProblemCode::SignInExpired.as_str() } else { "" };
        self.write(|tx| tx.set_partner_held_up(&link(c), why));
    }

    fn read(&mut self, c: usize) {
        let now = self.at.now_ms;
        self.truths[c].read_ms = Some(now);
        self.change(c, |row| row.above = Some(0));
        self.write(|tx| tx.forget_away(&account(c)).and_then(|()| tx.set_cursor(&account(c), now, now)));
    }

    fn compared(&mut self, c: usize, equal: bool) {
        let now = self.at.now_ms;
        self.truths[c].equal = equal;
        self.change_link(c, |link| {
            link.compared_ms = equal.then_some(now);
            link.reconciling &= !equal;
        });
    }

    fn happens(&mut self, event: Event) {
        let now = self.at.now_ms;
        match event {
            Event::Pass(s) => {
                self.at.now_ms += i64::from(s) * 1_000;
                self.at.up += Duration::from_secs(u64::from(s));
            }
            Event::SetClockBack(s) => self.at.now_ms -= i64::from(s) * 1_000,
            Event::RunBy(runs) => (self.at.runs, self.at.up) = (runs, Duration::ZERO),
            Event::Read(c) => self.read(c),
            Event::Away(c) => self.write(|tx| tx.set_away(&account(c), now)),
            Event::Heard(c, said) => self.heard(c, said),
            Event::Unreachable(c) => {
                self.change_link(c, |link| {
                    link.last_error = Some(ProblemCode::PartnerUnreachable.as_str().to_owned());
                });
            }
            Event::Compared(c, equal) => self.compared(c, equal),
            Event::WasSetBack(c) => {
                self.truths[c].equal = false;
                self.change_link(c, |link| link.reconciling = true);
            }
            Event::Issue(c, work) => {
                self.pair(c, matches!(work, Work::ToSend), matches!(work, Work::ToDo));
            }
            Event::Done(c) => self.finish(c),
            Event::TakenOver(c) => self.change_link(c, |link| link.first_synced_ms = Some(now)),
            Event::Problem(c, of_pair) => {
                let pair = c.filter(|_| of_pair).map(|c| self.pair(c, false, false));
                let code = ProblemCode::PermissionLost.as_str();
                let facts = BTreeMap::<String, String>::new();
                let id = c.map(link);
                self.write(|tx| tx.raise(code, id.as_ref(), pair, None, &facts, now));
            }
            Event::SkipAll => self.write(|tx| {
                tx.problems()?
                    .iter()
                    .filter(|p| p.pair.is_some())
                    .try_for_each(|p| tx.skip_problem(p.id, true))
            }),
            Event::HealAll => {
                self.write(|tx| tx.problems()?.iter().try_for_each(|p| tx.remove_problem(p.id)));
            }
            Event::Pause(c, s) => {
                let until = |s| Pause::Until { since_ms: now, until_ms: now + i64::from(s) * 1_000 };
                self.change(c, |row| row.paused = Some(s.map_or(Pause::Open, until)));
            }
            Event::Resume(c) => self.change(c, |row| row.paused = None),
            Event::Reaches(c, stage) => self.change(c, |row| row.stage = stage),
            Event::AllWell(c) => {
                self.change(c, |row| (row.stage, row.paused) = (Stage::Connected, None));
                self.change_link(c, |link| link.first_synced_ms = Some(now));
                self.finish(c);
                self.read(c);
                self.compared(c, true);
                self.heard(c, WELL);
            }
        }
    }
}

fn flags(to_send: bool, to_do: bool) -> PairFlags {
    let standing = if to_send || to_do { PairStanding::Syncing } else { PairStanding::InStep };
    PairFlags { to_send, to_do, standing, urgent: false, place: String::new(), digest: String::new() }
}

/// Everything that shows a status shows this one.
fn agree(status: &Status) {
    let shown = surface(Some(status));
    assert_eq!(shown.menu[0], Entry::Line(status.sentence.clone()), "the menu's first line");
    assert_eq!(shown.tooltip, format!("Twinline — {}", status.sentence));
    assert_eq!(title(Some(status)), shown.tooltip);
    assert_eq!(practice_title(Some(status)), format!("Twinline practice — {}", status.sentence));
    let json = serde_json::to_value(status).unwrap();
    assert_eq!(json["sentence"], status.sentence.as_str());
    let glyphs = match json["overall"].as_str().unwrap() {
        "up_to_date" => Glyph::UpToDate,
        "checking" | "syncing" | "delayed" => Glyph::Syncing,
        "needs_attention" => Glyph::NeedsAttention,
        "paused" => Glyph::Paused,
        "offline" => Glyph::Offline,
        "not_set_up" => Glyph::NotSetUp,
        other => panic!("{other}"),
    };
    assert_eq!(shown.glyph, glyphs, "the icon");
    assert!(!status.sentence.is_empty() && !status.sentence.contains(['{', '}']), "{}", status.sentence);

    let count = status.attention;
    assert_eq!(json["attention"], count);
    assert_eq!(shown.label, (count > 0).then(|| count.to_string()), "the number beside the icon");
    let entry = Entry::Item(Action::Attention, format!("Needs attention ({count})…"));
    assert_eq!(shown.menu.contains(&entry), count > 0, "the menu's entry");
    if count > 1 {
        assert!(status.sentence.starts_with(&format!("{count} ")), "{} of {count}", status.sentence);
    }
    for (c, of_json) in status.connections.iter().zip(json["connections"].as_array().unwrap()) {
        let word = say(&format!("state-word-{}", of_json["state"].as_str().unwrap().replace('_', "-")), &[]);
        let text = format!("{}: {word}", c.partner_name);
        let listed = |entry: &Entry| matches!(entry, Entry::Submenu(id, shown, _) if id == c.id.as_str() && *shown == text);
        assert!(shown.menu.iter().any(listed), "{text} in the menu");
        let synced = !matches!(
            c.state,
            ConnectionState::WaitingForPartner | ConnectionState::Declined | ConnectionState::Disconnected
        );
        assert!(c.next_check_at.is_none() || synced && c.last_checked_at.is_some(), "{c:?}");
        if let Some(first) = &c.first_sync {
            assert!(first.done <= first.total && first.percent.is_none_or(|p| p < 100), "{first:?}");
        }
    }
}

/// What each connection's state allows the whole to be; a rule of its own, beside the node's.
fn fits(status: &Status) {
    use ConnectionState as S;
    let states: Vec<S> = status.connections.iter().map(|c| c.state).collect();
    let has = |state| states.contains(&state);
    let live = |state: &S| !matches!(state, S::WaitingForPartner | S::Declined | S::Disconnected);
    let fits = match status.overall {
        OverallStatus::NeedsAttention => {
            status.attention > 0 || has(S::NeedsAttention) || has(S::WaitingForYou)
        }
        OverallStatus::Offline => has(S::Offline),
        OverallStatus::Delayed => has(S::Delayed),
        OverallStatus::Paused => has(S::Paused),
        OverallStatus::Syncing => has(S::Syncing) || has(S::FirstSync),
        OverallStatus::Checking => has(S::Checking),
        OverallStatus::UpToDate => {
            states.iter().filter(|s| live(s)).all(|s| matches!(s, S::UpToDate | S::Paused))
        }
        OverallStatus::NotSetUp => !states.iter().any(live),
    };
    assert!(fits, "{:?} over {states:?}", status.overall);
    if status.attention > 0 || has(S::NeedsAttention) {
        assert_eq!(status.overall, OverallStatus::NeedsAttention, "{states:?}");
    }
}

impl World {
    /// *Up to date* is true.
    fn is_true(&self, status: &Status) {
        for (c, truth) in self.truths.iter().enumerate() {
            let Some(view) = status.connections.iter().find(|view| view.id == link(c)) else { continue };
            let claims = view.state == ConnectionState::UpToDate;
            let counted = status.overall == OverallStatus::UpToDate
                && !matches!(
                    view.state,
                    ConnectionState::Paused
                        | ConnectionState::Declined
                        | ConnectionState::Disconnected
                        | ConnectionState::WaitingForPartner
                );
            assert!(claims || !counted, "up to date as a whole, with one that is {:?}", view.state);
            if !claims {
                continue;
            }
            let interval = match self.at.runs {
                Runs::Here => CHECK_EVERY,
                Runs::Elsewhere(theirs) => theirs,
                Runs::Nowhere => panic!("nobody looks"),
            };
            let age = |at: Option<i64>| self.at.now_ms - at.expect("up to date, and never read");
            let ours = age(truth.read_ms);
            let most = 2 * i64::try_from(interval.as_millis()).unwrap();
            assert!((-CORRECTED_MS..=most + 1_000).contains(&ours), "our tracker was read {ours} ms ago");
            let theirs = age(truth.their_read_ms);
            let most = 2 * i64::from(THEIRS_MS[c]) + REPORT_MS;
            assert!((-CORRECTED_MS..=most).contains(&theirs), "theirs was read {theirs} ms ago");
            assert!(truth.equal || truth.issues == 0, "the two sides differ");
            assert_eq!((view.waiting.out, view.waiting.r#in, view.problems), (0, 0, 0));
        }
    }
}

#[test]
fn whatever_happened_all_places_agree_and_up_to_date_is_true() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut seen = BTreeSet::new();
    let mut states = BTreeSet::new();
    let config = Config { cases: 96, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let (seen, states) = (std::cell::RefCell::new(&mut seen), std::cell::RefCell::new(&mut states));
    let histories = (1usize..=PARTNERS.len(), prop::collection::vec(event(), 1..40));
    let outcome = runner.run(&histories, |(partners, history)| {
        runtime.block_on(async {
            let mut world = World::new(1_800_000_000_000).await;
            let look = async |world: &World| {
                let status = world.node.status_at(&world.at).await;
                agree(&status);
                fits(&status);
                world.is_true(&status);
                let open = world.node.problems().await.unwrap().iter().filter(|p| !p.skipped).count();
                assert_eq!(status.attention as usize, open, "as many as the list of problems has");
                seen.borrow_mut().insert(format!("{:?}", status.overall));
                states.borrow_mut().extend(status.connections.iter().map(|c| format!("{:?}", c.state)));
            };
            look(&world).await;
            (0..partners).for_each(|c| world.begin(c));
            look(&world).await;
            for event in history {
                if event.of().is_none_or(|c| c < partners) {
                    world.happens(event);
                    look(&world).await;
                }
            }
        });
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    assert_eq!(seen.borrow().len(), 8, "each way in which everything can stand came up: {seen:?}");
    assert_eq!(states.borrow().len(), STATES, "each state of a connection came up: {states:?}");
}

/// As many as [`ConnectionState`] has.
const STATES: usize = 12;

impl Event {
    /// Which connection it happens to.
    fn of(&self) -> Option<usize> {
        match *self {
            Event::Pass(_)
            | Event::SetClockBack(_)
            | Event::RunBy(_)
            | Event::SkipAll
            | Event::HealAll
            | Event::Problem(None, _) => None,
            Event::Problem(Some(c), _)
            | Event::Read(c)
            | Event::Away(c)
            | Event::Heard(c, _)
            | Event::Unreachable(c)
            | Event::Compared(c, _)
            | Event::WasSetBack(c)
            | Event::Issue(c, _)
            | Event::Done(c)
            | Event::TakenOver(c)
            | Event::Pause(c, _)
            | Event::Resume(c)
            | Event::Reaches(c, _)
            | Event::AllWell(c) => Some(c),
        }
    }
}
