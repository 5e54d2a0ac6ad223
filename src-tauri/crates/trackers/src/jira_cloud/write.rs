//! Issues and comments: each write is one request that carries its marker.

use std::collections::HashMap;

use reqwest::Method;
use serde_json::{Map, Value, json};
use twinline_model::extra::STATUS;
use twinline_model::observed::{MARKER_PROPERTY, Marker, ObservedComment, ObservedIssue};
use twinline_model::text::clean_line;
use twinline_model::{CommentId, Document, IssueId, IssueKey, ProjectKey};

use super::answer::Answer;
use super::asked::{self, Demand, Refusal};
use super::json::{id, text};
use super::projects::segment;
use super::{JiraCloud, adf, extras, observe};
use crate::error::{NotApplied, ReadError, WriteError};
use crate::tracker::{CreatedIssue, IssueDraft, IssueEdit};

impl JiraCloud {
    pub(super) async fn write_issue(&self, draft: &IssueDraft) -> Result<CreatedIssue, WriteError> {
        let mut fields = Map::new();
        fields.insert("project".to_owned(), json!({ "key": draft.project }));
        fields.insert("summary".to_owned(), json!(adf::summary(&draft.summary)));
        // Nothing can be attached yet: the names of pictures stand in their places.
        if let Some(description) = description(&draft.description, &HashMap::new()) {
            fields.insert("description".to_owned(), description);
        }
        let kind = self.type_reference(&draft.project, &draft.issue_type, false).await?;
        fields.insert("issuetype".to_owned(), kind.clone());
        extras::write(&draft.extras, &mut fields);
        fields.extend(asked::chosen(draft));
        let properties = properties(&draft.marker);

        let mut result = self.post_issue(&fields, &properties).await;
        if let Err((_, refusal)) = &result
            && refusal.contains_key("issuetype")
        {
            // The type may have been replaced since we read it; nothing was created.
            let again = self.type_reference(&draft.project, &draft.issue_type, true).await?;
            if again != kind {
                fields.insert("issuetype".to_owned(), again);
                result = self.post_issue(&fields, &properties).await;
            }
        }
        let mut answer = self.or_demand(draft, &fields, result).await;
        // Each time at least one choice goes.
        while let Err(Demand::LeaveOut(choices)) = &answer
            && fields.keys().any(|field| choices.contains(field))
        {
            fields.retain(|field, _| !choices.contains(field));
            answer = self.or_demand(draft, &fields, self.post_issue(&fields, &properties).await).await;
        }
        let answer = answer.map_err(|demand| match demand {
            Demand::Stop(error) => error,
            Demand::LeaveOut(fields) => NotApplied::Refused(fields.join(", ")).into(),
        })?;
        let body = answer.json_of_write()?;
        match (id(&body["id"]), text(&body["key"])) {
            (Some(id), key) if !key.is_empty() => {
                let url = self.client.site.browse(&key);
                Ok(CreatedIssue { id: IssueId::new(id), key: IssueKey::new(key), url })
            }
            _ => Err(WriteError::Unknown("created, but the answer does not say what".to_owned())),
        }
    }

    /// The error says too what was refused of which field; nothing where it is not known to be a refusal.
    async fn post_issue(
        &self,
        fields: &Map<String, Value>,
        properties: &Value,
    ) -> Result<Answer, (WriteError, Refusal)> {
        let body = json!({ "fields": fields, "properties": properties });
        let request = self.client.request(Method::POST, "issue").json(&body);
        let mut refusal = Refusal::new();
        let result = self.client.write_seen(request, None, |answer| refusal = answer.errors()).await;
        result.map_err(|error| match &error {
            WriteError::NotApplied(NotApplied::Refused(_) | NotApplied::RequiredFields { .. }) => {
                (error, refusal)
            }
            _ => (error, Refusal::new()),
        })
    }

    /// What a create answered, or what it demands instead.
    async fn or_demand(
        &self,
        draft: &IssueDraft,
        fields: &Map<String, Value>,
        result: Result<Answer, (WriteError, Refusal)>,
    ) -> Result<Answer, Demand> {
        match result {
            Ok(answer) => Ok(answer),
            Err((error, refusal)) => {
                Err(self.demand(draft, &fields["issuetype"], fields, &refusal, error).await)
            }
        }
    }

    /// The type's id, or its name where the types cannot be read.
    async fn type_reference(
        &self,
        project: &ProjectKey,
        name: &str,
        fresh: bool,
    ) -> Result<Value, WriteError> {
        match self.type_id(project, name, fresh).await {
            Ok(Some(id)) => Ok(json!({ "id": id })),
            Ok(None)
            | Err(
                ReadError::Forbidden(_) | ReadError::NotFound | ReadError::Refused(_) | ReadError::Odd(_),
            ) => Ok(json!({ "name": name })),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn write_edit(
        &self,
        issue: &IssueId,
        edit: &IssueEdit,
    ) -> Result<ObservedIssue, WriteError> {
        if let Some(status) = edit.extras.get(STATUS) {
            return self.write_status(issue, &status.words()).await;
        }
        let user = self.client.user().await?;
        let path = segment(issue.as_str());
        let mut fields = Map::new();
        if let Some(summary) = &edit.summary {
            fields.insert("summary".to_owned(), json!(adf::summary(summary)));
        }
        let pictures = match &edit.description {
            Some(text) => self.media_ids(issue, text).await,
            None => HashMap::new(),
        };
        if let Some(text) = &edit.description {
            fields.insert("description".to_owned(), description(text, &pictures).unwrap_or_default());
        }
        extras::write(&edit.extras, &mut fields);
        if let Some(name) = &edit.issue_type {
            // A name may stand for several types of a site; the issue's project knows which. Rare enough for a read.
            let answer = self.client.get(&format!("issue/{path}?fields=project")).await?;
            let project = ProjectKey::new(text(&answer.json()?["fields"]["project"]["key"]));
            fields.insert("issuetype".to_owned(), self.type_reference(&project, name, false).await?);
        }
        let path = format!("issue/{path}?returnIssue=true&expand=changelog");
        let put = |fields: &Map<String, Value>| {
            self.client.request(Method::PUT, &path).json(&json!({ "fields": fields }))
        };
        let mut result = self.client.write(put(&fields), Some(issue.as_str())).await;
        if let (Some(text), true) = (&edit.description, without_pictures(&result, &pictures)) {
            fields.insert("description".to_owned(), description(text, &HashMap::new()).unwrap_or_default());
            result = self.client.write(put(&fields), Some(issue.as_str())).await;
        }
        let answer = result?;

        if let Ok(body) = answer.json()
            && observe::FIELDS.iter().all(|field| optional(field) || !body["fields"][field].is_null())
            && body["changelog"].is_object()
            && let Ok(found) = self.whole_issue(user, body, None).await
        {
            return Ok(found);
        }
        self.read_back(issue).await
    }

    /// A status is reached by a transition that leads there from where the issue stands, if the workflow has one.
    async fn write_status(&self, issue: &IssueId, status: &str) -> Result<ObservedIssue, WriteError> {
        let path = format!("issue/{}/transitions", segment(issue.as_str()));
        let answer = self.client.get(&path).await?;
        let offered = answer.json()?["transitions"].as_array().map_or(&[][..], Vec::as_slice);
        let leads_there = |transition: &&Value| {
            text(&transition["to"]["name"]).to_lowercase() == status.to_lowercase()
                && transition["isAvailable"] != false
        };
        let Some(transition) = offered.iter().find(leads_there).and_then(|found| id(&found["id"])) else {
            let others: Vec<String> = offered.iter().map(|found| text(&found["to"]["name"])).collect();
            let (status, others) = (clean_line(status, 100), clean_line(&others.join(", "), 300));
            return Err(NotApplied::Refused(format!(
                "No transition leads to the status {status} from here; there are: {others}"
            ))
            .into());
        };
        let body = json!({ "transition": { "id": transition } });
        self.client.write(self.client.request(Method::POST, &path).json(&body), Some(issue.as_str())).await?;
        self.read_back(issue).await
    }

    async fn read_back(&self, issue: &IssueId) -> Result<ObservedIssue, WriteError> {
        // Jira need not answer with everything (or with anything): then one exact read.
        match self.read_exactly(&[issue.as_str()], None).await {
            Ok(mut found) if !found.is_empty() => Ok(found.swap_remove(0)),
            Ok(_) => Err(WriteError::Unknown("edited, but the issue is not there any more".to_owned())),
            Err(error) => Err(WriteError::Unknown(format!("edited, but not read back: {error}"))),
        }
    }

    pub(super) async fn write_marker(&self, issue: &IssueId, marker: &Marker) -> Result<(), WriteError> {
        let path = format!("issue/{}/properties/{MARKER_PROPERTY}", segment(issue.as_str()));
        let request = self.client.request(Method::PUT, &path).json(marker);
        self.client.write(request, Some(issue.as_str())).await.map(drop)
    }

    pub(super) async fn write_comment(
        &self,
        issue: &IssueId,
        body: &Document,
        marker: &Marker,
    ) -> Result<ObservedComment, WriteError> {
        let user = self.client.user().await?;
        let path = format!("issue/{}/comment", segment(issue.as_str()));
        let properties = properties(marker);
        let pictures = self.media_ids(issue, body).await;
        let post = |pictures: &HashMap<String, String>| {
            let body = json!({ "body": adf::write_showing(body, pictures), "properties": properties });
            self.client.request(Method::POST, &path).json(&body)
        };
        let mut result = self.client.write(post(&pictures), Some(issue.as_str())).await;
        if without_pictures(&result, &pictures) {
            result = self.client.write(post(&HashMap::new()), Some(issue.as_str())).await;
        }
        let mut comment = self.comment(user, &result?)?;
        comment.marker = Some(marker.clone());
        Ok(comment)
    }

    pub(super) async fn rewrite_comment(
        &self,
        issue: &IssueId,
        comment_id: &CommentId,
        body: &Document,
    ) -> Result<ObservedComment, WriteError> {
        let user = self.client.user().await?;
        let path = format!("issue/{}/comment/{}", segment(issue.as_str()), segment(comment_id.as_str()));
        let pictures = self.media_ids(issue, body).await;
        let put = |pictures: &HashMap<String, String>| {
            let body = json!({ "body": adf::write_showing(body, pictures) });
            self.client.request(Method::PUT, &path).json(&body)
        };
        let mut result = self.client.write(put(&pictures), Some(issue.as_str())).await;
        if without_pictures(&result, &pictures) {
            result = self.client.write(put(&HashMap::new()), Some(issue.as_str())).await;
        }
        self.comment(user, &result?)
    }
}

impl JiraCloud {
    fn comment(&self, user: &str, answer: &Answer) -> Result<ObservedComment, WriteError> {
        observe::comment(user, &self.media.named(answer.json_of_write()?.clone()))
            .map_err(|error| WriteError::Unknown(format!("written, but its answer cannot be read: {error}")))
    }
}

/// Absent in an answer when there is none, or when the site has no such feature.
fn optional(field: &str) -> bool {
    matches!(field, "description" | "security" | "creator" | "attachment" | "priority" | "labels")
}

/// A text that shows pictures was refused, and nothing was written: it is tried with their names in their places.
fn without_pictures(result: &Result<Answer, WriteError>, pictures: &HashMap<String, String>) -> bool {
    !pictures.is_empty() && matches!(result, Err(WriteError::NotApplied(NotApplied::Refused(_))))
}

/// Jira takes no empty text: none at all stands for it.
fn description(document: &Document, pictures: &HashMap<String, String>) -> Option<Value> {
    let adf = adf::write_showing(document, pictures);
    let empty = adf["content"].as_array().is_none_or(Vec::is_empty);
    (!empty).then_some(adf)
}

fn properties(marker: &Marker) -> Value {
    json!([{ "key": MARKER_PROPERTY, "value": marker }])
}
