//! What a person chose for this computer and must be known before the node is open: how the window looks, and what closing it
//! means. One small file beside the data; what cannot be read counts as no choice.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// Its name in the data folder.
const FILE: &str = "preferences.json";

/// How the window looks.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Default, Debug, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ThemeChoice {
    /// As the system.
    #[default]
    System,
    /// Light, always.
    Light,
    /// Dark, always.
    Dark,
}

impl ThemeChoice {
    /// For the frame that the system draws.
    pub(crate) fn of_the_frame(self) -> Option<tauri::Theme> {
        match self {
            Self::System => None,
            Self::Light => Some(tauri::Theme::Light),
            Self::Dark => Some(tauri::Theme::Dark),
        }
    }

    /// What a page does before anything of it is painted; the colours are in `tokens.css`.
    pub(crate) fn script(self) -> &'static str {
        match self {
            Self::System => "",
            Self::Light => "document.documentElement.dataset.theme = 'light';",
            Self::Dark => "document.documentElement.dataset.theme = 'dark';",
        }
    }
}

/// What was chosen.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(default)]
pub(crate) struct Chosen {
    /// How the window looks.
    pub theme: ThemeChoice,
    /// A closed window leaves the app in the tray.
    pub close_to_tray: bool,
}

impl Default for Chosen {
    fn default() -> Self {
        Self { theme: ThemeChoice::System, close_to_tray: true }
    }
}

/// What was chosen, and the file that keeps it.
pub(crate) struct Preferences {
    file: PathBuf,
    chosen: Mutex<Chosen>,
}

impl Preferences {
    /// Reads what is kept in a data folder.
    pub fn open(data: &Path) -> Self {
        let file = data.join(FILE);
        let kept = std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self { file, chosen: Mutex::new(kept.unwrap_or_default()) }
    }

    /// What was chosen.
    pub fn chosen(&self) -> Chosen {
        *self.chosen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it is kept.
    pub fn place(&self) -> String {
        self.file.display().to_string()
    }

    /// Changes it; it holds once it is kept.
    pub fn change(&self, change: impl FnOnce(&mut Chosen)) -> std::io::Result<Chosen> {
        let mut chosen = self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = *chosen;
        change(&mut next);
        // A new file takes the old one's name, so that none is ever half written.
        let new = self.file.with_extension("new");
        std::fs::write(&new, serde_json::to_vec(&next)?)?;
        std::fs::rename(&new, &self.file)?;
        *chosen = next;
        Ok(next)
    }

    /// As before the first choice.
    pub fn forget(&self) -> std::io::Result<()> {
        match std::fs::remove_file(&self.file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        *self.chosen.lock().unwrap_or_else(PoisonError::into_inner) = Chosen::default();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_kept_and_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Preferences::open(folder.path());
        assert_eq!(open().chosen(), Chosen { theme: ThemeChoice::System, close_to_tray: true });
        let preferences = open();
        preferences.change(|c| c.theme = ThemeChoice::Dark).unwrap();
        preferences.change(|c| c.close_to_tray = false).unwrap();
        let chosen = Chosen { theme: ThemeChoice::Dark, close_to_tray: false };
        assert_eq!((preferences.chosen(), open().chosen()), (chosen, chosen));
        preferences.forget().unwrap();
        preferences.forget().unwrap();
        assert_eq!((preferences.chosen(), open().chosen()), (Chosen::default(), Chosen::default()));
    }

    #[test]
    fn what_cannot_be_read_is_no_choice_and_what_cannot_be_kept_does_not_hold() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "{\"theme\": \"sepia\"}").unwrap();
        assert_eq!(Preferences::open(folder.path()).chosen(), Chosen::default());
        // What a newer version added is no obstacle.
        std::fs::write(folder.path().join(FILE), "{\"theme\": \"light\", \"more\": 1}").unwrap();
        assert_eq!(Preferences::open(folder.path()).chosen().theme, ThemeChoice::Light);
        let nowhere = Preferences::open(&folder.path().join("nowhere"));
        assert!(nowhere.change(|c| c.theme = ThemeChoice::Dark).is_err());
        assert_eq!(nowhere.chosen(), Chosen::default());
    }

    #[test]
    fn a_page_is_told_before_it_paints_and_only_where_somebody_chose() {
        assert_eq!(ThemeChoice::System.script(), "");
        assert!(
            ThemeChoice::Light.script().contains("'light'") && ThemeChoice::Dark.script().contains("'dark'")
        );
    }
}
