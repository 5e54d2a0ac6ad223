//! What a run is made of: a seed becomes people and faults, and a bound on both.

use crate::clicks::{self, Click};
use crate::people::{self, Act};
use crate::swarm::Swarm;

/// How long things may go wrong, ms.
pub(crate) const CHAOS_MS: u64 = 420_000;

/// Where a run ends that would go on for ever: it fails as one that never rests (I17). Without it a core that repeats itself
/// would not fail, but hang.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// Writes of both nodes.
    pub writes: u64,
    /// Steps of everything that runs: also where nothing is written, and where no time passes.
    pub steps: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        // None of the first 100,000 seeds takes more than 20 writes and 57,807 steps.
        Self { writes: 500, steps: 200_000 }
    }
}

/// What a run is made of; shrinking takes parts of it away.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed of all tapes.
    pub seed: u64,
    /// What people do.
    pub acts: Vec<Act>,
    /// What goes wrong.
    pub swarm: Swarm,
    /// What they do in the window.
    pub clicks: Vec<Click>,
    /// Where it ends if it does not by itself.
    pub bounds: Bounds,
    /// By which rules both connections work.
    pub rules: Rulebook,
}

/// By which rules the connections of both sides work.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Rulebook {
    /// Basic mode.
    #[default]
    Basic,
    /// Script mode, with the rules of Basic mode as text: the story must be the same.
    Script,
    /// Script mode, and the further fields travel as well.
    Wide,
}

impl Plan {
    /// The whole plan of a seed.
    pub fn of(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed ^ 0x0070_6c61_6e00_0000);
        let mut later = fastrand::Rng::with_seed(seed ^ 0x0070_6163_6500_0000);
        let swarm = Swarm::draw(&mut rng, &mut later);
        let acts = people::draw(&mut rng, CHAOS_MS, swarm.same_account);
        Self { seed, acts, swarm, clicks: Vec::new(), bounds: Bounds::default(), rules: Rulebook::Basic }
    }

    /// The same, with further fields that travel, and that people change as well.
    pub fn wide(seed: u64) -> Self {
        let mut plan = Self { rules: Rulebook::Wide, ..Self::of(seed) };
        plan.acts.extend(people::draw_wide(seed, CHAOS_MS, plan.swarm.same_account, plan.acts.len() as u64));
        plan.acts.sort_by_key(|act| (act.at_ms, act.token));
        plan
    }

    /// The same, and people stop syncing some issues.
    pub fn with_stops(seed: u64) -> Self {
        Self { clicks: clicks::stops(seed), ..Self::of(seed) }
    }

    /// The same, and people take texts back from the record of conflicts.
    pub fn with_choices(self) -> Self {
        Self { clicks: clicks::choices(self.seed), ..self }
    }
}
