//! Everything is deleted in the real window: the partner hears of it, and the app stands as at its first start.

use twinline_model::view::ConnectionState;

use crate::connected::Invited;
use crate::desktop::{Desktop, LONG};
use crate::pairing::sign_in;
use crate::{wanted, x11};

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_deleted_the_partner_hears_of_it_and_the_app_begins_anew() {
    if !wanted() {
        return;
    }
    let mut desktop = Desktop::start();
    let story = Invited::start(&mut desktop, "1s").await;
    let id = story.accept().await;
    let w = &story.window;
    w.click("approve").await;
    w.sees("[data-testid='connection-row'][data-state='up_to_date']", 2 * LONG).await;

    w.go("/settings").await;
    w.click("retention-week").await;
    w.says("Settings are saved.").await;
    w.click("export").await;
    let said = w.text("saved").await;
    let file = said.split_whitespace().find(|word| word.ends_with(".json")).expect("a path");
    let told: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(told["connections"][0]["id"].as_str(), Some(id.as_str()));
    // It is the person's, and would stay: this desktop has no folder for downloads, so it lies beside the data.
    std::fs::remove_file(file).unwrap();

    w.click("delete-everything").await;
    w.screenshot("delete-everything").await;
    w.click("confirm-yes").await;
    w.sees("[data-testid='first-run-invite']", 2 * LONG).await;
    let said =
        w.sees_when("[data-testid='live']", LONG, |said| said.contains("Everything is deleted.")).await;
    assert_eq!(said.trim(), "Everything is deleted.", "the partner was reached");
    x11::title(&desktop, |title| title == "Twinline — Not set up").await;
    w.screenshot("deleted").await;

    // The partner knows.
    let start = std::time::Instant::now();
    let mut changes = story.partner().changes();
    loop {
        let there = story.partner().connection(&id.as_str().into()).await.unwrap();
        if there.state == ConnectionState::Disconnected {
            break;
        }
        assert!(start.elapsed() < LONG, "the partner still has {:?}", there.state);
        let _ = tokio::time::timeout(std::time::Duration::from_secs(1), changes.changed()).await;
    }
    // Neither the token nor the partner's name is left in a file, and one can begin anew at once.
    let data = desktop.home().join("data-acme");
    for word in [story.acme.token(), "Globex & Co", id.as_str()] {
        assert_eq!(holding(&data, word), Vec::<String>::new(), "{word}");
    }
    sign_in(w, "first-run-invite", &story.acme).await;
    w.sees("[data-testid='partner-name']", LONG).await;
    w.end().await;
}

/// The files of ours below a folder that hold a word; the web view's own are its own.
fn holding(folder: &std::path::Path, word: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path, word));
        } else if std::fs::read(&path)
            .unwrap_or_default()
            .windows(word.len())
            .any(|part| part == word.as_bytes())
        {
            found.push(path.display().to_string());
        }
    }
    found
}
