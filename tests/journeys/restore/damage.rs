//! A database that is damaged or gone (F13, F14).

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::harness::documents::paragraph;
use crate::harness::world::{Wanted, bytes_of, gap};
use crate::harness::{Company, How, LONG, Two, database, turn};

fn wanted(name: &str) -> Wanted {
    Wanted::task(name, &format!("{name}, described."))
        .comments(&[&format!("{name}, said.")])
        .files(&[&format!("{name}.txt")])
}

async fn write(company: &Company, name: &str) {
    let (jira, one) = (company.jira.by("ben"), wanted(name));
    let key = jira.create(&company.project, "Task", name, Some(&paragraph(&one.words[0]))).await;
    jira.comment(&key, &paragraph(&one.comments[0])).await;
    jira.attach(&key, &one.files[0], bytes_of(&one.files[0])).await;
}

async fn becomes(two: &Two, names: &[&str]) {
    let all: Vec<Wanted> = names.iter().map(|name| wanted(name)).collect();
    let mut last = None;
    let there = crate::harness::wait::try_for(LONG, async || {
        last = [&two.acme, &two.globex].into_iter().find_map(|company| {
            gap(&company.site.state().expect("the site can be read"), &company.project, &all)
        });
        last.is_none().then_some(())
    });
    if there.await.is_none() {
        let (acme, globex) = (two.acme.explain().await, two.globex.explain().await);
        panic!("{}\n{acme}\n{globex}", last.unwrap_or_default());
    }
    two.in_step().await;
}

/// The middle of the file: beyond the header, where the rows are.
fn flip_bits(database: &Path) {
    let mut file = std::fs::File::options().read(true).write(true).open(database).expect("it can be written");
    let length = file.metadata().expect("it is there").len();
    assert!(length > 16 * 4096, "a database of {length} bytes");
    for page in 2..length / 4096 {
        let mut bytes = [0; 256];
        file.seek(SeekFrom::Start(page * 4096)).expect("within the file");
        file.read_exact(&mut bytes).expect("within the file");
        for byte in &mut bytes {
            *byte ^= 0b0010_0101;
        }
        file.seek(SeekFrom::Start(page * 4096)).expect("within the file");
        file.write_all(&bytes).expect("it can be written");
    }
}

fn shorten(database: &Path, keep: impl Fn(u64) -> u64) {
    let file = std::fs::File::options().write(true).open(database).expect("it can be written");
    let length = file.metadata().expect("it is there").len();
    file.set_len(keep(length)).expect("it can be written");
}

/// Damages the database in one way; the newest good backup takes its place, and both sides agree again.
async fn heals(side: usize, damage: impl Fn(&Path)) {
    let (acme, globex) = tokio::join!(Company::start("acme"), Company::start("globex"));
    let mut two = Two::connect(acme, globex, How::default()).await;
    write(&two.acme, "Old-ACME").await;
    write(&two.globex, "Old-Globex").await;
    becomes(&two, &["Old-ACME", "Old-Globex"]).await;
    let data = if side == 0 { two.acme.data() } else { two.globex.data() };
    // The program makes one each hour; here it is made by hand, under the name that it would have.
    let saved = tempfile::tempdir().expect("a folder");
    database::back_up(&data, saved.path());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    let backups = data.join("backups");
    std::fs::create_dir_all(&backups).expect("the folder can be written");
    std::fs::copy(database::file(saved.path()), backups.join(format!("twinline-{now}.db"))).expect("copied");

    write(&two.acme, "New-ACME").await;
    write(&two.globex, "New-Globex").await;
    let all = ["Old-ACME", "Old-Globex", "New-ACME", "New-Globex"];
    becomes(&two, &all).await;
    if side == 0 {
        two.stop_acme().await;
    } else {
        two.stop_globex().await;
    }
    damage(&database::file(&data));
    if side == 0 {
        two.start_acme().await;
    } else {
        two.start_globex();
    }
    becomes(&two, &all).await;
    two.stays_silent().await;
    becomes(&two, &all).await;
    let kept = std::fs::read_dir(&data).expect("the folder is there").flatten();
    let kept = kept.filter(|e| e.file_name().to_string_lossy().starts_with("twinline-damaged-")).count();
    assert!(kept > 0, "the damaged file is kept");
    let company = if side == 0 { &two.acme } else { &two.globex };
    let report = company.site.writes_by_issue().expect("the site can be read");
    let issues = report["issues"].as_object().expect("issue by issue");
    let created: u64 = issues.values().filter_map(|issue| issue["creates"].as_u64()).sum();
    assert_eq!(created, 2, "{}: nothing was created twice and removed", company.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn f13_a_database_with_flipped_bits_is_replaced_by_the_newest_backup() {
    let _turn = turn::together().await;
    heals(1, flip_bits).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f13_a_truncated_database_is_replaced_by_the_newest_backup() {
    let _turn = turn::together().await;
    heals(0, |file| shorten(file, |length| length / 2)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f13_a_database_without_a_byte_is_replaced_by_the_newest_backup() {
    let _turn = turn::together().await;
    heals(1, |file| shorten(file, |_| 0)).await;
}

/// F14: without a database (and without backups) the node is new; nothing changes at either company.
/// What cannot be read of one issue, or of what is under way of it, holds up no other: neither those of the same page nor
/// the poll. Once it can be read, what was missed is synced.
#[tokio::test(flavor = "multi_thread")]
async fn f13_a_row_that_cannot_be_read_holds_up_no_other_issue() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let mut keys = Vec::new();
    for name in ["Spoilt", "Stuck", "Sound"] {
        keys.push(two.acme.jira.create("SUP", "Task", name, None).await);
        two.wait("the twin", LONG, async || two.globex.jira.find("GX", name).await).await;
    }
    two.in_step().await;
    database::spoil(&two.acme.data(), "Spoilt", "Stuck");
    // In this order they stand in the page as well.
    for (key, name) in keys.iter().zip(["Spoilt once more", "Stuck once more", "Sound once more"]) {
        two.acme.jira.edit(key, json!({"summary": name})).await;
    }
    two.wait("the sound one", LONG, async || two.globex.jira.find("GX", "Sound once more").await).await;
    let polls = two.acme.jira.polls().await;
    two.wait("polls go on", LONG, async || (two.acme.jira.polls().await >= polls + 3).then_some(())).await;
    for name in ["Spoilt", "Stuck"] {
        assert!(two.globex.jira.find("GX", name).await.is_some(), "{name}: its twin is left as it was");
    }

    database::mend(&two.acme.data(), "Spoilt");
    for name in ["Spoilt once more", "Stuck once more"] {
        two.wait(name, LONG, async || two.globex.jira.find("GX", name).await).await;
    }
    two.in_step().await;
    two.stays_silent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f14_a_deleted_database_is_a_new_installation() {
    let _turn = turn::together().await;
    let (acme, globex) = tokio::join!(Company::start("acme"), Company::start("globex"));
    let mut two = Two::connect(acme, globex, How::default()).await;
    write(&two.acme, "Born-at-ACME").await;
    write(&two.globex, "Born-at-Globex").await;
    becomes(&two, &["Born-at-ACME", "Born-at-Globex"]).await;

    two.stop_globex().await;
    database::remove(&two.globex.data());
    let _ = std::fs::remove_dir_all(two.globex.data().join("backups"));
    assert_eq!(two.globex.node.json(&["connection", "list"]).await, json!([]), "no connections here");
    let all = [wanted("Born-at-ACME"), wanted("Born-at-Globex")];
    for company in [&two.acme, &two.globex] {
        let found = gap(&company.site.state().expect("the site can be read"), &company.project, &all);
        assert_eq!(found, None, "{}", company.name);
    }

    connect_again(&mut two).await;
    write(&two.acme, "New-at-ACME").await;
    write(&two.globex, "New-at-Globex").await;
    becomes(&two, &["Born-at-ACME", "Born-at-Globex", "New-at-ACME", "New-at-Globex"]).await;
    for company in [&two.acme, &two.globex] {
        assert_eq!(
            company.jira.issues(&company.project).await.len(),
            4,
            "no second twin at {}",
            company.name
        );
    }
}

/// The same two projects, connected anew: ACME ends what is left of the old connection and invites; Globex signs in and
/// accepts.
async fn connect_again(two: &mut Two) {
    let old = two.acme.connection().await.expect("listed")["id"].as_str().expect("an id").to_owned();
    two.acme.node.ask(&["connection", "remove", &old], "").await.done();
    let address = format!("http://127.0.0.1:{}", two.port);
    let code = two.acme.invite(&address, &["--approve", "code-holder"]).await.done();
    two.globex.account = two.globex.sign_in(&two.globex.jira.url, &two.globex.jira.token).await.done();
    two.globex.accept(&code, &[]).await.done();
    two.start_globex();
    two.in_step().await;
}
