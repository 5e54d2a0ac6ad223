//! Documents made by walking the schema: whatever the schema allows can come out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::Schema;

/// Deeper than this only what leads to the end soonest is chosen.
const DEEP: usize = 14;

/// Higher than any value that ends.
const ENDLESS: usize = 1_000;

/// Chance that repeats: splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    /// A number below `n`, which is at least 1.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n.max(1) as u64).unwrap_or(0)
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// A valid document; the same seed gives the same one. Each string that the schema leaves open is a word of its own
/// (`w17q`), so that a test can follow it.
pub fn document(schema: &Schema, seed: u64) -> Value {
    let mut maker = Maker { schema, chance: Chance(seed), words: 0, left: 120 };
    maker.value(&json!({ "$ref": "#/definitions/doc_node" }), "", 0)
}

struct Maker<'a> {
    schema: &'a Schema,
    chance: Chance,
    words: usize,
    /// How many more nodes there may be, roughly.
    left: usize,
}

impl Maker<'_> {
    fn value(&mut self, rule: &Value, key: &str, depth: usize) -> Value {
        let rule = flat(self.schema, rule);
        if let Some(choices) = rule["anyOf"].as_array() {
            let choice = self.choose(choices, depth).clone();
            return self.value(&choice, key, depth);
        }
        if let Some(choices) = rule["enum"].as_array() {
            return choices[self.chance.below(choices.len())].clone();
        }
        match rule["type"].as_str() {
            Some("object") => self.object(&rule, depth),
            Some("array") => self.array(&rule, key, depth),
            Some("string") => Value::String(self.string(&rule, key)),
            Some("number") => self.number(&rule, key),
            Some("boolean") => Value::Bool(self.chance.one_in(2)),
            _ => {
                let (url, name) = (self.string(&json!({}), "url"), self.string(&json!({}), "name"));
                json!({ "url": url, "name": name })
            }
        }
    }

    fn choose<'v>(&mut self, choices: &'v [Value], depth: usize) -> &'v Value {
        if depth < DEEP && self.left > 0 {
            return &choices[self.chance.below(choices.len())];
        }
        let known = &self.schema.heights;
        let shortest = choices.iter().map(|c| height(known, c)).min().unwrap_or(0);
        let short: Vec<&Value> = choices.iter().filter(|c| height(known, c) == shortest).collect();
        short[self.chance.below(short.len())]
    }

    fn object(&mut self, rule: &Value, depth: usize) -> Value {
        self.left = self.left.saturating_sub(1);
        let required: BTreeSet<&str> =
            rule["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut made = Map::new();
        for (key, rule) in rule["properties"].as_object().into_iter().flatten() {
            let often = matches!(key.as_str(), "content" | "marks" | "attrs");
            if required.contains(key.as_str()) || (often && !self.chance.one_in(6)) || self.chance.one_in(2) {
                made.insert(key.clone(), self.value(rule, key, depth + 1));
            }
        }
        Value::Object(made)
    }

    fn array(&mut self, rule: &Value, key: &str, depth: usize) -> Value {
        let bound = |name: &str| rule[name].as_u64().and_then(|n| usize::try_from(n).ok());
        let least = bound("minItems").unwrap_or(0);
        let room = if depth < DEEP && self.left > 0 { 3 } else { 0 };
        let most = bound("maxItems").unwrap_or(least + room).min(least + room);
        let count = least + self.chance.below(most - least + 1);
        let mut made: Vec<Value> = Vec::new();
        for n in 0..count {
            let item = match &rule["items"] {
                Value::Array(places) if n < places.len() => &places[n],
                Value::Array(_) | Value::Null => break,
                item => item,
            };
            let value = self.value(item, key, depth + 1);
            // The schema does not say so, but a mark stands once.
            if key != "marks" || made.iter().all(|mark| mark["type"] != value["type"]) {
                made.push(value);
            }
        }
        Value::Array(made)
    }

    fn string(&mut self, rule: &Value, key: &str) -> String {
        if let Some(pattern) = rule["pattern"].as_str() {
            // All patterns of the schema are colours.
            return if pattern.contains("neutral") && self.chance.one_in(2) {
                ["neutral", "purple", "blue", "red", "yellow", "green"][self.chance.below(6)].to_owned()
            } else {
                format!("#{:06X}", self.chance.below(0x100_0000))
            };
        }
        self.words += 1;
        let word = format!("w{}q", self.words);
        match key {
            "url" | "href" => format!("https://a.example/{word}"),
            "timestamp" => self.chance.below(2_000_000_000_000).to_string(),
            "text" => match self.chance.below(6) {
                0 => format!(" {word} ä"),
                1 => format!("{word}\u{1f600} "),
                _ => word,
            },
            _ => word,
        }
    }

    fn number(&mut self, rule: &Value, key: &str) -> Value {
        let bound = |name: &str| rule[name].as_f64().map(|n| n.max(0.0) as usize);
        let (least, most) = match key {
            "colspan" | "rowspan" => (1, 3),
            _ => (bound("minimum").unwrap_or(1), bound("maximum").unwrap_or(900)),
        };
        json!(least + self.chance.below(most - least + 1))
    }
}

/// A rule without references, and an `allOf` as one rule: what a later part says of a property stands.
fn flat(schema: &Schema, rule: &Value) -> Value {
    if let Some(reference) = rule["$ref"].as_str() {
        return flat(schema, schema.definition(reference));
    }
    let Some(parts) = rule["allOf"].as_array() else { return rule.clone() };
    let mut whole = json!({ "type": "object", "properties": {}, "required": [] });
    for part in parts {
        let part = flat(schema, part);
        for (key, rule) in part["properties"].as_object().into_iter().flatten() {
            whole["properties"][key] = rule.clone();
        }
        let more = part["required"].as_array().cloned().unwrap_or_default();
        if let Some(required) = whole["required"].as_array_mut() {
            required.extend(more);
        }
    }
    // A part that is closed forbids what only another part speaks of (`marks` of nestedExpand_with_no_marks).
    for part in parts.iter().map(|part| flat(schema, part)) {
        if part["additionalProperties"] == false
            && let Some(properties) = whole["properties"].as_object_mut()
        {
            properties.retain(|key, _| part["properties"][key].is_object());
        }
    }
    whole
}

/// How deep a value of each definition is at least, by its reference.
pub(crate) fn heights(schema: &Value) -> BTreeMap<String, usize> {
    let names = schema["definitions"].as_object().into_iter().flatten();
    let rules: Vec<(String, &Value)> =
        names.map(|(name, rule)| (format!("#/definitions/{name}"), rule)).collect();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    // What is found in one round helps in the next, until nothing becomes less.
    loop {
        let mut changed = false;
        for (name, rule) in &rules {
            let found = height(&known, rule);
            if known.insert(name.clone(), found) != Some(found) {
                changed = true;
            }
        }
        if !changed {
            return known;
        }
    }
}

fn height(known: &BTreeMap<String, usize>, rule: &Value) -> usize {
    if let Some(reference) = rule["$ref"].as_str() {
        return known.get(reference).copied().unwrap_or(ENDLESS);
    }
    let all = |rules: &Value| -> Vec<usize> {
        rules.as_array().into_iter().flatten().map(|rule| height(known, rule)).collect()
    };
    if rule["anyOf"].is_array() {
        return all(&rule["anyOf"]).into_iter().min().unwrap_or(0);
    }
    if rule["allOf"].is_array() {
        return all(&rule["allOf"]).into_iter().max().unwrap_or(0);
    }
    match rule["type"].as_str() {
        Some("object") => {
            let required = rule["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let below = required.map(|key| height(known, &rule["properties"][key]));
            (1 + below.max().unwrap_or(0)).min(ENDLESS)
        }
        Some("array") if rule["minItems"].as_u64().unwrap_or(0) > 0 => match &rule["items"] {
            Value::Array(_) => all(&rule["items"]).into_iter().max().unwrap_or(0),
            item => height(known, item),
        },
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(node: &Value, nodes: &mut BTreeSet<String>, marks: &mut BTreeSet<String>) {
        nodes.insert(node["type"].as_str().unwrap_or_default().to_owned());
        for mark in node["marks"].as_array().into_iter().flatten() {
            marks.insert(mark["type"].as_str().unwrap_or_default().to_owned());
        }
        node["content"].as_array().into_iter().flatten().for_each(|part| kinds(part, nodes, marks));
    }

    #[test]
    fn what_is_made_is_valid_and_leaves_nothing_of_the_schema_out() {
        let schema = Schema::load().unwrap();
        let (mut nodes, mut marks) = (BTreeSet::new(), BTreeSet::new());
        for seed in 0..1_000 {
            let doc = document(&schema, seed);
            assert!(schema.is_valid(&doc), "seed {seed}: {doc}");
            assert_eq!(document(&schema, seed), doc, "seed {seed} gives one document");
            kinds(&doc, &mut nodes, &mut marks);
        }
        let known = |kinds: BTreeSet<&str>| kinds.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
        assert_eq!((nodes, marks), (known(schema.nodes()), known(schema.marks())));
    }
}
