//! Questions in Jira's query language.

use twinline_model::{IssueId, ProjectKey};

/// So late the index may show a change; read again each time.
pub(crate) const OVERLAP_MS: i64 = 10 * 60_000;

/// How many minutes back a search must look so that nothing since `since_ms` is missed: it knows minutes only, both of now and
/// of the change.
pub(crate) fn minutes_back(now_ms: i64, since_ms: i64) -> i64 {
    now_ms.saturating_sub(since_ms).max(0) / 60_000 + 2
}

/// In which order changes come.
#[derive(Clone, Copy)]
pub(crate) enum Order {
    /// The newest change first.
    Newest,
    /// By key, which stays as it is while pages are read.
    Key,
}

/// Changes of these projects. Relative minutes: absolute times would mean the user's time zone.
pub(crate) fn changes(projects: &[ProjectKey], minutes: Option<i64>, order: Order) -> String {
    let projects: Vec<String> = projects.iter().map(|key| quoted(key.as_str())).collect();
    let since = minutes.map(|n| format!(r#" AND updated >= "-{n}m""#)).unwrap_or_default();
    let order = match order {
        Order::Newest => "updated DESC, key DESC",
        Order::Key => "key ASC",
    };
    format!("project in ({}){since} ORDER BY {order}", projects.join(", "))
}

/// The newest key first.
pub(crate) fn newest_key(project: &ProjectKey) -> String {
    format!("project = {} ORDER BY key DESC", quoted(project.as_str()))
}

/// A project's issues, and those of them that match.
pub(crate) fn in_project(project: &ProjectKey, filter: Option<&str>) -> String {
    let mut jql = format!("project = {}", quoted(project.as_str()));
    push_filter(&mut jql, filter.unwrap_or_default());
    jql
}

/// Those of these issues that match.
pub(crate) fn among(issues: &[IssueId], filter: &str) -> String {
    let ids: Vec<String> = issues
        .iter()
        .map(|id| match id.as_str() {
            number if number.bytes().all(|b| b.is_ascii_digit()) && !number.is_empty() => number.to_owned(),
            other => quoted(other),
        })
        .collect();
    let mut jql = format!("id in ({})", ids.join(", "));
    push_filter(&mut jql, filter);
    jql
}

fn push_filter(jql: &mut String, filter: &str) {
    let filter = without_order(filter).trim();
    if !filter.is_empty() {
        jql.push_str(" AND (");
        jql.push_str(filter);
        jql.push(')');
    }
}

/// A filter that a person copied may end with an order, which may not stand in parentheses.
fn without_order(filter: &str) -> &str {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in filter.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None => {
                let before_is_blank = filter[..at].chars().next_back().is_none_or(|b| !b.is_alphanumeric());
                if before_is_blank && starts_with_order_by(&filter[at..]) {
                    return &filter[..at];
                }
            }
        }
    }
    filter
}

fn starts_with_order_by(text: &str) -> bool {
    let mut words = text.split_whitespace();
    words.next().is_some_and(|w| w.eq_ignore_ascii_case("order"))
        && words.next().is_some_and(|w| w.eq_ignore_ascii_case("by"))
}

fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn j22_the_window_covers_every_minute_border() {
        assert_eq!(minutes_back(60_000, 60_000), 2);
        assert_eq!(minutes_back(119_999, 60_000), 2);
        assert_eq!(minutes_back(120_000, 60_000), 3);
        // A time ahead of the clock is now.
        assert_eq!(minutes_back(0, 5_000_000), 2);
    }

    #[test]
    fn questions_are_quoted() {
        let projects = [ProjectKey::new("SUP"), ProjectKey::new("A\"B")];
        assert_eq!(
            changes(&projects, Some(12), Order::Newest),
            r#"project in ("SUP", "A\"B") AND updated >= "-12m" ORDER BY updated DESC, key DESC"#
        );
        assert_eq!(changes(&projects[..1], None, Order::Key), r#"project in ("SUP") ORDER BY key ASC"#);
    }

    #[test]
    fn a_filter_loses_its_order_and_keeps_its_quotes() {
        let project = ProjectKey::new("SUP");
        let jql = |filter| in_project(&project, Some(filter));
        assert_eq!(jql("labels = a order  BY key"), r#"project = "SUP" AND (labels = a)"#);
        assert_eq!(jql("ORDER BY key"), r#"project = "SUP""#);
        assert_eq!(
            jql(r#"text ~ "order by" OR x = 1"#),
            r#"project = "SUP" AND (text ~ "order by" OR x = 1)"#
        );
        assert_eq!(among(&[IssueId::new("7"), IssueId::new("x")], "a = b"), r#"id in (7, "x") AND (a = b)"#);
    }
}
