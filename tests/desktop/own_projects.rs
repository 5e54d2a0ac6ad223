//! Two projects of one's own, connected in the real window.

use crate::desktop::{Desktop, LONG};
use crate::pairing::{SYNC, sign_in, until};
use crate::sites::Company;
use crate::wanted;
use crate::window::Window;

#[tokio::test(flavor = "multi_thread")]
async fn d1_two_projects_of_one_app_are_connected_in_the_window() {
    if !wanted() {
        return;
    }
    let mut desktop = Desktop::start();
    let acme = Company::start("acme", "token-of-acme-for-own-projects").await;
    let data = desktop.home().join("data-acme").display().to_string();
    let w =
        Window::open(&mut desktop, "acme", 0, &["--data", &data, "--practice", "--check-every", "1s"]).await;
    sign_in(&w, "first-run-invite", &acme).await;
    w.sees("[data-testid='partner-name']", SYNC).await;
    w.go("/connections").await;
    w.click("local").await;
    w.click("project-SUP-from").await;
    w.sees("[data-testid='project-SUP-to'][disabled]", LONG).await;
    w.click("project-OPS-to").await;
    w.sees("[data-testid='default-type-to']", SYNC).await;
    w.click("next").await;
    let warned = w.sees("[data-testid='comments-warning']", LONG).await;
    assert!(warned.contains("public comments"), "{warned}");
    w.click("local-submit").await;
    w.sees("[data-testid='local-done']", LONG).await;
    w.click("done").await;
    let row = w.sees("[data-testid='connection-row']", LONG).await;
    assert!(row.contains("Support and Operations"), "{row}");
    assert_eq!(w.text_of_all("[data-testid='connection-row'] h2").await.len(), 1, "one row for both sides");

    acme.create_issue("SUP", "Task", "Born in SUP").await;
    acme.create_issue("OPS", "Task", "Born in OPS").await;
    for project in ["SUP", "OPS"] {
        until("both stand on both sides", async || {
            let mut all = acme.summaries(project);
            all.sort();
            all == ["Born in OPS", "Born in SUP"]
        })
        .await;
    }
    w.sees("[data-testid='connection-row'][data-state='up_to_date']", SYNC).await;
    w.click_css("[data-testid='connection-link']").await;
    w.click("other-side").await;
    w.sees_when("[data-testid='local-side']", LONG, |says| says.contains("the side of OPS")).await;
    w.end().await;
}
