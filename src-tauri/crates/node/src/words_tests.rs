//! Every error has words in every language, and what stands in trackers has one language.

use twinline_model::problem::Owner;

use super::*;

fn messages(language: Language) -> FluentResource {
    FluentResource::try_new(text(language).to_owned()).expect("the catalogue has no mistakes")
}

/// Said in this language, and not by falling back on English.
fn own(language: Language, id: &str) -> bool {
    bundle(language).get_message(id).is_some_and(|m| m.value().is_some())
}

#[test]
fn the_catalogues_have_no_mistakes() {
    for language in Language::ALL {
        assert!(messages(*language).entries().count() > 500, "{}.ftl", language.code());
    }
}

/// The rule of the errors in four parts: what happened, to what, what to do, whose turn it is.
#[test]
fn d5_every_problem_has_a_sentence_a_next_step_and_an_owner_in_every_language() {
    for language in Language::ALL {
        let mut missing = Vec::new();
        for code in ProblemCode::ALL {
            let id = format!("problem-{}", code.as_str());
            let owner = match code.owner() {
                Owner::You => "you",
                Owner::Partner => "partner",
                Owner::Network => "network",
                Owner::Tracker => "tracker",
            };
            let ids =
                [id.clone(), format!("{id}-next"), format!("owner-{owner}"), format!("cli-turn-{owner}")];
            missing.extend(ids.into_iter().filter(|id| !own(*language, id)));
            let view = sentences_in(*language, *code, &[]);
            assert!(view.sentence.len() > 15 && !view.sentence.starts_with("problem-"), "{}", view.sentence);
        }
        assert!(missing.is_empty(), "{}.ftl lacks {missing:?}", language.code());
    }
}

/// Those that are only ever an answer, and never stand in the list.
const NEVER_MANY: [ProblemCode; 13] = [
    ProblemCode::AddUnknown,
    ProblemCode::AddElsewhere,
    ProblemCode::AddRestricted,
    ProblemCode::AddSynced,
    ProblemCode::AddStopped,
    ProblemCode::AddForeign,
    ProblemCode::ConnectShared,
    ProblemCode::ConnectAsked,
    ProblemCode::ConflictUnlinked,
    ProblemCode::ConflictKept,
    ProblemCode::PairUnknown,
    ProblemCode::PairUnlinked,
    ProblemCode::PairNotHere,
];

#[test]
fn what_several_issues_have_in_common_is_said_without_naming_one() {
    for (language, singulars) in [
        (Language::English, &[" this issue", "the issue ", " this one"][..]),
        (Language::German, &[" diesen Vorgang", "den Vorgang ", "ieser Vorgang ", "es Vorgangs "][..]),
    ] {
        let said = |code: ProblemCode, many: bool| {
            let facts = [("issue", "SUP-17"), ("partner", "Globex"), ("project", "SUP"), ("fillable", "yes")];
            let view = match many {
                true => sentences_for_many_in(language, code, &facts),
                false => sentences_in(language, code, &facts),
            };
            format!("{} {}", view.sentence, view.next_step)
        };
        let naming: Vec<_> =
            ProblemCode::ALL.iter().filter(|c| said(**c, false).contains("SUP-17")).collect();
        assert!(naming.len() >= 10, "{naming:?}");
        for code in naming.into_iter().filter(|c| !NEVER_MANY.contains(c)) {
            let many = said(*code, true);
            assert!(!many.contains("SUP-17"), "problem-{}-many is missing: {many}", code.as_str());
            for singular in singulars {
                assert!(!many.contains(singular), "several are meant: {many}");
            }
        }
    }
}

#[test]
fn plurals_are_those_of_the_language() {
    let said = |language, n: &str| say_in(language, "status-syncing", &[("count", n)]);
    assert_eq!(
        ["0", "1", "2"].map(|n| said(Language::English, n)).join("|"),
        "Syncing…|Syncing one change|Syncing 2 changes"
    );
    assert_eq!(
        ["0", "1", "2"].map(|n| said(Language::German, n)).join("|"),
        "Abgleich läuft …|Eine Änderung wird abgeglichen|2 Änderungen werden abgeglichen"
    );
    let missing = |n: &str| {
        sentences_in(Language::German, ProblemCode::InvitationIncomplete, &[("missing", n)]).sentence
    };
    assert!(missing("1").ends_with("Es fehlt ein Zeichen."));
    assert!(missing("31").ends_with("Es fehlen 31 Zeichen."));
}

#[test]
fn a_moment_is_said_in_the_language_and_not_as_it_is_kept() {
    let facts = [("time", "2026-11-06T12:00Z"), ("site", "acme.atlassian.net")];
    for (language, month) in [(Language::English, " Nov 2026"), (Language::German, ". Nov. 2026")] {
        let said = sentences_in(language, ProblemCode::ClockWrong, &facts).sentence;
        assert!(said.contains(month) && !said.contains("12:00Z"), "{said}");
    }
}

#[test]
fn a_sentence_that_a_language_lacks_is_said_in_english() {
    let english = read(Language::English, "both = Both\nenglish = Only { $n }");
    let german = read(Language::German, "both = Beide");
    let said = |id| said([&german, &english], id, &[("n", "1")]);
    assert_eq!(["both", "english", "neither"].map(said), ["Beide", "Only 1", "neither"]);
}
