//! Who wrote a comment, as people read it in the partner's tracker.

use practice_jira::ProjectSpec;
use serde_json::{Value, json};

use crate::harness::documents::{paragraph, shape, words};
use crate::harness::jira::key;
use crate::harness::{Company, How, LONG, Two, turn};

/// The line above survives a later edit of the comment, and a person's table is not squeezed into it.
#[tokio::test(flavor = "multi_thread")]
async fn a_comment_says_who_wrote_it_also_after_an_edit() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let (comment, issue, first) = said(&two, "The printer burns.").await;
    let [quote, text] = blocks(&first) else { panic!("a line and the text: {first}") };
    assert_eq!(quote["type"], "blockquote");
    let name = &quote["content"][0]["content"][0];
    assert_eq!((&name["text"], &name["marks"][0]["type"]), (&json!("Ben Okoro"), &json!("strong")));
    let line: String =
        blocks(&quote["content"][0]).iter().filter_map(|piece| piece["text"].as_str()).collect();
    let (who, when) = line.split_once(" wrote on ").expect(&line);
    assert_eq!(who, "Ben Okoro (acme)");
    assert!(when.ends_with(" UTC:"), "a time that both companies read alike: {line}");
    assert_eq!(words(text), "The printer burns.");

    two.acme.jira.by("ben").edit_comment(&issue, &comment, &paragraph("It is out.")).await;
    let edited = arrived(&two, "It is out.").await;
    let [again, text] = blocks(&edited) else { panic!("a line and the text: {edited}") };
    assert_eq!((shape(again), words(text).as_str()), (shape(quote), "It is out."));
    two.in_step().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_arrives_bare_where_the_admin_wants_no_line() {
    let _turn = turn::together().await;
    let acme = Company::start("acme").await;
    let globex = Company::start("globex").await;
    let two = Two::connect(acme, globex, How { scope: &["--no-authors"], ..How::default() }).await;
    let (_, _, bare) = said(&two, "The printer burns.").await;
    assert_eq!(blocks(&bare).iter().map(words).collect::<Vec<_>>(), ["The printer burns."]);
    two.in_step().await;
}

/// F61: what only some at ACME may read stays there, and their people are told how much that is. So does what a service
/// project calls internal.
#[tokio::test(flavor = "multi_thread")]
async fn j28_j29_f61_how_many_comments_stay_behind_is_told() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let (_, issue, _) = said(&two, "For everybody.").await;
    for text in ["Not for partners.", "Neither is this."] {
        two.acme.jira.comment_for_role(&issue, &paragraph(text)).await;
    }
    two.acme.jira.comment_internally(&issue, &paragraph("For our service team.")).await;
    two.acme.jira.comment(&issue, &paragraph("The last, for everybody.")).await;
    arrived(&two, "The last, for everybody.").await;
    two.in_step().await;
    let kept = async |company: &Company| {
        let connection = company.connection().await.expect("listed");
        let id = connection["id"].as_str().expect("an id");
        let pairs = company.node.json(&["pairs", "--connection", id]).await;
        assert_eq!(pairs.as_array().map(Vec::len), Some(1));
        pairs[0]["restricted_comments"].clone()
    };
    assert_eq!((kept(&two.acme).await, kept(&two.globex).await), (json!(3), json!(0)));
    let twin = two.globex.jira.find("GX", "Printer").await.expect("it has arrived");
    assert_eq!(two.globex.jira.comments(&key(&twin)).await.len(), 2);
}

/// J29: ACME's project is a service project, and the admins said that internal comments leave: they arrive as public ones,
/// and what a role alone may read still does not.
#[tokio::test(flavor = "multi_thread")]
async fn j29_internal_comments_arrive_as_public_ones_where_the_admin_said_so() {
    let _turn = turn::together().await;
    let mut sup = ProjectSpec::new("SUP", "Support", &["Task"], None);
    sup.service = true;
    let (acme, globex) = (Company::of_project("acme", sup).await, Company::start("globex").await);
    let how = How { scope: &["--internal-comments"], ..How::default() };
    let two = Two::connect(acme, globex, how).await;
    let (_, issue, _) = said(&two, "For everybody.").await;
    two.acme.jira.comment_for_role(&issue, &paragraph("Not for partners.")).await;
    two.acme.jira.comment_internally(&issue, &paragraph("For our service team.")).await;
    arrived(&two, "For our service team.").await;
    two.in_step().await;
    two.stays_silent().await;
    let twin = two.globex.jira.find("GX", "Printer").await.expect("it has arrived");
    let theirs = two.globex.jira.comments(&key(&twin)).await;
    assert_eq!(
        theirs.iter().map(|c| &c["jsdPublic"]).collect::<Vec<_>>(),
        [true, true],
        "public, and no third"
    );
}

/// The line above a comment is told from what people typed by its words: in another language it would be taken for an edit
/// of the twin, and travel. So it stays as it is, whatever language the node speaks with people.
#[tokio::test(flavor = "multi_thread")]
async fn another_language_of_the_node_changes_nothing_in_jira() {
    let _turn = turn::together().await;
    let mut two = Two::connected().await;
    let (_, issue, first) = said(&two, "The printer burns.").await;
    two.in_step().await;
    two.stop_globex().await;
    two.globex_runs = Some(two.globex.run(true, &["--lang", "de"]));
    two.stays_silent().await;

    two.acme.jira.comment(&issue, &paragraph("It is out.")).await;
    let second = arrived(&two, "It is out.").await;
    two.in_step().await;
    let line = |comment: &Value| words(&blocks(comment)[0]);
    assert!(line(&second).contains(" wrote on "), "{second}");
    let twin = two.globex.jira.find("GX", "Printer").await.expect("it has arrived");
    let stands: Vec<_> = two.globex.jira.comments(&key(&twin)).await;
    assert_eq!(shape(&stands[0]["body"]), shape(&first), "the first comment stands as it was written");
    assert_eq!(two.globex.node.ask(&["--lang", "de", "problems"], "").await.done(), "Kein Handlungsbedarf.");
    assert_eq!(two.globex.node.ask(&["problems"], "").await.done(), "Nothing needs your attention.");
    two.stays_silent().await;
}

/// J29: ACME's admin changes her mind twice. Switched on, older internal comments leave as well, and that is asked about first;
/// switched off, their text is taken back, and no further one leaves.
#[tokio::test(flavor = "multi_thread")]
async fn j29_an_admin_can_change_whether_internal_comments_leave() {
    let _turn = turn::together().await;
    let mut sup = ProjectSpec::new("SUP", "Support", &["Task"], None);
    sup.service = true;
    let (acme, globex) = (Company::of_project("acme", sup).await, Company::start("globex").await);
    let two = Two::connect(acme, globex, How::default()).await;
    let (_, issue, _) = said(&two, "For everybody.").await;
    two.acme.jira.comment_internally(&issue, &paragraph("For our service team.")).await;
    two.in_step().await;
    two.stays_silent().await;
    let twin = key(&two.globex.jira.find("GX", "Printer").await.expect("it has arrived"));
    let theirs = async || two.globex.jira.comments(&twin).await;
    assert_eq!(theirs().await.len(), 1, "it stays at home");

    let id = two.acme.connection().await.expect("listed")["id"].as_str().expect("an id").to_owned();
    let switch = ["connection", "internal-comments", &id, "on"];
    let asked = two.acme.node.ask(&switch, "").await;
    assert_eq!(asked.status, Some(2), "nobody is there to agree");
    assert!(asked.stderr.contains("those written earlier too"), "{}", asked.stderr);
    assert_eq!(two.acme.connection().await.expect("listed")["internal_comments"], json!(false));
    let answer = two.acme.node.json(&[&switch[..], &["--yes"]].concat()).await;
    assert_eq!(answer["internal_comments"], json!(true));
    arrived(&two, "For our service team.").await;
    assert_eq!(theirs().await.iter().map(|c| &c["jsdPublic"]).collect::<Vec<_>>(), [true, true]);

    two.acme.node.ask(&["connection", "internal-comments", &id, "off"], "").await.done();
    arrived(&two, "no longer shows this comment").await;
    two.acme.jira.comment_internally(&issue, &paragraph("Not any more.")).await;
    two.in_step().await;
    two.stays_silent().await;
    let words: Vec<_> = theirs().await.iter().map(|c| words(&c["body"])).collect();
    assert_eq!(words.len(), 2, "{words:?}");
    assert!(!words.concat().contains("For our service team") && words.concat().contains("For everybody."));
}

/// J30, J37: whatever becomes of Globex's answers, comments stand there in the order in which they were said, once each.
#[tokio::test(flavor = "multi_thread")]
async fn j30_j37_comments_keep_their_order_however_often_they_are_tried() {
    const COMMENT: &str = "POST /issue/{}/comment";
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let issue = two.acme.jira.create("SUP", "Task", "Printer", None).await;
    let twin = two.wait("the twin", LONG, async || two.globex.jira.find("GX", "Printer").await).await;
    let struck = |value: Value| json!({"operation": COMMENT, "times": 2, "value": value});
    let rounds = [
        ("fail_before_effect", json!(502)),
        ("fail_after_effect", json!(500)),
        ("drop_connection_at_byte", json!(0)),
        ("truncated_body", json!(20)),
    ];
    let mut expected = Vec::new();
    for (switch, value) in rounds {
        two.globex.site.set_faults(&json!({switch: struck(value)})).expect("faults of the practice site");
        for number in 1..=3 {
            let text = format!("{switch}, comment {number}.");
            two.acme.jira.comment(&issue, &paragraph(&text)).await;
            expected.push(text);
        }
        two.wait(switch, LONG, async || {
            let there = two.globex.jira.comments(&key(&twin)).await.len();
            (there >= expected.len()).then_some(())
        })
        .await;
        two.in_step().await;
    }
    two.stays_silent().await;
    let there = two.globex.jira.comments(&key(&twin)).await;
    // The last block is the text; the one above it says who wrote it.
    let said = |comment: &Value| blocks(&comment["body"]).last().map(words).unwrap_or_default();
    assert_eq!(there.iter().map(said).collect::<Vec<_>>(), expected);
    // Only what had no effect is written again.
    let calls = two.globex.site.calls()["calls"]["POST /rest/api/3/issue/{issueIdOrKey}/comment"].clone();
    assert_eq!(calls, expected.len() + 2, "each fault was met, and each effect was seen");
}

/// Ben of ACME says something: the comment, its issue, and the document that arrives at Globex.
async fn said(two: &Two, text: &str) -> (String, String, Value) {
    let acme = &two.acme;
    let issue = acme.jira.create(&acme.project, "Task", "Printer", Some(&paragraph("On fire."))).await;
    let comment = acme.jira.by("ben").comment(&issue, &paragraph(text)).await;
    (comment, issue, arrived(two, text).await)
}

async fn arrived(two: &Two, text: &str) -> Value {
    let globex = &two.globex;
    two.wait(text, LONG, async || {
        let twin = globex.jira.find(&globex.project, "Printer").await?;
        let all = globex.jira.comments(&key(&twin)).await;
        all.into_iter().map(|c| c["body"].clone()).find(|body| words(body).contains(text))
    })
    .await
}

fn blocks(document: &Value) -> &[Value] {
    document["content"].as_array().map_or(&[], Vec::as_slice)
}
