//! Attachments' bytes: ours are read once and offered, the partner's are asked for piece by piece.

use std::sync::Arc;

use twinline_link::exchange::{CHUNK_BYTES, Chunk, Want};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::{AttachmentId, ConnectionId, PairId};
use twinline_trackers::ReadError;

use super::work::Desk;
use super::{raise, save};
use crate::node::Node;
use crate::time::now_ms;

/// Pieces asked for in one exchange, and served at most.
const PIECES: usize = 4;

/// Reads an attachment of ours into the spool, to know its hash and to have it ready. True: it is.
pub(super) async fn read_ours(
    desk: &Arc<Desk>,
    pair: PairId,
    attachment: &AttachmentId,
) -> Result<bool, Trouble> {
    let bytes = match desk.tracker.download(attachment, 0).await {
        Ok(bytes) => bytes,
        Err(error @ (ReadError::NotFound | ReadError::Forbidden(_))) => {
            tracing::info!(%error, "an attachment went away before it was read");
            return stop_file(desk, pair, attachment, None).await;
        }
        Err(error) => {
            tracing::warn!(%error, "an attachment could not be read yet");
            return Ok(false);
        }
    };
    let scratch = format!("{}-{}", desk.connection.id, attachment);
    let taken = match desk.node.spool.take(bytes, &scratch).await {
        Ok(taken) => taken,
        Err(error) => {
            tracing::warn!(%error, "an attachment could not be read whole yet");
            return Ok(false);
        }
    };
    let (inner, id) = (desk.clone(), attachment.clone());
    let whole = desk
        .node
        .db
        .write(move |tx| {
            let Some(mut row) = tx.pair(pair)? else { return Ok(true) };
            let Some(ours) = row.attachments.iter_mut().find(|a| a.ours.as_ref() == Some(&id)) else {
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
        return stop_file(desk, pair, attachment, Some(ProblemCode::AttachmentUnreadable)).await;
    }
    desk.room.news.ring();
    Ok(true)
}

/// A file that cannot be synced stops alone.
async fn stop_file(
    desk: &Arc<Desk>,
    pair: PairId,
    attachment: &AttachmentId,
    code: Option<ProblemCode>,
) -> Result<bool, Trouble> {
    let id = attachment.clone();
    desk.node
        .db
        .write(move |tx| {
            let Some(mut row) = tx.pair(pair)? else { return Ok(()) };
            let mut name = None;
            for ours in row.attachments.iter_mut().filter(|a| a.ours.as_ref() == Some(&id)) {
                ours.stopped = Some(code.map_or("gone", ProblemCode::as_str).to_owned());
                name = Some(ours.file_name.clone());
            }
            if let (Some(code), Some(name)) = (code, name) {
                raise(tx, &row, &Trouble::new(code).with("file", name), now_ms())?;
            }
            save(tx, &row, None)
        })
        .await?;
    desk.node.changed();
    Ok(true)
}

/// What we ask the partner for next: a few pieces, the oldest wish first.
pub(super) async fn wants(node: &Node, id: &ConnectionId) -> Result<Vec<Want>, Trouble> {
    let connection = id.clone();
    let blobs = node.db.read(move |tx| tx.wanted(&connection, PIECES as u32)).await?;
    let mut wants = Vec::new();
    for blob in blobs {
        let mut offset = blob.received;
        while wants.len() < PIECES {
            wants.push(Want { sha256: blob.sha256.clone(), offset });
            offset += CHUNK_BYTES as u64;
            if offset >= blob.size {
                break;
            }
        }
    }
    Ok(wants)
}

/// Serves what was asked for, as far as it is offered on this connection.
pub(super) async fn serve(node: &Node, id: &ConnectionId, wants: &[Want]) -> Result<Vec<Chunk>, Trouble> {
    let mut chunks = Vec::new();
    for want in wants.iter().take(PIECES) {
        let (connection, sha256) = (id.clone(), want.sha256.clone());
        if !node.db.read(move |tx| tx.is_offered(&connection, &sha256)).await? {
            continue;
        }
        let total = node.spool.size(&want.sha256).await;
        if want.offset > total {
            continue;
        }
        match node.spool.get(&want.sha256, want.offset, CHUNK_BYTES).await {
            Ok(bytes) => {
                chunks.push(Chunk { sha256: want.sha256.clone(), offset: want.offset, total, bytes })
            }
            Err(error) => tracing::error!(%error, "a file that was offered cannot be read"),
        }
    }
    node.hub.room(id).memory().pieces += chunks.len() as u64;
    Ok(chunks)
}

/// Takes pieces in that we asked for. True: a file is complete.
pub(super) async fn take(node: &Node, id: &ConnectionId, chunks: Vec<Chunk>) -> Result<bool, Trouble> {
    let mut complete = false;
    for chunk in chunks {
        let (connection, sha256) = (id.clone(), chunk.sha256.clone());
        let wanted = node
            .db
            .read(move |tx| Ok(tx.wanted(&connection, 64)?.into_iter().find(|b| b.sha256 == sha256)))
            .await?;
        let Some(blob) = wanted else { continue };
        if blob.received != chunk.offset || blob.size != chunk.total {
            continue;
        }
        let length = chunk.bytes.len() as u64;
        let (received, whole) =
            match node.spool.put(&chunk.sha256, chunk.offset, chunk.bytes, chunk.total).await {
                Ok(whole) => (chunk.offset + length, whole),
                Err(e) if e.kind() == std::io::ErrorKind::InvalidData => {
                    tracing::warn!("a file's hash does not fit: it is fetched again");
                    (0, false)
                }
                Err(error) => {
                    tracing::error!(%error, "the spool cannot be written");
                    let code = match error.kind() {
                        std::io::ErrorKind::StorageFull => ProblemCode::DiskFull,
                        _ => ProblemCode::FolderUnusable,
                    };
                    let folder = node.options.data.display().to_string();
                    return Err(Trouble::new(code).with("folder", folder).with("detail", error.to_string()));
                }
            };
        complete |= whole;
        node.hub.room(id).memory().pieces += 1;
        let sha256 = chunk.sha256;
        node.db.write(move |tx| tx.blob_progress(&sha256, received, whole)).await?;
    }
    Ok(complete)
}

/// Removes files that nobody needs any more.
pub(super) async fn clean(node: &Node) {
    let unused = match node.db.read(|tx| tx.unused_blobs()).await {
        Ok(unused) => unused,
        Err(trouble) => {
            tracing::error!(%trouble, "spool");
            return;
        }
    };
    for sha256 in unused {
        let file = sha256.clone();
        // The row goes first: a file without a row is only wasted space, a row without its file would be a lie.
        if node.db.write(move |tx| tx.remove_blob(&sha256)).await.is_ok()
            && let Err(error) = node.spool.remove(&file).await
        {
            tracing::warn!(%error, "a spooled file could not be removed");
        }
    }
}
