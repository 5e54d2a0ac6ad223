//! ACME (public) and Globex (private), connected and running.

use std::time::Duration;

use serde_json::Value;

use super::company::Company;
use super::node::{Running, free_port};
use super::wait::{LONG, try_for, wait_for};

/// How the two are connected.
pub struct How {
    /// With the short times of tests, not the defaults.
    pub quick: bool,
    /// Options of both `initiate` and `accept`, as `--existing`.
    pub scope: &'static [&'static str],
    /// What the invitation names, where it is not the public node itself: a proxy.
    pub address: Option<String>,
    /// Where the public node listens; `None`: a free port.
    pub port: Option<u16>,
    /// Neither listens: both meet at this relay.
    pub relay: Option<String>,
}

impl Default for How {
    fn default() -> Self {
        Self { quick: true, scope: &[], address: None, port: None, relay: None }
    }
}

/// Both companies, their nodes running.
pub struct Two {
    /// The public side.
    pub acme: Company,
    /// The private side.
    pub globex: Company,
    /// ACME's node; `None` while it is stopped.
    pub acme_runs: Option<Running>,
    /// Globex's node; `None` while it is stopped.
    pub globex_runs: Option<Running>,
    /// Where ACME's node listens; nowhere, if they meet at a relay.
    pub port: u16,
    relay: Option<String>,
    quick: bool,
}

impl Two {
    /// The usual two companies, connected at test speed, in step.
    pub async fn connected() -> Self {
        Self::connect(Company::start("acme").await, Company::start("globex").await, How::default()).await
    }

    /// Connects two companies and waits until both say that they are in step (or syncing, where there is more to do).
    pub async fn connect(acme: Company, globex: Company, how: How) -> Self {
        let port = how.port.unwrap_or_else(free_port);
        let address = how.address.clone().unwrap_or_else(|| format!("http://127.0.0.1:{port}"));
        let mut more = vec!["--approve", "code-holder"];
        more.extend(how.scope);
        let way = how.relay.as_ref().map_or(["--address", &address], |relay| ["--relay", relay]);
        let code = acme.invite_by(way, &more).await.done();
        let (quick, relay) = (how.quick, how.relay);
        let mut two = Self { acme, globex, acme_runs: None, globex_runs: None, port, relay, quick };
        two.start_acme().await;
        two.globex.accept(&code, how.scope).await.done();
        two.start_globex();
        let both = how.scope.contains(&"--existing");
        two.wait("both sides are connected", LONG, async || {
            let states = [two.acme.state().await, two.globex.state().await];
            let there = states.iter().all(|s| match s.as_str() {
                "up_to_date" => true,
                "first_sync" | "syncing" | "checking" => both,
                _ => false,
            });
            there.then_some(())
        })
        .await;
        two
    }

    /// Starts ACME's node.
    pub async fn start_acme(&mut self) {
        if let Some(relay) = &self.relay {
            let running = self.acme.run(self.quick, &[]);
            wait_for("ACME is found at the relay", LONG, async || {
                running.output().contains(relay).then_some(())
            })
            .await;
            self.acme_runs = Some(running);
            return;
        }
        let listen = format!("127.0.0.1:{}", self.port);
        let mut running = self.acme.run(self.quick, &["--listen", &listen]);
        running.listens(self.port).await;
        self.acme_runs = Some(running);
    }

    /// Starts Globex's node.
    pub fn start_globex(&mut self) {
        self.globex_runs = Some(self.globex.run(self.quick, &[]));
    }

    /// SIGTERM to ACME's node.
    pub async fn stop_acme(&mut self) -> (Duration, Option<i32>) {
        self.acme_runs.take().expect("ACME runs").stop().await
    }

    /// SIGTERM to Globex's node.
    pub async fn stop_globex(&mut self) -> (Duration, Option<i32>) {
        self.globex_runs.take().expect("Globex runs").stop().await
    }

    /// `wait_for`, and if it takes too long, what both nodes say.
    pub async fn wait<T>(&self, what: &str, limit: Duration, look: impl AsyncFnMut() -> Option<T>) -> T {
        match try_for(limit, look).await {
            Some(seen) => seen,
            None => {
                let (acme, globex) = (self.acme.explain().await, self.globex.explain().await);
                panic!("did not happen within {limit:?}: {what}\n{acme}\n{globex}");
            }
        }
    }

    /// Waits until a company's node lists a problem of this code.
    pub async fn problem(&self, company: &Company, code: &str) -> Value {
        self.wait(&format!("{} lists {code}", company.name), LONG, async || {
            let problems = company.node.json(&["problems"]).await;
            problems.as_array()?.iter().find(|problem| problem["code"] == code).cloned()
        })
        .await
    }

    /// Waits until both sides say that nothing is left to do.
    pub async fn in_step(&self) {
        self.wait("both sides are in step", LONG, async || {
            (self.acme.in_step().await && self.globex.in_step().await).then_some(())
        })
        .await;
    }

    /// Three polls of both sides later, neither Jira has seen a write.
    pub async fn stays_silent(&self) {
        let sites = [&self.acme.jira, &self.globex.jira];
        let before = [sites[0].writes().await, sites[1].writes().await];
        let polls = [sites[0].polls().await, sites[1].polls().await];
        self.wait("three polls of both sides", LONG, async || {
            // A poll under way counts only from its end, so the fourth proves that three are through.
            let more = sites[0].polls().await >= polls[0] + 4 && sites[1].polls().await >= polls[1] + 4;
            more.then_some(())
        })
        .await;
        let after = [sites[0].writes().await, sites[1].writes().await];
        assert_eq!(before, after, "writes at ACME and Globex while nobody did anything");
    }
}
