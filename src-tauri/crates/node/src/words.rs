//! The sentences that people read, from the catalogues `ui/src/locales/*.ftl`.
//!
//! One language is spoken at a time, by the whole process: [`speak`] chooses it. What is written into a tracker is not
//! spoken: it is English always ([`written`]). The line above a comment, the line where a long text goes on and the words in
//! place of a withdrawn comment are told from what people typed by their very words; in another language they would be
//! taken for an edit, and sent to the partner.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::{Language, TroubleView};

use crate::time::minute_in_words;

type Catalogue = FluentBundle<FluentResource>;

/// Where the spoken language stands among all; the first is spoken until somebody says otherwise.
static SPOKEN: AtomicUsize = AtomicUsize::new(0);

/// From now on everything is said in this language.
pub fn speak(language: Language) {
    let at = Language::ALL.iter().position(|one| *one == language);
    SPOKEN.store(at.unwrap_or_default(), Ordering::Relaxed);
}

/// The language that is spoken.
pub fn spoken() -> Language {
    Language::ALL.get(SPOKEN.load(Ordering::Relaxed)).copied().unwrap_or_default()
}

/// Says a sentence of the catalogue with its facts; the bare id where the catalogue lacks it (a test prevents that).
pub fn say(id: &str, facts: &[(&str, &str)]) -> String {
    say_in(spoken(), id, facts)
}

/// As [`say`], for what is written into a tracker: in English, whatever is spoken.
pub(crate) fn written(id: &str, facts: &[(&str, &str)]) -> String {
    say_in(Language::English, id, facts)
}

/// As [`say`], in a language; in English where that lacks the sentence.
pub fn say_in(language: Language, id: &str, facts: &[(&str, &str)]) -> String {
    said([bundle(language), bundle(Language::English)], id, facts)
}

/// By the first that has the sentence.
fn said(bundles: [&Catalogue; 2], id: &str, facts: &[(&str, &str)]) -> String {
    let has = |bundle: &Catalogue| bundle.get_message(id).is_some_and(|m| m.value().is_some());
    let Some(bundle) = bundles.into_iter().find(|bundle| has(bundle)) else { return id.to_owned() };
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
    bundle(Language::English).get_message(id).is_some_and(|m| m.value().is_some())
}

/// A trouble as a person reads it.
pub fn trouble_view(trouble: &Trouble) -> TroubleView {
    let facts: Vec<_> = trouble.facts.iter().map(|(name, value)| (*name, value.as_str())).collect();
    sentences(trouble.code, &facts)
}

/// A cause and its facts as a person reads them.
pub(crate) fn sentences(code: ProblemCode, facts: &[(&str, &str)]) -> TroubleView {
    sentences_in(spoken(), code, facts)
}

fn sentences_in(language: Language, code: ProblemCode, facts: &[(&str, &str)]) -> TroubleView {
    let id = format!("problem-{}", code.as_str());
    view(language, code, [&id, &format!("{id}-next")], facts)
}

/// As [`sentences`], where several issues have the cause: in words that name none of them, if the catalogue has such.
pub(crate) fn sentences_for_many(code: ProblemCode, facts: &[(&str, &str)]) -> TroubleView {
    sentences_for_many_in(spoken(), code, facts)
}

fn sentences_for_many_in(language: Language, code: ProblemCode, facts: &[(&str, &str)]) -> TroubleView {
    let id = format!("problem-{}", code.as_str());
    let many = |one: String, many: String| if has(&many) { many } else { one };
    let ids = [many(id.clone(), format!("{id}-many")), many(format!("{id}-next"), format!("{id}-many-next"))];
    view(language, code, [&ids[0], &ids[1]], facts)
}

fn view(language: Language, code: ProblemCode, ids: [&str; 2], facts: &[(&str, &str)]) -> TroubleView {
    let moment = facts.iter().find(|(name, _)| *name == "time");
    let moment = moment.and_then(|(_, kept)| minute_in_words(language, kept));
    let facts: Vec<_> = facts
        .iter()
        .map(|(name, value)| {
            (*name, if *name == "time" { moment.as_deref().unwrap_or(value) } else { *value })
        })
        .collect();
    let [sentence, next_step] = ids.map(|id| say_in(language, id, &facts));
    TroubleView { code: code.as_str().to_owned(), owner: code.owner(), sentence, next_step }
}

fn text(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../../../ui/src/locales/en.ftl"),
        Language::German => include_str!("../../../../ui/src/locales/de.ftl"),
    }
}

fn bundle(language: Language) -> &'static Catalogue {
    static ENGLISH: OnceLock<Catalogue> = OnceLock::new();
    static GERMAN: OnceLock<Catalogue> = OnceLock::new();
    match language {
        Language::English => ENGLISH.get_or_init(|| read(language, text(language))),
        Language::German => GERMAN.get_or_init(|| read(language, text(language))),
    }
}

fn read(language: Language, text: &str) -> Catalogue {
    let mut bundle = FluentBundle::new_concurrent(vec![language.code().parse().unwrap_or_default()]);
    // Isolation marks would turn up in terminals and in the tray.
    bundle.set_use_isolating(false);
    let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(partial, _)| partial);
    bundle.add_resource_overriding(resource);
    bundle
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
