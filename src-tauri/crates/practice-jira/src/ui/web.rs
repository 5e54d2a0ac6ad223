//! The page itself: its files, what a browser may do with them, and how a window hears of changes.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use tokio_util::sync::CancellationToken;

use crate::state::Site;

/// Scripts, styles and pictures come from here, nothing is framed, and no string becomes a script.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'";

/// What an attached file may do if a browser shows it: nothing.
pub(super) const FILE_POLICY: &str = "default-src 'none'; sandbox";

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// Name, kind and text of each file of the page.
const FILES: [(&str, &str, &str); 16] = [
    ("adf.css", STYLE, include_str!("../../web/adf.css")),
    ("adf.js", SCRIPT, include_str!("../../web/adf.js")),
    ("app.js", SCRIPT, include_str!("../../web/app.js")),
    ("comments.js", SCRIPT, include_str!("../../web/comments.js")),
    ("create.js", SCRIPT, include_str!("../../web/create.js")),
    ("dialogs.js", SCRIPT, include_str!("../../web/dialogs.js")),
    ("dom.js", SCRIPT, include_str!("../../web/dom.js")),
    ("editor.js", SCRIPT, include_str!("../../web/editor.js")),
    ("files.js", SCRIPT, include_str!("../../web/files.js")),
    ("format.js", SCRIPT, include_str!("../../web/format.js")),
    ("issue.css", STYLE, include_str!("../../web/issue.css")),
    ("issue.js", SCRIPT, include_str!("../../web/issue.js")),
    ("list.js", SCRIPT, include_str!("../../web/list.js")),
    ("markdown.js", SCRIPT, include_str!("../../web/markdown.js")),
    ("server.js", SCRIPT, include_str!("../../web/server.js")),
    ("style.css", STYLE, include_str!("../../web/style.css")),
];

pub(super) async fn file(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(known, ..)| *known == name) {
        Some((_, kind, text)) => sent(kind, (*text).to_owned()),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The page, for the list and for each issue's own address alike. A site's name is letters, digits and hyphens.
pub(super) async fn page(State(site): State<Arc<Site>>) -> Response {
    let html = include_str!("../../web/index.html").replace("{{site}}", &site.name);
    let mut response = sent("text/html; charset=utf-8", html);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static(POLICY));
    response
}

fn sent(kind: &'static str, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, text).into_response()
}

/// The site's version, now and after each change; silent while nothing changes, over when the site stops.
pub(super) async fn events(
    State(site): State<Arc<Site>>,
    State(stop): State<CancellationToken>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let told = stream::unfold((site.events(), site, 0), |(mut events, site, last)| async move {
        loop {
            let version = site.version();
            if version != last {
                let event = Event::default().data(version.to_string());
                return Some((Ok(event), (events, site, version)));
            }
            events.changed().await.ok()?;
        }
    });
    Sse::new(told.take_until(stop.cancelled_owned()))
}

/// A small coloured square for an issue type, as the API's `iconUrl` names it.
pub(super) async fn type_icon(Path(name): Path<String>) -> Response {
    let colour = match name.trim_end_matches(".svg") {
        "Bug" => "#d5483f",
        "Improvement" => "#3f8f5b",
        "Epic" => "#7d5bc4",
        _ => "#3f7fc4",
    };
    let svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='16' height='16'><rect width='16' height='16' rx='4' fill='{colour}'/></svg>"
    );
    ([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response()
}
