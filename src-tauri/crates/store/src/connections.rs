//! Connections. What is known of the exchange with the partner is in [`crate::links`].

use rusqlite::{Row, ToSql, named_params, params};
use twinline_model::ConnectionId;
use twinline_model::connection::Connection;
use twinline_model::pause::Pause;

use crate::codec::{Columns, Json, Word, number};
use crate::{Result, Tx};

const COLUMNS: &str = "id, role, mode, rules, stage, account, project, given_name, partner, address, approval, filter, \
    default_type, above, existing, name_authors, internal_comments, paused, paused_ms, resumes_ms, partner_paused, created_ms";

fn read(row: &Row<'_>) -> rusqlite::Result<Connection> {
    let mut column = Columns::of(row);
    Ok(Connection {
        id: column.id()?,
        role: column.word()?,
        mode: column.word()?,
        rules: column.unsigned()?,
        stage: column.word()?,
        account: column.id()?,
        project: column.id()?,
        given_name: column.next()?,
        partner: column.next::<Option<Json<_>>>()?.map(|p| p.0),
        address: column.next()?,
        approval: column.word()?,
        filter: column.next()?,
        default_type: column.next()?,
        // A negative number must not become "synchronise everything".
        above: column.unsigned_or_none()?,
        existing: column.next()?,
        name_authors: column.next()?,
        internal_comments: column.next()?,
        paused: pause(&mut column)?,
        partner_paused: column.next()?,
        created_ms: column.next()?,
    })
}

/// A pause is three columns: whether, since when, until when. Of working hours nobody needs to know since when.
fn pause(column: &mut Columns<'_, '_>) -> rusqlite::Result<Option<Pause>> {
    let (paused, since, until): (bool, Option<i64>, Option<i64>) =
        (column.next()?, column.next()?, column.next()?);
    Ok(paused.then_some(match (since, until) {
        (Some(since_ms), Some(until_ms)) => Pause::Until { since_ms, until_ms },
        (None, Some(until_ms)) => Pause::Hours { until_ms },
        (_, None) => Pause::Open,
    }))
}

impl Tx<'_> {
    /// All of them, the oldest first.
    pub fn connections(&self) -> Result<Vec<Connection>> {
        let sql = format!("SELECT {COLUMNS} FROM connection ORDER BY created_ms, id");
        self.rows("connection", &sql, [], read)
    }

    /// One.
    pub fn connection(&self, connection: &ConnectionId) -> Result<Option<Connection>> {
        let sql = format!("SELECT {COLUMNS} FROM connection WHERE id = ?1");
        self.row("connection", &sql, [connection.as_str()], read)
    }

    /// Adds one, and an empty link with it.
    pub fn insert_connection(&mut self, connection: &Connection) -> Result<()> {
        self.with_columns(
            connection,
            "INSERT INTO connection (id, role, mode, rules, stage, account, project, given_name, partner, address, approval,
                 filter, default_type, above, existing, name_authors, internal_comments, paused, paused_ms,
                 resumes_ms, partner_paused, created_ms)
             VALUES (:id, :role, :mode, :rules, :stage, :account, :project, :given_name, :partner, :address, :approval,
                 :filter, :default_type, :above, :existing, :name_authors, :internal_comments, :paused, :paused_ms,
                 :resumes_ms, :partner_paused, :created_ms)",
        )?;
        self.run(
            "INSERT INTO link (connection, incarnation) SELECT ?1, incarnation FROM meta",
            [connection.id.as_str()],
        )?;
        Ok(())
    }

    /// Replaces all that is known of one.
    pub fn update_connection(&mut self, connection: &Connection) -> Result<()> {
        self.with_columns(
            connection,
            "UPDATE connection SET role = :role, mode = :mode, rules = :rules, stage = :stage, account = :account,
                 project = :project, given_name = :given_name, partner = :partner, address = :address,
                 approval = :approval, filter = :filter, default_type = :default_type, above = :above,
                 existing = :existing, name_authors = :name_authors, internal_comments = :internal_comments, paused = :paused,
                 paused_ms = :paused_ms, resumes_ms = :resumes_ms, partner_paused = :partner_paused, created_ms = :created_ms
             WHERE id = :id",
        )
    }

    /// Why a guard stopped it: the code of a problem.
    pub fn held(&self, connection: &ConnectionId) -> Result<Option<String>> {
        let sql = "SELECT held FROM connection WHERE id = ?1";
        Ok(self.row("connection", sql, [connection.as_str()], |r| r.get(0))?.flatten())
    }

    /// A guard stops it, or a person lets it go on.
    pub fn set_held(&mut self, connection: &ConnectionId, code: Option<&str>) -> Result<()> {
        self.must(
            "connection",
            "UPDATE connection SET held = ?2 WHERE id = ?1",
            params![connection.as_str(), code],
        )
    }

    /// When all its issues were last looked at by id.
    pub fn census_ms(&self, connection: &ConnectionId) -> Result<Option<i64>> {
        let sql = "SELECT census_ms FROM connection WHERE id = ?1";
        Ok(self.row("connection", sql, [connection.as_str()], |r| r.get(0))?.flatten())
    }

    /// All its issues were looked at by id.
    pub fn set_census_ms(&mut self, connection: &ConnectionId, now_ms: i64) -> Result<()> {
        let sql = "UPDATE connection SET census_ms = ?2 WHERE id = ?1";
        self.must("connection", sql, params![connection.as_str(), now_ms])
    }

    /// Where the sweep for twins that our database may have forgotten begins; `None`: none was begun since the last one was
    /// through.
    pub fn sweep_from(&self, connection: &ConnectionId) -> Result<Option<u64>> {
        let sql = "SELECT sweep_from FROM connection WHERE id = ?1";
        let found =
            self.row("connection", sql, [connection.as_str()], |r| Columns::of(r).unsigned_or_none())?;
        Ok(found.flatten())
    }

    /// A sweep begins at this number, however often it is broken off; `None`: it is through.
    pub fn set_sweep_from(&mut self, connection: &ConnectionId, from: Option<u64>) -> Result<()> {
        let sql = "UPDATE connection SET sweep_from = ?2 WHERE id = ?1";
        self.must("connection", sql, params![connection.as_str(), from.map(number).transpose()?])
    }

    /// Removes one with its link, pairs, intents, messages, activity, problems and claims on blobs.
    ///
    /// Its invitation stays, so that the code is known to be used; an open one is withdrawn.
    pub fn delete_connection(&mut self, connection: &ConnectionId) -> Result<()> {
        self.run(
            "UPDATE invited SET state = 'withdrawn' WHERE connection = ?1 AND state = 'open'",
            [connection.as_str()],
        )?;
        self.run("DELETE FROM connection WHERE id = ?1", [connection.as_str()])?;
        Ok(())
    }

    fn with_columns(&mut self, c: &Connection, sql: &str) -> Result<()> {
        let (above, rules) = (c.above.map(number).transpose()?, number(c.rules)?);
        let (since, until) = match c.paused {
            Some(Pause::Until { since_ms, until_ms }) => (Some(since_ms), Some(until_ms)),
            Some(Pause::Hours { until_ms }) => (None, Some(until_ms)),
            Some(Pause::Open) | None => (None, None),
        };
        let params: &[(&str, &dyn ToSql)] = named_params! {
            ":id": c.id.as_str(),
            ":role": Word(c.role),
            ":mode": Word(c.mode),
            ":rules": rules,
            ":stage": Word(c.stage),
            ":account": c.account.as_str(),
            ":project": c.project.as_str(),
            ":given_name": c.given_name,
            ":partner": c.partner.as_ref().map(Json),
            ":address": c.address,
            ":approval": Word(c.approval),
            ":filter": c.filter,
            ":default_type": c.default_type,
            ":above": above,
            ":existing": c.existing,
            ":name_authors": c.name_authors,
            ":internal_comments": c.internal_comments,
            ":paused": c.paused.is_some(),
            ":paused_ms": since,
            ":resumes_ms": until,
            ":partner_paused": c.partner_paused,
            ":created_ms": c.created_ms,
        };
        self.must("connection", sql, params)
    }
}
