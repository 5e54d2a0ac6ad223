//! What a start took: the page tells when something of it is on the screen, and the log keeps it. `cargo xtask bench window`
//! reads it there.

use serde::Deserialize;
use tauri::{AppHandle, Manager};

use crate::shell::Shell;

/// What a page has painted for the first time.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Painted {
    /// Anything.
    Frame,
    /// The list of connections, with all its rows.
    List,
}

/// The UI has painted something for the first time, `ms` after its page began to load.
#[tauri::command]
#[specta::specta]
pub async fn ui_ready(app: AppHandle, what: Painted, ms: f64) {
    let shell = app.state::<Shell>();
    let app_ms = shell.age().as_millis();
    // The node opens the log.
    let _ = shell.node().await;
    let page_ms = ms.round();
    match what {
        Painted::Frame => tracing::info!(app_ms, page_ms, "app_started: first frame painted"),
        Painted::List => tracing::info!(app_ms, page_ms, "app_started: list painted"),
    }
}
