//! The futures of the processes, run one at a time in an order that the schedule's tape draws.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

use crate::world::World;

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

struct Task {
    process: usize,
    woken: Arc<Flag>,
    waker: Waker,
    work: Work,
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// All tasks that run.
#[derive(Default)]
pub struct Tasks {
    running: Vec<Task>,
    ready: Vec<usize>,
}

impl Tasks {
    /// Starts one.
    pub fn spawn(&mut self, process: usize, work: impl Future<Output = ()> + Send + 'static) {
        let woken = Arc::new(Flag(AtomicBool::new(true)));
        let waker = Waker::from(woken.clone());
        self.running.push(Task { process, woken, waker, work: Box::pin(work) });
    }

    /// Runs one that was woken; false: all wait.
    pub fn run_one(&mut self, world: &World) -> bool {
        self.ready.clear();
        let woken = |t: &Task| t.woken.0.load(Ordering::Relaxed);
        self.ready.extend(self.running.iter().enumerate().filter(|(_, t)| woken(t)).map(|(at, _)| at));
        let at = match self.ready.len() {
            0 => return false,
            1 => self.ready[0],
            many => self.ready[world.order(many as u64) as usize],
        };
        let task = &mut self.running[at];
        task.woken.0.store(false, Ordering::Relaxed);
        let waker = task.waker.clone();
        if task.work.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            let done = self.running.swap_remove(at);
            drop(done);
        }
        true
    }

    /// Ends a process: none of its tasks ever runs again.
    pub fn kill(&mut self, process: usize) {
        self.running.retain(|task| task.process != process);
    }
}
