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
            let exchange = serde_json::from_str(line).map_err(|error| {
                Error::Content(format!("Line {} of {}", number + 1, path.display()), error.to_string())
            })?;
            all.push(exchange);
        }
    }
    Ok(all)
}
