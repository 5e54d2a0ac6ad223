//! The effects that stand in the sources, held against the places that a kill can be aimed at.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Effects that the stories do not pass, each with the reason. What is here is tested elsewhere, or not with a kill.
const NOT_PASSED: &[(&str, &str)] = &[
    ("commit/attachment-late", "needs a site that does not hand out a file at once (f65)"),
    ("commit/attachment-stopped", "needs a site that hands out fewer bytes than it says (f65)"),
    ("commit/away", "needs a site under maintenance (f78)"),
    (
        "commit/chunk-gone",
        "only where both sides are done with a file before the run ends; see file/spool-remove",
    ),
    ("commit/closed", "needs a project that is archived or deleted (f51)"),
    ("commit/disk-works", "needs a full disk (f11)"),
    ("commit/doubt", "needs a lane whose commit failed"),
    ("commit/hold", "a census that misses many issues comes once a day (f53)"),
    ("commit/made", "needs a text that is longer than Jira takes (j13); its file is uploaded like any other"),
    ("commit/offer-again", "needs a database that was set back (f83)"),
    ("commit/probe-orphan", "needs a pair that was removed with its connection"),
    ("commit/remember", "needs a database that was set back (f83)"),
    ("commit/remade", "needs a file that an earlier version would have made"),
    ("commit/renamed", "needs a project that is renamed (f51)"),
    ("commit/respool", "needs a spool that lost a file"),
    ("call/count", "first-sync estimates are asked for by people"),
    ("call/current_key", "asked only where an issue stands in another project (f51); a read"),
    ("call/filter_errors", "asked for by people"),
    ("call/filter_values", "asked for by people"),
    ("call/filter_words", "asked for by people"),
    ("call/found", "needs a filter; a read"),
    ("call/headlines", "asked for by people"),
    ("call/matching", "needs a filter"),
    ("call/projects", "asked for by people"),
    ("call/standing", "asked only where something was refused or is missing (f51); a read"),
    ("call/upload_limit", "asked for by people"),
    ("file/backup", "the first one comes only after five minutes of a run"),
    ("file/spool-spoilt", "needs bytes that do not fit their hash (f65)"),
];

/// Files of the node that change files without a place to aim at, each with the reason.
const FILES_WITHOUT: &[(&str, &str)] = &[
    ("crash.rs", "the places themselves"),
    ("folder.rs", "the locks: nothing depends on what is in them"),
    ("logs.rs", "nothing depends on a log"),
    ("node.rs", "the folder and its lock: nothing depends on its content"),
    ("export.rs", "a file that a person asked for: removed again where it is not whole"),
    ("privacy.rs", "deletes everything: whoever is killed in it asks again"),
    (
        "save.rs",
        "a file that a person asked for: removed again where it is not whole, and nothing depends on it",
    ),
    ("secrets.rs", "written by commands of people: a whole new file takes the old one's name"),
];

/// What changes a file.
const FILE_EFFECTS: [&str; 10] = [
    "File::create",
    "OpenOptions::new",
    "File::options",
    "fs::write",
    "fs::rename",
    "fs::remove_file",
    "fs::copy",
    "create_dir",
    "set_len(",
    ".write_all(",
];

/// The effects of the sources that neither story passes and no reason excuses.
pub fn not_passed(acme: &BTreeMap<String, u64>, globex: &BTreeMap<String, u64>) -> Vec<String> {
    let mut missing = Vec::new();
    for effect in effects() {
        let there = |moment: &str| {
            let place = format!("{effect}/{moment}");
            acme.contains_key(&place) || globex.contains_key(&place)
        };
        let excused = NOT_PASSED.iter().any(|(name, _)| *name == effect);
        match (there("before") && there("after"), excused) {
            (false, false) => missing.push(effect),
            (true, true) => println!("d3: {effect} is passed after all"),
            _ => {}
        }
    }
    missing
}

/// Every effect that the sources name, as `commit/settle`, `call/create_issue`, `exchange/answer`, `file/spool-put`.
fn effects() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, text) in sources() {
        for call in [".write(", ".step("] {
            found.extend(first_words(&text, call).into_iter().map(|word| format!("commit/{word}")));
        }
        for place in after(&text, "point(") {
            let mut words = place.split('"');
            if let (Some(""), Some(kind), Some(", "), Some(step)) =
                (words.next(), words.next(), words.next(), words.next())
            {
                found.insert(format!("{kind}/{step}"));
            }
        }
        for call in after(&text, "call!(self.") {
            let name: String = call.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            found.insert(format!("call/{name}"));
        }
    }
    found
}

/// What follows each occurrence.
fn after<'a>(text: &'a str, what: &str) -> Vec<&'a str> {
    text.match_indices(what).map(|(at, found)| &text[at + found.len()..]).collect()
}

/// The literals that stand first in the calls of a function.
fn first_words(text: &str, call: &str) -> Vec<String> {
    let literal = |rest: &str| Some(rest.trim_start().strip_prefix('"')?.split('"').next()?.to_owned());
    after(text, call).into_iter().filter_map(literal).collect()
}

/// The sources of the crates that have effects, without their tests.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(ROOT).join("src-tauri/crates");
    let mut files = Vec::new();
    for name in ["sync", "node"] {
        rust_files(&root.join(name).join("src"), &mut files);
    }
    assert!(files.len() > 20, "the sources are where they were: {files:?}");
    let mut all = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source can be read");
        let name = file.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
        if name != "tests.rs" {
            let product = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
            all.push((name, product));
        }
    }
    all
}

/// The folder of the whole project.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the sources are there").flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => rust_files(&path, found),
            false if path.extension().is_some_and(|e| e == "rs") => found.push(path),
            false => {}
        }
    }
}

/// Functions (in one text) that change a file and name no place.
fn silent_functions(text: &str) -> Vec<String> {
    let mut silent = Vec::new();
    for function in text.split("fn ").skip(1) {
        let effect = FILE_EFFECTS.iter().find(|effect| function.contains(*effect));
        if let Some(effect) = effect.filter(|_| !function.contains("point(\"file\"")) {
            let name: String = function.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            silent.push(format!("{name} ({effect})"));
        }
    }
    silent
}

/// A new effect needs a place before anything else: a commit has its name, a call goes through `Watched`, and what changes
/// a file names its place itself.
#[test]
fn d3_crash_matrix_knows_every_effect() {
    let effects = effects();
    for known in
        ["commit/settle", "commit/remember", "call/create_issue", "exchange/request", "file/spool-put"]
    {
        assert!(effects.contains(known), "{known} is found in the sources: {effects:?}");
    }
    for (excused, _) in NOT_PASSED {
        assert!(effects.contains(*excused), "{excused} is no effect any more");
    }
    let mut silent = Vec::new();
    for (name, text) in sources() {
        let excused = FILES_WITHOUT.iter().any(|(file, _)| *file == name);
        if name == "db.rs" {
            assert!(text.contains("point(\"commit\""), "each commit is a place");
        }
        // The folder itself has no content that could be half written.
        let found =
            silent_functions(&text).into_iter().filter(|f| !(name == "spool.rs" && f.starts_with("open ")));
        silent.extend(found.filter(|_| !excused).map(|f| format!("{name}: {f}")));
    }
    assert!(silent.is_empty(), "these change a file where no kill can be aimed at: {silent:?}");
}

/// Every call of the tracker that the node can make is wrapped.
#[test]
fn d3_crash_matrix_knows_every_call() {
    let file = Path::new(ROOT).join("src-tauri/crates/trackers/src");
    let mut files = Vec::new();
    rust_files(&file, &mut files);
    let texts = files.iter().map(|f| std::fs::read_to_string(f).expect("a source can be read"));
    let text = texts.into_iter().find(|t| t.contains("pub trait Tracker")).expect("the trait is there");
    let body = text.split("pub trait Tracker").nth(1).and_then(|t| t.split("\n}").next()).expect("its body");
    let calls: Vec<String> = after(body, "async fn ")
        .iter()
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect();
    assert!(calls.len() > 10, "{calls:?}");
    let effects = effects();
    let missing: Vec<_> = calls.iter().filter(|c| !effects.contains(&format!("call/{c}"))).collect();
    assert!(missing.is_empty(), "calls that no kill can be aimed at: {missing:?}");
}

#[test]
fn an_effect_without_a_place_is_noticed() {
    assert_eq!(first_words("a.write(\n  \"one\", x).step(\"two\", y).write(|tx| z)", ".write("), ["one"]);
    let text = "fn quiet() { std::fs::rename(a, b) }\nfn loud() { point(\"file\", \"x\", Before); fs::rename(a, b) }";
    assert_eq!(silent_functions(text), ["quiet (fs::rename)"]);
    let none = BTreeMap::new();
    assert!(not_passed(&none, &none).contains(&"commit/settle".to_owned()));
}
