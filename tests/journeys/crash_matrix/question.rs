//! A story about two issues that existed before: one company asks, the other says yes, and they become a pair.

use std::path::Path;

use serde_json::json;

use super::story::{Crash, How, Pair, STEP, Told, handles};
use crate::harness::documents::paragraph;
use crate::harness::jira::Jira;
use crate::harness::wait::try_for;
use crate::harness::world::{Wanted, bytes_of};
use crate::harness::{Company, database};

/// What the issue is called at ACME and at Globex before they are one.
const NAMES: [&str; 2] = ["Printer on fire", "Smoke in room 4"];

/// The story; `Err`: what went wrong, and what both nodes say.
pub async fn tell_of_question(crash: Option<&Crash>, logs: Option<&Path>) -> Result<Told, String> {
    let how = How { scope: &[], trouble: json!({}), late: false };
    let pair = Pair::start(how, begin, crash, logs).await;
    let outcome = acts(&pair).await;
    pair.close(crash, outcome).await
}

async fn begin(acme: &Jira, globex: &Jira) {
    tokio::join!(fill(acme, "SUP", 0), fill(globex, "GX", 1));
}

async fn fill(jira: &Jira, project: &str, side: usize) {
    let key = jira.create(project, "Task", NAMES[side], Some(&paragraph("It burns."))).await;
    jira.comment(&key, &paragraph(&format!("{}, said first.", NAMES[side]))).await;
    let file = format!("{side}.txt");
    jira.attach(&key, &file, bytes_of(&file)).await;
}

async fn acts(pair: &Pair) -> Result<(), String> {
    pair.in_step().await?;
    let [acme, globex] = &pair.companies;
    let [[sup, ..], [gx, ..]] = [0, 1].map(|side: usize| handles(pair, side, NAMES[side]));
    let id = acme.connection().await.ok_or("ACME lists no connection")?["id"].clone();
    let asking = ["pair", "connect", &sup, &gx, "--connection", id.as_str().unwrap_or_default()];
    acme.node.ask(&asking, "").await.done();
    let waits = try_for(STEP, async || waiting(globex).await).await.ok_or("Globex is never asked")?;
    globex.node.ask(&["question", "accept", &waits], "").await.done();

    let said = NAMES.map(|name| format!("{name}, said first."));
    let wanted = [Wanted {
        summary: NAMES.map(str::to_owned).to_vec(),
        ..Wanted::task("", "It burns.").comments(&[&said[0], &said[1]]).files(&["0.txt", "1.txt"])
    }];
    pair.becomes("the two are one", [&wanted, &wanted]).await?;
    pair.ends([&wanted, &wanted]).await?;
    let records: Vec<_> = pair.companies.iter().map(|c| database::lost_texts(&c.data())).collect();
    // I14: one of the two summaries stands, on both sides; the other one is in the record.
    let stands = NAMES.map(|name| {
        (0..2).all(|side| {
            let state = pair.companies[side].site.state().expect("the site can be read");
            state.to_string().contains(&format!("\"summary\":\"{name}\""))
        })
    });
    let lost = match stands {
        [true, false] => NAMES[1],
        [false, true] => NAMES[0],
        _ => return Err(format!("the two sides differ: {stands:?}")),
    };
    if !records.iter().flatten().any(|text| text.contains(lost)) {
        return Err(format!("{lost:?} is neither current nor in the conflict record: {records:?}"));
    }
    let (written, once) = (pair.written(), [[0, 1, 1], [0, 1, 1]]);
    match written == once {
        true => Ok(()),
        false => Err(format!("issues, comments and files written: {written:?}, not {once:?}")),
    }
}

/// The question that waits for this company's people.
async fn waiting(company: &Company) -> Option<String> {
    let questions = company.node.json(&["question", "list"]).await;
    let mut all = questions.as_array()?.iter();
    Some(all.find(|one| one["state"] == "waiting_for_you")?["id"].as_str()?.to_owned())
}
