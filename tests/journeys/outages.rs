//! One side is away for a while; nothing is lost, nothing comes twice.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::documents::{paragraph, words};
use crate::harness::jira::{attachments, key};
use crate::harness::{Company, How, LONG, Two, database, turn};

/// The public side restarts in the middle of a sync; the private side goes on by itself.
#[tokio::test(flavor = "multi_thread")]
async fn f20_the_public_side_restarts_in_the_middle() {
    let _turn = turn::together().await;
    let mut two = Two::connected().await;
    for number in 0..12 {
        let issue = two.globex.jira.create("GX", "Task", &format!("Restart {number}"), None).await;
        two.globex.jira.comment(&issue, &paragraph("With a comment.")).await;
    }
    for goal in [2, 6] {
        two.wait("some have arrived", LONG, async || {
            (two.acme.jira.issues("SUP").await.len() >= goal).then_some(())
        })
        .await;
        let (took, status) = two.stop_acme().await;
        assert!(took < Duration::from_secs(5) && status == Some(0), "a clean stop: {took:?}, {status:?}");
        two.start_acme().await;
    }
    two.wait("all have arrived", LONG, async || {
        let issues = two.acme.jira.issues("SUP").await;
        if issues.len() < 12 {
            return None;
        }
        for issue in &issues {
            if two.acme.jira.comments(&key(issue)).await.is_empty() {
                return None;
            }
        }
        Some(())
    })
    .await;
    two.in_step().await;
    two.stays_silent().await;
    for number in 0..12 {
        let twin = two.acme.jira.find("SUP", &format!("Restart {number}")).await.expect("it is there");
        assert_eq!(two.acme.jira.comments(&key(&twin)).await.len(), 1);
    }
}

/// F82: the partner is away; what changed meanwhile arrives once, in its last form, not edit by edit.
#[tokio::test(flavor = "multi_thread")]
async fn f82_the_partner_is_away_and_catches_up() {
    let _turn = turn::together().await;
    let mut two = Two::connected().await;
    let mut keys = Vec::new();
    for number in 0..5 {
        keys.push(two.acme.jira.create("SUP", "Task", &format!("Away {number}"), None).await);
    }
    two.wait("all have twins", LONG, async || (two.globex.jira.issues("GX").await.len() == 5).then_some(()))
        .await;
    two.in_step().await;
    two.stop_globex().await;
    let status = two.globex.node.json(&["status"]).await;
    assert_eq!(
        status["overall"], "offline",
        "nobody looks any more, however fresh the last look is: {status}"
    );

    for round in 0..6 {
        for (number, issue) in keys.iter().enumerate() {
            two.acme.jira.edit(issue, json!({"summary": format!("Away {number}, round {round}")})).await;
        }
        let polls = two.acme.jira.polls().await;
        two.wait("ACME's node sees the round", LONG, async || {
            (two.acme.jira.polls().await >= polls + 2).then_some(())
        })
        .await;
    }
    let new =
        two.acme.jira.create("SUP", "Bug", "New while away", Some(&paragraph("Nobody is there."))).await;
    two.acme.jira.comment(&new, &paragraph("Still nobody.")).await;
    two.acme.jira.attach(&new, "note.txt", b"Nobody.".to_vec()).await;
    two.wait("ACME's node says that something waits", LONG, async || {
        let connection = two.acme.connection().await?;
        (connection["waiting"]["out"].as_u64()? >= 5 && connection["state"] != "up_to_date").then_some(())
    })
    .await;
    let problems = two.acme.node.json(&["problems"]).await;
    assert_eq!(problems, json!([]), "a partner who is away for a minute needs nobody's attention");

    two.globex.jira.forget_calls().await;
    two.start_globex();
    two.wait("everything has arrived", LONG, async || {
        for number in 0..5 {
            two.globex.jira.find("GX", &format!("Away {number}, round 5")).await?;
        }
        let twin = two.globex.jira.find("GX", "New while away").await?;
        let comments = two.globex.jira.comments(&key(&twin)).await;
        (attachments(&twin).len() == 1
            && comments.len() == 1
            && words(&comments[0]["body"]).contains("Still nobody."))
        .then_some(())
    })
    .await;
    two.in_step().await;
    let edits = two.globex.jira.writes_of("PUT /rest/api/3/issue/{issueIdOrKey}").await;
    assert_eq!(edits, 5, "six rounds of edits cost one write an issue");
    two.stays_silent().await;
}

/// A tracker that is away (HTML 503) is waited for; nothing of it becomes a verdict. Both sides say what they wait for.
#[tokio::test(flavor = "multi_thread")]
async fn f78_a_tracker_under_maintenance_is_waited_for() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let down = json!({"html_error": {"value": 503}});
    two.globex.site.set_faults(&down).expect("a fault of the practice site");
    two.acme.jira.create("SUP", "Task", "During maintenance", None).await;
    for (company, says) in [
        (&two.globex, "is under maintenance or unavailable since"),
        (&two.acme, "Waiting for Partner’s Jira: it is under maintenance"),
    ] {
        let seen = delayed(&two, company).await;
        assert!(seen.contains(says), "{}: {seen}", company.name);
        assert_eq!(company.node.json(&["problems"]).await, json!([]), "nobody has to do anything");
    }
    two.globex.site.set_faults(&json!({})).expect("no fault");
    two.wait("it arrives", LONG, async || two.globex.jira.find("GX", "During maintenance").await).await;
    two.in_step().await;
    two.stays_silent().await;
}

/// What a company's node says of its connection once that is delayed.
async fn delayed(two: &Two, company: &Company) -> String {
    two.wait(&format!("{} says why it waits", company.name), LONG, async || {
        let connection = company.connection().await?;
        (connection["state"] == "delayed").then(|| connection["sentence"].as_str().map(str::to_owned))?
    })
    .await
}

/// Paused on either side: nothing crosses, nothing is lost; resumed: it crosses.
#[tokio::test(flavor = "multi_thread")]
async fn a_paused_connection_keeps_its_changes() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let id = two.globex.connection().await.expect("listed")["id"].as_str().expect("an id").to_owned();
    two.globex.node.ask(&["connection", "pause", &id], "").await.done();
    two.wait("both say so", LONG, async || {
        let states = [two.acme.state().await, two.globex.state().await];
        states.iter().all(|s| s == "paused").then_some(())
    })
    .await;
    two.acme.jira.create("SUP", "Task", "While paused", None).await;
    two.globex.jira.create("GX", "Task", "While paused, from Globex", None).await;
    let polls = two.acme.jira.polls().await;
    two.wait("ACME's node has looked, or looks no more", Duration::from_secs(6), async || {
        (two.acme.jira.polls().await >= polls + 2 || polls == two.acme.jira.polls().await).then_some(())
    })
    .await;
    assert!(two.globex.jira.find("GX", "While paused").await.is_none());
    two.globex.node.ask(&["connection", "resume", &id], "").await.done();
    two.wait("both cross", LONG, async || {
        two.globex.jira.find("GX", "While paused").await?;
        two.acme.jira.find("SUP", "While paused, from Globex").await
    })
    .await;
}

/// F93: one side ends the connection while the other is away; the other learns of it, the twins stay.
#[tokio::test(flavor = "multi_thread")]
async fn f93_one_side_leaves_while_the_other_is_away() {
    let _turn = turn::together().await;
    let mut two = Two::connected().await;
    two.acme.jira.create("SUP", "Task", "Stays", None).await;
    two.wait("the twin", LONG, async || two.globex.jira.find("GX", "Stays").await).await;
    two.in_step().await;
    two.stop_globex().await;
    let id = two.acme.connection().await.expect("listed")["id"].as_str().expect("an id").to_owned();
    two.acme.node.ask(&["connection", "remove", &id], "").await.done();
    two.start_globex();
    two.wait("Globex learns of it", LONG, async || {
        (two.globex.state().await == "disconnected").then_some(())
    })
    .await;
    assert!(two.acme.jira.find("SUP", "Stays").await.is_some());
    assert!(two.globex.jira.find("GX", "Stays").await.is_some());
}

/// F50: our account may no longer comment at Globex: the issue says so, and its comment arrives once it may again.
#[tokio::test(flavor = "multi_thread")]
async fn f50_a_permission_goes_and_comes_back() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let issue = two.acme.jira.create("SUP", "Task", "Nothing to say", None).await;
    let twin = two.wait("the twin", LONG, async || two.globex.jira.find("GX", "Nothing to say").await).await;
    let forbidden = json!({"forbid": "ADD_COMMENTS"});
    two.globex.site.set_faults(&forbidden).expect("a fault of the practice site");
    two.acme.jira.comment(&issue, &paragraph("I say.")).await;
    let problem = two.problem(&two.globex, "permission-lost").await;
    assert_eq!(problem["issue"], twin["key"]);
    assert_eq!(problem["owner"], "tracker");
    let sentence = problem["sentence"].as_str().expect("a sentence");
    assert!(sentence.contains("GX") && sentence.contains("Add Comments"), "what, and where: {sentence}");
    assert!(two.globex.jira.comments(&key(&twin)).await.is_empty());

    two.globex.site.set_faults(&json!({})).expect("no fault");
    two.globex.settle("retry", &problem).await;
    two.wait("the comment", LONG, async || two.globex.jira.comments(&key(&twin)).await.pop()).await;
    two.in_step().await;
    two.stays_silent().await;
    assert_eq!(two.globex.jira.comments(&key(&twin)).await.len(), 1);
}

/// F56: Globex demands a field that nobody fills: the problem names it, and the issue arrives once it is optional.
#[tokio::test(flavor = "multi_thread")]
async fn f56_an_issue_waits_for_a_field_that_must_be_filled() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let field = json!({"project": "GX", "field": "customfield_10050", "name": "Customer"});
    two.globex.site.set_faults(&json!({"required_field": field})).expect("a deed at the practice site");
    let issue = two.acme.jira.create("SUP", "Task", "Whose?", None).await;
    let problem = two.problem(&two.globex, "required-field").await;
    assert_eq!(problem["issue"], issue.as_str(), "there is only theirs");
    let sentence = problem["sentence"].as_str().expect("a sentence");
    assert!(sentence.contains("Customer") && sentence.contains("GX"), "which field, and where: {sentence}");
    assert!(two.globex.jira.issues("GX").await.is_empty());

    two.globex.jira.practice("projects/GX", &json!({"required": []})).await;
    two.globex.settle("retry", &problem).await;
    two.wait("the twin", LONG, async || two.globex.jira.find("GX", "Whose?").await).await;
    two.in_step().await;
    two.stays_silent().await;
    assert_eq!(two.globex.jira.issues("GX").await.len(), 1);
}

/// F51: Globex gives its project another key: what is in step stays so, and what is new arrives under the new key.
#[tokio::test(flavor = "multi_thread")]
async fn f51_a_project_that_is_renamed_goes_on() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let old = two.acme.jira.create("SUP", "Task", "Before", None).await;
    two.wait("the twin", LONG, async || two.globex.jira.find("GX", "Before").await).await;
    two.in_step().await;
    let renamed = json!({"rename_project": {"project": "GX", "key": "GLX"}});
    two.globex.site.set_faults(&renamed).expect("a deed at the practice site");
    // Globex's node has met the new key before anything else happens.
    two.stays_silent().await;
    two.acme.jira.create("SUP", "Task", "After", None).await;
    two.acme.jira.edit(&old, json!({"summary": "Before, edited"})).await;
    two.wait("both stand in the renamed project", LONG, async || {
        two.globex.jira.find("GLX", "Before, edited").await?;
        two.globex.jira.find("GLX", "After").await
    })
    .await;
    two.in_step().await;
    two.stays_silent().await;
    two.globex.jira.create("GLX", "Task", "From the renamed project", None).await;
    two.wait("its twin", LONG, async || two.acme.jira.find("SUP", "From the renamed project").await).await;
    assert_eq!(two.globex.jira.issues("GLX").await.len(), 3);
    assert_eq!(two.globex.connection().await.expect("it is listed")["project"], "GLX");
    assert_eq!(two.acme.jira.issues("SUP").await.len(), 3);
}

/// F51: Globex's project is archived, then restored, then deleted and restored: each is named, nobody's issue goes, and
/// what waited arrives.
#[tokio::test(flavor = "multi_thread")]
async fn j39_f51_a_project_that_is_archived_or_deleted_is_named_and_goes_on_when_restored() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let old = two.acme.jira.create("SUP", "Task", "Before", None).await;
    two.wait("the twin", LONG, async || two.globex.jira.find("GX", "Before").await).await;
    two.in_step().await;
    let set = |deed: Value| two.globex.site.set_faults(&deed).expect("a deed at the practice site");
    let rounds = [
        ("archive_project", "archived", "project-archived", "GX at"),
        ("trash_project", "trashed", "project-deleted", "GX at"),
    ];
    for (deed, undo, code, names) in rounds {
        set(json!({deed: "GX"}));
        two.acme.jira.edit(&old, json!({"summary": format!("Edited while {undo}")})).await;
        let new = format!("Created while {undo}");
        two.acme.jira.create("SUP", "Task", &new, None).await;
        let problem = two.problem(&two.globex, code).await;
        let sentence = problem["sentence"].as_str().expect("a sentence");
        assert!(sentence.contains(names), "which project, and where: {sentence}");
        let seen = delayed(&two, &two.acme).await;
        assert!(seen.contains("their project cannot be used now"), "{seen}");
        let all = two.globex.node.json(&["problems"]).await;
        assert_eq!(all.as_array().map(Vec::len), Some(1), "one for the project, none for its issues: {all}");

        set(json!({deed: {"project": "GX", undo: false}}));
        two.wait("what waited arrives", LONG, async || {
            two.globex.jira.find("GX", &format!("Edited while {undo}")).await?;
            two.globex.jira.find("GX", &new).await
        })
        .await;
        two.in_step().await;
    }
    two.stays_silent().await;
    assert_eq!(two.globex.node.json(&["problems"]).await, json!([]), "it heals by itself");
    assert_eq!(two.globex.jira.issues("GX").await.len(), 3);
    assert_eq!(two.acme.jira.issues("SUP").await.len(), 3);
    assert_eq!(two.globex.connection().await.expect("listed")["pairs"], 3, "all are still synced");
}

/// F51: Globex's project is in the trash, and the site fails at saying so: a round that could not read it is no look at it,
/// so that nobody says "Up to date". Once the site says it, so does Globex.
#[tokio::test(flavor = "multi_thread")]
async fn f51_a_project_that_could_not_be_read_does_not_count_as_looked_at() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    two.acme.jira.create("SUP", "Task", "Before", None).await;
    two.wait("the twin", LONG, async || two.globex.jira.find("GX", "Before").await).await;
    two.in_step().await;
    let unsaid = json!({"operation": "GET /project/{}", "status": 500, "json": true});
    let set = |faults: Value| two.globex.site.set_faults(&faults).expect("faults of the practice site");
    set(json!({"trash_project": "GX", "fail_before_effect": unsaid}));
    let rounds = async |n: u64| {
        let polls = two.globex.jira.polls().await;
        two.wait("its node looks again", LONG, async || {
            (two.globex.jira.polls().await >= polls + n).then_some(())
        })
        .await;
    };
    // The first of them may have begun before.
    rounds(2).await;
    let looked = two.globex.connection().await.expect("listed")["last_checked_at"].clone();
    rounds(4).await;
    let seen = two.globex.connection().await.expect("listed");
    assert_eq!(seen["last_checked_at"], looked, "none of them was a look at the project");

    set(json!({}));
    two.problem(&two.globex, "project-deleted").await;
    set(json!({"trash_project": {"project": "GX", "trashed": false}}));
    two.in_step().await;
    assert_eq!(two.globex.node.json(&["problems"]).await, json!([]), "it heals by itself");
}

/// F74: ACME's search never shows an issue, old or new: the daily look past the index finds what it is and what changed.
#[tokio::test(flavor = "multi_thread")]
async fn f74_what_the_search_never_shows_is_found_by_the_daily_look() {
    let _turn = turn::together().await;
    let mut two = Two::connected().await;
    let old = two.acme.jira.create("SUP", "Task", "Shown once", None).await;
    two.wait("its twin", LONG, async || two.globex.jira.find("GX", "Shown once").await).await;
    let missed = json!({"index_misses_issue": [old, "SUP-2"]});
    two.acme.site.set_faults(&missed).expect("a fault of the practice site");
    two.acme.jira.edit(&old, json!({"summary": "Edited unseen"})).await;
    assert_eq!(two.acme.jira.create("SUP", "Task", "Never shown", None).await, "SUP-2");
    two.acme.jira.create("SUP", "Task", "Shown", None).await;
    two.wait("what is shown arrives", LONG, async || two.globex.jira.find("GX", "Shown").await).await;
    two.in_step().await;
    two.stays_silent().await;
    assert_eq!(two.globex.jira.issues("GX").await.len(), 2, "nobody has looked past the index yet");

    two.stop_acme().await;
    database::census_is_due(&two.acme.data());
    two.start_acme().await;
    two.wait("both are found", LONG, async || {
        two.globex.jira.find("GX", "Edited unseen").await?;
        two.globex.jira.find("GX", "Never shown").await
    })
    .await;
    two.in_step().await;
    two.stays_silent().await;
    assert_eq!(two.globex.jira.issues("GX").await.len(), 3);
}

/// J24: the later pages of ACME's polls expire before they are asked for: the poll begins again, and nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn j24_a_poll_whose_pages_expire_begins_again() {
    let _turn = turn::together().await;
    let acme = Company::start("acme").await;
    // More than one page of a poll's list. They are older than the connection, and stay at home.
    acme.jira.practice_post("issues", &json!({"count": 230})).await;
    let many = acme.jira.issues("SUP").await.len();
    let two = Two::connect(acme, Company::start("globex").await, How::default()).await;
    let expire = |times: u32| json!({"page_most": 100, "page_token_ttl_ms": {"ms": -1, "times": times}});
    two.acme.site.set_faults(&expire(1_000_000)).expect("a fault of the practice site");
    // The newest changes come at once; nothing of them counts before the list of the others is whole.
    two.acme.jira.create("SUP", "Task", "On the last page", None).await;
    let polls = two.acme.jira.polls().await;
    two.wait("polls that break off", LONG, async || (two.acme.jira.polls().await >= polls + 8).then_some(()))
        .await;
    assert_eq!(two.globex.jira.issues("GX").await.len(), 0, "nothing of a page that was not read");
    two.acme.site.set_faults(&expire(1)).expect("a fault of the practice site");
    two.wait("it arrives", LONG, async || two.globex.jira.find("GX", "On the last page").await).await;
    two.in_step().await;
    two.stays_silent().await;
    assert_eq!(two.globex.jira.issues("GX").await.len(), 1);
    assert_eq!(two.acme.jira.issues("SUP").await.len(), many + 1);
    assert_eq!(two.acme.node.json(&["problems"]).await, json!([]), "nobody has to do anything");
}

/// F21: Globex's node can no longer read what it had saved; it says so, and nothing of what waits is lost.
#[tokio::test(flavor = "multi_thread")]
async fn f21_secrets_that_are_gone_hold_everything_and_lose_nothing() {
    let _turn = turn::together().await;
    let mut two = Two::connected().await;
    two.stop_globex().await;
    let secrets = two.globex.data().join("secrets.json");
    let away = secrets.with_extension("away");
    std::fs::rename(&secrets, &away).expect("it was there");
    two.acme.jira.create("SUP", "Task", "Without a secret", None).await;
    two.globex.jira.create("GX", "Task", "Without a secret, from Globex", None).await;
    two.start_globex();
    two.problem(&two.globex, "secret-missing").await;
    assert!(two.acme.jira.find("SUP", "Without a secret, from Globex").await.is_none());

    std::fs::rename(&away, &secrets).expect("it is put back");
    two.wait("both cross", LONG, async || {
        two.globex.jira.find("GX", "Without a secret").await?;
        two.acme.jira.find("SUP", "Without a secret, from Globex").await
    })
    .await;
    two.in_step().await;
    two.stays_silent().await;
    assert_eq!(two.globex.jira.issues("GX").await.len(), 2);
    assert_eq!(two.acme.jira.issues("SUP").await.len(), 2);
}

/// F19: Globex's computer falls asleep while a twin is being made, and wakes nine hours later.
#[tokio::test(flavor = "multi_thread")]
async fn f19_a_node_that_slept_in_the_middle_goes_on() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let slow = json!({"delay_ms": {"ms": 3_000, "operation": "POST /issue"}});
    two.globex.site.set_faults(&slow).expect("a fault of the practice site");
    for number in 0..4 {
        let issue = two.acme.jira.create("SUP", "Task", &format!("Asleep {number}"), None).await;
        two.acme.jira.comment(&issue, &paragraph("With a comment.")).await;
    }
    let data = two.globex.data();
    two.wait("a twin is being made", LONG, async || (database::intents(&data) > 0).then_some(())).await;
    let node = two.globex_runs.as_ref().expect("it runs");
    node.signal("STOP").await;
    two.globex.site.set_faults(&json!({})).expect("no fault");
    for company in [&two.acme, &two.globex] {
        company.jira.set_clock_ahead(9).await;
    }
    let last = two.acme.jira.create("SUP", "Task", "While Globex slept", None).await;
    two.acme.jira.comment(&last, &paragraph("With a comment.")).await;
    two.wait("ACME's node says that it waits", LONG, async || {
        (two.acme.connection().await?["waiting"]["out"].as_u64()? > 0).then_some(())
    })
    .await;

    node.signal("CONT").await;
    two.wait("all have arrived", LONG, async || {
        let issues = two.globex.jira.issues("GX").await;
        for issue in &issues {
            two.globex.jira.comments(&key(issue)).await.pop()?;
        }
        (issues.len() == 5).then_some(())
    })
    .await;
    two.in_step().await;
    two.stays_silent().await;
    for issue in two.globex.jira.issues("GX").await {
        assert_eq!(two.globex.jira.comments(&key(&issue)).await.len(), 1);
    }
    assert_eq!(two.globex.jira.issues("GX").await.len(), 5);
    assert_eq!(two.globex.node.json(&["problems"]).await, json!([]), "no burst of errors");
}

/// F81: Globex's site is renamed. The node names the new address and sends its sign-in nowhere; once Globex has signed in
/// again, what waited arrives, and nothing comes twice.
#[tokio::test(flavor = "multi_thread")]
async fn f81_a_site_that_is_renamed_is_named_and_goes_on_at_its_new_address() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let old = two.acme.jira.create("SUP", "Task", "Before", None).await;
    two.wait("the twin", LONG, async || two.globex.jira.find("GX", "Before").await).await;
    two.acme.jira.comment(&old, &paragraph("From before.")).await;
    two.in_step().await;
    let new = two.globex.jira.url.replace("127.0.0.1", "localhost");
    two.globex.site.set_faults(&json!({"renamed": new})).expect("a fault of the practice site");
    two.acme.jira.edit(&old, json!({"summary": "Edited meanwhile"})).await;
    let problem = two.problem(&two.globex, "site-moved").await;
    let host = new.trim_start_matches("http://");
    assert!(problem["sentence"].as_str().expect("words").ends_with(&format!("is now {host}.")), "{problem}");

    let renew = ["account", "renew", &two.globex.account];
    two.globex.node.ask(&renew, &format!("{}\n", two.globex.jira.token)).await.done();
    let there = crate::harness::jira::Jira::new(&new, &two.globex.jira.email, &two.globex.jira.token);
    two.wait("what waited", LONG, async || there.find("GX", "Edited meanwhile").await).await;
    there.create("GX", "Task", "From the new address", None).await;
    two.wait("its twin", LONG, async || two.acme.jira.find("SUP", "From the new address").await).await;
    two.in_step().await;
    assert_eq!(there.issues("GX").await.len(), 2);
    assert_eq!(two.acme.jira.issues("SUP").await.len(), 2);
    assert_eq!(two.acme.jira.comments(&old).await.len(), 1);
    assert_eq!(two.globex.node.json(&["problems"]).await, json!([]));
}

/// F71: Globex's Jira makes an issue when its create was given up and repeated long since. People are told of the second one;
/// it is not taken for an issue of Globex's, so Acme never hears of it.
#[tokio::test(flavor = "multi_thread")]
async fn f71_an_issue_that_is_made_after_it_was_made_again_is_told_and_never_travels() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let late = json!({"value": 0, "after_writes": 1, "operation": "POST /issue", "times": 1});
    two.globex.site.set_faults(&json!({ "late_effect_ms": late })).expect("faults of the practice site");
    let issue = two.acme.jira.create("SUP", "Task", "Twice", None).await;
    let problem = two.problem(&two.globex, "twin-twice").await;
    let mut there: Vec<_> = two.globex.jira.issues("GX").await.iter().map(key).collect();
    there.sort();
    assert_eq!(there, ["GX-1", "GX-2"], "the first stands there when the second lands");
    assert_eq!(problem["issue"], "GX-1");
    let sentence = problem["sentence"].as_str().expect("a sentence");
    assert!(sentence.starts_with("GX-2 ") && sentence.contains("GX-1"), "{sentence}");

    // What people say there stays there, and what is said at Acme arrives at the first.
    two.globex.jira.comment("GX-2", &paragraph("Which one is it?")).await;
    two.acme.jira.comment(&issue, &paragraph("Said once.")).await;
    two.globex.settle("skip", &problem).await;
    two.wait("the comment arrives", LONG, async || {
        (two.globex.jira.comments("GX-1").await.len() == 1).then_some(())
    })
    .await;
    two.in_step().await;
    two.stays_silent().await;
    assert_eq!(two.acme.jira.issues("SUP").await.len(), 1);
    assert!(two.acme.jira.comments(&issue).await.len() == 1, "its own");
    assert_eq!(two.globex.jira.comments("GX-2").await.len(), 1);
}
