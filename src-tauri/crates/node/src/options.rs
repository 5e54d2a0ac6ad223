//! How a node is started.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::power::{PowerSource, SystemPower};

/// Where secrets are to be kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SecretsChoice {
    /// The operating system's keychain; this run's memory where there is none.
    #[default]
    Keychain,
    /// `secrets.json` in the data folder, mode 0600: for servers.
    File,
}

/// How a node is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data folder; made where it is missing.
    pub data: PathBuf,
    /// Where secrets are kept.
    pub secrets: SecretsChoice,
    /// Loopback addresses are allowed in invitations.
    pub practice: bool,
    /// Where to listen for partners, unless the connections' addresses say.
    pub listen: Option<SocketAddr>,
    /// How often trackers are asked for changes, as long as nobody chose it in the settings.
    pub check_every: Duration,
    /// How long an unknown create is probed before it is tried again.
    pub settle: Duration,
    /// Who says what the computer runs on.
    pub power: Arc<dyn PowerSource>,
}

impl Options {
    /// The defaults with a data folder.
    pub fn new(data: PathBuf) -> Self {
        Self {
            data,
            secrets: SecretsChoice::default(),
            practice: false,
            listen: None,
            check_every: Duration::from_secs(10),
            settle: Duration::from_secs(180),
            power: Arc::new(SystemPower::default()),
        }
    }
}

/// The platform's folder for an app's data: `%APPDATA%`, `~/Library/Application Support`, or `$XDG_DATA_HOME`
/// (XDG Base Directory Specification 0.8), with `twinline` below it.
pub fn default_data_folder() -> PathBuf {
    let home = || std::env::var_os("HOME").map(PathBuf::from).unwrap_or_else(|| PathBuf::from("."));
    let base = if cfg!(windows) {
        std::env::var_os("APPDATA").map(PathBuf::from).unwrap_or_else(home)
    } else if cfg!(target_os = "macos") {
        home().join("Library/Application Support")
    } else {
        match std::env::var_os("XDG_DATA_HOME").map(PathBuf::from) {
            Some(path) if path.is_absolute() => path,
            _ => home().join(".local/share"),
        }
    };
    base.join("twinline")
}
