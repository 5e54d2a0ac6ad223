//! Other people's programs between the two: found where `cargo xtask setup` puts them, or where the system has them.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::{Child, Command};

use super::wait::{LONG, wait_for};

/// A program that runs until it is dropped.
pub struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Starts it in a folder, where its output goes as well.
    pub fn start(name: &str, folder: &Path, args: &[&str]) -> Self {
        Self::of(&program(name), folder, args, &[])
    }

    /// The same, of a program that was found, with these variables in its environment.
    pub fn of(program: &Path, folder: &Path, args: &[&str], more: &[(&str, String)]) -> Self {
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let log = folder.join(format!("{name}.txt"));
        let file = std::fs::File::create(&log).expect("the test's folder can be written");
        let mut command = Command::new(program);
        // Nothing from the tester's own surroundings; what a program remembers stays in the folder.
        command.env_clear().env("HOME", folder).env("XDG_DATA_HOME", folder).env("XDG_CONFIG_HOME", folder);
        if let Some(libraries) = libraries(program) {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command.envs(more.iter().map(|(name, value)| (name, value)));
        command.args(args).current_dir(folder).stdin(Stdio::null());
        command.stdout(file.try_clone().expect("a second handle")).stderr(file).kill_on_drop(true);
        let child = command.spawn().unwrap_or_else(|e| panic!("{} does not start: {e}", program.display()));
        Self { child, log }
    }

    /// Waits until it accepts connections at the port.
    pub async fn listens(&mut self, port: u16) {
        wait_for(&format!("port {port} answers"), LONG, async || {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("it ended with {status}: {}", std::fs::read_to_string(&self.log).unwrap_or_default());
            }
            tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()
        })
        .await;
    }

    /// SIGHUP: reads its settings again.
    pub async fn reload(&self) {
        let pid = self.child.id().expect("it runs").to_string();
        assert!(Command::new("kill").args(["-HUP", &pid]).status().await.expect("kill is there").success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // nginx's workers end with their master only if it can say so to them: TERM, and the runtime waits for it.
        if let Some(pid) = self.child.id() {
            let _ = std::process::Command::new("kill").args(["-TERM", &pid.to_string()]).status();
            for _ in 0..100 {
                if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                    return;
                }
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        }
    }
}

/// Where `cargo xtask setup` unpacks them.
fn fetched() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    target.join("servers")
}

fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.extend(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    folders.extend(["usr/sbin", "usr/bin"].map(|folder| fetched().join(folder)));
    let found = folders.into_iter().map(|folder| folder.join(name)).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("{name} is not on this computer: `cargo xtask setup` fetches it"))
}

/// The libraries that came with a program that was unpacked.
fn libraries(program: &Path) -> Option<std::ffi::OsString> {
    let fetched = fetched();
    program.starts_with(&fetched).then_some(())?;
    let below = std::fs::read_dir(fetched.join("usr/lib")).ok()?.flatten().map(|entry| entry.path());
    std::env::join_paths(below.filter(|path| path.is_dir())).ok()
}
