//! Script mode in the real window: the editor, the language and the engine as they are.

use thirtyfour::Key;

use crate::connected::Invited;
use crate::desktop::{Desktop, LONG};
use crate::pairing::{SYNC, until};
use crate::wanted;
use crate::window::Window;

/// Replaces what stands in the editor.
async fn write(w: &Window, rules: &str) {
    w.sees(".cm-content", LONG).await;
    w.click_css(".cm-content").await;
    w.chord(&[Key::Control], 'a').await;
    w.press(rules).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d1_rules_are_upgraded_written_tried_and_saved() {
    if !wanted() {
        return;
    }
    let mut desktop = Desktop::start();
    let story = Invited::start(&mut desktop, "1s").await;
    let id = story.accept().await;
    let Invited { acme, globex, window: w, .. } = &story;
    w.enter("approve").await;
    acme.create_issue("SUP", "Task", "Before").await;
    until("it arrives", async || globex.summaries("GX") == ["Before"]).await;

    w.go(&format!("/connections/{id}/rules")).await;
    w.click("upgrade").await;
    w.click("confirm-yes").await;
    w.sees_when("[data-testid='rules-version']", LONG, |says| says.contains("version 1")).await;

    // What does not compile cannot be saved, and says where.
    write(w, "replica.summary = ;").await;
    w.sees("[data-testid='fault'][data-line='1']", LONG).await;
    w.sees("[data-testid='save-rules'][aria-disabled='true']", LONG).await;

    write(w, "replica.type = issue.type; replica.summary = company + \": \" + issue.summary;").await;
    w.gone("[data-testid='fault']").await;
    w.click("try-rules").await;
    let tried = w.sees("[data-testid='tried']", SYNC).await;
    assert!(tried.contains("acme: Before"), "{tried}");
    w.click("save-rules").await;
    w.sees_when("[data-testid='rules-version']", LONG, |says| says.contains("version 2")).await;
    acme.create_issue("SUP", "Task", "After").await;
    until("it arrives by the rules", async || globex.summaries("GX").contains(&"acme: After".into())).await;
    assert!(globex.summaries("GX").contains(&"Before".into()), "what stands there is not written again");
    w.end().await;
}
