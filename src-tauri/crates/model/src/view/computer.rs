//! What people see of their own computer: what lies on it, and what helps to find a defect.

use serde::{Deserialize, Serialize};

/// For how long the activity is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Retention {
    /// 7 days.
    Week,
    /// 30 days.
    Month,
    /// 90 days.
    Quarter,
    /// Always.
    Forever,
}

view! {
    /// What lies on this computer.
    pub struct PrivacyView {
        /// Where.
        folder: String,
        /// How much, in units of 1,000 bytes.
        kilobytes: u32,
        /// For how long the activity is kept.
        retention: Retention,
    }

    /// Everything was deleted.
    pub struct Farewell {
        /// The partners who could not be told that their connection has ended.
        untold: Vec<String>,
    }

    /// What a diagnostics bundle holds, to be read before it is saved.
    pub struct DiagnosticsView {
        /// Under which name it is saved.
        file_name: String,
        /// Its files, as they are saved.
        files: Vec<DiagnosticsFile>,
    }

    /// A file of a diagnostics bundle.
    pub struct DiagnosticsFile {
        /// Its name in the bundle.
        name: String,
        /// In bytes.
        size: u32,
        /// All of it.
        text: String,
    }
}
