//! docs/faults.md says where each fault is proved. A test that is renamed or removed would leave it saying so for ever:
//! each proof that its tables name must be there.

/// The page.
const PAGE: &str = "docs/faults.md";
/// The fields of `Swarm` are classes of the simulator.
const CLASSES: &str = "src-tauri/crates/simulator/src/swarm.rs";
/// The variants of `What` are what people do in it.
const ACTS: &str = "src-tauri/crates/simulator/src/people.rs";
/// The practice Jira's fault switches.
const SWITCHES: &str = "src-tauri/crates/practice-jira/src/faults.rs";

/// The page, and everything in the repository that may prove a row of it.
#[derive(Default)]
pub struct Proofs {
    page: String,
    tests: Vec<Test>,
    classes: Vec<String>,
    switches: Vec<String>,
}

/// A test that runs.
struct Test {
    /// From the root, with a slash in front: `/tests/journeys/edits.rs`.
    path: String,
    name: String,
}

impl Proofs {
    /// Takes from a file what it has to say.
    pub fn note(&mut self, path: &str, text: &str) {
        match path {
            PAGE => text.clone_into(&mut self.page),
            CLASSES => self.classes.extend(words_within(text, "pub struct Swarm {", "pub ", ':')),
            ACTS => self.classes.extend(words_within(text, "pub enum What {", "", ',')),
            SWITCHES => {
                for list in ["const SWITCHES: &[&str] = &[", "const DEEDS: &[&str] = &["] {
                    self.switches.extend(words_within(text, list, "\"", '"'));
                }
            }
            _ => {}
        }
        let names = match path.rsplit_once('.') {
            Some((_, "rs")) => tests_in_rust(text),
            Some((_, "ts")) => tests_in_typescript(text),
            _ => Vec::new(),
        };
        self.tests.extend(names.into_iter().map(|name| Test { path: format!("/{path}"), name }));
    }

    /// Rows of the page that name what is not there, or that name nothing and do not admit it.
    pub fn missing(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (number, line) in self.page.lines().enumerate() {
            let Some((fault, proof)) = row(line) else { continue };
            let mut tell = |what: String| wrong.push(format!("{PAGE}:{}: {fault}: {what}", number + 1));
            let named = quoted(proof);
            if named.is_empty() && !proof.contains("not yet") {
                tell("names no proof; say \"not yet\" and why".to_owned());
            }
            for name in named.into_iter().filter(|name| !self.holds(name)) {
                tell(format!("`{name}` is not there"));
            }
        }
        wrong
    }

    fn holds(&self, proof: &str) -> bool {
        let one_of = |all: &[String], name: &str| all.iter().any(|known| known == name);
        if let Some(class) = proof.strip_prefix("simulator: ") {
            one_of(&self.classes, class)
        } else if let Some(switch) = proof.strip_prefix("switch: ") {
            one_of(&self.switches, switch)
        } else if let Some((place, name)) = proof.split_once(" :: ") {
            self.tests.iter().any(|test| test.name == name && is_in(&test.path, place))
        } else {
            false
        }
    }
}

/// `store` is a folder on the path, `journeys/edits` a file at its end.
fn is_in(path: &str, place: &str) -> bool {
    path.contains(&format!("/{place}/")) || path.contains(&format!("/{place}."))
}

/// The fault and its proof, if the line is a row of a table of faults.
fn row(line: &str) -> Option<(&str, &str)> {
    let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
    let is_number = |cell: &&str| cell.strip_prefix('F').is_some_and(|n| n.parse::<u16>().is_ok());
    let fault = cells.next().filter(is_number)?;
    Some((fault, cells.nth(1).unwrap_or_default()))
}

/// What stands in backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The words that lines of a block begin with: after `before`, up to `end`.
fn words_within(text: &str, opening: &str, before: &str, end: char) -> Vec<String> {
    let Some((_, block)) = text.split_once(opening) else { return Vec::new() };
    let lines = block.lines().take_while(|line| !line.starts_with(['}', ']'])).map(str::trim);
    lines
        .filter(|line| !line.starts_with("//"))
        .filter_map(|line| Some(line.strip_prefix(before)?.split_once(end)?.0.to_owned()))
        .collect()
}

/// Functions that carry the attribute of a test; a helper of the same name proves nothing.
fn tests_in_rust(text: &str) -> Vec<String> {
    let (mut names, mut is_test) = (Vec::new(), false);
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if is_test && !line.starts_with('#') && !line.starts_with("//") {
            is_test = false;
            let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
            names.extend(function.and_then(|rest| rest.split_once('(')).map(|(name, _)| name.to_owned()));
        }
    }
    names
}

/// Titles of tests: `test("…"`.
fn tests_in_typescript(text: &str) -> Vec<String> {
    let titles = text.lines().filter_map(|line| line.trim().strip_prefix("test(\"")?.split_once('"'));
    titles.map(|(title, _)| title.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SWARM: &str = "pub struct Swarm {\n    /// Late.\n    pub late_write: u64,\n}\nimpl Swarm {}\n";
    const WHAT: &str =
        "pub enum What {\n    /// Copy it.\n    Copy,\n}\nconst A: [What; 1] = [What::Copy];\n";
    const FAULTS: &str = "const SWITCHES: &[&str] = &[\n    \"delay_ms\",\n];\nconst DEEDS: &[&str] = &[\n    \"move_issue\",\n];\n";
    const EDITS: &str = "/// Why.\n#[tokio::test(flavor = \"multi_thread\")]\nasync fn f75_both() {\n    helper();\n}\nfn helper() {}\n";
    const DAMAGE: &str = "#[test]\n#[cfg(unix)]\nfn f13_heals() {}\n";

    /// What is told of a page with this one row.
    fn told(row: &str) -> Vec<String> {
        let mut proofs = Proofs::default();
        proofs.note(CLASSES, SWARM);
        proofs.note(ACTS, WHAT);
        proofs.note(SWITCHES, FAULTS);
        proofs.note("tests/journeys/edits.rs", EDITS);
        proofs.note("src-tauri/crates/store/src/tests/damage.rs", DAMAGE);
        proofs.note("ui/src/window.test.ts", "test(\"first run: choice\", async () => {");
        proofs.note(PAGE, &format!("| # | fault | proof |\n|---|---|---|\n{row}\n"));
        proofs.missing()
    }

    #[test]
    fn proofs_that_are_there_pass() {
        let all = "`simulator: late_write`, `simulator: Copy`, `switch: delay_ms`, `switch: move_issue`, \
            `store :: f13_heals`, \
            `journeys/edits :: f75_both`, `ui/src/window.test :: first run: choice`";
        assert_eq!(told(&format!("| F01 | a fault | {all} |")), Vec::<String>::new());
        assert_eq!(told("| F02 | a fault | not yet: nobody has tried |"), Vec::<String>::new());
    }

    #[test]
    fn a_proof_that_is_gone_is_told_with_its_row() {
        assert_eq!(
            told("| F13 | a fault | `store :: f13_was_renamed` |"),
            ["docs/faults.md:3: F13: `store :: f13_was_renamed` is not there"]
        );
        for gone in [
            "simulator: early_write",
            "simulator: impl",
            "switch: delay",
            "journeys/edits :: helper",
            "journeys/other :: f75_both",
            "link :: f13_heals",
            "f13_heals",
        ] {
            assert_eq!(told(&format!("| F13 | a fault | `{gone}` |")).len(), 1, "{gone}");
        }
    }

    #[test]
    fn a_row_without_a_proof_has_to_say_so() {
        assert_eq!(told("| F19 | a fault | surely |").len(), 1);
        assert_eq!(told("| F19 | a fault |").len(), 1);
    }
}
