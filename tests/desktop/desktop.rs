//! A private desktop for one test: its own X display, session bus, home and unlocked Secret Service.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// The app under test: the one that cargo has just built, or the build that a measurement names.
pub static APP: LazyLock<String> = LazyLock::new(|| {
    std::env::var("TWINLINE_APP").unwrap_or_else(|_| env!("CARGO_BIN_EXE_twinline").to_owned())
});
/// How often something is looked at again.
pub const POLL: Duration = Duration::from_millis(50);
/// How long something may take that normally takes a moment.
pub const LONG: Duration = Duration::from_secs(30);

/// The desktop; everything on it ends with it.
pub struct Desktop {
    children: Vec<Child>, // ended last to first, so that the display ends last
    home: tempfile::TempDir,
    display: String,
    bus: String,
    locale: &'static str,
}

impl Desktop {
    /// A desktop with an unlocked keyring.
    pub fn start() -> Self {
        Self::start_in("C.UTF-8")
    }

    /// One whose user has this locale.
    pub fn start_in(locale: &'static str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let run = home.path().join("run");
        std::fs::create_dir(&run).unwrap();
        let mut x = Command::new("Xvfb");
        // Wide enough for two windows side by side. Without -noreset the server would begin anew, and turn the app away,
        // whenever a test that looked at the windows lets go of the only connection.
        x.args(["-displayfd", "1", "-screen", "0", "2240x800x24", "-nolisten", "tcp", "-noreset"])
            .stderr(Stdio::null());
        let (x, number) = first_line(&mut x, "xvfb");
        let display = format!(":{number}");
        let mut me = Self { children: vec![x], home, display, bus: String::new(), locale };
        let mut bus = me.command("dbus-daemon");
        bus.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]).stderr(Stdio::null());
        let (bus, address) = first_line(&mut bus, "dbus");
        me.children.push(bus);
        me.bus = address;
        me.unlock_keyring();
        me
    }

    fn unlock_keyring(&mut self) {
        let mut keyring = self.command("gnome-keyring-daemon");
        keyring.args(["--foreground", "--unlock", "--components=secrets"]).stderr(Stdio::null());
        let mut child = spawn(keyring.stdin(Stdio::piped()).stdout(Stdio::piped()), "gnome-keyring");
        child.stdin.take().unwrap().write_all(b"test-password").unwrap();
        // It prints its control folder once it is up.
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        self.children.push(child);
    }

    /// The home of the desktop's user.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The address of the session bus.
    pub fn bus(&self) -> &str {
        &self.bus
    }

    /// The name of the X display.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// A command that sees only this desktop. What it prints goes to a file in the home, so that it can be searched.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let home = self.home.path();
        let mut command = Command::new(program);
        command
            .env("HOME", home)
            .env("XDG_RUNTIME_DIR", home.join("run"))
            .env("XDG_DATA_HOME", home.join(".local/share"))
            .env("XDG_CONFIG_HOME", home.join(".config"))
            .env("XDG_CACHE_HOME", home.join(".cache"))
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1")
            .env("LC_ALL", self.locale)
            .env_remove("LANGUAGE")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null());
        command
    }

    /// Starts a program that ends with the desktop; returns its process id.
    pub fn run(&mut self, mut command: Command, package: &str) -> u32 {
        let said = File::create(self.home.path().join(format!("said-{}.txt", self.children.len()))).unwrap();
        command.stdout(said.try_clone().unwrap()).stderr(said);
        let child = spawn(&mut command, package);
        let id = child.id();
        self.children.push(child);
        id
    }

    /// Starts the app without WebDriver.
    pub fn app(&mut self, args: &[&str]) -> u32 {
        let mut command = self.command(&*APP);
        command.args(args);
        self.run(command, "")
    }

    /// Waits until a program that `run` started has ended; its exit code.
    pub async fn ended(&mut self, id: u32) -> Option<i32> {
        let start = Instant::now();
        loop {
            let child = self.children.iter_mut().find(|child| child.id() == id).unwrap();
            if let Some(status) = child.try_wait().unwrap() {
                return status.code();
            }
            assert!(start.elapsed() < LONG, "process {id} did not end\n{}", self.story());
            tokio::time::sleep(POLL).await;
        }
    }

    /// Whether a program that `run` started is still running.
    pub fn is_running(&mut self, id: u32) -> bool {
        let child = self.children.iter_mut().find(|child| child.id() == id).unwrap();
        child.try_wait().unwrap().is_none()
    }

    /// The desktop's processes: id and command line.
    pub fn processes(&self) -> Vec<(u32, String)> {
        let mark = format!("HOME={}\0", self.home.path().display());
        let mut found = Vec::new();
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let Ok(id) = entry.file_name().to_string_lossy().parse() else { continue };
            // A process may end between two looks.
            let Ok(environment) = std::fs::read(entry.path().join("environ")) else { continue };
            if String::from_utf8_lossy(&environment).contains(&mark) {
                let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
                found.push((id, String::from_utf8_lossy(&line).replace('\0', " ")));
            }
        }
        found
    }

    /// How many web views live.
    pub fn web_views(&self) -> usize {
        self.processes().iter().filter(|(_, line)| line.contains("WebKitWebProcess")).count()
    }

    /// Waits until so many web views live.
    pub async fn web_views_are(&self, wanted: usize) {
        let start = Instant::now();
        while self.web_views() != wanted {
            let now = self.web_views();
            assert!(start.elapsed() < LONG, "{now} web views instead of {wanted}\n{}", self.story());
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until no process of the app is left, whoever started it.
    pub async fn no_app_runs(&self) {
        let start = Instant::now();
        while self.processes().iter().any(|(_, line)| line.starts_with(&*APP)) {
            assert!(start.elapsed() < LONG, "the app does not end\n{}", self.story());
            tokio::time::sleep(POLL).await;
        }
    }

    /// What a failure should tell: the processes, and what the programs printed.
    pub fn story(&self) -> String {
        let mut story: Vec<String> =
            self.processes().into_iter().map(|(id, line)| format!("{id} {line}")).collect();
        for number in 0..self.children.len() {
            if let Ok(said) = std::fs::read_to_string(self.home.path().join(format!("said-{number}.txt"))) {
                story.push(said);
            }
        }
        story.join("\n")
    }

    /// What the app wrote into its log, by the name of its data folder in the home.
    pub fn log(&self, data: &str) -> String {
        let folder = std::fs::read_dir(self.home().join(data).join("logs")).unwrap();
        folder.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect()
    }

    /// What lies on the clipboard.
    pub fn clipboard(&self) -> String {
        let output = self.command("xclip").args(["-selection", "clipboard", "-o"]).output();
        let output = output.unwrap_or_else(|e| panic!("apt-get install xclip: {e}"));
        assert!(output.status.success(), "xclip: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        // An app that outlived its driver belongs to nobody else.
        let own: Vec<u32> = self.children.iter().map(Child::id).collect();
        for (id, line) in self.processes() {
            if !own.contains(&id) && line.contains(&*APP) {
                let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
            }
        }
        for child in self.children.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Where a screenshot or other finding of a test goes.
pub fn artifact(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("desktop");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

pub use crate::ports::free_port;

fn spawn(command: &mut Command, package: &str) -> Child {
    command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e} (apt-get install {package})"))
}

fn first_line(command: &mut Command, package: &str) -> (Child, String) {
    let mut child = spawn(command.stdout(Stdio::piped()).stdin(Stdio::null()), package);
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line.trim().to_owned())
}
