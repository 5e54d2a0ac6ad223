//! Fields that a project demands in new issues: named with what they allow, and written as chosen.

mod common;

use common::{jira, marker};
use practice_jira::{Options, Running, Site};
use serde_json::{Value, json};
use twinline_model::asked::{AskedField, AskedKind, ChosenField, FieldOption, FieldValue};
use twinline_model::{Document, ProjectKey};
use twinline_trackers::error::{NotApplied, WriteError};
use twinline_trackers::jira_cloud::JiraCloud;
use twinline_trackers::{IssueDraft, Tracker};

const SCREEN: &str = "GET /rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}";

struct Acme {
    site: Running,
    jira: JiraCloud,
}

impl Acme {
    async fn demanding(fields: Value) -> Self {
        let site = Site::start(Options { site: "acme".into(), ..Options::default() }).await.expect("a site");
        let acme = Self { jira: jira(&site.url, &site.email, &site.token, None), site };
        acme.demand(fields).await;
        acme
    }

    async fn demand(&self, fields: Value) {
        self.practice("PUT", "projects/SUP", json!({ "required": fields })).await;
    }

    async fn practice(&self, method: &str, path: &str, body: Value) -> Value {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let url = format!("{}/{path}", self.site.url);
        let url = if path.starts_with("rest/") { url } else { format!("{}/practice/{path}", self.site.url) };
        let request = client.request(method.parse().expect("a method"), url).json(&body);
        let request = request.basic_auth(&self.site.email, Some(&self.site.token));
        let answer = request.send().await.expect("an answer").text().await.expect("text");
        serde_json::from_str(&answer).unwrap_or_default()
    }

    /// How often the create screen was read.
    async fn screens(&self) -> u64 {
        self.practice("GET", "calls", Value::Null).await["calls"][SCREEN].as_u64().unwrap_or(0)
    }

    /// Creates an issue with these choices; its fields.
    async fn create(&self, chosen: Vec<ChosenField>) -> Result<Value, WriteError> {
        let draft = IssueDraft {
            project: ProjectKey::new("SUP"),
            issue_type: "Task".to_owned(),
            summary: "s".to_owned(),
            description: Document::default(),
            extras: Default::default(),
            marker: marker(),
            chosen,
        };
        let made = self.jira.create_issue(&draft).await?;
        let path = format!("rest/api/3/issue/{}", made.id.as_str());
        Ok(self.practice("GET", &path, Value::Null).await["fields"].clone())
    }
}

fn team(values: &[&str]) -> Value {
    json!([{"field": "customfield_10050", "name": "Team", "values": values}])
}

fn demanded(refused: Result<Value, WriteError>) -> Vec<AskedField> {
    match refused {
        Err(WriteError::NotApplied(NotApplied::RequiredFields { fields })) => fields,
        other => panic!("{other:?}"),
    }
}

fn choice(field: &AskedField, name: &str) -> ChosenField {
    let option = field.options.iter().find(|o| o.name == name).expect("offered").clone();
    ChosenField { field: field.id.clone(), value: FieldValue::Option(option) }
}

#[tokio::test]
async fn j11_f56_a_required_field_is_named() {
    let acme = Acme::demanding(team(&["Red", "Blue"])).await;
    let option = |id: &str, name: &str| FieldOption { id: id.to_owned(), name: name.to_owned() };
    let team = AskedField {
        id: "customfield_10050".to_owned(),
        name: "Team".to_owned(),
        kind: AskedKind::Option,
        options: vec![option("10100", "Red"), option("10101", "Blue")],
    };
    assert_eq!(demanded(acme.create(vec![]).await), std::slice::from_ref(&team));

    // It is there with what was chosen.
    let fields = acme.create(vec![choice(&team, "Blue")]).await.expect("created");
    assert_eq!(fields["customfield_10050"]["value"], "Blue");
}

/// Without the screen nobody can choose: the create is tried again by itself.
#[tokio::test]
async fn j11_f56_a_screen_that_cannot_be_read_now_is_waited_for() {
    let acme = Acme::demanding(team(&["Red"])).await;
    let fault = json!({ "value": 503, "operation": "GET /issue/createmeta/{}/issuetypes/{}", "times": 9 });
    acme.practice("PUT", "faults", json!({ "fail_before_effect": fault })).await;
    let refused = acme.create(vec![]).await;
    assert!(matches!(refused, Err(WriteError::NotApplied(NotApplied::NotSent(_)))), "{refused:?}");
    acme.practice("PUT", "faults", json!({})).await;
    assert_eq!(demanded(acme.create(vec![]).await)[0].kind, AskedKind::Option);
}

/// The screen is read after a refusal alone, and once for a row of them.
#[tokio::test]
async fn j11_f56_no_question_while_creates_are_taken() {
    let acme = Acme::demanding(json!([])).await;
    acme.create(vec![]).await.expect("created");
    assert_eq!(acme.screens().await, 0);
    acme.demand(team(&["Red"])).await;
    let asked = demanded(acme.create(vec![]).await);
    for _ in 0..5 {
        demanded(acme.create(vec![]).await);
    }
    assert_eq!(acme.screens().await, 1);
    acme.create(vec![choice(&asked[0], "Red")]).await.expect("created");
    assert_eq!(acme.screens().await, 1);
}

#[tokio::test]
async fn j11_f56_every_kind_that_can_be_chosen_is_written() {
    let field = |n: u32, kind: &str| json!({"field": format!("customfield_{n}"), "name": kind, "kind": kind});
    let mut some = field(1, "multiselect");
    some["values"] = json!(["A", "B", "C"]);
    let filled = json!({"field": "customfield_7", "name": "Filled", "default": true});
    let acme = Acme::demanding(json!([
        some,
        field(2, "textfield"),
        field(3, "textarea"),
        field(4, "float"),
        field(5, "datepicker"),
        filled
    ]))
    .await;
    let asked = demanded(acme.create(vec![]).await);
    let kinds: Vec<_> = asked.iter().map(|f| f.kind).collect();
    let [options, line, text] = [AskedKind::Options, AskedKind::Line, AskedKind::Text];
    assert_eq!(
        kinds,
        [options, line, text, AskedKind::Number, AskedKind::Date],
        "what has a default is not asked for"
    );
    let values = [
        FieldValue::Options(asked[0].options[1..].to_vec()),
        FieldValue::Line("one line".to_owned()),
        FieldValue::Text("many\nlines".to_owned()),
        FieldValue::Number("2.5".to_owned()),
        FieldValue::Date("2026-12-31".to_owned()),
    ];
    let chosen = asked.iter().zip(values).map(|(f, value)| ChosenField { field: f.id.clone(), value });
    let fields = acme.create(chosen.collect()).await.expect("created");
    let some: Vec<_> =
        fields["customfield_1"].as_array().expect("a list").iter().map(|v| &v["value"]).collect();
    assert_eq!(some, ["B", "C"]);
    assert_eq!(fields["customfield_2"], "one line");
    assert_eq!(fields["customfield_3"]["type"], "doc");
    assert_eq!((&fields["customfield_4"], &fields["customfield_5"]), (&json!(2.5), &json!("2026-12-31")));
}

/// A person is wanted: that is named, and nothing can be chosen here.
#[tokio::test]
async fn j11_f56_what_cannot_be_chosen_is_named() {
    let person = json!({"field": "customfield_9", "name": "Sponsor", "kind": "userpicker"});
    let acme = Acme::demanding(json!([person])).await;
    let asked = demanded(acme.create(vec![]).await);
    assert_eq!((asked[0].name.as_str(), asked[0].kind), ("Sponsor", AskedKind::Other));
}

/// Jira's admin took the chosen option away: what it allows now is told.
#[tokio::test]
async fn j11_f56_an_option_that_is_gone_is_asked_for_anew() {
    let acme = Acme::demanding(team(&["Red", "Blue"])).await;
    let red = choice(&demanded(acme.create(vec![]).await)[0], "Red");
    acme.create(vec![red.clone()]).await.expect("created");
    acme.demand(team(&["Blue", "Green"])).await;
    let refused = acme.create(vec![red]).await;
    let Err(WriteError::NotApplied(NotApplied::ChoiceRefused { fields, words })) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(words, "Option id '10100' is not valid");
    let names: Vec<_> = fields[0].options.iter().map(|o| o.name.as_str()).collect();
    assert_eq!(names, ["Blue", "Green"]);
    acme.create(vec![choice(&fields[0], "Green")]).await.expect("created");
}

/// A choice for a field that is not there any more stands in nobody's way.
#[tokio::test]
async fn j11_f56_a_choice_that_nobody_needs_is_left_out() {
    let acme = Acme::demanding(team(&["Red"])).await;
    let red = choice(&demanded(acme.create(vec![]).await)[0], "Red");
    acme.demand(json!([])).await;
    let fields = acme.create(vec![red.clone()]).await.expect("created");
    assert!(fields["customfield_10050"].is_null());
    // Another one is demanded instead: that is what is asked for.
    acme.demand(json!([{"field": "customfield_2", "name": "Area", "kind": "textfield"}])).await;
    let asked = demanded(acme.create(vec![red]).await);
    assert_eq!(asked.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["Area"]);
}

/// A choice cannot change what is synced.
#[tokio::test]
async fn j11_f56_a_choice_never_touches_what_is_synced() {
    let acme = Acme::demanding(json!([])).await;
    let line = |field: &str| ChosenField { field: field.to_owned(), value: FieldValue::Line("x".to_owned()) };
    let fields = acme.create(["summary", "project", "issuetype"].map(line).to_vec()).await.expect("created");
    assert_eq!((&fields["summary"], &fields["issuetype"]["name"]), (&json!("s"), &json!("Task")));
}

#[tokio::test]
async fn j11_f56_three_hundred_options_are_all_offered() {
    let names: Vec<String> = (0..300).map(|n| format!("Customer {n:03}")).collect();
    let acme = Acme::demanding(team(&names.iter().map(String::as_str).collect::<Vec<_>>())).await;
    let asked = demanded(acme.create(vec![]).await);
    assert_eq!(
        asked[0].options.iter().map(|o| &o.name).collect::<Vec<_>>(),
        names.iter().collect::<Vec<_>>()
    );
    let fields = acme.create(vec![choice(&asked[0], "Customer 299")]).await.expect("created");
    assert_eq!(fields["customfield_10050"]["value"], "Customer 299");
}
