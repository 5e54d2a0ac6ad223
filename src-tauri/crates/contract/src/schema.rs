//! From the schemas of OpenAPI 3.0 to JSON Schema, as far as the two differ.
//!
//! <https://spec.openapis.org/oas/v3.0.3#schema-object>: `nullable` is a keyword instead of a type, `readOnly` properties
//! are not sent in requests, `writeOnly` ones not in answers, and neither is then required.

use serde_json::{Map, Value, json};

/// Which way a body goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Request,
    Answer,
}

impl Side {
    /// The keyword of properties that do not belong on this side.
    fn foreign(self) -> &'static str {
        match self {
            Self::Request => "readOnly",
            Self::Answer => "writeOnly",
        }
    }
}

/// The name under which the schemas of the description refer to each other.
pub(crate) const BASE: &str = "urn:jira";

/// The schema for one side, as JSON Schema.
pub(crate) fn translated(schema: &Value, side: Side) -> Value {
    let Value::Object(map) = schema else { return schema.clone() };
    let mut new = Map::new();
    let mut foreign = Vec::new();
    for (key, value) in map {
        let value = match (key.as_str(), value) {
            ("$ref", Value::String(to)) => json!(format!("{BASE}{to}")),
            ("properties", Value::Object(all)) => {
                let one = |(name, property): (&String, &Value)| {
                    if property[side.foreign()] == true {
                        foreign.push(name.clone());
                        return (name.clone(), Value::Bool(false));
                    }
                    (name.clone(), translated(property, side))
                };
                Value::Object(all.iter().map(one).collect())
            }
            ("items" | "additionalProperties" | "not", value) => translated(value, side),
            ("allOf" | "anyOf" | "oneOf", Value::Array(all)) => {
                Value::Array(all.iter().map(|one| translated(one, side)).collect())
            }
            ("nullable", _) => continue,
            (_, value) => value.clone(),
        };
        new.insert(key.clone(), value);
    }
    if let Some(Value::Array(required)) = new.get_mut("required") {
        required.retain(|name| !foreign.iter().any(|one| name == one));
    }
    if map.get("nullable") == Some(&Value::Bool(true)) {
        return json!({"anyOf": [{"type": "null"}, new]});
    }
    Value::Object(new)
}

/// The schemas that others refer to, for one side.
pub(crate) fn components(document: &Value, side: Side) -> Value {
    let all = document["components"]["schemas"].as_object().into_iter().flatten();
    let schemas: Map<String, Value> =
        all.map(|(name, schema)| (name.clone(), translated(schema, side))).collect();
    json!({"components": {"schemas": schemas}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_answers_have_is_no_part_of_a_request() {
        let schema = json!({"type": "object", "required": ["id", "name"], "properties": {
            "id": {"type": "string", "readOnly": true}, "name": {"type": "string"},
            "secret": {"type": "string", "writeOnly": true}}});
        assert_eq!(
            translated(&schema, Side::Request),
            json!({"type": "object", "required": ["name"], "properties": {
                "id": false, "name": {"type": "string"}, "secret": {"type": "string", "writeOnly": true}}})
        );
        let answer = translated(&schema, Side::Answer);
        assert_eq!(
            (&answer["required"], &answer["properties"]["secret"]),
            (&json!(["id", "name"]), &json!(false))
        );
    }

    #[test]
    fn null_is_allowed_where_it_is_said_and_references_become_absolute() {
        let schema = json!({"items": {"nullable": true, "allOf": [{"$ref": "#/components/schemas/User"}]}});
        assert_eq!(
            translated(&schema, Side::Answer),
            json!({"items": {"anyOf": [{"type": "null"}, {"allOf": [{"$ref": "urn:jira#/components/schemas/User"}]}]}})
        );
    }
}
