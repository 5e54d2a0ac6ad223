use super::parse::{Expr, Op, Operand};
use super::sql::Compiled;
use super::*;
use crate::db::{IssueType, Project, ProjectConfig};
use crate::state::User;

fn clause(text: &str) -> Expr {
    parse(text).expect("readable").condition.expect("a condition")
}

fn refusal(text: &str) -> String {
    parse(text).expect_err("must be refused").messages.join(" ")
}

#[test]
fn a_poll_query_is_read() {
    let query =
        parse("project in (SUP, \"OPS\") AND updated >= -15m ORDER BY updated ASC, key desc").expect("ok");
    assert_eq!(query.order, vec![("updated".to_owned(), false), ("key".to_owned(), true)]);
    let Some(Expr::And(parts)) = query.condition else { panic!("two parts") };
    assert_eq!(
        parts[1],
        Expr::Clause {
            field: "updated".into(),
            op: Op::GreaterEqual,
            values: vec![Operand::Text("-15m".into())]
        }
    );
}

#[test]
fn or_binds_weaker_than_and_and_brackets_win() {
    assert!(
        matches!(clause("a = 1 OR b = 2 AND c = 3"), Expr::Or(parts) if matches!(parts[1], Expr::And(_)))
    );
    assert!(
        matches!(clause("(a = 1 OR b = 2) AND c = 3"), Expr::And(parts) if matches!(parts[0], Expr::Or(_)))
    );
    assert!(matches!(clause("NOT a = 1"), Expr::Not(_)));
    assert!(matches!(clause("a not in (1, 2)"), Expr::Clause { op: Op::NotIn, .. }));
    assert!(
        matches!(clause("a is not EMPTY"), Expr::Clause { op: Op::IsNot, values, .. } if values == [Operand::Empty])
    );
}

#[test]
fn wrong_queries_are_named() {
    assert!(refusal("project = SUP foo").contains("Expecting either 'OR' or 'AND' but got 'foo'"));
    assert!(refusal("project =").contains("before the end of the query"));
    assert!(refusal("project in SUP").contains("'('"));
    assert!(refusal("summary ~ \"open").contains("has not been completed"));
    assert!(refusal("project SUP").contains("Expecting operator"));
}

fn run(text: &str) -> Result<Compiled, String> {
    let me = User::new("acme", "ana", "Ana Ruiz", "Europe/Madrid");
    let project = Project {
        id: 7,
        key: "SUP".into(),
        name: "Support".into(),
        archived: false,
        config: ProjectConfig::default(),
    };
    let task = IssueType { id: 3, name: "Task".into(), level: 0 };
    let known = Known {
        projects: &[project],
        types: &[task],
        users: std::slice::from_ref(&me),
        me: &me,
        now_ms: 1_795_498_000_123,
        updated: "i.updated",
    };
    let query = parse(text).map_err(|e| e.messages.join(" "))?;
    compile(&query, &known).map_err(|e| e.messages.join(" "))
}

#[test]
fn times_are_whole_minutes_in_the_users_zone() {
    use rusqlite::types::Value as Sql;
    let c = run("updated >= -15m").expect("ok");
    assert_eq!(c.params, [Sql::Integer((1_795_498_000_123 - 900_000) / 60_000 * 60_000)]);
    let c = run("created < \"2026-11-24 06:00\"").expect("ok");
    // Madrid is one hour ahead in November.
    let utc: jiff::Timestamp = "2026-11-24T05:00:00Z".parse().expect("time");
    assert_eq!(c.params, [Sql::Integer(utc.as_millisecond())]);
}

#[test]
fn unknown_names_and_unbounded_queries_are_refused() {
    assert!(
        run("project = NOPE")
            .is_err_and(|e| e.contains("The value 'NOPE' does not exist for the field 'project'"))
    );
    assert!(run("colour = red").is_err_and(|e| e.contains("Field 'colour' does not exist")));
    assert!(run("ORDER BY updated").is_err_and(|e| e.contains("Unbounded JQL")));
    assert!(run("").is_err_and(|e| e.contains("Unbounded JQL")));
    assert!(run("updated >= yesterday").is_err_and(|e| e.contains("is invalid")));
    assert!(run("project ~ SUP").is_err_and(|e| e.contains("operator '~' is not supported")));
}
