//! No word that a person or a tracker wrote is in a bundle, and what is shown is what is saved.

use std::collections::BTreeMap;
use std::io::{Read as _, Write};
use std::sync::{Arc, Mutex};

use secrecy::SecretString;
use twinline_model::asked::{AskedField, AskedKind, ChosenField, FieldOption, FieldValue};
use twinline_model::connection::{Connection, Partner};
use twinline_model::intent::{FieldWrite, IntentState, IssueFields, Write as Deed};
use twinline_model::notification::Fact;
use twinline_model::pair::{OurIssue, Side};
use twinline_model::question::{Kept, Question, QuestionState};
use twinline_model::view::{ActivityKind, Direction};
use twinline_model::{AccountId, BlobHash, ConnectionId, IssueId, IssueKey, NodeId, Origin, ProjectKey};
use twinline_store::{Account, ActivityRow, ConflictRow, Holder, Invited, InvitedState, LinkState, RulesRow};

use super::*;
use crate::samples::{LINK, account, connection, open};

/// Whatever a person, a tracker or a partner writes holds this.
const WORD: &str = "Qzxsecret";

fn word(what: &str) -> String {
    format!("{WORD} {what} pair=7 said \"{WORD}\"")
}

fn facts(names: &[&str]) -> BTreeMap<String, String> {
    names.iter().map(|name| ((*name).to_owned(), word(name))).collect()
}

/// A node in which each field that others write holds a word of theirs.
async fn filled(folder: &Path) -> Arc<Node> {
    let node = open(folder).await;
    for secret in ["account/acc/token", "invitation/1/secret", "connection/1/key"] {
        node.secrets.set(secret, SecretString::from(word("token"))).await.unwrap();
    }
    node.db
        .write(|tx| {
            let link = ConnectionId::new(LINK);
            tx.set_setting("company", &word("company"))?;
            tx.set_setting("address", &format!("https://{WORD}.example/"))?;
            tx.set_setting(&word("setting"), &word("setting"))?;
            let id = AccountId::new(format!("{WORD}-acme-atlassian-net"));
            tx.insert_account(&Account {
                id: id.clone(),
                site: format!("{WORD}.atlassian.net"),
                base_url: format!("https://{WORD}.atlassian.net"),
                email: format!("{WORD}@acme.example"),
                user: word("user"),
                display_name: word("display name"),
                token_ends: Some(word("end")),
                cloud: Some(word("cloud")),
                ..account()
            })?;
            tx.set_seen(&id, &IssueId::new(word("issue")), &word("fingerprint"))?;
            tx.set_away(&id, 1_000)?;
            tx.insert_connection(&Connection {
                account: id.clone(),
                project: ProjectKey::new(WORD),
                given_name: Some(word("given name")),
                partner: Some(Partner {
                    node: NodeId::new(word("node")),
                    name: word("partner"),
                    site: format!("{WORD}.atlassian.net"),
                    person: word("person"),
                    project: WORD.to_owned(),
                }),
                address: format!("https://{WORD}.example:7700"),
                filter: Some(word("filter")),
                default_type: Some(word("type")),
                ..connection()
            })?;
            // One that a partner named as no connection of ours is named.
            tx.insert_connection(&Connection { id: ConnectionId::new(WORD), account: id, ..connection() })?;
            tx.set_held(&link, Some(&word("held")))?;
            tx.set_partner_held_up(&link, &word("held up"))?;
            tx.set_link(
                &link,
                &LinkState {
                    our_key: word("key"),
                    their_key: Some(word("key")),
                    sent: (3, word("chain")),
                    received: (4, word("chain")),
                    partner_incarnation: Some(word("incarnation")),
                    comparison: Some(word("comparison")),
                    last_error: Some(word("error")),
                    incarnation: word("incarnation"),
                    acked_chain: word("chain"),
                    holder: Some(Holder { run: word("run"), place: word("place") }),
                    ..LinkState::default()
                },
            )?;
            let origin = Origin { node: NodeId::new("b".repeat(32)), item: word("item") };
            let mut pair = tx.new_pair(&link, &origin, Side::Ours)?;
            let (id, key) = (IssueId::new(word("id")), IssueKey::new(format!("{WORD}-1")));
            pair.ours = Some(OurIssue { id, key, url: format!("https://{WORD}.example/browse/{WORD}-1") });
            twinline_sync::rows::save(tx, &pair, None)?;
            let summary = FieldWrite {
                version: Default::default(),
                value: word("summary"),
                theirs: word("summary"),
                again: false,
                rest: None,
            };
            let fields = IssueFields { summary: Some(summary), ..IssueFields::default() };
            let intent =
                tx.insert_intent(&link, pair.id, &Deed::CreateIssue { fields, above: 1, attempt: 0 }, 1)?;
            tx.set_intent_state(intent, &IntentState::Unknown { clean_probes: 1 })?;
            tx.add_activity(&ActivityRow {
                id: 0,
                at_ms: 1,
                connection: link.clone(),
                direction: Direction::In,
                kind: ActivityKind::Comment,
                ours: Some(format!("{WORD}-1")),
                theirs: Some(format!("{WORD}-2")),
                message: "activity-comment".to_owned(),
                facts: facts(&["author", "title"]),
            })?;
            for code in ["attachment-refused", WORD] {
                let told = facts(&["file", "issue", "detail", "site"]);
                tx.raise(code, Some(&link), Some(pair.id), Some(WORD), &told, 5_000)?;
            }
            tx.add_rules(
                &link,
                &RulesRow {
                    version: 1,
                    outgoing: word("outgoing"),
                    incoming: word("incoming"),
                    saved_ms: 1,
                    saved_by: word("saved_by"),
                    brings_back: None,
                },
            )?;
            tx.add_conflict(&ConflictRow {
                id: 0,
                connection: link.clone(),
                pair: pair.id,
                field: word("field"),
                at_ms: 1,
                winner: Side::Ours,
                kept: word("description"),
                lost: word("description"),
                settled_ms: None,
            })?;
            tx.keep_question(&link, &question())?;
            tx.push_out(&link, 1, true, &word("kind"), word("comment").as_bytes(), &word("chain"))?;
            tx.push_in(&link, 1, &word("kind"), word("comment").as_bytes())?;
            tx.push_receipt(&link, &word("receipt"))?;
            tx.insert_invited(&Invited {
                id: word("invitation"),
                connection: link.clone(),
                label: word("label"),
                expires_s: 1,
                state: InvitedState::Open,
            })?;
            tx.insert_accepted(&word("invitation"), &link)?;
            let option = FieldOption { id: word("option"), name: word("option") };
            let asked = AskedField {
                id: word("field"),
                name: word("field"),
                kind: AskedKind::Option,
                options: vec![option],
            };
            tx.keep_asked(&link, &word("type"), &asked)?;
            let chosen = ChosenField { field: word("field"), value: FieldValue::Line(word("value")) };
            tx.keep_choice(&link, &word("type"), Some(pair.id), &chosen)?;
            let bytes = BlobHash::new("c".repeat(64));
            tx.want_blob(&link, &bytes, &origin, 5)?;
            tx.offer_blob(&link, &bytes, &origin, 5)?;
            tx.note_known(&Fact::Left(link), 1)
        })
        .await
        .unwrap();
    node.notifications(&node.status().await).await;
    node
}

/// What is written to the log of a test.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A log as the program writes it.
fn logged(work: impl FnOnce()) -> String {
    let lines = Lines::default();
    let to = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .with_writer(move || to.clone())
        .fmt_fields(crate::logs::one_line())
        .finish();
    tracing::subscriber::with_default(subscriber, work);
    let bytes = lines.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

/// One of the partner's.
fn question() -> Kept {
    let question = Question {
        id: word("question"),
        origin: Origin { node: NodeId::new("b".repeat(32)), item: word("origin") },
        key: word("key"),
        link: word("link"),
        summary: Some(word("summary")),
        wanted: word("wanted"),
    };
    Kept {
        by: Side::Theirs,
        state: QuestionState::Open,
        issue: Some("10001".into()),
        ours: word("ours"),
        title: word("title"),
        url: word("url"),
        theirs: word("theirs"),
        rules: None,
        reason: word("reason"),
        told: false,
        at_ms: 1,
        question,
    }
}

/// Everything that the log is told of what others wrote.
fn others_words() -> String {
    logged(|| {
        let refused = twinline_trackers::error::NotApplied::Refused(word("Jira's words"));
        let trouble =
            Trouble::new(ProblemCode::AttachmentRefused).with("file", word("file")).with("issue", WORD);
        let forged = format!("{WORD}\n2026-11-26T10:00:00Z  INFO twinline_node::node: {WORD}\r\n{WORD}");
        tracing::info!(why = %refused, intent = 5, "not applied");
        tracing::warn!(%trouble, failures = 3, "the partner was not reached");
        tracing::warn!(site = %format!("{WORD}.atlassian.net"), error = %forged, "poll");
        tracing::warn!(site = format!("{WORD}.atlassian.net"), error = ?forged, "poll");
        tracing::error!(issue = %WORD, why = WORD, file = "src-tauri/crates/store/src/tx.rs", "a row");
        tracing::error!(file = %format!("src-tauri/{WORD}.rs"), "a spooled file is missing");
        tracing::info!(wait = ?std::time::Duration::from_millis(1500), over = true, pair = 7_i64, "asked to slow down");
        tracing::info!(connection = LINK, version = "0.1.0", "node started");
        tracing::warn!("poll error=no answer: {WORD} pair=7");
        tracing::debug!(target: "hyper::client", "authorization: {WORD}");
        tracing::debug!(target: "twinline_practice_of_others: x", "{WORD}");
    })
}

fn unzipped(bytes: Vec<u8>) -> Vec<(String, String)> {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    (0..zip.len())
        .map(|at| {
            let mut file = zip.by_index(at).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            (file.name().unwrap().into_owned(), text)
        })
        .collect()
}

#[tokio::test]
async fn no_word_that_others_wrote_is_in_a_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let node = filled(folder.path()).await;
    // Each table has a row, so that a new one is thought of here.
    let rows = node.db.read(|tx| tx.facts()).await.unwrap().rows;
    let empty: Vec<_> = rows.iter().filter(|(_, rows)| *rows == 0).map(|(table, _)| table).collect();
    assert!(rows.len() > 20 && empty.is_empty(), "{empty:?}");
    std::fs::create_dir_all(folder.path().join("logs")).unwrap();
    std::fs::write(folder.path().join("logs/twinline.2026-11-25.log"), others_words()).unwrap();
    std::fs::write(folder.path().join(format!("logs/{WORD}.log")), WORD).unwrap();

    let saved = unzipped(node.diagnostics().await.unwrap().zip().unwrap());
    let names: Vec<_> = saved.iter().map(|(name, _)| name.as_str()).collect();
    assert!(
        names.starts_with(&["about.json", "settings.json", "status.json", "connections.json"]),
        "{names:?}"
    );
    assert!(names.contains(&"log-2026-11-25.txt"), "{names:?}");
    let home = folder.path().display().to_string();
    for (name, text) in &saved {
        let (small, text) = (name.to_lowercase(), text.to_lowercase());
        assert!(
            !small.contains(&WORD.to_lowercase()) && !text.contains(&WORD.to_lowercase()),
            "{name}: {text}"
        );
        assert!(!text.contains(&home) && !text.contains('@'), "{name}: {text}");
    }
    // And yet it tells something.
    let of = |name: &str| -> serde_json::Value {
        let (_, text) = saved.iter().find(|(file, _)| file == name).unwrap();
        serde_json::from_str(text).unwrap()
    };
    assert_eq!(of("about.json")["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(of("settings.json")["address"], "https");
    assert_eq!(of("status.json")["connections"][0]["id"], LINK);
    let told = &of("connections.json")["connections"][0];
    assert_eq!((&told["inbox"], &told["outbox"], &told["account"]), (&1.into(), &1.into(), &1.into()));
    assert_eq!(told["problems"], serde_json::json!({"attachment-refused": 1, "other": 1}));
    assert_eq!(told["intents"], serde_json::json!({"create_issue_unknown": 1}));
    assert_eq!(of("problems.json")[0]["code"], "attachment-refused");
    let bytes = &of("database.json")["bytes"];
    assert!(
        bytes["twinline.db"].as_u64() > Some(0) && bytes["twinline.db-wal"].as_u64() > Some(10_000),
        "{bytes}"
    );
    assert_eq!(of("database.json")["rows"]["pair"], 1);
}

#[test]
fn a_log_keeps_what_is_ours() {
    let lines: Vec<String> = log::told(&others_words())
        .lines()
        .map(|l| l.split_once(' ').map_or(l, |(_, l)| l).to_owned())
        .collect();
    let place = "twinline_node::diagnostics::tests";
    assert_eq!(
        lines,
        [
            format!("INFO {place}: not applied why=refused: … intent=5"),
            format!("WARN {place}: the partner was not reached trouble=attachment-refused … failures=3"),
            format!("WARN {place}: poll site=… error=…"),
            format!("WARN {place}: poll site=… error=…"),
            format!("ERROR {place}: a row issue=… why=… file=\"src-tauri/crates/store/src/tx.rs\""),
            format!("ERROR {place}: a spooled file is missing file=…"),
            format!("INFO {place}: asked to slow down wait=1.5s over=true pair=7"),
            format!("INFO {place}: node started connection=\"{LINK}\" version=\"0.1.0\""),
            // A text that stands where no field is, as an earlier version wrote it.
            format!("WARN {place}: poll error=… …"),
            "2".to_owned(),
        ]
    );
}

#[test]
fn the_last_of_the_log_is_whole_lines_of_the_newest_days() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("logs")).unwrap();
    let line =
        |n: u32| format!("2026-11-26T10:00:00.000000Z  INFO twinline_node::node: node started unknown={n}\n");
    let write = |day: &str, text: String| {
        std::fs::write(folder.path().join(format!("logs/twinline.{day}.log")), text).unwrap();
    };
    write("2026-11-24", line(0));
    write("2026-11-25", line(1));
    write("2026-11-26", (0..9_999).map(line).collect());
    write("2026-1-1", line(3));
    let days = log::of_folder(folder.path());
    let names: Vec<_> = days.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["log-2026-11-25.txt", "log-2026-11-26.txt"]);
    let last = &days[1].1;
    assert!(last.lines().all(|l| l.starts_with("2026-11-26T10:00:00Z INFO")), "{}", &last[..200]);
    assert!(last.ends_with("unknown=9998\n") && last.len() < 256 * 1024);
}

#[tokio::test]
async fn what_is_shown_is_saved_byte_for_byte_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let node = filled(folder.path()).await;
    let bundle = node.diagnostics().await.unwrap();
    let shown = bundle.view();
    let to = tempfile::tempdir().unwrap();
    let first = bundle.save_into(to.path()).unwrap();
    assert_eq!(first.file_name().unwrap().to_str().unwrap(), shown.file_name);
    // The world goes on; what was shown is what is saved.
    node.set_settings("Another", "").await.unwrap();
    let second = bundle.save_into(to.path()).unwrap();
    assert_ne!(first, second);
    let expected: Vec<_> = shown.files.iter().map(|f| (f.name.clone(), f.text.clone())).collect();
    for file in [&first, &second] {
        assert_eq!(unzipped(std::fs::read(file).unwrap()), expected);
    }
    for file in &shown.files {
        assert_eq!(file.size as usize, file.text.len());
    }
    assert_eq!(bundle.save_as(&first).unwrap_err().code, ProblemCode::FileUnwritable);
    let nowhere = bundle.save_into(&to.path().join("nowhere")).unwrap_err();
    assert_eq!(nowhere.code, ProblemCode::FileUnwritable);
    assert_eq!(std::fs::read_dir(to.path()).unwrap().count(), 2);
}

#[tokio::test]
async fn data_that_cannot_be_opened_has_a_bundle_too() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()).await);
    std::fs::create_dir_all(folder.path().join("logs")).unwrap();
    std::fs::write(folder.path().join("logs/twinline.2026-11-25.log"), others_words()).unwrap();
    let why = Trouble::new(ProblemCode::DataNewer).with("folder", word("folder"));
    let bundle = Diagnostics::of_folder(folder.path(), &why);
    let all: String = bundle.view().files.into_iter().map(|f| f.text).collect();
    assert!(all.contains("\"not_opened\": \"data-newer\"") && all.contains("not applied"), "{all}");
    assert!(!all.contains(WORD), "{all}");
}
