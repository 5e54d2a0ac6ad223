//! Bad input is answered by a sentence in the window (D9).

use std::time::Duration;

use crate::desktop::{Desktop, free_port};
use crate::pairing::{choose_what_to_initiate, sign_in};
use crate::sites::Company;
use crate::window::Window;
use crate::{wanted, x11};

const LONG: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn wrong_sign_ins_and_wrong_codes_are_told_in_the_window() {
    if !wanted() {
        return;
    }
    let acme = Company::start("acme", "twl-token-of-acme").await;
    let mut desktop = Desktop::start();
    let data = desktop.home().join("acme").display().to_string();
    let listen = format!("127.0.0.1:{}", free_port());
    let args = ["--data", &data, "--practice", "--listen", &listen, "--check-every", "1s"];
    let w = Window::open(&mut desktop, "acme", 0, &args).await;

    // No site there, then a wrong token.
    w.click("first-run-invite").await;
    w.fill("site", &format!("http://127.0.0.1:{}", free_port())).await;
    w.fill("email", acme.email()).await;
    w.fill("token", "wrong").await;
    w.click("sign-in").await;
    let said = w.trouble("site-unreachable").await;
    assert!(said.contains("127.0.0.1"), "{said}");
    w.screenshot("d9-wrong-site").await;
    w.fill("site", acme.url()).await;
    w.click("sign-in").await;
    let said = w.trouble("token-rejected").await;
    assert!(said.contains(acme.email()) || said.contains("token"), "{said}");
    w.screenshot("d9-wrong-token").await;
    w.click("back").await;
    sign_in(&w, "first-run-invite", &acme).await;

    choose_what_to_initiate(&w, "Globex", "SUP", &format!("http://{listen}")).await;
    w.click("initiate-submit").await;
    let code = w.text("invitation-code").await;
    w.click("done").await;
    w.click("accept").await;

    // Our own code, one without its end, one with a slip of the finger, a web address.
    let groups: Vec<&str> = code.split_whitespace().collect();
    let short = groups[..groups.len() - 6].join(" ");
    let mistyped = slip(&code);
    for (paste, trouble) in [
        (code.as_str(), "invitation-own"),
        (short.as_str(), "invitation-incomplete"),
        (mistyped.as_str(), "invitation-typo"),
        ("https://example.com/accept?code=123", "invitation-foreign"),
        ("good morning", "invitation-absent"),
    ] {
        w.fill("paste-invitation", paste).await;
        let said = w.trouble(trouble).await;
        assert!(said.split_whitespace().count() > 4 && !said.contains("problem-"), "{trouble}: {said}");
        w.screenshot(&format!("d9-{trouble}")).await;
        assert_eq!(w.sees("[data-testid='accept-submit']", LONG).await, "Accept and connect");
    }
    w.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_that_cannot_be_used_is_told_in_the_window() {
    if !wanted() {
        return;
    }
    let mut desktop = Desktop::start();
    let file = desktop.home().join("no-folder");
    std::fs::write(&file, "a file where the folder should be").unwrap();
    let w = Window::open(&mut desktop, "acme", 0, &["--data", &file.display().to_string()]).await;
    let said = w.trouble("folder-unusable").await;
    assert!(said.contains("no-folder"), "{said}");
    w.screenshot("d9-folder-unusable").await;
    x11::title(&desktop, |title| title.contains("no-folder")).await;
    w.quit().await;
}

/// Another letter in the middle.
fn slip(code: &str) -> String {
    let at = code.len() / 2 + usize::from(code.as_bytes()[code.len() / 2] == b' ');
    let other = if code.as_bytes()[at] == b'q' { "p" } else { "q" };
    format!("{}{other}{}", &code[..at], &code[at + 1..])
}
