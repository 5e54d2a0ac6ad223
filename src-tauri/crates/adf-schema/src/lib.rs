//! Atlassian's own JSON schema of the Atlassian Document Format (ADF), and documents made from it.
//!
//! For tests only: nothing that is shipped depends on it. It must never hold an opinion of ours about ADF; what it
//! says is what the schema says. The schema is `dist/json-schema/v1/full.json` of the npm package
//! `@atlaskit/adf-schema` 57.7.22 (Apache-2.0); `cargo xtask setup` fetches it into Cargo's target folder with
//! `npm pack`, because installing the package would bring fifty others along. Begin at [`Schema::load`].

mod damage;
mod generate;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

pub use damage::damaged;
pub use generate::document;

/// The file's folder below Cargo's target folder, as `cargo xtask setup` leaves it.
const FETCHED: &str = "npm/adf-schema-57.7.22/full.json";

/// Where those who develop Twinline together keep it, seen from the project's root.
const SHARED: &str = "../shared/data/jira/adf-schema.json";

/// SHA-256 of the file: a schema that changed unnoticed would change what the tests mean.
const SHA256: &str = "5128562b75278c8a83e7e3619a570205bc80d59696985ec31a7a7883cff66fbe";

/// Why there is no schema.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Neither place has it.
    #[error("no ADF schema here: run `cargo xtask setup`, which fetches it into {0}")]
    Missing(PathBuf),
    /// The file is another one than the tests were written for.
    #[error(
        "{0} is not the ADF schema of @atlaskit/adf-schema 57.7.22: delete it and run `cargo xtask setup`"
    )]
    Changed(PathBuf),
    /// The validator does not take it.
    #[error("the ADF schema cannot be used: {0}")]
    Unusable(String),
}

/// The schema, ready to say yes or no.
pub struct Schema {
    /// The schema itself, as published.
    pub json: Value,
    /// The file it was read from.
    pub source: PathBuf,
    validator: jsonschema::Validator,
    heights: BTreeMap<String, usize>,
}

impl Schema {
    /// Reads the schema: the file of the npm package, else the shared one.
    pub fn load() -> Result<Self, SchemaError> {
        let places = places();
        let Some((source, bytes)) = places.iter().find_map(|p| Some((p.clone(), std::fs::read(p).ok()?)))
        else {
            return Err(SchemaError::Missing(places.into_iter().next().unwrap_or_default()));
        };
        if hex::encode(Sha256::digest(&bytes)) != SHA256 {
            return Err(SchemaError::Changed(source));
        }
        let json: Value =
            serde_json::from_slice(&bytes).map_err(|error| SchemaError::Unusable(error.to_string()))?;
        let validator = jsonschema::validator_for(&quick(&json))
            .map_err(|error| SchemaError::Unusable(error.to_string()))?;
        let heights = generate::heights(&json);
        Ok(Self { json, source, validator, heights })
    }

    /// Whether `doc` is a document by the schema.
    pub fn is_valid(&self, doc: &Value) -> bool {
        self.validator.is_valid(doc)
    }

    /// Every kind of node that the schema knows (`paragraph`, `text`, …), `doc` too.
    pub fn nodes(&self) -> BTreeSet<&str> {
        self.kinds(|name| !name.ends_with("_mark"))
    }

    /// Every kind of mark that the schema knows (`strong`, `link`, …).
    pub fn marks(&self) -> BTreeSet<&str> {
        self.kinds(|name| name.ends_with("_mark"))
    }

    fn kinds(&self, of: impl Fn(&str) -> bool) -> BTreeSet<&str> {
        let definitions = self.json["definitions"].as_object();
        let chosen = definitions.into_iter().flatten().filter(|(name, _)| of(name));
        chosen.filter_map(|(_, d)| d["properties"]["type"]["enum"][0].as_str()).collect()
    }

    fn definition(&self, reference: &str) -> &Value {
        self.json.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null)
    }
}

/// Cargo's target folder is above the running test; it has no better name at run time.
fn places() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let program = std::env::current_exe().unwrap_or_default();
    let mut places: Vec<PathBuf> =
        program.ancestors().skip(1).take(5).map(|folder| folder.join(FETCHED)).collect();
    places.reverse();
    places.retain(|place| place.is_file());
    if places.is_empty() {
        places.push(root.join("target").join(FETCHED));
    }
    places.push(root.join(SHARED));
    places
}

/// The same schema, where a node's type is looked at first. As published, a validator may look into the content of
/// a list item as if it were a panel's, and so on for each level: exponential in the depth.
fn quick(schema: &Value) -> Value {
    let mut quick = schema.clone();
    let none = Map::new();
    for (name, definition) in schema["definitions"].as_object().unwrap_or(&none) {
        let kind = &definition["properties"]["type"];
        if kind.is_object() {
            quick["definitions"][name] =
                json!({ "allOf": [{ "properties": { "type": kind }, "required": ["type"] }, definition] });
        }
    }
    quick
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_found_and_knows_right_from_wrong() {
        let schema = Schema::load().unwrap();
        println!("schema: {}", schema.source.display());
        let doc = |content: Value| json!({ "type": "doc", "version": 1, "content": content });
        let text =
            |text: &str| json!([{ "type": "paragraph", "content": [{ "type": "text", "text": text }] }]);
        assert!(schema.is_valid(&doc(text("a"))));
        assert!(!schema.is_valid(&doc(text(""))));
        assert!(!schema.is_valid(&doc(json!([{ "type": "marquee" }]))));
        assert!(schema.nodes().contains("syncBlock") && schema.marks().contains("fragment"));
        assert_eq!((schema.nodes().len(), schema.marks().len()), (43, 17));
    }
}
