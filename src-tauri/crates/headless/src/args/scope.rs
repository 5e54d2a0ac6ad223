//! What of our side a connection syncs: when it is made, and later.

use clap::{Args as Arguments, ValueEnum};

/// Which of our issues are synced.
#[derive(Arguments, Debug)]
pub struct Scope {
    /// Only issues that this JQL finds
    #[arg(long, value_name = "JQL")]
    pub filter: Option<String>,
    /// The issues that exist already as well, not only new ones
    #[arg(long)]
    pub existing: bool,
    /// No line above the partner's comments that says who wrote them, and when
    #[arg(long)]
    pub no_authors: bool,
    /// Internal comments of our service project as well; they arrive as public ones
    #[arg(long)]
    pub internal_comments: bool,
    /// Type for issues whose type our project lacks [default: the project's default, else Task]
    #[arg(long, value_name = "TYPE")]
    pub default_type: Option<String>,
}

/// Which of our issues a connection syncs.
#[derive(Arguments, Debug)]
pub struct What {
    /// The connection's id, as `connection list` shows it, or how it begins
    pub id: String,
    /// Only issues that this JQL finds; what is synced already stays so
    #[arg(long, value_name = "JQL", conflicts_with = "no_filter")]
    pub filter: Option<String>,
    /// All issues of the project
    #[arg(long)]
    pub no_filter: bool,
    /// Those that are older than the connection as well
    #[arg(long, conflicts_with = "no_older")]
    pub older: bool,
    /// Only those that are created after the connection, or from today on
    #[arg(long)]
    pub no_older: bool,
    /// Change nothing; show what would be synced
    #[arg(long)]
    pub preview: bool,
    /// Sync the issues that match and are not synced yet without being asked
    #[arg(long)]
    pub yes: bool,
}

/// Whether internal comments leave.
#[derive(Arguments, Debug)]
pub struct InternalComments {
    /// The connection's id, as `connection list` shows it, or how it begins
    pub id: String,
    /// On: all of them leave, those written earlier too, and arrive as public comments. Off: they stay, and those that left are
    /// taken back
    #[arg(value_enum)]
    pub leave: Switch,
    /// Switch it on without being asked
    #[arg(long)]
    pub yes: bool,
}

/// On or off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Switch {
    /// They leave
    On,
    /// They stay
    Off,
}

/// Which issue is added, and where.
#[derive(Arguments, Debug)]
pub struct AddIssue {
    /// The issue's key in our Jira, or its address
    pub issue: String,
    /// The connection's id, as `connection list` shows it, or how it begins
    #[arg(long, value_name = "ID")]
    pub connection: String,
}
