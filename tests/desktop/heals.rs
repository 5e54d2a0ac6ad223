//! D2: a problem of each owner. Ours is healed by what the window offers, with keys alone; of the others' the window says
//! whose turn it is, and it goes by itself. What becomes of the issues is looked up in the practice Jiras.

use thirtyfour::Key;

use crate::connected::Invited;
use crate::desktop::{Desktop, LONG};
use crate::pairing::{SYNC, until};
use crate::wanted;
use crate::window::Window;

/// Goes to *Needs attention* and reads the one card there: whose turn it is, and all that it says.
async fn card(w: &Window, code: &str) -> (String, String) {
    w.chord(&[Key::Control], 'k').await;
    w.focus_is("palette-input").await;
    w.press("Needs attention").await;
    w.press(Key::Enter).await;
    w.arrives("Needs attention").await;
    let card = format!("[data-testid='problem'][data-code='{code}']");
    let all = w.sees(&card, SYNC).await;
    (w.sees(&format!("{card} [data-testid='owner']"), LONG).await, all)
}

async fn overall(w: &Window, state: &str) -> String {
    w.sees(&format!("[data-testid='overall-status'][data-state='{state}']"), 2 * SYNC).await
}

#[tokio::test(flavor = "multi_thread")]
async fn d2_a_problem_of_each_owner_is_healed_by_keyboard() {
    if !wanted() {
        return;
    }
    let mut desktop = Desktop::start();
    let mut story = Invited::start(&mut desktop, "1s").await;
    story.accept().await;
    let Invited { acme, globex, window: w, .. } = &story;
    w.enter("approve").await;
    overall(w, "up_to_date").await;

    // The partner's: nobody here can do anything, and what is written meanwhile waits.
    globex.faults(r#"{"expired_token": "401"}"#);
    let said = overall(w, "delayed").await;
    assert_eq!(said, "Waiting for Globex & Co’s sign-in: their Jira no longer accepts it. Nothing is lost");
    acme.create_issue("SUP", "Task", "Waits for the partner").await;
    globex.faults("{}");
    story.partner_signs_in().await;
    until("it arrives", async || globex.summaries("GX") == ["Waits for the partner"]).await;
    overall(w, "up_to_date").await;

    // The tracker's: somebody there grants what was missing; then it is tried again.
    acme.faults(r#"{"forbid": "CREATE_ISSUES"}"#);
    globex.create_issue("GX", "Task", "Waits for the admin").await;
    let (turn, says) = card(w, "permission-lost").await;
    assert_eq!(turn, "Jira and its admins");
    assert!(says.contains("SUP") && says.contains("Ask your Jira administrator"), "{says}");
    assert_eq!(acme.summaries("SUP"), ["Waits for the partner"]);
    acme.faults("{}");
    w.enter("retry").await;
    until("it arrives", async || acme.summaries("SUP").len() == 2).await;
    w.gone("[data-testid='problem']").await;
    w.arrives("Needs attention").await;

    // Ours: a value that the project demands is chosen in the card.
    let team =
        r#"{"project": "SUP", "field": "customfield_10050", "name": "Team", "values": ["Red", "Blue"]}"#;
    acme.faults(&format!(r#"{{"required_field": {team}}}"#));
    globex.create_issue("GX", "Task", "Waits for a team").await;
    let (turn, says) = card(w, "required-field").await;
    assert_eq!(turn, "Your turn");
    assert!(says.contains("Team"), "{says}");
    w.enter("fill").await;
    w.focus_is("fill").await;
    w.tab_to("fill-value").await;
    w.press("B").await;
    w.enter("fill-submit").await;
    w.gone("[data-testid='problem']").await;
    w.arrives("Needs attention").await;
    let issues = async || acme.summaries("SUP").len() == 3;
    until("it arrives", issues).await;
    let made = acme.key_of("Waits for a team");
    assert_eq!(acme.issue(&made).await["customfield_10050"]["value"], "Blue");

    // The network's, and ours: while the partner's computer is off we sign in again, for which Jira cannot be reached at first.
    story.partner_goes().await;
    let Invited { acme, globex, window: w, .. } = &story;
    globex.create_issue("GX", "Task", "Waits for the network").await;
    acme.faults(r#"{"expired_token": "401"}"#);
    let (turn, says) = card(w, "sign-in-expired").await;
    assert_eq!(turn, "Your turn");
    assert!(says.contains("Sign in again"), "{says}");
    w.enter("sign-in-again").await;
    w.arrives("Jira accounts").await;
    w.enter("sign-in-again").await;
    w.focus_is(&format!("h2 “Sign in to {} again”", acme.url().trim_start_matches("http://"))).await;
    acme.faults(r#"{"drop_connection_at_byte": 0}"#);
    w.type_in("token", acme.token()).await;
    w.press(Key::Enter).await;
    let says = w.trouble("site-unreachable").await;
    assert!(says.contains("Check that this computer is online"), "{says}");
    w.focus_is("token").await;
    acme.faults("{}");
    w.press(Key::Enter).await;
    w.sees("[data-testid='account-state']", LONG).await;
    w.gone("[data-testid='token']").await;
    w.arrives("Jira accounts").await;
    let said = overall(w, "offline").await;
    assert!(said.starts_with("Offline"), "{said}");
    w.chord(&[Key::Alt], Key::Left).await;
    w.arrives("Needs attention").await;
    w.gone("[data-testid='problem']").await;
    story.partner_comes().await;
    let Invited { acme, window: w, .. } = &story;
    until("it arrives", async || acme.summaries("SUP").contains(&"Waits for the network".into())).await;
    overall(w, "up_to_date").await;
    w.end().await;
}
