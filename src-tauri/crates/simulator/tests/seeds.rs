//! A few seeds in every `cargo test`; many run with `cargo xtask simulate`.

// The whole target is a test: it may fail where it stands.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use twinline_simulator::plan::{Bounds, Plan, Rulebook};
use twinline_simulator::shrink::shrink;
use twinline_simulator::sim::{Outcome, run};

#[test]
fn the_first_seeds_keep_every_promise() {
    for seed in 0..60 {
        let outcome = run(&Plan::of(seed), false);
        assert!(outcome.violations.is_empty(), "seed {seed}: {:?}", outcome.violations);
        let Bounds { writes, steps } = Bounds::default();
        let (w, s) = (outcome.writes, outcome.steps);
        assert!(
            10 * w < writes && 10 * s < steps,
            "seed {seed} comes near the bounds: {w} writes, {s} steps"
        );
    }
}

#[test]
fn people_may_stop_syncing_an_issue_at_any_moment() {
    let mut stopped = 0;
    for seed in 0..60 {
        let outcome = run(&Plan::with_stops(seed), true);
        assert!(outcome.violations.is_empty(), "seed {seed}: {:?}", outcome.violations);
        stopped += outcome.lines.iter().filter(|line| line.contains("stops Some")).count();
    }
    assert!(stopped > 30, "issues were stopped: {stopped}");
}

#[test]
fn people_may_take_a_text_back_from_the_record_at_any_moment() {
    let mut taken = 0;
    for seed in 0..60 {
        for plan in [Plan::of(seed), Plan::wide(seed)] {
            let outcome = run(&plan.with_choices(), true);
            assert!(outcome.violations.is_empty(), "seed {seed}: {:?}", outcome.violations);
            taken +=
                outcome.lines.iter().filter(|l| l.contains("takes back") && l.contains("Ok(())")).count();
        }
    }
    assert!(taken > 30, "texts were taken back: {taken}");
}

#[test]
fn a_story_without_an_end_fails_where_its_bounds_are() {
    let whole = run(&Plan::of(3), false);
    assert!(whole.writes > 2 && whole.steps > 50, "there is something to cut off");
    let never_rests = |outcome: &Outcome, what: &str| {
        outcome.violations.iter().any(|v| v.invariant == "I17" && v.detail.contains(what))
    };

    let mut plan = Plan::of(3);
    plan.bounds.writes = 2;
    let cut = run(&plan, false);
    assert!(never_rests(&cut, "more than 2 writes"), "{:?}", cut.violations);
    assert_eq!(cut.writes, 3, "it ended with the first write too many");

    let mut plan = Plan::of(3);
    plan.bounds.steps = 50;
    let cut = run(&plan, false);
    assert!(never_rests(&cut, "more than 50 steps"), "{:?}", cut.violations);
    assert_eq!(cut.steps, 51);
}

#[test]
fn a_seed_tells_the_same_story_twice() {
    for seed in 60..64 {
        let plan = Plan::of(seed);
        let (first, second) = (run(&plan, true), run(&plan, false));
        assert_eq!(first.hash, second.hash, "seed {seed}");
        assert!(!first.lines.is_empty(), "a story can be read");
        assert!(second.lines.is_empty(), "and is not written down unasked");
    }
    assert_ne!(run(&Plan::of(60), false).hash, run(&Plan::of(61), false).hash);
}

/// The upgrade to Script mode changes nothing; `cargo xtask simulate --scripted` asks 500 seeds.
#[test]
fn rules_of_basic_mode_as_text_do_write_for_write_the_same() {
    for seed in 0..12 {
        let basic = Plan::of(seed);
        let scripted = Plan { rules: Rulebook::Script, ..Plan::of(seed) };
        assert_eq!(run(&basic, false).hash, run(&scripted, false).hash, "seed {seed}");
    }
}

#[test]
fn answers_are_slow_where_the_swarm_says_so() {
    let slow = |plan: &Plan| run(plan, true).lines.iter().filter(|l| l.contains("an answer takes")).count();
    let mut plan = (0..20).map(Plan::of).find(|plan| plan.swarm.slow_answer > 100).unwrap();
    assert!(slow(&plan) > 0);
    plan.swarm.slow_answer = 0;
    assert_eq!(slow(&plan), 0);
}

#[test]
fn the_index_hides_what_a_node_made_where_the_swarm_says_so() {
    let hidden =
        |plan: &Plan| run(plan, true).lines.iter().filter(|l| l.contains("the index does not show")).count();
    let mut plan =
        (0..400).map(Plan::of).find(|plan| plan.swarm.unindexed > 700 && hidden(plan) > 0).unwrap();
    assert!(plan.swarm.rollback > 0 && plan.swarm.crash > 0, "and databases are set back");
    plan.swarm.unindexed = 0;
    assert_eq!(hidden(&plan), 0);
}

#[cfg(feature = "seeded-bugs")]
#[test]
fn what_fails_becomes_small_and_still_fails() {
    use twinline_engine::bugs::{Bug, switch_on};
    switch_on(Some(Bug::NoCount));
    let plan = (0..100).map(Plan::of).find(|plan| !run(plan, false).violations.is_empty()).unwrap();
    let small = shrink(&plan);
    assert!(small.acts.len() < plan.acts.len());
    assert!(!run(&small, false).violations.is_empty());
    switch_on(None);
    assert!(run(&small, false).violations.is_empty());
}

#[cfg(feature = "seeded-bugs")]
#[test]
fn a_core_that_uploads_without_end_is_caught() {
    use twinline_engine::bugs::{Bug, switch_on};
    switch_on(Some(Bug::FileEcho));
    let broken = run(&Plan::of(0), false).violations;
    switch_on(None);
    assert!(broken.iter().any(|v| v.invariant == "I17"), "{broken:?}");
}

#[cfg(not(feature = "seeded-bugs"))]
#[test]
fn what_holds_stays_as_it_is() {
    let plan = Plan::of(1);
    assert_eq!(shrink(&plan).acts.len(), plan.acts.len());
}
