//! Search and exact reads of many issues.

use axum::Json;
use axum::extract::State;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use serde_json::{Value, json};

use super::{Api, Body, Me, Params, strings};
use crate::beans::{Extras, View, Wanted};
use crate::db::{self, Issue};
use crate::error::{ApiError, ApiResult};
use crate::faults::Lag;
use crate::jql;
use crate::ops::{permitted, visible};
use crate::state::{PendingSearch, Site, User, lock};

struct Ask {
    jql: String,
    fields: Vec<String>,
    properties: Vec<String>,
    expand: Vec<String>,
    max: usize,
    token: Option<String>,
    reconcile: Vec<String>,
}

pub(super) async fn by_body(State(api): State<Api>, Me(me): Me, Body(body): Body) -> ApiResult<Json<Value>> {
    let max = body["maxResults"].as_u64().map_or(50, |n| usize::try_from(n).unwrap_or(50));
    search(
        &api,
        &me,
        Ask {
            jql: body["jql"].as_str().unwrap_or_default().to_owned(),
            fields: strings(&body["fields"]),
            properties: strings(&body["properties"]),
            expand: strings(&body["expand"]),
            max,
            token: body["nextPageToken"].as_str().map(str::to_owned),
            reconcile: strings(&body["reconcileIssues"]),
        },
    )
}

pub(super) async fn by_query(State(api): State<Api>, Me(me): Me, params: Params) -> ApiResult<Json<Value>> {
    search(
        &api,
        &me,
        Ask {
            jql: params.one("jql").unwrap_or_default().to_owned(),
            fields: params.list("fields"),
            properties: params.list("properties"),
            expand: params.list("expand"),
            max: params.number("maxResults", 50),
            token: params.one("nextPageToken").filter(|t| !t.is_empty()).map(str::to_owned),
            reconcile: params.list("reconcileIssues"),
        },
    )
}

fn search(api: &Api, me: &User, ask: Ask) -> ApiResult<Json<Value>> {
    let site = &api.site;
    if ask.properties.len() > 5 {
        return Err(ApiError::bad("The number of properties must not exceed 5."));
    }
    if ask.reconcile.len() > 50 {
        return Err(ApiError::bad("The number of issues to reconcile must not exceed 50."));
    }
    let now = site.now_ms();
    let wanted = Wanted::of(&ask.fields);
    let most = if wanted.any() { 100 } else { 5000 };
    let most = lock(&site.faults).page_most().min(most).max(1);
    let size = ask.max.clamp(1, most);
    let (mut ids, lag) = match &ask.token {
        Some(token) => pending(site, token, now)?,
        None => {
            let lag = lock(&site.faults).search_lag();
            (
                site.read(|conn| {
                    find(site, conn, me, &ask.jql, &Index::new(conn, now, &lag, &ask.reconcile)?)
                })?,
                lag,
            )
        }
    };
    let rest = if ids.len() > size { ids.split_off(size) } else { Vec::new() };
    let page = ids.clone();
    let extras = Extras::of(ask.properties, &ask.expand);
    let issues = site.read(|conn| {
        let view = View::new(site, conn, api.v2)?;
        let mut beans = Vec::with_capacity(ids.len());
        let index = Index::new(conn, now, &lag, &ask.reconcile)?;
        for id in ids {
            // Deleted between two pages: it is simply not there any more.
            let Some(mut issue) = db::issue_by_id(conn, id)? else { continue };
            let known_at = index.known_at(id);
            let extras = Extras { search_at: Some(known_at), ..extras.clone() };
            if known_at < now && !as_indexed(conn, &mut issue, known_at)? && ask.token.is_none() {
                continue;
            }
            beans.push(view.issue(&issue, &wanted, &extras)?);
        }
        Ok(beans)
    })?;
    let mut answer = json!({"issues": issues, "isLast": rest.is_empty()});
    if !rest.is_empty() {
        answer["nextPageToken"] = json!(keep(site, disturbed(site, &page, rest), lag, now)?);
    }
    Ok(Json(answer))
}

/// The issue as the search index knew it at that instant; false if it did not know it.
fn as_indexed(conn: &Connection, issue: &mut Issue, at: i64) -> ApiResult<bool> {
    let seen = conn
        .prepare_cached(
            "SELECT at, summary, description, type_id FROM touch WHERE issue_id = ?1 AND at <= ?2 ORDER BY at DESC, id DESC LIMIT 1",
        )?
        .query_row([issue.id, at], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))
        .optional()?;
    let Some((updated, summary, description, type_id)) = seen else { return Ok(false) };
    issue.updated = updated;
    issue.summary = summary;
    issue.description = description;
    issue.type_id = type_id;
    Ok(true)
}

/// What the search index knows: everything up to now, less its lag.
pub(crate) struct Index {
    now_ms: i64,
    all: i64,
    /// Issues that are known up to another instant.
    single: Vec<(i64, i64)>,
}

impl Index {
    pub fn new(conn: &Connection, now_ms: i64, lag: &Lag, reconcile: &[String]) -> ApiResult<Self> {
        let mut single = Vec::new();
        for (named, ms) in &lag.single {
            single.extend(db::issue(conn, named)?.map(|i| (i.id, now_ms - ms)));
        }
        // What is named to be reconciled is judged as it is now, not as the index knows it.
        let now: Vec<i64> = reconcile.iter().filter_map(|r| r.parse().ok()).collect();
        single.retain(|(id, _)| !now.contains(id));
        if lag.all_ms > 0 || !lag.single.is_empty() {
            single.extend(now.into_iter().map(|id| (id, i64::MAX)));
        }
        Ok(Self { now_ms, all: now_ms - lag.all_ms, single })
    }

    fn known_at(&self, id: i64) -> i64 {
        let single = self.single.iter().find(|(one, _)| *one == id).map(|(_, at)| *at);
        // Without a lag the clock of this very millisecond must not hide what was just written.
        single.unwrap_or(if self.all < self.now_ms { self.all } else { i64::MAX })
    }

    /// SQL for when an issue changed last, as the index knows it; NULL where it does not know the issue.
    fn updated(&self) -> String {
        let seen = |at: i64| match at >= self.now_ms {
            true => "i.updated".to_owned(),
            // The instant is a number of ours, so it may stand in the text of the statement.
            false => format!("(SELECT max(t.at) FROM touch t WHERE t.issue_id = i.id AND t.at <= {at})"),
        };
        if self.single.is_empty() {
            return seen(self.all);
        }
        let cases: Vec<String> =
            self.single.iter().map(|(id, at)| format!("WHEN {id} THEN {}", seen(*at))).collect();
        format!("(CASE i.id {} ELSE {} END)", cases.join(" "), seen(self.all))
    }
}

/// The ids of all issues a query finds, in its order.
pub(crate) fn find(
    site: &Site,
    conn: &Connection,
    me: &User,
    query: &str,
    index: &Index,
) -> ApiResult<Vec<i64>> {
    let mut projects = db::projects(conn)?;
    projects.retain(|p| !p.config.trashed);
    let types = db::types(conn)?;
    let users = site.all_users();
    let query = jql::parse(query)?;
    let updated = index.updated();
    let known = jql::Known {
        projects: &projects,
        types: &types,
        users: &users,
        me,
        now_ms: index.now_ms,
        updated: &updated,
    };
    let compiled = jql::compile(&query, &known)?;
    let open: Vec<String> = projects
        .iter()
        .filter(|p| permitted(site, p, me, "BROWSE_PROJECTS"))
        .map(|p| p.id.to_string())
        .collect();
    let sql = format!(
        "SELECT i.id, i.key FROM issue i WHERE i.project_id IN ({}) AND {} AND {updated} IS NOT NULL ORDER BY {}",
        open.join(","),
        compiled.condition,
        compiled.order
    );
    let mut found = select(conn, &sql, &compiled.params)?;
    let mut faults = lock(&site.faults);
    if faults.any_unlisted() {
        found.retain(|(id, key)| !faults.unlisted(*id, key));
    }
    Ok(found.into_iter().map(|(id, _)| id).collect())
}

fn select(conn: &Connection, sql: &str, params: &[Sql]) -> ApiResult<Vec<(i64, String)>> {
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(params_from_iter(params), |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What is still to come, as faults leave it.
fn disturbed(site: &Site, page: &[i64], mut rest: Vec<i64>) -> Vec<i64> {
    let mut faults = lock(&site.faults);
    if let Some(mut rule) = faults.strikes_now("page_order") {
        if rule.value == "reversed" {
            rest.reverse();
        } else {
            for n in (1..rest.len()).rev() {
                let with = rule.next() % (n as u64 + 1);
                rest.swap(n, usize::try_from(with).unwrap_or(0));
            }
        }
    }
    if let Some(rule) = faults.strikes_now("page_repeats") {
        let again = usize::try_from(rule.number().max(1)).unwrap_or(1).min(page.len());
        rest.splice(..0, page[page.len() - again..].iter().copied());
    }
    rest
}

fn keep(site: &Site, ids: Vec<i64>, lag: Lag, now: i64) -> ApiResult<String> {
    let token = crate::files::uuid()?.replace('-', "");
    let mut searches = lock(&site.searches);
    let order = searches.values().map(|s| s.order).max().unwrap_or(0) + 1;
    searches.insert(token.clone(), PendingSearch { ids, lag, issued_ms: now, order });
    if searches.len() > 500 {
        searches.retain(|_, s| s.order + 400 > order);
    }
    Ok(token)
}

fn pending(site: &Site, token: &str, now: i64) -> ApiResult<(Vec<i64>, Lag)> {
    let ttl = lock(&site.faults).page_token_ttl_ms();
    let searches = lock(&site.searches);
    let found = searches.get(token).filter(|s| now - s.issued_ms <= ttl);
    found
        .map(|s| (s.ids.clone(), s.lag.clone()))
        .ok_or_else(|| ApiError::bad("The provided next page token is invalid or has expired."))
}

pub(super) async fn count(State(api): State<Api>, Me(me): Me, Body(body): Body) -> ApiResult<Json<Value>> {
    let site = &api.site;
    let lag = lock(&site.faults).search_lag();
    let jql = body["jql"].as_str().unwrap_or_default();
    let now = site.now_ms();
    let found = site.read(|conn| find(site, conn, &me, jql, &Index::new(conn, now, &lag, &[])?))?;
    Ok(Json(json!({"count": found.len()})))
}

pub(super) async fn bulk_fetch(
    State(api): State<Api>,
    Me(me): Me,
    Body(body): Body,
) -> ApiResult<Json<Value>> {
    let named = strings(&body["issueIdsOrKeys"]);
    if named.is_empty() || named.len() > 100 {
        return Err(ApiError::bad("'issueIdsOrKeys' must have 1 to 100 issue ids or keys."));
    }
    let properties = strings(&body["properties"]);
    if properties.len() > 5 {
        return Err(ApiError::bad("The number of properties must not exceed 5."));
    }
    let fields = strings(&body["fields"]);
    let wanted = if fields.is_empty() { Wanted::everything() } else { Wanted::of(&fields) };
    let extras = Extras::of(properties, &strings(&body["expand"]));
    api.site.read(|conn| {
        let view = View::new(&api.site, conn, api.v2)?;
        let mut issues = Vec::new();
        let mut seen = Vec::new();
        for one in &named {
            // What is not found or not visible is left out without a word, as Jira does.
            let Ok((issue, _)) = visible(&api.site, conn, &me, one) else { continue };
            if !seen.contains(&issue.id) {
                seen.push(issue.id);
                issues.push(view.issue(&issue, &wanted, &extras)?);
            }
        }
        Ok(Json(json!({"issues": issues, "issueErrors": []})))
    })
}
