//! The database behind an async door: one access at a time ([`crate::queue`]), on a blocking thread unless it is a glance.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;
use twinline_model::NodeId;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_store::{Fresh, Restored, Store, StoreError, Tx, open_or_restore};

use crate::crash::{self, Moment};
use crate::keys::random_hex;
use crate::queue::Queue;
use crate::time::{minute, now_ms};

/// Backups that are kept.
const KEPT: usize = 7;

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Db {
    store: Arc<Store>,
    queue: Arc<Queue>,
    /// The last commit that wrote something found no room on the disk: nothing can be written down, this least of all.
    full: Arc<AtomicBool>,
    /// Counts up when `full` changes: no table tells of it.
    changes: watch::Sender<u64>,
}

impl Db {
    /// Opens or makes the database in the data folder. `alone`: no other process uses it; then all of it is read before,
    /// and the newest good backup takes the place of a damaged one.
    /// `changes` counts up whenever the disk is full, or is no longer.
    pub(crate) fn open(folder: &Path, alone: bool, changes: watch::Sender<u64>) -> Result<Self, Trouble> {
        let fresh = Fresh { node: NodeId::new(random_hex()), incarnation: random_hex() };
        let file = folder.join("twinline.db");
        let opened = match alone {
            true => open_or_restore(&file, &backups(folder), fresh, now_ms())
                .and_then(|opened| note_restored(opened.store, opened.restored)),
            false => Store::open(&file, fresh),
        };
        opened
            .map(|store| Self {
                store: Arc::new(store),
                queue: Arc::default(),
                full: Arc::default(),
                changes,
            })
            .map_err(|e| store_trouble(&e, folder))
    }

    /// Makes a backup, and keeps the newest of them.
    pub(crate) async fn back_up(&self, folder: &Path) -> Result<(), Trouble> {
        let folder = folder.to_owned();
        crash::point("file", "backup", Moment::Before);
        let made = self.on_thread(move |store| store.backup_into(&backups(&folder), now_ms(), KEPT)).await;
        crash::point("file", "backup", Moment::After);
        made.map(drop)
    }

    /// Removes every row, and what is left of them.
    pub(crate) async fn wipe(&self) -> Result<(), Trouble> {
        self.on_thread(|store| store.wipe()).await
    }

    /// One transaction that writes.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, Trouble>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.step("admin", work).await
    }

    /// One transaction that writes, by its name: a crash can be aimed at the moments before and after it.
    pub(crate) async fn step<T, F>(&self, step: &'static str, work: F) -> Result<T, Trouble>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        crash::point("commit", step, Moment::Before);
        let answer = self.on_thread(move |store| store.write(|tx| with_room(tx, work))).await;
        crash::point("commit", step, Moment::After);
        match &answer {
            Ok((_, true)) => self.set_full(false),
            // Where nothing was written, no room was needed, and none is shown to be there.
            Ok((_, false)) => {}
            Err(trouble) if trouble.code == ProblemCode::DiskFull => self.set_full(true),
            Err(_) => {}
        }
        answer.map(|(answer, _)| answer)
    }

    /// Whether the last commit of this process that wrote something found no room on the disk.
    pub(crate) fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    fn set_full(&self, full: bool) {
        if self.full.swap(full, Ordering::Relaxed) != full {
            self.changes.send_modify(|count| *count += 1);
        }
    }

    /// One transaction that only reads.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, Trouble>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.on_thread(move |store| store.read(work)).await
    }

    /// The same for a handful of rows, on this very thread where the database is free: what happens while there is nothing to
    /// do wakes no other one.
    pub(crate) async fn glance<T, F>(&self, work: F) -> Result<T, Trouble>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let store = self.store.clone();
        asked(self.queue.glance(move || store.read(work)).await)
    }

    async fn on_thread<T, F>(&self, work: F) -> Result<T, Trouble>
    where
        T: Send + 'static,
        F: FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    {
        let store = self.store.clone();
        asked(self.queue.run(move || work(&store)).await)
    }
}

/// What the database answered, if it was asked.
fn asked<T>(answer: Option<Result<T, StoreError>>) -> Result<T, Trouble> {
    match answer {
        Some(result) => result.map_err(|e| store_trouble(&e, Path::new(""))),
        None => Err(Trouble::new(ProblemCode::Internal).with("detail", "the database was not asked")),
    }
}

/// Does the work of a transaction, and says whether it wrote anything. A full disk that a test pretends lets through what a
/// real one would: commits that write nothing.
fn with_room<T>(
    tx: &mut Tx<'_>,
    work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError>,
) -> Result<(T, bool), StoreError> {
    let before = tx.rows_written();
    let answer = work(tx)?;
    let wrote = tx.rows_written() > before;
    if wrote && crash::disk_is_full() {
        return Err(StoreError::Full);
    }
    Ok((answer, wrote))
}

fn backups(folder: &Path) -> PathBuf {
    folder.join("backups")
}

/// People are told that an earlier state was put in the place of a damaged one.
fn note_restored(store: Store, restored: Option<Restored>) -> Result<Store, StoreError> {
    let Some(restored) = restored else { return Ok(store) };
    let file = restored.kept_as.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (code, time) = match restored.from_ms {
        Some(from) => (ProblemCode::DatabaseRestored, minute(from)),
        None => (ProblemCode::DatabaseNew, String::new()),
    };
    tracing::error!(file, time, "the database was damaged");
    let facts = std::collections::BTreeMap::from([("kept", file), ("time", time)]);
    store.write(|tx| tx.raise(code.as_str(), None, None, None, &facts, now_ms()))?;
    Ok(store)
}

fn store_trouble(error: &StoreError, folder: &Path) -> Trouble {
    tracing::error!(%error, "database");
    Trouble::new(error.code()).with("folder", folder.display().to_string()).with("detail", error.to_string())
}
