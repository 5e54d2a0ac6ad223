//! Values of single fields: what Jira takes.

use serde_json::{Map, Value, json};

use crate::db::Issue;
use crate::error::{ApiError, ApiResult};

pub(crate) fn summary(value: &Value) -> Result<String, &'static str> {
    let text = value.as_str().unwrap_or_default();
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err("You must specify a summary of the issue.");
    }
    if trimmed.contains(['\n', '\r']) {
        return Err("The summary is invalid because it contains newline characters.");
    }
    if trimmed.contains('\0') {
        return Err("The summary contains invalid characters.");
    }
    // Jira counts as Java does.
    if trimmed.encode_utf16().count() > 255 {
        return Err("Summary must be less than 255 characters.");
    }
    Ok(trimmed.to_owned())
}

pub(crate) fn visibility(given: &Value) -> ApiResult<Option<String>> {
    match given["type"].as_str() {
        None => Ok(None),
        Some("role" | "group") => {
            let mut stored = given.clone();
            if stored["identifier"].is_null() {
                stored["identifier"] = stored["value"].clone();
            }
            Ok(Some(stored.to_string()))
        }
        Some(_) => Err(ApiError::bad("The comment visibility type must be 'role' or 'group'.")),
    }
}

/// The `update` part of an edit, folded into plain fields.
pub(crate) fn updates(old: &Issue, update: &Value, fields: &mut Map<String, Value>) -> ApiResult<()> {
    for (name, steps) in update.as_object().into_iter().flatten() {
        let mut labels: Vec<String> = serde_json::from_str(&old.labels)?;
        for step in steps.as_array().map_or(&[][..], Vec::as_slice) {
            if let Some(value) = step.get("set") {
                fields.insert(name.clone(), value.clone());
            } else if let (Some(label), "labels") = (step["add"].as_str(), name.as_str()) {
                labels.push(label.to_owned());
                fields.insert(name.clone(), json!(labels));
            } else if let (Some(label), "labels") = (step["remove"].as_str(), name.as_str()) {
                labels.retain(|l| l != label);
                fields.insert(name.clone(), json!(labels));
            } else {
                return Err(ApiError::field(
                    name,
                    format!("Field '{name}' does not support this operation."),
                ));
            }
        }
    }
    Ok(())
}
