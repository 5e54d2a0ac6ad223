//! What the window, the tray and the command line show. The JSON of `twinline-node --json` is a promise: fields
//! may be added, never renamed.
//!
//! Times are RFC 3339 in UTC; sentences come ready from the catalogue, so that all three say the same.

use serde::{Deserialize, Serialize};

use crate::asked::{AskedKind, FieldOption};
use crate::connection::{Mode, Role};
use crate::problem::Owner;
use crate::rules::RulePlace;
use crate::{AccountId, ConnectionId, ProjectKey};

macro_rules! view {
    ($($(#[$meta:meta])* pub struct $name:ident { $($(#[$fmeta:meta])* $field:ident: $ty:ty,)* })+) => {$(
        $(#[$meta])*
        #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
        #[cfg_attr(feature = "specta", derive(specta::Type))]
        pub struct $name { $($(#[$fmeta])* pub $field: $ty,)* }
    )+};
}

mod asking;
mod computer;
mod happened;
mod inviting;
mod pace;
mod what;

pub use asking::{QuestionPreview, QuestionStanding, QuestionView, QuestionsView};
pub use computer::{DiagnosticsFile, DiagnosticsView, Farewell, PrivacyView, Retention};
pub use happened::{ActivityView, DayView, HourView};
pub use inviting::{
    AcceptRequest, AddressCheck, InitiateRequest, InvitationPreview, InvitationView, LocalRequest, LocalSide,
};
pub use pace::{CheckEvery, PaceSettings, PaceView, Power, Weekday, WorkingHours};
pub use what::{FilterField, FilterValue, FilterWords, MatchStanding, MatchView, MatchesView, WhatView};

/// How everything stands: one value for window, tray, title and command line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum OverallStatus {
    /// Both sides were checked within two intervals, and nothing waits.
    UpToDate,
    /// A check is due or under way.
    Checking,
    /// Changes are on their way.
    Syncing,
    /// Something that our people cannot change lasts: a partner has to act.
    Delayed,
    /// A person has to do something.
    NeedsAttention,
    /// All connections are paused.
    Paused,
    /// No network, or no partner and no tracker answers.
    Offline,
    /// No connection yet.
    NotSetUp,
}

/// Who has paused a connection, or what; each side lifts its own pause.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum PausedBy {
    /// Our admin.
    You,
    /// The partner's admin.
    Partner,
    /// Both.
    Both,
    /// Nobody: it is outside our working hours.
    Hours,
}

/// How one connection stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// The code is out, or the partner has to approve.
    WaitingForPartner,
    /// Our admin has to approve.
    WaitingForYou,
    /// The first sync is under way.
    FirstSync,
    /// In step, checked on both sides within two intervals.
    UpToDate,
    /// A check is due.
    Checking,
    /// Changes are on their way.
    Syncing,
    /// The partner's people have to act.
    Delayed,
    /// A person has to do something.
    NeedsAttention,
    /// Paused by either side.
    Paused,
    /// The partner or the tracker cannot be reached.
    Offline,
    /// The partner said no before anything was synced.
    Declined,
    /// Ended by either side.
    Disconnected,
}

/// How one pair stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum PairStanding {
    /// Both sides equal.
    InStep,
    /// A change is on its way.
    Syncing,
    /// Waits for a person of ours.
    Stopped,
    /// Waits for a person of the partner.
    WaitingForPartner,
    /// In step but for what a person of either side said to leave out.
    Skipped,
    /// No longer synced; both issues stay.
    Unlinked,
}

/// Seen from here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the partner to us.
    In,
    /// From us to the partner.
    Out,
}

/// What an activity line is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum ActivityKind {
    /// An issue and its twin.
    Issue,
    /// A comment.
    Comment,
    /// An attachment.
    Attachment,
    /// A changed field.
    Change,
}

/// One of the two texts of a conflict.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum TextOf {
    /// Written on our side.
    Ours,
    /// Written on the partner's side.
    Theirs,
}

/// For which issues a value is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum ChoiceScope {
    /// All synced issues of the type, those to come included.
    All,
    /// The one issue.
    One,
}

/// How near the end of an API token is, by the day that a person entered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum TokenStage {
    /// In more than thirty days.
    Later,
    /// In thirty days at most.
    Month,
    /// In seven days at most.
    Week,
    /// Tomorrow or today.
    Day,
    /// The day is over.
    Over,
}

view! {
    /// How everything stands.
    pub struct Status {
        /// One word.
        overall: OverallStatus,
        /// One sentence; tray, header and title show this very text.
        sentence: String,
        /// The oldest of the last successful checks of the connections that are synced; `null`: one was never checked.
        checked_at: Option<String>,
        /// How many things stand in *Needs attention*: tray, menu and window count the same.
        attention: u32,
        /// Every connection, attention first.
        connections: Vec<ConnectionView>,
        /// What is good to know in time; nothing of it changes how anything stands.
        notes: Vec<NoteView>,
    }

    /// Something that is good to know before it becomes a problem.
    pub struct NoteView {
        /// Stable: `token-ends`.
        code: String,
        /// Which account it concerns.
        account: AccountId,
        /// How near it is.
        stage: TokenStage,
        /// What comes, to what, when.
        sentence: String,
        /// What to do.
        next_step: String,
    }

    /// A connection.
    pub struct ConnectionView {
        /// The same on both sides.
        id: ConnectionId,
        /// As people call the partner; "unknown" until the partner accepted, unless our admin gave a name.
        partner_name: String,
        /// As `globex.atlassian.net`.
        partner_site: Option<String>,
        /// Their project's key.
        partner_project: Option<String>,
        /// Who accepted or invited, as they call themselves.
        partner_person: Option<String>,
        /// Who calls whom.
        role: Role,
        /// Where both projects are in this app: the same connection as the other project sees it.
        other_side: Option<ConnectionId>,
        /// It is the second of these two: a list of what people made shows it with the first.
        second_side: bool,
        /// Which rules.
        mode: Mode,
        /// Our project's key.
        project: ProjectKey,
        /// Our account.
        account: AccountId,
        /// Our site.
        site: String,
        /// How it stands.
        state: ConnectionState,
        /// One sentence about that.
        sentence: String,
        /// How many issues are in sync.
        pairs: u32,
        /// What waits.
        waiting: Waiting,
        /// How many problems are open.
        problems: u32,
        /// How many the partner's people have to look at, as they last told.
        partner_problems: u32,
        /// When our tracker was last read without an error.
        last_checked_at: Option<String>,
        /// When our tracker is to be read next; `null`: it is not, or never was.
        next_check_at: Option<String>,
        /// When the partner's node last spoke to us.
        last_partner_contact_at: Option<String>,
        /// While an invitation is out: until when it works.
        invitation_expires_at: Option<String>,
        /// Who has paused it, whatever else is to be said of it.
        paused_by: Option<PausedBy>,
        /// While our side has paused it until a certain time: when it goes on by itself.
        resumes_at: Option<String>,
        /// Internal comments of our service project leave too, and arrive as public ones.
        internal_comments: bool,
        /// Where the partner calls us, or where we call.
        address: String,
        /// Neither side is called at an address: both meet at a relay, whose address it is.
        relay: bool,
        /// Six digits made from the pairing: the same on both screens unless somebody stands in the middle.
        comparison_number: Option<String>,
        /// The newest activity line.
        last_activity: Option<String>,
        /// When both sides were last found to know the same of every issue.
        compared_at: Option<String>,
        /// How many differences were found and healed, ever.
        healed: u32,
        /// How far the first sync is, as long as it is on.
        first_sync: Option<FirstSync>,
    }

    /// How far a first sync is.
    pub struct FirstSync {
        /// Issues of which nothing is on its way any more.
        done: u32,
        /// Issues that there are on both sides, as far as they are known.
        total: u32,
        /// How much that is; `null` while a side still reads what it has.
        percent: Option<u32>,
        /// About how long the rest takes, as fast as it went in the last minutes; `null`: nobody can say.
        minutes_left: Option<u32>,
    }

    /// How many changes wait, by direction.
    pub struct Waiting {
        /// To the partner.
        out: u32,
        /// From the partner.
        r#in: u32,
    }

    /// A pair.
    pub struct PairView {
        /// Local to this node; for paging.
        id: String,
        /// Our key.
        ours: Option<String>,
        /// Where it is read.
        ours_url: Option<String>,
        /// Their key.
        theirs: Option<String>,
        /// Where it is read by their people.
        theirs_url: Option<String>,
        /// The summary on our side.
        title: String,
        /// How it stands.
        state: PairStanding,
        /// When it last changed.
        last_change_at: Option<String>,
        /// Which way the issue came.
        direction: Direction,
        /// How many of its conflicts nobody has looked after.
        conflicts: u32,
        /// How many conflicts it ever had.
        records: u32,
        /// How many comments of our people not everybody may read: they stay on our side.
        restricted_comments: u32,
    }

    /// Both sides changed one text: what either wrote, so that nothing is lost.
    pub struct ConflictView {
        /// Local to this node; for paging.
        id: String,
        /// On which connection.
        connection: ConnectionId,
        /// As people call the partner.
        partner_name: String,
        /// Our key of the issue.
        issue: Option<String>,
        /// Their key.
        twin: Option<String>,
        /// When we noticed.
        at: String,
        /// Which text, in a word.
        field: String,
        /// What our side wrote.
        ours: String,
        /// What theirs wrote.
        theirs: String,
        /// Which of the two stands now; `null`: another text was written since.
        current: Option<TextOf>,
        /// A person used one of the texts, or left it as it is.
        settled: bool,
        /// The issue is still synced, so that a text can be used.
        usable: bool,
    }

    /// A problem.
    pub struct ProblemView {
        /// Local to this node.
        id: String,
        /// Stable.
        code: String,
        /// Which connection, if one.
        connection: Option<ConnectionId>,
        /// As people call the partner.
        partner_name: Option<String>,
        /// Our key of the one issue it concerns.
        issue: Option<String>,
        /// Whose turn it is.
        owner: Owner,
        /// What happened, to what.
        sentence: String,
        /// What to do.
        next_step: String,
        /// Since when.
        since: String,
        /// How often.
        count: u32,
        /// It waits for values that can be chosen here.
        fillable: bool,
        /// A person said to leave it as it is; it can still be tried again.
        skipped: bool,
        /// It stops one thing only, which a person may leave out.
        skippable: bool,
        /// The same for problems that differ in nothing but the issue: people settle those together.
        cause: String,
        /// As `sentence`, where several have this cause: it names no issue.
        together: String,
        /// As `next_step`, where several have this cause.
        together_next: String,
        /// Where the rules broke off, if they did.
        rule: Option<RulePlace>,
        /// A ready text to send to whoever can mend it; `null`: nobody has to be written to.
        request: Option<String>,
        /// The question of the partner's that waits for a yes or a no, by its id.
        question: Option<String>,
    }

    /// A field that our tracker demands in new issues.
    pub struct FieldView {
        /// The tracker's id.
        id: String,
        /// As people know it.
        name: String,
        /// What may be chosen.
        kind: AskedKind,
        /// The values that it allows, where there is a list of them.
        options: Vec<FieldOption>,
        /// What is chosen now, in words; empty: nothing.
        chosen: String,
    }

    /// What a person chose for a field.
    pub struct FieldChoice {
        /// The field's id.
        field: String,
        /// Ids of options, or the one text, number or day.
        values: Vec<String>,
    }

    /// A sign-in to a tracker site.
    pub struct AccountView {
        /// Local to this node.
        id: AccountId,
        /// As `acme.atlassian.net`.
        site: String,
        /// The sign-in's e-mail address.
        email: String,
        /// As Jira calls the person.
        display_name: String,
        /// How many projects it may create issues in, as last seen.
        projects: u32,
        /// How many connections use it.
        connections: u32,
        /// There is no password store: the sign-in is kept until the app quits.
        until_quit: bool,
        /// Jira accepted it when it was last used.
        signed_in: bool,
        /// When its API token ends, where a person entered the day.
        token: Option<TokenView>,
        /// How many calls went to its site lately; `null`: nobody counts, since Twinline does not run here.
        calls: Option<CallsView>,
    }

    /// What was asked of a site in the last hour, or since Twinline was started.
    pub struct CallsView {
        /// How many calls.
        count: u32,
        /// Since when.
        since: String,
        /// How full the fullest of Jira's limits was at any time, in per cent.
        fullest: u32,
        /// How often Jira asked to slow down.
        slowed: u32,
        /// As a person would say it.
        sentence: String,
    }

    /// When an API token ends.
    pub struct TokenView {
        /// The day, as `2027-03-01`.
        ends: String,
        /// How near it is.
        stage: TokenStage,
        /// As a person would say it.
        sentence: String,
    }

    /// A project that may, or may not, be chosen.
    pub struct ProjectView {
        /// As `SUP`.
        key: ProjectKey,
        /// As people call it.
        name: String,
        /// Why it cannot be chosen; `None`: it can.
        reason: Option<String>,
    }

    /// What a project offers for the types that it lacks.
    pub struct ProjectTypes {
        /// Types that may be chosen, sub-task types left out.
        types: Vec<String>,
        /// What Twinline uses unless the admin chooses: the project's default, else *Task*, else the first.
        fallback: String,
        /// How many issues stand in the project now.
        existing: u32,
        /// A service project: it may hold internal comments.
        service: bool,
    }

    /// What this node says of itself.
    pub struct Settings {
        /// How our company is called towards partners.
        company: String,
        /// How it is called as long as nobody said so; empty: no sign-in says it.
        suggested_company: String,
        /// Where partners can call this computer.
        address: String,
        /// The address that we suggest.
        suggested_address: String,
        /// The relay that was used last; empty: none was.
        relay: String,
        /// The version of the app.
        version: String,
        /// Where the data lies.
        folder: String,
        /// Keychain, file or this run's memory.
        secrets: SecretsKind,
        /// Practice: loopback addresses are allowed in invitations.
        practice: bool,
    }

    /// In which language this computer speaks to people.
    pub struct LanguageView {
        /// What a person chose.
        choice: LanguageChoice,
        /// What follows from it here.
        spoken: Language,
    }

    /// Of what the desktop is told by notifications.
    pub struct NotificationSwitches {
        /// A partner accepted, or a first sync is done.
        connected: bool,
        /// Something needs a person.
        attention: bool,
        /// A partner declined, paused or ended a connection.
        partner: bool,
    }

    /// A trouble as a person reads it.
    pub struct TroubleView {
        /// Stable.
        code: String,
        /// Whose turn it is.
        owner: Owner,
        /// What happened, to what.
        sentence: String,
        /// What to do.
        next_step: String,
    }
}

/// Where secrets are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum SecretsKind {
    /// The operating system's keychain.
    Keychain,
    /// A file that only this user can read.
    File,
    /// This run's memory: gone when the app quits.
    Memory,
}

/// A language that Twinline speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub enum Language {
    /// English, in which every sentence was first written.
    #[default]
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
}

impl Language {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::English, Self::German];

    /// As in the names of the catalogues (BCP 47).
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }
}

/// Which language a person chose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub enum LanguageChoice {
    /// None: as the system, as far as Twinline speaks that.
    #[default]
    #[serde(rename = "system")]
    System,
    /// English.
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
}

impl LanguageChoice {
    /// What is spoken where the system speaks `system`.
    pub fn resolve(self, system: Language) -> Language {
        match self {
            Self::System => system,
            Self::English => Language::English,
            Self::German => Language::German,
        }
    }
}
