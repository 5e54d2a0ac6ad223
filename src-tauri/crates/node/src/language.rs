//! The language that a person chose. What follows from it on this computer is the shell's to know; `words.rs` says it.

use twinline_model::problem::Trouble;
use twinline_model::view::LanguageChoice;

use crate::node::Node;

/// Its name among the settings; the value is a language's code, as `de`.
const SETTING: &str = "language";

impl Node {
    /// The chosen language; a word of a newer version counts as no choice.
    pub async fn language(&self) -> Result<LanguageChoice, Trouble> {
        let kept = self.db.read(|tx| tx.setting(SETTING)).await?;
        Ok(match kept.as_deref() {
            Some("en") => LanguageChoice::English,
            Some("de") => LanguageChoice::German,
            _ => LanguageChoice::System,
        })
    }

    /// Keeps the choice. It changes nothing that was or will be written into a tracker.
    pub async fn set_language(&self, choice: LanguageChoice) -> Result<(), Trouble> {
        let value = match choice {
            LanguageChoice::System => "system",
            LanguageChoice::English => "en",
            LanguageChoice::German => "de",
        };
        self.db.write(move |tx| tx.set_setting(SETTING, value)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_choice_is_kept_and_can_be_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            Node::open(crate::Options {
                secrets: crate::SecretsChoice::File,
                ..crate::Options::new(folder.path().to_owned())
            })
        };
        let node = open().await.unwrap();
        assert_eq!(node.language().await.unwrap(), LanguageChoice::System);
        for choice in [LanguageChoice::German, LanguageChoice::English, LanguageChoice::System] {
            node.set_language(choice).await.unwrap();
            assert_eq!(open().await.unwrap().language().await.unwrap(), choice);
        }
        node.db.write(|tx| tx.set_setting(SETTING, "eo")).await.unwrap();
        assert_eq!(node.language().await.unwrap(), LanguageChoice::System, "of a newer version");
    }
}
