//! The sync core: three trees in, decisions out.
//!
//! * [`observe`]: what our tracker shows goes into the local tree; what differs from `base` is a change of ours.
//! * [`receive`]: what the partner sent goes into the remote tree; counters, not clocks, tell newer from older.
//! * [`plan`]: the writes and reads that follow, a pure function of the trees and the intents that are open.
//! * [`settle`]: what a write answered becomes `base`; what it overwrote unseen is kept.
//! * [`choose`]: a person takes a text from the record of conflicts.
//! * [`compare`]: both sides of a pair beside each other, for people.
//! * [`compose`]: what the partner has not been sent yet, as a replica.
//!
//! The rule against echoes: a change is what differs from `base`, and `base` is what we read back after writing.
//!
//! Never here: I/O, a clock, randomness, async, an order taken from a hash map. The engine never fails for lack of
//! data: it waits. Begin reading at [`plan`].

/// Whether a seeded bug is on; never, without the feature.
#[cfg(feature = "seeded-bugs")]
#[macro_export]
macro_rules! bug {
    ($name:ident) => {
        $crate::bugs::is_on($crate::bugs::Bug::$name)
    };
}

/// Whether a seeded bug is on; never, without the feature.
#[cfg(not(feature = "seeded-bugs"))]
#[macro_export]
macro_rules! bug {
    ($name:ident) => {
        false
    };
}

pub mod admit;
mod again;
#[cfg(feature = "seeded-bugs")]
pub mod bugs;
mod choose;
pub mod compare;
pub mod compose;
mod conflict;
mod digest;
mod history;
pub mod join;
mod media;
pub mod merge;
pub mod note;
pub mod notice;
pub mod observe;
pub mod plan;
mod recall;
pub mod receive;
mod rest;
pub mod rules;
pub mod settle;
mod visible;

pub use admit::{Admission, admit};
pub use again::make_again;
pub use choose::{ChooseError, choose};
pub use compare::{Compared, Underway, compare};
pub use compose::{compose, may_leave, resend};
pub use digest::{body_hash, digest, fingerprint, place};
pub use note::{Lost, Note};
pub use notice::{noticed, try_notices_again};
pub use observe::{Eyes, leave_unmarked, leaves_open, needs_markers, observe, recalled, take_another};
pub use plan::{Step, flags, plan};
pub use receive::{Refusal, doubt_what_waits, receive, tell_partner};
pub use rest::keep_file;
pub use rules::{Forms, Rules};
pub use settle::{Outcome, Settled, is_applied, known, landed, settle};
pub use visible::not_visible;
