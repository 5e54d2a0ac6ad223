//! An invitation's link, in the real app: it brings its code to the page, and does nothing else.

use crate::desktop::{Desktop, LONG};
use crate::pairing::{SYNC, choose_what_to_initiate, sign_in, until};
use crate::sites::Company;
use crate::status_notifier::Panel;
use crate::wanted;
use crate::window::Window;

/// The link in the message that lies on the clipboard.
async fn link_on_the_clipboard(desktop: &Desktop) -> String {
    let mut found = None;
    until("the message lies on the clipboard", async || {
        let message = desktop.clipboard();
        found = message.split_whitespace().find(|word| word.starts_with("twinline://")).map(str::to_owned);
        found.is_some()
    })
    .await;
    found.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_brings_its_code_to_the_page_and_does_nothing_else() {
    if !wanted() {
        return;
    }
    let acme = Company::start("acme", "token-of-acme-for-links").await;
    let globex = Company::start("globex", "token-of-globex-for-links").await;
    let mut desktop = Desktop::start();
    let mut panel = Panel::start(&desktop).await;
    let folder = |name: &str| desktop.home().join(name).display().to_string();
    let (data_a, data_g) = (folder("data-acme"), folder("data-globex"));
    let listen = format!("127.0.0.1:{}", crate::desktop::free_port());
    let args_a = ["--data", &data_a, "--listen", &listen, "--practice", "--check-every", "1s"];
    let a = Window::open(&mut desktop, "links-acme", 0, &args_a).await;
    panel.icon().await;
    sign_in(&a, "first-run-invite", &acme).await;
    choose_what_to_initiate(&a, "Globex", "SUP", &format!("http://{listen}")).await;
    a.click("initiate-submit").await;
    let code: String = a.text("invitation-code").await.split_whitespace().collect();
    a.click("copy-message").await;
    let link = link_on_the_clipboard(&desktop).await;
    assert_eq!(link, format!("twinline://accept?code={code}"));

    // The link starts the app: the sign-in comes first, and then the code.
    let args_g = ["--data", &data_g, "--practice", "--check-every", "1s"];
    let g = Window::open(&mut desktop, "links-globex", 1120, &[&args_g[..], &[&link]].concat()).await;
    g.text("linked").await;
    g.screenshot("link-before-the-sign-in").await;
    g.fill("site", globex.url()).await;
    g.fill("email", globex.email()).await;
    g.fill("token", globex.token()).await;
    g.click("sign-in").await;
    assert_eq!(g.text("preview-partner").await, "From acme");
    let stands = "return document.querySelector('#invitation').value";
    assert_eq!(g.told(stands).await, code);
    assert!(g.text("invitation-hint").await.contains("Nothing happens before you accept it"));
    g.screenshot("link-opened").await;
    for (id, line) in desktop.processes() {
        assert!(!line.contains(&code[20..60]), "the code is among the arguments of process {id}");
    }

    // What Twinline does not make is not taken up; the window is shown, no more.
    g.go("/connections").await;
    let hostile =
        ["twinline://accept?code=twl1%0aqq", "twinline://remove?code=twl1", "twinline:", "twinline://["];
    for word in hostile {
        let second = desktop.app(&[&args_g[..], &[word]].concat());
        assert_eq!(desktop.ended(second).await, Some(0), "{word}");
    }
    g.is_at("/connections").await;
    // A code with a slip in it is told as if it had been pasted.
    let second = desktop.app(&[&args_g[..], &["twinline://accept?code=twl1qqrsz"]].concat());
    assert_eq!(desktop.ended(second).await, Some(0));
    g.is_at("/accept").await;
    g.trouble("invitation-typo").await;

    // Who practises is not taken out of it.
    g.go("/practice").await;
    g.click("practice-start").await;
    g.sees("[data-testid='practice-band']", SYNC).await;
    let second = desktop.app(&[&args_g[..], &[link.as_str()]].concat());
    assert_eq!(desktop.ended(second).await, Some(0));
    g.text("practice-invited").await;
    g.screenshot("link-while-practising").await;
    assert_eq!(g.refusal("take_link", serde_json::json!({})).await, "practice-only");
    g.click("practice-look").await;
    g.sees("[data-testid='preview-partner']", LONG).await;
    assert_eq!(g.told(stands).await, code);

    // Nobody has accepted anything, and the code lies in no log.
    assert!(a.text("listening").await.contains(&listen), "ACME's invitation is still open");
    let log = desktop.log("data-globex");
    assert!(log.contains("link was opened") && !log.contains(&code[20..60]), "{log}");
    g.click("project-GX").await;
    g.sees("[data-testid='default-type']", LONG).await;
    g.click("accept-submit").await;
    g.sees("[data-testid='accepted']", SYNC).await;
    a.quit().await;
    g.quit().await;
}
