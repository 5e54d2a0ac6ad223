//! Atlassian's OpenAPI description of Jira Cloud, and where it comes from.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::Error;

/// Cut from Atlassian's description by [`Description::essence`]; Apache-2.0, as the file says.
const BUNDLED: &str = include_str!("../data/openapi.json");

/// Where the whole description lies on machines that have it, seen from the root of the repository.
const BESIDE: &str = "../shared/data/jira/openapi.json";

/// What is for readers, not for a validator.
const FOR_READERS: [&str; 12] = [
    "description",
    "summary",
    "example",
    "examples",
    "externalDocs",
    "tags",
    "operationId",
    "deprecated",
    "default",
    "xml",
    "security",
    "servers",
];

/// An OpenAPI 3.0 document.
#[derive(Debug, Clone)]
pub struct Description {
    /// Where it was found, for people.
    pub source: String,
    pub(crate) document: Value,
}

impl Description {
    /// The whole description where it lies beside the repository, else what the repository holds of it.
    pub fn best() -> Result<Self, Error> {
        let beside = Self::beside();
        if beside.is_file() { Self::read(&beside) } else { Self::bundled() }
    }

    /// Where the whole description would be.
    pub fn beside() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..").join(BESIDE)
    }

    /// What the repository holds: every operation and schema, without the texts.
    pub fn bundled() -> Result<Self, Error> {
        Self::parse("data/openapi.json of this crate".to_owned(), BUNDLED)
    }

    /// A file with a description.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| Error::File(name.clone(), error))?;
        Self::parse(name, &text)
    }

    fn parse(source: String, text: &str) -> Result<Self, Error> {
        let document: Value =
            serde_json::from_str(text).map_err(|e| Error::Content(source.clone(), e.to_string()))?;
        let version = document["openapi"].as_str().unwrap_or_default();
        if !version.starts_with("3.0.") || !document["paths"].is_object() {
            return Err(Error::Content(source, format!("it is no OpenAPI 3.0 document ('{version}')")));
        }
        Ok(Self { source, document })
    }

    /// The description's own version, as Atlassian counts it.
    pub fn version(&self) -> &str {
        self.document["info"]["version"].as_str().unwrap_or_default()
    }

    /// Without what is for readers; the text of `data/openapi.json`: one line for each path and each schema.
    pub fn essence(&self) -> String {
        let lines = |map: &Value| {
            let all = map.as_object().into_iter().flatten();
            let one =
                |(name, value): (&String, &Value)| format!("{}:{}", Value::from(name.as_str()), bare(value));
            all.map(one).collect::<Vec<_>>().join(",\n")
        };
        format!(
            "{{\"openapi\":{},\n\"info\":{},\n\"paths\":{{\n{}\n}},\n\"components\":{{\"schemas\":{{\n{}\n}}}}}}\n",
            self.document["openapi"],
            self.document["info"],
            lines(&self.document["paths"]),
            lines(&self.document["components"]["schemas"]),
        )
    }
}

fn bare(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let for_readers = |key: &str| FOR_READERS.contains(&key) || key.starts_with("x-");
            let kept = map.iter().filter(|(key, _)| !for_readers(key));
            let inner = |key: &str, value: &Value| match (key, value) {
                // The names of properties are names, even `description`.
                ("properties", Value::Object(all)) => Value::Object(
                    all.iter().map(|(name, one)| (name.clone(), bare(one))).collect::<Map<_, _>>(),
                ),
                _ => bare(value),
            };
            Value::Object(kept.map(|(key, value)| (key.clone(), inner(key, value))).collect())
        }
        Value::Array(all) => Value::Array(all.iter().map(bare).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_description_is_the_essence_of_the_whole_one() {
        let bundled = Description::bundled().expect("readable");
        // Cutting twice changes nothing, wherever this runs.
        assert_eq!(bundled.essence(), BUNDLED);
        let beside = Description::beside();
        if beside.is_file() {
            assert_eq!(Description::read(&beside).expect("readable").essence(), BUNDLED);
        }
    }

    #[test]
    fn a_property_called_description_stays() {
        let bundled = Description::bundled().expect("readable");
        let schema = &bundled.document["components"]["schemas"]["IssueTypeDetails"];
        assert!(schema["properties"]["description"].is_object());
        assert!(schema["description"].is_null());
    }
}
