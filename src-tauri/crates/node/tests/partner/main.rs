//! A partner that is no node of ours: it speaks the protocol as it likes, and our node answers.

mod questions;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use practice_jira::{Options as Practice, ProjectSpec, Running, Site};
use secrecy::SecretString;
use serde_json::{Value, json};
use twinline_link::carriers::CallError;
use twinline_link::carriers::http::client::HttpCaller;
use twinline_link::exchange::{Body, Compare, Envelope, Mark, Message, Runner, StatedStage, Statement};
use twinline_link::inbox::accept;
use twinline_link::invitation::Invitation;
use twinline_link::keys::StaticKey;
use twinline_link::pairing::{PairAnswer, PairRequest};
use twinline_link::seal::{Channel, start_exchange, start_pairing};
use twinline_model::connection::{Approval, Mode};
use twinline_model::replica::{Receipt, Replica, Version, Versioned};
use twinline_model::view::InitiateRequest;
use twinline_model::{AccountId, NodeId, Origin};
use twinline_node::{Node, Options, SecretsChoice};

/// Our side: a node that listens, and an invitation that whoever holds it may use.
struct Ours {
    node: Arc<Node>,
    invitation: Invitation,
    address: SocketAddr,
    site: Running,
    _data: tempfile::TempDir,
}

async fn ours() -> Ours {
    let projects = vec![ProjectSpec::new("SUP", "Support", &["Task"], None)];
    let site = Site::start(Practice { site: "acme".into(), projects: Some(projects), ..Practice::default() });
    let site = site.await.expect("a practice site");
    let data = tempfile::tempdir().expect("a folder");
    let node = Node::open(Options {
        secrets: SecretsChoice::File,
        practice: true,
        listen: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
        check_every: Duration::from_secs(1),
        ..Options::new(data.path().to_path_buf())
    });
    let node = node.await.expect("a node");
    let token = SecretString::from(site.token.clone());
    let account = node.add_account(&site.url, &site.email, token).await.expect("signed in");
    let invitation = invite(&node, account.id).await;
    node.start().await.expect("it runs");
    let address = until(&node, async || node.listening()).await;
    Ours { node, invitation, address, site, _data: data }
}

async fn invite(node: &Node, account: AccountId) -> Invitation {
    let request = InitiateRequest {
        account,
        project: "SUP".into(),
        partner_name: "Globex".to_owned(),
        address: Some("http://127.0.0.1:7700".to_owned()),
        relay: None,
        mode: Mode::Basic,
        approval: Approval::CodeHolder,
        default_type: None,
        filter: None,
        existing: false,
        name_authors: true,
        internal_comments: false,
    };
    let code = node.initiate(&request).await.expect("an invitation").code;
    Invitation::read(&code).expect("a code that can be read")
}

/// Waits for something that a change of the node brings.
async fn until<T>(node: &Node, look: impl AsyncFn() -> Option<T>) -> T {
    let mut changes = node.changes();
    let wait = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            changes.changed().await.expect("the node is there");
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.expect("it comes within a minute")
}

impl Ours {
    /// A person gives the issue this summary, or makes one with it; its id.
    async fn summarizes(&self, id: Option<&str>, summary: &str) -> String {
        let client = reqwest::Client::new();
        let url = format!("{}/rest/api/3/issue", self.site.url);
        let request = match id {
            Some(id) => client.put(format!("{url}/{id}")).json(&json!({"fields": {"summary": summary}})),
            None => client.post(url).json(&json!({"fields": {"project": {"key": "SUP"}, "summary": summary,
                "issuetype": {"name": "Task"}}})),
        };
        let request = request.basic_auth(&self.site.email, Some(&self.site.token));
        let answer = request.send().await.expect("an answer").error_for_status().expect("a good one");
        let told: Value = serde_json::from_str(&answer.text().await.expect("a body")).unwrap_or_default();
        told["id"].as_str().or(id).expect("an id").to_owned()
    }
    async fn problems(&self) -> Vec<String> {
        self.node.problems().await.expect("problems").into_iter().map(|p| p.code).collect()
    }
    async fn pair(&self, key: &StaticKey, node: &NodeId) -> PairAnswer {
        let request = PairRequest {
            protocol: (1, 1),
            app: "9.9.9".into(),
            node: node.clone(),
            company: "Globex".into(),
            site: "globex.example".into(),
            person: "P. Smith".into(),
            project: "GX".into(),
            features: vec![],
        };
        let (frame, waiting) = start_pairing(&self.invitation, key, &request.encode()).expect("sealed");
        let answer = self.caller().pair(&self.invitation.id(), frame).await.expect("an answer");
        PairAnswer::decode(&waiting.open(&answer).expect("for us").body).expect("one that can be read")
    }
    fn caller(&self) -> HttpCaller {
        HttpCaller::new(&format!("http://{}", self.address)).expect("a caller")
    }
    /// Accepts, and says a first word: from then on what is said counts.
    async fn partner(&self) -> Partner {
        let (key, node) = (StaticKey::generate().expect("a key"), NodeId::new("b".repeat(32)));
        let PairAnswer::Accepted { psk, approved: true, .. } = self.pair(&key, &node).await else {
            panic!("whoever holds the code is let in");
        };
        let connection = self.invitation.connection_id();
        let channel = Channel { connection, ours: key, theirs: self.invitation.key, psk };
        let (last, received) = (Envelope::default(), Mark::default());
        let mut partner = Partner { channel, caller: self.caller(), node, last, received };
        partner.says(Envelope::default()).await;
        partner
    }
}

struct Partner {
    channel: Channel,
    caller: HttpCaller,
    node: NodeId,
    last: Envelope,
    received: Mark,
}

impl Partner {
    /// Says it as a node would, and hears the answer.
    async fn says(&mut self, envelope: Envelope) -> &Envelope {
        let envelope = Envelope {
            incarnation: "1".repeat(32),
            runner: Runner { run: "2".repeat(32), place: "3".repeat(32), take_over: false },
            to: self.last.incarnation.clone(),
            echo: self.last.nonce,
            // Only a run that its partner names may write.
            holder: self.last.runner.run.clone(),
            holder_place: self.last.runner.place.clone(),
            statement: Statement { generation: 1, stage: StatedStage::Connected, paused: false },
            ..envelope
        };
        let (frame, waiting) = start_exchange(&self.channel, &envelope.encode()).expect("sealed");
        let answer = self.caller.exchange(&self.channel.connection, frame, 0).await.expect("an answer");
        let body = waiting.open(&answer).expect("for us").body;
        self.last = Envelope::decode(&body).expect("one that can be read");
        &self.last
    }
    async fn sends(&mut self, messages: Vec<Message>) -> u64 {
        self.says(Envelope { messages, ..Envelope::default() }).await.ack.seq
    }
    /// The first receipt that our side gives.
    async fn hears(&mut self) -> Receipt {
        let hears = async {
            loop {
                let answer = self.says(Envelope { wait_ms: 5_000, ..Envelope::default() }).await;
                let said = answer.messages.first().map(|message| message.decode().expect("readable"));
                if let Some(Some(Body::Receipt(receipt))) = said {
                    return receipt;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(60), hears).await.expect("within a minute")
    }
    /// The next version of a summary that our side tells. `counts_anew`: see [`Envelope::reconciling`].
    async fn hears_of_a_summary(&mut self, counts_anew: bool) -> Version {
        let hears = async {
            loop {
                let (ack, reconciling) = (self.received.clone(), counts_anew);
                self.says(Envelope { ack, reconciling, wait_ms: 5_000, ..Envelope::default() }).await;
                let (taken, after) = accept(&self.received, &self.last.messages);
                self.received = after;
                for message in taken.into_iter().map(|index| &self.last.messages[index]) {
                    if let Some(Body::Replica(replica)) = message.decode().expect("readable")
                        && let Some(summary) = replica.summary
                    {
                        return summary.version;
                    }
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(60), hears).await.expect("within a minute")
    }
    /// Repeats what our side says of its digests: to it the two are equal.
    async fn agrees(&mut self) {
        let agrees = async {
            loop {
                let compare = self.last.compare.take().filter(|theirs| theirs.asks);
                let equal = compare.map(|theirs| Compare { asks: false, ..theirs });
                let (ack, done) = (self.received.clone(), equal.is_some());
                let envelope =
                    Envelope { ack, quiet: true, compare: equal, wait_ms: 5_000, ..Envelope::default() };
                self.says(envelope).await;
                if done {
                    return;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(60), agrees).await.expect("within a minute");
    }
    fn receipt(&self, seq: u64) -> Message {
        let origin = Origin { node: self.node.clone(), item: "globex/i/1".into() };
        let (kind, body) = Body::Receipt(Receipt::Resumed { origin }).encode();
        Message { seq, critical: false, kind, body }
    }
}

fn of_later(seq: u64, critical: bool) -> Message {
    Message { seq, critical, kind: "of-later".into(), body: vec![0xa0] }
}

fn issue(node: NodeId) -> Replica {
    let version = Version { owner: 1, other: 0 };
    Replica {
        origin: Origin { node, item: "globex.example/i/1".into() },
        key: "GX-1".into(),
        link: String::new(),
        summary: Some(Versioned { version, value: "One issue".into() }),
        description: None,
        issue_type: Some(Versioned { version, value: "Task".into() }),
        extras: Default::default(),
        comments: vec![],
        attachments: vec![],
        gone: vec![],
        overruled: vec![],
        whole: false,
        known: vec![],
        path: vec![],
        joined: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f88_a_message_that_must_be_understood_stops_the_connection_until_it_is() {
    let ours = ours().await;
    let mut partner = ours.partner().await;
    let acked = partner.sends(vec![of_later(1, false), of_later(2, true), partner.receipt(3)]).await;
    assert_eq!(acked, 1, "what may be skipped is; the rest stays with the partner");
    assert_eq!(ours.problems().await, ["partner-newer"]);
    let problem = ours.node.problems().await.expect("problems").remove(0);
    assert_eq!(problem.sentence, "Globex uses a newer version of Twinline.");
    assert!(problem.next_step.contains("Update Twinline"), "{}", problem.next_step);

    assert_eq!(partner.sends(vec![of_later(2, true)]).await, 1, "however often it is said");
    assert_eq!(ours.problems().await.len(), 1, "and told once");
    // To this version a receipt is what the other one would be to a later one.
    assert_eq!(partner.sends(vec![partner.receipt(2), partner.receipt(3)]).await, 3);
    assert_eq!(ours.problems().await, Vec::<String>::new());
    ours.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f87_who_has_to_update_is_told_and_nothing_is_taken_meanwhile() {
    let ours = ours().await;
    let mut partner = ours.partner().await;
    for (protocol, code) in [((2, 3), "partner-newer"), ((0, 0), "partner-older"), ((2, 2), "partner-newer")]
    {
        let messages = vec![partner.receipt(1)];
        let answer = partner.says(Envelope { protocol, messages, ..Envelope::default() }).await;
        assert_eq!((answer.ack.seq, answer.protocol), (0, (1, 1)), "{code}");
        assert_eq!(ours.problems().await, [code]);
    }
    let messages = vec![partner.receipt(1)];
    let met = partner.says(Envelope { protocol: (1, 3), messages, ..Envelope::default() }).await;
    assert_eq!(met.ack.seq, 1, "they speak ours as well");
    assert_eq!(ours.problems().await, Vec::<String>::new());
    ours.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f89_what_must_not_be_said_is_told_and_stops_nothing_else() {
    let ours = ours().await;
    let mut partner = ours.partner().await;
    // An issue in the name of somebody else.
    let foreign = issue(NodeId::new("c".repeat(32)));
    let (kind, body) = Body::Replica(foreign).encode();
    let garbage = Message { seq: 1, critical: false, kind: "replica".into(), body: vec![0xff; 40] };
    let messages = vec![garbage, Message { seq: 2, critical: false, kind, body }, partner.receipt(3)];
    assert_eq!(partner.sends(messages).await, 3, "it is ours to deal with now");
    let told = async || ours.problems().await.contains(&"partner-invalid".to_owned()).then_some(());
    until(&ours.node, told).await;

    // A frame that nobody with the keys has sealed gets what everybody gets.
    let connection = ours.invitation.connection_id();
    for frame in [vec![], vec![1; 200], b"hello".to_vec()] {
        assert_eq!(ours.caller().exchange(&connection, frame, 0).await, Err(CallError::Unknown404));
    }
    assert_eq!(partner.sends(vec![partner.receipt(4)]).await, 4, "and the partner is heard as before");
    ours.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f101_a_second_key_is_told_that_the_code_was_used_and_the_first_is_answered_again() {
    let ours = ours().await;
    let (first, second) = (StaticKey::generate().expect("a key"), StaticKey::generate().expect("a key"));
    let node = NodeId::new("b".repeat(32));
    assert!(matches!(ours.pair(&first, &node).await, PairAnswer::Accepted { .. }));
    let refused = ours.pair(&second, &NodeId::new("c".repeat(32))).await;
    assert!(matches!(refused, PairAnswer::Refused { code } if code == "invitation-used"));
    assert!(
        matches!(ours.pair(&first, &node).await, PairAnswer::Accepted { .. }),
        "a lost answer is given again"
    );
    let told = ours.node.problems().await.expect("problems").remove(0);
    assert_eq!((told.code.as_str(), told.skippable), ("invitation-tried", true));
    assert_eq!(
        told.sentence,
        "Globex (P. Smith, globex.example) tried the invitation that Globex has used already. They were not let in."
    );
    ours.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f116_who_tries_a_withdrawn_code_is_told_so_and_listed() {
    let ours = ours().await;
    // Another one keeps the port open.
    let account = ours.node.accounts().await.expect("accounts").remove(0).id;
    invite(&ours.node, account).await;
    ours.node.remove(&ours.invitation.connection_id()).await.expect("withdrawn");
    let key = StaticKey::generate().expect("a key");
    let refused = ours.pair(&key, &NodeId::new("c".repeat(32))).await;
    assert!(matches!(refused, PairAnswer::Refused { code } if code == "invitation-withdrawn"));
    let told = ours.node.problems().await.expect("problems").remove(0);
    assert_eq!((told.code.as_str(), told.connection), ("invitation-tried", None));
    assert!(
        told.sentence.ends_with("an invitation that you have withdrawn. They were not let in."),
        "{}",
        told.sentence
    );
    ours.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f89_after_twenty_invalid_words_the_connection_stops_until_a_person_lets_it_go_on() {
    let ours = ours().await;
    let mut partner = ours.partner().await;
    let garbage = |seq| Message { seq, critical: false, kind: "replica".into(), body: vec![0xff; 40] };
    let told = async |count| {
        let found = ours.node.problems().await.expect("problems");
        found.into_iter().find(|p| p.code == "partner-invalid" && p.count >= count)
    };
    // Well below twenty: what two tasks take in at once counts twice.
    assert_eq!(partner.sends((1..6).map(garbage).collect()).await, 5);
    let few = until(&ours.node, async || told(5).await).await;
    assert!(few.sentence.ends_with("Everything else goes on."), "{}", few.sentence);
    assert_eq!(partner.sends((6..21).map(garbage).collect()).await, 20);
    let twenty = until(&ours.node, async || told(20).await).await;
    assert_eq!(
        twenty.sentence,
        "Globex’s Twinline sends invalid data again and again. This connection has stopped."
    );
    let held = partner.says(Envelope::default()).await.health.held_up.clone();
    assert_eq!(held, "partner-invalid", "the partner is told why nothing comes");

    // What is good is kept, and written when a person has said so.
    let (kind, body) = Body::Replica(issue(partner.node.clone())).encode();
    assert_eq!(partner.sends(vec![Message { seq: 21, critical: false, kind, body }]).await, 21);
    let polls = async || ours.node.connections().await.expect("connections").remove(0).last_checked_at;
    let before = polls().await;
    until(&ours.node, async || (polls().await != before).then_some(())).await;
    assert_eq!(ours.site.writes_by_issue().expect("counts")["totals"]["creates"], 0);
    ours.node.retry_problems(&[twenty.id]).await.expect("it goes on");
    let applied = partner.hears().await;
    assert!(matches!(&applied, Receipt::Applied { key, .. } if key == "SUP-1"), "{applied:?}");
    ours.node.stop().await;
}

/// A partner whose numbers begin anew, and fit ours by chance (we were set back to before they began), knows more of us than we
/// do. Until the digests are equal, what our people change counts by a leap: it is no number that was given before (seed 71922 of
/// the simulator, when waits became shorter with each failure).
#[tokio::test(flavor = "multi_thread")]
async fn f84_f85_beside_a_partner_who_counts_anew_our_changes_leap() {
    const LEAP: u64 = 1 << 20;
    let ours = ours().await;
    let mut partner = ours.partner().await;
    // Whatever was made before our side has read where the connection begins is an issue of before, and not synced.
    while partner.last.health.checked_ago_ms.is_none() {
        partner.says(Envelope { wait_ms: 1_000, ..Envelope::default() }).await;
    }
    let id = ours.summarizes(None, "Plotter").await;
    let mut version = partner.hears_of_a_summary(false).await;
    let mut edits = 0;
    let mut edited = async |partner: &mut Partner, counts_anew: bool| {
        edits += 1;
        ours.summarizes(Some(&id), &format!("Plotter {edits}")).await;
        let now = partner.hears_of_a_summary(counts_anew).await;
        now.owner - std::mem::replace(&mut version, now).owner
    };
    // Until our side has read its tracker and heard what the partner holds, it does not count by one either.
    while edited(&mut partner, false).await != 1 {}

    partner.says(Envelope { reconciling: true, ack: partner.received.clone(), ..Envelope::default() }).await;
    assert!(edited(&mut partner, true).await > LEAP);
    assert!(edited(&mut partner, false).await > LEAP, "nobody has compared yet");
    partner.agrees().await;
    assert_eq!(edited(&mut partner, false).await, 1);
    ours.node.stop().await;
}

/// The same two projects are connected twice: an issue that came over one connection is refused over the other.
#[tokio::test(flavor = "multi_thread")]
async fn f96_one_issue_has_one_twin_over_all_connections() {
    let mut ours = ours().await;
    let account = ours.node.accounts().await.expect("accounts").remove(0).id;
    let mut first = ours.partner().await;
    ours.invitation = invite(&ours.node, account).await;
    assert_eq!(ours.problems().await, Vec::<String>::new());
    let mut second = ours.partner().await;
    let told = ours.node.problems().await.expect("problems").remove(0);
    assert_eq!(told.connection.as_ref(), Some(&ours.invitation.connection_id()), "at the newer one");
    assert_eq!(told.sentence, "SUP is connected to GX of Globex twice.");
    let (kind, body) = Body::Replica(issue(first.node.clone())).encode();
    let words = vec![Message { seq: 1, critical: false, kind, body }];

    assert_eq!(first.sends(words.clone()).await, 1);
    let applied = first.hears().await;
    assert!(matches!(&applied, Receipt::Applied { key, .. } if key == "SUP-1"), "{applied:?}");
    assert_eq!(second.sends(words).await, 1);
    let refused = second.hears().await;
    assert!(matches!(&refused, Receipt::Rejected { code, .. } if code == "twin-twice"), "{refused:?}");
    let written = ours.site.writes_by_issue().expect("counts");
    assert_eq!(written["totals"]["creates"], 1, "{written}");
    ours.node.remove(&first.channel.connection).await.expect("removed");
    assert!(!ours.problems().await.contains(&"connection-doubled".to_owned()), "one is left");
    ours.node.stop().await;
}
