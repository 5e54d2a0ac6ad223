//! Jira's times, as `2021-01-17T12:34:00.000+0000`.

use jiff::fmt::strtime;

/// Milliseconds since 1970.
pub(crate) fn parse_ms(text: &str) -> Option<i64> {
    let parsed = strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text)
        .and_then(|broken| broken.to_timestamp())
        .or_else(|_| text.parse::<jiff::Timestamp>());
    parsed.ok().map(|at| at.as_millisecond())
}

/// The `Date` header of an answer: the tracker's own clock.
pub(crate) fn http_date_ms(text: &str) -> Option<i64> {
    let at = httpdate::parse_http_date(text).ok()?;
    let since = at.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_offset_is_read() {
        let utc = parse_ms("2021-01-17T12:34:00.123+0000");
        assert_eq!(utc, Some(1_610_886_840_123));
        assert_eq!(parse_ms("2021-01-18T02:34:00.123+1400"), utc);
        assert_eq!(parse_ms("2021-01-17T01:34:00.123-1100"), utc);
        assert_eq!(parse_ms("2021-01-17T12:34:00.123Z"), utc);
        assert_eq!(parse_ms("yesterday"), None);
    }

    #[test]
    fn a_date_header_is_read() {
        assert_eq!(http_date_ms("Sun, 17 Jan 2021 12:34:00 GMT"), Some(1_610_886_840_000));
        assert_eq!(http_date_ms("soon"), None);
    }
}
