//! What a poll of the practice site finds, whatever its index, its pages and its clock do.

mod common;

use std::collections::BTreeSet;

use common::marker;
use common::practice::{all_changes, changes, create, one, practice, signed_in, site};
use serde_json::json;
use twinline_model::ProjectKey;
use twinline_trackers::Tracker;
use twinline_trackers::error::ReadError;

#[tokio::test]
async fn j22_each_change_comes_across_page_borders_and_zones() {
    let site = site().await;
    practice(&site, "POST", "/practice/issues", json!({"count": 230})).await;
    for zone in ["Pacific/Kiritimati", "Pacific/Pago_Pago"] {
        practice(&site, "PUT", "/practice/users/ana", json!({"time_zone": zone})).await;
        let jira = signed_in(&site).await;
        let all = all_changes(&jira, None).await;
        let count = jira.count(&ProjectKey::new("SUP"), None).await.expect("a count");
        let ids: BTreeSet<_> = all.iter().map(|issue| issue.id.clone()).collect();
        assert_eq!((ids.len() as u64, all.len() as u64), (count, count));
        let newest = all.iter().map(|issue| issue.updated_ms).max().expect("issues");
        let created = create(&jira, "new").await;
        let later = all_changes(&jira, Some(newest)).await;
        assert!(later.iter().any(|issue| issue.id == created.id), "{zone}");
        assert_eq!(later.iter().find(|i| i.id == created.id).and_then(|i| i.marker.clone()), Some(marker()));
    }
}

#[tokio::test]
async fn f73_pages_that_repeat_or_change_their_order_hold_each_issue() {
    let site = site().await;
    practice(&site, "POST", "/practice/issues", json!({"count": 300})).await;
    let jira = signed_in(&site).await;
    let ids = async || {
        let all = all_changes(&jira, None).await;
        (all.len(), all.into_iter().map(|issue| issue.id).collect::<BTreeSet<_>>())
    };
    let (whole, expected) = ids().await;
    assert!(whole == expected.len() && whole > 200, "more than come at once: {whole}");
    for fault in [
        json!({"page_most": 50, "page_repeats": 7}),
        json!({"page_most": 50, "page_order": "reversed"}),
        json!({"page_most": 50, "page_order": "shuffled"}),
        json!({"page_most": 50, "page_repeats": 7, "page_order": "shuffled"}),
    ] {
        site.set_faults(&fault).expect("a fault of the practice site");
        assert_eq!(ids().await, (whole, expected.clone()), "{fault}: each once");
    }
}

#[tokio::test]
async fn j22_the_trackers_clock_counts_not_ours() {
    let site = site().await;
    let jira = signed_in(&site).await;
    let first = create(&jira, "first").await;
    let since = one(&jira, &first.id).await.updated_ms;
    // As after a night asleep: our idea of the tracker's clock is five hours old.
    practice(&site, "POST", "/practice/clock", json!({"offset_s": 5 * 3600})).await;
    let found = all_changes(&jira, Some(since)).await;
    assert!(found.iter().any(|issue| issue.id == first.id));
}

#[tokio::test]
async fn j22_a_clock_that_is_put_back_or_forward_hides_nothing() {
    // New York puts its clocks back, Berlin and Lord Howe forward, the latter by half an hour.
    for (zone, before) in [
        ("America/New_York", "2029-11-04T05:57:00Z"),
        ("Europe/Berlin", "2030-03-31T00:57:00Z"),
        ("Australia/Lord_Howe", "2029-10-06T15:27:00Z"),
    ] {
        let site = site().await;
        practice(&site, "PUT", "/practice/users/ana", json!({"time_zone": zone})).await;
        practice(&site, "POST", "/practice/clock", json!({"now": before})).await;
        let jira = signed_in(&site).await;
        let made = [create(&jira, "before").await, {
            practice(&site, "POST", "/practice/clock", json!({"advance_s": 360})).await;
            create(&jira, "after").await
        }];
        let since = one(&jira, &made[0].id).await.updated_ms;
        let found: Vec<_> = all_changes(&jira, Some(since)).await.into_iter().map(|i| i.id).collect();
        assert_eq!(found, made.map(|issue| issue.id), "{zone}");
    }
}

#[tokio::test]
async fn j23_what_the_index_shows_three_minutes_late_is_found() {
    let site = site().await;
    let jira = signed_in(&site).await;
    let late = create(&jira, "late").await;
    site.set_faults(&json!({"search_lag_ms": {"issue": late.key, "ms": 180_000}})).expect("a switch");
    practice(&site, "POST", "/practice/clock", json!({"advance_s": 170})).await;
    let later = create(&jira, "later").await;
    // The cursor of a poll stands at the newest change that it was shown.
    let cursor = one(&jira, &later.id).await.updated_ms;
    let found = async || {
        let all = all_changes(&jira, Some(cursor)).await;
        all.into_iter().map(|issue| issue.id).collect::<Vec<_>>()
    };
    assert_eq!(found().await, std::slice::from_ref(&later.id), "the index has not caught up");
    practice(&site, "POST", "/practice/clock", json!({"advance_s": 20})).await;
    assert_eq!(found().await, [late.id, later.id]);
}

#[tokio::test]
async fn j24_a_page_that_expired_is_refused_and_the_first_one_begins_anew() {
    let site = site().await;
    practice(&site, "POST", "/practice/issues", json!({"count": 300})).await;
    let jira = signed_in(&site).await;
    let query = changes(&jira, None);
    let faults = json!({"page_most": 100, "page_token_ttl_ms": {"ms": -1, "times": 1}});
    site.set_faults(&faults).expect("a switch");
    // An empty page would be believed, and the cursor would move past what it hides.
    let expired = jira.changed_ids(&query).await;
    assert!(matches!(expired, Err(ReadError::Refused(_))), "{expired:?}");
    let all = all_changes(&jira, None).await;
    assert_eq!(all.len() as u64, jira.count(&ProjectKey::new("SUP"), None).await.expect("a count"));
}
