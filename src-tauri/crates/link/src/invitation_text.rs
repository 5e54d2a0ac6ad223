//! Finds an invitation code in what people paste.
//!
//! Mail programs wrap, quote, encode and decorate; people copy too little or too much. Whatever is no letter or digit
//! is skipped; which of the rest belongs to the code is known from the length in the code's head.

use bech32::Bech32m;
use bech32::primitives::decode::CheckedHrpstring;
use zeroize::Zeroizing;

use crate::invitation::{Invitation, InvitationError, head_check};

const START: &str = "twl1";
const ALPHABET: &str = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
/// The shortest code that can be: an invitation without label and carriers.
const SHORTEST: usize = 120;
const HEAD: usize = 3;
/// More characters than any head can name: nothing behind them belongs to the code.
const LONGEST: usize = 1 << 10;

pub(crate) fn find_code(text: &str) -> Result<Invitation, InvitationError> {
    let letters = Letters::of(text);
    let starts: Vec<usize> = letters.text.match_indices(START).map(|(at, _)| at).collect();
    let mut first = None;
    for (number, start) in starts.iter().enumerate() {
        let end = starts.get(number + 1).copied().unwrap_or(letters.text.len());
        match letters.read(start + START.len(), end) {
            Ok(invitation) => return Ok(invitation),
            Err(InvitationError::Absent) => {}
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or_else(|| letters.without_start(text)))
}

/// The ASCII letters and digits of a text in lower case (`?` for other letters), and where words end.
struct Letters {
    text: Zeroizing<String>,
    /// Positions in `text` at which a new word begins.
    words: Vec<usize>,
}

impl Letters {
    fn of(text: &str) -> Self {
        let plain = Zeroizing::new(without_encodings(text));
        let mut letters = Zeroizing::new(String::with_capacity(plain.len()));
        let mut words = Vec::new();
        let mut inside = false;
        let mut characters = plain.chars().peekable();
        while let Some(character) = characters.next() {
            let character = match character {
                // A no-break space or a soft hyphen whose two bytes were read as two characters.
                '\u{c2}' if matches!(characters.peek(), Some('\u{a0}' | '\u{ad}')) => continue,
                // Full-width forms stand at a fixed distance from ASCII.
                '\u{ff01}'..='\u{ff5e}' => char::from((character as u32 - 0xff01 + 0x21) as u8),
                other => other,
            };
            if character.is_alphanumeric() {
                if !inside {
                    words.push(letters.len());
                }
                inside = true;
                letters.push(if character.is_ascii() { character.to_ascii_lowercase() } else { '?' });
            } else if !is_invisible(character) {
                inside = false;
            }
        }
        Self { text: letters, words }
    }

    /// A code whose characters after `twl1` begin at `from`; they end at `limit` at the latest.
    fn read(&self, from: usize, limit: usize) -> Result<Invitation, InvitationError> {
        let limit = self.sentence(from, limit.min(from + LONGEST));
        let data = &self.text[from..limit];
        // Fewer than two characters: nothing is left that could tell how many there were.
        let Some(length) = head_length(data)? else { return Err(InvitationError::Absent) };
        if data.len() >= length {
            let code = Zeroizing::new(format!("{START}{}", &data[..length]));
            if let Ok(checked) = CheckedHrpstring::new::<Bech32m>(&code) {
                let bytes = Zeroizing::new(checked.byte_iter().collect::<Vec<u8>>());
                return Invitation::from_bytes(&bytes);
            }
        }
        let there = self.end_of_code(from, limit) - from;
        if there < length {
            Err(InvitationError::Incomplete { missing: length - there })
        } else {
            Err(InvitationError::Typo)
        }
    }

    /// Our own sentence after the code, `Valid until`: no code holds it, but a broken one must not go on in it.
    fn sentence(&self, from: usize, limit: usize) -> usize {
        let mut words = self.words(from, limit);
        let mut before = words.next();
        for next in words {
            if let Some((at, "valid")) = before
                && next.1 == "until"
            {
                return at;
            }
            before = Some(next);
        }
        limit
    }

    /// Where a broken code ends and other words begin: at one that is no group of a code, not even with typing errors.
    fn end_of_code(&self, from: usize, limit: usize) -> usize {
        let foreign = |word: &str| word.chars().filter(|c| !ALPHABET.contains(*c)).count();
        let is_group =
            |word: Option<&(usize, &str)>| word.is_some_and(|(_, w)| w.len() == 5 && foreign(w) == 0);
        let words: Vec<(usize, &str)> = self.words(from, limit).collect();
        let ends = words.iter().enumerate().find(|(number, (_, word))| {
            let count = foreign(word);
            let odd = count > 1 && word.len() > 2 && count * 8 > word.len();
            // Among groups that are whole it is one of them, with two errors.
            odd && !(word.len() == 5 && is_group(words.get(number + 1)) && is_group(words.get(number + 2)))
        });
        ends.map_or(limit, |(_, (at, _))| *at)
    }

    fn words(&self, from: usize, limit: usize) -> impl Iterator<Item = (usize, &str)> {
        // A whole mailbox may be pasted: only what lies between is looked at.
        let words = &self.words[self.words.partition_point(|at| *at < from)..];
        let ends = words.iter().skip(1).copied().chain([self.text.len()]);
        let words = words.iter().copied().zip(ends).take_while(move |(at, _)| *at < limit);
        words.map(move |(at, end)| (at, &self.text[at..end.min(limit)]))
    }

    /// No `twl1` anywhere: a typing error in it, a token, an address, or nothing.
    fn without_start(&self, text: &str) -> InvitationError {
        let misspelt = self.words.iter().any(|at| {
            let (head, data) = self.text[*at..].split_at_checked(START.len()).unwrap_or_default();
            let wrong = head.bytes().zip(START.bytes()).filter(|(a, b)| a != b).count();
            head.len() == START.len()
                && wrong == 1
                && matches!(head_length(data), Ok(Some(length)) if length <= data.len() + START.len())
        });
        if misspelt {
            return InvitationError::Typo;
        }
        let words =
            || text.split(|c: char| c.is_whitespace() || "\"'<>(),;".contains(c)).filter(|w| !w.is_empty());
        if words().any(is_token) || is_old_token(text.trim()) {
            return InvitationError::IsToken;
        }
        let lower = Zeroizing::new(text.to_lowercase());
        if ["http://", "https://", "www."].iter().any(|start| lower.contains(start)) || words().any(is_code) {
            return InvitationError::Foreign;
        }
        InvitationError::Absent
    }
}

/// The number of characters that the head names; `None` where there are too few to tell.
fn head_length(data: &str) -> Result<Option<usize>, InvitationError> {
    let value =
        |at: usize| data.as_bytes().get(at).map(|byte| ALPHABET.find(char::from(*byte)).map(|v| v as u8));
    let (Some(first), Some(second)) = (value(0), value(1)) else { return Ok(None) };
    let (Some(first), Some(second)) = (first, second) else { return Err(InvitationError::Typo) };
    if value(HEAD - 1).is_some_and(|check| check != Some(head_check(first, second))) {
        return Err(InvitationError::Typo);
    }
    let length = usize::from(first) << 5 | usize::from(second);
    if length < SHORTEST { Err(InvitationError::Typo) } else { Ok(Some(length)) }
}

/// Undoes what programs put *into* words: quoted-printable, HTML's entities and tags, what is coded for a URL or as JSON.
fn without_encodings(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['=', '&', '<', '%', '\\']) {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        let skip = match tail.as_bytes()[0] {
            b'=' => quoted_printable(tail, &mut out),
            b'&' => entity(tail, &mut out),
            b'%' => coded(&tail[1..], &mut out),
            b'\\' => escape(tail, &mut out),
            _ => tag(tail, &mut out),
        };
        if skip == 0 {
            out.push(' ');
        }
        rest = &tail[skip.max(1)..];
    }
    out.push_str(rest);
    out
}

/// `=` at a line's end joins, `=20` is a character. Gives the bytes it took, 0 for none.
fn quoted_printable(tail: &str, out: &mut String) -> usize {
    let line = tail[1..].trim_start_matches([' ', '\t']);
    for end in ["\r\n", "\n", "\r"] {
        if line.starts_with(end) {
            return tail.len() - line.len() + end.len();
        }
    }
    coded(&tail[1..], out)
}

/// Behind `=` or `%`: two hexadecimal digits are a byte.
fn coded(digits: &str, out: &mut String) -> usize {
    let Some(Ok(byte)) = digits.get(..2).map(|hex| u8::from_str_radix(hex, 16)) else { return 0 };
    out.push(if byte.is_ascii() { char::from(byte) } else { ' ' });
    3
}

/// JSON's line breaks, tabs and numbered characters; before anything else a backslash is a mark like others.
fn escape(tail: &str, out: &mut String) -> usize {
    let length = match tail.as_bytes().get(1) {
        Some(b'n' | b'r' | b't') => 2,
        Some(b'u') if tail.get(2..6).is_some_and(|hex| u32::from_str_radix(hex, 16).is_ok()) => 6,
        _ => return 0,
    };
    out.push(' ');
    length
}

fn entity(tail: &str, out: &mut String) -> usize {
    let Some(end) = tail.bytes().take(10).position(|b| b == b';') else { return 0 };
    out.push(' ');
    end + 1
}

fn tag(tail: &str, out: &mut String) -> usize {
    let is_tag = tail[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let end = tail.bytes().take(200).take_while(|b| *b != b'\n').position(|b| b == b'>');
    let (true, Some(end)) = (is_tag, end) else { return 0 };
    out.push(' ');
    end + 1
}

/// Characters that stand inside a word without being seen.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Today's Atlassian tokens, and other makers' that are easily told.
fn is_token(word: &str) -> bool {
    const STARTS: [&str; 7] = ["ATATT", "ATCTT", "ATSTT", "ghp_", "github_pat_", "glpat-", "xoxb-"];
    word.len() >= 20 && STARTS.iter().any(|start| word.starts_with(start))
}

/// The older Atlassian token: 24 random letters and digits and nothing else.
fn is_old_token(text: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| text.as_bytes().iter().any(kind);
    text.len() == 24
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
}

/// A long word that only a machine writes: some other product's code.
fn is_code(word: &str) -> bool {
    word.len() >= 40 && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=-_.".contains(&b))
}
