//! What the app holds in memory: in the tray alone, with its window, and after that was opened and closed again and again.

use std::time::Duration;

use crate::bare::Bare;
use crate::desktop::{Desktop, LONG};
use crate::proc::{proportional_mb, resident_mb};
use crate::rows::Report;
use crate::status_notifier::Panel;
use crate::world::Side;
use crate::x11;

/// Memory is read after this long without anything to do.
const CALM: Duration = Duration::from_secs(10);
const ROUNDS: u32 = 20;

/// Runs the app in the tray, then opens and closes its window.
pub async fn measure(desktop: &mut Desktop, bare: &Bare, side: &Side, report: &mut Report) {
    let mut panel = Panel::start(desktop).await;
    let floor = {
        let none = bare.start(desktop, false);
        tokio::time::sleep(CALM).await;
        (proportional_mb(none.id()), resident_mb(none.id()))
    };
    let empty = {
        let mut window = bare.start(desktop, true);
        window.painted();
        tokio::time::sleep(CALM).await;
        proportional_mb(window.id())
    };
    desktop.web_views_are(0).await;

    let mut args = side.args();
    args.push("--hidden");
    let app = desktop.app(&args);
    let icon = panel.icon().await;
    icon.texts_when(LONG, |texts| texts[0] == "Up to date").await;
    tokio::time::sleep(CALM).await;
    let tray = (proportional_mb(app), resident_mb(app));
    report.tell("memory, GTK and WebKit linked, no window", floor.0, "MB PSS");
    report.tell("memory, tray only, 3 connections", tray.0, "MB PSS");
    report.at_most(1.35, "memory, tray only / linked alone (PSS)", tray.0 / floor.0, "x");
    report.tell("memory, tray only / linked alone (RSS)", tray.1 / floor.1, "x");

    let (mut open, mut once) = (0.0, 0.0);
    for round in 0..=ROUNDS {
        icon.click("Open Twinline").await;
        desktop.web_views_are(1).await;
        x11::title(desktop, |title| title.starts_with("Twinline — ")).await;
        // Long enough for a person to see the list.
        tokio::time::sleep(if round == 0 { CALM } else { Duration::from_secs(2) }).await;
        if round == 0 {
            open = proportional_mb(app);
        }
        x11::close_windows(desktop);
        desktop.web_views_are(0).await;
        if round == 0 {
            tokio::time::sleep(CALM).await;
            once = proportional_mb(app);
        }
    }
    tokio::time::sleep(CALM).await;
    let often = proportional_mb(app);
    report.tell("memory, empty WebKit window", empty, "MB PSS");
    report.tell("memory, window open", open, "MB PSS");
    report.at_most(1.15, "memory, window open / empty WebKit window", open / empty, "x");
    report.tell("memory, 10 s after the window was closed", once, "MB PSS");
    report.at_most(1.8, "memory, after the window was closed / never opened", once / tray.0, "x");
    report.tell(&format!("memory, after {ROUNDS} more rounds of opening and closing"), often, "MB PSS");
    let growth = (often / once - 1.0) * 100.0;
    report.at_most(3.0, &format!("memory, growth over {ROUNDS} rounds"), growth, "%");
    icon.click("Quit Twinline").await;
    desktop.ended(app).await;
}
