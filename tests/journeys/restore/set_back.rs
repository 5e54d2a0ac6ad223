//! Either side's database is put back to an earlier moment, twenty times (F83, F84).
//!
//! Four stories of five rounds; `TWINLINE_SEED` repeats the moments.

use std::time::Duration;

use serde_json::json;

use crate::harness::documents::{paragraph, words};
use crate::harness::jira::key;
use crate::harness::random::Random;
use crate::harness::wait::{apart, try_for};
use crate::harness::world::{Wanted, bytes_of, gap, issues_of};
use crate::harness::{Company, How, Two, database, turn};

const STORIES: u64 = 4;
const ROUNDS: usize = 5;
/// For a round on a loaded machine.
const ENOUGH: Duration = Duration::from_secs(150);

#[tokio::test(flavor = "multi_thread")]
async fn d5_restore_twenty_times() {
    let _turn = turn::alone().await;
    let mut random = Random::announced("d5_restore_twenty_times");
    let seeds: Vec<u64> = (0..STORIES).map(|_| random.next()).collect();
    let stories: Vec<_> = seeds
        .into_iter()
        .enumerate()
        .map(|(story, seed)| tokio::spawn(apart(move || tell(story, Random::fixed(seed)))))
        .collect();
    for story in stories {
        story.await.expect("a task").expect("a story ends well");
    }
}

/// What people have written so far: the same must stand on both sides.
struct World {
    wanted: Vec<Wanted>,
    /// Those of the issues that both sides knew alike when they last agreed, and that nobody has edited since: an edit
    /// of another one could be a conflict, and then nobody could say here which text must stand.
    calm: Vec<usize>,
    /// How many issues, comments and files were written by people at each side: so many the other side's node writes.
    born: [[u64; 3]; 2],
}

async fn tell(story: usize, mut random: Random) {
    let (acme, globex) = tokio::join!(Company::start("acme"), Company::start("globex"));
    let mut two = Two::connect(acme, globex, How { scope: &["--existing"], ..How::default() }).await;
    let mut world = World { wanted: Vec::new(), calm: Vec::new(), born: [[0; 3]; 2] };
    for round in 0..ROUNDS {
        // Each side its turn, by the backup API of the running database or as a copy of the stopped one.
        let (side, live) = ((round + story) % 2, random.next().is_multiple_of(2));
        let saved = tempfile::tempdir().expect("a folder");
        write_something(&two, &mut world, &format!("{story}.{round} before"), &mut random).await;
        some_writes(&two, &mut random).await;
        save(&mut two, side, live, saved.path()).await;

        write_something(&two, &mut world, &format!("{story}.{round} after"), &mut random).await;
        if random.next().is_multiple_of(2) {
            agrees(&two, &mut world, "before the database is put back").await;
        } else {
            some_writes(&two, &mut random).await;
        }
        let kill = random.next().is_multiple_of(2);
        halt(&mut two, side, kill).await;
        if random.next().is_multiple_of(3) {
            write_something(&two, &mut world, &format!("{story}.{round} down"), &mut random).await;
        }
        let company = if side == 0 { &two.acme } else { &two.globex };
        database::put_back(saved.path(), &company.data());
        start(&mut two, side).await;
        println!("d5: {story}.{round}: {} set back (live copy: {live}, killed: {kill})", company_name(side));
        agrees(&two, &mut world, &format!("{} was set back in round {story}.{round}", company_name(side)))
            .await;
    }
    two.in_step().await;
    two.stays_silent().await;
    agrees(&two, &mut world, "in the end").await;
    for (side, company) in [&two.acme, &two.globex].into_iter().enumerate() {
        let report = company.site.writes_by_issue().expect("the site can be read");
        let issues = report["issues"].as_object().expect("issue by issue");
        let written = ["creates", "comments", "attachments"]
            .map(|kind| issues.values().filter_map(|issue| issue[kind].as_u64()).sum::<u64>());
        assert_eq!(
            written,
            world.born[1 - side],
            "issues, comments, files that the node of {} wrote",
            company.name
        );
        assert_eq!(
            company.node.json(&["problems"]).await,
            json!([]),
            "{}: nothing needs a person",
            company.name
        );
    }
}

fn company_name(side: usize) -> &'static str {
    ["ACME", "Globex"][side]
}

/// A new issue on each side, with a comment and a file; and an older one is edited on either side.
async fn write_something(two: &Two, world: &mut World, word: &str, random: &mut Random) {
    for (side, company) in [&two.acme, &two.globex].into_iter().enumerate() {
        let jira = company.jira.by("ben");
        let (summary, said) = (format!("{} {word}", company.name), format!("{} says: {word}", company.name));
        let file = format!("{}-{}.txt", company.name, word.replace([' ', '.'], "-"));
        let issue = jira.create(&company.project, "Task", &summary, Some(&paragraph(&said))).await;
        jira.comment(&issue, &paragraph(&said)).await;
        jira.attach(&issue, &file, bytes_of(&file)).await;
        world.wanted.push(Wanted::task(&summary, &said).comments(&[&said]).files(&[&file]));
        for count in &mut world.born[side] {
            *count += 1;
        }
    }
    let (pick, side) = (random.next() as usize, (random.next() % 2) as usize);
    if world.calm.is_empty() {
        return;
    }
    let chosen = world.calm.swap_remove(pick % world.calm.len());
    let company = if side == 0 { &two.acme } else { &two.globex };
    let one = &mut world.wanted[chosen];
    let issue = company.jira.find(&company.project, &one.summary[0]).await.expect("both sides have it");
    let (jira, issue) = (company.jira.by("ben"), key(&issue));
    // The text of before may win: the database that is put back may not know that it was there before (I14).
    one.words.insert(0, format!("Edited at {}: {word}", company.name));
    jira.edit(&issue, json!({"description": paragraph(&one.words[0])})).await;
    let said = format!("{} adds: {word}", company.name);
    jira.comment(&issue, &paragraph(&said)).await;
    one.comments.push(said);
    world.born[side][1] += 1;
}

/// A random moment: a few writes of the nodes further on, or none if there is nothing left to do.
async fn some_writes(two: &Two, random: &mut Random) {
    let count = || two.acme.site.writes() + two.globex.site.writes();
    let goal = count() + random.between(0, 6);
    let reached =
        async || (count() >= goal || (two.acme.in_step().await && two.globex.in_step().await)).then_some(());
    two.wait("a few writes, or nothing left to do", ENOUGH, reached).await;
}

async fn save(two: &mut Two, side: usize, live: bool, to: &std::path::Path) {
    let data = if side == 0 { two.acme.data() } else { two.globex.data() };
    if live {
        database::back_up(&data, to);
        return;
    }
    halt(two, side, false).await;
    database::copy(&data, to);
    start(two, side).await;
}

async fn halt(two: &mut Two, side: usize, kill: bool) {
    let running = if side == 0 { two.acme_runs.take() } else { two.globex_runs.take() };
    let running = running.expect("it runs");
    if kill {
        running.kill().await;
    } else {
        running.stop().await;
    }
}

async fn start(two: &mut Two, side: usize) {
    if side == 0 {
        two.start_acme().await;
    } else {
        two.start_globex();
    }
}

/// Waits until both sides hold everything exactly once, and say that they are in step.
async fn agrees(two: &Two, world: &mut World, when: &str) {
    let mut last = None;
    let there = try_for(ENOUGH, async || {
        last = differs(two, &world.wanted);
        if last.is_none() && !(two.acme.in_step().await && two.globex.in_step().await) {
            last = Some("the two are not in step".to_owned());
        }
        last.is_none().then_some(())
    });
    if there.await.is_none() {
        let (acme, globex) = (two.acme.explain().await, two.globex.explain().await);
        panic!("{when}: {}\n{acme}\n{globex}", last.unwrap_or_default());
    }
    // A text that does not stand is kept for people: nothing that was written is gone.
    let kept = [&two.acme, &two.globex].map(|company| database::lost_texts(&company.data())).concat();
    let state = two.acme.site.state().expect("the site can be read");
    for one in world.wanted.iter_mut().filter(|one| one.words.len() > 1) {
        let stands = described(&state, &two.acme.project, one);
        let known = stands == one.words[0] || kept.iter().any(|text| text.contains(&one.words[0]));
        assert!(known, "{when}: {:?} is neither current nor in the conflict record", one.words[0]);
        one.words = vec![stands];
    }
    world.calm = (0..world.wanted.len()).collect();
}

/// What is not there exactly once, or not the same on both sides.
fn differs(two: &Two, wanted: &[Wanted]) -> Option<String> {
    let states = [&two.acme, &two.globex].map(|company| company.site.state().expect("the site can be read"));
    let projects = [&two.acme.project, &two.globex.project];
    let gap = (0..2).find_map(|side| gap(&states[side], projects[side], wanted));
    gap.or_else(|| {
        wanted.iter().filter(|one| one.words.len() > 1).find_map(|one| {
            let both = [0, 1].map(|side: usize| described(&states[side], projects[side], one));
            (both[0] != both[1]).then(|| format!("{:?} differs: {both:?}", one.summary))
        })
    })
}

fn described(state: &serde_json::Value, project: &str, one: &Wanted) -> String {
    let mut all = issues_of(state, project);
    let issue = all.find(|i| i["fields"]["summary"] == one.summary[0].as_str());
    issue.map(|i| words(&i["fields"]["description"])).unwrap_or_default()
}
