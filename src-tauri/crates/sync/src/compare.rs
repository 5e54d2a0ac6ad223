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
use twinline_engine::bug;

use sha2::{Digest, Sha256};
use twinline_engine::resend;
use twinline_link::exchange::{Branch, Compare, LeafDigest};
use twinline_model::ConnectionId;
use twinline_model::problem::Trouble;
use twinline_store::{Leaf, StoreError, Tx};

use crate::Machine;
use crate::room::Memory;
use crate::rows::save;

/// How often digests are compared while nothing happens.
const EVERY: Duration = Duration::from_secs(600);
/// How soon a question is repeated.
const AGAIN: Duration = Duration::from_secs(10);
/// Leaves that are sent as they are instead of being divided further.
const FEW: usize = 64;
/// Branches that are followed at once; the others are found again in the next round.
const FOLLOWED: usize = 8;

/// Whether it is time again; a question that was not answered is repeated after a while.
pub(crate) fn is_due(awake: Duration, memory: &Memory) -> bool {
    let since = |last: Option<Duration>, least| last.is_none_or(|last| awake.saturating_sub(last) >= least);
    since(memory.compared, EVERY) && since(memory.asked_compare, AGAIN)
}

/// How many changes and receipts are on their way to the partner, or from there.
pub(crate) fn on_their_way(tx: &Tx<'_>, id: &ConnectionId) -> Result<u64, StoreError> {
    Ok(tx.counts(id)?.to_send + tx.out_len(id)? + tx.receipts_len(id)? + tx.in_len(id)?)
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
    let branches = if quiet { theirs.branches.as_slice() } else { &[] };
    let mut answer = Compare::default();
    let (mut differing, mut equal) = (Vec::new(), false);
    for branch_of_theirs in branches {
        let ours = tx.leaves(id, &branch_of_theirs.prefix)?;
        let mine = branch(&branch_of_theirs.prefix, &ours);
        if mine.hash == branch_of_theirs.hash {
            if branch_of_theirs.prefix.is_empty() {
                (link.compared_ms, link.reconciling) = (Some(now), false);
                tx.set_link(id, &link)?;
                equal = true;
                if theirs.asks {
                    answer.branches.push(mine);
                }
            }
        } else if differing.len() < FOLLOWED {
            differing.push((branch_of_theirs.prefix.clone(), ours));
        }
    }
    for (prefix, ours) in differing {
        answer.asks = true;
        if ours.len() <= FEW || prefix.len() >= 8 {
            answer
                .leaves
                .push(LeafDigest::under(&prefix, ours.iter().map(|l| (l.place.clone(), l.digest.clone()))));
        } else {
            answer.branches.extend(children(&prefix, &ours));
        }
    }
    let mut differences = 0;
    for list in &theirs.leaves {
        let ours = tx.leaves(id, &list.prefix)?;
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
        tx.set_link(id, &link)?;
    }
    let says = !answer.branches.is_empty() || !answer.leaves.is_empty();
    Ok(Found { answer: says.then_some(answer), equal, rings: says || differences > 0 })
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
