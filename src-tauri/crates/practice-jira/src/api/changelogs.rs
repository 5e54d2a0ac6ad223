//! The history of many issues at once.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::{Api, Body, Me, strings};
use crate::beans::View;
use crate::error::{ApiError, ApiResult};
use crate::ops::visible;

/// `POST /changelog/bulkfetch`: changes of up to 1,000 issues, oldest first, in pages over all of them.
///
/// Issues that are not there, or not to be seen, are left out.
pub(super) async fn bulk_fetch(
    State(api): State<Api>,
    Me(me): Me,
    Body(body): Body,
) -> ApiResult<Json<Value>> {
    let named = strings(&body["issueIdsOrKeys"]);
    if named.is_empty() || named.len() > 1000 {
        return Err(ApiError::bad("'issueIdsOrKeys' must have 1 to 1000 issue ids or keys."));
    }
    let fields = strings(&body["fieldIds"]);
    if fields.len() > 10 {
        return Err(ApiError::bad("'fieldIds' must not have more than 10 fields."));
    }
    let size = match &body["maxResults"] {
        Value::Null => 1000,
        given => given
            .as_u64()
            .filter(|n| (1..=10_000).contains(n))
            .and_then(|n| usize::try_from(n).ok())
            .ok_or_else(|| ApiError::bad("'maxResults' must be 1 to 10000."))?,
    };
    let start = match body["nextPageToken"].as_str() {
        None => 0,
        Some(token) => token.parse::<usize>().map_err(|_| ApiError::bad("The page token is invalid."))?,
    };
    let mut all = api.site.read(|conn| {
        let view = View::new(&api.site, conn, api.v2)?;
        let mut ids: Vec<i64> = named
            .iter()
            .filter_map(|one| visible(&api.site, conn, &me, one).ok())
            .map(|(i, _)| i.id)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let mut all = Vec::new();
        for id in ids {
            all.extend(view.changes(id, i64::MAX)?.into_iter().map(|change| (id, change)));
        }
        Ok(all)
    })?;
    if !fields.is_empty() {
        for (_, change) in &mut all {
            if let Some(items) = change["items"].as_array_mut() {
                items
                    .retain(|item| item["fieldId"].as_str().is_some_and(|id| fields.iter().any(|f| f == id)));
            }
        }
        all.retain(|(_, change)| change["items"].as_array().is_some_and(|items| !items.is_empty()));
    }
    // Times are written alike and in one zone, so their order is that of their texts.
    all.sort_by(|(a_id, a), (b_id, b)| (a["created"].as_str(), a_id).cmp(&(b["created"].as_str(), b_id)));
    let total = all.len();
    let mut logs: Vec<Value> = Vec::new();
    for (id, change) in all.into_iter().skip(start).take(size) {
        let id = id.to_string();
        let at = match logs.iter().position(|log| log["issueId"] == id.as_str()) {
            Some(at) => at,
            None => {
                logs.push(json!({"issueId": id, "changeHistories": []}));
                logs.len() - 1
            }
        };
        if let Some(histories) = logs[at]["changeHistories"].as_array_mut() {
            histories.push(change);
        }
    }
    let mut answer = json!({"issueChangeLogs": logs});
    if start + size < total {
        answer["nextPageToken"] = json!((start + size).to_string());
    }
    Ok(Json(answer))
}
