//! Which process may do what with a data folder: locks of the operating system, which a process that is killed lets go of.

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::path::Path;
use std::time::Duration;

use twinline_model::problem::{ProblemCode, Trouble};

/// Makes the folder, for its user alone, where it is not there. One that is there is somebody's choice, and stays as it is.
///
/// # Errors
/// Those of the file system.
pub fn make(data: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(data)
}

/// The right to run the loops over a data folder: one process at a time has it.
///
/// # Errors
/// `AlreadyRunning` where another has it; `FolderUnusable` where nothing can be written.
pub(crate) fn lock(data: &Path) -> Result<File, Trouble> {
    let folder = data.display().to_string();
    let file = writable(&data.join("lock")).map_err(|e| {
        Trouble::new(ProblemCode::FolderUnusable).with("folder", &folder).with("detail", e.to_string())
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_) => Err(Trouble::new(ProblemCode::AlreadyRunning).with("folder", &folder)),
    }
}

/// The right to open the database: whoever opens it meanwhile waits, for a damaged one may be on its way out and its backup not
/// yet in its place. `None` where the folder knows no locks; what is the matter with it, opening says.
pub(crate) async fn opening(data: &Path) -> Option<File> {
    let file = writable(&data.join("opening")).ok()?;
    let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await;
    locked.ok()?.ok()
}

/// Tells those who only look how often Jira is looked at: milliseconds, as a decimal number.
pub(crate) fn write_interval(mut lock: &File, check_every: Duration) -> std::io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    lock.write_all(check_every.as_millis().to_string().as_bytes())
}

/// How often the process that has the lock looks at Jira.
pub(crate) fn interval(data: &Path) -> Option<Duration> {
    let written = std::fs::read_to_string(data.join("lock")).ok()?;
    written.trim().parse().ok().map(Duration::from_millis)
}

fn writable(path: &Path) -> std::io::Result<File> {
    File::options().create(true).truncate(false).write(true).open(path)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Barrier;

    use crate::samples::open;

    #[cfg(unix)]
    #[tokio::test]
    async fn f22_the_folder_is_its_users_alone() {
        use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("a/twinline");
        let _node = open(&folder).await;
        assert_eq!(mode(&folder), 0o700);
        let chosen = above.path().join("chosen");
        std::fs::DirBuilder::new().mode(0o755).create(&chosen).unwrap();
        let _node = open(&chosen).await;
        assert_eq!(mode(&chosen), 0o755, "what somebody chose stays as it is");
    }

    /// F13: of several that open a damaged database at once (the program, and a command that looks), one puts the backup in its
    /// place, and the others find that.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn f13_who_opens_while_a_damaged_database_is_replaced_waits() {
        let folder = tempfile::tempdir().unwrap();
        let node = open(folder.path()).await;
        let id = node.db.read(|tx| tx.node()).await.unwrap();
        node.db.back_up(folder.path()).await.unwrap();
        drop(node);
        for _ in 0..20 {
            std::fs::write(folder.path().join("twinline.db"), b"").unwrap();
            let together = Arc::new(Barrier::new(4));
            let several = (0..4).map(|_| {
                let (folder, together) = (folder.path().to_owned(), together.clone());
                tokio::spawn(async move {
                    together.wait().await;
                    let node = open(&folder).await;
                    node.db.read(|tx| tx.node()).await.unwrap()
                })
            });
            for one in several.collect::<Vec<_>>() {
                assert_eq!(one.await.unwrap(), id, "the same node, not a new one");
            }
        }
    }
}
