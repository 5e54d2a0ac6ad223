//! Work for one blocking thread at a time, in the order in which it was asked for.
//!
//! What waits is done by the thread that is at it already. A thread for each piece would be woken only to wait for the one
//! database, and a computer on battery pays for each time that a thread is woken.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

type Piece = Box<dyn FnOnce() + Send>;

/// What waits, and whether a thread is at it.
#[derive(Default)]
pub(crate) struct Queue(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    pieces: VecDeque<Piece>,
    runs: bool,
}

impl Queue {
    /// Does it after all that was asked for before, also if nobody waits for the answer any longer. `None`: it panicked, or the
    /// program ends.
    pub(crate) async fn run<T, F>(self: &Arc<Self>, work: F) -> Option<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (tell, answer) = oneshot::channel();
        let piece: Piece = Box::new(move || drop(tell.send(work())));
        let begins = {
            let mut waiting = self.waiting();
            waiting.pieces.push_back(piece);
            !std::mem::replace(&mut waiting.runs, true)
        };
        if begins {
            let queue = self.clone();
            tokio::task::spawn_blocking(move || queue.work_off());
        }
        answer.await.ok()
    }

    /// The same for work that takes no longer than waking a thread and being woken by it: where nothing else is at it, it is done
    /// here and now.
    pub(crate) async fn glance<T, F>(self: &Arc<Self>, work: F) -> Option<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        if std::mem::replace(&mut self.waiting().runs, true) {
            return self.run(work).await;
        }
        let answer = catch_unwind(AssertUnwindSafe(work)).ok();
        let left = {
            let mut waiting = self.waiting();
            waiting.runs = !waiting.pieces.is_empty();
            waiting.runs
        };
        if left {
            // Asked for meanwhile: it was left to whoever is at it.
            let queue = self.clone();
            tokio::task::spawn_blocking(move || queue.work_off());
        }
        answer
    }

    fn work_off(&self) {
        while let Some(piece) = self.next() {
            // A panic is the end of that piece alone: its answer never comes, and the message is printed by the hook.
            let _ = catch_unwind(AssertUnwindSafe(piece));
        }
    }

    fn next(&self) -> Option<Piece> {
        let mut waiting = self.waiting();
        let next = waiting.pieces.pop_front();
        waiting.runs = next.is_some();
        next
    }

    /// Nothing that can panic is done while it is held.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_glance_needs_no_other_thread_unless_one_is_at_it() {
        let queue = Arc::new(Queue::default());
        let here = std::thread::current().id();
        let glance = queue.glance(|| std::thread::current().id());
        // The main task of a test runs on the test's own thread.
        assert_eq!(glance.await, Some(here));
        assert_eq!(queue.glance(|| panic!("one piece's own")).await, None::<()>);

        let (go, gate) = std::sync::mpsc::channel();
        let (begun, has_begun) = oneshot::channel();
        let (long, short) = (queue.clone(), queue.clone());
        let long = tokio::spawn(async move {
            let work = move || {
                begun.send(()).expect("it is waited for");
                gate.recv().expect("somebody opens it");
                std::thread::current().id()
            };
            long.run(work).await
        });
        has_begun.await.expect("a thread is at it");
        let glanced = tokio::spawn(async move { short.glance(|| std::thread::current().id()).await });
        while queue.waiting().pieces.is_empty() {
            tokio::task::yield_now().await;
        }
        go.send(()).expect("it waits");
        let (long, glanced) = (long.await.expect("it ended"), glanced.await.expect("it ended"));
        assert_eq!(glanced, long, "by the thread that was at it");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_asked_for_during_a_glance_is_done_after_it() {
        let queue = Arc::new(Queue::default());
        let (other, seen, handle) = (queue.clone(), queue.clone(), tokio::runtime::Handle::current());
        let glanced = queue.glance(move || {
            let asking = handle.spawn(async move { other.run(|| 2).await });
            while seen.waiting().pieces.is_empty() {
                std::thread::yield_now();
            }
            asking
        });
        let asking = glanced.await.expect("done");
        assert_eq!(asking.await.expect("it ended"), Some(2));
    }

    #[tokio::test]
    async fn everything_is_done_in_its_order_and_by_one_at_a_time() {
        let (queue, done) = (Arc::new(Queue::default()), Arc::new(Mutex::new((0, Vec::new()))));
        let piece = |number: usize| {
            let (queue, done) = (queue.clone(), done.clone());
            async move {
                let work = move || {
                    done.lock().unwrap().0 += 1;
                    std::thread::yield_now();
                    let mut done = done.lock().unwrap();
                    assert_eq!(done.0, 1, "another one was at it");
                    done.0 -= 1;
                    done.1.push(number);
                    number
                };
                assert_eq!(queue.run(work).await, Some(number));
            }
        };
        futures_util::future::join_all((0..200).map(piece)).await;
        assert!(done.lock().unwrap().1.iter().copied().eq(0..200));
    }

    #[tokio::test]
    async fn a_panic_ends_one_piece_and_what_nobody_waits_for_is_done_all_the_same() {
        let queue = Arc::new(Queue::default());
        assert_eq!(queue.run(|| -> u8 { panic!("as told") }).await, None);
        let (tell, told) = oneshot::channel();
        let left = queue.run(move || tell.send(7).unwrap());
        // Asked for once, and then dropped.
        drop(tokio::time::timeout(std::time::Duration::ZERO, left).await);
        assert_eq!(told.await, Ok(7));
        assert_eq!(queue.run(|| 8).await, Some(8));
    }
}
