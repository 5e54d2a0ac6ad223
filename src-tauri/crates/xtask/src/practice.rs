//! A practice Jira as a program, and what a person would do in it, through its REST API.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::http::Client;
use crate::stop::Program;
use crate::tool::{Failed, Tool, fail};

/// A practice Jira that runs until this value goes.
pub struct Practice {
    /// Where it is.
    pub url: String,
    /// Who signs in.
    pub email: String,
    /// With what. It is worth nothing outside this run.
    pub token: String,
    ana: Client,
    hashes: HashMap<String, String>,
    program: Program,
}

/// An issue as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// As `SUP-3`.
    pub key: String,
    /// Name of its type.
    pub kind: String,
    /// Its title.
    pub summary: String,
    /// The description's outline, block by block.
    pub description: Vec<String>,
    /// Author and text.
    pub comments: Vec<(String, String)>,
    /// Name, size and SHA-256, sorted.
    pub files: Vec<(String, u64, String)>,
}

/// A number for each operation, such as `POST /issue`.
pub type Counts = BTreeMap<String, u64>;

/// What a practice Jira was asked.
pub struct Calls {
    /// Every call.
    pub all: Counts,
    /// Those that changed something.
    pub writes: Counts,
}

impl Practice {
    /// Starts one on a free port and waits for its first line.
    pub fn start(tool: &Tool, site: &str, issues: u32) -> Result<Self, Failed> {
        let mut command = tool.command(tool.program("practice-jira", tool.release));
        command.args(["--site", site, "--port", "0", "--memory", "--seed-issues", &issues.to_string()]);
        let mut program = Program::spawn("practice-jira", command.stdout(Stdio::piped()))?;
        let Some(out) = program.child().stdout.take() else {
            return fail("The practice Jira's output cannot be read.");
        };
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            // Reads on for ever, so that the program never waits for us.
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        let ready = told.recv_timeout(Duration::from_secs(20));
        let line = ready.map_err(|_| Failed(format!("The practice Jira of {site} did not start.")))?;
        let Some((url, email, token)) = sign_in_data(&line) else {
            return fail(format!("The practice Jira of {site} said something unexpected when it started."));
        };
        let ana = Client::new(&url, &email, &token);
        Ok(Self { url, email, token, ana, hashes: HashMap::new(), program })
    }

    /// Fails if it has ended.
    pub fn must_run(&mut self) -> Result<(), Failed> {
        self.program.must_run()
    }

    /// Makes an issue and returns its key.
    pub fn create(
        &self,
        project: &str,
        kind: &str,
        summary: &str,
        description: &Value,
    ) -> Result<String, Failed> {
        let fields = json!({
            "project": {"key": project}, "issuetype": {"name": kind}, "summary": summary, "description": description,
        });
        let made = self.ana.post("/rest/api/3/issue", &json!({ "fields": fields }))?;
        made["key"]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| Failed("The practice Jira made an issue without a key.".into()))
    }

    /// Changes fields of an issue.
    pub fn edit(&self, key: &str, fields: &Value) -> Result<(), Failed> {
        self.ana.put(&format!("/rest/api/3/issue/{key}"), &json!({ "fields": fields })).map(drop)
    }

    /// Comments as Ana, or as another person of the site (`ben`).
    pub fn comment(&self, key: &str, who: &str, body: &Value) -> Result<(), Failed> {
        let (_, host) = self.email.split_once('@').unwrap_or_default();
        let person = Client::new(&self.url, &format!("{who}@{host}"), &self.token);
        person.post(&format!("/rest/api/3/issue/{key}/comment"), &json!({ "body": body })).map(drop)
    }

    /// Attaches a file.
    pub fn attach(&self, key: &str, name: &str, mime: &str, bytes: &[u8]) -> Result<(), Failed> {
        self.ana.upload(&format!("/rest/api/3/issue/{key}/attachments"), name, mime, bytes).map(drop)
    }

    /// Attaches a file that nobody holds in memory.
    pub fn attach_stream(&self, key: &str, name: &str, bytes: impl Read) -> Result<(), Failed> {
        self.ana.upload_stream(&format!("/rest/api/3/issue/{key}/attachments"), name, bytes).map(drop)
    }

    /// Size and hash of an issue's files, as the site itself counted them when they came in.
    pub fn stored_files(&self, key: &str) -> Result<Vec<(u64, String)>, Failed> {
        let state = self.ana.get("/practice/state")?;
        let issue = list(&state["issues"]).iter().find(|issue| issue["key"] == key);
        let files = issue.map_or(&[][..], |issue| list(&issue["attachments"]));
        Ok(files.iter().map(|f| (f["size"].as_u64().unwrap_or(0), text(&f["sha256"]))).collect())
    }

    /// Each answer of its API comes this much later, and Jira's limits are applied or not.
    pub fn set_pace(&self, latency: Duration, limits: bool) -> Result<(), Failed> {
        let limits = if limits { "real" } else { "none" };
        let latency = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        self.ana.put("/practice/limits", &json!({"latency_ms": latency, "limits": limits})).map(drop)
    }

    /// Takes files of so many bytes at most.
    pub fn set_upload_limit(&self, bytes: u64) -> Result<(), Failed> {
        self.ana.put("/practice/limits", &json!({ "upload_limit": bytes })).map(drop)
    }

    /// Ids of an issue's files.
    pub fn attachments(&self, key: &str) -> Result<Vec<String>, Failed> {
        let answer = self.ana.get(&format!("/rest/api/3/issue/{key}?fields=attachment"))?;
        Ok(list(&answer["fields"]["attachment"]).iter().map(|file| text(&file["id"])).collect())
    }

    /// The bytes of a file.
    pub fn content(&self, id: &str) -> Result<Vec<u8>, Failed> {
        self.ana.bytes(&format!("/rest/api/3/attachment/content/{id}"))
    }

    /// One page of a search.
    pub fn search(&self, body: &Value) -> Result<Value, Failed> {
        self.ana.post("/rest/api/3/search/jql", body)
    }

    /// What its page asks to list the issues.
    pub fn page(&self) -> Result<(), Failed> {
        self.ana.bytes("/practice/ui/issues").map(drop)
    }

    /// Keys of a project's issues, oldest first.
    pub fn keys(&self, project: &str) -> Result<Vec<String>, Failed> {
        let mut keys = Vec::new();
        let mut page = Value::Null;
        loop {
            let mut body = json!({
                "jql": format!("project = {project} ORDER BY key ASC"), "fields": ["summary"], "maxResults": 100,
            });
            if page.is_string() {
                body["nextPageToken"] = page;
            }
            let answer = self.search(&body)?;
            keys.extend(list(&answer["issues"]).iter().filter_map(|i| i["key"].as_str()).map(str::to_owned));
            page = answer["nextPageToken"].clone();
            if !page.is_string() {
                return Ok(keys);
            }
        }
    }

    /// Names of a project's issue types.
    pub fn kinds(&self, project: &str) -> Result<Vec<String>, Failed> {
        let answer =
            self.ana.get(&format!("/rest/api/3/issue/createmeta/{project}/issuetypes?maxResults=100"))?;
        let types = if answer["issueTypes"].is_array() { &answer["issueTypes"] } else { &answer["values"] };
        Ok(list(types).iter().filter_map(|t| t["name"].as_str()).map(str::to_owned).collect())
    }

    /// An issue with its comments and files; each file is read once and hashed.
    pub fn issue(&mut self, key: &str) -> Result<Issue, Failed> {
        let fields = "summary,description,issuetype,attachment";
        let answer = self.ana.get(&format!("/rest/api/3/issue/{key}?fields={fields}"))?;
        let comments =
            self.ana.get(&format!("/rest/api/3/issue/{key}/comment?maxResults=100&orderBy=created"))?;
        let fields = &answer["fields"];
        let comments = list(&comments["comments"])
            .iter()
            .map(|c| (text(&c["author"]["displayName"]), words(&c["body"])))
            .collect();
        let mut files = Vec::new();
        for file in list(&fields["attachment"]) {
            let id = text(&file["id"]);
            if !self.hashes.contains_key(&id) {
                let bytes = self.content(&id)?;
                self.hashes.insert(id.clone(), format!("{:x}", Sha256::digest(&bytes)));
            }
            files.push((
                text(&file["filename"]),
                file["size"].as_u64().unwrap_or(0),
                self.hashes[&id].clone(),
            ));
        }
        files.sort();
        Ok(Issue {
            key: key.to_owned(),
            kind: text(&fields["issuetype"]["name"]),
            summary: text(&fields["summary"]),
            description: outline(&fields["description"]),
            comments,
            files,
        })
    }

    /// Calls of its Jira API since the start.
    pub fn calls(&self) -> Result<Calls, Failed> {
        let answer = self.ana.get("/practice/calls")?;
        let counts = |value: &Value| -> Counts {
            let entries = value.as_object().into_iter().flatten();
            entries.map(|(name, count)| (name.clone(), count.as_u64().unwrap_or(0))).collect()
        };
        Ok(Calls { all: counts(&answer["calls"]), writes: counts(&answer["writesByOperation"]) })
    }

    /// How often it was asked whether something has changed.
    pub fn polls(&self) -> Result<u64, Failed> {
        Ok(self
            .calls()?
            .all
            .iter()
            .filter(|(operation, _)| operation.contains("search/jql"))
            .map(|(_, n)| n)
            .sum())
    }

    /// How many writes it has seen.
    pub fn writes(&self) -> Result<u64, Failed> {
        Ok(self.calls()?.writes.values().sum())
    }
}

/// Address, e-mail and token in the line that a practice Jira prints when it is ready.
fn sign_in_data(line: &str) -> Option<(String, String, String)> {
    let after = |mark: &str| line.split_once(mark)?.1.split_whitespace().next().map(str::to_owned);
    Some((after(" on ")?, after("e-mail ")?, after("API token ")?))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The words of a rich text, without its structure: one line a block.
pub fn words(document: &Value) -> String {
    let mut lines = Vec::new();
    blocks(document, "", false, &mut lines);
    lines.join("\n")
}

/// A rich text block by block, with the kind of each block and the marks of its text.
pub fn outline(document: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    blocks(document, "", true, &mut lines);
    lines
}

fn blocks(node: &Value, within: &str, marked: bool, lines: &mut Vec<String>) {
    let kind = node["type"].as_str().unwrap_or_default();
    let children = list(&node["content"]);
    match kind {
        "paragraph" | "heading" | "codeBlock" => {
            let name = match kind {
                "heading" => format!("{within}h{} ", node["attrs"]["level"]),
                "codeBlock" => format!("{within}code({}) ", text(&node["attrs"]["language"])),
                _ => format!("{within}: "),
            };
            let line: String = children.iter().map(|child| inline(child, marked)).collect();
            if !line.trim().is_empty() {
                lines.push(if marked { name + line.trim() } else { line.trim().to_owned() });
            }
        }
        // A picture within the text is compared as a file.
        "mediaSingle" | "mediaGroup" | "media" => {}
        "rule" if marked => lines.push("---".into()),
        _ => {
            let short = match kind {
                "bulletList" => "ul>",
                "orderedList" => "ol>",
                "panel" => "panel>",
                "blockquote" => "quote>",
                "tableHeader" => "th>",
                "tableCell" => "td>",
                _ => "",
            };
            for child in children {
                blocks(child, &format!("{within}{short}"), marked, lines);
            }
        }
    }
}

fn inline(node: &Value, marked: bool) -> String {
    let attrs = &node["attrs"];
    match node["type"].as_str().unwrap_or_default() {
        "text" if marked => {
            let mut marks: Vec<String> = list(&node["marks"])
                .iter()
                .map(|mark| match mark["attrs"]["href"].as_str() {
                    Some(href) => format!("link={href}"),
                    None => text(&mark["type"]),
                })
                .collect();
            marks.sort();
            let words = text(&node["text"]);
            if marks.is_empty() { words } else { format!("[{}]{words}[/]", marks.join(" ")) }
        }
        "text" => text(&node["text"]),
        "hardBreak" => "\n".into(),
        "inlineCard" => text(&attrs["url"]),
        "emoji" => attrs["text"].as_str().or(attrs["shortName"].as_str()).unwrap_or_default().to_owned(),
        _ => text(&attrs["text"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_line_is_understood() {
        let line =
            "practice Jira \"acme\" on http://127.0.0.1:7801 · e-mail ana@acme.example · API token abc123";
        let found = sign_in_data(line).expect("understood");
        assert_eq!(found, ("http://127.0.0.1:7801".into(), "ana@acme.example".into(), "abc123".into()));
        assert!(sign_in_data("error: port in use").is_none());
    }

    #[test]
    fn an_outline_shows_structure_and_marks() {
        let document = json!({"type": "doc", "content": [
            {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "Steps"}]},
            {"type": "bulletList", "content": [{"type": "listItem", "content": [{"type": "paragraph", "content": [
                {"type": "text", "text": "Press "}, {"type": "text", "text": "Save", "marks": [{"type": "strong"}]}]}]}]},
            {"type": "paragraph", "content": []}]});
        assert_eq!(outline(&document), ["h2 Steps", "ul>: Press [strong]Save[/]"]);
        assert_eq!(words(&document), "Steps\nPress Save");
    }
}
