//! Every request that Twinline's adapter makes, held against the description.
#![allow(missing_docs)]

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use practice_jira::{Options, Running, Site};
use secrecy::SecretString;
use serde_json::json;
use twinline_contract::{Description, Exceptions, Report, read_folder};
use twinline_model::asked::{AskedKind, ChosenField, FieldValue};
use twinline_model::extra::{Extra, Extras, LABELS, PRIORITY, STATUS};
use twinline_model::observed::Marker;
use twinline_model::{ConnectionId, Document, IssueId, IssueKey, NodeId, Origin, ProjectKey};
use twinline_trackers::error::{NotApplied, WriteError};
use twinline_trackers::jira_cloud::{JiraCloud, sign_in};
use twinline_trackers::{ChangeQuery, IssueDraft, IssueEdit, Tracker, UploadFile};

/// Every operation of the adapter, below `/rest/api/3`.
const ASKED: [&str; 29] = [
    "DELETE /attachment/{id}",
    "GET /attachment/content/{id}",
    "GET /attachment/meta",
    "GET /issue/createmeta/{projectIdOrKey}/issuetypes",
    "GET /issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}",
    "GET /issue/{issueIdOrKey}",
    "GET /issue/{issueIdOrKey}/changelog",
    "GET /issue/{issueIdOrKey}/comment",
    "GET /issue/{issueIdOrKey}/transitions",
    "GET /issuetypescheme/project",
    "GET /jql/autocompletedata",
    "GET /jql/autocompletedata/suggestions",
    "GET /myself",
    "GET /project/search",
    "GET /project/{projectIdOrKey}",
    "GET /serverInfo",
    "POST /comment/list",
    "POST /issue",
    "POST /issue/bulkfetch",
    "POST /issue/{issueIdOrKey}/attachments",
    "POST /issue/{issueIdOrKey}/comment",
    "POST /issue/{issueIdOrKey}/transitions",
    "POST /jql/parse",
    "POST /permissions/check",
    "POST /search/approximate-count",
    "POST /search/jql",
    "PUT /issue/{issueIdOrKey}",
    "PUT /issue/{issueIdOrKey}/comment/{id}",
    "PUT /issue/{issueIdOrKey}/properties/{propertyKey}",
];

fn marker() -> Marker {
    let origin = Origin::of_issue(&NodeId::new("n"), "globex.atlassian.net", &IssueId::new("7"));
    Marker { v: 1, connection: ConnectionId::new("c"), origin, attempt: 0, mac: "00ff".to_owned() }
}

fn extras(values: &[(&str, Extra)]) -> Extras {
    values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn draft(summary: &str, description: &str) -> IssueDraft {
    IssueDraft {
        project: ProjectKey::new("SUP"),
        issue_type: "Task".to_owned(),
        summary: summary.to_owned(),
        description: Document::plain(description),
        extras: Default::default(),
        marker: marker(),
        chosen: Vec::new(),
    }
}

async fn signed_in(site: &Running) -> JiraCloud {
    let token = || SecretString::from(site.token.clone());
    let (found, identity) = sign_in(&site.url, &site.email, token()).await.expect("signed in");
    JiraCloud::new(found, &site.email, token(), Some(identity.user)).expect("a client")
}

/// Reads all changes; whether they were more than come in one answer.
async fn all_changes(jira: &JiraCloud, since_ms: Option<i64>) -> bool {
    let query = ChangeQuery { projects: vec![ProjectKey::new("SUP")], since_ms };
    let more = jira.newest_changes(&query).await.expect("changes").more;
    let ids = jira.changed_ids(&query).await.expect("ids");
    jira.changed_issues(&ids, since_ms).await.expect("issues");
    more
}

/// One call of each method of the trait, and the second page where there is one.
async fn everything(jira: &JiraCloud) {
    jira.identity().await.expect("who");
    jira.projects().await.expect("projects");
    let project = ProjectKey::new("SUP");
    jira.current_key(&project).await.expect("a key");
    jira.issue_types(&project).await.expect("types");
    jira.clock_ms().await.expect("a clock");
    jira.upload_limit().await.expect("a limit");
    let made = jira.create_issue(&draft("First", "text")).await.expect("created");
    for n in 0..105 {
        jira.create_issue(&draft(&format!("Number {n}"), "")).await.expect("created");
    }
    jira.highest_number(&project).await.expect("a number");
    jira.count(&project, None).await.expect("a count");
    jira.count(&project, Some("labels = x")).await.expect("a count");
    assert_eq!(jira.filter_errors("issuetype = Bug").await.expect("parsed"), Vec::<String>::new());
    let errors = jira.filter_errors("issuetype = ").await.expect("parsed");
    assert!(errors.len() == 1 && errors[0].contains("Expecting"), "{errors:?}");
    let found = jira.found(&project, Some("issuetype = Task ORDER BY created")).await.expect("found");
    let newest: Vec<IssueId> = found.iter().take(3).map(|issue| issue.id.clone()).collect();
    let lines = jira.headlines(&newest).await.expect("headlines");
    let shown: Vec<_> = lines.iter().map(|line| (line.key.as_str(), line.summary.as_str())).collect();
    assert_eq!(found.len(), 106, "the newest key first, whatever order the filter has");
    assert_eq!(shown, [("SUP-106", "Number 104"), ("SUP-105", "Number 103"), ("SUP-104", "Number 102")]);
    let words = jira.filter_words().await.expect("words");
    assert!(words.fields.iter().any(|field| field.name == "status" && field.values), "{words:?}");
    assert!(words.functions.contains(&"currentUser()".to_owned()));
    let values = jira.filter_values("status", "in p").await.expect("values");
    let shown: Vec<_> = values.iter().map(|one| (one.value.as_str(), one.label.as_str())).collect();
    assert_eq!(shown, [("In Progress", "In Progress")], "without quotes and marks");
    for since_ms in [None, Some(0)] {
        assert!(all_changes(jira, since_ms).await, "more than come at once");
    }
    let edit = IssueEdit {
        summary: Some("Second".to_owned()),
        description: Some(Document::plain("")),
        issue_type: Some("Bug".to_owned()),
        extras: extras(&[
            (LABELS, Extra::Texts(["hot".to_owned()].into())),
            (PRIORITY, Extra::Text("Low".to_owned())),
        ]),
    };
    jira.edit_issue(&made.id, &edit).await.expect("edited");
    let done = extras(&[(STATUS, Extra::Text("Done".to_owned()))]);
    let moved = IssueEdit { extras: done.clone(), ..IssueEdit::default() };
    assert_eq!(jira.edit_issue(&made.id, &moved).await.expect("moved").extras[STATUS], done[STATUS]);
    // So many entries that the history does not come with the issue, nor the comments.
    for n in 0..45 {
        let edit = IssueEdit { summary: Some(format!("Again {n}")), ..IssueEdit::default() };
        jira.edit_issue(&made.id, &edit).await.expect("edited");
    }
    jira.mark_issue(&made.id, &marker()).await.expect("marked");
    let comment = jira.add_comment(&made.id, &Document::plain("a"), &marker()).await.expect("commented");
    for n in 0..25 {
        jira.add_comment(&made.id, &Document::plain(&format!("b {n}")), &marker()).await.expect("commented");
    }
    jira.edit_comment(&made.id, &comment.id, &Document::plain("c")).await.expect("edited");
    jira.comments_with_markers(&made.id).await.expect("comments");
    let file = |bytes: &'static [u8]| UploadFile {
        file_name: "a.txt".to_owned(),
        mime: "text/plain".to_owned(),
        size: bytes.len() as u64,
        bytes: stream::iter([Ok(Bytes::from_static(bytes))]).boxed(),
    };
    let attachment = jira.upload(&made.id, file(b"bytes")).await.expect("uploaded");
    for offset in [0, 2] {
        let bytes: Vec<Bytes> = jira
            .download(&attachment.id, offset)
            .await
            .expect("a stream")
            .try_collect()
            .await
            .expect("bytes");
        assert!(!bytes.is_empty());
    }
    jira.delete_attachment(&attachment.id).await.expect("deleted");
    let ids = [made.id.clone(), IssueId::new("424242")];
    jira.matching(&ids, "project = SUP").await.expect("matches");
    jira.issues_by_id(&ids).await.expect("issues");
    jira.issues_by_key(&[made.key.clone(), IssueKey::new("SUP-424242")]).await.expect("issues");
    // By now with a long history and many comments.
    all_changes(jira, Some(0)).await;
}

/// A create that is refused for a field, and taken with a value for it.
async fn demanded(site: &Running, jira: &JiraCloud, kind: &str) {
    let values = if kind.ends_with("select") { json!(["A", "B"]) } else { json!([]) };
    // One field alone: another kind takes the place of the one before.
    let field =
        json!({"project": "SUP", "field": "customfield_10050", "name": kind, "kind": kind, "values": values});
    site.set_faults(&json!({ "required_field": field })).expect("a deed");
    let refused = jira.create_issue(&IssueDraft { issue_type: kind_of_issue(kind), ..draft(kind, "") }).await;
    let Err(WriteError::NotApplied(NotApplied::RequiredFields { fields })) = refused else {
        panic!("{kind}: {refused:?}");
    };
    let value = match fields[0].kind {
        AskedKind::Option => FieldValue::Option(fields[0].options[1].clone()),
        AskedKind::Options => FieldValue::Options(fields[0].options.clone()),
        AskedKind::Text => FieldValue::Text("text".to_owned()),
        AskedKind::Number => FieldValue::Number("2.5".to_owned()),
        other => panic!("{kind}: {other:?}"),
    };
    let chosen = vec![ChosenField { field: fields[0].id.clone(), value }];
    let draft = IssueDraft { chosen, issue_type: kind_of_issue(kind), ..draft(kind, "") };
    jira.create_issue(&draft).await.expect("created");
}

/// A create screen is kept for a moment: each kind has one of its own.
fn kind_of_issue(kind: &str) -> String {
    let issue = match kind {
        "select" => "Task",
        "multiselect" => "Bug",
        "textarea" => "Improvement",
        _ => "Epic",
    };
    issue.to_owned()
}

#[tokio::test]
async fn every_request_of_the_adapter_is_as_atlassian_describes_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let site = Site::start(Options {
        site: "acme".into(),
        record: Some(folder.path().to_owned()),
        ..Options::default()
    });
    let site = site.await.expect("starts");
    let jira = signed_in(&site).await;
    everything(&jira).await;
    for kind in ["select", "multiselect", "textarea", "float"] {
        demanded(&site, &jira, kind).await;
    }

    let description = Description::best().expect("a description");
    let exceptions = Exceptions::of_this_house().expect("exceptions");
    let exchanges = read_folder(folder.path()).expect("a recording");
    let report = Report::of(&description, &exceptions, &exchanges).expect("a report");
    println!("{report}");
    assert!(report.violations.is_empty(), "{report}");
    assert_eq!(report.ours, report.exchanges, "nobody else asked");
    // What the adapter calls at all: a new operation has to be driven here as well, and stand here.
    let seen: Vec<String> =
        report.seen.iter().map(|operation| operation.replace("/rest/api/3", "")).collect();
    assert_eq!(seen, ASKED);
}
