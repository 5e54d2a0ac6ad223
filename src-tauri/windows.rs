//! The one window. It is made when it is wanted and destroyed when it is closed, so that a tray-only process holds no
//! web view.

use tauri::{AppHandle, Manager, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};
use tauri_specta::Event as _;

use crate::commands::Navigate;
use crate::shell::Shell;
use crate::{practice, surface};

const MAIN: &str = "main";

/// Brings the window to the front, opening it if need be, at `route` if one is given (as `/attention`). For the main
/// thread.
///
/// Whoever names a route (tray, notification) means a place of the real node: practice is left for it.
pub fn show(app: &AppHandle, route: Option<&str>) {
    if route.is_some() {
        practice::leave_at_once(app);
    }
    let shown = match app.get_webview_window(MAIN) {
        Some(window) => raise(&window).and_then(|()| match route {
            Some(to) => Navigate { to: to.to_owned() }.emit(app),
            None => Ok(()),
        }),
        None => open(app, route).map(drop),
    };
    tracing::info!(route, "window shown");
    if let Err(error) = shown {
        tracing::error!(%error, "the window could not be shown");
    }
}

/// The same, from another thread.
pub fn show_from_anywhere(app: &AppHandle, route: Option<&str>) {
    let (main, route) = (app.clone(), route.map(str::to_owned));
    if let Err(error) = app.run_on_main_thread(move || show(&main, route.as_deref())) {
        tracing::debug!(%error, "the app is ending");
    }
}

/// Writes the status into the title.
pub fn refresh_title(app: &AppHandle) {
    let Some(window) = app.get_webview_window(MAIN) else { return };
    if let Err(error) = window.set_title(&title(app)) {
        tracing::debug!(%error, "the title was not set");
    }
}

/// Lets the frame look as was chosen; the page does by itself.
pub fn refresh_theme(app: &AppHandle) {
    let Some(window) = app.get_webview_window(MAIN) else { return };
    let theme = app.state::<Shell>().preferences().chosen().theme;
    if let Err(error) = window.set_theme(theme.of_the_frame()) {
        tracing::debug!(%error, "the frame keeps its look");
    }
}

fn title(app: &AppHandle) -> String {
    let shell = app.state::<Shell>();
    match shell.practice().status() {
        Some(practised) => surface::practice_title(practised.as_ref()),
        None => surface::title(shell.status().as_ref()),
    }
}

fn raise(window: &WebviewWindow) -> tauri::Result<()> {
    window.unminimize()?;
    window.show()?;
    window.set_focus()
}

fn open(app: &AppHandle, route: Option<&str>) -> tauri::Result<WebviewWindow> {
    // A new page cannot hear an event yet: the route is part of its address.
    let page = route.map_or_else(|| "index.html".into(), |to| format!("index.html#{to}"));
    let window = WebviewWindowBuilder::new(app, MAIN, WebviewUrl::App(page.into()))
        .title(title(app))
        .inner_size(1080.0, 720.0)
        .min_inner_size(720.0, 520.0)
        .on_navigation(is_own_page);
    // Before the first paint, or a dark room would be lit by a white page.
    let theme = app.state::<Shell>().preferences().chosen().theme;
    let window = window.theme(theme.of_the_frame()).initialization_script(theme.script());
    // Beside the data, so that two data folders share nothing. A folder that cannot be used must not keep away the
    // window that says so.
    let beside = app.state::<Shell>().folder().join("webview");
    match twinline_node::make_folder(&beside) {
        Ok(()) => window.data_directory(beside).build(),
        Err(_) => window.build(),
    }
}

/// The window shows our own pages only; links go through the command `open_link`.
fn is_own_page(url: &Url) -> bool {
    let own = match url.scheme() {
        "tauri" | "about" => true,
        "http" | "https" => url.host_str() == Some("tauri.localhost"),
        _ => false,
    };
    own || (tauri::is_dev() && url.host_str() == Some("127.0.0.1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_foreign_page_is_shown() {
        let own = |url: &str| is_own_page(&url.parse().unwrap());
        assert!(own("tauri://localhost/index.html#/attention") && own("http://tauri.localhost/"));
        for foreign in [
            "https://example.com/",
            "file:///etc/passwd",
            "data:text/html,x",
            "http://tauri.localhost.example/",
        ] {
            assert!(!own(foreign), "{foreign}");
        }
    }
}
