//! "In step" that can be believed: both nodes compare digests over all pairs.
//!
//! The digests form a tree: a leaf for each pair, under its place (hexadecimal digits of a hash of the origin); a branch
//! is the hash of everything under a prefix. Equal roots: everything is equal. Otherwise the two walk down to the leaves
//! that differ, a few branches at a time, and both send the whole of those pairs: versions decide, as always.
//!
//! Digests are compared only where nothing is on its way in either direction; what they hold is what both *know*, not
//! what has been applied: that shows in the pairs that still have something to do.

use std::collections::BTreeMap;
use std::time::Duration;

use sha2::{Digest, Sha256};
use twinline_engine::{bug, resend};
use twinline_link::exchange::{Branch, Compare, LeafDigest};
use twinline_model::ConnectionId;
use twinline_model::pair::PairState;
use twinline_model::problem::Trouble;
use twinline_store::{Leaf, StoreError, Tx};

use crate::room::Memory;
use crate::rows::save;
use crate::{Machine, first, questions, stops};

/// How often digests are compared while nothing happens.
const EVERY: Duration = Duration::from_secs(600);
/// How soon a question is repeated: the partner may have had something on its way. Each time twice as long, up to
/// [`AGAIN`].
const SOON: Duration = Duration::from_secs(1);
const AGAIN: Duration = Duration::from_secs(10);
/// Leaves that are sent as they are instead of being divided further.
const FEW: usize = 64;
/// Digits below which leaves are no longer divided.
const DEEPEST: usize = 8;
/// Branches or lists of one envelope that are looked at.
const LOOKED_AT: usize = 128;
/// Branches that are followed at once; the others are found again in the next round.
const FOLLOWED: usize = 8;

/// How long until it is time again; a question that was not answered is repeated after a while.
pub(crate) fn due_in(awake: Duration, memory: &Memory) -> Duration {
    let left = |last: Option<Duration>, least: Duration| {
        last.map_or(Duration::ZERO, |last| least.saturating_sub(awake.saturating_sub(last)))
    };
    let again = match memory.unequal {
        0 => SOON.saturating_mul(1 << memory.questions.saturating_sub(1).min(6)).min(AGAIN),
        // A difference that stays (an issue that nobody may read any more, say) is not sent again and again.
        times => AGAIN.saturating_mul(1 << times.min(6)).min(EVERY),
    };
    left(memory.compared, EVERY).max(left(memory.asked_compare, again))
}

/// How many changes and receipts are on their way to the partner, or from there.
pub(crate) fn on_their_way(tx: &Tx<'_>, id: &ConnectionId) -> Result<u64, StoreError> {
    let asked = match tx.connection(id)? {
        Some(connection) => questions::waiting(tx, &connection, &tx.link(id)?)?,
        None => 0,
    };
    Ok(tx.waiting(id)?.0 + tx.out_len(id)? + tx.receipts_len(id)? + tx.in_len(id)? + asked)
}

/// The question: our root.
pub(crate) fn ask(tx: &Tx<'_>, id: &ConnectionId) -> Result<Compare, StoreError> {
    let root = branch("", &tx.leaves(id, "")?);
    Ok(Compare { asks: true, branches: vec![root], leaves: Vec::new() })
}

/// Compares what the partner said with ours, and prepares what we answer.
pub(crate) async fn hear<M: Machine>(
    machine: &M,
    id: &ConnectionId,
    theirs: Compare,
    quiet: bool,
) -> Result<(), Trouble> {
    let (wanted, now) = (id.clone(), machine.now_ms());
    let found = machine.write("compare", move |tx| look(tx, &wanted, &theirs, quiet, now)).await?;
    let room = machine.room(id);
    let mut memory = room.memory();
    memory.comparing = found.answer;
    // Until both are equal it is asked again: what differs has been sent then.
    memory.compared = found.equal.then(|| machine.awake());
    memory.unequal = if found.equal { 0 } else { memory.unequal + u32::from(found.differs) };
    if found.equal {
        memory.questions = 0;
    }
    drop(memory);
    if found.rings {
        room.news.ring();
    }
    Ok(())
}

#[derive(Default)]
struct Found {
    answer: Option<Compare>,
    equal: bool,
    differs: bool,
    rings: bool,
}

fn look(
    tx: &mut Tx<'_>,
    id: &ConnectionId,
    theirs: &Compare,
    quiet: bool,
    now: i64,
) -> Result<Found, StoreError> {
    let mut link = tx.link(id)?;
    // What is on its way would look like a difference. A list of leaves is looked at all the same: whoever sends it has
    // found a difference, and is sending the whole of it already.
    let quiet = quiet && on_their_way(tx, id)? == 0;
    let branches = if quiet { apart(&theirs.branches, |b| &b.prefix) } else { Vec::new() };
    let mut answer = Compare::default();
    let (mut differing, mut equal) = (Vec::new(), false);
    for branch_of_theirs in branches {
        let ours = tx.leaves(id, &branch_of_theirs.prefix)?;
        let mine = branch(&branch_of_theirs.prefix, &ours);
        if mine.hash == branch_of_theirs.hash {
            if branch_of_theirs.prefix.is_empty() {
                (link.compared_ms, link.reconciling) = (Some(now), false);
                if let Some(connection) = tx.connection(id)? {
                    first::end(tx, &connection, &mut link, now)?;
                }
                tx.set_link(id, &link)?;
                equal = true;
                if theirs.asks {
                    answer.branches.push(mine);
                }
            }
        } else {
            if link.compared_ms.is_some() {
                // The two are not in step, whichever issues it is: those are looked for next.
                link.compared_ms = None;
                tx.set_link(id, &link)?;
            }
            if differing.len() == FOLLOWED {
                continue;
            }
            differing.push((branch_of_theirs.prefix.clone(), ours));
        }
    }
    for (prefix, ours) in differing {
        answer.asks = true;
        if ours.len() <= FEW || prefix.len() >= DEEPEST {
            answer
                .leaves
                .push(LeafDigest::under(&prefix, ours.iter().map(|l| (l.place.clone(), l.digest.clone()))));
        } else {
            answer.branches.extend(children(&prefix, &ours));
        }
    }
    let mut differences = 0;
    for list in apart(&theirs.leaves, |l| &l.prefix) {
        let ours = tx.leaves(id, &list.prefix)?;
        // We hold far more under it than they do: followed further down, a few at a time.
        if ours.len() > FEW && list.prefix.len() < DEEPEST {
            if answer.branches.len() + 16 <= LOOKED_AT {
                answer.asks = true;
                answer.branches.extend(children(&list.prefix, &ours));
            }
            continue;
        }
        differences += heal(tx, &ours, list)?;
        if theirs.asks {
            let mine = ours.iter().map(|l| (l.place.clone(), l.digest.clone()));
            answer.leaves.push(LeafDigest::under(&list.prefix, mine));
        }
    }
    // Something that is on its way is a difference too, and none to speak of.
    if differences > 0 && quiet {
        tracing::warn!(differences, "the two sides differed: what differs is sent whole");
        link.healed += differences;
        // Until the roots are equal again, nobody knows that the two are in step.
        link.compared_ms = None;
        tx.set_link(id, &link)?;
    }
    let says = !answer.branches.is_empty() || !answer.leaves.is_empty();
    let differs = differences > 0 && quiet;
    Ok(Found { answer: says.then_some(answer), equal, differs, rings: says || differences > 0 })
}

/// The first of what a partner names, without those that lie within one another: each of our leaves is read once at most.
fn apart<T>(named: &[T], prefix: impl Fn(&T) -> &String) -> Vec<&T> {
    let mut apart: Vec<&T> = Vec::new();
    for one in named.iter().take(LOOKED_AT) {
        let within =
            |other: &&T| prefix(other).starts_with(prefix(one)) || prefix(one).starts_with(prefix(other));
        if !apart.iter().any(within) {
            apart.push(one);
        }
    }
    apart
}

/// Whatever of ours differs from theirs, or is unknown to them, is to be sent whole. How many leaves differ.
fn heal(tx: &mut Tx<'_>, ours: &[Leaf], theirs: &LeafDigest) -> Result<u64, StoreError> {
    let known: BTreeMap<&str, &str> = theirs.rows.iter().map(|(p, d)| (p.as_str(), d.as_str())).collect();
    let mut differences = 0;
    for leaf in ours {
        if known.get(leaf.place.as_str()) == Some(&leaf.digest.as_str()) {
            continue;
        }
        differences += 1;
        if let Some(mut pair) = tx.pair(leaf.pair)? {
            if !bug!(HealsNothing) {
                resend(&mut pair);
            }
            save(tx, &pair, None)?;
            let untold = pair.ours.is_none() && pair.state == PairState::Active;
            if untold && !known.contains_key(leaf.place.as_str()) {
                stops::tell_of(tx, &pair)?;
            }
        }
    }
    let mine: BTreeMap<&str, ()> = ours.iter().map(|l| (l.place.as_str(), ())).collect();
    differences += known.keys().filter(|place| !mine.contains_key(*place)).count() as u64;
    Ok(differences)
}

fn children(prefix: &str, leaves: &[Leaf]) -> Vec<Branch> {
    (0..16)
        .map(|digit| {
            let child = format!("{prefix}{digit:x}");
            let under: Vec<_> = leaves.iter().filter(|l| l.place.starts_with(&child)).cloned().collect();
            branch(&child, &under)
        })
        .collect()
}

/// The hash of everything under a prefix; `leaves` in the order of their places.
fn branch(prefix: &str, leaves: &[Leaf]) -> Branch {
    let mut hash = Sha256::new();
    for leaf in leaves {
        // Both have a fixed length: nothing can be shifted from one to the other.
        hash.update(leaf.place.as_bytes());
        hash.update(leaf.digest.as_bytes());
    }
    Branch { prefix: prefix.to_owned(), hash: hex::encode(hash.finalize()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::Room;

    #[test]
    fn whoever_wants_it_has_both_sides_compared_at_once() {
        let (room, awake) = (Room::default(), Duration::from_secs(9_000));
        let asked = awake - Duration::from_millis(10);
        let mut memory = room.memory();
        (memory.compared, memory.asked_compare) = (Some(asked), Some(asked));
        drop(memory);
        assert!(due_in(awake, &room.memory()) > Duration::from_secs(500));
        let heard = room.news.listen();
        room.compare_anew();
        assert_eq!(due_in(awake, &room.memory()), Duration::ZERO);
        assert!(heard.has_changed().unwrap(), "what waits for something to say is woken");
    }
}
