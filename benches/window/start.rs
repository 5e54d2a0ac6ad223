//! From the start of the program until its list is on the screen, beside an empty WebKit window.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::bare::Bare;
use crate::desktop::{Desktop, LONG};
use crate::rows::{Report, median};
use crate::seeded::Seeded;

/// In turns, so that whatever else the computer does falls on both.
const STARTS: usize = 9;

/// Starts both again and again; the first time of each warms what the system keeps in memory, and is told apart.
pub async fn measure(desktop: &mut Desktop, bare: &Bare, seeded: &Seeded, report: &mut Report) {
    let (mut empty, mut list, mut frame) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..=STARTS {
        let (floor, app) = (bare_ms(desktop, bare).await, App::start(desktop, seeded));
        let painted = app.painted(desktop, "list painted").await;
        let first = app.painted(desktop, "first frame painted").await;
        app.end(desktop).await;
        if number == 0 {
            report.tell("start to painted list, first time", painted, "ms");
        } else {
            empty.push(floor);
            list.push(painted);
            frame.push(first);
        }
    }
    let (empty, list, frame) = (median(empty), median(list), median(frame));
    report.tell(&format!("start to painted empty WebKit window, median of {STARTS}"), empty, "ms");
    report.tell(&format!("start to first painted frame, median of {STARTS}"), frame, "ms");
    report.tell(&format!("start to painted list, median of {STARTS}"), list, "ms");
    report.at_most(1.5, "start to painted list / empty WebKit window", list / empty, "x");
}

async fn bare_ms(desktop: &Desktop, bare: &Bare) -> f64 {
    let begun = now_us();
    let mut window = bare.start(desktop, true);
    let painted = window.painted();
    drop(window);
    desktop.web_views_are(0).await;
    (painted - begun) as f64 / 1000.0
}

fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_micros()).unwrap()
}

/// The app, started with its window.
struct App<'s> {
    id: u32,
    begun: i64,
    logged: usize,
    seeded: &'s Seeded,
}

impl<'s> App<'s> {
    fn start(desktop: &mut Desktop, seeded: &'s Seeded) -> Self {
        let logged = log(&seeded.data).len();
        let begun = now_us();
        Self { id: desktop.app(&seeded.args()), begun, logged, seeded }
    }

    /// How long it took until the log said so, ms. The page tells it two frames after it drew; the way into the log counts.
    async fn painted(&self, desktop: &Desktop, what: &str) -> f64 {
        let start = Instant::now();
        loop {
            let log = log(&self.seeded.data);
            let said = log[self.logged..].lines().find(|line| line.contains(what));
            if let Some(at) = said.and_then(time) {
                return (at - self.begun) as f64 / 1000.0;
            }
            assert!(
                start.elapsed() < LONG,
                "not in the log: {what}\n{}\n{}",
                &log[self.logged..],
                desktop.story()
            );
            // Seldom: looking costs time that the app needs.
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn end(self, desktop: &mut Desktop) {
        let asked = Command::new("kill").args(["-TERM", &self.id.to_string()]).status();
        assert!(asked.unwrap().success(), "{}", desktop.story());
        desktop.ended(self.id).await;
        desktop.web_views_are(0).await;
    }
}

/// Each line of the log begins with its time, in µs.
fn time(line: &str) -> Option<i64> {
    let at: jiff::Timestamp = line.split_whitespace().next()?.parse().ok()?;
    Some(at.as_microsecond())
}

fn log(data: &Path) -> String {
    let folder = std::fs::read_dir(data.join("logs")).into_iter().flatten().flatten();
    let files = folder.filter(|file| file.file_name().to_string_lossy().ends_with(".log"));
    files.map(|file| std::fs::read_to_string(file.path()).unwrap_or_default()).collect()
}
