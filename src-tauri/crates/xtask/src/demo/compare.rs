//! Field by field: whether an issue and its twin say the same.

use crate::node::Pair;
use crate::practice::{Issue, Practice};
use crate::tool::{Failed, spoken};

/// What differs, one sentence each; nothing if they are in step. `kinds` are the types that the twin's project has.
pub fn differences(issue: &Issue, twin: &Issue, kinds: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let mut differ = |what: &str, here: String, there: String| {
        found.push(format!("{} and {} differ in {what}: {here} / {there}", issue.key, twin.key));
    };
    if issue.summary != twin.summary {
        differ("summary", format!("{:?}", issue.summary), format!("{:?}", twin.summary));
    }
    let expected = expected_kind(&issue.kind, kinds);
    if twin.kind != expected {
        differ("type", expected.to_owned(), twin.kind.clone());
    }
    if issue.description != twin.description {
        let at = issue.description.iter().zip(&twin.description).take_while(|(a, b)| a == b).count();
        let line = |lines: &[String]| lines.get(at).cloned().unwrap_or_else(|| "nothing".into());
        differ("description", line(&issue.description), line(&twin.description));
    }
    if issue.comments.len() != twin.comments.len() {
        differ("comments", issue.comments.len().to_string(), twin.comments.len().to_string());
    } else if let Some((here, there)) =
        issue.comments.iter().zip(&twin.comments).find(|(a, b)| !same_comment(a, b))
    {
        differ("a comment", format!("{here:?}"), format!("{there:?}"));
    }
    if issue.files != twin.files {
        let names = |issue: &Issue| {
            issue.files.iter().map(|(name, size, _)| format!("{name} ({size} bytes)")).collect::<Vec<_>>()
        };
        differ("attachments", names(issue).join(", "), names(twin).join(", "));
    }
    found
}

/// Mirrored by name; what the other project lacks becomes a Task (both practice projects have it as their default).
fn expected_kind<'a>(kind: &'a str, kinds: &[String]) -> &'a str {
    if kinds.iter().any(|known| known == kind) { kind } else { "Task" }
}

/// One of them is the original; the copy names its author first and then says the same.
fn same_comment(a: &(String, String), b: &(String, String)) -> bool {
    let copies = |(author, text): &(String, String), copy: &str| {
        copy.strip_suffix(text.as_str()).is_some_and(|head| head.contains(author.as_str()))
    };
    copies(a, &b.1) || copies(b, &a.1)
}

/// A pair as both practice Jiras have it.
pub struct Row {
    /// The issue here.
    pub ours: Issue,
    /// The issue there.
    pub theirs: Issue,
    /// Whether it was born here.
    pub from_us: bool,
    /// What differs.
    pub wrong: Vec<String>,
}

/// Compares every pair. Which types count is decided by where the issue was born.
pub fn all(
    pairs: &[Pair],
    here: &mut Practice,
    there: &mut Practice,
    kinds: (&[String], &[String]),
) -> Result<Vec<Row>, Failed> {
    let mut rows = Vec::new();
    for pair in pairs {
        let (ours, theirs) = (here.issue(&pair.ours)?, there.issue(&pair.theirs)?);
        let wrong = if pair.from_us {
            differences(&ours, &theirs, kinds.1)
        } else {
            differences(&theirs, &ours, kinds.0)
        };
        rows.push(Row { ours, theirs, from_us: pair.from_us, wrong });
    }
    Ok(rows)
}

/// `SUP-3 → GX-2 · Improvement · 3 comments · 1 image (34 kB, same SHA-256)`.
pub fn line(from: &Issue, to: &Issue) -> String {
    let kind =
        if from.kind == to.kind { from.kind.clone() } else { format!("{} becomes {}", from.kind, to.kind) };
    let mut parts = vec![format!("{} → {}", from.key, to.key), kind];
    match to.comments.len() {
        0 => {}
        1 => parts.push("1 comment".into()),
        n => parts.push(format!("{n} comments")),
    }
    for (name, size, _) in &to.files {
        let image = [".png", ".jpg", ".gif"].iter().any(|ending| name.ends_with(ending));
        let what = if image { "image" } else { "file" };
        parts.push(format!("1 {what} ({} kB, same SHA-256)", size.div_ceil(1000)));
    }
    parts.push(format!("\"{}\"", to.summary));
    parts.join(" · ")
}

/// A step of the story that has been done, and how long it took.
pub fn done(what: &str, since: std::time::Instant) {
    println!("  {what} ({})", spoken(since.elapsed()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(key: &str) -> Issue {
        Issue {
            key: key.into(),
            kind: "Epic".into(),
            summary: "Move".into(),
            description: vec![": why".into()],
            comments: vec![("Ben Okoro".into(), "Done".into())],
            files: vec![("a.png".into(), 33_500, "ab".into())],
        }
    }

    fn twin() -> Issue {
        Issue {
            kind: "Task".into(),
            comments: vec![("Ana".into(), "Ben Okoro · 10:42\nDone".into())],
            ..issue("GX-2")
        }
    }

    #[test]
    fn a_faithful_twin_has_no_differences() {
        assert!(differences(&issue("SUP-3"), &twin(), &["Task".into()]).is_empty());
    }

    #[test]
    fn each_field_is_compared() {
        let kinds = ["Task".to_owned()];
        let wrong = [
            Issue { summary: "Mve".into(), ..twin() },
            Issue { kind: "Bug".into(), ..twin() },
            Issue { description: vec![], ..twin() },
            Issue { comments: vec![], ..twin() },
            Issue { comments: vec![("Ana".into(), "Done".into())], ..twin() },
            Issue { files: vec![("a.png".into(), 33_500, "cd".into())], ..twin() },
        ];
        for other in wrong {
            assert_eq!(differences(&issue("SUP-3"), &other, &kinds).len(), 1, "{other:?}");
        }
        let both = ["Task".to_owned(), "Epic".to_owned()];
        assert_eq!(
            differences(&issue("SUP-3"), &twin(), &both).len(),
            1,
            "an Epic stays one where there is one"
        );
    }

    #[test]
    fn the_line_says_what_arrived() {
        assert_eq!(
            line(&issue("SUP-3"), &twin()),
            "SUP-3 → GX-2 · Epic becomes Task · 1 comment · 1 image (34 kB, same SHA-256) · \"Move\""
        );
    }
}
