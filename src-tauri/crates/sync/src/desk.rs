//! What a step of work needs, and which pairs have work.

use std::collections::BTreeSet;
use std::sync::Arc;

use twinline_model::connection::{Connection, Stage};
use twinline_model::intent::IntentState;
use twinline_model::problem::Trouble;
use twinline_model::{ConnectionId, PairId};
use twinline_store::Account;
use twinline_trackers::Tracker;

use crate::Machine;
use crate::forms::ProjectForms;
use crate::room::Room;

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
}

impl<M: Machine> Desk<M> {
    /// Lays out what is needed; `None` while the connection has no work, or must not write.
    pub async fn lay_out(machine: &Arc<M>, id: &ConnectionId) -> Result<Option<Self>, Trouble> {
        let wanted = id.clone();
        let Some(connection) = machine.read(move |tx| tx.connection(&wanted)).await? else { return Ok(None) };
        if !may_work(machine.as_ref(), &connection).await? {
            return Ok(None);
        }
        let wanted = connection.account.clone();
        let Some(account) = machine.read(move |tx| tx.account(&wanted)).await? else { return Ok(None) };
        let tracker = machine.tracker(&account).await?;
        let types = machine.types(&account, &connection.project).await?;
        let room = machine.room(id);
        let forms = ProjectForms {
            machine: machine.clone(),
            tracker: tracker.clone(),
            types,
            default_type: connection.default_type.clone(),
            partner: machine.partner_words(&connection),
        };
        Ok(Some(Self { machine: machine.clone(), room, connection, account, tracker, forms }))
    }
}

fn waits<M: Machine>(machine: &M, room: &Room) -> bool {
    room.memory().writes_after.is_some_and(|until| until > machine.awake())
}

/// Whether the connection has work and may write now. Without work there is no question to the tracker.
async fn may_work<M: Machine>(machine: &M, connection: &Connection) -> Result<bool, Trouble> {
    if connection.stage != Stage::Connected || connection.paused {
        return Ok(false);
    }
    let room = machine.room(&connection.id);
    // Without a grant another copy of this data may be writing (I20).
    if waits(machine, &room) || !room.memory().granted {
        return Ok(false);
    }
    let wanted = connection.id.clone();
    let counts = machine.read(move |tx| tx.counts(&wanted)).await?;
    Ok(counts.to_do > 0)
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
    if doubtful.is_empty() {
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
