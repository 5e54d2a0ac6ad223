//! A world from its making to its removal. A process of its own: whether a keychain was asked is known per process.

// The whole crate is a test: it may fail where it stands.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use twinline_model::problem::ProblemCode;
use twinline_model::view::{ConnectionState, PairView};
use twinline_node::{Node, Options, SecretsChoice};
use twinline_practice::{Site, World, is_kept, remove};

const PATIENCE: Duration = Duration::from_secs(90);

/// Waits until the node says something, and looks again whenever something may have changed.
async fn until<T>(node: &Node, what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let begun = Instant::now();
    let mut changes = node.changes();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "did not happen: {what}");
        let _ = tokio::time::timeout(Duration::from_secs(1), changes.changed()).await;
    }
}

/// Every pair, once each side has nothing left to do.
async fn in_step(world: &World, pairs: usize) -> Vec<PairView> {
    let node = world.node();
    until(node, "both sides are up to date", async || {
        let connection = node.connection(world.connection()).await.unwrap();
        let found = node.pairs(world.connection(), "", None, 50).await.unwrap();
        let complete = found.len() == pairs && found.iter().all(|p| p.ours.is_some() && p.theirs.is_some());
        (connection.state == ConnectionState::UpToDate && complete).then_some(found)
    })
    .await
}

async fn get(site: &Site, path: &str) -> Value {
    let answer = reqwest::get(format!("{}{path}", site.url)).await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    answer.json().await.unwrap()
}

/// Every text in a document, in order.
fn words(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(text) = map.get("text").and_then(Value::as_str) {
                found.push(text.to_owned());
            }
            map.values().for_each(|v| words(v, found));
        }
        Value::Array(all) => all.iter().for_each(|v| words(v, found)),
        _ => {}
    }
}

/// Of one issue: summary, all words of its description, how many comments, and its files by their sums.
fn told(state: &Value, key: &str) -> (String, Vec<String>, usize, BTreeSet<String>) {
    let all = state["issues"].as_array().unwrap();
    let issue = all.iter().find(|i| i["key"] == key).unwrap_or_else(|| panic!("no {key}"));
    let mut text = Vec::new();
    words(&issue["fields"]["description"], &mut text);
    let files = issue["attachments"].as_array().unwrap().iter();
    let files = files.map(|f| f["sha256"].as_str().unwrap().to_owned()).collect();
    let comments = issue["comments"].as_array().unwrap().len();
    (issue["fields"]["summary"].as_str().unwrap().to_owned(), text, comments, files)
}

async fn assert_twins(world: &World, pairs: &[PairView]) {
    let [acme, globex] = world.sites();
    let (here, there) = (get(&acme, "/practice/state").await, get(&globex, "/practice/state").await);
    for pair in pairs {
        let ours = told(&here, pair.ours.as_deref().unwrap());
        let theirs = told(&there, pair.theirs.as_deref().unwrap());
        assert_eq!(ours, theirs);
    }
    for state in [&here, &there] {
        assert_eq!(state["issues"].as_array().unwrap().len(), pairs.len(), "nothing stands there twice");
    }
    let with_picture = pairs.iter().filter(|p| !told(&here, p.ours.as_deref().unwrap()).3.is_empty()).count();
    assert!(with_picture > 0, "an issue has a picture");
}

fn all_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path())
            } else {
                found.push(entry.path())
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_world_comes_up_syncs_goes_on_after_a_restart_and_is_removed() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("practice");
    // The real node beside it, as in the app.
    let real = Options { secrets: SecretsChoice::File, ..Options::new(home.path().to_owned()) };
    let real = Node::open(real).await.unwrap();
    real.start().await.unwrap();

    // What was left by a start that was cut short is no obstacle.
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("practice.json"), "").unwrap();
    std::fs::write(folder.join("acme.jira"), "half").unwrap();
    let world = World::start(&folder).await.unwrap();
    assert!(is_kept(&folder));

    // The first sync ends in twins.
    let pairs = in_step(&world, 5).await;
    assert_twins(&world, &pairs).await;
    let connection = world.node().connection(world.connection()).await.unwrap();
    assert_eq!(connection.partner_name, "Globex");
    assert!(world.node().problems().await.unwrap().is_empty());

    // Its pages may be opened, and nothing else on this computer.
    let [acme, globex] = world.sites();
    for own in [acme.url.clone(), format!("{}/browse/GX-1", globex.url)] {
        assert!(world.owns(&own), "{own}");
        assert!(!real.allowed_link(&own).await, "the real node opens no practice page");
    }
    for other in [
        &format!("{}0/", acme.url),
        &format!("{}.example/", acme.url),
        "http://127.0.0.1/",
        "http://localhost",
    ] {
        assert!(!world.owns(other), "{other}");
    }

    // Nothing of it is with the real node, nor in a keychain.
    assert!(real.accounts().await.unwrap().is_empty() && real.connections().await.unwrap().is_empty());
    assert!(keyring_core::get_default_store().is_none(), "no keychain was opened");
    let token = std::fs::read_to_string(folder.join("acme/secrets.json")).unwrap();
    let token = token.split('"').find(|part| part.starts_with("practice-")).unwrap().to_owned();
    for file in all_files(home.path()).iter().filter(|file| !file.starts_with(&folder)) {
        let bytes = std::fs::read(file).unwrap();
        let has = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(!has(&token), "the practice's token is in {}", file.display());
        if file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("twinline.db")) {
            assert!(!has("Globex") && !has(&acme.url), "the practice is in {}", file.display());
        }
    }

    // After a restart it is the same world, and goes on.
    world.stop().await;
    assert!(reqwest::get(&acme.url).await.is_err(), "nothing of it answers any more");
    let again = World::start(&folder).await.unwrap();
    assert_eq!((again.sites(), again.connection()), (world.sites(), world.connection()));
    drop(world);
    let new = json!({ "fields": { "project": { "key": "GX" }, "issuetype": { "name": "Task" }, "summary": "After the restart" } });
    let globex_token = std::fs::read_to_string(folder.join("globex/secrets.json")).unwrap();
    let globex_token = globex_token.split('"').find(|part| part.starts_with("practice-")).unwrap();
    let made = reqwest::Client::new()
        .post(format!("{}/rest/api/3/issue", globex.url))
        .basic_auth("ana@globex.example", Some(globex_token))
        .json(&new)
        .send()
        .await
        .unwrap();
    assert!(made.status().is_success(), "{}", made.status());
    let pairs = in_step(&again, 6).await;
    assert_twins(&again, &pairs).await;
    again.stop().await;

    // A port that somebody else has meanwhile is named, and nothing of the world runs then.
    let note: Value = serde_json::from_slice(&std::fs::read(folder.join("practice.json")).unwrap()).unwrap();
    for whose in ["acme", "node"] {
        let port = u16::try_from(note[whose].as_u64().unwrap()).unwrap();
        let taken = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let Err(trouble) = World::start(&folder).await else { panic!("started on a port of somebody else") };
        assert_eq!(trouble.code, ProblemCode::PracticePort, "{whose}");
        assert!(trouble.facts["address"].ends_with(&port.to_string()), "{whose}");
        assert!(reqwest::get(&globex.url).await.is_err(), "the other company was stopped again");
        drop(taken);
    }
    World::start(&folder).await.unwrap().stop().await;

    // Removed: nothing is left of it, and all of the real node.
    remove(&folder).unwrap();
    assert!(!folder.exists() && !is_kept(&folder));
    assert!(home.path().join("twinline.db").exists());
    real.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_used_is_named() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    std::fs::write(&file, "").unwrap();
    let Err(trouble) = World::start(&file.join("practice")).await else { panic!("started in a file") };
    assert_eq!(trouble.code, ProblemCode::FolderUnusable);
    // Files of somebody else stay.
    let Err(trouble) = World::start(home.path()).await else { panic!("started among other files") };
    assert_eq!(trouble.code, ProblemCode::FolderUnusable);
    assert!(file.exists());
}
