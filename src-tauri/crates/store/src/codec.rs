//! Between columns and the words of `model`.

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Result, StoreError};

/// A TEXT column that holds JSON.
pub(crate) struct Json<T>(pub T);

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?;
        serde_json::from_str(text).map(Json).map_err(|e| FromSqlError::Other(Box::new(e)))
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
        let word = serde_json::Value::String(value.as_str()?.to_owned());
        serde_json::from_value(word).map(Word).map_err(|e| FromSqlError::Other(Box::new(e)))
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
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| {
        rusqlite::Error::FromSqlConversionFailure(
            0,
            rusqlite::types::Type::Integer,
            "a negative number".into(),
        )
    })
}
