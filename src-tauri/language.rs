//! The language of the system, as far as it can be known before there is a window.

use twinline_model::view::Language;

/// The first of the system's languages that Twinline speaks; English where it speaks none. On Linux they are those of
/// `LANGUAGE`, `LC_ALL`, `LC_MESSAGES` and `LANG`, elsewhere those of the user's settings.
pub fn of_the_system() -> Language {
    first_known(sys_locale::get_locales())
}

fn first_known(locales: impl IntoIterator<Item = String>) -> Language {
    locales.into_iter().find_map(|locale| of(&locale)).unwrap_or_default()
}

fn of(locale: &str) -> Option<Language> {
    let language = locale.split(['-', '_', '.', '@']).next()?.to_lowercase();
    match language.as_str() {
        // POSIX's own locale speaks English.
        "c" | "posix" => Some(Language::English),
        code => Language::ALL.iter().copied().find(|language| language.code() == code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_is_spoken_here_counts() {
        let first = |locales: &[&str]| first_known(locales.iter().map(|l| (*l).to_owned()));
        for german in [&["de-AT"][..], &["fr-FR", "de", "en"], &["DE"], &["de_CH.UTF-8"]] {
            assert_eq!(first(german), Language::German, "{german:?}");
        }
        for english in [&[][..], &["fr-FR"], &["en-GB", "de"], &["C", "de-DE"], &["den-CA"]] {
            assert_eq!(first(english), Language::English, "{english:?}");
        }
    }
}
