//! Two issues that exist already become a pair: asked in the real window, answered by the partner's people.

use twinline_model::ConnectionId;
use twinline_model::view::QuestionStanding;

use crate::connected::Invited;
use crate::desktop::{Desktop, LONG};
use crate::pairing::{SYNC, until};
use crate::wanted;

#[tokio::test(flavor = "multi_thread")]
async fn d1_two_issues_that_exist_become_a_pair_when_the_partner_says_yes() {
    if !wanted() {
        return;
    }
    let mut desktop = Desktop::start();
    let story = Invited::start(&mut desktop, "1s").await;
    let Invited { acme, globex, window: w, .. } = &story;
    // They were there before the connection, and nobody wanted older issues.
    let ours = acme.create_issue("SUP", "Task", "Printer on fire").await;
    let theirs = globex.create_issue("GX", "Task", "Smoke in room 4").await;
    acme.comment(&ours, "Seen at ACME").await;
    globex.comment(&theirs, "Seen at Globex").await;
    let id = story.accept().await;
    w.enter("approve").await;
    w.sees("[data-testid='connection-row'][data-state='up_to_date']", SYNC).await;
    let writes = (acme.writes(), globex.writes());

    // What is no key is said at its field, before anybody is asked.
    w.go(&format!("/connections/{id}/issues")).await;
    w.click("connect").await;
    w.fill("connect-ours", &ours).await;
    w.fill("connect-theirs", "the smoke").await;
    w.click("connect-next").await;
    w.sees("[data-testid='connect-theirs'][aria-invalid='true']", LONG).await;
    w.fill("connect-theirs", &format!("{}/browse/{theirs}", globex.url())).await;
    w.click("connect-next").await;
    let learns = w.sees("[data-testid='connect-learns']", SYNC).await;
    assert!(learns.contains(&ours) && learns.contains("Printer on fire"), "{learns}");
    let warning = w.text("connect-warning").await;
    assert!(warning.contains(&format!("{ours} and {theirs} become one pair")), "{warning}");
    // Asked of ACME's own node: the partner would not know of a question yet.
    let made = "const [connection, done] = arguments;
        window.__TAURI_INTERNALS__.invoke('questions', { connection })
            .then((all) => done(all.questions.length), (e) => done(e.code ?? String(e)));";
    let made = w.driver.execute_async(made, vec![id.clone().into()]).await.unwrap();
    assert_eq!(made.json().as_u64(), Some(0), "a preview asks nobody: {}", made.json());
    let partner = story.partner();
    let connection = ConnectionId::new(&id);
    let open = async || partner.questions(Some(&connection)).await.unwrap();

    // Asked, taken back, and asked anew.
    w.click("connect-ask").await;
    w.sees("[data-testid='question-row'][data-state='waiting_for_partner']", SYNC).await;
    until("it arrives", async || open().await.len() == 1).await;
    w.click("question-withdraw").await;
    w.click("confirm-yes").await;
    w.gone("[data-testid='questions']").await;
    until("nobody has to answer any more", async || open().await.is_empty()).await;
    w.click("connect").await;
    w.fill("connect-ours", &ours).await;
    w.fill("connect-theirs", &theirs).await;
    w.click("connect-next").await;
    w.click("connect-ask").await;
    let mut question = None;
    until("it waits for Globex's people", async || {
        question = open().await.into_iter().find(|q| q.state == QuestionStanding::WaitingForYou);
        question.is_some()
    })
    .await;
    assert_eq!((acme.writes(), globex.writes()), writes, "nothing is written before the yes");

    // Globex says yes.
    partner.answer_question(&connection, &question.unwrap().id, true).await.unwrap();
    let pair = "[data-testid='pair-row'][data-state='in_step']";
    w.sees_when(pair, SYNC, |row| row.contains(&ours) && row.contains(&theirs)).await;
    w.gone("[data-testid='questions']").await;
    w.screenshot("connected").await;
    until("one summary on both sides", async || {
        acme.summaries("SUP") == globex.summaries("GX") && acme.summaries("SUP").len() == 1
    })
    .await;
    for (company, key) in [(acme, &ours), (globex, &theirs)] {
        until("the comments of both", async || company.comments(key).await.len() == 2).await;
        let all = company.comments(key).await;
        for said in ["Seen at ACME", "Seen at Globex"] {
            assert_eq!(all.iter().filter(|one| one.contains(said)).count(), 1, "{said}: {all:?}");
        }
    }
    // And from then on they are a pair like any other.
    acme.rename(&ours, "Out again").await;
    until("an edit crosses", async || globex.summaries("GX") == ["Out again"]).await;
    for (company, key) in [(acme, &ours), (globex, &theirs)] {
        assert_eq!(company.comments(key).await.len(), 2, "each comment was made once");
    }
    w.end().await;
}
