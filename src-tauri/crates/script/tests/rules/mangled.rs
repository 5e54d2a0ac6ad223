//! Whatever is typed, rules end in an answer or a fault: nothing panics, and the same text does the same again.

use proptest::prelude::*;
use twinline_script::{Incoming, Outgoing, basic_incoming, basic_outgoing};

use crate::common::{around, issue, replica};

/// Pieces of the language, sensible or not beside each other.
const PIECES: [&str; 65] = [
    "issue",
    "replica",
    ".summary",
    ".description",
    ".type",
    ".comments",
    ".attachments",
    ".key",
    ".created",
    "[0]",
    "[\"k\"]",
    "[-1]",
    ".filter(|c| ",
    ".map(|c| ",
    ".any(|c| ",
    ")",
    "(",
    "{",
    "}",
    "[",
    "]",
    "#{ a: ",
    ",",
    ";",
    "\n",
    " = ",
    " += ",
    " + ",
    " - ",
    " * ",
    " / ",
    " % ",
    " ** ",
    " << ",
    " == ",
    " < ",
    " && ",
    " || ",
    "!",
    "let x = ",
    "x",
    "const y = ",
    "y",
    "if ",
    " else ",
    "for c in ",
    "while ",
    "loop ",
    "break",
    "return ",
    "throw ",
    "try ",
    " catch (e) ",
    "fn f(a) ",
    "f",
    "c.text",
    "\"text\"",
    "`back\ntick`",
    "'c'",
    "9223372036854775807",
    "0",
    "()",
    " ?? ",
    "rich(\"a\")",
    "switch ",
];

fn run_twice(text: &str) {
    let out = || Outgoing::compile(text).and_then(|rules| rules.run(&issue(), &around()));
    assert_eq!(out(), out(), "{text}");
    let into = || Incoming::compile(text).and_then(|rules| rules.run(&replica(), Some(&issue()), &around()));
    assert_eq!(into(), into(), "{text}");
}

proptest! {
    #[test]
    fn pieces_in_any_order_end(pieces in proptest::collection::vec(0..PIECES.len(), 0..24)) {
        let text: String = pieces.iter().map(|&at| PIECES[at]).collect();
        // A loop that runs to its last step takes long in a debug build, and is the sandbox's to test.
        prop_assume!(!text.contains("loop ") && !text.contains("while "));
        run_twice(&text);
    }

    #[test]
    fn rules_of_which_a_part_is_missing_end(from in 0..400usize, length in 0..60usize, piece in 0..PIECES.len()) {
        let whole = format!("{}{}", basic_outgoing(false), basic_incoming());
        let cut: String = whole.chars().take(from).collect();
        let rest: String = whole.chars().skip(from + length).collect();
        run_twice(&format!("{cut}{}{rest}", PIECES[piece]));
    }

    #[test]
    fn any_text_ends(text in "\\PC{0,60}") {
        run_twice(&text);
    }
}
