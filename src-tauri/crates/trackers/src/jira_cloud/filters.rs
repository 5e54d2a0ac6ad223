//! Filters, while a person writes one: what is wrong with it, and what it lets in.

use std::collections::HashSet;

use serde_json::{Value, json};
use twinline_model::view::{FilterField, FilterValue, FilterWords};
use twinline_model::{IssueId, IssueKey, ProjectKey};

use super::json::{id, list, text};
use super::projects::segment;
use super::read::next_page;
use super::{JiraCloud, jql};
use crate::ReadError;
use crate::tracker::{Found, Headline};

/// Where nothing but keys is asked for.
const KEYS: usize = 5000;
/// `issue/bulkfetch` takes so many.
const PAGE: usize = 100;

impl JiraCloud {
    /// Jira's own parser, with fields and values looked up as well.
    pub(super) async fn read_filter_errors(&self, filter: &str) -> Result<Vec<String>, ReadError> {
        let question = json!({ "queries": [filter] });
        let answer = self.client.ask("jql/parse?validation=strict", &question).await?;
        let queries = list(answer.json()?, "queries")?;
        let parsed = queries.first().ok_or_else(|| ReadError::Odd("no query was parsed".to_owned()))?;
        let errors = parsed["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(errors.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    pub(super) async fn read_filter_words(&self) -> Result<FilterWords, ReadError> {
        let answer = self.client.get("jql/autocompletedata").await?;
        let body = answer.json()?;
        let field = |field: &Value| {
            let name = plain(&text(&field["value"]));
            (!name.is_empty() && field["searchable"] != "false").then(|| FilterField {
                label: text(&field["displayName"]),
                operators: texts(&field["operators"]),
                values: field["auto"] == "true",
                name,
            })
        };
        let functions = list(body, "visibleFunctionNames")?;
        Ok(FilterWords {
            fields: list(body, "visibleFieldNames")?.iter().filter_map(field).collect(),
            functions: functions.iter().map(|function| text(&function["value"])).collect(),
        })
    }

    pub(super) async fn read_filter_values(
        &self,
        field: &str,
        typed: &str,
    ) -> Result<Vec<FilterValue>, ReadError> {
        let path = "jql/autocompletedata/suggestions";
        let path = format!("{path}?fieldName={}&fieldValue={}", segment(field), segment(typed));
        let answer = self.client.get(&path).await?;
        let value = |value: &Value| FilterValue {
            value: plain(&text(&value["value"])),
            label: unmarked(&text(&value["displayName"])),
        };
        Ok(list(answer.json()?, "results")?.iter().map(value).collect())
    }

    pub(super) async fn read_found(
        &self,
        project: &ProjectKey,
        filter: Option<&str>,
    ) -> Result<Vec<Found>, ReadError> {
        let jql = format!("{} ORDER BY key DESC", jql::in_project(project, filter));
        let mut question = json!({ "jql": jql, "fields": ["key"], "maxResults": KEYS });
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        loop {
            let answer = self.client.ask("search/jql", &question).await?;
            let body = answer.json()?;
            let issues = list(body, "issues")?;
            if issues.is_empty() {
                self.client.trust(&answer).await?;
            }
            let one = |issue: &Value| {
                Some(Found { id: IssueId::new(id(&issue["id"])?), key: IssueKey::new(id(&issue["key"])?) })
            };
            found.extend(issues.iter().filter_map(one).filter(|issue| seen.insert(issue.id.clone())));
            let Some(token) = next_page(body) else { return Ok(found) };
            if question["nextPageToken"] == token {
                return Err(ReadError::Odd("the list leads back to where it came from".to_owned()));
            }
            question["nextPageToken"] = json!(token);
        }
    }

    pub(super) async fn read_headlines(&self, ids: &[IssueId]) -> Result<Vec<Headline>, ReadError> {
        let mut lines = Vec::new();
        for batch in ids.chunks(PAGE) {
            let question = json!({ "issueIdsOrKeys": batch, "fields": ["summary"] });
            let answer = self.client.ask("issue/bulkfetch", &question).await?;
            let issues = list(answer.json()?, "issues")?;
            if issues.len() < batch.len() {
                self.client.trust(&answer).await?;
            }
            lines.extend(issues.iter().filter_map(|issue| {
                let key = IssueKey::new(id(&issue["key"])?);
                let url = self.client.site.browse(key.as_str());
                let summary = text(&issue["fields"]["summary"]);
                Some(Headline { id: IssueId::new(id(&issue["id"])?), key, url, summary })
            }));
        }
        // The answer has an order of its own.
        lines.sort_by_key(|line| ids.iter().position(|id| *id == line.id));
        Ok(lines)
    }
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A word of a filter without the quotes that Jira puts around one with a blank in it.
fn plain(word: &str) -> String {
    let quoted = |quote| word.strip_prefix(quote)?.strip_suffix(quote);
    let Some(inner) = quoted('"').or_else(|| quoted('\'')) else { return word.to_owned() };
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

/// A name in which Jira marked what was typed, as HTML.
fn unmarked(html: &str) -> String {
    let bare = html.replace("<b>", "").replace("</b>", "");
    let known =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")];
    known.iter().fold(bare, |text, (entity, sign)| text.replace(entity, sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lose_their_quotes_and_names_their_marks() {
        for (given, expected) in [
            ("Done", "Done"),
            ("\"In Progress\"", "In Progress"),
            ("'it'", "it"),
            (r#""a \"b\" \\ c""#, r#"a "b" \ c"#),
            ("\"", "\""),
        ] {
            assert_eq!(plain(given), expected, "{given}");
        }
        assert_eq!(unmarked("<b>Oper</b>ations &amp; more (OPS)"), "Operations & more (OPS)");
        assert_eq!(unmarked("&amp;lt;b"), "&lt;b", "only once");
    }
}
