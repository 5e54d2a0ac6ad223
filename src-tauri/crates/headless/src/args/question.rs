//! Questions whether two issues that exist already become a pair.

use clap::{Args as Arguments, Subcommand};

/// Which two issues are connected, and where.
#[derive(Arguments, Debug)]
pub struct Connect {
    /// The key in our Jira, or its address
    pub ours: String,
    /// The key of the partner's issue in their Jira
    pub theirs: String,
    /// The connection's id, as `connection list` shows it, or how it begins
    #[arg(long, value_name = "ID")]
    pub connection: String,
    /// Ask nobody; show what the partner would read of our issue
    #[arg(long)]
    pub preview: bool,
}

/// What is asked, and what to say about it.
#[derive(Subcommand, Debug)]
pub enum Question {
    /// What waits for an answer on either side, and what was answered with no
    #[command(after_help = "Example:\n  twinline-node question list --json")]
    List {
        /// Only on this connection
        #[arg(long, value_name = "ID")]
        connection: Option<String>,
    },
    /// Say yes to the partner: the two issues are kept in step from then on
    #[command(after_help = "Example:\n  twinline-node question accept 5d1e…")]
    Accept(OneQuestion),
    /// Say no to the partner
    #[command(after_help = "Example:\n  twinline-node question decline 5d1e…")]
    Decline(OneQuestion),
    /// Take a question of ours back, or put one away that was answered with no
    #[command(after_help = "Example:\n  twinline-node question withdraw 5d1e…")]
    Withdraw(OneQuestion),
}

/// Which question.
#[derive(Arguments, Debug)]
pub struct OneQuestion {
    /// Its id, as `question list` shows it, or how it begins
    pub id: String,
}
