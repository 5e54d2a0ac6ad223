//! How often Jira is checked, and when.

use clap::{Args as Arguments, ValueEnum};
use twinline_model::view::{CheckEvery, Weekday, WorkingHours};

/// What is changed of how often Jira is checked.
#[derive(Arguments, Debug)]
pub struct Settings {
    /// How often Jira is asked for changes: 10s, 15s, 30s, 1m or 5m
    #[arg(long, value_name = "TIME", value_parser = check_every)]
    pub check_every: Option<CheckEvery>,
    /// Check and send in these hours only, by this computer's clock; your partners are told. Hours that end before they begin
    /// last over midnight
    #[arg(long, value_name = "DAYS FROM-TO", value_parser = hours, conflicts_with = "no_hours")]
    pub hours: Option<WorkingHours>,
    /// Check and send at any time
    #[arg(long)]
    pub no_hours: bool,
    /// Whether Jira is checked once a minute at most while this computer runs on its battery
    #[arg(long, value_enum)]
    pub on_battery: Option<OnBattery>,
}

/// How often on battery.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum OnBattery {
    /// Once a minute at most
    Slower,
    /// As often as otherwise
    Same,
}

fn check_every(text: &str) -> Result<CheckEvery, String> {
    CheckEvery::parse(text).ok_or_else(|| "10s, 15s, 30s, 1m or 5m".to_owned())
}

/// Days and times, as `mon-fri 08:00-18:00` or `mon,wed,sat 22:00-06:00`.
fn hours(text: &str) -> Result<WorkingHours, String> {
    let read = || {
        let (days, times) = text.trim().split_once(' ')?;
        let (from, to) = times.trim().split_once('-')?;
        Some(WorkingHours { on: true, days: days_of(days)?, from: minutes(from)?, to: minutes(to)? })
    };
    read().ok_or_else(|| "days and times, as in 'mon-fri 08:00-18:00' or 'mon,wed 22:00-06:00'".to_owned())
}

fn days_of(text: &str) -> Option<Vec<Weekday>> {
    let position = |name: &str| Weekday::ALL.iter().position(|day| day.as_str() == name);
    let mut days = Vec::new();
    for part in text.to_ascii_lowercase().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut at, last) = (position(first)?, position(last)?);
        // From Saturday to Monday goes over the end of the week.
        loop {
            days.push(*Weekday::ALL.get(at)?);
            if at == last {
                break;
            }
            at = (at + 1) % Weekday::ALL.len();
        }
    }
    Some(days)
}

fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_as_people_write_them() {
        use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
        let read = |text: &str| hours(text).map(|h| (h.days, h.from, h.to));
        assert_eq!(read("mon-fri 08:00-18:00"), Ok((vec![Mon, Tue, Wed, Thu, Fri], 480, 1_080)));
        assert_eq!(read("Mon,wed 22:00-6:30"), Ok((vec![Mon, Wed], 1_320, 390)));
        assert_eq!(read(" sat-mon  00:00-23:59 "), Ok((vec![Sat, Sun, Mon], 0, 1_439)));
        for odd in [
            "",
            "mon-fri",
            "mon-fri 8-18",
            "mon 24:00-06:00",
            "mon 08:60-09:00",
            "noday 08:00-09:00",
            "- 08:00-09:00",
        ] {
            assert!(read(odd).is_err(), "{odd}");
        }
        assert_eq!(check_every("30s"), Ok(CheckEvery::ThirtySeconds));
        assert!(check_every("7s").is_err());
    }
}
