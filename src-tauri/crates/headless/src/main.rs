//! `twinline-node`: the same node as in the app, with a command line instead of a window, for servers, scripts and
//! tests.
//!
//! Here is only what a command line needs: arguments in, one call of the node, the answer out. What a command does
//! stands in crate `twinline-node`, so that the window and this program can never differ.

mod args;
mod commands;
mod input;
mod print;

use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use twinline_model::problem::{Owner, ProblemCode, Trouble};
use twinline_model::view::Language;
use twinline_node::words::{say, speak, trouble_view};
use twinline_node::{Diagnostics, Node, Options, SecretsChoice};

use crate::args::{Args, Command, Global, Lang, Secrets};

/// Why a command could not do what it was asked.
#[derive(Debug)]
enum Failure {
    /// The node says why: status 1.
    Trouble(Trouble),
    /// A sentence of our own: status 1.
    Said(String),
    /// Wrong use that only standard input shows: status 2.
    Usage(String),
    /// Standard input or output failed.
    Io(io::Error),
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        // What clap would say repeats the argument.
        Err(_) if args::holds_a_secret(std::env::args().skip(1)) => {
            return finish(Err(Failure::Usage(say("cli-secret-argument", &[]))));
        }
        Err(error) => error.exit(),
    };
    speak(match args.global.lang {
        Lang::En => Language::English,
        Lang::De => Language::German,
    });
    // A defect of ours is told as any other trouble; where it happened stands in the log.
    std::panic::set_hook(Box::new(|panic| match panic.location() {
        Some(at) => tracing::error!(file = at.file(), line = at.line(), "panic"),
        None => tracing::error!("panic"),
    }));
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return finish(Err(Failure::Io(error))),
    };
    let result = runtime.block_on(async {
        let work = tokio::spawn(dispatch(args));
        work.await.unwrap_or_else(|panic| {
            let detail = if panic.is_panic() { "panic" } else { "cancelled" };
            Err(Trouble::new(ProblemCode::Internal).with("detail", detail).into())
        })
    });
    // A keychain call that still waits for a prompt must not keep the process.
    runtime.shutdown_background();
    finish(result)
}

async fn dispatch(mut args: Args) -> Result<(), Failure> {
    let json = args.global.json;
    if let Some(folder) = missing_folder(&args) {
        return Err(Failure::Said(say("cli-no-folder", &[("folder", &folder.display().to_string())])));
    }
    let mut options = options(&args.global);
    if let Command::Run(run) = &args.command {
        options.listen = run.listen;
        options.check_every = run.check_every;
        options.settle = run.settle;
    }
    let data = options.data.clone();
    let opened = Node::open(options).await;
    let node = match (opened, args.command) {
        // What cannot be opened is what diagnostics are for.
        (Err(trouble), Command::Diagnostics(command)) => {
            return commands::diagnostics::run(&Diagnostics::of_folder(&data, &trouble), command, json);
        }
        (opened, command) => {
            args.command = command;
            opened?
        }
    };
    match args.command {
        Command::Account(command) => commands::account::run(&node, command, json).await,
        Command::Project(command) => commands::project::run(&node, command, json).await,
        Command::Connection(command) => commands::connection::run(&node, command, json).await,
        Command::Run(command) => commands::run::run(&node, command).await,
        Command::Status => commands::show::status(&node, json).await,
        Command::Problems { all } => commands::show::problems(&node, all, json).await,
        Command::Pairs(which) => commands::show::pairs(&node, which, json).await,
        Command::Question(command) => commands::question::run(&node, command, json).await,
        Command::Pair(command) => commands::pair::run(&node, command, json).await,
        Command::Activity(which) => commands::show::activity(&node, which, json).await,
        Command::Problem(command) => commands::problem::run(&node, command, json).await,
        Command::Rules(command) => commands::rules::run(&node, command, json).await,
        Command::Settings(command) => commands::settings::run(&node, command, json).await,
        Command::Conflict(command) => commands::conflict::run(&node, command, json).await,
        Command::Diagnostics(command) => {
            commands::diagnostics::run(&node.diagnostics().await?, command, json)
        }
    }
}

/// A folder that was named and is not there: only what begins something new makes one, or a slip of the pen would look like
/// a Twinline that forgot everything.
fn missing_folder(args: &Args) -> Option<&Path> {
    let begins = matches!(args.command, Command::Account(args::Account::Add { .. }));
    args.global.data.as_deref().filter(|folder| !begins && !folder.exists())
}

fn options(global: &Global) -> Options {
    let mut options = Options::new(global.data.clone().unwrap_or_else(twinline_node::default_data_folder));
    options.secrets = match global.secrets {
        Secrets::Keychain => SecretsChoice::Keychain,
        Secrets::File => SecretsChoice::File,
    };
    options.practice = global.practice;
    options
}

/// One sentence on standard error and the exit status.
fn finish(result: Result<(), Failure>) -> ExitCode {
    let (sentence, status) = match result {
        Ok(()) => return ExitCode::SUCCESS,
        // The reader went away (`| head`): nothing more to say, and nobody to hear it.
        Err(Failure::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        Err(Failure::Trouble(trouble)) => (told(&trouble), 1),
        Err(Failure::Said(sentence)) => (sentence, 1),
        Err(Failure::Usage(sentence)) => (sentence, 2),
        Err(Failure::Io(error)) => (say("cli-input-output", &[("detail", &error.to_string())]), 1),
    };
    eprintln!("{}", print::plain(&sentence));
    ExitCode::from(status)
}

/// What, to what, what to do, whose turn.
fn told(trouble: &Trouble) -> String {
    let view = trouble_view(trouble);
    let turn = match view.owner {
        Owner::You => "cli-turn-you",
        Owner::Partner => "cli-turn-partner",
        Owner::Network => "cli-turn-network",
        Owner::Tracker => "cli-turn-tracker",
    };
    format!("{} {} {}", view.sentence, view.next_step, say(turn, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d9_every_trouble_is_one_line_with_words_from_the_catalogue() {
        for code in ProblemCode::ALL {
            let line = print::plain(&told(&Trouble::new(*code)));
            assert!(!line.contains(&format!("problem-{}", code.as_str())), "no words for {}", code.as_str());
            assert!(!line.contains("cli-turn-"), "no words for whose turn it is: {line}");
            assert!(line.len() > 30 && !line.contains('\n'), "{line}");
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_made_only_by_what_begins_something() {
        let missing = |line: &str| {
            let words = ["twinline-node", "--data", "/nowhere/at all"].into_iter().chain(line.split(' '));
            missing_folder(&Args::try_parse_from(words).expect("arguments")).is_some()
        };
        assert!(missing("status") && missing("run") && missing("account list") && missing("problem retry 1"));
        assert!(!missing("account add --site a --email b"));
        let here = Args::try_parse_from(["twinline-node", "--data", "/", "status"]).expect("arguments");
        assert_eq!(missing_folder(&here), None);
        let usual = Args::try_parse_from(["twinline-node", "status"]).expect("arguments");
        assert_eq!(missing_folder(&usual), None);
    }

    #[test]
    fn every_word_of_the_command_line_is_in_the_catalogue() {
        let sources = [
            include_str!("main.rs"),
            include_str!("input.rs"),
            include_str!("commands/account.rs"),
            include_str!("commands/conflict.rs"),
            include_str!("commands/connection.rs"),
            include_str!("commands/diagnostics.rs"),
            include_str!("commands/pair.rs"),
            include_str!("commands/problem.rs"),
            include_str!("commands/project.rs"),
            include_str!("commands/run.rs"),
            include_str!("commands/show.rs"),
        ];
        let mut seen = 0;
        for id in
            sources.iter().flat_map(|s| s.split('"')).filter(|t| t.starts_with("cli-") && !t.contains(' '))
        {
            if id.ends_with('-') {
                continue;
            }
            assert_ne!(say(id, &[]), id, "{id} is not in the catalogue");
            seen += 1;
        }
        assert!(seen > 30, "the search above finds the ids");
    }
}
