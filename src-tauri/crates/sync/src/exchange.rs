//! One exchange with the partner, without the carrier: what each side says and hears.

use std::time::Duration;
use twinline_engine::bug;

use twinline_link::exchange::{Envelope, StatedStage};
use twinline_model::ConnectionId;
use twinline_model::connection::Connection;
use twinline_model::problem::Trouble;

use crate::hear::hear;
use crate::nonces::Said;
use crate::speak::{has_content, say};
use crate::{Machine, compare};

/// Private side: what to ask, and whether it says anything (then its answer is not waited for long).
pub(crate) async fn request<M: Machine>(machine: &M, id: &ConnectionId) -> Result<(Envelope, bool), Trouble> {
    let room = machine.room(id);
    let asked = std::mem::take(&mut room.memory().asked);
    let saying = machine.awake();
    let mut envelope = say(machine, id, &asked).await?;
    let mut memory = room.memory();
    // After a request that was given up or lost, the partner may take this one for a repetition, and act on the next one only.
    memory.saying = std::mem::take(&mut memory.answered).then_some(saying);
    envelope.echo = memory.echo;
    let speaks = has_content(&envelope) || envelope.echo == 0 || !memory.granted || memory.owes_last_word();
    memory.told_pending = Some(envelope.health.pending);
    let interval = (machine.check_every() * 2).max(Duration::from_secs(5));
    let wait = if speaks { Duration::ZERO } else { machine.long_poll().min(interval) };
    envelope.wait_ms = u32::try_from(wait.as_millis()).unwrap_or(0);
    Ok((envelope, speaks))
}

/// Private side: the answer came.
pub(crate) async fn answered<M: Machine>(
    machine: &M,
    connection: &Connection,
    answer: Envelope,
) -> Result<(), Trouble> {
    let id = &connection.id;
    let room = machine.room(id);
    let met = {
        let mut memory = room.memory();
        memory.echo = answer.nonce;
        // Their answer says so: a statement with a stale echo is not acted on, and is made again.
        memory.told_the_end |= connection.stage.is_over()
            && matches!(answer.statement.stage, StatedStage::Ended | StatedStage::Rejected);
        memory.partner_run.as_ref() == Some(&answer.runner.run)
    };
    let heard = hear(machine, id, answer, Said::Now).await?;
    let mut memory = room.memory();
    memory.asked = heard.asked;
    memory.answered = true;
    // A run of theirs that has just begun knows no echo: it acts on the next request only.
    if met {
        memory.heard();
    }
    Ok(())
}

/// Public side: takes a request in and answers it, with news at once or when there is some, at latest after the time that
/// the request allows.
pub async fn answer<M: Machine>(
    machine: &M,
    id: &ConnectionId,
    request: Envelope,
) -> Result<Envelope, Trouble> {
    let room = machine.room(id);
    // Before the first look: news that comes from now on wakes us.
    let mut news = room.news.listen();
    let wait = Duration::from_millis(u64::from(request.wait_ms));
    let was_busy = room.memory().told_pending.is_some_and(|pending| pending > 0);
    // Old words come again, by accident or by malice.
    let echo = request.echo;
    let said = if bug!(ReplayActed) { Said::Now } else { room.memory().nonces.said(echo) };
    let heard = hear(machine, id, request, said).await?;
    if said == Said::Now {
        // Whoever echoes our last answer's nonce has heard that answer.
        room.memory().heard();
    }
    let mut saying = machine.awake();
    let mut envelope = say(machine, id, &heard.asked).await?;
    if !heard.content && heard.asked.is_empty() && said == Said::Now {
        let generation = envelope.statement.generation;
        let mut over = std::pin::pin!(machine.sleep(wait));
        loop {
            let idle_now = was_busy && envelope.health.pending == 0;
            let last_word = room.memory().owes_last_word();
            if has_content(&envelope) || idle_now || last_word || envelope.statement.generation != generation
            {
                break;
            }
            tokio::select! {
                biased;
                () = machine.stopped() => break,
                _ = news.changed() => {}
                () = time_to_compare(machine, id) => {}
                () = &mut over => break,
            }
            saying = machine.awake();
            envelope = say(machine, id, &[]).await?;
        }
    }
    let mut memory = room.memory();
    // The seal protects it; that it is another one each time is what matters.
    let draw = || u64::from_str_radix(machine.random_hex().get(..16).unwrap_or_default(), 16).unwrap_or(0);
    if memory.nonces.draws(echo) {
        memory.saying = Some(saying);
    }
    envelope.nonce = memory.nonces.answered(echo, draw);
    if said != Said::Earlier {
        memory.told_pending = Some(envelope.health.pending);
    }
    drop(memory);
    Ok(envelope)
}

/// Ends when the digests are to be compared again. If it is time already, something is on its way: news will tell.
async fn time_to_compare<M: Machine>(machine: &M, id: &ConnectionId) {
    let left = compare::due_in(machine.awake(), &machine.room(id).memory());
    match left.is_zero() {
        true => std::future::pending().await,
        false => machine.sleep(left).await,
    }
}
