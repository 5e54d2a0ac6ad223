//! Tray and title agree in every state, and every word of the menu is in the catalogue.

use twinline_model::connection::{Mode, Role};
use twinline_model::view::Waiting;

use super::*;

const STATES: [ConnectionState; 12] = [
    ConnectionState::WaitingForPartner,
    ConnectionState::WaitingForYou,
    ConnectionState::FirstSync,
    ConnectionState::UpToDate,
    ConnectionState::Checking,
    ConnectionState::Syncing,
    ConnectionState::Delayed,
    ConnectionState::NeedsAttention,
    ConnectionState::Paused,
    ConnectionState::Offline,
    ConnectionState::Declined,
    ConnectionState::Disconnected,
];

const OVERALL: [(OverallStatus, Glyph); 8] = [
    (OverallStatus::UpToDate, Glyph::UpToDate),
    (OverallStatus::Checking, Glyph::Syncing),
    (OverallStatus::Syncing, Glyph::Syncing),
    (OverallStatus::Delayed, Glyph::Syncing),
    (OverallStatus::NeedsAttention, Glyph::NeedsAttention),
    (OverallStatus::Paused, Glyph::Paused),
    (OverallStatus::Offline, Glyph::Offline),
    (OverallStatus::NotSetUp, Glyph::NotSetUp),
];

fn view(id: &str, state: ConnectionState, problems: u32) -> ConnectionView {
    ConnectionView {
        id: id.into(),
        partner_name: "Globex".into(),
        partner_site: None,
        partner_project: None,
        partner_person: None,
        role: Role::Public,
        other_side: None,
        second_side: false,
        mode: Mode::Basic,
        project: "SUP".into(),
        account: "1".into(),
        site: "acme.atlassian.net".into(),
        state,
        sentence: String::new(),
        pairs: 0,
        waiting: Waiting { out: 0, r#in: 0 },
        problems,
        partner_problems: 0,
        last_checked_at: None,
        next_check_at: None,
        last_partner_contact_at: None,
        invitation_expires_at: None,
        paused_by: (state == ConnectionState::Paused).then_some(PausedBy::You),
        resumes_at: None,
        internal_comments: false,
        address: String::new(),
        relay: false,
        comparison_number: None,
        last_activity: None,
        compared_at: None,
        healed: 0,
        first_sync: None,
    }
}

fn status(overall: OverallStatus, connections: Vec<ConnectionView>) -> Status {
    let sentence = format!("It is {overall:?}.");
    let attention = connections.iter().map(|c| c.problems).sum();
    Status { overall, sentence, checked_at: None, attention, connections, notes: Vec::new() }
}

fn texts(menu: &[Entry]) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in menu {
        match entry {
            Entry::Line(text) | Entry::Item(_, text) => texts.push(text.clone()),
            Entry::Separator => texts.push("—".into()),
            Entry::Submenu(_, text, inner) => {
                texts.push(text.clone());
                texts.extend(self::texts(inner).into_iter().map(|text| format!("  {text}")));
            }
        }
    }
    texts
}

#[test]
fn icon_first_line_tooltip_and_title_say_the_same_in_every_state() {
    for (overall, glyph) in OVERALL {
        let status = status(overall, vec![]);
        let shown = surface(Some(&status));
        assert_eq!(shown.glyph, glyph);
        assert_eq!(shown.menu[0], Entry::Line(status.sentence.clone()));
        assert!(title(Some(&status)).contains(&status.sentence));
        assert_eq!(shown.tooltip, title(Some(&status)));
    }
}

#[test]
fn the_menu_reads_as_designed() {
    let connected = view("c1", ConnectionState::UpToDate, 0);
    let troubled = view("c2", ConnectionState::NeedsAttention, 2);
    let shown = surface(Some(&status(OverallStatus::NeedsAttention, vec![troubled, connected])));
    let expected = [
        "It is NeedsAttention.",
        "Open Twinline",
        "—",
        "Needs attention (2)…",
        "Globex: Needs attention",
        "  Open",
        "  Pause",
        "Globex: Up to date",
        "  Open",
        "  Pause",
        "—",
        "Sync now",
        "Pause syncing",
        "  1 hour",
        "  Until tomorrow, 08:00",
        "  Until I resume",
        "—",
        "Settings…",
        "Quit Twinline",
    ];
    assert_eq!(texts(&shown.menu), expected);
    assert_eq!(shown.label.as_deref(), Some("2"));
}

#[test]
fn without_connections_only_what_makes_sense_is_offered() {
    let expected = ["It is NotSetUp.", "Open Twinline", "—", "Settings…", "Quit Twinline"];
    assert_eq!(texts(&surface(Some(&status(OverallStatus::NotSetUp, vec![]))).menu), expected);
}

#[test]
fn paused_connections_can_be_resumed_and_only_running_ones_paused() {
    let paused = surface(Some(&status(OverallStatus::Paused, vec![view("c1", ConnectionState::Paused, 0)])));
    let texts = texts(&paused.menu);
    assert!(texts.contains(&"Resume syncing".into()) && texts.contains(&"  Resume".into()));
    assert!(!texts.contains(&"Pause syncing".into()) && !texts.contains(&"  Pause".into()));
    // The partner's pause is the partner's to lift.
    let theirs =
        ConnectionView { paused_by: Some(PausedBy::Partner), ..view("c1", ConnectionState::Paused, 0) };
    let texts = self::texts(&surface(Some(&status(OverallStatus::Paused, vec![theirs.clone()]))).menu);
    assert!(!texts.contains(&"Resume syncing".into()) && !texts.contains(&"  Resume".into()));
    assert!(texts.contains(&"  Pause".into()));
    // Like the header: where all is paused, one's own pause can be lifted.
    let both = vec![view("c2", ConnectionState::Paused, 0), theirs];
    let texts = self::texts(&surface(Some(&status(OverallStatus::Paused, both))).menu);
    assert!(texts.contains(&"Resume syncing".into()) && !texts.contains(&"Pause syncing".into()));
}

#[test]
fn every_state_has_its_word_and_at_most_five_connections_are_listed() {
    let views: Vec<_> = STATES.iter().map(|state| view("c", *state, 0)).collect();
    for view in &views {
        let Entry::Submenu(_, text, _) = connection(view) else { panic!() };
        assert!(text.starts_with("Globex: ") && !text.contains("state-"), "{text}");
    }
    let shown = surface(Some(&status(OverallStatus::Syncing, views)));
    assert_eq!(
        shown.menu.iter().filter(|e| matches!(e, Entry::Submenu(id, ..) if id != "pause-all")).count(),
        MOST_CONNECTIONS
    );
}

#[test]
fn actions_come_back_from_their_ids() {
    let id = || ConnectionId::from("0123456789abcdef");
    let all = [
        Action::Open,
        Action::Attention,
        Action::Connection(id()),
        Action::Pause(id()),
        Action::Resume(id()),
        Action::SyncNow,
        Action::PauseAll(PauseUntil::Seconds(3_600)),
        Action::PauseAll(PauseUntil::Tomorrow),
        Action::PauseAll(PauseUntil::Resumed),
        Action::ResumeAll,
        Action::Settings,
        Action::Quit,
    ];
    for action in all {
        assert_eq!(Action::parse(&action.id()), Some(action));
    }
    assert_eq!(Action::parse("status"), None);
    assert_eq!(Action::parse("pause-all/for-ever"), None);
}

#[test]
fn the_title_says_that_it_is_practice_and_the_tray_never_does() {
    let status = Status {
        overall: OverallStatus::UpToDate,
        sentence: "Up to date".into(),
        checked_at: None,
        attention: 0,
        connections: Vec::new(),
        notes: Vec::new(),
    };
    assert_eq!(practice_title(Some(&status)), "Twinline practice — Up to date");
    assert_eq!(practice_title(None), "Twinline practice — Starting…");
    assert_eq!(surface(Some(&status)).tooltip, "Twinline — Up to date");
}
