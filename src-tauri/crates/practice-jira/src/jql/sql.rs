//! From the tree to a condition over `issue i`.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rusqlite::types::Value as Sql;

use super::parse::{Expr, Op, Operand, Query};
use crate::db::{self, IssueType, Project};
use crate::error::{ApiError, ApiResult};
use crate::state::{STATUSES, User};

/// What a query may name.
pub(crate) struct Known<'a> {
    pub projects: &'a [Project],
    pub types: &'a [IssueType],
    pub users: &'a [User],
    pub me: &'a User,
    pub now_ms: i64,
    /// SQL for when an issue changed, as the search index knows it.
    pub updated: &'a str,
}

/// A condition and an order for SQL.
pub(crate) struct Compiled {
    pub condition: String,
    pub params: Vec<Sql>,
    pub order: String,
}

/// Turns a query into SQL; an unbounded one is refused as Jira does.
pub(crate) fn compile(query: &Query, known: &Known<'_>) -> ApiResult<Compiled> {
    let mut c = Compiler { known, params: Vec::new(), updated: known.updated.to_owned() };
    let Some(condition) = &query.condition else {
        return Err(ApiError::bad(
            "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.",
        ));
    };
    let condition = c.expr(condition)?;
    let mut order = Vec::new();
    for (field, descends) in &query.order {
        let way = if *descends { "DESC" } else { "ASC" };
        let columns: Vec<String> = match field.as_str() {
            "updated" | "updateddate" => vec![c.updated.clone()],
            "created" | "createddate" => vec!["i.created".to_owned()],
            "key" | "issuekey" | "issue" | "id" => {
                vec!["(SELECT key FROM project WHERE id = i.project_id)".to_owned(), "i.number".to_owned()]
            }
            "summary" => vec!["i.summary".to_owned()],
            "status" => vec!["i.status".to_owned()],
            "priority" => vec!["i.priority".to_owned()],
            "type" | "issuetype" => vec!["i.type_id".to_owned()],
            "project" => vec!["(SELECT key FROM project WHERE id = i.project_id)".to_owned()],
            "reporter" => vec!["i.reporter".to_owned()],
            "assignee" => vec!["i.assignee".to_owned()],
            "rank" => vec!["i.id".to_owned()],
            other => {
                return Err(ApiError::bad(format!(
                    "Field '{other}' does not exist or you do not have permission to view it."
                )));
            }
        };
        order.extend(columns.into_iter().map(|column| format!("{column} {way}")));
    }
    if order.is_empty() {
        order.push("i.created DESC".to_owned());
    }
    order.push("i.id DESC".to_owned());
    Ok(Compiled { condition, params: c.params, order: order.join(", ") })
}

struct Compiler<'a> {
    known: &'a Known<'a>,
    params: Vec<Sql>,
    updated: String,
}

impl Compiler<'_> {
    fn expr(&mut self, expr: &Expr) -> ApiResult<String> {
        Ok(match expr {
            Expr::And(parts) => self.joined(parts, " AND ")?,
            Expr::Or(parts) => self.joined(parts, " OR ")?,
            Expr::Not(inner) => format!("NOT ({})", self.expr(inner)?),
            Expr::Clause { field, op, values } => self.clause(field, *op, values)?,
        })
    }

    fn joined(&mut self, parts: &[Expr], with: &str) -> ApiResult<String> {
        let parts = parts.iter().map(|p| self.expr(p)).collect::<ApiResult<Vec<_>>>()?;
        Ok(format!("({})", parts.join(with)))
    }

    fn clause(&mut self, field: &str, op: Op, values: &[Operand]) -> ApiResult<String> {
        match field {
            "project" | "pid" => self.set("i.project_id", field, op, values, Self::project),
            "type" | "issuetype" => self.set("i.type_id", field, op, values, Self::issue_type),
            "status" => self.set("i.status", field, op, values, |_, v| named_status(v)),
            "priority" => self.set("i.priority", field, op, values, |_, v| {
                let names = ["highest", "high", "medium", "low", "lowest"];
                match names.iter().position(|n| v.eq_ignore_ascii_case(n)) {
                    Some(n) => Ok(Sql::Integer(i64::try_from(n).unwrap_or(0) + 1)),
                    None => Err(missing(v, "priority")),
                }
            }),
            "assignee" => self.set("i.assignee", field, op, values, Self::user),
            "reporter" => self.set("i.reporter", field, op, values, Self::user),
            "creator" => self.set("i.creator", field, op, values, Self::user),
            "key" | "issuekey" | "issue" | "id" => self.key(field, op, values),
            "parent" => self
                .set("i.parent", field, op, values, |_, v| Ok(Sql::Text(v.to_ascii_uppercase())))
                .map(|c| c.replace("i.parent", "(SELECT p.key FROM issue p WHERE p.id = i.parent)")),
            "labels" => self.labels(op, values),
            "summary" | "text" | "description" | "comment" => self.text(field, op, values),
            "created" | "createddate" => self.time("i.created", field, op, values),
            "updated" | "updateddate" => {
                let column = self.updated.clone();
                self.time(&column, field, op, values)
            }
            other => Err(ApiError::bad(format!(
                "Field '{other}' does not exist or you do not have permission to view it."
            ))),
        }
    }

    fn bind(&mut self, value: Sql) -> String {
        self.params.push(value);
        format!("?{}", self.params.len())
    }

    fn set(
        &mut self,
        column: &str,
        field: &str,
        op: Op,
        values: &[Operand],
        resolve: impl Fn(&Self, &str) -> ApiResult<Sql>,
    ) -> ApiResult<String> {
        let negative = match op {
            Op::Equal | Op::In | Op::Is => false,
            Op::NotEqual | Op::NotIn | Op::IsNot => true,
            _ => return Err(unsupported(op, field)),
        };
        let mut parts = Vec::new();
        for value in values {
            let bound = match value {
                Operand::Empty => {
                    parts.push(format!("{column} IS NULL"));
                    continue;
                }
                Operand::Function(f) if f == "currentuser" => Sql::Text(self.known.me.account_id.clone()),
                Operand::Function(f) => {
                    return Err(ApiError::bad(format!("Unable to find JQL function '{f}()'.")));
                }
                Operand::Text(text) => resolve(self, text)?,
            };
            let bound = self.bind(bound);
            parts.push(format!("{column} = {bound}"));
        }
        let any = format!("({})", parts.join(" OR "));
        // As in Jira, `!=` does not find issues that have no value.
        Ok(if negative { format!("NOT coalesce({any}, 1)") } else { format!("coalesce({any}, 0)") })
    }

    fn project(&self, value: &str) -> ApiResult<Sql> {
        let called = || self.known.projects.iter().find(|p| p.name.eq_ignore_ascii_case(value));
        let found = db::named(self.known.projects, value).or_else(called);
        found.map(|p| Sql::Integer(p.id)).ok_or_else(|| missing(value, "project"))
    }

    fn issue_type(&self, value: &str) -> ApiResult<Sql> {
        let found =
            self.known.types.iter().find(|t| t.name.eq_ignore_ascii_case(value) || t.id.to_string() == value);
        found.map(|t| Sql::Integer(t.id)).ok_or_else(|| missing(value, "issuetype"))
    }

    fn user(&self, value: &str) -> ApiResult<Sql> {
        let found = self.known.users.iter().find(|u| {
            u.account_id == value || u.email.eq_ignore_ascii_case(value) || u.name.eq_ignore_ascii_case(value)
        });
        Ok(Sql::Text(found.map_or_else(|| value.to_owned(), |u| u.account_id.clone())))
    }

    fn key(&mut self, field: &str, op: Op, values: &[Operand]) -> ApiResult<String> {
        let sign = match op {
            Op::Equal | Op::In => "=",
            Op::NotEqual | Op::NotIn => "!=",
            Op::Greater => ">",
            Op::GreaterEqual => ">=",
            Op::Less => "<",
            Op::LessEqual => "<=",
            _ => return Err(unsupported(op, field)),
        };
        let mut parts = Vec::new();
        for value in values {
            let Operand::Text(text) = value else { return Err(unsupported(op, field)) };
            if let Ok(id) = text.parse::<i64>() {
                let bound = self.bind(Sql::Integer(id));
                parts.push(format!("i.id {sign} {bound}"));
                continue;
            }
            let upper = text.to_ascii_uppercase();
            let number =
                upper.rsplit_once('-').and_then(|(p, n)| Some((p.to_owned(), n.parse::<i64>().ok()?)));
            let Some((project, number)) = number else {
                return Err(ApiError::bad(format!("The issue key '{text}' for field '{field}' is invalid.")));
            };
            if matches!(sign, "=" | "!=") {
                let bound = self.bind(Sql::Text(upper));
                let same = format!(
                    "(i.key = {bound} OR i.id IN (SELECT issue_id FROM old_key WHERE key = {bound}))"
                );
                parts.push(if sign == "=" { same } else { format!("NOT {same}") });
            } else {
                let project = self.bind(Sql::Text(project));
                let number = self.bind(Sql::Integer(number));
                parts.push(format!(
                    "(i.project_id = (SELECT id FROM project WHERE key = {project}) AND i.number {sign} {number})"
                ));
            }
        }
        let with = if sign == "!=" { " AND " } else { " OR " };
        Ok(format!("({})", parts.join(with)))
    }

    fn labels(&mut self, op: Op, values: &[Operand]) -> ApiResult<String> {
        let negative = match op {
            Op::Equal | Op::In | Op::Is => false,
            Op::NotEqual | Op::NotIn | Op::IsNot => true,
            _ => return Err(unsupported(op, "labels")),
        };
        let mut parts = Vec::new();
        for value in values {
            match value {
                Operand::Text(label) => {
                    let bound = self.bind(Sql::Text(label.clone()));
                    parts.push(format!("EXISTS (SELECT 1 FROM json_each(i.labels) WHERE value = {bound})"));
                }
                _ => parts.push("i.labels = '[]'".to_owned()),
            }
        }
        let any = format!("({})", parts.join(" OR "));
        Ok(if negative { format!("NOT {any}") } else { any })
    }

    fn text(&mut self, field: &str, op: Op, values: &[Operand]) -> ApiResult<String> {
        if matches!(op, Op::Is | Op::IsNot) && field == "description" {
            return Ok(format!("i.description IS {}NULL", if op == Op::IsNot { "NOT " } else { "" }));
        }
        if !matches!(op, Op::Contains | Op::NotContains) {
            return Err(unsupported(op, field));
        }
        let Some(Operand::Text(text)) = values.first() else { return Err(unsupported(op, field)) };
        let mut parts = Vec::new();
        for word in text.split_whitespace() {
            let word: String = word.chars().filter(|c| !"*?\"\\".contains(*c)).collect();
            if word.is_empty() {
                continue;
            }
            let escaped = word.replace('!', "!!").replace('%', "!%").replace('_', "!_");
            let bound = self.bind(Sql::Text(format!("%{escaped}%")));
            let like = |column: &str| format!("coalesce({column}, '') LIKE {bound} ESCAPE '!'");
            let comment = format!(
                "EXISTS (SELECT 1 FROM comment c WHERE c.issue_id = i.id AND c.body LIKE {bound} ESCAPE '!')"
            );
            parts.push(match field {
                "summary" => like("i.summary"),
                "description" => like("i.description"),
                "comment" => comment,
                _ => format!("({} OR {} OR {comment})", like("i.summary"), like("i.description")),
            });
        }
        if parts.is_empty() {
            return Err(ApiError::bad(format!(
                "The text '{text}' for field '{field}' cannot be searched for."
            )));
        }
        let all = format!("({})", parts.join(" AND "));
        Ok(if op == Op::NotContains { format!("NOT {all}") } else { all })
    }

    fn time(&mut self, column: &str, field: &str, op: Op, values: &[Operand]) -> ApiResult<String> {
        let instant = match values.first() {
            Some(Operand::Text(text)) => self.instant(field, text)?,
            Some(Operand::Function(f)) if f == "now" => minute(self.known.now_ms),
            Some(Operand::Function(f)) if f == "startofday" => {
                let zone = self.zone();
                let now = jiff::Timestamp::from_millisecond(self.known.now_ms).map_err(ApiError::internal)?;
                let day = now.to_zoned(zone).start_of_day().map_err(ApiError::internal)?;
                day.timestamp().as_millisecond()
            }
            _ => return Err(unsupported(op, field)),
        };
        let bound = self.bind(Sql::Integer(instant));
        Ok(match op {
            Op::Equal => format!("({column} >= {bound} AND {column} < {bound} + 60000)"),
            Op::NotEqual => format!("NOT ({column} >= {bound} AND {column} < {bound} + 60000)"),
            Op::Greater => format!("({column} > {bound})"),
            Op::GreaterEqual => format!("({column} >= {bound})"),
            Op::Less => format!("({column} < {bound})"),
            Op::LessEqual => format!("({column} <= {bound})"),
            _ => return Err(unsupported(op, field)),
        })
    }

    fn zone(&self) -> TimeZone {
        TimeZone::get(&self.known.me.time_zone).unwrap_or(TimeZone::UTC)
    }

    fn instant(&self, field: &str, text: &str) -> ApiResult<i64> {
        let invalid = || {
            ApiError::bad(format!(
                "Date value '{text}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', \
                 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
            ))
        };
        if let Some(shift) = relative(text) {
            return Ok(minute(self.known.now_ms + shift));
        }
        let clean = text.trim().replace('/', "-");
        let full = match clean.len() {
            10 => format!("{clean}T00:00:00"),
            16 => format!(
                "{}T{}:00",
                &clean.get(..10).ok_or_else(invalid)?,
                clean.get(11..).ok_or_else(invalid)?
            ),
            _ => return Err(invalid()),
        };
        let civil: DateTime = full.parse().map_err(|_| invalid())?;
        let zoned = civil.to_zoned(self.zone()).map_err(|_| invalid())?;
        Ok(zoned.timestamp().as_millisecond())
    }
}

/// Down to the start of the minute: JQL knows nothing finer.
fn minute(ms: i64) -> i64 {
    ms - ms.rem_euclid(60_000)
}

fn relative(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut total = 0i64;
    for part in rest.split_whitespace() {
        let unit = part.chars().last()?;
        let number: i64 = part.get(..part.len() - unit.len_utf8())?.parse().ok()?;
        let unit = match unit {
            'm' => 60_000,
            'h' => 3_600_000,
            'd' => 86_400_000,
            'w' => 7 * 86_400_000,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(unit)?)?;
    }
    (!rest.trim().is_empty()).then_some(sign * total)
}

fn named_status(value: &str) -> ApiResult<Sql> {
    let found =
        STATUSES.iter().find(|(id, name, _)| name.eq_ignore_ascii_case(value) || id.to_string() == value);
    found.map(|(id, _, _)| Sql::Integer(*id)).ok_or_else(|| missing(value, "status"))
}

fn missing(value: &str, field: &str) -> ApiError {
    ApiError::bad(format!("The value '{value}' does not exist for the field '{field}'."))
}

/// The operator as JQL writes it.
pub(super) fn sign(op: Op) -> &'static str {
    match op {
        Op::Equal => "=",
        Op::NotEqual => "!=",
        Op::Contains => "~",
        Op::NotContains => "!~",
        Op::Greater => ">",
        Op::GreaterEqual => ">=",
        Op::Less => "<",
        Op::LessEqual => "<=",
        Op::In => "in",
        Op::NotIn => "not in",
        Op::Is => "is",
        Op::IsNot => "is not",
    }
}

fn unsupported(op: Op, field: &str) -> ApiError {
    let sign = sign(op);
    ApiError::bad(format!("The operator '{sign}' is not supported by the '{field}' field."))
}
