//! Some journeys measure time or need every core: they run alone. Works between threads and between processes.

use std::fs::File;
use std::path::Path;

/// Held until the journey ends.
pub struct Turn(#[allow(dead_code)] File);

/// No other journey meanwhile.
pub async fn alone() -> Turn {
    take(|file| file.lock()).await
}

/// Beside others of the same kind.
pub async fn together() -> Turn {
    take(|file| file.lock_shared()).await
}

async fn take(lock: fn(&File) -> std::io::Result<()>) -> Turn {
    let waiting = tokio::task::spawn_blocking(move || {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("journeys.lock");
        let file = File::options().create(true).append(true).open(&path).expect("the lock file can be made");
        lock(&file).expect("the lock file can be locked");
        file
    });
    Turn(waiting.await.expect("the lock was taken"))
}
