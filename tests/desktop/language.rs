//! Window, tray and title speak the system's language, or the one that was chosen, from the moment of the choice.

use crate::desktop::{Desktop, LONG};
use crate::pairing::sign_in;
use crate::sites::Company;
use crate::status_notifier::Panel;
use crate::window::Window;
use crate::{wanted, x11};

const ENGLISH: [&str; 4] = ["Open Twinline", "—", "Settings…", "Quit Twinline"];
const GERMAN: [&str; 4] = ["Twinline öffnen", "—", "Einstellungen …", "Twinline beenden"];

#[tokio::test(flavor = "multi_thread")]
async fn a_german_desktop_is_spoken_to_in_german_until_somebody_chooses_english() {
    if !wanted() {
        return;
    }
    let acme = Company::start("acme", "twl-token-of-acme").await;
    let mut desktop = Desktop::start_in("de_DE.UTF-8");
    let mut panel = Panel::start(&desktop).await;
    let data = desktop.home().join("acme").display().to_string();
    let w = Window::open(&mut desktop, "acme", 0, &["--data", &data, "--practice"]).await;
    let icon = panel.icon().await;

    w.says("Wie möchten Sie beginnen?").await;
    let menu = icon.texts_when(LONG, |texts| texts[0] == "Nicht eingerichtet").await;
    assert_eq!(menu[1..], GERMAN);
    x11::title(&desktop, |title| title == "Twinline — Nicht eingerichtet").await;
    sign_in(&w, "first-run-invite", &acme).await;
    w.sees("[data-testid='partner-name']", LONG).await;

    w.go("/settings").await;
    w.says("Über diesen Computer").await;
    w.screenshot("language-german").await;
    w.click("language-en").await;
    w.says("About this computer").await;
    w.sees_when("[data-testid='overall-status']", LONG, |said| said == "Not set up").await;
    let menu = icon.texts_when(LONG, |texts| texts[0] == "Not set up").await;
    assert_eq!(menu[1..], ENGLISH);
    x11::title(&desktop, |title| title == "Twinline — Not set up").await;
    w.screenshot("language-english").await;

    // Kept, and still as the system where that is chosen again.
    w.click("language-system").await;
    let menu = icon.texts_when(LONG, |texts| texts[0] == "Nicht eingerichtet").await;
    assert_eq!(menu[1..], GERMAN);
    w.click("language-en").await;
    icon.texts_when(LONG, |texts| texts[0] == "Not set up").await;
    w.quit().await;
    desktop.app(&["--data", &data, "--practice", "--hidden"]);
    let menu = panel.icon().await.texts_when(LONG, |texts| texts[0] == "Not set up").await;
    assert_eq!(menu[1..], ENGLISH);
}
