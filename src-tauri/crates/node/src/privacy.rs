//! What lies on this computer, for how long, and how it goes away.

use std::sync::Arc;
use std::time::Duration;

use twinline_model::connection::{Connection, Role, Stage};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::{Farewell, PrivacyView, Retention};

use crate::diagnostics::unwritable;
use crate::node::{Node, Runs};
use crate::time::now_ms;
use crate::{keys, space};

/// Its name among the settings; the value is a number of days, or `forever`.
const SETTING: &str = "activity-days";
/// Lines that are forgotten in one transaction.
const PIECE: u32 = 500;
/// How long the partners have to hear that a connection ends.
const GOODBYE: Duration = Duration::from_secs(10);
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
        self.db.wipe().await?;
        let data = self.options.data.clone();
        let cleared = tokio::task::spawn_blocking(move || clear(&data)).await;
        cleared.map_err(|e| Trouble::new(ProblemCode::Internal).with("detail", e.to_string()))??;
        tracing::info!(count = untold.len(), "everything was deleted");
        Ok(Farewell { untold })
    }

    /// Whether this node has done its work and another one has to be opened.
    pub fn has_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Ends every connection, and answers whom that could not be told.
    async fn say_goodbye(&self) -> Result<Vec<String>, Trouble> {
        let since_ms = now_ms();
        let mut ended = Vec::new();
        for connection in self.db.read(|tx| tx.connections()).await? {
            match connection.stage {
                Stage::AwaitingApproval | Stage::Connected => {
                    self.remove(&connection.id).await?;
                    ended.push(connection);
                }
                Stage::Invited => self.remove(&connection.id).await?,
                Stage::Ended => {}
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
        Ok(())
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
fn clear(data: &std::path::Path) -> Result<(), Trouble> {
    for folder in ["backups", "spool"] {
        let folder = data.join(folder);
        gone(std::fs::remove_dir_all(&folder)).map_err(|e| unwritable(&folder, &e))?;
    }
    for file in ["secrets.json", "secrets.lock", "secrets.new", "window.json"] {
        let file = data.join(file);
        gone(std::fs::remove_file(&file)).map_err(|e| unwritable(&file, &e))?;
    }
    // Databases that were damaged once, and what became of them: people's words stand in them.
    for entry in std::fs::read_dir(data).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if ["twinline-damaged-", "twinline-restoring-"]
            .iter()
            .any(|of| name.to_string_lossy().starts_with(of))
        {
            gone(std::fs::remove_file(entry.path())).map_err(|e| unwritable(&entry.path(), &e))?;
        }
    }
    // The log of today is being written to: it is emptied, and so are the others.
    for entry in std::fs::read_dir(data.join("logs")).into_iter().flatten().flatten() {
        let emptied = std::fs::File::options().write(true).truncate(true).open(entry.path());
        emptied.map_err(|e| unwritable(&entry.path(), &e))?;
    }
    Ok(())
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
