//! Keeps a link's code out of the program's arguments.
//!
//! The system passes a link on as an argument, and every user of this computer can read the arguments of a program as long
//! as it runs. A second start ends in a moment. The first one begins anew without the link, which goes through a pipe.

use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::args::{Args, LINK_IS_PIPED};
use crate::link;

/// Lets the link stand where nobody else sees it; where that is not possible the app starts as it was started.
pub fn settle(args: &mut Args, instance: &str) {
    // Not one of ours, and more than a pipe may take before somebody reads it.
    if args.link.take_if(|link| link.expose_secret().len() > link::LONGEST).is_some() {
        tracing::warn!("a link that Twinline does not make was opened");
    }
    if args.link_is_piped {
        args.link = piped();
    } else if let Some(link) = args.link.take_if(|_| !runs(instance)) {
        let failed = anew(&link);
        tracing::warn!(error = %failed, "a link stays among the arguments");
        args.link = Some(link);
    }
}

fn piped() -> Option<SecretString> {
    let mut text = Zeroizing::new(String::new());
    std::io::stdin().take(link::LONGEST as u64 + 1).read_to_string(&mut text).ok()?;
    link::parse(&text).ok()
}

/// Comes back only if it fails.
fn anew(link: &SecretString) -> std::io::Error {
    let again = || {
        let (reader, mut writer) = std::io::pipe()?;
        // A pipe takes more than the longest link at once.
        writer.write_all(link.expose_secret().as_bytes())?;
        drop(writer);
        let rest = std::env::args_os().skip(1).filter(|word| *word != *link.expose_secret());
        let mut command = Command::new(std::env::current_exe()?);
        Ok(command.args(rest).arg(LINK_IS_PIPED).stdin(Stdio::from(reader)).exec())
    };
    again().unwrap_or_else(|error| error)
}

/// Whether the app runs already: then this is a second start, which hands the link on.
fn runs(instance: &str) -> bool {
    let name = format!("{instance}.SingleInstance");
    let asked = || {
        let bus = zbus::blocking::Connection::session()?;
        let bus = zbus::blocking::fdo::DBusProxy::new(&bus)?;
        bus.name_has_owner(name.as_str().try_into()?).map_err(zbus::Error::from)
    };
    asked().unwrap_or_else(|error: zbus::Error| {
        tracing::debug!(%error, "the session bus was not asked");
        false
    })
}
