//! Reads Rust as far as tidy must: words, strings and punctuation, without comments, attributes and test modules.

/// A piece of Rust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its text; of a string, what stands between the quotes.
    pub text: String,
    /// Its line, from 1.
    pub line: usize,
}

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name or keyword.
    Word,
    /// A string literal of any sort.
    Text,
    /// One character of anything else.
    Mark,
}

impl Token {
    /// Whether it is this one character.
    pub fn is(&self, mark: char) -> bool {
        self.kind == Kind::Mark && self.text.starts_with(mark)
    }

    /// Whether it is this word.
    pub fn word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text == word
    }
}

/// The product code in a file: no comments, no attributes, no `#[cfg(test)]` items.
pub fn product_code(source: &str) -> Vec<Token> {
    without_attributes_and_tests(&pieces(source))
}

/// Cuts the source into pieces.
fn pieces(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < chars.len() {
        let (start, c) = (at, chars[at]);
        let next = chars.get(at + 1).copied();
        if c == '/' && next == Some('/') {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
        } else if c == '/' && next == Some('*') {
            at = end_of_comment(&chars, at);
        } else if let Some((open, hashes)) = string_start(&chars, at) {
            let end = end_of_string(&chars, open, hashes);
            let text = chars[open..end.min(chars.len())].iter().collect();
            found.push(Token { kind: Kind::Text, text, line });
            at = (end + 1 + hashes.unwrap_or(0)).min(chars.len());
        } else if c == '\'' {
            at = end_of_quote(&chars, at);
        } else if c.is_alphanumeric() || c == '_' {
            while at < chars.len() && (chars[at].is_alphanumeric() || chars[at] == '_') {
                at += 1;
            }
            found.push(Token { kind: Kind::Word, text: chars[start..at].iter().collect(), line });
        } else {
            at += 1;
            if !c.is_whitespace() {
                found.push(Token { kind: Kind::Mark, text: c.to_string(), line });
            }
        }
        line += chars[start..at].iter().filter(|&&c| c == '\n').count();
    }
    found
}

/// Block comments nest.
fn end_of_comment(chars: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// Where the text of a string begins that starts here, and how many `#` close it if it is a raw one.
fn string_start(chars: &[char], at: usize) -> Option<(usize, Option<usize>)> {
    // `b"…"`, `c"…"`, `r"…"`, `br#"…"#`: at most two letters, which must not be the end of a longer name.
    if at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_') {
        return None;
    }
    let mut look = at;
    let mut raw = false;
    while look < at + 2 && matches!(chars.get(look), Some('b' | 'c' | 'r')) {
        raw |= chars[look] == 'r';
        look += 1;
    }
    let mut hashes = 0;
    while raw && chars.get(look) == Some(&'#') {
        hashes += 1;
        look += 1;
    }
    (chars.get(look) == Some(&'"')).then_some((look + 1, raw.then_some(hashes)))
}

fn end_of_string(chars: &[char], mut at: usize, raw: Option<usize>) -> usize {
    while at < chars.len() {
        match (chars[at], raw) {
            ('\\', None) => at += 1,
            ('"', None) => return at,
            ('"', Some(hashes)) if chars[at + 1..].iter().take_while(|&&c| c == '#').count() >= hashes => {
                return at;
            }
            _ => {}
        }
        at += 1;
    }
    at
}

/// A character (`'x'`, `'\n'`) or the tick of a lifetime.
fn end_of_quote(chars: &[char], at: usize) -> usize {
    match (chars.get(at + 1), chars.get(at + 2)) {
        (Some('\\'), _) => {
            let close = chars[at + 3..].iter().position(|&c| c == '\'').unwrap_or(0);
            at + 4 + close
        }
        (Some(_), Some('\'')) => at + 3,
        _ => at + 1,
    }
    .min(chars.len())
}

fn without_attributes_and_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let inner = tokens[at].is('#') && tokens.get(at + 1).is_some_and(|t| t.is('!'));
        let open = at + 1 + usize::from(inner);
        if !(tokens[at].is('#') && tokens.get(open).is_some_and(|t| t.is('['))) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let end = closing(tokens, open);
        let body = &tokens[open + 1..end.min(tokens.len())];
        let test = body.len() >= 3 && body[0].word("cfg") && body[1].is('(') && body[2].word("test");
        at = end + 1;
        if test {
            if inner {
                return kept;
            }
            at = end_of_item(tokens, at) + 1;
        }
    }
    kept
}

/// The bracket that closes the one at `open`.
pub fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.is('(') || token.is('[') || token.is('{') {
            depth += 1;
        } else if token.is(')') || token.is(']') || token.is('}') {
            depth -= 1;
            if depth == 0 {
                return at;
            }
        }
    }
    tokens.len()
}

/// The `;` or the closing brace of the item that begins here.
fn end_of_item(tokens: &[Token], mut at: usize) -> usize {
    while at < tokens.len() {
        if tokens[at].is(';') {
            return at;
        }
        if tokens[at].is('{') {
            return closing(tokens, at);
        }
        if tokens[at].is('(') || tokens[at].is('[') {
            at = closing(tokens, at);
        }
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str, kind: Kind) -> Vec<String> {
        product_code(source).into_iter().filter(|t| t.kind == kind).map(|t| t.text).collect()
    }

    #[test]
    fn strings_of_every_sort_are_found_and_comments_are_not() {
        let source = r##"
            // "in a comment"
            /* "in /* a nested */ one" */
            let a = "plain \" quote"; let b = r#"raw "quoted" text"#; let c = b"bytes"; let d = '"'; let e = '\'';
            fn f<'a>(x: &'a str) -> &'a str { x }
        "##;
        assert_eq!(texts(source, Kind::Text), [r#"plain \" quote"#, r#"raw "quoted" text"#, "bytes"]);
    }

    #[test]
    fn tests_and_attributes_are_left_out() {
        let source = "#[error(\"Not for people.\")] struct A;\n#[cfg(test)]\nmod tests { fn x() { let t = \"In a test.\"; } }\nfn kept() {}";
        assert!(texts(source, Kind::Text).is_empty());
        assert!(texts(source, Kind::Word).contains(&"kept".to_owned()));
    }

    #[test]
    fn a_file_that_is_all_test_is_empty() {
        assert!(product_code("#![cfg(test)]\nfn x() {}").is_empty());
    }

    #[test]
    fn lines_are_counted_through_strings_and_comments() {
        let tokens = product_code("let a = \"one\ntwo\";\n/* three\nfour */ end");
        assert_eq!(tokens.last().map(|t| (t.text.as_str(), t.line)), Some(("end", 4)));
    }
}
