//! What the way between the two nodes costs: how long a change takes to cross it, of its own round trip; what an idle connection
//! asks; how fast a large file goes through, of what a plain client needs on the same way.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Row;
use super::large_file::{Sparse, hash_of};
use crate::demo::Folder;
use crate::demo::pair::{Company, Two};
use crate::http::Client;
use crate::line::{Line, Shape};
use crate::stop::until;
use crate::tool::{Failed, Tool, fail};

/// Changes in each direction; their median counts, since some fall between two waits.
const CHANGES: usize = 11;
/// Far away: so that what the link costs cannot be taken for what the computer does.
const FAR: Shape = Shape { delay: Duration::from_millis(100), bytes_per_s: None };
/// For files: 100 Mbit/s.
const OFFICE: Shape = Shape { delay: Duration::from_millis(10), bytes_per_s: Some(12_500_000) };
const BYTES: u64 = 100 << 20;
const MIB: f64 = (1 << 20) as f64;
/// How often a file is interrupted.
const BREAKS: u64 = 3;
/// How long nothing happens.
const IDLE: Duration = Duration::from_secs(180);
const PATIENCE: Duration = Duration::from_secs(300);

/// Connects two companies over a line, and measures one after the other.
pub fn measure(tool: &Tool) -> Result<Vec<Row>, Failed> {
    let folder = Folder::new(false)?;
    let mut two = Two::start(tool, &folder, 0, "1s")?;
    for jira in [&two.acme.jira, &two.globex.jira] {
        jira.set_upload_limit(2 * BYTES)?;
    }
    let line = Line::start(two.port, Shape::default())?;
    two.called_at = Some(line.port);
    two.connect(PATIENCE)?;
    let key = two.acme.jira.create(two.acme.project, "Task", "Crosses", &Value::Null)?;
    let twin = until("The twin", PATIENCE, || Ok(two.globex.jira.keys(two.globex.project)?.pop()))?;

    let mut rows = crossing(&mut two, &line, &key, &twin)?;
    rows.extend(file(&mut two, &line, &key, &twin)?);
    rows.push(idle(&mut two, &line)?);
    Ok(rows)
}

/// From the look that finds a change in one tracker to its write in the other, with a line that takes no time and with one that does.
fn crossing(two: &mut Two, line: &Line, key: &str, twin: &str) -> Result<Vec<Row>, Failed> {
    let near = both_ways(two, key, twin)?;
    line.set(FAR);
    line.break_off();
    let trip = round_trip(line)?;
    let far = both_ways(two, key, twin)?;
    let allowed = 2.0 * trip.as_secs_f64() * 1_000.0 + 50.0;
    let rows = ["to the private side", "to the public side"].into_iter().zip(near).zip(far);
    let rows = rows.flat_map(|((whither, near), far)| {
        let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
        let trips = far.saturating_sub(near).as_secs_f64() / trip.as_secs_f64();
        [
            Row::new(format!("a change {whither}, round trips of the link"), trips, "trips").at_most(2.0),
            Row::new(
                format!("the same, from tracker to tracker at {:.0} ms a trip", ms(trip)),
                ms(far),
                "ms",
            )
            .at_most(allowed),
            Row::new("the same, where the link takes no time", ms(near), "ms"),
        ]
    });
    Ok(rows.collect())
}

fn both_ways(two: &mut Two, key: &str, twin: &str) -> Result<[Duration; 2], Failed> {
    let mut times = [Vec::new(), Vec::new()];
    for number in 0..CHANGES {
        times[0].push(change(two, number, key, true)?);
        times[1].push(change(two, number, twin, false)?);
    }
    Ok(times.map(|mut times| {
        times.sort();
        times[times.len() / 2]
    }))
}

/// One edit; from the poll that sees it to the write at the other side.
fn change(two: &mut Two, number: usize, key: &str, of_acme: bool) -> Result<Duration, Failed> {
    two.acme.must_run()?;
    two.globex.must_run()?;
    let (from, to) = if of_acme { (&two.acme, &two.globex) } else { (&two.globex, &two.acme) };
    let polls = from.jira.polls()?;
    seen("A poll", || Ok(from.jira.polls()? > polls))?;
    // What belongs to that poll is over, and the next one is not due yet.
    thread::sleep(Duration::from_millis(400));
    let (polls, writes) = (from.jira.polls()?, to.jira.writes()?);
    from.jira.edit(key, &json!({"summary": format!("Crosses, {number}, from {}", from.name)}))?;
    let begun = seen("The poll that sees it", || Ok(from.jira.polls()? > polls))?;
    Ok(seen("The change at the other side", || Ok(to.jira.writes()? > writes))? - begun)
}

/// The moment from which on it is so, to a few milliseconds.
fn seen(what: &str, mut there: impl FnMut() -> Result<bool, Failed>) -> Result<Instant, Failed> {
    let end = Instant::now() + PATIENCE;
    while !there()? {
        if crate::stop::asked() || Instant::now() > end {
            return fail(format!("{what} was waited for in vain."));
        }
        thread::sleep(Duration::from_millis(2));
    }
    Ok(Instant::now())
}

/// The fastest answer to the smallest question, on a connection that is open.
fn round_trip(line: &Line) -> Result<Duration, Failed> {
    let client = Client::new(&format!("http://127.0.0.1:{}", line.port), "", "");
    let mut best = Duration::MAX;
    for _ in 0..6 {
        let begun = Instant::now();
        client.bytes("/v1/twinline")?;
        best = best.min(begun.elapsed());
    }
    Ok(best)
}

/// A file goes through, once undisturbed and once with interruptions.
fn file(two: &mut Two, line: &Line, key: &str, twin: &str) -> Result<Vec<Row>, Failed> {
    line.set(OFFICE);
    line.break_off();
    let before = [&two.acme, &two.globex].map(|company| company.node.resident_mib());
    two.acme.jira.attach_stream(key, "by hand.img", Sparse::new(BYTES))?;
    arrived(two, twin, BYTES, || {})?;
    let (plain, bytes) = by_hand(two, key)?;
    let whole = link_time(two, line, key, twin, 1, 0)?;
    let peaks = [&two.acme, &two.globex].map(|company| company.node.peak_mib());
    let broken = link_time(two, line, key, twin, 2, BREAKS)?;

    let speed = |bytes: u64, time: Duration| bytes as f64 / MIB / time.as_secs_f64();
    let of_plain = speed(bytes, plain) / speed(BYTES, whole.time);
    let again = broken.bytes.saturating_sub(whole.bytes) as f64 / MIB / BREAKS as f64;
    let mut rows = vec![
        Row::new("100 MiB over the link at 100 Mbit/s, of a plain client's time", of_plain, "times")
            .at_most(2.0),
        Row::new("carried again after an interruption (two pieces travel together)", again, "MiB")
            .at_most(2.0),
    ];
    for (company, (before, peak)) in [&two.acme, &two.globex].into_iter().zip(before.into_iter().zip(peaks)) {
        let (Some(before), Some(peak)) = (before, peak) else { continue };
        let what = format!("memory that {}'s node needs more for it", company.name);
        rows.push(Row::new(what, (peak - before).max(0.0), "MiB").at_most(32.0));
    }
    Ok(rows)
}

struct Carried {
    time: Duration,
    bytes: u64,
}

/// How long a file's bytes are on the link, and how many come.
fn link_time(
    two: &mut Two,
    line: &Line,
    key: &str,
    twin: &str,
    number: u64,
    breaks: u64,
) -> Result<Carried, Failed> {
    let size = BYTES + number;
    let before = line.answered();
    two.acme.jira.attach_stream(key, &format!("{number}.img"), Sparse::new(size))?;
    let (mut begun, mut over, mut broken) = (None, None, 0);
    arrived(two, twin, size, || {
        let now = line.answered() - before;
        // Fewer bytes are words.
        if now > 1 << 20 {
            begun.get_or_insert_with(Instant::now);
        }
        if broken < breaks && now > (broken + 1) * BYTES / (breaks + 1) {
            line.break_off();
            broken += 1;
        }
        if now >= size {
            over.get_or_insert_with(Instant::now);
        }
    })?;
    let (Some(begun), Some(over)) = (begun, over) else { return fail("The file did not go over the link.") };
    Ok(Carried { time: over - begun, bytes: line.answered() - before })
}

/// Waits for a file at the twin, and looks on meanwhile; it must be the same.
fn arrived(two: &mut Two, twin: &str, size: u64, mut meanwhile: impl FnMut()) -> Result<(), Failed> {
    let writes = two.globex.jira.writes()?;
    seen("The file at Globex", || {
        two.acme.must_run()?;
        two.globex.must_run()?;
        meanwhile();
        Ok(two.globex.jira.writes()? > writes)
    })?;
    let hash = hash_of(Sparse::new(size))?;
    match two.globex.jira.stored_files(twin)?.contains(&(size, hash)) {
        true => Ok(()),
        false => fail(format!("The file of {size} bytes is not what arrived.")),
    }
}

/// The same way, by a plain client: from ACME's tracker over a line of the same shape.
fn by_hand(two: &Two, key: &str) -> Result<(Duration, u64), Failed> {
    let port = two.acme.jira.url.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    let Some(port) = port else { return fail("The practice Jira has no port.") };
    let line = Line::start(port, OFFICE)?;
    let client =
        Client::new(&format!("http://127.0.0.1:{}", line.port), &two.acme.jira.email, &two.acme.jira.token);
    let Some(id) = two.acme.jira.attachments(key)?.pop() else { return fail("There is no file.") };
    let begun = Instant::now();
    // A redirect would lead past the line.
    let bytes = client.bytes(&format!("/rest/api/3/attachment/content/{id}?redirect=false"))?;
    let took = begun.elapsed();
    // The last piece is counted once it is there.
    if line.answered() + (1 << 20) < bytes.len() as u64 {
        return fail("The file did not come over the line.");
    }
    Ok((took, bytes.len() as u64))
}

/// What is asked while nothing happens, as people have it who changed nothing.
fn idle(two: &mut Two, line: &Line) -> Result<Row, Failed> {
    two.check_every = "10s";
    two.acme.node.stop();
    two.globex.node.stop();
    two.run_acme()?;
    two.run_globex()?;
    two.up_to_date(PATIENCE)?;
    // What both still have to tell each other after the start is over.
    pause(two, Duration::from_secs(30))?;
    let before = line.questions();
    pause(two, IDLE)?;
    let asked = (line.questions() - before) as f64 * 60.0 / IDLE.as_secs_f64();
    Ok(Row::new("requests of an idle connection", asked, "/min").at_most(3.0))
}

fn pause(two: &mut Two, time: Duration) -> Result<(), Failed> {
    let end = Instant::now() + time;
    let must_run = |company: &mut Company| company.must_run();
    until("The end of a pause", time + PATIENCE, || {
        must_run(&mut two.acme)?;
        must_run(&mut two.globex)?;
        Ok((Instant::now() >= end).then_some(()))
    })
}
