//! What holds up our whole side: the partner is told the cause, and its people need not ask why nothing comes (F46, F92).

use twinline_model::ConnectionId;
use twinline_model::problem::ProblemCode;
use twinline_store::{Account, StoreError, Tx};

/// What a side says that waits for its tracker, and for nobody.
pub const TRACKER_AWAY: &str = "tracker-away";

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

/// The code of what holds up our side of a connection; empty: nothing.
pub(crate) fn ours(
    tx: &Tx<'_>,
    connection: &ConnectionId,
    account: Option<&Account>,
    now_ms: i64,
    interval_ms: u32,
) -> Result<String, StoreError> {
    let codes = tx.problem_codes_of(connection)?;
    if let Some(stop) = STOPS.iter().find(|stop| codes.iter().any(|code| code == stop.as_str())) {
        return Ok(stop.as_str().to_owned());
    }
    let since = account.map(|a| tx.away_since(&a.id)).transpose()?.flatten();
    let lasts = since.is_some_and(|since| now_ms - since > 3 * i64::from(interval_ms) + PATIENCE_MS);
    Ok(if lasts { TRACKER_AWAY.to_owned() } else { String::new() })
}
