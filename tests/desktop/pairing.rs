//! The whole story in two real windows (D1), and no secret left behind (D6).

use std::path::Path;
use std::time::{Duration, Instant};

use crate::desktop::{Desktop, POLL, free_port};
use crate::sites::Company;
use crate::status_notifier::Panel;
use crate::wanted;
use crate::window::Window;

/// How long two sides may take that look at each other every second.
pub const SYNC: Duration = Duration::from_secs(60);

/// Waits for something that does not show in a window.
pub async fn until(what: &str, mut there: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !there().await {
        assert!(begun.elapsed() < SYNC, "did not happen: {what}");
        tokio::time::sleep(POLL).await;
    }
}

/// Signs in through the first run.
pub async fn sign_in(window: &Window, goal: &str, company: &Company) {
    window.click(goal).await;
    window.fill("site", company.url()).await;
    window.fill("email", company.email()).await;
    window.fill("token", company.token()).await;
    window.click("sign-in").await;
}

/// Goes through the wizard *Initiate connection* as far as its review.
pub async fn choose_what_to_initiate(window: &Window, partner: &str, project: &str, address: &str) {
    window.fill("partner-name", partner).await;
    window.click("no-url").await;
    window.click("next").await;
    window.sees("[data-testid='mode-basic']", SYNC).await;
    window.click("next").await;
    window.click(&format!("project-{project}")).await;
    window.sees("[data-testid='default-type']", SYNC).await;
    window.click("next").await;
    window.fill("address", address).await;
    window.click("approval-ask").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_companies_connect_through_their_windows_and_leave_no_secret_behind() {
    if !wanted() {
        return;
    }
    let acme = Company::start("acme", "twl-sentinel-token-of-acme-6c1f").await;
    let globex = Company::start("globex", "twl-sentinel-token-of-globex-93ab").await;
    let mut desktop = Desktop::start();
    let mut panel = Panel::start(&desktop).await;
    let folder = |name: &str| desktop.home().join(name).display().to_string();
    let (data_a, data_g) = (folder("data-acme"), folder("data-globex"));
    let listen = format!("127.0.0.1:{}", free_port());
    let usual = ["--practice", "--check-every", "1s"];
    let args_a = [&["--data", &data_a, "--listen", &listen][..], &usual].concat();
    let args_g = [&["--data", &data_g][..], &usual].concat();
    let a = Window::open(&mut desktop, "acme", 0, &args_a).await;
    let icon = panel.icon().await;
    let g = Window::open(&mut desktop, "globex", 1120, &args_g).await;

    // Both sign in to their Jira.
    a.sees("[data-testid='first-run-invite']", SYNC).await;
    a.screenshot("01-first-run").await;
    sign_in(&a, "first-run-invite", &acme).await;
    sign_in(&g, "first-run-accept", &globex).await;

    // A practice site's address says nothing about the company.
    for (window, name) in [(&a, "ACME Ltd"), (&g, "Globex")] {
        window.click("nav-settings").await;
        window.fill("company", name).await;
        window.click("save").await;
        window.says("Settings are saved.").await;
    }
    a.go("/initiate").await;
    g.go("/accept").await;

    // ACME initiates.
    a.sees("[data-testid='partner-name']", SYNC).await;
    a.screenshot("02-initiate-partner").await;
    choose_what_to_initiate(&a, "", "SUP", &format!("http://{listen}")).await;
    a.screenshot("03-initiate-review").await;
    a.click("initiate-submit").await;
    let code = a.text("invitation-code").await;
    a.click("copy-code").await;
    a.screenshot("04-invitation").await;
    let copied = clipboard_when(&desktop, &code).await;
    a.click("done").await;
    a.sees("[data-testid='connection-row'][data-state='waiting_for_partner']", SYNC).await;
    let row = a.text("connection-row").await;
    assert!(row.contains("unknown"), "the partner is not known yet: {row}");
    a.screenshot("05-waiting-for-partner").await;

    // Globex accepts what ACME copied.
    g.fill("paste-invitation", &copied).await;
    assert_eq!(g.text("preview-partner").await, "From ACME Ltd");
    g.click("project-GX").await;
    g.sees("[data-testid='default-type']", SYNC).await;
    g.screenshot("06-accept").await;
    g.click("accept-submit").await;
    let theirs = g.sees("[data-testid='accepted'] [data-testid='comparison']", SYNC).await;
    g.screenshot("07-accepted").await;

    // ACME sees who it is, and approves.
    let ours = a.sees("[data-testid='approval'] [data-testid='comparison']", SYNC).await;
    assert_eq!(ours, theirs, "both screens show the same number");
    let claimed = a.text("claimed-identity").await;
    assert!(claimed.contains("Ana Ruiz of Globex"), "{claimed}");
    a.screenshot("08-approval").await;
    a.click("approve").await;

    // In step, on both sides.
    g.go("/connections").await;
    for window in [&a, &g] {
        window.sees("[data-testid='connection-row'][data-state='up_to_date']", SYNC).await;
        window.sees("[data-testid='overall-status'][data-state='up_to_date']", SYNC).await;
        assert!(window.text("connection-state").await.contains("Up to date"));
        window.screenshot("09-up-to-date").await;
    }

    // The tray says so too, and can pause and resume.
    let menu = icon.texts_when(SYNC, |menu| menu[3] == "Globex: Up to date").await;
    assert_eq!(menu[0], "Up to date");
    let expected = [
        "Globex: Up to date",
        "  Open",
        "  Pause",
        "—",
        "Sync now",
        "Pause syncing",
        "  1 hour",
        "  Until tomorrow, 08:00",
        "  Until I resume",
        "—",
    ];
    assert_eq!(menu[3..13], expected, "{menu:?}");
    for (entry, says) in
        [("  Until I resume", "Paused"), ("  Until tomorrow, 08:00", "Paused until tomorrow, 08:00")]
    {
        icon.click(entry).await;
        let paused = "[data-testid='overall-status'][data-state='paused']";
        a.sees_when(paused, SYNC, |text| text == says).await;
        // Menu, title of the tray and window say the very same.
        let menu = icon.texts_when(SYNC, |menu| menu.contains(&"Globex: Paused".into())).await;
        assert_eq!(menu[0], says, "{menu:?}");
        icon.click("Resume syncing").await;
        icon.texts_when(SYNC, |menu| menu[0] == "Up to date").await;
    }

    // An issue of ACME turns up in Globex's Jira, and as a pair in both windows.
    let summary = "Printer on the third floor smells of burning";
    let key = acme.create_issue("SUP", "Task", summary).await;
    let mut twin = None;
    for window in [&a, &g] {
        window.click("connection-link").await;
        window.click("tab-issues").await;
        let pair = "[data-testid='pair-row'][data-state='in_step']";
        let pair = window.sees_when(pair, SYNC, |text| text.contains("GX-")).await;
        window.screenshot("10-pair").await;
        assert!(pair.contains(&key) && pair.contains(summary), "{pair}");
        let found = pair.split_whitespace().find(|word| word.starts_with("GX-")).map(str::to_owned);
        assert!(found.is_some() && (twin.is_none() || twin == found), "{pair}");
        twin = found;
    }
    let issue = globex.issue(&twin.unwrap()).await;
    assert_eq!(issue["summary"], summary);
    assert_eq!(issue["issuetype"]["name"], "Task");

    // Nothing secret in a process's arguments while they run, nor in a file after they ended.
    let secrets = secrets(&[acme.token(), globex.token()], &copied);
    for (id, line) in desktop.processes() {
        assert_none(&secrets, &format!("arguments of process {id}"), line.as_bytes());
    }
    a.quit().await;
    g.quit().await;
    let looked_at = search(desktop.home(), &secrets);
    assert!(looked_at.iter().any(|file| file.ends_with("twinline.db")), "the databases were searched");
    assert!(looked_at.iter().any(|file| file.contains("/logs/")), "the logs were searched");
    assert!(looked_at.iter().any(|file| file.contains("said-")), "what the programs printed was searched");
}

/// The clipboard belongs to the app: it may take a moment.
async fn clipboard_when(desktop: &Desktop, code: &str) -> String {
    let plain = |text: &str| text.split_whitespace().collect::<String>();
    let start = Instant::now();
    loop {
        let copied = desktop.clipboard();
        if plain(&copied) == plain(code) {
            return copied;
        }
        assert!(start.elapsed() < SYNC, "the clipboard holds {} characters of another text", copied.len());
        tokio::time::sleep(POLL).await;
    }
}

/// Every form in which a secret could have been left: as it is, as basic authentication would carry it, and the
/// invitation with and without its spaces and its prefix.
fn secrets(tokens: &[&str], invitation: &str) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for token in tokens {
        all.push((format!("token {}…", &token[..24]), token.as_bytes().to_vec()));
        // UTF-16, as a browser engine's strings may lie in a file.
        all.push((
            format!("token {}… in UTF-16", &token[..24]),
            token.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ));
    }
    let plain: String = invitation.split_whitespace().collect();
    // The middle is enough: whoever writes the code writes its middle.
    let middle = &plain[plain.len() / 2 - 20..plain.len() / 2 + 20];
    all.push(("the invitation".into(), middle.as_bytes().to_vec()));
    all.push(("the invitation in UTF-16".into(), middle.encode_utf16().flat_map(u16::to_le_bytes).collect()));
    let groups: Vec<&str> = invitation.split_whitespace().collect();
    let spaced = groups[groups.len() / 2 - 4..groups.len() / 2 + 4].join(" ");
    all.push(("the invitation in groups".into(), spaced.into_bytes()));
    all
}

fn search(folder: &Path, secrets: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut looked_at = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                let name = entry.path().display().to_string();
                assert_none(secrets, &name, &std::fs::read(entry.path()).unwrap());
                looked_at.push(name);
            }
        }
    }
    looked_at
}

fn assert_none(secrets: &[(String, Vec<u8>)], place: &str, bytes: &[u8]) {
    for (name, secret) in secrets {
        // Only the secret's name is told: the test's output is a file as well.
        assert!(!bytes.windows(secret.len()).any(|part| part == secret), "{name} is in {place}");
    }
}

#[test]
fn the_search_finds_what_is_there() {
    let secrets = secrets(&["twl-sentinel-token-of-nobody-0000"], &"abcde ".repeat(40));
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("deep")).unwrap();
    let file = folder.path().join("deep/file");
    std::fs::write(&file, "harmless").unwrap();
    assert_eq!(search(folder.path(), &secrets).len(), 1);
    for (name, secret) in &secrets {
        std::fs::write(&file, [b"before".as_slice(), secret, b"after"].concat()).unwrap();
        assert!(std::panic::catch_unwind(|| search(folder.path(), &secrets)).is_err(), "{name}");
    }
}
