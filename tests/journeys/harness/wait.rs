//! Waiting for something to be true, never for time to pass.

use std::time::{Duration, Instant};

/// For whatever should take seconds: machines differ.
pub const LONG: Duration = Duration::from_secs(120);

/// Looks again and again until there is something to see; fails with `what` when it takes too long.
pub async fn wait_for<T>(what: &str, limit: Duration, look: impl AsyncFnMut() -> Option<T>) -> T {
    match try_for(limit, look).await {
        Some(seen) => seen,
        None => panic!("did not happen within {limit:?}: {what}"),
    }
}

/// The same, for callers that want to say more when it takes too long.
pub async fn try_for<T>(limit: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return Some(seen);
        }
        if begun.elapsed() > limit {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Does something on a thread of its own, beside the test; `Err`: it panicked.
pub async fn apart<T: Send + 'static, F: Future<Output = T>>(
    work: impl FnOnce() -> F + Send + 'static,
) -> Result<T, tokio::task::JoinError> {
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(work())).await
}
