//! A first sync is called so on both sides, says how far it is, survives a restart, and is over once.

use serde_json::{Value, json};

use crate::harness::{Company, How, LONG, Two, turn};

impl Two {
    async fn first_sync(&self, company: &Company, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        self.wait(&format!("{}: {what}", company.name), LONG, async || {
            let c = company.connection().await?;
            (c["state"] == "first_sync" && fits(&c["first_sync"])).then_some(c)
        })
        .await
    }
}

/// Six issues exist at ACME and two at Globex. Globex's Jira takes two of ACME's, then none for a while: both sides say how far
/// it is, also after a restart, until it goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_first_sync_says_how_far_it_is_until_everything_was_taken_over() {
    let _turn = turn::together().await;
    let acme = Company::start("acme").await;
    let globex = Company::start("globex").await;
    for number in 0..6 {
        acme.jira.create("SUP", "Task", &format!("Old at ACME {number}"), None).await;
    }
    for number in 0..2 {
        globex.jira.create("GX", "Task", &format!("Old at Globex {number}"), None).await;
    }
    let there = [acme.jira.issues("SUP").await.len(), globex.jira.issues("GX").await.len()];
    let all = (there[0] + there[1]) as u64;
    let refused = json!({"fail_before_effect": {"status": 503, "operation": "POST /issue"}});
    globex.site.set_faults(&refused).expect("a fault of the practice site");
    let how = How { scope: &["--existing"], ..How::default() };
    let mut two = Two::connect(acme, globex, how).await;

    // All that is Globex's stands at ACME; of ACME's nothing is taken over.
    let done = there[1] as u64;
    // There is a percentage once all that is to come has been listed.
    let far = |first: &Value| first["done"] == done && first["total"] == all && first["percent"].is_number();
    for company in [&two.acme, &two.globex] {
        let c = two.first_sync(company, "as far as it can be", far).await;
        assert_eq!(c["first_sync"]["percent"], done * 100 / all, "{c}");
        assert_eq!(c["first_sync"]["minutes_left"], Value::Null, "nobody can say: {c}");
        let sentence = c["sentence"].as_str().expect("a sentence");
        assert!(sentence.contains(&format!("{done} of {all} issues")), "{sentence}");
        let status = company.node.json(&["status"]).await;
        assert_eq!((&status["overall"], &status["sentence"]), (&json!("syncing"), &json!(sentence)));
    }
    two.stop_globex().await;
    two.start_globex();
    two.first_sync(&two.globex, "as before, after a restart", far).await;

    two.globex.site.set_faults(&json!({})).expect("no fault");
    two.in_step().await;
    for company in [&two.acme, &two.globex] {
        let c = company.connection().await.expect("it is connected");
        assert_eq!((&c["first_sync"], &c["pairs"]), (&Value::Null, &json!(all)), "{c}");
        let [last, next] =
            ["last_checked_at", "next_check_at"].map(|name| c[name].as_str().map(str::to_owned));
        assert!(last.is_some() && last < next, "{c}");
    }
    // What comes later is no first sync, however it is held up.
    two.globex.site.set_faults(&refused).expect("a fault of the practice site");
    two.acme.jira.create("SUP", "Task", "New", None).await;
    two.wait("ACME waits for it", LONG, async || (two.acme.state().await == "syncing").then_some(())).await;
    two.globex.site.set_faults(&json!({})).expect("no fault");
    two.wait("it arrives", LONG, async || two.globex.jira.find("GX", "New").await).await;
    two.in_step().await;
    two.stays_silent().await;
}
