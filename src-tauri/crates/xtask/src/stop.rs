//! Ctrl-C, and programs that never outlive us.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::tool::{Failed, fail};

static ASKED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C and TERM are a wish that [`asked`] tells, so that everything can be put away first.
pub fn listen() -> Result<(), Failed> {
    ctrlc::set_handler(|| ASKED.store(true, Ordering::Relaxed))
        .map_err(|e| Failed(format!("Ctrl-C cannot be watched: {e}.")))
}

/// Whether somebody asked us to stop.
pub fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// A program that ends when this value goes.
pub struct Program {
    name: String,
    child: Child,
}

impl Program {
    /// Starts it; what it prints goes to `log`.
    pub fn start(name: &str, command: &mut Command, log: &Path) -> Result<Self, Failed> {
        let file = std::fs::File::create(log).and_then(|f| Ok((f.try_clone()?, f)));
        let (out, err) = file.map_err(|e| Failed(format!("The log of {name} cannot be written: {e}.")))?;
        Self::spawn(name, command.stdout(out).stderr(err))
    }

    /// Starts it with its output as the command says.
    pub fn spawn(name: &str, command: &mut Command) -> Result<Self, Failed> {
        let child = command.stdin(Stdio::null()).spawn();
        let child = child.map_err(|e| Failed(format!("{name} cannot be started: {e}.")))?;
        Ok(Self { name: name.to_owned(), child })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The child itself, to take its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Fails if it has ended.
    pub fn must_run(&mut self) -> Result<(), Failed> {
        match self.child.try_wait() {
            Ok(Some(status)) => fail(format!("{} ended by itself ({status}).", self.name)),
            _ => Ok(()),
        }
    }

    /// Asks it to end, and insists after five seconds.
    pub fn end(&mut self) {
        if !self.runs() {
            return;
        }
        // std can only kill; the shell's own `kill` is there wherever a shell is.
        let _ = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.child.id())).status();
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until && self.runs() {
            std::thread::sleep(Duration::from_millis(20));
        }
        if self.runs() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end();
    }
}

/// Asks again and again until there is an answer; `what` is said if it takes too long.
pub fn until<T>(
    what: &str,
    at_most: Duration,
    mut ask: impl FnMut() -> Result<Option<T>, Failed>,
) -> Result<T, Failed> {
    let end = Instant::now() + at_most;
    loop {
        if asked() {
            return fail("Stopped, as you asked.");
        }
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        if Instant::now() > end {
            return fail(format!("{what} did not happen within {}.", crate::tool::spoken(at_most)));
        }
        std::thread::sleep(Duration::from_millis(150));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ends_with_a_sentence() {
        let answer: Result<(), _> = until("Snow", Duration::from_millis(10), || Ok(None));
        assert_eq!(answer.expect_err("no snow").to_string(), "Snow did not happen within 0.0 s.");
    }

    #[cfg(unix)]
    #[test]
    fn a_program_ends_with_its_value() {
        let mut program = Program::spawn("sleep", Command::new("sleep").arg("600")).expect("starts");
        assert!(program.runs());
        program.end();
        assert!(!program.runs());
        assert!(program.must_run().expect_err("it ended").to_string().starts_with("sleep ended by itself"));
    }
}
