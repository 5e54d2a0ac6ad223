//! Files as such: how long they are, and what of somebody's own machine they name.

/// A file past this asks what two things it holds; generated ones do not count.
const MOST_LINES: usize = 700;

/// The endings of files that people write and read.
const WRITTEN: [&str; 9] = ["rs", "ts", "svelte", "js", "mjs", "css", "sql", "py", "html"];

/// Says if the file is too long.
pub fn too_long(path: &str, text: &str) -> Option<String> {
    let generated = path == "ui/src/bindings.ts" || text.lines().take(5).any(|l| l.contains("@generated"));
    let written = WRITTEN.iter().any(|ending| path.ends_with(&format!(".{ending}")));
    let lines = text.lines().count();
    (written && !generated && lines > MOST_LINES)
        .then(|| format!("{path}: {lines} lines; past {MOST_LINES} ask what two things it holds"))
}

/// Folders of one person's or one machine's, wherever they are named.
pub fn of_one_machine(path: &str, text: &str) -> Vec<String> {
    // Put together here, so that this file does not name them itself.
    let folders = ["work", "root", "home", "Users", "tmp"].map(|name| format!("/{name}/"));
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for folder in &folders {
            let named = line.match_indices(folder.as_str()).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                let after = line[at + folder.len()..].chars().next();
                // `../work/`, `x/tmp/y` and `https://host/home/` are not absolute; a bare `/tmp/` names nobody.
                !before.is_some_and(|c| c.is_alphanumeric() || "./-_}$~".contains(c))
                    && after.is_some_and(|c| c.is_alphanumeric())
                    // Ana is nobody: she is the person of all our examples.
                    && !line[at + folder.len()..].starts_with("ana/")
            });
            if named {
                found.push(format!("{path}:{}: {folder}… is a path of one machine", number + 1));
            }
        }
    }
    found
}

/// A lock file that was made behind a mirror names the mirror; others cannot use it.
pub fn foreign_registries(path: &str, text: &str) -> Vec<String> {
    let (mark, ours) = match path {
        "Cargo.lock" => ("source = \"", "registry+https://github.com/rust-lang/crates.io-index"),
        "ui/package-lock.json" => ("\"resolved\": \"", "https://registry.npmjs.org/"),
        _ => return Vec::new(),
    };
    text.lines()
        .enumerate()
        .filter(|(_, line)| {
            line.trim_start().strip_prefix(mark).is_some_and(|source| !source.starts_with(ours))
        })
        .map(|(number, _)| {
            format!("{path}:{}: this comes from another registry than everybody's", number + 1)
        })
        .collect()
}

/// Each crate takes part in the lints of the workspace (among them: a public item without docs).
pub fn without_lints(path: &str, text: &str) -> Option<String> {
    let package = path.ends_with("Cargo.toml") && text.lines().any(|line| line.trim() == "[package]");
    let lints = text.lines().skip_while(|line| line.trim() != "[lints]").nth(1).map(str::trim);
    (package && lints != Some("workspace = true")).then(|| format!("{path}: lacks [lints] workspace = true"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_told_unless_generated() {
        let long = "x\n".repeat(MOST_LINES + 1);
        assert!(too_long("a.rs", &long).is_some());
        assert!(too_long("a.rs", &"x\n".repeat(MOST_LINES)).is_none());
        assert!(too_long("ui/src/bindings.ts", &long).is_none());
        assert!(too_long("Cargo.lock", &long).is_none());
    }

    #[test]
    fn paths_of_one_machine_are_told() {
        let own = format!("see /{}/peter/notes", "home");
        assert_eq!(of_one_machine("a.md", &own).len(), 1);
        assert!(
            of_one_machine("a.md", "GET /rest/home/x and /home/ana/x and ../work/y and $TARGET/tmp/z")
                .is_empty()
        );
    }

    #[test]
    fn a_mirror_in_a_lock_file_is_told() {
        let line = "      \"resolved\": \"https://mirror.example/npm/a.tgz\",";
        assert_eq!(foreign_registries("ui/package-lock.json", line).len(), 1);
        assert!(
            foreign_registries("ui/package-lock.json", "\"resolved\": \"https://registry.npmjs.org/a.tgz\"")
                .is_empty()
        );
    }

    #[test]
    fn a_crate_without_the_lints_is_told() {
        assert!(without_lints("a/Cargo.toml", "[package]\nname = \"a\"\n").is_some());
        assert!(without_lints("a/Cargo.toml", "[package]\n[lints]\nworkspace = true\n").is_none());
    }
}
