//! D2: first run, initiate, accept, pause, resume and remove, in two real windows and with keys alone. What each journey
//! brings about is looked up in the practice Jiras.

use thirtyfour::Key;

use crate::desktop::{Desktop, LONG, free_port};
use crate::pairing::{SYNC, until};
use crate::sites::Company;
use crate::wanted;
use crate::window::Window;

/// What is asked when somebody signs in.
const WHO: &str = "GET /rest/api/3/myself";

/// Two companies, each with its Jira and its window.
struct Two {
    acme: Company,
    globex: Company,
    a: Window,
    g: Window,
}

/// From the first window that somebody sees to the wizard they asked for.
async fn sign_in(w: &Window, goal: &str, company: &Company, then: &str) {
    w.arrives("Keep Jira issues in step with a partner").await;
    w.enter(goal).await;
    w.arrives("Connect Jira").await;
    // Escape leads back to what was chosen.
    w.press(Key::Escape).await;
    w.focus_is(goal).await;
    w.press(Key::Enter).await;
    w.arrives("Connect Jira").await;
    w.type_in("site", company.url()).await;
    w.type_in("email", company.email()).await;
    w.type_in("token", company.token()).await;
    assert_eq!(company.asked(WHO), 0, "nobody is asked before Enter");
    w.press(Key::Enter).await;
    w.arrives(then).await;
    assert!(company.asked(WHO) > 0, "Jira was asked who it is");
}

/// Through the wizard until the code lies on the clipboard, and back to the list.
async fn invite(w: &Window, listen: &str) {
    w.arrives("Who do you want to connect with?").await;
    w.type_in("partner-name", "Globex").await;
    w.tab_to("no-url").await;
    w.press(Key::Enter).await;
    w.arrives("What is kept in step").await;
    // Back and forth loses nothing.
    w.enter("back").await;
    w.arrives("Who do you want to connect with?").await;
    w.tab_to("partner-name").await;
    w.holds("Globex").await;
    w.press(Key::Enter).await;
    w.arrives("What is kept in step").await;
    w.enter("next").await;
    w.arrives("Which project takes the incoming issues?").await;
    w.pick("project-OPS", "project-SUP").await;
    w.sees("[data-testid='default-type']", LONG).await;
    w.focus_is("project-SUP").await;
    w.enter("next").await;
    w.arrives("Check before you invite Globex").await;
    w.type_in("address", &format!("http://{listen}")).await;
    w.enter("initiate-submit").await;
    w.arrives("Your side is ready. Send this invitation to Globex.").await;
    w.enter("copy-code").await;
    w.says("The invitation code is copied.").await;
    w.focus_is("copy-code").await;
    w.enter("done").await;
    w.arrives("Connections").await;
}

/// Pastes the code from the clipboard, and chooses what it asks for.
async fn accept(w: &Window) {
    w.tab_to("paste-invitation").await;
    w.chord(&[Key::Control], 'v').await;
    w.sees("[data-testid='preview-partner']", LONG).await;
    w.pick("project-GX", "project-GX").await;
    w.sees("[data-testid='default-type']", LONG).await;
    w.enter("accept-submit").await;
}

impl Two {
    /// Nothing of what happened since is written anywhere, although both sides have looked.
    async fn nothing_crosses(&self) {
        let polls = [self.acme.polls(), self.globex.polls()];
        let writes = [self.acme.writes(), self.globex.writes()];
        // One may be under way: the fifth proves that four are through.
        let looked = async || self.acme.polls() > polls[0] + 4 && self.globex.polls() > polls[1] + 4;
        until("both sides look at their Jira", looked).await;
        assert_eq!([self.acme.writes(), self.globex.writes()], writes, "written while nothing may cross");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d2_two_companies_connect_pause_resume_and_part_by_keyboard() {
    if !wanted() {
        return;
    }
    let acme = Company::start("acme", "token-of-acme-by-keyboard").await;
    let globex = Company::start("globex", "token-of-globex-by-keyboard").await;
    let mut desktop = Desktop::start();
    let folder = |name: &str| desktop.home().join(name).display().to_string();
    let (data_a, data_g) = (folder("data-acme"), folder("data-globex"));
    let listen = format!("127.0.0.1:{}", free_port());
    let usual = ["--practice", "--check-every", "1s"];
    let args_a = [&["--data", &data_a, "--listen", &listen][..], &usual].concat();
    let args_g = [&["--data", &data_g][..], &usual].concat();
    let a = Window::open(&mut desktop, "keys-acme", 0, &args_a).await;
    let g = Window::open(&mut desktop, "keys-globex", 1120, &args_g).await;
    let two = Two { acme, globex, a, g };
    let Two { acme, globex, a, g } = &two;

    // 1: each gets to the wizard that it wanted; and back to it by its key.
    sign_in(a, "first-run-invite", acme, "Who do you want to connect with?").await;
    a.press(Key::Escape).await;
    a.arrives("Connections").await;
    a.chord(&[Key::Control], 'n').await;
    sign_in(g, "first-run-accept", globex, "Paste the invitation code your partner sent you").await;
    g.press(Key::Escape).await;
    g.arrives("Connections").await;
    g.chord(&[Key::Control, Key::Shift], 'n').await;
    g.arrives("Paste the invitation code your partner sent you").await;

    // 2 and 3: an invitation alone changes nothing anywhere; then both are connected, and an issue of each is on both sides.
    invite(a, &listen).await;
    accept(g).await;
    g.arrives("Waiting for acme").await;
    a.sees("[data-testid='approval']", SYNC).await;
    assert_eq!([acme.writes(), globex.writes()], [0, 0]);
    a.enter("approve").await;
    a.sees("[data-testid='connection-row'][data-state='up_to_date']", SYNC).await;
    g.enter("done").await;
    g.sees("[data-testid='connection-row'][data-state='up_to_date']", SYNC).await;
    let ours = acme.create_issue("SUP", "Task", "Written at ACME").await;
    globex.create_issue("GX", "Task", "Written at Globex").await;
    for (company, project) in [(acme, "SUP"), (globex, "GX")] {
        until("both issues are on both sides", async || company.summaries(project).len() == 2).await;
    }
    a.screenshot("connected").await;

    // 5: paused, a change stays where it was made; resumed, it crosses.
    a.enter("connection-link").await;
    a.arrives("Globex").await;
    a.choose("pause", "pause-open").await;
    g.sees("[data-testid='connection-row'][data-state='paused']", SYNC).await;
    acme.rename(&ours, "Changed while paused").await;
    two.nothing_crosses().await;
    assert!(!globex.summaries("GX").contains(&"Changed while paused".to_owned()));
    a.enter("resume").await;
    until("the change crosses", async || globex.summaries("GX").contains(&"Changed while paused".to_owned()))
        .await;

    // Removed: the safe answer has the focus, and means no.
    a.choose("more", "remove").await;
    a.focus_is("confirm-no").await;
    a.press(Key::Enter).await;
    a.focus_is("more").await;
    a.choose("more", "remove").await;
    a.focus_is("confirm-no").await;
    a.enter("confirm-yes").await;
    a.arrives("Connections").await;
    g.sees("[data-testid='connection-row'][data-state='disconnected']", SYNC).await;
    acme.rename(&ours, "Changed after the end").await;
    let before = [acme.polls(), globex.polls(), acme.writes(), globex.writes()];
    for w in [a, g] {
        w.chord(&[Key::Control], 'r').await;
        w.says("Looking for changes now.").await;
    }
    g.choose("more", "remove").await;
    g.enter("confirm-yes").await;
    g.gone("[data-testid='connection-row']").await;
    g.tab_to("empty-initiate").await;
    let after = [acme.polls(), globex.polls(), acme.writes(), globex.writes()];
    assert_eq!(after, before, "neither looks at its Jira any more, nor writes there");
    let mut twins = globex.summaries("GX");
    twins.sort();
    assert_eq!(twins, ["Changed while paused", "Written at Globex"], "the twin stays as it was");
    a.end().await;
    g.end().await;
}
