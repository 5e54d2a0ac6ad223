//! What must stand on a site in the end: each issue, comment and file exactly once.

use std::collections::BTreeMap;

use serde_json::Value;

use super::documents::words;
use super::jira::sha256;

/// An issue as it must be.
#[derive(Clone, Default)]
pub struct Wanted {
    /// Its summary, or those of which one must stand.
    pub summary: Vec<String>,
    /// The name of its type.
    pub kind: String,
    /// The words of its description, or those of which one must stand.
    pub words: Vec<String>,
    /// What its comments say, each in one comment.
    pub comments: Vec<String>,
    /// The names of its files; what is in them follows from the name.
    pub files: Vec<String>,
}

impl Wanted {
    /// A *Task* with a description, and nothing else.
    pub fn task(summary: &str, words: &str) -> Self {
        let (summary, words) = (vec![summary.to_owned()], vec![words.to_owned()]);
        Self { summary, kind: "Task".to_owned(), words, ..Self::default() }
    }
    /// With another type.
    pub fn kind(mut self, kind: &str) -> Self {
        kind.clone_into(&mut self.kind);
        self
    }
    /// With these comments.
    pub fn comments(mut self, comments: &[&str]) -> Self {
        self.comments = comments.iter().map(|&c| c.to_owned()).collect();
        self
    }
    /// With these files.
    pub fn files(mut self, files: &[&str]) -> Self {
        self.files = files.iter().map(|&f| f.to_owned()).collect();
        self.files.sort();
        self
    }
}

/// The bytes of a file of this name.
pub fn bytes_of(name: &str) -> Vec<u8> {
    format!("This is {name}.\n").repeat(300).into_bytes()
}

/// What is not yet, or no longer, as it must be in a project; the first thing.
pub fn gap(state: &Value, project: &str, wanted: &[Wanted]) -> Option<String> {
    let issues: Vec<&Value> = issues_of(state, project).collect();
    let mut called: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for issue in &issues {
        called.entry(issue["fields"]["summary"].as_str().unwrap_or_default()).or_default().push(issue);
    }
    for one in wanted {
        let named = &one.summary;
        let found: Vec<&Value> =
            named.iter().filter_map(|n| called.get(n.as_str())).flatten().copied().collect();
        let [issue] = found.as_slice() else {
            return Some(format!("{project} has {} issues called {named:?}", found.len()));
        };
        if let Some(gap) = gap_of(issue, one) {
            return Some(format!("{project}, {named:?}: {gap}"));
        }
    }
    if issues.len() != wanted.len() {
        let all: Vec<_> = issues.iter().map(|i| &i["fields"]["summary"]).collect();
        return Some(format!("{project} has {} issues, not {}: {all:?}", issues.len(), wanted.len()));
    }
    None
}

/// The issues of a project.
pub fn issues_of<'a>(state: &'a Value, project: &'a str) -> impl Iterator<Item = &'a Value> {
    let all = state["issues"].as_array().expect("a site has a list of issues");
    all.iter().filter(move |i| i["fields"]["project"]["key"] == project)
}

fn gap_of(issue: &Value, wanted: &Wanted) -> Option<String> {
    let fields = &issue["fields"];
    let kind = fields["issuetype"]["name"].as_str().unwrap_or_default();
    if kind != wanted.kind {
        return Some(format!("type {kind}, not {}", wanted.kind));
    }
    let said = words(&fields["description"]);
    if !wanted.words.contains(&said) {
        return Some(format!("description {said:?}, not {:?}", wanted.words));
    }
    let comments: Vec<String> =
        issue["comments"].as_array().expect("a list").iter().map(|c| words(&c["body"])).collect();
    let once = |text: &String| comments.iter().filter(|c| c.contains(text.as_str())).count() == 1;
    if comments.len() != wanted.comments.len() || !wanted.comments.iter().all(once) {
        return Some(format!("comments {comments:?}, not {:?}", wanted.comments));
    }
    let text = |a: &Value, name: &str| a[name].as_str().unwrap_or_default().to_owned();
    let mut files: Vec<(String, String)> = issue["attachments"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|a| (text(a, "filename"), text(a, "sha256")))
        .collect();
    files.sort();
    let should: Vec<(String, String)> =
        wanted.files.iter().map(|name| (name.clone(), sha256(&bytes_of(name)))).collect();
    (files != should).then(|| format!("files {files:?}, not {should:?}"))
}

#[test]
fn a_world_that_is_not_as_wanted_is_noticed() {
    let text = |t: &str| super::documents::paragraph(t);
    let file = |name: &str| serde_json::json!({"filename": name, "sha256": sha256(&bytes_of(name))});
    let issue = serde_json::json!({
        "fields": {"summary": "One", "project": {"key": "SUP"}, "issuetype": {"name": "Task"}, "description": text("d")},
        "comments": [{"body": text("said by Ben")}], "attachments": [file("a.txt")],
    });
    let state = |issues: &[&Value]| serde_json::json!({"issues": issues});
    let wanted = [Wanted::task("One", "d").comments(&["said"]).files(&["a.txt"])];
    assert_eq!(gap(&state(&[&issue]), "SUP", &wanted), None);
    assert!(gap(&state(&[]), "SUP", &wanted).is_some(), "lost");
    assert!(gap(&state(&[&issue, &issue]), "SUP", &wanted).is_some(), "twice");
    assert!(gap(&state(&[&issue]), "SUP", &[]).is_some(), "nobody wrote it");
    let spoilt = |at: &str, value: Value| {
        let mut other = issue.clone();
        *other.pointer_mut(at).expect("it is there") = value;
        gap(&state(&[&other]), "SUP", &wanted).expect("noticed")
    };
    assert!(spoilt("/fields/issuetype/name", "Bug".into()).contains("type"));
    assert!(spoilt("/fields/description", text("e")).contains("description"));
    let twice = serde_json::json!([{"body": text("said")}, {"body": text("said")}]);
    assert!(spoilt("/comments", twice).contains("comments"));
    assert!(spoilt("/attachments/0/sha256", "0".into()).contains("files"));
    assert!(spoilt("/attachments", serde_json::json!([file("a.txt"), file("a.txt")])).contains("files"));
}
