//! What lies on this computer: how long it is kept, how a person takes it along, and how it all goes away.

use tauri::{AppHandle, State};
use tauri_specta::Event as _;
use twinline_model::view::{Farewell, PrivacyView, Retention};
use twinline_node::words::trouble_view;

use crate::commands::{Answer, Changed};
use crate::diagnostics::{Saved, Shown, for_files};
use crate::general;
use crate::shell::Shell;

/// What lies where, and for how long.
#[tauri::command]
#[specta::specta]
pub async fn privacy(shell: State<'_, Shell>) -> Answer<PrivacyView> {
    shell.node().await?.privacy().await.map_err(|trouble| trouble_view(&trouble))
}

/// Keeps the activity for so long from now on; what is older is forgotten at once.
#[tauri::command]
#[specta::specta]
pub async fn set_retention(shell: State<'_, Shell>, retention: Retention) -> Answer<PrivacyView> {
    let node = shell.node().await?;
    node.set_retention(retention).await.map_err(|trouble| trouble_view(&trouble))?;
    node.privacy().await.map_err(|trouble| trouble_view(&trouble))
}

/// Writes connections, pairs and activity into the folder for downloads, as a new file.
#[tauri::command]
#[specta::specta]
pub async fn export_data(app: AppHandle, shell: State<'_, Shell>, shown: State<'_, Shown>) -> Answer<Saved> {
    let folder = for_files(&app, shell.folder());
    let written = shell.outside_practice().await?.export_into(&folder).await;
    let path = written.map_err(|trouble| trouble_view(&trouble))?;
    shown.note_saved(&path);
    Ok(Saved { path: path.display().to_string() })
}

/// Deletes everything on this computer, the practice too; afterwards the app stands as at its first start.
#[tauri::command]
#[specta::specta]
pub async fn delete_everything(app: AppHandle, shell: State<'_, Shell>) -> Answer<Farewell> {
    let node = shell.outside_practice().await?;
    let deleted = node.delete_everything().await;
    if node.has_stopped() {
        drop(node);
        shell.open_anew().await;
    }
    let farewell = deleted.map_err(|trouble| trouble_view(&trouble))?;
    general::forget(&app, &shell)?;
    shell.practice().forget().await.map_err(|trouble| trouble_view(&trouble))?;
    if let Err(error) = (Changed {}).emit(&app) {
        tracing::debug!(%error, "the window was not told");
    }
    Ok(farewell)
}
