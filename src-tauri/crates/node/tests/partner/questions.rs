//! A partner that asks and answers as it likes whether two issues are one (T22).

use twinline_link::exchange::QUESTIONS;
use twinline_model::ConnectionId;
use twinline_model::problem::ProblemCode;
use twinline_model::question::{MOST_A_DAY, MOST_QUESTIONS, Question, Said, UNAVAILABLE};
use twinline_model::view::{QuestionStanding, QuestionView};

use super::*;

fn id(of: u32) -> String {
    format!("{of:032x}")
}

impl Ours {
    fn connection(&self) -> ConnectionId {
        self.invitation.connection_id()
    }
    async fn questions(&self) -> Vec<QuestionView> {
        self.node.questions(Some(&self.connection())).await.expect("questions")
    }
    /// The questions, once all of them have left a state or come to one.
    async fn settled(&self, settled: impl Fn(&[QuestionView]) -> bool) -> Vec<QuestionView> {
        until(&self.node, async || Some(self.questions().await).filter(|all| settled(all))).await
    }
    /// An issue of before that is open to questions.
    async fn issue(&self, summary: &str) -> String {
        let client = reqwest::Client::new();
        let fields = serde_json::json!({
            "project": {"key": "SUP"}, "issuetype": {"name": "Task"}, "summary": summary
        });
        let made = client
            .post(format!("{}/rest/api/3/issue", self.site.url))
            .basic_auth(&self.site.email, Some(&self.site.token))
            .json(&serde_json::json!({ "fields": fields }))
            .send()
            .await
            .expect("an answer");
        let made: serde_json::Value = made.json().await.expect("JSON");
        made["key"].as_str().expect("a key").to_owned()
    }
    async fn synced(&self) -> Vec<(Option<String>, Option<String>)> {
        let pairs = self.node.pairs(&self.connection(), "", None, 100).await.expect("pairs");
        pairs.into_iter().map(|pair| (pair.ours, pair.theirs)).collect()
    }
}

impl Partner {
    fn origin(&self, item: u32) -> Origin {
        Origin { node: self.node.clone(), item: format!("globex.example/i/{item}") }
    }
    fn asks(&self, of: u32, key: &str, wanted: &str) -> Said {
        Said::Asked(Question {
            id: id(of),
            origin: self.origin(of),
            key: key.to_owned(),
            link: String::new(),
            summary: Some(format!("About {key}")),
            wanted: wanted.to_owned(),
        })
    }
    /// Says these as its next messages, and understands questions itself.
    async fn tells(&mut self, from: u64, said: Vec<Said>) {
        let message = |(at, said): (u64, Said)| {
            let (kind, body) = Body::Question(said).encode();
            Message { seq: from + at, critical: false, kind, body }
        };
        let messages = (0..).zip(said).map(message).collect();
        let features = vec![QUESTIONS.to_owned()];
        self.says(Envelope { messages, features, ..Envelope::default() }).await;
    }
    /// What our side says of questions, until it is enough.
    async fn hears_of_questions(&mut self, enough: impl Fn(&[Said]) -> bool) -> Vec<Said> {
        let hears = async {
            loop {
                let features = vec![QUESTIONS.to_owned()];
                let answer = self.says(Envelope { wait_ms: 1_000, features, ..Envelope::default() }).await;
                let read = |message: &Message| match message.decode().expect("readable") {
                    Some(Body::Question(said)) => Some(said),
                    _ => None,
                };
                let heard: Vec<Said> = answer.messages.iter().filter_map(read).collect();
                if enough(&heard) {
                    return heard;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(60), hears).await.expect("within a minute")
    }
}

fn is_declined(said: &Said, of: u32) -> bool {
    matches!(said, Said::Declined { id: named, code } if *named == id(of) && code == UNAVAILABLE)
}

/// A yes makes the pair that our people asked about, once; said of anything else it makes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_yes_counts_once_and_for_one_question() {
    let ours = ours().await;
    let first = ours.issue("First").await;
    let second = ours.issue("Second").await;
    let third = ours.issue("Third").await;
    let mut partner = ours.partner().await;
    let link = ours.connection();
    let asked = ours.node.ask_to_connect(&link, &first, "GX-1").await.expect("asked").question;
    ours.node.ask_to_connect(&link, &second, "GX-2").await.expect("asked");
    ours.node.ask_to_connect(&link, &third, "GX-3").await.expect("asked");
    let heard = partner.hears_of_questions(|said| said.len() == 3).await;
    let question = |key: &str| {
        let of = |said: &Said| match said {
            Said::Asked(question) if question.key == key => Some(question.clone()),
            _ => None,
        };
        heard.iter().find_map(of).expect("it was asked")
    };
    let (one, two, three) = (question(&first), question(&second), question(&third));
    assert_eq!((one.id.as_str(), one.summary.as_deref()), (asked.id.as_str(), Some("First")));
    let agreed = |id: &str, item: u32, pair: &Origin| Said::Agreed {
        id: id.to_owned(),
        origin: partner.origin(item),
        pair: pair.clone(),
        key: format!("GX-{item}"),
        link: String::new(),
    };
    let lower = |question: &Question, item: u32| question.origin.clone().min(partner.origin(item));
    // The second question's yes names the pair of the first, nobody's question, and then, right, the first question.
    let words = vec![
        agreed(&two.id, 2, &lower(&one, 1)),
        agreed(&id(77), 3, &partner.origin(3)),
        // The third question's yes is right but for the key of their issue.
        agreed(&three.id, 4, &lower(&three, 4)),
        agreed(&one.id, 1, &lower(&one, 1)),
        // Once more, with another issue.
        agreed(&one.id, 4, &lower(&one, 4)),
    ];
    partner.tells(1, words).await;
    until(&ours.node, async || (ours.synced().await.len() == 1).then_some(())).await;
    assert_eq!(ours.synced().await, [(Some(first), Some("GX-1".to_owned()))]);
    let left = ours.settled(|all| all.len() == 2).await;
    assert!(left.iter().all(|question| question.state == QuestionStanding::Unavailable), "{left:?}");
    // Whoever said a yes that counts for nothing hears it, and waits for nothing.
    let void = |said: &Said, of: &str| matches!(said, Said::Withdrawn { id } if id == of);
    partner
        .hears_of_questions(|said| {
            [two.id.as_str(), &three.id, &id(77)].iter().all(|of| said.iter().any(|said| void(said, of)))
        })
        .await;
    // Those that were there, and no twin.
    assert_eq!(ours.site.writes_by_issue().expect("counts")["totals"]["creates"], 3);
    ours.node.stop().await;
}

/// What our people have read is what they answer: a question cannot be changed behind their back, and an issue that was moved
/// since is another one.
#[tokio::test(flavor = "multi_thread")]
async fn a_yes_is_for_the_issue_that_people_have_read_of() {
    let ours = ours().await;
    let read = ours.issue("Read").await;
    let secret = ours.issue("Secret").await;
    let mut partner = ours.partner().await;
    partner.tells(1, vec![partner.asks(1, "GX-1", &read), partner.asks(1, "GX-9", &secret)]).await;
    let open = ours.settled(|all| all.len() == 1).await.remove(0);
    assert_eq!((open.ours.as_str(), open.theirs.as_str()), (read.as_str(), "GX-1"), "the first words stay");
    assert_eq!(open.theirs_title.as_deref(), Some("About GX-1"));
    let problem = ours.node.problems().await.expect("problems").remove(0);
    assert_eq!(problem.code, "question-waits");
    // It cannot be left out, and trying again answers nothing.
    assert!(!problem.skippable);
    ours.node.retry_problems(&[problem.id]).await.expect("no harm");
    assert_eq!(ours.problems().await, ["question-waits"]);

    ours.site.set_faults(&serde_json::json!({"delete_issue": read})).expect("a deed");
    let link = ours.connection();
    let late =
        ours.node.answer_question(&link, &open.id, true).await.expect_err("it is not that issue any more");
    assert_eq!(late.code, ProblemCode::QuestionGone);
    partner.hears_of_questions(|said| said.iter().any(|said| is_declined(said, 1))).await;
    assert_eq!((ours.questions().await, ours.problems().await), (vec![], vec![]));
    let again = ours.node.answer_question(&link, &open.id, true).await.expect_err("used up");
    assert_eq!(again.code, ProblemCode::QuestionGone);
    assert_eq!(ours.synced().await, []);
    ours.node.stop().await;
}

/// What came from one partner is not passed on to another: neither asked about, nor agreed to, nor when it came between question
/// and yes.
#[tokio::test(flavor = "multi_thread")]
async fn another_partners_issue_is_never_connected() {
    let mut ours = ours().await;
    let old = ours.issue("Old").await;
    let account = ours.node.accounts().await.expect("accounts").remove(0).id;
    let mut first = ours.partner().await;
    let first_link = ours.connection();
    let (kind, body) = Body::Replica(issue(first.node.clone())).encode();
    first.sends(vec![Message { seq: 1, critical: false, kind, body }]).await;
    let Receipt::Applied { key: twin, .. } = first.hears().await else { panic!("a twin") };

    ours.invitation = invite(&ours.node, account).await;
    let mut second = ours.partner().await;
    let link = ours.connection();
    let refused =
        ours.node.ask_to_connect(&link, &twin, "HX-1").await.expect_err("it is the first partner's");
    assert_eq!(refused.code, ProblemCode::AddForeign);
    second.tells(1, vec![second.asks(1, "HX-1", &twin), second.asks(2, "HX-2", &old)]).await;
    second.hears_of_questions(|said| said.iter().any(|said| is_declined(said, 1))).await;
    let open = ours.settled(|all| all.len() == 1).await.remove(0);
    assert_eq!(open.ours, old);
    // Between question and yes it becomes an issue of the first partner's connection.
    ours.node.add_issue(&first_link, &old).await.expect("added");
    let late = ours.node.answer_question(&link, &open.id, true).await.expect_err("it is shared");
    assert_eq!(late.code, ProblemCode::ConnectShared);
    second.hears_of_questions(|said| said.iter().any(|said| is_declined(said, 2))).await;
    assert_eq!(ours.synced().await, [], "nothing on the second connection");
    ours.node.stop().await;
}

/// However much a partner asks, people see one question about each issue, and no more than a list can hold.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_questions_stays_within_its_bounds() {
    let ours = ours().await;
    let wanted = ours.issue("Wanted").await;
    let mut partner = ours.partner().await;
    let many = u32::try_from(MOST_QUESTIONS).expect("a number") + 10;
    let words = (1..=many).map(|of| partner.asks(of, &format!("GX-{of}"), &wanted)).collect();
    partner.tells(1, words).await;
    until(&ours.node, async || {
        let problems = ours.problems().await;
        (problems.contains(&"partner-invalid".to_owned()) && problems.contains(&"question-waits".to_owned()))
            .then_some(())
    })
    .await;
    // All that were kept are looked at, in several rounds.
    let declined = |said: &[Said]| said.iter().filter(|said| matches!(said, Said::Declined { .. })).count();
    partner.hears_of_questions(|said| declined(said) == MOST_QUESTIONS - 1).await;
    assert_eq!(ours.questions().await.len(), 1);
    assert_eq!(ours.problems().await.iter().filter(|code| *code == "question-waits").count(), 1);
    ours.node.stop().await;
}

/// Whether a question waits tells whether there is such an issue: so one that is withdrawn stays in the activity, and counts.
#[tokio::test(flavor = "multi_thread")]
async fn who_asks_and_withdraws_again_and_again_is_seen_and_comes_to_an_end() {
    let ours = ours().await;
    let mut partner = ours.partner().await;
    let many = u32::try_from(MOST_A_DAY).expect("a number");
    let pairs = |of: u32| [partner.asks(of, &format!("GX-{of}"), "SUP-1"), Said::Withdrawn { id: id(of) }];
    let words: Vec<Said> = (1..=many).flat_map(pairs).collect();
    let last = partner.asks(many + 1, "GX-1", "SUP-1");
    let mut from = 1;
    for some in words.chunks(100) {
        partner.tells(from, some.to_vec()).await;
        from += some.len() as u64;
    }
    let line = loop {
        let newest = ours.node.activity(Some(&ours.connection()), None, 1).await.expect("lines");
        match newest.into_iter().find(|line| line.sentence.contains(&format!("GX-{many} "))) {
            Some(line) => break line,
            None => drop(partner.says(Envelope { wait_ms: 1_000, ..Envelope::default() }).await),
        }
    };
    assert_eq!(
        line.sentence,
        format!("Globex withdrew the question whether GX-{many} and SUP-1 are to be connected")
    );
    assert_eq!(ours.problems().await, Vec::<String>::new());
    partner.tells(from, vec![last]).await;
    while !ours.problems().await.contains(&"partner-invalid".to_owned()) {
        partner.says(Envelope { wait_ms: 1_000, ..Envelope::default() }).await;
    }
    ours.node.stop().await;
}

/// Neither is anybody asked about an issue that our own rules keep here, nor does the partner hear more of it than of any other.
#[tokio::test(flavor = "multi_thread")]
async fn what_our_own_rules_keep_here_is_not_connected() {
    let ours = ours().await;
    let kept = ours.issue("KEEP this here").await;
    let link = ours.connection();
    let mut partner = ours.partner().await;
    let rules = ours.node.upgrade_to_script(&link).await.expect("script mode");
    let outgoing = r#"if issue.summary.contains("KEEP") { keep_home(); } replica.summary = issue.summary;"#;
    ours.node.save_rules(&link, rules.version, outgoing, &rules.incoming).await.expect("saved");
    let asked = partner.asks(1, "GX-1", &kept);
    partner.tells(1, vec![asked]).await;
    partner.hears_of_questions(|said| said.iter().any(|said| is_declined(said, 1))).await;
    assert_eq!(ours.problems().await, Vec::<String>::new());
    ours.node.stop().await;
}

/// A partner whose version knows no questions is sent none, and our people are told; it goes when they have updated.
#[tokio::test(flavor = "multi_thread")]
async fn f87_an_older_partner_is_asked_once_they_have_updated() {
    let ours = ours().await;
    let issue = ours.issue("One").await;
    let mut partner = ours.partner().await;
    let link = ours.connection();
    ours.node.ask_to_connect(&link, &issue, "GX-1").await.expect("asked");
    let needs_update = async || ours.node.questions_on(&link).await.expect("questions").needs_update;
    assert!(!needs_update().await, "nobody knows yet which version they have");
    let answer = partner.says(Envelope::default()).await;
    assert!(answer.messages.is_empty(), "they would pass over it without a word");
    let waits = ours.questions().await.remove(0);
    assert_eq!(waits.state, QuestionStanding::NeedsUpdate);
    assert!(waits.sentence.contains("older version"), "{}", waits.sentence);
    assert!(needs_update().await, "no page offers to ask more");
    partner.hears_of_questions(|said| matches!(said, [Said::Asked(asked)] if asked.wanted == "GX-1")).await;
    assert_eq!(ours.questions().await[0].state, QuestionStanding::WaitingForPartner);
    assert!(!needs_update().await, "they have updated");
    ours.node.stop().await;
}

/// The question itself leaves by the outgoing rules.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_holds_what_the_outgoing_rules_let_leave() {
    let ours = ours().await;
    let plain = ours.issue("Plain words").await;
    let kept = ours.issue("KEEP this here").await;
    let link = ours.connection();
    let mut partner = ours.partner().await;
    let rules = ours.node.upgrade_to_script(&link).await.expect("script mode");
    let outgoing =
        r#"if issue.summary.contains("KEEP") { keep_home(); } replica.summary = "[ACME] " + issue.summary;"#;
    ours.node.save_rules(&link, rules.version, outgoing, &rules.incoming).await.expect("saved");
    let address = "https://globex.atlassian.net/browse/gx-1?focused=2";
    let seen = ours.node.preview_question(&link, &plain, address).await.expect("a preview");
    assert_eq!((seen.told.as_deref(), seen.theirs.as_str()), (Some("[ACME] Plain words"), "GX-1"));
    let odd = ours.node.preview_question(&link, &plain, "the smoke").await.expect_err("no key");
    assert_eq!(odd.code, ProblemCode::ConnectKey);
    let refused = ours.node.ask_to_connect(&link, &kept, "GX-2").await.expect_err("the rules keep it here");
    assert_eq!(refused.code, ProblemCode::AddRestricted);
    ours.node.ask_to_connect(&link, &plain, "GX-1").await.expect("asked");
    // Before it leaves, other rules are saved: it leaves by those.
    let rules = ours.node.rules(&link).await.expect("rules");
    let silent = "replica.type = issue.type;";
    ours.node.save_rules(&link, rules.version, silent, &rules.incoming).await.expect("saved");
    let heard = partner.hears_of_questions(|said| !said.is_empty()).await;
    let [Said::Asked(asked)] = heard.as_slice() else { panic!("one question: {heard:?}") };
    assert_eq!(asked.summary, None, "the rules in force keep it");
    ours.node.stop().await;
}
