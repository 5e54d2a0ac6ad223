//! The database behind an async door: every access runs on a blocking thread, one at a time.

use std::path::Path;
use std::sync::Arc;

use twinline_model::NodeId;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_store::{Fresh, Store, StoreError, Tx};

use crate::crash::{self, Moment};
use crate::keys::random_hex;

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Db(Arc<Store>);

impl Db {
    /// Opens or makes the database in the data folder.
    pub(crate) fn open(folder: &Path) -> Result<Self, Trouble> {
        let fresh = Fresh { node: NodeId::new(random_hex()), incarnation: random_hex() };
        let store = Store::open(&folder.join("twinline.db"), fresh).map_err(|e| store_trouble(&e, folder))?;
        Ok(Self(Arc::new(store)))
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
        let answer = self.on_thread(move |store| store.write(work)).await;
        crash::point("commit", step, Moment::After);
        answer
    }

    /// One transaction that only reads.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, Trouble>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.on_thread(move |store| store.read(work)).await
    }

    async fn on_thread<T, F>(&self, work: F) -> Result<T, Trouble>
    where
        T: Send + 'static,
        F: FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    {
        let store = self.0.clone();
        match tokio::task::spawn_blocking(move || work(&store)).await {
            Ok(result) => result.map_err(|e| store_trouble(&e, Path::new(""))),
            Err(e) => Err(Trouble::new(ProblemCode::Internal).with("detail", e.to_string())),
        }
    }
}

fn store_trouble(error: &StoreError, folder: &Path) -> Trouble {
    tracing::error!(%error, "database");
    Trouble::new(error.code()).with("folder", folder.display().to_string()).with("detail", error.to_string())
}
