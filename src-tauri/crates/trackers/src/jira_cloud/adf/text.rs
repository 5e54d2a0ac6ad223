//! Small rules for text, shared by reading and writing.

use std::collections::BTreeSet;

use twinline_model::document::{Block, Inline, Mark};

/// The most UTF-16 units of a summary.
const SUMMARY_MAX: usize = 255;

/// Stands where a text has no summary; Jira takes none.
const NO_SUMMARY: &str = "(no summary)";

/// One line as Jira keeps it: blanks for line breaks, no control characters, trimmed, short enough.
pub(crate) fn summary(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' | '\u{b}' | '\u{c}' | '\u{85}' => line.push(' '),
            c if c.is_control() => {}
            c => line.push(c),
        }
    }
    let line = line.trim();
    if line.is_empty() {
        return NO_SUMMARY.to_owned();
    }
    if line.encode_utf16().count() <= SUMMARY_MAX {
        return line.to_owned();
    }
    let mut cut = prefix_utf16(line, SUMMARY_MAX - 1).trim_end().to_owned();
    cut.push('…');
    cut
}

/// The longest beginning of at most `max` UTF-16 units that splits no character.
pub(crate) fn prefix_utf16(text: &str, max: usize) -> &str {
    let mut units = 0;
    for (at, c) in text.char_indices() {
        units += c.len_utf16();
        if units > max {
            return &text[..at];
        }
    }
    text
}

/// Text as Jira stores it: `\n` for every line break, no NUL and other control characters.
pub(crate) fn clean(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect()
}

/// A link that may leave the adapter: http, https and mailto; anything else stays text.
pub(crate) fn safe_link(href: &str) -> Option<String> {
    let href = clean(href).replace(['\n', '\t'], "");
    let href = href.trim();
    let (scheme, rest) = href.split_once(':')?;
    let known = ["http", "https", "mailto"].iter().any(|s| scheme.eq_ignore_ascii_case(s));
    (known && !rest.is_empty()).then(|| href.to_owned())
}

/// `#rrggbb` in lower case, or no colour.
pub(crate) fn hex_color(color: &str) -> Option<String> {
    let digits = color.trim().strip_prefix('#')?;
    (digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
        .then(|| format!("#{}", digits.to_ascii_lowercase()))
}

/// The marks that Jira takes together, in its own preference.
pub(crate) fn fitting(marks: &BTreeSet<Mark>) -> BTreeSet<Mark> {
    let link = marks.iter().find_map(|mark| match mark {
        Mark::Link { href } => safe_link(href),
        _ => None,
    });
    let color = marks.iter().find_map(|mark| match mark {
        Mark::Color { hex } => hex_color(hex),
        _ => None,
    });
    let ground = marks.iter().find_map(|mark| match mark {
        Mark::Background { hex } => hex_color(hex),
        _ => None,
    });
    let code = marks.contains(&Mark::Code);
    let mut out: BTreeSet<Mark> = marks
        .iter()
        .filter(|mark| match mark {
            Mark::Link { .. } | Mark::Color { .. } | Mark::Background { .. } => false,
            Mark::Code => true,
            Mark::Sup => !code && !marks.contains(&Mark::Sub),
            _ => !code,
        })
        .cloned()
        .collect();
    if let Some(hex) = color.filter(|_| !code && link.is_none()) {
        out.insert(Mark::Color { hex });
    }
    if let Some(hex) = ground.filter(|_| !code) {
        out.insert(Mark::Background { hex });
    }
    if let Some(href) = link {
        out.insert(Mark::Link { href });
    }
    out
}

/// Text as inlines: a line break inside it is a hard break, equal neighbours become one, nothing is empty.
pub(crate) fn push_text(out: &mut Vec<Inline>, text: &str, marks: &BTreeSet<Mark>) {
    for (n, line) in clean(text).split('\n').enumerate() {
        if n > 0 {
            out.push(Inline::HardBreak);
        }
        if line.is_empty() {
            continue;
        }
        match out.last_mut() {
            Some(Inline::Text { text, marks: before }) if before == marks => text.push_str(line),
            _ => out.push(Inline::Text { text: line.to_owned(), marks: marks.clone() }),
        }
    }
}

/// A paragraph for each line of a text.
pub(crate) fn plain_paragraphs(text: &str) -> Vec<Block> {
    clean(text)
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| Block::Paragraph { content: vec![Inline::text(line)] })
        .collect()
}
