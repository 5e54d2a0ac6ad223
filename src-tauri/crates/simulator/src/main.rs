//! `simulate`: runs seeds, tells stories, shrinks what fails, and proves that seeded bugs are found.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use twinline_simulator::plan::{Plan, Rulebook};
use twinline_simulator::shrink::shrink;
use twinline_simulator::sim::run;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "simulate --seeds N [--from N] [--threads N] [--minutes N] [--wide] [--choices]   run many seeds; wide: further fields travel too;
                                                            choices: people take texts back from the record
simulate --seed S [--trace] [--scripted|--wide] [--choices]   run one twice; tell its story, or make it small where it fails
simulate --scripted --seeds N [--from N]                      each in both modes: they must tell the same story
simulate --bugs [--seeds N] [--only BUG]                    how many seeds each seeded bug takes";

struct Args(Vec<String>);

impl Args {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|a| a == name)
    }
    fn word(&self, name: &str) -> Option<&str> {
        let at = self.0.iter().position(|a| a == name)?;
        self.0.get(at + 1).map(String::as_str)
    }
    fn number(&self, name: &str) -> Option<u64> {
        self.word(name)?.parse().ok()
    }
}

fn main() -> ExitCode {
    let args = Args(std::env::args().skip(1).collect());
    // A panic is reported with its seed.
    std::panic::set_hook(Box::new(|_| {}));
    if args.has("--bugs") {
        return bugs(&args, args.number("--seeds").unwrap_or(10_000));
    }
    if let Some(seed) = args.number("--seed") {
        return one(seed, &args);
    }
    match args.number("--seeds") {
        Some(seeds) if args.has("--scripted") => scripted(&args, seeds),
        Some(seeds) => many(&args, seeds),
        None => {
            println!("{USAGE}");
            ExitCode::FAILURE
        }
    }
}

/// The plan of a seed that was asked for.
fn plan(seed: u64, args: &Args) -> Plan {
    let plan = match (args.has("--scripted"), args.has("--wide")) {
        (_, true) => Plan::wide(seed),
        (true, false) => Plan { rules: Rulebook::Script, ..Plan::of(seed) },
        (false, false) => Plan::of(seed),
    };
    if args.has("--choices") { plan.with_choices() } else { plan }
}

/// One seed, twice: the second run must tell the same story.
fn one(seed: u64, args: &Args) -> ExitCode {
    let (plan, trace) = (plan(seed, args), args.has("--trace"));
    let (first, second) = (run(&plan, trace), run(&plan, false));
    for line in &first.lines {
        println!("{line}");
    }
    println!("seed {seed}: {} events, {} writes, story {:016x}", first.events, first.writes, first.hash);
    if first.hash != second.hash {
        println!("the second run told another story: {:016x}", second.hash);
        return ExitCode::FAILURE;
    }
    if first.violations.is_empty() {
        return ExitCode::SUCCESS;
    }
    for violation in &first.violations {
        println!("{}: {}", violation.invariant, violation.detail);
    }
    if trace {
        return ExitCode::FAILURE;
    }
    let small = shrink(&plan);
    println!("\nThe smallest that still fails: {} acts, {:?}", small.acts.len(), small.swarm);
    for line in run(&small, true).lines {
        println!("{line}");
    }
    ExitCode::FAILURE
}

/// Each seed in Basic mode, and with the same rules as text in Script mode: both must tell the same story, write for write.
fn scripted(args: &Args, seeds: u64) -> ExitCode {
    let (from, begun) = (args.number("--from").unwrap_or(0), Instant::now());
    let (mut writes, mut bad) = (0, Vec::new());
    for seed in from..from + seeds {
        let basic = Plan::of(seed);
        let (basic, script) = (run(&basic, false), run(&Plan { rules: Rulebook::Script, ..basic }, false));
        writes += basic.writes;
        if basic.hash != script.hash {
            println!("seed {seed}: {} writes in Basic mode, {} in Script mode", basic.writes, script.writes);
            bad.push(seed);
        }
    }
    let took = begun.elapsed().as_secs_f64();
    println!(
        "{seeds} stories from {from} in both modes in {took:.0} s, {writes} writes each, {} differ",
        bad.len()
    );
    if bad.is_empty() && writes > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Many seeds on all threads; ends at the tenth that fails, or when the time is up.
fn many(args: &Args, seeds: u64) -> ExitCode {
    let from = args.number("--from").unwrap_or(0);
    let until = args.number("--minutes").map(|m| Instant::now() + Duration::from_secs(60 * m));
    let threads = args
        .number("--threads")
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get() as u64));
    let (next, done, writes, events) =
        (AtomicU64::new(from), AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    // How near a story comes to the bounds of `sim.rs`.
    let (most_writes, most_steps) = (AtomicU64::new(0), AtomicU64::new(0));
    let bad = Mutex::new(Vec::new());
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let late = until.is_some_and(|until| Instant::now() > until);
                    if seed >= from + seeds || late || bad.lock().is_ok_and(|b| b.len() >= 10) {
                        return;
                    }
                    let plan = plan(seed, args);
                    let outcome = run(&plan, false);
                    // One in a hundred runs twice: the same seed must tell the same story.
                    let same = !seed.is_multiple_of(100) || run(&plan, false).hash == outcome.hash;
                    done.fetch_add(1, Ordering::Relaxed);
                    writes.fetch_add(outcome.writes, Ordering::Relaxed);
                    events.fetch_add(outcome.events, Ordering::Relaxed);
                    most_writes.fetch_max(outcome.writes, Ordering::Relaxed);
                    most_steps.fetch_max(outcome.steps, Ordering::Relaxed);
                    if !same {
                        println!("seed {seed}: the second run told another story");
                    }
                    if !outcome.violations.is_empty() || !same {
                        for violation in &outcome.violations {
                            println!("seed {seed}: {}: {}", violation.invariant, violation.detail);
                        }
                        if let Ok(mut bad) = bad.lock() {
                            bad.push(seed);
                        }
                    }
                }
            });
        }
    });
    let (took, done) = (begun.elapsed(), done.into_inner());
    let bad = bad.into_inner().unwrap_or_default();
    let each = done as f64 / took.as_secs_f64() / threads as f64;
    println!(
        "{done} seeds from {from} in {:.0} s ({each:.0} a second and thread), {} writes, {} events, {} failed{}",
        took.as_secs_f64(),
        writes.into_inner(),
        events.into_inner(),
        bad.len(),
        if bad.is_empty() { String::new() } else { format!(": {bad:?}; see one with --seed S --trace") },
    );
    println!("in one seed at most {} writes and {} steps", most_writes.into_inner(), most_steps.into_inner());
    if bad.is_empty() && done > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(not(feature = "seeded-bugs"))]
fn bugs(_: &Args, _: u64) -> ExitCode {
    println!("Built without the feature seeded-bugs.");
    ExitCode::FAILURE
}

/// Each seeded bug, until a seed finds it.
#[cfg(feature = "seeded-bugs")]
fn bugs(args: &Args, most: u64) -> ExitCode {
    use twinline_engine::bugs::{Bug, switch_on};
    let next = std::sync::atomic::AtomicUsize::new(0);
    let rows = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, |n| n.get()) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some((bug, what)) = Bug::ALL.get(at) else { return };
                    if args.word("--only").is_some_and(|only| only != format!("{bug:?}")) {
                        continue;
                    }
                    let found = (0..most).find_map(|seed| {
                        let plan = Plan::of(seed);
                        switch_on(Some(*bug));
                        let broken = run(&plan, false).violations;
                        switch_on(None);
                        let first = broken.first()?.clone();
                        // Only what the bug broke counts.
                        run(&plan, false).violations.is_empty().then_some((seed + 1, first))
                    });
                    // It takes minutes: who waits sees that it goes on.
                    match &found {
                        Some((seeds, first)) => {
                            eprintln!("{bug:?}: {} after {seeds} seeds: {}", first.invariant, first.detail);
                        }
                        None => eprintln!("{bug:?}: not within {most} seeds"),
                    }
                    if let Ok(mut rows) = rows.lock() {
                        rows.push((at, format!("{bug:?}"), what.trim(), found));
                    }
                }
            });
        }
    });
    let mut rows = rows.into_inner().unwrap_or_default();
    rows.sort();
    println!("| seeded bug | what it does | seeds until it is caught | by |\n|---|---|---:|---|");
    for (_, bug, what, found) in &rows {
        match found {
            Some((seeds, first)) => println!("| {bug} | {what} | {seeds} | {} |", first.invariant),
            None => println!("| {bug} | {what} | **not within {most}** | |"),
        }
    }
    let missed = rows.iter().filter(|(.., found)| found.is_none()).count();
    println!("\n{} of {} caught within {most} seeds.", rows.len() - missed, rows.len());
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
