//! Virtual time, one thread: what happens when, and in which order.
//!
//! Everything that is by chance comes from four tapes, so that shrinking one leaves the others alone: what people do
//! (workload), in which order things run (schedule), what goes wrong (faults), and which answers take long (pace).

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Something that happens at a time, whoever waits for it.
pub type Happening = Box<dyn FnOnce() + Send>;

/// The clock, the calendar, the tapes and the story.
pub struct World {
    inner: Mutex<Inner>,
}

struct Inner {
    now_ms: u64,
    next: u64,
    calendar: BTreeMap<(u64, u64), Entry>,
    schedule: fastrand::Rng,
    faults: fastrand::Rng,
    pace: fastrand::Rng,
    chaos: bool,
    crashes: BTreeSet<usize>,
    story: Story,
}

enum Entry {
    Wake(Waker),
    Happen(Happening),
}

/// What happened, as a hash, and as lines for people if they asked for them.
#[derive(Default)]
struct Story {
    hash: u64,
    lines: Option<Vec<String>>,
    events: u64,
}

impl World {
    /// A world at time zero, in which things go wrong until [`World::calm`].
    pub fn new(seed: u64, tell: bool) -> Arc<Self> {
        let tape = |salt: u64| fastrand::Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt);
        Arc::new(Self {
            inner: Mutex::new(Inner {
                now_ms: 0,
                next: 0,
                calendar: BTreeMap::new(),
                schedule: tape(0x5c),
                faults: tape(0xfa),
                pace: tape(0x9a),
                chaos: true,
                crashes: BTreeSet::new(),
                story: Story { lines: tell.then(Vec::new), ..Story::default() },
            }),
        })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Milliseconds since the beginning.
    pub fn now_ms(&self) -> u64 {
        self.inner().now_ms
    }

    /// Things may still go wrong.
    pub fn is_chaos(&self) -> bool {
        self.inner().chaos
    }

    /// From now on nothing goes wrong any more.
    pub fn calm(&self) {
        self.inner().chaos = false;
        self.tell("calm", 0, || "From here on nothing goes wrong any more.".to_owned());
    }

    /// A number below `end` from the schedule's tape.
    pub fn order(&self, end: u64) -> u64 {
        self.inner().schedule.u64(0..end.max(1))
    }

    /// A number below `end` from the faults' tape.
    pub fn chance(&self, end: u64) -> u64 {
        self.inner().faults.u64(0..end.max(1))
    }

    /// True `per_mille` times in a thousand, while things may go wrong.
    pub fn goes_wrong(&self, per_mille: u64) -> bool {
        let mut inner = self.inner();
        per_mille > 0 && inner.chaos && inner.faults.u64(0..1000) < per_mille
    }

    /// How long an answer is on its way beyond what is usual, from the tape of the pace: mostly not at all.
    pub fn lingers(&self, per_mille: u64, most: Duration) -> Duration {
        let mut inner = self.inner();
        let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX).max(1);
        if per_mille == 0 || !inner.chaos || inner.pace.u64(0..1000) >= per_mille {
            return Duration::ZERO;
        }
        Duration::from_millis(inner.pace.u64(0..most))
    }

    /// 32 hexadecimal digits from the schedule's tape.
    pub fn hex(&self) -> String {
        let mut inner = self.inner();
        let (a, b) = (inner.schedule.u64(..), inner.schedule.u64(..));
        format!("{a:016x}{b:016x}")
    }

    /// Adds to the story. `line` is only written when somebody reads it.
    pub fn tell(&self, tag: &'static str, number: u64, line: impl FnOnce() -> String) {
        let mut inner = self.inner();
        let now = inner.now_ms;
        let story = &mut inner.story;
        story.events += 1;
        for word in tag.bytes().map(u64::from).chain([number, now]) {
            // FNV-1a: cheap, and any difference shows.
            story.hash = (story.hash ^ word).wrapping_mul(0x0100_0000_01b3);
        }
        if let Some(lines) = &mut story.lines {
            lines.push(format!("{:>4}:{:06.3}  {}", now / 60_000, (now % 60_000) as f64 / 1000.0, line()));
        }
    }

    /// A remark beside the story.
    pub fn remark(&self, line: impl FnOnce() -> String) {
        let mut inner = self.inner();
        if let Some(lines) = &mut inner.story.lines {
            lines.push(line());
        }
    }

    /// The story so far: (hash, number of events).
    pub fn story(&self) -> (u64, u64) {
        let inner = self.inner();
        (inner.story.hash, inner.story.events)
    }

    /// The lines of the story, if they were asked for.
    pub fn lines(&self) -> Vec<String> {
        self.inner().story.lines.clone().unwrap_or_default()
    }

    /// A process is to end at once.
    pub fn crash(&self, process: usize) {
        self.inner().crashes.insert(process);
    }

    /// The next process that is to end.
    pub fn next_crash(&self) -> Option<usize> {
        self.inner().crashes.pop_first()
    }

    /// Something happens after `ms`.
    pub fn happen(&self, ms: u64, happening: Happening) {
        self.put(ms, Entry::Happen(happening));
    }

    fn put(&self, ms: u64, entry: Entry) -> (u64, u64) {
        let mut inner = self.inner();
        let key = (inner.now_ms + ms, inner.next);
        inner.next += 1;
        inner.calendar.insert(key, entry);
        key
    }

    /// Waits in virtual time.
    pub fn sleep(self: &Arc<Self>, time: Duration) -> Sleep {
        let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX / 4);
        Sleep { world: self.clone(), until: self.now_ms() + ms, entry: None }
    }

    /// Goes on to the next entry, at latest at `until`; false: nothing happens before that.
    pub fn step(&self, until: u64) -> bool {
        let entry = {
            let mut inner = self.inner();
            let Some((&key, _)) = inner.calendar.iter().next() else { return false };
            if key.0 > until {
                inner.now_ms = until;
                return false;
            }
            inner.now_ms = inner.now_ms.max(key.0);
            inner.calendar.remove(&key)
        };
        match entry {
            Some(Entry::Wake(waker)) => waker.wake(),
            Some(Entry::Happen(happening)) => happening(),
            None => {}
        }
        true
    }

    /// Forgets everything that is still to come (the world ends).
    pub fn clear(&self) {
        let calendar = std::mem::take(&mut self.inner().calendar);
        // Dropped outside the lock: what is forgotten may hold a sleeper.
        drop(calendar);
    }
}

/// A wait in virtual time.
pub struct Sleep {
    world: Arc<World>,
    until: u64,
    entry: Option<(u64, u64)>,
}

impl Future for Sleep {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.world.inner();
        if inner.now_ms >= self.until {
            return Poll::Ready(());
        }
        let until = self.until;
        let key = match self.entry {
            Some(key) => key,
            None => {
                let key = (until, inner.next);
                inner.next += 1;
                key
            }
        };
        inner.calendar.insert(key, Entry::Wake(context.waker().clone()));
        drop(inner);
        self.entry = Some(key);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.entry {
            let entry = self.world.inner().calendar.remove(&key);
            drop(entry);
        }
    }
}

/// Lets others go first, once.
#[derive(Default)]
pub struct Yield(bool);

impl Future for Yield {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_answers_leave_the_other_tapes_as_they_were() {
        let most = Duration::from_secs(9);
        let draws = |per_mille: u64| {
            let world = World::new(7, false);
            let mut lingered = Duration::ZERO;
            let others: Vec<_> = (0..50)
                .map(|_| {
                    let time = world.lingers(per_mille, most);
                    assert!(time < most);
                    lingered += time;
                    (world.order(1_000), world.chance(1_000), world.hex())
                })
                .collect();
            (others, lingered)
        };
        let (without, never) = draws(0);
        let (with, some) = draws(500);
        assert_eq!(without, with);
        assert!(never.is_zero() && !some.is_zero());
        let calm = World::new(7, false);
        calm.calm();
        assert!((0..50).all(|_| calm.lingers(1_000, most).is_zero()), "nothing goes wrong any more");
    }
}
