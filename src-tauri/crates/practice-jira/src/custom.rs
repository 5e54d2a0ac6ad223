//! Fields that a project demands in new issues: their shape on the create screen, and what is taken as a value.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::ApiResult;
use crate::ops::Deed;

/// The id of a field's first option.
const FIRST: usize = 10_100;

/// A field that must be given when an issue is created.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RequiredField {
    pub field: String,
    pub name: String,
    /// What may be chosen, for `select` and `multiselect`; empty: anything.
    #[serde(default)]
    pub values: Vec<String>,
    #[serde(default)]
    pub kind: Kind,
    /// The site fills it by itself.
    #[serde(default)]
    pub default: bool,
    /// Every value that it ever had, in the order of their ids: an option that went never comes back under another name.
    #[serde(default)]
    known: Vec<String>,
}

/// As the custom field types of Jira are called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    #[default]
    Select,
    MultiSelect,
    TextField,
    TextArea,
    Float,
    DatePicker,
    UserPicker,
}

impl RequiredField {
    /// Takes over the ids that the field's options had before.
    pub fn after(mut self, old: Option<&Self>) -> Self {
        self.known = old.map(|old| old.known.clone()).unwrap_or_default();
        let new: Vec<String> = self.values.iter().filter(|v| !self.known.contains(v)).cloned().collect();
        self.known.extend(new);
        self
    }

    fn option(&self, url: &str, value: &str) -> Option<Value> {
        let at = self
            .known
            .iter()
            .position(|known| known == value)
            .filter(|_| self.values.iter().any(|v| v == value))?;
        let id = (FIRST + at).to_string();
        Some(json!({"self": format!("{url}/rest/api/3/customFieldOption/{id}"), "value": value, "id": id}))
    }

    /// As the create screen shows it.
    pub fn bean(&self, url: &str) -> Value {
        let (kind, items) = match self.kind {
            Kind::Select => ("option", None),
            Kind::MultiSelect => ("array", Some("option")),
            Kind::TextField | Kind::TextArea => ("string", None),
            Kind::Float => ("number", None),
            Kind::DatePicker => ("date", None),
            Kind::UserPicker => ("user", None),
        };
        let word = serde_json::to_value(self.kind).unwrap_or_default();
        let custom = format!(
            "com.atlassian.jira.plugin.system.customfieldtypes:{}",
            word.as_str().unwrap_or_default()
        );
        let mut schema = json!({"type": kind, "custom": custom});
        if let Some(items) = items {
            schema["items"] = json!(items);
        }
        if let Some(number) = self.field.strip_prefix("customfield_").and_then(|n| n.parse::<u64>().ok()) {
            schema["customId"] = json!(number);
        }
        let mut bean = json!({"fieldId": self.field, "key": self.field, "name": self.name, "required": true,
            "hasDefaultValue": self.default, "operations": ["set"], "schema": schema});
        if !self.values.is_empty() {
            bean["allowedValues"] = self.values.iter().filter_map(|value| self.option(url, value)).collect();
        }
        bean
    }

    /// The value as it is stored, or what Jira says of it. The words stand in reports such as
    /// <https://github.com/getsentry/sentry/issues/13001> and <https://github.com/lesstif/php-jira-rest-client/issues/470>.
    pub fn value(&self, deed: &Deed<'_>, given: &Value) -> ApiResult<Result<Value, String>> {
        let text = |what: &str| match given {
            Value::String(_) => Ok(given.clone()),
            _ => Err(format!("Operation value must be {what}")),
        };
        Ok(match self.kind {
            Kind::Select => self.chosen(&deed.site.url, given),
            Kind::MultiSelect => match given.as_array() {
                Some(list) => list.iter().map(|one| self.chosen(&deed.site.url, one)).collect(),
                None => Err("data was not an array".to_owned()),
            },
            Kind::TextField => text("a string"),
            Kind::TextArea => deed.document(&self.field, given)?.map_or_else(
                || Err(format!("{} is required.", self.name)),
                |stored| Ok(serde_json::from_str(&stored).unwrap_or_default()),
            ),
            Kind::Float if given.is_number() => Ok(given.clone()),
            Kind::Float => Err("Operation value must be a number".to_owned()),
            Kind::DatePicker => {
                let day = given.as_str().unwrap_or_default();
                let shape: String = day.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
                match shape == "0000-00-00" {
                    true => Ok(given.clone()),
                    false => Err(format!("Error parsing date string: {day}")),
                }
            }
            Kind::UserPicker => match given["accountId"].as_str().and_then(|id| deed.site.user(id)) {
                Some(_) => Ok(given.clone()),
                None => Err("Account ID is not valid.".to_owned()),
            },
        })
    }

    fn chosen(&self, url: &str, given: &Value) -> Result<Value, String> {
        if self.values.is_empty() {
            return Ok(given.clone());
        }
        let by_id = |id: &str| {
            let at = id.parse::<usize>().ok()?.checked_sub(FIRST)?;
            self.option(url, self.known.get(at)?)
        };
        match (given["id"].as_str(), given["value"].as_str()) {
            (Some(id), _) => by_id(id).ok_or_else(|| format!("Option id '{id}' is not valid")),
            (None, Some(value)) => {
                self.option(url, value).ok_or_else(|| format!("Option value '{value}' is not valid"))
            }
            _ => Err("Could not find valid 'id' or 'value' in the Parent Option object.".to_owned()),
        }
    }
}
