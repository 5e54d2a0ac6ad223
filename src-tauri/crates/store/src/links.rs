//! How far the exchange with a partner is: one row for each connection.

use rusqlite::{Row, named_params};
use twinline_model::ConnectionId;

use crate::codec::{Columns, number};
use crate::{Result, StoreError, Tx};

/// The run of the partner's node that may write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holder {
    /// Its name.
    pub run: String,
    /// Names the computer and folder that it runs from.
    pub place: String,
}

/// How far the exchange with a partner is.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct LinkState {
    /// Our public key on this connection.
    pub our_key: String,
    /// The partner's, once known.
    pub their_key: Option<String>,
    /// The last number that we gave to a message, and the chain up to it.
    pub sent: (u64, String),
    /// The last of our numbers that the partner has durably.
    pub acked: u64,
    /// The last of their numbers that we have durably, and the chain up to it.
    pub received: (u64, String),
    /// Which incarnation of the partner's database that counts for.
    pub partner_incarnation: Option<String>,
    /// Generation of the last statement that we made.
    pub statement_generation: u64,
    /// Generation of the last statement that we received.
    pub partner_generation: u64,
    /// The last successful contact, on our clock.
    pub last_contact_ms: Option<i64>,
    /// When their tracker was last checked, as far as they told, on our clock.
    pub partner_checked_ms: Option<i64>,
    /// How much waits on their side, as they last said.
    pub partner_pending: u32,
    /// How many problems their people have to look at, as they last said.
    pub partner_problems: u32,
    /// What people compare to be sure of each other.
    pub comparison: Option<String>,
    /// Problem code of the last contact, if it failed.
    pub last_error: Option<String>,
    /// Ours on this connection: numbers count for it and the partner's.
    pub incarnation: String,
    /// The chain up to `acked`; empty where an earlier version kept none.
    pub acked_chain: String,
    /// The two databases may differ: they are compared as soon as nothing is on its way.
    pub reconciling: bool,
    /// When both sides' digests were last equal.
    pub compared_ms: Option<i64>,
    /// Differences that were found and healed, ever.
    pub healed: u64,
    /// Which run of the partner's node may write.
    pub holder: Option<Holder>,
    /// When everything that existed at the beginning was taken over; `None`: the first sync is on.
    pub first_synced_ms: Option<i64>,
    /// Issues that the partner has not told us of yet, as they last said.
    pub partner_unsent: u32,
    /// How often they look at their tracker, as they last said, ms; 0: they did not say.
    pub partner_interval_ms: u32,
    /// Their version understands questions whether two issues are one; `None`: they have not said.
    pub partner_asks: Option<bool>,
}

fn read(row: &Row<'_>) -> rusqlite::Result<LinkState> {
    let mut column = Columns::of(row);
    Ok(LinkState {
        our_key: column.next()?,
        their_key: column.next()?,
        sent: (column.unsigned()?, column.next()?),
        acked: column.unsigned()?,
        received: (column.unsigned()?, column.next()?),
        partner_incarnation: column.next()?,
        statement_generation: column.unsigned()?,
        partner_generation: column.unsigned()?,
        last_contact_ms: column.next()?,
        partner_checked_ms: column.next()?,
        partner_pending: column.next()?,
        partner_problems: column.next()?,
        comparison: column.next()?,
        last_error: column.next()?,
        incarnation: column.next()?,
        acked_chain: column.next()?,
        reconciling: column.next()?,
        compared_ms: column.next()?,
        healed: column.unsigned()?,
        holder: match (column.next()?, column.next()?) {
            (Some(run), Some(place)) => Some(Holder { run, place }),
            _ => None,
        },
        first_synced_ms: column.next()?,
        partner_unsent: column.next()?,
        partner_interval_ms: column.next()?,
        partner_asks: column.next()?,
    })
}

impl Tx<'_> {
    /// How far the exchange is; `Missing` for a connection that is not there.
    pub fn link(&self, connection: &ConnectionId) -> Result<LinkState> {
        self.row(
            "link",
            "SELECT our_key, their_key, sent_seq, sent_chain, acked, received_seq, received_chain,
                 partner_incarnation, statement_generation, partner_generation, last_contact_ms, partner_checked_ms,
                 partner_pending, partner_problems, comparison, last_error, incarnation, acked_chain, reconciling, compared_ms, healed,
                 holder_run, holder_place, first_synced_ms, partner_unsent, partner_interval_ms, partner_asks
             FROM link WHERE connection = ?1",
            [connection.as_str()],
            read,
        )?
        .ok_or(StoreError::Missing { table: "link" })
    }

    /// Replaces it.
    pub fn set_link(&mut self, connection: &ConnectionId, link: &LinkState) -> Result<()> {
        self.must(
            "link",
            "UPDATE link SET our_key = :our_key, their_key = :their_key, sent_seq = :sent_seq,
                 sent_chain = :sent_chain, acked = :acked, received_seq = :received_seq,
                 received_chain = :received_chain, partner_incarnation = :partner_incarnation,
                 statement_generation = :statement_generation, partner_generation = :partner_generation,
                 last_contact_ms = :last_contact_ms, partner_checked_ms = :partner_checked_ms,
                 partner_pending = :partner_pending, partner_problems = :partner_problems, comparison = :comparison, last_error = :last_error,
                 incarnation = :incarnation, acked_chain = :acked_chain, reconciling = :reconciling,
                 compared_ms = :compared_ms, healed = :healed, holder_run = :holder_run, holder_place = :holder_place,
                 first_synced_ms = :first_synced_ms, partner_unsent = :partner_unsent, partner_interval_ms = :partner_interval_ms,
                 partner_asks = :partner_asks
             WHERE connection = :connection",
            named_params! {
                ":connection": connection.as_str(),
                ":our_key": link.our_key,
                ":their_key": link.their_key,
                ":sent_seq": number(link.sent.0)?,
                ":sent_chain": link.sent.1,
                ":acked": number(link.acked)?,
                ":received_seq": number(link.received.0)?,
                ":received_chain": link.received.1,
                ":partner_incarnation": link.partner_incarnation,
                ":statement_generation": number(link.statement_generation)?,
                ":partner_generation": number(link.partner_generation)?,
                ":last_contact_ms": link.last_contact_ms,
                ":partner_checked_ms": link.partner_checked_ms,
                ":partner_pending": link.partner_pending,
                ":partner_problems": link.partner_problems,
                ":comparison": link.comparison,
                ":last_error": link.last_error,
                ":incarnation": link.incarnation,
                ":acked_chain": link.acked_chain,
                ":reconciling": link.reconciling,
                ":compared_ms": link.compared_ms,
                ":healed": number(link.healed)?,
                ":holder_run": link.holder.as_ref().map(|h| h.run.as_str()),
                ":holder_place": link.holder.as_ref().map(|h| h.place.as_str()),
                ":first_synced_ms": link.first_synced_ms,
                ":partner_unsent": link.partner_unsent,
                ":partner_interval_ms": link.partner_interval_ms,
                ":partner_asks": link.partner_asks,
            },
        )
    }
}
