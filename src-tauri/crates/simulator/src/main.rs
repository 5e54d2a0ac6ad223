//! `simulate`: runs seeds, tells stories, shrinks what fails.

use std::time::Instant;

use twinline_simulator::sim::{Plan, run};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value =
        |name: &str| args.iter().position(|a| a == name).and_then(|at| args.get(at + 1)?.parse::<u64>().ok());
    let from = value("--from").unwrap_or(0);
    if let Some(seed) = value("--seed") {
        let outcome = run(&Plan::of(seed), args.iter().any(|a| a == "--trace"));
        for line in &outcome.lines {
            println!("{line}");
        }
        println!("{:?}", outcome.violations);
        return;
    }
    let seeds = value("--seeds").unwrap_or(1000);
    let begun = Instant::now();
    let (mut bad, mut events, mut writes) = (0, 0, 0);
    for seed in from..from + seeds {
        let outcome = run(&Plan::of(seed), false);
        events += outcome.events;
        writes += outcome.writes;
        if !outcome.violations.is_empty() {
            bad += 1;
            if bad <= 10 {
                println!("seed {seed}: {:?}", outcome.violations);
            }
        }
    }
    let took = begun.elapsed();
    println!(
        "{seeds} seeds, {bad} bad, {:.1} a second, {events} events, {writes} writes",
        seeds as f64 / took.as_secs_f64()
    );
}
