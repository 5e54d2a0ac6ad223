//! What Linux tells of a process and all that descend from it.

use std::collections::HashMap;
use std::fs::read_to_string;

/// A process and all its descendants.
pub fn family(of: u32) -> Vec<u32> {
    let parents = parents();
    parents.keys().copied().filter(|&process| descends(process, of, &parents)).collect()
}

fn parents() -> HashMap<u32, u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter_map(|id| Some((id, stat(id)?.get(1)?.parse().ok()?))).collect()
}

/// The fields of `/proc/ID/stat` behind the name, which stands in parentheses and may hold anything: state, parent, ...
fn stat(process: u32) -> Option<Vec<String>> {
    let text = read_to_string(format!("/proc/{process}/stat")).ok()?;
    Some(text.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect())
}

fn descends(process: u32, from: u32, parents: &HashMap<u32, u32>) -> bool {
    let mut at = Some(process);
    // No longer than there are processes: ids may be reused while we look.
    for _ in 0..=parents.len() {
        match at {
            Some(id) if id == from => return true,
            Some(id) => at = parents.get(&id).copied(),
            None => return false,
        }
    }
    false
}

/// Memory of a process and its descendants: what is shared with others counts in proportion (PSS), MB.
pub fn proportional_mb(of: u32) -> f64 {
    family(of).into_iter().map(|id| kb(id, "smaps_rollup", "Pss:")).sum::<f64>() / 1000.0
}

/// The same, shared memory counted in each of them (RSS), MB.
pub fn resident_mb(of: u32) -> f64 {
    family(of).into_iter().map(|id| kb(id, "smaps_rollup", "Rss:")).sum::<f64>() / 1000.0
}

fn kb(process: u32, file: &str, name: &str) -> f64 {
    let text = read_to_string(format!("/proc/{process}/{file}")).unwrap_or_default();
    figure(&text, name) as f64
}

fn figure(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// How often the threads of a family were woken (each time that one waits again is counted, proc_pid_status(5)), and how long
/// they ran, since the first look.
#[derive(Default)]
pub struct Wakes {
    /// Of each thread: at the first look, and at the last.
    threads: HashMap<(u32, u32), (u64, u64)>,
    ticks: HashMap<u32, (u64, u64)>,
    looked: bool,
}

impl Wakes {
    /// Looks again. A thread that came and went between two looks is not seen, so look often.
    pub fn look(&mut self, of: u32) {
        for process in family(of) {
            let tasks = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
            for thread in tasks.filter_map(|t| t.file_name().to_str()?.parse::<u32>().ok()) {
                let status = read_to_string(format!("/proc/{process}/task/{thread}/status"));
                let Ok(status) = status else { continue };
                // Not those that it was put aside for: they tell of what else the computer has to do.
                let now = figure(&status, "voluntary_ctxt_switches:");
                let first = if self.looked { 0 } else { now };
                self.threads.entry((process, thread)).or_insert((first, now)).1 = now;
            }
            let Some(fields) = stat(process) else { continue };
            let spent = |at: usize| fields.get(at).and_then(|f| f.parse::<u64>().ok()).unwrap_or(0);
            // utime and stime, the 14th and 15th of all fields.
            let now = spent(11) + spent(12);
            let first = if self.looked { 0 } else { now };
            self.ticks.entry(process).or_insert((first, now)).1 = now;
        }
        self.looked = true;
    }

    /// How often any of them was woken.
    pub fn wakes(&self) -> u64 {
        self.threads.values().map(|(first, last)| last - first).sum()
    }

    /// Time on a processor, ms: Linux tells it in hundredths of a second.
    pub fn cpu_ms(&self) -> u64 {
        self.ticks.values().map(|(first, last)| last - first).sum::<u64>() * 10
    }

    /// The same of each thread by its name, the most first.
    pub fn by_thread(&self) -> Vec<(String, u64)> {
        let mut sums: HashMap<String, u64> = HashMap::new();
        for ((process, thread), (first, last)) in &self.threads {
            let name = read_to_string(format!("/proc/{process}/task/{thread}/comm")).unwrap_or("gone".into());
            *sums.entry(name.trim().to_owned()).or_default() += last - first;
        }
        let mut all: Vec<_> = sums.into_iter().filter(|(_, n)| *n > 0).collect();
        all.sort_by_key(|(name, n)| (std::cmp::Reverse(*n), name.clone()));
        all
    }
}
