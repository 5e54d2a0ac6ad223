//! Fields that a project demands in new issues: which they are, what they allow, and how a choice is written.
//!
//! Nothing is asked while creates are taken. After a refusal one read of the type's create screen says the rest:
//! <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-createmeta-projectidorkey-issuetypes-issuetypeid-get>

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;
use twinline_model::asked::{AskedField, AskedKind, FieldOption, FieldValue};
use twinline_model::text::clean_line;
use twinline_model::{Document, ProjectKey};

use super::answer::demanded;
use super::json::{id, list, number, text};
use super::projects::segment;
use super::{JiraCloud, adf};
use crate::ReadError;
use crate::error::{NotApplied, WriteError};
use crate::tracker::IssueDraft;

/// How long a create screen is believed where many issues are refused in a row.
const SCREEN_LASTS: Duration = Duration::from_secs(60);
/// More values of one field are not offered: nobody finds theirs among them.
const MOST_OPTIONS: usize = 2_000;
/// More fields than this on one screen are not read.
const MOST_FIELDS: usize = 2_000;
/// What comes with every issue, or cannot be given when it is created: never chosen here.
const NOT_CHOSEN: [&str; 6] = ["project", "issuetype", "summary", "description", "attachment", "parent"];

/// What a refusal says of each field, by the field's id.
pub(super) type Refusal = BTreeMap<String, String>;

/// The create screens that were read of late.
#[derive(Default)]
pub(super) struct Screens(Mutex<HashMap<(ProjectKey, String), Screen>>);

#[derive(Clone)]
struct Screen {
    read: Instant,
    /// Optional fields too were looked for by these ids.
    named: BTreeSet<String>,
    fields: Vec<OnScreen>,
}

#[derive(Clone)]
struct OnScreen {
    field: AskedField,
    /// It must be given, and Jira has no value of its own for it.
    demanded: bool,
}

/// What follows from a refused create.
pub(super) enum Demand {
    /// These choices are not needed any more, and stand in the way.
    LeaveOut(Vec<String>),
    /// It stays refused.
    Stop(WriteError),
}

/// The chosen values as Jira takes them, by field.
pub(super) fn chosen(draft: &IssueDraft) -> Map<String, Value> {
    let ours = draft.chosen.iter().filter(|c| !NOT_CHOSEN.contains(&c.field.as_str()));
    ours.map(|choice| (choice.field.clone(), written(&choice.value))).collect()
}

fn written(value: &FieldValue) -> Value {
    let option = |option: &FieldOption| json!({ "id": option.id });
    match value {
        FieldValue::Option(one) => option(one),
        FieldValue::Options(some) => some.iter().map(option).collect(),
        FieldValue::Line(text) | FieldValue::Date(text) => json!(text),
        FieldValue::Text(text) => adf::write_showing(&Document::plain(text), &HashMap::new()),
        // What is no number Jira refuses by itself.
        FieldValue::Number(text) => {
            serde_json::from_str::<serde_json::Number>(text).map_or_else(|_| json!(text), Value::Number)
        }
    }
}

impl JiraCloud {
    /// What is to be done about a refused create; `fields` is what it sent, `kind` the type as it was named there.
    pub(super) async fn demand(
        &self,
        draft: &IssueDraft,
        kind: &Value,
        fields: &Map<String, Value>,
        refusal: &Refusal,
        error: WriteError,
    ) -> Demand {
        let choice = |id: &str| draft.chosen.iter().any(|c| c.field == *id) && fields.contains_key(id);
        let lacking = |words: &str| demanded(words).is_some();
        let wrong: Vec<&String> =
            refusal.iter().filter(|(f, w)| choice(f) && !lacking(w)).map(|(f, _)| f).collect();
        let missing = || refusal.iter().filter(|(_, words)| lacking(words)).map(|(field, _)| field);
        let Some(kind) = kind["id"].as_str().filter(|_| !wrong.is_empty() || missing().next().is_some())
        else {
            return Demand::Stop(error);
        };
        let named: BTreeSet<String> = wrong.iter().copied().chain(missing()).cloned().collect();
        let screen = match self.screen(&draft.project, kind, &named, !wrong.is_empty()).await {
            Ok(screen) => screen,
            // Nothing was written: it is tried again by itself.
            Err(
                wait @ (ReadError::SlowDown { .. }
                | ReadError::Unreachable(_)
                | ReadError::Unavailable(_)
                | ReadError::Clock(_)
                | ReadError::ProxySignIn
                | ReadError::Untrusted(_)
                | ReadError::Moved(_)
                | ReadError::Odd(_)
                | ReadError::SignIn),
            ) => return Demand::Stop(wait.into()),
            Err(why) => {
                tracing::info!(%why, "the create screen cannot be read");
                return Demand::Stop(error);
            }
        };
        let needed = |id: &str| screen.iter().any(|on| on.demanded && on.field.id == id);
        let in_the_way: Vec<String> = wrong.iter().filter(|id| !needed(id)).map(|id| (*id).clone()).collect();
        if !in_the_way.is_empty() {
            return Demand::LeaveOut(in_the_way);
        }
        let asked = |on: &&OnScreen| {
            named.contains(&on.field.id) || (on.demanded && !fields.contains_key(&on.field.id))
        };
        let mut asked: Vec<AskedField> = screen.iter().filter(asked).map(|on| on.field.clone()).collect();
        for (field, words) in refusal.iter().filter(|(field, _)| named.contains(*field)) {
            if !asked.iter().any(|a| a.id == *field) {
                asked.push(unknown(field, words));
            }
        }
        let words: Vec<&str> = wrong.iter().filter_map(|id| refusal.get(*id)).map(String::as_str).collect();
        let words = self.client.words(&words.join(" "));
        Demand::Stop(match wrong.is_empty() {
            true => NotApplied::RequiredFields { fields: asked }.into(),
            false => NotApplied::ChoiceRefused { fields: asked, words }.into(),
        })
    }

    /// The demanded fields of a type's create screen, and the `named` ones.
    async fn screen(
        &self,
        project: &ProjectKey,
        kind: &str,
        named: &BTreeSet<String>,
        fresh: bool,
    ) -> Result<Vec<OnScreen>, ReadError> {
        let key = (project.clone(), kind.to_owned());
        {
            let mut known = self.screens.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.retain(|_, screen| screen.read.elapsed() < SCREEN_LASTS);
            if let Some(screen) = known.get(&key).filter(|s| !fresh && named.is_subset(&s.named)) {
                return Ok(screen.fields.clone());
            }
        }
        let mut fields = Vec::new();
        let mut start = 0;
        loop {
            let path = format!(
                "issue/createmeta/{}/issuetypes/{}?maxResults=200&startAt={start}",
                segment(project.as_str()),
                segment(kind)
            );
            let answer = self.client.get(&path).await?;
            let body = answer.json()?;
            let values = list(body, "fields").or_else(|_| list(body, "results"))?;
            let wanted = values.iter().filter_map(on_screen);
            fields.extend(wanted.filter(|on| on.demanded || named.contains(&on.field.id)));
            start += values.len();
            let total = number(&body["total"]).and_then(|n| usize::try_from(n).ok());
            if values.is_empty() || start >= MOST_FIELDS || total.is_none_or(|total| start >= total) {
                break;
            }
        }
        let screen = Screen { read: Instant::now(), named: named.clone(), fields: fields.clone() };
        self.screens.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, screen);
        Ok(fields)
    }
}

/// A field that only the refusal tells of.
pub(super) fn unknown(field: &str, words: &str) -> AskedField {
    let name = demanded(words).unwrap_or_else(|| clean_line(field, 100));
    AskedField { id: word(field), name, kind: AskedKind::Other, options: Vec::new() }
}

/// An id is one word here, whatever a site sends.
fn word(id: &str) -> String {
    clean_line(id, 100).replace(char::is_whitespace, "_")
}

fn on_screen(value: &Value) -> Option<OnScreen> {
    let field = id(&value["fieldId"]).or_else(|| id(&value["key"]))?;
    let options: Vec<FieldOption> = value["allowedValues"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|option| option["disabled"] != true && option["archived"] != true)
        .filter_map(|option| {
            let name = option["value"].as_str().or(option["name"].as_str()).or(option["label"].as_str())?;
            Some(FieldOption { id: id(&option["id"])?, name: clean_line(name, 200) })
        })
        .take(MOST_OPTIONS)
        .collect();
    let kind = match NOT_CHOSEN.contains(&field.as_str()) {
        true => AskedKind::Other,
        false => kind(&value["schema"], !options.is_empty()),
    };
    let has_options = matches!(kind, AskedKind::Option | AskedKind::Options);
    let name = clean_line(&text(&value["name"]), 100);
    Some(OnScreen {
        demanded: value["required"] == true && value["hasDefaultValue"] != true,
        field: AskedField {
            name: if name.is_empty() { word(&field) } else { name },
            id: word(&field),
            kind,
            options: if has_options { options } else { Vec::new() },
        },
    })
}

/// By the field's schema: <https://developer.atlassian.com/cloud/jira/platform/jira-expressions-type-reference/> names the
/// types, and the custom ones are known by the end of their key, as `…customfieldtypes:textarea`.
fn kind(schema: &Value, has_options: bool) -> AskedKind {
    let custom = schema["custom"].as_str().and_then(|key| key.rsplit(':').next()).unwrap_or_default();
    match schema["type"].as_str().unwrap_or_default() {
        // A pair of values; people and projects; what only an app understands.
        "option-with-child" | "user" | "group" | "project" | "any" => AskedKind::Other,
        "array" if has_options && !matches!(schema["items"].as_str(), Some("user" | "group" | "string")) => {
            AskedKind::Options
        }
        "array" => AskedKind::Other,
        _ if has_options => AskedKind::Option,
        "string" if custom == "textarea" || schema["system"] == "environment" => AskedKind::Text,
        "string" if custom != "readonlyfield" => AskedKind::Line,
        "number" => AskedKind::Number,
        "date" => AskedKind::Date,
        _ => AskedKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(schema: Value, options: Value) -> AskedField {
        let value = json!({"fieldId": "customfield_1", "name": "F", "required": true, "schema": schema,
            "allowedValues": options});
        on_screen(&value).expect("a field").field
    }

    #[test]
    fn j11_a_fields_kind_is_that_of_its_schema() {
        let custom = |end: &str| format!("com.atlassian.jira.plugin.system.customfieldtypes:{end}");
        let options = json!([{"id": "1", "value": "A"}]);
        for (schema, options, kind) in [
            (json!({"type": "option", "custom": custom("select")}), &options, AskedKind::Option),
            (
                json!({"type": "priority", "system": "priority"}),
                &json!([{"id": 3, "name": "C"}]),
                AskedKind::Option,
            ),
            (
                json!({"type": "array", "items": "option", "custom": custom("multiselect")}),
                &options,
                AskedKind::Options,
            ),
            (
                json!({"type": "array", "items": "component"}),
                &json!([{"id": "9", "name": "UI"}]),
                AskedKind::Options,
            ),
            (json!({"type": "string", "custom": custom("textfield")}), &Value::Null, AskedKind::Line),
            (json!({"type": "string", "custom": custom("textarea")}), &Value::Null, AskedKind::Text),
            (json!({"type": "string", "system": "environment"}), &Value::Null, AskedKind::Text),
            (json!({"type": "number", "custom": custom("float")}), &Value::Null, AskedKind::Number),
            (json!({"type": "date", "system": "duedate"}), &Value::Null, AskedKind::Date),
            (json!({"type": "option", "custom": custom("select")}), &json!([]), AskedKind::Other),
            (
                json!({"type": "option-with-child", "custom": custom("cascadingselect")}),
                &options,
                AskedKind::Other,
            ),
            (json!({"type": "array", "items": "string", "system": "labels"}), &Value::Null, AskedKind::Other),
            (json!({"type": "user", "system": "assignee"}), &Value::Null, AskedKind::Other),
            (json!("nonsense"), &json!({"a": 1}), AskedKind::Other),
        ] {
            assert_eq!(field(schema.clone(), options.clone()).kind, kind, "{schema}");
        }
    }

    #[test]
    fn j11_odd_screens_give_bounded_clean_fields() {
        let many: Vec<Value> =
            (0..5_000).map(|n| json!({"id": n, "value": format!("v{n}\u{202e}\n")})).collect();
        let found = field(json!({"type": "option"}), json!(many));
        assert_eq!((found.options.len(), found.options[7].name.as_str()), (MOST_OPTIONS, "v7"));
        let odd =
            json!([{"id": "1"}, {"value": "no id"}, 7, null, {"id": "2", "value": "gone", "disabled": true}]);
        assert_eq!(field(json!({"type": "option"}), odd).options, []);
        let spaced = on_screen(&json!({"fieldId": "a b", "schema": {}})).expect("a field").field;
        assert_eq!((spaced.id.as_str(), spaced.name.as_str()), ("a_b", "a_b"));
        assert!(on_screen(&json!({"name": "nameless"})).is_none());
        let summary = json!({"fieldId": "summary", "name": "Summary", "schema": {"type": "string"}});
        assert_eq!(on_screen(&summary).expect("a field").field.kind, AskedKind::Other);
    }

    #[test]
    fn j11_a_choice_is_written_as_jira_takes_it() {
        let option = |id: &str| FieldOption { id: id.to_owned(), name: "N".to_owned() };
        for (value, json) in [
            (FieldValue::Option(option("7")), json!({"id": "7"})),
            (FieldValue::Options(vec![option("7"), option("8")]), json!([{"id": "7"}, {"id": "8"}])),
            (FieldValue::Line("x".to_owned()), json!("x")),
            (FieldValue::Date("2026-12-31".to_owned()), json!("2026-12-31")),
            (FieldValue::Number("2.5".to_owned()), json!(2.5)),
            (FieldValue::Number("many".to_owned()), json!("many")),
        ] {
            assert_eq!(written(&value), json);
        }
        assert_eq!(written(&FieldValue::Text("x".to_owned()))["type"], "doc");
    }
}
