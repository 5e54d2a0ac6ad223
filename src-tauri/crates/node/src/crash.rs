//! Places where a test can end the program: before and after each commit, each call of a tracker, each file and each
//! exchange. Debug builds only; a release knows nothing of it.
//!
//! `TWINLINE_CRASH=kind/step/before/N` kills the process (SIGKILL, as a power cut would) when that place is passed for the
//! N-th time; `TWINLINE_CRASH_LOG=FILE` writes down every place that is passed, one line each. While the file that
//! `TWINLINE_DISK_FULL` names is there, every commit that writes and every file fails as on a full disk.

/// Which side of the effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Moment {
    /// Nothing has happened yet.
    Before,
    /// It has happened, and nobody was told.
    After,
}

/// A place is passed.
#[cfg(debug_assertions)]
pub(crate) fn point(kind: &str, step: &str, moment: Moment) {
    armed::pass(&format!("{kind}/{step}/{}", if moment == Moment::Before { "before" } else { "after" }));
}

/// A place is passed.
#[cfg(not(debug_assertions))]
pub(crate) fn point(_: &str, _: &str, _: Moment) {}

/// Whether a test says that there is no room left on the disk.
#[cfg(debug_assertions)]
pub(crate) fn disk_is_full() -> bool {
    static NAMED: std::sync::LazyLock<Option<std::path::PathBuf>> =
        std::sync::LazyLock::new(|| std::env::var_os("TWINLINE_DISK_FULL").map(Into::into));
    NAMED.as_ref().is_some_and(|file| file.exists())
}

/// Whether a test says that there is no room left on the disk.
#[cfg(not(debug_assertions))]
pub(crate) fn disk_is_full() -> bool {
    false
}

#[cfg(debug_assertions)]
mod armed {
    use std::collections::BTreeMap;
    use std::fs::File;
    use std::io::Write as _;
    use std::sync::{LazyLock, Mutex, PoisonError};

    struct Plan {
        aim: Option<(String, u64)>,
        log: Option<Mutex<File>>,
        passed: Mutex<BTreeMap<String, u64>>,
    }

    static PLAN: LazyLock<Option<Plan>> = LazyLock::new(|| {
        let aim = std::env::var("TWINLINE_CRASH").ok().and_then(|text| {
            let (place, count) = text.rsplit_once('/')?;
            Some((place.to_owned(), count.parse().ok()?))
        });
        let log = std::env::var_os("TWINLINE_CRASH_LOG")
            .and_then(|path| File::options().create(true).append(true).open(path).ok())
            .map(Mutex::new);
        (aim.is_some() || log.is_some()).then(|| Plan { aim, log, passed: Mutex::default() })
    });

    pub(super) fn pass(place: &str) {
        let Some(plan) = PLAN.as_ref() else { return };
        if let Some(log) = &plan.log {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            // A test's log: what cannot be written is missed by the test that reads it.
            let _ = writeln!(log, "{place}");
        }
        let Some((aim, count)) = &plan.aim else { return };
        let mut passed = plan.passed.lock().unwrap_or_else(PoisonError::into_inner);
        let times = passed.entry(place.to_owned()).or_default();
        *times += 1;
        if aim == place && times == count {
            end();
        }
    }

    #[cfg(unix)]
    fn end() -> ! {
        let pid = std::process::id().to_string();
        // SIGKILL and not abort(): no handler, no core, nothing is flushed.
        let _ = std::process::Command::new("kill").args(["-9", &pid]).status();
        std::process::abort()
    }

    #[cfg(not(unix))]
    fn end() -> ! {
        std::process::abort()
    }
}
