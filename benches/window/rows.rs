//! Figures, as `cargo xtask bench` prints them.

use serde_json::{Value, json};

/// What was measured, and what was not.
#[derive(Default)]
pub struct Report {
    rows: Vec<Value>,
    notes: Vec<String>,
}

impl Report {
    /// A figure.
    pub fn tell(&mut self, what: &str, value: f64, unit: &str) {
        self.push(what, value, unit, None);
    }

    /// A figure with what the design allows at most.
    pub fn at_most(&mut self, target: f64, what: &str, value: f64, unit: &str) {
        self.push(what, value, unit, Some(target));
    }

    fn push(&mut self, what: &str, value: f64, unit: &str, target: Option<f64>) {
        eprintln!("  {what}: {value:.2} {unit}");
        self.rows.push(json!({"what": what, "value": value, "unit": unit, "target": target}));
    }

    /// A sentence: what could not be measured, or what explains a figure.
    pub fn note(&mut self, sentence: String) {
        eprintln!("  {sentence}");
        self.notes.push(sentence);
    }

    /// Everything.
    pub fn json(&self) -> Value {
        json!({"rows": self.rows, "notes": self.notes})
    }
}

/// The middle one.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The one that at most 5 % exceed.
pub fn p95(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() * 95).div_ceil(100) - 1]
}
