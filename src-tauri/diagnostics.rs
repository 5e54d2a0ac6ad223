//! The diagnostics bundle in the window: shown first, saved when a person says so, sent by nobody.
//!
//! What was shown last is kept and is what is saved, byte for byte; the page can name neither a file nor a folder.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tauri::{AppHandle, Manager, State};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::DiagnosticsView;
use twinline_node::Diagnostics;
use twinline_node::words::trouble_view;

use crate::commands::Answer;
use crate::shell::Shell;

/// What was shown, and where it was saved.
#[derive(Default)]
pub struct Shown {
    bundle: Mutex<Option<Diagnostics>>,
    saved: Mutex<Option<PathBuf>>,
}

/// A file that the app made for a person.
#[derive(Serialize, Deserialize, Clone, Debug, specta::Type)]
pub struct Saved {
    /// Where it is.
    pub path: String,
}

/// Which folder is to be opened; the page names none by its path.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Folder {
    /// Where the data lies.
    Data,
    /// Where the last file was saved.
    Saved,
}

impl Shown {
    /// The page can have it opened from now on.
    pub(crate) fn note_saved(&self, path: &Path) {
        *self.saved.lock().unwrap_or_else(PoisonError::into_inner) = Some(path.to_owned());
    }
}

/// Gathers a diagnostics bundle of this computer, for a person to read; it is kept until the next one is gathered.
#[tauri::command]
#[specta::specta]
pub async fn diagnostics(shell: State<'_, Shell>, shown: State<'_, Shown>) -> Answer<DiagnosticsView> {
    // Of the real node, while a person practises too; one that cannot be opened has a bundle as well.
    let bundle = match shell.opened().await {
        Ok(node) => node.diagnostics().await.map_err(|trouble| trouble_view(&trouble))?,
        Err(trouble) => Diagnostics::of_folder(shell.folder(), &trouble),
    };
    let view = bundle.view();
    *shown.bundle.lock().unwrap_or_else(PoisonError::into_inner) = Some(bundle);
    Ok(view)
}

/// Saves the bundle that was shown last into the folder for downloads, as a new file.
#[tauri::command]
#[specta::specta]
pub async fn save_diagnostics(
    app: AppHandle,
    shell: State<'_, Shell>,
    shown: State<'_, Shown>,
) -> Answer<Saved> {
    let bundle = shown.bundle.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let Some(bundle) = bundle else {
        let trouble = Trouble::new(ProblemCode::Internal).with("detail", "no bundle was shown");
        return Err(trouble_view(&trouble));
    };
    let folder = for_files(&app, shell.folder());
    let saved = tauri::async_runtime::spawn_blocking(move || bundle.save_into(&folder)).await;
    let path = saved
        .unwrap_or_else(|error| Err(Trouble::new(ProblemCode::Internal).with("detail", error.to_string())))
        .map_err(|trouble| trouble_view(&trouble))?;
    shown.note_saved(&path);
    Ok(Saved { path: path.display().to_string() })
}

/// Where a person finds what the app made for them: the folder for downloads, or the data folder where there is none.
pub(crate) fn for_files(app: &AppHandle, data: &Path) -> PathBuf {
    match app.path().download_dir() {
        Ok(folder) if folder.is_dir() => folder,
        _ => data.to_owned(),
    }
}

/// Shows a folder in the system's file manager.
#[tauri::command]
#[specta::specta]
pub async fn open_folder(shell: State<'_, Shell>, shown: State<'_, Shown>, folder: Folder) -> Answer<()> {
    let path = match folder {
        Folder::Data => Some(shell.folder().to_owned()),
        Folder::Saved => {
            let saved = shown.saved.lock().unwrap_or_else(PoisonError::into_inner).clone();
            saved.and_then(|file| file.parent().map(Path::to_owned))
        }
    };
    let Some(path) = path else {
        return Err(trouble_view(&Trouble::new(ProblemCode::Internal).with("detail", "nothing was saved")));
    };
    // The system's opener is a process to wait for.
    let opened =
        tauri::async_runtime::spawn_blocking(move || tauri_plugin_opener::open_path(path, None::<&str>))
            .await;
    let failed = match opened {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    Err(trouble_view(&Trouble::new(ProblemCode::Internal).with("detail", failed)))
}
