//! The tray icon: draws a [`Surface`], and does what its menu is asked to.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tauri::image::Image;
use tauri::include_image;
use tauri::menu::{IsMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu};
use tauri::tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Manager, Wry};
use twinline_model::pause::PauseUntil;
use twinline_model::view::TroubleView;

use crate::panel::{self, Ink};
use crate::shell::Shell;
use crate::surface::{Action, Entry, Glyph, Surface, surface};
use crate::windows;

/// The icon and what it shows. It is managed only where an icon could be made.
struct Tray {
    icon: TrayIcon,
    shown: Mutex<Shown>,
}

struct Shown {
    surface: Surface,
    ink: Ink,
    labels: Labels,
}

/// The menu's entries by id, so that a changed text needs no new menu: that would close one that is open.
type Labels = HashMap<String, MenuItem<Wry>>;

/// Makes the icon, where the desktop can show one; without it the app goes on.
pub fn start(app: &AppHandle) {
    if !panel::can_make_tray_icons() {
        // The log is not open yet.
        eprintln!("twinline: no tray icon, since libayatana-appindicator3 is not installed");
        return;
    }
    let shell = app.state::<Shell>();
    let surface = surface(shell.status().as_ref());
    match make(app, &surface) {
        Ok((icon, labels)) => {
            let shown = Mutex::new(Shown { surface, ink: panel::ink(), labels });
            app.manage(Tray { icon, shown });
        }
        Err(error) => eprintln!("twinline: no tray icon: {error}"),
    }
}

/// Whether a closed window can be opened again from the tray.
pub fn is_reachable(app: &AppHandle) -> bool {
    app.try_state::<Tray>().is_some() && panel::shows_tray_icons()
}

/// Shows the shell's status. For the main thread.
pub fn refresh(app: &AppHandle) {
    let Some(tray) = app.try_state::<Tray>() else { return };
    let fresh = surface(app.state::<Shell>().status().as_ref());
    let mut shown = tray.shown.lock().unwrap_or_else(PoisonError::into_inner);
    if let Err(error) = redraw(app, &tray.icon, &mut shown, fresh) {
        tracing::warn!(%error, "the tray icon could not be changed");
    }
}

fn make(app: &AppHandle, surface: &Surface) -> tauri::Result<(TrayIcon, Labels)> {
    let (menu, labels) = build_menu(app, &surface.menu)?;
    let icon = TrayIconBuilder::with_id("main")
        .icon(picture(surface.glyph, panel::ink()))
        .icon_as_template(cfg!(target_os = "macos"))
        .tooltip(&surface.tooltip)
        .menu(&menu)
        // A click opens the window on Windows and the menu on macOS; Linux tells of no clicks.
        .show_menu_on_left_click(cfg!(target_os = "macos"))
        .on_menu_event(|app, event| {
            if let Some(action) = Action::parse(event.id().as_ref()) {
                act(app, action);
            }
        })
        .on_tray_icon_event(|tray, event| {
            let left = matches!(
                event,
                TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. }
            );
            if left && cfg!(windows) {
                windows::show(tray.app_handle(), None);
            }
        })
        .build(app)?;
    Ok((icon, labels))
}

fn redraw(app: &AppHandle, icon: &TrayIcon, shown: &mut Shown, fresh: Surface) -> tauri::Result<()> {
    let ink = panel::ink();
    if (fresh.glyph, ink) != (shown.surface.glyph, shown.ink) {
        // Icon and template mark in one call: two make it flicker.
        icon.set_icon_with_as_template(Some(picture(fresh.glyph, ink)), cfg!(target_os = "macos"))?;
        shown.ink = ink;
    }
    if fresh.tooltip != shown.surface.tooltip {
        icon.set_tooltip(Some(&fresh.tooltip))?;
    }
    if fresh.label != shown.surface.label {
        icon.set_title(Some(fresh.label.as_deref().unwrap_or_default()))?;
    }
    if fresh.menu != shown.surface.menu {
        let (old, new) = (flat(&shown.surface.menu), flat(&fresh.menu));
        if old.iter().map(|(id, _)| id).eq(new.iter().map(|(id, _)| id)) {
            for ((id, text), (_, before)) in new.iter().zip(&old) {
                if text != before
                    && let Some(label) = shown.labels.get(id)
                {
                    label.set_text(plain(text))?;
                }
            }
        } else {
            let (menu, labels) = build_menu(app, &fresh.menu)?;
            icon.set_menu(Some(menu))?;
            shown.labels = labels;
        }
    }
    shown.surface = fresh;
    Ok(())
}

/// An ampersand would mark the next letter as a key.
fn plain(text: &str) -> String {
    text.replace('&', "&&")
}

fn build_menu(app: &AppHandle, entries: &[Entry]) -> tauri::Result<(Menu<Wry>, Labels)> {
    let mut labels = Labels::new();
    let items = build_items(app, entries, &mut labels)?;
    let items: Vec<&dyn IsMenuItem<Wry>> = items.iter().map(AsRef::as_ref).collect();
    Ok((Menu::with_items(app, &items)?, labels))
}

fn build_items(
    app: &AppHandle,
    entries: &[Entry],
    labels: &mut Labels,
) -> tauri::Result<Vec<Box<dyn IsMenuItem<Wry>>>> {
    let mut items: Vec<Box<dyn IsMenuItem<Wry>>> = Vec::with_capacity(entries.len());
    for entry in entries {
        let id = id(entry);
        match entry {
            Entry::Line(text) | Entry::Item(_, text) => {
                let clickable = matches!(entry, Entry::Item(..));
                let item = MenuItem::with_id(app, &id, plain(text), clickable, None::<&str>)?;
                labels.insert(id, item.clone());
                items.push(Box::new(item));
            }
            Entry::Separator => items.push(Box::new(PredefinedMenuItem::separator(app)?)),
            Entry::Submenu(_, text, inner) => {
                let inner = build_items(app, inner, labels)?;
                let inner: Vec<&dyn IsMenuItem<Wry>> = inner.iter().map(AsRef::as_ref).collect();
                let submenu = Submenu::with_id_and_items(app, &id, plain(text), true, &inner)?;
                items.push(Box::new(submenu));
            }
        }
    }
    Ok(items)
}

fn id(entry: &Entry) -> String {
    match entry {
        Entry::Line(_) => "status".into(),
        Entry::Item(action, _) => action.id(),
        Entry::Separator => "separator".into(),
        // With its text: on Linux the text of a submenu cannot be changed (muda 0.20 sets it where nothing shows it).
        Entry::Submenu(id, text, _) => format!("submenu/{id}/{text}"),
    }
}

/// Every entry with its text, in order: two menus with the same ids differ only in texts.
fn flat(entries: &[Entry]) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for entry in entries {
        match entry {
            Entry::Line(text) | Entry::Item(_, text) => all.push((id(entry), text.clone())),
            Entry::Separator => all.push((id(entry), String::new())),
            Entry::Submenu(_, text, inner) => {
                all.push((id(entry), text.clone()));
                all.extend(flat(inner));
            }
        }
    }
    all
}

fn picture(glyph: Glyph, ink: Ink) -> Image<'static> {
    match (glyph, ink) {
        (Glyph::UpToDate, Ink::Dark) => include_image!("icons/glyphs/up-to-date-dark.png"),
        (Glyph::UpToDate, Ink::Light) => include_image!("icons/glyphs/up-to-date-light.png"),
        (Glyph::Syncing, Ink::Dark) => include_image!("icons/glyphs/syncing-dark.png"),
        (Glyph::Syncing, Ink::Light) => include_image!("icons/glyphs/syncing-light.png"),
        (Glyph::NeedsAttention, Ink::Dark) => include_image!("icons/glyphs/needs-attention-dark.png"),
        (Glyph::NeedsAttention, Ink::Light) => include_image!("icons/glyphs/needs-attention-light.png"),
        (Glyph::Paused, Ink::Dark) => include_image!("icons/glyphs/paused-dark.png"),
        (Glyph::Paused, Ink::Light) => include_image!("icons/glyphs/paused-light.png"),
        (Glyph::Offline, Ink::Dark) => include_image!("icons/glyphs/offline-dark.png"),
        (Glyph::Offline, Ink::Light) => include_image!("icons/glyphs/offline-light.png"),
        (Glyph::NotSetUp, Ink::Dark) => include_image!("icons/glyphs/not-set-up-dark.png"),
        (Glyph::NotSetUp, Ink::Light) => include_image!("icons/glyphs/not-set-up-light.png"),
    }
}

fn act(app: &AppHandle, action: Action) {
    match action {
        Action::Open => windows::show(app, None),
        Action::Attention => windows::show(app, Some("/attention")),
        Action::Connection(id) => windows::show(app, Some(&format!("/connections/{id}"))),
        Action::Settings => windows::show(app, Some("/settings")),
        Action::Quit => app.exit(0),
        Action::SyncNow | Action::PauseAll(_) | Action::ResumeAll | Action::Pause(_) | Action::Resume(_) => {
            let app = app.clone();
            tauri::async_runtime::spawn(async move {
                if let Err(trouble) = ask_node(&app, action).await {
                    // A menu has no room for a sentence; the window does.
                    tracing::warn!(code = trouble.code, "the tray's wish could not be met");
                    windows::show_from_anywhere(&app, Some("/attention"));
                }
            });
        }
    }
}

async fn ask_node(app: &AppHandle, action: Action) -> Result<(), TroubleView> {
    let node = app.state::<Shell>().node().await?;
    let done = match action {
        Action::SyncNow => node.sync_now().await,
        Action::PauseAll(until) => node.pause_all(until).await,
        Action::ResumeAll => node.resume_all().await,
        Action::Pause(id) => node.pause(&id, PauseUntil::Resumed).await,
        Action::Resume(id) => node.resume(&id).await,
        Action::Open | Action::Attention | Action::Connection(_) | Action::Settings | Action::Quit => Ok(()),
    };
    done.map_err(|trouble| twinline_node::words::trouble_view(&trouble))
}
