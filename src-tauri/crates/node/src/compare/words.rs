//! What a comparison says to people.

use twinline_engine::compare::{FieldFinding, Finding};
use twinline_model::compare::{Likeness, Part, Way, Why};
use twinline_model::pair::Side;
use twinline_model::view::PairStanding;

use crate::words::say;

/// The names of the two companies.
pub(super) struct Words {
    /// Ours; empty: it has not said.
    pub(super) company: String,
    /// The partner's.
    pub(super) partner: String,
}

impl Words {
    fn say(&self, id: &str, more: &[(&str, &str)]) -> String {
        let here = if self.company.is_empty() { say("compare-here", &[]) } else { self.company.clone() };
        let mut facts = vec![("company", here.as_str()), ("partner", self.partner.as_str())];
        facts.extend(more);
        say(id, &facts)
    }

    /// A field's name.
    pub(super) fn part(&self, part: Part) -> String {
        let part = match part {
            Part::Summary => "summary",
            Part::Description => "description",
            Part::Type => "issuetype",
        };
        say("compare-part", &[("part", part)])
    }

    /// Whether both are alike, in a word or two.
    pub(super) fn label(&self, likeness: Likeness) -> String {
        let id = match likeness {
            Likeness::Same => "compare-same",
            Likeness::Form => "compare-same-form",
            Likeness::Changed => "compare-differs",
            Likeness::OnlyOurs => "compare-only-ours",
            Likeness::OnlyTheirs => "compare-only-theirs",
        };
        self.say(id, &[])
    }

    /// About all of it.
    pub(super) fn all(&self, differences: u32, staying: u32) -> String {
        let id = match (differences, staying) {
            (0, _) => "compare-none",
            (n, s) if n == s => "compare-staying",
            (_, 0) => "compare-some",
            _ => "compare-some-staying",
        };
        self.say(id, &[("n", &differences.to_string()), ("staying", &staying.to_string())])
    }

    /// Our issue is no longer there.
    pub(super) fn gone(&self, issue: &str) -> String {
        self.say("compare-gone", &[("issue", issue)])
    }

    /// What else is to be known about the whole.
    pub(super) fn notes(&self, state: PairStanding, partner_paused: bool) -> Vec<String> {
        let id = match state {
            PairStanding::Stopped => Some("compare-note-stopped"),
            PairStanding::WaitingForPartner => Some("compare-note-parked"),
            PairStanding::Skipped => Some("compare-note-skipped"),
            PairStanding::Unlinked => Some("compare-note-unlinked"),
            PairStanding::InStep | PairStanding::Syncing => None,
        };
        let paused = partner_paused.then_some("compare-note-paused");
        id.into_iter().chain(paused).map(|id| self.say(id, &[])).collect()
    }

    /// About a field.
    pub(super) fn field(&self, field: &FieldFinding) -> String {
        let (ours, theirs) =
            (field.ours.as_deref().unwrap_or_default(), field.theirs.as_deref().unwrap_or_default());
        let mut said = match (field.finding.likeness, field.part) {
            (Likeness::Form, Part::Type) => {
                self.say("compare-form-type", &[("ours", ours), ("theirs", theirs)])
            }
            (Likeness::Form, _) => self.say("compare-form", &[]),
            _ => self.finding(field.finding, Side::Ours),
        };
        if field.finding.likeness == Likeness::Changed && field.theirs.is_none() {
            said = format!("{} {said}", self.say("compare-unknown", &[]));
        }
        said.trim().to_owned()
    }

    /// What becomes of something, and why; empty: it says itself. `by`: on which side it was born.
    pub(super) fn finding(&self, finding: Finding, by: Side) -> String {
        let why = match finding.why {
            Why::Plain => None,
            Why::Chosen => Some("compare-chosen"),
            Why::Both => Some("compare-both"),
            Why::Formatting => Some("compare-formatting"),
            Why::Again => Some("compare-again"),
            Why::Restricted => Some("compare-restricted"),
            Why::Rules => Some("compare-rules"),
            Why::Internal => Some("compare-internal"),
            Why::SecurityLevel => Some("compare-security"),
            Why::Withdrawn => Some("compare-withdrawn"),
            Why::NotVisible => Some("compare-not-visible"),
            Why::Foreign => Some("compare-foreign"),
            Why::Refused if by == Side::Ours => Some("compare-unreadable"),
            Why::Refused => Some("compare-refused"),
            Why::RemovedHere => Some("compare-removed-here"),
            Why::RemovedThere => Some("compare-removed-there"),
            Why::Bytes if by == Side::Ours => Some("compare-bytes-out"),
            Why::Bytes => Some("compare-bytes-in"),
            Why::Line => Some("compare-line"),
            Why::Second => Some("compare-second"),
            Why::Drift => Some("compare-drift"),
        };
        // These say where it goes by themselves.
        let told = matches!(
            finding.why,
            Why::Chosen | Why::Again | Why::Bytes | Why::RemovedHere | Why::RemovedThere
        );
        let way = match finding.way {
            _ if told => None,
            Way::Settled | Way::Stays => None,
            Way::Unnoticed => Some("compare-unnoticed"),
            Way::ToPartner => Some("compare-to-partner"),
            Way::Sent => Some("compare-sent"),
            Way::ToUs => Some("compare-to-us"),
        };
        let said: Vec<String> = why.into_iter().chain(way).map(|id| self.say(id, &[])).collect();
        said.join(" ")
    }
}
