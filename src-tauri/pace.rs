//! How often is looked, and when not: of the real node, also while somebody practises.

use tauri::State;
use twinline_model::view::{PaceSettings, PaceView};

use crate::commands::{Answer, said};
use crate::shell::Shell;

/// What was chosen, and what follows from it now.
#[tauri::command]
#[specta::specta]
pub async fn pace(shell: State<'_, Shell>) -> Answer<PaceView> {
    said(shell.node().await?.pace().await)
}

/// Keeps the choice; it holds at once.
#[tauri::command]
#[specta::specta]
pub async fn set_pace(shell: State<'_, Shell>, chosen: PaceSettings) -> Answer<PaceView> {
    said(shell.node().await?.set_pace(chosen).await)
}
