//! Why rules cannot be compiled or broke off, told so that a person finds the place.

use rhai::{Dynamic, EvalAltResult, LexError, ParseError, ParseErrorType, Position};
use serde::{Deserialize, Serialize};

use crate::limits::{MAX_DETAIL, MAX_FUNCTIONS, MAX_NESTING, MAX_NESTING_IN_FUNCTION};

/// Why rules cannot be compiled or broke off. Line and column count from 1; 0: nobody knows where.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, Serialize, Deserialize)]
#[error("{kind:?} at line {line}, column {column}: {detail}")]
pub struct Fault {
    /// The line.
    pub line: u32,
    /// The character in the line.
    pub column: u32,
    /// What kind of fault.
    pub kind: FaultKind,
    /// More, in the language's own words: one line, at most 300 characters, and never more of an issue than a name. Of
    /// [`FaultKind::Thrown`] it is the sentence that the rules gave.
    pub detail: String,
}

/// Kinds of fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The text is not in the language.
    Syntax,
    /// A name or function that does not exist.
    Unknown,
    /// A value of another kind than is needed.
    Kind,
    /// It takes too long.
    Steps,
    /// It makes something too large, or too much.
    Size,
    /// It nests too deep.
    Depth,
    /// The rules stop this issue themselves (`throw`).
    Thrown,
    /// A new issue has no summary, or no type.
    Missing,
    /// Something else went wrong.
    Failed,
}

/// A fault that one of our functions found: its kind and detail, on the way through the language.
#[derive(Clone)]
pub(crate) struct Told(pub(crate) FaultKind, pub(crate) String);

/// The rules said that the issue stays here.
#[derive(Clone)]
pub(crate) struct KeptHome;

/// A failure of one of our functions.
pub(crate) fn told<T>(kind: FaultKind, detail: impl Into<String>) -> Result<T, Box<EvalAltResult>> {
    Err(EvalAltResult::ErrorRuntime(Dynamic::from(Told(kind, detail.into())), Position::NONE).into())
}

impl Fault {
    pub(crate) fn nowhere(kind: FaultKind, detail: &str) -> Self {
        Self::at(kind, detail, Position::NONE)
    }

    pub(crate) fn at(kind: FaultKind, detail: &str, position: Position) -> Self {
        let place = |number: Option<usize>| number.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        Self {
            line: place(position.line()),
            column: place(position.position().or(position.line().map(|_| 1))),
            kind,
            detail: one_line(detail),
        }
    }

    /// Why a text could not be compiled.
    pub(crate) fn of_text(error: &ParseError) -> Self {
        let error_type = error.err_type();
        let detail = match error_type {
            ParseErrorType::VariableUndefined(name) => name.clone(),
            ParseErrorType::TooManyFunctions => format!("{MAX_FUNCTIONS} functions"),
            ParseErrorType::LiteralTooLarge(what, _) => size_of(what),
            ParseErrorType::ExprTooDeep => {
                format!("{MAX_NESTING} levels, in a function {MAX_NESTING_IN_FUNCTION}")
            }
            other => other.to_string(),
        };
        Self::at(kind_of_text(error_type), &detail, error.position())
    }

    /// Why a run broke off; `known`: whether there is a function or a field of this name.
    pub(crate) fn of_run(error: &EvalAltResult, known: &dyn Fn(&str) -> bool) -> Self {
        let inner = error.unwrap_inner();
        let position = if inner.position().is_none() { error.position() } else { inner.position() };
        let (kind, detail) = of_run(inner, known);
        Self::at(kind, &detail, position)
    }
}

fn kind_of_text(error: &ParseErrorType) -> FaultKind {
    match error {
        ParseErrorType::VariableUndefined(_) | ParseErrorType::ModuleUndefined(_) => FaultKind::Unknown,
        ParseErrorType::ExprTooDeep => FaultKind::Depth,
        ParseErrorType::TooManyFunctions
        | ParseErrorType::LiteralTooLarge(..)
        | ParseErrorType::BadInput(LexError::StringTooLong(_)) => FaultKind::Size,
        ParseErrorType::MismatchedType(..) | ParseErrorType::AssignmentToConstant(_) => FaultKind::Kind,
        _ => FaultKind::Syntax,
    }
}

fn of_run(error: &EvalAltResult, known: &dyn Fn(&str) -> bool) -> (FaultKind, String) {
    use EvalAltResult as E;
    let (kind, detail) = match error {
        E::ErrorParsing(parsing, _) => (kind_of_text(parsing), parsing.to_string()),
        E::ErrorVariableNotFound(name, _)
        | E::ErrorPropertyNotFound(name, _)
        | E::ErrorModuleNotFound(name, _)
        | E::ErrorForbiddenVariable(name, _) => (FaultKind::Unknown, name.clone()),
        E::ErrorFunctionNotFound(call, _) => {
            let call = readable(call);
            let name = call.split([' ', '(']).next().unwrap_or_default();
            (if known(name) { FaultKind::Kind } else { FaultKind::Unknown }, call)
        }
        E::ErrorDotExpr(what, _) => {
            // As `Unknown property 'x' - a setter is not registered for type 'issue'`.
            let mut quoted = what.split('\'').skip(1).step_by(2);
            let (name, of) = (quoted.next().unwrap_or_default(), quoted.next().unwrap_or_default());
            let kind = if known(name) { FaultKind::Kind } else { FaultKind::Unknown };
            let of = if of == "()" { "nothing" } else { of };
            let assigned = if what.contains("a setter is") { " that can be assigned" } else { "" };
            (kind, format!("{of} has no {name}{assigned}"))
        }
        E::ErrorMismatchDataType(wanted, found, _) | E::ErrorMismatchOutputType(wanted, found, _) => {
            (FaultKind::Kind, format!("{wanted} is needed here, not {found}"))
        }
        E::ErrorIndexingType(what, _) => (FaultKind::Kind, format!("{} has no [ ]", readable(what))),
        E::ErrorFor(_) => (FaultKind::Kind, "only a list can be gone through".to_owned()),
        E::ErrorAssignmentToConstant(name, _) => (FaultKind::Kind, format!("{name} cannot be changed")),
        E::ErrorNonPureMethodCallOnConstant(name, _) => {
            (FaultKind::Kind, format!("{name} would change what cannot be changed"))
        }
        E::ErrorTooManyOperations(_) | E::ErrorTerminated(..) => {
            (FaultKind::Steps, format!("{} steps", crate::limits::MAX_STEPS))
        }
        E::ErrorTooManyVariables(_) => {
            (FaultKind::Size, format!("{} variables", crate::limits::MAX_VARIABLES))
        }
        E::ErrorDataTooLarge(what, _) => (FaultKind::Size, size_of(what)),
        E::ErrorStackOverflow(_) => (FaultKind::Depth, format!("{} calls", crate::limits::MAX_CALLS)),
        E::ErrorRuntime(value, _) => of_thrown(value),
        E::ErrorArithmetic(what, _) => (FaultKind::Failed, what.clone()),
        E::ErrorArrayBounds(count, at, _) => (FaultKind::Failed, format!("no value {at} among {count}")),
        E::ErrorStringBounds(count, at, _) => (FaultKind::Failed, format!("no character {at} among {count}")),
        // Not the error's own words: they may carry a value.
        _ => (FaultKind::Failed, "this cannot be done".to_owned()),
    };
    (kind, detail)
}

/// What of the limits was reached.
fn size_of(what: &str) -> String {
    use crate::limits::{MAX_ARRAY, MAX_BYTES, MAX_MAP, MAX_TEXT};
    match what {
        "memory" => format!("memory of {MAX_BYTES} bytes"),
        "text" | "Length of string" => format!("a text of {MAX_TEXT} bytes"),
        "Size of object map" => format!("a map of {MAX_MAP} entries"),
        _ => format!("an array of {MAX_ARRAY} values; list() takes more"),
    }
}

fn of_thrown(value: &Dynamic) -> (FaultKind, String) {
    if let Some(Told(kind, detail)) = value.clone().try_cast::<Told>() {
        return (kind, detail);
    }
    let sentence = match value.as_immutable_string_ref() {
        Ok(text) => text.to_string(),
        Err(_) if value.is_unit() => String::new(),
        Err(_) => value.as_int().map_or_else(|_| value.type_name().to_owned(), |number| number.to_string()),
    };
    (FaultKind::Thrown, sentence)
}

/// A call's signature without the language's inner names: `set$summary` is `summary =`.
fn readable(call: &str) -> String {
    let names = [("get$", ""), ("set$", ""), ("index$", "[ ] "), ("&str | ImmutableString | String", "text")];
    let kinds = [("i64", "number"), ("bool", "true or false"), ("char", "letter"), ("Fn", "function")];
    names.iter().chain(&kinds).fold(call.to_owned(), |call, (from, to)| call.replace(from, to))
}

/// One line of at most [`MAX_DETAIL`] characters, without what a terminal would obey.
fn one_line(text: &str) -> String {
    let flat = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut line: String = flat.clone().take(MAX_DETAIL).collect();
    if flat.count() > MAX_DETAIL {
        line.pop();
        line.push('…');
    }
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_is_one_short_line() {
        let fault = Fault::nowhere(FaultKind::Thrown, &format!("a\nb\u{1b}[31m{}", "x".repeat(1_000)));
        assert_eq!(fault.detail.chars().count(), MAX_DETAIL);
        assert!(fault.detail.starts_with("a b [31mxx") && fault.detail.ends_with("x…"), "{}", fault.detail);
    }

    #[test]
    fn a_place_counts_from_one() {
        let fault = Fault::at(FaultKind::Syntax, "", Position::new(3, 7));
        assert_eq!((fault.line, fault.column), (3, 7));
        let fault = Fault::nowhere(FaultKind::Syntax, "");
        assert_eq!((fault.line, fault.column), (0, 0));
    }
}
