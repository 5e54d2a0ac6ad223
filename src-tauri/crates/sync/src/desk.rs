//! What a step of work needs, and which pairs have work.

use std::collections::BTreeSet;
use std::sync::Arc;
use twinline_engine::bug;

use twinline_model::connection::{Connection, Mode, Stage};
use twinline_model::intent::IntentState;
use twinline_model::problem::Trouble;
use twinline_model::{ConnectionId, PairId};
use twinline_store::{Account, StoreError, Tx};
use twinline_trackers::Tracker;

use crate::Machine;
use crate::forms::ProjectForms;
use crate::room::Room;
use crate::scripted::{Script, Source};

/// Pairs worked on at a time.
pub(crate) const LANES: usize = 8;
/// Pairs read at once.
const PAGE: u32 = 50;

/// Everything that a step needs and that does not change while it is done.
pub struct Desk<M> {
    /// Database, spool, clocks.
    pub machine: Arc<M>,
    /// What the connection's loops share.
    pub room: Arc<Room>,
    /// As it stood when the work began.
    pub connection: Connection,
    /// Ours.
    pub account: Account,
    /// Signed in.
    pub tracker: Arc<dyn Tracker>,
    /// How values look here.
    pub forms: ProjectForms<M>,
    /// Where the connection's rules are.
    pub(crate) source: Source,
}

/// What a worker finds when it looks.
pub(crate) enum Found<M> {
    /// The connection is no longer connected.
    Ended,
    /// Nothing that may be done now.
    Nothing,
    /// Messages of the partner's are to be worked in first.
    Messages,
    /// Something to do.
    Work(Arc<Desk<M>>),
}

impl<M> Desk<M> {
    /// The connection's rules, in Script mode, as they are in a transaction.
    pub(crate) fn script(&self, tx: &Tx<'_>) -> Result<Option<Script>, StoreError> {
        self.source.script(tx, &self.connection)
    }
}

impl<M: Machine> Desk<M> {
    /// Looks what there is to do, in one read; without work there is no question to the tracker.
    pub(crate) async fn look(machine: &Arc<M>, id: &ConnectionId) -> Result<Found<M>, Trouble> {
        let wanted = id.clone();
        let (connection, account, messages, to_do) = machine
            .read(move |tx| {
                let Some(connection) = tx.connection(&wanted)? else { return Ok((None, None, false, false)) };
                let to_do =
                    connection.paused.is_none() && tx.has_to_do(&wanted)? && tx.held(&wanted)?.is_none();
                let account = if to_do { tx.account(&connection.account)? } else { None };
                let messages = tx.in_len(&wanted)? > 0;
                Ok((Some(connection), account, messages, to_do))
            })
            .await?;
        let Some(connection) = connection.filter(|c| c.stage == Stage::Connected) else {
            return Ok(Found::Ended);
        };
        let room = machine.room(id);
        if messages && room.memory().swept {
            return Ok(Found::Messages);
        }
        let may = {
            let memory = room.memory();
            // Without a grant another copy of this data may be writing (I20).
            memory.granted && memory.writes_after.is_none_or(|until| until <= machine.awake())
        };
        let Some(account) = account.filter(|_| to_do && may) else { return Ok(Found::Nothing) };
        let tracker = machine.tracker(&account).await?;
        let types = machine.types(&account, &connection.project).await?;
        let source = Source::of(machine.as_ref(), &connection);
        if connection.mode == Mode::Script {
            source.note_types(&types);
        }
        let forms = ProjectForms {
            machine: machine.clone(),
            tracker: tracker.clone(),
            types,
            default_type: connection.default_type.clone(),
            partner: machine.partner_words(&connection),
            name_authors: connection.name_authors,
        };
        let desk = Self { machine: machine.clone(), room, connection, account, tracker, forms, source };
        Ok(Found::Work(Arc::new(desk)))
    }
}

/// An intent that is recorded as sent, and that no lane is sending, is unknown: its lane broke, or could not write down
/// what came of it.
pub(crate) async fn doubt<M: Machine>(desk: &Desk<M>, busy: &BTreeSet<PairId>) -> Result<(), Trouble> {
    let (id, busy) = (desk.connection.id.clone(), busy.clone());
    let wanted = id.clone();
    let doubtful: Vec<_> = desk
        .machine
        .read(move |tx| {
            let sent =
                |i: &twinline_model::intent::Intent| i.state == IntentState::Sent && !busy.contains(&i.pair);
            Ok(tx.intents(&wanted)?.into_iter().filter(sent).map(|i| i.id).collect())
        })
        .await?;
    if doubtful.is_empty() || bug!(SentStaysSent) {
        return Ok(());
    }
    desk.machine
        .write("doubt", move |tx| {
            for intent in doubtful {
                tx.set_intent_state(intent, &IntentState::Unknown { clean_probes: 0 })?;
            }
            Ok(())
        })
        .await
}

/// The next pairs with something to do, at most `most`, without those that are `busy` or `resting`.
pub(crate) async fn next_pairs<M: Machine>(
    machine: &M,
    connection: &ConnectionId,
    most: usize,
    busy: &BTreeSet<PairId>,
    resting: &BTreeSet<PairId>,
) -> Result<Vec<PairId>, Trouble> {
    let (id, busy, resting) = (connection.clone(), busy.clone(), resting.clone());
    if most == 0 {
        return Ok(Vec::new());
    }
    machine
        .read(move |tx| {
            let mut found = Vec::new();
            // What a person waits for goes before a first sync.
            for urgent in [true, false] {
                let mut after = PairId(0);
                loop {
                    let page = tx.pairs_to_do(&id, urgent, PAGE, after)?;
                    let Some(last) = page.last() else { break };
                    after = *last;
                    for pair in page {
                        if !busy.contains(&pair) && !resting.contains(&pair) {
                            found.push(pair);
                            if found.len() == most {
                                return Ok(found);
                            }
                        }
                    }
                }
            }
            Ok(found)
        })
        .await
}
