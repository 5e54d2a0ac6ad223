//! Between columns and the words of `model`.

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::Serialize;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, IntoDeserializer};
use twinline_model::json;

use crate::{Result, StoreError};

/// A TEXT column that holds JSON.
pub(crate) struct Json<T>(pub T);

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?;
        json::read(text).map(Json).map_err(|e| FromSqlError::Other(Box::new(e)))
    }
}

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        serde_json::to_string(&self.0)
            .map(ToSqlOutput::from)
            .map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))
    }
}

/// A TEXT column that holds the serde word of an enum without data.
pub(crate) struct Word<T>(pub T);

impl<T: DeserializeOwned> FromSql for Word<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let word: StrDeserializer<'_, serde::de::value::Error> = value.as_str()?.into_deserializer();
        T::deserialize(word).map(Word).map_err(|e| FromSqlError::Other(Box::new(e)))
    }
}

impl<T: Serialize> ToSql for Word<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match serde_json::to_value(&self.0) {
            Ok(serde_json::Value::String(word)) => Ok(ToSqlOutput::from(word)),
            Ok(other) => Err(rusqlite::Error::ToSqlConversionFailure(format!("not a word: {other}").into())),
            Err(e) => Err(rusqlite::Error::ToSqlConversionFailure(Box::new(e))),
        }
    }
}

/// A value as JSON, and the sum that is kept beside it.
pub(crate) fn summed(value: &impl Serialize) -> Result<(String, i64)> {
    let text =
        serde_json::to_string(value).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
    let sum = sum_of(text.as_bytes());
    Ok((text, sum))
}

/// A checksum against damage, not against people: one that differs in a single bit never comes out the same.
pub(crate) fn sum_of(bytes: &[u8]) -> i64 {
    // Each step can be undone (the factor is odd), so a difference never gets lost.
    let mix = |sum: u64, word: u64| {
        let mixed = (sum ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 32)
    };
    let mut words = bytes.chunks_exact(8);
    let mut sum = bytes.len() as u64;
    for word in &mut words {
        // A chunk of eight is eight bytes.
        sum = mix(sum, word.try_into().map_or(0, u64::from_le_bytes));
    }
    let rest = words.remainder().iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte));
    mix(sum, rest).cast_signed()
}

/// Whether a column fits the sum that stands in `sum`; one without a sum does.
pub(crate) fn check_sum(row: &Row<'_>, column: &str) -> rusqlite::Result<()> {
    let Some(sum) = row.get::<_, Option<i64>>("sum")? else {
        return Ok(());
    };
    match sum_of(row.get_ref(column)?.as_bytes()?) == sum {
        true => Ok(()),
        false => Err(rusqlite::Error::FromSqlConversionFailure(
            0,
            rusqlite::types::Type::Blob,
            format!("{column} does not fit its checksum").into(),
        )),
    }
}

/// A row's columns in the order in which its query names them. The rows that are read most are read so: to look each
/// column up by its name costs more than to read it.
pub(crate) struct Columns<'a, 'b> {
    row: &'a Row<'b>,
    at: usize,
}

impl<'a, 'b> Columns<'a, 'b> {
    pub fn of(row: &'a Row<'b>) -> Self {
        Self { row, at: 0 }
    }

    /// The next column.
    pub fn next<T: FromSql>(&mut self) -> rusqlite::Result<T> {
        self.at += 1;
        self.row.get(self.at - 1)
    }

    /// The next column, an id of `model`.
    pub fn id<T: for<'c> From<&'c str>>(&mut self) -> rusqlite::Result<T> {
        self.at += 1;
        Ok(T::from(self.row.get_ref(self.at - 1)?.as_str()?))
    }

    /// The next column, a word of an enum.
    pub fn word<T: DeserializeOwned>(&mut self) -> rusqlite::Result<T> {
        self.next::<Word<T>>().map(|word| word.0)
    }

    /// The next column, a number that is never negative.
    pub fn unsigned(&mut self) -> rusqlite::Result<u64> {
        self.next().and_then(not_negative)
    }

    /// The next column, such a number or NULL.
    pub fn unsigned_or_none(&mut self) -> rusqlite::Result<Option<u64>> {
        self.next::<Option<i64>>()?.map(not_negative).transpose()
    }
}

/// An id of `model` from a TEXT column.
pub(crate) fn id<T: for<'a> From<&'a str>>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    Ok(T::from(row.get_ref(column)?.as_str()?))
}

/// An id of `model` from a TEXT column that may be NULL.
pub(crate) fn id_or_none<T: for<'a> From<&'a str>>(
    row: &Row<'_>,
    column: &str,
) -> rusqlite::Result<Option<T>> {
    Ok(row.get_ref(column)?.as_str_or_null()?.map(T::from))
}

/// A number for a column.
pub(crate) fn number(value: u64) -> Result<i64> {
    i64::try_from(value).map_err(|_| StoreError::Number(value))
}

/// A number from a column that is never negative.
pub(crate) fn unsigned(row: &Row<'_>, column: &str) -> rusqlite::Result<u64> {
    row.get(column).and_then(not_negative)
}

fn not_negative(value: i64) -> rusqlite::Result<u64> {
    u64::try_from(value).map_err(|_| {
        rusqlite::Error::FromSqlConversionFailure(
            0,
            rusqlite::types::Type::Integer,
            "a negative number".into(),
        )
    })
}
