//! The schema: numbered files, never edited after they landed, all applied in one transaction.

use rusqlite::Connection;
use rusqlite_migration::{Error, M, Migrations};

use crate::{Result, StoreError};

/// "TwLn" in the file's header; set by the first migration.
pub(crate) const APPLICATION_ID: i64 = 0x5477_4c6e;

/// Every migration: its file, and what it holds.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("0001_first.sql", include_str!("../migrations/0001_first.sql")),
    ("0002_reconcile.sql", include_str!("../migrations/0002_reconcile.sql")),
    ("0003_sums.sql", include_str!("../migrations/0003_sums.sql")),
    ("0004_authors.sql", include_str!("../migrations/0004_authors.sql")),
    ("0005_choices.sql", include_str!("../migrations/0005_choices.sql")),
    ("0006_stops.sql", include_str!("../migrations/0006_stops.sql")),
    ("0007_sweep.sql", include_str!("../migrations/0007_sweep.sql")),
    ("0008_token_ends.sql", include_str!("../migrations/0008_token_ends.sql")),
    ("0009_cloud.sql", include_str!("../migrations/0009_cloud.sql")),
    ("0010_internal_comments.sql", include_str!("../migrations/0010_internal_comments.sql")),
    ("0011_pause_ends.sql", include_str!("../migrations/0011_pause_ends.sql")),
    ("0012_notifications.sql", include_str!("../migrations/0012_notifications.sql")),
    ("0013_first_sync_and_wishes.sql", include_str!("../migrations/0013_first_sync_and_wishes.sql")),
    ("0014_activity_hours.sql", include_str!("../migrations/0014_activity_hours.sql")),
    ("0015_rules.sql", include_str!("../migrations/0015_rules.sql")),
    ("0016_synced.sql", include_str!("../migrations/0016_synced.sql")),
    ("0017_questions.sql", include_str!("../migrations/0017_questions.sql")),
];

/// All of them, in order.
pub(crate) fn all() -> Migrations<'static> {
    Migrations::new(FILES.iter().map(|(_, sql)| M::up(sql)).collect())
}

/// Refuses what is not ours to touch, before a single byte is written.
pub(crate) fn check(connection: &Connection) -> Result<()> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |r| r.get(0))?;
    let application: i64 = connection.query_row("PRAGMA application_id", [], |r| r.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0))?;
    let empty = version == 0 && tables == 0;
    if !empty && application != APPLICATION_ID {
        return Err(StoreError::Corrupt { detail: "another program's database".to_owned() });
    }
    if usize::try_from(version).unwrap_or(usize::MAX) > FILES.len() {
        // The newer schema may have moved the setting away: then the version's name stays unknown.
        let written_by = connection
            .query_row("SELECT value FROM setting WHERE name = 'written_by'", [], |r| r.get(0))
            .ok();
        return Err(StoreError::Newer { written_by });
    }
    Ok(())
}

/// Brings the schema up to date: all of it, or nothing.
pub(crate) fn apply(connection: &mut Connection, migrations: &Migrations<'_>) -> Result<()> {
    // A migration that rebuilds a table drops the old one; with foreign keys on, that would delete the rows that
    // refer to it. What must hold is checked afterwards, and by `Store::integrity_check`.
    connection.pragma_update(None, "foreign_keys", false)?;
    let outcome = migrations.to_latest(connection).map_err(|error| match error {
        Error::RusqliteError { err, .. } => StoreError::from(err),
        other => StoreError::Corrupt { detail: other.to_string() },
    });
    connection.pragma_update(None, "foreign_keys", true)?;
    outcome
}
