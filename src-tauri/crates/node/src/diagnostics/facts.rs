//! What is told, field by field: numbers, times, and words of a list of ours. Names, addresses, projects, keys and texts have no
//! field here.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use twinline_model::connection::{Approval, Mode, Role, Stage};
use twinline_model::notification::Fact;
use twinline_model::problem::{Owner, ProblemCode, Trouble};
use twinline_model::view::{
    ConnectionState, NoteView, NotificationSwitches, OverallStatus, PausedBy, Retention, SecretsKind, Waiting,
};
use twinline_model::{AccountId, ConnectionId};
use twinline_store::{StoreError, Tx};
use twinline_sync::held_up::{TRACKER_AWAY, WORKING_HOURS};

use crate::node::Node;
use crate::space;
use crate::time::{now_ms, rfc3339};
use crate::words::spoken;

/// Which program, on which computer.
#[derive(Serialize)]
pub(super) struct About {
    program: &'static str,
    version: &'static str,
    made_at: String,
    system: &'static str,
    processor: &'static str,
    /// As the system calls itself.
    system_name: Option<String>,
    desktop: Option<String>,
    display: Option<String>,
    language: &'static str,
    time_zone_offset_minutes: i32,
    /// Why the data cannot be opened.
    not_opened: Option<&'static str>,
}

impl About {
    pub(super) fn now(made_ms: i64, not_opened: Option<ProblemCode>) -> Self {
        let zone = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::system());
        Self {
            program: "Twinline",
            version: env!("CARGO_PKG_VERSION"),
            made_at: rfc3339(made_ms),
            system: std::env::consts::OS,
            processor: std::env::consts::ARCH,
            system_name: system_name(),
            desktop: word_of_environment("XDG_CURRENT_DESKTOP"),
            display: word_of_environment("XDG_SESSION_TYPE"),
            language: spoken().code(),
            time_zone_offset_minutes: zone.offset().seconds() / 60,
            not_opened: not_opened.map(ProblemCode::as_str),
        }
    }
}

/// `PRETTY_NAME` of os-release(5); elsewhere the name of the system says enough.
fn system_name() -> Option<String> {
    let text = std::fs::read_to_string("/etc/os-release").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(line.trim_matches('"').chars().filter(|c| !c.is_control()).take(80).collect())
}

/// What a desktop says of itself: a word, as `GNOME` or `x11`.
fn word_of_environment(name: &str) -> Option<String> {
    let word = std::env::var(name).ok()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_');
    (!word.is_empty() && word.len() <= 40 && word.chars().all(plain)).then_some(word)
}

/// What was chosen; of what was typed, only whether it was.
#[derive(Serialize)]
pub(super) struct Settings {
    language: &'static str,
    notifications: NotificationSwitches,
    company: bool,
    address: Option<&'static str>,
    activity_kept: Retention,
    check_every_ms: u64,
    secrets: SecretsKind,
    practice: bool,
    listening: Option<bool>,
    running_for_s: u64,
}

impl Settings {
    pub(super) async fn of(node: &Node) -> Result<Self, Trouble> {
        let (company, address) =
            node.db.read(|tx| Ok((tx.setting("company")?, tx.setting("address")?))).await?;
        let language = match node.language().await? {
            twinline_model::view::LanguageChoice::System => "system",
            twinline_model::view::LanguageChoice::English => "en",
            twinline_model::view::LanguageChoice::German => "de",
        };
        Ok(Self {
            language,
            notifications: node.notification_switches().await?,
            company: company.is_some_and(|name| !name.is_empty()),
            address: address.as_deref().and_then(scheme),
            activity_kept: node.retention().await?,
            check_every_ms: u64::try_from(node.check_every().as_millis()).unwrap_or(u64::MAX),
            secrets: node.secrets.kind(),
            practice: node.options.practice,
            listening: node.listening_view().map(|at| at.is_ok()),
            running_for_s: node.started.elapsed().as_secs(),
        })
    }
}

/// How an address begins; `None`: there is none.
fn scheme(address: &str) -> Option<&'static str> {
    match address {
        "" => None,
        _ if address.starts_with("relay:") => Some("relay"),
        _ if address.starts_with("local:") => Some("local"),
        _ if address.starts_with("https://") => Some("https"),
        _ if address.starts_with("http://") => Some("http"),
        _ => Some("other"),
    }
}

/// As `twinline-node status --json`, under the same names, without its names, addresses and sentences.
#[derive(Serialize)]
pub(super) struct Status {
    overall: OverallStatus,
    checked_at: Option<String>,
    connections: Vec<ConnectionStatus>,
    notes: Vec<Note>,
}

#[derive(Serialize)]
struct ConnectionStatus {
    id: String,
    role: Role,
    mode: Mode,
    state: ConnectionState,
    pairs: u32,
    waiting: Waiting,
    problems: u32,
    partner_problems: u32,
    last_checked_at: Option<String>,
    last_partner_contact_at: Option<String>,
    invitation_expires_at: Option<String>,
    paused_by: Option<PausedBy>,
    resumes_at: Option<String>,
    internal_comments: bool,
    compared_at: Option<String>,
    healed: u32,
}

#[derive(Serialize)]
struct Note {
    code: String,
    stage: twinline_model::view::TokenStage,
}

impl Status {
    pub(super) fn of(status: &twinline_model::view::Status) -> Self {
        let connection = |c: &twinline_model::view::ConnectionView| ConnectionStatus {
            id: id_words(&c.id),
            role: c.role,
            mode: c.mode,
            state: c.state,
            pairs: c.pairs,
            waiting: c.waiting.clone(),
            problems: c.problems,
            partner_problems: c.partner_problems,
            last_checked_at: c.last_checked_at.clone(),
            last_partner_contact_at: c.last_partner_contact_at.clone(),
            invitation_expires_at: c.invitation_expires_at.clone(),
            paused_by: c.paused_by,
            resumes_at: c.resumes_at.clone(),
            internal_comments: c.internal_comments,
            compared_at: c.compared_at.clone(),
            healed: c.healed,
        };
        let note = |n: &NoteView| Note { code: n.code.clone(), stage: n.stage };
        Self {
            overall: status.overall,
            checked_at: status.checked_at.clone(),
            connections: status.connections.iter().map(connection).collect(),
            notes: status.notes.iter().map(note).collect(),
        }
    }
}

/// The sign-ins, numbered, and the connections.
#[derive(Serialize)]
pub(super) struct Connections {
    accounts: Vec<AccountFacts>,
    connections: Vec<ConnectionFacts>,
}

#[derive(Serialize)]
struct AccountFacts {
    /// Its place in this list: the id holds an e-mail address.
    number: usize,
    signed_in: bool,
    projects: u32,
    atlassian_net: bool,
    read_from: Option<String>,
    checked_at: Option<String>,
    away_since: Option<String>,
    token_ends_known: bool,
}

#[derive(Serialize)]
struct ConnectionFacts {
    id: String,
    role: Role,
    mode: Mode,
    stage: Stage,
    approval: Approval,
    account: Option<usize>,
    created_at: String,
    address: Option<&'static str>,
    partner_known: bool,
    filter: bool,
    existing: bool,
    default_type: bool,
    name_authors: bool,
    internal_comments: bool,
    paused: bool,
    partner_paused: bool,
    pairs: BTreeMap<String, u64>,
    to_send: u64,
    to_do: u64,
    outbox: u64,
    receipts: u64,
    inbox: u64,
    intents: BTreeMap<&'static str, u64>,
    conflicts_open: u64,
    problems: BTreeMap<&'static str, u64>,
    held: Option<&'static str>,
    sent: u64,
    acked: u64,
    received: u64,
    statement_generation: u64,
    partner_generation: u64,
    last_contact_at: Option<String>,
    last_error: Option<&'static str>,
    partner_checked_at: Option<String>,
    partner_pending: u32,
    partner_problems: u32,
    partner_held_up: Option<&'static str>,
    reconciling: bool,
    compared_at: Option<String>,
    healed: u64,
    may_write_here: bool,
}

impl Connections {
    pub(super) async fn of(node: &Node) -> Result<Self, Trouble> {
        let run = node.run.clone();
        node.db.read(move |tx| Self::read(tx, &run)).await
    }

    fn read(tx: &Tx<'_>, run: &str) -> Result<Self, StoreError> {
        let accounts = tx.accounts()?;
        let number = |id: &AccountId| accounts.iter().position(|a| a.id == *id).map(|at| at + 1);
        let mut told = Vec::new();
        for (at, account) in accounts.iter().enumerate() {
            told.push(AccountFacts {
                number: at + 1,
                signed_in: account.signed_in,
                projects: account.projects,
                atlassian_net: account.site.ends_with(".atlassian.net"),
                read_from: account.since_ms.map(rfc3339),
                checked_at: account.checked_ms.map(rfc3339),
                away_since: tx.away_since(&account.id)?.map(rfc3339),
                token_ends_known: account.token_ends.is_some(),
            });
        }
        let problems = tx.problems()?;
        let mut connections = Vec::new();
        for c in tx.connections()? {
            let (link, counts) = (tx.link(&c.id)?, tx.counts(&c.id)?);
            let mut codes = BTreeMap::new();
            for problem in problems.iter().filter(|p| p.connection.as_ref() == Some(&c.id)) {
                *codes.entry(code(&problem.code)).or_insert(0) += 1;
            }
            let mut intents = BTreeMap::new();
            for intent in tx.intents(&c.id)? {
                *intents.entry(intent_word(&intent)).or_insert(0) += 1;
            }
            connections.push(ConnectionFacts {
                id: id_words(&c.id),
                role: c.shown_role(),
                mode: c.mode,
                stage: c.stage,
                approval: c.approval,
                account: number(&c.account),
                created_at: rfc3339(c.created_ms),
                address: scheme(&c.address),
                partner_known: c.partner.is_some(),
                filter: c.filter.is_some(),
                existing: c.existing,
                default_type: c.default_type.is_some(),
                name_authors: c.name_authors,
                internal_comments: c.internal_comments,
                paused: c.paused.and_then(|p| p.at(now_ms())).is_some(),
                partner_paused: c.partner_paused,
                pairs: tx.standings(&c.id)?.into_iter().collect(),
                to_send: counts.to_send,
                to_do: counts.to_do,
                outbox: tx.out_len(&c.id)?,
                receipts: tx.receipts_len(&c.id)?,
                inbox: tx.in_len(&c.id)?,
                intents,
                conflicts_open: tx.open_conflicts(&c.id)?,
                problems: codes,
                held: tx.held(&c.id)?.as_deref().map(code),
                sent: link.sent.0,
                acked: link.acked,
                received: link.received.0,
                statement_generation: link.statement_generation,
                partner_generation: link.partner_generation,
                last_contact_at: link.last_contact_ms.map(rfc3339),
                last_error: link.last_error.as_deref().map(code),
                partner_checked_at: link.partner_checked_ms.map(rfc3339),
                partner_pending: link.partner_pending,
                partner_problems: link.partner_problems,
                partner_held_up: tx.partner_held_up(&c.id)?.as_deref().map(code),
                reconciling: link.reconciling,
                compared_at: link.compared_ms.map(rfc3339),
                healed: link.healed,
                may_write_here: link.holder.is_none_or(|holder| holder.run == run),
            });
        }
        Ok(Self { accounts: told, connections })
    }
}

fn intent_word(intent: &twinline_model::intent::Intent) -> &'static str {
    use twinline_model::intent::{IntentState, Write};
    let unknown = matches!(intent.state, IntentState::Unknown { .. });
    match (&intent.write, unknown) {
        (Write::CreateIssue { .. }, false) => "create_issue",
        (Write::CreateIssue { .. }, true) => "create_issue_unknown",
        (Write::EditIssue { .. }, false) => "edit_issue",
        (Write::EditIssue { .. }, true) => "edit_issue_unknown",
        (Write::AddComment { .. } | Write::EditComment { .. }, false) => "comment",
        (Write::AddComment { .. } | Write::EditComment { .. }, true) => "comment_unknown",
        (Write::AddAttachment { .. } | Write::RemoveAttachment { .. }, false) => "attachment",
        (Write::AddAttachment { .. } | Write::RemoveAttachment { .. }, true) => "attachment_unknown",
    }
}

/// What stands in *Needs attention*, without its facts: they hold keys, file names and a tracker's words.
#[derive(Serialize)]
pub(super) struct ProblemFacts {
    id: i64,
    code: &'static str,
    owner: Option<Owner>,
    connection: Option<String>,
    of_an_issue: bool,
    since: String,
    last: String,
    count: u32,
    skipped: bool,
}

pub(super) async fn problems(node: &Node) -> Result<Vec<ProblemFacts>, Trouble> {
    let rows = node.db.read(|tx| tx.problems()).await?;
    let told = rows.into_iter().map(|p| ProblemFacts {
        id: p.id,
        code: code(&p.code),
        owner: ProblemCode::parse(&p.code).map(ProblemCode::owner),
        connection: p.connection.as_ref().map(id_words),
        of_an_issue: p.pair.is_some(),
        since: rfc3339(p.since_ms),
        last: rfc3339(p.last_ms),
        count: p.count,
        skipped: p.skipped,
    });
    Ok(told.collect())
}

/// The database and what lies beside it, in numbers.
#[derive(Serialize)]
pub(super) struct Database {
    #[serde(flatten)]
    inner: Option<Inner>,
    bytes: BTreeMap<&'static str, u64>,
    backups: usize,
}

#[derive(Serialize)]
struct Inner {
    schema: u64,
    sqlite: String,
    pages: u64,
    pages_free: u64,
    page_size: u64,
    rows: BTreeMap<String, u64>,
    notified: usize,
}

impl Database {
    pub(super) async fn of(node: &Node) -> Result<Self, Trouble> {
        let inner = node
            .db
            .read(|tx| {
                let facts = tx.facts()?;
                let told = tx.notified()?.facts.into_keys();
                Ok(Inner {
                    schema: facts.schema,
                    sqlite: facts.sqlite,
                    pages: facts.pages.0,
                    pages_free: facts.pages.1,
                    page_size: facts.page_size,
                    rows: facts.rows.into_iter().collect(),
                    notified: told.filter(|fact| matches!(fact, Fact::Attention { .. })).count(),
                })
            })
            .await?;
        // Every file of the folder is looked at.
        let data = node.options.data.clone();
        let sizes = tokio::task::spawn_blocking(move || Self::of_folder(&data)).await;
        let sizes = sizes.map_err(|e| Trouble::new(ProblemCode::Internal).with("detail", e.to_string()))?;
        Ok(Self { inner: Some(inner), ..sizes })
    }

    pub(super) fn of_folder(data: &Path) -> Self {
        let parts = ["twinline.db", "twinline.db-wal", "backups", "spool", "logs", "webview", "practice"];
        let bytes = parts.into_iter().map(|part| (part, space::used(&data.join(part)))).collect();
        let backups = std::fs::read_dir(data.join("backups")).map_or(0, Iterator::count);
        Self { inner: None, bytes, backups }
    }
}

/// A code of our list; what a newer version, or a partner, made up is not told.
fn code(word: &str) -> &'static str {
    match ProblemCode::parse(word) {
        Some(code) => code.as_str(),
        None if word == TRACKER_AWAY => TRACKER_AWAY,
        None if word.starts_with(WORKING_HOURS) => WORKING_HOURS,
        None => "other",
    }
}

/// A connection's id; one that is not made of hexadecimal digits was written by somebody else.
fn id_words(id: &ConnectionId) -> String {
    let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    match id.as_str().len() == 32 && id.as_str().chars().all(hex) {
        true => id.as_str().to_owned(),
        false => "other".to_owned(),
    }
}
