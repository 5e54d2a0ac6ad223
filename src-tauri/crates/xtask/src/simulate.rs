//! The simulator: seeds in, broken promises out.

use crate::tool::{self, Failed, Tool};

/// Seeds that belong to every test.
pub const SEEDS: u32 = 100_000;

/// Stories that are told in both modes.
pub const SCRIPTED: u64 = 500;

/// Stories with further fields that belong to every test.
pub const WIDE: u64 = 5_000;

/// What to run.
#[derive(clap::Args)]
pub struct Options {
    /// How many seeds.
    #[arg(long, conflicts_with = "seed")]
    seeds: Option<u64>,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// One seed, run twice; where it fails it is made as small as it will get.
    #[arg(long)]
    seed: Option<u64>,
    /// Tell what happened, line by line.
    #[arg(long, requires = "seed")]
    trace: bool,
    /// How many seeds each seeded bug takes until it is caught.
    #[arg(long, conflicts_with_all = ["seed", "trace"])]
    bugs: bool,
    /// Each seed in Basic mode and, with the same rules as text, in Script mode: both must do the same.
    #[arg(long, conflicts_with_all = ["seed", "trace", "bugs"])]
    scripted: bool,
    /// By rules of Script mode that let labels, priority and status travel as well; people change those too.
    #[arg(long, conflicts_with_all = ["bugs", "scripted"])]
    wide: bool,
    /// End after so many minutes.
    #[arg(long)]
    minutes: Option<u64>,
}

/// Builds the simulator and runs it.
pub fn run(tool: &Tool, options: &Options) -> Result<(), Failed> {
    let mut arguments = Vec::new();
    let mut number = |name: &str, value: Option<u64>| {
        if let Some(value) = value {
            arguments.extend([name.to_owned(), value.to_string()]);
        }
    };
    match options.seed {
        Some(seed) => number("--seed", Some(seed)),
        None => {
            let default = match (options.bugs, options.scripted, options.wide) {
                (true, _, _) => 10_000,
                (_, true, _) => SCRIPTED,
                (_, _, true) => WIDE,
                _ => u64::from(SEEDS),
            };
            number("--seeds", Some(options.seeds.unwrap_or(default)));
            number("--from", Some(options.from));
            number("--minutes", options.minutes);
        }
    }
    for (flag, set) in [
        ("--trace", options.trace),
        ("--bugs", options.bugs),
        ("--scripted", options.scripted),
        ("--wide", options.wide),
    ] {
        if set {
            arguments.push(flag.to_owned());
        }
    }
    with(tool, &arguments)
}

/// Runs it with its own arguments. A profile of its own: in a debug build it would take ten times as long.
pub fn with<S: AsRef<std::ffi::OsStr>>(tool: &Tool, arguments: &[S]) -> Result<(), Failed> {
    let mut build = tool.cargo(&[
        "build",
        "--locked",
        "--quiet",
        "--package",
        "twinline-simulator",
        "--profile",
        "simulate",
        "--features",
        "seeded-bugs",
    ]);
    tool::run("Building the simulator", &mut build)?;
    let mut simulator = tool.command(tool.target.join("simulate/twinline-simulator"));
    tool::run("The simulator", simulator.args(arguments))
}
