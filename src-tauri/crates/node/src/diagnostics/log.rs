//! The last of the log, without what others wrote into it.
//!
//! A line is a time, a level, a place in our code, a message and fields. Message and names are ours: they are literals
//! (`cargo xtask tidy` sees to that). A value may be anybody's: a tracker's answer, a path, an address. So a value is told if
//! it is a number, a time span or a word of a list, and else a `…` stands in its place. Lines of other libraries are
//! counted.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use twinline_model::problem::ProblemCode;

use crate::logs::quoted_end;

/// Of how many days.
const DAYS: usize = 2;
/// How much of the end of a day is read.
const BYTES: u64 = 256 * 1024;
/// Stands for what is not told.
const GONE: &str = "…";

/// How our own errors begin, before they go on in others' words. Longer ones stand before those that they begin with.
const BEGINNINGS: &[&str] = &[
    "not applied: ",
    "unknown whether it was applied: ",
    "the tracker does not accept the sign-in",
    "the tracker forbids it: ",
    "the tracker has no such thing",
    "the tracker asks to wait ",
    "the tracker refuses the question: ",
    "no answer from the tracker: ",
    "the tracker is unavailable: ",
    "the site's certificate does not fit this computer's clock: ",
    "the site has moved to ",
    "an unexpected answer from the tracker: ",
    "the tracker was not reached: ",
    "required fields are missing: ",
    "not allowed for ",
    "too large",
    "the issue is full: ",
    "refused: ",
    "the database was written by a newer version",
    "the database is damaged or not one of ours: ",
    "another program is using the database",
    "the disk is full",
    "the database file cannot be used: ",
    "a row of table ",
    "no such row in table ",
    "the schema forbids it: ",
    "the database refuses: ",
    "no keychain",
    "no answer",
    "no entry",
    "no access",
    "not available",
];

/// Whose lines are ours.
const CRATES: &[&str] = &[
    "twinline",
    "twinline_engine",
    "twinline_link",
    "twinline_node",
    "twinline_practice",
    "twinline_store",
    "twinline_sync",
    "twinline_trackers",
];

/// Fields whose values are told where they have the shape of a number, a span, an id or a version of ours.
const PLAIN: &[&str] = &[
    "app_ms",
    "attempt",
    "connection",
    "count",
    "differences",
    "failures",
    "intent",
    "line",
    "most",
    "over",
    "page_ms",
    "pair",
    "unknown",
    "version",
    "wait",
];

/// The newest days of the log in a data folder, the oldest first.
pub(super) fn of_folder(data: &Path) -> Vec<(String, String)> {
    let Ok(entries) = std::fs::read_dir(data.join("logs")) else { return Vec::new() };
    let mut days: Vec<(String, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| Some((day_of(entry.file_name().to_str()?)?, entry.path())))
        .collect();
    days.sort();
    let newest = days.split_off(days.len().saturating_sub(DAYS));
    let told =
        newest.into_iter().filter_map(|(day, path)| Some((format!("log-{day}.txt"), told(&end(&path)?))));
    told.collect()
}

/// The day of a file of ours, `twinline.2026-11-26.log`.
pub(crate) fn day_of(name: &str) -> Option<String> {
    let day = name.strip_prefix("twinline.")?.strip_suffix(".log")?;
    day.parse::<jiff::civil::Date>().ok().map(|day| day.to_string())
}

/// The last lines of a file, whole ones.
fn end(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    let from = length.saturating_sub(BYTES);
    file.seek(SeekFrom::Start(from)).ok()?;
    let mut bytes = Vec::new();
    file.take(BYTES).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    match from {
        0 => Some(text),
        _ => text.split_once('\n').map(|(_, whole)| whole.to_owned()),
    }
}

/// A log as it is told.
pub(super) fn told(text: &str) -> String {
    let mut out = String::new();
    let mut others = 0_u32;
    for line in text.lines() {
        match told_line(line) {
            Some(line) => {
                count_others(&mut out, &mut others);
                out.push_str(&line);
                out.push('\n');
            }
            None => others += 1,
        }
    }
    count_others(&mut out, &mut others);
    out
}

fn count_others(out: &mut String, others: &mut u32) {
    if *others > 0 {
        out.push_str(&format!("{GONE} {others}\n"));
        *others = 0;
    }
}

/// One line; `None`: it is not one of ours.
fn told_line(line: &str) -> Option<String> {
    let (time, rest) = line.split_once(' ')?;
    let at: jiff::Timestamp = time.parse().ok()?;
    let (level, rest) = rest.trim_start().split_once(' ')?;
    let level = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"].into_iter().find(|known| *known == level)?;
    let (place, rest) = rest.split_once(": ")?;
    let ours = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | ':');
    let is_ours = place.split("::").next().is_some_and(|krate| CRATES.contains(&krate));
    if !is_ours || !place.chars().all(ours) {
        return None;
    }
    let begin = rest.match_indices(' ').map(|(at, _)| at).find(|at| named(&rest[at + 1..]).is_some());
    let (message, mut fields) = rest.split_at(begin.unwrap_or(rest.len()));
    let mut out = format!("{at} {level} {place}: {}", message.trim_end());
    while let Some((name, value)) = fields.strip_prefix(' ').and_then(named) {
        let end = quoted_end(value).unwrap_or_else(|| value.find(' ').unwrap_or(value.len()));
        out.push_str(&format!(" {name}={}", told_value(name, &value[..end])));
        fields = &value[end..];
    }
    if !fields.is_empty() {
        out.push(' ');
        out.push_str(GONE);
    }
    Some(out)
}

/// A field that begins here: its name, and its value with all that follows.
fn named(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=')?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let is_name =
        name.len() <= 24 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(plain);
    is_name.then_some((name, value))
}

/// What of a value is told.
fn told_value(name: &str, value: &str) -> String {
    let bare = value.trim_matches('"');
    if PLAIN.contains(&name) && is_plain(bare) {
        return value.to_owned();
    }
    // Where a program of ours broke: a place in our own source.
    if name == "file" && bare.starts_with("src-tauri/") && bare.ends_with(".rs") && value.starts_with('"') {
        return value.to_owned();
    }
    let code = bare.split(' ').next().and_then(ProblemCode::parse);
    if let Some(code) = code {
        return if bare == code.as_str() { bare.to_owned() } else { format!("{} {GONE}", code.as_str()) };
    }
    beginning(bare)
}

/// The words of ours that a value begins with, also where one error wraps another.
fn beginning(value: &str) -> String {
    let mut known = String::new();
    let mut rest = value;
    while let Some(words) = BEGINNINGS.iter().find(|words| rest.starts_with(*words)) {
        known.push_str(words);
        rest = &rest[words.len()..];
    }
    if !rest.is_empty() {
        known.push_str(GONE);
    }
    known
}

/// A number, a span (`1.5s`, `Some(250ms)`), a yes or no, an id of ours, or a version.
fn is_plain(value: &str) -> bool {
    let value = value.strip_prefix("Some(").and_then(|inner| inner.strip_suffix(')')).unwrap_or(value);
    let span = value.trim_end_matches(['m', 's', 'n', 'µ']);
    let number = |text: &str| {
        !text.is_empty() && text.len() <= 20 && text.chars().all(|c| c.is_ascii_digit() || c == '.')
    };
    let id = value.len() == 32 && value.chars().all(|c| c.is_ascii_hexdigit());
    matches!(value, "true" | "false" | "None") || id || number(span)
}
