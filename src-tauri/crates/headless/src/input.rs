//! Standard input: the two secrets that have no place on a command line.

use std::io::{self, IsTerminal, Read};

use secrecy::SecretString;
use twinline_model::problem::ProblemCode;
use twinline_node::Node;
use twinline_node::words::say;

use crate::Failure;

/// More than any API token or e-mail with an invitation in it; a wrong file is not read whole.
const LIMIT: u64 = 256 * 1024;

/// The API token: the first line that is not empty. Asked for without echo where a person sits there.
pub fn token() -> Result<SecretString, Failure> {
    let text = if io::stdin().is_terminal() {
        eprint!("{} ", say("cli-ask-token", &[]));
        rpassword::read_password()?
    } else {
        piped()?
    };
    match text.lines().map(str::trim).find(|line| !line.is_empty()) {
        Some(line) => Ok(SecretString::from(line.to_owned())),
        None => Err(Failure::Usage(say("cli-token-missing", &[]))),
    }
}

/// Whether a person who sits there agrees to a question with these facts; nobody there agrees to nothing.
pub fn agrees(question: &str, facts: &[(&str, &str)]) -> io::Result<bool> {
    if !io::stdin().is_terminal() {
        return Ok(false);
    }
    eprint!("{} ", crate::print::plain(&say(question, facts)));
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("y"))
}

/// The invitation and whatever stands around it. At a terminal: line by line, until a code is whole or the input ends.
pub async fn invitation(node: &Node) -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        let text = piped()?;
        return if text.trim().is_empty() {
            Err(Failure::Usage(say("cli-invitation-missing", &[])))
        } else {
            Ok(text)
        };
    }
    eprintln!("{}", say("cli-ask-invitation", &[]));
    let mut text = String::new();
    loop {
        let line = rpassword::read_password()?;
        if line.trim().is_empty() {
            break;
        }
        text.push_str(&line);
        text.push('\n');
        match node.read_invitation(&text).await {
            Err(trouble)
                if matches!(
                    trouble.code,
                    ProblemCode::InvitationAbsent | ProblemCode::InvitationIncomplete
                ) => {}
            // Whole, or wrong in a way that more lines do not mend: accepting it says which.
            _ => break,
        }
    }
    if text.trim().is_empty() { Err(Failure::Usage(say("cli-invitation-missing", &[]))) } else { Ok(text) }
}

fn piped() -> io::Result<String> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(LIMIT).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
