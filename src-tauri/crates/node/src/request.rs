//! Ready texts for whoever can mend a problem: a Jira admin, or the partner's people. Sent by nobody but the person who copies them.

use twinline_model::connection::Connection;
use twinline_model::problem::ProblemCode;
use twinline_store::{Account, ProblemRow};

use crate::accounts::permission_words;
use crate::time::day_and_clock;
use crate::words::say;

/// What Twinline needs in a project.
const NEEDED: [&str; 5] =
    ["BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "ADD_COMMENTS", "CREATE_ATTACHMENTS"];

/// The text for a problem; `None`: nobody has to be written to.
pub(crate) fn text(row: &ProblemRow, connection: &Connection, account: Option<&Account>) -> Option<String> {
    let partner = connection.partner_name().map_or_else(|| say("partner-unknown", &[]), str::to_owned);
    let fact = |name: &str| row.facts.get(name).map(String::as_str);
    match ProblemCode::parse(&row.code)? {
        ProblemCode::PermissionLost | ProblemCode::ProjectForbidden => {
            let account = account?;
            let all = || permission_words(&NEEDED.map(str::to_owned));
            let permissions = fact("permissions").map_or_else(all, str::to_owned);
            let said = [
                ("partner", partner.as_str()),
                ("project", connection.project.as_str()),
                ("site", account.site.as_str()),
                ("name", account.display_name.as_str()),
                ("email", account.email.as_str()),
                ("permissions", permissions.as_str()),
                ("answer", fact("permission").unwrap_or_default()),
            ];
            Some(say(
                if fact("permission").is_some() { "request-permission-answer" } else { "request-permission" },
                &said,
            ))
        }
        ProblemCode::PartnerAway => {
            let person = connection.partner.as_ref().map(|p| p.person.as_str()).unwrap_or_default();
            let said = [("person", person), ("partner", &partner), ("time", &day_and_clock(row.since_ms))];
            Some(say(if person.is_empty() { "request-reminder-unnamed" } else { "request-reminder" }, &said))
        }
        _ => None,
    }
}
