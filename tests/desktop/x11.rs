//! What a window manager does: reads titles and asks windows to close. The private desktop has none.

use std::time::Instant;

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, Window};
use x11rb::rust_connection::RustConnection;

use crate::desktop::{Desktop, LONG, POLL};

/// The titles of the app's windows that are shown.
pub fn titles(desktop: &Desktop) -> Vec<String> {
    let (x, root) = connect(desktop);
    windows(&x, root).into_iter().map(|(_, title)| title).collect()
}

/// Waits for a window whose title is accepted, and returns the title.
pub async fn title(desktop: &Desktop, accept: impl Fn(&str) -> bool) -> String {
    let start = Instant::now();
    loop {
        let titles = titles(desktop);
        if let Some(title) = titles.iter().find(|title| accept(title)) {
            return title.clone();
        }
        assert!(start.elapsed() < LONG, "windows: {titles:?}");
        tokio::time::sleep(POLL).await;
    }
}

/// Clicks the close button of every window of the app.
pub fn close_windows(desktop: &Desktop) {
    let (x, root) = connect(desktop);
    let protocols = atom(&x, "WM_PROTOCOLS");
    let delete = atom(&x, "WM_DELETE_WINDOW");
    for (window, _) in windows(&x, root) {
        let message = ClientMessageEvent::new(32, window, protocols, [delete, x11rb::CURRENT_TIME, 0, 0, 0]);
        x.send_event(false, window, EventMask::NO_EVENT, message).unwrap().check().unwrap();
    }
    x.flush().unwrap();
}

fn connect(desktop: &Desktop) -> (RustConnection, Window) {
    let (x, screen) = x11rb::connect(Some(desktop.display())).unwrap();
    let root = x.setup().roots[screen].root;
    (x, root)
}

/// Without a window manager the windows stand directly on the root.
fn windows(x: &RustConnection, root: Window) -> Vec<(Window, String)> {
    let name = atom(x, "_NET_WM_NAME");
    let utf8 = atom(x, "UTF8_STRING");
    let protocols = atom(x, "WM_PROTOCOLS");
    let mut found = Vec::new();
    for window in x.query_tree(root).unwrap().reply().unwrap().children {
        let property = |which, kind| {
            let asked = x.get_property(false, window, which, kind, 0, 1024).ok()?.reply().ok()?;
            (asked.value_len > 0).then_some(asked.value)
        };
        let closable = property(protocols, AtomEnum::ATOM.into()).is_some();
        let shown =
            x.get_window_attributes(window).unwrap().reply().is_ok_and(|a| u8::from(a.map_state) == 2);
        if let Some(title) = property(name, utf8)
            && closable
            && shown
        {
            let title = String::from_utf8_lossy(&title).into_owned();
            if title.starts_with("Twinline") {
                found.push((window, title));
            }
        }
    }
    found
}

fn atom(x: &RustConnection, name: &str) -> u32 {
    x.intern_atom(false, name.as_bytes()).unwrap().reply().unwrap().atom
}
