//! Arguments as people type them, and the help that they read.

use super::*;
use clap::CommandFactory;

fn parse(line: &str) -> Result<Args, clap::Error> {
    Args::try_parse_from(std::iter::once("twinline-node").chain(line.split_whitespace()))
}

/// Every command, as (path, command), with the global options in place.
fn all(command: &clap::Command, path: &str, found: &mut Vec<(String, clap::Command)>) {
    let path = format!("{path} {}", command.get_name()).trim().to_owned();
    for sub in command.get_subcommands().filter(|c| c.get_name() != "help") {
        all(sub, &path, found);
    }
    found.push((path, command.clone()));
}

#[test]
fn d8_every_help_has_an_example_and_no_line_has_changed() {
    let mut root = Args::command().term_width(100);
    root.build();
    let mut found = Vec::new();
    all(&root, "", &mut found);
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let mut pages = String::new();
    for (path, mut command) in found {
        let help = command.render_long_help().to_string();
        assert!(help.contains("Example:\n  twinline-node "), "{path} has no example");
        pages.push_str(&format!("# {path}\n{help}\n"));
    }
    insta::assert_snapshot!("help", pages);
}

#[test]
fn d8_the_promised_lines_are_understood() {
    for line in [
        "account add --site https://acme.atlassian.net --email ana@acme.example",
        "account add --site acme --email ana@acme.example --expires 2027-03-01",
        "account renew ID --expires 2027-03-01",
        "account renew ID --site new-acme.atlassian.net",
        "account list",
        "account remove ID",
        "project list --account ID",
        "connection initiate --account ID --project SUP --partner-name Globex \
         --address https://sync.acme.example:7700 --approve code-holder --mode script --filter x --existing --no-authors --internal-comments",
        "connection accept --account ID --project GX --filter x --existing --no-authors --internal-comments",
        "connection local --account ID --project SUP --to-project GX",
        "connection local --account ID --project SUP --to-account ID --to-project GX --filter x --existing --no-authors \
         --internal-comments --default-type Task --to-filter x --to-existing --to-no-authors --to-internal-comments \
         --to-default-type Task",
        "connection list",
        "pair connect SUP-17 GX-4 --connection ID",
        "pair connect SUP-17 GX-4 --connection ID --preview",
        "question list --connection ID",
        "question accept ID",
        "question decline ID",
        "question withdraw ID",
        "connection show ID",
        "connection approve ID",
        "connection reject ID",
        "connection pause ID",
        "connection pause ID --for 90m",
        "connection pause ID --until-tomorrow",
        "connection internal-comments ID on --yes",
        "connection internal-comments ID off",
        "connection resume ID",
        "connection remove ID",
        "run --listen 127.0.0.1:7700 --once --check-every 10s --settle 180s",
        "status",
        "problems",
        "pairs --connection ID",
        "pair compare SUP-17",
        "pair sync-now SUP-17 --connection ID",
        "pair stop SUP-17 --connection ID",
        "pair add SUP-17 --connection ID",
        "connection what ID",
        "connection what ID --filter x --older --yes",
        "connection what ID --no-filter --no-older --preview",
        "rules show ID",
        "rules upgrade ID --yes",
        "rules try ID --outgoing out.rhai --incoming in.rhai",
        "rules save ID --outgoing out.rhai --based-on 2",
        "rules versions ID",
        "rules bring-back ID 1",
        "activity",
        "problem retry ID",
        "problem skip ID",
        "problem fill ID",
        "problem fill ID Customer=Globex customfield_10050=a=b --only-this",
        "conflict list",
        "conflict list --connection ID",
        "conflict use ID --text ours",
        "conflict use ID --text theirs",
        "conflict dismiss ID",
        "run --take-over",
        "diagnostics --out F",
        "diagnostics --list",
    ] {
        parse(line).unwrap_or_else(|e| panic!("{line}: {e}"));
        let wide = format!("--data D --secrets file --practice {line} --json");
        let args = parse(&wide).unwrap_or_else(|e| panic!("{wide}: {e}"));
        assert!(args.global.json && args.global.practice && args.global.secrets == Secrets::File);
    }
}

#[test]
fn wrong_use_is_status_2() {
    for line in [
        "",
        "nonsense",
        "account add --site x",
        "run --check-every 0s",
        "run --settle soon",
        "show",
        "problem fill",
        "connection what ID --filter x --no-filter",
        "connection what ID --older --no-older",
        "pair add SUP-17",
        "problem fill 7 Customer",
        "problem fill 7 =Globex",
        "conflict use 3",
        "conflict use 3 --text kept",
        "conflict",
        "connection internal-comments ID",
        "connection internal-comments ID perhaps",
        "connection pause ID --for",
        "connection pause ID --for 0s",
        "connection pause ID --for tomorrow",
        "connection pause ID --for 8785h",
        "connection pause ID --for 1h --until-tomorrow",
    ] {
        let error = parse(line).expect_err(line);
        assert_eq!(error.exit_code(), 2, "{line}");
    }
}

#[test]
fn f104_a_secret_on_the_command_line_is_noticed_and_nothing_else() {
    let holds = |line: &str| holds_a_secret(line.split(' ').map(str::to_owned));
    for line in [
        "account add ATATT3xFfGF0",
        "account add --token=x",
        "account add --token x",
        "connection accept twl1abc",
    ] {
        assert!(holds(line), "{line}");
    }
    assert!(!holds("account add --site https://twl1.example --email ana@acme.example --tokne"));
}

#[test]
fn a_secret_has_no_place_on_the_command_line() {
    assert!(parse("account add --site x --email y --token z").is_err());
    assert!(parse("connection accept --account a --project P twl1code").is_err());
}

#[test]
fn defaults_are_those_of_the_manual() {
    let args = parse("run").expect("parses");
    let Command::Run(run) = args.command else { panic!("not run") };
    assert_eq!((run.check_every, run.settle), (Duration::from_secs(10), Duration::from_secs(180)));
    assert!(!run.once && run.listen.is_none());
    assert_eq!(args.global.secrets, Secrets::Keychain);
}

#[test]
fn a_pause_is_whole_seconds() {
    assert_eq!(pause_time("1h"), Ok(3_600));
    assert_eq!(pause_time("500ms"), Ok(1));
    assert_eq!(pause_time("8784h"), Ok(31_622_400));
    for bad in ["8785h", "0s", "1d", ""] {
        assert!(pause_time(bad).is_err(), "{bad}");
    }
}

#[test]
fn times_are_read_with_their_unit() {
    assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
    assert_eq!(duration("3m"), Ok(Duration::from_secs(180)));
    for bad in ["", "s", "10", "-1s", "1.5s", "10 s", "99999999999999999999h", "0ms", "ä"] {
        assert!(duration(bad).is_err(), "{bad}");
    }
}
