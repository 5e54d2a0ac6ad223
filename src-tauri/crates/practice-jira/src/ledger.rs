//! What was written through the API, by whom and to which issue: exact, since it is written in the same transaction.
//!
//! A write whose answer was lost, or that landed late, stands here as any other; one that was refused does not.

use rusqlite::{Connection, params};
use serde_json::{Map, Value, json};

use crate::error::ApiResult;
use crate::ops::Deed;
use crate::state::Site;

/// Kinds of writes, as the answer names them.
const KINDS: [&str; 11] = [
    "creates",
    "edits",
    "deletes",
    "comments",
    "comment_edits",
    "comment_deletes",
    "attachments",
    "attachment_deletes",
    "properties",
    "property_deletes",
    "links",
];

/// Notes one write; what the web page, the seed and the site itself do is not noted.
pub(crate) fn note(deed: &Deed<'_>, issue: i64, key: &str, kind: &'static str) -> ApiResult<()> {
    debug_assert!(KINDS.contains(&kind), "{kind} is no kind of write");
    if crate::call::current().is_none() {
        return Ok(());
    }
    deed.tx
        .prepare_cached(
            "INSERT INTO ledger(issue_id, account, kind, key, n) VALUES (?1, ?2, ?3, ?4, 1)
             ON CONFLICT(issue_id, account, kind) DO UPDATE SET n = n + 1, key = excluded.key",
        )?
        .execute(params![issue, deed.who.account_id, kind, key])?;
    Ok(())
}

pub(crate) fn clear(site: &Site) -> ApiResult<()> {
    site.write(|tx| {
        tx.execute("DELETE FROM ledger", [])?;
        Ok(())
    })
}

/// Per issue what `account` wrote, and per origin of a marker what carries it.
///
/// `account` is an account id, an e-mail address, or `*` for everybody; `marker` is the property's name.
pub(crate) fn report(site: &Site, account: &str, marker: &str) -> ApiResult<Value> {
    let account = site.user(account).map_or_else(|| account.to_owned(), |u| u.account_id);
    site.read(|conn| {
        let mut statement = conn.prepare(
            "SELECT coalesce((SELECT key FROM issue WHERE id = l.issue_id), max(l.key)), issue_id, kind, sum(n)
             FROM ledger l WHERE ?1 = '*' OR account = ?1 GROUP BY issue_id, kind ORDER BY issue_id",
        )?;
        let mut rows = statement.query([&account])?;
        let mut issues = Map::new();
        let mut totals: Map<String, Value> = KINDS.iter().map(|k| ((*k).to_owned(), json!(0))).collect();
        while let Some(row) = rows.next()? {
            let (key, id): (String, i64) = (row.get(0)?, row.get(1)?);
            let (kind, n): (String, i64) = (row.get(2)?, row.get(3)?);
            let of_issue = issues.entry(key).or_insert_with(|| {
                let mut zero = Map::new();
                zero.insert("id".to_owned(), json!(id.to_string()));
                zero.extend(KINDS.iter().map(|k| ((*k).to_owned(), json!(0))));
                Value::Object(zero)
            });
            totals.insert(kind.clone(), json!(totals[&kind].as_i64().unwrap_or(0) + n));
            of_issue[&kind] = json!(n);
        }
        let total: i64 = totals.values().filter_map(Value::as_i64).sum();
        let markers = markers(conn, marker)?;
        let doubled: Vec<&String> =
            markers.iter().filter(|(_, m)| carriers(m) > 1).map(|(origin, _)| origin).collect();
        Ok(json!({"account": account, "total": total, "totals": totals, "issues": issues,
            "doubled": doubled, "markers": markers}))
    })
}

fn carriers(marker: &Value) -> usize {
    ["issues", "comments"].iter().map(|k| marker[*k].as_array().map_or(0, Vec::len)).sum()
}

/// Origin -> keys of the issues and ids of the comments that carry its marker.
fn markers(conn: &Connection, marker: &str) -> ApiResult<Map<String, Value>> {
    let mut statement = conn.prepare(
        "SELECT p.entity, p.value, coalesce(i.key, CAST(p.entity_id AS TEXT)) FROM property p
         LEFT JOIN issue i ON p.entity = 'issue' AND i.id = p.entity_id
         WHERE p.key = ?1 ORDER BY p.entity, p.entity_id",
    )?;
    let mut rows = statement.query([marker])?;
    let mut found = Map::new();
    while let Some(row) = rows.next()? {
        let (entity, value): (String, String) = (row.get(0)?, row.get(1)?);
        let value: Value = serde_json::from_str(&value)?;
        let origin = value.get("origin").unwrap_or(&value);
        let name =
            origin["item"].as_str().or(origin.as_str()).map_or_else(|| origin.to_string(), str::to_owned);
        let entry = found.entry(name).or_insert_with(|| json!({"issues": [], "comments": []}));
        let list = if entity == "issue" { "issues" } else { "comments" };
        if let Some(list) = entry[list].as_array_mut() {
            list.push(json!(row.get::<_, String>(2)?));
        }
    }
    Ok(found)
}
