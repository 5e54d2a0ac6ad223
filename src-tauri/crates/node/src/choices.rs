//! Values for fields that our tracker demands in new issues: a person chooses once, for all synced issues or for one, and
//! what waited goes on.

use twinline_model::asked::{AskedField, AskedKind, ChosenField, FieldOption, FieldValue};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::text::clean_line;
use twinline_model::view::{ChoiceScope, FieldChoice, FieldView};
use twinline_model::{ConnectionId, PairId};
use twinline_store::{ProblemRow, StoreError, Tx};

use crate::node::Node;
use crate::words::say;

/// One line, in characters; trackers take less, and say so.
const LONGEST_LINE: usize = 1_000;
/// A text, in characters: below every tracker's limit.
const LONGEST_TEXT: usize = 30_000;
/// So many options stand in a sentence.
const IN_A_SENTENCE: usize = 20;

/// What a problem asks for.
struct Question {
    connection: ConnectionId,
    pair: Option<PairId>,
    issue_type: String,
    fields: Vec<AskedField>,
    chosen: Vec<ChosenField>,
}

impl Node {
    /// The fields that a problem asks for, each with what it allows and what is chosen for it now.
    pub async fn problem_fields(&self, id: &str) -> Result<Vec<FieldView>, Trouble> {
        let (_, question) = self.question(id).await?;
        let chosen = |field: &str| question.chosen.iter().find(|c| c.field == field);
        let views = question.fields.iter().map(|field| FieldView {
            id: field.id.clone(),
            name: field.name.clone(),
            kind: field.kind,
            options: field.options.clone(),
            chosen: chosen(&field.id).map(|c| c.value.words()).unwrap_or_default(),
        });
        Ok(views.collect())
    }

    /// Keeps what a person chose, and puts what waits for it to work again.
    pub async fn fill_problem(
        &self,
        id: &str,
        choices: &[FieldChoice],
        scope: ChoiceScope,
    ) -> Result<(), Trouble> {
        let (number, question) = self.question(id).await?;
        let chosen = question.answered(choices)?;
        let known = self.db.write(move |tx| keep(tx, number, &question, &chosen, scope)).await?;
        if !known {
            return Err(Trouble::new(ProblemCode::ProblemUnknown).with("problem", id));
        }
        self.wake();
        self.changed();
        Ok(())
    }

    /// As [`fill_problem`](Self::fill_problem), with fields and options as people call them: (field, value), a field once
    /// for each of its values.
    pub async fn fill_problem_by_name(
        &self,
        id: &str,
        words: &[(String, String)],
        scope: ChoiceScope,
    ) -> Result<(), Trouble> {
        let (_, question) = self.question(id).await?;
        let mut choices: Vec<FieldChoice> = Vec::new();
        for (name, value) in words {
            let field = question.named(name)?;
            let value = match field.kind {
                AskedKind::Option | AskedKind::Options => option_named(field, value)?.id.clone(),
                _ => value.clone(),
            };
            match choices.iter_mut().find(|c| c.field == field.id) {
                Some(choice) => choice.values.push(value),
                None => choices.push(FieldChoice { field: field.id.clone(), values: vec![value] }),
            }
        }
        self.fill_problem(id, &choices, scope).await
    }

    async fn question(&self, id: &str) -> Result<(i64, Question), Trouble> {
        let unknown = || Trouble::new(ProblemCode::ProblemUnknown).with("problem", id);
        let nothing = || Trouble::new(ProblemCode::NothingAsked).with("problem", id);
        let number: i64 = id.parse().map_err(|_| unknown())?;
        let found = self.db.read(move |tx| tx.problem(number)?.map(|row| read(tx, row)).transpose()).await?;
        let question = found.ok_or_else(unknown)?.ok_or_else(nothing)?;
        match question.fields.iter().any(|f| f.kind != AskedKind::Other) {
            true => Ok((number, question)),
            false => Err(nothing()),
        }
    }
}

/// Whether values can be chosen for what this problem asks.
pub(crate) fn is_fillable(row: &ProblemRow) -> bool {
    asks(row) && row.facts.get("fillable").is_some_and(|word| word == "yes")
}

fn asks(row: &ProblemRow) -> bool {
    let codes = [ProblemCode::RequiredField, ProblemCode::ChoiceRefused];
    codes.iter().any(|code| row.code == code.as_str()) && row.facts.contains_key("type")
}

fn read(tx: &Tx<'_>, row: ProblemRow) -> Result<Option<Question>, StoreError> {
    let (true, Some(connection)) = (asks(&row), row.connection) else { return Ok(None) };
    let fact = |name: &str| row.facts.get(name).cloned().unwrap_or_default();
    let issue_type = fact("type");
    let mut fields = Vec::new();
    for id in fact("asks").split(' ') {
        fields.extend(tx.asked(&connection, &issue_type, id)?);
    }
    let chosen = match row.pair {
        Some(pair) => tx.choices(&connection, &issue_type, pair)?,
        None => Vec::new(),
    };
    Ok(Some(Question { connection, pair: row.pair, issue_type, fields, chosen }))
}

/// Keeps the choices, and lets go on what waits for them. False: the problem is gone.
fn keep(
    tx: &mut Tx<'_>,
    number: i64,
    question: &Question,
    chosen: &[ChosenField],
    scope: ChoiceScope,
) -> Result<bool, StoreError> {
    if tx.problem(number)?.is_none() {
        return Ok(false);
    }
    let Question { connection, issue_type, pair, .. } = question;
    for choice in chosen {
        match (scope, pair) {
            (ChoiceScope::One, Some(pair)) => tx.keep_choice(connection, issue_type, Some(*pair), choice)?,
            (_, pair) => {
                // What was chosen for this one alone would go before.
                pair.iter().try_for_each(|pair| tx.forget_choice(*pair, &choice.field))?;
                tx.keep_choice(connection, issue_type, None, choice)?;
            }
        }
    }
    // What a person skipped stays skipped.
    let same = |row: &ProblemRow| {
        scope == ChoiceScope::All
            && asks(row)
            && !row.skipped
            && row.connection.as_ref() == Some(connection)
            && row.facts.get("type") == Some(issue_type)
    };
    let waiting: Vec<ProblemRow> =
        tx.problems()?.into_iter().filter(|row| row.id == number || same(row)).collect();
    for row in waiting {
        tx.remove_problem(row.id)?;
        if let Some(pair) = row.pair.map(|pair| tx.pair(pair)).transpose()?.flatten() {
            twinline_sync::rows::save(tx, &pair, None)?;
        }
    }
    Ok(true)
}

impl Question {
    /// A field by its id or by its name.
    fn named(&self, name: &str) -> Result<&AskedField, Trouble> {
        let name = name.trim();
        let exact = self.fields.iter().find(|f| f.id == name || f.name == name);
        let found = exact.or_else(|| only(self.fields.iter().filter(|f| alike(&f.name, name))));
        found.ok_or_else(|| self.not_asked(name))
    }

    fn not_asked(&self, name: &str) -> Trouble {
        let names: Vec<_> = self.fields.iter().map(|f| f.name.as_str()).collect();
        Trouble::new(ProblemCode::FieldNotAsked).with("field", shown(name)).with("fields", names.join(", "))
    }

    /// What was chosen, checked: every field that can be filled here has a value that it allows.
    fn answered(&self, choices: &[FieldChoice]) -> Result<Vec<ChosenField>, Trouble> {
        if let Some(stray) = choices.iter().find(|c| !self.fields.iter().any(|f| f.id == c.field)) {
            return Err(self.not_asked(&stray.field));
        }
        let given = |field: &AskedField| -> Vec<&str> {
            let values = choices.iter().filter(|c| c.field == field.id).flat_map(|c| &c.values);
            values.map(|value| value.trim()).filter(|value| !value.is_empty()).collect()
        };
        let fillable = self.fields.iter().filter(|f| f.kind != AskedKind::Other || !given(f).is_empty());
        fillable.map(|f| Ok(ChosenField { field: f.id.clone(), value: value(f, &given(f))? })).collect()
    }
}

fn value(field: &AskedField, given: &[&str]) -> Result<FieldValue, Trouble> {
    let Some(first) = given.first() else {
        return Err(Trouble::new(ProblemCode::ValueMissing).with("field", &field.name));
    };
    let option =
        |id: &str| field.options.iter().find(|o| o.id == id).cloned().ok_or_else(|| unfit(field, id));
    if field.kind == AskedKind::Options {
        let mut some: Vec<FieldOption> = given.iter().map(|id| option(id)).collect::<Result<_, _>>()?;
        let mut seen = std::collections::BTreeSet::new();
        some.retain(|o| seen.insert(o.id.clone()));
        return Ok(FieldValue::Options(some));
    }
    if given.len() > 1 {
        return Err(unfit(field, &given.join(", ")));
    }
    let text = || (*first).to_owned();
    let fits = match field.kind {
        AskedKind::Option => return option(first).map(FieldValue::Option),
        AskedKind::Line => (first.chars().count() <= LONGEST_LINE && !first.chars().any(char::is_control))
            .then(|| FieldValue::Line(text())),
        AskedKind::Text => (first.chars().count() <= LONGEST_TEXT).then(|| FieldValue::Text(text())),
        AskedKind::Number => {
            serde_json::from_str::<serde_json::Number>(first).is_ok().then(|| FieldValue::Number(text()))
        }
        AskedKind::Date => first
            .parse::<jiff::civil::Date>()
            .is_ok_and(|day| day.to_string() == *first)
            .then(|| FieldValue::Date(text())),
        AskedKind::Options | AskedKind::Other => None,
    };
    fits.ok_or_else(|| unfit(field, first))
}

/// An option as people call it: exactly, or in other letters where that names one alone, or by its id.
fn option_named<'a>(field: &'a AskedField, value: &str) -> Result<&'a FieldOption, Trouble> {
    let value = value.trim();
    if value.is_empty() {
        return Err(Trouble::new(ProblemCode::ValueMissing).with("field", &field.name));
    }
    let exact = || field.options.iter().filter(|o| o.name == value);
    let found = only(exact())
        .or_else(|| field.options.iter().find(|o| o.id == value))
        .or_else(|| only(field.options.iter().filter(|o| alike(&o.name, value))));
    found.ok_or_else(|| unfit(field, value))
}

fn unfit(field: &AskedField, value: &str) -> Trouble {
    Trouble::new(ProblemCode::ValueUnfit)
        .with("field", &field.name)
        .with("value", shown(value))
        .with("allowed", allowed(field))
}

/// What a field takes, as a sentence.
fn allowed(field: &AskedField) -> String {
    match field.kind {
        AskedKind::Option | AskedKind::Options => {
            let names: Vec<_> = field.options.iter().take(IN_A_SENTENCE).map(|o| o.name.as_str()).collect();
            let more = field.options.len().saturating_sub(IN_A_SENTENCE).to_string();
            say("fill-allowed-options", &[("names", &names.join(", ")), ("more", &more)])
        }
        AskedKind::Line => say("fill-allowed-line", &[]),
        AskedKind::Text => say("fill-allowed-text", &[]),
        AskedKind::Number => say("fill-allowed-number", &[]),
        AskedKind::Date => say("fill-allowed-date", &[]),
        AskedKind::Other => say("fill-allowed-other", &[]),
    }
}

fn shown(value: &str) -> String {
    clean_line(value, 100)
}

fn alike(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn only<'a, T>(mut found: impl Iterator<Item = &'a T>) -> Option<&'a T> {
    let first = found.next();
    first.filter(|_| found.next().is_none())
}

#[cfg(test)]
mod tests;
