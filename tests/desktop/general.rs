//! Start at login, what closing the window means, and its theme, in the real window.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::desktop::{Desktop, LONG, POLL};
use crate::sites::Company;
use crate::status_notifier::Panel;
use crate::window::Window;
use crate::{pairing::sign_in, wanted, x11};

/// Waits until the files of the autostart folder are so many, and tells them.
async fn entries(folder: &Path, wanted: usize) -> Vec<PathBuf> {
    let start = Instant::now();
    loop {
        let found: Vec<PathBuf> =
            std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        if found.len() == wanted {
            return found;
        }
        assert!(start.elapsed() < LONG, "{found:?}");
        tokio::time::sleep(POLL).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn start_at_login_theme_and_closing_are_chosen_and_kept() {
    if !wanted() {
        return;
    }
    let acme = Company::start("acme", "twl-token-of-acme-general").await;
    let mut desktop = Desktop::start();
    let mut panel = Panel::start(&desktop).await;
    let data = desktop.home().join("ACME data").display().to_string();
    let config = desktop.home().join("my config");
    let at_login = config.join("autostart");
    let args = ["--data", &data, "--practice"];
    let surroundings = [("XDG_CONFIG_HOME", config.to_str().unwrap())];
    let w = Window::open_with(&mut desktop, "acme", 0, &args, &surroundings).await;
    panel.icon().await;
    sign_in(&w, "first-run-invite", &acme).await;
    w.sees("[data-testid='partner-name']", LONG).await;
    w.go("/settings").await;

    // Off, until somebody says so; the line names the program, no window, and this data.
    w.sees("[data-testid='start-at-login']:not(:checked)", LONG).await;
    entries(&at_login, 0).await;
    w.click("start-at-login").await;
    let file = entries(&at_login, 1).await.remove(0);
    assert_eq!(file.extension().and_then(|e| e.to_str()), Some("desktop"), "{}", file.display());
    let text = std::fs::read_to_string(&file).unwrap();
    let line = format!("Exec=\"{}\" \"--hidden\" \"--data\" \"{data}\" \"--practice\"", *crate::desktop::APP);
    assert!(
        text.starts_with("[Desktop Entry]\nType=Application\n") && text.lines().any(|l| l == line),
        "{text}"
    );
    w.sees("[data-testid='start-at-login']:checked", LONG).await;
    // Whoever takes it away in the desktop's own settings is believed.
    std::fs::remove_file(&file).unwrap();
    w.go("/connections").await;
    w.go("/settings").await;
    w.sees("[data-testid='start-at-login']:not(:checked)", LONG).await;
    w.click("start-at-login").await;
    entries(&at_login, 1).await;
    w.click("start-at-login").await;
    entries(&at_login, 0).await;

    // A theme is worn at once.
    let ground = "return getComputedStyle(document.body).backgroundColor";
    assert_eq!(w.told(ground).await, "rgb(247, 246, 242)");
    w.click("theme-dark").await;
    w.sees("html[data-theme='dark']", LONG).await;
    assert_eq!(w.told(ground).await, "rgb(19, 22, 25)");
    w.screenshot("general-dark").await;
    w.click("close-to-tray").await;
    w.sees("[data-testid='close-to-tray']:not(:checked)", LONG).await;
    w.quit().await;
    desktop.no_app_runs().await;

    // From the first paint on: the page was told before any script of its own ran.
    let w = Window::open_with(&mut desktop, "acme", 0, &args, &surroundings).await;
    panel.icon().await;
    assert_eq!(w.told("return document.documentElement.dataset.theme").await, "dark");
    w.sees("[data-testid='overall-status']", LONG).await;
    assert_eq!(w.told(ground).await, "rgb(19, 22, 25)");
    w.quit().await;
    desktop.no_app_runs().await;

    // Closing the window quits now, although there is a tray.
    let app = desktop.app(&args);
    panel.icon().await;
    x11::title(&desktop, |title| title.ends_with("Not set up")).await;
    x11::close_windows(&desktop);
    assert_eq!(desktop.ended(app).await, Some(0));
}
