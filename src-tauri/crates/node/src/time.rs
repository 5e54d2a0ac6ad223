//! Wall-clock time: for people and for the issuer's invitation expiry, never for a decision about sync.

use std::time::{SystemTime, UNIX_EPOCH};

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

/// `Mon 30 Nov 2026, 17:00`, in this computer's time zone.
pub(crate) fn day_and_clock(ms: i64) -> String {
    local(ms).strftime("%a %-d %b %Y, %H:%M").to_string()
}

/// `12 Nov 2026, 14:03 UTC`: for texts that people in several time zones read.
pub(crate) fn day_utc(ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%-d %b %Y, %H:%M UTC").to_string()
}

fn local(ms: i64) -> jiff::Zoned {
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.to_zoned(jiff::tz::TimeZone::system())
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_read_as_people_and_programs_expect() {
        assert_eq!(super::rfc3339(1_794_000_000_123), "2026-11-06T21:20:00Z");
        assert_eq!(super::day_utc(1_794_000_000_123), "6 Nov 2026, 21:20 UTC");
    }
}
