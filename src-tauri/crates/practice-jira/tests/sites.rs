//! Several sites in one process, and a site that comes back.
mod common;
use common::{Client, site, with};
use practice_jira::{Error, Options, Site};

#[tokio::test]
async fn two_sites_know_nothing_of_each_other() {
    let (acme, globex) = tokio::join!(site("acme"), site("globex"));
    let ours = acme.create("SUP", "Task", "ours").await;
    let theirs = globex.create("GX", "Task", "theirs").await;
    assert_ne!(ours["id"], theirs["id"], "ids of other sites start elsewhere");
    assert_ne!(acme.site.token, globex.site.token);
    assert_eq!(acme.search("project = SUP").await.len(), 1);
    let stranger = acme
        .http
        .get(format!("{}/rest/api/3/myself", globex.site.url))
        .basic_auth(&acme.email, Some(&acme.site.token))
        .send()
        .await
        .expect("answers");
    assert_eq!(stranger.status(), 401);
    let Client { site, http, .. } = acme;
    let url = site.url.clone();
    site.shutdown().await;
    assert!(http.get(url).send().await.is_err(), "nothing listens any more");
    assert_eq!(globex.search("project = GX").await.len(), 1);
}

#[tokio::test]
async fn two_sites_can_begin_with_different_issues() {
    let begin = |site: &str, seed_after, seed_issues| Options {
        site: site.into(),
        seed_after,
        seed_issues,
        ..Options::default()
    };
    let acme = with(begin("acme", 0, 3)).await;
    let globex = with(begin("globex", 3, 2)).await;
    let summaries = |client: &Client| -> Vec<String> {
        let state = client.site.state().expect("state");
        let issues = state["issues"].as_array().expect("issues").iter();
        issues.map(|i| i["fields"]["summary"].as_str().expect("summary").to_owned()).collect()
    };
    let (here, there) = (summaries(&acme), summaries(&globex));
    assert_eq!((here.len(), there.len()), (3, 2));
    assert!(here.iter().all(|summary| !there.contains(summary)), "{here:?} {there:?}");
}

#[tokio::test]
async fn a_data_file_keeps_issues_files_and_token() {
    let folder = tempfile::tempdir().expect("folder");
    let data = Some(folder.path().join("acme.db"));
    let options =
        || Options { site: "acme".into(), seed_issues: 4, data: data.clone(), ..Options::default() };
    let first = with(options()).await;
    let before = first.site.state().expect("state");
    let (port, token) = (first.site.port, first.site.token.clone());
    let taken = Site::start(Options { site: "acme".into(), port, ..Options::default() }).await;
    assert!(matches!(taken, Err(Error::Port { .. })));
    first.site.shutdown().await;
    let second = with(options()).await;
    assert_eq!(second.site.token, token);
    let after = second.site.state().expect("state");
    assert_eq!(after["issues"].as_array().map(Vec::len), Some(4), "seeded once only");
    assert_eq!(
        before["issues"][0]["attachments"][0]["sha256"],
        after["issues"][0]["attachments"][0]["sha256"]
    );
    let types: Vec<&str> = after["issues"]
        .as_array()
        .expect("issues")
        .iter()
        .filter_map(|i| i["fields"]["issuetype"]["name"].as_str())
        .collect();
    assert!(types.contains(&"Improvement") && types.contains(&"Epic"));
    let id = after["issues"][0]["attachments"][0]["id"].as_str().expect("id").to_owned();
    let file =
        second.raw(reqwest::Method::GET, &format!("/attachment/content/{id}?redirect=false"), None).await;
    let bytes = file.bytes().await.expect("bytes");
    assert!(bytes.starts_with(b"\x89PNG"));
}

#[tokio::test]
async fn a_wrong_name_is_refused() {
    let refused = Site::start(Options { site: "Not A Name".into(), ..Options::default() }).await;
    assert!(matches!(refused, Err(Error::Option(_))));
}
