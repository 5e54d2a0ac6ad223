//! The sentences that people read, from the one catalogue `ui/src/locales/en.ftl`.

use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::TroubleView;

const CATALOGUE: &str = include_str!("../../../../ui/src/locales/en.ftl");

/// Says a sentence of the catalogue with its facts; the bare id where the catalogue lacks it (a test prevents that).
pub fn say(id: &str, facts: &[(&str, &str)]) -> String {
    let bundle = bundle();
    let Some(pattern) = bundle.get_message(id).and_then(|m| m.value()) else { return id.to_owned() };
    let mut args = FluentArgs::new();
    for (name, value) in facts {
        match value.parse::<i64>() {
            // Numbers choose plurals; nothing else that consists of digits is ever passed alone.
            Ok(number) => args.set(*name, number),
            Err(_) => args.set(*name, (*value).to_owned()),
        }
    }
    bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
}

/// Whether the catalogue has the sentence.
pub fn has(id: &str) -> bool {
    bundle().get_message(id).is_some_and(|m| m.value().is_some())
}

/// A trouble as a person reads it.
pub fn trouble_view(trouble: &Trouble) -> TroubleView {
    let facts: Vec<_> = trouble.facts.iter().map(|(name, value)| (*name, value.as_str())).collect();
    sentences(trouble.code, &facts)
}

/// A cause and its facts as a person reads them.
pub(crate) fn sentences(code: ProblemCode, facts: &[(&str, &str)]) -> TroubleView {
    let id = format!("problem-{}", code.as_str());
    TroubleView {
        code: code.as_str().to_owned(),
        owner: code.owner(),
        sentence: say(&id, facts),
        next_step: say(&format!("{id}-next"), facts),
    }
}

/// As [`sentences`], where several issues have the cause: in words that name none of them, if the catalogue has such.
pub(crate) fn sentences_for_many(code: ProblemCode, facts: &[(&str, &str)]) -> TroubleView {
    let id = format!("problem-{}", code.as_str());
    let many = |id: String, many: String| say(if has(&many) { &many } else { &id }, facts);
    TroubleView {
        code: code.as_str().to_owned(),
        owner: code.owner(),
        sentence: many(id.clone(), format!("{id}-many")),
        next_step: many(format!("{id}-next"), format!("{id}-many-next")),
    }
}

fn bundle() -> &'static FluentBundle<FluentResource> {
    static BUNDLE: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();
    BUNDLE.get_or_init(|| {
        let mut bundle = FluentBundle::new_concurrent(vec!["en".parse().unwrap_or_default()]);
        // Isolation marks would turn up in terminals and in the tray.
        bundle.set_use_isolating(false);
        let resource = FluentResource::try_new(CATALOGUE.to_owned()).unwrap_or_else(|(partial, _)| partial);
        bundle.add_resource_overriding(resource);
        bundle
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_has_no_mistakes() {
        let parsed = FluentResource::try_new(CATALOGUE.to_owned());
        assert!(parsed.is_ok(), "{:?}", parsed.err().map(|(_, errors)| errors));
    }

    #[test]
    fn every_problem_has_a_sentence_and_a_next_step() {
        for code in ProblemCode::ALL {
            let id = format!("problem-{}", code.as_str());
            assert!(has(&id), "{id} is missing");
            assert!(has(&format!("{id}-next")), "{id}-next is missing");
        }
    }

    /// One that is only ever an answer, and never stands in the list.
    const NEVER_MANY: [ProblemCode; 1] = [ProblemCode::ConflictUnlinked];

    #[test]
    fn what_several_issues_have_in_common_is_said_without_naming_one() {
        let said = |code: ProblemCode, many: bool| {
            let facts = [("issue", "SUP-17"), ("partner", "Globex"), ("project", "SUP"), ("fillable", "yes")];
            let view = if many { sentences_for_many(code, &facts) } else { sentences(code, &facts) };
            format!("{} {}", view.sentence, view.next_step)
        };
        let naming: Vec<_> =
            ProblemCode::ALL.iter().filter(|c| said(**c, false).contains("SUP-17")).collect();
        assert!(naming.len() >= 10, "{naming:?}");
        for code in naming.into_iter().filter(|c| !NEVER_MANY.contains(c)) {
            let many = said(*code, true);
            assert!(!many.contains("SUP-17"), "problem-{}-many is missing: {many}", code.as_str());
            for singular in [" this issue", "the issue ", " this one"] {
                assert!(!many.contains(singular), "several are meant: {many}");
            }
        }
    }
}
