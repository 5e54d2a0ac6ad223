//! D4: each entry of the tray's menu does what it says. The entries are those of `Action` in `src-tauri/surface.rs`; *Open*
//! and *Quit* without a connection are in `tray.rs`.

use std::time::Instant;

use crate::connected::Invited;
use crate::desktop::{Desktop, LONG, POLL};
use crate::pairing::SYNC;
use crate::status_notifier::Panel;
use crate::{wanted, x11};

#[tokio::test(flavor = "multi_thread")]
async fn d4_each_entry_of_the_menu_does_what_it_says() {
    if !wanted() {
        return;
    }
    let mut desktop = Desktop::start();
    let mut panel = Panel::start(&desktop).await;
    // So seldom that a look within the test is one that was asked for.
    let invited = Invited::start(&mut desktop, "1h").await;
    let Invited { acme, window, .. } = &invited;
    let icon = panel.icon().await;
    let id = invited.accept().await;
    window.click("approve").await;
    window.sees("[data-testid='connection-row'][data-state='up_to_date']", SYNC).await;
    let head = "Globex & Co: Up to date".to_owned();
    icon.texts_when(SYNC, |texts| texts.contains(&head)).await;

    // Screens.
    icon.click("Settings…").await;
    window.is_at("/settings").await;
    window.sees("[data-testid='version']", LONG).await;
    icon.click("  Open").await;
    window.is_at(&format!("/connections/{id}")).await;
    icon.click("Settings…").await;
    window.is_at("/settings").await;
    // Brings the window to the front as it is.
    icon.click("Open Twinline").await;
    x11::title(&desktop, |title| title == "Twinline — Up to date").await;

    // Looks now, and not in an hour.
    let before = acme.polls();
    icon.click("Sync now").await;
    until("a look at Jira", || acme.polls() > before).await;

    // One connection.
    window.go("/connections").await;
    icon.click("  Pause").await;
    window.sees("[data-testid='connection-row'][data-state='paused']", SYNC).await;
    icon.texts_when(SYNC, |texts| texts.contains(&"  Resume".to_owned())).await;
    icon.click("  Resume").await;
    window.sees("[data-testid='connection-row'][data-state='up_to_date']", SYNC).await;

    // All of them: for an hour, until tomorrow, until somebody resumes.
    for (entry, says) in [
        ("  1 hour", "Paused until "),
        ("  Until tomorrow, 08:00", "Paused until tomorrow, 08:00"),
        ("  Until I resume", "Paused"),
    ] {
        icon.texts_when(SYNC, |texts| texts.contains(&entry.to_owned())).await;
        icon.click(entry).await;
        let paused = "[data-testid='overall-status'][data-state='paused']";
        // An hour from now is told by the clock.
        let hour = |text: &str| text.starts_with(says) && text != "Paused until tomorrow, 08:00";
        let said = |text: &str| if entry == "  1 hour" { hour(text) } else { text == says };
        let told = window.sees_when(paused, SYNC, said).await;
        icon.texts_when(SYNC, |texts| texts[0] == told).await;
        icon.click("Resume syncing").await;
        icon.texts_when(SYNC, |texts| texts[0] == "Up to date").await;
    }

    // What needs a person.
    acme.faults(r#"{"expired_token": "401"}"#);
    icon.click("Sync now").await;
    icon.texts_when(SYNC, |texts| texts.contains(&"Needs attention (1)…".to_owned())).await;
    icon.click("Needs attention (1)…").await;
    window.is_at("/attention").await;
    window.sees("[data-testid='problem']", LONG).await;

    // Closed, an entry opens the window at its screen.
    x11::close_windows(&desktop);
    desktop.web_views_are(0).await;
    icon.click("  Open").await;
    x11::title(&desktop, |title| title.starts_with("Twinline — ")).await;
    desktop.web_views_are(1).await;
    window.follow().await;
    window.is_at(&format!("/connections/{id}")).await;

    icon.click("Quit Twinline").await;
    desktop.web_views_are(0).await;
    invited.partner().stop().await;
}

async fn until(what: &str, there: impl Fn() -> bool) {
    let begun = Instant::now();
    while !there() {
        assert!(begun.elapsed() < LONG, "did not happen: {what}");
        tokio::time::sleep(POLL).await;
    }
}
