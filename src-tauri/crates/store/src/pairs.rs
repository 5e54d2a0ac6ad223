//! Pairs: what is searched, listed and counted as columns, the whole [`Pair`] as JSON beside it (`pair_trees`).

use rusqlite::{Params, Row, params};
use twinline_model::pair::{Pair, Side};
use twinline_model::view::{Direction, PairStanding, PairView};
use twinline_model::{AccountId, ConnectionId, IssueId, Origin, PairId};

use crate::codec::{Columns, Json, Word, check_sum, id, id_or_none, number, summed};
use crate::{Result, StoreError, Tx};

/// What the engine made of a pair.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PairFlags {
    /// Something of it is to go to the partner.
    pub to_send: bool,
    /// Something of it is to be done in our tracker.
    pub to_do: bool,
    /// How it stands, for people.
    pub standing: PairStanding,
    /// A person waits for it: it goes before a first sync.
    pub urgent: bool,
    /// Where it stands in the tree of digests: 32 hexadecimal digits.
    pub place: String,
    /// Hash of what both sides should know alike, 64 hexadecimal digits; empty: nothing yet.
    pub digest: String,
}

/// A pair's leaf in the tree of digests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leaf {
    /// Where it stands.
    pub place: String,
    /// What it holds.
    pub digest: String,
    /// Whose it is.
    pub pair: PairId,
}

/// How far the pairs of a connection are.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Progress {
    /// All of them.
    pub pairs: u64,
    /// Those of which nothing is on its way.
    pub done: u64,
    /// Those of these that changed last since the time that was asked for.
    pub lately: u64,
    /// When the first of them changed last, ms.
    pub first_ms: Option<i64>,
}

/// How many pairs a connection has.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct PairCounts {
    /// All of them, unlinked ones included.
    pub pairs: u64,
    /// With something for the partner.
    pub to_send: u64,
    /// With something to do in our tracker.
    pub to_do: u64,
    /// That wait for a person.
    pub stopped: u64,
}

// The condition stands in each text as in its partial index: SQLite uses the index only then.
pub(crate) const TO_SEND: &str =
    "SELECT id FROM pair WHERE connection = ?1 AND to_send = 1 ORDER BY urgent DESC, id LIMIT ?2";
pub(crate) const TO_DO: &str = "SELECT id FROM pair WHERE connection = ?1 AND urgent = ?2 AND to_do = 1 AND id > ?3 ORDER BY id LIMIT ?4";
// 'g' comes behind every hexadecimal digit.
pub(crate) const LEAVES: &str = "SELECT place, digest, id FROM pair
    WHERE connection = ?1 AND place >= ?2 AND place < ?2 || 'g' AND digest <> '' ORDER BY place";
pub(crate) const LEAF: &str = "SELECT place, digest, id FROM pair
    WHERE connection = ?1 AND place = ?2 AND digest <> '' LIMIT 1";
pub(crate) const WAITING: &str = "SELECT
    (SELECT count(*) FROM pair WHERE connection = ?1 AND to_send = 1),
    (SELECT count(*) FROM pair WHERE connection = ?1 AND to_do = 1)";
pub(crate) const UNSEEN: &str = "SELECT pair.id, pair.issue_id FROM pair
    LEFT JOIN seen ON seen.account = ?2 AND seen.issue = pair.issue_id
    WHERE pair.connection = ?1 AND pair.id > ?3 AND pair.issue_id IS NOT NULL
        AND pair.standing <> 'unlinked' AND seen.issue IS NULL
    ORDER BY pair.id LIMIT ?4";
pub(crate) const COUNTS: &str = "SELECT
    (SELECT count(*) FROM pair WHERE connection = ?1 AND standing <> 'unlinked') AS pairs,
    (SELECT count(*) FROM pair WHERE connection = ?1 AND to_send = 1) AS to_send,
    (SELECT count(*) FROM pair WHERE connection = ?1 AND to_do = 1) AS to_do,
    (SELECT count(*) FROM pair WHERE connection = ?1 AND standing = 'stopped') AS stopped";
pub(crate) const UNSENT: &str =
    "SELECT count(*) FROM pair WHERE connection = ?1 AND to_send = 1 AND their_key IS NULL";
pub(crate) const PROGRESS: &str = "SELECT count(*),
        count(*) FILTER (WHERE standing <> 'syncing'),
        count(*) FILTER (WHERE standing <> 'syncing' AND last_change_ms >= ?2),
        min(last_change_ms) FILTER (WHERE standing <> 'syncing')
    FROM pair WHERE connection = ?1";
pub(crate) const OF_ORIGIN: &str =
    "SELECT t.pair, t.state, t.sum FROM pair AS p JOIN pair_trees AS t ON t.pair = p.id
    WHERE p.origin_item = ?1 AND p.origin_node = ?2 AND p.connection = ?3";
pub(crate) const OF_ISSUE: &str =
    "SELECT t.pair, t.state, t.sum FROM pair AS p JOIN pair_trees AS t ON t.pair = p.id
    WHERE p.issue_id = ?1 AND p.connection = ?2";
pub(crate) const OF_KEY: &str =
    "SELECT t.pair, t.state, t.sum FROM pair AS p JOIN pair_trees AS t ON t.pair = p.id
    WHERE p.connection = ?1 AND (p.our_key = ?2 OR p.their_key = ?2)
    ORDER BY p.our_key = ?2 DESC, p.id DESC LIMIT 1";
// Two sites may give two issues one id. One that was renamed goes by two names, and keeps its own id.
pub(crate) const ISSUE_ANYWHERE: &str = "SELECT p.connection, p.direction FROM pair AS p
    JOIN connection AS c ON c.id = p.connection JOIN account AS a ON a.id = c.account
    WHERE p.issue_id = ?1 AND (a.site = ?2 OR a.cloud IN (SELECT cloud FROM account WHERE site = ?2)) ORDER BY p.id";
// The pair of the side where it was born is no twin, though it lies in the same table where both sides are in one node.
pub(crate) const TWINS_ANYWHERE: &str = "SELECT connection, issue_id FROM pair
    WHERE origin_item = ?1 AND origin_node = ?2 AND direction = 'in' ORDER BY id";
// A damaged tree costs the two links only: the list must show the pair all the same.
pub(crate) const PAGE: &str = "SELECT p.id, p.our_key, p.their_key, p.title, p.standing, p.direction,
        strftime('%Y-%m-%dT%H:%M:%SZ', p.last_change_ms / 1000, 'unixepoch') AS last_change_at,
        json_extract(iif(json_valid(t.state), t.state, NULL), '$.ours.url') AS our_url,
        json_extract(iif(json_valid(t.state), t.state, NULL), '$.theirs.link') AS their_url,
        (SELECT count(*) FROM conflict AS c WHERE c.pair = p.id AND c.settled_ms IS NULL) AS conflicts,
        (SELECT count(*) FROM conflict AS c WHERE c.pair = p.id) AS records,
        (SELECT count(*) FROM json_each(iif(json_valid(t.state), t.state, NULL), '$.local.comments') AS c
            WHERE json_extract(c.value, '$.restricted') AND NOT EXISTS (
                SELECT 1 FROM json_each(t.state, '$.comments') AS k
                WHERE json_extract(k.value, '$.ours') = json_extract(c.value, '$.id')
                    AND json_extract(k.value, '$.author') = 'theirs')) AS restricted_comments
    FROM pair AS p LEFT JOIN pair_trees AS t ON t.pair = p.id
    WHERE p.connection = ?1 AND p.id < ?2 AND (?3 = '' OR instr(p.search, ?3) > 0)
    ORDER BY p.id DESC LIMIT ?4";

fn leaf(row: &Row<'_>) -> rusqlite::Result<Leaf> {
    Ok(Leaf { place: row.get("place")?, digest: row.get("digest")?, pair: PairId(row.get("id")?) })
}

fn view(row: &Row<'_>) -> rusqlite::Result<PairView> {
    let number: i64 = row.get("id")?;
    Ok(PairView {
        id: number.to_string(),
        ours: row.get("our_key")?,
        ours_url: row.get("our_url")?,
        theirs: row.get("their_key")?,
        theirs_url: row.get("their_url")?,
        title: row.get("title")?,
        state: row.get::<_, Word<_>>("standing")?.0,
        last_change_at: row.get("last_change_at")?,
        direction: row.get::<_, Word<_>>("direction")?.0,
        conflicts: row.get("conflicts")?,
        records: row.get("records")?,
        restricted_comments: row.get("restricted_comments")?,
    })
}

/// The summary on our side, or the best that is known until there is one.
fn title(pair: &Pair) -> &str {
    let field = &pair.summary;
    None.or(pair.local.as_ref().map(|l| l.summary.as_str()))
        .or(field.base_local.as_deref())
        .or(field.remote.as_ref().map(|r| r.value.as_str()))
        .or(field.base_remote.as_deref())
        .unwrap_or_default()
}

impl Tx<'_> {
    /// Makes a pair that nothing is known of yet; `Constraint` if the connection has the origin already.
    pub fn new_pair(&mut self, connection: &ConnectionId, origin: &Origin, owner: Side) -> Result<Pair> {
        let direction = match owner {
            Side::Ours => Direction::Out,
            Side::Theirs => Direction::In,
        };
        let row = self.insert(
            "INSERT INTO pair (connection, origin_node, origin_item, direction) VALUES (?1, ?2, ?3, ?4)",
            params![connection.as_str(), origin.node.as_str(), origin.item, Word(direction)],
        )?;
        let pair = Pair::new(PairId(row), connection.clone(), origin.clone(), owner);
        let (state, sum) = summed(&pair)?;
        let sql = "INSERT INTO pair_trees (pair, state, sum) VALUES (?1, ?2, ?3)";
        self.run(sql, params![row, state, sum])?;
        Ok(pair)
    }

    /// One.
    pub fn pair(&self, pair: PairId) -> Result<Option<Pair>> {
        self.whole("SELECT pair, state, sum FROM pair_trees WHERE pair = ?1", [pair.0])
    }

    /// The whole pair that a query finds: its columns are pair, state and sum.
    fn whole(&self, sql: &str, params: impl Params) -> Result<Option<Pair>> {
        self.row("pair_trees", sql, params, |row| {
            let (pair, text, sum) = (PairId(row.get(0)?), row.get_ref(1)?.as_str()?, row.get(2)?);
            if let Some(known) = self.recent().known(pair, text, sum) {
                return Ok(known);
            }
            check_sum(row, "state")?;
            let made = row.get::<_, Json<Pair>>(1)?.0;
            self.recent().keep(pair, text, sum, &made);
            Ok(made)
        })
    }

    /// The connection's pair for an item that was born somewhere.
    pub fn pair_of_origin(&self, connection: &ConnectionId, origin: &Origin) -> Result<Option<Pair>> {
        let params = [origin.item.as_str(), origin.node.as_str(), connection.as_str()];
        self.whole(OF_ORIGIN, params)
    }

    /// The connection's pair for an issue of our tracker.
    pub fn pair_of_issue(&self, connection: &ConnectionId, issue: &IssueId) -> Result<Option<Pair>> {
        self.whole(OF_ISSUE, [issue.as_str(), connection.as_str()])
    }

    /// The connection's pair for a key, of ours before one of theirs. Looks through all of them: for a person who asks.
    pub fn pair_of_key(&self, connection: &ConnectionId, key: &str) -> Result<Option<Pair>> {
        self.whole(OF_KEY, [connection.as_str(), key])
    }

    /// On which connections an issue of a site has a pair, and on which side of each it was born.
    pub fn pairs_of_issue_anywhere(&self, site: &str, issue: &IssueId) -> Result<Vec<(ConnectionId, Side)>> {
        self.rows("pair", ISSUE_ANYWHERE, [issue.as_str(), site], |r| {
            let born = match r.get::<_, Word<Direction>>("direction")?.0 {
                Direction::Out => Side::Ours,
                Direction::In => Side::Theirs,
            };
            Ok((id(r, "connection")?, born))
        })
    }

    /// The issues of ours that a connection has a pair for, and whether each is still synced.
    pub fn issues_of(&self, connection: &ConnectionId) -> Result<Vec<(IssueId, bool)>> {
        let sql = "SELECT issue_id, standing <> 'unlinked' FROM pair WHERE connection = ?1 AND issue_id IS NOT NULL";
        self.rows("pair", sql, [connection.as_str()], |r| {
            Ok((IssueId::new(r.get::<_, String>(0)?), r.get(1)?))
        })
    }

    /// The issues of the connection's site that are twins of issues from elsewhere, on other connections than this one.
    pub fn issues_from_others(&self, connection: &ConnectionId) -> Result<Vec<IssueId>> {
        let sql = "SELECT p.issue_id FROM pair AS p
            JOIN connection AS c ON c.id = p.connection JOIN account AS a ON a.id = c.account
            JOIN connection AS this ON this.id = ?1 JOIN account AS ours ON ours.id = this.account
            WHERE p.connection <> ?1 AND p.direction = 'in' AND p.issue_id IS NOT NULL
                AND (a.site = ours.site OR a.cloud = ours.cloud)";
        self.rows("pair", sql, [connection.as_str()], |r| Ok(IssueId::new(r.get::<_, String>(0)?)))
    }

    /// On which connections an origin from elsewhere has a pair, and as which issue of ours.
    pub fn twins_anywhere(&self, origin: &Origin) -> Result<Vec<(ConnectionId, Option<IssueId>)>> {
        self.rows("pair", TWINS_ANYWHERE, [origin.item.as_str(), origin.node.as_str()], |r| {
            Ok((id(r, "connection")?, id_or_none(r, "issue_id")?))
        })
    }

    /// Writes a pair and what the engine made of it. `changed_ms`: it changed for people now; `None` leaves that time.
    pub fn save_pair(&mut self, pair: &Pair, flags: PairFlags, changed_ms: Option<i64>) -> Result<()> {
        let our_key = pair.ours.as_ref().map(|o| o.key.as_str());
        let their_key = pair.theirs.as_ref().map(|t| t.key.as_str());
        let title = title(pair);
        let search =
            [our_key.unwrap_or_default(), their_key.unwrap_or_default(), title].join("\n").to_lowercase();
        self.must(
            "pair",
            "UPDATE pair SET issue_id = ?2, our_key = ?3, their_key = ?4, title = ?5, search = ?6, standing = ?7,
                 to_send = ?8, to_do = ?9, last_change_ms = ifnull(?10, last_change_ms), urgent = ?11, place = ?12,
                 digest = ?13
             WHERE id = ?1",
            params![
                pair.id.0,
                pair.ours.as_ref().map(|o| o.id.as_str()),
                our_key,
                their_key,
                title,
                search,
                Word(flags.standing),
                flags.to_send,
                flags.to_do,
                changed_ms,
                flags.urgent,
                flags.place,
                flags.digest
            ],
        )?;
        let (state, sum) = summed(pair)?;
        let sql = "UPDATE pair_trees SET state = ?2, sum = ?3 WHERE pair = ?1";
        self.must("pair_trees", sql, params![pair.id.0, state, sum])?;
        match &pair.ours {
            Some(ours) => self.note_number(&pair.connection, ours.key.as_str(), ours.key.number()),
            None => Ok(()),
        }
    }

    /// Keys of other projects (the issue moved) do not count: they say nothing about where ours has got to.
    fn note_number(&mut self, connection: &ConnectionId, key: &str, found: u64) -> Result<()> {
        self.run(
            "UPDATE connection SET highest_number = ?2
             WHERE id = ?1 AND highest_number < ?2 AND project || '-' || ?2 = ?3",
            params![connection.as_str(), number(found)?, key],
        )?;
        Ok(())
    }

    /// The highest key number of our issues in the connection's pairs (in its project); 0 before the first.
    pub fn highest_number(&self, connection: &ConnectionId) -> Result<u64> {
        self.count("connection", "SELECT highest_number FROM connection WHERE id = ?1", [connection.as_str()])
    }

    /// Pairs with something for the partner: those that a person waits for, then the oldest first.
    pub fn pairs_to_send(&self, connection: &ConnectionId, limit: u32) -> Result<Vec<PairId>> {
        self.rows("pair", TO_SEND, params![connection.as_str(), limit], |r| r.get(0).map(PairId))
    }

    /// Pairs behind `after` with something to do in our tracker, either those that a person waits for or the others, the
    /// oldest first; begin with `PairId(0)`.
    pub fn pairs_to_do(
        &self,
        connection: &ConnectionId,
        urgent: bool,
        limit: u32,
        after: PairId,
    ) -> Result<Vec<PairId>> {
        self.rows("pair", TO_DO, params![connection.as_str(), urgent, after.0, limit], |r| {
            r.get(0).map(PairId)
        })
    }

    /// The leaves under a prefix of places, in their order; an empty prefix: all.
    pub fn leaves(&self, connection: &ConnectionId, prefix: &str) -> Result<Vec<Leaf>> {
        self.rows("pair", LEAVES, params![connection.as_str(), prefix], leaf)
    }

    /// The leaf at a place.
    pub fn leaf(&self, connection: &ConnectionId, place: &str) -> Result<Option<Leaf>> {
        self.row("pair", LEAF, [connection.as_str(), place], leaf)
    }

    /// All pairs behind `after`, the oldest first; begin with `PairId(0)`.
    pub fn pair_ids(&self, connection: &ConnectionId, limit: u32, after: PairId) -> Result<Vec<PairId>> {
        self.rows(
            "pair",
            "SELECT id FROM pair WHERE connection = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
            params![connection.as_str(), after.0, limit],
            |r| r.get(0).map(PairId),
        )
    }

    /// Synced issues of ours that were not yet taken in as they stand, behind `after`, the oldest first; begin with
    /// `PairId(0)`.
    pub fn unseen(
        &self,
        connection: &ConnectionId,
        account: &AccountId,
        limit: u32,
        after: PairId,
    ) -> Result<Vec<(PairId, IssueId)>> {
        self.rows("pair", UNSEEN, params![connection.as_str(), account.as_str(), after.0, limit], |r| {
            Ok((PairId(r.get(0)?), IssueId::new(r.get::<_, String>(1)?)))
        })
    }

    /// Whether something is to be done in our tracker.
    pub fn has_to_do(&self, connection: &ConnectionId) -> Result<bool> {
        self.any("SELECT 1 FROM pair WHERE connection = ?1 AND to_do = 1", [connection.as_str()])
    }

    /// How many pairs have something to send, and to do. Cheap where that is few, however many pairs there are.
    pub fn waiting(&self, connection: &ConnectionId) -> Result<(u64, u64)> {
        let waiting = self.row("pair", WAITING, [connection.as_str()], |r| {
            let mut column = Columns::of(r);
            Ok((column.unsigned()?, column.unsigned()?))
        })?;
        waiting.ok_or(StoreError::Missing { table: "pair" })
    }

    /// How many pairs there are, and of which kinds.
    pub fn counts(&self, connection: &ConnectionId) -> Result<PairCounts> {
        let counted = self.row("pair", COUNTS, [connection.as_str()], |r| {
            let mut column = Columns::of(r);
            Ok(PairCounts {
                pairs: column.unsigned()?,
                to_send: column.unsigned()?,
                to_do: column.unsigned()?,
                stopped: column.unsigned()?,
            })
        })?;
        counted.ok_or(StoreError::Missing { table: "pair" })
    }

    /// How many issues the partner was not told of yet.
    pub fn unsent(&self, connection: &ConnectionId) -> Result<u64> {
        let found = self.row("pair", UNSENT, [connection.as_str()], |r| Columns::of(r).unsigned())?;
        Ok(found.unwrap_or(0))
    }

    /// How far the pairs are that have something to do, and how many came to an end since a time.
    pub fn how_far(&self, connection: &ConnectionId, since_ms: i64) -> Result<Progress> {
        let found = self.row("pair", PROGRESS, params![connection.as_str(), since_ms], |r| {
            let mut column = Columns::of(r);
            Ok(Progress {
                pairs: column.unsigned()?,
                done: column.unsigned()?,
                lately: column.unsigned()?,
                first_ms: column.next()?,
            })
        })?;
        found.ok_or(StoreError::Missing { table: "pair" })
    }

    /// A page of the list, the newest first, behind `after`. `search` is looked for in both keys and the title,
    /// whatever the case; empty: all.
    pub fn pairs_page(
        &self,
        connection: &ConnectionId,
        search: &str,
        after: Option<PairId>,
        limit: u32,
    ) -> Result<Vec<PairView>> {
        let before = after.map_or(i64::MAX, |p| p.0);
        let search = search.trim().to_lowercase();
        self.rows("pair", PAGE, params![connection.as_str(), before, search, limit], view)
    }
}
