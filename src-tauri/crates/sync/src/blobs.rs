//! Attachments' bytes: ours are read once and offered, the partner's are asked for piece by piece.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};
use twinline_engine::keep_file;
use twinline_link::exchange::{CHUNK_BYTES, Chunk, Want};
use twinline_model::pair::{Attachment, Side};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::{AttachmentId, BlobHash, ConnectionId, Origin, PairId};
use twinline_store::{StoreError, Tx};
use twinline_trackers::ByteStream;

use crate::Machine;
use crate::desk::Desk;
use crate::forms::RestFile;
use crate::hear::disk_works;
use crate::machine::Spool as _;
use crate::rows::{raise, raise_for, save};

/// How often a file is read that does not come whole.
const READ_TRIES: u32 = 3;
/// Files that are searched for at once.
const MISSED: usize = 64;
/// There is no other search before.
const SEARCH_AGAIN: Duration = Duration::from_secs(60);
/// Pieces asked for in one exchange, and served at most.
const PIECES: usize = 4;
/// Bytes of them: an exchange is held in memory, sealed and unsealed, on both sides.
const BYTES: u64 = 2 * CHUNK_BYTES as u64;
/// A piece where the way is narrow, and the only one of its request.
const NARROW_PIECE: usize = CHUNK_BYTES / 2;

/// Reads an attachment of ours into the spool, to know its hash and to have it ready. True: it is.
pub async fn read_ours<M: Machine>(
    desk: &Arc<Desk<M>>,
    pair: PairId,
    attachment: &AttachmentId,
) -> Result<bool, Trouble> {
    let bytes = match desk.tracker.download(attachment, 0).await {
        Ok(bytes) => bytes,
        Err(error) => {
            // Hidden for a while, or just taken away: then the changelog will say so (F64).
            tracing::warn!(%error, "an attachment could not be read yet");
            return is_late(desk, pair, attachment).await;
        }
    };
    let scratch = format!("{}-{}", desk.connection.id, attachment);
    let taken = match desk.machine.spool().take(bytes, &scratch).await {
        Ok(taken) => taken,
        Err(error) if is_full(&error) => {
            desk.room.memory().disk_full = Some(desk.machine.awake());
            let trouble = unwritable(desk.machine.as_ref(), &error);
            raise_for(desk.machine.as_ref(), &desk.connection.id, trouble).await?;
            return is_late(desk, pair, attachment).await;
        }
        Err(error) => {
            tracing::warn!(%error, "an attachment could not be read whole yet");
            return is_late(desk, pair, attachment).await;
        }
    };
    if desk.room.memory().disk_full.take().is_some() {
        disk_works(desk.machine.as_ref(), &desk.connection.id).await?;
    }
    let (inner, id) = (desk.clone(), attachment.clone());
    let whole = desk
        .machine
        .write("attachment-read", move |tx| {
            let Some(mut row) = tx.pair(pair)? else { return Ok(true) };
            let Some(ours) = row.attachments.iter_mut().find(|a| is_born_here(a, &id)) else {
                return Ok(true);
            };
            if ours.size != taken.size {
                return Ok(false);
            }
            ours.sha256 = Some(taken.sha256.clone());
            let claim = ours.origin.clone();
            tx.offer_blob(&inner.connection.id, &taken.sha256, &claim, taken.size)?;
            save(tx, &row, None)?;
            Ok(true)
        })
        .await?;
    if !whole {
        // A site may give a file out cut short once in a while (F65); one that always does is told of.
        let tries = {
            let mut memory = desk.room.memory();
            let tries = memory.cut_short.entry(attachment.clone()).or_default();
            *tries += 1;
            *tries
        };
        return match tries < READ_TRIES {
            true => is_late(desk, pair, attachment).await,
            false => stop_file(desk, pair, attachment, ProblemCode::AttachmentUnreadable).await,
        };
    }
    desk.room.memory().cut_short.remove(attachment);
    desk.room.news.ring();
    Ok(true)
}

/// A comment that shows this file waits for it no longer.
async fn is_late<M: Machine>(
    desk: &Arc<Desk<M>>,
    pair: PairId,
    attachment: &AttachmentId,
) -> Result<bool, Trouble> {
    let id = attachment.clone();
    let noted = desk
        .machine
        .write("attachment-late", move |tx| {
            let Some(mut row) = tx.pair(pair)? else { return Ok(false) };
            let Some(ours) = row.attachments.iter_mut().find(|a| is_born_here(a, &id) && !a.late) else {
                return Ok(false);
            };
            ours.late = true;
            save(tx, &row, None).map(|()| true)
        })
        .await?;
    if noted {
        desk.room.news.ring();
    }
    Ok(false)
}

/// The file of our tracker, and not a twin that stands there: where both databases were set back, it may be taken for both.
fn is_born_here(file: &Attachment, id: &AttachmentId) -> bool {
    file.born == Side::Ours && file.ours.as_ref() == Some(id)
}

/// A file that cannot be synced stops alone.
async fn stop_file<M: Machine>(
    desk: &Arc<Desk<M>>,
    pair: PairId,
    attachment: &AttachmentId,
    code: ProblemCode,
) -> Result<bool, Trouble> {
    let (id, now) = (attachment.clone(), desk.machine.now_ms());
    desk.machine
        .write("attachment-stopped", move |tx| {
            let Some(mut row) = tx.pair(pair)? else { return Ok(()) };
            let mut name = None;
            for ours in row.attachments.iter_mut().filter(|a| is_born_here(a, &id)) {
                ours.stopped = Some(code.as_str().to_owned());
                name = Some(ours.file_name.clone());
            }
            if let Some(name) = name {
                raise(tx, &row, &Trouble::new(code).with("file", name), now)?;
            }
            save(tx, &row, None)
        })
        .await?;
    desk.machine.changed();
    Ok(true)
}

/// Makes the file with the rest of a description, ready to be uploaded. True: the pair may go on.
pub async fn make<M: Machine>(
    desk: &Arc<Desk<M>>,
    pair: PairId,
    origin: &Origin,
    sha256: &BlobHash,
) -> Result<bool, Trouble> {
    let row = desk.machine.read(move |tx| tx.pair(pair)).await?;
    let rest = row.and_then(|pair| pair.description.rest).filter(|rest| rest.sha256 == *sha256);
    let Some(rest) = rest else { return Ok(false) };
    let file = RestFile::of(&rest.text);
    if file.sha256 != *sha256 {
        // An earlier version of the program wrote other Markdown.
        return remake(desk, pair, file).await;
    }
    let size = file.size();
    if let Err(error) = desk.machine.spool().put(sha256, 0, file.bytes, size).await {
        let trouble = unwritable(desk.machine.as_ref(), &error);
        raise_for(desk.machine.as_ref(), &desk.connection.id, trouble).await?;
        return Ok(false);
    }
    let (connection, claim, sha256) = (desk.connection.id.clone(), origin.clone(), sha256.clone());
    desk.machine
        .write("made", move |tx| {
            tx.want_blob(&connection, &sha256, &claim, size)?;
            tx.blob_progress(&sha256, size, true)
        })
        .await?;
    Ok(true)
}

async fn remake<M: Machine>(desk: &Arc<Desk<M>>, pair: PairId, file: RestFile) -> Result<bool, Trouble> {
    desk.machine
        .write("remade", move |tx| {
            let Some(mut row) = tx.pair(pair)? else { return Ok(()) };
            if let Some(rest) = &mut row.description.rest {
                (rest.size, rest.sha256) = (file.size(), file.sha256);
            }
            keep_file(&mut row);
            save(tx, &row, None)
        })
        .await?;
    Ok(true)
}

/// What we ask the partner for next: a few pieces, the oldest wish first.
pub(crate) fn wants(tx: &Tx<'_>, id: &ConnectionId) -> Result<Vec<Want>, StoreError> {
    let mut wants = Vec::new();
    let mut bytes = 0;
    for blob in tx.wanted(id, PIECES as u32)? {
        let mut offset = blob.received;
        while wants.len() < PIECES && bytes < BYTES {
            wants.push(Want { sha256: blob.sha256.clone(), offset });
            bytes += blob.size.saturating_sub(offset).min(CHUNK_BYTES as u64);
            offset += CHUNK_BYTES as u64;
            if offset >= blob.size {
                break;
            }
        }
    }
    Ok(wants)
}

/// Serves what was asked for, as far as it is offered on this connection.
pub async fn serve<M: Machine>(
    machine: &M,
    id: &ConnectionId,
    wants: &[Want],
) -> Result<Vec<Chunk>, Trouble> {
    let mut chunks: Vec<Chunk> = Vec::new();
    let (piece, most) = match machine.room(id).memory().narrow {
        true => (NARROW_PIECE, 1),
        false => (CHUNK_BYTES, BYTES),
    };
    for want in wants.iter().take(PIECES) {
        if chunks.iter().map(|chunk| chunk.bytes.len() as u64).sum::<u64>() >= most {
            break;
        }
        let (connection, sha256) = (id.clone(), want.sha256.clone());
        if !machine.read(move |tx| tx.is_offered(&connection, &sha256)).await? {
            miss(machine, id, &want.sha256);
            continue;
        }
        let total = machine.spool().size(&want.sha256).await;
        if want.offset > total {
            continue;
        }
        match machine.spool().get(&want.sha256, want.offset, piece).await {
            Ok(bytes) => {
                chunks.push(Chunk { sha256: want.sha256.clone(), offset: want.offset, total, bytes })
            }
            // The database was set back, and the file has gone since.
            Err(error) => {
                tracing::warn!(%error, "a file that was offered cannot be read");
                miss(machine, id, &want.sha256);
            }
        }
    }
    machine.room(id).memory().pieces += chunks.len() as u64;
    Ok(chunks)
}

/// The worker looks for a file that the partner asked for.
fn miss<M: Machine>(machine: &M, id: &ConnectionId, sha256: &BlobHash) {
    let room = machine.room(id);
    let mut memory = room.memory();
    if memory.missed.len() < MISSED && memory.missed.insert(sha256.clone()) {
        room.work.ring();
    }
}

/// Files that the partner asked for and that lie here no more (they counted as delivered before the partner's database was
/// set back): each is read again from our tracker. Once a minute, so that nobody can make us search without end.
pub(crate) async fn offer_missed<M: Machine>(machine: &M, id: &ConnectionId) -> Result<(), Trouble> {
    let missed = {
        let room = machine.room(id);
        let mut memory = room.memory();
        let awake = machine.awake();
        if memory.missed.is_empty()
            || memory.searched.is_some_and(|last| awake.saturating_sub(last) < SEARCH_AGAIN)
        {
            return Ok(());
        }
        memory.searched = Some(awake);
        std::mem::take(&mut memory.missed)
    };
    let mut after = PairId(0);
    while !missed.is_empty() {
        let (connection, missed, from) = (id.clone(), missed.clone(), after);
        let last = machine
            .write("offer-again", move |tx| {
                let page = tx.pair_ids(&connection, 200, from)?;
                for pair in &page {
                    let Some(mut row) = tx.pair(*pair)? else { continue };
                    let mut found = false;
                    for ours in row
                        .attachments
                        .iter_mut()
                        .filter(|a| a.born == Side::Ours && a.ours.is_some() && a.gone.is_no())
                    {
                        if ours.sha256.as_ref().is_some_and(|sha256| missed.contains(sha256)) {
                            (ours.sha256, found) = (None, true);
                        }
                    }
                    if found {
                        save(tx, &row, None)?;
                    }
                }
                Ok(page.last().copied())
            })
            .await?;
        let Some(last) = last else { break };
        after = last;
    }
    Ok(())
}

/// Takes pieces in that we asked for. True: a file is complete.
pub async fn take<M: Machine>(machine: &M, id: &ConnectionId, chunks: Vec<Chunk>) -> Result<bool, Trouble> {
    let mut complete = false;
    for chunk in chunks {
        let (connection, sha256) = (id.clone(), chunk.sha256.clone());
        let wanted = machine
            .read(move |tx| Ok(tx.wanted(&connection, 64)?.into_iter().find(|b| b.sha256 == sha256)))
            .await?;
        let Some(blob) = wanted else { continue };
        if blob.received != chunk.offset || blob.size != chunk.total {
            continue;
        }
        let length = chunk.bytes.len() as u64;
        let (received, whole) =
            match machine.spool().put(&chunk.sha256, chunk.offset, chunk.bytes, chunk.total).await {
                Ok(whole) => (chunk.offset + length, whole),
                Err(e) if e.kind() == std::io::ErrorKind::InvalidData => {
                    tracing::warn!("a file's hash does not fit: it is fetched again");
                    (0, false)
                }
                Err(error) => return Err(unwritable(machine, &error)),
            };
        complete |= whole;
        machine.room(id).memory().pieces += 1;
        let sha256 = chunk.sha256;
        machine.write("chunk", move |tx| tx.blob_progress(&sha256, received, whole)).await?;
    }
    Ok(complete)
}

fn is_full(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
}

fn unwritable<M: Machine>(machine: &M, error: &std::io::Error) -> Trouble {
    tracing::error!(%error, "the spool cannot be written");
    let code = match is_full(error) {
        true => ProblemCode::DiskFull,
        false => ProblemCode::FolderUnusable,
    };
    Trouble::new(code).with("folder", machine.folder()).with("detail", error.to_string())
}

/// Removes files that nobody needs any more.
pub async fn clean<M: Machine>(machine: &M) {
    let unused = match machine.read(|tx| tx.unused_blobs()).await {
        Ok(unused) => unused,
        Err(trouble) => {
            tracing::error!(%trouble, "spool");
            return;
        }
    };
    for sha256 in unused {
        let file = sha256.clone();
        // The row goes first: a file without a row is only wasted space, a row without its file would be a lie. Somebody may
        // want it again since it was listed.
        if machine.write("chunk-gone", move |tx| tx.remove_unused_blob(&sha256)).await == Ok(true)
            && let Err(error) = machine.spool().remove(&file).await
        {
            tracing::warn!(%error, "a spooled file could not be removed");
        }
    }
}

/// The hash of a stream that nobody keeps.
pub(crate) async fn hash_stream(mut bytes: ByteStream) -> std::io::Result<(BlobHash, u64)> {
    let (mut hash, mut size) = (Sha256::new(), 0_u64);
    while let Some(piece) = bytes.next().await {
        let piece = piece?;
        hash.update(&piece);
        size += piece.len() as u64;
    }
    Ok((BlobHash::new(hex::encode(hash.finalize())), size))
}
