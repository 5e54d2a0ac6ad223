//! Text from outside, made fit to be shown and stored.

/// One line for people: control, bidirectional and zero-width characters go, line breaks become blanks, at most
/// `max` UTF-8 characters (with an ellipsis where it was cut).
pub fn clean_line(text: &str, max: usize) -> String {
    let mut clean = String::new();
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => clean.push(' '),
            c if is_unwanted(c) => {}
            c => clean.push(c),
        }
    }
    let clean = clean.trim();
    if clean.chars().count() <= max {
        return clean.to_owned();
    }
    let mut cut: String = clean.chars().take(max.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// A file name from outside, never a path: no separators, no reserved names, at most 200 UTF-8 characters, the ending kept.
pub fn clean_file_name(name: &str) -> String {
    let line: String = name
        .chars()
        .filter(|c| !is_unwanted(*c) && !c.is_control())
        .map(|c| if matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|') { '_' } else { c })
        .collect();
    let line = line.trim().trim_start_matches('.').trim_end_matches(['.', ' ']);
    let stem = line.split('.').next().unwrap_or("").to_ascii_uppercase();
    let reserved = matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL")
        || (stem.len() == 4
            && (stem.starts_with("COM") || stem.starts_with("LPT"))
            && stem.ends_with(|c: char| c.is_ascii_digit()));
    let line = if line.is_empty() {
        "file".to_owned()
    } else if reserved {
        format!("_{line}")
    } else {
        line.to_owned()
    };
    if line.chars().count() <= 200 {
        return line;
    }
    let ending: String = line.rsplit_once('.').map(|(_, e)| format!(".{e}")).unwrap_or_default();
    let ending = if ending.chars().count() <= 20 { ending } else { String::new() };
    let keep = 200 - ending.chars().count();
    line.chars().take(keep).chain(ending.chars()).collect()
}

fn is_unwanted(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f112_a_line_loses_what_could_deceive() {
        assert_eq!(clean_line("a\u{202e}b\0c\nd", 10), "abc d");
        assert_eq!(clean_line("äöüß", 3), "äö…");
    }

    #[test]
    fn f113_a_file_name_is_never_a_path() {
        assert_eq!(clean_file_name("../../etc/passwd"), "_.._etc_passwd");
        assert_eq!(clean_file_name("a\\b:c.png"), "a_b_c.png");
        assert_eq!(clean_file_name("con.txt"), "_con.txt");
        assert_eq!(clean_file_name(".. "), "file");
        let long = clean_file_name(&format!("{}.png", "x".repeat(300)));
        assert_eq!((long.chars().count(), long.ends_with(".png")), (200, true));
    }
}
