//! What a check found, in words.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::{Contract, Description, Error, Exceptions, Exchange, Violation};

/// The result of a check.
#[derive(Debug)]
pub struct Report {
    /// Which description was used.
    pub description: String,
    /// How many exchanges were held against it.
    pub exchanges: usize,
    /// How many of them were asked by Twinline.
    pub ours: usize,
    /// Operations that were seen, as practice-jira serves them; those of version 2 count as theirs of version 3.
    pub seen: BTreeSet<String>,
    /// Operations that were seen to succeed.
    pub succeeded: BTreeSet<String>,
    /// Operations that were seen to fail by themselves.
    pub failed: BTreeSet<String>,
    /// What is not as described: the first of each operation, side and rule, and how often it was.
    pub violations: BTreeMap<(String, &'static str, String), (Violation, usize)>,
    /// How many exceptions there are.
    pub exceptions: usize,
    /// Exceptions that nothing needed.
    pub unused: Vec<String>,
}

impl Report {
    /// Holds the exchanges against the description.
    pub fn of(
        description: &Description,
        exceptions: &Exceptions,
        exchanges: &[Exchange],
    ) -> Result<Self, Error> {
        let contract = Contract::new(description, exceptions)?;
        let mut report = Self {
            description: format!("{} (version {})", description.source, description.version()),
            exchanges: exchanges.len(),
            ours: 0,
            seen: BTreeSet::new(),
            succeeded: BTreeSet::new(),
            failed: BTreeSet::new(),
            violations: BTreeMap::new(),
            exceptions: exceptions.count(),
            unused: Vec::new(),
        };
        for exchange in exchanges {
            report.ours += usize::from(exchange.by == "Twinline");
            report.note(exchange);
            for violation in contract.check(exchange) {
                if !exceptions.allow(&violation) {
                    let kind = (violation.operation.clone(), violation.side, violation.rule.clone());
                    report.violations.entry(kind).or_insert((violation, 0)).1 += 1;
                }
            }
        }
        report.unused = exceptions.unused().into_iter().map(str::to_owned).collect();
        Ok(report)
    }

    fn note(&mut self, exchange: &Exchange) {
        let Some(operation) = &exchange.operation else { return };
        let operation = operation.replacen("/rest/api/2/", "/rest/api/3/", 1);
        self.seen.insert(operation.clone());
        match exchange.spoiled {
            true => {}
            false if exchange.status < 400 => drop(self.succeeded.insert(operation)),
            false => drop(self.failed.insert(operation)),
        }
    }

    /// Operations that practice-jira serves, and that were never seen.
    pub fn unseen(&self) -> Vec<String> {
        let mut all = practice_jira::operations();
        all.retain(|operation| !self.seen.contains(operation));
        all
    }

    /// Whether all is as described. Without a single exchange nothing was shown, which is not good either.
    pub fn good(&self) -> bool {
        self.exchanges > 0 && self.violations.is_empty() && self.unused.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let served = practice_jira::operations().len();
        writeln!(f, "Description: {}", self.description)?;
        writeln!(
            f,
            "{} exchanges ({} of Twinline's) of {} operations",
            self.exchanges,
            self.ours,
            self.seen.len()
        )?;
        let unseen = self.unseen();
        writeln!(f, "practice-jira serves {served} operations; never seen: {}", list(&unseen))?;
        writeln!(f, "{} exceptions; not needed: {}", self.exceptions, list(&self.unused))?;
        for (violation, times) in self.violations.values() {
            writeln!(f, "{times:>5} x {violation}")?;
        }
        write!(f, "{} violations", self.violations.values().map(|(_, times)| times).sum::<usize>())
    }
}

fn list(all: &[String]) -> String {
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}
