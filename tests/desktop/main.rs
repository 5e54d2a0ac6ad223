//! The real window and the real tray, on a private desktop: `E2E=1 cargo test --test desktop`.
//!
//! Each test has its own X display, session bus, home and unlocked keyring, and drives the binary that cargo has just
//! built. It needs Debian's xvfb, dbus, gnome-keyring, webkit2gtk-driver and xclip; with `E2E=1` a missing one is a
//! failure, without it these tests do nothing. Screenshots are left in `target/tmp/desktop/`.

// The whole crate is a test: it may fail where it stands.
#![allow(clippy::unwrap_used)]

mod by_keyboard;
mod connected;
mod connecting;
mod desktop;
mod diagnostics;
mod farewell;
mod general;
mod heals;
mod keyboard;
mod kills;
mod language;
mod links;
mod notification_service;
mod notifications;
mod own_projects;
mod pairing;
#[path = "../common/ports.rs"]
mod ports;
mod practice;
mod rules;
mod sentences;
mod sites;
mod status_notifier;
mod tray;
mod tray_menu;
mod window;
mod x11;

/// Whether these tests are wanted.
fn wanted() -> bool {
    let on = std::env::var_os("E2E").is_some();
    if !on {
        eprintln!("not wanted: needs E2E=1");
    }
    on
}
