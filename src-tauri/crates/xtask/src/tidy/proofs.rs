//! Three pages say where each number of a list is proved. A test that is renamed or removed would leave them saying
//! so for ever: each number must have its row, and each proof that a row names must be there.

use std::ops::RangeInclusive;

/// A page whose tables begin their rows with a number.
struct Page {
    path: &'static str,
    /// Stands before each number.
    letter: char,
    /// The numbers that must be there.
    numbers: &'static [RangeInclusive<u16>],
}

const PAGES: [Page; 3] = [
    Page { path: "docs/faults.md", letter: 'F', numbers: &[1..=21, 28..=118] },
    Page { path: "docs/jira.md", letter: 'J', numbers: &[1..=40] },
    Page { path: "docs/security.md", letter: 'T', numbers: &[1..=21] },
];

/// The fields of `Swarm` are classes of the simulator.
const CLASSES: &str = "src-tauri/crates/simulator/src/swarm.rs";
/// The variants of `What` are what people do in it.
const ACTS: &str = "src-tauri/crates/simulator/src/people.rs";
/// The practice Jira's fault switches.
const SWITCHES: &str = "src-tauri/crates/practice-jira/src/faults.rs";

/// The pages, and everything in the repository that may prove a row of them.
#[derive(Default)]
pub struct Proofs {
    /// As long as a page has not been met, it has no rows.
    pages: [String; PAGES.len()],
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
        if let Some(at) = PAGES.iter().position(|page| page.path == path) {
            text.clone_into(&mut self.pages[at]);
        }
        match path {
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

    /// Numbers without a row, and rows that name what is not there, or that name nothing and do not admit it.
    pub fn missing(&self) -> Vec<String> {
        let pages = || PAGES.iter().zip(&self.pages);
        let rows = pages().flat_map(|(page, text)| self.wrong_rows(page, text));
        pages().flat_map(|(page, text)| page.absent(text)).chain(rows).collect()
    }

    fn wrong_rows(&self, page: &Page, text: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let Some((number, proof)) = page.row(line) else { continue };
            let mut tell = |what: String| {
                wrong.push(format!("{}:{}: {}{number:02}: {what}", page.path, at + 1, page.letter));
            };
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

impl Page {
    /// The number and everything behind its description, if the line is a row of a table of them.
    fn row<'a>(&self, line: &'a str) -> Option<(u16, &'a str)> {
        let mut cells = line.strip_prefix('|')?.splitn(3, '|').map(str::trim);
        let number = cells.next()?.strip_prefix(self.letter)?.parse().ok()?;
        Some((number, cells.nth(1).unwrap_or_default()))
    }

    /// Numbers that ought to have a row.
    fn absent(&self, text: &str) -> Vec<String> {
        let there: Vec<u16> =
            text.lines().filter_map(|line| self.row(line)).map(|(number, _)| number).collect();
        let wanted = self.numbers.iter().cloned().flatten().filter(|number| !there.contains(number));
        wanted.map(|number| format!("{}: {}{number:02} has no row", self.path, self.letter)).collect()
    }
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

    /// What is told of the row of a page that has no other.
    fn told(row: &str) -> Vec<String> {
        let mut proofs = Proofs::default();
        proofs.note(CLASSES, SWARM);
        proofs.note(ACTS, WHAT);
        proofs.note(SWITCHES, FAULTS);
        proofs.note("tests/journeys/edits.rs", EDITS);
        proofs.note("src-tauri/crates/store/src/tests/damage.rs", DAMAGE);
        proofs.note("ui/src/window.test.ts", "test(\"first run: choice\", async () => {");
        let page = if row.starts_with("| J") { "docs/jira.md" } else { "docs/faults.md" };
        proofs.note(page, &format!("| # | fault | proof |\n|---|---|---|\n{row}\n"));
        proofs.missing().into_iter().filter(|told| !told.ends_with("has no row")).collect()
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

    #[test]
    fn what_a_row_says_behind_its_proof_is_read_as_well() {
        assert_eq!(
            told("| J22 | a check | `store :: f13_heals` | but not on Sundays |"),
            Vec::<String>::new()
        );
        assert_eq!(
            told("| J22 | a check | `store :: f13_heals` | see `store :: f13_was_renamed` |").len(),
            1
        );
        assert_eq!(told("| J22 | a check | not yet | nobody has tried |"), Vec::<String>::new());
    }

    #[test]
    fn each_number_has_its_row() {
        let mut proofs = Proofs::default();
        assert_eq!(proofs.missing().len(), 21 + 91 + 40 + 21, "no page at all");
        let rows = |numbers: std::ops::RangeInclusive<u16>| {
            numbers.map(|n| format!("| J{n:02} | a check | not yet |\n")).collect::<String>()
        };
        proofs.note("docs/jira.md", &(rows(1..=22) + &rows(24..=40)));
        let told = proofs.missing();
        let of_jira: Vec<&String> = told.iter().filter(|told| told.starts_with("docs/jira.md")).collect();
        assert_eq!(of_jira, ["docs/jira.md: J23 has no row"]);
    }
}
