//! Who this database belongs to, and settings.

use rusqlite::params;
use twinline_model::connection::Connection;
use twinline_model::{ConnectionId, NodeId};

use crate::codec::id;
use crate::{Fresh, Result, StoreError, Tx};

/// The app's version that wrote last: what people are told when an older one opens the database.
const WRITTEN_BY: &str = "written_by";

impl Tx<'_> {
    /// This node.
    pub fn node(&self) -> Result<NodeId> {
        self.row("meta", "SELECT node FROM meta", [], |r| id(r, "node"))?
            .ok_or(StoreError::Missing { table: "meta" })
    }

    /// As whom this node speaks on a connection: where the item was born that it calls its own there.
    pub fn speaks_as(&self, connection: &Connection) -> Result<NodeId> {
        Ok(connection.speaks_as(self.node()?))
    }

    /// This database's incarnation.
    pub fn incarnation(&self) -> Result<String> {
        self.row("meta", "SELECT incarnation FROM meta", [], |r| r.get(0))?
            .ok_or(StoreError::Missing { table: "meta" })
    }

    /// Gives this database another incarnation: it was restored from a copy.
    pub fn set_incarnation(&mut self, incarnation: &str) -> Result<()> {
        self.must("meta", "UPDATE meta SET incarnation = ?1", [incarnation])
    }

    /// A person said that the issues that vanished at once are gone for good.
    pub fn accept_loss(&mut self, connection: &ConnectionId) -> Result<()> {
        self.set_setting(&format!("loss-accepted {connection}"), "yes")
    }

    /// Whether a person said so.
    pub fn is_loss_accepted(&self, connection: &ConnectionId) -> Result<bool> {
        Ok(self.setting(&format!("loss-accepted {connection}"))?.is_some())
    }

    /// What a person said was for one look: the next loss is a new one.
    pub fn forget_accepted_loss(&mut self, connection: &ConnectionId) -> Result<()> {
        self.forget_setting(&format!("loss-accepted {connection}"))
    }

    /// Differs once anything happened that a backup is for: not a poll or a contact that brought nothing.
    pub fn progress(&self) -> Result<String> {
        let sql = "SELECT json_array(
            (SELECT json_group_array(name || seq) FROM sqlite_sequence),
            (SELECT json_group_array(sent_seq || '/' || received_seq) FROM link),
            (SELECT json_group_array(json_array(stage, paused, resumes_ms, partner_paused, internal_comments, given_name, rules)) FROM connection),
            (SELECT json_group_array(id || signed_in) FROM account),
            (SELECT json_group_array(name || value) FROM setting
                WHERE name NOT GLOB 'away *' AND name NOT GLOB 'partner-held-up *' AND name NOT GLOB 'calls *'))";
        Ok(self.row("meta", sql, [], |r| r.get(0))?.unwrap_or_default())
    }

    /// A setting, if it was ever set.
    pub fn setting(&self, name: &str) -> Result<Option<String>> {
        self.row("setting", "SELECT value FROM setting WHERE name = ?1", [name], |r| r.get(0))
    }

    /// Sets a setting.
    pub fn set_setting(&mut self, name: &str, value: &str) -> Result<()> {
        self.run(
            "INSERT INTO setting (name, value) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [name, value],
        )?;
        Ok(())
    }

    /// Unsets a setting; it need not be set.
    pub(crate) fn forget_setting(&mut self, name: &str) -> Result<()> {
        self.run("DELETE FROM setting WHERE name = ?1", [name])?;
        Ok(())
    }

    /// Gives a new database its identity, and notes which version writes.
    pub(crate) fn settle_in(&mut self, fresh: &Fresh) -> Result<()> {
        self.run(
            "INSERT INTO meta (id, node, incarnation) VALUES (1, ?1, ?2) ON CONFLICT (id) DO NOTHING",
            params![fresh.node.as_str(), fresh.incarnation],
        )?;
        let version = env!("CARGO_PKG_VERSION");
        if self.setting(WRITTEN_BY)?.as_deref() != Some(version) {
            self.set_setting(WRITTEN_BY, version)?;
        }
        Ok(())
    }
}
