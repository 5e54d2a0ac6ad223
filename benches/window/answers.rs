//! How long the window waits for each answer that it only reads, and whether a long list ever keeps it from drawing.

use std::time::Duration;

use serde_json::{Value, json};

use crate::desktop::Desktop;
use crate::rows::{Report, p95};
use crate::seeded::Seeded;
use crate::window::Window;

const ROUNDS: usize = 40;
const ALLOWED_MS: f64 = 100.0;

/// Asks each command from the page, as the page does.
const ASK: &str = "const [calls, rounds, done] = arguments;
    const invoke = window.__TAURI_INTERNALS__.invoke;
    (async () => {
        const all = {};
        for (const [name, command, args] of calls) {
            all[name] = [];
            for (let n = 0; n < rounds; n += 1) {
                const begun = performance.now();
                await invoke(command, args);
                all[name].push(performance.now() - begun);
            }
        }
        return all;
    })().then(done, (e) => done({ failed: e.sentence ?? String(e) }));";

/// Notes when frames come, does something, and leaves in `window.found_` the longest wait for a frame (ms), how many came, and
/// what the deed came to. It runs by itself: a driver that waits for it would give up.
const WATCH: &str = "window.found_ = undefined;
    const gaps = [];
    let last = performance.now();
    const tick = () => {
        const now = performance.now();
        gaps.push(now - last);
        last = now;
        if (window.found_ === undefined) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    const frame = () => new Promise(requestAnimationFrame);
    const rows = () => [...document.querySelectorAll(\"[data-testid='pair-row']\")];
    // Those that are far from what is seen are not in the page.
    const unfolded = () => [...document.querySelectorAll(\"[data-testid='stretch']\")].reduce((n, s) => n + Number(s.dataset.rows), 0);
    const ends = performance.now() + 90000;
    const late = () => performance.now() > ends;
    deed().then(
        (n) => (window.found_ = [Math.max(...gaps), gaps.length, gaps.filter((gap) => gap > 100).length, n]),
        (e) => (window.found_ = [String(e)]));";

/// A person goes on until the list is this long, or has had enough.
const UNFOLD: &str = "for (let at = unfolded(); at < 2000 && !late(); ) {
        // The activity has such a button as well.
        const list = rows()[0].closest(\"[role='table']\").parentElement;
        const more = list.querySelector(\"[role='table'] ~ [data-testid='load-more']\");
        if (!more) break;
        more.click();
        const asked = performance.now();
        while (unfolded() === at && performance.now() < asked + 1000) await frame();
        at = unfolded();
    }
    return unfolded();";

const SCROLL: &str = "let box = rows()[0];
    while (box && !(box.scrollHeight > box.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(box).overflowY)))
        box = box.parentElement;
    box ??= document.scrollingElement;
    for (box.scrollTop = 0; box.scrollTop + box.clientHeight < box.scrollHeight - 1 && !late(); ) {
        box.scrollTop += 400;
        await frame();
    }
    return Math.round(box.scrollTop);";

/// Whatever happens in the node makes the window fetch again what it shows.
const CHANGE: &str = "const invoke = window.__TAURI_INTERNALS__.invoke;
    const company = (await invoke('settings')).company;
    await invoke('set_settings', { company: company + ' & Co', address: '' });
    const until = performance.now() + 8000;
    while (performance.now() < until) await frame();
    return unfolded();";

const FILTER: &str = "const field = document.querySelector(\"[data-testid='pair-search']\");
    for (const letter of 'printer 9017') {
        field.value += letter;
        field.dispatchEvent(new Event('input', { bubbles: true }));
        for (let n = 0; n < 10; n += 1) await frame();
    }
    while (!late() && (rows().length !== 1 || !rows()[0].innerText.includes('rinter 9017 '))) await frame();
    return rows().length;";

/// Opens the window on the large folder.
pub async fn measure(desktop: &mut Desktop, seeded: &Seeded, report: &mut Report) {
    let window = Window::open(desktop, "bench", 0, &seeded.args()).await;
    window.driver.set_script_timeout(Duration::from_secs(100)).await.unwrap();
    window.sees("[data-testid='connection-row']", Duration::from_secs(30)).await;
    commands(&window, seeded, report).await;
    long_list(&window, seeded, report).await;
    window.quit().await;
    desktop.no_app_runs().await;
}

async fn commands(window: &Window, seeded: &Seeded, report: &mut Report) {
    let large = seeded.large.as_str();
    let page = |search: &str, after: Option<&str>| json!({"connection": large, "search": search, "after": after, "limit": 50});
    let activity =
        |of: Option<&str>, before: Option<&str>| json!({"connection": of, "before": before, "limit": 50});
    // Not here: what asks Jira or a partner (projects, check_address, compare): there the window shows that it is under way.
    let calls = [
        ("status", "status", json!({})),
        ("connections", "connections", json!({})),
        ("connection", "connection", json!({"id": large})),
        ("pairs, first page", "pairs", page("", None)),
        ("pairs, last page", "pairs", page("", Some("50"))),
        ("pairs, a search with one hit", "pairs", page("printer 9017", None)),
        ("pairs, a search without a hit", "pairs", page("no such issue", None)),
        ("activity, first page", "activity", activity(None, None)),
        ("activity, last page", "activity", activity(None, Some("50"))),
        ("activity of a connection", "activity", activity(Some(large), None)),
        ("problems", "problems", json!({})),
        ("conflicts", "conflicts", json!({"pair": "1"})),
        ("accounts", "accounts", json!({})),
        ("settings", "settings", json!({})),
        ("language", "language", json!({})),
        ("notification_switches", "notification_switches", json!({})),
        ("general", "general", json!({})),
        ("privacy", "privacy", json!({})),
        ("practice", "practice", json!({})),
        ("suggest_site", "suggest_site", json!({"text": "https://acme.atlassian.net/browse/SUP-1"})),
        ("diagnostics", "diagnostics", json!({})),
    ];
    let asked = calls.map(|(name, command, args)| json!([name, command, args]));
    let answer = window.driver.execute_async(ASK, vec![json!(asked), json!(ROUNDS)]).await.unwrap();
    let answer = answer.json();
    assert!(answer["failed"].is_null(), "a command failed: {}", answer["failed"]);
    let mut slowest = (0.0, String::new());
    for (name, times) in answer.as_object().unwrap() {
        let p95 = p95(times.as_array().unwrap().iter().filter_map(Value::as_f64).collect());
        report.at_most(ALLOWED_MS, &format!("answer of {name}, p95 of {ROUNDS}"), p95, "ms");
        if p95 >= slowest.0 {
            slowest = (p95, name.clone());
        }
    }
    report.note(format!("The slowest answer is {}.", slowest.1));
}

/// Unfolds the list as a person does, goes through it, has something change meanwhile, and filters it.
async fn long_list(window: &Window, seeded: &Seeded, report: &mut Report) {
    window.go(&format!("/connections/{}/issues", seeded.large)).await;
    window.sees("[data-testid='pair-row']", Duration::from_secs(30)).await;
    let deeds = [
        ("unfolding the list, page by page", UNFOLD),
        ("scrolling through what is unfolded", SCROLL),
        ("something changes, with all of that unfolded", CHANGE),
        ("filtering 9,510 issues, letter by letter", FILTER),
    ];
    for (what, deed) in deeds {
        window
            .driver
            .execute(format!("const deed = async () => {{ {deed} }};\n{WATCH}"), vec![])
            .await
            .unwrap();
        let found = window
            .until(what, Duration::from_secs(120), async || {
                let found = window.driver.execute("return window.found_ ?? null", vec![]).await?;
                Ok(found.json().is_array().then(|| found.json().clone()))
            })
            .await;
        let Some(longest) = found[0].as_f64() else { panic!("{what}: {found}") };
        report.at_most(ALLOWED_MS, &format!("longest wait for a frame, {what}"), longest, "ms");
        report.note(format!(
            "{what}: {} frames, {} of them late; it came to {}.",
            found[1], found[2], found[3]
        ));
    }
}
