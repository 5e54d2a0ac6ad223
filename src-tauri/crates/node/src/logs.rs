//! Logs: one file a day in the data folder, the newest seven kept; never a secret, never a person's text.

use std::path::Path;
use std::sync::OnceLock;

use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;

/// Starts logging into `FOLDER/logs`, once per process. `TWINLINE_LOG` raises the level.
pub(crate) fn start(folder: &Path) {
    static GUARD: OnceLock<WorkerGuard> = OnceLock::new();
    if GUARD.get().is_some() {
        return;
    }
    // The appender complains on standard error where its folder is not there yet.
    if std::fs::create_dir_all(folder.join("logs")).is_err() {
        return;
    }
    let files = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("twinline")
        .filename_suffix("log")
        .max_log_files(7)
        .build(folder.join("logs"));
    let Ok(files) = files else { return };
    let (writer, guard) = tracing_appender::non_blocking(files);
    let filter = EnvFilter::try_from_env("TWINLINE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // Another subscriber (a test's) may be there already: then that one stays.
    let started =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(writer).try_init();
    if started.is_ok() {
        GUARD.set(guard).ok();
    }
}
