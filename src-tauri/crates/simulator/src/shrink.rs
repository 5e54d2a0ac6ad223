//! Makes a failing run small: fewer kinds of faults, fewer acts. The three tapes are separate, so that taking something
//! from one leaves the others as they were.

use crate::plan::Plan;
use crate::sim::run;
use crate::swarm::Swarm;

/// The smallest plan found that breaks one of the invariants that the whole plan breaks.
pub fn shrink(plan: &Plan) -> Plan {
    let wanted: Vec<&'static str> = run(plan, false).violations.iter().map(|v| v.invariant).collect();
    let fails = |plan: &Plan| run(plan, false).violations.iter().any(|v| wanted.contains(&v.invariant));
    let mut small = plan.clone();
    for (_, switch_off) in Swarm::classes() {
        let mut less = small.clone();
        switch_off(&mut less.swarm);
        if less.swarm != small.swarm && fails(&less) {
            small = less;
        }
    }
    let mut piece = small.acts.len() / 2;
    while piece > 0 {
        let mut at = 0;
        while at < small.acts.len() {
            let mut less = small.clone();
            less.acts.drain(at..(at + piece).min(less.acts.len()));
            if fails(&less) {
                small = less;
            } else {
                at += piece;
            }
        }
        piece /= 2;
    }
    small
}
