//! Documents that are nearly right.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::generate::Chance;
use crate::{Schema, document};

/// A document as [`document`] makes it, with one thing changed at one place; it may still be valid.
pub fn damaged(schema: &Schema, seed: u64) -> Value {
    let mut doc = document(schema, seed);
    let other = document(schema, seed.wrapping_add(0x5eed));
    let mut chance = Chance(seed ^ 0xdead);
    let mut strangers = Vec::new();
    paths(&other, String::new(), &mut strangers);
    let mut places = Vec::new();
    paths(&doc, String::new(), &mut places);
    let stranger = other.pointer(&strangers[chance.below(strangers.len())]).cloned().unwrap_or_default();
    let kinds: Vec<&str> = schema.nodes().into_iter().collect();
    let marks: Vec<&str> = schema.marks().into_iter().collect();
    // Each kind of node is as likely as another, however rare it is.
    let kind_at = |place: &String| doc.pointer(place).map(|node| node["type"].to_string());
    let there: BTreeSet<Option<String>> = places.iter().map(kind_at).collect();
    let chosen = there.iter().nth(chance.below(there.len())).cloned().flatten();
    places.retain(|place| kind_at(place) == chosen);
    let place = &places[chance.below(places.len())];
    let Some(node) = doc.pointer_mut(place) else { return doc };
    match chance.below(11) {
        0 => node["type"] = json!(kinds[chance.below(kinds.len())]),
        1 => node["type"] = json!("marquee"),
        2 => *node = stranger,
        3 => put(node, "content", stranger, &mut chance),
        4 => put(node, "marks", json!({ "type": marks[chance.below(marks.len())] }), &mut chance),
        5 => node["content"] = json!([]),
        6 => {
            // A mark that is whole, at a place where it may not be allowed.
            let mark = stranger["marks"].get(0).cloned().unwrap_or(json!({ "type": "strong" }));
            put(node, "marks", mark, &mut chance);
        }
        7 | 8 => {
            if let Some(attrs) = node["attrs"].as_object_mut() {
                let names: Vec<String> = attrs.keys().cloned().collect();
                if !names.is_empty() {
                    attrs.remove(&names[chance.below(names.len())]);
                }
            }
        }
        _ => {
            if let Some(attrs) = node["attrs"].as_object_mut() {
                let odd =
                    [json!(null), json!(""), json!(-1), json!("odd"), json!(true), json!({}), json!([])];
                let names: Vec<String> = attrs.keys().cloned().chain(["stray".to_owned()]).collect();
                let name = names[chance.below(names.len())].clone();
                attrs.insert(name, odd[chance.below(odd.len())].clone());
            }
        }
    }
    doc
}

/// Puts `value` somewhere into the list, or makes the list.
fn put(node: &mut Value, list: &str, value: Value, chance: &mut Chance) {
    match node[list].as_array_mut() {
        Some(values) => values.insert(chance.below(values.len() + 1), value),
        None => node[list] = json!([value]),
    }
}

/// Where the nodes of a document are.
fn paths(node: &Value, at: String, out: &mut Vec<String>) {
    for (n, part) in node["content"].as_array().into_iter().flatten().enumerate() {
        paths(part, format!("{at}/content/{n}"), out);
    }
    out.push(at);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_are_wrong_and_many_are_not() {
        let schema = Schema::load().unwrap();
        let wrong = (0..1_000).filter(|seed| !schema.is_valid(&damaged(&schema, *seed))).count();
        assert!((500..950).contains(&wrong), "{wrong}");
    }
}
