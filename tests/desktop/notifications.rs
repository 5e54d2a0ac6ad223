//! D4: what the desktop is told, how often, and where a click leads.

use std::path::Path;
use std::time::Instant;

use twinline_model::pause::PauseUntil;

use crate::connected::Invited;
use crate::desktop::{Desktop, LONG, POLL};
use crate::notification_service::Notifications;
use crate::pairing::SYNC;
use crate::status_notifier::Panel;
use crate::{wanted, x11};

#[tokio::test(flavor = "multi_thread")]
async fn d4_few_notifications_each_once_and_a_click_opens_its_screen() {
    if !wanted() {
        return;
    }
    let mut desktop = Desktop::start();
    let mut panel = Panel::start(&desktop).await;
    let mut desk = Notifications::start(&desktop).await;
    let invited = Invited::start(&mut desktop, "1s").await;
    let Invited { acme, globex, window, .. } = &invited;
    let icon = panel.icon().await;
    assert!(desk.is_quiet(), "nobody needs to be told what they did themselves");

    // The partner accepts, while something else is looked at.
    window.go("/settings").await;
    let id = invited.accept().await;
    let shown = desk.next_within(SYNC).await;
    assert_eq!(shown.title, "Globex & Co accepted your invitation");
    assert_eq!(shown.body, "Look who it is, and approve.");
    assert_eq!((shown.actions[0].as_str(), shown.urgency), ("default", 1));
    desk.click(&shown).await;
    window.is_at(&format!("/connections/{id}")).await;
    window.click("approve").await;

    let shown = desk.next_within(SYNC).await;
    assert_eq!(shown.title, "First sync with Globex & Co is done");
    assert_eq!(shown.body, "New issues are synced from now on.");
    assert_eq!(shown.urgency, 0);

    // A cause is told, in its words, and as text: the name is no markup.
    acme.faults(r#"{"forbid": "CREATE_ISSUES"}"#);
    for summary in ["One of two", "Two of two"] {
        globex.create_issue("GX", "Task", summary).await;
    }
    let shown = desk.next_within(SYNC).await;
    assert_eq!(shown.title, "Globex & Co: needs attention");
    assert!(shown.body.contains("SUP") && !shown.body.contains("& "), "{}", shown.body);
    // Without a window, a click makes one, at the screen.
    x11::close_windows(&desktop);
    desktop.web_views_are(0).await;
    desk.click(&shown).await;
    desktop.web_views_are(1).await;
    window.follow().await;
    window.is_at(&format!("/connections/{id}/attention")).await;
    window.sees("[data-testid='problem']", LONG).await;

    // Another one within the hour is not; the tray has it.
    acme.faults(r#"{"forbid": "CREATE_ISSUES", "expired_token": "401"}"#);
    let all = |texts: &[String]| texts.contains(&"Needs attention (3)…".to_owned());
    icon.texts_when(SYNC, all).await;

    // Nor does a restart repeat anything: what comes next is the partner's pause.
    let (args, partner) = (invited.args.clone(), invited.partner());
    let hidden: Vec<&str> = args.iter().map(String::as_str).chain(["--hidden"]).collect();
    icon.click("Quit Twinline").await;
    desktop.no_app_runs().await;
    panel.forget();
    desktop.app(&hidden);
    let icon = panel.icon().await;
    icon.texts_when(SYNC, all).await;
    assert!(desk.is_quiet(), "{:?}", desk.next().await);
    partner.pause(&id.as_str().into(), PauseUntil::Resumed).await.unwrap();
    let shown = desk.next_within(SYNC).await;
    assert_eq!(shown.title, "Globex & Co paused the connection");
    assert_eq!(shown.body, "What changes meanwhile is kept, and synced when Globex &amp; Co resumes.");

    // Also in an app that was started without a window.
    assert!(x11::titles(&desktop).is_empty());
    desk.click(&shown).await;
    x11::title(&desktop, |title| title.starts_with("Twinline — ")).await;
    desktop.web_views_are(1).await;
    let log = desktop.log("data-acme");
    assert!(log.contains(&format!("window shown route=\"/connections/{id}\"")), "{log}");
    icon.click("Quit Twinline").await;
    partner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desktop_that_shows_no_notifications_is_noted_once() {
    if !wanted() {
        return;
    }
    let mut desktop = Desktop::start();
    let invited = Invited::start(&mut desktop, "1s").await;
    let window = &invited.window;
    invited.accept().await;
    until("the log says so", || said(&desktop) > 0).await;
    window.click("approve").await;
    let database = desktop.home().join("data-acme/twinline.db");
    until("the first sync is told", || kinds_told(&database) == 2).await;
    let partner = invited.partner();
    let id = partner.connections().await.unwrap()[0].id.clone();
    partner.pause(&id, PauseUntil::Resumed).await.unwrap();
    // They are shown one after the other: at the third one's turn, the second one was tried.
    until("a third kind is told", || kinds_told(&database) == 3).await;
    assert_eq!(said(&desktop), 1);
    partner.stop().await;
    window.end().await;
}

fn said(desktop: &Desktop) -> usize {
    desktop.log("data-acme").matches("this desktop shows no notifications").count()
}

/// Nothing is kept for a day on which notifications are shown.
fn kinds_told(database: &Path) -> i64 {
    let database = rusqlite::Connection::open(database).unwrap();
    database.query_row("SELECT count(*) FROM notified_kind", [], |row| row.get(0)).unwrap()
}

async fn until(what: &str, there: impl Fn() -> bool) {
    let begun = Instant::now();
    while !there() {
        assert!(begun.elapsed() < SYNC, "did not happen: {what}");
        tokio::time::sleep(POLL).await;
    }
}
