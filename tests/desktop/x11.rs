//! What a window manager does: reads titles, asks windows to close, and takes pictures of what is really shown. The
//! private desktop has none.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, ImageFormat, Window};
use x11rb::rust_connection::RustConnection;

use crate::desktop::{Desktop, LONG, POLL};

/// The size of a window.
pub const WIDTH: u16 = 1080;
/// The size of a window.
pub const HEIGHT: u16 = 720;

/// The titles of the app's windows that are shown.
pub fn titles(desktop: &Desktop) -> Vec<String> {
    let (x, root) = connect(desktop.display());
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
        assert!(start.elapsed() < LONG, "windows: {titles:?}\n{}", desktop.story());
        tokio::time::sleep(POLL).await;
    }
}

/// Clicks the close button of every window of the app.
pub fn close_windows(desktop: &Desktop) {
    let (x, root) = connect(desktop.display());
    let protocols = atom(&x, "WM_PROTOCOLS");
    let delete = atom(&x, "WM_DELETE_WINDOW");
    for (window, _) in windows(&x, root) {
        let message = ClientMessageEvent::new(32, window, protocols, [delete, x11rb::CURRENT_TIME, 0, 0, 0]);
        x.send_event(false, window, EventMask::NO_EVENT, message).unwrap().check().unwrap();
    }
    x.flush().unwrap();
}

/// Takes a picture of a part of the screen, once it has stopped changing for a moment.
pub async fn picture(display: &str, left: i16, file: &Path) {
    let start = Instant::now();
    let mut before = pixels(display, left);
    loop {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let now = pixels(display, left);
        if now == before || start.elapsed() > Duration::from_secs(5) {
            break;
        }
        before = now;
    }
    let mut png = png::Encoder::new(BufWriter::new(File::create(file).unwrap()), WIDTH.into(), HEIGHT.into());
    png.set_color(png::ColorType::Rgb);
    png.write_header().unwrap().write_image_data(&before).unwrap();
}

/// Red, green and blue of each dot; the server keeps blue, green, red and a fill byte.
fn pixels(display: &str, left: i16) -> Vec<u8> {
    let (x, root) = connect(display);
    let asked = x.get_image(ImageFormat::Z_PIXMAP, root, left, 0, WIDTH, HEIGHT, u32::MAX).unwrap();
    let data = asked.reply().unwrap().data;
    data.chunks_exact(4).flat_map(|dot| [dot[2], dot[1], dot[0]]).collect()
}

fn connect(display: &str) -> (RustConnection, Window) {
    let (x, screen) = x11rb::connect(Some(display)).unwrap();
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
