//! Issues a new site starts with: a few written by hand, then plausible ones.

use serde_json::{Value, json};

use crate::db;
use crate::error::{ApiError, ApiResult};
use crate::files;
use crate::ops::Deed;
use crate::state::{Site, User};

mod picture;
mod texts;

/// Adds `count` issues to the first project (and the later ones, in turn), without the first `after` of the list.
pub(crate) fn seed(site: &Site, after: u32, count: u32) -> ApiResult<()> {
    let users = site.all_users();
    let [ana, pat, ben, ..] = users.as_slice() else {
        return Err(ApiError::internal("the site has no people"));
    };
    let known: u32 =
        site.read(|conn| Ok(conn.query_row("SELECT count(*) FROM issue", [], |r| r.get::<_, u32>(0))?))?;
    let from = known + after;
    for n in from..from + count {
        match n {
            0 => first(site, ana, pat, ben)?,
            1 => second(site, ana, pat)?,
            2 => third(site, ben, ana)?,
            n => plausible(site, n, [ana, pat, ben])?,
        }
    }
    Ok(())
}

/// A type by name where the project has it, else the project's first.
fn create(
    site: &Site,
    who: &User,
    project: usize,
    kind: &str,
    summary: &str,
    description: Value,
) -> ApiResult<i64> {
    site.write(|tx| {
        let mut projects = db::projects(tx)?;
        // The project this site is about comes first: SUP before OPS, GX before RO.
        projects.sort_by_key(|p| p.id);
        let project = projects.get(project).or(projects.first()).ok_or_else(|| ApiError::internal("no project"))?;
        let types = db::types(tx)?;
        let named = types.iter().find(|t| t.name == kind).map(|t| t.id);
        let id = named.filter(|id| project.config.types.contains(id)).or(project.config.types.first().copied());
        let body = json!({"fields": {"project": {"key": project.key}, "issuetype": {"id": id.map(|i| i.to_string())},
            "summary": summary, "description": description}});
        Ok(Deed::new(site, tx, who, false).create_issue(&body)?.id)
    })
}

fn say(site: &Site, who: &User, issue: i64, body: Value) -> ApiResult<()> {
    site.write(|tx| Deed::new(site, tx, who, false).add_comment(&issue.to_string(), &json!({"body": body})))?;
    Ok(())
}

fn first(site: &Site, ana: &User, pat: &User, ben: &User) -> ApiResult<()> {
    let issue =
        create(site, ana, 0, "Bug", "Payment page shows an empty basket after signing in", texts::rich())?;
    let picture = files::store_bytes(site, "empty-basket.png", "image/png", &picture::basket())?;
    site.write(|tx| {
        let found = db::issue_by_id(tx, issue)?.ok_or_else(ApiError::issue_not_found)?;
        Deed::new(site, tx, ana, false).attach(&found, &picture)
    })?;
    say(site, ben, issue, texts::comment_with_list())?;
    say(
        site,
        pat,
        issue,
        texts::paragraphs(&["We see the same in our test shop. Does it also happen in a private window?"]),
    )?;
    say(site, ana, issue, texts::comment_with_code())
}

fn second(site: &Site, ana: &User, pat: &User) -> ApiResult<()> {
    let text = texts::paragraphs(&[
        "When a customer opens the order list, the newest order should come first. Today the list starts with the oldest one, so people scroll a lot.",
        "It would also help to keep the chosen order for the next visit.",
    ]);
    let issue = create(site, ana, 0, "Improvement", "Show the newest order first in the order list", text)?;
    say(
        site,
        pat,
        issue,
        texts::paragraphs(&["Good idea. Our support team asks for this about twice a week."]),
    )
}

fn third(site: &Site, ben: &User, ana: &User) -> ApiResult<()> {
    let issue = create(site, ben, 0, "Epic", "Move the shop to the new payment provider", texts::plan())?;
    say(
        site,
        ana,
        issue,
        texts::paragraphs(&["The contract is signed, so we can start with the test account."]),
    )
}

fn plausible(site: &Site, n: u32, people: [&User; 3]) -> ApiResult<()> {
    let at = usize::try_from(n).unwrap_or(0);
    let pick = |list: &[&'static str], step: usize| list[(at / step) % list.len()];
    let what = pick(texts::THINGS, 1);
    let trouble = texts::TROUBLES[(at * 3 + at / texts::THINGS.len()) % texts::TROUBLES.len()];
    let kind = ["Task", "Bug", "Improvement", "Task", "Bug"][at % 5];
    let summary = format!("{what} {trouble}");
    let text = texts::paragraphs(&[
        &format!("Reported by a customer this week: {} {trouble}.", what.to_lowercase()),
        pick(texts::DETAILS, 1),
    ]);
    let issue = create(site, people[at % 3], usize::from(at % 4 == 3), kind, &summary, text);
    // Nobody may create in a read-only project: the first project takes it then.
    let issue = match issue {
        Err(error) if error.status == axum::http::StatusCode::FORBIDDEN => {
            create(site, people[at % 3], 0, kind, &summary, texts::paragraphs(&[pick(texts::DETAILS, 1)]))?
        }
        other => other?,
    };
    if at % 3 == 0 {
        say(site, people[(at + 1) % 3], issue, texts::paragraphs(&[pick(texts::ANSWERS, 1)]))?;
    }
    Ok(())
}
