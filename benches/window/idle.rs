//! How often the app wakes a processor while there is nothing to do, beside Syncthing.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::desktop::{Desktop, LONG, free_port};
use crate::proc::Wakes;
use crate::rows::Report;
use crate::status_notifier::Panel;
use crate::world::World;

/// Nothing is counted until everything has been calm for this long.
const CALM: Duration = Duration::from_secs(60);
/// A thread that came and went between two looks is not counted.
const LOOK: Duration = Duration::from_secs(2);

/// Runs both sides' apps and Syncthing for the same span.
pub async fn measure(desktop: &mut Desktop, world: &World, span: Duration, report: &mut Report) {
    let mut panel = Panel::start(desktop).await;
    let mut runs = Vec::new();
    for (name, side) in [("that is called", &world.acme), ("that calls", &world.globex)] {
        let mut args = side.args();
        args.push("--hidden");
        runs.push((name, desktop.app(&args), Wakes::default()));
        // In turn: the panel does not tell whose icon came.
        let icon = panel.icon().await;
        // The first is offline until the second is there.
        icon.texts_when(LONG * 2, |texts| texts[0] == "Up to date" || texts[0].starts_with("Offline")).await;
        panel.forget();
    }
    let peer = Syncthing::start(desktop, report);
    if let Some(peer) = &peer {
        runs.push(("Syncthing", *peer, Wakes::default()));
    }
    tokio::time::sleep(CALM.min(span)).await;
    let start = Instant::now();
    loop {
        runs.iter_mut().for_each(|(_, id, wakes)| wakes.look(*id));
        if start.elapsed() >= span {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    let seconds = start.elapsed().as_secs_f64();
    let rate = |wakes: &Wakes| wakes.wakes() as f64 / seconds;
    let load = |wakes: &Wakes| wakes.cpu_ms() as f64 / seconds / 10.0;
    let floor = peer.and_then(|_| runs.pop()).map(|(_, _, wakes)| (rate(&wakes), load(&wakes)));
    if let Some((often, cpu)) = floor {
        report.tell(&format!("idle, Syncthing, {seconds:.0} s"), often, "wakes/s");
        report.tell("idle, Syncthing", cpu, "% of a core");
    }
    for (name, id, wakes) in &runs {
        let of = format!("idle, 3 connections, the side {name}");
        report.tell(&of, rate(wakes), "wakes/s");
        report.tell(&of, load(wakes), "% of a core");
        if let Some((often, cpu)) = floor {
            report.at_most(0.5, &format!("{of} / Syncthing, wake-ups"), rate(wakes) / often, "x");
            report.at_most(1.0, &format!("{of} / Syncthing, processor"), load(wakes) / cpu, "x");
        }
        let busy: Vec<String> =
            wakes.by_thread().into_iter().take(6).map(|(thread, n)| format!("{thread} {n}")).collect();
        report.note(format!("The side {name}, by thread: {}.", busy.join(", ")));
        let asked = Command::new("kill").args(["-TERM", &id.to_string()]).status();
        assert!(asked.unwrap().success());
        desktop.ended(*id).await;
    }
}

/// Debian's package, unpacked and not installed, where the computer has none.
struct Syncthing;

impl Syncthing {
    /// Its process; `None`, and a sentence, where it cannot be had.
    fn start(desktop: &mut Desktop, report: &mut Report) -> Option<u32> {
        let Some(program) = on_path().or_else(unpacked) else {
            report.note("Syncthing cannot be had here: the idle app stands beside nothing.".to_owned());
            return None;
        };
        let home = desktop.home().join("syncthing");
        let mut make = desktop.command(&program);
        let made = make.arg("generate").arg("--home").arg(&home).arg("--no-default-folder").output();
        assert!(made.unwrap().status.success(), "syncthing generate");
        // As ours, it looks for nobody outside this computer: what it cannot reach would only make it busier.
        let file = home.join("config.xml");
        let mut settings = std::fs::read_to_string(&file).unwrap();
        for switch in [
            "globalAnnounceEnabled",
            "localAnnounceEnabled",
            "relaysEnabled",
            "natEnabled",
            "crashReportingEnabled",
        ] {
            settings = settings.replace(&format!("<{switch}>true<"), &format!("<{switch}>false<"));
        }
        std::fs::write(&file, settings).unwrap();
        let mut run = desktop.command(&program);
        run.arg("serve").arg("--home").arg(&home).arg("--no-browser").arg("--no-upgrade");
        run.arg(format!("--gui-address=127.0.0.1:{}", free_port()));
        Some(desktop.run(run, "syncthing"))
    }
}

fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("syncthing")).find(|file| file.is_file())
}

fn unpacked() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("syncthing");
    let program = folder.join("usr/bin/syncthing");
    if !program.is_file() {
        std::fs::create_dir_all(&folder).ok()?;
        let quiet = |command: &mut Command| {
            let done = command.current_dir(&folder).stdout(Stdio::null()).stderr(Stdio::null()).status();
            done.is_ok_and(|status| status.success()).then_some(())
        };
        quiet(Command::new("apt-get").args(["download", "syncthing"]))?;
        let mut files = std::fs::read_dir(&folder).ok()?.flatten().map(|file| file.path());
        let package = files.find(|file| file.extension().is_some_and(|kind| kind == "deb"))?;
        quiet(Command::new("dpkg-deb").arg("-x").arg(&package).arg(&folder))?;
    }
    program.is_file().then_some(program)
}
