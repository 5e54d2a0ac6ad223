//! How often a node looks, and when it does not.

use serde::{Deserialize, Serialize};

/// How often the tracker is asked for changes, as a person chooses it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub enum CheckEvery {
    /// Every 10 seconds.
    #[serde(rename = "10s")]
    TenSeconds,
    /// Every 15 seconds.
    #[serde(rename = "15s")]
    FifteenSeconds,
    /// Every 30 seconds.
    #[serde(rename = "30s")]
    ThirtySeconds,
    /// Every minute.
    #[serde(rename = "1m")]
    Minute,
    /// Every five minutes.
    #[serde(rename = "5m")]
    FiveMinutes,
}

impl CheckEvery {
    /// All of them, the most frequent first.
    pub const ALL: &'static [Self] =
        &[Self::TenSeconds, Self::FifteenSeconds, Self::ThirtySeconds, Self::Minute, Self::FiveMinutes];

    /// In seconds.
    pub fn seconds(self) -> u32 {
        match self {
            Self::TenSeconds => 10,
            Self::FifteenSeconds => 15,
            Self::ThirtySeconds => 30,
            Self::Minute => 60,
            Self::FiveMinutes => 300,
        }
    }

    /// Stable, as in JSON: `30s`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TenSeconds => "10s",
            Self::FifteenSeconds => "15s",
            Self::ThirtySeconds => "30s",
            Self::Minute => "1m",
            Self::FiveMinutes => "5m",
        }
    }

    /// The choice that [`Self::as_str`] names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|every| every.as_str() == word)
    }
}

/// A day of the week.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Weekday {
    /// All of them, Monday first.
    pub const ALL: &'static [Self] =
        &[Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    /// Stable, as in JSON: `mon`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mon => "mon",
            Self::Tue => "tue",
            Self::Wed => "wed",
            Self::Thu => "thu",
            Self::Fri => "fri",
            Self::Sat => "sat",
            Self::Sun => "sun",
        }
    }
}

/// What the computer runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Power {
    /// The mains, or a computer without a battery.
    Mains,
    /// Its battery.
    Battery,
    /// The system does not say.
    #[default]
    Unknown,
}

view! {
    /// When a person wants issues to be checked and sent; the times are this computer's.
    pub struct WorkingHours {
        /// Outside of them nothing is checked or sent.
        on: bool,
        /// On these days, each by the moment at which its hours begin.
        days: Vec<Weekday>,
        /// From so many minutes after midnight.
        from: u16,
        /// Until so many minutes after midnight; not later than `from`: of the next day.
        to: u16,
    }

    /// What a person chose.
    #[derive(Default)]
    pub struct PaceSettings {
        /// How often; `None`: as the node was started.
        check_every: Option<CheckEvery>,
        /// When.
        hours: WorkingHours,
        /// On battery, at most once a minute.
        slower_on_battery: bool,
    }

    /// What was chosen, and what follows from it now.
    pub struct PaceView {
        /// What was chosen.
        chosen: PaceSettings,
        /// How often trackers are asked now, in seconds.
        every_s: u32,
        /// What this computer runs on.
        power: Power,
        /// While it is outside working hours: until when.
        rests_until: Option<String>,
        /// All of it in one sentence.
        sentence: String,
    }
}

impl Default for WorkingHours {
    /// Off; and what most people would choose.
    fn default() -> Self {
        use Weekday::{Fri, Mon, Thu, Tue, Wed};
        Self { on: false, days: vec![Mon, Tue, Wed, Thu, Fri], from: 8 * 60, to: 18 * 60 }
    }
}
