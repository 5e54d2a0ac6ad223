//! The tray icon, closing and starting again.

use std::path::Path;
use std::time::Duration;

use crate::desktop::{Desktop, LONG};
use crate::status_notifier::Panel;
use crate::{wanted, x11};

const DASH: &str = "Twinline — ";

#[tokio::test(flavor = "multi_thread")]
async fn the_tray_says_what_the_title_says_and_outlives_the_window() {
    if !wanted() {
        return;
    }
    let mut desktop = Desktop::start();
    let mut panel = Panel::start(&desktop).await;
    let data = desktop.home().join("acme").display().to_string();
    let app = desktop.app(&["--data", &data, "--practice"]);
    let icon = panel.icon().await;

    // One status in both: the first line of the menu is the title's sentence.
    let menu = icon.texts_when(LONG, |texts| texts[0] != "Starting…").await;
    assert_eq!(menu[1..], ["Open Twinline", "—", "Settings…", "Quit Twinline"]);
    assert!(!icon.lines().await[0].enabled, "the status is no button");
    x11::title(&desktop, |title| title == format!("{DASH}{}", menu[0])).await;
    let picture = icon.property("IconName").await;
    assert!(Path::new(&picture).is_file(), "no icon at {picture}");
    assert_eq!(icon.property("XAyatanaLabel").await, "", "quiet while nothing needs a person");
    desktop.web_views_are(1).await;

    // Closed: no web view, but still there.
    x11::close_windows(&desktop);
    desktop.web_views_are(0).await;
    tokio::time::sleep(Duration::from_secs(1)).await; // long enough to have quit, were it to
    assert!(desktop.is_running(app), "closing the window ended the app");
    assert!(x11::titles(&desktop).is_empty());
    assert_eq!(icon.texts().await, menu);

    icon.click("Open Twinline").await;
    x11::title(&desktop, |title| title == format!("{DASH}{}", menu[0])).await;
    desktop.web_views_are(1).await;

    icon.click("Quit Twinline").await;
    assert_eq!(desktop.ended(app).await, Some(0));
    desktop.web_views_are(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_tray_closing_the_window_quits() {
    if !wanted() {
        return;
    }
    let mut desktop = Desktop::start();
    let data = desktop.home().join("acme").display().to_string();
    let app = desktop.app(&["--data", &data]);
    x11::title(&desktop, |title| title.starts_with(DASH) && !title.ends_with("Starting…")).await;
    x11::close_windows(&desktop);
    assert_eq!(desktop.ended(app).await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_shows_the_first_ones_window_and_another_folder_is_another_app() {
    if !wanted() {
        return;
    }
    let mut desktop = Desktop::start();
    let mut panel = Panel::start(&desktop).await;
    let folder = |name: &str| desktop.home().join(name).display().to_string();
    let (acme, globex) = (folder("acme"), folder("globex"));

    // As at login: an icon, and nothing else.
    let first = desktop.app(&["--data", &acme, "--hidden"]);
    panel.icon().await.texts_when(LONG, |texts| texts[0] != "Starting…").await;
    assert!(x11::titles(&desktop).is_empty());
    assert_eq!(desktop.web_views(), 0);

    let hidden_again = desktop.app(&["--data", &acme, "--hidden"]);
    assert_eq!(desktop.ended(hidden_again).await, Some(0));
    assert!(x11::titles(&desktop).is_empty(), "a second start at login opened the window");

    let again = desktop.app(&["--data", &acme]);
    assert_eq!(desktop.ended(again).await, Some(0));
    x11::title(&desktop, |title| title.starts_with(DASH)).await;
    assert!(desktop.is_running(first));
    assert_eq!(x11::titles(&desktop).len(), 1);

    let other = desktop.app(&["--data", &globex]);
    panel.icon().await;
    desktop.web_views_are(2).await;
    assert!(desktop.is_running(first) && desktop.is_running(other));
}
