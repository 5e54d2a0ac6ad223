//! Diagnostics in the real window: read, saved as a file, and the folder opened; and no word of people in it.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;

use crate::desktop::{Desktop, LONG, POLL};
use crate::pairing::sign_in;
use crate::sites::Company;
use crate::wanted;
use crate::window::Window;

/// A program that the desktop's opener finds first, and that writes down what it was to open.
fn fake_opener(desktop: &Desktop) -> String {
    let bin = desktop.home().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let said = desktop.home().join("opened.txt");
    let program = bin.join("xdg-open");
    std::fs::write(&program, format!("#!/bin/sh\nprintf '%s\\n' \"$1\" >> '{}'\n", said.display())).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn diagnostics_are_read_saved_and_found_and_tell_nobodys_words() {
    if !wanted() {
        return;
    }
    let acme = Company::start("acme", "twl-sentinel-token-of-acme-77d0").await;
    let mut desktop = Desktop::start();
    let downloads = desktop.home().join("Downloads");
    std::fs::create_dir(&downloads).unwrap();
    std::fs::create_dir_all(desktop.home().join(".config")).unwrap();
    std::fs::write(desktop.home().join(".config/user-dirs.dirs"), "XDG_DOWNLOAD_DIR=\"$HOME/Downloads\"\n")
        .unwrap();
    let path = fake_opener(&desktop);
    let data = desktop.home().join("acme").display().to_string();
    let w = Window::open_with(&mut desktop, "acme", 0, &["--data", &data, "--practice"], &[("PATH", &path)])
        .await;
    sign_in(&w, "first-run-invite", &acme).await;
    w.sees("[data-testid='partner-name']", LONG).await;
    w.go("/settings").await;
    w.fill("company", "Sentinel Company").await;
    w.click("save").await;
    w.says("Settings are saved.").await;

    w.click("to-diagnostics").await;
    w.click("file-about.json").await;
    w.screenshot("diagnostics").await;
    let shown = w.text_of_all("[data-testid='file'] pre").await;
    assert!(
        std::fs::read_dir(&downloads).unwrap().next().is_none(),
        "nothing is written before it is asked for"
    );
    w.click("save-diagnostics").await;
    let said = w.text("saved").await;
    let file = std::fs::read_dir(&downloads).unwrap().next().expect("a file").unwrap().path();
    assert!(said.contains(&file.display().to_string()), "{said}");
    w.screenshot("diagnostics-saved").await;

    let mut zip = zip::ZipArchive::new(std::fs::File::open(&file).unwrap()).unwrap();
    let mut saved = Vec::new();
    for at in 0..zip.len() {
        let mut text = String::new();
        zip.by_index(at).unwrap().read_to_string(&mut text).unwrap();
        saved.push(text);
    }
    assert_eq!(saved, shown, "what was shown is what was saved");
    let all = saved.concat();
    assert!(all.contains("node started") && all.contains("\"keychain\""), "{all}");
    for word in [
        acme.token(),
        acme.email(),
        "Sentinel Company",
        data.as_str(),
        acme.url().trim_start_matches("http://"),
    ] {
        assert!(!all.contains(word), "{word} is in {all}");
    }

    w.click("open-saved").await;
    let opened = desktop.home().join("opened.txt");
    let start = std::time::Instant::now();
    while !std::fs::read_to_string(&opened).is_ok_and(|said| said == format!("{}\n", downloads.display())) {
        assert!(start.elapsed() < LONG, "{:?}\n{}", std::fs::read_to_string(&opened), desktop.story());
        tokio::time::sleep(POLL).await;
    }
    w.quit().await;
}
