//! The spool: attachments' bytes on their way, named by their SHA-256 and never by a name from outside.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;
use twinline_model::BlobHash;
use twinline_sync::machine::{self, Taken};
use twinline_trackers::ByteStream;

use crate::crash::{self, Moment, point};

/// Bytes read from disk at once.
const PIECE: usize = 64 * 1024;

/// The spool's folder. Cheap to clone.
#[derive(Clone)]
pub struct Spool(PathBuf);

impl Spool {
    /// Makes the folder where it is missing.
    pub(crate) fn open(data: &Path) -> std::io::Result<Self> {
        let folder = data.join("spool");
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    fn path(&self, sha256: &BlobHash) -> PathBuf {
        self.0.join(sha256.as_str())
    }
}

#[async_trait]
impl machine::Spool for Spool {
    async fn take(&self, mut bytes: ByteStream, scratch: &str) -> std::io::Result<Taken> {
        let unfinished = self.0.join(format!("{scratch}.part"));
        point("file", "spool-take", Moment::Before);
        room()?;
        let mut file = tokio::fs::File::create(&unfinished).await?;
        let (mut hash, mut size) = (Sha256::new(), 0_u64);
        while let Some(piece) = bytes.next().await {
            let piece = piece?;
            hash.update(&piece);
            size += piece.len() as u64;
            file.write_all(&piece).await?;
        }
        file.sync_all().await?;
        point("file", "spool-take", Moment::After);
        let sha256 = BlobHash::new(hex::encode(hash.finalize()));
        point("file", "spool-name", Moment::Before);
        tokio::fs::rename(&unfinished, self.path(&sha256)).await?;
        point("file", "spool-name", Moment::After);
        Ok(Taken { sha256, size })
    }

    async fn put(&self, sha256: &BlobHash, offset: u64, bytes: Vec<u8>, total: u64) -> std::io::Result<bool> {
        let path = self.path(sha256);
        let wanted = sha256.clone();
        run(move || {
            point("file", "spool-put", Moment::Before);
            room()?;
            let mut file = std::fs::OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .read(true)
                .open(&path)?;
            file.set_len(offset)?;
            file.seek(SeekFrom::Start(offset))?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            point("file", "spool-put", Moment::After);
            if offset + bytes.len() as u64 != total {
                return Ok(false);
            }
            file.seek(SeekFrom::Start(0))?;
            if hash_of(&mut file)? == wanted.as_str() {
                return Ok(true);
            }
            drop(file);
            point("file", "spool-spoilt", Moment::Before);
            std::fs::remove_file(&path)?;
            point("file", "spool-spoilt", Moment::After);
            Err(std::io::Error::from(std::io::ErrorKind::InvalidData))
        })
        .await
    }

    async fn get(&self, sha256: &BlobHash, offset: u64, most: usize) -> std::io::Result<Vec<u8>> {
        let path = self.path(sha256);
        run(move || {
            let mut file = std::fs::File::open(path)?;
            file.seek(SeekFrom::Start(offset))?;
            let mut bytes = Vec::new();
            file.take(most as u64).read_to_end(&mut bytes)?;
            Ok(bytes)
        })
        .await
    }

    async fn stream(&self, sha256: &BlobHash) -> std::io::Result<ByteStream> {
        let file = tokio::fs::File::open(self.path(sha256)).await?;
        Ok(Box::pin(tokio_util::io::ReaderStream::with_capacity(file, PIECE)))
    }

    async fn size(&self, sha256: &BlobHash) -> u64 {
        tokio::fs::metadata(self.path(sha256)).await.map(|m| m.len()).unwrap_or(0)
    }

    async fn remove(&self, sha256: &BlobHash) -> std::io::Result<()> {
        point("file", "spool-remove", Moment::Before);
        let removed = tokio::fs::remove_file(self.path(sha256)).await;
        point("file", "spool-remove", Moment::After);
        match removed {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }
}

fn room() -> std::io::Result<()> {
    if crash::disk_is_full() { Err(std::io::ErrorKind::StorageFull.into()) } else { Ok(()) }
}

fn hash_of(file: &mut std::fs::File) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut piece = vec![0_u8; PIECE];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hex::encode(hash.finalize())),
            n => hash.update(&piece[..n]),
        }
    }
}

async fn run<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;
    use twinline_sync::machine::Spool as _;

    #[tokio::test]
    async fn f65_pieces_become_a_file_only_if_the_hash_fits() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        let sha256 = BlobHash::new(hex::encode(Sha256::digest(b"hello world")));
        assert!(!spool.put(&sha256, 0, b"hello ".to_vec(), 11).await.unwrap());
        assert!(spool.put(&sha256, 6, b"world".to_vec(), 11).await.unwrap());
        assert_eq!(spool.get(&sha256, 6, 3).await.unwrap(), b"wor");
        let wrong = spool.put(&sha256, 6, b"w0rld".to_vec(), 11).await.unwrap_err();
        assert_eq!((wrong.kind(), spool.size(&sha256).await), (std::io::ErrorKind::InvalidData, 0));
    }
}
