//! Settings of this computer that the shell alone knows: start at login, what closing the window means, and how it looks.

use serde::{Deserialize, Serialize};
use tauri::{AppHandle, State};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_node::words::trouble_view;

use crate::commands::Answer;
use crate::preferences::ThemeChoice;
use crate::shell::Shell;
use crate::{tray, windows};

/// How start, window and look are set.
#[derive(Serialize, Deserialize, Clone, Debug, specta::Type)]
pub struct GeneralView {
    /// The system starts the app at login, without a window.
    pub start_at_login: bool,
    /// A closed window leaves the app in the tray.
    pub close_to_tray: bool,
    /// There is a tray that a person could open the window from.
    pub tray: bool,
    /// How the window looks.
    pub theme: ThemeChoice,
}

async fn view(app: &AppHandle, shell: &Shell) -> Answer<GeneralView> {
    let chosen = shell.preferences().chosen();
    let start_at_login =
        shell.autostart().is_on(app).map_err(|error| unkept(shell.autostart().place(), &error))?;
    // The desktop is asked for its tray, and waited for.
    let asked = app.clone();
    let tray = tauri::async_runtime::spawn_blocking(move || tray::is_reachable(&asked)).await;
    Ok(GeneralView {
        start_at_login,
        close_to_tray: chosen.close_to_tray,
        tray: tray.unwrap_or(false),
        theme: chosen.theme,
    })
}

fn unkept(file: String, error: &std::io::Error) -> twinline_model::view::TroubleView {
    let trouble = match error.kind() {
        std::io::ErrorKind::StorageFull => Trouble::new(ProblemCode::DiskFull).with("folder", file),
        _ => Trouble::new(ProblemCode::FileUnwritable).with("file", file).with("detail", error.to_string()),
    };
    trouble_view(&trouble)
}

/// How start, window and look are set; what the system keeps is read anew.
#[tauri::command]
#[specta::specta]
pub async fn general(app: AppHandle, shell: State<'_, Shell>) -> Answer<GeneralView> {
    view(&app, &shell).await
}

/// Lets the system start the app at login, or not.
#[tauri::command]
#[specta::specta]
pub async fn set_start_at_login(app: AppHandle, shell: State<'_, Shell>, on: bool) -> Answer<GeneralView> {
    shell.autostart().set(&app, on).map_err(|error| unkept(shell.autostart().place(), &error))?;
    view(&app, &shell).await
}

/// Lets a closed window leave the app in the tray, or quit it.
#[tauri::command]
#[specta::specta]
pub async fn set_close_to_tray(app: AppHandle, shell: State<'_, Shell>, on: bool) -> Answer<GeneralView> {
    let kept = shell.preferences().change(|chosen| chosen.close_to_tray = on);
    kept.map_err(|error| unkept(shell.preferences().place(), &error))?;
    view(&app, &shell).await
}

/// Changes how the window looks, from now on and from its first paint on.
#[tauri::command]
#[specta::specta]
pub async fn set_theme(app: AppHandle, shell: State<'_, Shell>, theme: ThemeChoice) -> Answer<GeneralView> {
    let kept = shell.preferences().change(|chosen| chosen.theme = theme);
    kept.map_err(|error| unkept(shell.preferences().place(), &error))?;
    windows::refresh_theme(&app);
    view(&app, &shell).await
}

/// As before the first choice: the app does not start by itself, stays in the tray, and looks as the system does.
pub(crate) fn forget(app: &AppHandle, shell: &Shell) -> Answer<()> {
    shell.autostart().set(app, false).map_err(|error| unkept(shell.autostart().place(), &error))?;
    shell.preferences().forget().map_err(|error| unkept(shell.preferences().place(), &error))?;
    windows::refresh_theme(app);
    Ok(())
}
