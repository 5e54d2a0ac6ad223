//! An API token, and the day on which it ends.
//!
//! Atlassian's API tokens end a day to a year after they are made
//! (<https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/>). No answer and no
//! header of Jira's REST API says when, so a person reads the day in the list of their tokens and enters it. Whether it is
//! near is worked out anew at each look: nothing about it is stored that could be out of date.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, Unit};
use secrecy::SecretString;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::{NoteView, TokenStage, TokenView};
use twinline_store::Account;

use crate::time::long_day;
use crate::words::say;

/// A token made today for a year may end a day later by another time zone's calendar.
const DAYS_AT_MOST: i64 = 366;
/// From how many days before the end it is told, and how.
const MARKS: [(i64, TokenStage); 3] = [(1, TokenStage::Day), (7, TokenStage::Week), (30, TokenStage::Month)];

/// The day on which a token ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TokenEnds(Date);

impl TokenEnds {
    /// Reads a day as `2027-03-01`: neither over nor further away than any token lives (`token-ends-unfit` otherwise).
    pub fn read(text: &str) -> Result<Self, Trouble> {
        Self::read_on(text, today())
    }

    fn read_on(text: &str, today: Date) -> Result<Self, Trouble> {
        let text = text.trim();
        let latest = today.saturating_add(DAYS_AT_MOST.days());
        let unfit = |why: &str| {
            Trouble::new(ProblemCode::TokenEndsUnfit)
                .with("date", twinline_model::text::clean_line(text, 40))
                .with("why", why)
                .with("latest", long_day(latest))
        };
        // Nothing but a day: jiff would also take a time with it.
        let written = text.len() == "2027-03-01".len() && text.is_ascii();
        let day: Date = written.then(|| text.parse().ok()).flatten().ok_or_else(|| unfit("unreadable"))?;
        match day {
            day if day < today => Err(unfit("past")),
            day if day > latest => Err(unfit("far")),
            day => Ok(Self(day)),
        }
    }

    /// As it is kept: `2027-03-01`.
    pub(crate) fn kept(self) -> String {
        self.0.to_string()
    }
}

/// What a person signs in with.
#[derive(Clone)]
pub struct ApiToken {
    /// The token itself.
    pub secret: SecretString,
    /// When it ends, if the person said so.
    pub ends: Option<TokenEnds>,
}

impl From<SecretString> for ApiToken {
    fn from(secret: SecretString) -> Self {
        Self { secret, ends: None }
    }
}

/// How an account's token stands today; `None`: nobody said when it ends.
pub(crate) fn view(account: &Account) -> Option<TokenView> {
    view_on(account, today())
}

fn view_on(account: &Account, today: Date) -> Option<TokenView> {
    let Standing { ends, days, stage } = Standing::of(account, today)?;
    let id = if stage == TokenStage::Over { "token-ended" } else { "token-ends" };
    let sentence = say(id, &[("date", &long_day(ends)), ("days", &days.to_string())]);
    Some(TokenView { ends: ends.to_string(), stage, sentence })
}

/// What is to be known of an account before its token ends. A sign-in that Jira no longer accepts is a problem, and told as
/// such.
pub(crate) fn note(account: &Account) -> Option<NoteView> {
    note_on(account, today())
}

fn note_on(account: &Account, today: Date) -> Option<NoteView> {
    let Standing { ends, days, stage } = Standing::of(account, today)?;
    if stage == TokenStage::Later || !account.signed_in {
        return None;
    }
    let id = if stage == TokenStage::Over { "note-token-ended" } else { "note-token-ends" };
    let facts = [("site", account.site.as_str()), ("date", &long_day(ends)), ("days", &days.to_string())];
    Some(NoteView {
        code: "token-ends".to_owned(),
        account: account.id.clone(),
        stage,
        sentence: say(id, &facts),
        next_step: say(&format!("{id}-next"), &facts),
    })
}

struct Standing {
    ends: Date,
    days: i64,
    stage: TokenStage,
}

impl Standing {
    fn of(account: &Account, today: Date) -> Option<Self> {
        let ends: Date = account.token_ends.as_deref()?.parse().ok()?;
        let days = days_between(today, ends);
        let near =
            || MARKS.iter().find(|(mark, _)| days <= *mark).map_or(TokenStage::Later, |(_, stage)| *stage);
        Some(Self { ends, days, stage: if days < 0 { TokenStage::Over } else { near() } })
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until((Unit::Day, to)).map_or(0, |span| i64::from(span.get_days()))
}

/// By the calendar of the person in front of this computer.
fn today() -> Date {
    Timestamp::now().to_zoned(jiff::tz::TimeZone::system()).date()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn account(ends: Option<&str>) -> Account {
        Account {
            id: "acme-ana".into(),
            site: "acme.atlassian.net".to_owned(),
            base_url: String::new(),
            email: "ana@acme.example".to_owned(),
            user: "ana".to_owned(),
            display_name: "Ana Ruiz".to_owned(),
            projects: 1,
            signed_in: true,
            since_ms: None,
            checked_ms: None,
            token_ends: ends.map(str::to_owned),
            cloud: None,
        }
    }

    #[test]
    fn f49_only_a_day_on_which_a_token_can_end_is_taken() {
        let today = date(2026, 3, 1);
        let read = |text: &str| TokenEnds::read_on(text, today);
        for good in ["2026-03-01", "2027-03-01", " 2027-03-02\n"] {
            assert_eq!(read(good).map(TokenEnds::kept), Ok(good.trim().to_owned()), "{good}");
        }
        let why = |text: &str| read(text).expect_err(text).facts["why"].clone();
        for bad in [
            "",
            "soon",
            "01.03.2027",
            "2027-02-30",
            "2027-3-1",
            "2027-03-01T10:00",
            "20270301",
            "２０２７-03-01",
        ] {
            assert_eq!(why(bad), "unreadable", "{bad}");
        }
        assert_eq!(why("2026-02-28"), "past");
        assert_eq!(why("2027-03-03"), "far");
        let said = crate::words::trouble_view(&read("2028-01-01").expect_err("too far"));
        assert_eq!(
            said.sentence,
            "An API token of Atlassian lives a year at most, so 2028-01-01 cannot be the day on which it ends."
        );
        assert!(said.next_step.contains("2 March 2027"), "{}", said.next_step);
    }

    #[test]
    fn f49_the_end_of_a_token_is_told_at_thirty_seven_and_one_days() {
        let end = date(2027, 3, 1);
        let told = |before: i64| {
            let today = end.checked_sub(before.days()).expect("a day");
            note_on(&account(Some("2027-03-01")), today).map(|note| (note.stage, note.sentence))
        };
        let stages = [40, 31, 30, 8, 7, 2, 1, 0, -1, -400].map(|days| told(days).map(|(stage, _)| stage));
        use TokenStage::{Day, Month, Over, Week};
        let expected = [
            None,
            None,
            Some(Month),
            Some(Month),
            Some(Week),
            Some(Week),
            Some(Day),
            Some(Day),
            Some(Over),
            Some(Over),
        ];
        assert_eq!(stages, expected);
        let words = [5, 1, 0, -1].map(|days| told(days).expect("a note").1);
        assert_eq!(
            words,
            [
                "The API token for acme.atlassian.net ends on 1 March 2027, in 5 days.",
                "The API token for acme.atlassian.net ends on 1 March 2027, tomorrow.",
                "The API token for acme.atlassian.net ends on 1 March 2027, today.",
                "The API token for acme.atlassian.net was to end on 1 March 2027; Jira still accepts it.",
            ]
        );
    }

    #[test]
    fn f49_of_a_token_without_a_day_or_a_sign_in_that_is_refused_there_is_no_note() {
        let today = date(2027, 2, 27);
        assert_eq!(view_on(&account(None), today), None);
        assert_eq!(view_on(&account(Some("gone wrong")), today), None);
        let refused = Account { signed_in: false, ..account(Some("2027-03-01")) };
        assert_eq!(note_on(&refused, today), None);
        assert_eq!(
            view_on(&refused, today).expect("the list shows it all the same").sentence,
            "The token ends on 1 March 2027, in 2 days"
        );
    }
}
