//! Whether a database is whole, as far as SQLite can tell: it keeps no checksum of its pages.
//!
//! Found are a header, a page, an index or a schema that does not fit, a row that refers to one that is gone, and any
//! change in the columns that have a checksum of ours. Not found is a changed letter in another text without an index.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read};
use std::path::Path;

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use crate::codec::check_sum;
use crate::{Result, StoreError, accounts, files, migrations};

fn corrupt(detail: impl Into<String>) -> StoreError {
    StoreError::Corrupt { detail: detail.into() }
}

/// Before SQLite opens it: values with which it would take a damaged file for a write-protected one.
pub(crate) fn check_header(path: &Path) -> Result<()> {
    let mut header = [0_u8; 100];
    let mut file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(files::disk(&e)),
    };
    if file.metadata().map_err(|e| files::disk(&e))?.len() == 0 {
        return Ok(());
    }
    match file.read_exact(&mut header) {
        Ok(()) => {}
        Err(e) if e.kind() == ErrorKind::UnexpectedEof => return Err(corrupt("shorter than a header")),
        Err(e) => return Err(files::disk(&e)),
    }
    match header.starts_with(b"SQLite format 3\0") && matches!((header[18], header[19]), (1 | 2, 1 | 2)) {
        true => Ok(()),
        false => Err(corrupt("its header is damaged")),
    }
}

/// Reads everything and reports the first damage.
pub(crate) fn check_content(connection: &Connection) -> Result<()> {
    let found: String = connection.query_row("PRAGMA integrity_check(1)", [], |r| r.get(0))?;
    if found != "ok" {
        return Err(corrupt(found));
    }
    match connection.prepare("PRAGMA foreign_key_check")?.exists([])? {
        true => Err(corrupt("a row refers to one that is gone")),
        false => check_sums(connection),
    }
}

/// Columns with a checksum, as far as the schema has them: an older one is checked before it is migrated.
fn check_sums(connection: &Connection) -> Result<()> {
    for (table, text) in [
        ("pair_trees", "state"),
        ("intent", "write"),
        ("outbox", "body"),
        ("inbox", "body"),
        ("account", accounts::IDENTITY),
    ] {
        if !connection.column_exists(None, table, "sum")? {
            continue;
        }
        let mut statement = connection.prepare(&format!("SELECT {text} AS summed, sum FROM {table}"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            check_sum(row, "summed").map_err(|e| corrupt(format!("table {table}: {e}")))?;
        }
    }
    Ok(())
}

/// Everything that can be told of a database that is to be opened: ours, not newer, the tables of its version, whole.
///
/// Each statement here works on a sound database, so one that fails tells of damage, too.
pub(crate) fn examine(connection: &Connection) -> Result<()> {
    let checked = migrations::check(connection)
        .and_then(|()| check_schema(connection))
        .and_then(|()| check_content(connection));
    checked.map_err(|error| match error {
        StoreError::Sql(_) | StoreError::Constraint { .. } | StoreError::Row { .. } => {
            corrupt(error.to_string())
        }
        other => other,
    })
}

/// The tables must be those of the version that the file says it has: a migration would ruin what else it is.
fn check_schema(connection: &Connection) -> Result<()> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |r| r.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0))?;
    let known = usize::try_from(version).ok().and_then(|v| migrations::FILES.get(..v));
    let Some(files) = known.filter(|files| !files.is_empty() || tables == 0) else {
        return Err(corrupt(format!("version {version} of the schema, with tables")));
    };
    if files.is_empty() {
        return Ok(());
    }
    let mut model = Connection::open_in_memory()?;
    let steps = files.iter().map(|(_, sql)| M::up(sql)).collect();
    migrations::apply(&mut model, &Migrations::new(steps))?;
    let expected = shape(&model, None)?;
    let names: BTreeSet<String> = expected.iter().filter_map(|line| line.first().cloned()).collect();
    let found = shape(connection, Some(&names))?;
    // An index that somebody added does no harm; a column does, if a migration adds it again.
    let differs = |line: &&Vec<String>| line.get(1).is_some_and(|kind| kind != INDEX);
    // Nor a table or an index, unless it is one that a later migration makes.
    migrations::apply(&mut model, &migrations::all())?;
    let whole = shape(&model, None)?;
    let index =
        |line: &Vec<String>| line.get(2).filter(|_| line.get(1).is_some_and(|kind| kind == INDEX)).cloned();
    let made: BTreeSet<String> = whole.difference(&expected).filter_map(index).collect();
    let mut later: BTreeSet<String> = whole.into_iter().filter_map(|l| l.into_iter().next()).collect();
    later.retain(|name| !names.contains(name));
    let early = !shape(connection, Some(&later))?.is_empty()
        || found.difference(&expected).filter_map(index).any(|name| made.contains(&name));
    match !early && expected.is_subset(&found) && !found.difference(&expected).any(|line| differs(&line)) {
        true => Ok(()),
        false => Err(corrupt(format!("its tables are not those of version {version}"))),
    }
}

const INDEX: &str = "index";

/// Tables, columns, indexes and references as SQLite understands them, not their text, which differs between versions
/// of SQLite. Tables that are not in `only` do not count: statistics, somebody's own.
fn shape(connection: &Connection, only: Option<&BTreeSet<String>>) -> Result<BTreeSet<Vec<String>>> {
    let mut found = BTreeSet::new();
    for sql in [
        "SELECT t.name, 'table', t.strict, t.wr, c.name, c.type, c.\"notnull\", ifnull(c.dflt_value, ''), c.pk
         FROM pragma_table_list AS t JOIN pragma_table_info(t.name) AS c WHERE t.schema = 'main'
             AND t.name NOT LIKE 'sqlite_%'",
        "SELECT t.name, 'index', i.name, i.\"unique\", i.partial, c.seqno, ifnull(c.name, '')
         FROM pragma_table_list AS t JOIN pragma_index_list(t.name) AS i JOIN pragma_index_info(i.name) AS c
         WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite_%'",
        "SELECT t.name, 'reference', f.\"from\", f.\"table\", ifnull(f.\"to\", ''), f.on_delete
         FROM pragma_table_list AS t JOIN pragma_foreign_key_list(t.name) AS f
         WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite_%'",
    ] {
        let mut statement = connection.prepare(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let mut line = Vec::with_capacity(columns);
            for column in 0..columns {
                let value: rusqlite::types::Value = row.get(column)?;
                line.push(match value {
                    rusqlite::types::Value::Integer(number) => number.to_string(),
                    rusqlite::types::Value::Text(text) => text,
                    other => format!("{other:?}"),
                });
            }
            if only.is_none_or(|names| line.first().is_some_and(|name| names.contains(name))) {
                found.insert(line);
            }
        }
    }
    Ok(found)
}
