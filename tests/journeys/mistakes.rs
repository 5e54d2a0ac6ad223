//! D9: bad input is told in a sentence: what, to what, what to do, whose turn.

use practice_jira::ProjectSpec;

use crate::harness::node::free_port;
use crate::harness::{Company, LONG, database, turn, wait_for};

/// Fails unless the sentence has each of these words.
fn tells(sentence: &str, words: &[&str]) {
    for word in words {
        assert!(sentence.to_lowercase().contains(&word.to_lowercase()), "{word:?} is missing in: {sentence}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d9_wrong_sites_tokens_and_projects() {
    let _turn = turn::together().await;
    let acme = Company::stranger("acme", "SUP", |_| {}).await;
    let (url, token) = (acme.jira.url.clone(), acme.jira.token.clone());

    let answer = acme.sign_in("what is an address", &token).await;
    tells(answer.sentence(), &["what is an address"]);
    let closed = format!("http://127.0.0.1:{}", free_port());
    let answer = acme.sign_in(&closed, &token).await;
    tells(answer.sentence(), &["127.0.0.1"]);
    let answer = acme.sign_in("https://no-such-site.invalid", &token).await;
    tells(answer.sentence(), &["no-such-site.invalid"]);
    // Something answers there, but it is no Jira.
    let files = &acme.site.files_url;
    let answer = acme.sign_in(files, &token).await;
    tells(answer.sentence(), &["127.0.0.1"]);

    let answer = acme.sign_in(&url, "wrong-token-4711").await;
    tells(answer.sentence(), &["127.0.0.1", "ana@acme.example", "token"]);
    assert!(!answer.sentence().contains("wrong-token-4711"), "a token is never shown");
    assert_eq!(acme.node.json(&["account", "list"]).await, serde_json::json!([]), "nothing was stored");

    // Any address copied from Jira is understood.
    let board = format!("{url}/jira/software/c/projects/SUP/boards/1?selectedIssue=SUP-1#top");
    let id = acme.sign_in(&board, &token).await.done();
    assert_eq!(
        acme.sign_in(&format!("  {url}/browse/SUP-1 "), &token).await.done(),
        id,
        "the same sign-in again"
    );
    let accounts = acme.node.json(&["account", "list"]).await;
    assert_eq!(accounts.as_array().map(Vec::len), Some(1), "{accounts}");

    let ask = |args: Vec<&'static str>| {
        let node = acme.node.clone();
        async move { node.ask(&args, "").await }
    };
    let answer = ask(vec!["project", "list", "--account", "nobody"]).await;
    tells(answer.sentence(), &["nobody"]);
    for what in ["show", "approve", "pause", "remove"] {
        let answer = ask(vec!["connection", what, "0123abcd"]).await;
        tells(answer.sentence(), &["connection"]);
    }
    tells(ask(vec!["pairs", "--connection", "0123abcd"]).await.sentence(), &["connection"]);
    tells(ask(vec!["problem", "retry", "999"]).await.sentence(), &["999"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn d9_projects_that_cannot_be_chosen() {
    let _turn = turn::together().await;
    let globex = Company::start("globex").await;
    let address = format!("http://127.0.0.1:{}", free_port());
    let projects = globex.node.json(&["project", "list", "--account", &globex.account]).await;
    let reason = |key: &str| {
        let list = projects.as_array().expect("a list");
        list.iter().find(|p| p["key"] == key).unwrap_or_else(|| panic!("{key} in {projects}"))["reason"]
            .clone()
    };
    assert!(reason("GX").is_null(), "{projects}");
    assert!(reason("RO").as_str().is_some_and(|r| r.len() > 10), "why RO cannot be chosen: {projects}");

    let initiate = |project: &'static str| {
        let (node, account, address) = (globex.node.clone(), globex.account.clone(), address.clone());
        async move {
            let args = [
                "connection",
                "initiate",
                "--account",
                &account,
                "--project",
                project,
                "--address",
                &address,
            ];
            node.ask(&args, "").await
        }
    };
    tells(initiate("RO").await.sentence(), &["RO"]);
    tells(initiate("NOPE").await.sentence(), &["NOPE"]);
    assert_eq!(globex.node.json(&["connection", "list"]).await, serde_json::json!([]), "nothing was made");

    let mut locked = ProjectSpec::new("LCK", "Locked", &["Task"], None);
    locked.ana_lacks = vec!["CREATE_ISSUES".to_owned(), "EDIT_ISSUES".to_owned(), "ADD_COMMENTS".to_owned()];
    let locked = Company::stranger("initech", "LCK", |options| options.projects = Some(vec![locked])).await;
    let answer = locked.sign_in(&locked.jira.url, &locked.jira.token).await;
    tells(answer.sentence(), &["project"]);

    for address in ["not an address", "ftp://example.org", "http://169.254.169.254/latest"] {
        let args = ["--account", &globex.account, "--project", "GX", "--address", address];
        let answer = globex.node.ask(&[&["connection", "initiate"][..], &args[..]].concat(), "").await;
        tells(answer.sentence(), &["address"]);
    }
    let args = [
        "connection",
        "initiate",
        "--account",
        &globex.account,
        "--project",
        "GX",
        "--address",
        &address,
        "--filter",
        "colour ~~ red",
    ];
    tells(globex.node.ask(&args, "").await.sentence(), &["colour ~~ red"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn d9_f99_f104_codes_that_are_no_invitation() {
    let _turn = turn::together().await;
    let (acme, globex) = (Company::start("acme").await, Company::start("globex").await);
    let port = free_port();
    let code = acme.invite(&format!("http://127.0.0.1:{port}"), &["--approve", "code-holder"]).await.done();
    assert!(code.starts_with("twl1") && code.lines().count() == 1, "the code and nothing else: {code}");
    let mut runs = acme.run(true, &["--listen", &format!("127.0.0.1:{port}")]);
    runs.listens(port).await;

    let cut = &code[..code.len() - 12];
    tells(globex.accept(cut, &[]).await.sentence(), &["10", "missing"]);
    let typo = mistyped(&code);
    tells(globex.accept(&typo, &[]).await.sentence(), &["typ"]);
    tells(globex.accept("Hello Pat, see you on Monday!", &[]).await.sentence(), &["invitation"]);
    tells(globex.accept("https://globex.example/invite?code=1234", &[]).await.sentence(), &["invitation"]);
    let token = "ATATT3xFfGF0T4JNjBqlcU1yLwn8lV2h4A3zPZQv5kq8mS1o9e7RrY0b=1F2E3D4C";
    let answer = globex.accept(token, &[]).await;
    tells(answer.sentence(), &["token"]);
    assert!(!answer.sentence().contains("ATATT"), "a token is never shown");
    tells(acme.accept(&code, &[]).await.sentence(), &["own"]);
    assert_eq!(globex.node.json(&["connection", "list"]).await, serde_json::json!([]), "nothing was made");

    // However a mail program has mangled it.
    let mail = format!(
        "Hi,\r\n> ACME invites you.\r\n> {}\r\n> Works once.\r\n",
        code.to_uppercase().replace(' ', "\r\n> ")
    );
    globex.accept(&mail, &[]).await.done();
    let _globex_runs = globex.run(true, &[]);
    wait_for("both are connected", LONG, async || {
        (acme.in_step().await && globex.in_step().await).then_some(())
    })
    .await;

    tells(globex.accept(&code, &[]).await.sentence(), &["already"]);
    let initech = Company::start("initech").await;
    let used = refused(&initech, &code).await;
    tells(&used, &["used"]);

    // A second invitation, taken back before anybody used it.
    let second = acme.invite(&format!("http://127.0.0.1:{port}"), &["--json"]).await.json();
    let (id, code) =
        (second["connection"].as_str().expect("an id"), second["code"].as_str().expect("a code"));
    assert!(second["expires_at"].is_string(), "{second}");
    acme.node.ask(&["connection", "remove", id], "").await.done();
    let withdrawn = refused(&initech, code).await;
    tells(&withdrawn, &["withdr"]);

    // A third one, whose seven days are over by the clock of those who gave it.
    let third = acme.invite(&format!("http://127.0.0.1:{port}"), &[]).await.done();
    database::expire_invitations(&acme.data());
    let expired = refused(&initech, &third).await;
    tells(&expired, &["expired", "new one"]);

    // Whoever came too late is known to those who invited.
    let problems = acme.node.json(&["problems"]).await;
    let tried: Vec<_> = problems.as_array().expect("a list").iter().collect();
    for (problem, why) in tried.iter().zip(["used already", "have withdrawn", "has expired"]) {
        assert_eq!(problem["code"], "invitation-tried");
        tells(problem["sentence"].as_str().expect("a sentence"), &["initech", why, "not let in"]);
    }
    assert_eq!(tried.len(), 3, "{problems}");
}

/// What an acceptance that the partner refuses says.
async fn refused(company: &Company, code: &str) -> String {
    company.accept(code, &[]).await.sentence().to_owned()
}

/// One letter of the code is another one.
fn mistyped(code: &str) -> String {
    let mut letters: Vec<char> = code.chars().collect();
    let at = (letters.len() / 2..letters.len()).find(|i| letters[*i] != ' ').expect("a letter");
    letters[at] = if letters[at] == 'q' { 'p' } else { 'q' };
    letters.into_iter().collect()
}

/// F109: the partner's computer is off. The sentence says so, and the code is good for another try.
#[tokio::test(flavor = "multi_thread")]
async fn f109_the_partner_cannot_be_reached_when_the_code_is_accepted() {
    let _turn = turn::together().await;
    let (acme, globex) = (Company::start("acme").await, Company::start("globex").await);
    let port = free_port();
    let code = acme.invite(&format!("http://127.0.0.1:{port}"), &["--approve", "code-holder"]).await.done();
    let answer = globex.accept(&code, &[]).await;
    if answer.status != Some(0) {
        tells(answer.sentence(), &["reach"]);
    }
    let _globex_runs = globex.run(true, &[]);
    let mut acme_runs = acme.run(true, &["--listen", &format!("127.0.0.1:{port}")]);
    acme_runs.listens(port).await;
    if globex.connection().await.is_none() {
        globex.accept(&code, &[]).await.done();
    }
    wait_for("both are connected without a new code", LONG, async || {
        (acme.in_step().await && globex.in_step().await).then_some(())
    })
    .await;
}

/// Wrong use is told apart from what could not be done.
#[tokio::test(flavor = "multi_thread")]
async fn d8_wrong_use_is_status_2() {
    let _turn = turn::together().await;
    let acme = Company::start("acme").await;
    for (args, input) in [
        (&["account", "add", "--site", "x", "--email", "y"][..], ""),
        (&["connection", "accept", "--account", "a", "--project", "P"], "  \n"),
        (&["account", "add", "--site", "x"], "token"),
        (&["run", "--check-every", "never"], ""),
        (&["dance"], ""),
    ] {
        let answer = acme.node.ask(args, input).await;
        assert_eq!(answer.status, Some(2), "{answer:?}");
        assert!(answer.stdout.is_empty() && !answer.stderr.is_empty(), "{answer:?}");
    }
}
