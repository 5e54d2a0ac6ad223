//! Imports run one way only, and each room keeps its invariants.

use serde_json::Value;

use super::rust::{Kind, Token};

/// Each crate of ours, and which of ours it may use.
const ARROWS: [(&str, &[&str]); 17] = [
    ("twinline-model", &[]),
    ("twinline-engine", &["twinline-model"]),
    ("twinline-script", &["twinline-model"]),
    ("twinline-store", &["twinline-model"]),
    ("twinline-trackers", &["twinline-model"]),
    ("twinline-link", &["twinline-model"]),
    (
        "twinline-sync",
        &[
            "twinline-model",
            "twinline-engine",
            "twinline-script",
            "twinline-store",
            "twinline-trackers",
            "twinline-link",
        ],
    ),
    (
        "twinline-node",
        &[
            "twinline-model",
            "twinline-engine",
            "twinline-script",
            "twinline-store",
            "twinline-trackers",
            "twinline-link",
            "twinline-sync",
        ],
    ),
    (
        "twinline-simulator",
        &[
            "twinline-model",
            "twinline-engine",
            "twinline-script",
            "twinline-store",
            "twinline-trackers",
            "twinline-link",
            "twinline-sync",
        ],
    ),
    ("twinline-headless", &["twinline-node", "twinline-model"]),
    ("twinline", &["twinline-node", "twinline-model", "twinline-practice"]),
    // The only product code that starts a practice Jira: for people who try Twinline without an account.
    ("twinline-practice", &["twinline-node", "twinline-model", "practice-jira"]),
    ("practice-jira", &[]),
    // For tests and the demo only: a company runs its own relay.
    ("practice-relay", &[]),
    // For tests only: it holds both against what Atlassian says.
    ("twinline-contract", &["practice-jira", "twinline-trackers", "twinline-model"]),
    ("adf-schema", &[]),
    ("xtask", &[]),
];

/// What a pure crate must not be built with.
const NOT_PURE: [&str; 9] =
    ["tokio", "rand", "getrandom", "reqwest", "axum", "rusqlite", "tauri", "chrono", "futures-util"];

/// Arrows in `cargo metadata` that are not in the list.
pub fn wrong_arrows(metadata: &Value) -> Vec<String> {
    let empty = Vec::new();
    let packages = metadata["packages"].as_array().unwrap_or(&empty);
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
            wrong.push(format!(
                "{name}: this crate has no room yet; give it one in tidy/arrows.rs and ARCHITECTURE.md"
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().unwrap_or(&empty) {
            let to = dependency["name"].as_str().unwrap_or_default();
            let for_tests = dependency["kind"] == "dev";
            if dependency["path"].is_string() {
                let fine = allowed.contains(&to)
                    || (for_tests
                        && (matches!(to, "practice-jira" | "practice-relay" | "adf-schema")
                            || name == "twinline"));
                if !fine {
                    wrong.push(format!("{name} -> {to}: this arrow is not allowed"));
                }
            } else if !for_tests
                && matches!(name, "twinline-model" | "twinline-engine" | "twinline-script")
                && NOT_PURE.contains(&to)
            {
                wrong
                    .push(format!("{name} -> {to}: {name} has no I/O, no clock, no randomness and no async"));
            }
        }
    }
    wrong
}

/// Words that one room alone may say.
struct Secluded {
    words: &'static [&'static str],
    rooms: &'static [&'static str],
    why: &'static str,
}

const SECLUDED: [Secluded; 3] = [
    Secluded {
        words: &["tauri", "tauri_specta", "tauri_build", "tauri_plugin_opener"],
        rooms: &["src-tauri/lib.rs", "src-tauri/main.rs", "src-tauri/build.rs", SHELL],
        why: "the shell is the only room that knows Tauri",
    },
    Secluded {
        words: &["rusqlite", "rusqlite_migration"],
        rooms: &["src-tauri/crates/store/", "src-tauri/crates/practice-jira/"],
        why: "the store is the only room with SQL",
    },
    Secluded {
        words: &["snow", "chacha20poly1305", "bech32", "blake2", "hmac"],
        rooms: &["src-tauri/crates/link/"],
        why: "the link is the only room with cryptography",
    },
];

/// Any file directly in src-tauri/.
const SHELL: &str = "src-tauri/*";

const PURE_ROOMS: [&str; 3] =
    ["src-tauri/crates/model/", "src-tauri/crates/engine/", "src-tauri/crates/script/"];

/// Words that a pure crate does not say: clocks, chance, threads, the file system, the network, unordered maps.
const IMPURE: [&str; 14] = [
    "tokio",
    "SystemTime",
    "Instant",
    "rand",
    "getrandom",
    "HashMap",
    "HashSet",
    "async",
    "fs",
    "net",
    "thread",
    "process",
    "RandomState",
    "Zoned",
];

/// Words in the product code of `path` that do not belong into its room.
pub fn wrong_words(path: &str, code: &[Token]) -> Vec<String> {
    let within = |room: &str| match room.strip_suffix('*') {
        Some(folder) => {
            path.strip_prefix(folder).is_some_and(|file| !file.contains('/') || !file.starts_with("crates/"))
        }
        None => path.starts_with(room),
    };
    let mut wrong = Vec::new();
    for secluded in &SECLUDED {
        if secluded.rooms.iter().any(|room| within(room)) {
            continue;
        }
        for token in paths_beginning_with(code, secluded.words) {
            wrong.push(format!("{path}:{}: `{}`, but {}", token.line, token.text, secluded.why));
        }
    }
    if PURE_ROOMS.iter().any(|room| path.starts_with(room)) {
        for token in impure(code) {
            wrong.push(format!("{path}:{}: `{}`, but this crate is pure", token.line, token.text));
        }
    }
    wrong
}

/// Where a crate's name begins a path: `snow::Builder`, `use rusqlite as …`, not a variable called `snow`.
fn paths_beginning_with<'a>(code: &'a [Token], words: &'a [&str]) -> impl Iterator<Item = &'a Token> {
    code.iter().enumerate().filter_map(move |(at, token)| {
        let named = token.kind == Kind::Word && words.contains(&token.text.as_str());
        let begins = at == 0 || !code[at - 1].is(':') && !code[at - 1].is('.');
        let path = code.get(at + 1).is_some_and(|t| t.is(':')) && code.get(at + 2).is_some_and(|t| t.is(':'));
        let used = at > 0 && code[at - 1].word("use");
        (named && begins && (path || used)).then_some(token)
    })
}

fn impure(code: &[Token]) -> impl Iterator<Item = &Token> {
    code.iter().enumerate().filter_map(|(at, token)| {
        let named = token.kind == Kind::Word && IMPURE.contains(&token.text.as_str());
        let module = matches!(
            token.text.as_str(),
            "fs" | "net" | "thread" | "process" | "rand" | "tokio" | "getrandom"
        );
        let in_path = code.get(at + 1).is_some_and(|t| t.is(':'))
            || at > 0 && code[at - 1].is(':') && code.get(at + 1).is_some_and(|t| t.is(';') || t.is(','));
        // A lower-case name may also be a variable or a field; only as part of a path is it the module.
        let field =
            code.get(at + 1).is_some_and(|t| t.is(':')) && code.get(at + 2).is_some_and(|t| !t.is(':'));
        (named && (!module || in_path && !field)).then_some(token)
    })
}

#[cfg(test)]
mod tests {
    use super::super::rust::product_code;
    use super::*;
    use serde_json::json;

    fn package(name: &str, uses: &[(&str, Option<&str>)]) -> Value {
        let dependencies: Vec<Value> =
            uses.iter().map(|(to, kind)| json!({"name": to, "kind": kind, "path": "/x"})).collect();
        json!({"packages": [{"name": name, "dependencies": dependencies}]})
    }

    #[test]
    fn an_arrow_upwards_or_sideways_is_told() {
        assert!(wrong_arrows(&package("twinline-node", &[("twinline-store", None)])).is_empty());
        assert_eq!(
            wrong_arrows(&package("twinline-store", &[("twinline-engine", None)])),
            ["twinline-store -> twinline-engine: this arrow is not allowed"]
        );
        assert_eq!(wrong_arrows(&package("twinline-model", &[("twinline-node", None)])).len(), 1);
    }

    #[test]
    fn practice_jira_is_for_tests_and_the_practice_world_alone() {
        assert!(wrong_arrows(&package("twinline-practice", &[("practice-jira", None)])).is_empty());
        assert_eq!(wrong_arrows(&package("twinline", &[("practice-jira", None)])).len(), 1);
        assert_eq!(wrong_arrows(&package("twinline-headless", &[("twinline-practice", None)])).len(), 1);
        assert!(wrong_arrows(&package("twinline-trackers", &[("practice-jira", Some("dev"))])).is_empty());
        assert_eq!(wrong_arrows(&package("twinline-trackers", &[("practice-jira", None)])).len(), 1);
    }

    #[test]
    fn a_new_crate_needs_a_room() {
        assert_eq!(wrong_arrows(&package("twinline-extras", &[])).len(), 1);
    }

    #[test]
    fn a_pure_crate_takes_no_runtime() {
        let metadata = json!({"packages": [{"name": "twinline-engine", "dependencies":
            [{"name": "tokio", "kind": null}, {"name": "serde", "kind": null}, {"name": "rand", "kind": "dev"}]}]});
        assert_eq!(wrong_arrows(&metadata).len(), 1);
    }

    #[test]
    fn each_secluded_word_is_told_outside_its_room() {
        let sql = product_code("use rusqlite::Connection;");
        assert_eq!(wrong_words("src-tauri/crates/node/src/lib.rs", &sql).len(), 1);
        assert!(wrong_words("src-tauri/crates/store/src/lib.rs", &sql).is_empty());
        let noise = product_code("fn f() { let snow = snow::Builder::new(x); }");
        assert_eq!(
            wrong_words("src-tauri/crates/node/src/lib.rs", &noise).len(),
            1,
            "the variable does not count"
        );
        let window = product_code("use tauri::Manager;");
        assert!(wrong_words("src-tauri/tray.rs", &window).is_empty());
        assert_eq!(wrong_words("src-tauri/crates/headless/src/main.rs", &window).len(), 1);
    }

    #[test]
    fn clocks_and_chance_are_told_in_the_engine_only() {
        let code =
            product_code("use std::time::Instant; struct A { process: u8 } fn f() { std::fs::read(x); }");
        assert_eq!(wrong_words("src-tauri/crates/engine/src/lib.rs", &code).len(), 2);
        assert!(wrong_words("src-tauri/crates/node/src/lib.rs", &code).is_empty());
    }
}
