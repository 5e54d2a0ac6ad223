//! The sync rules of a connection in the window: seen, upgraded to Script mode, tried, saved and brought back.

use tauri::State;
use twinline_model::ConnectionId;
use twinline_model::problem::Trouble;
use twinline_model::rules::{RuleFault, RulesVersion, RulesView, TrialView};
use twinline_node::words::trouble_view;

use crate::commands::Answer;
use crate::shell::Shell;

fn said<T>(result: Result<T, Trouble>) -> Answer<T> {
    result.map_err(|trouble| trouble_view(&trouble))
}

/// The rules in force; in Basic mode what they would be as text.
#[tauri::command]
#[specta::specta]
pub async fn rules(shell: State<'_, Shell>, connection: ConnectionId) -> Answer<RulesView> {
    said(shell.shown().await?.rules(&connection).await)
}

/// The versions that were saved, the newest first.
#[tauri::command]
#[specta::specta]
pub async fn rule_versions(shell: State<'_, Shell>, connection: ConnectionId) -> Answer<Vec<RulesVersion>> {
    said(shell.shown().await?.rule_versions(&connection).await)
}

/// What keeps these texts from being rules; empty: they may be saved.
#[tauri::command]
#[specta::specta]
pub async fn check_rules(
    shell: State<'_, Shell>,
    outgoing: String,
    incoming: String,
) -> Answer<Vec<RuleFault>> {
    Ok(shell.shown().await?.check_rules(&outgoing, &incoming))
}

/// What these rules would make of the newest issues; nothing is written anywhere.
#[tauri::command]
#[specta::specta]
pub async fn try_rules(
    shell: State<'_, Shell>,
    connection: ConnectionId,
    outgoing: String,
    incoming: String,
) -> Answer<TrialView> {
    said(shell.shown().await?.try_rules(&connection, &outgoing, &incoming).await)
}

/// Turns the rules of Basic mode into text that does the same.
#[tauri::command]
#[specta::specta]
pub async fn upgrade_to_script(shell: State<'_, Shell>, connection: ConnectionId) -> Answer<RulesView> {
    said(shell.shown().await?.upgrade_to_script(&connection).await)
}

/// Saves rules, unless another version than `based_on` was saved meanwhile.
#[tauri::command]
#[specta::specta]
pub async fn save_rules(
    shell: State<'_, Shell>,
    connection: ConnectionId,
    based_on: u32,
    outgoing: String,
    incoming: String,
) -> Answer<RulesView> {
    said(shell.shown().await?.save_rules(&connection, based_on.into(), &outgoing, &incoming).await)
}

/// Puts an earlier version in force again, as a new one.
#[tauri::command]
#[specta::specta]
pub async fn bring_back_rules(
    shell: State<'_, Shell>,
    connection: ConnectionId,
    version: u32,
) -> Answer<RulesView> {
    said(shell.shown().await?.bring_back_rules(&connection, version.into()).await)
}
