//! *Try it with practice data*: begun with the keyboard alone, in step, left, gone on with, closed, and removed.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::desktop::{Desktop, LONG};
use crate::pairing::{SYNC, until};
use crate::status_notifier::Panel;
use crate::window::Window;
use crate::{wanted, x11};

const BAND: &str = "[data-testid='practice-band']";
const IN_STEP: &str = "[data-testid='practice-try'][data-first='false']";

/// A practice tracker, as its people use it.
struct Tracker {
    url: String,
    email: String,
    token: String,
    http: reqwest::Client,
}

impl Tracker {
    /// Where it is and how to sign in stands in the practice's folder.
    fn of(folder: &Path, site: &str) -> Self {
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        let note: Value = serde_json::from_str(&read("practice.json")).unwrap();
        let secrets = read(&format!("{site}/secrets.json"));
        let token = secrets.split('"').find(|part| part.starts_with("practice-")).unwrap();
        Self {
            url: format!("http://127.0.0.1:{}", note[site]),
            email: format!("ana@{site}.example"),
            token: token.to_owned(),
            http: reqwest::Client::new(),
        }
    }

    async fn comment(&self, issue: &str, text: &str) {
        let paragraph = json!({"type": "paragraph", "content": [{"type": "text", "text": text}]});
        let body = json!({"body": {"type": "doc", "version": 1, "content": [paragraph]}});
        let path = format!("{}/rest/api/3/issue/{issue}/comment", self.url);
        let request = self.http.post(path).basic_auth(&self.email, Some(&self.token)).json(&body);
        let status = request.send().await.unwrap().status();
        assert!(status.is_success(), "{status}");
    }

    /// How many of its issues hold a text; `None`: it does not answer.
    async fn holding(&self, text: &str) -> Option<usize> {
        let answer = self.http.get(format!("{}/practice/state", self.url)).send().await.ok()?;
        let state: Value = answer.json().await.ok()?;
        Some(state["issues"].as_array()?.iter().filter(|issue| issue.to_string().contains(text)).count())
    }

    async fn until_silent(&self) {
        until("its tracker stops", async || self.http.get(&self.url).send().await.is_err()).await;
    }
}

/// How many secrets the desktop's keyring holds.
async fn secrets_kept(desktop: &Desktop) -> usize {
    type Paths = Vec<zbus::zvariant::OwnedObjectPath>;
    const SERVICE: &str = "org.freedesktop.secrets";
    let bus = zbus::connection::Builder::address(desktop.bus()).unwrap().build().await.unwrap();
    let service =
        zbus::Proxy::new(&bus, SERVICE, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service").await;
    let collections: Paths = service.unwrap().get_property("Collections").await.unwrap();
    assert!(!collections.is_empty(), "the desktop has a keyring");
    let mut kept = 0;
    for collection in collections {
        let proxy =
            zbus::Proxy::new(&bus, SERVICE, collection, "org.freedesktop.Secret.Collection").await.unwrap();
        kept += proxy.get_property::<Paths>("Items").await.unwrap().len();
    }
    kept
}

async fn begin(w: &Window, folder: &Path) -> [Tracker; 2] {
    w.sees(BAND, SYNC).await;
    w.sees(IN_STEP, SYNC).await;
    w.sees("[data-testid='overall-status'][data-state='up_to_date']", SYNC).await;
    ["acme", "globex"].map(|site| Tracker::of(folder, site))
}

#[tokio::test(flavor = "multi_thread")]
async fn practice_is_begun_by_keyboard_syncs_is_left_resumed_and_removed() {
    if !wanted() {
        return;
    }
    let mut desktop = Desktop::start();
    let mut panel = Panel::start(&desktop).await;
    let data = desktop.home().join("real");
    let folder: PathBuf = data.join("practice");
    let args = ["--data", &data.display().to_string()];
    let w = Window::open(&mut desktop, "practice", 0, &args).await;
    let icon = panel.icon().await;

    // One key brings it about, nothing is typed.
    w.sees("[data-testid='practice-start']", LONG).await;
    assert!(!folder.exists(), "nothing is made before it is asked for");
    w.tab_to("practice-start").await;
    w.press(" ").await;
    let [acme, globex] = begin(&w, &folder).await;
    w.screenshot("practice-in-step").await;
    x11::title(&desktop, |title| title == "Twinline practice — Up to date").await;

    // A comment of one company arrives at the other, on the issue's twin alone.
    let text = "Written while trying it out";
    acme.comment("SUP-1", text).await;
    until("the comment arrives", async || globex.holding(text).await == Some(1)).await;
    assert_eq!(acme.holding(text).await, Some(1), "it does not echo");

    // The tray tells of the real node, which has nothing of all this; nothing real gets in.
    let menu = icon.texts_when(LONG, |menu| menu[0] == "Not set up").await;
    assert_eq!(menu[1..], ["Open Twinline", "—", "Settings…", "Quit Twinline"]);
    let real = json!({"site": "https://acme.atlassian.net", "email": "ana@acme.example", "token": "real", "expires": null});
    assert_eq!(w.refusal("add_account", real).await, "practice-only");
    for page in ["http://127.0.0.1:1/", "https://id.atlassian.com/"] {
        assert_eq!(w.refusal("open_link", json!({"url": page})).await, "address-invalid", "{page}");
    }
    assert_eq!(secrets_kept(&desktop).await, 0, "no entry in the keyring");

    // Who goes to the real settings from the tray has left practice.
    icon.click("Settings…").await;
    w.gone(BAND).await;
    acme.until_silent().await;
    globex.until_silent().await;
    x11::title(&desktop, |title| title == "Twinline — Not set up").await;
    w.sees("[data-testid='practice-start']", LONG).await;
    assert_eq!(w.refusal("open_link", json!({"url": acme.url})).await, "address-invalid");

    // It goes on as it was, and is left with all of it kept.
    w.click("practice-start").await;
    let [again, _] = begin(&w, &folder).await;
    assert_eq!((&again.url, again.holding(text).await), (&acme.url, Some(1)));
    w.click("practice-leave").await;
    w.gone(BAND).await;
    w.sees("[data-testid='practice-remove']", LONG).await;
    assert!(folder.join("practice.json").exists());

    // And removed, after one question.
    w.screenshot("practice-left").await;
    w.click("practice-remove").await;
    w.click("confirm-yes").await;
    until("the folder is gone", async || !folder.exists()).await;
    assert!(data.join("twinline.db").exists());
    w.gone("[data-testid='practice-remove']").await;
    w.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn practice_lasts_no_longer_than_its_window_and_is_not_open_after_a_restart() {
    if !wanted() {
        return;
    }
    let mut desktop = Desktop::start();
    let mut panel = Panel::start(&desktop).await;
    let data = desktop.home().join("real");
    let folder = data.join("practice");
    let args = ["--data", &data.display().to_string()];
    let w = Window::open(&mut desktop, "practice-closed", 0, &args).await;
    let icon = panel.icon().await;
    w.click("practice-start").await;
    let [acme, globex] = begin(&w, &folder).await;

    // Closed: nothing of it runs in the tray.
    x11::close_windows(&desktop);
    acme.until_silent().await;
    globex.until_silent().await;
    desktop.web_views_are(0).await;
    icon.click("Open Twinline").await;
    x11::title(&desktop, |title| title == "Twinline — Not set up").await;
    icon.click("Quit Twinline").await;
    drop(w);

    let again = Window::open(&mut desktop, "practice-again", 0, &args).await;
    again.sees("[data-testid='practice-remove']", LONG).await;
    again.gone(BAND).await;
    x11::title(&desktop, |title| title == "Twinline — Not set up").await;
    again.click("practice-remove").await;
    again.click("confirm-yes").await;
    until("the folder is gone", async || !folder.exists()).await;
    again.quit().await;
}
