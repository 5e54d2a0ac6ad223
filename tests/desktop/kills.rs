//! D3: the window's process is killed (SIGKILL) in the middle of a sync, three times; everything is there exactly once.

use std::process::Command;

use crate::desktop::{APP, Desktop, free_port};
use crate::pairing::{SYNC, choose_what_to_initiate, sign_in, until};
use crate::sites::Company;
use crate::wanted;
use crate::window::Window;

const ISSUES: usize = 24;

#[tokio::test(flavor = "multi_thread")]
async fn d3_the_window_is_killed_three_times_during_a_sync() {
    if !wanted() {
        return;
    }
    let acme = Company::start("acme", "token-of-acme-for-kills").await;
    let globex = Company::start("globex", "token-of-globex-for-kills").await;
    let mut desktop = Desktop::start();
    let folder = |name: &str| desktop.home().join(name).display().to_string();
    let (data_a, data_g) = (folder("data-acme"), folder("data-globex"));
    let listen = format!("127.0.0.1:{}", free_port());
    // A kill may fall between an intent and its request: then it is looked for, and only after a while made anew (F02). These
    // sites let nothing land late, so that three seconds do.
    let usual = ["--practice", "--check-every", "1s", "--settle", "3s"];
    let args_a = [&["--data", &data_a, "--listen", &listen][..], &usual].concat();
    let args_g = [&["--data", &data_g][..], &usual].concat();
    let a = Window::open(&mut desktop, "kills-acme", 0, &args_a).await;
    let g = Window::open(&mut desktop, "kills-globex", 1120, &args_g).await;
    sign_in(&a, "first-run-invite", &acme).await;
    sign_in(&g, "first-run-accept", &globex).await;
    a.sees("[data-testid='partner-name']", SYNC).await;
    choose_what_to_initiate(&a, "Globex", "SUP", &format!("http://{listen}")).await;
    a.click("initiate-submit").await;
    let code = a.text("invitation-code").await;
    a.click("done").await;
    g.fill("paste-invitation", &code).await;
    g.click("project-GX").await;
    g.sees("[data-testid='default-type']", SYNC).await;
    g.click("accept-submit").await;
    a.click("approve").await;
    a.sees("[data-testid='connection-row'][data-state='up_to_date']", SYNC).await;

    for number in 0..ISSUES {
        let (from, project) = if number % 2 == 0 { (&acme, "SUP") } else { (&globex, "GX") };
        from.create_issue(project, "Task", &format!("Kill {number:02}")).await;
    }
    for kill in 1..=3 {
        // As many twins as a quarter of the way: in the middle of the sync.
        let goal = ISSUES / 2 + kill * ISSUES / 8;
        until("twins arrive", async || globex.summaries("GX").len() >= goal).await;
        let id = app_of(&desktop, &data_g).expect("the app of Globex runs");
        let killed = Command::new("kill").args(["-9", &id.to_string()]).status().unwrap();
        assert!(killed.success());
        until("the app is gone", async || app_of(&desktop, &data_g).is_none()).await;
        println!("d3: kill {kill} of the window with {} issues at Globex", globex.summaries("GX").len());
        desktop.app(&args_g);
    }
    until("everything has its twin", async || {
        globex.summaries("GX").len() >= ISSUES && acme.summaries("SUP").len() >= ISSUES
    })
    .await;
    a.go("/connections").await;
    a.sees("[data-testid='connection-row'][data-state='up_to_date']", SYNC).await;

    let before = [acme.writes(), globex.writes()];
    let polls = [acme.polls(), globex.polls()];
    until("both look five times", async || acme.polls() > polls[0] + 5 && globex.polls() > polls[1] + 5)
        .await;
    assert_eq!(before, [acme.writes(), globex.writes()], "nothing is written while nobody does anything");
    let all: Vec<String> = (0..ISSUES).map(|number| format!("Kill {number:02}")).collect();
    for (company, project) in [(&acme, "SUP"), (&globex, "GX")] {
        let mut found = company.summaries(project);
        found.sort();
        assert_eq!(found, all, "in {project}");
    }
    a.quit().await;
}

/// The process of the app that works in a data folder.
fn app_of(desktop: &Desktop, data: &str) -> Option<u32> {
    let all = desktop.processes().into_iter();
    all.filter(|(_, line)| line.starts_with(&*APP) && line.contains(data)).map(|(id, _)| id).next()
}
