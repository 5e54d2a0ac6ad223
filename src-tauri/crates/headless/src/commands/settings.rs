//! `twinline-node settings`: how often Jira is checked, and when.

use std::io::{self, Write};

use twinline_model::view::{PaceView, Power};
use twinline_node::Node;
use twinline_node::words::say;

use crate::args::{OnBattery, Settings};
use crate::{Failure, print};

/// Shows how often Jira is checked, after the changes that were asked for.
pub async fn run(node: &Node, asked: Settings, json: bool) -> Result<(), Failure> {
    let mut now = node.pace().await?;
    let mut wanted = now.chosen.clone();
    wanted.check_every = asked.check_every.or(wanted.check_every);
    if let Some(hours) = asked.hours {
        wanted.hours = hours;
    }
    wanted.hours.on &= !asked.no_hours;
    if let Some(battery) = asked.on_battery {
        wanted.slower_on_battery = battery == OnBattery::Slower;
    }
    if wanted != now.chosen {
        now = node.set_pace(wanted).await?;
    }
    let mut out = io::stdout().lock();
    match json {
        true => print::json(&mut out, &now)?,
        false => facts(&mut out, &now)?,
    }
    Ok(())
}

fn facts(out: &mut impl Write, pace: &PaceView) -> io::Result<()> {
    let chosen = &pace.chosen;
    let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let hours = match &chosen.hours {
        hours if hours.on => {
            let days: Vec<_> =
                hours.days.iter().map(|day| say(&format!("cli-day-{}", day.as_str()), &[])).collect();
            format!("{} {}-{}", days.join(", "), clock(hours.from), clock(hours.to))
        }
        _ => say("cli-hours-any", &[]),
    };
    let battery = match (chosen.slower_on_battery, pace.power) {
        (false, _) => "cli-battery-same",
        (true, Power::Unknown) => "cli-battery-unknown",
        (true, _) => "cli-battery-slower",
    };
    print::facts(
        out,
        &[
            ("cli-col-check-every", chosen.check_every.map(|e| e.as_str().to_owned()).unwrap_or_default()),
            ("cli-col-hours", hours),
            ("cli-col-battery", say(battery, &[])),
            ("cli-col-now", pace.sentence.clone()),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use twinline_model::view::{CheckEvery, PaceSettings, WorkingHours};

    #[test]
    fn a_person_reads_what_was_chosen_and_what_holds_now() {
        let view = |chosen, power| PaceView {
            chosen,
            every_s: 30,
            power,
            rests_until: None,
            sentence: "Jira is checked every 30 seconds.".to_owned(),
        };
        let mut out = Vec::new();
        let hours = WorkingHours { on: true, ..WorkingHours::default() };
        let check_every = Some(CheckEvery::ThirtySeconds);
        let chosen = PaceSettings { check_every, hours, slower_on_battery: true };
        facts(&mut out, &view(chosen, Power::Mains)).unwrap();
        facts(&mut out, &view(PaceSettings::default(), Power::Unknown)).unwrap();
        insta::assert_snapshot!("settings", String::from_utf8(out).unwrap());
    }
}
