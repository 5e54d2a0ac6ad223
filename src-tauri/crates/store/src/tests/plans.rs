//! Hot queries go through an index: none reads a whole table, none sorts.

use super::store;
use crate::{activity, blobs, conflicts, inbox, intents, outbox, pairs, wishes};

#[test]
fn hot_queries_use_indexes() {
    let store = store();
    let connection = store.connection();
    let hot: &[(&str, &str, &str)] = &[
        ("pairs to send", pairs::TO_SEND, "INDEX pair_to_send"),
        ("pairs to do", pairs::TO_DO, "INDEX pair_to_do"),
        ("leaves", pairs::LEAVES, "COVERING INDEX pair_place"),
        ("leaf", pairs::LEAF, "COVERING INDEX pair_place"),
        ("conflicts", conflicts::PAGE, "INDEX conflict_connection"),
        ("open conflicts", conflicts::OPEN, "INDEX conflict_open"),
        ("pair of origin", pairs::OF_ORIGIN, "INDEX pair_origin"),
        ("pair of issue", pairs::OF_ISSUE, "INDEX pair_issue"),
        ("issue anywhere", pairs::ISSUE_ANYWHERE, "INDEX pair_issue"),
        ("twins anywhere", pairs::TWINS_ANYWHERE, "INDEX pair_origin"),
        ("page", pairs::PAGE, "INDEX pair_connection"),
        ("waiting to be sent", pairs::WAITING, "INDEX pair_to_send"),
        ("waiting to be done", pairs::WAITING, "INDEX pair_to_do"),
        ("unseen", pairs::UNSEEN, "INDEX pair_synced"),
        ("wished", wishes::WISHED, "INDEX pair_wished"),
        ("unsent", pairs::UNSENT, "INDEX pair_to_send"),
        ("progress", pairs::PROGRESS, "INDEX pair_connection"),
        ("counts", pairs::COUNTS, "COVERING INDEX pair_stopped"),
        ("intents of pair", intents::OF_PAIR, "INDEX intent_pair"),
        ("create open", intents::CREATE_OPEN, "COVERING INDEX intent_connection"),
        ("out from", outbox::OUT_FROM, "INDEX sqlite_autoindex_outbox_1"),
        ("next in", inbox::NEXT_IN, "INDEX sqlite_autoindex_inbox_1"),
        ("activity of one", activity::PAGE_OF, "INDEX activity_connection"),
        ("activity by the hour", activity::HOURS, "INDEX activity_hours"),
        ("activity", activity::PAGE, "INTEGER PRIMARY KEY"),
        ("activity without", activity::PAGE_WITHOUT, "INTEGER PRIMARY KEY"),
        ("wanted", blobs::WANTED, "INDEX blob_want_connection"),
    ];
    for (name, sql, index) in hot {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let params = vec!["1"; statement.parameter_count()];
        let steps: Vec<String> = statement
            .query_map(rusqlite::params_from_iter(params), |r| r.get(3))
            .unwrap()
            .map(|step| step.unwrap())
            .collect();
        let plan = steps.join("; ");
        assert!(plan.contains(index), "{name} does not use {index}: {plan}");
        // What lies inside one row's JSON is no table.
        let inside = |s: &str| s == "SCAN CONSTANT ROW" || s.contains("VIRTUAL TABLE");
        let scans = steps.iter().any(|s| s.starts_with("SCAN") && !inside(s));
        assert!(!scans, "{name} reads a whole table: {plan}");
        // Of one issue or one origin there is a handful of rows: sorting those costs nothing.
        let sorts = plan.contains("TEMP B-TREE") && !name.ends_with("anywhere");
        assert!(!sorts, "{name} sorts: {plan}");
    }
}
