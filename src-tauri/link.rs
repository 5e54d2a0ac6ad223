//! A link of the kind `twinline://accept?code=…`, as a partner's message holds it; the system starts the program with it.
//!
//! Anybody can make one, and make somebody click it. So it is read warily, brings no more than could have been pasted, and
//! nothing happens from it alone: the page *Accept invitation* shows what it says. While a person practises it waits, until
//! they have left. The code is a secret: it stands in no event, no route and no log, and the page fetches it once.

use std::sync::{Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};
use tauri::{AppHandle, Manager, State, Url};

use crate::commands::Answer;
use crate::shell::Shell;
use crate::{practice, windows};

/// How every link of ours begins.
const SCHEME: &str = "twinline:";
/// A code has at most 1,023 characters; more is none.
pub(crate) const LONGEST: usize = 1_200;
/// The page that shows it.
const PAGE: &str = "/accept";

/// The invitation that a link brought, until the page has fetched it.
#[derive(Default)]
pub struct Waiting(Mutex<Option<SecretString>>);

impl Waiting {
    /// The newest counts.
    fn keep(&self, code: SecretString) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(code);
    }

    fn take(&self) -> Option<SecretString> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether there is one.
    pub(crate) fn is_there(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

/// Takes a word of the command line for a link.
///
/// # Errors
/// It is something else.
pub fn parse(word: &str) -> Result<SecretString, String> {
    if word.starts_with(SCHEME) { Ok(word.into()) } else { Err("is no link of Twinline's".into()) }
}

/// The link among the words that a second start was given.
pub fn among(words: &[String]) -> Option<SecretString> {
    words.iter().skip(1).find_map(|word| parse(word).ok())
}

/// What looks like a code in a link; `None`: the link is not one that Twinline makes.
fn code(link: &SecretString) -> Option<SecretString> {
    let link = link.expose_secret();
    // Before anything is decoded: a parser of addresses would leave out what is hidden in it.
    if link.len() > LONGEST || !link.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let link = Url::parse(link).ok()?;
    let bare = link.port().is_none() && link.username().is_empty() && link.fragment().is_none();
    if link.scheme() != "twinline"
        || link.host_str() != Some("accept")
        || !["", "/"].contains(&link.path())
        || !bare
    {
        return None;
    }
    let mut pairs = link.query_pairs();
    match (pairs.next(), pairs.next()) {
        (Some((name, code)), None) if name == "code" && is_plain(&code) => Some(code.into_owned().into()),
        _ => None,
    }
}

/// Letters and digits, perhaps in groups: whether they are a code is said where it is read.
fn is_plain(code: &str) -> bool {
    !code.trim().is_empty() && code.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ')
}

/// Keeps what the link brought, and answers where it is to be looked at: nowhere, if there is nothing in it.
pub fn receive(shell: &Shell, link: &SecretString) -> Option<&'static str> {
    let Some(code) = code(link) else {
        tracing::warn!("a link that Twinline does not make was opened");
        return None;
    };
    tracing::info!("an invitation's link was opened");
    shell.link().keep(code);
    Some(PAGE)
}

/// A link was opened while the app runs: shows where it leads, but takes nobody out of their practice.
pub fn open(app: &AppHandle, link: &SecretString) {
    let shell = app.state::<Shell>();
    let page = receive(&shell, link);
    if shell.practice().node().is_some() {
        practice::tell(app);
        windows::show_from_anywhere(app, None);
    } else {
        windows::show_from_anywhere(app, page);
    }
}

/// The code that a link brought: once, and to nobody who practises.
#[tauri::command]
#[specta::specta]
pub async fn take_link(shell: State<'_, Shell>) -> Answer<Option<String>> {
    shell.outside_practice().await?;
    Ok(shell.link().take().map(|code| code.expose_secret().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(link: &str) -> Option<String> {
        code(&link.into()).map(|code| code.expose_secret().to_owned())
    }

    #[test]
    fn the_code_is_read_as_the_message_has_it_and_as_browsers_pass_it_on() {
        for link in [
            "twinline://accept?code=twl1qqrszx9g7k",
            "twinline://accept/?code=twl1qqrszx9g7k",
            "twinline://accept?code=twl1%71qrszx9g7k",
        ] {
            assert_eq!(read(link).as_deref(), Some("twl1qqrszx9g7k"), "{link}");
        }
        assert_eq!(read("twinline://accept?code=twl1+qqrsz%20x9g7k").as_deref(), Some("twl1 qqrsz x9g7k"));
    }

    #[test]
    fn whatever_else_comes_is_nothing() {
        let long = format!("twinline://accept?code=twl1{}", "q".repeat(LONGEST));
        for link in [
            "",
            "twinline:",
            "twinline://",
            "twinline:accept?code=twl1qq",
            "twinline:///accept?code=twl1qq",
            "twinline://accept",
            "twinline://accept?code=",
            "twinline://accept?code=+",
            "twinline://accept?code=twl1qq&code=twl1zz",
            "twinline://accept?code=twl1qq&account=mine",
            "twinline://accept?to=/settings",
            "twinline://accept/now?code=twl1qq",
            "twinline://accept:80?code=twl1qq",
            "twinline://me@accept?code=twl1qq",
            "twinline://accept?code=twl1qq#/settings",
            "twinline://remove?code=twl1qq",
            "twinline://accept.example?code=twl1qq",
            "https://accept?code=twl1qq",
            "twinline://accept?code=twl1\u{0}qq",
            "twinline://accept?code=tw\nl1qq",
            "twinline://accept?code=twl1qq\u{202e}",
            "twinline://accept?code=twl1%00qq",
            "twinline://accept?code=twl1%0aqq",
            "twinline://accept?code=%3Cscript%3E",
            "twinline://accept?code=%ff%fe",
            "twinline://[accept?code=twl1qq",
            &long,
        ] {
            assert_eq!(read(link), None, "{link:?}");
        }
    }

    #[test]
    fn the_packages_tell_the_system_whom_to_start_and_how() {
        // The bundler's own template names the scheme, but has no place for the link.
        let desktop = include_str!("twinline.desktop");
        assert!(desktop.contains("\nExec={{exec}} %u\n") && desktop.contains("\nMimeType={{mime_type}}\n"));
        let all: serde_json::Value = serde_json::from_str(include_str!("../tauri.conf.json")).unwrap();
        let scheme = SCHEME.trim_end_matches(':');
        assert_eq!(all["plugins"]["deep-link"]["desktop"]["schemes"], serde_json::json!([scheme]));
        for package in ["deb", "rpm"] {
            assert_eq!(
                all["bundle"]["linux"][package]["desktopTemplate"], "src-tauri/twinline.desktop",
                "{package}"
            );
        }
    }

    #[test]
    fn a_second_start_may_have_a_link_among_its_words() {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        assert!(among(&words(&["twinline:", "--hidden"])).is_none(), "the program's own name is none");
        assert!(among(&words(&["twinline", "--data", "/a"])).is_none());
        let found = among(&words(&["twinline", "--data", "/a", "twinline://accept?code=x"])).unwrap();
        assert_eq!(found.expose_secret(), "twinline://accept?code=x");
    }
}
