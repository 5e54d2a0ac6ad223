//! What holds up our whole side: the partner is told the cause, and its people need not ask why nothing comes (F46, F92).

use twinline_model::connection::Connection;
use twinline_model::pause::Pause;
use twinline_model::problem::ProblemCode;
use twinline_store::{Account, StoreError, Tx};

/// What a side says that waits for its tracker, and for nobody.
pub const TRACKER_AWAY: &str = "tracker-away";

/// What a side says that is outside its working hours; after a space, until when: seconds since 1970.
pub const WORKING_HOURS: &str = "working-hours";

/// No working hours are further away than a week, and a day for whoever sits on the other side of the earth: what a partner says
/// beyond it is not believed, ms.
const A_WEEK_MS: i64 = 8 * 24 * 3_600_000;

/// What heals sooner than this, and three polls, is not worth a word, ms.
pub const PATIENCE_MS: i64 = 30_000;

/// Problems of a whole connection that stop everything on their side until they are mended.
const STOPS: &[ProblemCode] = &[
    ProblemCode::SignInExpired,
    ProblemCode::SiteMoved,
    ProblemCode::ClockWrong,
    ProblemCode::KeychainLocked,
    ProblemCode::KeychainMissing,
    ProblemCode::SecretMissing,
    ProblemCode::ProjectUnknown,
    ProblemCode::ProjectArchived,
    ProblemCode::ProjectDeleted,
    ProblemCode::ProjectForbidden,
    ProblemCode::MassLoss,
    ProblemCode::AnotherCopy,
    ProblemCode::DiskFull,
    ProblemCode::FolderUnusable,
];

/// Until when a side that said `why` is outside its working hours, as it said at `said_ms`; `None`: it said something else.
pub fn rests_until(why: &str, said_ms: i64) -> Option<i64> {
    let seconds: i64 = why.strip_prefix(WORKING_HOURS)?.strip_prefix(' ')?.parse().ok()?;
    let until_ms = seconds.checked_mul(1_000)?;
    (until_ms.checked_sub(said_ms)? <= A_WEEK_MS).then_some(until_ms)
}

/// The code of what holds up our side of a connection; empty: nothing.
pub(crate) fn ours(
    tx: &Tx<'_>,
    connection: &Connection,
    account: Option<&Account>,
    now_ms: i64,
    interval_ms: u32,
) -> Result<String, StoreError> {
    let codes = tx.problem_codes_of(&connection.id)?;
    if let Some(stop) = STOPS.iter().find(|stop| codes.iter().any(|code| code == stop.as_str())) {
        return Ok(stop.as_str().to_owned());
    }
    if let Some(guard) = tx.held(&connection.id)? {
        return Ok(guard);
    }
    if let Some(Pause::Hours { until_ms }) = connection.paused {
        return Ok(format!("{WORKING_HOURS} {}", until_ms.div_euclid(1_000)));
    }
    let since = account.map(|a| tx.away_since(&a.id)).transpose()?.flatten();
    let lasts = since.is_some_and(|since| now_ms - since > 3 * i64::from(interval_ms) + PATIENCE_MS);
    Ok(if lasts { TRACKER_AWAY.to_owned() } else { String::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partners_working_hours_are_believed_for_a_week() {
        let day = 24 * 3_600;
        let says = |s: i64| rests_until(&format!("{WORKING_HOURS} {s}"), 0);
        assert_eq!(says(7 * day), Some(7 * day * 1_000));
        assert_eq!(says(-day), Some(-day * 1_000), "over: whoever asks sees that");
        assert_eq!(says(9 * day), None);
        for odd in [WORKING_HOURS, TRACKER_AWAY, "", "working-hours x", "working-hours 9223372036854775807"] {
            assert_eq!(rests_until(odd, 0), None, "{odd}");
        }
        assert_eq!(rests_until("working-hours 0", i64::MIN), None);
    }
}
