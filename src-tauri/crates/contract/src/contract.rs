//! Exchanges against the description.

use std::fmt;

use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

use crate::operation::Operation;
use crate::schema::{BASE, Side, components};
use crate::{Description, Error, Exceptions, Exchange};

/// How our adapter calls itself.
const ADAPTER: &str = "Twinline";

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// Something that is not as the description says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The operation of the description, or method and path where there is none.
    pub operation: String,
    /// `request` or `answer`.
    pub side: &'static str,
    /// Where in the body or the query, as a JSON pointer; empty for the whole.
    pub place: String,
    /// What was broken: `User/properties/active/type` (a keyword below `components/schemas`), or one of `operation`,
    /// `type`, `status/NUMBER`; where the schema stands in the operation itself: `query/...`, `request/...`,
    /// `answer/...`.
    pub rule: String,
    /// What is wrong, as the library says it.
    pub said: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, side, place, rule, said } = self;
        write!(f, "{operation}: {side} {place}: {said} [{rule}]")
    }
}

/// A description that exchanges can be held against.
pub struct Contract {
    operations: Vec<Operation>,
    /// What a failure says where no body is described for it.
    failure: Validator,
}

impl fmt::Debug for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contract").field("operations", &self.operations.len()).finish_non_exhaustive()
    }
}

impl Contract {
    /// Prepares the validators.
    pub fn new(description: &Description, exceptions: &Exceptions) -> Result<Self, Error> {
        let wrong = |what: String| Error::Content(description.source.clone(), what);
        let document = exceptions.repaired(&description.document).map_err(wrong)?;
        let registry = |side| {
            let resource = components(&document, side);
            let ready = Registry::new().add(BASE, resource).and_then(|registry| registry.prepare());
            ready.map_err(|error| wrong(error.to_string()))
        };
        let (requests, answers) = (registry(Side::Request)?, registry(Side::Answer)?);
        let make = |schema: &Value, side: Side| {
            let registry = if side == Side::Request { &requests } else { &answers };
            let mut options = jsonschema::options()
                .with_draft(jsonschema::Draft::Draft202012)
                .with_registry(registry)
                .should_validate_formats(true);
            for format in exceptions.formats.iter().cloned() {
                let written = format.written;
                options = options.with_format(format.format, move |text: &str| {
                    jiff::fmt::strtime::parse(&written, text).is_ok()
                });
            }
            options.build(schema).map_err(|error| error.to_string())
        };
        let mut operations = Vec::new();
        for (path, methods) in document["paths"].as_object().into_iter().flatten() {
            for method in METHODS.iter().filter(|method| methods[**method].is_object()) {
                let made = Operation::new(&method.to_uppercase(), path, &methods[*method], &make);
                operations.push(made.map_err(|what| wrong(format!("{method} {path}: {what}")))?);
            }
        }
        let failure =
            make(&json!({"$ref": format!("{BASE}#/components/schemas/ErrorCollection")}), Side::Answer);
        Ok(Self { operations, failure: failure.map_err(wrong)? })
    }

    /// Everything about this exchange that is not as the description says.
    ///
    /// A path of version 2 is held against version 3: the two differ in what texts look like, of which the schemas of
    /// both say nothing.
    pub fn check(&self, exchange: &Exchange) -> Vec<Violation> {
        let ours = exchange.by == ADAPTER;
        if exchange.operation.is_none() && !ours {
            return Vec::new();
        }
        let path = exchange.path.replacen("/rest/api/2/", "/rest/api/3/", 1);
        let fitting = self.operations.iter().filter_map(|o| Some((o.fits(&exchange.method, &path)?, o)));
        let Some((_, operation)) = fitting.max_by_key(|(names, _)| *names) else {
            let operation = match &exchange.operation {
                Some(operation) => operation.replacen("/rest/api/2/", "/rest/api/3/", 1),
                None => format!("{} {path}", exchange.method),
            };
            let said = "the description has no such operation".to_owned();
            let side = if ours { "request" } else { "answer" };
            return vec![Violation {
                operation,
                side,
                place: String::new(),
                rule: "operation".to_owned(),
                said,
            }];
        };
        let mut found = Vec::new();
        if ours {
            check_request(operation, exchange, &mut found);
        }
        if !exchange.spoiled {
            self.check_answer(operation, exchange, &mut found);
        }
        found
    }

    fn check_answer(&self, operation: &Operation, exchange: &Exchange, found: &mut Vec<Violation>) {
        let mut told = |rule: String, said: String| {
            let operation = operation.name.clone();
            found.push(Violation { operation, side: "answer", place: String::new(), rule, said });
        };
        let status = exchange.status;
        let described = operation.answers.get(&status);
        if described.is_none() {
            told(format!("status/{status}"), format!("the status {status} is not described"));
        }
        let validator = match described {
            Some(Some(_)) if status == 204 => None,
            Some(Some(validator)) => Some(validator),
            _ if status >= 400 => Some(&self.failure),
            _ => None,
        };
        let Some(validator) = validator else { return };
        match &exchange.answer {
            Some(answer) => validate(operation, "answer", "answer", validator, answer, found),
            None => told("type".to_owned(), format!("not JSON, but {:?}", exchange.answer_type)),
        }
    }
}

fn check_request(operation: &Operation, exchange: &Exchange, found: &mut Vec<Violation>) {
    let query = operation.query_of(&exchange.query);
    validate(operation, "request", "query", &operation.query, &query, found);
    let kind = exchange.request_type.as_deref().and_then(|kind| kind.split(';').next()).map(str::trim);
    let mut told = |said: String| {
        let (operation, rule) = (operation.name.clone(), "type".to_owned());
        found.push(Violation { operation, side: "request", place: String::new(), rule, said });
    };
    match (kind.map(|kind| (kind, operation.requests.get(kind))), &exchange.request) {
        (None, _) if operation.requests.is_empty() => {}
        (None, _) => told("there is no body".to_owned()),
        (Some((kind, None)), _) => told(format!("a body of type {kind} is not described")),
        (Some((_, Some(None))), _) => {}
        (Some((_, Some(Some(_)))), None) => told("the body is not JSON".to_owned()),
        (Some((_, Some(Some(validator)))), Some(body)) => {
            validate(operation, "request", "request", validator, body, found);
        }
    }
}

fn validate(
    operation: &Operation,
    side: &'static str,
    what: &str,
    validator: &Validator,
    value: &Value,
    found: &mut Vec<Violation>,
) {
    for error in validator.iter_errors(value) {
        let said: String = error.to_string().chars().take(300).collect();
        found.push(Violation {
            operation: operation.name.clone(),
            side,
            place: error.instance_path().to_string(),
            rule: rule(what, &error),
            said,
        });
    }
}

/// The keyword, below the component whose it is.
fn rule(what: &str, error: &jsonschema::ValidationError<'_>) -> String {
    let absolute = error.absolute_keyword_location().map(ToString::to_string).unwrap_or_default();
    match absolute.split_once("#/components/schemas/") {
        Some((_, below)) => below.to_owned(),
        None => format!("{what}{}", error.schema_path()),
    }
}
