//! A node that is started again as soon as it has died, as a service manager would.

use std::process::ExitStatus;
use std::sync::{Arc, Mutex};

use tokio::task::JoinHandle;

use super::node::Node;

/// More deaths than this are no accident: it is left dead, and the story does not come to its end.
const MOST: usize = 5;

/// Keeps a node running until it is dropped.
pub struct Keeper {
    deaths: Arc<Mutex<Vec<ExitStatus>>>,
    task: JoinHandle<()>,
}

impl Keeper {
    /// Starts the node; `first` is the environment of its first run only.
    pub fn start(node: &Node, options: &[&str], first: &[(&str, String)]) -> Self {
        let node = node.clone();
        let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        let deaths = Arc::new(Mutex::new(Vec::new()));
        let noted = deaths.clone();
        let run = move |first: &[(&str, String)]| {
            node.run_in(&options.iter().map(String::as_str).collect::<Vec<_>>(), first)
        };
        let mut running = run(first);
        let task = tokio::spawn(async move {
            loop {
                let status = running.ended().await;
                let mut deaths = noted.lock().expect("nobody panics here");
                deaths.push(status);
                if deaths.len() > MOST {
                    return;
                }
                drop(deaths);
                running = run(&[]);
            }
        });
        Self { deaths, task }
    }

    /// How it died, each time.
    pub fn deaths(&self) -> Vec<ExitStatus> {
        self.deaths.lock().expect("nobody panics here").clone()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // Ends the process as well: it is killed when its handle goes.
        self.task.abort();
    }
}
