//! Two real windows side by side, for a person to play both companies.

use std::time::Duration;

use crate::stop::{self, Program};
use crate::tool::{Failed, Tool};

use super::Folder;
use super::pair::{Approval, Company, Two};

/// Opens them and stays until Ctrl-C or until both are quit.
pub fn run(tool: &Tool, folder: &Folder, connected: bool) -> Result<(), Failed> {
    let mut two = Two::start(tool, folder, 3, "5s")?;
    if connected {
        connect(&mut two)?;
    }
    let globex_port = super::pair::free_port()?;
    let mut acme = open(tool, folder, &two.acme, two.port, two.check_every)?;
    let mut globex = open(tool, folder, &two.globex, globex_port, two.check_every)?;
    explain(&two, connected);
    while !stop::asked() && (acme.runs() || globex.runs()) {
        two.acme.jira.must_run()?;
        two.globex.jira.must_run()?;
        std::thread::sleep(Duration::from_millis(200));
    }
    println!("Ending both companies");
    acme.end();
    globex.end();
    Ok(())
}

/// Makes the connection with the nodes that have no window, on the same data folders.
fn connect(two: &mut Two) -> Result<(), Failed> {
    two.acme.sign_in()?;
    two.globex.sign_in()?;
    let code = two.initiate(Approval::CodeHolder, true)?;
    two.run_acme()?;
    two.accept(&code)?;
    two.run_globex()?;
    two.connected()?;
    two.globex.node.stop();
    two.acme.node.stop();
    Ok(())
}

fn open(
    tool: &Tool,
    folder: &Folder,
    company: &Company,
    port: u16,
    check_every: &str,
) -> Result<Program, Failed> {
    let mut command = tool.command(tool.program("twinline", false));
    command.arg("--data").arg(&company.node.data).args([
        "--practice",
        "--secrets",
        "file",
        "--check-every",
        check_every,
    ]);
    command.args(["--listen", &format!("127.0.0.1:{port}")]);
    let log = folder.path().join(format!("{}-window.log", company.name.to_lowercase()));
    Program::start(&format!("{}'s window", company.name), &mut command, &log)
}

fn explain(two: &Two, connected: bool) {
    println!("\nTwo companies, two windows");
    for company in [&two.acme, &two.globex] {
        let jira = &company.jira;
        println!("\n  {}", company.name);
        println!("    practice Jira (open it in a browser)  {}", jira.url);
        println!("    site  {}   e-mail  {}", jira.url, jira.email);
        println!("    API token  {}", jira.token);
        println!("    project  {}", company.project);
    }
    if connected {
        println!(
            "\nThey are connected: change, comment or create an issue in either practice Jira and watch the other."
        );
    } else {
        println!("\nWhat to do");
        println!(
            "  1 In one window sign in as ACME, choose \"Initiate connection\", \"I don't have a URL\", Basic,"
        );
        println!("    project SUP, then \"Initiate\" and \"Copy invitation code\".");
        println!(
            "  2 In the other window sign in as Globex, choose \"Accept invitation\", paste, project GX, \"Accept\"."
        );
        println!("  3 In ACME's window approve Globex.");
        println!("  4 Create an issue in either practice Jira and watch it turn up in the other.");
    }
    println!("\nCtrl-C ends everything; nothing of it stays on this computer.");
}
