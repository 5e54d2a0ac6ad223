//! What tray and title show, worked out from one `Status` value: no two of them can disagree.

use twinline_model::ConnectionId;
use twinline_model::pause::PauseUntil;
use twinline_model::view::{ConnectionState, ConnectionView, OverallStatus, PausedBy, Status};
use twinline_node::words::say;

/// The menu shows so many connections; the window shows all.
const MOST_CONNECTIONS: usize = 5;

/// How long everything can be paused from the menu: until when, its word in an entry's id, its sentence.
const PAUSES: [(PauseUntil, &str, &str); 3] = [
    (PauseUntil::Seconds(3_600), "hour", "tray-pause-hour"),
    (PauseUntil::Tomorrow, "tomorrow", "tray-pause-tomorrow"),
    (PauseUntil::Resumed, "open", "tray-pause-open"),
];

/// One of the six tray glyphs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Glyph {
    /// A tick.
    UpToDate,
    /// Two arrows.
    Syncing,
    /// A triangle.
    NeedsAttention,
    /// Two bars.
    Paused,
    /// A broken line and a cross.
    Offline,
    /// Two empty points without a line.
    NotSetUp,
}

/// What a click on a menu entry does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Shows the window.
    Open,
    /// Shows *Needs attention*.
    Attention,
    /// Shows a connection.
    Connection(ConnectionId),
    /// Pauses a connection.
    Pause(ConnectionId),
    /// Goes on with a connection.
    Resume(ConnectionId),
    /// Looks for changes now.
    SyncNow,
    /// Pauses all connections.
    PauseAll(PauseUntil),
    /// Goes on with all connections.
    ResumeAll,
    /// Shows *Settings*.
    Settings,
    /// Ends the app.
    Quit,
}

/// An entry of the tray's menu.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entry {
    /// A line that cannot be clicked.
    Line(String),
    /// A line that does something.
    Item(Action, String),
    /// A rule.
    Separator,
    /// A menu in the menu, with an id of its own.
    Submenu(String, String, Vec<Entry>),
}

/// All that the tray shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Surface {
    /// The icon.
    pub glyph: Glyph,
    /// Where a panel shows text on hovering.
    pub tooltip: String,
    /// Beside the icon, where a panel shows that: the number of problems, and nothing while all is quiet.
    pub label: Option<String>,
    /// The menu.
    pub menu: Vec<Entry>,
}

/// The window's title.
pub fn title(status: Option<&Status>) -> String {
    say("tray-title", &[("sentence", &sentence(status))])
}

/// The window's title while it shows the practice, with the practice's status. The tray has none of it.
pub fn practice_title(status: Option<&Status>) -> String {
    say("title-practice", &[("sentence", &sentence(status))])
}

/// What the tray shows for a status; without one, the app is starting.
pub fn surface(status: Option<&Status>) -> Surface {
    let problems = status.map_or(0, |s| s.attention);
    Surface {
        glyph: status.map_or(Glyph::Syncing, |s| glyph(s.overall)),
        tooltip: title(status),
        label: (problems > 0).then(|| problems.to_string()),
        menu: menu(status, problems),
    }
}

fn sentence(status: Option<&Status>) -> String {
    status.map_or_else(|| say("tray-starting", &[]), |s| s.sentence.clone())
}

fn glyph(overall: OverallStatus) -> Glyph {
    match overall {
        OverallStatus::UpToDate => Glyph::UpToDate,
        // Delayed is still at work: what waits is tried again by itself.
        OverallStatus::Checking | OverallStatus::Syncing | OverallStatus::Delayed => Glyph::Syncing,
        OverallStatus::NeedsAttention => Glyph::NeedsAttention,
        OverallStatus::Paused => Glyph::Paused,
        OverallStatus::Offline => Glyph::Offline,
        OverallStatus::NotSetUp => Glyph::NotSetUp,
    }
}

fn menu(status: Option<&Status>, problems: u32) -> Vec<Entry> {
    let item = |action, id| Entry::Item(action, say(id, &[]));
    let mut menu = vec![Entry::Line(sentence(status)), item(Action::Open, "tray-open"), Entry::Separator];
    if problems > 0 {
        let text = say("tray-attention", &[("count", &problems.to_string())]);
        menu.push(Entry::Item(Action::Attention, text));
    }
    let connections = status.map_or(&[][..], |s| &s.connections);
    menu.extend(connections.iter().filter(|c| !c.second_side).take(MOST_CONNECTIONS).map(connection));
    if menu.last() != Some(&Entry::Separator) {
        menu.push(Entry::Separator);
    }
    let paused = status.is_some_and(|s| s.overall == OverallStatus::Paused);
    if paused && connections.iter().any(|c| is_ours(c.paused_by)) {
        if connections.iter().any(|c| c.paused_by == Some(PausedBy::Hours)) {
            menu.push(item(Action::SyncNow, "tray-sync-now"));
        }
        menu.push(item(Action::ResumeAll, "tray-resume"));
    } else if connections.iter().any(is_running) {
        menu.push(item(Action::SyncNow, "tray-sync-now"));
        let pauses = PAUSES.map(|(until, _, text)| item(Action::PauseAll(until), text));
        menu.push(Entry::Submenu("pause-all".into(), say("tray-pause", &[]), pauses.into()));
    } else if connections.iter().any(|c| is_ours(c.paused_by)) {
        menu.push(item(Action::ResumeAll, "tray-resume"));
    }
    if menu.last() != Some(&Entry::Separator) {
        menu.push(Entry::Separator);
    }
    menu.extend([item(Action::Settings, "tray-settings"), item(Action::Quit, "tray-quit")]);
    menu
}

fn connection(view: &ConnectionView) -> Entry {
    let state = say(&format!("state-word-{}", word(view.state)), &[]);
    let text = say("tray-connection", &[("partner", &view.partner_name), ("state", &state)]);
    let mut entries =
        vec![Entry::Item(Action::Connection(view.id.clone()), say("tray-connection-open", &[]))];
    if is_ours(view.paused_by) {
        entries.push(Entry::Item(Action::Resume(view.id.clone()), say("tray-connection-resume", &[])));
    } else if is_running(view) {
        entries.push(Entry::Item(Action::Pause(view.id.clone()), say("tray-connection-pause", &[])));
    }
    Entry::Submenu(view.id.to_string(), text, entries)
}

/// Each side lifts its own pause.
fn is_ours(pause: Option<PausedBy>) -> bool {
    matches!(pause, Some(PausedBy::You | PausedBy::Both | PausedBy::Hours))
}

/// Whether there is something to pause.
fn is_running(view: &ConnectionView) -> bool {
    use ConnectionState as S;
    match view.state {
        _ if is_ours(view.paused_by) => false,
        S::FirstSync
        | S::UpToDate
        | S::Checking
        | S::Syncing
        | S::Delayed
        | S::Paused
        | S::NeedsAttention
        | S::Offline => true,
        S::WaitingForPartner | S::WaitingForYou | S::Declined | S::Disconnected => false,
    }
}

fn word(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::WaitingForPartner => "waiting-for-partner",
        ConnectionState::WaitingForYou => "waiting-for-you",
        ConnectionState::FirstSync => "first-sync",
        ConnectionState::UpToDate => "up-to-date",
        ConnectionState::Checking => "checking",
        ConnectionState::Syncing => "syncing",
        ConnectionState::Delayed => "delayed",
        ConnectionState::NeedsAttention => "needs-attention",
        ConnectionState::Paused => "paused",
        ConnectionState::Offline => "offline",
        ConnectionState::Declined => "declined",
        ConnectionState::Disconnected => "disconnected",
    }
}

impl Action {
    /// As a menu entry's id.
    pub fn id(&self) -> String {
        match self {
            Action::Open => "open".into(),
            Action::Attention => "attention".into(),
            Action::Connection(id) => format!("connection/{id}"),
            Action::Pause(id) => format!("pause/{id}"),
            Action::Resume(id) => format!("resume/{id}"),
            Action::SyncNow => "sync-now".into(),
            Action::PauseAll(until) => {
                let word =
                    PAUSES.iter().find(|(offered, ..)| offered == until).map_or("open", |(_, word, _)| word);
                format!("pause-all/{word}")
            }
            Action::ResumeAll => "resume-all".into(),
            Action::Settings => "settings".into(),
            Action::Quit => "quit".into(),
        }
    }

    /// From a menu entry's id.
    pub fn parse(id: &str) -> Option<Self> {
        Some(match id.split_once('/') {
            Some(("connection", id)) => Action::Connection(id.into()),
            Some(("pause", id)) => Action::Pause(id.into()),
            Some(("resume", id)) => Action::Resume(id.into()),
            Some(("pause-all", word)) => {
                Action::PauseAll(PAUSES.iter().find(|(_, offered, _)| *offered == word)?.0)
            }
            Some(_) => return None,
            None => match id {
                "open" => Action::Open,
                "attention" => Action::Attention,
                "sync-now" => Action::SyncNow,
                "resume-all" => Action::ResumeAll,
                "settings" => Action::Settings,
                "quit" => Action::Quit,
                _ => return None,
            },
        })
    }
}

#[cfg(test)]
#[path = "surface_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "surface_histories.rs"]
mod histories;
