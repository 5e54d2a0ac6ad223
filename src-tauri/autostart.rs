//! Start at login, without a window. The system keeps whether it is on, and people may change it there: it is asked each time.
//!
//! On Windows and macOS by Tauri's plugin. On Linux by a file of the XDG autostart specification, written here: the plugin
//! (2.7) knows nothing of `$XDG_CONFIG_HOME`, and a blank in a path would break its line.

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::path::{Path, PathBuf};

    use tauri::AppHandle;

    use crate::args::Args;

    /// The file that lets this data folder's Twinline start at login.
    pub(crate) struct Autostart {
        file: Option<PathBuf>,
        command: Vec<String>,
    }

    impl Autostart {
        /// For the data folder of these arguments.
        pub(crate) fn of(args: &Args, name: &str) -> Self {
            let folder = config_folder().map(|folder| folder.join("autostart"));
            let program =
                std::env::var_os("APPIMAGE").map(PathBuf::from).or_else(|| std::env::current_exe().ok());
            let file = folder.zip(program.as_ref()).map(|(folder, _)| folder.join(format!("{name}.desktop")));
            let program = program.unwrap_or_default().display().to_string();
            Self { file, command: std::iter::once(program).chain(args.at_login()).collect() }
        }

        /// Where that is kept.
        pub(crate) fn place(&self) -> String {
            self.file.as_deref().unwrap_or(Path::new("")).display().to_string()
        }

        /// Whether it is on.
        pub(crate) fn is_on(&self, _app: &AppHandle) -> io::Result<bool> {
            let Some(file) = &self.file else { return Ok(false) };
            match std::fs::read_to_string(file) {
                // The second is what GNOME's own switch writes.
                Ok(text) => Ok(!text
                    .lines()
                    .any(|line| ["Hidden=true", "X-GNOME-Autostart-enabled=false"].contains(&line.trim()))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                Err(error) => Err(error),
            }
        }

        /// Switches it on or off.
        pub(crate) fn set(&self, _app: &AppHandle, on: bool) -> io::Result<()> {
            let Some(file) = &self.file else { return Err(io::ErrorKind::NotFound.into()) };
            if on {
                std::fs::create_dir_all(file.parent().unwrap_or(Path::new("/")))?;
                return std::fs::write(file, entry(&self.command));
            }
            match std::fs::remove_file(file) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                done => done,
            }
        }
    }

    /// `$XDG_CONFIG_HOME`, else `~/.config` (XDG Base Directory Specification 0.8).
    fn config_folder() -> Option<PathBuf> {
        match std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from) {
            Some(folder) if folder.is_absolute() => Some(folder),
            _ => std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")),
        }
    }

    fn entry(command: &[String]) -> String {
        let line = command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
        format!(
            "[Desktop Entry]\nType=Application\nName=Twinline\nExec={line}\nTerminal=false\nStartupNotify=false\n"
        )
    }

    /// A word of a command line as the Desktop Entry Specification 1.5 has it: quoted, then escaped once more as a string.
    fn quoted(word: &str) -> String {
        let mut out = String::from("\"");
        for c in word.chars() {
            match c {
                '"' | '`' | '$' => out.extend(["\\\\", &c.to_string()]),
                '\\' => out.push_str("\\\\\\\\"),
                '%' => out.push_str("%%"),
                c => out.push(c),
            }
        }
        out.push('"');
        out
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_path_with_blanks_and_signs_is_one_word() {
            let words = ["/opt/My Apps/twinline", "--data", "/data/50% $HOME \"x\"\\y"].map(str::to_owned);
            let text = entry(&words);
            let line = text.lines().find_map(|line| line.strip_prefix("Exec=")).unwrap();
            assert_eq!(line, r#""/opt/My Apps/twinline" "--data" "/data/50%% \\$HOME \\"x\\"\\\\y""#);
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod plugin {
    use std::io;

    use tauri::AppHandle;
    use tauri_plugin_autostart::ManagerExt as _;

    use crate::args::Args;

    /// What the system keeps.
    pub(crate) struct Autostart;

    impl Autostart {
        /// For the data folder of these arguments; the plugin was told the rest.
        pub(crate) fn of(_args: &Args, _name: &str) -> Self {
            Self
        }

        /// Where that is kept: the system knows.
        pub(crate) fn place(&self) -> String {
            "autostart".to_owned()
        }

        /// Whether it is on.
        pub(crate) fn is_on(&self, app: &AppHandle) -> io::Result<bool> {
            app.autolaunch().is_enabled().map_err(io::Error::other)
        }

        /// Switches it on or off.
        pub(crate) fn set(&self, app: &AppHandle, on: bool) -> io::Result<()> {
            let manager = app.autolaunch();
            if on { manager.enable() } else { manager.disable() }.map_err(io::Error::other)
        }
    }
}

#[cfg(target_os = "linux")]
pub(crate) use linux::Autostart;
#[cfg(not(target_os = "linux"))]
pub(crate) use plugin::Autostart;
