//! A few seeds in every `cargo test`; many run with `cargo xtask simulate`.

// The whole target is a test: it may fail where it stands.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use twinline_simulator::shrink::shrink;
use twinline_simulator::sim::{Plan, run};

#[test]
fn the_first_seeds_keep_every_promise() {
    for seed in 0..60 {
        let broken = run(&Plan::of(seed), false).violations;
        assert!(broken.is_empty(), "seed {seed}: {broken:?}");
    }
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

#[cfg(not(feature = "seeded-bugs"))]
#[test]
fn what_holds_stays_as_it_is() {
    let plan = Plan::of(1);
    assert_eq!(shrink(&plan).acts.len(), plan.acts.len());
}
