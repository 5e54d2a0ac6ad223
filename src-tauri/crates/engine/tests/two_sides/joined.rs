//! Two issues that were there before become a pair: whatever people wrote on either side before is on both afterwards, or in the
//! record of conflicts, and nothing is there twice.

use proptest::prelude::*;
use twinline_model::pair::Side;

use crate::world::{Op, World, op};
use crate::{config, long, rest};

/// What people do to an issue before the two become a pair: whatever needs no node.
fn before(op: &Op) -> bool {
    !matches!(op, Op::Create(..) | Op::Poll(_) | Op::Work(..) | Op::Probe(_) | Op::Send(..) | Op::SetBack(..))
}

/// An issue on each side, that nobody has seen yet.
fn two(world: &mut World, words: [&str; 2]) {
    for (side, word) in [false, true].into_iter().zip(words) {
        world.run(Op::Create(side, word.to_owned(), word.to_owned()));
    }
}

fn join(world: &mut World) {
    let [acme, globex] = &mut world.sides;
    let origins = [acme.origin_of_first(), globex.origin_of_first()];
    acme.join(&origins[1]);
    globex.join(&origins[0]);
    world.sides.iter_mut().for_each(crate::company::Company::commit);
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn f94_two_existing_issues_lose_and_double_nothing(
        earlier in proptest::collection::vec(op().prop_filter("no node", before), 0..20),
        later in proptest::collection::vec(op(), 0..40),
    ) {
        let mut world = World::new();
        two(&mut world, ["b", "c"]);
        earlier.into_iter().for_each(|op| world.run(op));
        join(&mut world);
        later.into_iter().for_each(|op| world.run(op));
        rest(&mut world, false)?;
    }

    #[test]
    fn f94_one_sides_tracker_takes_less_of_a_text(
        earlier in proptest::collection::vec(op().prop_filter("no node", before), 0..20),
        later in proptest::collection::vec(op(), 0..30),
        room in 1..4_usize,
    ) {
        let mut world = World::new();
        world.sides[1].room = room;
        two(&mut world, ["b", "c"]);
        long::stands().filter(before).chain(earlier).for_each(|op| world.run(op));
        join(&mut world);
        later.into_iter().for_each(|op| world.run(op));
        rest(&mut world, false)?;
    }
}

#[test]
fn f94_what_differs_at_first_is_in_both_records() {
    let mut world = World::new();
    two(&mut world, ["b", "c"]);
    join(&mut world);
    rest(&mut world, false).unwrap();
    for company in &world.sides {
        let kept: Vec<_> = company.records().iter().map(|lost| lost.field.as_str()).collect();
        for field in ["summary", "description"] {
            assert_eq!(kept.iter().filter(|kept| **kept == field).count(), 1, "{}: {kept:?}", company.name);
        }
    }
    // The lower origin's text stands: acme's.
    let owner = world.sides[0].pairs()[0].owner;
    assert_eq!(owner, Side::Ours);
    assert_eq!(world.sides[1].issues[0].summary, world.sides[0].issues[0].summary);
}
