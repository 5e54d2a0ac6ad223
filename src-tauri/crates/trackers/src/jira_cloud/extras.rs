//! Fields beyond those that every connection syncs: how Jira shows them, and how it takes them.

use serde_json::{Map, Value, json};
use twinline_model::extra::{Extra, Extras, LABELS, PRIORITY, STATUS};
use twinline_model::text::clean_line;

/// Those of the fields that an issue was read with.
pub(super) fn read(fields: &Value) -> Extras {
    let name = |value: &Value| match value["name"].as_str() {
        Some(name) => Extra::Text(clean_line(name, 200)),
        None => Extra::Nothing,
    };
    let texts = |value: &Value| {
        let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        Extra::Texts(texts.map(|text| clean_line(text, 200)).collect())
    };
    let read = [
        (PRIORITY, fields.get(PRIORITY).map(name)),
        (LABELS, fields.get(LABELS).map(texts)),
        (STATUS, fields.get(STATUS).map(name)),
    ];
    let shown = read.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?)));
    shown.collect()
}

/// Puts them among the fields of a create or an edit. A status is no field: Jira takes it by a transition only.
pub(super) fn write(extras: &Extras, fields: &mut Map<String, Value>) {
    for (name, value) in extras.iter().filter(|(name, _)| *name != STATUS) {
        let value = match (name.as_str(), value) {
            // Labels are single words; from a changelog they come in one line.
            (LABELS, Extra::Nothing) => json!([]),
            (LABELS, Extra::Text(line)) => json!(line.split_whitespace().collect::<Vec<_>>()),
            (_, Extra::Nothing) => Value::Null,
            (PRIORITY, Extra::Text(name)) => json!({ "name": name }),
            (_, Extra::Text(text)) => json!(text),
            (_, Extra::Texts(texts)) => json!(texts),
        };
        fields.insert(name.clone(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_far_as_they_were_asked_for() {
        let fields = json!({
            "priority": {"name": "High", "id": "2"},
            "labels": ["b", "a"],
            "status": {"name": "In Progress", "statusCategory": {"key": "indeterminate"}},
        });
        let read = super::read(&fields);
        assert_eq!(read[PRIORITY], Extra::Text("High".to_owned()));
        assert_eq!(read[LABELS], Extra::Texts(["a", "b"].map(str::to_owned).into()));
        assert_eq!(read[STATUS].words(), "In Progress");
        assert_eq!(super::read(&json!({"priority": null})), [(PRIORITY.to_owned(), Extra::Nothing)].into());
    }

    #[test]
    fn fields_are_written_in_the_shapes_that_jira_takes() {
        let labels = |value: Extra| {
            let mut fields = Map::new();
            write(&[(LABELS.to_owned(), value)].into(), &mut fields);
            fields[LABELS].clone()
        };
        assert_eq!(labels(Extra::Nothing), json!([]));
        assert_eq!(labels(Extra::Text("a b".to_owned())), json!(["a", "b"]));
        assert_eq!(labels(Extra::Texts(["x".to_owned()].into())), json!(["x"]));
        let mut fields = Map::new();
        let extras = [(PRIORITY, "Low"), (STATUS, "Done")];
        write(
            &extras.map(|(name, value)| (name.to_owned(), Extra::Text(value.to_owned()))).into(),
            &mut fields,
        );
        assert_eq!(Value::Object(fields), json!({"priority": {"name": "Low"}}));
    }
}
