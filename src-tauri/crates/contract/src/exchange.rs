//! Recordings, as practice-jira writes them.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::Error;

/// What was asked once, and what was answered: one line of a recording.
#[derive(Debug, Clone, Deserialize)]
pub struct Exchange {
    /// The operation as practice-jira serves it, such as `GET /rest/api/3/myself`; none if it serves no such.
    pub operation: Option<String>,
    /// `GET`, `POST`, ...
    pub method: String,
    /// As it was asked for, without the query.
    pub path: String,
    /// Names and values, decoded, in their order.
    pub query: Vec<(String, String)>,
    /// The program that asked, such as `Twinline`.
    pub by: String,
    /// `Content-Type` of the request.
    pub request_type: Option<String>,
    /// The JSON that was sent; none if it was something else, or nothing that can be read.
    pub request: Option<Value>,
    /// HTTP status.
    pub status: u16,
    /// `Content-Type` of the answer.
    pub answer_type: Option<String>,
    /// The JSON that was answered.
    pub answer: Option<Value>,
    /// Whether a fault switch made or spoiled the answer.
    pub spoiled: bool,
}

impl Exchange {
    /// What was asked at the gateway, as if it had been asked at the site: below `/ex/jira/{cloudId}` stands the same API
    /// (<https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/>, "Authentication and authorization").
    fn at_the_site(mut self) -> Self {
        self.path = below_the_gateway(&self.path).to_owned();
        self.operation = self.operation.map(|operation| match operation.split_once(' ') {
            Some((method, path)) => format!("{method} {}", below_the_gateway(path)),
            None => operation,
        });
        self
    }
}

fn below_the_gateway(path: &str) -> &str {
    let below = path.strip_prefix("/ex/jira/").and_then(|rest| rest.find('/').map(|at| &rest[at..]));
    below.unwrap_or(path)
}

/// All exchanges in the files of a folder.
///
/// A last line without an end is left out: its program was killed while it wrote.
pub fn read_folder(folder: &Path) -> Result<Vec<Exchange>, Error> {
    let unreadable = |path: &Path| {
        let name = path.display().to_string();
        move |error| Error::File(name, error)
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
        paths.push(entry.map_err(unreadable(folder))?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|e| e == "jsonl"));
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
        for (number, line) in text.split_inclusive('\n').enumerate().filter(|(_, line)| line.ends_with('\n'))
        {
            let exchange: Exchange = serde_json::from_str(line).map_err(|error| {
                Error::Content(format!("Line {} of {}", number + 1, path.display()), error.to_string())
            })?;
            all.push(exchange.at_the_site());
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn j03_what_is_asked_at_the_gateway_is_held_to_the_same_description() {
        assert_eq!(below_the_gateway("/ex/jira/c37/rest/api/3/myself"), "/rest/api/3/myself");
        assert_eq!(below_the_gateway("/rest/api/3/ex/jira/x"), "/rest/api/3/ex/jira/x");
        assert_eq!(below_the_gateway("/ex/jira/c37"), "/ex/jira/c37");
    }
}
