//! The simulator: seeds in, broken promises out.

use std::ffi::OsStr;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use crate::tool::{self, Failed, Tool, fail};

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

/// Runs it with its own arguments.
pub fn with<S: AsRef<OsStr>>(tool: &Tool, arguments: &[S]) -> Result<(), Failed> {
    build(tool)?;
    tool::run("The simulator", tool.command(program(tool)).args(arguments))
}

/// A profile of its own: in a debug build it would take ten times as long.
pub fn build(tool: &Tool) -> Result<(), Failed> {
    let package = ["build", "--locked", "--quiet", "--package", "twinline-simulator"];
    let profile = ["--profile", "simulate", "--features", "seeded-bugs"];
    tool::run("Building the simulator", tool.cargo(&package).args(profile))
}

fn program(tool: &Tool) -> PathBuf {
    tool.target.join("simulate/twinline-simulator")
}

/// Simulators at work beside other steps, which wait more than they compute: they get what those leave. None outlives this.
pub struct Beside(Vec<(PathBuf, Child)>);

impl Beside {
    /// Starts one for each of these arguments, with the lowest priority where the system knows one. What they print is kept
    /// until the end.
    pub fn start(tool: &Tool, runs: &[&[&str]]) -> Result<Self, Failed> {
        let mut beside = Self(Vec::new());
        for (number, arguments) in runs.iter().enumerate() {
            let said = tool.target.join(format!("simulate/said-{number}.txt"));
            let cannot = |e: std::io::Error| Failed(format!("The simulator cannot be started: {e}."));
            let out = File::create(&said).map_err(cannot)?;
            let mut command = match tool::on_path("nice") {
                true => tool.command("nice"),
                false => tool.command(program(tool)),
            };
            if tool::on_path("nice") {
                command.args(["-n", "19"]).arg(program(tool));
            }
            command
                .args(*arguments)
                .stdin(Stdio::null())
                .stderr(out.try_clone().map_err(cannot)?)
                .stdout(out);
            beside.0.push((said, command.spawn().map_err(cannot)?));
        }
        Ok(beside)
    }

    /// Waits for all of them and shows what they said.
    pub fn finish(mut self) -> Result<(), Failed> {
        let mut result = Ok(());
        for (said, child) in &mut self.0 {
            let status = child.wait().map_err(|e| Failed(format!("The simulator was lost: {e}.")))?;
            print!("{}", std::fs::read_to_string(said).unwrap_or_default());
            if !status.success() {
                result = fail(format!("The simulator failed ({status})."));
            }
        }
        result
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        for (_, child) in &mut self.0 {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
