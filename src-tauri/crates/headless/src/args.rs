//! What may stand on the command line: a promise (see the README), so a word may be added here, never changed.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as Arguments, Parser, Subcommand, ValueEnum};

pub mod rules;
use rules::Rules;
mod local;
mod question;
mod scope;
mod settings;

pub use local::Local;
pub use question::{Connect, OneQuestion, Question};
pub use scope::{AddIssue, InternalComments, Scope, Switch, What};
pub use settings::{OnBattery, Settings};

/// Keeps an issue and its twin in the partner's tracker in step, without a window.
#[derive(Parser, Debug)]
#[command(
    name = "twinline-node",
    version,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Exit status: 0 done, 1 could not (one sentence on standard error), 2 wrong use.\n\n\
                  Example:\n  twinline-node status --json"
)]
pub struct Args {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// What is to be done.
    #[command(subcommand)]
    pub command: Command,
}

/// What holds for every command.
#[derive(Arguments, Debug)]
pub struct Global {
    /// Folder for the database, logs and attachments on their way [default: twinline in the platform's data folder, on Linux ~/.local/share/twinline]
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Where API tokens and keys are kept; "file" is secrets.json (mode 0600) in the data folder, for servers
    #[arg(long, global = true, value_enum, default_value_t = Secrets::Keychain)]
    pub secrets: Secrets,
    /// Practice: addresses of this computer are allowed in invitations
    #[arg(long, global = true)]
    pub practice: bool,
    /// Answer as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// In which language sentences are said; names and values in JSON stay
    #[arg(long, global = true, value_enum, value_name = "LANGUAGE", default_value_t = Lang::En)]
    pub lang: Lang,
}

/// In which language sentences are said. Not the system's by itself: scripts read them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Lang {
    /// English
    En,
    /// German
    De,
}

/// Where API tokens and keys are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Secrets {
    /// The operating system's keychain
    Keychain,
    /// secrets.json in the data folder
    File,
}

/// What is to be done.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Sign-ins to Jira sites
    #[command(subcommand, after_help = "Example:\n  twinline-node account list")]
    Account(Account),
    /// Projects of a Jira site
    #[command(
        subcommand,
        after_help = "Example:\n  twinline-node project list --account acme-atlassian-net-ana-acme-example"
    )]
    Project(Project),
    /// Connections with partners
    #[command(subcommand, after_help = "Example:\n  twinline-node connection list")]
    Connection(Connection),
    /// Keep everything in step until stopped (SIGTERM or Ctrl+C)
    #[command(after_help = "Example:\n  twinline-node run --listen 127.0.0.1:7700")]
    Run(Run),
    /// How everything stands
    #[command(after_help = "Example:\n  twinline-node status --json")]
    Status,
    /// What needs a person's attention
    #[command(after_help = "Example:\n  twinline-node problems --json")]
    Problems {
        /// What was skipped as well
        #[arg(long)]
        all: bool,
    },
    /// Issues and their twins
    #[command(after_help = "Example:\n  twinline-node pairs --connection 0f3a…")]
    Pairs(Pairs),
    /// One issue and its twin
    #[command(subcommand, after_help = "Example:\n  twinline-node pair compare SUP-17")]
    Pair(Pair),
    /// Questions whether two issues that exist already become a pair
    #[command(subcommand, after_help = "Example:\n  twinline-node question list")]
    Question(Question),
    /// What was synced, newest first
    #[command(after_help = "Example:\n  twinline-node activity --limit 20")]
    Activity(Activity),
    /// Act on one problem
    #[command(subcommand, after_help = "Example:\n  twinline-node problem retry 7")]
    Problem(Problem),
    /// Sync rules: what leaves, and what is written here
    #[command(subcommand, after_help = "Example:\n  twinline-node rules show ID")]
    Rules(Rules),
    /// Texts that both sides changed at once
    #[command(subcommand, after_help = "Example:\n  twinline-node conflict list")]
    Conflict(Conflict),
    /// How often Jira is checked, in which hours, and on battery; without an option: how it is now
    #[command(
        after_help = "Example:\n  twinline-node settings --check-every 1m --hours 'mon-fri 08:00-18:00'"
    )]
    Settings(Settings),
    /// What helps to find a defect, without any text, name, address or secret. Nothing is sent
    #[command(after_help = "Example:\n  twinline-node diagnostics --out diagnostics.zip")]
    Diagnostics(Diagnostics),
}

/// What becomes of the diagnostics.
#[derive(Arguments, Debug)]
#[group(required = true, multiple = false)]
pub struct Diagnostics {
    /// Save them as a new zip file, for you to send
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Show each file and all that is in it, and save nothing
    #[arg(long)]
    pub list: bool,
}

/// Sign-ins.
#[derive(Subcommand, Debug)]
pub enum Account {
    /// Sign in to a Jira site; the API token is read from standard input. Prints the account's id
    #[command(after_help = "Example:\n  \
        twinline-node account add --site https://acme.atlassian.net --email ana@acme.example < token.txt")]
    Add {
        /// Address of the site; any address copied from Jira will do
        #[arg(long)]
        site: String,
        /// E-mail address of the sign-in
        #[arg(long)]
        email: String,
        /// The day on which the API token ends, as Atlassian's list of your API tokens shows it; you are reminded in time
        #[arg(long, value_name = "YYYY-MM-DD")]
        expires: Option<String>,
    },
    /// Sign in anew for an account that is there; the API token is read from standard input
    #[command(after_help = "Example:\n  \
        twinline-node account renew acme-atlassian-net-ana-acme-example < token.txt")]
    Renew {
        /// The account's id, as `account list` shows it, or how it begins
        id: String,
        /// Another e-mail address to sign in with
        #[arg(long)]
        email: Option<String>,
        /// The site's new address, where it was renamed and the old one no longer leads there
        #[arg(long)]
        site: Option<String>,
        /// Let the connections go on even if the token is another person's
        #[arg(long)]
        other_account: bool,
        /// The day on which the new API token ends; without it, none is known
        #[arg(long, value_name = "YYYY-MM-DD")]
        expires: Option<String>,
    },
    /// Every sign-in
    #[command(after_help = "Example:\n  twinline-node account list --json")]
    List,
    /// Forget a sign-in and its API token
    #[command(after_help = "Example:\n  twinline-node account remove acme-atlassian-net-ana-acme-example")]
    Remove {
        /// The account's id, as `account list` shows it, or how it begins
        id: String,
    },
}

/// Projects.
#[derive(Subcommand, Debug)]
pub enum Project {
    /// The projects of a site, and why one cannot be chosen
    #[command(
        after_help = "Example:\n  twinline-node project list --account acme-atlassian-net-ana-acme-example"
    )]
    List {
        /// The account's id, as `account list` shows it, or how it begins
        #[arg(long)]
        account: String,
    },
}

/// Connections.
#[derive(Subcommand, Debug)]
pub enum Connection {
    /// Make an invitation for a partner. Prints the invitation code and nothing else
    #[command(
        after_help = "Example:\n  twinline-node connection initiate --account acme-atlassian-net-ana-acme-example --project SUP \
        --partner-name Globex --address https://sync.acme.example:7700"
    )]
    Initiate(Initiate),
    /// Accept a partner's invitation, read from standard input. Prints the connection's id
    #[command(
        after_help = "Example:\n  twinline-node connection accept --account globex-atlassian-net-bo-globex-example --project GX < invitation.txt"
    )]
    Accept(Accept),
    /// Decline a partner's invitation, read from standard input: they are told, and the code works no more
    #[command(after_help = "Example:\n  twinline-node connection decline < invitation.txt")]
    Decline,
    /// Connect two projects that are both in this app, of one site or of two. Prints the id of the first side
    #[command(
        after_help = "Example:\n  twinline-node connection local --account acme-atlassian-net-ana-acme-example --project SUP \
        --to-project GX"
    )]
    Local(Local),
    /// Every connection
    #[command(after_help = "Example:\n  twinline-node connection list --json")]
    List,
    /// One connection
    #[command(after_help = "Example:\n  twinline-node connection show 0f3a…")]
    Show(Which),
    /// Let the partner who accepted in
    #[command(after_help = "Example:\n  twinline-node connection approve 0f3a…")]
    Approve(Which),
    /// Refuse the partner who accepted
    #[command(after_help = "Example:\n  twinline-node connection reject 0f3a…")]
    Reject(Which),
    /// Stop syncing for a while; changes are kept
    #[command(after_help = "Example:\n  twinline-node connection pause 0f3a… --for 1h")]
    Pause(Pause),
    /// Go on syncing
    #[command(after_help = "Example:\n  twinline-node connection resume 0f3a…")]
    Resume(Which),
    /// Say whether internal comments of our service project leave too
    #[command(after_help = "Example:\n  twinline-node connection internal-comments 0f3a… off")]
    InternalComments(InternalComments),
    /// See which of our issues are synced, or change it
    #[command(after_help = "Example:\n  twinline-node connection what 0f3a… --filter 'labels = partner'")]
    What(What),
    /// End the connection, or withdraw its invitation; every issue stays where it is
    #[command(after_help = "Example:\n  twinline-node connection remove 0f3a…")]
    Remove(Which),
}

/// Which connection.
#[derive(Arguments, Debug)]
pub struct Which {
    /// The connection's id, as `connection list` shows it, or how it begins
    pub id: String,
}

/// Which connection is paused, and until when.
#[derive(Arguments, Debug)]
pub struct Pause {
    /// The connection's id, as `connection list` shows it, or how it begins
    pub id: String,
    /// Go on by itself after so long, as in 90m [default: not before `connection resume`]
    #[arg(long = "for", value_name = "TIME", value_parser = pause_time, conflicts_with = "until_tomorrow")]
    pub time: Option<u32>,
    /// Go on by itself tomorrow at 08:00
    #[arg(long)]
    pub until_tomorrow: bool,
}

/// What an invitation is made of.
#[derive(Arguments, Debug)]
pub struct Initiate {
    /// The account's id, as `account list` shows it, or how it begins
    #[arg(long)]
    pub account: String,
    /// Key of our project, for the partner's issues
    #[arg(long)]
    pub project: String,
    /// What we call the partner [default: unknown until they accept]
    #[arg(long, value_name = "NAME")]
    pub partner_name: Option<String>,
    /// Where the partner can call this computer [default: as in the settings]
    #[arg(long, value_name = "URL")]
    pub address: Option<String>,
    /// Neither of us can be called: meet at this relay of your company. It is tried first
    #[arg(long, value_name = "URL", conflicts_with = "address")]
    pub relay: Option<String>,
    /// Whether we are asked before the partner is connected
    #[arg(long, value_enum, default_value_t = Approve::Ask)]
    pub approve: Approve,
    /// Which sync rules
    #[arg(long, value_enum, default_value_t = Mode::Basic)]
    pub mode: Mode,
    /// What both sides' narrowing is made of.
    #[command(flatten)]
    pub scope: Scope,
}

/// What an acceptance is made of.
#[derive(Arguments, Debug)]
pub struct Accept {
    /// The account's id, as `account list` shows it, or how it begins
    #[arg(long)]
    pub account: String,
    /// Key of our project, for the partner's issues
    #[arg(long)]
    pub project: String,
    /// Which of our issues.
    #[command(flatten)]
    pub scope: Scope,
}

/// Whether an acceptance needs a person's word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Approve {
    /// We approve or reject whoever accepts
    Ask,
    /// Whoever holds the code is trusted
    CodeHolder,
}

/// Which sync rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Mode {
    /// Generated: summary, description, comments, attachments, type
    Basic,
    /// Written by the admins; not in this version
    #[value(hide = true)]
    Script,
}

/// How the node runs.
#[derive(Arguments, Debug)]
pub struct Run {
    /// Where to answer the partner's calls
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Until both sides have nothing left to do, then exit
    #[arg(long)]
    pub once: bool,
    /// How often Jira is asked for changes, as long as `settings` says nothing else
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "10s")]
    pub check_every: Duration,
    /// How long an unknown create is probed before it is tried again
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "180s")]
    pub settle: Duration,
    /// Let this computer go on where the same data ran on another one before
    #[arg(long)]
    pub take_over: bool,
}

/// Which pairs.
#[derive(Arguments, Debug)]
pub struct Pairs {
    /// The connection's id, as `connection list` shows it, or how it begins
    #[arg(long, value_name = "ID")]
    pub connection: String,
    /// Only pairs with this in a key or in the title
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub search: String,
}

/// One pair.
#[derive(Subcommand, Debug)]
pub enum Pair {
    /// Both sides beside each other: what differs, and what becomes of it. Our side is read from Jira now; the partner's is shown
    /// as they last told it
    #[command(after_help = "Example:\n  twinline-node pair compare SUP-17 --json")]
    Compare(OneIssue),
    /// Read the issue from Jira at the next check, even if its search is late, and send what has changed
    #[command(after_help = "Example:\n  twinline-node pair sync-now SUP-17")]
    SyncNow(OneIssue),
    /// Sync one more issue, also one that does not match the filter, or that is older than the connection
    #[command(after_help = "Example:\n  twinline-node pair add SUP-17 --connection 0f3a…")]
    Add(AddIssue),
    /// Connect two issues that exist already, one of ours and one of the partner's: their people are asked first
    #[command(after_help = "Example:\n  twinline-node pair connect SUP-17 GX-4 --connection 0f3a…")]
    Connect(Connect),
    /// Stop syncing one issue: both copies stay, and the partner is told. It cannot be taken up again
    #[command(after_help = "Example:\n  twinline-node pair stop SUP-17")]
    Stop(OneIssue),
}

/// Which pair.
#[derive(Arguments, Debug)]
pub struct OneIssue {
    /// The issue's key, ours or the partner's
    pub issue: String,
    /// On this connection, where the issue is synced on several
    #[arg(long, value_name = "ID")]
    pub connection: Option<String>,
}

/// Which activity.
#[derive(Arguments, Debug)]
pub struct Activity {
    /// Only that of this connection
    #[arg(long, value_name = "ID")]
    pub connection: Option<String>,
    /// At most so many lines
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: u32,
}

/// What to do about a problem.
#[derive(Subcommand, Debug)]
pub enum Problem {
    /// Try again, what was skipped as well
    #[command(after_help = "Example:\n  twinline-node problem retry 7 8 9")]
    Retry {
        /// The problems' ids, as `problems --all` shows them
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
    /// Choose values for fields that Jira demands; without one: what may be chosen
    #[command(after_help = "Example:\n  twinline-node problem fill 7 Customer=Globex")]
    Fill {
        /// The problem's id, as `problems` shows it
        id: String,
        /// A value for a field; a field that takes several values may be named several times
        #[arg(value_name = "FIELD=VALUE", value_parser = assignment)]
        values: Vec<(String, String)>,
        /// For this issue only, not for all synced issues
        #[arg(long)]
        only_this: bool,
    },
    /// Print a ready text for whoever can mend it: your Jira administrator, or the partner's people. Nothing is sent
    #[command(after_help = "Example:\n  twinline-node problem request 7")]
    Request {
        /// The problem's id, as `problems` shows it
        id: String,
    },
    /// Leave it as it is, and go on
    #[command(after_help = "Example:\n  twinline-node problem skip 7")]
    Skip {
        /// The problems' ids, as `problems` shows them
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
}

/// What to do about texts that both sides changed.
#[derive(Subcommand, Debug)]
pub enum Conflict {
    /// Every record: both texts, and which one stands now
    #[command(after_help = "Example:\n  twinline-node conflict list --connection 0f3a… --json")]
    List {
        /// Only those of this connection
        #[arg(long, value_name = "ID")]
        connection: Option<String>,
    },
    /// Make one of the two texts the newest on both sides; the other one stays in the record
    #[command(after_help = "Example:\n  twinline-node conflict use 3 --text theirs")]
    Use {
        /// The record's id, as `conflict list` shows it
        id: String,
        /// Whose text
        #[arg(long, value_enum)]
        text: Text,
    },
    /// Leave both issues as they are; the record stays readable
    #[command(after_help = "Example:\n  twinline-node conflict dismiss 3")]
    Dismiss {
        /// The record's id, as `conflict list` shows it
        id: String,
    },
}

/// Whose text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Text {
    /// Written on our side
    Ours,
    /// Written on the partner's side
    Theirs,
}

/// A field and its value, as `Customer=Globex`; the name ends at the first `=`.
fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((field, value)) if !field.trim().is_empty() => Ok((field.to_owned(), value.to_owned())),
        _ => Err("a field and its value, as in Customer=Globex".to_owned()),
    }
}

/// A time such as `500ms`, `10s`, `3m` or `1h`; never zero.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match &text[digits.len()..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err("a number and ms, s, m or h, as in 10s".to_owned()),
    };
    let number: u64 = digits.parse().map_err(|_| "a number and ms, s, m or h, as in 10s".to_owned())?;
    match number.checked_mul(unit) {
        None => Err("too long".to_owned()),
        Some(0) => Err("must be more than nothing".to_owned()),
        Some(ms) => Ok(Duration::from_millis(ms)),
    }
}

/// The longest pause that ends by itself: who means longer means until somebody resumes.
const LONGEST_PAUSE_S: u64 = 366 * 24 * 3_600;

/// A time for a pause, in whole seconds: begun ones count.
fn pause_time(text: &str) -> Result<u32, String> {
    let seconds = duration(text)?.as_millis().div_ceil(1_000);
    let fits = u32::try_from(seconds).ok().filter(|s| u64::from(*s) <= LONGEST_PAUSE_S);
    fits.ok_or_else(|| "at most 8784h, a year; leave it out to pause until you resume".to_owned())
}

/// Whether somebody put an API token or an invitation code, or an option for one, on the command line. Tokens of Atlassian begin
/// with `ATATT` (<https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/>).
pub fn holds_a_secret(mut arguments: impl Iterator<Item = String>) -> bool {
    arguments.any(|argument| {
        let argument = argument.to_ascii_lowercase();
        let option = argument.split('=').next().unwrap_or_default();
        argument.starts_with("atatt")
            || argument.starts_with("twl1")
            || matches!(option, "--token" | "--api-token" | "--password" | "--code" | "--invitation")
    })
}

#[cfg(test)]
#[path = "args_tests.rs"]
mod tests;
