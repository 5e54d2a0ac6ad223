//! The way between the two nodes: it loses, repeats, delays and reorders; it cannot forge (that is the seal's work, and
//! has tests of its own).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use twinline_link::exchange::{Body, Envelope};
use twinline_model::connection::Connection;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_sync::exchange::answer;

use crate::check::Witness;
use crate::machine::{Disk, Process};
use crate::swarm::Swarm;
use crate::world::World;

/// A request that has arrived at the public side and is to be answered there.
pub struct Arrival {
    /// What is asked.
    pub request: Envelope,
    /// On which connection.
    pub connection: Connection,
    /// Where the answer goes; nowhere for a replay.
    pub reply: Option<oneshot::Sender<Envelope>>,
}

/// The way.
pub struct Carrier {
    /// Clock and tapes.
    pub world: Arc<World>,
    /// How often what goes wrong.
    pub swarm: Swarm,
    /// Sees every envelope.
    pub witness: Arc<Witness>,
    /// Requests that wait for the public side's process.
    pub arrivals: Arc<Mutex<Vec<Arrival>>>,
}

/// When a caller gives up, beside the time that it allows for waiting.
const PATIENCE_MS: u64 = 15_000;

impl Carrier {
    /// One exchange.
    pub async fn call(
        self: &Arc<Self>,
        disk: Arc<Disk>,
        connection: Connection,
        request: Envelope,
    ) -> Result<Envelope, Trouble> {
        let world = &self.world;
        self.witness.speaks(1, disk.store(), &request);
        tell(world, 1, &request);
        let delay = |most: u64| match world.goes_wrong(self.swarm.slow_line) {
            true => world.chance(20_000),
            false => 5 + world.order(most),
        };
        let (there, back) = (delay(100), delay(100));
        let patience = PATIENCE_MS + u64::from(request.wait_ms);
        let (send, reply) = oneshot::channel();
        if !world.goes_wrong(self.swarm.lost_request) {
            self.arrive(there, connection.clone(), request.clone(), Some(send));
        }
        if world.goes_wrong(self.swarm.replay) {
            let later = world.chance(400_000);
            world.tell("replay", later, || format!("a request will be replayed in {later} ms"));
            self.arrive(later, connection.clone(), request, None);
        }
        let mute = world.goes_wrong(self.swarm.lost_reply);
        let unreachable = || Err(Trouble::new(ProblemCode::PartnerUnreachable));
        let answer = tokio::select! {
            biased;
            answer = reply => answer,
            () = world.sleep(Duration::from_millis(patience)) => return unreachable(),
        };
        world.sleep(Duration::from_millis(back)).await;
        match answer {
            Ok(answer) if !mute => Ok(answer),
            _ => unreachable(),
        }
    }

    fn arrive(
        &self,
        ms: u64,
        connection: Connection,
        request: Envelope,
        reply: Option<oneshot::Sender<Envelope>>,
    ) {
        let arrivals = self.arrivals.clone();
        let arrival = Arrival { request, connection, reply };
        let put = move || arrivals.lock().unwrap_or_else(PoisonError::into_inner).push(arrival);
        self.world.happen(ms, Box::new(put));
    }
}

/// The public side answers one request.
pub async fn serve(process: Arc<Process>, arrival: Arrival) {
    let id = arrival.connection.id.clone();
    if let Ok(envelope) = answer(process.as_ref(), &id, arrival.request).await {
        process.carrier.witness.speaks(0, process.disk.store(), &envelope);
        tell(&process.world, 0, &envelope);
        if let Some(reply) = arrival.reply {
            // A caller that is gone needs no answer.
            let _ = reply.send(envelope);
        }
    }
}

/// What an envelope says, for the story.
fn tell(world: &World, side: usize, said: &Envelope) {
    for message in &said.messages {
        world.tell("message", message.seq, || match message.decode() {
            Ok(Some(Body::Replica(replica))) => {
                let mut what = Vec::new();
                what.extend(
                    replica
                        .summary
                        .map(|s| format!("summary {}/{} {:?}", s.version.owner, s.version.other, s.value)),
                );
                what.extend(replica.description.map(|d| {
                    format!("text {}/{} {:?}", d.version.owner, d.version.other, d.value.to_plain_text())
                }));
                what.extend(
                    replica
                        .issue_type
                        .map(|t| format!("type {}/{} {}", t.version.owner, t.version.other, t.value)),
                );
                what.extend(replica.extras.iter().map(|(name, v)| {
                    format!("{name} {}/{} {:?}", v.version.owner, v.version.other, v.value.words())
                }));
                what.extend(
                    replica.comments.iter().map(|c| format!("comment {} v{}", c.origin.item, c.version)),
                );
                what.extend(replica.attachments.iter().map(|a| format!("file {}", a.origin.item)));
                what.extend(replica.gone.iter().map(|o| format!("gone {}", o.item)));
                what.extend(replica.overruled.iter().map(|o| format!("overruled {}", o.field)));
                format!("side {side} says #{}: {}: {}", message.seq, replica.key, what.join(", "))
            }
            Ok(Some(Body::Receipt(receipt))) => format!("side {side} says #{}: {receipt:?}", message.seq),
            _ => format!("side {side} says #{}: {}", message.seq, message.kind),
        });
    }
    if let Some(compare) = &said.compare {
        world.tell("compare", compare.leaves.len() as u64, || {
            format!(
                "side {side} compares: {} branches, {} lists",
                compare.branches.len(),
                compare.leaves.len()
            )
        });
    }
}
