//! The rules of the house that a compiler does not know. Each says where and why, and is tested beside its code.
//!
//! That a landed migration never changes is a test of the store (`landed.txt` beside the migrations).

mod arrows;
mod files;
mod logs;
mod proofs;
mod rust;
mod sentences;

use crate::tool::{Failed, Tool, fail, files_below};

/// Crates whose Rust speaks to people, as the shell does.
const SPEAKING: [&str; 2] = ["src-tauri/crates/headless/src/", "src-tauri/crates/node/src/"];

/// Fails if a rule is broken, after telling each place.
pub fn run(tool: &Tool) -> Result<(), Failed> {
    let mut wrong = arrows::wrong_arrows(&tool.metadata);
    let mut proofs = proofs::Proofs::default();
    let mut count = 0;
    for file in files_below(&tool.root) {
        let Ok(bytes) = std::fs::read(&file) else { continue };
        let Ok(relative) = file.strip_prefix(&tool.root) else { continue };
        let path = relative.to_string_lossy().replace('\\', "/");
        // Pictures and the like are not text.
        let Ok(text) = String::from_utf8(bytes) else { continue };
        count += 1;
        wrong.extend(of_file(&path, &text));
        proofs.note(&path, &text);
    }
    wrong.extend(proofs.missing());
    if wrong.is_empty() {
        println!("tidy: {count} files, nothing to tell");
        return Ok(());
    }
    for line in &wrong {
        eprintln!("{line}");
    }
    fail(format!(
        "tidy: {} to put right.",
        if wrong.len() == 1 { "1 thing".into() } else { format!("{} things", wrong.len()) }
    ))
}

/// What is wrong with one file, by its path from the root.
fn of_file(path: &str, text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    wrong.extend(files::too_long(path, text));
    wrong.extend(files::of_one_machine(path, text));
    wrong.extend(files::foreign_registries(path, text));
    wrong.extend(files::without_lints(path, text));
    if path.ends_with(".svelte") && path.starts_with("ui/src/") {
        wrong.extend(sentences::in_svelte(path, text));
    }
    if path.ends_with(".rs") && path.starts_with("src-tauri/") && !is_test(path) {
        let code = rust::product_code(text);
        wrong.extend(arrows::wrong_words(path, &code));
        wrong.extend(logs::filled_in(path, &code));
        let shell = !path.starts_with("src-tauri/crates/") && path != "src-tauri/build.rs";
        if shell || SPEAKING.iter().any(|room| path.starts_with(room)) {
            wrong.extend(sentences::in_rust(path, &code));
        }
    }
    wrong
}

/// A file that holds tests alone.
fn is_test(path: &str) -> bool {
    path.contains("/tests/")
        || path.ends_with("/tests.rs")
        || path.ends_with("_tests.rs")
        || path.contains("/benches/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_matter_where_people_read_them() {
        let text = "fn f() { say(\"Globex cannot be reached.\"); }";
        assert_eq!(of_file("src-tauri/crates/node/src/lib.rs", text).len(), 1);
        assert_eq!(of_file("src-tauri/tray.rs", text).len(), 1);
        assert!(of_file("src-tauri/crates/store/src/lib.rs", text).is_empty());
        assert!(of_file("src-tauri/crates/node/tests/all.rs", text).is_empty());
    }
}
