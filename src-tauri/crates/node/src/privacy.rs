//! What lies on this computer, for how long, and how it goes away.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use twinline_model::connection::{Connection, Role, Stage};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::{Farewell, PrivacyView, Retention};

use crate::diagnostics::{day_of, unwritable};
use crate::node::Node;
use crate::status::Runs;
use crate::time::now_ms;
use crate::{folder, keys, space};

/// Its name among the settings; the value is a number of days, or `forever`.
const SETTING: &str = "activity-days";
/// Lines that are forgotten in one transaction.
const PIECE: u32 = 500;
/// How long the partners have to hear that a connection ends.
const GOODBYE: Duration = Duration::from_secs(10);
/// How long what is on its way to a tracker is waited for, beside what stopping waits.
const REST: Duration = Duration::from_secs(60);
const DAY_MS: i64 = 86_400_000;

impl Node {
    /// What lies where, how large it is, and for how long the activity is kept.
    pub async fn privacy(&self) -> Result<PrivacyView, Trouble> {
        let data = self.options.data.clone();
        let used = tokio::task::spawn_blocking(move || space::used(&data)).await;
        let used = used.map_err(|e| Trouble::new(ProblemCode::Internal).with("detail", e.to_string()))?;
        Ok(PrivacyView {
            folder: self.options.data.display().to_string(),
            kilobytes: u32::try_from(used.div_ceil(1000)).unwrap_or(u32::MAX),
            retention: self.retention().await?,
        })
    }

    /// For how long the activity is kept; a word of a newer version counts as no choice.
    pub async fn retention(&self) -> Result<Retention, Trouble> {
        let kept = self.db.read(|tx| tx.setting(SETTING)).await?;
        Ok(match kept.as_deref() {
            Some("7") => Retention::Week,
            Some("90") => Retention::Quarter,
            Some("forever") => Retention::Forever,
            _ => Retention::Month,
        })
    }

    /// Keeps the choice, and forgets at once what is older.
    pub async fn set_retention(&self, retention: Retention) -> Result<(), Trouble> {
        let word = days(retention).map_or_else(|| "forever".to_owned(), |days| days.to_string());
        self.db.write(move |tx| tx.set_setting(SETTING, &word)).await?;
        self.prune_activity(now_ms()).await
    }

    /// Forgets the activity that is too old, a piece at a time: others get their turn between two.
    pub(crate) async fn prune_activity(&self, now_ms: i64) -> Result<(), Trouble> {
        let Some(days) = days(self.retention().await?) else { return Ok(()) };
        let before = now_ms - days * DAY_MS;
        let mut forgotten = 0;
        loop {
            match self.db.write(move |tx| tx.prune_activity(before, PIECE)).await? {
                0 => break,
                some => forgotten += some,
            }
        }
        if forgotten > 0 {
            tracing::info!(count = forgotten, "old activity was forgotten");
            self.changed();
        }
        Ok(())
    }

    /// Deletes everything on this computer: ends the connections and gives the partners a moment to hear of it, forgets tokens
    /// and keys, stops, and removes every row and file. What stands in the trackers stays. This node is of no use
    /// afterwards; whoever opens the folder finds a new one.
    ///
    /// # Errors
    /// `AlreadyRunning` where another process runs the node, and nothing was done; another trouble where something is
    /// left: asking again goes on.
    pub async fn delete_everything(self: &Arc<Self>) -> Result<Farewell, Trouble> {
        if matches!(self.runs(), Runs::Elsewhere(_)) {
            let folder = self.options.data.display().to_string();
            return Err(Trouble::new(ProblemCode::AlreadyRunning).with("folder", folder));
        }
        let untold = self.say_goodbye().await?;
        self.forget_secrets().await?;
        self.stop().await;
        // Whatever still hears out its tracker would write into what is wiped.
        let folder = self.options.data.display().to_string();
        let running = || Trouble::new(ProblemCode::AlreadyRunning).with("folder", folder);
        tokio::time::timeout(REST, self.tasks.wait()).await.map_err(|_| running())?;
        let _alone = folder::lock(&self.options.data)?;
        // The files first: a full disk has room for the rest then.
        let data = self.options.data.clone();
        let cleared = tokio::task::spawn_blocking(move || clear(&data)).await;
        cleared.map_err(|e| Trouble::new(ProblemCode::Internal).with("detail", e.to_string()))??;
        self.db.wipe().await?;
        tracing::info!(count = untold.len(), "everything was deleted");
        Ok(Farewell { untold })
    }

    /// Whether this node has done its work and another one has to be opened.
    pub fn has_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Ends every connection, and answers whom that could not be told, also when it was asked before and broke off later.
    async fn say_goodbye(&self) -> Result<Vec<String>, Trouble> {
        let untold = self.end_all().await?;
        let mut all = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(untold);
        Ok(all.clone())
    }

    async fn end_all(&self) -> Result<Vec<String>, Trouble> {
        let since_ms = now_ms();
        let mut ended = Vec::new();
        let mut connections = self.db.read(|tx| tx.connections()).await?;
        // Where both projects are in this app, one of the two ends both, and nobody is to be told.
        connections.retain(|c| c.other_side().is_none() || c.role == Role::Public);
        for connection in connections {
            match connection.stage {
                Stage::AwaitingApproval | Stage::Connected => {
                    self.remove(&connection.id).await?;
                    if connection.other_side().is_none() {
                        ended.push(connection);
                    }
                }
                Stage::Invited => self.remove(&connection.id).await?,
                Stage::Declined | Stage::Ended => {}
            }
        }
        let mut changes = self.changes();
        let until = tokio::time::Instant::now() + GOODBYE;
        loop {
            changes.borrow_and_update();
            let mut untold = Vec::new();
            for connection in &ended {
                if !self.has_heard(connection, since_ms).await? {
                    untold.push(self.partner_words(connection));
                }
            }
            if untold.is_empty() || self.runs() == Runs::Nowhere {
                return Ok(untold);
            }
            // Also by the clock: that the partner knows is noted in memory alone.
            let tick = tokio::time::sleep(Duration::from_millis(200));
            tokio::select! {
                () = tokio::time::sleep_until(until) => return Ok(untold),
                _ = changes.changed() => {}
                () = tick => {}
            }
        }
    }

    /// Whether the partner knows that a connection has ended.
    async fn has_heard(&self, connection: &Connection, since_ms: i64) -> Result<bool, Trouble> {
        if connection.role == Role::Private {
            return Ok(self.hub.room(&connection.id).memory().told_the_end);
        }
        // They ask, and the answer to whatever they asked since says it.
        let id = connection.id.clone();
        Ok(self.db.read(move |tx| tx.link(&id)).await?.last_contact_ms.is_some_and(|at| at > since_ms))
    }

    async fn forget_secrets(&self) -> Result<(), Trouble> {
        let (accounts, connections, invited) =
            self.db.read(|tx| Ok((tx.accounts()?, tx.connections()?, tx.invited_connections()?))).await?;
        for account in accounts {
            self.secrets.remove(&keys::token_name(&account.id)).await?;
        }
        for id in connections.into_iter().map(|c| c.id).chain(invited) {
            keys::forget(&self.secrets, &id).await?;
        }
        self.secrets.remove(keys::ENDPOINT).await
    }
}

fn days(retention: Retention) -> Option<i64> {
    match retention {
        Retention::Week => Some(7),
        Retention::Month => Some(30),
        Retention::Quarter => Some(90),
        Retention::Forever => None,
    }
}

/// Removes what Twinline made in its folder beside the database, by name: a person may have chosen a folder of their own.
fn clear(data: &Path) -> Result<(), Trouble> {
    // Databases that were damaged once: people's words stand in them.
    let damaged =
        |name: &str| name.starts_with("twinline-damaged-") || name.starts_with("twinline-restoring-");
    let backup = |name: &str| name.starts_with("twinline-") && name.contains(".db");
    let spooled = |name: &str| {
        name.ends_with(".part") || name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit())
    };
    let secrets = |name: &str| ["secrets.json", "secrets.lock", "secrets.new"].contains(&name);
    let own = |name: &str| damaged(name) || secrets(name) || name == "window.json";
    for (folder, is_ours) in [
        (data.join("backups"), &backup as &dyn Fn(&str) -> bool),
        (data.join("spool"), &spooled),
        (data.into(), &own),
    ] {
        for file in files(&folder, is_ours)? {
            gone(std::fs::remove_file(&file)).map_err(|e| unwritable(&file, &e))?;
        }
    }
    // Not where a person put something into it.
    let _stays = std::fs::remove_dir(data.join("backups"));
    // The log of today is being written to: it is emptied, and so are the others.
    for file in files(&data.join("logs"), &|name| day_of(name).is_some())? {
        let emptied = std::fs::File::options().write(true).truncate(true).open(&file);
        emptied.map_err(|e| unwritable(&file, &e))?;
    }
    Ok(())
}

/// The files of a folder with such names; none where it is not there.
fn files(folder: &Path, is_ours: &dyn Fn(&str) -> bool) -> Result<Vec<PathBuf>, Trouble> {
    let failed = |e: std::io::Error| unwritable(folder, &e);
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_str().is_some_and(is_ours) && entry.file_type().map_err(failed)?.is_file() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// What is not there need not be removed.
fn gone(removed: std::io::Result<()>) -> std::io::Result<()> {
    match removed {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests;
