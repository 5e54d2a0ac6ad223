//! Two projects that are both in this app.

use clap::Args as Arguments;

use super::Scope;

/// What a connection within this app is made of.
#[derive(Arguments, Debug)]
pub struct Local {
    /// The first project's account, by its id, as `account list` shows it, or how that begins
    #[arg(long)]
    pub account: String,
    /// Key of the first project
    #[arg(long)]
    pub project: String,
    /// The other project's account [default: the same]
    #[arg(long, value_name = "ACCOUNT")]
    pub to_account: Option<String>,
    /// Key of the other project
    #[arg(long, value_name = "PROJECT")]
    pub to_project: String,
    /// Which of the first project's issues.
    #[command(flatten)]
    pub scope: Scope,
    /// Which of the other project's.
    #[command(flatten)]
    pub to: ToScope,
}

/// Which issues of the other project are synced.
#[derive(Arguments, Debug)]
pub struct ToScope {
    /// Of the other project only issues that this JQL finds
    #[arg(long, value_name = "JQL")]
    pub to_filter: Option<String>,
    /// The other project's existing issues as well, not only new ones
    #[arg(long)]
    pub to_existing: bool,
    /// In the other project no line above comments that says who wrote them, and when
    #[arg(long)]
    pub to_no_authors: bool,
    /// Internal comments of the other project, a service project, as well; they arrive as public ones
    #[arg(long)]
    pub to_internal_comments: bool,
    /// Type for issues whose type the other project lacks [default: that project's default, else Task]
    #[arg(long, value_name = "TYPE")]
    pub to_default_type: Option<String>,
}
