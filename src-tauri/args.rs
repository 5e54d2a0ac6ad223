//! The program's arguments. People start it from a menu without any; the demo and the tests use them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Parser, ValueEnum};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use twinline_node::{Options, SecretsChoice, default_data_folder};

/// Keeps an issue and its twin in the partner's tracker in step, directly between two companies.
#[derive(Parser, Debug, Clone)]
#[command(name = "twinline", version, after_help = "Example: twinline --data ~/twinline-acme --hidden")]
pub struct Args {
    /// Start without a window, as at login; the tray icon opens it
    #[arg(long)]
    pub hidden: bool,
    /// Where the data lies [default: the platform's data folder]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Where sign-ins and keys are kept
    #[arg(long, value_enum, default_value_t = Secrets::Keychain)]
    pub secrets: Secrets,
    /// Allow addresses of this computer in invitations, to try both sides on one computer
    #[arg(long)]
    pub practice: bool,
    /// Where partners can call, instead of the address in the settings
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// How often to look for changes
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = span)]
    pub check_every: Duration,
    /// How long an unanswered create is looked for before it is tried again
    #[arg(long, value_name = "TIME", default_value = "180s", value_parser = span)]
    pub settle: Duration,
    /// An invitation's link (`twinline://accept?code=…`), as the system passes it on: opens the page that shows it
    #[arg(value_name = "LINK", value_parser = crate::link::parse)]
    pub link: Option<SecretString>,
    /// The link stands on standard input
    #[arg(long, hide = true)]
    pub link_is_piped: bool,
}

/// The argument that says so.
#[cfg(target_os = "linux")]
pub(crate) const LINK_IS_PIPED: &str = "--link-is-piped";

/// Where secrets are kept.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Secrets {
    /// The operating system's keychain
    Keychain,
    /// A file in the data folder that only this user can read
    File,
}

impl Args {
    /// What the node needs to know of them.
    pub fn options(&self) -> Options {
        let mut options = Options::new(self.folder());
        options.secrets = match self.secrets {
            Secrets::Keychain => SecretsChoice::Keychain,
            Secrets::File => SecretsChoice::File,
        };
        options.practice = self.practice;
        options.listen = self.listen;
        options.check_every = self.check_every;
        options.settle = self.settle;
        options
    }

    /// What this app is to be started with at login: no window, and the same data and partners.
    pub fn at_login(&self) -> Vec<String> {
        let mut words = vec!["--hidden".to_owned()];
        if self.data.is_some() {
            words.extend(["--data".to_owned(), self.folder().display().to_string()]);
        }
        if self.secrets == Secrets::File {
            words.extend(["--secrets", "file"].map(str::to_owned));
        }
        if self.practice {
            words.push("--practice".to_owned());
        }
        if let Some(listen) = self.listen {
            words.extend(["--listen".to_owned(), listen.to_string()]);
        }
        words
    }

    /// The data folder, absolute: a second start from another working directory must find the same one.
    pub fn folder(&self) -> PathBuf {
        let folder = self.data.clone().unwrap_or_else(default_data_folder);
        std::path::absolute(&folder).unwrap_or(folder)
    }

    /// The id under which the running app is found again. It differs by data folder, so that two companies' windows
    /// can stand side by side; the default folder has the plain one.
    pub fn instance_id(&self, identifier: &str) -> String {
        match &self.data {
            None => identifier.to_owned(),
            Some(_) => format!("{identifier}.data{}", folder_mark(&self.folder())),
        }
    }
}

/// Short, stable and fit for a bus name.
fn folder_mark(folder: &Path) -> String {
    hex::encode(&Sha256::digest(real(folder).as_os_str().as_encoded_bytes())[..8])
}

/// The folder without symbolic links, also when it is not there yet: the first start makes it, and the second must
/// come to the same name.
fn real(folder: &Path) -> PathBuf {
    for there in folder.ancestors() {
        if let (Ok(base), Ok(rest)) = (there.canonicalize(), folder.strip_prefix(there)) {
            // Through the components, since joining nothing would leave a slash at the end.
            return base.join(rest).components().collect();
        }
    }
    folder.to_owned()
}

fn span(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = text.parse().map_err(|e: jiff::Error| e.to_string())?;
    let span = Duration::try_from(span).map_err(|e| e.to_string())?;
    if span.is_zero() { Err("must be longer than nothing".into()) } else { Ok(span) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Args {
        Args::try_parse_from(std::iter::once(&"twinline").chain(words)).unwrap()
    }

    #[test]
    fn spans_are_read_and_nonsense_is_refused() {
        assert_eq!(span("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(span("3m"), Ok(Duration::from_secs(180)));
        assert_eq!(span("500ms"), Ok(Duration::from_millis(500)));
        for nonsense in ["", "10", "-3s", "0s", "soon"] {
            assert!(span(nonsense).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn each_folder_has_its_own_instance_and_the_default_the_plain_id() {
        let id = |words: &[&str]| parse(words).instance_id("app.example");
        assert_eq!(id(&[]), "app.example");
        assert_ne!(id(&["--data", "a"]), id(&["--data", "b"]));
        assert_eq!(id(&["--data", "a"]), id(&["--data", "./a", "--hidden"]));
        assert!(id(&["--data", "a"]).split('.').all(|part| !part.starts_with(|c: char| c.is_ascii_digit())));
    }

    #[test]
    fn at_login_it_starts_as_it_was_started_without_a_window() {
        assert_eq!(parse(&[]).at_login(), ["--hidden"]);
        let all = ["--data", "/a b", "--secrets", "file", "--practice", "--listen", "127.0.0.1:7700"];
        let again = parse(&all).at_login();
        assert_eq!(again[0], "--hidden");
        assert_eq!(again[1..], all);
        let again: Vec<&str> = again.iter().map(String::as_str).collect();
        assert_eq!(parse(&again).at_login(), again);
    }

    #[test]
    fn a_folder_keeps_its_mark_when_it_comes_into_being() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("acme");
        let before = folder_mark(&folder);
        std::fs::create_dir(&folder).unwrap();
        assert_eq!(folder_mark(&folder), before);
    }

    #[test]
    fn defaults_are_those_of_the_command_line_page() {
        let options = parse(&["--data", "a"]).options();
        assert_eq!(
            (options.check_every, options.settle),
            (Duration::from_secs(10), Duration::from_secs(180))
        );
        assert!(!options.practice && options.listen.is_none());
    }
}
