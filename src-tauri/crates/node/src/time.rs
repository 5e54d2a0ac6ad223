//! Wall-clock time: for people, for the issuer's invitation expiry and for the end that a person gave a pause, never for another
//! decision about sync.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use twinline_model::view::Language;

use crate::words::{say, say_in, spoken};

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// RFC 3339 in UTC, to the second.
pub(crate) fn rfc3339(ms: i64) -> String {
    let at = jiff::Timestamp::from_second(ms.div_euclid(1000)).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.to_string()
}

/// `10:42`, in this computer's time zone.
pub(crate) fn clock(ms: i64) -> String {
    local(ms).strftime("%H:%M").to_string()
}

/// `Mon 30 Nov 2026, 17:00`, in this computer's time zone and in the spoken language.
pub(crate) fn day_and_clock(ms: i64) -> String {
    day_and_clock_in(spoken(), &local(ms))
}

fn day_and_clock_in(language: Language, at: &jiff::Zoned) -> String {
    let weekday = at.weekday().to_monday_one_offset().to_string();
    let (day, month, year) = (at.day().to_string(), at.month().to_string(), at.year().to_string());
    let clock = at.strftime("%H:%M").to_string();
    let facts =
        [("weekday", &*weekday), ("day", &day), ("month", &month), ("year", &year), ("clock", &clock)];
    say_in(language, "date-and-clock", &facts)
}

/// A moment among the facts of a problem: kept so that each language can say it.
pub(crate) fn minute(ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.strftime("%Y-%m-%dT%H:%MZ").to_string()
}

/// A moment that [`minute`] wrote, in words; `None`: it is something else (earlier versions kept words).
pub(crate) fn minute_in_words(language: Language, kept: &str) -> Option<String> {
    let at: jiff::Timestamp = kept.parse().ok()?;
    Some(day_and_clock_in(language, &at.to_zoned(TimeZone::system())))
}

/// `1 March 2027`, in the spoken language.
pub(crate) fn long_day(day: Date) -> String {
    long_day_in(spoken(), day)
}

fn long_day_in(language: Language, day: Date) -> String {
    let (number, month, year) = (day.day().to_string(), day.month().to_string(), day.year().to_string());
    say_in(language, "date-long", &[("day", &number), ("month", &month), ("year", &year)])
}

/// `12 Nov 2026, 14:03 UTC`: for what stands in trackers, where people in several time zones read it; always in English.
pub(crate) fn day_utc(ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.to_zoned(TimeZone::UTC).strftime("%-d %b %Y, %H:%M UTC").to_string()
}

/// Tomorrow at 08:00 in a time zone. Where that day has no such time, the next one that there is.
pub(crate) fn tomorrow_at_eight(now_ms: i64, zone: &TimeZone) -> i64 {
    let date = zoned(now_ms, zone).date();
    let morning = date.tomorrow().unwrap_or(date).at(8, 0, 0, 0);
    zone.to_timestamp(morning).map_or(now_ms, jiff::Timestamp::as_millisecond)
}

/// Until when something lasts, in this computer's time zone: `14:30`, `tomorrow, 08:00`, `Mon 30 Nov 2026, 17:00`.
pub(crate) fn until_words(ms: i64) -> String {
    until_words_at(ms, now_ms(), &TimeZone::system())
}

fn until_words_at(ms: i64, now_ms: i64, zone: &TimeZone) -> String {
    let (at, today) = (zoned(ms, zone), zoned(now_ms, zone).date());
    let clock = at.strftime("%H:%M").to_string();
    match at.date() {
        date if date == today => clock,
        date if today.tomorrow().is_ok_and(|tomorrow| date == tomorrow) => {
            say("until-tomorrow", &[("clock", &clock)])
        }
        _ => day_and_clock_in(spoken(), &at),
    }
}

fn local(ms: i64) -> jiff::Zoned {
    zoned(ms, &TimeZone::system())
}

fn zoned(ms: i64, zone: &TimeZone) -> jiff::Zoned {
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.to_zoned(zone.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    /// Central European time, as its rule says it.
    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    fn ms(at: &str) -> i64 {
        at.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn tomorrow_is_eight_by_the_clock_on_the_wall_also_when_that_is_put_forward_or_back() {
        for (now, then) in [
            ("2026-11-26T13:00:00Z", "2026-11-27T07:00:00Z"),
            // The last moment of a day, and the first one of the next.
            ("2026-11-26T22:59:59Z", "2026-11-27T07:00:00Z"),
            ("2026-11-26T23:00:00Z", "2026-11-28T07:00:00Z"),
            // The night has 23 hours, or 25.
            ("2027-03-27T17:00:00Z", "2027-03-28T06:00:00Z"),
            ("2026-10-24T16:00:00Z", "2026-10-25T07:00:00Z"),
            ("2026-12-31T12:00:00Z", "2027-01-01T07:00:00Z"),
        ] {
            assert_eq!(rfc3339(tomorrow_at_eight(ms(now), &berlin())), then, "{now}");
        }
        // A zone whose clocks jump over eight in the morning.
        let odd = TimeZone::posix("AAA0BBB,J100/7:30,J300").unwrap();
        assert_eq!(rfc3339(tomorrow_at_eight(ms("2026-04-09T12:00:00Z"), &odd)), "2026-04-10T08:00:00Z");
    }

    #[test]
    fn until_when_is_said_as_a_person_would_and_in_the_zone_of_the_day() {
        let said = |at: &str, now: &str, zone: &TimeZone| until_words_at(ms(at), ms(now), zone);
        let end = "2026-11-27T07:00:00Z";
        assert_eq!(said(end, "2026-11-26T13:00:00Z", &berlin()), "tomorrow, 08:00");
        assert_eq!(said(end, "2026-11-27T01:00:00Z", &berlin()), "08:00");
        assert_eq!(said(end, "2026-11-24T13:00:00Z", &berlin()), "Fri 27 Nov 2026, 08:00");
        // Who travels reads the same moment by the clock of the place.
        let tokyo = TimeZone::posix("JST-9").unwrap();
        assert_eq!(said(end, "2026-11-26T13:00:00Z", &tokyo), "tomorrow, 16:00");
        assert_eq!(said(end, "2026-11-26T16:00:00Z", &tokyo), "16:00");
    }

    #[test]
    fn times_read_as_people_and_programs_expect() {
        assert_eq!(super::rfc3339(1_794_000_000_123), "2026-11-06T21:20:00Z");
        assert_eq!(super::day_utc(1_794_000_000_123), "6 Nov 2026, 21:20 UTC");
    }

    #[test]
    fn days_are_said_in_each_language() {
        let at = date(2026, 3, 2).at(7, 5, 0, 0).in_tz("UTC").unwrap();
        let both = |f: &dyn Fn(Language) -> String| [Language::English, Language::German].map(f);
        assert_eq!(
            both(&|l| day_and_clock_in(l, &at)),
            ["Mon 2 Mar 2026, 07:05", "Mo., 2. März 2026, 07:05"]
        );
        assert_eq!(both(&|l| long_day_in(l, date(2027, 10, 31))), ["31 October 2027", "31. Oktober 2027"]);
        for month in 1..=12 {
            let day = date(2026, month, 28);
            let at = day.at(17, 0, 0, 0).in_tz("UTC").unwrap();
            assert_eq!(
                day_and_clock_in(Language::English, &at),
                at.strftime("%a %-d %b %Y, %H:%M").to_string()
            );
            assert_eq!(long_day_in(Language::English, day), day.strftime("%-d %B %Y").to_string());
        }
    }

    #[test]
    fn a_moment_among_the_facts_is_said_and_old_words_stay() {
        assert_eq!(minute(1_794_000_000_123), "2026-11-06T21:20Z");
        let said = |kept: &str| minute_in_words(Language::German, kept);
        assert!(said("2026-11-06T21:20Z").is_some_and(|words| words.contains("Nov. 2026")));
        assert_eq!(said("Fri 6 Nov 2026, 21:20"), None);
    }
}
