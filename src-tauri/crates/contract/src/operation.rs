//! One operation of the description, ready to validate.

use std::collections::BTreeMap;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::schema::{Side, translated};

/// An operation with the validators of its parts.
pub(crate) struct Operation {
    /// `GET /rest/api/3/issue/{issueIdOrKey}`.
    pub name: String,
    method: String,
    parts: Vec<String>,
    /// The parameters of its query as one object.
    pub query: Validator,
    parameters: Map<String, Value>,
    /// Content types of its request, and the schema of the one that is JSON.
    pub requests: BTreeMap<String, Option<Validator>>,
    /// Status -> schema of its body, where one is described.
    pub answers: BTreeMap<u16, Option<Validator>>,
}

/// Makes validators that know the schemas of a description, for one side.
pub(crate) type Maker<'a> = dyn Fn(&Value, Side) -> Result<Validator, String> + 'a;

impl Operation {
    pub fn new(method: &str, path: &str, described: &Value, make: &Maker<'_>) -> Result<Self, String> {
        let mut parameters = Map::new();
        let mut required = Vec::new();
        for parameter in
            described["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "query")
        {
            let name = parameter["name"].as_str().unwrap_or_default();
            parameters.insert(name.to_owned(), parameter["schema"].clone());
            if parameter["required"] == true {
                required.push(name);
            }
        }
        let query = json!({"type": "object", "properties": parameters, "required": required, "additionalProperties": false});
        let body = |content: &Value, side| {
            // A schema without a word says nothing, not even that there is a body: PUT of a property answers none.
            let schema = content["application/json"].get("schema").filter(|schema| **schema != json!({}));
            schema.map(|schema| make(&translated(schema, side), side)).transpose()
        };
        let mut requests = BTreeMap::new();
        for kind in described["requestBody"]["content"].as_object().into_iter().flat_map(Map::keys) {
            let json = kind == "application/json";
            let schema = if json { body(&described["requestBody"]["content"], Side::Request)? } else { None };
            requests.insert(kind.clone(), schema);
        }
        let mut answers = BTreeMap::new();
        for (status, answer) in described["responses"].as_object().into_iter().flatten() {
            let number = status.parse().map_err(|_| format!("'{status}' is no status"))?;
            answers.insert(number, body(&answer["content"], Side::Answer)?);
        }
        Ok(Self {
            name: format!("{method} {path}"),
            method: method.to_owned(),
            parts: path.split('/').map(str::to_owned).collect(),
            query: make(&translated(&query, Side::Request), Side::Request)?,
            parameters,
            requests,
            answers,
        })
    }

    /// How many parts of the path are names and not parameters; none if the path is another one.
    ///
    /// Of two operations that fit, `/issue/bulkfetch` and `/issue/{id}`, the one with more names is meant.
    pub fn fits(&self, method: &str, path: &str) -> Option<usize> {
        let given: Vec<&str> = path.split('/').collect();
        if method != self.method || given.len() != self.parts.len() {
            return None;
        }
        let mut names = 0;
        for (part, given) in self.parts.iter().zip(given) {
            if part == given {
                names += 1;
            } else if !part.starts_with('{') || given.is_empty() {
                return None;
            }
        }
        Some(names)
    }

    /// The query as an object, each value in the type that its parameter has, if it can be read as such.
    pub fn query_of(&self, given: &[(String, String)]) -> Value {
        let mut all = Map::new();
        for (name, text) in given {
            let schema = self.parameters.get(name).unwrap_or(&Value::Null);
            if schema["type"] == "array" {
                let list = all.entry(name.clone()).or_insert_with(|| json!([]));
                if let Some(list) = list.as_array_mut() {
                    list.push(typed(&schema["items"], text));
                }
            } else {
                all.insert(name.clone(), typed(schema, text));
            }
        }
        Value::Object(all)
    }
}

fn typed(schema: &Value, text: &str) -> Value {
    let plain = || Value::from(text);
    match schema["type"].as_str() {
        Some("integer") => text.parse::<i64>().map_or_else(|_| plain(), Value::from),
        Some("number") => text.parse::<f64>().map_or_else(|_| plain(), Value::from),
        Some("boolean") => text.parse::<bool>().map_or_else(|_| plain(), Value::from),
        _ => plain(),
    }
}
