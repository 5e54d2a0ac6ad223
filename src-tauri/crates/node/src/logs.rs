//! Logs: one file a day in the data folder, the newest seven kept; never a secret, never a person's text.

use std::path::Path;
use std::sync::OnceLock;

use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::FormatFields;

/// What is logged. iroh's crates put addresses into the words of their messages, where the diagnostics would not leave them out;
/// what a person can do something about is told by ourselves.
const LEVELS: &str =
    "info,iroh=off,iroh_relay=off,iroh_dns=off,noq=off,noq_proto=off,noq_udp=off,netwatch=off,n0_watcher=off";

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
    let filter = EnvFilter::try_from_env("TWINLINE_LOG").unwrap_or_else(|_| EnvFilter::new(LEVELS));
    // Another subscriber (a test's) may be there already: then that one stays.
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(writer)
        .fmt_fields(one_line())
        .try_init();
    if started.is_ok() {
        GUARD.set(guard).ok();
    }
}

/// One event is one line, and one field is one value: what others wrote stands in quotation marks, and can neither hide behind a
/// line end nor pass for a field or a line of ours.
pub(crate) fn one_line() -> impl for<'w> FormatFields<'w> + Send + Sync + 'static {
    tracing_subscriber::fmt::format::debug_fn(|to, field, value| {
        let value = format!("{value:?}");
        match field.name() {
            "message" => write!(to, "{}", value.replace(['\r', '\n'], " ")),
            name if is_one_word(&value) || quoted_end(&value) == Some(value.len()) => {
                write!(to, "{name}={value}")
            }
            name => write!(to, "{name}={value:?}"),
        }
    })
    .delimited(" ")
}

/// A number, a span, a code, a host.
fn is_one_word(value: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | ':' | '-' | '_' | '/' | '(' | ')' | '@');
    !value.is_empty() && value.chars().all(plain)
}

/// Where a text in quotation marks at the beginning ends, behind the last mark; `None`: there is none.
pub(crate) fn quoted_end(text: &str) -> Option<usize> {
    let mut inner = text.strip_prefix('"')?.char_indices();
    while let Some((at, c)) = inner.next() {
        match c {
            '\\' => drop(inner.next()),
            '"' => return Some(at + 2),
            c if c.is_control() => return None,
            _ => {}
        }
    }
    None
}
