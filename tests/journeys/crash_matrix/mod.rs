//! Each place where a node can be killed, and a story that survives each of them (F01-F07, F09).
//!
//! The places are collected from a run of the story (`TWINLINE_CRASH_LOG`) and held against the sources: an effect
//! that no test can aim at fails [`d3_crash_matrix_knows_every_effect`]. Then the story is told again and again, each
//! time with a node that is killed (SIGKILL) at one place and started again.
//!
//! `TWINLINE_FULL=1` kills both nodes at each place, at the first and the second pass; otherwise each place gets one
//! kill, the two nodes in turn. `TWINLINE_PLACE=commit/settle` narrows it to places that begin so, `TWINLINE_JOBS`
//! tells how many stories are told at a time.

mod places;
mod question;
mod story;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::harness::turn;
use crate::harness::wait::apart;
use question::tell_of_question;
use story::{Crash, Told, tell, tell_of_sign_in, tell_of_silence};

/// A place passed by one node, and how often.
type Passed = BTreeMap<String, u64>;

/// Which of the stories passes a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Which {
    Whole,
    SignIn,
    Silence,
    Question,
}

const STORIES: [Which; 4] = [Which::Whole, Which::SignIn, Which::Silence, Which::Question];

/// The story that passes a place for sure.
fn story_of(place: &str) -> Which {
    let is = |steps: &[&str]| steps.iter().any(|step| place.starts_with(&format!("{step}/")));
    if is(&["commit/signed-out", "commit/signed-in", "commit/problem"]) {
        Which::SignIn
    } else if is(&["commit/contact", "call/highest_number"]) {
        Which::Silence
    } else if is(&["commit/questions", "commit/marked", "call/mark_issue"]) {
        Which::Question
    } else {
        Which::Whole
    }
}

/// Kills to be tried again if the place was not passed: a place may depend on who is faster.
const TRIES: u32 = 3;

async fn once(which: Which, crash: Option<&Crash>, logs: Option<&std::path::Path>) -> Result<Told, String> {
    match which {
        Which::Whole => tell(crash, logs).await,
        Which::SignIn => tell_of_sign_in(crash, logs).await,
        Which::Silence => tell_of_silence(crash, logs).await,
        Which::Question => tell_of_question(crash, logs).await,
    }
}

/// Tells all stories without a kill: the places that each node passes.
async fn collect() -> [Passed; 2] {
    let folder = tempfile::tempdir().expect("a folder");
    let telling: Vec<_> = STORIES
        .into_iter()
        .map(|which| {
            let log = folder.path().join(format!("{which:?}"));
            std::fs::create_dir(&log).expect("the test's folder can be written");
            let told = log.clone();
            (which, log, tokio::spawn(apart(move || async move { once(which, None, Some(&told)).await })))
        })
        .collect();
    let mut passed = [Passed::new(), Passed::new()];
    for (which, log, told) in telling {
        let told = told.await.expect("a task").unwrap_or_else(|panic| panic!("{which:?}: {panic}"));
        let told = told.unwrap_or_else(|why| panic!("{which:?} does not even work without a kill: {why}"));
        println!("d3: the story {which:?} takes {:.1} s", told.took.as_secs_f64());
        for (side, passed) in passed.iter_mut().enumerate() {
            let text =
                std::fs::read_to_string(log.join(side.to_string())).expect("the node wrote its places");
            for place in text.lines().filter(|place| story_of(place) == which) {
                *passed.entry(place.to_owned()).or_default() += 1;
            }
        }
    }
    passed
}

fn cases(passed: &[Passed; 2], full: bool) -> Vec<(Which, Crash)> {
    let only = std::env::var("TWINLINE_PLACE").unwrap_or_default();
    let all: BTreeSet<&String> =
        passed.iter().flat_map(BTreeMap::keys).filter(|p| p.starts_with(&only)).collect();
    let mut cases = Vec::new();
    for (number, place) in all.into_iter().enumerate() {
        let which = story_of(place);
        let sides: Vec<usize> = (0..2).filter(|&side| passed[side].contains_key(place)).collect();
        // The commits of pairing have one name together: each of them gets its turn (F09).
        let most = match (full, place.starts_with("commit/admin/")) {
            (_, true) => 4,
            (true, false) => 2,
            (false, false) => 1,
        };
        for &side in &sides {
            let turn = full || most > 1 || side == sides[number / 2 % sides.len()];
            for nth in 1..=passed[side][place].min(most).min(if turn { most } else { 0 }) {
                cases.push((which, Crash { side, place: place.clone(), nth }));
            }
        }
    }
    // The slow ones first, so that nobody waits for them in the end.
    cases.sort_by_key(|(which, _)| *which == Which::Whole);
    cases
}

/// One case; `Err`: what went wrong.
async fn case(which: Which, crash: Crash) -> Result<Duration, String> {
    let name = format!("{} killed at {} (pass {})", ["ACME", "Globex"][crash.side], crash.place, crash.nth);
    for _ in 0..TRIES {
        let mine = crash.clone();
        // A story that panics ends alone.
        let told = apart(move || async move { once(which, Some(&mine), None).await }).await;
        match told {
            Ok(Ok(told)) if told.crashed => return Ok(told.took),
            Ok(Ok(_)) => {}
            Ok(Err(why)) => return Err(format!("=== {name}: {why}")),
            Err(panic) => return Err(format!("=== {name}: {panic}")),
        }
    }
    // The second pass of a place may depend on who is faster; the first is what the matrix promises.
    if crash.nth > 1 { Ok(Duration::ZERO) } else { Err(format!("=== {name}: not passed in {TRIES} stories")) }
}

#[tokio::test(flavor = "multi_thread")]
async fn d3_crash_matrix_every_place_is_survived() {
    let _turn = turn::alone().await;
    let full = std::env::var_os("TWINLINE_FULL").is_some();
    let jobs = std::env::var("TWINLINE_JOBS").ok().and_then(|n| n.parse().ok()).unwrap_or(10);
    let begun = Instant::now();
    let passed = collect().await;
    for (name, passed) in ["ACME", "Globex"].iter().zip(&passed) {
        println!("d3: {name} passes {passed:?}");
    }
    let unknown = places::not_passed(&passed[0], &passed[1]);
    assert!(unknown.is_empty(), "effects that no kill was aimed at: {unknown:?}");

    let cases = cases(&passed, full);
    let (count, waiting) = (cases.len(), Arc::new(Mutex::new(cases.into_iter())));
    let lanes: Vec<_> = (0..jobs)
        .map(|_| {
            let waiting = waiting.clone();
            tokio::spawn(async move {
                let mut failures = Vec::new();
                loop {
                    let next = waiting.lock().expect("nobody panics here").next();
                    let Some((which, crash)) = next else { return failures };
                    let name = format!("{}/{} at side {}", crash.place, crash.nth, crash.side);
                    match case(which, crash).await {
                        Ok(took) => println!("d3: {name}: {:.1} s", took.as_secs_f64()),
                        Err(why) => {
                            println!("d3: {name}: FAILED");
                            failures.push(why);
                        }
                    }
                }
            })
        })
        .collect();
    let mut failures = Vec::new();
    for lane in lanes {
        failures.extend(lane.await.expect("a lane ends by itself"));
    }
    println!("d3: {count} kills in {:.0} s", begun.elapsed().as_secs_f64());
    assert!(failures.is_empty(), "{} of {count} kills:\n{}", failures.len(), failures.join("\n\n"));
}
