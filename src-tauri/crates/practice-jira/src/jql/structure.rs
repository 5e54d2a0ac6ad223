//! A query as `POST /jql/parse` shows it.

use serde_json::{Value, json};

use super::parse::{Expr, Op, Operand, Query};
use super::sql::sign;

/// The tree in Jira's words.
pub(crate) fn structure(query: &Query) -> Value {
    let mut shown = json!({});
    if let Some(condition) = &query.condition {
        shown["where"] = clause(condition);
    }
    if !query.order.is_empty() {
        let one = |(name, descends): &(String, bool)| json!({"field": field(name), "direction": if *descends { "desc" } else { "asc" }});
        shown["orderBy"] = json!({"fields": query.order.iter().map(one).collect::<Vec<_>>()});
    }
    shown
}

fn field(name: &str) -> Value {
    json!({"name": name, "encodedName": encoded(name)})
}

/// In quotes where it is more than a word.
pub(crate) fn encoded(text: &str) -> String {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_-.[]".contains(c));
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")) }
}

fn clause(expr: &Expr) -> Value {
    let compound = |operator: &str, parts: &[Expr]| json!({"operator": operator, "clauses": parts.iter().map(clause).collect::<Vec<_>>()});
    match expr {
        Expr::And(parts) => compound("and", parts),
        Expr::Or(parts) => compound("or", parts),
        Expr::Not(inner) => compound("not", std::slice::from_ref(inner)),
        Expr::Clause { field: name, op, values } => {
            let operand = match (op, values.as_slice()) {
                (Op::In | Op::NotIn, _) | (_, [] | [_, _, ..]) => {
                    let texts: Vec<String> = values.iter().map(text_of).collect();
                    json!({"values": values.iter().map(operand).collect::<Vec<_>>(), "encodedOperand": format!("({})", texts.join(", "))})
                }
                (_, [one]) => operand(one),
            };
            json!({"field": field(name), "operator": sign(*op), "operand": operand})
        }
    }
}

fn operand(value: &Operand) -> Value {
    match value {
        Operand::Text(text) => json!({"value": text, "encodedValue": encoded(text)}),
        Operand::Empty => json!({"keyword": "empty"}),
        Operand::Function(name) => {
            json!({"function": name, "arguments": [], "encodedOperand": format!("{name}()")})
        }
    }
}

fn text_of(value: &Operand) -> String {
    match value {
        Operand::Text(text) => encoded(text),
        Operand::Empty => "empty".to_owned(),
        Operand::Function(name) => format!("{name}()"),
    }
}
